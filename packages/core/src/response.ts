import { parseMediaType } from './accept.ts'
import { closeBody, mapBody, outliveFailure, type TextBody, text } from './body.ts'
import { isBytes } from './bytes.ts'
import { type CacheControl, formatCacheControl, parseCacheControl } from './cache-control.ts'
import { evaluateConditions, isRangeCurrent } from './conditional.ts'
import { contentDisposition } from './content-disposition.ts'
import type { Body, Environ, Header, StartResponse } from './contract.ts'
import { entityTag } from './etag.ts'
import { type EventsOptions, events, type ServerSentEvent } from './events.ts'
import { FileWrapper } from './file-wrapper.ts'
import { isBodyless } from './gateway/head.ts'
import { Headers } from './headers.ts'
import { formatHttpDate, parseHttpDate } from './http-date.ts'
import { formatLink, type LinkParams } from './link.ts'
import { contentRange, multipartRanges, parseRange } from './range.ts'
import type { Request } from './request.ts'
import { ResponseCookies } from './response/cookies.ts'
import { lookUpFile } from './response/file.ts'
import { safeLocation } from './response/location.ts'
import { contentTypeOf } from './response/media-types.ts'
import { divisibleLength, knownLength, partOf, partsOf } from './response/ranges.ts'
import { formatRetryAfter } from './retry-after.ts'
import { status } from './status.ts'

/** Pairs of name and value (our `Headers` and Fetch's are such), or an object of them. */
export type HeadersSource = Iterable<Header> | Readonly<Record<string, string>>

/** What is given here of `etag`, `lastModified`, `cacheControl` and `retryAfter` replaces what `headers` say. */
export interface ResponseOptions {
  /** An integer from 200 to 599; 200 by default. */
  status?: number
  /** The reason phrase; by default the one that is registered for the status. */
  statusText?: string
  /** Copied. */
  headers?: HeadersSource
  etag?: string
  lastModified?: Date
  cacheControl?: CacheControl | string
  retryAfter?: number | Date
}

export interface FileOptions extends ResponseOptions {
  /** What `Content-Type` is to say; by default what the extension of the path stands for. */
  type?: string
  /** Has the user agent save the file, by this name, and not show it. */
  filename?: string
}

/** The codes by which a user agent goes on to the `Location` by itself. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308

/** What conditions there are in a request. */
type Conditional = Pick<
  Request,
  'method' | 'ifMatch' | 'ifNoneMatch' | 'ifModifiedSince' | 'ifUnmodifiedSince'
>

/** An answer, made of a status, headers and a body: `respond` gives it to the server. */
export class Response {
  #status: number
  /** The reason phrase; `''` stands for the one that is registered for the status. */
  statusText: string
  readonly headers: Headers
  body: Body

  /**
   * A string is sent in the charset that the type in `headers` names, and where they name no type as
   * `text/plain; charset=utf-8`; bytes likewise as `application/octet-stream`, so that no browser guesses at them. Any
   * other body has no type but the one given.
   *
   * @throws RangeError when the status is no integer from 200 to 599
   * @throws TypeError when a header could not be sent, or a text cannot be encoded in its charset
   */
  constructor(body: string | Uint8Array | Body | null = null, options: ResponseOptions = {}) {
    const { status = 200, statusText = '', headers, etag, lastModified, cacheControl, retryAfter } = options
    this.#status = checkStatus(status)
    this.statusText = statusText
    this.headers = copyHeaders(headers)
    if (typeof body === 'string') {
      this.body = typedText(body, this.headers, PLAIN_TEXT)
    } else if (isBytes(body)) {
      this.body = [body]
      addType(this.headers, OCTETS)
    } else this.body = body ?? []
    if (etag !== undefined) this.etag = etag
    if (lastModified !== undefined) this.lastModified = lastModified
    if (cacheControl !== undefined) this.cacheControl = cacheControl
    if (retryAfter !== undefined) this.retryAfter = retryAfter
  }

  get status(): number {
    return this.#status
  }

  /** @throws RangeError as the constructor; a reason phrase that was set goes with the old status */
  set status(code: number) {
    this.#status = checkStatus(code)
    this.statusText = ''
  }

  /** The cookies to set: `response.cookies.set('theme', 'dark')`. */
  get cookies(): ResponseCookies {
    return new ResponseCookies(this.headers)
  }

  /** The entity tag with its quotes, `'"abc"'` or `'W/"abc"'`; they are added to what is set without. */
  get etag(): string | undefined {
    return this.headers.get('ETag') ?? undefined
  }

  /** @throws TypeError on what is no entity tag (RFC 9110 section 8.8.3) */
  set etag(tag: string | undefined) {
    setOrDelete(this.headers, 'ETag', tag === undefined ? undefined : entityTag(tag))
  }

  /** In whole seconds; `undefined` also where the header holds no date. */
  get lastModified(): Date | undefined {
    return parseHttpDate(this.headers.get('Last-Modified') ?? '')
  }

  /** @throws RangeError when the date is invalid */
  set lastModified(date: Date | undefined) {
    setOrDelete(this.headers, 'Last-Modified', date === undefined ? undefined : formatHttpDate(date))
  }

  /** What the header says; to change it, set it. */
  get cacheControl(): Readonly<CacheControl> | undefined {
    const header = this.headers.get('Cache-Control')
    return header === null ? undefined : parseCacheControl(header)
  }

  /**
   * An object of directives, `{ maxAge: 60, private: true }`, or the header as it is to be.
   *
   * @throws RangeError when seconds are no integer of 0 or more
   * @throws TypeError when a directive is unknown, or could not be sent
   */
  set cacheControl(control: Readonly<CacheControl> | string | undefined) {
    const header = typeof control === 'object' ? formatCacheControl(control) : control
    setOrDelete(this.headers, 'Cache-Control', header)
  }

  /** In how many seconds to come back, or when; `undefined` also where the header holds neither. */
  get retryAfter(): number | Date | undefined {
    const header = this.headers.get('Retry-After') ?? ''
    return DIGITS.test(header) ? Number(header) : parseHttpDate(header)
  }

  /** @throws RangeError when the seconds are no integer of 0 or more, or the date is invalid */
  set retryAfter(when: number | Date | undefined) {
    setOrDelete(this.headers, 'Retry-After', when === undefined ? undefined : formatRetryAfter(when))
  }

  static text(content: string, options?: ResponseOptions): Response {
    return new Response(content, options)
  }

  /** The text is sent as it stands: whatever is not yours to trust in it must be escaped before. */
  static html(content: string, options?: ResponseOptions): Response {
    const response = new Response(null, options)
    response.body = typedText(content, response.headers, HTML)
    return response
  }

  /** @throws TypeError when the value has no JSON: `undefined`, a function, a cycle, a bigint */
  static json(value: unknown, options?: ResponseOptions): Response {
    const json = JSON.stringify(value) as string | undefined
    if (json === undefined) {
      throw new TypeError(`Response.json: value: must be something that JSON can hold; got ${typeof value}`)
    }
    const response = new Response(text(json), options)
    addType(response.headers, JSON_TYPE)
    return response
  }

  static bytes(content: Uint8Array, options?: ResponseOptions): Response {
    return new Response(content, options)
  }

  /**
   * A body that is sent chunk by chunk, as it comes: any iterable of bytes, sync or async, a Node `Readable`, a web
   * stream. Name its type in `headers`.
   */
  static stream(content: Body, options?: ResponseOptions): Response {
    // From now on: it may fail before anybody reads or closes it.
    outliveFailure(content)
    return new Response(content, options)
  }

  /**
   * A file, with its length, type, `Last-Modified` and `ETag`. The tag is made of the length and the time of the last
   * change in nanoseconds: a strong one, but weak within 2 seconds of the change, since another may not show yet. The
   * file is opened when its first byte is sent, and is to be replaced as a whole, by renaming: what changes in between
   * is not seen.
   *
   * `path` is taken as it is: it must not be made of what a client sends, unless that was checked before.
   *
   * Rejects with an HttpError 404 where there is no such file, or a folder or a pipe; no error tells of the path.
   */
  static async file(path: string, options: FileOptions = {}): Promise<Response> {
    const { size, etag, lastModified } = await lookUpFile(path)
    const response = new Response(new FileWrapper({ path, start: 0, end: size }), options)
    const { headers } = response
    if (options.type !== undefined) headers.set('Content-Type', options.type)
    else addType(headers, ['Content-Type', contentTypeOf(path)])
    headers.set('Content-Length', `${size}`)
    response.etag ??= etag
    response.lastModified ??= lastModified
    if (options.filename !== undefined) response.contentDisposition('attachment', options.filename)
    return response
  }

  /**
   * Sends the user agent to another place. A relative reference stays on this host whatever it holds: `//evil.example`
   * becomes `/%2Fevil.example`. Another host is reached only by a whole `http://…` or `https://…`.
   *
   * `status` is 302 by default, as in the Fetch standard. User agents turn a POST into a GET on it, but no other
   * method: 303 does so for all of them, 307 and 308 keep the method and the body (RFC 9110 section 15.4).
   *
   * @throws TypeError on any other scheme, such as `javascript:`, and on an absolute URL that is none
   * @throws RangeError when the status does not redirect
   */
  static redirect(url: string | URL, status: RedirectStatus = 302): Response {
    if (!REDIRECTS.includes(status)) {
      throw new RangeError(`Response.redirect: status: must be one of ${REDIRECTS.join(', ')}; got ${status}`)
    }
    return new Response(null, { status, headers: [['Location', safeLocation(String(url))]] })
  }

  /** Without a body: 204 by default. */
  static empty(status = 204): Response {
    return new Response(null, { status })
  }

  /**
   * Server-sent events (HTML standard, section 9.2), each as it comes. The source is closed when the client is gone.
   *
   * @throws RangeError when an option is out of range
   */
  static events(
    source: AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>,
    options: EventsOptions & ResponseOptions = {},
  ): Response {
    const response = new Response(events(source, options), options)
    const { headers } = response
    addType(headers, EVENT_STREAM)
    if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
    // Else nginx, and what has learnt it from nginx, holds events back until it has a buffer full of them.
    if (!headers.has('X-Accel-Buffering')) headers.set('X-Accel-Buffering', 'no')
    return response
  }

  /**
   * Says in `Vary` that the answer depends on these request headers too, each once; `*` stands for all of them.
   *
   * @throws TypeError when a name is no token
   */
  vary(...names: string[]): void {
    this.headers.vary(...names)
  }

  /**
   * Adds a `Link` (RFC 8288): `response.link('/page/2', { rel: 'next' })`.
   *
   * @throws TypeError when `rel` is missing, or a parameter could not be sent
   */
  link(target: string | URL, params: LinkParams): void {
    this.headers.append('Link', formatLink(target, params))
  }

  /**
   * Says whether the content is to be saved or shown, and by what name it is saved (RFC 6266). Of a path only the last
   * part is the name; it may hold any character.
   *
   * @throws TypeError when the type is neither `attachment` nor `inline`
   */
  contentDisposition(type: 'attachment' | 'inline', filename?: string): void {
    this.headers.set('Content-Disposition', contentDisposition(type, filename))
  }

  /**
   * This response, if the conditions of the request allow for it; else a 304 or a 412 without a body, which closes the
   * body of this one (RFC 9110 section 13, in its order of precedence). A 304 keeps the headers of section 15.4.5, and
   * no others: what is to be sent with either, such as a cookie, is set on what this gives.
   *
   * The conditions are held against `etag` and `lastModified`. Where the request changes something, it is too late for
   * that once it is done: ask a response that has them of what is there before.
   */
  conditional(request: Conditional): Response {
    if (this.#status > 299) return this
    const verdict = evaluateConditions(request, this)
    if (verdict === 'proceed') return this
    if (verdict === 'precondition-failed') return new Response(nothingOf(this.body), { status: 412 })
    const headers = this.headers.list.filter(([name]) => KEPT_BY_304.test(name))
    const answer = new Response(nothingOf(this.body), { status: 304, headers })
    if (answer.etag === undefined) answer.lastModified = this.lastModified
    return answer
  }

  /**
   * This response, or what the request asks for of it (RFC 9110 section 14): a 206 with one range or several, whose
   * body stands for this one's, or a 416. It takes a GET, a 200, and a body in memory, or a file by its path with a
   * `Content-Length`; a body of unknown length is left whole. Ask `conditional` first:
   * `response.conditional(request).range(request)`.
   */
  range({ method, range: asked, ifRange }: Pick<Request, 'method' | 'range' | 'ifRange'>): Response {
    if (this.#status !== 200 || (method !== 'GET' && method !== 'HEAD')) return this
    const { body } = this
    const length = divisibleLength(body, this.headers.get('Content-Length'))
    if (length === undefined) return this
    this.headers.set('Accept-Ranges', 'bytes')
    if (method === 'HEAD' || !isRangeCurrent(ifRange, this)) return this
    const ranges = parseRange(asked, length)
    if (ranges === undefined) return this
    if (ranges === 'unsatisfiable') {
      const headers: Header[] = [['Content-Range', contentRange(null, length)]]
      return new Response(nothingOf(body), { status: 416, headers })
    }
    const answer = new Response(null, { status: 206, headers: this.headers })
    const { headers } = answer
    const [range] = ranges
    if (range !== undefined && ranges.length === 1) {
      headers.set('Content-Range', contentRange(range, length))
      headers.set('Content-Length', `${range.end - range.start}`)
      answer.body = partOf(body, range)
    } else {
      const type = headers.get('Content-Type') ?? undefined
      const layout = multipartRanges(ranges, length, crypto.randomUUID(), type)
      headers.set('Content-Type', layout.contentType)
      headers.set('Content-Length', `${layout.contentLength}`)
      answer.body = partsOf(body, layout.segments)
    }
    return answer
  }

  /**
   * Answers with this response. What is known of the body's length is sent; a `Location` is made safe as by
   * `redirect`. The response stays as it is, so one whose body is a text or bytes can answer many requests.
   *
   * @throws TypeError as `startResponse` does, and on a `Location` that `redirect` would refuse
   */
  respond(environ: Environ, startResponse: StartResponse): Body {
    const { status: code, statusText, body } = this
    const headers = new Headers(this.headers.list.slice())
    if (hasLocation(code)) {
      const location = headers.get('Location')
      if (location !== null) headers.set('Location', safeLocation(location))
    }
    const length = declarableLength(body, code, environ.REQUEST_METHOD)
    if (length !== undefined && !headers.has('Content-Length'))
      headers.list.push(['Content-Length', `${length}`])
    startResponse(statusText === '' ? status(code) : `${code} ${statusText}`, headers.list)
    return body
  }
}

/** A list of one's own from whatever headers can be given as; what could not be sent is refused. */
export function copyHeaders(source: HeadersSource | undefined): Headers {
  const headers = new Headers([])
  if (source === undefined) return headers
  const pairs = Symbol.iterator in source ? (source as Iterable<Header>) : Object.entries(source)
  for (const [name, value] of pairs) headers.append(name, value)
  return headers
}

const PLAIN_TEXT: Header = ['Content-Type', 'text/plain; charset=utf-8']
const HTML: Header = ['Content-Type', 'text/html; charset=utf-8']
// Always UTF-8, and without a parameter to say so (RFC 8259 sections 8.1 and 11).
const JSON_TYPE: Header = ['Content-Type', 'application/json']
const OCTETS: Header = ['Content-Type', 'application/octet-stream']
const EVENT_STREAM: Header = ['Content-Type', 'text/event-stream']

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const DIGITS = /^\d{1,15}$/

// All that RFC 9110 section 15.4.5 names; `Last-Modified` only where there is no `ETag`.
const KEPT_BY_304 = /^(?:cache-control|content-location|date|etag|expires|vary)$/i

function checkStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new RangeError(`Response: status: must be an integer from 200 to 599; got ${status}`)
}

/** A text in the charset of its type, which is `type` where the headers have none. */
function typedText(content: string, headers: Headers, type: Header): TextBody {
  const given = headers.get('Content-Type')
  if (given !== null) return text(content, parseMediaType(given)?.parameters.get('charset'))
  headers.list.push(type)
  return text(content)
}

function addType(headers: Headers, type: Header): void {
  if (!headers.has('Content-Type')) headers.list.push(type)
}

function setOrDelete(headers: Headers, name: string, value: string | undefined): void {
  if (value === undefined) headers.delete(name)
  else headers.set(name, value)
}

/** No bytes, in place of a body that is closed with it. */
function nothingOf(body: Body): Body {
  return mapBody([], { close: () => closeBody(body) })
}

/** Where `Location` is a place to go to, or the thing made (RFC 9110 section 10.2.2). */
function hasLocation(code: number): boolean {
  return code === 201 || (code >= 300 && code < 400)
}

/** The length of a body, where it is known and may be said. */
function declarableLength(body: Body, code: number, method: string): number | undefined {
  // RFC 9110 section 8.6; an application that knows of HEAD may leave the body out, whose length is another then.
  if (isBodyless(code)) return undefined
  const length = knownLength(body)
  return length === 0 && method === 'HEAD' ? undefined : length
}
