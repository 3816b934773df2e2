import { type Application, type Body, type Outcome, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Server, serve } from '../src/index.ts'
import { RawClient, statusesOf } from './raw-client.ts'

/** What a test sees of one exchange on a server of its own. */
interface Watched {
  server: Server
  /** What happened to the body. */
  log: string[]
  outcome: Promise<Outcome>
  /** How often the exchange finished. */
  finished: () => number
  aborted: () => boolean
  errors: () => string
}

let running: Server[] = []
const unhandled: unknown[] = []
const onUnhandled = (error: unknown) => unhandled.push(error)

beforeEach(() => {
  running = []
  process.on('unhandledRejection', onUnhandled)
})

afterEach(async () => {
  await Promise.all(running.map((server) => server.close({ graceMs: 0 })))
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled.splice(0)).toEqual([])
})

async function watch(
  app: (
    log: string[],
    environ: Parameters<Application>[0],
    startResponse: Parameters<Application>[1],
  ) => ReturnType<Application>,
): Promise<Watched> {
  const log: string[] = []
  const errors: string[] = []
  let finished = 0
  let signal: AbortSignal | undefined
  let settle: (outcome: Outcome) => void = () => {}
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  const server = await serve(
    (environ, startResponse) => {
      signal = environ['tsgi.exchange'].signal
      environ['tsgi.exchange'].onFinish((ended) => {
        finished++
        settle(ended)
      })
      return app(log, environ, startResponse)
    },
    { port: 0, errors: errorStream((line) => errors.push(line)) },
  )
  running.push(server)
  return {
    server,
    log,
    outcome,
    finished: () => finished,
    aborted: () => signal?.aborted === true,
    errors: () => errors.join(''),
  }
}

/** A body that writes down how it is treated. */
function observed(log: string[], chunks: Body): Body {
  const protocol = Symbol.iterator in chunks ? Symbol.iterator : Symbol.asyncIterator
  return {
    [protocol]: () => {
      const iterator = Symbol.iterator in chunks ? chunks[Symbol.iterator]() : chunks[Symbol.asyncIterator]()
      return {
        next: () => iterator.next(),
        return: () => {
          log.push('return')
          return iterator.return?.()
        },
      }
    },
    close: () => void log.push('close'),
  } as unknown as Body
}

/** A body that gives its chunks and then waits until the test ends it. */
function hanging(log: string[], chunks: Uint8Array[]): Body {
  let end: () => void = () => {}
  const rest = chunks[Symbol.iterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const { done, value } = rest.next()
        if (!done) return Promise.resolve({ done: false, value })
        return new Promise<IteratorResult<Uint8Array>>((resolve) => {
          end = () => resolve({ done: true, value: undefined })
        })
      },
      return: async () => {
        log.push('return')
        end()
        return { done: true, value: undefined }
      },
    }),
    close: () => void log.push('close'),
  } as Body
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const HEAD = GET.replace('GET', 'HEAD')

function* failing(...before: string[]): Generator<Uint8Array> {
  for (const chunk of before) yield Buffer.from(chunk)
  throw new Error('boom')
}

describe('a body is closed exactly once, and the exchange finished once, over a socket', () => {
  it.each<
    [
      ending: string,
      request: string,
      app: Parameters<typeof watch>[0],
      log: string[],
      received: RegExp,
      outcome: object,
    ]
  >([
    [
      'finished',
      GET,
      (log, _, start) => {
        start('200 OK', [])
        return observed(log, [Buffer.from('a'), Buffer.from('b')])
      },
      ['close'],
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n(?:1\r\na\r\n1\r\nb|2\r\nab)\r\n0\r\n\r\n$/s,
      { status: 200, bytesSent: 2 },
    ],
    [
      'threw before the first chunk',
      GET,
      (log, _, start) => {
        start('200 OK', [])
        return observed(log, failing())
      },
      ['close'],
      /^HTTP\/1\.1 500 Internal Server Error\r\n.*\r\n\r\nInternal Server Error\n$/s,
      { status: 500, bytesSent: 22, error: expect.objectContaining({ message: 'boom' }) },
    ],
    [
      'threw after the first chunk: the chunks have no end',
      GET,
      (log, _, start) => {
        start('200 OK', [])
        return observed(log, failing('a'))
      },
      ['close'],
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n1\r\na\r\n$/s,
      { status: 200, bytesSent: 1, error: expect.objectContaining({ message: 'boom' }) },
    ],
    [
      'shorter than its length: the connection is cut',
      GET,
      (log, _, start) => {
        start('200 OK', [['Content-Length', '5']])
        return observed(log, [Buffer.from('a')])
      },
      ['close'],
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\na$/s,
      { status: 200, bytesSent: 1, error: expect.any(RangeError) },
    ],
    [
      'HEAD',
      HEAD,
      (log, _, start) => {
        start('200 OK', [])
        return observed(log, [Buffer.from('a'), Buffer.from('b')])
      },
      ['return', 'close'],
      /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s,
      { status: 200, bytesSent: 0 },
    ],
    [
      '304',
      GET,
      (log, _, start) => {
        start('304 Not Modified', [])
        return observed(log, [Buffer.from('a'), Buffer.from('b')])
      },
      ['return', 'close'],
      /^HTTP\/1\.1 304 Not Modified\r\n.*\r\n\r\n$/s,
      { status: 304, bytesSent: 0 },
    ],
    [
      'a middleware that drops the body: it closes it itself, as a server must',
      GET,
      (log, _, start) => {
        const inner = observed(log, [Buffer.from('a')]) as Body & { close(): void }
        inner.close()
        start('200 OK', [])
        return text('another')
      },
      ['close'],
      /\r\n\r\nanother$/,
      { status: 200, bytesSent: 7 },
    ],
  ])('%s', async (_, request, app, log, received, outcome) => {
    const watched = await watch(app)
    const client = await RawClient.connect(watched.server.port)
    expect(await client.write(request).toEnd()).toMatch(received)
    expect(await watched.outcome).toEqual({ error: undefined, aborted: false, ...outcome })
    expect(watched.log).toEqual(log)
    expect(watched.finished()).toBe(1)
    expect(watched.aborted()).toBe(false)
  })

  it.each<
    [when: string, app: Parameters<typeof watch>[0], sees: RegExp | undefined, log: string[], outcome: object]
  >([
    [
      'while the application is pending; its body is never begun',
      (log, environ) =>
        new Promise((resolve) => {
          environ['tsgi.exchange'].signal.addEventListener('abort', () =>
            resolve(observed(log, [Buffer.from('a')])),
          )
        }),
      undefined,
      ['close'],
      { status: undefined, bytesSent: 0 },
    ],
    [
      'while the body is streaming',
      (log, _, start) => {
        start('200 OK', [])
        return hanging(log, [Buffer.from('first')])
      },
      /first/,
      ['return', 'close'],
      { status: 200, bytesSent: 5 },
    ],
    [
      'while it does not read',
      (log, _, start) => {
        start('200 OK', [])
        const chunk = Buffer.alloc(65_536, 'x')
        return observed(
          log,
          (function* () {
            for (;;) yield chunk
          })(),
        )
      },
      /x/,
      ['return', 'close'],
      { status: 200, bytesSent: expect.any(Number) },
    ],
  ])('the client leaves %s', async (_, app, sees, log, outcome) => {
    let called: () => void = () => {}
    const wasCalled = new Promise<void>((resolve) => {
      called = resolve
    })
    const watched = await watch((...given) => {
      called()
      return app(...given)
    })
    const client = await RawClient.connect(watched.server.port)
    client.write(GET)
    await wasCalled
    if (sees !== undefined) {
      await client.until(sees)
      client.socket.pause()
    }
    client.socket.resetAndDestroy()
    expect(await watched.outcome).toEqual({ error: undefined, aborted: true, ...outcome })
    // What was answered to the signal comes a turn later.
    await new Promise((resolve) => setImmediate(resolve))
    expect(watched.log).toEqual(log)
    expect(watched.finished()).toBe(1)
    expect(watched.aborted()).toBe(true)
    expect(watched.errors()).toBe('')
  })

  it('the client leaves while its answer waits behind another', async () => {
    const log: string[] = []
    const outcomes: Outcome[] = []
    let both: () => void = () => {}
    const bothCame = new Promise<void>((resolve) => {
      both = resolve
    })
    let allOver: () => void = () => {}
    const bothOver = new Promise<void>((resolve) => {
      allOver = resolve
    })
    const server = await serve(
      (environ, startResponse) => {
        environ['tsgi.exchange'].onFinish((outcome) => {
          if (outcomes.push(outcome) === 2) allOver()
        })
        if (environ.PATH_INFO === '/2') both()
        startResponse('200 OK', [])
        return hanging(log, [])
      },
      { port: 0 },
    )
    running.push(server)
    const client = await RawClient.connect(server.port)
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    await bothCame
    client.socket.destroy()
    await bothOver
    expect(outcomes.map(({ aborted }) => aborted)).toEqual([true, true])
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).toEqual(['return', 'close', 'return', 'close'])
  })
})

describe('a broken body never ends cleanly', () => {
  it('is reset where the end of the connection would be the end of the body', async () => {
    const watched = await watch((_, __, start) => {
      start('200 OK', [])
      return failing('half')
    })
    const client = await RawClient.connect(watched.server.port)
    const error = new Promise((resolve) => client.socket.on('error', resolve))
    client.write('GET / HTTP/1.0\r\n\r\n')
    expect(await error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('does not take the answers before it on the same connection along', async () => {
    let first: (body: Body) => void = () => {}
    let failed: () => void = () => {}
    const secondFailed = new Promise<void>((resolve) => {
      failed = resolve
    })
    const server = await serve(
      (environ, startResponse) => {
        startResponse('200 OK', [])
        if (environ.PATH_INFO === '/1') return new Promise<Body>((resolve) => (first = resolve))
        return (function* () {
          yield Buffer.from('half')
          failed()
          throw new Error('boom')
        })()
      },
      { port: 0, errors: errorStream(() => {}) },
    )
    running.push(server)
    const client = await RawClient.connect(server.port)
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    await secondFailed
    first(text('the first'))
    const received = await client.toEnd()
    expect(received).toContain('the first')
    expect(received).toMatch(/half\r\n$/)
    expect(statusesOf(received)).toEqual([200, 200])
  })
})
