import { essenceOf, parseMediaType } from '../accept.ts'
import { concatBytes } from '../bytes.ts'
import type { Headers } from '../headers.ts'
import { HttpError } from '../http-error.ts'
import { forgettable } from '../promise.ts'

/**
 * One field or file of a form. Its body is read once, in one of four ways, before the next part is asked for: what is
 * read stays (the same way again gives the same answer), what is not is let go. All that a part says of itself is the
 * client's claim.
 */
export interface FormPart {
  readonly name: string
  /**
   * The name of a file as the client has sent it, `''` where no file was chosen; `undefined` for a field. It may hold
   * anything: `../`, a drive, a line end, the name of somebody else's file. Do not make a path of it.
   */
  readonly filename: string | undefined
  /** The media type without its parameters, in lower case; `'text/plain'` where the client names none (RFC 7578 section 4.4). */
  readonly type: string
  /** The part's own headers, of which HTML forms send two, `Content-Disposition` and `Content-Type`; in Latin-1. */
  readonly headers: Headers

  /**
   * The bytes as they come; nothing of them is held.
   *
   * @throws TypeError as `bytes`, when it is asked for; HttpError as `bytes`, while it is read
   */
  readonly body: ReadableStream<Uint8Array>

  /**
   * @throws HttpError 413 when there are more than `limits` allow; 408 when they do not come in time; 400 when the form
   *   is malformed
   * @throws TypeError when the part was read in another way, or is over
   */
  bytes(): Promise<Uint8Array>

  /**
   * The body as text: in the charset that its type names, else for a field in the one that an earlier field `_charset_`
   * names, else in UTF-8 (RFC 7578 sections 4.5 and 4.6). Bytes that are not in it are replaced, as in every form.
   *
   * @throws HttpError and TypeError as `bytes`; HttpError 415 when the charset is unknown
   */
  text(): Promise<string>

  /**
   * Writes the body to a new file, piece by piece; one that is there already is never touched. When that fails, or the
   * client leaves, what was written is removed. From then on the file is the caller's.
   *
   * @throws HttpError and TypeError as `bytes`; the error of the file system, such as `EEXIST`
   */
  saveTo(path: string): Promise<void>
}

/** What a part says before its body. */
export interface PartHead {
  readonly name: string
  readonly filename: string | undefined
  readonly headers: Headers
  /** Where the part itself names none. */
  readonly charset: string
}

/** A part that is being read. */
export class StreamedPart implements FormPart {
  readonly name: string
  readonly filename: string | undefined
  readonly type: string
  readonly headers: Headers
  readonly #content: AsyncIterableIterator<Uint8Array>
  readonly #charset: string
  /** The one way in which the body is read, and what that gives. */
  #way: string | undefined = undefined
  #answer: unknown
  #isOver = false
  #pending: Promise<unknown> | undefined = undefined

  constructor({ name, filename, headers, charset }: PartHead, content: AsyncIterableIterator<Uint8Array>) {
    const contentType = headers.get('Content-Type') ?? ''
    this.name = name
    this.filename = filename
    this.type = essenceOf(contentType) ?? 'text/plain'
    this.headers = headers
    this.#content = content
    this.#charset = parseMediaType(contentType)?.parameters.get('charset') ?? charset
  }

  get body(): ReadableStream<Uint8Array> {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      if (this.#isOver) throw overError('body')
      const { done, value } = await this.#wait(this.#content.next())
      if (done) controller.close()
      else controller.enqueue(value)
    }
    // Not a byte before it is asked for.
    return this.#read('body', () => new ReadableStream({ pull }, { highWaterMark: 0 }))
  }

  bytes(): Promise<Uint8Array> {
    return this.#promise('bytes()', () => collect(this.#content))
  }

  text(): Promise<string> {
    return this.#promise('text()', async () => {
      const decoder = decoderFor(this.#charset, this.filename === undefined)
      return decoder.decode(await collect(this.#content))
    })
  }

  saveTo(path: string): Promise<void> {
    return this.#promise(`saveTo(${JSON.stringify(path)})`, () => save(this.#content, path))
  }

  /** Takes no further reads, and waits for the end of one that has begun. */
  async close(): Promise<void> {
    this.#isOver = true
    // Whoever reads is told.
    await this.#pending?.catch(() => {})
  }

  /** Reads what nobody has read. */
  async drain(): Promise<void> {
    for await (const _ of this.#content) {
    }
  }

  #promise<T>(way: string, start: () => Promise<T>): Promise<T> {
    try {
      return this.#read(way, () => this.#wait(start()))
    } catch (error) {
      return forgettable(Promise.reject(error))
    }
  }

  #read<T>(way: string, start: () => T): T {
    if (this.#way === undefined) {
      if (this.#isOver) throw overError(way)
      this.#way = way
      this.#answer = start()
    } else if (this.#way !== way) {
      throw new TypeError(`FormPart: ${way}: the body must be read in one way only; got ${this.#way} before`)
    }
    return this.#answer as T
  }

  #wait<T>(promise: Promise<T>): Promise<T> {
    this.#pending = forgettable(promise)
    return promise
  }
}

/**
 * Gives out parts one after the other, once: each is over when the next is asked for, or the loop is left. A read that
 * has begun is waited for, so that `return part.text()` works inside of the loop.
 */
export function inTurn(parts: AsyncIterable<StreamedPart>): AsyncIterable<FormPart> {
  let hasBegun = false
  return {
    [Symbol.asyncIterator]() {
      if (hasBegun) throw new TypeError('form: the parts must be looped over once; they were before')
      hasBegun = true
      return closeEach(parts)
    },
  }
}

/** Reads a body to its end, into bytes of its own: the chunks are windows onto bytes of other parts. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  // A copy: `slice` of a Buffer is none, and whoever gave the chunk may use it again.
  return all.length === 1 ? Uint8Array.from(all[0]!) : concatBytes(all)
}

/** A body that is there already. */
export async function* heldContent(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  if (bytes.length > 0) yield bytes
}

/** @throws HttpError 415 when there is no such charset */
export function decoderFor(charset: string, keepsBom: boolean): InstanceType<typeof TextDecoder> {
  try {
    // A value is decoded "without BOM" (Fetch standard, formData()), a file as `Blob.text()` does.
    return new TextDecoder(charset, { ignoreBOM: keepsBom })
  } catch {
    throw new HttpError(415, { detail: 'The charset of a part is not supported.' })
  }
}

async function* closeEach(parts: AsyncIterable<StreamedPart>): AsyncGenerator<FormPart, undefined> {
  for await (const part of parts) {
    try {
      yield part
    } finally {
      await part.close()
    }
    await part.drain()
  }
}

function overError(way: string): TypeError {
  return new TypeError(
    `FormPart: ${way}: a part must be read before the next one is asked for, within the loop; it is over`,
  )
}

async function save(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  // Not at the top: an application must load where there are no files.
  const { open, rm, writeFile } = await import('node:fs/promises')
  // A new file, since a path may be a link that somebody has put there.
  const file = await open(path, 'wx')
  try {
    await writeFile(file, chunks)
    await file.close()
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true }).catch(() => {})
    throw error
  }
}
