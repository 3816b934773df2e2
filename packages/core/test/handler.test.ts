import { describe, expect, it } from 'vitest'
import { readBody, text } from '../src/body.ts'
import type { Application, Body, Environ, Header, Status } from '../src/contract.ts'
import { type Answer, handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { send } from '../src/testing.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

interface Call {
  status: Status
  headers: Header[]
  error: unknown
}

/** Runs an application; `calls` are those of `startResponse`. */
function run(
  app: Application,
  environ: Environ = setupTestingDefaults({}),
): { calls: Call[]; body: Body | Promise<Body> } {
  const calls: Call[] = []
  const body = app(environ, (status, headers, error) => {
    calls.push({ status, headers, error })
    return () => Promise.resolve()
  })
  return { calls, body }
}

async function answer(app: Application): Promise<Call & { text: string }> {
  const { calls, body } = run(app)
  const content = await readBody(await body)
  expect(calls).toHaveLength(1)
  return { ...calls[0]!, text: new TextDecoder().decode(content) }
}

const teapot: Application = (environ, startResponse) => {
  startResponse('418 Teapot', [['X-Path', environ.PATH_INFO]])
  return text('short and stout')
}

describe('handler', () => {
  const answers: [
    name: string,
    made: () => Answer,
    status: Status,
    type: string | undefined,
    text: string,
  ][] = [
    ['text', () => 'grüße', '200 OK', 'text/plain; charset=utf-8', 'grüße'],
    ['empty text', () => '', '200 OK', 'text/plain; charset=utf-8', ''],
    ['bytes', () => Uint8Array.of(97, 98), '200 OK', 'application/octet-stream', 'ab'],
    ['a Buffer', () => Buffer.from('ab'), '200 OK', 'application/octet-stream', 'ab'],
    ['an object', () => ({ a: 'é' }), '200 OK', 'application/json', '{"a":"é"}'],
    ['an object without a prototype', () => Object.create(null), '200 OK', 'application/json', '{}'],
    ['an array', () => [1, 'two'], '200 OK', 'application/json', '[1,"two"]'],
    [
      'a date, which has toJSON',
      () => new Date(0),
      '200 OK',
      'application/json',
      '"1970-01-01T00:00:00.000Z"',
    ],
    ['null', () => null, '204 No Content', undefined, ''],
    [
      'a Response',
      () => Response.html('<p>', { status: 201 }),
      '201 Created',
      'text/html; charset=utf-8',
      '<p>',
    ],
    [
      'an HttpError',
      () => new HttpError(404),
      '404 Not Found',
      'application/problem+json',
      '{"title":"Not Found","status":404}',
    ],
    ['an application', () => teapot, '418 Teapot', undefined, 'short and stout'],
    [
      'an async application',
      () => async (environ, start) => teapot(environ, start),
      '418 Teapot',
      undefined,
      'short and stout',
    ],
    [
      'a Fetch Response',
      () => new globalThis.Response('ab', { status: 202, headers: { 'Content-Type': 'text/csv' } }),
      '202 Accepted',
      'text/csv',
      'ab',
    ],
    [
      'an empty Fetch Response',
      () => new globalThis.Response(null, { status: 204 }),
      '204 No Content',
      undefined,
      '',
    ],
  ]

  it.each(answers)('answers with %s', async (_name, made, status, type, text) => {
    for (const app of [handler(made), handler(async () => made())]) {
      const sent = await answer(app)
      expect(sent).toMatchObject({ status, text, error: undefined })
      expect(sent.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]).toBe(type)
    }
  })

  it.each<[name: string, value: unknown, message: string]>([
    ['undefined', undefined, 'got undefined: return null for an empty answer'],
    ['a number', 1, 'got 1: return a Response for it'],
    ['a boolean', false, 'got false: return a Response for it'],
    ['a symbol', Symbol('a'), 'got Symbol(a): return a Response for it'],
    ['a generator', (function* () {})(), 'got [object Generator]'],
    ['a stream', new ReadableStream(), 'got [object ReadableStream]'],
    ['a map', new Map(), 'got [object Map]'],
    ['a buffer without a view', new ArrayBuffer(1), 'got [object ArrayBuffer]'],
    ['an iterable object', { [Symbol.asyncIterator]: () => {} }, 'got [object Object]'],
    ['an error', new Error('secret'), 'got [object Error]'],
  ])('refuses %s', async (_name, value, message) => {
    const name = 'handler: page: the answer must be '
    const page = () => value as Answer
    expect(() => run(handler(page))).toThrow(TypeError)
    expect(() => run(handler(page))).toThrow(message)
    expect(() => run(handler(page))).toThrow(name)
    const { body } = run(
      handler(Object.defineProperty(async () => value as Answer, 'name', { value: 'page' })),
    )
    await expect(body).rejects.toThrow(message)
  })

  it('gives the function a request over the same environ', () => {
    const environ = setupTestingDefaults({ PATH_INFO: '/a' })
    let seen: Request | undefined
    run(
      handler((request) => {
        seen = request
        return null
      }),
      environ,
    )
    expect(seen).toBeInstanceOf(Request)
    expect(seen?.environ).toBe(environ)
  })

  it('calls an application that it gives with the same environ', async () => {
    const environ = setupTestingDefaults({})
    const { calls } = run(
      handler((request) => {
        request.environ.PATH_INFO = '/changed'
        return teapot
      }),
      environ,
    )
    expect(calls[0]?.headers).toEqual([['X-Path', '/changed']])
  })

  it('stays sync where the function is, and waits only where it is not', () => {
    expect(run(handler(() => 'hi')).body).not.toBeInstanceOf(Promise)
    expect(run(handler(() => teapot)).body).not.toBeInstanceOf(Promise)
    expect(run(handler(async () => 'hi')).body).toBeInstanceOf(Promise)
  })

  it('keeps the name of the function', () => {
    expect(
      handler(function home() {
        return null
      }).name,
    ).toBe('home')
    expect(handler(() => null).name).toBe('handler')
  })
})

describe('an HttpError in a handler', () => {
  const missing = new HttpError(404, { headers: { 'X-Why': 'lost' } })
  const fail = (): never => {
    throw missing
  }

  it.each<[name: string, app: Application]>([
    ['thrown', handler(fail)],
    ['thrown later', handler(async () => fail())],
    ['thrown by an application that was given', handler(() => fail)],
    ['thrown later by an application that was given', handler(() => async () => fail())],
    ['thrown by an application that was given later', handler(async () => async () => fail())],
  ])('%s is its answer, which every layer is told of', async (_name, app) => {
    const sent = await answer(app)
    expect(sent.status).toBe('404 Not Found')
    expect(sent.error).toBe(missing)
    expect(sent.headers).toContainEqual(['X-Why', 'lost'])
    expect(sent.text).toBe('{"title":"Not Found","status":404}')
  })

  it.each([
    [503, /^GET \/\nHttpError: 503 Service Unavailable\n(?:.|\n)*caused by: Error: no database/.source],
    [404, '^$'],
  ])('%i is reported, when thrown, where it is a fault of the inside', async (status, report) => {
    const app = handler(() => {
      throw new HttpError(status, { cause: new Error('no database') })
    })
    const sent = await send(app)
    expect(sent.status).toBe(status)
    expect(sent.text).not.toContain('database')
    expect(sent.errors).toMatch(new RegExp(report))
  })

  it('returned is an answer like any other', async () => {
    expect((await answer(handler(() => missing))).error).toBeUndefined()
  })

  it('replaces the head of an application that failed after it', async () => {
    const { calls, body } = run(
      handler(() => (_environ, startResponse) => {
        startResponse('200 OK', [])
        return fail()
      }),
    )
    await body
    expect(calls.map(({ status, error }) => [status, error])).toEqual([
      ['200 OK', undefined],
      ['404 Not Found', missing],
    ])
  })

  it('is thrown on when the head is out already', () => {
    const app = handler(fail)
    expect(() =>
      app(setupTestingDefaults({}), (_status, _headers, error) => {
        throw error
      }),
    ).toThrow(missing)
  })

  it('is negotiated by the request', async () => {
    const { calls } = run(handler(fail), setupTestingDefaults({ HTTP_ACCEPT: 'text/html' }))
    expect(calls[0]?.headers).toContainEqual(['Content-Type', 'text/html; charset=utf-8'])
  })

  it('is the only error that becomes an answer', async () => {
    const broken = new Error('broken')
    const throwing = (): never => {
      throw broken
    }
    expect(() => run(handler(throwing))).toThrow(broken)
    await expect(run(handler(async () => throwing())).body).rejects.toBe(broken)
    await expect(run(handler(() => async () => throwing())).body).rejects.toBe(broken)
  })
})

describe('a Fetch Response from a handler', () => {
  it('keeps its cookies apart', async () => {
    const response = new globalThis.Response('a')
    response.headers.append('Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT')
    response.headers.append('Set-Cookie', 'b=2')
    response.headers.append('X-A', '1')
    response.headers.append('X-A', '2')
    const { headers } = await answer(handler(() => response))
    expect(headers.filter(([name]) => name !== 'content-type')).toEqual([
      ['x-a', '1, 2'],
      ['set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['set-cookie', 'b=2'],
    ])
  })

  it('gives its stream on as it is, and keeps its reason phrase', () => {
    const response = new globalThis.Response('a', { status: 404, statusText: 'Nowhere' })
    const { calls, body } = run(handler(() => response))
    expect(body).toBe(response.body)
    expect(calls[0]?.status).toBe('404 Nowhere')
  })

  it('leaves the headers of its connection behind', async () => {
    const response = new globalThis.Response('a', {
      headers: {
        Connection: 'keep-alive',
        'Keep-Alive': 'timeout=5',
        'Transfer-Encoding': 'chunked',
        'X-A': '1',
      },
    })
    const { headers } = await answer(handler(() => response))
    expect(headers.map(([name]) => name).toSorted()).toEqual(['content-type', 'x-a'])
  })

  it('says nothing of a coding that fetch has taken off', async () => {
    const headers = { 'Content-Encoding': 'gzip', 'Content-Length': '20', 'Content-Type': 'text/plain' }
    const made = new globalThis.Response('a', { headers })
    const fetched = Object.defineProperty(new globalThis.Response('a', { headers }), 'url', {
      value: 'http://a.example/',
    })
    expect((await answer(handler(() => made))).headers).toHaveLength(3)
    expect((await answer(handler(() => fetched))).headers).toEqual([['content-type', 'text/plain']])
  })
})
