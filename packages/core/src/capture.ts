import { type BegunBody, beginBody } from './begun-body.ts'
import { chunkFault, closeBody } from './body.ts'
import type { Application, Body, Environ, StartResponse } from './contract.ts'
import { makeHead, secondCall } from './gateway/head.ts'
import { forgettable } from './promise.ts'
import { Response, type ResponseOptions } from './response.ts'

/**
 * Runs an application until its head is final, whatever way it answers: at once, late from inside its body, through
 * `write`. The response has its status, its headers, and a body of which nothing was lost, and which is to be closed;
 * give it on with `respond`. For changes that need not wait, `onResponse` is cheaper and keeps sync what is sync.
 *
 * Rejects with what the application throws before its head is final.
 */
export function capture<E extends Environ>(app: Application<E>, environ: E): Promise<Response> {
  return new Promise((resolve, reject) => {
    let isStarted = false
    let head: ResponseOptions | undefined
    let written: WrittenBody | undefined
    const answer = (body: Body): void => {
      try {
        if (head === undefined)
          throw new Error(
            'capture: startResponse must be called, and succeed, before the first chunk; it was not',
          )
        resolve(new Response(body, head))
      } catch (error) {
        reject(error)
        // The response cannot be made, so nobody but us is left to close its body. Nor is anybody left to hear of
        // what fails then, or to wait for an application that never returns.
        Promise.resolve(body)
          .then(closeBody)
          .catch(() => {})
      }
    }
    let isFinal = false
    const startResponse: StartResponse = (status, headers, error) => {
      if (error !== undefined && isFinal) throw error
      if (error === undefined && isStarted) {
        throw secondCall()
      }
      isStarted = true
      head = undefined
      // The application sees here what a server would refuse, and can no longer change what was checked.
      const { code, reason } = makeHead(status, headers)
      head = { status: code, statusText: reason, headers: headers.slice() }
      return (chunk) => {
        const fault = chunkFault(chunk)
        if (fault !== undefined) throw new TypeError(fault)
        if (chunk.length === 0) return Promise.resolve()
        if (written === undefined) {
          if (isFinal) return lateWrite()
          isFinal = true
          written = new WrittenBody(body)
          answer(written)
        }
        return written.write(chunk)
      }
    }
    // Deferred by a microtask, so that `body` is there for the first write.
    const body: Promise<BegunBody> = Promise.resolve()
      .then(() => app(environ, startResponse))
      .then((returned) => beginBody(returned))
    body.then(
      (begun) => {
        isFinal = true
        if (written === undefined) answer(begun)
      },
      (error: unknown) => {
        if (written === undefined) reject(error)
      },
    )
  })
}

/** What an application pushes, in order, each push waiting until it is taken; then what it returned. */
class WrittenBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #rest: Promise<BegunBody>
  readonly #pushed: Array<{ chunk: Uint8Array; taken: () => void }> = []
  #isOver = false
  #wake: () => void = () => {}
  #returned = false

  constructor(rest: Promise<BegunBody>) {
    this.#rest = rest
    const settle = () => {
      this.#returned = true
      this.#wake()
    }
    rest.then(settle, settle)
  }

  write(chunk: Uint8Array): Promise<void> {
    if (this.#isOver || this.#returned) return lateWrite()
    return new Promise((taken) => {
      this.#pushed.push({ chunk, taken })
      this.#wake()
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const push = this.#pushed.shift()
      if (push !== undefined) {
        push.taken()
        return { done: false, value: push.chunk }
      }
      if (this.#isOver) return { done: true, value: undefined }
      if (this.#returned) return (await this.#rest).next()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#stop()
    return { done: true, value: undefined }
  }

  /** The application may still be running: what it returns then is closed then. */
  async close(): Promise<void> {
    this.#stop()
    const body = await this.#rest.catch(() => undefined)
    await body?.close()
  }

  /** Lets whoever waits for a push go on, so that the application can come to its end. */
  #stop(): void {
    this.#isOver = true
    for (const { taken } of this.#pushed.splice(0)) taken()
    this.#wake()
  }
}

/**
 * Refuses what could only get lost: a body that was begun takes no more writes (PEP 3333, The write() Callable), and nobody
 * takes them when it is closed.
 */
function lateWrite(): Promise<void> {
  return forgettable(
    Promise.reject(
      new Error('write: must be called before the first chunk of the body, and before its end; it was not'),
    ),
  )
}
