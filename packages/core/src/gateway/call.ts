import {
  abandonBody,
  type BodyIterator,
  bodyFault,
  bodyIterator,
  chunkFault,
  closeBody,
  TextBody,
} from '../body.ts'
import { isBytes, utf8Length } from '../bytes.ts'
import type { Application, Body, Environ, ErrorStream, Header, Status, Write } from '../contract.ts'
import { isPromiseLike } from '../promise.ts'
import type { GatewayExchange } from './exchange.ts'
import { makeHead, type ResponseHead, secondCall } from './head.ts'
import { InputError } from './input-error.ts'
import { reportError } from './report.ts'

/**
 * Where a response goes: the whole of what a server has to bring. The gateway calls `sendHead` once, then
 * `sendChunk` as often as needed, then `end`; or `abort` at any moment, and then nothing more.
 */
export interface Sink {
  /** Takes the head. A transport may hold it back until the first chunk or the end. */
  sendHead(head: ResponseHead): void
  /**
   * Takes a chunk that is not empty. A promise says that the transport is full: nothing more comes until it is
   * settled, and it must be settled when the client is gone.
   */
  sendChunk(chunk: Uint8Array): void | Promise<void>
  /** Ends the response; `last` is the only chunk of the body, and a string is to be sent as UTF-8. */
  end(last?: Uint8Array | string): void
  /** Cuts the response off, so that nobody can take it for a whole one. */
  abort(): void
}

/**
 * One call of an application, from the call to the closed body: the state machine of the contract's sections 3 and 4,
 * the same for every server. It never throws and never rejects: what goes wrong is reported and answered.
 *
 * The server tells it how the transport fared: `sent()` when everything was handed over, `gone()` when the client
 * left first.
 */
export class Call {
  readonly #sink: Sink
  readonly #exchange: GatewayExchange
  readonly #errors: ErrorStream
  // Read before the application may change its environ.
  readonly #method: string
  readonly #target: string

  #head: ResponseHead | undefined = undefined
  #started = false
  #headSent = false
  #bodyless = false
  #bytesSent = 0
  /** The response is complete, cut, or nobody is left to read it. */
  #over = false
  #cut = false
  #aborted = false
  #error: unknown = undefined

  #body: Body | undefined = undefined
  /** As `closeBody` takes it: absent, begun, or `null` after the end. */
  #iterator: BodyIterator | null | undefined = undefined
  /** A chunk was asked for, and its promise is not settled. */
  #awaiting = false
  #closing = false
  #closed = false
  /** The transport has everything, or is gone. */
  #settled = false
  /** The transport is full until this is settled. */
  #full: Promise<void> | undefined = undefined

  constructor(sink: Sink, exchange: GatewayExchange, environ: Environ) {
    this.#sink = sink
    this.#exchange = exchange
    this.#errors = environ['wsgi.errors']
    this.#method = environ.REQUEST_METHOD
    this.#target = environ.REQUEST_URI
  }

  /** Calls the application and sends its answer. Nothing is awaited where the application is sync. */
  run(app: Application, environ: Environ): void {
    let body: Body | Promise<Body>
    try {
      body = app(environ, (status, headers, error) => this.#startResponse(status, headers, error))
    } catch (error) {
      this.#fail(error)
      return
    }
    if (isPromiseLike(body)) {
      Promise.resolve(body).then(
        (settled) => this.#begin(settled),
        (error: unknown) => this.#fail(error),
      )
    } else this.#begin(body)
  }

  /** The transport took everything. */
  sent(): void {
    this.#settle()
  }

  /** The client left, or the server stopped waiting, before the response was complete. */
  gone(reason?: unknown): void {
    if (this.#settled) return
    if (this.#cut) {
      this.#settle()
      return
    }
    this.#over = true
    this.#aborted = true
    this.#exchange.abort(reason)
    this.#close()
    // Not after the body is closed: an application that never comes to its end must not hold up the log.
    this.#finish()
  }

  #startResponse(status: Status, headers: Header[], error?: unknown): Write {
    if (error !== undefined) {
      if (this.#headSent) throw error
    } else if (this.#started) {
      throw secondCall()
    } else if (this.#over && !this.#exchange.aborted) {
      throw new Error('startResponse: must be called before the body ends; the response is over')
    }
    // Before the checks: a first call that fails is a call all the same (PEP 3333, The start_response() Callable).
    this.#started = true
    this.#head = undefined
    this.#head = makeHead(status, headers)
    return (chunk) => this.#write(chunk)
  }

  #write(chunk: Uint8Array): Promise<void> {
    const fault = chunkFault(chunk)
    if (fault !== undefined) throw new TypeError(fault)
    if (this.#over) return rejected(new Error('write: must be called before the response is over; it is'))
    if (this.#send(chunk) === TOO_MUCH) {
      const error = new RangeError(this.#lengthFault())
      this.#report(error)
      return rejected(error)
    }
    return this.#full === undefined ? WRITTEN : this.#full.then(() => this.#written())
  }

  #written(): void | Promise<void> {
    if (this.#exchange.aborted) return rejected(new Error('write: the client is gone'))
  }

  #begin(body: Body): void {
    if (this.#over) {
      if (bodyFault(body) === undefined) {
        this.#body = body
        this.#close()
      }
      return
    }
    if (!this.#headSent && this.#head !== undefined && this.#sendWhole(body, this.#head)) return
    try {
      const fault = bodyFault(body)
      if (fault !== undefined) throw new TypeError(fault)
      this.#body = body
      this.#iterator = bodyIterator(body)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (this.#full === undefined) this.#pull(this.#iterator)
    else this.#resumeAfter(this.#full, this.#iterator)
  }

  /** The cheap way, for a body whose one chunk is at hand: its length is known, and head and body go out together. */
  #sendWhole(body: Body, head: ResponseHead): boolean {
    let chunk: Uint8Array | string
    let length: number
    if (Array.isArray(body)) {
      if (body.length !== 1 || !isBytes(body[0])) return false
      chunk = body[0]
      length = chunk.length
    } else if (body instanceof TextBody && body.charset === 'utf-8') {
      chunk = body.text
      length = utf8Length(chunk)
    } else return false
    if (head.contentLength !== -1 && head.contentLength !== length) return false
    this.#body = body
    this.#iterator = null
    try {
      this.#sendHead(head, length)
      if (this.#bodyless || length === 0) this.#sink.end()
      else {
        this.#bytesSent = length
        this.#sink.end(chunk)
      }
    } catch (error) {
      this.#fail(error)
      return true
    }
    this.#over = true
    this.#close()
    return true
  }

  /** Takes chunk after chunk, without a promise for as long as neither the body nor the transport gives one. */
  #pull(iterator: BodyIterator): void {
    try {
      while (!this.#over) {
        let next: IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>>
        try {
          next = iterator.next()
        } catch (error) {
          this.#iterator = null
          throw error
        }
        if (isPromiseLike(next)) {
          this.#awaitNext(next, iterator)
          return
        }
        if (!this.#take(next)) return
        if (this.#full !== undefined) {
          this.#resumeAfter(this.#full, iterator)
          return
        }
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  #awaitNext(next: PromiseLike<IteratorResult<Uint8Array>>, iterator: BodyIterator): void {
    this.#awaiting = true
    Promise.resolve(next).then(
      (result) => {
        this.#awaiting = false
        try {
          if (this.#over || !this.#take(result)) return
        } catch (error) {
          this.#fail(error)
          return
        }
        if (this.#full === undefined) this.#pull(iterator)
        else this.#resumeAfter(this.#full, iterator)
      },
      (error: unknown) => {
        this.#awaiting = false
        this.#iterator = null
        this.#fail(error)
      },
    )
  }

  #resumeAfter(full: Promise<void>, iterator: BodyIterator): void {
    full.then(() => this.#pull(iterator))
  }

  /** Deals with one result of the iterator; whether to ask for the next. */
  #take(result: IteratorResult<Uint8Array>): boolean {
    if (result.done) {
      this.#iterator = null
      this.#end()
      return false
    }
    const fault = chunkFault(result.value)
    if (fault !== undefined) throw new TypeError(fault)
    const outcome = this.#send(result.value)
    if (outcome === TOO_MUCH) {
      this.#report(new RangeError(this.#lengthFault()))
    }
    if (outcome === SENT) return true
    // Nothing that the body still has can go out: a HEAD's answer, a 304, or all the bytes declared.
    this.#end()
    return false
  }

  /** Sends a chunk, its head first; what goes past the declared length is cut away (PEP 3333, Content-Length). */
  #send(chunk: Uint8Array): typeof SENT | typeof ENOUGH | typeof TOO_MUCH {
    if (chunk.length === 0) return SENT
    if (!this.#headSent) this.#sendHead(this.#requireHead(), -1)
    if (this.#bodyless) return ENOUGH
    const { contentLength } = this.#head!
    const room = contentLength === -1 ? chunk.length : contentLength - this.#bytesSent
    const fitting = chunk.length > room ? chunk.subarray(0, room) : chunk
    if (fitting.length > 0) {
      this.#bytesSent += fitting.length
      const full = this.#sink.sendChunk(fitting)
      if (full !== undefined) {
        const drained = full.then(ignore, ignore).then(() => {
          if (this.#full === drained) this.#full = undefined
        })
        this.#full = drained
      }
    }
    return fitting === chunk ? SENT : TOO_MUCH
  }

  #sendHead(head: ResponseHead, length: number): void {
    this.#headSent = true
    const { code } = head
    this.#bodyless = this.#method === 'HEAD' || code === 304 || code === 204 || code < 200
    if (code === 204 || code < 200) {
      // RFC 9110 section 8.6: no Content-Length in a 1xx or 204.
      if (head.contentLength !== -1) head = withoutContentLength(head)
    } else if (length !== -1 && head.contentLength === -1 && code !== 304) {
      head.headers.push('Content-Length', String(length))
    }
    this.#sink.sendHead(head)
  }

  #requireHead(): ResponseHead {
    if (this.#head === undefined) {
      throw new Error(
        'application: startResponse must be called, and succeed, before the first chunk; it was not',
      )
    }
    return this.#head
  }

  #end(): void {
    if (!this.#headSent) {
      // A HEAD's answer has no body to measure: what GET would send is not known.
      this.#sendHead(this.#requireHead(), this.#method === 'HEAD' ? -1 : 0)
    }
    const { contentLength } = this.#head!
    if (!this.#bodyless && this.#bytesSent < contentLength) {
      throw new RangeError(this.#lengthFault())
    }
    this.#sink.end()
    this.#over = true
    this.#close()
  }

  #lengthFault(): string {
    const { contentLength } = this.#head!
    const found = this.#bytesSent < contentLength ? String(this.#bytesSent) : 'more'
    return `application: the body must have the ${contentLength} bytes that Content-Length declares; got ${found}`
  }

  /** What was thrown past every layer: a bare 500 before the first byte, a cut connection after it. */
  #fail(error: unknown): void {
    if (this.#over) {
      // Who stops because the signal said so, or because the input broke off, did nothing wrong.
      if (!this.#isClientsFault(error)) this.#report(error)
      return
    }
    this.#error = error ?? new Error(`application: threw ${error}`)
    if (!this.#isClientsFault(error)) this.#report(error)
    this.#over = true
    try {
      if (this.#headSent) throw error
      const status = error instanceof InputError ? error.status : '500 Internal Server Error'
      const page = `${status.slice(4)}\n`
      this.#head = makeHead(status, [['Content-Type', 'text/plain; charset=utf-8']])
      this.#sendHead(this.#head, page.length)
      if (!this.#bodyless) this.#bytesSent = page.length
      this.#sink.end(this.#bodyless ? undefined : page)
    } catch {
      this.#cut = true
      this.#sink.abort()
    }
    this.#close()
  }

  #isClientsFault(error: unknown): boolean {
    if (error instanceof InputError) return true
    return this.#exchange.aborted && (error as { name?: unknown } | null)?.name === 'AbortError'
  }

  #report(error: unknown): void {
    reportError(this.#errors, `${this.#method} ${this.#target}`, error)
  }

  #close(): void {
    if (this.#closing) return
    if (this.#body === undefined) {
      // Nothing to close: the application gave no body, or has not given it yet.
      this.#closed = true
      this.#finishIfDone()
      return
    }
    this.#closing = true
    try {
      const closing =
        this.#awaiting && this.#iterator
          ? abandonBody(this.#body, this.#iterator)
          : closeBody(this.#body, this.#iterator)
      if (isPromiseLike(closing)) {
        closing.then(
          () => this.#afterClose(),
          (error: unknown) => this.#afterClose(error),
        )
        return
      }
    } catch (error) {
      this.#afterClose(error)
      return
    }
    this.#afterClose()
  }

  #afterClose(error?: unknown): void {
    // A stream that failed says so twice: when it is read, and when it is closed.
    if (error !== undefined && error !== this.#error) this.#report(error)
    this.#closed = true
    this.#finishIfDone()
  }

  #settle(): void {
    this.#settled = true
    this.#finishIfDone()
  }

  #finishIfDone(): void {
    if (this.#settled && this.#closed) this.#finish()
  }

  #finish(): void {
    this.#exchange.finish({
      status: this.#headSent ? this.#head?.code : undefined,
      bytesSent: this.#bytesSent,
      error: this.#error,
      aborted: this.#aborted,
    })
  }
}

const SENT = 0
const ENOUGH = 1
const TOO_MUCH = 2

const WRITTEN = Promise.resolve()

/** A rejection that whoever does not wait for it may ignore: it must not end the process. */
function rejected(error: Error): Promise<void> {
  const promise = Promise.reject(error)
  promise.catch(ignore)
  return promise
}

function ignore(): void {}

function withoutContentLength(head: ResponseHead): ResponseHead {
  const headers: string[] = []
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i]!
    if (name.toLowerCase() !== 'content-length') headers.push(name, head.headers[i + 1]!)
  }
  return { ...head, headers, contentLength: -1 }
}
