import type { Environ, ErrorStream, Exchange, InputStream, Status } from '../contract.ts'
import { internKey } from '../fast-object.ts'
import { emptyInput } from '../input.ts'
import { type RequestKey, repeatSeparator, requestKey } from './request-key.ts'
import { isHost, parseTarget } from './target.ts'

/** What is the same for every request of a server. */
export interface ServerFacts {
  /** `SERVER_NAME` and `SERVER_PORT`; never empty. */
  name: string
  port: string
  scheme: 'http' | 'https'
  /** `SERVER_SOFTWARE`. */
  software: string
  errors: ErrorStream
  multithread: boolean
  multiprocess: boolean
  runOnce: boolean
  /** `wsgi.file_wrapper`, where `Sink.fileSender` is there for what it makes. */
  fileWrapper?: Environ['wsgi.file_wrapper']
}

/** What a server knows of one request, as it came. */
export interface RequestFacts {
  method: string
  /** The request target, exactly as sent. */
  target: string
  /** `'HTTP/1.1'` */
  protocol: string
  /** Name, value, name, value, as sent: repeats apart, values trimmed. */
  headers: readonly string[]
  /** The socket's peer; `''` where there is none. */
  remoteAddress: string
  remotePort: string
  /** The body, as `wsgi.input`; asked for only where the headers say that there is one. */
  openInput(): InputStream
  /** `wsgi.early_hints`, where there is one. */
  earlyHints: Environ['wsgi.early_hints'] | undefined
}

/** Why a request cannot be given to any application. The message is meant for the client. */
export class Refusal {
  readonly status: Status
  readonly message: string

  constructor(status: Status, message: string) {
    this.status = status
    this.message = message
  }
}

/**
 * Makes the environ of a request, or says why there can be none. Everything that a guard, a router and a log must
 * read alike is decided here, once: the path, the host, what a repeated header means.
 *
 * @see RFC 9112 sections 3.2, 6.1, 6.3; RFC 9110 sections 5.3, 7.2, 8.6; RFC 3875 section 4.1
 */
export function makeEnviron(
  server: ServerFacts,
  request: RequestFacts,
  exchange: Exchange,
): Environ | Refusal {
  const { method } = request
  if (method === 'CONNECT') return new Refusal('501 Not Implemented', 'CONNECT is not supported')
  const target = parseTarget(method, request.target)
  if (target === undefined) return new Refusal('400 Bad Request', 'the request target is malformed')
  const environ = new BaseEnviron(server, request, target.pathInfo, target.queryString, exchange)
  const refusal = addHeaders(environ, request)
  if (refusal !== undefined) return refusal
  // RFC 9112 section 3.2.2: the authority of an absolute target takes the place of Host.
  if (target.authority !== undefined) environ.HTTP_HOST = target.authority
  return environ
}

/** A constructor for speed only: its objects have a prototype that is empty, and a shape that is known beforehand. */
const BaseEnviron = function (
  this: Environ,
  server: ServerFacts,
  request: RequestFacts,
  pathInfo: string,
  queryString: string,
  exchange: Exchange,
) {
  this.REQUEST_METHOD = request.method
  this.SCRIPT_NAME = ''
  this.PATH_INFO = pathInfo
  this.QUERY_STRING = queryString
  this.REQUEST_URI = request.target
  this.SERVER_NAME = server.name
  this.SERVER_PORT = server.port
  this.SERVER_PROTOCOL = request.protocol
  this.SERVER_SOFTWARE = server.software
  this.GATEWAY_INTERFACE = 'CGI/1.1'
  this.REMOTE_ADDR = request.remoteAddress
  this.REMOTE_PORT = request.remotePort
  this['wsgi.version'] = WSGI_VERSION
  this['wsgi.url_scheme'] = server.scheme
  this['wsgi.input'] = NO_INPUT
  this['wsgi.errors'] = server.errors
  this['wsgi.multithread'] = server.multithread
  this['wsgi.multiprocess'] = server.multiprocess
  this['wsgi.run_once'] = server.runOnce
  this['wsgi.input_terminated'] = true
  this['tsgi.exchange'] = exchange
  if (server.fileWrapper !== undefined) this['wsgi.file_wrapper'] = server.fileWrapper
  if (request.earlyHints !== undefined) this['wsgi.early_hints'] = request.earlyHints
} as unknown as new (
  server: ServerFacts,
  request: RequestFacts,
  pathInfo: string,
  queryString: string,
  exchange: Exchange,
) => Environ
BaseEnviron.prototype = Object.create(null)

const NO_INPUT = emptyInput()
const WSGI_VERSION = Object.freeze([1, 0] as const)

function addHeaders(environ: Environ, request: RequestFacts): Refusal | undefined {
  const { headers, protocol } = request
  let transferCoding: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    const value = headers[i + 1]!
    const { key, separator, check } = fieldOf(name, i >> 1)
    if (key === undefined) continue
    if (key === 'HTTP_TRANSFER_ENCODING') {
      // The application reads the body without it, and must not see it (PEP 3333, Other HTTP Features).
      transferCoding = transferCoding === undefined ? value : `${transferCoding}, ${value}`
      continue
    }
    const earlier = environ[key]
    const refusal = check?.(value, earlier)
    if (refusal !== undefined) return refusal
    environ[key] = earlier === undefined ? value : earlier + separator + value
  }
  if (environ.HTTP_HOST === undefined && protocol === 'HTTP/1.1') return bad('a Host header is required')
  if (transferCoding !== undefined) {
    const refusal = checkTransferCoding(transferCoding, environ, protocol)
    if (refusal !== undefined) return refusal
  } else if (environ.CONTENT_LENGTH === undefined || environ.CONTENT_LENGTH === '0') return undefined
  environ['wsgi.input'] = request.openInput()
}

/** Faults of framing are ways to smuggle a second request past a proxy (RFC 9112 sections 6.1 and 11.2). */
function checkTransferCoding(coding: string, environ: Environ, protocol: string): Refusal | undefined {
  if (protocol === 'HTTP/1.0') return bad('Transfer-Encoding is not part of HTTP/1.0')
  if (environ.CONTENT_LENGTH !== undefined)
    return bad('Content-Length and Transfer-Encoding exclude each other')
  if (!/(?:^|,)\s*chunked$/i.test(coding)) return bad('Transfer-Encoding must end in chunked')
  if (coding.toLowerCase() !== 'chunked') {
    return new Refusal('501 Not Implemented', 'the only transfer coding supported is chunked')
  }
}

/** What a request header becomes. */
interface Field {
  /** As it was spelt. */
  readonly name: string
  /** Its key in environ; `undefined` where the header is dropped. */
  readonly key: RequestKey | undefined
  readonly separator: ', ' | '; '
  readonly check: Check | undefined
}

type Check = (value: string, earlier: string | undefined) => Refusal | undefined

/** Names seen before, as spelt. Bounded: a client chooses them. */
const FIELDS = new Map<string, Field>()
const FIELDS_LIMIT = 1000

/**
 * What stood at the same place in an earlier request: most come with the same headers in the same order, and to compare a
 * name is cheaper than to hash it (5 ns against 30).
 */
const RECENT: Field[] = []

function fieldOf(name: string, place: number): Field {
  const recent = RECENT[place]
  if (recent !== undefined && recent.name === name) return recent
  const field = FIELDS.get(name) ?? learnField(name)
  if (place < FIELDS_LIMIT) RECENT[place] = field
  return field
}

function learnField(name: string): Field {
  const field = makeField(name, name.toLowerCase())
  if (FIELDS.size < FIELDS_LIMIT) FIELDS.set(name, field)
  return field
}

function makeField(spelt: string, name: string): Field {
  const key = requestKey(name)
  return {
    name: spelt,
    key: key && (internKey(key) as RequestKey),
    separator: repeatSeparator(name),
    check: CHECKS.get(name),
  }
}

/** The headers of which two would be read differently by a guard and by what it guards. */
const CHECKS = new Map<string, Check>([
  [
    'host',
    (value, earlier) => {
      if (earlier !== undefined) return bad('Host must be given once')
      if (value === recentHost) return undefined
      if (!isHost(value)) return bad('Host must be a host name with an optional port')
      recentHost = value
    },
  ],
  [
    'content-type',
    (_, earlier) => (earlier === undefined ? undefined : bad('Content-Type must be given once')),
  ],
  [
    'content-length',
    (value, earlier) => {
      if (earlier !== undefined) return bad('Content-Length must be given once')
      if (!/^\d+$/.test(value)) return bad('Content-Length must be digits')
    },
  ],
])

/** The last one found to be a host: few servers have many. */
let recentHost: string | undefined

function bad(message: string): Refusal {
  return new Refusal('400 Bad Request', message)
}
