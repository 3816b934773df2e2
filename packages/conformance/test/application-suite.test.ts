import { type Application, type Body, demoApplication, type Header, handler, mapBody, text } from '@tsgi/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApplicationSuiteOptions } from '../src/index.ts'
import { APPLICATION_CASES, applicationSuite } from '../src/index.ts'
import { failures } from './failures.ts'

// A case that hangs has found a fault; nobody waits for it here.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)
const plain = (): Header[] => [['Content-Type', 'text/plain; charset=utf-8']]

/** An application that answers 200 with a body of its own for each request. */
const answering =
  (makeBody: (signal: AbortSignal) => Body): Application =>
  (environ, startResponse) => {
    startResponse('200 OK', plain())
    return makeBody(environ['tsgi.exchange'].signal)
  }

/** Rejects when the client leaves. */
const departure = (signal: AbortSignal, makeReason: () => unknown): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(makeReason())))

const hello = answering(() => text('hello'))

const GOOD: [what: string, app: Application, options?: ApplicationSuiteOptions][] = [
  ['answers at once', hello],
  ['is the demo', demoApplication],
  [
    'is a handler',
    handler(async (request) => ({ sent: await request.text() })),
    { requests: ['/', { body: 'a' }] },
  ],
  [
    'says no',
    handler(() => null),
    { requests: [{ path: '/', headers: { Accept: 'text/plain' } }, { method: 'DELETE' }] },
  ],
  [
    'streams',
    async function* (_environ, startResponse) {
      startResponse('200 OK', plain())
      yield bytes('one')
      await new Promise(setImmediate)
      yield bytes('two')
    },
  ],
  [
    'stops when the client leaves',
    answering(async function* (signal) {
      yield bytes('one')
      await Promise.race([new Promise(setImmediate), departure(signal, () => signal.reason)])
      yield bytes('two')
    }),
  ],
  [
    'gives the same list, which nobody can change',
    ((headers) => (_environ, startResponse) => {
      startResponse('200 OK', headers as Header[])
      return []
    })(Object.freeze(plain())),
  ],
]

it.each(GOOD)('an application that keeps the contract passes: one that %s', async (_, app, options) => {
  expect(await failures(applicationSuite(app, options))).toEqual({})
})

describe('an application that breaks the contract is caught by the case for it: one that', () => {
  const shared = plain()
  let calls = 0
  let busy = 0
  let waiting: (() => void)[] = []
  let last: string | undefined

  /** `also` are the other cases that have to notice. */
  const BROKEN: [
    what: string,
    key: string,
    app: Application,
    also?: string[],
    options?: ApplicationSuiteOptions,
  ][] = [
    [
      'yields text',
      'contract',
      answering(() => ['hello'] as unknown as Body),
      ['twice', 'concurrent', 'head', 'leaves'],
    ],
    [
      'throws',
      'contract',
      () => {
        throw new Error('no')
      },
      ['leaves'],
    ],
    [
      'fails to close its body',
      'contract',
      answering(() =>
        mapBody([bytes('a')], {
          close() {
            throw new Error('no')
          },
        }),
      ),
      ['leaves'],
    ],
    [
      'gives the same list of headers each time',
      'twice',
      (_environ, startResponse) => {
        startResponse('200 OK', shared)
        return []
      },
    ],
    [
      'changes its mind about the type',
      'twice',
      (_environ, startResponse) => {
        startResponse('200 OK', [['Content-Type', calls++ % 2 ? 'text/plain' : 'application/json']])
        return [bytes('1')]
      },
      ['concurrent', 'head'],
    ],
    [
      'can do one thing at a time',
      'concurrent',
      async function* (_environ, startResponse) {
        busy++
        await new Promise(setImmediate)
        startResponse(busy > 1 ? '503 Service Unavailable' : '200 OK', plain())
        busy--
        yield bytes('done')
      },
    ],
    [
      'keeps a request where the next one finds it',
      'concurrent',
      async (environ, startResponse) => {
        last = environ.QUERY_STRING
        await new Promise(setImmediate)
        startResponse(last === 'a' ? '200 OK' : '404 Not Found', plain())
        return []
      },
      [],
      { requests: ['/?a', '/?b'] },
    ],
    [
      'knows no HEAD',
      'head',
      (environ, startResponse) => {
        startResponse(environ.REQUEST_METHOD === 'GET' ? '200 OK' : '405 Method Not Allowed', plain())
        return []
      },
    ],
    [
      'gives HEAD other headers',
      'head',
      (environ, startResponse) => {
        const { REQUEST_METHOD } = environ
        startResponse('200 OK', REQUEST_METHOD === 'GET' ? [...plain(), ['ETag', '"a"']] : plain())
        return []
      },
    ],
    [
      'takes a client that leaves for an error',
      'leaves',
      answering(async function* (signal) {
        yield bytes('one')
        await Promise.race([new Promise(setImmediate), departure(signal, () => new Error('who?'))])
        yield bytes('two')
      }),
    ],
    [
      'cannot close what is still read',
      'leaves',
      answering(() => {
        let isOver = false
        return mapBody(
          (async function* () {
            yield bytes('one')
            await new Promise(setImmediate)
            yield bytes('two')
            isOver = true
          })(),
          {
            close() {
              if (!isOver) throw new Error('still reading')
            },
          },
        )
      }),
    ],
    [
      'never comes to its end without its client',
      'leaves',
      async (environ, startResponse) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          environ['tsgi.exchange'].signal.addEventListener('abort', () => {
            waiting = waiting.filter((other) => other !== resolve)
          })
          setImmediate(() => waiting.includes(resolve) && resolve())
        })
        startResponse('200 OK', plain())
        return []
      },
    ],
  ]

  it.each(BROKEN)('%s: application.%s', async (_, key, app, also = [], options = {}) => {
    const failed = await failures(applicationSuite(app, options))
    expect(Object.keys(failed).sort()).toEqual([key, ...also].map((key) => `application.${key}`).sort())
  })

  it('each case has one', () => {
    const keys = new Set(BROKEN.map(([, key]) => `application.${key}`))
    expect(APPLICATION_CASES.map(({ key }) => key).filter((key) => !keys.has(key))).toEqual([])
  })
})

it('says which request has failed, and where', async () => {
  const app: Application = (environ, startResponse) => {
    startResponse(
      environ.REQUEST_METHOD === 'HEAD' && environ.PATH_INFO === '/b' ? '405 No' : '200 OK',
      plain(),
    )
    return []
  }
  const failed = await failures(applicationSuite(app, { requests: ['/a', { path: '/b' }] }))
  expect(failed['application.head']).toMatch(/^requests\[1\], \/b: /)
})

it('has no HEAD to try where no request is a GET', () => {
  const skipped = (options: ApplicationSuiteOptions) =>
    applicationSuite(hello, options).checks.flatMap(({ key, skipped }) =>
      skipped ? [`${key}: ${skipped}`] : [],
    )
  expect(skipped({ requests: [{ method: 'PUT' }, { json: {} }] })).toEqual([
    'application.head: get: no request is a GET',
  ])
  expect(skipped({ requests: [{ method: 'PUT' }, { path: '/a' }] })).toEqual([])
})

it('is called by the name of the application', () => {
  expect(applicationSuite(demoApplication).title).toBe('demoApplication')
  expect(applicationSuite([() => []][0]!).title).toBe('application')
  expect(applicationSuite(hello, { title: 'hello' }).title).toBe('hello')
})
