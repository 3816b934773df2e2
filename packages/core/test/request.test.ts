import { describe, expect, it } from 'vitest'
import type { Environ, InputStream } from '../src/contract.ts'
import { HttpError } from '../src/http-error.ts'
import { emptyInput, inputStream } from '../src/input.ts'
import { type BlankOptions, DEFAULT_BODY_BYTES, Request } from '../src/request.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

const FORM = 'application/x-www-form-urlencoded'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A request with a body as a server gives it: in chunks, and of a type. */
function posted(type: string | undefined, ...chunks: (string | Uint8Array)[]): Request {
  const input = inputStream(chunks.map((chunk) => (typeof chunk === 'string' ? bytes(chunk) : chunk)))
  return new Request(
    setupTestingDefaults({ 'wsgi.input': input, ...(type === undefined ? {} : { CONTENT_TYPE: type }) }),
  )
}

async function refusal(read: Promise<unknown>): Promise<HttpError> {
  const error = await read.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof HttpError)) throw new Error(`an HttpError was expected; got ${error}`)
  return error
}

/** An input that cannot be read: whoever looks at it fails. */
const untouchable: InputStream = {
  read: () => Promise.reject(new Error('the body was read')),
  readline: () => Promise.reject(new Error('the body was read')),
  readlines: () => Promise.reject(new Error('the body was read')),
  [Symbol.asyncIterator]: () => {
    throw new Error('the body was read')
  },
}

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
    })
    const request = new Request(environ)
    expect(request.environ).toBe(environ)
    expect(request.method).toBe('PATCH')
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

  it('believes no header about where it comes from', () => {
    const { url } = Request.blank('/', {
      headers: {
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-Proto': 'https',
        Forwarded: 'host=evil.example',
      },
    })
    expect(url).toBe('http://127.0.0.1/')
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

  it('chooses among offers by Accept', () => {
    const request = Request.blank('/', { headers: { Accept: 'text/html;q=0.5, text/csv' } })
    expect(request.accepts(['text/html', 'text/csv'])).toBe('text/csv')
    expect(request.accepts(['image/png'])).toBeNull()
    expect(Request.blank('/').accepts(['image/png'])).toBe('image/png')
  })
})

describe('the readers of a body', () => {
  it('read it whole, of any chunks', async () => {
    expect(await posted(undefined, 'a', 'bc').bytes()).toEqual(bytes('abc'))
    expect(await posted('text/plain', 'a', 'bc').text()).toBe('abc')
    expect(await posted('application/json', '{"a"', ':1}').json()).toEqual({ a: 1 })
    expect([...(await posted(FORM, 'a=', '1&b=2').formData())]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('give the same promise again, through any view', () => {
    const { environ } = Request.blank('/', { body: '1', headers: { 'Content-Type': 'application/json' } })
    const [first, second] = [new Request(environ), new Request({ ...environ, PATH_INFO: '/inner' })]
    expect(second.bytes()).toBe(first.bytes())
    expect(second.text()).toBe(first.text())
    expect(second.json()).toBe(first.json())
    const form = Request.blank('/', { form: { a: '1' } })
    expect(form.formData()).toBe(new Request(form.environ).formData())
  })

  it('give what one another has read, at the same time or later', async () => {
    const request = Request.blank('/', { json: { a: 'é' } })
    expect(await Promise.all([request.json(), request.text(), request.bytes()])).toEqual([
      { a: 'é' },
      '{"a":"é"}',
      bytes('{"a":"é"}'),
    ])
    expect(await request.text()).toBe('{"a":"é"}')
  })

  it('start anew with a new input', async () => {
    const request = Request.blank('/', { body: 'old' })
    await request.bytes()
    const replaced = new Request({ ...request.environ, 'wsgi.input': inputStream([bytes('new')]) })
    expect(await replaced.text()).toBe('new')
    expect(await request.text()).toBe('old')
  })

  it('share nothing between requests without a body', async () => {
    const request = (): Request =>
      new Request(setupTestingDefaults({ 'wsgi.input': emptyInput(), CONTENT_TYPE: FORM }))
    ;(await request().formData()).append('secret', '1')
    expect([...(await request().formData())]).toEqual([])
  })

  it('let a body that broke off fail', async () => {
    const gone = new Error('the client is gone')
    const input = inputStream(
      (async function* () {
        yield bytes('{"a"')
        throw gone
      })(),
    )
    const request = new Request(
      setupTestingDefaults({ 'wsgi.input': input, CONTENT_TYPE: 'application/json' }),
    )
    await expect(request.json()).rejects.toBe(gone)
    await expect(request.bytes()).rejects.toBe(gone)
  })
})

describe('a read that was forgotten', () => {
  it('ends no process', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const reads = (request: Request): void => {
      request.bytes()
      request.text({ limits: { bodyBytes: 1 } })
      request.json()
      request.formData()
    }
    const gone = inputStream(
      (async function* () {
        yield bytes('{"a"')
        throw new Error('the client is gone')
      })(),
    )
    reads(new Request(setupTestingDefaults({ 'wsgi.input': gone, CONTENT_TYPE: 'application/json' })))
    reads(posted('application/json', '{'))
    reads(posted(FORM, 'a=1'))
    reads(posted('text/plain; charset=klingon', 'a'))
    reads(new Request(setupTestingDefaults({ 'wsgi.input': untouchable, CONTENT_LENGTH: '9999999' })))
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})

describe('the limit of a body', () => {
  const readers: [
    name: string,
    type: string,
    read: (request: Request, bodyBytes?: number) => Promise<unknown>,
  ][] = [
    ['bytes', 'text/plain', (request, bodyBytes) => request.bytes(limited(bodyBytes))],
    ['text', 'text/plain', (request, bodyBytes) => request.text(limited(bodyBytes))],
    ['json', 'application/json', (request, bodyBytes) => request.json(limited(bodyBytes))],
    [
      'formData',
      'application/x-www-form-urlencoded',
      (request, bodyBytes) => request.formData(limited(bodyBytes)),
    ],
  ]

  function limited(bodyBytes: number | undefined): { limits?: { bodyBytes: number } } {
    return bodyBytes === undefined ? {} : { limits: { bodyBytes } }
  }

  it.each(readers)('lets %s read as much as it says', async (_name, type, read) => {
    await expect(read(posted(type, '1', '23'), 3)).resolves.toBeDefined()
    await expect(read(posted(type, '1', '23'), Number.POSITIVE_INFINITY)).resolves.toBeDefined()
  })

  it.each(readers)('is counted by %s', async (_name, type, read) => {
    expect((await refusal(read(posted(type, '1', '23', '4'), 3))).status).toBe(413)
  })

  it.each(readers)('is 1 MiB for %s by default', async (_name, type, read) => {
    const most = '1'.repeat(DEFAULT_BODY_BYTES)
    await expect(read(posted(type, most))).resolves.toBeDefined()
    expect((await refusal(read(posted(type, most, '1')))).status).toBe(413)
  })

  it.each(readers)('lets %s refuse a declared length before anything is read', async (_name, type, read) => {
    for (const length of ['4', '9'.repeat(400)]) {
      const environ = { 'wsgi.input': untouchable, CONTENT_TYPE: type, CONTENT_LENGTH: length }
      expect((await refusal(read(new Request(setupTestingDefaults(environ)), 3))).status).toBe(413)
    }
  })

  it('believes no declared length that is too small', async () => {
    const environ = setupTestingDefaults({ 'wsgi.input': inputStream([bytes('12345')]), CONTENT_LENGTH: '1' })
    expect((await refusal(new Request(environ).bytes(limited(3)))).status).toBe(413)
  })

  it('asks for no more of a long body than it takes to know', async () => {
    let pulled = 0
    const endless = function* (): Generator<Uint8Array> {
      for (;;) {
        pulled += 1000
        yield new Uint8Array(1000)
      }
    }
    const request = new Request(setupTestingDefaults({ 'wsgi.input': inputStream(endless()) }))
    expect((await refusal(request.bytes(limited(10_000)))).status).toBe(413)
    expect(pulled).toBeLessThanOrEqual(11_000)
  })

  it('holds for what was read under a greater one', async () => {
    const request = posted('text/plain', '12345')
    expect(await request.text(limited(5))).toBe('12345')
    expect((await refusal(request.text(limited(4)))).status).toBe(413)
    expect(await request.text(limited(6))).toBe('12345')
  })

  it('that was broken stays broken', async () => {
    const request = posted('text/plain', '12345')
    const first = await refusal(request.text(limited(4)))
    expect(await refusal(request.text(limited(5)))).toBe(first)
  })
})

describe('Request.text', () => {
  it.each<[type: string | undefined, body: Uint8Array, text: string]>([
    [undefined, bytes('é'), 'é'],
    ['text/plain', bytes('é'), 'é'],
    ['text/plain', bytes('\ufeffé'), 'é'],
    ['text/plain; charset=UTF-8', bytes('é'), 'é'],
    ['text/plain; charset="utf-8"', bytes('é'), 'é'],
    ['text/plain; charset=iso-8859-1', Uint8Array.of(0xe9), 'é'],
    ['text/plain; charset=utf-16le', Uint8Array.of(0xe9, 0), 'é'],
    ['text/plain; charset=utf-8; charset=utf-16le', bytes('é'), 'é'],
  ])('decodes %j', async (type, body, text) => {
    expect(await posted(type, body).text()).toBe(text)
  })

  it.each<[fault: string, type: string, body: Uint8Array, status: number]>([
    ['an unknown charset', 'text/plain; charset=klingon', bytes('a'), 415],
    ['UTF-7', 'text/plain; charset=utf-7', bytes('a'), 415],
    ['an empty charset', 'text/plain; charset=""', bytes('a'), 415],
    ['a malformed type', 'text/plain; charset', bytes('a'), 415],
    ['half a character', 'text/plain', Uint8Array.of(0xc3), 400],
    ['an overlong slash', 'text/plain', Uint8Array.of(0xc0, 0xaf), 400],
    ['a surrogate', 'text/plain', Uint8Array.of(0xed, 0xa0, 0x80), 400],
    ['bytes that the charset has not', 'text/plain; charset=utf-16le', Uint8Array.of(0x00, 0xd8), 400],
  ])('refuses %s', async (_fault, type, body, status) => {
    expect((await refusal(posted(type, body).text())).status).toBe(status)
  })
})

describe('Request.json', () => {
  it.each<[type: string]>([
    ['application/json'],
    ['Application/JSON; charset=utf-8'],
    ['application/problem+json'],
    ['application/vnd.api+JSON'],
  ])('reads %s', async (type) => {
    expect(await posted(type, '\ufeff{"a": "é"}').json()).toEqual({ a: 'é' })
  })

  it.each<[type: string | undefined]>([
    [undefined],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data'],
    ['application/json5'],
    ['application/jsonp'],
    ['text/json+x'],
    ['+json'],
    ['/+json'],
    ['application/+json'],
    ['text/plain, application/json'],
    ['text/plain; a=application/json'],
    ['text/plain; a=b+json'],
  ])('refuses the type %j with 415, and reads it when any type will do', async (type) => {
    const request = posted(type, '{"a":1}')
    expect((await refusal(request.json())).status).toBe(415)
    expect(await request.json({ anyType: true })).toEqual({ a: 1 })
  })

  it.each<[fault: string, body: Uint8Array]>([
    ['nothing', bytes('')],
    ['white space', bytes(' ')],
    ['half an object', bytes('{"secret":')],
    ['two values', bytes('1 2')],
    ['a comma at the end', bytes('[1,]')],
    ['NaN', bytes('NaN')],
    ['undefined', bytes('undefined')],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['UTF-16', Uint8Array.of(0x31, 0)],
    ['brackets without end', bytes('['.repeat(100_000))],
  ])('refuses %s with 400', async (_fault, body) => {
    expect((await refusal(posted('application/json', body).json())).status).toBe(400)
  })

  it('never echoes the body', async () => {
    const error = await refusal(posted('application/json', '{"password": hunter2}').json())
    expect(`${error.message} ${error.detail} ${error.stack} ${error.cause}`).not.toContain('hunter2')
  })

  it('takes __proto__ for a plain name', async () => {
    const parsed = (await posted('application/json', '{"__proto__":{"admin":true},"a":1}').json()) as {
      admin?: true
    }
    expect(parsed.admin).toBeUndefined()
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
  })
})

describe('Request.formData', () => {
  it.each<[body: string, fields: [string, string][]]>([
    ['', []],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a+b=c%20d%2B', [['a b', 'c d+']]],
    ['a', [['a', '']]],
    ['?a=1', [['?a', '1']]],
    ['a=%C3%A9', [['a', 'é']]],
    [
      'a=%ff&b=%zz',
      [
        ['a', '\ufffd'],
        ['b', '%zz'],
      ],
    ],
    [
      '__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
  ])('reads %j', async (body, fields) => {
    const form = await posted(FORM, body).formData()
    expect(form).toBeInstanceOf(FormData)
    expect([...form]).toEqual(fields)
  })

  it('says that multipart is not supported yet', async () => {
    const error = await refusal(posted('multipart/form-data; boundary=x', '--x--').formData())
    expect(error.status).toBe(415)
    expect(error.detail).toContain('multipart/form-data is not supported yet')
  })

  it.each([[undefined], ['text/plain'], ['application/json']])(
    'refuses the type %j with 415',
    async (type) => {
      expect((await refusal(posted(type, 'a=1').formData())).status).toBe(415)
    },
  )
})

describe('Request.blank', () => {
  it('is a GET without a body', async () => {
    const request = Request.blank('/caf%C3%A9/a%2fb?c=%20d')
    expect(request.environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/café/a%2Fb',
      QUERY_STRING: 'c=%20d',
      REQUEST_URI: '/caf%C3%A9/a%2fb?c=%20d',
      HTTP_HOST: '127.0.0.1',
      'wsgi.url_scheme': 'http',
    })
    expect(request.contentLength).toBeUndefined()
    expect(await request.bytes()).toHaveLength(0)
    expect('toString' in request.environ).toBe(false)
  })

  it.each<[path: string, options: BlankOptions, url: string, environ: Partial<Environ>]>([
    [
      'http://example.com',
      {},
      'http://example.com/',
      { SERVER_NAME: 'example.com', SERVER_PORT: '80', REQUEST_URI: '/' },
    ],
    [
      'https://example.com:8443?q',
      {},
      'https://example.com:8443/?q',
      { HTTP_HOST: 'example.com:8443', SERVER_PORT: '8443', REQUEST_URI: '/?q', HTTPS: 'on' },
    ],
    [
      'HTTP://http/http',
      {},
      'http://http/http',
      { HTTP_HOST: 'http', PATH_INFO: '/http', REQUEST_URI: '/http' },
    ],
    ['http://[::1]/', {}, 'http://[::1]/', { SERVER_NAME: '[::1]', PATH_INFO: '/' }],
    [
      '/a?b',
      { base: 'https://example.com' },
      'https://example.com/a?b',
      { SCRIPT_NAME: '', SERVER_PORT: '443' },
    ],
    [
      '/a%20b',
      { base: 'http://example.com/sh%6Fp%20x/' },
      'http://example.com/shop%20x/a%20b',
      { SCRIPT_NAME: '/shop x', PATH_INFO: '/a b', REQUEST_URI: '/sh%6Fp%20x/a%20b' },
    ],
    [
      'http://a.example/x',
      { base: 'https://b.example/y' },
      'http://a.example/x',
      { SCRIPT_NAME: '', PATH_INFO: '/x' },
    ],
    [
      '*',
      { method: 'OPTIONS', base: 'http://a.example/x' },
      'http://a.example/x',
      { PATH_INFO: '', REQUEST_URI: '*' },
    ],
    ['/', { headers: { Host: 'b.example' } }, 'http://b.example/', { HTTP_HOST: 'b.example' }],
    [
      '/',
      { base: 'http://a.example', headers: { Host: 'b.example' } },
      'http://b.example/',
      { SERVER_NAME: 'a.example' },
    ],
  ])('is at %s with %j', (path, options, url, environ) => {
    const request = Request.blank(path, options)
    expect(request.url).toBe(url)
    expect(request.environ).toMatchObject(environ)
  })

  it.each<[options: BlankOptions, type: string | undefined, text: string]>([
    [{ body: 'é' }, 'text/plain; charset=utf-8', 'é'],
    [{ body: bytes('é') }, undefined, 'é'],
    [{ json: { a: 1 } }, 'application/json', '{"a":1}'],
    [{ json: null }, 'application/json', 'null'],
    [{ form: { a: 'b c', d: 'é' } }, FORM, 'a=b+c&d=%C3%A9'],
    [
      {
        form: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      FORM,
      'a=1&a=2',
    ],
    [{ body: 'x', headers: { 'content-type': 'text/csv' } }, 'text/csv', 'x'],
  ])('posts %j', async (options, type, text) => {
    const request = Request.blank('/', options)
    expect(request.method).toBe('POST')
    expect(request.environ.CONTENT_TYPE).toBe(type)
    expect(request.environ.CONTENT_LENGTH).toBe(`${bytes(text).length}`)
    expect(await request.text()).toBe(text)
    expect(Request.blank('/', { ...options, method: 'PUT' }).method).toBe('PUT')
  })

  it('has headers as a server gives them', () => {
    const { environ } = Request.blank('/', {
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['X_A', 'dropped'],
        ['Proxy', 'dropped'],
        ['Content-Length', '5'],
      ],
    })
    expect(environ).toMatchObject({ HTTP_X_A: '1, 2', HTTP_COOKIE: 'a=1; b=2', CONTENT_LENGTH: '5' })
    expect(environ).not.toHaveProperty('HTTP_PROXY')
  })

  it.each<[path: string, options?: BlankOptions]>([
    [''],
    ['a'],
    ['/ü'],
    ['/%zz'],
    ['/%00'],
    ['/#a'],
    ['*'],
    ['ftp://example.com/'],
    ['/', { base: '/shop' }],
    ['/', { base: 'ftp://example.com/' }],
    ['/', { headers: { 'a b': 'c' } }],
  ])('refuses %j with %j', (path, options) => {
    expect(() => Request.blank(path, options)).toThrow(TypeError)
  })
})
