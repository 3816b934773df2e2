import cluster from 'node:cluster'
import { lstat, unlink } from 'node:fs/promises'
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'
import { type AddressInfo, connect, type ListenOptions, type Socket } from 'node:net'
import type { Application } from '@tsgi/core'
import {
  type Background,
  Call,
  emptyInput,
  GatewayExchange,
  Refusal,
  reportError,
  type ServerFacts,
} from '@tsgi/core/gateway'
import { EnvironFromNode } from './environ-from-node.ts'
import { expectContinue } from './input-from-node.ts'
import { type CheckedOptions, checkOptions, type ServeOptions } from './options.ts'
import { isLast, NodeSink, refuse } from './send-to-node.ts'

/** A server that listens. */
export interface Server {
  /** The port it listens on, also where 0 was asked for; 0 on a unix socket. */
  readonly port: number
  /** Where it is reached: `http://127.0.0.1:8000/`, or `unix:/run/app.sock`. */
  readonly url: string
  /**
   * Stops accepting, finishes what is in flight, waits for `waitUntil` work; cuts what is left after `graceMs`
   * (default 10,000). A connection on which nothing came yet is not waited for. Gives the same promise as `closed`.
   */
  close(options?: { graceMs?: number }): Promise<void>
  /** Settled when the server has stopped and its last connection is gone. */
  readonly closed: Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Serves an application over HTTP/1.1, on TCP or a unix socket, with TLS where `tls` is given. Resolved when it listens.
 *
 * @throws TypeError when an option is wrong; rejects with Node's error (`EADDRINUSE`, `EACCES`) when it cannot listen
 */
export async function serve(app: Application, options: ServeOptions = {}): Promise<Server> {
  if (typeof app !== 'function') {
    throw new TypeError(
      `serve: app: must be an application, a function; got ${app === null ? 'null' : typeof app}`,
    )
  }
  const server = new NodeServer(app, checkOptions(options))
  await server.listen()
  return server
}

/** As `serve`, in the order of wsgiref's `make_server`. */
export function makeServer(host: string, port: number, app: Application): Promise<Server> {
  return serve(app, { host, port })
}

/**
 * As `serve`, for one request, as wsgiref's `handle_request`: after it the server stops by itself, and `closed` settles when
 * it is answered. What is refused (400, 408, 431) never reaches the application and is not that request: the server goes on
 * to wait for it.
 */
export function handleRequest(
  app: Application,
  options: Omit<ServeOptions, 'maxRequests'> = {},
): Promise<Server> {
  return serve(app, { ...options, maxRequests: 1 })
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
const SERVER_SOFTWARE = `tsgi/${version}`
const GRACE_MS = 10_000
/** How long a connection may be without its first byte while the server closes: a request comes right behind the handshake. */
const FIRST_BYTE_MS = 100

class NodeServer implements Server {
  port = 0
  readonly closed: Promise<void>
  readonly #app: Application
  readonly #options: CheckedOptions
  readonly #facts: ServerFacts
  readonly #http: HttpServer
  readonly #background: Background = new Set()
  readonly #environs: EnvironFromNode
  /** All that is open, handshakes included: Node knows only those that have got as far as HTTP. */
  readonly #connections = new Set<Socket>()
  /** What ends the calls whose answers wait behind others on their connection: Node tells nobody when it is gone. */
  readonly #queued = new WeakMap<Socket, Set<() => void>>()
  #served = 0
  #active = 0
  #onIdle: () => void = () => {}
  #shutdown: DOMException | undefined = undefined
  #isClosing = false
  readonly #askIsClosing = (): boolean => this.#isClosing
  #onClosed: () => void = () => {}

  constructor(app: Application, options: CheckedOptions) {
    this.#app = app
    this.#options = options
    this.#facts = {
      name: serverName(options),
      port: '',
      scheme: options.tls === undefined ? 'http' : 'https',
      software: SERVER_SOFTWARE,
      errors: options.errors,
      multithread: true,
      multiprocess: cluster.isWorker,
      runOnce: false,
    }
    this.#environs = new EnvironFromNode(this.#facts, options)
    const track = (socket: Socket): void => {
      this.#connections.add(socket)
      socket.once('close', () => this.#connections.delete(socket))
    }
    this.#http = createHttpServer(options)
      .on('connection', track)
      .on('secureConnection', track)
      .on('request', (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response))
      .on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        expectContinue(response)
        this.#serve(request, response)
      })
      .on('connect', (_request: IncomingMessage, socket: Socket) => {
        socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      })
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
  }

  async listen(): Promise<void> {
    const { host, port, unix } = this.#options
    if (unix === undefined) await listen(this.#http, { host, port })
    else {
      await removeStaleSocket(unix)
      await listen(this.#http, { path: unix })
    }
    const address = this.#http.address() as AddressInfo | string
    this.port = typeof address === 'string' ? 0 : address.port
    this.#facts.port = this.port === 0 ? { http: '80', https: '443' }[this.#facts.scheme] : String(this.port)
    // Out of descriptors, say: the server goes on, and somebody ought to know.
    this.#http.on('error', (error) =>
      reportError(this.#options.errors, 'serve: accepting a connection failed', error),
    )
  }

  get url(): string {
    const { host, unix } = this.#options
    if (unix !== undefined) return `unix:${unix}`
    return `${this.#facts.scheme}://${host.includes(':') ? `[${host}]` : host}:${this.port}/`
  }

  close({ graceMs = GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      void this.#stop(graceMs)
    }
    return this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #stop(graceMs: number): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#http.close(() => resolve()))
    this.#http.closeIdleConnections()
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    // A browser opens connections to have them at hand; to Node, one on which nothing came yet is busy.
    const unused = setTimeout(() => this.#cut((socket) => socket.bytesRead === 0), FIRST_BYTE_MS)
    await Promise.race([ended.then(() => this.#finishBackground()), grace])
    clearTimeout(timer)
    clearTimeout(unused)
    this.#shutdown = new DOMException('the server is shutting down', 'AbortError')
    this.#cut(() => true)
    await ended
    await this.#idle()
    this.#onClosed()
  }

  #cut(isCut: (socket: Socket) => boolean): void {
    for (const socket of this.#connections) if (isCut(socket)) socket.destroy()
  }

  /** Node counts a connection as gone a turn before it tells its responses. */
  async #idle(): Promise<void> {
    if (this.#active === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  /** Work may bring more work: an exchange that ends late, a promise that registers another. */
  async #finishBackground(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (isLast(request.socket)) return
    const { errors } = this.#options
    const exchange = new GatewayExchange(errors, this.#background)
    const environ = this.#environs.make(request, response, exchange)
    if (environ instanceof Refusal) {
      refuse(request, response, environ)
      return
    }
    if (this.#served === this.#options.maxRequests) {
      // Sent behind the last one on its connection, before that was answered.
      refuse(request, response, new Refusal('503 Service Unavailable', 'the server is closing'))
      return
    }
    this.#served++
    const hasBody = environ['wsgi.input'] !== emptyInput()
    const call = new Call(new NodeSink(request, response, hasBody, this.#askIsClosing), exchange, environ)
    let isOver = false
    let isSent = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      if (isSent) call.sent()
      else call.gone(this.#shutdown)
      this.#active--
      if (this.#isClosing) this.#endedWhileClosing()
    }
    this.#active++
    // Node says of what it threw away with a connection too that it is finished.
    response.on('finish', () => {
      isSent = !request.socket.destroyed
    })
    response.on('close', end)
    if (response.socket === null) this.#queue(request.socket, response, end)
    if (this.#served === this.#options.maxRequests) void this.close()
    call.run(this.#app, environ)
  }

  #queue(socket: Socket, response: ServerResponse, end: () => void): void {
    let waiting = this.#queued.get(socket)
    if (waiting === undefined) {
      const ends = new Set<() => void>()
      this.#queued.set(socket, ends)
      socket.once('close', () => {
        for (const endOne of ends) endOne()
      })
      waiting = ends
    }
    waiting.add(end)
    response.on('close', () => waiting.delete(end))
  }

  #endedWhileClosing(): void {
    // A turn later, when Node knows that the connection is idle.
    setImmediate(() => this.#http.closeIdleConnections())
    if (this.#active === 0) this.#onIdle()
  }
}

function createHttpServer(options: CheckedOptions): HttpServer {
  const { keepAliveTimeout, headersTimeout, requestTimeout, maxHeaderSize, maxHeadersCount, tls } = options
  const settings = {
    keepAliveTimeout,
    // Node refuses a longer one: the head is part of the request.
    headersTimeout: requestTimeout === 0 ? headersTimeout : Math.min(headersTimeout, requestTimeout),
    requestTimeout,
    maxHeaderSize,
    // How often Node looks whether a time-out has passed; its own 30 s would make light of a shorter one.
    connectionsCheckingInterval: Math.min(30_000, Math.max(50, shortest(headersTimeout, requestTimeout) / 4)),
    // Both are checked with the rest of the head, in one place.
    requireHostHeader: false,
    insecureHTTPParser: false,
  }
  const server = tls === undefined ? createServer(settings) : createTlsServer({ ...tls, ...settings })
  // One more than are allowed: beyond this number Node drops fields in silence.
  server.maxHeadersCount = maxHeadersCount + 1
  if (options.maxConnections !== Number.POSITIVE_INFINITY) server.maxConnections = options.maxConnections
  return server
}

/** The shorter of two time-outs of which 0 means none. */
function shortest(a: number, b: number): number {
  return Math.min(a || Number.POSITIVE_INFINITY, b || Number.POSITIVE_INFINITY)
}

/** A name for URLs where a request brings none: an address that stands for all of them is no name. */
function serverName({ host, unix }: CheckedOptions): string {
  if (unix !== undefined || host === '0.0.0.0' || host === '::') return 'localhost'
  // RFC 3875 section 4.1.14: as it stands in a URL.
  return host.includes(':') ? `[${host}]` : host
}

function listen(server: HttpServer, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Removes a socket that a dead server left behind; one that somebody answers on, or another file, stays. */
async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined)
  if (!stats?.isSocket()) return
  const isStale = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
      .on('connect', () => {
        probe.destroy()
        resolve(false)
      })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (isStale) await unlink(path)
}
