import { type BodyIterator, bodyFault, bodyIterator, chunkFault, closeBody } from './body.ts'
import type { Body } from './contract.ts'

/** A body that had to be begun to see how it starts: the chunk that was pulled comes first, then the rest. */
export class BegunBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #body: Body
  /** As `closeBody` takes it. */
  #iterator: BodyIterator | null
  #first: Uint8Array | undefined
  #closed = false

  constructor(body: Body, iterator: BodyIterator | null, first: Uint8Array | undefined) {
    this.#body = body
    this.#iterator = iterator
    this.#first = first
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first
    if (first !== undefined) {
      this.#first = undefined
      return { done: false, value: first }
    }
    const iterator = this.#iterator
    if (iterator === null) return { done: true, value: undefined }
    try {
      const result = await iterator.next()
      if (result.done) this.#iterator = null
      return result
    } catch (error) {
      this.#iterator = null
      throw error
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    const iterator = this.#iterator
    this.#iterator = null
    this.#first = undefined
    await iterator?.return?.()
    return { done: true, value: undefined }
  }

  close(): void | Promise<void> {
    if (this.#closed) return
    this.#closed = true
    return closeBody(this.#body, this.#iterator)
  }
}

/**
 * Pulls a body to its first chunk that is not empty, or its end, or until enough is known; then nothing of it is lost.
 * A body that fails on the way is closed.
 */
export async function beginBody(body: Body, isEnough: () => boolean = () => false): Promise<BegunBody> {
  const fault = bodyFault(body)
  if (fault !== undefined) throw new TypeError(fault)
  let iterator: BodyIterator | null | undefined
  try {
    iterator = bodyIterator(body)
    for (;;) {
      let result: IteratorResult<Uint8Array>
      try {
        result = await iterator.next()
      } catch (error) {
        // An iterator that throws has ended itself.
        iterator = null
        throw error
      }
      if (result.done) return new BegunBody(body, null, undefined)
      const fault = chunkFault(result.value)
      if (fault !== undefined) throw new TypeError(fault)
      if (result.value.length > 0) return new BegunBody(body, iterator, result.value)
      if (isEnough()) return new BegunBody(body, iterator, undefined)
    }
  } catch (error) {
    await closeBody(body, iterator)
    throw error
  }
}
