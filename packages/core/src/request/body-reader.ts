import type { Environ, InputStream } from '../contract.ts'
import { readForm, toFormData } from '../form.ts'
import { emptyInput } from '../input.ts'
import { originalInput } from '../input-identity.ts'
import { checkLimit, type Limits, limitedChunks } from '../limits.ts'
import { collect, type FormPart } from '../multipart/part.ts'
import { forgettable } from '../promise.ts'
import { checkJsonType, decoderFor, decodeText, parseJson } from './content.ts'

/** A body as one view has it. */
export interface BodySource {
  readonly input: InputStream
  readonly contentType: string | undefined
  /** In bytes; 0 where the client declares none. */
  readonly declaredLength: number
  readonly limits: Readonly<Limits>
}

/** The one reader of a body, for all views of it: a copy of the environ shares it, a new input has its own. */
export function bodyReader(environ: Environ): BodyReader {
  const input = originalInput(environ['wsgi.input'])
  // The empty one belongs to every request without a body.
  const owner = input === emptyInput() ? environ : input
  let reader = READERS.get(owner)
  if (reader === undefined) {
    reader = new BodyReader()
    READERS.set(owner, reader)
  }
  return reader
}

/**
 * Reads a body once: whole, and then bytes, text, JSON and form data are all made of the one reading; or as a stream,
 * of chunks or of the parts of a form. Who asks for the same again is given the same.
 */
export class BodyReader {
  /** The method that has begun to read. */
  #first: string | undefined = undefined
  #whole: Promise<Uint8Array> | undefined = undefined
  readonly #answers: Map<string, unknown> = new Map()

  bytes(source: BodySource): Promise<Uint8Array> {
    return promised(() => this.#convert('bytes()', source, '', (bytes) => bytes))
  }

  text(source: BodySource): Promise<string> {
    return promised(() => {
      const decoder = decoderFor(source.contentType)
      return this.#convert('text()', source, decoder.encoding, (bytes) => decodeText(bytes, decoder))
    })
  }

  json(source: BodySource, anyType: boolean): Promise<unknown> {
    return promised(() => {
      const { contentType, limits } = source
      if (!anyType) checkJsonType(contentType)
      return this.#convert('json()', source, limits.jsonDepth, (bytes) => parseJson(bytes, limits))
    })
  }

  formData(source: BodySource): Promise<FormData> {
    return promised(() =>
      this.#answer(formKey('formData()', source), () =>
        toFormData(
          readForm(
            source.contentType,
            later(() => this.#read('formData()', source)),
            source.limits,
          ),
        ),
      ),
    )
  }

  /** @throws TypeError when the body is being read already, in another way */
  stream(source: BodySource): ReadableStream<Uint8Array> {
    const { bodyBytes, timeMs } = source.limits
    return this.#answer(`body ${bodyBytes} ${timeMs}`, () =>
      toStream(limitedChunks(this.#chunks('body', source), source.limits)),
    )
  }

  /** @throws TypeError as `stream`; HttpError 415 and 400 as `readForm` */
  form(source: BodySource): AsyncIterable<FormPart> {
    return this.#answer(formKey('form()', source), () =>
      readForm(source.contentType, this.#chunks('form()', source), source.limits),
    )
  }

  /** What is made of the whole body; `variant` says what else than the method and the limit it depends on. */
  #convert<T>(
    method: string,
    source: BodySource,
    variant: string | number,
    convert: (bytes: Uint8Array) => T,
  ): Promise<T> {
    return this.#answer(`${method} ${variant} ${source.limits.bodyBytes}`, () =>
      this.#read(method, source).then(convert),
    )
  }

  #answer<T>(key: string, make: () => T): T {
    if (!this.#answers.has(key)) this.#answers.set(key, make())
    return this.#answers.get(key) as T
  }

  /** The whole body, which has been read under the limits of whoever was first. */
  #read(method: string, { input, declaredLength, limits }: BodySource): Promise<Uint8Array> {
    checkLimit(limits, 'bodyBytes', declaredLength)
    if (this.#whole === undefined) {
      this.#begin(method)
      this.#whole = collect(limitedChunks(input, limits))
    }
    return this.#whole.then((bytes) => {
      checkLimit(limits, 'bodyBytes', bytes.length)
      return bytes
    })
  }

  /** The chunks, of which none is read before the first is asked for. */
  #chunks(method: string, { input, declaredLength, limits }: BodySource): AsyncIterable<Uint8Array> {
    this.#refuseSecond(method)
    return {
      [Symbol.asyncIterator]: () => {
        checkLimit(limits, 'bodyBytes', declaredLength)
        this.#begin(method)
        return input[Symbol.asyncIterator]()
      },
    }
  }

  #begin(method: string): void {
    this.#refuseSecond(method)
    this.#first = method
  }

  #refuseSecond(method: string): void {
    if (this.#first === undefined) return
    throw new TypeError(
      `Request: ${method}: the body must not have been read before; it was, by ${this.#first}`,
    )
  }
}

// Not in environ: a copy that has another input would have the reader of the old one.
const READERS = new WeakMap<object, BodyReader>()

function formKey(method: string, { contentType, limits }: BodySource): string {
  return `${method} ${contentType} ${Object.values(limits)}`
}

/**
 * What is thrown is a rejection to whoever waits. To whoever does not it is nothing: a read that the application forgot
 * must not end the process when the client leaves or sends the wrong thing.
 */
function promised<T>(make: () => Promise<T>): Promise<T> {
  try {
    return forgettable(make())
  } catch (error) {
    return forgettable(Promise.reject(error))
  }
}

/** A body that is there in one chunk, once it is asked for. */
async function* later(read: () => Promise<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  yield await read()
}

function toStream(chunks: AsyncGenerator<Uint8Array, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel() {
        // Not waited for: a client that sends nothing more would hold it up.
        chunks.return(undefined).catch(() => {})
      },
    },
    // Not a byte before it is asked for.
    { highWaterMark: 0 },
  )
}
