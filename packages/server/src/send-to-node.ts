import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Refusal, ResponseHead, Sink } from '@tsgi/core/gateway'
import { awaitsContinue } from './input-from-node.ts'

/** How long what a client still sends is read and thrown away, so that it can read the answer; nginx's time. */
const LINGER_MS = 30_000

/** Puts the answer of an application on a response of Node's. */
export class NodeSink implements Sink {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #hasBody: boolean
  readonly #isClosing: () => boolean
  #head: ResponseHead | undefined = undefined
  /** One for all chunks that come while the transport is full: an application may push many without waiting. */
  #drained: Promise<void> | undefined = undefined

  /** @param hasBody whether the request has a body, which may come in while it is answered */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    hasBody: boolean,
    isClosing: () => boolean,
  ) {
    this.#request = request
    this.#response = response
    this.#hasBody = hasBody
    this.#isClosing = isClosing
  }

  sendHead(head: ResponseHead): void {
    this.#head = head
    const response = this.#response
    // A client whose `Expect` was not met may send its body or the next request now: nobody could tell which. And
    // after an interim status as the last word, only the end of the connection says that nothing follows.
    if (this.#isClosing() || head.code < 200 || awaitsContinue(response)) makeLast(this.#request, response)
    response.writeHead(head.code, head.reason, head.headers)
  }

  sendChunk(chunk: Uint8Array): Promise<void> | undefined {
    const response = this.#response
    if (response.write(chunk)) return undefined
    this.#drained ??= new Promise((resolve) => {
      const settle = () => {
        response.off('drain', settle).off('close', settle)
        this.#drained = undefined
        resolve()
      }
      response.on('drain', settle).on('close', settle)
    })
    return this.#drained
  }

  end(last?: Uint8Array | string): void {
    const response = this.#response
    if (this.#hasBody && !this.#request.complete) linger(this.#request, response)
    // Node writes a head and a string in one encoding: an é of the head would go out in UTF-8.
    if (typeof last === 'string' && !this.#head?.ascii) response.end(Buffer.from(last))
    else response.end(last)
  }

  abort(): void {
    const response = this.#response
    // Behind other answers on the same connection, which must not be cut with this one.
    if (response.socket === null) response.once('socket', (socket: Socket) => cut(socket, true))
    else cut(response.socket, response.chunkedEncoding || (this.#head?.contentLength ?? -1) !== -1)
  }
}

/** Answers a request that no application gets to see, and keeps its connection no longer. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: Refusal,
): void {
  const body = `${message}\n`
  makeLast(request, response)
  response.writeHead(Number(status.slice(0, 3)), status.slice(4), [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(body.length),
  ])
  if (!request.complete) linger(request, response)
  response.end(body)
}

const LAST: unique symbol = Symbol('tsgi.last')

/** Makes an answer the last on its connection, and says so in its head. */
function makeLast({ socket }: { socket: Socket & { [LAST]?: true } }, response: ServerResponse): void {
  response.shouldKeepAlive = false
  socket[LAST] = true
}

/**
 * Whether the last answer of a connection was given. Node goes on to parse what was sent behind its request, and that must
 * not be processed (RFC 9112 section 9.6): the client will take it for lost, and ask again.
 */
export function isLast(socket: Socket & { [LAST]?: true }): boolean {
  return socket[LAST] === true
}

/**
 * Ends a connection so that the client can tell: when what was sent before is out where its framing tells that more
 * was to come, else by a reset, at once: libuv takes a reset right behind data for a clean end. A unix socket knows no
 * reset, and TLS tells by itself.
 */
function cut(socket: Socket, framed: boolean): void {
  if (!framed && socket.remoteAddress !== undefined && !(socket instanceof TLSSocket)) {
    socket.resetAndDestroy()
    return
  }
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  timer.unref()
  socket.write('', () => {
    clearTimeout(timer)
    socket.destroy()
  })
}

/**
 * Keeps a connection open until the body that nobody wanted has come in. To close it with bytes unread would reset
 * it, and the client would lose an answer that is on its way (RFC 9112 section 9.6).
 */
function linger(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  // What Node calls on the socket when the response is out and the connection is not to be kept.
  socket.destroySoon = () => socket.end()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  timer.unref()
  response.once('finish', () => {
    request.removeAllListeners('readable')
    request.resume()
  })
  request.once('close', () => {
    clearTimeout(timer)
    socket.destroySoon = Socket.prototype.destroySoon
    if (socket.writableEnded) socket.destroySoon()
  })
}
