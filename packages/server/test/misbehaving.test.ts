import { type Application, type Body, type StartResponse, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Server, serve } from '../src/index.ts'
import { exchangeRaw, statusesOf } from './raw-client.ts'

/** Whatever an application does: an answer or a cut connection, a report, and a server that goes on. */
let app: Application
let server: Server
let errors: string[] = []
const stray: unknown[] = []
const onStray = (error: unknown) => stray.push(error)

beforeAll(async () => {
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onStray)
  server = await serve((environ, startResponse) => app(environ, startResponse), {
    port: 0,
    errors: errorStream((line) => errors.push(line)),
  })
})

beforeEach(() => {
  errors = []
})

afterAll(async () => {
  await server.close({ graceMs: 0 })
  process.off('unhandledRejection', onStray)
  process.off('uncaughtException', onStray)
})

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const ok = (startResponse: StartResponse) => startResponse('200 OK', [])
const a = Buffer.from('a')
const fail = (): never => {
  throw new Error('boom')
}
/** A body whose iterator is what the test makes of it. */
const iterating = (iterator: object, more: object = {}): Body =>
  ({ [Symbol.iterator]: () => iterator, ...more }) as Body
const iteratingAsync = (iterator: object): Body => ({ [Symbol.asyncIterator]: () => iterator }) as Body

it.each<[what: string, app: (start: StartResponse) => unknown, status: number | undefined, report: RegExp]>([
  [
    'throws null',
    () => {
      throw null
    },
    500,
    /thrown: null/,
  ],
  [
    'throws undefined',
    () => {
      throw undefined
    },
    500,
    /thrown: undefined/,
  ],
  [
    'throws an object that cannot be shown',
    () => {
      throw Object.create(null)
    },
    500,
    /cannot be shown/,
  ],
  ['rejects', () => Promise.reject(new Error('boom')), 500, /boom/],
  ['rejects with nothing', () => Promise.reject(), 500, /thrown: undefined/],
  // biome-ignore lint/suspicious/noThenProperty: that is the misbehaviour.
  ['gives a thenable that throws', () => ({ then: fail }), 500, /boom/],
  [
    'gives a promise of a string',
    async (start) => {
      ok(start)
      return 'text'
    },
    500,
    /got a string/,
  ],
  [
    'gives a promise of a promise of a body',
    (start) => {
      ok(start)
      return Promise.resolve(Promise.resolve([a]))
    },
    200,
    /^$/,
  ],
  [
    'answers within a microtask, but calls startResponse in time',
    (start) =>
      Promise.resolve().then(() => {
        ok(start)
        return [a]
      }),
    200,
    /^$/,
  ],
  [
    'gives no iterator',
    (start) => {
      ok(start)
      return iterating(undefined as never)
    },
    500,
    /TypeError/,
  ],
  [
    'gives an iterator without next',
    (start) => {
      ok(start)
      return iterating({})
    },
    500,
    /TypeError/,
  ],
  [
    'has a getter for its iterator that throws',
    (start) => {
      ok(start)
      return {
        get [Symbol.iterator]() {
          return fail()
        },
      }
    },
    500,
    /boom/,
  ],
  [
    'has a next that gives nothing',
    (start) => {
      ok(start)
      return iterating({ next: () => undefined })
    },
    500,
    /TypeError/,
  ],
  [
    'has a next that throws',
    (start) => {
      ok(start)
      return iterating({ next: fail })
    },
    500,
    /boom/,
  ],
  [
    'has an async next that gives no promise',
    (start) => {
      ok(start)
      let n = 0
      return iteratingAsync({ next: () => (n++ === 0 ? { value: a } : { done: true }) })
    },
    200,
    /^$/,
  ],
  [
    'has an async next that gives nothing',
    (start) => {
      ok(start)
      return iteratingAsync({ next: async () => undefined })
    },
    500,
    /TypeError/,
  ],
  [
    'has an async next that throws',
    (start) => {
      ok(start)
      return iteratingAsync({ next: fail })
    },
    500,
    /boom/,
  ],
  [
    'has a return that throws',
    (start) => {
      ok(start)
      return iterating({ next: () => ({ value: 'text' }), return: fail }, { close: () => {} })
    },
    500,
    /encode it.*boom/s,
  ],
  [
    'has a close that throws',
    (start) => {
      ok(start)
      return Object.assign([a], { close: fail })
    },
    200,
    /boom/,
  ],
  [
    'has a close that rejects',
    (start) => {
      ok(start)
      return Object.assign([a], { close: () => Promise.reject(new Error('boom')) })
    },
    200,
    /boom/,
  ],
  [
    'has a close that is no function',
    (start) => {
      ok(start)
      return Object.assign([a], { close: 7 })
    },
    200,
    /^$/,
  ],
  [
    'yields itself',
    (start) => {
      ok(start)
      const body: unknown[] = []
      body.push(body)
      return body
    },
    500,
    /got an object \(Array\)/,
  ],
  [
    'changes its array while it is sent',
    (start) => {
      ok(start)
      const body = [a, a]
      setImmediate(() => body.push(fail as never))
      return body
    },
    200,
    /^$/,
  ],
  [
    'catches what startResponse throws, and goes on',
    (start) => {
      try {
        start('200' as '200 OK', [])
      } catch {}
      return [a]
    },
    500,
    /startResponse must be called, and succeed/,
  ],
  [
    'passes what is no header list',
    (start) => {
      start('200 OK', 'X: y' as never)
      return [a]
    },
    500,
    /headers must be/,
  ],
  [
    'passes headers that throw',
    (start) => {
      start('200 OK', new Proxy([], { get: fail }) as never)
      return [a]
    },
    500,
    /boom/,
  ],
  [
    'passes a status that throws',
    (start) => {
      start({ toString: fail } as never, [])
      return [a]
    },
    500,
    /status must be/,
  ],
  [
    'does not wait for its writes',
    (start) => {
      const write = ok(start)
      void write(a)
      void write(a)
      return []
    },
    200,
    /^$/,
  ],
  [
    'forgets a write that fails',
    (start) => {
      const write = start('200 OK', [['Content-Length', '1']])
      void write(a)
      void write(a)
      return []
    },
    200,
    /must have the 1 bytes/,
  ],
  [
    'writes when it is over',
    (start) => {
      const write = ok(start)
      setImmediate(() => void write(a))
      return [a]
    },
    200,
    /^$/,
  ],
  [
    'answers with an interim status',
    (start) => {
      start('102 Processing', [])
      return []
    },
    102,
    /^$/,
  ],
  [
    'waits for a promise that it rejected itself',
    async (start) => {
      ok(start)
      await Promise.reject(new Error('boom'))
    },
    500,
    /boom/,
  ],
])('an application that %s', async (_, misbehave, status, report) => {
  app = (_environ, startResponse) => misbehave(startResponse) as Body
  const received = await exchangeRaw(server.port, GET)
  expect(statusesOf(received)).toEqual(status === undefined ? [] : [status])
  if (status === 500) expect(received).toMatch(/\r\n\r\nInternal Server Error\n$/)
  // What a close or a late write brings comes a turn after the answer.
  await new Promise((resolve) => setImmediate(resolve))
  expect(errors.join('')).toMatch(report)
  expect(stray).toEqual([])
  app = (_environ, startResponse) => {
    ok(startResponse)
    return text('still here')
  }
  expect(await exchangeRaw(server.port, GET)).toMatch(/still here$/)
})
