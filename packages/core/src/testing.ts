import { parseMediaType } from './accept.ts'
import { concatBytes, utf8 } from './bytes.ts'
import type { Application, Header, Outcome } from './contract.ts'
import { copyEnviron } from './environ.ts'
import { errorStream } from './error-stream.ts'
import { Call, type Sink } from './gateway/call.ts'
import { GatewayExchange } from './gateway/exchange.ts'
import type { ResponseHead } from './gateway/head.ts'
import { Headers } from './headers.ts'
import { type BlankOptions, Request } from './request.ts'
import { checkedForSend } from './stack.ts'
import { type ContractError, recordOf } from './validator/judge.ts'

/** What `Request.blank` takes, in one object. */
export interface SendOptions extends BlankOptions {
  /** `'/'` by default. */
  path?: string
}

/**
 * Runs an application in memory, as a server would, and reads its answer to the end:
 * `await send(app, '/search?q=tea')`. A `Request` is sent in a copy of its environ, with an exchange and a
 * `wsgi.errors` of this call.
 *
 * Rejects with a `ContractError` when a rule of the contract is broken, also one that shows only when the exchange is over:
 * a body that a layer never closed. It names who is guilty, where a stack made the application: there stands a validator
 * between all layers, which are built anew for it, once. Rejects with what the application threw past every layer.
 */
export function send(app: Application, request: string | Request | SendOptions = '/'): Promise<Received> {
  return new Promise((resolve, reject) => {
    if (typeof app !== 'function') throw new TypeError(`send: app must be a function; got ${typeof app}`)
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const exchange = new WatchedExchange(errors)
    const environ = copyEnviron(toRequest(request).environ, {
      'wsgi.errors': errors,
      'tsgi.exchange': exchange,
    })
    const faults: ContractError[] = []
    const sink = new MemorySink()
    // The first to register is the last to be called: everything is known by then.
    exchange.onFinish(({ error }) => {
      // In this order: a fault leads to an error, and an error to a leak.
      const failure = faults[0] ?? error ?? exchange.thrown[0]
      if (failure === undefined) resolve(new Received(sink.head!, concatBytes(sink.chunks), log))
      else reject(failure)
    })
    sink.call = new Call(sink, exchange, environ)
    // Told, not thrown: an application that answers its own errors would hide a fault of its own.
    recordOf(exchange).listener = (fault) => faults.push(fault)
    sink.call.run(checkedForSend(app), environ)
  })
}

/** An answer as a client has it. */
export class Received {
  /** `404` */
  readonly status: number
  /** `'Not Found'` */
  readonly reason: string
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** What was written to `wsgi.errors` until the exchange was over. */
  readonly errors: string

  constructor(head: ResponseHead, bytes: Uint8Array, errors: string) {
    this.status = head.code
    this.reason = head.reason
    this.headers = new Headers(pairs(head.headers))
    this.bytes = bytes
    this.errors = errors
  }

  /** The body, in the charset that `Content-Type` names, else in UTF-8. */
  get text(): string {
    const type = parseMediaType(this.headers.get('Content-Type') ?? '')
    return new TextDecoder(type?.parameters.get('charset')).decode(this.bytes)
  }

  /** @throws SyntaxError when the body is no JSON */
  json(): unknown {
    return JSON.parse(this.text)
  }
}

function toRequest(request: string | Request | SendOptions): Request {
  if (request instanceof Request) return request
  if (typeof request === 'string') return Request.blank(request)
  const { path = '/', ...options } = request
  return Request.blank(path, options)
}

/** An exchange that tells what is thrown when it is over, where no application can catch. */
class WatchedExchange extends GatewayExchange {
  readonly thrown: unknown[] = []

  override onFinish(callback: (outcome: Outcome) => void): void {
    super.onFinish((outcome) => {
      try {
        return callback(outcome)
      } catch (error) {
        this.thrown.push(error)
        throw error
      }
    })
  }
}

/** A transport that is never full: every chunk is taken at once, and kept as it is. */
class MemorySink implements Sink {
  call: Call | undefined = undefined
  head: ResponseHead | undefined = undefined
  readonly chunks: Uint8Array[] = []

  sendHead(head: ResponseHead): void {
    this.head = head
  }

  sendChunk(chunk: Uint8Array): void {
    this.chunks.push(chunk)
  }

  end(last?: Uint8Array | string): void {
    if (last !== undefined) this.sendChunk(typeof last === 'string' ? utf8(last) : last)
    this.call?.sent()
  }

  abort(): void {
    this.call?.gone()
  }
}

function pairs(flat: readonly string[]): Header[] {
  const headers: Header[] = []
  for (let i = 0; i < flat.length; i += 2) headers.push([flat[i]!, flat[i + 1]!])
  return headers
}
