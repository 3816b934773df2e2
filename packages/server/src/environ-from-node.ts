import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Environ, Header, InputStream } from '@tsgi/core'
import {
  type GatewayExchange,
  inputStream,
  makeEnviron,
  Refusal,
  type RequestFacts,
  type ServerFacts,
} from '@tsgi/core/gateway'
import { NodeInput } from './input-from-node.ts'

/** The limits that Node's parser does not keep, or keeps by dropping what goes beyond in silence. */
export interface RequestLimits {
  maxHeadersCount: number
  bodyIdleTimeout: number
}

/** Makes the environ of a request of Node's, or says why it cannot be given to an application. */
export function environFromNode(
  server: ServerFacts,
  limits: RequestLimits,
  request: IncomingMessage,
  response: ServerResponse,
  exchange: GatewayExchange,
): Environ | Refusal {
  const { httpVersionMajor, httpVersionMinor, rawHeaders } = request
  // Node's parser takes `HTTP/2.0` on a request line for a version that it could answer in.
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) {
    return new Refusal('505 HTTP Version Not Supported', 'the version must be HTTP/1.0 or HTTP/1.1')
  }
  if (rawHeaders.length > limits.maxHeadersCount * 2) {
    return new Refusal('431 Request Header Fields Too Large', 'there are too many header fields')
  }
  const peer = peerOf(request.socket)
  const environ = makeEnviron(server, new NodeRequest(request, response, limits, peer), exchange)
  if (environ instanceof Refusal) return environ
  if (peer.tls !== undefined) Object.assign(environ, peer.tls)
  if (httpVersionMinor === 1) environ['wsgi.early_hints'] = (headers) => sendEarlyHints(response, headers)
  return environ
}

class NodeRequest implements RequestFacts {
  readonly method: string
  readonly target: string
  readonly protocol: string
  readonly headers: readonly string[]
  readonly remoteAddress: string
  readonly remotePort: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #limits: RequestLimits

  constructor(request: IncomingMessage, response: ServerResponse, limits: RequestLimits, peer: Peer) {
    this.method = request.method!
    this.target = request.url!
    this.protocol = request.httpVersionMinor === 1 ? 'HTTP/1.1' : 'HTTP/1.0'
    this.headers = request.rawHeaders
    this.remoteAddress = peer.address
    this.remotePort = peer.port
    this.#request = request
    this.#response = response
    this.#limits = limits
  }

  openInput(): InputStream {
    return inputStream(new NodeInput(this.#request, this.#response, this.#limits.bodyIdleTimeout))
  }
}

/** What is the same for all requests of a connection; asked of Node once (54 ns each time on Node 20). */
interface Peer {
  readonly address: string
  readonly port: string
  readonly tls: { HTTPS: 'on'; SSL_PROTOCOL: string; SSL_CIPHER: string } | undefined
}

const PEER = Symbol('tsgi.peer')

function peerOf(socket: Socket & { [PEER]?: Peer }): Peer {
  const known = socket[PEER]
  if (known !== undefined) return known
  const peer: Peer = {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort === undefined ? '' : String(socket.remotePort),
    tls: socket instanceof TLSSocket ? tlsFacts(socket) : undefined,
  }
  socket[PEER] = peer
  return peer
}

function tlsFacts(socket: TLSSocket): NonNullable<Peer['tls']> {
  return { HTTPS: 'on', SSL_PROTOCOL: socket.getProtocol() ?? '', SSL_CIPHER: socket.getCipher()?.name ?? '' }
}

/** Sends 103 (RFC 8297), unless the head is out. Node sends what has a `Link`, and nothing else. */
function sendEarlyHints(response: ServerResponse, headers: Header[]): void {
  if (response.headersSent || response.destroyed) return
  const hints: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    const earlier = hints[key]
    hints[key] = earlier === undefined ? value : [earlier, value].flat()
  }
  response.writeEarlyHints(hints)
}
