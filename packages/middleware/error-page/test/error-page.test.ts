import {
  type Application,
  type Body,
  FileWrapper,
  type Header,
  HttpError,
  handler,
  onResponse,
  setupTestingDefaults,
  text,
} from '@tsgi/core'
import { InputError } from '@tsgi/core/gateway'
import { send } from '@tsgi/core/testing'
import { validator } from '@tsgi/core/validator'
import { describe, expect, it } from 'vitest'
import { type ErrorPageOptions, errorPage } from '../src/index.ts'

const broken = new Error('the password is 1234')
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)
const PLAIN: Header[] = [['Content-Type', 'text/plain']]

/** The application inside a validator, so that it is also seen what the layer does to it. */
const page = (app: Application, options?: ErrorPageOptions): Application => errorPage(options)(validator(app))

const throwing =
  (error: unknown): Application =>
  () => {
    throw error
  }

/** Every way in which an application can fail before the first byte of its answer. */
const WAYS: [way: string, app: (error: unknown) => Application][] = [
  ['throws', throwing],
  ['rejects', (error) => () => Promise.reject(error)],
  [
    'throws after startResponse',
    (error) => (_, startResponse) => {
      startResponse('200 OK', [['Set-Cookie', 'a=1']])
      throw error
    },
  ],
  [
    'is a generator that throws at once',
    (error) =>
      // biome-ignore lint/correctness/useYield: that is the case
      function* () {
        throw error
      },
  ],
  [
    'is a generator that throws after an empty chunk',
    (error) =>
      function* (_, startResponse) {
        startResponse('200 OK', [['Set-Cookie', 'a=1']])
        yield new Uint8Array(0)
        throw error
      },
  ],
  [
    'is an async generator that throws at once',
    (error) =>
      // biome-ignore lint/correctness/useYield: that is the case
      async function* () {
        throw error
      },
  ],
  [
    'is an async generator that throws after an empty chunk',
    (error) =>
      async function* (_, startResponse) {
        startResponse('200 OK', [['Set-Cookie', 'a=1']])
        yield new Uint8Array(0)
        throw error
      },
  ],
  [
    'promises a generator that throws',
    (error) => async (_, startResponse) => {
      startResponse('200 OK', PLAIN)
      // biome-ignore lint/correctness/useYield: that is the case
      return (function* () {
        throw error
      })()
    },
  ],
]

describe.each(WAYS)('an application that %s', (_, failing) => {
  it('becomes a page that says nothing about the inside, and a report that does', async () => {
    const { status, reason, headers, text, errors } = await send(page(failing(broken)), {
      path: '/a?b',
      headers: { Accept: 'text/plain' },
    })
    expect([status, reason, text]).toEqual([500, 'Internal Server Error', '500 Internal Server Error\n'])
    expect(headers.has('Set-Cookie')).toBe(false)
    expect(errors).toMatch(/^GET \/a\?b\nError: the password is 1234\n {4}at .+\n$/s)
    expect(errors.match(/password/g)).toHaveLength(1)
  })

  it('becomes the page of its HttpError, with its headers, and is not reported', async () => {
    const error = new HttpError(401, { detail: 'Who are you?', headers: { 'WWW-Authenticate': 'Basic' } })
    const { status, headers, errors } = await send(page(failing(error)))
    expect(status).toBe(401)
    expect(headers.get('WWW-Authenticate')).toBe('Basic')
    expect(errors).toBe('')
    expect(headers.get('Content-Type')).toBe('application/problem+json')
  })
})

describe('errorPage', () => {
  it.each<[accept: string | undefined, type: string, body: string]>([
    [undefined, 'application/problem+json', '{"title":"Internal Server Error","status":500}'],
    ['text/plain', 'text/plain; charset=utf-8', '500 Internal Server Error\n'],
    [
      'text/html,application/xhtml+xml,*/*;q=0.8',
      'text/html; charset=utf-8',
      '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>500 Internal Server Error</title>\n' +
        '<h1>500 Internal Server Error</h1>\n',
    ],
  ])('answers Accept %j with %s', async (accept, type, body) => {
    const headers = accept === undefined ? {} : { Accept: accept }
    const received = await send(page(throwing(broken)), { headers })
    expect(received.headers.get('Content-Type')).toBe(type)
    expect(received.headers.get('Vary')).toBe('Accept')
    expect(received.text).toBe(body)
  })

  it('reports an HttpError from 500 on', async () => {
    const error = new HttpError(502, { cause: new Error('connection refused') })
    const { status, text, errors } = await send(page(throwing(error)))
    expect(status).toBe(502)
    expect(text).not.toContain('refused')
    expect(errors).toContain('caused by: Error: connection refused')
  })

  it('writes control characters out in the report', async () => {
    const { errors } = await send(page(throwing(new Error('\x1b[2Jgone\u009b'))))
    expect(errors).toContain('\\x1b[2Jgone\\x9b')
    expect(errors).not.toMatch(/[\x1b\x9b]/)
  })

  it('makes the fault of a client its status: a request whose body broke off', async () => {
    const { status, errors } = await send(page(throwing(new InputError('too late', '408 Request Timeout'))))
    expect([status, errors]).toEqual([408, ''])
  })

  it.each([undefined, null, 'a string', 0])('makes a page of whatever is thrown: %j', async (thrown) => {
    const app = page((_, startResponse) => {
      startResponse('200 OK', PLAIN)
      throw thrown
    })
    expect(await send(app)).toMatchObject({ status: 500 })
  })

  it('tells the layers outside of the error', async () => {
    const seen: unknown[] = []
    const app = onResponse(errorPage()(throwing(broken)), ({ error }) => seen.push(error))
    await send(app)
    expect(seen).toEqual([broken])
  })

  it('leaves an answer alone that the inside has made of its own error', async () => {
    const app = handler(() => {
      throw new HttpError(404, { detail: 'No such tea.' })
    })
    const { status, text, errors } = await send(page(app))
    expect([status, errors]).toEqual([404, ''])
    expect(text).toContain('No such tea.')
  })

  it('sends no page to HEAD, and its length', async () => {
    const { status, headers, bytes } = await send(page(throwing(broken)), { method: 'HEAD' })
    expect([status, bytes.length]).toEqual([500, 0])
    expect(headers.get('Content-Length')).toBe('46')
  })

  it('lets an error pass after the first byte', async () => {
    const app = page(function* (_, startResponse) {
      startResponse('200 OK', PLAIN)
      yield bytes('a')
      throw broken
    })
    await expect(send(app)).rejects.toBe(broken)
  })

  it('lets an error pass after the first byte of an async body', async () => {
    const app = page(async function* (_, startResponse) {
      startResponse('200 OK', PLAIN)
      yield bytes('a')
      throw broken
    })
    await expect(send(app)).rejects.toBe(broken)
  })

  it('lets an error pass after a write', async () => {
    const app = page(async (_, startResponse) => {
      await startResponse('200 OK', PLAIN)(bytes('a'))
      throw broken
    })
    await expect(send(app)).rejects.toBe(broken)
  })

  it('lets an error pass when the client is gone: there is nobody to read a page', () => {
    const environ = setupTestingDefaults({})
    const gone = new DOMException('gone', 'AbortError')
    Object.defineProperty(environ['tsgi.exchange'], 'signal', { value: AbortSignal.abort(gone) })
    const app = errorPage()(throwing(gone))
    expect(() => app(environ, neverCalled)).toThrow(gone)
  })

  it('carries its name', () => {
    expect(errorPage()(throwing(broken)).name).toBe('errorPage')
  })
})

describe('in development', () => {
  const development = { development: true }
  const secrets = { Authorization: 'Basic c2VjcmV0', Cookie: 'session=c2VjcmV0' }

  it('shows method, path, message, stack and causes', async () => {
    const error = new Error('no tea', { cause: new Error('no water') })
    const { status, text } = await send(page(throwing(error), development), {
      path: '/pot?token=c2VjcmV0',
      method: 'POST',
      headers: { ...secrets, Accept: 'text/plain' },
    })
    expect(status).toBe(500)
    expect(text).toMatch(
      /^500 Internal Server Error\n\nPOST \/pot\nError: no tea\n {4}at .+\ncaused by: Error: no water\n {4}at /s,
    )
  })

  it('shows the same in problem details', async () => {
    const received = await send(page(throwing(broken), development))
    expect(received.json()).toEqual({
      title: 'Internal Server Error',
      status: 500,
      detail: expect.stringMatching(/^GET \/\nError: the password is 1234\n {4}at /),
    })
  })

  it.each(['text/plain', 'text/html', 'application/json'])(
    'shows no header and no query: %s',
    async (Accept) => {
      const request = { path: '/?token=c2VjcmV0', headers: { ...secrets, Accept } }
      const { text, headers } = await send(page(throwing(broken), development), request)
      expect(text).toContain('1234')
      expect(text).not.toContain('c2VjcmV0')
      expect(headers.get('Vary')).toBe('Accept')
    },
  )

  const TAGS = [
    ...['<!doctype html>', '<html lang="en">', '<meta charset="utf-8">'],
    ...['<meta name="color-scheme" content="light dark">', '<title>', '</title>', '<style>', '</style>'],
    ...['<h1>', '</h1>', '<pre>', '</pre>'],
  ]

  // CVE-2016-10516 (Werkzeug), and the same in Plug and rack-ssl: scripts by way of a message or a path.
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['</pre><img src=x onerror=alert(1)>', '&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt;'],
    ['"\'&', '&quot;&#39;&amp;'],
  ])('escapes what a request may have put into a message or the path: %s', async (attack, escaped) => {
    const { text, headers } = await send(page(throwing(new Error(attack)), development), {
      path: `/${encodeURIComponent(attack)}`,
      headers: { Accept: 'text/html' },
    })
    expect(text.match(/<[^>]*>/g)).toEqual(TAGS)
    expect(text).toContain(`Error: ${escaped}`)
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(headers.get('Content-Length')).toBe(`${bytes(text).length}`)
  })

  it('shows what is behind an HttpError from 500 on, and keeps its status, title and headers', async () => {
    const error = new HttpError(503, {
      title: 'Closed',
      headers: { 'Retry-After': '60' },
      cause: new Error('no database'),
    })
    const { status, headers, text } = await send(page(throwing(error), development), {
      headers: { Accept: 'text/html' },
    })
    expect([status, headers.get('Retry-After')]).toEqual([503, '60'])
    expect(text).toContain('<h1>503 Closed</h1>')
    expect(text).toContain('caused by: Error: no database')
  })

  it('leaves the page of an HttpError below 500 as it is', async () => {
    const { text } = await send(page(throwing(new HttpError(404)), development), {
      headers: { Accept: 'text/plain' },
    })
    expect(text).toBe('404 Not Found\n')
  })
})

describe('a body', () => {
  it.each<[what: string, body: Body]>([
    ['an array', [bytes('a'), bytes('b')]],
    ['a text', text('a')],
    ['a file', new FileWrapper({ path: '/nowhere' })],
    ['the bytes themselves, a mistake', bytes('a') as unknown as Body],
    ['a string, a mistake', 'a' as unknown as Body],
    ['nothing, a mistake', undefined as unknown as Body],
    ['an object, a mistake', {} as Body],
  ])('passes untouched where the server knows what to do with it: %s', async (_, body) => {
    expect(errorPage()(() => body)(setupTestingDefaults({}), neverCalled)).toBe(body)
    const promised = errorPage()(() => Promise.resolve(body))(setupTestingDefaults({}), neverCalled)
    expect(await promised).toBe(body)
  })

  it('passes chunk by chunk', async () => {
    const app = page(async function* (_, startResponse) {
      startResponse('200 OK', PLAIN)
      yield bytes('a')
      yield bytes('')
      yield bytes('b')
    })
    expect((await send(app)).text).toBe('ab')
  })

  it('stays synchronous', () => {
    const app = errorPage()(() => new Set([bytes('a')]))
    const body = app(setupTestingDefaults({}), neverCalled) as Iterable<Uint8Array>
    expect([...body]).toEqual([bytes('a')])
  })

  it('is not begun before it is asked for', () => {
    let begun = false
    const app = errorPage()(function* () {
      begun = true
      yield bytes('a')
    })
    const body = app(setupTestingDefaults({}), neverCalled) as Iterable<Uint8Array>
    const iterator = body[Symbol.iterator]()
    expect(begun).toBe(false)
    iterator.next()
    expect(begun).toBe(true)
  })
})

function neverCalled(): never {
  throw new Error('startResponse must not be called')
}
