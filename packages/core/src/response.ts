import { TextBody, text } from './body.ts'
import { isBytes, utf8, utf8Length } from './bytes.ts'
import type { Body, Environ, Header, StartResponse } from './contract.ts'
import { Headers } from './headers.ts'
import { status } from './status.ts'

/** Pairs of name and value (our `Headers` and Fetch's are such), or an object of them. */
export type HeadersSource = Iterable<Header> | Readonly<Record<string, string>>

export interface ResponseOptions {
  /** An integer from 200 to 599; 200 by default. */
  status?: number
  /** The reason phrase; by default the one that is registered for the status. */
  statusText?: string
  /** Copied. */
  headers?: HeadersSource
}

/** The codes by which a user agent goes on to the `Location` by itself. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308

/** An answer, made of a status, headers and a body: `respond` gives it to the server. */
export class Response {
  #status: number
  /** The reason phrase; `''` stands for the one that is registered for the status. */
  statusText: string
  readonly headers: Headers
  body: Body

  /**
   * A string is sent as UTF-8, and as `text/plain; charset=utf-8` where `headers` name no type; bytes likewise as
   * `application/octet-stream`, so that no browser guesses at them. Any other body has no type but the one given.
   *
   * @throws RangeError when the status is no integer from 200 to 599
   * @throws TypeError when a header could not be sent
   */
  constructor(body: string | Uint8Array | Body | null = null, options: ResponseOptions = {}) {
    const { status = 200, statusText = '', headers } = options
    this.#status = checkStatus(status)
    this.statusText = statusText
    this.headers = copyHeaders(headers)
    if (typeof body === 'string') {
      this.body = text(body)
      addType(this, PLAIN_TEXT)
    } else if (isBytes(body)) {
      this.body = [body]
      addType(this, OCTETS)
    } else this.body = body ?? []
  }

  get status(): number {
    return this.#status
  }

  /** @throws RangeError as the constructor; a reason phrase that was set goes with the old status */
  set status(code: number) {
    this.#status = checkStatus(code)
    this.statusText = ''
  }

  static text(content: string, options?: ResponseOptions): Response {
    return new Response(content, options)
  }

  /** The text is sent as it stands: whatever is not yours to trust in it must be escaped before. */
  static html(content: string, options?: ResponseOptions): Response {
    return addType(new Response(text(content), options), HTML)
  }

  /** @throws TypeError when the value has no JSON: `undefined`, a function, a cycle, a bigint */
  static json(value: unknown, options?: ResponseOptions): Response {
    const json = JSON.stringify(value) as string | undefined
    if (json === undefined) {
      throw new TypeError(`Response.json: value: must be something that JSON can hold; got ${typeof value}`)
    }
    return addType(new Response(text(json), options), JSON_TYPE)
  }

  static bytes(content: Uint8Array, options?: ResponseOptions): Response {
    return new Response(content, options)
  }

  /** A body that is sent chunk by chunk, as it comes; name its type in `headers`. */
  static stream(content: Body, options?: ResponseOptions): Response {
    return new Response(content, options)
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

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

function checkStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new RangeError(`Response: status: must be an integer from 200 to 599; got ${status}`)
}

function addType(response: Response, type: Header): Response {
  if (!response.headers.has('Content-Type')) response.headers.list.push(type)
  return response
}

/** Where `Location` is a place to go to, or the thing made (RFC 9110 section 10.2.2). */
function hasLocation(code: number): boolean {
  return code === 201 || (code >= 300 && code < 400)
}

const CONTROLS = /[\0-\x1f\x7f]/g
const SCHEME = /^[a-z][a-z\d+.-]*:/i
const HTTP_URL = /^https?:\/\/[^/\\]/i
// What is in no URI (RFC 3986 appendix A). A backslash is among it, which browsers read as a slash.
const NOT_IN_URI = /[^!#-;=?-[\]_a-z~]+/g

/**
 * Makes a `Location` that a browser reads as we do. By the URL standard (section 4.4) it drops tabs and line ends
 * wherever they stand, spaces and control characters around the whole, takes a backslash for a slash, and two slashes
 * for the beginning of a host (CVE-2024-42353 and GHSA-fh3h-vg37-cc95, both in WebOb).
 */
function safeLocation(target: string): string {
  const reference = target.replace(CONTROLS, '').trim()
  // The URL as every browser will read it, and in ASCII.
  if (HTTP_URL.test(reference) && URL.canParse(reference)) return new URL(reference).href
  // `https:host` has no slashes, and is a host or a path depending on the page that it came from.
  if (SCHEME.test(reference)) {
    throw new TypeError(
      `Response: Location: must be a relative reference or a whole http or https URL; got ${JSON.stringify(target)}`,
    )
  }
  const encoded = reference.replace(NOT_IN_URI, percentEncode)
  return encoded.startsWith('//') ? `/%2F${encoded.slice(2)}` : encoded
}

function percentEncode(characters: string): string {
  let encoded = ''
  for (const byte of utf8(characters)) encoded += `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  return encoded
}

/** The length of a body, where it is known and may be said. */
function declarableLength(body: Body, code: number, method: string): number | undefined {
  // RFC 9110 section 8.6; an application that knows of HEAD may leave the body out, whose length is another then.
  if (code === 204 || code === 304) return undefined
  const length = knownLength(body)
  return length === 0 && method === 'HEAD' ? undefined : length
}

function knownLength(body: Body): number | undefined {
  if (body instanceof TextBody) return body.charset === 'utf-8' ? utf8Length(body.text) : body.text.length
  if (!Array.isArray(body)) return undefined
  let length = 0
  for (const chunk of body as readonly Uint8Array[]) length += chunk.length
  return length
}
