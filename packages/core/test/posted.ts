import type { Environ, InputStream } from '../src/contract.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { Request } from '../src/request.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { bytes } from './observe.ts'

export const URLENCODED = 'application/x-www-form-urlencoded'

/** A request with a body as a server gives it: in chunks, and of a type. */
export function posted(type: string | undefined, ...chunks: (string | Uint8Array)[]): Request {
  const input = inputStream(chunks.map((chunk) => (typeof chunk === 'string' ? bytes(chunk) : chunk)))
  return withInput(input, type === undefined ? {} : { CONTENT_TYPE: type })
}

export function withInput(input: InputStream, keys: Partial<Environ> = {}): Request {
  return new Request(setupTestingDefaults({ 'wsgi.input': input, ...keys }))
}

/** The answer that a read is refused with. */
export async function refusal(read: Promise<unknown>): Promise<HttpError> {
  const error = await read.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof HttpError)) throw new Error(`an HttpError was expected; got ${error}`)
  return error
}

/** An input that cannot be read: whoever looks at it fails. */
export function untouchable(): InputStream {
  const fail = (): never => {
    throw new Error('the body was read')
  }
  return { read: fail, readline: fail, readlines: fail, [Symbol.asyncIterator]: fail }
}

/** An input that gives these chunks, and then fails. */
export function failing(error: unknown, ...chunks: string[]): InputStream {
  return inputStream(
    (async function* () {
      yield* chunks.map(bytes)
      throw error
    })(),
  )
}

/** An input without end, which counts what is taken of it. */
export function endless(chunkBytes: number): { input: InputStream; taken: () => number } {
  let taken = 0
  const source = function* (): Generator<Uint8Array> {
    for (;;) {
      taken += chunkBytes
      yield new Uint8Array(chunkBytes)
    }
  }
  return { input: inputStream(source()), taken: () => taken }
}
