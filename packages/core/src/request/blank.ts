import { isBytes, utf8 } from '../bytes.ts'
import type { Body, Environ } from '../contract.ts'
import { URLENCODED } from '../form.ts'
import { type RequestKey, repeatSeparator, requestKey } from '../gateway/request-key.ts'
import { parseTarget, type Target } from '../gateway/target.ts'
import type { Headers } from '../headers.ts'
import { inputStream } from '../input.ts'
import { copyHeaders, type HeadersSource } from '../response.ts'
import { setupTestingDefaults } from '../testing-defaults.ts'

/** What `Request.blank` makes a request of. At most one of `body`, `json` and `form`. */
export interface BlankOptions {
  /** `POST` when there is a body, else `GET`. */
  method?: string
  headers?: HeadersSource
  /**
   * A string is sent as UTF-8, and as `text/plain; charset=utf-8` where `headers` name no type. A body of chunks has no
   * length but the one in `headers`.
   */
  body?: string | Uint8Array | Body
  json?: unknown
  /**
   * Sent as `application/x-www-form-urlencoded`; a `FormData`, and whatever holds a file, as `multipart/form-data`, in
   * chunks.
   */
  form?: FormData | Iterable<[name: string, value: FormValue]> | Readonly<Record<string, FormValue>>
  /** An absolute http or https URL: where the server is, and by its path where the application is. */
  base?: string | URL
}

/** A field, or a file. */
export type FormValue = string | Blob

/**
 * A whole environ for a request that no server has received. `owner` begins the message of an error.
 *
 * @throws TypeError when the path or the base is malformed, or a header could not be sent
 */
export function blankEnviron(owner: string, path: string, options: BlankOptions): Environ {
  const content = encodeContent(options)
  const { method = content === undefined ? 'GET' : 'POST' } = options
  const environ: Partial<Environ> = Object.assign(
    Object.create(null),
    placeKeys(owner, method, path, options.base),
    headerKeys(copyHeaders(options.headers)),
  )
  if (content !== undefined) {
    environ['wsgi.input'] = inputStream(content.chunks)
    if (content.length !== undefined) environ.CONTENT_LENGTH ??= `${content.length}`
    if (content.type !== undefined) environ.CONTENT_TYPE ??= content.type
  }
  return setupTestingDefaults(environ)
}

const ORIGIN = /^https?:\/\/[^/?]*/i
const SLASHES_AT_END = /\/+$/

interface Content {
  readonly chunks: Body
  readonly length?: number
  readonly type?: string
}

function encodeContent({ body, json, form }: BlankOptions): Content | undefined {
  if (form !== undefined) return encodeForm(form)
  if (json !== undefined) return { ...held(utf8(JSON.stringify(json))), type: 'application/json' }
  if (typeof body === 'string') return { ...held(utf8(body)), type: 'text/plain; charset=utf-8' }
  if (isBytes(body)) return held(body)
  return body && { chunks: body }
}

function encodeForm(form: NonNullable<BlankOptions['form']>): Content {
  const fields: [string, FormValue][] = Symbol.iterator in form ? [...form] : Object.entries(form)
  if (!(form instanceof FormData) && fields.every(isText)) {
    return { ...held(utf8(new URLSearchParams(fields).toString())), type: URLENCODED }
  }
  const data = new FormData()
  for (const [name, value] of fields) data.append(name, value)
  // The platform has the encoder of its own `fetch`.
  const { body, headers } = new globalThis.Response(data)
  return { chunks: body!, type: headers.get('Content-Type')! }
}

function isText(field: [name: string, value: FormValue]): field is [string, string] {
  return typeof field[1] === 'string'
}

function held(bytes: Uint8Array): Content {
  return { chunks: [bytes], length: bytes.length }
}

/** What the request line says, and where the server and the application are. */
function placeKeys(
  owner: string,
  method: string,
  path: string,
  base: string | URL | undefined,
): Partial<Environ> {
  const { pathInfo, queryString, authority } = readTarget(`${owner}: path`, method, path)
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
    SCRIPT_NAME: readTarget(`${owner}: base`, 'GET', url.href).pathInfo.replace(SLASHES_AT_END, ''),
    ...serverKeys(url),
  }
}

function readTarget(where: string, method: string, target: string): Target {
  const read = parseTarget(method, target)
  if (read !== undefined) return read
  throw new TypeError(
    `${where}: must be a path, percent-encoded, or an absolute http or https URL, without a fragment; ` +
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
    if (key === undefined || key === 'HTTP_TRANSFER_ENCODING') continue
    const earlier = keys[key]
    keys[key] = earlier === undefined ? value : earlier + repeatSeparator(name) + value
  }
  return keys
}
