import { type BodyIterator, bodyIterator, closeBody, TextBody } from '../body.ts'
import type { Body, Exchange } from '../contract.ts'
import { isPromiseLike } from '../promise.ts'
import {
  chunkRules,
  closeRules,
  endRules,
  finishRules,
  type Handling,
  iterationRules,
  pullRules,
} from './body-rules.ts'
import type { ResponseFacts } from './facts.ts'
import type { Judge } from './judge.ts'

/**
 * A body that gives the same chunks by the same protocol, and judges who yields and who reads.
 *
 * An array and a text have their chunks at hand and are judged at once, so that they can go on as what they are: a server
 * sends them with their length. They pass themselves, as they hold nothing that could leak, but for one with a `close`.
 */
export function checkBody(
  body: Body,
  facts: ResponseFacts,
  exchange: Exchange | undefined,
  judge: Judge,
): Body {
  const isWhole = Array.isArray(body) || body instanceof TextBody
  if (isWhole) {
    facts.begun = true
    passWhole(body, facts, judge)
    if (!('close' in body || Symbol.asyncDispose in body || Symbol.dispose in body)) return body
  }
  const checked = new CheckedBody(body, facts, judge)
  // Nothing can be told of what was cut off, where somebody may still be closing, nor of a body that comes too late.
  let isInTime = false
  exchange?.onFinish(({ aborted }) => {
    if (isInTime && !aborted) judge.keeps(finishRules, checked.handling)
  })
  isInTime = true
  const close = (): void | Promise<void> => checked.close()
  if (Array.isArray(body)) return Object.assign(body.slice(), { close })
  if (body instanceof TextBody) return Object.assign(new TextBody(body.text, body.charset), { close })
  const protocol = Symbol.iterator in body ? Symbol.iterator : Symbol.asyncIterator
  return { [protocol]: () => checked.iterate(), close } as unknown as Body
}

function passWhole(chunks: Iterable<Uint8Array>, facts: ResponseFacts, judge: Judge): void {
  for (const chunk of chunks) if (!passChunk(chunk, facts, judge)) return
  passEnd(facts, judge)
}

function passChunk(chunk: Uint8Array, facts: ResponseFacts, judge: Judge): boolean {
  if (!judge.keeps(chunkRules, { chunk, facts })) return false
  facts.bytes += chunk.length
  return true
}

function passEnd(facts: ResponseFacts, judge: Judge): void {
  facts.ended = true
  judge.keeps(endRules, { facts })
}

class CheckedBody {
  readonly #body: Body
  readonly #facts: ResponseFacts
  readonly #judge: Judge
  /** Of the inner body, as `closeBody` takes it: absent, begun, or `null` after its end. */
  #iterator: BodyIterator | null | undefined = undefined
  #iterations = 0
  #pending = false
  #unfinished = false
  #closed = false

  constructor(body: Body, facts: ResponseFacts, judge: Judge) {
    this.#body = body
    this.#facts = facts
    this.#judge = judge
  }

  get handling(): Handling {
    return {
      iterations: this.#iterations,
      pending: this.#pending,
      unfinished: this.#unfinished,
      closed: this.#closed,
    }
  }

  iterate(): BodyIterator {
    const isFirst = this.#judge.keeps(iterationRules, this.handling)
    const iterator = bodyIterator(this.#body)
    // What comes of a second time says nothing about the application any more.
    if (!isFirst) return iterator
    this.#iterations++
    this.#facts.begun = true
    this.#iterator = iterator
    this.#unfinished = iterator.return !== undefined
    const next = () => this.#next(iterator)
    if (iterator.return === undefined) return { next } as BodyIterator
    return { next, return: () => this.#return(iterator) } as BodyIterator
  }

  close(): void | Promise<void> {
    this.#judge.keeps(closeRules, this.handling)
    this.#closed = true
    return closeBody(this.#body, this.#iterator)
  }

  #next(iterator: BodyIterator): ReturnType<BodyIterator['next']> {
    try {
      this.#judge.keeps(pullRules, this.handling)
      const next = this.#pull(iterator)
      if (!isPromiseLike(next)) return this.#pass(next)
      this.#pending = true
      return Promise.resolve(next).then(
        (result) => this.#passLate(result),
        (error: unknown) => this.#fail(error),
      )
    } catch (error) {
      // To the outer side the iterator has ended itself.
      this.#unfinished = false
      throw error
    }
  }

  #pull(iterator: BodyIterator): ReturnType<BodyIterator['next']> {
    try {
      return iterator.next()
    } catch (error) {
      this.#iterator = null
      throw error
    }
  }

  #passLate(result: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> {
    this.#pending = false
    try {
      return this.#pass(result)
    } catch (error) {
      this.#unfinished = false
      throw error
    }
  }

  #fail(error: unknown): never {
    this.#pending = false
    this.#unfinished = false
    this.#iterator = null
    throw error
  }

  #pass(result: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> {
    if (!result.done) {
      passChunk(result.value, this.#facts, this.#judge)
      return result
    }
    // Told to stop while a chunk was on its way: how it comes to its end now is nobody's fault.
    const isStopped = this.#iterator === null || this.#closed
    this.#iterator = null
    this.#unfinished = false
    if (!isStopped) passEnd(this.#facts, this.#judge)
    return result
  }

  #return(iterator: BodyIterator): unknown {
    this.#iterator = null
    this.#unfinished = false
    return iterator.return?.()
  }
}
