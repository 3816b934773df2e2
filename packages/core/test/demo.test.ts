import { expect, it } from 'vitest'
import type { Environ, Header } from '../src/contract.ts'
import { demoApplication } from '../src/demo.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

/** What the demo answers to an environ, read at once: it is a sync application. */
function answer(environ: Environ): { status: string; headers: Header[]; chunks: string[] } {
  let head: { status: string; headers: Header[] } | undefined
  const body = demoApplication(environ, (status, headers) => {
    head = { status, headers }
    return async () => {}
  })
  const chunks = [...(body as Iterable<Uint8Array>)].map((chunk) => new TextDecoder().decode(chunk))
  return { ...head!, chunks }
}

it('greets, and shows the whole environ, sorted', () => {
  expect(answer(setupTestingDefaults({ PATH_INFO: '/é', HTTP_HOST: 'h' }))).toEqual({
    status: '200 OK',
    headers: [['Content-Type', 'text/plain; charset=utf-8']],
    chunks: [
      `Hello world!

GATEWAY_INTERFACE = "CGI/1.1"
HTTP_HOST = "h"
PATH_INFO = "/é"
QUERY_STRING = ""
REMOTE_ADDR = "127.0.0.1"
REMOTE_PORT = "49152"
REQUEST_METHOD = "GET"
REQUEST_URI = "/%C3%A9"
SCRIPT_NAME = ""
SERVER_NAME = "127.0.0.1"
SERVER_PORT = "80"
SERVER_PROTOCOL = "HTTP/1.0"
SERVER_SOFTWARE = "tsgi"
tsgi.exchange = <Exchange>
wsgi.errors = <ErrorStream>
wsgi.input = <InputStream>
wsgi.input_terminated = true
wsgi.multiprocess = false
wsgi.multithread = false
wsgi.run_once = false
wsgi.url_scheme = "http"
wsgi.version = [1, 0]
`,
    ],
  })
})

class Session {
  readonly secret = 's3cret'
}
const cyclic: unknown[] = []
cyclic.push(cyclic)

it.each<[string, unknown, string]>([
  ['a quote and a line break in their escapes', 'a"\nb', '"a\\"\\nb"'],
  ['an object by its class, and nothing inside it', new Session(), '<Session>'],
  ['a plain object', { secret: 's3cret' }, '<Object>'],
  ['an object without a class', Object.create(null), '<Object>'],
  ['an object whose class has no name', new (class {})(), '<Object>'],
  ['an object far from any class', Object.create(Object.create(null)), '<Object>'],
  ['a function', () => 's3cret', '<Function>'],
  [
    'an array with what stands in it',
    ['a', 1, { secret: 's3cret' }, ['s3cret']],
    '["a", 1, <Object>, <Array>]',
  ],
  ['an array that holds itself', cyclic, '[<Array>]'],
  ['null', null, 'null'],
  ['undefined', undefined, 'undefined'],
  ['a big integer', 5n, '5'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['not a number', Number.NaN, 'NaN'],
])('shows %s', (_, value, shown) => {
  const environ = setupTestingDefaults({ ...{ 'tsgi.test': value } })
  expect(answer(environ).chunks[0]).toContain(`\ntsgi.test = ${shown}\n`)
})

it('never shows the process’s own environment', () => {
  process.env.TSGI_DEMO_SECRET = 's3cret'
  try {
    expect(answer(setupTestingDefaults({})).chunks[0]).not.toMatch(/TSGI_DEMO_SECRET|s3cret/)
  } finally {
    delete process.env.TSGI_DEMO_SECRET
  }
})
