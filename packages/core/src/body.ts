import { concatBytes, isBytes, latin1, utf8 } from './bytes.ts'
import type { Body } from './contract.ts'
import { isPromiseLike } from './promise.ts'

export type BodyIterator = Iterator<Uint8Array> | AsyncIterator<Uint8Array>

/** A body of one encoded chunk that keeps its string, so that a server may write it without encoding. */
export class TextBody implements Iterable<Uint8Array> {
  readonly text: string
  readonly charset: Charset

  constructor(text: string, charset: Charset) {
    this.text = text
    this.charset = charset
  }

  *[Symbol.iterator](): Generator<Uint8Array, undefined> {
    yield encodeText(this.text, this.charset)
  }
}

/**
 * A text as the body of a response: one chunk, encoded.
 *
 * @throws TypeError when the charset is none of `utf-8`, `iso-8859-1`, `us-ascii`, or cannot hold the text
 */
export function text(text: string, charset = 'utf-8'): TextBody {
  const name = charset.toLowerCase()
  if (!isCharset(name)) {
    throw new TypeError(`text: charset must be utf-8, iso-8859-1 or us-ascii; got ${JSON.stringify(charset)}`)
  }
  if (name !== 'utf-8' && !(name === 'us-ascii' ? ASCII : LATIN1).test(text)) {
    throw new TypeError(`text: ${name} cannot hold every character of the text; use utf-8`)
  }
  return new TextBody(text, name)
}

type Charset = 'utf-8' | 'iso-8859-1' | 'us-ascii'

const ASCII = /^[\0-\x7f]*$/
const LATIN1 = /^[\0-\xff]*$/

function isCharset(name: string): name is Charset {
  return name === 'utf-8' || name === 'iso-8859-1' || name === 'us-ascii'
}

export function encodeText(text: string, charset: Charset): Uint8Array {
  // ASCII is UTF-8 too.
  return charset === 'iso-8859-1' ? latin1(text) : utf8(text)
}

/** What a body is iterated with: its sync iterator where it has one, else its async one. */
export function bodyIterator(body: Body): BodyIterator {
  if (Symbol.iterator in body) return body[Symbol.iterator]()
  return isReadableStream(body) ? streamIterator(body) : body[Symbol.asyncIterator]()
}

function isReadableStream(body: object): body is ReadableStream<Uint8Array> {
  return typeof (body as Partial<ReadableStream>).getReader === 'function'
}

/** The iterator of a stream lets `return()` wait for the chunk that is asked for; a reader cancels at once. */
function streamIterator(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      await reader.cancel()
      reader.releaseLock()
      return { done: true, value: undefined }
    },
  }
}

/**
 * Says why a value cannot be a body, or a chunk of one, in words that name the remedy; `undefined` where it can.
 * The mistakes of a day: a string, bytes without an array around them, nothing at all.
 */
export function bodyFault(body: unknown): string | undefined {
  if (typeof body === 'string') {
    return 'application: the body must be an iterable of bytes; got a string: return text(…) of @tsgi/core'
  }
  if (isBytes(body)) {
    return 'application: the body must be an iterable of bytes; got the bytes themselves: return [bytes]'
  }
  if (
    body === null ||
    typeof body !== 'object' ||
    !(Symbol.iterator in body || Symbol.asyncIterator in body)
  ) {
    return `application: the body must be an iterable of bytes, if only []; got ${kindOf(body)}`
  }
  return undefined
}

/** As `bodyFault`, for one chunk. */
export function chunkFault(chunk: unknown): string | undefined {
  if (isBytes(chunk)) return undefined
  const remedy =
    typeof chunk === 'string' ? ': encode it, with new TextEncoder().encode(…) or Buffer.from(…)' : ''
  return `application: a chunk of the body must be a Uint8Array; got ${kindOf(chunk)}${remedy}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  return `an object (${value.constructor?.name ?? 'without prototype'})`
}

interface Closable {
  close?: () => unknown
  [Symbol.asyncDispose]?: () => unknown
  [Symbol.dispose]?: () => unknown
}

/**
 * Closes a body by the rules of the contract (section 4), which whoever iterates a body must do exactly once: first
 * `return()` on an iterator that was begun and not run to its end, then `close()`, else the body's disposer.
 *
 * @param iterator the body's iterator when it was begun; `null` when it ran to its end or threw; absent when the
 *   body was never begun
 */
export function closeBody(body: Body, iterator?: BodyIterator | null): void | Promise<void> {
  if (iterator?.return === undefined) return release(body, iterator)
  // A body whose iterator fails to return still has files and sockets to give back.
  return finallyDo(
    () => iterator.return?.(),
    () => release(body, iterator),
  )
}

/**
 * As `closeBody`, for a body whose client left while its next chunk was asked for. `return()` may have to wait in line for
 * that chunk, and it may never come: so it is called, and not waited for.
 */
export function abandonBody(body: Body, iterator: BodyIterator): void | Promise<void> {
  return finallyDo(
    () => {
      const returned = iterator.return?.()
      if (isPromiseLike<unknown>(returned)) Promise.resolve(returned).catch(() => {})
    },
    () => release(body, null),
  )
}

/** Does `last` after `first`, also where that fails; sync where both are. The error of `first` comes through. */
function finallyDo(first: () => unknown, last: () => unknown): void | Promise<void> {
  let begun: unknown
  try {
    begun = first()
  } catch (error) {
    const rest = last()
    if (!isPromiseLike(rest)) throw error
    return Promise.resolve(rest).then(() => Promise.reject(error))
  }
  if (isPromiseLike(begun)) {
    return Promise.resolve(begun)
      .finally(last as () => void)
      .then(() => undefined)
  }
  return last() as void | Promise<void>
}

function release(body: Body, iterator: BodyIterator | null | undefined): void | Promise<void> {
  const closable = body as Closable
  const isBegun = iterator !== undefined
  if (!isBegun) outliveFailure(body)
  let closed: unknown
  if (typeof closable.close === 'function') closed = closable.close()
  else if (isDisposer(closable[Symbol.asyncDispose], ITERATORS_ASYNC_DISPOSE, isBegun))
    closed = dispose(closable)
  else if (isDisposer(closable[Symbol.dispose], ITERATORS_DISPOSE, isBegun))
    closed = closable[Symbol.dispose]?.()
  // A ReadableStream has none of the three, and is cancelled only through its iterator.
  else if (!isBegun && !Array.isArray(body)) closed = bodyIterator(body).return?.()
  if (isPromiseLike(closed)) return Promise.resolve(closed).then(() => undefined)
}

/**
 * Nobody hears of a stream of Node's that fails while it is not read, a file that is not there: Node would end the
 * process for it. Who reads it is told all the same.
 */
export function outliveFailure(body: Body): void {
  const stream = body as { on?: (event: 'error', listener: () => void) => unknown }
  if (typeof stream.on === 'function') stream.on('error', () => {})
}

/** From Node 24 on every generator has a disposer that calls its `return()`: to one that was begun, that was done. */
function isDisposer(disposer: unknown, ofIterators: unknown, isBegun: boolean): boolean {
  return typeof disposer === 'function' && !(isBegun && disposer === ofIterators)
}

const ITERATORS_DISPOSE: unknown = prototypeOfIterators((function* () {})())[Symbol.dispose]
const ITERATORS_ASYNC_DISPOSE: unknown = prototypeOfIterators((async function* () {})())[Symbol.asyncDispose]

/** `Iterator.prototype`, or `AsyncIterator.prototype`, which has no name. */
function prototypeOfIterators(generator: object): Closable {
  let prototype: object = generator
  for (let i = 0; i < 3; i++) prototype = Object.getPrototypeOf(prototype)
  return prototype as Closable
}

/** A Node stream that was cut short, by `return()` or for good, rejects its disposal with what says so. */
async function dispose(closable: Closable): Promise<void> {
  try {
    await closable[Symbol.asyncDispose]?.()
  } catch (error) {
    if ((error as { name?: unknown } | null | undefined)?.name !== 'AbortError') throw error
  }
}

/** All bytes of a body, which is closed afterwards, however it ends. */
export async function readBody(body: Body): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let unfinished: BodyIterator | null | undefined
  try {
    const iterator = bodyIterator(body)
    unfinished = null
    for (;;) {
      const next = iterator.next()
      const result = isPromiseLike<IteratorResult<Uint8Array>>(next) ? await next : next
      if (result.done) break
      const fault = chunkFault(result.value)
      if (fault !== undefined) {
        unfinished = iterator
        throw new TypeError(fault)
      }
      chunks.push(result.value)
    }
  } finally {
    await closeBody(body, unfinished)
  }
  return concatBytes(chunks)
}

/** What `mapBody` does to a body on its way out. */
export interface BodyMapping {
  /** Called for each non-empty chunk; gives the bytes to send in its place, or nothing. */
  chunk?: (chunk: Uint8Array) => MappedChunk | PromiseLike<MappedChunk>
  /** Called when the body has ended by itself; gives the bytes to send last, or nothing. */
  flush?: () => MappedChunk | PromiseLike<MappedChunk>
  /** Called exactly once when the body is closed, in every ending, also when nothing was read. */
  close?: () => void | PromiseLike<void>
}

// biome-ignore lint/suspicious/noConfusingVoidType: a mapping that ends without a return gives nothing too.
type MappedChunk = Uint8Array | undefined | void

/**
 * Transforms a body and keeps every promise of the contract's section 4 for it: nothing is read before it is asked
 * for, and the inner body is closed exactly once, whatever happens.
 */
export function mapBody(body: Body, mapping: BodyMapping): Body {
  if (mapping.chunk !== undefined || mapping.flush !== undefined) return new MappedBody(body, mapping)
  // Only the end is of interest: the chunks pass as they are, and a sync body stays sync.
  return Symbol.iterator in body ? new WatchedBody(body, mapping) : new MappedBody(body, mapping)
}

/** The state that both kinds of mapped body share: an inner iterator, and one close for body and mapping. */
class InnerBody {
  readonly inner: Body
  readonly mapping: BodyMapping
  /** As `closeBody` takes it: absent, begun, or `null` after its end. */
  iterator: BodyIterator | null | undefined
  #closed = false

  constructor(inner: Body, mapping: BodyMapping) {
    this.inner = inner
    this.mapping = mapping
  }

  close(): void | Promise<void> {
    if (this.#closed) return
    this.#closed = true
    return finallyDo(
      () => closeBody(this.inner, this.iterator),
      () => this.mapping.close?.(),
    )
  }
}

class WatchedBody extends InnerBody implements Iterable<Uint8Array> {
  [Symbol.iterator](): Iterator<Uint8Array> {
    const iterator = (this.inner as Iterable<Uint8Array>)[Symbol.iterator]()
    this.iterator = iterator
    return {
      next: () => {
        try {
          const result = iterator.next()
          if (result.done) this.iterator = null
          return result
        } catch (error) {
          this.iterator = null
          throw error
        }
      },
      return: () => {
        this.iterator = null
        return iterator.return?.() ?? { done: true, value: undefined }
      },
    }
  }
}

class MappedBody extends InnerBody implements AsyncIterable<Uint8Array> {
  /** Ended, failed or left: nothing more comes, so that nobody takes what failed for a whole body. */
  #isOver = false;

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = bodyIterator(this.inner)
    this.iterator = iterator
    return {
      next: () => this.#next(iterator),
      return: async () => {
        const unfinished = this.iterator === iterator
        this.iterator = null
        this.#isOver = true
        if (unfinished) await iterator.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  async #next(iterator: BodyIterator): Promise<IteratorResult<Uint8Array>> {
    const { mapping } = this
    try {
      while (!this.#isOver) {
        const result = await this.#pull(iterator)
        // Who left in the meantime has closed the mapping.
        if (this.#isOver) break
        let mapped: MappedChunk
        if (result.done) {
          this.#isOver = true
          mapped = await mapping.flush?.()
        } else {
          const { value } = result
          const fault = chunkFault(value)
          if (fault !== undefined) throw new TypeError(fault)
          if (value.length === 0) continue
          mapped = mapping.chunk === undefined ? value : await mapping.chunk(value)
        }
        // Anything but bytes has another length or none, and is refused by who takes it.
        if (mapped !== undefined && mapped.length !== 0) return { done: false, value: mapped }
      }
      return { done: true, value: undefined }
    } catch (error) {
      this.#isOver = true
      throw error
    }
  }

  /** The next result; an iterator that ended or threw needs no `return()` any more. */
  async #pull(iterator: BodyIterator): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await iterator.next()
      if (result.done) this.iterator = null
      return result
    } catch (error) {
      this.iterator = null
      throw error
    }
  }
}
