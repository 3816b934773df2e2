import {
  abandonBody,
  type BodyIterator,
  bodyFault,
  bodyIterator,
  chunkFault,
  closeBody,
  encodeText,
  TextBody,
} from '../body.ts'
import { isBytes, utf8Length } from '../bytes.ts'
import type { Application, Body, Environ, ErrorStream, Header, Status, Write } from '../contract.ts'
import { copyEnviron } from '../environ.ts'
import { FileWrapper } from '../file-wrapper.ts'
import { forgettable, isPromiseLike } from '../promise.ts'
import {
  ERROR_HEADERS,
  ERROR_STATUS,
  type ErrorHandling,
  errorApplication,
  errorPage,
} from './error-handling.ts'
import { GatewayExchange } from './exchange.ts'
import { isBodyless, makeHead, type ResponseHead, secondCall } from './head.ts'
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
  /**
   * Gives what sends a file better than by reading it, where there is such a way. Asked before the head is out, and only
   * about a body that is a `FileWrapper` itself (PEP 3333, Optional Platform-Specific File Handling): a file that is to
   * be read after all can still turn out to be missing, and be answered with a 500.
   */
  fileSender?(file: FileWrapper): SendFile | undefined
  /** Ends the response; `last` is the only chunk of the body, and a string is to be sent as UTF-8. */
  end(last?: Uint8Array | string): void
  /** Cuts the response off, so that nobody can take it for a whole one. */
  abort(): void
}

/**
 * Sends a file, from where it stands or from its `start`, behind the head and what was written: no more than `limit`
 * bytes, and not past its `end`. The promise gives how many went out; when the client is gone, those that did until then.
 * The file is closed when it is settled, and not before.
 */
export type SendFile = (limit: number) => Promise<number>

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
  /** For the application that answers a failure; nothing else reads it after the call. */
  readonly #environ: Environ
  readonly #handling: ErrorHandling

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
  /** The call of the application that answers a failure in place of this one's. */
  #answer: Call | undefined = undefined

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
  #sendingFile = false

  constructor(
    sink: Sink,
    exchange: GatewayExchange,
    environ: Environ,
    handling: ErrorHandling = BARE_HANDLING,
  ) {
    this.#sink = sink
    this.#exchange = exchange
    this.#errors = environ['wsgi.errors']
    this.#method = environ.REQUEST_METHOD
    this.#target = environ.REQUEST_URI
    this.#environ = environ
    this.#handling = handling
  }

  /** Calls the application and sends its answer. Nothing is awaited where the application is sync. */
  run(app: Application, environ: Environ): void {
    try {
      const body = app(environ, (status, headers, error) => this.#startResponse(status, headers, error))
      if (isPromiseLike(body)) {
        Promise.resolve(body).then(
          (settled) => this.#begin(settled),
          (error: unknown) => this.#fail(error),
        )
      } else this.#begin(body)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The transport took everything. */
  sent(): void {
    ;(this.#answer ?? this).#settle()
  }

  /** The client left, or the server stopped waiting, before the response was complete. */
  gone(reason?: unknown): void {
    const answer = this.#answer ?? this
    if (answer.#settled) return
    if (answer.#cut) {
      answer.#settle()
      return
    }
    this.#over = true
    this.#aborted = true
    this.#exchange.abort(reason)
    if (answer !== this) {
      answer.gone(reason)
      return
    }
    // The transport still has the file, and will say how much of it went out.
    if (this.#sendingFile) return
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
    if (this.#exchange.aborted) return rejected(clientGone())
    if (this.#over) return rejected(new Error('write: must be called before the response is over; it is'))
    if (this.#sendingFile)
      return rejected(new Error('write: must be called before the body; a file is on its way'))
    if (this.#send(chunk) === TOO_MUCH) {
      const error = lengthFault(this.#head!, 'more')
      this.#report(error)
      return rejected(error)
    }
    return this.#full === undefined ? WRITTEN : forgettable(this.#full.then(() => this.#written()))
  }

  #written(): void {
    if (this.#exchange.aborted) throw clientGone()
  }

  #begin(body: Body): void {
    try {
      if (this.#over) {
        if (bodyFault(body) === undefined) {
          this.#body = body
          this.#close()
        }
        return
      }
      if (!this.#headSent && this.#head !== undefined && this.#sendWhole(body, this.#head)) return
      const fault = bodyFault(body)
      if (fault !== undefined) throw new TypeError(fault)
      this.#body = body
      const sendFile = this.#fileSender(body)
      if (sendFile !== undefined) {
        void this.#sendFile(sendFile)
        return
      }
      this.#iterator = bodyIterator(body)
      this.#resume(this.#iterator)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The cheap way, for a body whose one chunk is at hand: its length is known, and head and body go out together. */
  #sendWhole(body: Body, head: ResponseHead): boolean {
    let chunk: Uint8Array | string
    let length: number
    if (Array.isArray(body)) {
      if (body.length !== 1 || !isBytes(body[0])) return false
      chunk = body[0]
      length = chunk.length
    } else if (body instanceof TextBody) {
      const isUtf8 = body.charset === 'utf-8'
      chunk = isUtf8 ? body.text : encodeText(body.text, body.charset)
      length = isUtf8 ? utf8Length(body.text) : chunk.length
    } else return false
    if (head.contentLength !== -1 && head.contentLength !== length) return false
    this.#body = body
    this.#iterator = null
    this.#sendHead(head, length)
    if (this.#bodyless || length === 0) this.#sink.end()
    else {
      this.#bytesSent = length
      this.#sink.end(chunk)
    }
    this.#over = true
    this.#close()
    return true
  }

  #fileSender(body: Body): SendFile | undefined {
    if (!(body instanceof FileWrapper)) return undefined
    if (this.#head === undefined || this.#isBodyless(this.#head.code)) return undefined
    return this.#sink.fileSender?.(body)
  }

  async #sendFile(sendFile: SendFile): Promise<void> {
    try {
      if (this.#full !== undefined) await this.#full
      if (this.#over) return
      const head = this.#requireHead()
      if (!this.#headSent) this.#sendHead(head, -1)
      this.#sendingFile = true
      const room = head.contentLength === -1 ? Number.POSITIVE_INFINITY : head.contentLength - this.#bytesSent
      this.#bytesSent += await sendFile(room)
      if (!this.#over) this.#end()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#sendingFile = false
      if (this.#aborted) {
        this.#close()
        this.#finish()
      }
    }
  }

  /** Goes on as soon as the transport has room. */
  #resume(iterator: BodyIterator): void {
    if (this.#full === undefined) this.#pull(iterator)
    else this.#full.then(() => this.#pull(iterator))
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
        this.#take(next)
        if (this.#full !== undefined) {
          this.#resume(iterator)
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
          if (!this.#over) this.#take(result)
        } catch (error) {
          this.#fail(error)
        }
        this.#resume(iterator)
      },
      (error: unknown) => {
        this.#iterator = null
        this.#fail(error)
      },
    )
  }

  /** Deals with one result of the iterator. */
  #take(result: IteratorResult<Uint8Array>): void {
    if (result.done) {
      this.#iterator = null
      this.#end()
      return
    }
    const fault = chunkFault(result.value)
    if (fault !== undefined) throw new TypeError(fault)
    const outcome = this.#send(result.value)
    if (outcome === TOO_MUCH) {
      this.#report(lengthFault(this.#head!, 'more'))
    }
    // Nothing that the body still has can go out: a HEAD's answer, a 304, or all the bytes declared.
    if (outcome !== SENT) this.#end()
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
    this.#bodyless = this.#isBodyless(code)
    if (code === 204 || code < 200) {
      // RFC 9110 section 8.6: no Content-Length in a 1xx or 204.
      if (head.contentLength !== -1) head = withoutContentLength(head)
    } else if (length !== -1 && head.contentLength === -1 && code !== 304) {
      head.headers.push('Content-Length', String(length))
    }
    this.#sink.sendHead(head)
  }

  #isBodyless(code: number): boolean {
    return this.#method === 'HEAD' || isBodyless(code)
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
    const head = this.#requireHead()
    // Before the head is out: a body that has nothing at all can still be answered by an error.
    if (this.#bytesSent < head.contentLength && !this.#isBodyless(head.code)) {
      throw lengthFault(head, this.#bytesSent)
    }
    // A HEAD's answer has no body to measure: what GET would send is not known.
    if (!this.#headSent) this.#sendHead(head, this.#method === 'HEAD' ? -1 : 0)
    this.#sink.end()
    this.#over = true
    this.#close()
  }

  /** What was thrown past every layer: an answer to the error before the first byte, a cut connection after it. */
  #fail(error: unknown): void {
    if (this.#over) {
      // Who stops because the signal said so, or because the input broke off, did nothing wrong.
      if (!this.#isClientsFault(error)) this.#report(error)
      return
    }
    this.#error = error ?? new Error(`application: threw ${error}`)
    if (!this.#isClientsFault(error)) this.#report(error)
    this.#over = true
    if (this.#headSent) this.#cutOff()
    else if (error instanceof InputError) this.#sendPage(error.status)
    else {
      const app = errorApplication(this.#handling, this.#error)
      if (app === undefined) this.#sendPage(ERROR_STATUS)
      else this.#answerBy(app)
    }
    this.#close()
  }

  #sendPage(status: Status): void {
    const page = errorPage(status)
    try {
      this.#head = makeHead(status, ERROR_HEADERS)
      this.#sendHead(this.#head, page.length)
      if (!this.#bodyless) this.#bytesSent = page.length
      this.#sink.end(this.#bodyless ? undefined : page)
    } catch {
      this.#cutOff()
    }
  }

  #cutOff(): void {
    this.#cut = true
    this.#sink.abort()
  }

  /**
   * Lets another application answer, in a call of its own: nothing that the failed one still does can get into the answer. That
   * call has no error handling but the log, so that its failure is answered by the bare 500.
   */
  #answerBy(app: Application): void {
    const environ = copyEnviron(this.#environ, { REQUEST_METHOD: this.#method })
    const exchange = new GatewayExchange(this.#errors)
    exchange.onFinish(({ aborted }) => (aborted ? this.#finish() : this.#settle()))
    this.#answer = new Call(this.#sink, exchange, environ, {
      logException: (error) => this.#report(error),
    })
    this.#answer.run(app, environ)
  }

  #isClientsFault(error: unknown): boolean {
    if (error instanceof InputError) return true
    return this.#exchange.aborted && (error as { name?: unknown } | null)?.name === 'AbortError'
  }

  #report(error: unknown): void {
    const where = `${this.#method} ${this.#target}`
    if (this.#handling.logException === undefined) {
      reportError(this.#errors, where, error)
      return
    }
    try {
      // An async function is outside the type, but must not bring the process down all the same.
      const logged = this.#handling.logException(error, where) as unknown
      if (isPromiseLike(logged)) this.#exchange.waitUntil(logged)
    } catch (failure) {
      reportError(this.#errors, where, error)
      reportError(this.#errors, `${where}: logException threw`, failure)
    }
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
    let failure: unknown
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
      failure = error
    }
    this.#afterClose(failure)
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
    const answer = this.#answer ?? this
    this.#exchange.finish({
      status: answer.#headSent ? answer.#head?.code : undefined,
      bytesSent: answer.#bytesSent,
      error: this.#error,
      aborted: this.#aborted,
    })
  }
}

const BARE_HANDLING: ErrorHandling = {}

const SENT = 0
const ENOUGH = 1
const TOO_MUCH = 2

const WRITTEN = Promise.resolve()

/** By its name an application's way of stopping, and no fault of it. */
function clientGone(): Error {
  return new DOMException('write: the client is gone', 'AbortError')
}

function rejected(error: Error): Promise<void> {
  return forgettable(Promise.reject(error))
}

function ignore(): void {}

function lengthFault({ contentLength }: ResponseHead, found: number | 'more'): RangeError {
  return new RangeError(
    `application: the body must have the ${contentLength} bytes that Content-Length declares; got ${found}`,
  )
}

function withoutContentLength(head: ResponseHead): ResponseHead {
  const headers: string[] = []
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i]!
    if (name.toLowerCase() !== 'content-length') headers.push(name, head.headers[i + 1]!)
  }
  return { ...head, headers, contentLength: -1 }
}
