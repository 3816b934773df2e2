import type { Environ } from '../contract.ts'
import { GatewayExchange } from '../gateway/exchange.ts'
import { HttpError } from '../http-error.ts'
import { emptyInput } from '../input.ts'
import { originalInput } from '../input-identity.ts'
import type { Request } from '../request.ts'
import { blankEnviron } from './blank.ts'

/** @throws HttpError 501 and 400 where the Fetch standard has no such request, or would make another of it */
export function toFetchRequest(request: Request<object>): globalThis.Request {
  const { method, url, path, headers, signal } = request
  if (FORBIDDEN.test(method) || (NORMALIZED.test(method) && method !== method.toUpperCase())) {
    throw new HttpError(501, { detail: 'The method is not supported.' })
  }
  // It would be resolved: a guard outside and the application inside would see two paths.
  if (DOT_SEGMENT.test(path)) throw new HttpError(400, { detail: 'The path must not hold dot segments.' })
  if (!URL.canParse(url)) throw new HttpError(400, { detail: 'The host must be one of a URL.' })
  return new globalThis.Request(url, {
    method,
    headers: headers.list.map(([name, value]) => [name, value]),
    signal,
    ...(hasBody(request.environ) ? { body: request.body, duplex: 'half' } : {}),
  })
}

/** @throws TypeError when its URL is not of http or https, or its path is malformed */
export function environFromFetch(fetched: globalThis.Request): Environ {
  const { method, headers, body, signal } = fetched
  const [url = ''] = fetched.url.split('#', 1)
  const environ = blankEnviron('Request.fromFetch', url, {
    method,
    headers,
    ...(body === null ? {} : { body }),
  })
  const exchange = new GatewayExchange(environ['wsgi.errors'])
  if (signal.aborted) exchange.abort(signal.reason)
  else signal.addEventListener('abort', () => exchange.abort(signal.reason), { once: true })
  return Object.assign(environ, {
    SERVER_PROTOCOL: 'HTTP/1.1',
    // Nobody knows who it comes from, and nobody must pass for this machine.
    REMOTE_ADDR: '',
    REMOTE_PORT: '',
    'wsgi.multithread': true,
    'tsgi.exchange': exchange,
  })
}

// Fetch standard, section 2.2.1: the forbidden methods, and those of which the case is changed.
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/i
const NORMALIZED = /^(?:DELETE|GET|HEAD|OPTIONS|POST|PUT)$/i
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/

/** As far as the Fetch standard lets a request have one. */
function hasBody({ REQUEST_METHOD, 'wsgi.input': input }: Environ): boolean {
  return REQUEST_METHOD !== 'GET' && REQUEST_METHOD !== 'HEAD' && originalInput(input) !== emptyInput()
}
