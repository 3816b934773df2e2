import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Environ } from '../src/contract.ts'
import {
  emptyInput,
  errorStream,
  GatewayExchange,
  inputStream,
  makeEnviron,
  Refusal,
  type RequestFacts,
  type ServerFacts,
} from '../src/gateway.ts'
import { FileWrapper } from '../src/index.ts'

const errors = errorStream(() => {})
const exchange = new GatewayExchange(errors)
const input = inputStream([])
const fileWrapper: Environ['wsgi.file_wrapper'] = (file, blockSize) => new FileWrapper(file, blockSize)

const SERVER: ServerFacts = {
  name: 'server.example',
  port: '8000',
  scheme: 'http',
  software: 'tsgi/1',
  errors,
  multithread: true,
  multiprocess: false,
  runOnce: false,
}

function make(headers: string[], request: Partial<RequestFacts> = {}, server: Partial<ServerFacts> = {}) {
  return makeEnviron(
    { ...SERVER, ...server },
    {
      method: 'GET',
      target: '/',
      protocol: 'HTTP/1.1',
      headers,
      remoteAddress: '192.0.2.1',
      remotePort: '4711',
      openInput: () => input,
      earlyHints: undefined,
      ...request,
    },
    exchange,
  )
}

/** The environ of a request that has a `Host` and these headers. */
function accepted(headers: string[], request: Partial<RequestFacts> = {}): Environ {
  const environ = make(['Host', 'a.example', ...headers], request)
  if (environ instanceof Refusal) throw new Error(`refused: ${environ.message}`)
  return environ
}

describe('makeEnviron', () => {
  it('gives every key of the contract, and no other', () => {
    const environ = make(['Host', 'a.example'], {
      method: 'PuT',
      target: '/a%20b?c=%20d',
      protocol: 'HTTP/1.1',
    })
    expect({ ...environ }).toEqual({
      REQUEST_METHOD: 'PuT',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b',
      QUERY_STRING: 'c=%20d',
      REQUEST_URI: '/a%20b?c=%20d',
      SERVER_NAME: 'server.example',
      SERVER_PORT: '8000',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'tsgi/1',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REMOTE_ADDR: '192.0.2.1',
      REMOTE_PORT: '4711',
      HTTP_HOST: 'a.example',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.input': emptyInput(),
      'wsgi.errors': errors,
      'wsgi.multithread': true,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'wsgi.input_terminated': true,
      'tsgi.exchange': exchange,
    })
  })

  it.each<[key: keyof Environ, server: Partial<ServerFacts>, value: unknown]>([
    ['wsgi.url_scheme', { scheme: 'https' }, 'https'],
    ['wsgi.multithread', { multithread: false }, false],
    ['wsgi.multiprocess', { multiprocess: true }, true],
    ['wsgi.run_once', { runOnce: true }, true],
    ['wsgi.file_wrapper', { fileWrapper }, fileWrapper],
    ['SERVER_SOFTWARE', { software: 'other/2' }, 'other/2'],
    ['SERVER_NAME', { name: 'other.example' }, 'other.example'],
    ['SERVER_PORT', { port: '1' }, '1'],
  ])('takes %s from the server', (key, server, value) => {
    expect((make(['Host', 'a'], {}, server) as Environ)[key]).toBe(value)
  })

  it('inherits nothing, and shares nothing that can be changed', () => {
    const [one, other] = [accepted([]), accepted([])]
    for (const key of ['toString', 'constructor', '__proto__', 'HTTP_X']) expect(key in one).toBe(false)
    one.SCRIPT_NAME = '/changed'
    one['HTTP_X'] = 'added'
    expect([other.SCRIPT_NAME, 'HTTP_X' in other]).toEqual(['', false])
    expect(Object.isFrozen(one['wsgi.version'])).toBe(true)
  })

  it.each<[target: string, method: string, pathInfo: string, queryString: string]>([
    ['/', 'GET', '/', ''],
    ['/?', 'GET', '/', ''],
    ['/?a?b', 'GET', '/', 'a?b'],
    ['/a%2fb', 'GET', '/a%2Fb', ''],
    ['//a/../b', 'GET', '//a/../b', ''],
    ['http://b.example', 'GET', '/', ''],
    ['http://b.example?x', 'GET', '/', 'x'],
    ['*', 'OPTIONS', '', ''],
  ])('reads the target %s of %s', (target, method, pathInfo, queryString) => {
    const environ = accepted([], { target, method })
    expect([environ.PATH_INFO, environ.QUERY_STRING, environ.REQUEST_URI]).toEqual([
      pathInfo,
      queryString,
      target,
    ])
  })

  it.each<[target: string, method: string, status: number]>([
    ['a.example:443', 'CONNECT', 501],
    ['/', 'CONNECT', 501],
    ['a.example:443', 'GET', 400],
    ['*', 'GET', 400],
    ['', 'GET', 400],
    ['a', 'GET', 400],
    ['/%', 'GET', 400],
    ['/%ff', 'GET', 400],
    ['/%00', 'GET', 400],
    ['/a#b', 'GET', 400],
    ['ftp://a.example/', 'GET', 400],
    ['http://user@a.example/', 'GET', 400],
    ['http:///a', 'GET', 400],
  ])('refuses the target %j of %s', (target, method, status) => {
    const refusal = make(['Host', 'a.example'], { target, method })
    expect(refusal).toBeInstanceOf(Refusal)
    expect((refusal as Refusal).status).toMatch(new RegExp(`^${status} `))
  })

  it.each<[what: string, headers: string[], keys: Record<string, string>]>([
    ['a header', ['X-Forwarded-For', 'a'], { HTTP_X_FORWARDED_FOR: 'a' }],
    ['a name in any case', ['uSER-aGENT', 'a'], { HTTP_USER_AGENT: 'a' }],
    ['an empty value', ['X', ''], { HTTP_X: '' }],
    ['repeats', ['X', 'a', 'Y', 'b', 'x', 'c'], { HTTP_X: 'a, c', HTTP_Y: 'b' }],
    ['repeats with an empty one', ['X', '', 'X', 'a'], { HTTP_X: ', a' }],
    ['cookies', ['Cookie', 'a=1', 'cookie', 'b=2', 'COOKIE', 'c=3'], { HTTP_COOKIE: 'a=1; b=2; c=3' }],
    ['a type', ['content-type', 'text/plain'], { CONTENT_TYPE: 'text/plain' }],
    ['an empty type', ['Content-Type', ''], { CONTENT_TYPE: '' }],
    ['a length', ['content-LENGTH', '7'], { CONTENT_LENGTH: '7' }],
    ['no chunked coding', ['Transfer-Encoding', 'Chunked'], {}],
    [
      'names with an underscore',
      ['X_User', 'root', 'Content_Length', '5', 'Transfer_Encoding', 'x', '_', '1'],
      {},
    ],
    ['Proxy', ['Proxy', 'a', 'PROXY', 'b', 'pRoXy', 'c'], {}],
    ['what only begins like Proxy', ['Proxy-Authorization', 'a'], { HTTP_PROXY_AUTHORIZATION: 'a' }],
    [
      'names of Object.prototype',
      ['__proto__', 'a', 'constructor', 'b', 'toString', 'c'],
      {
        HTTP_CONSTRUCTOR: 'b',
        HTTP_TOSTRING: 'c',
      },
    ],
    [
      'names that look like keys',
      ['HTTPS', 'on', 'Remote-Addr', '::1', 'HTTP-Host', 'b', 'Script-Name', '/x'],
      {
        HTTP_HTTPS: 'on',
        HTTP_REMOTE_ADDR: '::1',
        HTTP_HTTP_HOST: 'b',
        HTTP_SCRIPT_NAME: '/x',
      },
    ],
    ['a token of odd characters', ["!#$%&'*+.^`|~1", 'a'], { "HTTP_!#$%&'*+.^`|~1": 'a' }],
  ])('makes keys of %s', (_, headers, keys) => {
    const environ = accepted(headers)
    const bare: Environ = accepted([])
    const { 'wsgi.input': _input, ...rest } = environ
    const { 'wsgi.input': _bare, ...without } = bare
    expect(rest).toEqual({ ...without, ...keys })
    expect(Object.getPrototypeOf(environ)).toBe(Object.getPrototypeOf(bare))
  })

  it('takes the value of each header apart from every other: any list of names and values', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,8}$/)
    const special = /^(host|proxy|cookie|content-type|content-length|transfer-encoding)$/i
    const header = fc.tuple(
      name.filter((made) => !special.test(made)),
      fc.stringMatching(/^[!-~]{0,5}$/),
    )
    fc.assert(
      fc.property(fc.array(header), (headers) => {
        const environ = accepted(headers.flat())
        const expected = new Map<string, string>()
        for (const [name, value] of headers) {
          const key = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`
          expected.set(key, expected.has(key) ? `${expected.get(key)}, ${value}` : value)
        }
        expected.set('HTTP_HOST', 'a.example')
        const found = Object.entries(environ).filter(([key]) => key.startsWith('HTTP_'))
        expect(new Map(found as [string, string][])).toEqual(expected)
      }),
    )
  })

  describe('Host', () => {
    it.each<[what: string, protocol: string, target: string, headers: string[], host: string | undefined]>([
      ['as sent', 'HTTP/1.1', '/', ['Host', 'A.example:80'], 'A.example:80'],
      ['an address', 'HTTP/1.1', '/', ['Host', '[::1]:8000'], '[::1]:8000'],
      ['none in HTTP/1.0', 'HTTP/1.0', '/', [], undefined],
      ['the authority in its place', 'HTTP/1.1', 'http://b.example:1/', ['Host', 'a.example'], 'b.example:1'],
      ['the authority without it', 'HTTP/1.0', 'http://b.example/', [], 'b.example'],
    ])('is %s', (_, protocol, target, headers, host) => {
      expect((make(headers, { protocol, target }) as Environ).HTTP_HOST).toBe(host)
    })

    it.each<[what: string, protocol: string, headers: string[], source: string]>([
      ['two', 'HTTP/1.1', ['Host', 'a', 'Host', 'b'], 'RFC 9112 3.2'],
      ['the same one twice, in another case', 'HTTP/1.1', ['Host', 'a', 'hOST', 'a'], 'RFC 9112 3.2'],
      ['two in HTTP/1.0', 'HTTP/1.0', ['Host', 'a', 'Host', 'a'], 'RFC 9112 3.2'],
      ['none in HTTP/1.1', 'HTTP/1.1', [], 'RFC 9112 3.2'],
      ['an empty one', 'HTTP/1.1', ['Host', ''], 'RFC 9110 4.2.1'],
      ['one with a path', 'HTTP/1.1', ['Host', 'a/b'], 'RFC 9112 3.2'],
      ['one with a user', 'HTTP/1.1', ['Host', 'user@a'], 'RFC 9112 3.2'],
      ['one with a space', 'HTTP/1.1', ['Host', 'a b'], 'RFC 9112 3.2'],
      ['two in one', 'HTTP/1.1', ['Host', 'a, b'], 'RFC 9112 3.2'],
      ['a port that is none', 'HTTP/1.1', ['Host', 'a:b'], 'RFC 3986 3.2.3'],
      ['a port too high', 'HTTP/1.1', ['Host', 'a:65536'], 'RFC 3986 3.2.3'],
      ['an address without brackets', 'HTTP/1.1', ['Host', '::1'], 'RFC 3986 3.2.2'],
      ['only one with an underscore in its name', 'HTTP/1.1', ['Ho_st', 'a'], 'contract 2'],
    ])('is refused: %s (%s)', (_, protocol, headers) => {
      expect(make(headers, { protocol })).toMatchObject({ status: '400 Bad Request', message: /^(a )?Host/ })
    })

    it('is required in HTTP/1.1 also where the target has an authority (RFC 9112 section 3.2)', () => {
      expect(make([], { target: 'http://a.example/' })).toBeInstanceOf(Refusal)
    })

    it('is checked also where the authority takes its place', () => {
      expect(make(['Host', 'a b'], { target: 'http://a.example/' })).toBeInstanceOf(Refusal)
    })
  })

  describe('framing', () => {
    it.each<[what: string, protocol: string, headers: string[], status: number, source: string]>([
      ['two types', 'HTTP/1.1', ['Content-Type', 'a/b', 'content-type', 'a/b'], 400, 'RFC 9110 5.3'],
      [
        'two types, one of them empty',
        'HTTP/1.1',
        ['Content-Type', '', 'Content-Type', 'a/b'],
        400,
        'RFC 9110 5.3',
      ],
      ['two lengths', 'HTTP/1.1', ['Content-Length', '5', 'Content-Length', '6'], 400, 'RFC 9112 6.3'],
      [
        'the same length twice',
        'HTTP/1.1',
        ['Content-Length', '5', 'content-length', '5'],
        400,
        'RFC 9112 6.3',
      ],
      ['two lengths in one', 'HTTP/1.1', ['Content-Length', '5, 5'], 400, 'RFC 9112 6.3'],
      ['a length with a plus', 'HTTP/1.1', ['Content-Length', '+5'], 400, 'RFC 9110 8.6'],
      ['a length below zero', 'HTTP/1.1', ['Content-Length', '-5'], 400, 'RFC 9110 8.6'],
      ['a length in hexadecimal', 'HTTP/1.1', ['Content-Length', '0x5'], 400, 'RFC 9110 8.6'],
      ['a length with a fraction', 'HTTP/1.1', ['Content-Length', '5.0'], 400, 'RFC 9110 8.6'],
      ['a length with a space', 'HTTP/1.1', ['Content-Length', '5 6'], 400, 'RFC 9110 8.6'],
      ['a length with a line feed', 'HTTP/1.1', ['Content-Length', '5\n'], 400, 'RFC 9110 8.6'],
      ['a length in other digits', 'HTTP/1.1', ['Content-Length', '٥'], 400, 'RFC 9110 8.6'],
      ['an empty length', 'HTTP/1.1', ['Content-Length', ''], 400, 'RFC 9110 8.6'],
      ['chunks in HTTP/1.0', 'HTTP/1.0', ['Transfer-Encoding', 'chunked'], 400, 'RFC 9112 6.1'],
      ['another coding in HTTP/1.0', 'HTTP/1.0', ['Transfer-Encoding', 'gzip, chunked'], 400, 'RFC 9112 6.1'],
      [
        'length, then chunks',
        'HTTP/1.1',
        ['Content-Length', '5', 'Transfer-Encoding', 'chunked'],
        400,
        'RFC 9112 6.1',
      ],
      [
        'chunks, then length',
        'HTTP/1.1',
        ['Transfer-Encoding', 'chunked', 'Content-Length', '5'],
        400,
        'RFC 9112 6.1',
      ],
      [
        'chunks and the length 0',
        'HTTP/1.1',
        ['Transfer-Encoding', 'chunked', 'Content-Length', '0'],
        400,
        'RFC 9112 6.1',
      ],
      ['no chunks at the end', 'HTTP/1.1', ['Transfer-Encoding', 'gzip'], 400, 'RFC 9112 6.3'],
      [
        'chunks before another coding',
        'HTTP/1.1',
        ['Transfer-Encoding', 'chunked, gzip'],
        400,
        'RFC 9112 6.3',
      ],
      ['the identity', 'HTTP/1.1', ['Transfer-Encoding', 'identity'], 400, 'RFC 9112 6.3'],
      ['what only ends like chunked', 'HTTP/1.1', ['Transfer-Encoding', 'xchunked'], 400, 'RFC 9112 6.3'],
      ['an empty coding', 'HTTP/1.1', ['Transfer-Encoding', ''], 400, 'RFC 9112 6.3'],
      ['a coding around the chunks', 'HTTP/1.1', ['Transfer-Encoding', 'gzip, chunked'], 501, 'RFC 9112 6.1'],
      [
        'a coding in a line of its own',
        'HTTP/1.1',
        ['Transfer-Encoding', 'gzip', 'transfer-encoding', 'chunked'],
        501,
        'RFC 9112 6.1',
      ],
      [
        'chunks twice',
        'HTTP/1.1',
        ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'],
        501,
        'RFC 9112 6.1',
      ],
    ])('refuses %s (%s)', (_, protocol, headers, status) => {
      const refusal = make(['Host', 'a', ...headers], { protocol })
      expect(refusal).toBeInstanceOf(Refusal)
      expect((refusal as Refusal).status).toMatch(new RegExp(`^${status} `))
    })

    it.each<[what: string, headers: string[], opened: number]>([
      ['no length', [], 0],
      ['the length 0', ['Content-Length', '0'], 0],
      ['a length', ['Content-Length', '5'], 1],
      ['the longest length', ['Content-Length', '9'.repeat(30)], 1],
      ['chunks', ['Transfer-Encoding', 'CHUNKED'], 1],
      ['only a type', ['Content-Type', 'text/plain'], 0],
    ])('asks for the body only where there is one: %s', (_, headers, opened) => {
      let asked = 0
      const openInput = () => {
        asked++
        return input
      }
      const environ = accepted(headers, { openInput })
      expect(asked).toBe(opened)
      expect(environ['wsgi.input']).toBe(opened === 1 ? input : emptyInput())
      expect('HTTP_TRANSFER_ENCODING' in environ).toBe(false)
    })
  })

  it('remembers no more than a thousand names, and reads all others alike', () => {
    const set = vi.spyOn(Map.prototype, 'set')
    let remembered = 0
    try {
      for (let i = 0; i < 10_000; i++) {
        const environ = make(['Host', 'a', `X-${i}`, 'a', `x-${i}`, 'b', `X_${i}`, 'c'])
        if ((environ as Environ)[`HTTP_X_${i}`] !== 'a, b') throw new Error(`X-${i} was lost`)
      }
      remembered = set.mock.calls.length
    } finally {
      set.mockRestore()
    }
    expect(remembered).toBeLessThanOrEqual(1000)
    expect(remembered).toBeGreaterThan(0)
    // What was not remembered is checked all the same.
    expect(make(['Host', 'a', 'hoST', 'b'])).toBeInstanceOf(Refusal)
    expect('HTTP_PROXY' in accepted(['pRoXY', 'a'])).toBe(false)
  })
})
