import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBody, TextBody, text } from '../src/body.ts'
import type { Body, Header, Status } from '../src/contract.ts'
import type { ServerSentEvent } from '../src/events.ts'
import { Headers } from '../src/headers.ts'
import { type RedirectStatus, Response, type ResponseOptions } from '../src/response.ts'
import { send as exchange } from '../src/testing.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

interface Sent {
  status: Status
  headers: Header[]
  body: Body
}

function send(response: Response, method = 'GET'): Sent {
  let head: Pick<Sent, 'status' | 'headers'> | undefined
  const body = response.respond(setupTestingDefaults({ REQUEST_METHOD: method }), (status, headers) => {
    head = { status, headers }
    return () => Promise.resolve()
  })
  if (head === undefined) throw new Error('startResponse was not called')
  return { ...head, body }
}

function locationOf(response: Response): string | null {
  return new Headers(send(response).headers).get('Location')
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('Response', () => {
  it.each<[name: string, make: () => Response, headers: Header[], content: string]>([
    [
      'a string',
      () => new Response('grüße'),
      [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Content-Length', '7'],
      ],
      'grüße',
    ],
    [
      'text',
      () => Response.text('hi'),
      [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Content-Length', '2'],
      ],
      'hi',
    ],
    [
      'html',
      () => Response.html('<p>é'),
      [
        ['Content-Type', 'text/html; charset=utf-8'],
        ['Content-Length', '5'],
      ],
      '<p>é',
    ],
    [
      'json',
      () => Response.json({ a: ['é', null] }),
      [
        ['Content-Type', 'application/json'],
        ['Content-Length', '17'],
      ],
      '{"a":["é",null]}',
    ],
    [
      'bytes',
      () => Response.bytes(bytes('abc')),
      [
        ['Content-Type', 'application/octet-stream'],
        ['Content-Length', '3'],
      ],
      'abc',
    ],
    ['an array of chunks', () => new Response([bytes('ab'), bytes('c')]), [['Content-Length', '3']], 'abc'],
    [
      'Latin-1 text',
      () => new Response(text('été', 'iso-8859-1')),
      [['Content-Length', '3']],
      new TextDecoder().decode(Uint8Array.of(0xe9, 0x74, 0xe9)),
    ],
    ['a stream', () => Response.stream(new Set([bytes('a'), bytes('b')])), [], 'ab'],
    ['nothing', () => new Response(), [['Content-Length', '0']], ''],
    ['204', () => Response.empty(), [], ''],
    ['304', () => Response.empty(304), [], ''],
    ['an empty 404', () => Response.empty(404), [['Content-Length', '0']], ''],
  ])('sends %s with its type and its length', async (_name, make, headers, content) => {
    const sent = send(make())
    expect(sent.headers).toEqual(headers)
    expect(new TextDecoder().decode(await readBody(sent.body))).toBe(content)
  })

  it('gives strings out as text, which a server may write without encoding', () => {
    expect(send(new Response('hi')).body).toBeInstanceOf(TextBody)
  })

  it('passes any other body on as it is', () => {
    const body: Body = new Set([bytes('a')])
    expect(send(new Response(body)).body).toBe(body)
  })

  it.each<[headers: Header[] | Record<string, string> | Headers]>([
    [[['content-TYPE', 'text/csv']]],
    [{ 'content-TYPE': 'text/csv' }],
    [new Headers([['content-TYPE', 'text/csv']])],
  ])('keeps the type that it is given: %j', (headers) => {
    for (const make of [Response.text, Response.html, Response.json]) {
      expect(send(make('a', { headers })).headers[0]).toEqual(['content-TYPE', 'text/csv'])
      expect(send(make('a', { headers })).headers).toHaveLength(2)
    }
  })

  it.each<[type: string, hex: string]>([
    ['text/plain; charset=iso-8859-1', 'e974e9'],
    ['text/plain; charset="ISO-8859-1"', 'e974e9'],
    ['text/plain; charset=UTF-8', 'c3a974c3a9'],
    ['text/csv', 'c3a974c3a9'],
  ])('encodes a text in the charset of its type, %s', async (type, hex) => {
    for (const make of [Response.text, Response.html]) {
      const sent = send(make('été', { headers: { 'Content-Type': type } }))
      expect(Buffer.from(await readBody(sent.body)).toString('hex')).toBe(hex)
      expect(sent.headers).toContainEqual(['Content-Length', `${hex.length / 2}`])
    }
  })

  it.each<[type: string, content: string]>([
    ['text/plain; charset=us-ascii', 'été'],
    ['text/plain; charset=iso-8859-1', '€'],
    ['text/plain; charset=shift_jis', 'a'],
  ])('refuses a text that it cannot send as %s', (type, content) => {
    expect(() => Response.text(content, { headers: { 'Content-Type': type } })).toThrow(TypeError)
  })

  it('sends JSON as UTF-8, whatever its type says (RFC 8259 section 8.1)', async () => {
    const headers = { 'Content-Type': 'application/json; charset=iso-8859-1' }
    expect(new TextDecoder().decode(await readBody(Response.json('é', { headers }).body))).toBe('"é"')
  })

  it('keeps a length that it is given, and repeats of a header', () => {
    const { headers } = send(
      new Response('ab', {
        headers: [
          ['Content-Length', '9'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
      }),
    )
    expect(headers.filter(([name]) => name !== 'Content-Type')).toEqual([
      ['Content-Length', '9'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ])
  })

  it('does not say for HEAD that a body which was left out is empty (RFC 9110 section 8.6)', () => {
    expect(send(new Response(null), 'HEAD').headers).toEqual([])
    expect(send(new Response('ab'), 'HEAD').headers).toContainEqual(['Content-Length', '2'])
  })

  it('sends what was changed after it was made', () => {
    const response = new Response('old')
    response.status = 404
    response.headers.set('X-Why', 'lost')
    response.body = [bytes('longer')]
    expect(send(response)).toEqual({
      status: '404 Not Found',
      headers: [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['X-Why', 'lost'],
        ['Content-Length', '6'],
      ],
      body: [bytes('longer')],
    })
  })

  it('answers twice the same, whatever is done to the list of the first answer', () => {
    const response = new Response('hi')
    const first = send(response)
    const before = [...first.headers]
    first.headers.push(['X-Layer', 'was here'])
    expect(send(response).headers).toEqual(before)
  })

  it('copies the headers that it is made of', () => {
    const headers: Header[] = [['X-A', '1']]
    new Response('hi', { headers }).headers.set('X-B', '2')
    expect(headers).toEqual([['X-A', '1']])
  })

  it.each([[199], [600], [100], [0], [200.5], [Number.NaN], [-200]])('refuses the status %d', (status) => {
    expect(() => new Response(null, { status })).toThrow(RangeError)
    expect(() => Object.assign(new Response(), { status })).toThrow(RangeError)
  })

  it('sends the reason phrase that it is given, until the status changes', () => {
    const response = new Response(null, { status: 200, statusText: 'Fine' })
    expect(send(response).status).toBe('200 Fine')
    response.status = 404
    expect(send(response).status).toBe('404 Not Found')
  })

  it('refuses a header that could split the response', () => {
    expect(() => new Response(null, { headers: { 'X-A': 'a\r\nb' } })).toThrow(TypeError)
  })

  it.each([[undefined], [() => 1], [Symbol('a')], [1n]])('has no JSON for %s', (value) => {
    expect(() => Response.json(value)).toThrow(TypeError)
  })
})

describe('Response.stream', () => {
  it.each<[name: string, make: () => Body]>([
    ['an array', () => [bytes('ab'), bytes('c')]],
    ['a set', () => new Set([bytes('ab'), bytes('c')])],
    [
      'a generator',
      function* () {
        yield bytes('ab')
        yield bytes('c')
      },
    ],
    [
      'an async generator',
      async function* () {
        yield bytes('ab')
        yield bytes('c')
      },
    ],
    ['a Node stream', () => Readable.from([Buffer.from('ab'), Buffer.from('c')])],
    [
      'a web stream',
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes('ab'))
            controller.enqueue(bytes('c'))
            controller.close()
          },
        }),
    ],
  ])('sends %s', async (_name, make) => {
    const app = () => Response.stream(make(), { headers: { 'Content-Type': 'text/plain' } })
    const received = await exchange((environ, startResponse) => app().respond(environ, startResponse))
    expect(received.text).toBe('abc')
  })

  it('lets no Node stream end the process that fails while nobody reads it', async () => {
    const stream = new Readable({ read() {} })
    const { body } = Response.stream(stream)
    // Without a listener this throws.
    stream.emit('error', new Error('lost'))
    stream.destroy(new Error('lost'))
    await expect(readBody(body)).rejects.toThrow('lost')
  })

  it.each(['GET', 'HEAD'])('closes what it sends, for %s', async (method) => {
    const stream = Readable.from([Buffer.from('ab')])
    let isCancelled = false
    const web = new ReadableStream({
      cancel() {
        isCancelled = true
      },
      pull(controller) {
        controller.enqueue(bytes('ab'))
        if (method === 'GET') controller.close()
      },
    })
    for (const content of [stream, web]) {
      const headers = { 'Content-Type': 'text/plain' }
      await exchange(
        (environ, startResponse) => Response.stream(content, { headers }).respond(environ, startResponse),
        { method },
      )
    }
    expect(stream.destroyed).toBe(true)
    expect(isCancelled).toBe(method === 'HEAD')
  })
})

describe('Response.events', () => {
  async function* ticks(onClose: () => void = () => {}): AsyncGenerator<ServerSentEvent> {
    try {
      yield { data: 'one\r\ndata: two\rthree', id: '1' }
    } finally {
      onClose()
    }
  }

  it('sends events that nothing stores and nginx does not hold back', async () => {
    const received = await exchange((environ, startResponse) =>
      Response.events(ticks(), { retry: 500 }).respond(environ, startResponse),
    )
    expect(received.headers.list).toEqual([
      ['Content-Type', 'text/event-stream'],
      ['Cache-Control', 'no-store'],
      ['X-Accel-Buffering', 'no'],
    ])
    expect(received.text).toBe('retry: 500\n\nid: 1\ndata: one\ndata: data: two\ndata: three\n\n')
  })

  it('keeps the headers that it is given', () => {
    const headers = { 'cache-control': 'no-cache', 'x-accel-buffering': 'yes', 'content-type': 'text/plain' }
    expect(Response.events(ticks(), { headers }).headers.list).toEqual(Object.entries(headers))
  })

  it('refuses an interval that no timer takes', () => {
    expect(() => Response.events(ticks(), { heartbeatMs: 0 })).toThrow(RangeError)
  })

  it('closes a source that nobody was to hear', async () => {
    let closes = 0
    const source = {
      [Symbol.asyncIterator]: () => ticks(),
      close: () => {
        closes++
      },
    }
    await exchange((environ, startResponse) => Response.events(source).respond(environ, startResponse), {
      method: 'HEAD',
    })
    expect(closes).toBe(1)
  })
})

describe('the headers of a Response', () => {
  const NOON = new Date('2020-02-29T12:00:00Z')

  it.each<[options: ResponseOptions, header: Header, read: unknown]>([
    [{ etag: 'abc' }, ['ETag', '"abc"'], '"abc"'],
    [{ etag: '"abc"' }, ['ETag', '"abc"'], '"abc"'],
    [{ etag: 'W/"abc"' }, ['ETag', 'W/"abc"'], 'W/"abc"'],
    [{ lastModified: NOON }, ['Last-Modified', 'Sat, 29 Feb 2020 12:00:00 GMT'], NOON],
    [{ cacheControl: 'no-store' }, ['Cache-Control', 'no-store'], { noStore: true }],
    [
      { cacheControl: { maxAge: 60, private: true } },
      ['Cache-Control', 'max-age=60, private'],
      { maxAge: 60, private: true },
    ],
    [{ retryAfter: 120 }, ['Retry-After', '120'], 120],
    [{ retryAfter: NOON }, ['Retry-After', 'Sat, 29 Feb 2020 12:00:00 GMT'], NOON],
  ])('are made of %j, and read back', (options, header, read) => {
    const [key] = Object.keys(options) as [keyof ResponseOptions & keyof Response]
    const made = new Response(null, options)
    expect(made.headers.list).toEqual([header])
    expect(made[key]).toEqual(read)
    // The same in place of what a header said.
    expect(new Response(null, { headers: { [header[0]]: 'x' }, ...options }).headers.list).toEqual([header])
    const assigned = Object.assign(new Response(), options)
    expect(assigned.headers.list).toEqual([header])
    Object.assign(assigned, { [key]: undefined })
    expect(assigned.headers.list).toEqual([])
    expect(assigned[key]).toBeUndefined()
  })

  it.each<[options: ResponseOptions, error: typeof TypeError | typeof RangeError]>([
    [{ etag: 'a"b' }, TypeError],
    [{ etag: 'a b' }, TypeError],
    [{ etag: 'a\r\nSet-Cookie: b=c' }, TypeError],
    [{ lastModified: new Date(Number.NaN) }, RangeError],
    [{ cacheControl: 'no-store\r\nSet-Cookie: b=c' }, TypeError],
    [{ cacheControl: { maxAge: -1 } }, RangeError],
    [{ retryAfter: -1 }, RangeError],
    [{ retryAfter: 1.5 }, RangeError],
    [{ retryAfter: new Date(Number.NaN) }, RangeError],
  ])('refuse %j', (options, error) => {
    expect(() => new Response(null, options)).toThrow(error)
    expect(() => Object.assign(new Response(), options)).toThrow(error)
  })

  it('read nothing out of what other code has put there', () => {
    const headers = { 'Last-Modified': 'yesterday', 'Retry-After': '-1' }
    const response = new Response(null, { headers })
    expect(response.lastModified).toBeUndefined()
    expect(response.retryAfter).toBeUndefined()
  })

  it('name in Vary each header once', () => {
    const response = new Response(null, { headers: { Vary: 'Accept' } })
    response.vary('accept', 'Origin')
    response.vary('Origin')
    expect(response.headers.list).toEqual([['Vary', 'Accept, Origin']])
  })

  it('have a Link for each link', () => {
    const response = new Response()
    response.link('/page/2', { rel: 'next' })
    response.link('/style.css', { rel: 'preload', as: 'style' })
    expect(response.headers.getAll('Link')).toEqual([
      '</page/2>; rel="next"',
      '</style.css>; rel="preload"; as="style"',
    ])
    expect(() => response.link('/', { rel: '' })).toThrow(TypeError)
  })

  it('have one Content-Disposition, the last', () => {
    const response = new Response()
    response.contentDisposition('inline')
    expect(response.headers.get('Content-Disposition')).toBe('inline')
    response.contentDisposition('attachment', '../naïve.txt')
    expect(response.headers.list).toEqual([
      ['Content-Disposition', `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`],
    ])
  })
})

describe('Response.redirect', () => {
  it('answers 302 where nothing else is asked for', () => {
    expect(send(Response.redirect('/next')).status).toBe('302 Found')
  })

  it.each<[RedirectStatus]>([[301], [302], [303], [307], [308]])(
    'answers %d where that is asked for',
    (status) => {
      expect(Response.redirect('/next', status).status).toBe(status)
    },
  )

  it.each([[200], [300], [304], [305], [306]])('refuses %d, which does not redirect', (status) => {
    expect(() => Response.redirect('/next', status as RedirectStatus)).toThrow(RangeError)
  })

  it.each<[reference: string, url: string, location: string]>([
    ['a path', '/a/b?c=d&e#f', '/a/b?c=d&e#f'],
    ['a relative path', 'next', 'next'],
    ['a parent', '../next', '../next'],
    ['a query', '?page=2', '?page=2'],
    ['a fragment', '#top', '#top'],
    ['this very page', '', ''],
    ['an escape', '/a%2Fb', '/a%2Fb'],
    ['text', '/grüße €', '/gr%C3%BC%C3%9Fe%20%E2%82%AC'],
    ['a lone surrogate', '/\ud800', '/%EF%BF%BD'],
    ['what is in no URI', '/"<>^`{|}', '/%22%3C%3E%5E%60%7B%7C%7D'],
    ['a colon in a query', '?a=b:c', '?a=b:c'],
    ['a URL in a query', '/login?next=https://example.com/', '/login?next=https://example.com/'],
    ['two slashes in a path', '/a//b', '/a//b'],
    ['a whole URL', 'https://example.com/a?b#c', 'https://example.com/a?b#c'],
    ['a whole URL without a path', 'http://example.com', 'http://example.com/'],
    ['a whole URL in capitals', 'HTTPS://EXAMPLE.com/A', 'https://example.com/A'],
    ['a whole URL with a port and an address', 'http://[::1]:8000/', 'http://[::1]:8000/'],
    ['a whole URL with text', 'https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
  ])('goes to %s', (_reference, url, location) => {
    expect(locationOf(Response.redirect(url))).toBe(location)
  })

  it('takes a URL object', () => {
    expect(locationOf(Response.redirect(new URL('https://example.com/a')))).toBe('https://example.com/a')
  })

  it.each<[attack: string, url: string]>([
    ['two slashes', '//evil.example/'],
    ['three slashes', '///evil.example/'],
    ['many slashes', '//////evil.example/'],
    ['a backslash', '/\\evil.example/'],
    ['a backslash first', '\\/evil.example/'],
    ['two backslashes', '\\\\evil.example/'],
    ['a tab between', '/\t/evil.example/'],
    ['a tab and a backslash', '\t/\t\\evil.example/'],
    ['a line feed between', '/\n/evil.example/'],
    ['a carriage return between', '/\r/evil.example/'],
    ['a line feed first', '\n//evil.example/'],
    ['a space first', ' //evil.example/'],
    ['a NUL first', '\0//evil.example/'],
    ['a control character first', '\x1f//evil.example/'],
    ['a delete first', '\x7f//evil.example/'],
    ['a no-break space first', '\u00a0//evil.example/'],
    ['a byte order mark first', '\ufeff//evil.example/'],
    ['a full-width solidus', '/\uff0fevil.example/'],
    ['a dot segment', '/.//evil.example/'],
    ['a parent segment', '/..//evil.example/'],
    ['two slashes and a user', '//user@evil.example/'],
    ['a slash, a backslash and a slash', '/\\/evil.example/'],
    ['a backslash, a tab and a slash', '\\\t/evil.example/'],
    ['a NUL between', '/\0/evil.example/'],
    ['a vertical tab between', '/\v/evil.example/'],
    ['a delete between', '/\x7f/evil.example/'],
    ['a next line first', '\u0085//evil.example/'],
    ['a line separator first', '\u2028//evil.example/'],
    ['an ideographic space first', '\u3000//evil.example/'],
    ['two full-width solidi', '\uff0f\uff0fevil.example/'],
    ['escaped slashes', '%2f%2fevil.example/'],
    ['an escaped tab between', '/%09/evil.example/'],
    ['an escaped backslash', '/%5cevil.example/'],
    ['two slashes and nothing else', '//'],
  ])('stays on its host in spite of %s', (_attack, url) => {
    const location = locationOf(Response.redirect(url))!
    expect(new URL(location, 'https://good.example/dir/page').host).toBe('good.example')
    expect(location).toMatch(/^[!-~]*$/)
  })

  it('keeps what was harmless of a reference that was made safe', () => {
    expect(locationOf(Response.redirect('//evil.example/a'))).toBe('/%2Fevil.example/a')
    expect(locationOf(Response.redirect('/\\evil.example/a'))).toBe('/%5Cevil.example/a')
    expect(locationOf(Response.redirect('/a\r\nSet-Cookie: b=c'))).toBe('/aSet-Cookie:%20b=c')
  })

  it.each<[attack: string, url: string]>([
    ['a script', 'javascript:alert(1)'],
    ['a script in capitals', 'JavaScript:alert(1)'],
    ['a script behind a space', ' javascript:alert(1)'],
    ['a script behind a control character', '\x01javascript:alert(1)'],
    ['a script with a tab in it', 'java\tscript:alert(1)'],
    ['a script with a line feed in it', 'java\nscript:alert(1)'],
    ['a script as a URL', 'javascript://example.com/%0aalert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['vbscript', 'vbscript:msgbox(1)'],
    ['a file', 'file:///etc/passwd'],
    ['another protocol', 'ftp://example.com/'],
    ['a scheme without slashes', 'https:evil.example'],
    ['a scheme with one slash', 'https:/evil.example'],
    ['a scheme with backslashes', 'https:\\\\evil.example'],
    ['a scheme with three slashes', 'https:///evil.example'],
    ['a URL without a host', 'http://'],
    ['a URL with a host that is none', 'http://a b/'],
    // Who lets only relative references through takes these for such.
    ['a whole URL with a line feed in its scheme', 'ht\ntps://evil.example/'],
    ['a whole URL with a tab in its slashes', 'https:/\t/evil.example/'],
    ['a whole URL behind a space', ' https://evil.example/'],
    ['a whole URL behind a line feed', '\nhttps://evil.example/'],
    ['a whole URL behind a no-break space', '\u00a0https://evil.example/'],
    ['a host behind a tab', 'https://\t/evil.example/'],
  ])('refuses %s', (_attack, url) => {
    expect(() => Response.redirect(url)).toThrow(
      'Response: Location: must be a relative reference or a whole http or https URL',
    )
  })

  it.each<[status: number]>([[201], [300], [302], [308]])(
    'makes a Location that came as a header of %d safe',
    (status) => {
      const response = new Response(null, { status, headers: { location: '//evil.example/' } })
      expect(locationOf(response)).toBe('/%2Fevil.example/')
      response.headers.set('Location', 'javascript:alert(1)')
      expect(() => send(response)).toThrow(TypeError)
    },
  )

  it('leaves no way to another host but a whole URL', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '\t',
      '\n',
      ' ',
      '\0',
      '.',
      '..',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      'evil',
      'http',
      'é',
    )
    const url = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(url, (reference) => {
        let location: string
        try {
          location = locationOf(Response.redirect(reference))!
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        if (/^https?:\/\//.test(location)) {
          // As the caller wrote it, apart from what a browser drops.
          expect(reference.replace(/[\0-\x1f\x7f]/g, '').trim()).toMatch(/^https?:\/\//i)
        } else expect(new URL(location, 'https://good.example/').host).toBe('good.example')
      }),
      { numRuns: 1000 },
    )
  })
})
