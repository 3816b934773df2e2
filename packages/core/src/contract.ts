/**
 * The contract of TSGI 1.0: the shapes that a server, a middleware and an application agree on.
 * Types only. Everything else in this project stands on this file, and this file on nothing.
 */

/** One header line, e.g. `['Content-Type', 'text/plain']`. Repeated names are repeated pairs. */
export type Header = readonly [name: string, value: string]

/** Code, one space, reason: `'200 OK'` (RFC 9112 section 4). */
export type Status = `${number} ${string}`

/** The bytes of a response, chunk by chunk. It may also have `close()`, which the server calls exactly once. */
export type Body = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Pushes a chunk of the body out ahead of the returned `Body`; the promise is backpressure. */
export type Write = (chunk: Uint8Array) => Promise<void>

/**
 * Begins the response. Called once, before the first non-empty chunk; a second time only with `error`, which
 * replaces status and headers while nothing was sent and throws that same `error` afterwards.
 *
 * @throws TypeError when the status, a header name or a header value is not one (RFC 9110 section 5, 15)
 */
export type StartResponse = (status: Status, headers: Header[], error?: unknown) => Write

/** What a server calls, once for each request. `E` is what the application needs to find in `environ`. */
export type Application<E extends object = Environ> = (
  environ: E,
  startResponse: StartResponse,
) => Body | Promise<Body>

/**
 * Wraps an application: an application to the outer side, a server to the inner side.
 * `Adds` is what the inner side will find in `environ`, `Needs` what an outer layer must have put there. Both
 * are named, exported interfaces (`SessionEnviron`), never inline object types: inference needs the name.
 */
export type Middleware<Adds extends object = {}, Needs extends object = {}> = <E extends Environ & Needs>(
  app: Application<E & Adds>,
) => Application<E>

/**
 * A request: a fresh, mutable, plain object. Keys in capitals are CGI's (RFC 3875 section 4.1) and hold strings;
 * keys with a dot hold anything. A layer that adds a key says so in its own `…Environ` interface.
 */
export interface Environ {
  /** The method token, as sent: `'GET'`. */
  REQUEST_METHOD: string
  /** The part of the path that led to this application: `''`, or `/…` with no slash at the end. */
  SCRIPT_NAME: string
  /** The rest of the path, decoded once, `''` or starting with `/`. An encoded slash stays `%2F`. */
  PATH_INFO: string
  /** What stands after the `?`, raw; `''` if nothing does. */
  QUERY_STRING: string
  /** The request target exactly as sent, undecoded. */
  REQUEST_URI: string
  SERVER_NAME: string
  SERVER_PORT: string
  /** The request's version: `'HTTP/1.1'`. */
  SERVER_PROTOCOL: string
  SERVER_SOFTWARE: string
  GATEWAY_INTERFACE: string
  /** The socket's peer, never a header's claim; `''` on a unix socket. */
  REMOTE_ADDR: string
  REMOTE_PORT: string
  /** Only when the client sent it. */
  CONTENT_TYPE?: string
  /** Digits; only when the client sent it, so absent when the body is chunked. */
  CONTENT_LENGTH?: string
  /** `'on'` under TLS. */
  HTTPS?: string
  /** The other request headers. Repeats are joined with `', '`, `Cookie` with `'; '`. */
  [header: `HTTP_${string}`]: string | undefined
  [tls: `SSL_${string}`]: string | undefined

  'wsgi.version': readonly [1, 0]
  'wsgi.url_scheme': 'http' | 'https'
  'wsgi.input': InputStream
  'wsgi.errors': ErrorStream
  /** Whether calls of the application may overlap: true on every async server. */
  'wsgi.multithread': boolean
  /** Whether an equal application may run in another process. */
  'wsgi.multiprocess': boolean
  /** Whether the application will be called but once: true for CGI. */
  'wsgi.run_once': boolean
  /** The input always ends where the body ends. */
  'wsgi.input_terminated': true
  /** Where the server can send a file better than by reading it. */
  'wsgi.file_wrapper'?: (file: ReadableFile, blockSize?: number) => Body
  /** Where the server can send 103 (RFC 8297); does nothing once the head is out. */
  'wsgi.early_hints'?: (headers: Header[]) => void
  'tsgi.exchange': Exchange
}

/** An open file (a Node `FileHandle` is one), or a file by its path; `end` is exclusive, both in bytes. */
export type ReadableFile = OpenFile | { path: string; start?: number; end?: number }

/** What is read of an open file: Node's `FileHandle` fits. */
export interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesRead: number }>
  close?(): Promise<void> | void
}

/**
 * The bytes of a request's body. It ends where the body ends; a body that breaks off rejects, and never looks
 * complete. Sizes are in bytes; without one, or with a negative one, there is no limit.
 */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /** Exactly `size` bytes, fewer only at the end; the end is an empty array, for ever. */
  read(size?: number): Promise<Uint8Array>
  /** Up to and with the next line feed, but not more than `size` bytes. */
  readline(size?: number): Promise<Uint8Array>
  /** All lines, or as many as it takes to reach `hint` bytes. */
  readlines(hint?: number): Promise<Uint8Array[]>
}

/** Where a server or an application says what went wrong: text, lines ended by `\n`. */
export interface ErrorStream {
  write(text: string): void
  writelines(texts: Iterable<string>): void
  flush(): void
}

/** The request and its response (RFC 9110 section 3.4), as the server sees them. */
export interface Exchange {
  /**
   * Fires when the client is gone or the server stops waiting for the application, and in no other case. Made
   * when first asked for.
   */
  readonly signal: AbortSignal
  /** Calls back exactly once, when the exchange is over; callbacks run in reverse order of registration. */
  onFinish(callback: (outcome: Outcome) => void): void
  /** Work that outlives the response: a graceful shutdown waits for it, a rejection is reported. */
  waitUntil(promise: PromiseLike<unknown>): void
  /** The pattern that a router matched, joined through mounts; the innermost wins. */
  route: string | undefined
}

/** What a router adds: the parts of the path that its pattern names (wsgiorg routing_args). */
export interface RoutingEnviron<Params extends object = Record<string, string | string[]>> {
  'wsgiorg.routing_args': readonly [positional: readonly string[], named: Params]
}

/** How an exchange ended. */
export interface Outcome {
  /** The status code that went out; `undefined` when none did. */
  status: number | undefined
  /** Bytes of the body handed to the transport, without its framing. */
  bytesSent: number
  /** What the application threw, or what cut the response short; `undefined` when nothing did. */
  error: unknown
  /** Whether the client left, or the server stopped waiting. */
  aborted: boolean
}
