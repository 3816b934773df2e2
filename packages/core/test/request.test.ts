import { describe, expect, it } from 'vitest'
import { closeBody, readBody } from '../src/body.ts'
import { utf8 } from '../src/bytes.ts'
import type { Application, Environ } from '../src/contract.ts'
import { handler } from '../src/handler.ts'
import { inputStream } from '../src/input.ts'
import { Request } from '../src/request.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { observe } from './observe.ts'

describe('Request', () => {
  it('shows what the environ says', () => {
    const environ = setupTestingDefaults({
      REQUEST_METHOD: 'PATCH',
      SCRIPT_NAME: '/shop',
      PATH_INFO: '/café/a%2Fb',
      QUERY_STRING: 'a=1&b=%C3%A9&a=2',
      HTTP_HOST: 'example.com:8000',
      CONTENT_TYPE: 'Text/HTML ; charset=utf-8',
      CONTENT_LENGTH: '12',
      REMOTE_ADDR: '192.0.2.7',
    })
    const request = new Request(environ)
    expect(request.environ).toBe(environ)
    expect(request.method).toBe('PATCH')
    expect(request.scheme).toBe('http')
    expect(request.host).toBe('example.com:8000')
    expect(request.remoteAddress).toBe('192.0.2.7')
    expect(request.url).toBe('http://example.com:8000/shop/caf%C3%A9/a%2Fb?a=1&b=%C3%A9&a=2')
    expect(request.path).toBe('/shop/café/a%2Fb')
    expect(request.scriptName).toBe('/shop')
    expect(request.pathInfo).toBe('/café/a%2Fb')
    expect(request.query.getAll('a')).toEqual(['1', '2'])
    expect(request.query.get('b')).toBe('é')
    expect(request.contentType).toBe('text/html')
    expect(request.contentLength).toBe(12)
    expect(request.signal).toBe(environ['tsgi.exchange'].signal)
  })

  it('looks at nothing before it is asked to', () => {
    const environ = new Proxy(setupTestingDefaults({}), {
      get: (_, key) => {
        throw new Error(`${String(key)} was read`)
      },
    })
    expect(() => new Request(environ)).not.toThrow()
    expect(() => new Request(environ).method).toThrow('REQUEST_METHOD was read')
  })

  it.each<[header: string, value: string]>([
    ['Forwarded', 'for=203.0.113.9;host=evil.example;proto=https'],
    ['X-Forwarded-For', '203.0.113.9'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Port', '8443'],
    ['X-Forwarded-Prefix', '/evil'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Scheme', 'https'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
    ['X-Real-IP', '203.0.113.9'],
    ['X-HTTP-Method-Override', 'DELETE'],
  ])('trusts no %s', (header, value) => {
    const { url, host, scheme, path, method, remoteAddress } = Request.blank('/', {
      headers: { [header]: value },
    })
    expect({ url, host, scheme, path, method, remoteAddress }).toEqual({
      url: 'http://127.0.0.1/',
      host: '127.0.0.1',
      scheme: 'http',
      path: '/',
      method: 'GET',
      remoteAddress: '127.0.0.1',
    })
  })

  it('keeps a question mark that begins the query', () => {
    expect([...Request.blank('/??a=1').query]).toEqual([['?a', '1']])
  })

  it('gathers the headers, once', () => {
    const environ = setupTestingDefaults({
      HTTP_HOST: 'example.com',
      HTTP_USER_AGENT: 'test/1.0',
      HTTP_X_A: '1, 2',
      HTTP_GONE: undefined,
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '',
    })
    const { headers } = new Request(environ)
    expect(headers.list.toSorted()).toEqual([
      ['content-type', 'text/plain'],
      ['host', 'example.com'],
      ['user-agent', 'test/1.0'],
      ['x-a', '1, 2'],
    ])
    expect(headers.get('User-Agent')).toBe('test/1.0')
    const request = new Request(environ)
    expect(request.headers).toBe(request.headers)
    expect(request.query).toBe(request.query)
  })

  it('has the params that a router found, and none before', () => {
    const environ = setupTestingDefaults({})
    const { params } = new Request(environ)
    expect(Object.keys(params)).toEqual([])
    expect('toString' in params).toBe(false)
    expect(() => Object.assign(params, { id: '1' })).toThrow(TypeError)
    const routed = Object.assign(environ, { 'wsgiorg.routing_args': [[], { id: '7' }] as const })
    expect(new Request(routed).params.id).toBe('7')
  })

  it.each<[contentType: string | undefined, type: string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    [';charset=utf-8', undefined],
    ['application/json', 'application/json'],
    [' Application/JSON\t; charset=utf-8', 'application/json'],
  ])('reads of Content-Type %j the type %j', (contentType, type) => {
    const environ = setupTestingDefaults(contentType === undefined ? {} : { CONTENT_TYPE: contentType })
    expect(new Request(environ).contentType).toBe(type)
  })

  it.each<[contentLength: string | undefined, length: number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['0012', 12],
    ['-1', undefined],
    ['+1', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['12 ', undefined],
  ])('reads Content-Length %j as %j', (contentLength, length) => {
    const environ = setupTestingDefaults(contentLength === undefined ? {} : { CONTENT_LENGTH: contentLength })
    expect(new Request(environ).contentLength).toBe(length)
  })

  it('is where the client says it is, as its url has it', () => {
    const at = (environ: Partial<Environ>): string => new Request(setupTestingDefaults(environ)).host
    expect(at({ HTTP_HOST: 'example.com:8000' })).toBe('example.com:8000')
    expect(at({ HTTP_HOST: '[::1]:8000', SCRIPT_NAME: '/shop' })).toBe('[::1]:8000')
    expect(at({ HTTP_HOST: 'evil.example/path', SERVER_NAME: 'example.com', SERVER_PORT: '8000' })).toBe(
      'example.com:8000',
    )
    expect(at({ HTTP_HOST: '', SERVER_NAME: 'example.com', HTTPS: 'on', SERVER_PORT: '443' })).toBe(
      'example.com',
    )
  })

  it('reads the cookies', () => {
    const { cookies } = Request.blank('/', {
      headers: { Cookie: 'a=1; a=2; b=%C3%A9; c=%zz; __%48ost-d=3; __proto__=4' },
    })
    expect([...cookies]).toEqual([
      ['a', '1'],
      ['b', 'é'],
      ['c', '%zz'],
      ['__%48ost-d', '3'],
      ['__proto__', '4'],
    ])
    expect(Request.blank('/').cookies.size).toBe(0)
  })

  it('keeps what it has parsed, for all views of the environ and of copies that follow', () => {
    const { environ } = Request.blank('/?a=1', {
      headers: {
        Cookie: 'a=1',
        'If-None-Match': '"a"',
        'If-Modified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT',
      },
    })
    const [first, second] = [new Request(environ), new Request(environ)]
    for (const member of ['query', 'cookies', 'ifNoneMatch', 'ifModifiedSince'] as const) {
      expect(second[member]).toBe(first[member])
      expect(first.copy({ PATH_INFO: '/inner' })[member]).toBe(first[member])
    }
  })

  it('parses anew what has changed', () => {
    const request = Request.blank('/?a=1', { headers: { Cookie: 'a=1' } })
    const copy = request.copy({ QUERY_STRING: 'b=2' })
    expect([...request.query, ...copy.query, ...request.query]).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', '1'],
    ])
    delete request.environ['HTTP_COOKIE']
    expect(request.cookies.size).toBe(0)
    request.environ['HTTP_COOKIE'] = 'c=3'
    expect([...request.cookies]).toEqual([['c', '3']])
  })

  it('adds no key to the environ', () => {
    const request = Request.blank('/?a=1')
    const keys = Object.keys(request.environ)
    expect([request.query.size, request.cookies.size, request.headers.size]).toEqual([1, 0, 1])
    expect(Object.keys(request.environ)).toEqual(keys)
  })
})

describe('negotiation', () => {
  it.each<
    [
      section: string,
      method: 'accepts' | 'acceptsLanguages' | 'acceptsEncodings' | 'acceptsCharsets',
      header: string,
      string,
      offers: string[],
      best: string | null,
    ]
  >([
    ['12.5.1', 'accepts', 'Accept', 'text/html;q=0.5, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['12.5.1', 'accepts', 'Accept', 'text/html', ['image/png'], null],
    ['12.5.2', 'acceptsCharsets', 'Accept-Charset', 'utf-8;q=0.5, utf-16', ['utf-8', 'utf-16'], 'utf-16'],
    ['12.5.2', 'acceptsCharsets', 'Accept-Charset', 'utf-8', ['utf-16'], null],
    ['12.5.3', 'acceptsEncodings', 'Accept-Encoding', 'gzip, br;q=0.5', ['br', 'gzip'], 'gzip'],
    ['12.5.3', 'acceptsEncodings', 'Accept-Encoding', 'gzip', ['br'], null],
    ['12.5.4', 'acceptsLanguages', 'Accept-Language', 'de-CH, en;q=0.5', ['en', 'de'], 'de'],
    ['12.5.4', 'acceptsLanguages', 'Accept-Language', 'de', ['fr'], null],
  ])('goes by RFC 9110 section %s: %s, with %s: %s', (_section, method, header, value, offers, best) => {
    expect(Request.blank('/', { headers: { [header]: value } })[method](offers)).toBe(best)
  })

  it.each(['accepts', 'acceptsLanguages', 'acceptsEncodings', 'acceptsCharsets'] as const)(
    'refuses nothing where %s has no header to go by',
    (method) => {
      const offers = method === 'accepts' ? ['image/png'] : ['x']
      expect(Request.blank('/')[method](offers)).toBe(offers[0])
    },
  )
})

describe('conditions', () => {
  const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'

  it.each<
    [
      section: string,
      member: 'ifMatch' | 'ifNoneMatch' | 'ifModifiedSince' | 'ifUnmodifiedSince' | 'ifRange' | 'range',
      header: string,
      value: string,
      read: unknown,
    ]
  >([
    ['13.1.1', 'ifMatch', 'If-Match', '"a", W/"b"', ['"a"', 'W/"b"']],
    ['13.1.1', 'ifMatch', 'If-Match', '*', '*'],
    ['13.1.1', 'ifMatch', 'If-Match', '', []],
    ['13.1.2', 'ifNoneMatch', 'If-None-Match', 'W/"a"', ['W/"a"']],
    ['13.1.2', 'ifNoneMatch', 'If-None-Match', '*', '*'],
    ['13.1.2', 'ifNoneMatch', 'If-None-Match', 'unquoted', []],
    ['13.1.3', 'ifModifiedSince', 'If-Modified-Since', DATE, new Date(DATE)],
    ['13.1.3', 'ifModifiedSince', 'If-Modified-Since', 'yesterday', undefined],
    ['13.1.4', 'ifUnmodifiedSince', 'If-Unmodified-Since', DATE, new Date(DATE)],
    ['13.1.4', 'ifUnmodifiedSince', 'If-Unmodified-Since', '784111777', undefined],
    ['13.1.5', 'ifRange', 'If-Range', '"a"', '"a"'],
    ['13.1.5', 'ifRange', 'If-Range', DATE, DATE],
    ['14.2', 'range', 'Range', 'bytes=0-99', 'bytes=0-99'],
  ])('are read by RFC 9110 section %s: %s of %s: %s', (_section, member, header, value, read) => {
    expect(Request.blank('/', { headers: { [header]: value } })[member]).toEqual(read)
    expect(Request.blank('/')[member]).toBeUndefined()
  })
})

describe('Request.getResponse', () => {
  it('asks an application', async () => {
    const app = handler((request) => ({ path: request.path, name: request.headers.get('X-Name') }))
    const response = await Request.blank('/a', { headers: { 'X-Name': 'Ada' } }).getResponse(app)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('application/json')
    expect(await readBody(response.body)).toEqual(utf8('{"path":"/a","name":"Ada"}'))
  })

  it.each<[way: string, app: Application]>([
    [
      'through write',
      (_environ, startResponse) => {
        const write = startResponse('202 Accepted', [['X-A', '1']])
        void write(utf8('a'))
        return [utf8('b')]
      },
    ],
    [
      'late',
      async function* (_environ, startResponse) {
        yield utf8('')
        startResponse('202 Accepted', [['X-A', '1']])
        yield utf8('ab')
      },
    ],
  ])('takes an answer that comes %s', async (_way, app) => {
    const response = await Request.blank('/').getResponse(app)
    expect([response.status, response.headers.get('x-a')]).toEqual([202, '1'])
    expect(await readBody(response.body)).toEqual(utf8('ab'))
  })

  it('gives a body that is there to be closed', async () => {
    const log: string[] = []
    const response = await Request.blank('/').getResponse((_environ, startResponse) => {
      startResponse('200 OK', [])
      return observe(log, [utf8('a'), utf8('b')])
    })
    await closeBody(response.body)
    expect(log.filter((event) => event === 'close')).toHaveLength(1)
  })

  it('rejects with what the application throws', async () => {
    const failure = new Error('out of tea')
    await expect(
      Request.blank('/').getResponse(() => {
        throw failure
      }),
    ).rejects.toBe(failure)
  })

  it('shares the body', async () => {
    const request = Request.blank('/', { json: { a: 1 } })
    const response = await request.getResponse(handler(async (inner) => ({ got: await inner.json() })))
    expect(await readBody(response.body)).toEqual(utf8('{"got":{"a":1}}'))
    expect(await request.json()).toEqual({ a: 1 })
  })
})

describe('Request.copy', () => {
  it('changes a copy of the environ', () => {
    const request = Request.blank('/a?b=1')
    const copy = request.copy({ PATH_INFO: '/c', 'test.user': 'Ada' })
    expect(copy).toBeInstanceOf(Request)
    expect([copy.path, copy.environ['test.user'], copy.query.get('b')]).toEqual(['/c', 'Ada', '1'])
    expect([request.path, 'test.user' in request.environ]).toEqual(['/a', false])
    expect('toString' in copy.environ).toBe(false)
  })

  it('takes what is added later for its own', () => {
    const request = Request.blank('/')
    const copy = request.copy()
    copy.environ.HTTP_X_A = '1'
    expect([copy.headers.get('x-a'), request.headers.get('x-a')]).toEqual(['1', null])
  })

  it('has the same body, and another with another input', async () => {
    const request = Request.blank('/', { body: 'old' })
    expect(await request.copy({ PATH_INFO: '/inner' }).text()).toBe('old')
    expect(await request.copy({ 'wsgi.input': inputStream([utf8('new')]) }).text()).toBe('new')
    expect(await request.text()).toBe('old')
  })

  it('has the same limits', async () => {
    const { environ } = Request.blank('/', { body: 'abc' })
    const request = new Request(environ, { limits: { bodyBytes: 2 } })
    await expect(request.copy().bytes()).rejects.toMatchObject({ status: 413 })
  })
})
