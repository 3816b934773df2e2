import {
  type Application,
  copyEnviron,
  type Environ,
  type Header,
  Headers,
  type Outcome,
  Request,
} from '@tsgi/core'
import {
  type Background,
  Call,
  errorStream,
  GatewayExchange,
  type ResponseHead,
  type Sink,
} from '@tsgi/core/gateway'
import type { SendOptions } from '@tsgi/core/testing'
import { Log } from './log.ts'

/** How a transport takes chunks: at once, each in its own time, or each when it is told to. */
export type Pace = 'prompt' | 'slow' | 'held'

export interface VisitOptions {
  /** Where the visit writes down what comes, beside what the application of the case writes there. */
  readonly log?: Log
  /** Default `'prompt'`. */
  readonly pace?: Pace
  /** In place of the method of the request, which is sent without its body then. */
  readonly method?: string
  /** What is in `environ` beside, or in place of, what the request puts there. */
  readonly keys?: object
}

/**
 * One request in memory, and the transport of its answer. The log has `head`, `chunk 1`, `sent onetwo` (all until then, as
 * Latin-1), `end` or `abort`, `left`, and `over` when the exchange is.
 */
export class Visit implements Sink {
  readonly log: Log
  readonly exchange: GatewayExchange
  readonly environ: Environ
  /** What `waitUntil` was given and is not settled. */
  readonly background: Background = new Set()
  head: ResponseHead | undefined = undefined
  /** What the gateway reported, apart from what the application wrote to `wsgi.errors`. */
  reports = ''
  outcome: Outcome | undefined = undefined
  readonly #pace: Pace
  readonly #call: Call
  readonly #chunks: Uint8Array[] = []
  #take: () => void = () => {}

  constructor(
    request: string | SendOptions,
    { log = new Log(), pace = 'prompt', method, keys }: VisitOptions,
  ) {
    const reports = errorStream((text) => {
      this.reports += text
    })
    this.log = log
    this.#pace = pace
    this.exchange = new GatewayExchange(reports, this.background)
    this.environ = copyEnviron(makeRequest(request, method).environ, {
      'wsgi.errors': errorStream(() => {}),
      'wsgi.multithread': true,
      'tsgi.exchange': this.exchange,
      ...keys,
    })
    this.#call = new Call(this, this.exchange, copyEnviron(this.environ, { 'wsgi.errors': reports }))
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }

  /** What was sent, one character for each byte. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  get headers(): Headers {
    const flat = this.head?.headers ?? []
    return new Headers(flat.flatMap((name, i): Header[] => (i % 2 === 0 ? [[name, flat[i + 1]!]] : [])))
  }

  start(app: Application): this {
    // The first to register is the last to be called: everything is known by then.
    this.exchange.onFinish((outcome) => {
      this.outcome = outcome
      this.log.add('over')
    })
    this.#call.run(app, this.environ)
    return this
  }

  /** Takes the chunk that is held. */
  take(): void {
    const take = this.#take
    this.#take = () => {}
    take()
  }

  /** The client is gone. */
  leave(): void {
    if (this.outcome !== undefined) return
    this.log.add('left')
    this.#call.gone()
    // A transport that nobody reads from any more is not full.
    this.take()
  }

  /** Resolved as soon as the entry is in the log; rejected when the exchange has ended without it. */
  async until(entry: string): Promise<void> {
    await Promise.race([this.log.until(entry), this.log.until('over').then(calm)])
    if (!this.log.has(entry)) throw new Error(`expected "${entry}"; got ${JSON.stringify(this.log.entries)}`)
  }

  /** Resolved when the exchange has ended, and what its end sets in motion has come to rest. */
  async over(): Promise<this> {
    await this.log.until('over')
    await calm()
    return this
  }

  /** @throws Error when the answer is not a whole one */
  expectWhole(): void {
    if (this.outcome === undefined) throw new Error('the answer must be whole; it has not ended')
    const { error, aborted } = this.outcome
    if (error !== undefined)
      throw new Error(`the answer must be whole; it failed: ${error}`, { cause: error })
    if (aborted) throw new Error('the answer must be whole; it was cut')
  }

  /** @throws Error when something was reported, though nothing has to go wrong when a client leaves */
  expectNoReport(): void {
    if (this.reports !== '') throw new Error(`nothing must be reported; got ${this.reports}`)
  }

  sendHead(head: ResponseHead): void {
    this.head = head
    this.log.add('head')
  }

  sendChunk(chunk: Uint8Array): void | Promise<void> {
    this.#keep(chunk)
    if (this.#pace === 'slow') return new Promise(setImmediate)
    if (this.#pace === 'held') {
      return new Promise((resolve) => {
        this.#take = resolve
      })
    }
  }

  end(last?: Uint8Array | string): void {
    if (last !== undefined) this.#keep(Buffer.from(last))
    this.log.add('end')
    this.#call.sent()
  }

  abort(): void {
    this.log.add('abort')
    this.#call.gone()
  }

  #keep(chunk: Uint8Array): void {
    // A copy: once it is taken, whoever gave it may use it again.
    this.#chunks.push(Uint8Array.from(chunk))
    this.log.add(`chunk ${this.#chunks.length}`)
    this.log.add(`sent ${this.text}`)
  }
}

/** Lets everything that waits on promises alone come to rest. */
export async function calm(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

function makeRequest(request: string | SendOptions, method: string | undefined): Request {
  const { path = '/', ...options } = typeof request === 'string' ? { path: request } : request
  if (method === undefined) return Request.blank(path, options)
  const { headers, base } = options
  return Request.blank(path, { method, ...(headers && { headers }), ...(base && { base }) })
}
