import { describe, expect, it } from 'vitest'
import type { Application, Header } from '../src/contract.ts'
import { Request } from '../src/request.ts'
import { Response, type ResponseOptions } from '../src/response.ts'
import { send } from '../src/testing.ts'

const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT'
const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT'
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT'

const BOTH: ResponseOptions = { etag: '"a"', lastModified: new Date(MODIFIED) }
const WEAK: ResponseOptions = { etag: 'W/"a"' }
const NONE: ResponseOptions = {}
const DATED: ResponseOptions = { lastModified: new Date(MODIFIED) }

function conditionally(make: () => Response): Application {
  return (environ, startResponse) => make().conditional(new Request(environ)).respond(environ, startResponse)
}

/** A body that knows how often it was closed. */
class Closable implements Iterable<Uint8Array> {
  closes = 0;

  *[Symbol.iterator](): Generator<Uint8Array, undefined> {
    yield new TextEncoder().encode('content')
  }

  close(): void {
    this.closes++
  }
}

describe('Response.conditional', () => {
  it.each<
    [section: string, method: string, headers: Record<string, string>, has: ResponseOptions, status: number]
  >([
    ['13.1.1', 'GET', { 'If-Match': '"a"' }, BOTH, 200],
    ['13.1.1', 'GET', { 'If-Match': '"b"' }, BOTH, 412],
    ['13.1.1', 'GET', { 'If-Match': '"b", "a"' }, BOTH, 200],
    ['13.1.1', 'GET', { 'If-Match': '*' }, BOTH, 200],
    ['13.1.1', 'GET', { 'If-Match': '*' }, NONE, 200],
    ['13.1.1', 'GET', { 'If-Match': '"a"' }, NONE, 412],
    // The strong comparison.
    ['13.1.1', 'GET', { 'If-Match': 'W/"a"' }, BOTH, 412],
    ['13.1.1', 'GET', { 'If-Match': 'W/"a"' }, WEAK, 412],
    ['13.1.1', 'PUT', { 'If-Match': '"a"' }, BOTH, 200],
    ['13.1.1', 'PUT', { 'If-Match': '"b"' }, BOTH, 412],
    ['13.1.1', 'DELETE', { 'If-Match': '"b"' }, BOTH, 412],

    ['13.1.2', 'GET', { 'If-None-Match': '"a"' }, BOTH, 304],
    ['13.1.2', 'HEAD', { 'If-None-Match': '"a"' }, BOTH, 304],
    ['13.1.2', 'GET', { 'If-None-Match': '"b"' }, BOTH, 200],
    ['13.1.2', 'GET', { 'If-None-Match': '"b", "a"' }, BOTH, 304],
    ['13.1.2', 'GET', { 'If-None-Match': '*' }, BOTH, 304],
    ['13.1.2', 'GET', { 'If-None-Match': '"a"' }, NONE, 200],
    // The weak comparison.
    ['13.1.2', 'GET', { 'If-None-Match': 'W/"a"' }, BOTH, 304],
    ['13.1.2', 'GET', { 'If-None-Match': '"a"' }, WEAK, 304],
    ['13.1.2', 'PUT', { 'If-None-Match': '"a"' }, BOTH, 412],
    ['13.1.2', 'PUT', { 'If-None-Match': '*' }, BOTH, 412],
    ['13.1.2', 'PUT', { 'If-None-Match': '"b"' }, BOTH, 200],

    ['13.1.3', 'GET', { 'If-Modified-Since': MODIFIED }, BOTH, 304],
    ['13.1.3', 'HEAD', { 'If-Modified-Since': MODIFIED }, BOTH, 304],
    ['13.1.3', 'GET', { 'If-Modified-Since': LATER }, BOTH, 304],
    ['13.1.3', 'GET', { 'If-Modified-Since': EARLIER }, BOTH, 200],
    ['13.1.3', 'GET', { 'If-Modified-Since': MODIFIED }, NONE, 200],
    ['13.1.3', 'GET', { 'If-Modified-Since': 'yesterday' }, BOTH, 200],
    ['13.1.3', 'POST', { 'If-Modified-Since': MODIFIED }, BOTH, 200],
    // A date of any form (section 5.6.7).
    ['13.1.3', 'GET', { 'If-Modified-Since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, BOTH, 304],
    ['13.1.3', 'GET', { 'If-Modified-Since': 'Sun Nov  6 08:49:37 1994' }, BOTH, 304],
    // Ignored where there is an If-None-Match.
    ['13.1.3', 'GET', { 'If-None-Match': '"b"', 'If-Modified-Since': MODIFIED }, BOTH, 200],
    ['13.1.3', 'GET', { 'If-None-Match': '"a"', 'If-Modified-Since': EARLIER }, BOTH, 304],

    ['13.1.4', 'GET', { 'If-Unmodified-Since': MODIFIED }, BOTH, 200],
    ['13.1.4', 'GET', { 'If-Unmodified-Since': LATER }, BOTH, 200],
    ['13.1.4', 'GET', { 'If-Unmodified-Since': EARLIER }, BOTH, 412],
    ['13.1.4', 'PUT', { 'If-Unmodified-Since': EARLIER }, BOTH, 412],
    ['13.1.4', 'GET', { 'If-Unmodified-Since': EARLIER }, NONE, 200],
    ['13.1.4', 'GET', { 'If-Unmodified-Since': 'yesterday' }, BOTH, 200],
    // Ignored where there is an If-Match.
    ['13.1.4', 'GET', { 'If-Match': '"a"', 'If-Unmodified-Since': EARLIER }, BOTH, 200],

    ['13.2.1', 'OPTIONS', { 'If-None-Match': '*', 'If-Match': '"b"' }, BOTH, 200],
    ['13.2.1', 'GET', { 'If-None-Match': '"a"' }, { ...BOTH, status: 404 }, 404],
    ['13.2.1', 'GET', { 'If-Match': '"b"' }, { ...BOTH, status: 500 }, 500],
    ['13.2.1', 'GET', { 'If-Match': '"b"' }, { ...BOTH, status: 302 }, 302],
    ['13.2.1', 'GET', { 'If-Modified-Since': MODIFIED }, { ...BOTH, status: 299 }, 304],

    ['13.2.2', 'GET', {}, BOTH, 200],
    ['13.2.2', 'GET', { 'If-Match': '"b"', 'If-None-Match': '"a"' }, BOTH, 412],
    ['13.2.2', 'GET', { 'If-Match': '"a"', 'If-None-Match': '"a"' }, BOTH, 304],
    ['13.2.2', 'GET', { 'If-Unmodified-Since': EARLIER, 'If-None-Match': '"a"' }, BOTH, 412],
    ['13.2.2', 'GET', { 'If-Unmodified-Since': EARLIER, 'If-Modified-Since': LATER }, BOTH, 412],
    ['13.2.2', 'GET', { 'If-Unmodified-Since': LATER, 'If-Modified-Since': MODIFIED }, BOTH, 304],
  ])('RFC 9110 section %s: %s with %j of %j is %d', async (_section, method, headers, options, status) => {
    const body = new Closable()
    const make = () => {
      const response = new Response(body, options)
      response.headers.append('Content-Type', 'text/plain')
      return response
    }
    const received = await send(conditionally(make), { method, headers })
    expect(received.status).toBe(status)
    expect(received.text).toBe(status === 304 || status === 412 || method === 'HEAD' ? '' : 'content')
    expect(body.closes).toBe(1)
  })

  it('gives this very response where nothing speaks against it', () => {
    const response = new Response('hi', { etag: 'a' })
    const headers = { 'If-None-Match': '"b"' }
    expect(response.conditional(Request.blank('/', { headers }))).toBe(response)
  })

  it('keeps with a 304 the headers of RFC 9110 section 15.4.5, and no others', async () => {
    const kept: Header[] = [
      ['ETag', '"a"'],
      ['cache-control', 'max-age=60'],
      ['Content-Location', '/a.en'],
      ['Date', LATER],
      ['Expires', LATER],
      ['Vary', 'Accept-Language'],
    ]
    const dropped: Header[] = [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '7'],
      ['Content-Encoding', 'identity'],
      ['Content-Language', 'en'],
      ['Content-Disposition', 'inline'],
      ['Content-Range', 'bytes 0-6/7'],
      ['Last-Modified', MODIFIED],
      ['Accept-Ranges', 'bytes'],
      ['Set-Cookie', 'a=1'],
    ]
    const app = conditionally(() => new Response('content', { headers: [...dropped, ...kept] }))
    const received = await send(app, { headers: { 'If-None-Match': '"a"' } })
    expect(received.status).toBe(304)
    expect(received.headers.list).toEqual(kept)
  })

  it('keeps with a 304 Last-Modified where there is no ETag (RFC 9110 section 15.4.5)', async () => {
    const app = conditionally(() => new Response('content', DATED))
    const received = await send(app, { headers: { 'If-Modified-Since': MODIFIED } })
    expect(received.status).toBe(304)
    expect(received.headers.list).toEqual([['Last-Modified', MODIFIED]])
  })

  it('sends a 412 that is empty, and says so', async () => {
    const app = conditionally(() => new Response('content', { ...BOTH, statusText: 'Fine' }))
    const received = await send(app, { headers: { 'If-Match': '"b"' } })
    expect(received.reason).toBe('Precondition Failed')
    expect(received.headers.list).toEqual([['Content-Length', '0']])
  })

  it('leaves the response as it is, so that it can answer the next request', async () => {
    const response = new Response('content', BOTH)
    const app = conditionally(() => response)
    expect((await send(app, { headers: { 'If-None-Match': '"a"' } })).status).toBe(304)
    expect((await send(app, { headers: { 'If-Match': '"b"' } })).status).toBe(412)
    expect((await send(app)).text).toBe('content')
  })

  it.each<[header: string, status: number]>([
    ['', 200],
    [',,,', 200],
    ['a', 200],
    ['"a', 200],
    ["'a'", 200],
    ['"b""a"', 200],
    ['w/"a"', 200],
    ['W/ "a"', 200],
    ['**', 200],
    [', "a" ,', 304],
    ['"b",W/"a"', 304],
    ['"\u00e9", "a"', 304],
  ])('is not led astray by If-None-Match: %s', async (header, status) => {
    const app = conditionally(() => new Response('content', BOTH))
    expect((await send(app, { headers: { 'If-None-Match': header } })).status).toBe(status)
  })
})
