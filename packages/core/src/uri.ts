import type { Environ } from './contract.ts'
import { isHost } from './gateway/target.ts'

/** The scheme that a CGI environment tells of: `'https'` when `HTTPS` is `yes`, `on` or `1`, else `'http'`. */
export function guessScheme(environ: { readonly HTTPS?: string | undefined }): 'http' | 'https' {
  return HTTPS_IS_ON.test(environ.HTTPS ?? '') ? 'https' : 'http'
}

/**
 * The URI of the application, without what stands in `PATH_INFO`: `'http://example.com/shop'` (PEP 3333, URL
 * Reconstruction). The host is the client's claim where that is a host at all, so do not trust it with a secret.
 *
 * @throws URIError when the path holds a lone surrogate, which has no UTF-8
 */
export function applicationUri(environ: Environ): string {
  return origin(environ) + rooted(quote(environ.SCRIPT_NAME, NOT_IN_SCRIPT_NAME))
}

/**
 * The URI of the request: `'http://example.com/shop/items?page=2'`. A server makes the same `PATH_INFO` of it;
 * it may still differ from what the client sent, which is in `REQUEST_URI`.
 *
 * @throws URIError as `applicationUri` does
 */
export function requestUri(environ: Environ, { query = true }: { query?: boolean } = {}): string {
  return origin(environ) + requestTarget(environ, query)
}

/** The host that the client named, where that is one, else the server's own: with its port, where that is not the scheme's. */
export function requestHost(environ: Environ): string {
  const { HTTP_HOST, SERVER_NAME, SERVER_PORT } = environ
  if (HTTP_HOST !== undefined && isHost(HTTP_HOST)) return HTTP_HOST
  const isDefaultPort = SERVER_PORT === (environ['wsgi.url_scheme'] === 'https' ? '443' : '80')
  return isDefaultPort ? SERVER_NAME : `${SERVER_NAME}:${SERVER_PORT}`
}

/** The path of the request, encoded again, and its query: what `requestUri` has behind the host. */
export function requestTarget(
  environ: Pick<Environ, 'SCRIPT_NAME' | 'PATH_INFO' | 'QUERY_STRING'>,
  query = true,
): string {
  const path = quote(environ.SCRIPT_NAME, NOT_IN_SCRIPT_NAME) + quote(environ.PATH_INFO, NOT_IN_PATH_INFO)
  return rooted(path) + (query && environ.QUERY_STRING ? `?${environ.QUERY_STRING}` : '')
}

/** The path without the slashes at its end. */
export function withoutSlashes(path: string): string {
  let end = path.length
  // To look before the beginning takes V8 forty times as long.
  while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--
  return end === path.length ? path : path.slice(0, end)
}

/**
 * Moves the first segment of `PATH_INFO` to `SCRIPT_NAME`, in place, and returns it: `''` for a slash at the end
 * of the path, `null` when there is no segment. Empty and `.` segments on the way are dropped: `//admin` gives `admin`, so a
 * guard must look at the segment that was shifted, and not at the `PATH_INFO` before it. A `..` is never moved and gives
 * `null` with the path untouched, so that no request climbs out of the application it was given to.
 * Give it a copy of an `environ` that an outer layer still reads.
 *
 * @throws TypeError when `PATH_INFO` is neither empty nor starts with a slash
 */
export function shiftPathInfo(environ: Pick<Environ, 'SCRIPT_NAME' | 'PATH_INFO'>): string | null {
  const path = environ.PATH_INFO
  if (path === '') return null
  if (!path.startsWith('/')) {
    throw new TypeError(
      `shiftPathInfo: PATH_INFO must be empty or start with "/"; got ${JSON.stringify(path)}`,
    )
  }
  const segments = path.slice(1).split('/')
  const last = segments.pop()!
  const [segment, ...rest] = [...segments.filter((name) => name !== '' && name !== '.'), last]
  if (segment === '..') return null
  const script = withoutSlashes(environ.SCRIPT_NAME)
  environ.SCRIPT_NAME = segment === '' || segment === '.' ? script : `${script}/${segment}`
  environ.PATH_INFO = rest.length === 0 ? '' : `/${rest.join('/')}`
  return segment === '.' ? null : segment!
}

// Case matters, as in wsgiref.
const HTTPS_IS_ON = /^(?:yes|on|1)$/

// What wsgiref quotes, plus the rule of PATH_INFO: a `%` before `(25)*2F` is an encoded slash, or a text that looks like
// one with its `%` encoded already. Either way it stands there as it must stand in a URI. (No flag `i`: together with `u`
// it lets `\w` match U+017F and U+212A.)
const NOT_IN_SCRIPT_NAME = /%(?!(?:25)*2[Ff])|[^%\w.~/-]/gu
const NOT_IN_PATH_INFO = /%(?!(?:25)*2[Ff])|[^%\w.~/;=,-]/gu

const SLASH = 0x2f

function origin(environ: Environ): string {
  return `${environ['wsgi.url_scheme']}://${requestHost(environ)}`
}

/** Without a slash, a path would go on where the host ends. */
function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function quote(path: string, unsafe: RegExp): string {
  return path.replace(unsafe, percentEncode)
}

function percentEncode(character: string): string {
  const encoded = encodeURIComponent(character)
  // `encodeURIComponent` leaves `! ' ( ) *` as they are.
  return encoded === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encoded
}
