import { type Application, type Environ, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, serve } from '../src/index.ts'
import { exchangeRaw, RawClient, statusesOf } from './raw-client.ts'

/** Answers with what it was given; reads the body where the path says so. */
const mirror: Application = async (environ, startResponse) => {
  const body =
    environ.PATH_INFO === '/read' ? Buffer.from(await environ['wsgi.input'].read()).toString('latin1') : ''
  startResponse('200 OK', [['Content-Type', 'application/json']])
  return text(JSON.stringify({ ...environ, body }))
}

let server: Server
let errors = ''
const unhandled: unknown[] = []
const onUnhandled = (error: unknown) => unhandled.push(error)

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled)
  server = await serve(mirror, {
    port: 0,
    errors: errorStream((line) => {
      errors += line
    }),
    headersTimeout: 300,
    requestTimeout: 600,
    bodyIdleTimeout: 200,
    maxHeaderSize: 8_192,
    maxHeadersCount: 50,
  })
})

afterAll(async () => {
  await server.close()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
  // A client's fault is no error of the server's or the application's.
  expect(errors).toBe('')
})

const CRLF = '\r\n'
const request = (...lines: string[]): string => [...lines, 'Connection: close', '', ''].join(CRLF)
const get = (target: string): string => request(`GET ${target} HTTP/1.1`, 'Host: a.example')

function environOf(received: string): Partial<Environ> & { body: string } {
  return JSON.parse(Buffer.from(received, 'latin1').toString().split('\r\n\r\n')[1]!)
}

describe('request targets', () => {
  it.each<[target: string, source: string, path: string, query?: string]>([
    ['/', 'RFC 9112 3.2.1', '/'],
    ['/a%20b', 'RFC 3986 2.1', '/a b'],
    ['/%C3%A9', 'contract 2', '/é'],
    ['/a%2Fb', 'contract 2', '/a%2Fb'],
    ['/a%2fb', 'contract 2', '/a%2Fb'],
    ['/a%252Fb', 'contract 2', '/a%252Fb'],
    ['/a%25%32%46b', 'contract 2', '/a%252Fb'],
    ['/a%252cb', 'contract 2', '/a%2cb'],
    ['//a//b/', 'contract 2', '//a//b/'],
    ['/a/../b/.', 'contract 2', '/a/../b/.'],
    ['/%2e%2e/x', 'contract 2', '/../x'],
    ['/a;b=c,d', 'RFC 3986 3.3', '/a;b=c,d'],
    ['/a\\b', 'contract 2', '/a\\b'],
    ['/?', 'RFC 3986 3.4', '/', ''],
    ['/?a=%zz&b=%00', 'contract 2', '/', 'a=%zz&b=%00'],
    ['/?a?b', 'RFC 3986 3.4', '/', 'a?b'],
    ['http://b.example/x?y', 'RFC 9112 3.2.2', '/x', 'y'],
    ['HTTP://b.example', 'RFC 9112 3.2.2', '/'],
    ['http://b.example?y', 'RFC 9112 3.2.2', '/', 'y'],
    [`/${'a'.repeat(6_000)}`, 'RFC 9112 3', `/${'a'.repeat(6_000)}`],
  ])('%s is one path (%s)', async (target, _source, path, query = '') => {
    const received = await exchangeRaw(server.port, get(target))
    expect(statusesOf(received)).toEqual([200])
    expect(environOf(received)).toMatchObject({
      PATH_INFO: path,
      QUERY_STRING: query,
      SCRIPT_NAME: '',
      REQUEST_URI: target,
    })
  })

  it.each([
    ['a bad escape', '/%zz', 'RFC 3986 2.1'],
    ['half an escape', '/%4', 'RFC 3986 2.1'],
    ['NUL', '/a%00b', 'contract 2'],
    ['a lone continuation byte', '/%80', 'RFC 3629 3'],
    ['an overlong slash', '/%c0%af', 'RFC 3629 3'],
    ['a surrogate in UTF-8', '/%ed%a0%80', 'RFC 3629 3'],
    ['a fragment', '/a#b', 'RFC 9112 3.2'],
    ['a raw byte above ASCII', '/\xe9', 'RFC 3986 2'],
    ['an asterisk for GET', '*', 'RFC 9112 3.2.4'],
    ['no slash', 'a/b', 'RFC 9112 3.2.1'],
    ['an absolute target with a user', 'http://u@b.example/', 'RFC 9110 4.2.4'],
    ['an absolute target without a host', 'http:///x', 'RFC 9110 4.2.1'],
    ['another scheme', 'ftp://b.example/x', 'RFC 9112 3.2.2'],
  ])('%s is answered 400 (%s, %s)', async (_, target) => {
    expect(statusesOf(await exchangeRaw(server.port, get(target)))).toEqual([400])
  })

  it('gives OPTIONS * an empty path', async () => {
    const received = await exchangeRaw(server.port, request('OPTIONS * HTTP/1.1', 'Host: a.example'))
    expect(environOf(received)).toMatchObject({ PATH_INFO: '', REQUEST_URI: '*', REQUEST_METHOD: 'OPTIONS' })
  })

  it('takes the host of an absolute target for that of the request (RFC 9112 3.2.2)', async () => {
    const received = await exchangeRaw(server.port, get('http://b.example:81/x'))
    expect(environOf(received).HTTP_HOST).toBe('b.example:81')
  })
})

describe('request lines', () => {
  it.each([
    ['CONNECT', request('CONNECT a.example:443 HTTP/1.1', 'Host: a.example:443'), [501]],
    ['HTTP/2.0', request('GET / HTTP/2.0', 'Host: a.example'), [505]],
    ['HTTP/1.2', request('GET / HTTP/1.2', 'Host: a.example'), [400]],
    ['no version', 'GET /\r\n\r\n', [505]],
    ['an unknown method', request('BREW / HTTP/1.1', 'Host: a.example'), [400]],
    ['a lower-case method', request('get / HTTP/1.1', 'Host: a.example'), [400]],
    ['a space too many', request('GET / x HTTP/1.1', 'Host: a.example'), [400]],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: a.example\n\n', [400]],
  ])('%s is answered', async (_, bytes, statuses) => {
    expect(statusesOf(await exchangeRaw(server.port, bytes))).toEqual(statuses)
  })
})

describe('headers', () => {
  const withHeaders = (...headers: string[]): string =>
    request('GET / HTTP/1.1', 'Host: a.example', ...headers)

  it.each<[what: string, bytes: string, source: string]>([
    ['two Hosts', withHeaders('Host: b.example'), 'RFC 9112 3.2'],
    ['two Hosts that agree', withHeaders('Host: a.example'), 'RFC 9112 3.2'],
    ['no Host', request('GET / HTTP/1.1'), 'RFC 9112 3.2'],
    ['an empty Host', request('GET / HTTP/1.1', 'Host:'), 'RFC 9110 4.2.1'],
    ['a Host with a path', request('GET / HTTP/1.1', 'Host: a.example/x'), 'RFC 9110 7.2'],
    ['a Host with a user', request('GET / HTTP/1.1', 'Host: u@a.example'), 'RFC 9110 7.2'],
    ['a Host with a space', request('GET / HTTP/1.1', 'Host: a b'), 'RFC 9110 7.2'],
    ['a Host with a port that is none', request('GET / HTTP/1.1', 'Host: a:b'), 'RFC 9110 7.2'],
    ['a list of Hosts', request('GET / HTTP/1.1', 'Host: a, b'), 'RFC 9110 7.2'],
    ['two Content-Types', withHeaders('Content-Type: text/plain', 'Content-Type: text/html'), 'contract 8'],
    ['a signed length', withHeaders('Content-Length: +5'), 'RFC 9110 8.6'],
    ['a negative length', withHeaders('Content-Length: -5'), 'RFC 9110 8.6'],
    ['a length in hexadecimal', withHeaders('Content-Length: 0x5'), 'RFC 9110 8.6'],
    ['a list of lengths', withHeaders('Content-Length: 5, 5'), 'RFC 9112 6.3'],
    ['two lengths', withHeaders('Content-Length: 5', 'Content-Length: 6'), 'RFC 9112 6.3'],
    ['two lengths that agree', withHeaders('Content-Length: 0', 'Content-Length: 0'), 'RFC 9112 6.3'],
    ['length and chunks', withHeaders('Content-Length: 5', 'Transfer-Encoding: chunked'), 'RFC 9112 6.1'],
    ['chunks and length', withHeaders('Transfer-Encoding: chunked', 'Content-Length: 5'), 'RFC 9112 6.1'],
    [
      'chunks in HTTP/1.0',
      `${request('POST / HTTP/1.0', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      'RFC 9112 6.1',
    ],
    ['a coding that does not end in chunked', withHeaders('Transfer-Encoding: gzip'), 'RFC 9112 6.3'],
    ['a space before the colon', withHeaders('X-A : b'), 'RFC 9112 5.1'],
    ['a folded line', withHeaders('X-A: b', ' c'), 'RFC 9112 5.2'],
    ['a line without a colon', withHeaders('X-A'), 'RFC 9112 5'],
    ['a name that is none', withHeaders('X[A]: b'), 'RFC 9110 5.1'],
    ['NUL in a value', withHeaders('X-A: b\0c'), 'RFC 9110 5.5'],
    ['a bare carriage return in a value', withHeaders('X-A: b\rc'), 'RFC 9110 5.5'],
  ])('%s: 400 (%s, %s)', async (_, bytes) => {
    expect(statusesOf(await exchangeRaw(server.port, bytes))).toEqual([400])
  })

  it.each<[what: string, bytes: string, status: number]>([
    ['a coding that nobody decodes', `${withHeaders('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, 501],
    ['a flood of headers', withHeaders(...Array.from({ length: 60 }, (_, i) => `X-${i}: a`)), 431],
    [
      'a flood beyond what Node drops',
      withHeaders(...Array.from({ length: 400 }, (_, i) => `X-${i}: a`)),
      431,
    ],
    ['a head that is too long', withHeaders(`X-A: ${'b'.repeat(9_000)}`), 431],
    ['a target that is too long', get(`/${'a'.repeat(9_000)}`), 431],
    ['an expectation that nobody meets', withHeaders('Expect: 200-ok'), 417],
  ])('%s: %s', async (_, bytes, status) => {
    expect(statusesOf(await exchangeRaw(server.port, bytes))).toEqual([status])
  })

  it('joins repeats, cookies in their own way, and keeps every other header', async () => {
    const received = await exchangeRaw(
      server.port,
      withHeaders(
        'X-A: 1',
        'x-a: 2',
        'Cookie: a=1',
        'Cookie: b=2',
        'Remote-Addr: 9.9.9.9',
        'Script-Name: /zz',
        'X-E:',
      ),
    )
    expect(environOf(received)).toMatchObject({
      HTTP_X_A: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_REMOTE_ADDR: '9.9.9.9',
      HTTP_SCRIPT_NAME: '/zz',
      HTTP_X_E: '',
      REMOTE_ADDR: '127.0.0.1',
      SCRIPT_NAME: '',
    })
  })

  it('drops names with an underscore, and Proxy', async () => {
    const received = await exchangeRaw(
      server.port,
      withHeaders(
        'X_User: root',
        'X-User: me',
        'Content_Length: 5',
        'Proxy: http://evil.example',
        'PROXY: b',
      ),
    )
    const environ = environOf(received)
    expect(environ.HTTP_X_USER).toBe('me')
    expect(Object.keys(environ)).not.toContain('HTTP_PROXY')
    expect(Object.keys(environ)).not.toContain('HTTP_CONTENT_LENGTH')
    expect(environ.CONTENT_LENGTH).toBeUndefined()
  })

  it('takes names that are members of every object for names', async () => {
    const received = await exchangeRaw(
      server.port,
      withHeaders('constructor: a', 'toString: b', '__proto__: c'),
    )
    expect(environOf(received)).toMatchObject({ HTTP_CONSTRUCTOR: 'a', HTTP_TOSTRING: 'b' })
  })

  it('answers HTTP/1.0 without a Host, and closes', async () => {
    const received = await exchangeRaw(server.port, 'GET /old HTTP/1.0\r\n\r\n')
    expect(statusesOf(received)).toEqual([200])
    expect(environOf(received)).toMatchObject({ PATH_INFO: '/old', SERVER_PROTOCOL: 'HTTP/1.0' })
    expect(received).toMatch(/^Connection: close\r$/m)
  })

  it('keeps an HTTP/1.0 connection that asks for it, as the length of the answer is known', async () => {
    const client = await RawClient.connect(server.port)
    client.write('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await client.until(/"body":""}$/)
    client.received = ''
    client.write('GET /2 HTTP/1.0\r\n\r\n')
    expect(environOf(await client.toEnd()).PATH_INFO).toBe('/2')
  })
})

describe('bodies', () => {
  const post = (...lines: string[]): string => request('POST /read HTTP/1.1', 'Host: a.example', ...lines)

  it('reads one of a declared length', async () => {
    const received = await exchangeRaw(server.port, `${post('Content-Length: 5')}hello`)
    expect(environOf(received)).toMatchObject({ body: 'hello', CONTENT_LENGTH: '5' })
  })

  it('reads chunks, and shows nothing of their coding', async () => {
    const received = await exchangeRaw(
      server.port,
      `${post('Transfer-Encoding: Chunked')}3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`,
    )
    const environ = environOf(received)
    expect(environ.body).toBe('hello')
    expect(environ.CONTENT_LENGTH).toBeUndefined()
    expect(environ.HTTP_TRANSFER_ENCODING).toBeUndefined()
  })

  it('gives an empty input where there is no body', async () => {
    const received = await exchangeRaw(server.port, request('POST /read HTTP/1.1', 'Host: a.example'))
    expect(environOf(received).body).toBe('')
  })

  it.each([
    ['a chunk size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a signed chunk size', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a chunk without its line end', '5\r\nhello0\r\n\r\n'],
    ['a chunk size beyond all bounds', 'ffffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
  ])('%s: 400', async (_, body) => {
    expect(statusesOf(await exchangeRaw(server.port, post('Transfer-Encoding: chunked') + body))).toEqual([
      400,
    ])
  })

  it('answers 408 when the head does not come', async () => {
    expect(statusesOf(await exchangeRaw(server.port, 'GET / HTTP/1.1\r\nHost: a.ex'))).toEqual([408])
  })

  it('answers 408 when the body does not come, though the application waits for it', async () => {
    expect(statusesOf(await exchangeRaw(server.port, `${post('Content-Length: 5')}he`))).toEqual([408])
  })

  it('answers 400 where the client ends in the middle of the body', async () => {
    const client = await RawClient.connect(server.port)
    client.write(`${post('Content-Length: 5')}he`).socket.end()
    expect(statusesOf(await client.toEnd())).toEqual([400])
  })
})

describe('pipelining', () => {
  it('answers in order', async () => {
    const received = await exchangeRaw(
      server.port,
      `GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${get('/3')}`,
    )
    expect(statusesOf(received)).toEqual([200, 200, 200])
    expect(received.match(/"PATH_INFO":"[^"]*"/g)).toEqual([
      '"PATH_INFO":"/1"',
      '"PATH_INFO":"/read"',
      '"PATH_INFO":"/3"',
    ])
  })

  it('takes what follows a body for the next request, not for more of the body', async () => {
    const received = await exchangeRaw(
      server.port,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${get('/2')}`,
    )
    expect(statusesOf(received)).toEqual([200, 200])
  })

  it('reads a half-read or unread body to its end before the next request', async () => {
    const body = 'x'.repeat(200_000)
    const received = await exchangeRaw(
      server.port,
      `POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}${get('/2')}`,
    )
    expect(statusesOf(received)).toEqual([200, 200])
  })

  it('refuses what is no request behind one that is', async () => {
    const received = await exchangeRaw(
      server.port,
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /%zz HTTP/1.1\r\nHost: a\r\n\r\n',
    )
    expect(statusesOf(received)).toEqual([200, 400])
  })
})
