import { type Body, closeBody, FileWrapper } from '@tsgi/core'
import { type BodyIterator, bodyIterator, isPromiseLike, TextBody } from '@tsgi/core/gateway'

/** Answers an error, and gives the body of that answer; throws the error where it is too late for one. */
export type Answer = (error: unknown) => Body

/**
 * Sees to it that what a body throws before its first byte is answered. Chunks pass as they come, and a sync body stays
 * sync.
 */
export function guardBody(body: Body | Promise<Body>, answer: Answer): Body | Promise<Body> {
  if (isPromiseLike(body)) return body.then((settled) => guardBody(settled, answer), answer)
  if (!isStreamed(body)) return body
  const method = Symbol.iterator in body ? Symbol.iterator : Symbol.asyncIterator
  const iterator = new GuardedIterator(body, answer)
  return { [method]: () => iterator, close: () => iterator.close() } as unknown as Body
}

/**
 * Whether a body is made while it is sent. Texts, arrays and files pass untouched, for a server may send them cheaper
 * as they are; so does what is no body at all, for the server to name.
 */
function isStreamed(body: unknown): body is Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || ArrayBuffer.isView(body))
    return false
  if (body instanceof TextBody || body instanceof FileWrapper) return false
  return Symbol.iterator in body || Symbol.asyncIterator in body
}

type Result = IteratorResult<Uint8Array>

/** The chunks of a body; those of the answer in their place where it throws before the first. */
class GuardedIterator {
  readonly #body: Body
  readonly #answer: Answer
  /** As `closeBody` takes it: absent, begun, or `null` after the end. */
  #iterator: BodyIterator | null | undefined = undefined
  #page: BodyIterator | undefined = undefined
  #isTooLate = false

  constructor(body: Body, answer: Answer) {
    this.#body = body
    this.#answer = answer
  }

  next(): Result | Promise<Result> {
    if (this.#iterator === null) return this.#page?.next() ?? DONE
    try {
      this.#iterator ??= bodyIterator(this.#body)
      const next = this.#iterator.next()
      if (!isPromiseLike(next)) return this.#take(next)
      return next.then(
        (result) => this.#take(result),
        (error: unknown) => this.#replace(error),
      )
    } catch (error) {
      return this.#replace(error)
    }
  }

  return(): Result | Promise<Result> {
    const iterator = this.#iterator
    this.#iterator = null
    this.#isTooLate = true
    return iterator?.return?.() ?? DONE
  }

  close(): void | Promise<void> {
    // The page is a text, and has nothing to close.
    return closeBody(this.#body, this.#iterator)
  }

  #take(result: Result): Result {
    if (result.done) this.#iterator = null
    // Empty chunks leave the head open to change.
    else if (result.value.length > 0) this.#isTooLate = true
    return result
  }

  #replace(error: unknown): Result | Promise<Result> {
    this.#iterator = null
    if (this.#isTooLate) throw error
    this.#page = bodyIterator(this.#answer(error))
    return this.#page.next()
  }
}

const DONE: Result = { done: true, value: undefined }
