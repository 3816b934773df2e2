import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Environ } from '../src/contract.ts'
import type { GatewayExchange } from '../src/gateway/exchange.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { Request } from '../src/request.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { bytes } from './observe.ts'
import { endless, withInput } from './posted.ts'

describe('Request.toFetch', () => {
  it('says what the request says', async () => {
    const request = Request.blank('/caf%C3%A9/a%2Fb?c=%20d', {
      base: 'https://example.com:8443/shop',
      headers: { 'X-A': '1', Cookie: 'a=1; b=2' },
      method: 'PUT',
      json: { a: 1 },
    })
    const fetched = request.toFetch()
    expect(fetched).toBeInstanceOf(globalThis.Request)
    expect(fetched.method).toBe('PUT')
    expect(fetched.url).toBe('https://example.com:8443/shop/caf%C3%A9/a%2Fb?c=%20d')
    expect(fetched.headers.get('x-a')).toBe('1')
    expect(fetched.headers.get('cookie')).toBe('a=1; b=2')
    expect(fetched.headers.get('content-type')).toBe('application/json')
    expect(await fetched.json()).toEqual({ a: 1 })
  })

  it('leaves the body to be read, until it is read there', async () => {
    const request = Request.blank('/', { body: 'a' })
    request.toFetch()
    expect(await request.text()).toBe('a')
    const other = Request.blank('/', { body: 'a' })
    expect(await other.toFetch().text()).toBe('a')
    await expect(other.text()).rejects.toThrow('it was, by body')
  })

  it('pulls no more of the body than is read, within the limits', async () => {
    const { input, taken } = endless(10)
    const { environ } = withInput(input, { REQUEST_METHOD: 'POST' })
    const reader = new Request(environ, { limits: { bodyBytes: 15 } }).toFetch().body!.getReader()
    await reader.read()
    expect(taken()).toBe(10)
    await expect(reader.read()).rejects.toMatchObject({ status: 413 })
  })

  it.each<[method: string, environ: Partial<Environ>]>([
    ['GET', { REQUEST_METHOD: 'GET', 'wsgi.input': inputStream([bytes('a')]) }],
    ['HEAD', { REQUEST_METHOD: 'HEAD', 'wsgi.input': inputStream([bytes('a')]) }],
    ['POST', { REQUEST_METHOD: 'POST' }],
  ])('has no body where there can be none, or is none: %s', (method, environ) => {
    const fetched = new Request(setupTestingDefaults(environ)).toFetch()
    expect([fetched.method, fetched.body]).toEqual([method, null])
  })

  it('is aborted with the exchange', () => {
    const { environ } = Request.blank('/')
    const { signal } = new Request(environ).toFetch()
    expect(signal.aborted).toBe(false)
    ;(environ['tsgi.exchange'] as GatewayExchange).abort(new Error('the client is gone'))
    expect(signal.aborted).toBe(true)
  })

  it.each<[why: string, environ: Partial<Environ>, status: number]>([
    ['refuses', { REQUEST_METHOD: 'TRACE' }, 501],
    ['refuses', { REQUEST_METHOD: 'track' }, 501],
    ['would take for GET', { REQUEST_METHOD: 'get' }, 501],
    ['would take for POST', { REQUEST_METHOD: 'Post' }, 501],
    ['would resolve', { PATH_INFO: '/public/../admin' }, 400],
    ['would resolve', { PATH_INFO: '/..' }, 400],
    ['would resolve', { PATH_INFO: '/./admin' }, 400],
    ['would resolve', { SCRIPT_NAME: '/a/..', PATH_INFO: '/b' }, 400],
    ['has no host for', { HTTP_HOST: '[v1.a]' }, 400],
    ['has no host for', { HTTP_HOST: '1.2.3.4.5' }, 400],
    ['has no host for', { HTTP_HOST: 'a%00b' }, 400],
  ])('refuses what the Fetch standard %s: %j', (_why, environ, status) => {
    const request = new Request(setupTestingDefaults(environ))
    expect(() => request.toFetch()).toThrow(HttpError)
    expect(() => request.toFetch()).toThrow(`${status}`)
  })

  it('keeps the case of other methods', () => {
    const request = new Request(setupTestingDefaults({ REQUEST_METHOD: 'Query' }))
    expect(request.toFetch().method).toBe('Query')
  })

  it.each<[path: string]>([
    ['/...'],
    ['/a..'],
    ['/..a'],
    ['/.well-known/x'],
    ['/%2e%2e/x'],
    ['/a\\..\\b'],
    ['//x/y'],
  ])('keeps a path without dot segments: %j', (pathInfo) => {
    const fetched = new Request(setupTestingDefaults({ PATH_INFO: pathInfo })).toFetch()
    expect(Request.fromFetch(fetched).pathInfo).toBe(pathInfo)
  })
})

describe('Request.fromFetch', () => {
  it('says what the request says', async () => {
    const request = Request.fromFetch(
      new globalThis.Request('https://example.com:8443/caf%C3%A9/a%2fb?c=%20d#part', {
        method: 'PATCH',
        headers: { 'X-A': '1', 'Content-Type': 'text/csv' },
        body: 'a,b',
      }),
    )
    expect(request.method).toBe('PATCH')
    expect(request.url).toBe('https://example.com:8443/caf%C3%A9/a%2Fb?c=%20d')
    expect(request.environ).toMatchObject({
      REQUEST_URI: '/caf%C3%A9/a%2fb?c=%20d',
      SCRIPT_NAME: '',
      PATH_INFO: '/café/a%2Fb',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '8443',
      SERVER_PROTOCOL: 'HTTP/1.1',
      HTTP_HOST: 'example.com:8443',
      HTTP_X_A: '1',
      HTTPS: 'on',
      'wsgi.multithread': true,
    })
    expect([request.contentType, request.contentLength]).toEqual(['text/csv', undefined])
    expect(await request.text()).toBe('a,b')
  })

  it('has no body where there is none', async () => {
    const request = Request.fromFetch(new globalThis.Request('http://example.com/'))
    expect([request.method, request.path, await request.text()]).toEqual(['GET', '/', ''])
  })

  it('passes for nobody that it may not be', () => {
    const { remoteAddress, environ } = Request.fromFetch(
      new globalThis.Request('http://example.com/', { headers: { 'X-Forwarded-For': '127.0.0.1' } }),
    )
    expect([remoteAddress, environ.REMOTE_PORT]).toEqual(['', ''])
  })

  it('reads forms of the platform', async () => {
    const form = new FormData()
    form.append('a', '1')
    form.append('f', new File(['x'], 'f.txt', { type: 'text/csv' }))
    const request = Request.fromFetch(
      new globalThis.Request('http://a.example/', { method: 'POST', body: form }),
    )
    const read: unknown[] = []
    for await (const part of request.form())
      read.push([part.name, part.filename, part.type, await part.text()])
    expect(read).toEqual([
      ['a', undefined, 'text/plain', '1'],
      ['f', 'f.txt', 'text/csv', 'x'],
    ])
  })

  it('is aborted with it, also when it is already', () => {
    const controller = new AbortController()
    const fetched = new globalThis.Request('http://example.com/', { signal: controller.signal })
    const before = Request.fromFetch(fetched)
    expect(before.signal.aborted).toBe(false)
    const reason = new Error('enough')
    controller.abort(reason)
    expect(before.signal.reason).toBe(reason)
    expect(Request.fromFetch(fetched).signal.reason).toBe(reason)
  })

  it.each([
    ['http://example.com/%zz'],
    ['http://example.com/%ff'],
    ['http://example.com/%00'],
    ['data:text/plain,a'],
  ])('refuses %s', (url) => {
    expect(() => Request.fromFetch(new globalThis.Request(url))).toThrow('Request.fromFetch: path: must be')
  })
})

describe('a request that goes to Fetch and back', () => {
  const segment = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/^\.\.?$|\0|\//.test(text))

  it('comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { maxLength: 4 }),
        fc.webQueryParameters(),
        fc.dictionary(fc.stringMatching(/^X-[a-z]{1,5}$/), fc.stringMatching(/^[!-~\xa1-\xff]{0,10}$/)),
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        async (segments, query, headers, body) => {
          const path = `/${segments.map(encodeURIComponent).join('/')}?${query}`
          const request = Request.blank(path, { method: 'POST', headers, body })
          const back = Request.fromFetch(request.toFetch())
          expect(back.pathInfo).toBe(request.pathInfo)
          expect([...back.query]).toEqual([...request.query])
          expect(new Map(back.headers)).toEqual(new Map(request.headers))
          expect(new Uint8Array(await back.bytes())).toEqual(body)
        },
      ),
    )
  })
})
