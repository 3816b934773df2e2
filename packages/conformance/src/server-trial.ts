import type { Duplex } from 'node:stream'
import type { Application, ErrorStream, Header } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { type ContractError, validator } from '@tsgi/core/validator'
import type { Attempt } from './case.ts'
import { type Answer, Client, type Question } from './client.ts'
import { Log } from './log.ts'

/** A server that runs, as a suite reaches it. */
export interface RunningServer {
  /** Opens a connection on which HTTP/1.1 is spoken, to the server or to what stands before it. */
  connect(): Duplex | Promise<Duplex>
  /** Stops it: what is in flight may finish within `graceMs`, and is cut then. */
  close(options: { graceMs: number }): Promise<void>
}

/** Starts the server in question on an application; `errors` is to be its `wsgi.errors`. */
export type StartServer = (app: Application, errors: ErrorStream) => RunningServer | Promise<RunningServer>

/** What is true of the server in question. */
export interface ServerTraits {
  /** `wsgi.url_scheme`. Default `'http'`. */
  readonly scheme?: 'http' | 'https'
  /** `REMOTE_ADDR` for a client of the suite: `''` on a unix socket. Default `'127.0.0.1'`. */
  readonly remoteAddress?: string
}

/** What a case does to a server: starts it, speaks to it, and leaves the rest to the end of the trial. */
export class ServerTrial {
  readonly traits: Required<ServerTraits>
  readonly #start: StartServer
  readonly #sites: Site[] = []

  constructor(start: StartServer, { scheme = 'http', remoteAddress = '127.0.0.1' }: ServerTraits) {
    this.#start = start
    this.traits = { scheme, remoteAddress }
  }

  /** Starts the server on an application, with a validator between the two. */
  serve(app: Application): Promise<Site> {
    return this.#serve(app, true)
  }

  /** As `serve`, with nothing in between, for what a validator would hide: it hands in a view of `environ`. */
  serveBare(app: Application): Promise<Site> {
    return this.#serve(app, false)
  }

  /** @throws ContractError when a server broke a rule that the validator sees, whatever the case looked for */
  async end(): Promise<void> {
    await Promise.all(this.#sites.map((site) => site.end()))
    for (const { faults } of this.#sites) for (const fault of faults) throw fault
  }

  async #serve(app: Application, isValidated: boolean): Promise<Site> {
    const site = new Site()
    this.#sites.push(site)
    await site.start(this.#start, isValidated ? site.validated(app) : app)
    return site
  }
}

/** An answer, and all that came between it and the end of the connection. */
export interface LastAnswer extends Answer {
  readonly behind: string
}

/** More than it takes. */
const STOP_MS = 1_000

/** A server that serves one application, and what is seen of it. */
export class Site {
  /** What the server did against the contract; what the application did is the business of its case. */
  readonly faults: ContractError[] = []
  /** All that was written to `wsgi.errors`. */
  errors = ''
  readonly #reports = new Log()
  readonly #clients: Client[] = []
  #running: RunningServer | undefined = undefined
  #closed: Promise<void> | undefined = undefined

  async start(start: StartServer, app: Application): Promise<void> {
    const stream = errorStream((text) => {
      this.errors += text
      this.#reports.add('written')
    })
    this.#running = await start(app, stream)
  }

  /** The application behind a validator that collects `faults`. */
  validated(app: Application): Application {
    const onFault = (fault: ContractError) => {
      if (fault.side === 'server' && !fault.rule.advice) this.faults.push(fault)
    }
    return validator(app, { mode: 'collect', onFault })
  }

  async connect(): Promise<Client> {
    const client = new Client(await this.#running!.connect())
    this.#clients.push(client)
    return client
  }

  /** Asks on a connection of its own, and gives the answer. */
  async ask(question: Question = {}): Promise<Answer> {
    const client = await this.connect()
    const answer = await client.ask(question).answer(question.method)
    client.leave()
    return answer
  }

  /** Asks for the connection to be closed, and gives the answer with whatever came behind it. */
  async askLast(question: Question = {}): Promise<LastAnswer> {
    const client = await this.connect()
    const headers: Header[] = [...(question.headers ?? []), ['Connection', 'close']]
    const answer = await client.ask({ ...question, headers }).answer(question.method)
    return { ...answer, behind: await client.rest() }
  }

  /** Resolved as soon as anything was written to `wsgi.errors`. */
  async reported(): Promise<string> {
    await this.#reports.until('written')
    return this.errors
  }

  /** Stops the server, once, however often it is called; nothing more happens when that is done. */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#running!.close({ graceMs })
    return this.#closed
  }

  /** Stops a server that has nothing left to do: what was to happen once can be counted then. */
  stop(): Promise<void> {
    return this.close(STOP_MS)
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.leave()
    if (this.#running !== undefined) await this.close(0)
  }
}

export function serverAttempt(start: StartServer, traits: ServerTraits): Attempt<ServerTrial> {
  return { begin: () => new ServerTrial(start, traits), end: (trial) => trial.end() }
}
