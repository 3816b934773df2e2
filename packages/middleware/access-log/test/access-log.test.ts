import {
  type Application,
  copyEnviron,
  HttpError,
  handler,
  type Outcome,
  setupTestingDefaults,
  text,
} from '@tsgi/core'
import { errorStream, GatewayExchange } from '@tsgi/core/gateway'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { type AccessLogEntry, type AccessLogOptions, accessLog } from '../src/index.ts'

const hello = handler(() => 'hello')

/** What the log has of one request; `request` as `send` takes it. */
async function entryOf(app: Application, request: Parameters<typeof send>[1] = '/'): Promise<AccessLogEntry> {
  const entries: AccessLogEntry[] = []
  const log = accessLog({
    format: (entry) => {
      entries.push(entry)
      return ''
    },
    write: () => {},
  })
  await send(log(app), request).catch(() => {})
  expect(entries).toHaveLength(1)
  return entries[0]!
}

/** What is written where the exchange ends as no application can make it end. */
function lineOf(app: Application, outcome: Partial<Outcome>): string {
  let written = ''
  const errors = errorStream((text) => {
    written += text
  })
  const exchange = new GatewayExchange(errors)
  const environ = setupTestingDefaults({ 'wsgi.errors': errors, 'tsgi.exchange': exchange })
  app(environ, () => () => Promise.resolve())
  expect(written).toBe('')
  exchange.finish({ status: 200, bytesSent: 0, error: undefined, aborted: false, ...outcome })
  return written
}

describe('accessLog', () => {
  it('writes a line in Combined Log Format to wsgi.errors', async () => {
    const { errors } = await send(accessLog()(hello), {
      path: '/search?q=tea',
      headers: { Referer: 'http://example.com/', 'User-Agent': 'curl/8.5.0' },
    })
    expect(errors).toMatch(
      /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/search\?q=tea HTTP\/1\.0" 200 5 "http:\/\/example\.com\/" "curl\/8\.5\.0"\n$/,
    )
  })

  it.each<[format: 'common' | 'json', line: RegExp]>([
    ['common', /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/ HTTP\/1\.0" 200 5\n$/],
    ['json', /^\{"time":"[^"]+Z","remoteAddress":"127\.0\.0\.1",.*\}\n$/],
  ])('writes %s', async (format, line) => {
    expect((await send(accessLog({ format })(hello))).errors).toMatch(line)
  })

  it('writes to where it is told instead', async () => {
    const lines: string[] = []
    const app = accessLog({ format: ({ status }) => `${status}`, write: (line) => lines.push(line) })(hello)
    expect((await send(app)).errors).toBe('')
    expect(lines).toEqual(['200\n'])
  })

  it('keeps the line of a function one line', async () => {
    const app = accessLog({ format: ({ userAgent }) => `a\t${userAgent}` })(hello)
    const request = { headers: { 'User-Agent': 'b\u009b2J' } }
    expect((await send(app, request)).errors).toBe('a\tb\\u009b2J\n')
    const broken = accessLog({ format: () => 'a\nb' })(hello)
    expect((await send(broken)).errors).toBe('a\\u000ab\n')
  })

  it('takes the time when the request comes, and measures to the end', async () => {
    const times = [1000, 1012.5]
    const app = accessLog({
      format: ({ time, durationMs }) => `${time.toISOString()} ${durationMs}`,
      now: () => Date.UTC(2026, 10, 21),
      clock: () => times.shift()!,
    })(hello)
    expect((await send(app)).errors).toBe('2026-11-21T00:00:00.000Z 12.5\n')
  })

  it('measures by itself', async () => {
    const before = Date.now()
    const { time, durationMs } = await entryOf(hello)
    expect(time.getTime()).toBeGreaterThanOrEqual(before)
    expect(time.getTime()).toBeLessThanOrEqual(Date.now())
    expect(durationMs).toBeGreaterThan(0)
    expect(durationMs).toBeLessThan(10_000)
  })

  it('counts the bytes of a streamed body', async () => {
    const entry = await entryOf(async function* (_, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield new Uint8Array(3)
      yield new Uint8Array(4)
    })
    expect(entry.bytes).toBe(7)
  })

  it('says what came, whatever layers inside make of their environ', async () => {
    const request = { path: '/a', headers: { 'User-Agent': 'curl', Referer: 'http://a/' } }
    const entry = await entryOf((environ, startResponse) => {
      environ.REQUEST_METHOD = 'PUT'
      environ.REQUEST_URI = '/b'
      environ.REMOTE_ADDR = '10.0.0.1'
      delete environ.HTTP_USER_AGENT
      delete environ.HTTP_REFERER
      startResponse('200 OK', [])
      return []
    }, request)
    expect(entry).toMatchObject({
      method: 'GET',
      target: '/a',
      remoteAddress: '127.0.0.1',
      userAgent: 'curl',
      referer: 'http://a/',
    })
  })

  it('finds what layers inside have added: the request id, the user, the route', async () => {
    const entry = await entryOf((environ, startResponse) => {
      Object.assign(environ, { 'tsgi.request_id': 'a1', REMOTE_USER: 'frank' })
      const inner = copyEnviron(environ, { PATH_INFO: '/7' })
      inner['tsgi.exchange'].route = '/users/:id'
      startResponse('200 OK', [])
      return []
    })
    expect(entry).toMatchObject({ requestId: 'a1', user: 'frank', route: '/users/:id' })
  })

  it('has no place for them where there are none', async () => {
    expect(await entryOf(hello)).toMatchObject({
      requestId: undefined,
      user: undefined,
      route: undefined,
      error: undefined,
      aborted: false,
    })
  })

  it('answers a synchronous application without a promise', () => {
    const body = text('done')
    const app = accessLog()(() => body)
    expect(app(setupTestingDefaults({}), () => () => Promise.resolve())).toBe(body)
  })

  it('carries its name', () => {
    expect(accessLog()(hello).name).toBe('accessLog')
  })
})

describe('a request that fails', () => {
  const broken = new Error('broken')

  it('is logged where the application throws', async () => {
    const entry = await entryOf(() => {
      throw broken
    })
    expect(entry).toMatchObject({ status: 500, error: broken, aborted: false })
  })

  it('is logged where a promise of the application is rejected', async () => {
    expect(await entryOf(() => Promise.reject(broken))).toMatchObject({ status: 500, error: broken })
  })

  it('is logged where the body throws after its first chunk', async () => {
    const entry = await entryOf(function* (_, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      yield new Uint8Array(3)
      throw broken
    })
    expect(entry).toMatchObject({ status: 200, bytes: 3, error: broken })
  })

  it('is logged with the error of which a layer inside has made an answer', async () => {
    const error = new HttpError(503, { detail: 'no database' })
    const app = handler(() => {
      throw error
    })
    expect(await entryOf(app)).toMatchObject({ status: 503, error })
  })

  it('is logged where the client left before an answer: 499', () => {
    const line = lineOf(accessLog({ format: 'common' })(hello), { status: undefined, aborted: true })
    expect(line).toContain('"GET / HTTP/1.0" 499 -\n')
  })

  it('is logged where the client left within the answer', () => {
    const app = accessLog({ format: 'json' })(hello)
    const line = lineOf(app, { status: 200, bytesSent: 4096, aborted: true })
    expect(JSON.parse(line)).toMatchObject({ status: 200, bytes: 4096, aborted: true })
  })

  it('is reported where the line cannot be written, and goes no further', () => {
    const app = accessLog({
      write: () => {
        throw new Error('the disk is full')
      },
    })(hello)
    expect(lineOf(app, {})).toContain('the disk is full')
  })
})

describe('options', () => {
  it.each<[options: object, message: string]>([
    [
      { format: 'dev' },
      'accessLog: options.format: must be "common", "combined", "json" or a function; got "dev"',
    ],
    [
      { format: 'toString' },
      'accessLog: options.format: must be "common", "combined", "json" or a function; got "toString"',
    ],
    [{ write: 1 }, 'accessLog: options.write: must be a function; got 1'],
    [{ now: 1 }, 'accessLog: options.now: must be a function; got 1'],
    [{ clock: null }, 'accessLog: options.clock: must be a function; got null'],
    [{ stream: 1 }, 'accessLog: options: must be without other members; got "stream"'],
  ])('are refused at wiring: %j', (options, message) => {
    expect(() => accessLog(options as AccessLogOptions)).toThrow(new TypeError(message))
  })
})
