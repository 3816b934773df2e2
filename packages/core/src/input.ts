import { concatBytes } from './bytes.ts'
import type { InputStream } from './contract.ts'

/**
 * Makes a `wsgi.input` of the chunks of a body. The source is not touched before the first read, and its iterator
 * is asked for once and never told to stop: a loop over the stream that breaks off leaves the rest to be read.
 * Calls that overlap are served in order. When the source fails, the call that waits and every later one reject
 * with that same error.
 */
export function inputStream(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): InputStream {
  return new ChunkedInput(source)
}

/** The `wsgi.input` of a request without a body: one for all of them, as nothing can be told from reading it. */
export function emptyInput(): InputStream {
  return EMPTY_INPUT
}

const LINE_FEED = 10

class ChunkedInput implements InputStream {
  readonly #source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  #iterator: Iterator<Uint8Array> | AsyncIterator<Uint8Array> | undefined
  /** What the last reader left of the last chunk; never more, as a chunk is asked for only when there is none. */
  #rest: Uint8Array | undefined
  #ended = false
  #lastTurn: Promise<void> = Promise.resolve()

  constructor(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    this.#source = source
  }

  read(size?: number): Promise<Uint8Array> {
    const limit = byteLimit(size)
    return limit === undefined ? rejectSize('read', size) : this.#inTurn(() => this.#take(limit, false))
  }

  readline(size?: number): Promise<Uint8Array> {
    const limit = byteLimit(size)
    return limit === undefined ? rejectSize('readline', size) : this.#inTurn(() => this.#take(limit, true))
  }

  readlines(hint?: number): Promise<Uint8Array[]> {
    const limit = byteLimit(hint)
    return limit === undefined
      ? rejectSize('readlines', hint)
      : // A hint of 0 is none (Python, io.IOBase.readlines).
        this.#inTurn(() => this.#takeLines(limit === 0 ? Number.POSITIVE_INFINITY : limit))
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#inTurn(() => this.#takeChunk()) }
  }

  /** A turn that failed fails every turn after it, with the same error: that is how the body stays broken. */
  #inTurn<T>(take: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(take)
    // The order is all that is kept of a turn, not its bytes.
    this.#lastTurn = turn.then(forget)
    // A read that the application forgot must not end the process when the client leaves.
    this.#lastTurn.catch(forget)
    return turn
  }

  /** Each byte is looked at once and copied at most once, however small the chunks are. */
  async #take(limit: number, isLine: boolean): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let length = 0
    while (length < limit) {
      const chunk = this.#rest ?? (await this.#pull())
      if (chunk === undefined) break
      const part = firstPart(chunk, limit - length, isLine)
      this.#rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined
      parts.push(part)
      length += part.length
      if (isLine && part[part.length - 1] === LINE_FEED) break
    }
    return concatBytes(parts)
  }

  async #takeLines(limit: number): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = []
    let length = 0
    while (length < limit) {
      const line = await this.#take(Number.POSITIVE_INFINITY, true)
      if (line.length === 0) break
      lines.push(line)
      length += line.length
    }
    return lines
  }

  async #takeChunk(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.#rest ?? (await this.#pull())
    this.#rest = undefined
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    this.#iterator ??= iterate(this.#source)
    while (!this.#ended) {
      const { done, value } = await this.#iterator.next()
      // An empty chunk would look like the end.
      if (done) this.#ended = true
      else if (value.length > 0) return value
    }
    return undefined
  }
}

function forget(): void {}

function byteLimit(size: number | undefined): number | undefined {
  if (size === undefined) return Number.POSITIVE_INFINITY
  if (!Number.isInteger(size)) return undefined
  return size < 0 ? Number.POSITIVE_INFINITY : size
}

function rejectSize(method: string, size: unknown): Promise<never> {
  const found = `${typeof size} ${JSON.stringify(String(size))}`
  return Promise.reject(
    new TypeError(
      `wsgi.input: ${method}: the size must be a whole number of bytes or left out; got ${found}`,
    ),
  )
}

function firstPart(chunk: Uint8Array, limit: number, isLine: boolean): Uint8Array {
  // Cut before the search: one that looked past the limit would read a long line again in every call.
  const part = limit < chunk.length ? chunk.subarray(0, limit) : chunk
  const lineFeed = isLine ? part.indexOf(LINE_FEED) : -1
  return lineFeed < 0 ? part : part.subarray(0, lineFeed + 1)
}

function iterate(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Iterator<Uint8Array> | AsyncIterator<Uint8Array> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/** Frozen, so that nothing which one application hangs on it reaches another's request. */
const EMPTY_INPUT: InputStream = Object.freeze(inputStream([]))
