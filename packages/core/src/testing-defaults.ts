import type { Environ } from './contract.ts'
import { errorStream } from './error-stream.ts'
import { GatewayExchange } from './gateway/exchange.ts'
import { emptyInput } from './input.ts'
import { guessScheme, requestTarget } from './uri.ts'

/**
 * Fills every key that a server always gives and that `environ` has not, in place, and returns it: by itself a `GET`
 * of `http://127.0.0.1/` without a body (wsgiref.util.setup_testing_defaults). What is there already is kept, and the
 * rest follows it: `REQUEST_URI` the path, the scheme `HTTPS`, `SERVER_PORT` the scheme.
 */
export function setupTestingDefaults(environ: Partial<Environ>): Environ {
  environ.PATH_INFO ??= environ.SCRIPT_NAME ? '' : '/'
  environ.SCRIPT_NAME ??= ''
  environ.QUERY_STRING ??= ''
  environ.REQUEST_METHOD ??= 'GET'
  environ.REQUEST_URI ??= requestTarget({
    SCRIPT_NAME: environ.SCRIPT_NAME,
    PATH_INFO: environ.PATH_INFO,
    QUERY_STRING: environ.QUERY_STRING,
  })
  environ.SERVER_NAME ??= '127.0.0.1'
  environ['wsgi.url_scheme'] ??= guessScheme(environ)
  environ.SERVER_PORT ??= environ['wsgi.url_scheme'] === 'https' ? '443' : '80'
  environ.SERVER_PROTOCOL ??= 'HTTP/1.0'
  environ.SERVER_SOFTWARE ??= 'tsgi'
  environ.GATEWAY_INTERFACE ??= 'CGI/1.1'
  environ.REMOTE_ADDR ??= '127.0.0.1'
  environ.REMOTE_PORT ??= '49152'
  environ.HTTP_HOST ??= environ.SERVER_NAME
  environ['wsgi.version'] ??= [1, 0]
  environ['wsgi.input'] ??= emptyInput()
  environ['wsgi.errors'] ??= errorStream(() => {})
  environ['wsgi.multithread'] ??= false
  environ['wsgi.multiprocess'] ??= false
  environ['wsgi.run_once'] ??= false
  environ['wsgi.input_terminated'] ??= true
  environ['tsgi.exchange'] ??= new GatewayExchange(environ['wsgi.errors'])
  return environ as Environ
}
