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

it.each<[given: Partial<Environ>, filled: Partial<Environ>, why: string]>([
  [{ PATH_INFO: '/x' }, { SCRIPT_NAME: '', PATH_INFO: '/x' }, 'the path alone'],
  [
    { SCRIPT_NAME: '/a' },
    { SCRIPT_NAME: '/a', PATH_INFO: '' },
    'wsgiref: a slash only when both are missing',
  ],
  [{ HTTPS: 'on' }, { 'wsgi.url_scheme': 'https', SERVER_PORT: '443' }, 'the scheme follows HTTPS'],
  [{ 'wsgi.url_scheme': 'https' }, { SERVER_PORT: '443' }, 'the port follows the scheme'],
  [{ SERVER_NAME: 's' }, { HTTP_HOST: 's' }, 'Host follows the name'],
  [
    { SCRIPT_NAME: '/a b', PATH_INFO: '/c%2Fd/é', QUERY_STRING: 'q=%20' },
    { REQUEST_URI: '/a%20b/c%2Fd/%C3%A9?q=%20' },
    'the target follows the path',
  ],
  [
    { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '0' },
    { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '0' },
    'other keys stay',
  ],
])('fills %j with %j (%s)', (given, filled) => {
  expect(setupTestingDefaults({ ...given })).toMatchObject(filled)
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
