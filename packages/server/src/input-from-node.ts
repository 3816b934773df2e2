import type { IncomingMessage, ServerResponse } from 'node:http'
import { InputError } from '@tsgi/core/gateway'

/**
 * The body of a request as chunks that are pulled. Nothing is read, and no `100 Continue` sent, before the first is
 * asked for; a body that breaks off, or of which nothing more comes for a while, rejects.
 */
export class NodeInput implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #idleTimeoutMs: number
  #begun = false
  #error: Error | undefined = undefined
  #wake: (() => void) | undefined = undefined

  constructor(request: IncomingMessage, response: ServerResponse, idleTimeoutMs: number) {
    this.#request = request
    this.#response = response
    this.#idleTimeoutMs = idleTimeoutMs
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#begun) this.#begin()
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      const chunk: Buffer | null = this.#request.read()
      if (chunk !== null) return { done: false, value: chunk }
      if (this.#request.readableEnded) return { done: true, value: undefined }
      await this.#news()
    }
  }

  #begin(): void {
    this.#begun = true
    const request = this.#request
    if (this.#response.writableEnded) {
      // What was not read by now is thrown away; to call that the end would pass half a body for a whole one.
      this.#error = new InputError('wsgi.input: must be read before the response is over; it is')
      return
    }
    const fail = (cause?: Error) => {
      this.#error ??= new InputError('wsgi.input: the body broke off before its end', undefined, { cause })
      this.#wake?.()
    }
    request.on('readable', () => this.#wake?.())
    request.on('end', () => this.#wake?.())
    request.on('error', fail)
    request.on('close', () => request.readableEnded || fail())
    if (request.destroyed && !request.readableEnded) fail(request.errored ?? undefined)
    if (awaitsContinue(this.#response)) sendContinue(this.#response)
  }

  /** Waits until the request has something to say, but not for ever. */
  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#error ??= new InputError(
          `wsgi.input: nothing came for ${this.#idleTimeoutMs} ms`,
          '408 Request Timeout',
        )
        resolve()
      }, this.#idleTimeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}

/** The responses whose client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1). */
const AWAITING = new WeakSet<ServerResponse>()

export function expectContinue(response: ServerResponse): void {
  AWAITING.add(response)
}

export function awaitsContinue(response: ServerResponse): boolean {
  return AWAITING.has(response)
}

function sendContinue(response: ServerResponse): void {
  // Once the final status is on its way, an interim one is too late.
  if (response.headersSent) return
  AWAITING.delete(response)
  response.writeContinue()
}
