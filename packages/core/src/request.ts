import {
  essenceOf,
  preferredCharset,
  preferredEncoding,
  preferredLanguage,
  preferredMediaType,
} from './accept.ts'
import { capture } from './capture.ts'
import type { Application, Environ, Header } from './contract.ts'
import { readCookies } from './cookies.ts'
import { copyEnviron } from './environ.ts'
import { parseEntityTags } from './etag.ts'
import { Headers } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import { type Limits, makeLimits } from './limits.ts'
import type { FormPart } from './multipart/part.ts'
import { type BlankOptions, blankEnviron } from './request/blank.ts'
import { type BodySource, bodyReader } from './request/body-reader.ts'
import { environFromFetch, toFetchRequest } from './request/fetch.ts'
import { parsed } from './request/parsed.ts'
import type { Response } from './response.ts'
import { requestHost, requestUri } from './uri.ts'

export type { BlankOptions } from './request/blank.ts'

export interface ReadOptions {
  /** What is not in it is as for the whole `Request`, and there as in `Limits`. */
  limits?: Partial<Limits>
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

/**
 * A request as its reader likes to see it: a view over an environ that copies nothing, and looks at nothing before it
 * is asked to. What is parsed once is kept for all views of that environ. Nothing in it trusts `Forwarded` or
 * `X-Forwarded-*`: behind a proxy, a middleware that knows the proxy corrects the environ.
 *
 * The body is read once, for all views that share the `wsgi.input`: by `bytes`, `text`, `json` and `formData`, which
 * all tell of one reading, or by `body`, or by `form`.
 */
export class Request<E extends object = Environ> {
  readonly environ: E & Environ
  readonly #limits: Readonly<Limits>
  #headers: Headers | undefined = undefined

  /**
   * The `limits` are those of all its readers.
   *
   * @throws TypeError when a limit is none
   */
  constructor(environ: E & Environ, options?: ReadOptions) {
    this.environ = environ
    this.#limits = makeLimits('Request', options?.limits)
  }

  /**
   * A request for tests, in a whole environ: `Request.blank('/search?q=tea', { headers: { Accept: 'text/html' } })`.
   * `path` is percent-encoded as on the wire, or an absolute http or https URL.
   *
   * @throws TypeError when the path or the base is malformed, or a header could not be sent
   */
  static blank(path: string, options: BlankOptions = {}): Request {
    return new Request(blankEnviron('Request.blank', path, options))
  }

  /**
   * The request that one of the Fetch standard stands for, whose body is taken over. Who sent it, such a request does not
   * know: `remoteAddress` is `''`.
   *
   * @throws TypeError when its URL is not of http or https, or its path is malformed
   */
  static fromFetch(request: globalThis.Request): Request {
    return new Request(environFromFetch(request))
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

  get scheme(): 'http' | 'https' {
    return this.environ['wsgi.url_scheme']
  }

  /** The host as in `url`, with its port where that is not the scheme's: `'example.com:8000'`. */
  get host(): string {
    return requestHost(this.environ)
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

  /** One for all views; a change to it changes no environ. */
  get query(): URLSearchParams {
    return parsed(this.environ, 'QUERY_STRING', parseQuery)
  }

  /** What the pattern of the router names in the path; empty where no router has matched. */
  get params(): PathParams<E> {
    const routed = this.environ as { 'wsgiorg.routing_args'?: readonly [unknown, PathParams<E>] }
    return routed['wsgiorg.routing_args']?.[1] ?? (NO_PARAMS as PathParams<E>)
  }

  /** The socket's peer, never a header's claim; `''` on a unix socket. */
  get remoteAddress(): string {
    return this.environ.REMOTE_ADDR
  }

  /**
   * The headers, of which this view keeps what there is when they are first asked for; a change to them changes no
   * environ. Names are in lower case.
   */
  get headers(): Headers {
    this.#headers ??= readHeaders(this.environ)
    return this.#headers
  }

  /** Names as sent, values percent-decoded where that is what they are; the first of a repeated name. */
  get cookies(): ReadonlyMap<string, string> {
    return parsed(this.environ, 'HTTP_COOKIE', readCookies)
  }

  /** The media type without its parameters, in lower case: `'application/json'`. */
  get contentType(): string | undefined {
    return essenceOf(this.environ.CONTENT_TYPE)
  }

  /** In bytes, as the client declares it; `undefined` where it does not, as for a body in chunks. */
  get contentLength(): number | undefined {
    const { CONTENT_LENGTH } = this.environ
    return CONTENT_LENGTH !== undefined && DIGITS.test(CONTENT_LENGTH) ? Number(CONTENT_LENGTH) : undefined
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
   * The language among the offers that the client likes best, e.g. of `['en', 'de-CH']`; `null` when it accepts none.
   *
   * @throws TypeError when an offer is no language tag
   */
  acceptsLanguages<Offer extends string>(offers: readonly Offer[]): Offer | null {
    return preferredLanguage(this.environ.HTTP_ACCEPT_LANGUAGE, offers)
  }

  /**
   * The content coding among the offers that the client likes best; `identity` is none. `null` when it accepts none of
   * them.
   *
   * @throws TypeError when an offer is no token
   */
  acceptsEncodings<Offer extends string>(offers: readonly Offer[]): Offer | null {
    return preferredEncoding(this.environ.HTTP_ACCEPT_ENCODING, offers)
  }

  /**
   * The charset among the offers that the client likes best; `null` when it accepts none.
   *
   * @throws TypeError when an offer is no token
   */
  acceptsCharsets<Offer extends string>(offers: readonly Offer[]): Offer | null {
    return preferredCharset(this.environ.HTTP_ACCEPT_CHARSET, offers)
  }

  /** The entity tags of `If-Match`, with their quotes, or `'*'` (RFC 9110 section 13.1.1). */
  get ifMatch(): '*' | readonly string[] | undefined {
    return parsed(this.environ, 'HTTP_IF_MATCH', readEntityTags)
  }

  /** The entity tags of `If-None-Match`, with their quotes, or `'*'` (RFC 9110 section 13.1.2). */
  get ifNoneMatch(): '*' | readonly string[] | undefined {
    return parsed(this.environ, 'HTTP_IF_NONE_MATCH', readEntityTags)
  }

  /** `undefined` also where the header holds no date, and is to be ignored (RFC 9110 section 13.1.3). */
  get ifModifiedSince(): Date | undefined {
    return parsed(this.environ, 'HTTP_IF_MODIFIED_SINCE', readDate)
  }

  /** `undefined` also where the header holds no date, and is to be ignored (RFC 9110 section 13.1.4). */
  get ifUnmodifiedSince(): Date | undefined {
    return parsed(this.environ, 'HTTP_IF_UNMODIFIED_SINCE', readDate)
  }

  /** As sent: an entity tag or a date (RFC 9110 section 13.1.5). */
  get ifRange(): string | undefined {
    return this.environ.HTTP_IF_RANGE
  }

  /** As sent: `'bytes=0-99'` (RFC 9110 section 14.2). What it asks for depends on the length there is. */
  get range(): string | undefined {
    return this.environ.HTTP_RANGE
  }

  /** Fires when the client is gone or the server stops waiting. */
  get signal(): AbortSignal {
    return this.environ['tsgi.exchange'].signal
  }

  /**
   * The bytes as they come, one and the same stream: nothing is read before it is asked for, and nothing more once it is
   * cancelled. It fails with an HttpError 413 or 408 where the body goes beyond a limit.
   *
   * @throws TypeError when the body has been read in another way
   */
  get body(): ReadableStream<Uint8Array> {
    return bodyReader(this.environ).stream(this.#source())
  }

  /**
   * The whole body.
   *
   * @throws HttpError 413 when there is more of it than `limits.bodyBytes`; 408 when it does not come in time
   * @throws TypeError when it has been read as a stream
   */
  bytes(options?: ReadOptions): Promise<Uint8Array> {
    return bodyReader(this.environ).bytes(this.#source(options))
  }

  /**
   * The body as text, in the charset that its type names, else UTF-8.
   *
   * @throws HttpError and TypeError as `bytes`; HttpError 415 when the charset is unknown, 400 when the body is not in it
   */
  text(options?: ReadOptions): Promise<string> {
    return bodyReader(this.environ).text(this.#source(options))
  }

  /**
   * The body as JSON, which is always UTF-8 (RFC 8259 section 8.1). It is what `JSON.parse` makes of it, where
   * `__proto__` is a name like any other, of a member of the object's own.
   *
   * @throws HttpError and TypeError as `bytes`; HttpError 415 when its type is neither `application/json` nor `…+json`,
   *   413 when it is nested deeper than `limits.jsonDepth`, 400 when it is no JSON
   */
  json(options?: JsonOptions): Promise<unknown> {
    return bodyReader(this.environ).json(this.#source(options), options?.anyType === true)
  }

  /**
   * The fields and files of a form of either type, `application/x-www-form-urlencoded` or `multipart/form-data`, all
   * held in memory. For large files there is `form`.
   *
   * @throws HttpError and TypeError as `bytes`; HttpError 415 when the body is sent as anything else, 413 when the form
   *   goes beyond another limit, 400 when it is malformed
   */
  formData(options?: ReadOptions): Promise<FormData> {
    return bodyReader(this.environ).formData(this.#source(options))
  }

  /**
   * The fields and files of a form of either type, as they come: `for await (const part of request.form())`. What is not
   * read of a part is passed over.
   *
   * @throws TypeError when the body has been read in another way
   * @throws HttpError 415 and 400 for the type as `formData`; in the loop, and by the readers of the parts, 413, 408 and
   *   400
   */
  form(options?: ReadOptions): AsyncIterable<FormPart> {
    return bodyReader(this.environ).form(this.#source(options))
  }

  /**
   * Asks an application, in memory: what it answers to this request, without sending it. The response is to be given on,
   * or its body to be closed.
   *
   * Rejects with what the application throws.
   */
  getResponse(app: Application<E>): Promise<Response> {
    return capture<E & Environ>(app, this.environ)
  }

  /** A request with some keys of environ changed: `request.copy({ PATH_INFO: '/' })`. */
  copy<Changes extends object = {}>(changes: Changes = {} as Changes): Request<E & Changes> {
    return new Request<E & Changes>(copyEnviron(this.environ, changes), { limits: this.#limits })
  }

  /**
   * The request in the Fetch standard's form, with the same body, which there a GET and a HEAD cannot have.
   *
   * @throws HttpError 501 on a method, and 400 on a host or on dot segments in the path, that the Fetch standard refuses
   *   or would change
   */
  toFetch(): globalThis.Request {
    return toFetchRequest(this)
  }

  #source(options?: ReadOptions): BodySource {
    return {
      input: this.environ['wsgi.input'],
      contentType: this.environ.CONTENT_TYPE,
      declaredLength: this.contentLength ?? 0,
      limits: makeLimits('Request', options?.limits, this.#limits),
    }
  }
}

const NO_PARAMS: object = Object.freeze(Object.create(null))
const DIGITS = /^\d+$/

/** A `URLSearchParams` drops a `?` at the beginning; one more keeps what is part of the first name. */
function parseQuery(query = ''): URLSearchParams {
  return new URLSearchParams(`?${query}`)
}

function readEntityTags(header: string | undefined): '*' | readonly string[] | undefined {
  return header === undefined ? undefined : parseEntityTags(header)
}

function readDate(header: string | undefined): Date | undefined {
  return header === undefined ? undefined : parseHttpDate(header)
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
