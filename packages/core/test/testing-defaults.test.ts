import { expect, it } from 'vitest'
import type { Environ, Outcome } from '../src/contract.ts'
import type { GatewayExchange } from '../src/gateway/exchange.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

it('fills an empty environ with a request of its own', () => {
  const {
    'wsgi.input': _input,
    'wsgi.errors': _errors,
    'tsgi.exchange': _exchange,
    ...plain
  } = setupTestingDefaults({})
  expect(plain).toEqual({
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '',
    PATH_INFO: '/',
    QUERY_STRING: '',
    REQUEST_URI: '/',
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.0',
    SERVER_SOFTWARE: 'tsgi',
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_PORT: '49152',
    HTTP_HOST: '127.0.0.1',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.multithread': false,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
  })
})

it('changes the object that it was given, and returns it', () => {
  const given: Partial<Environ> = {}
  expect(setupTestingDefaults(given)).toBe(given)
})

it('keeps every key that is there, empty ones too', () => {
  const full = setupTestingDefaults({})
  const other: Environ = {
    ...full,
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '/a',
    PATH_INFO: '',
    QUERY_STRING: 'q',
    REQUEST_URI: '/A?q',
    SERVER_NAME: 's',
    SERVER_PORT: '1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'x',
    GATEWAY_INTERFACE: 'y',
    REMOTE_ADDR: '',
    REMOTE_PORT: '',
    HTTP_HOST: '',
    'wsgi.url_scheme': 'https',
    'wsgi.multithread': true,
    'wsgi.multiprocess': true,
    'wsgi.run_once': true,
  }
  const before = { ...other }
  expect(setupTestingDefaults(other)).toEqual(before)
  expect(other['wsgi.input']).toBe(before['wsgi.input'])
  expect(other['wsgi.errors']).toBe(before['wsgi.errors'])
  expect(other['tsgi.exchange']).toBe(before['tsgi.exchange'])
})

// What wsgiref.util.setup_testing_defaults gives (Python 3.11, measured), what is given here where that is something else, and
// why. A key that is `undefined` in a cell is not there.
it.each<[given: Partial<Environ>, wsgiref: object, ours?: Partial<Environ>, why?: string]>([
  [{}, { SCRIPT_NAME: '', PATH_INFO: '/' }],
  [
    { PATH_INFO: '/x' },
    { SCRIPT_NAME: undefined, PATH_INFO: '/x' },
    { SCRIPT_NAME: '', PATH_INFO: '/x' },
    'both are always there',
  ],
  [
    { SCRIPT_NAME: '' },
    { SCRIPT_NAME: '', PATH_INFO: undefined },
    { SCRIPT_NAME: '', PATH_INFO: '/' },
    'they are never both empty',
  ],
  [
    { SCRIPT_NAME: '/a' },
    { SCRIPT_NAME: '/a', PATH_INFO: undefined },
    { SCRIPT_NAME: '/a', PATH_INFO: '' },
    'both are always there',
  ],
  [
    {},
    {
      QUERY_STRING: undefined,
      SERVER_SOFTWARE: undefined,
      GATEWAY_INTERFACE: undefined,
      REMOTE_ADDR: undefined,
    },
    { QUERY_STRING: '', SERVER_SOFTWARE: 'tsgi', GATEWAY_INTERFACE: 'CGI/1.1', REMOTE_ADDR: '127.0.0.1' },
    'they are always there',
  ],
  [{}, { SERVER_NAME: '127.0.0.1', SERVER_PORT: '80', HTTP_HOST: '127.0.0.1' }],
  [{}, { REQUEST_METHOD: 'GET', SERVER_PROTOCOL: 'HTTP/1.0' }],
  [{}, { 'wsgi.url_scheme': 'http', 'wsgi.version': [1, 0] }],
  [
    {},
    { 'wsgi.multithread': 0, 'wsgi.multiprocess': 0, 'wsgi.run_once': 0 },
    { 'wsgi.multithread': false, 'wsgi.multiprocess': false, 'wsgi.run_once': false },
    'booleans are booleans',
  ],
  [{ HTTPS: 'on' }, { 'wsgi.url_scheme': 'https', SERVER_PORT: '443' }],
  [{ HTTPS: 'off' }, { 'wsgi.url_scheme': 'http', SERVER_PORT: '80' }],
  [
    { HTTPS: 'on', SERVER_PORT: '1' },
    { 'wsgi.url_scheme': 'https', SERVER_PORT: '1' },
  ],
  [{ 'wsgi.url_scheme': 'https' }, { SERVER_PORT: '443' }],
  [
    { 'wsgi.url_scheme': 'https', HTTPS: 'off' },
    { 'wsgi.url_scheme': 'https', SERVER_PORT: '443' },
  ],
  [{ SERVER_NAME: 's' }, { HTTP_HOST: 's' }],
  [{ SERVER_NAME: 's', HTTP_HOST: 'h' }, { HTTP_HOST: 'h' }],
  [
    { SCRIPT_NAME: '/a b', PATH_INFO: '/c%2Fd/é', QUERY_STRING: 'q=%20' },
    { REQUEST_URI: undefined },
    { REQUEST_URI: '/a%20b/c%2Fd/%C3%A9?q=%20' },
    'it is always there, and follows the path',
  ],
  [{ CONTENT_LENGTH: '0' }, { CONTENT_LENGTH: '0' }],
])('fills %j with wsgiref’s %j, or %j (%s)', (given, wsgiref, ours) => {
  expect(setupTestingDefaults({ ...given })).toMatchObject(ours ?? wsgiref)
})

it('gives an input that is at its end', async () => {
  const { 'wsgi.input': input } = setupTestingDefaults({})
  expect(await input.read()).toEqual(new Uint8Array(0))
  expect(await input.readline()).toEqual(new Uint8Array(0))
  expect(await input.readlines()).toEqual([])
})

it('gives errors that go nowhere', () => {
  const { 'wsgi.errors': errors } = setupTestingDefaults({})
  expect(() => {
    errors.write('a\n')
    errors.writelines(['b\n'])
    errors.flush()
  }).not.toThrow()
})

it('gives an exchange that works without a server', () => {
  const { 'tsgi.exchange': exchange } = setupTestingDefaults({})
  expect(exchange.signal.aborted).toBe(false)
  expect(exchange.route).toBeUndefined()
  const outcomes: Outcome[] = []
  exchange.onFinish((outcome) => outcomes.push(outcome))
  exchange.waitUntil(Promise.reject(new Error('reported to wsgi.errors, and nowhere else')))
  const outcome: Outcome = { status: 200, bytesSent: 0, error: undefined, aborted: false }
  ;(exchange as GatewayExchange).finish(outcome)
  expect(outcomes).toEqual([outcome])
})

it('reports what goes wrong in the exchange to the errors that are there', () => {
  const written: string[] = []
  const errors = { write: (text: string) => void written.push(text), writelines: () => {}, flush: () => {} }
  const { 'tsgi.exchange': exchange } = setupTestingDefaults({ 'wsgi.errors': errors })
  exchange.onFinish(() => {
    throw new Error('out of ink')
  })
  ;(exchange as GatewayExchange).finish({ status: 200, bytesSent: 0, error: undefined, aborted: false })
  expect(written.join('')).toContain('out of ink')
})

it('gives each environ an exchange of its own', () => {
  expect(setupTestingDefaults({})['tsgi.exchange']).not.toBe(setupTestingDefaults({})['tsgi.exchange'])
})
