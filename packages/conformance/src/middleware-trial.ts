import type { Application, Body, Environ, Header, Middleware, Status } from '@tsgi/core'
import { isPromiseLike } from '@tsgi/core/gateway'
import type { SendOptions } from '@tsgi/core/testing'
import { type ContractError, validator } from '@tsgi/core/validator'
import type { Attempt } from './case.ts'
import { type Log, observed } from './log.ts'
import { calm, Visit, type VisitOptions } from './visit.ts'

/** What a layer needs to be tried, and what it does differently by design. */
export interface MiddlewareTraits {
  /** What makes the layer let a request through to its application. Default `GET /`. */
  readonly request?: SendOptions
  /** It withholds chunks: until it has more of them, or all. */
  readonly buffers?: true
  /** What is sent is other bytes than what was yielded. */
  readonly rewritesBody?: true
  /** It waits for something: what is sync inside is not so outside, and it may ask for the first chunk before it answers. */
  readonly async?: true
}

/** The keys that outer layers would have added, made anew for each request. */
export type MakeKeys = () => object

/** What a case does to a layer: sends requests through it, and leaves the rest to the end of the trial. */
export class MiddlewareTrial {
  readonly traits: MiddlewareTraits
  readonly #middleware: Middleware
  readonly #makeKeys: MakeKeys
  readonly #layers = new Map<Application, Application>()
  readonly #visits: Visit[] = []
  readonly #faults: ContractError[] = []
  #calls = 0

  constructor(middleware: Middleware, traits: MiddlewareTraits, makeKeys: MakeKeys) {
    this.#middleware = middleware
    this.traits = traits
    this.#makeKeys = makeKeys
  }

  /** The layer around an application, which stands behind a validator; one for all requests to that application. */
  layer(app: Application): Application {
    const layer = this.#layers.get(app) ?? this.#middleware(this.#judge(app))
    this.#layers.set(app, layer)
    return layer
  }

  /** Sends a request through the layer to an application. */
  visit(app: Application, options: VisitOptions = {}): LayerVisit {
    return this.#visit(this.layer(app), options)
  }

  /** As `visit`, and the log has what the layer does to the body too: `begun`, `next`, `end`, `return`, `close`. */
  observe(app: Application, log: Log, options: Omit<VisitOptions, 'log'> = {}): LayerVisit {
    const layer = this.#middleware(observing(this.#judge(app), log))
    return this.#visit(layer, { ...options, log })
  }

  #visit(layer: Application, { keys, ...options }: VisitOptions): LayerVisit {
    const { request = {} } = this.traits
    const before = this.#calls
    const given = { ...options, keys: { ...this.#makeKeys(), ...keys } }
    const visit = new LayerVisit(request, given, () => this.#calls > before)
    this.#visits.push(visit)
    const onFault = (fault: ContractError) => {
      if (fault.side === 'application') this.#faults.push(fault)
    }
    const watched = visit.watch(layer)
    visit.start(validator(watched, { mode: 'collect', onFault, layer: layer.name || 'middleware' }))
    return visit
  }

  /** @throws Error when the layer broke a rule that one of the validators sees, whatever the case looked for */
  async end(): Promise<void> {
    for (const visit of this.#visits) visit.leave()
    await calm()
    for (const fault of this.#faults) {
      if (fault.rule.advice) continue
      const { sentence, source } = fault.rule
      throw new Error(`middleware: ${sentence} (${source}); got ${fault.found}`, { cause: fault })
    }
  }

  /** What the application does is the business of its case; how it is treated is the layer's. */
  #judge(app: Application): Application {
    const inside: Application = (environ, startResponse) => {
      this.#calls++
      return app(environ, startResponse)
    }
    const onFault = (fault: ContractError) => {
      if (fault.side === 'server') this.#faults.push(fault)
    }
    return validator(inside, { mode: 'collect', onFault })
  }
}

/** Outside the validator, which puts right what is wrong in how a body is closed. */
function observing(app: Application, log: Log): Application {
  const observe = (body: Body & { close?: () => unknown }): Body => {
    const close = () => {
      log.add('close')
      return body.close?.()
    }
    return Object.assign(observed(log, body), { close })
  }
  return (environ, startResponse) => {
    const body = app(environ, startResponse)
    return isPromiseLike(body) ? body.then(observe) : observe(body)
  }
}

/** A call of `startResponse`. */
export interface Start {
  readonly status: Status
  readonly headers: readonly Header[]
  readonly error: unknown
}

/** A request through a layer. The log has `returned` too, when the layer has given its body. */
export class LayerVisit extends Visit {
  /** How the layer began its answer. */
  readonly starts: Start[] = []
  /** What the layer was called with, and what was in it then. */
  given: { readonly environ: Environ; readonly before: Readonly<Environ> } | undefined = undefined
  readonly #isInside: () => boolean

  constructor(request: SendOptions, options: VisitOptions, isInside: () => boolean) {
    super(request, options)
    this.#isInside = isInside
  }

  /** Stands right outside the layer. */
  watch(layer: Application): Application {
    const returned = (body: Body): Body => {
      this.log.add('returned')
      return body
    }
    return (environ, startResponse) => {
      this.given = { environ, before: { ...environ } }
      const body = layer(environ, (...args) => {
        const [status, headers, error] = args
        this.starts.push({ status, headers: headers.slice(), error })
        return startResponse(...args)
      })
      return isPromiseLike(body) ? body.then(returned) : returned(body)
    }
  }

  override async until(entry: string): Promise<void> {
    try {
      await super.until(entry)
    } catch (error) {
      this.expectInside()
      throw error
    }
  }

  override async over(): Promise<this> {
    await super.over()
    this.expectInside()
    return this
  }

  /** @throws Error when the layer has answered by itself */
  expectInside(): void {
    if (this.#isInside()) return
    const { REQUEST_METHOD, REQUEST_URI } = this.environ
    throw new Error(
      `middlewareSuite: options.request: must be one that the layer lets through to its application; ${REQUEST_METHOD} ${REQUEST_URI} was answered with ${this.head?.code}`,
    )
  }
}

export function middlewareAttempt(
  middleware: Middleware,
  traits: MiddlewareTraits,
  makeKeys: MakeKeys = () => ({}),
): Attempt<MiddlewareTrial> {
  return {
    begin: () => new MiddlewareTrial(middleware, traits, makeKeys),
    end: (trial) => trial.end(),
  }
}
