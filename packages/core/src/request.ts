import { parseMediaType, preferredMediaType } from './accept.ts'
import { utf8 } from './bytes.ts'
import type { Environ, Header, InputStream } from './contract.ts'
import { type RequestKey, repeatSeparator, requestKey } from './gateway/request-key.ts'
import { parseTarget, type Target } from './gateway/target.ts'
import { Headers } from './headers.ts'
import { HttpError } from './http-error.ts'
import { emptyInput, inputStream } from './input.ts'
import { originalInput } from './input-identity.ts'
import { copyHeaders, type HeadersSource } from './response.ts'
import { setupTestingDefaults } from './testing-defaults.ts'
import { requestUri } from './uri.ts'

/** How much of a body is read where nothing else is asked for: 1 MiB. */
export const DEFAULT_BODY_BYTES: number = 1024 * 1024

export interface ReadOptions {
  limits?: {
    /** The most bytes that the body may have; 1 MiB by default. One with more is answered 413. */
    bodyBytes?: number
  }
}

export interface JsonOptions extends ReadOptions {
  /** Reads whatever `Content-Type` the body has; false by default, since HTML forms can send any JSON as text. */
  anyType?: boolean
}

/** What a router has found in the path: the named half of `wsgiorg.routing_args`, where `E` has it. */
export type PathParams<E extends object> = E extends {
  'wsgiorg.routing_args': readonly [unknown, infer Params extends object]
}
  ? Params
  : {}

/** What `Request.blank` makes a request of. At most one of `body`, `json` and `form`. */
export interface BlankOptions {
  /** `POST` when there is a body, else `GET`. */
  method?: string
  headers?: HeadersSource
  /** A string is sent as UTF-8, and as `text/plain; charset=utf-8` where `headers` name no type. */
  body?: string | Uint8Array
  json?: unknown
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Iterable<[name: string, value: string]> | Readonly<Record<string, string>>
  /** An absolute http or https URL: where the server is, and by its path where the application is. */
  base?: string | URL
}

/**
 * A request as its reader likes to see it: a view over an environ that copies nothing, and looks at nothing before it
 * is asked to. Nothing in it trusts `Forwarded` or `X-Forwarded-*`: behind a proxy, a middleware that knows the proxy
 * corrects the environ.
 */
export class Request<E extends object = Environ> {
  readonly environ: E & Environ
  #headers: Headers | undefined = undefined
  #query: URLSearchParams | undefined = undefined

  constructor(environ: E & Environ) {
    this.environ = environ
  }

  /**
   * A request for tests, in a whole environ: `Request.blank('/search?q=tea', { headers: { Accept: 'text/html' } })`.
   * `path` is percent-encoded as on the wire, or an absolute http or https URL.
   *
   * @throws TypeError when the path or the base is malformed
   */
  static blank(path: string, options: BlankOptions = {}): Request {
    const content = encodeContent(options)
    const { method = content === undefined ? 'GET' : 'POST' } = options
    const environ: Partial<Environ> = Object.assign(
      Object.create(null),
      placeKeys(method, path, options.base),
      headerKeys(copyHeaders(options.headers)),
    )
    if (content !== undefined) {
      environ['wsgi.input'] = inputStream([content.bytes])
      environ.CONTENT_LENGTH ??= `${content.bytes.length}`
      if (content.type !== undefined) environ.CONTENT_TYPE ??= content.type
    }
    return new Request(setupTestingDefaults(environ))
  }

  get method(): string {
    return this.environ.REQUEST_METHOD
  }

  /**
   * The whole URL, e.g. `'http://example.com/shop/items?page=2'`. Its host is what the client says, so do not trust it
   * with a secret.
   */
  get url(): string {
    return requestUri(this.environ)
  }

  /** The path, decoded, with the part that led to this application. */
  get path(): string {
    return this.environ.SCRIPT_NAME + this.environ.PATH_INFO
  }

  /** The part of the path that led to this application: `''`, or `/…` with no slash at the end. */
  get scriptName(): string {
    return this.environ.SCRIPT_NAME
  }

  /** The rest of the path, decoded, `''` or starting with `/`. An encoded slash stays `%2F`. */
  get pathInfo(): string {
    return this.environ.PATH_INFO
  }

  /** The headers, read when first asked for; a change to them changes no environ. Names are in lower case. */
  get headers(): Headers {
    this.#headers ??= readHeaders(this.environ)
    return this.#headers
  }

  /** The query, read when first asked for. */
  get query(): URLSearchParams {
    this.#query ??= parseQuery(this.environ.QUERY_STRING)
    return this.#query
  }

  /** What the pattern of the router names in the path; empty where no router has matched. */
  get params(): PathParams<E> {
    const routed = this.environ as { 'wsgiorg.routing_args'?: readonly [unknown, PathParams<E>] }
    return routed['wsgiorg.routing_args']?.[1] ?? (NO_PARAMS as PathParams<E>)
  }

  /** The media type without its parameters, in lower case: `'application/json'`. */
  get contentType(): string | undefined {
    const [type = ''] = this.environ.CONTENT_TYPE?.split(';', 1) ?? []
    return type.trim().toLowerCase() || undefined
  }

  /** In bytes, as the client declares it; `undefined` where it does not, as for a body in chunks. */
  get contentLength(): number | undefined {
    const { CONTENT_LENGTH } = this.environ
    return CONTENT_LENGTH !== undefined && DIGITS.test(CONTENT_LENGTH) ? Number(CONTENT_LENGTH) : undefined
  }

  /** Fires when the client is gone or the server stops waiting. */
  get signal(): AbortSignal {
    return this.environ['tsgi.exchange'].signal
  }

  /**
   * The media type among the offers that the client likes best, the first of equals; `null` when it accepts none.
   *
   * @throws TypeError when an offer is no media type
   */
  accepts<Offer extends string>(offers: readonly Offer[]): Offer | null {
    return preferredMediaType(this.environ.HTTP_ACCEPT, offers)
  }

  /**
   * The whole body. It is read once for all views that share the `wsgi.input`, and the readers all give what it holds:
   * the same reader gives the same promise.
   *
   * @throws HttpError 413 when there is more of it than `limits.bodyBytes`
   */
  bytes(options?: ReadOptions): Promise<Uint8Array> {
    return this.#reads(options).bytes
  }

  /**
   * The body as text, in the charset that its type names, else UTF-8.
   *
   * @throws HttpError 413 as `bytes`; 415 when the charset is unknown; 400 when the body is not in it
   */
  text(options?: ReadOptions): Promise<string> {
    const decoder = decoderFor(this.environ.CONTENT_TYPE)
    if (decoder instanceof HttpError) return refuse(decoder)
    return this.#reads(options).as(`text ${decoder.encoding}`, (bytes) => decode(decoder, bytes))
  }

  /**
   * The body as JSON, which is always UTF-8 (RFC 8259 section 8.1).
   *
   * @throws HttpError 413 as `bytes`; 415 when its type is neither `application/json` nor `…+json`; 400 when it is no
   *   JSON
   */
  json(options: JsonOptions = {}): Promise<unknown> {
    if (options.anyType !== true && !isJsonType(this.contentType)) {
      return refuse(unsupported('The body must be sent as application/json.'))
    }
    return this.#reads(options).as('json', parseJson)
  }

  /**
   * The fields of a form, which is sent as `application/x-www-form-urlencoded`.
   *
   * @throws HttpError 413 as `bytes`; 415 when it is sent as anything else
   */
  formData(options?: ReadOptions): Promise<FormData> {
    const { contentType } = this
    if (contentType === FORM) return this.#reads(options).as('formData', parseForm)
    const detail = `The form must be sent as ${FORM}${
      contentType === 'multipart/form-data' ? '; multipart/form-data is not supported yet' : ''
    }.`
    return refuse(unsupported(detail))
  }

  #reads(options: ReadOptions = {}): Reads {
    const limit = options.limits?.bodyBytes ?? DEFAULT_BODY_BYTES
    const { contentLength } = this
    if (contentLength !== undefined && contentLength > limit) return new Reads(refuse(tooLarge(limit)), limit)
    return readsOf(this.environ['wsgi.input'], limit)
  }
}

const NO_PARAMS: object = Object.freeze(Object.create(null))
const DIGITS = /^\d+$/
const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = /^application\/json$|^[^/]+\/[^/]+\+json$/
const ORIGIN = /^https?:\/\/[^/?]*/i
const SLASHES_AT_END = /\/+$/

interface Content {
  bytes: Uint8Array
  type: string | undefined
}

function encodeContent({ body, json, form }: BlankOptions): Content | undefined {
  if (form !== undefined) return { bytes: utf8(new URLSearchParams(form).toString()), type: FORM }
  if (json !== undefined) return { bytes: utf8(JSON.stringify(json)), type: 'application/json' }
  if (typeof body === 'string') return { bytes: utf8(body), type: 'text/plain; charset=utf-8' }
  return body === undefined ? undefined : { bytes: body, type: undefined }
}

/** What the request line says, and where the server and the application are. */
function placeKeys(method: string, path: string, base: string | URL | undefined): Partial<Environ> {
  const { pathInfo, queryString, authority } = readTarget('path', method, path)
  // A client that is given a whole URL puts the host into a header, and sends the rest.
  const rest = path.replace(ORIGIN, '')
  const target = rest === '*' || rest.startsWith('/') ? rest : `/${rest}`
  const line = { REQUEST_METHOD: method, PATH_INFO: pathInfo, QUERY_STRING: queryString, REQUEST_URI: target }
  if (authority !== undefined) return { ...line, SCRIPT_NAME: '', ...serverKeys(new URL(path)) }
  if (base === undefined) return { ...line, SCRIPT_NAME: '' }
  const url = new URL(base)
  return {
    ...line,
    REQUEST_URI: target === '*' ? target : url.pathname.replace(SLASHES_AT_END, '') + target,
    SCRIPT_NAME: readTarget('base', 'GET', url.href).pathInfo.replace(SLASHES_AT_END, ''),
    ...serverKeys(url),
  }
}

function readTarget(option: 'path' | 'base', method: string, target: string): Target {
  const read = parseTarget(method, target)
  if (read !== undefined) return read
  throw new TypeError(
    `Request.blank: ${option}: must be a path, percent-encoded, or an absolute http or https URL, without a fragment; ` +
      `got ${JSON.stringify(target)}`,
  )
}

function serverKeys({ protocol, host, hostname, port }: URL): Partial<Environ> {
  const server = { HTTP_HOST: host, SERVER_NAME: hostname }
  return protocol === 'https:'
    ? { ...server, SERVER_PORT: port || '443', 'wsgi.url_scheme': 'https', HTTPS: 'on' }
    : { ...server, SERVER_PORT: port || '80', 'wsgi.url_scheme': 'http' }
}

/** The headers as a server's environ has them: what a server drops, a test must not see. */
function headerKeys(headers: Headers): Partial<Environ> {
  const keys: Partial<Record<RequestKey, string>> = {}
  for (const [spelt, value] of headers) {
    const name = spelt.toLowerCase()
    const key = requestKey(name)
    if (key === undefined) continue
    const earlier = keys[key]
    keys[key] = earlier === undefined ? value : earlier + repeatSeparator(name) + value
  }
  return keys
}

function readHeaders(environ: Environ): Headers {
  const list: Header[] = []
  for (const [key, value] of Object.entries(environ)) {
    if (typeof value !== 'string') continue
    if (key.startsWith('HTTP_')) list.push([headerName(key.slice('HTTP_'.length)), value])
    // Under CGI an absent one may be empty (RFC 3875 section 4.1.2).
    else if ((key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH') && value !== '')
      list.push([headerName(key), value])
  }
  return new Headers(list)
}

function headerName(key: string): string {
  return key.toLowerCase().replaceAll('_', '-')
}

/** What was read of one input under one limit, and what that has been read as. */
class Reads {
  readonly bytes: Promise<Uint8Array>
  readonly limit: number
  readonly #views: Map<string, Promise<unknown>> = new Map()

  constructor(bytes: Promise<Uint8Array>, limit: number) {
    this.bytes = forgettable(bytes)
    this.limit = limit
  }

  as<T>(view: string, convert: (bytes: Uint8Array) => T): Promise<T> {
    const made = this.#views.get(view) as Promise<T> | undefined
    if (made !== undefined) return made
    const converted = forgettable(this.bytes.then(convert))
    this.#views.set(view, converted)
    return converted
  }
}

function refuse(error: HttpError): Promise<never> {
  return forgettable(Promise.reject(error))
}

/** A read that the application forgot must not end the process when the client leaves or sends the wrong thing. */
function forgettable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** By input, since that is what can be read but once: a copy of the environ shares it, a new input starts anew. */
const READS = new WeakMap<InputStream, Reads>()

function readsOf(input: InputStream, limit: number): Reads {
  const original = originalInput(input)
  const earlier = READS.get(original)
  if (earlier === undefined) {
    const reads = new Reads(readInput(input, limit), limit)
    // That one belongs to every request without a body.
    if (original !== emptyInput()) READS.set(original, reads)
    return reads
  }
  if (limit >= earlier.limit) return earlier
  return new Reads(
    earlier.bytes.then((bytes) => withinLimit(bytes, limit)),
    limit,
  )
}

/** Asks for one byte more than allowed: a body of any size is told from one that fits, and no more is held. */
async function readInput(input: InputStream, limit: number): Promise<Uint8Array> {
  return withinLimit(await (limit === Number.POSITIVE_INFINITY ? input.read() : input.read(limit + 1)), limit)
}

function withinLimit(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length > limit) throw tooLarge(limit)
  return bytes
}

function tooLarge(limit: number): HttpError {
  return new HttpError(413, { detail: `The body must not be larger than ${limit} bytes.` })
}

function unsupported(detail: string): HttpError {
  return new HttpError(415, { detail })
}

type Decoder = InstanceType<typeof TextDecoder>

function decoderFor(contentType = ''): Decoder | HttpError {
  const type = parseMediaType(contentType)
  if (type === undefined && contentType !== '')
    return unsupported('The Content-Type of the body is malformed.')
  try {
    return new TextDecoder(type?.parameters.get('charset'), { fatal: true })
  } catch {
    return unsupported('The charset of the body is not supported.')
  }
}

function decode(decoder: Decoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new HttpError(400, { detail: `The body is not valid ${decoder.encoding}.` })
  }
}

function isJsonType(type: string | undefined): boolean {
  return type !== undefined && JSON_TYPE.test(type)
}

function parseJson(bytes: Uint8Array): unknown {
  const json = decode(new TextDecoder('utf-8', { fatal: true }), bytes)
  try {
    return JSON.parse(json)
  } catch {
    // Without its cause, which quotes the body.
    throw new HttpError(400, { detail: 'The body is not valid JSON.' })
  }
}

function parseForm(bytes: Uint8Array): FormData {
  const form = new FormData()
  // Bytes that are no UTF-8 are replaced, not refused (URL standard section 5.1).
  for (const [name, value] of parseQuery(new TextDecoder().decode(bytes))) form.append(name, value)
  return form
}

/** A `URLSearchParams` drops a `?` at the beginning; one more keeps what is part of the first name. */
function parseQuery(query: string): URLSearchParams {
  return new URLSearchParams(`?${query}`)
}
