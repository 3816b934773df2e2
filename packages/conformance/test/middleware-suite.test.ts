import { constants, createGzip } from 'node:zlib'
import {
  type Application,
  type Body,
  capture,
  closeBody,
  copyEnviron,
  type Environ,
  type Exchange,
  type Header,
  Headers,
  type Middleware,
  mapBody,
  type Outcome,
  onResponse,
  readBody,
  type StartResponse,
  when,
} from '@tsgi/core'
import { type BodyIterator, bodyIterator, inputStream, isPromiseLike } from '@tsgi/core/gateway'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MIDDLEWARE_CASES, type MiddlewareSuiteOptions, middlewareSuite, type Suite } from '../src/index.ts'
import { failures } from './failures.ts'

interface TokenEnviron {
  'example.token': string
}
interface SessionEnviron {
  'example.session': { user?: string }
}

type Call = (app: Application, environ: Environ, startResponse: StartResponse) => Body | Promise<Body>

/** A layer made of one function. */
const layer =
  (call: Call): Middleware =>
  (app) =>
    function layer(environ, startResponse) {
      return call(app as Application, environ, startResponse)
    }

/** A layer that deals with the body alone. */
const onBody = (change: (body: Body) => Body): Middleware =>
  layer((app, environ, startResponse) => {
    const body = app(environ, startResponse)
    return isPromiseLike(body) ? body.then(change) : change(body)
  })

/** A layer that deals with the head alone, and knows the request. */
const onStart = (start: (startResponse: StartResponse, environ: Environ) => StartResponse): Middleware =>
  layer((app, environ, startResponse) => app(environ, start(startResponse, environ)))

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

/** An exchange that does what the outer one does. */
class PassingExchange implements Exchange {
  readonly #outer: Exchange

  constructor(outer: Exchange) {
    this.#outer = outer
  }

  get signal() {
    return this.#outer.signal
  }

  get route() {
    return this.#outer.route
  }

  set route(route) {
    this.#outer.route = route
  }

  onFinish(callback: (outcome: Outcome) => void) {
    this.#outer.onFinish(callback)
  }

  waitUntil(promise: PromiseLike<unknown>) {
    this.#outer.waitUntil(promise)
  }
}

describe('a layer that keeps the contract passes, and one that', () => {
  const mark: Middleware = (app) =>
    onResponse(app, function mark({ headers }) {
      headers.append('X-Mark', 'yes')
      headers.vary('Accept')
    })

  const GOOD: [what: string, suite: Suite][] = [
    ['does nothing', middlewareSuite((app) => app)],
    [
      'calls its application',
      middlewareSuite(layer((app, environ, startResponse) => app(environ, startResponse))),
    ],
    ['sets headers', middlewareSuite(mark)],
    ['stands before some requests', middlewareSuite(when(() => true, mark))],
    [
      'adds a key',
      middlewareSuite<TokenEnviron, {}>(
        (app) =>
          function token(environ, startResponse) {
            return app(Object.assign(environ, { 'example.token': 'a' }), startResponse)
          },
      ),
    ],
    [
      'needs a key',
      middlewareSuite<{}, SessionEnviron>(
        (app) =>
          function user(environ, startResponse) {
            environ['example.session'].user ??= 'nobody'
            return app(environ, startResponse)
          },
        { environ: () => ({ 'example.session': {} }) },
      ),
    ],
    [
      'lets in who is known',
      middlewareSuite(
        layer((app, environ, startResponse) => {
          if (environ.HTTP_AUTHORIZATION === 'Basic YTpi') return app(environ, startResponse)
          startResponse('401 Unauthorized', [['WWW-Authenticate', 'Basic realm="a"']])
          return []
        }),
        { request: { headers: { Authorization: 'Basic YTpi' } } },
      ),
    ],
    [
      'changes the method of a form, in a copy',
      middlewareSuite(
        layer((app, environ, startResponse) =>
          environ.REQUEST_METHOD === 'POST'
            ? app(copyEnviron(environ, { REQUEST_METHOD: 'DELETE' }), startResponse)
            : app(environ, startResponse),
        ),
        { request: { path: '/?a=b', form: { a: 'b' } } },
      ),
    ],
    ['counts bytes', middlewareSuite(onBody((body) => mapBody(body, { close() {} })))],
    [
      'looks at every chunk',
      middlewareSuite(
        onBody((body) => mapBody(body, { chunk: (chunk) => chunk })),
        { async: true },
      ),
    ],
    [
      'waits for a store before it calls',
      middlewareSuite(
        layer(async (app, environ, startResponse) => {
          await new Promise(setImmediate)
          return app(environ, startResponse)
        }),
        { async: true },
      ),
    ],
    [
      'waits for a store before it answers',
      middlewareSuite(
        layer(async (app, environ, startResponse) => {
          const response = await capture(app, environ)
          await new Promise(setImmediate)
          response.headers.append('Set-Cookie', 'session=1')
          return response.respond(environ, startResponse)
        }),
        { async: true },
      ),
    ],
    ['gives an exchange of its own', middlewareSuite(withExchange(PassingExchange))],
    ['makes pages of errors', middlewareSuite(pages({ 'X-Page': 'yes' }), { async: true })],
    ['names what it has read, all of it', middlewareSuite(etag(), { buffers: true, async: true })],
    ['compresses, in threads of its own', middlewareSuite(gzip(), { rewritesBody: true, async: true })],
  ]

  it.each(GOOD)('%s', async (_, suite) => {
    expect(await failures(suite)).toEqual({})
  })
})

/** Answers what is thrown before the first byte, with headers that it sets on every answer. */
function pages(headers: Record<string, string>): Middleware {
  return layer(async (app, environ, startResponse) => {
    const response = await capture(app, environ).catch((error: unknown) => error as Error)
    if (response instanceof Error) {
      startResponse('500 Internal Server Error', [...Object.entries(headers)], response)
      return []
    }
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
    return response.respond(environ, startResponse)
  })
}

function etag(): Middleware {
  return layer(async (app, environ, startResponse) => {
    const response = await capture(app, environ)
    const content = await readBody(response.body)
    response.body = [content]
    if (response.status === 200) response.headers.set('ETag', `"${content.length}"`)
    return response.respond(environ, startResponse)
  })
}

function gzip(): Middleware {
  return layer(async (app, environ, startResponse) => {
    const response = await capture(app, environ)
    if (response.status === 204 || response.status === 304) return response.respond(environ, startResponse)
    const stream = createGzip()
    const take = (): Uint8Array => stream.read() ?? bytes('')
    response.headers.set('Content-Encoding', 'gzip')
    response.headers.delete('Content-Length')
    response.body = mapBody(response.body, {
      chunk: (chunk) =>
        new Promise((resolve) => {
          stream.write(chunk)
          stream.flush(constants.Z_SYNC_FLUSH, () => resolve(take()))
        }),
      flush: () =>
        new Promise((resolve) =>
          stream
            .end()
            .once('end', resolve as () => void)
            .once('readable', () => resolve(take())),
        ),
      close: () => void stream.destroy(),
    })
    return response.respond(environ, startResponse)
  })
}

describe('a layer that breaks the contract is caught by the case for it: one that', () => {
  // A case that hangs has found a fault; nobody waits for it here.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  /** `also` are the other cases that have to notice. */
  const BROKEN: [
    what: string,
    key: string,
    layer: Middleware,
    also?: string[],
    options?: MiddlewareSuiteOptions,
  ][] = [
    [
      'holds a chunk back until the next one is there',
      'streaming',
      onIterator((iterator) => {
        let held: Promise<IteratorResult<Uint8Array>> | undefined
        const pull = async () => iterator.next()
        return {
          async next() {
            const chunk = await (held ?? pull())
            held = chunk.done ? undefined : pull()
            await held?.catch(() => {})
            return chunk
          },
        }
      }),
      ['backpressure', 'abort'],
      { async: true },
    ],
    [
      'asks for the first chunk before it answers',
      'streaming',
      onBody((body) => {
        if (Array.isArray(body)) return body
        const iterator = bodyIterator(body)
        let first: ReturnType<BodyIterator['next']> | undefined = begin(body, iterator)
        return remade(body, iterator, {
          next() {
            const next = first ?? iterator.next()
            first = undefined
            return next
          },
        })
      }),
    ],
    [
      'asks for the next chunk while the last one is on its way',
      'backpressure',
      onIterator((iterator) => {
        let ahead: ReturnType<BodyIterator['next']> | undefined
        let asked = 0
        let isLeft = false
        return {
          async next() {
            const turn = ++asked
            const result = await (ahead ?? iterator.next())
            ahead = undefined
            setImmediate(() => {
              if (turn === asked && !isLeft && !result.done) ahead = iterator.next()
            })
            return result
          },
          return() {
            isLeft = true
          },
        }
      }),
      [],
      { async: true },
    ],
    [
      'closes in the finally of a generator, which may never have begun',
      'close',
      onBody((body) => {
        if (!(Symbol.iterator in body) || Array.isArray(body)) return body
        return (function* () {
          try {
            yield* body
          } finally {
            closeBody(body, null)
          }
        })()
      }),
    ],
    [
      'makes another array without close',
      'close',
      onBody((body) => (Array.isArray(body) ? body.map((chunk: Uint8Array) => chunk) : body)),
    ],
    [
      'closes again when the client has left',
      'close',
      layer((app, environ, startResponse) => {
        const body = app(environ, startResponse)
        environ['tsgi.exchange'].onFinish(({ aborted }) => {
          if (aborted && !isPromiseLike(body)) closeBody(body, null)
        })
        return body
      }),
      ['return', 'abort'],
    ],
    [
      'takes a client that leaves for an error',
      'close',
      onIterator(() => ({
        return() {
          throw new Error('the client is gone')
        },
      })),
      [],
      { async: true },
    ],
    [
      'fails to close when the client has left',
      'close',
      layer((app, environ, startResponse) => {
        const fail = () => {
          if (environ['tsgi.exchange'].signal.aborted) throw new Error('the client is gone')
        }
        const body = app(environ, startResponse)
        return isPromiseLike(body) ? body : mapBody(body, { close: fail })
      }),
      ['abort'],
    ],
    [
      'has an iterator without return',
      'return',
      onBody((body) => {
        const begin = () => {
          const iterator = bodyIterator(body)
          return { next: () => iterator.next() }
        }
        return { [protocolOf(body)]: begin, close: () => closeBody(body, null) } as unknown as Body
      }),
      ['close', 'abort', 'head'],
    ],
    [
      'closes first, and returns then',
      'return',
      onBody((body) => {
        let iterator: BodyIterator | undefined
        const begin = () => {
          iterator = bodyIterator(body)
          return { next: () => iterator!.next(), return: () => ({ done: true, value: undefined }) }
        }
        const close = async () => {
          await closeBody(body, null)
          await iterator?.return?.()
        }
        return { [protocolOf(body)]: begin, close } as unknown as Body
      }),
    ],
    [
      'is an async generator, which lets a return wait in line',
      'abort',
      onBody((body) => {
        if (Symbol.iterator in body) return body
        const passing = (async function* () {
          yield* body
        })()
        return {
          [Symbol.asyncIterator]: () => passing,
          close: () => passing.return().then(() => closeBody(body, null)),
        } as unknown as Body
      }),
    ],
    [
      'wants startResponse to be called at once',
      'late-start',
      layer((app, environ, startResponse) => {
        let isStarted = false
        const body = app(environ, (...args) => {
          isStarted = true
          return startResponse(...args)
        })
        if (!isPromiseLike(body) && !isStarted) throw new Error('startResponse was not called')
        return body
      }),
      ['error-before', 'start-response-error', 'error-headers', 'sync'],
    ],
    [
      'says of every write that it is done',
      'write',
      onStart((startResponse) => (...args) => {
        const write = startResponse(...args)
        return async (chunk) => void write(chunk)
      }),
    ],
    [
      'writes behind the body',
      'write',
      layer(async (app, environ, startResponse) => {
        const written: Uint8Array[] = []
        const body = await app(environ, (...args) => {
          startResponse(...args)
          return async (chunk) => void written.push(chunk)
        })
        return Array.isArray(body) ? [...body, ...written] : body
      }),
      ['error-after', 'close'],
      { async: true },
    ],
    [
      'answers what is thrown without saying what it was',
      'error-before',
      layer((app, environ, startResponse) => {
        try {
          return app(environ, startResponse)
        } catch {
          startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']])
          return [bytes('Sorry.')]
        }
      }),
    ],
    [
      'makes pages that lack the header of its answers',
      'error-before',
      layer((app, environ, startResponse) => {
        try {
          return app(environ, (status, headers, error) =>
            startResponse(status, [...headers, ['X-Mark', 'yes']], error),
          )
        } catch (error) {
          startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']], error)
          return []
        }
      }),
    ],
    [
      'ends a body that fails as if it were whole',
      'error-after',
      onIterator((iterator) => {
        let isBegun = false
        return {
          async next() {
            try {
              const result = await iterator.next()
              isBegun = true
              return result
            } catch (error) {
              if (isBegun) return { done: true, value: undefined }
              throw error
            }
          },
        }
      }),
      ['error-before', 'start-response-error'],
      { async: true },
    ],
    [
      'forgets the third argument of startResponse',
      'start-response-error',
      onStart((startResponse) => (status, headers) => startResponse(status, headers)),
      ['error-headers'],
    ],
    [
      'swallows what startResponse throws',
      'start-response-error',
      onStart((startResponse) => (...args) => {
        try {
          return startResponse(...args)
        } catch {
          return async () => {}
        }
      }),
    ],
    [
      'keeps the headers of the first call',
      'start-response-error',
      onStart((startResponse) => {
        const all: Header[] = []
        return (status, headers, error) => startResponse(status, all.push(...headers) ? [...all] : [], error)
      }),
    ],
    [
      'sets its header only where nothing is wrong',
      'error-headers',
      onStart((startResponse) => (status, headers, error) => {
        if (error === undefined) headers.push(['X-Mark', 'yes'])
        return startResponse(status, headers, error)
      }),
    ],
    [
      'sets its header only with 200',
      'error-headers',
      onStart((startResponse) => (status, headers, error) => {
        if (status.startsWith('200')) headers.push(['X-Mark', 'yes'])
        return startResponse(status, headers, error)
      }),
    ],
    [
      'answers HEAD by itself',
      'head',
      layer((app, environ, startResponse) => {
        if (environ.REQUEST_METHOD !== 'HEAD') return app(environ, startResponse)
        startResponse('405 Method Not Allowed', [['Allow', 'GET']])
        return []
      }),
      ['close', 'return'],
    ],
    [
      'sends nothing but a status to HEAD',
      'head',
      onStart(
        (startResponse, environ) => (status, headers, error) =>
          startResponse(status, environ.REQUEST_METHOD === 'HEAD' ? [] : headers, error),
      ),
    ],
    [
      'puts a page where there is none',
      'empty',
      onBody((body) => (Array.isArray(body) && body.length === 0 ? [bytes('Nothing.')] : body)),
    ],
    [
      'signs a 304 too',
      'empty',
      onBody((body) => (Array.isArray(body) && body.length === 0 ? [bytes('Nothing.')] : body)),
      [],
      { rewritesBody: true },
    ],
    [
      'takes bytes for text',
      'binary',
      onChunk((chunk) => bytes(new TextDecoder().decode(chunk))),
      [],
      { async: true },
    ],
    [
      'takes the whole buffer of a chunk',
      'binary',
      onChunk((chunk) => new Uint8Array(chunk.buffer)),
      [],
      { async: true },
    ],
    [
      'keeps startResponse where the next request finds it',
      'concurrency',
      (app) => {
        let current: StartResponse
        return function layer(environ, startResponse) {
          current = startResponse
          return app(environ, (...args) => current(...args))
        }
      },
    ],
    [
      'shows what another request has sent',
      'concurrency',
      (app) => {
        let last: string | undefined
        return function layer(environ, startResponse) {
          last = environ.HTTP_X_CONFORMANCE
          return app(environ, (status, headers, error) =>
            startResponse(status, [...headers, ['X-Echo', `${last}`]], error),
          )
        }
      },
    ],
    [
      'passes the environ of another request',
      'concurrency',
      (app) => {
        let last: typeof app extends Application<infer E> ? E : never
        return async function layer(environ, startResponse) {
          last = environ
          await new Promise(setImmediate)
          return app(last, startResponse)
        }
      },
      [],
      { async: true },
    ],
    [
      'moves the path in place',
      'environ',
      layer((app, environ, startResponse) =>
        app(Object.assign(environ, { SCRIPT_NAME: '/moved' }), startResponse),
      ),
    ],
    [
      'puts another input in place',
      'environ',
      layer((app, environ, startResponse) =>
        app(Object.assign(environ, { 'wsgi.input': inputStream([]) }), startResponse),
      ),
    ],
    [
      'takes a key away',
      'environ',
      layer((app, environ, startResponse) => {
        delete environ.HTTP_HOST
        return app(environ, startResponse)
      }),
    ],
    ['waits for nothing', 'sync', layer(async (app, environ, startResponse) => app(environ, startResponse))],
    ['reads a sync body by an async iterator', 'sync', onChunk((chunk) => chunk)],
    [
      'has no name',
      'name',
      [
        <E extends Environ>(app: Application<E>): Application<E> =>
          (...call) =>
            app(...call),
      ][0]!,
    ],
    [
      'gives an exchange whose signal never fires',
      'exchange',
      withExchange(
        class extends PassingExchange {
          override get signal() {
            return new AbortController().signal
          }
        },
      ),
    ],
    [
      'gives an exchange that keeps the route to itself',
      'exchange',
      withExchange(
        class extends PassingExchange {
          override get route() {
            return undefined
          }
          override set route(_) {}
        },
      ),
    ],
    [
      'gives an exchange that never calls back',
      'exchange',
      withExchange(
        class extends PassingExchange {
          override onFinish() {}
        },
      ),
    ],
    [
      'gives an exchange that waits for nothing',
      'exchange',
      withExchange(
        class extends PassingExchange {
          override waitUntil() {}
        },
      ),
    ],
    [
      'joins repeated headers',
      'headers',
      onStart((startResponse) => (status, headers, error) => {
        const joined = new Headers()
        for (const [name, value] of headers) joined.set(name, [...joined.getAll(name), value].join(', '))
        return startResponse(status, joined.list, error)
      }),
    ],
    [
      'makes up a reason of its own',
      'headers',
      onStart(
        (startResponse) => (status, headers, error) =>
          startResponse(`${Number(status.slice(0, 3))} OK`, headers, error),
      ),
    ],
    [
      'forgets that a longer body has another length',
      'headers',
      layer(async (app, environ, startResponse) =>
        mapBody(await app(environ, startResponse), {
          chunk: (chunk) => new Uint8Array(chunk.length * 2).fill(65),
        }),
      ),
      [],
      { async: true, rewritesBody: true },
    ],
  ]

  it.each(BROKEN)('%s: middleware.%s', async (_, key, middleware, also = [], options = {}) => {
    const failed = await failures(middlewareSuite(middleware, options))
    expect(Object.keys(failed).sort()).toEqual([key, ...also].map((key) => `middleware.${key}`).sort())
  })

  it('each case has one', () => {
    const keys = new Set(BROKEN.map(([, key]) => `middleware.${key}`))
    expect(MIDDLEWARE_CASES.map(({ key }) => key).filter((key) => !keys.has(key))).toEqual([])
  })
})

describe('a declared exception switches off', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  type Declared = Omit<MiddlewareSuiteOptions, 'request' | 'title' | 'environ'>

  const EXCEPTIONS: [
    what: string,
    declared: Declared,
    layer: Middleware,
    rest: Declared,
    without: string[],
  ][] = [
    [
      'what a layer cannot keep that buffers',
      { buffers: true },
      etag(),
      { async: true },
      ['abort', 'backpressure', 'close', 'error-after', 'return', 'streaming', 'write'],
    ],
    [
      'what a layer cannot keep that rewrites the body',
      { rewritesBody: true },
      onChunk((chunk) => bytes(new TextDecoder().decode(chunk).toUpperCase())),
      { async: true },
      ['binary', 'concurrency', 'late-start', 'streaming', 'write'],
    ],
    [
      'what a layer cannot keep that waits for the head',
      { async: true },
      layer(async (app, environ, startResponse) =>
        (await capture(app, environ)).respond(environ, startResponse),
      ),
      {},
      ['abort', 'streaming', 'sync'],
    ],
  ]

  it.each(EXCEPTIONS)('%s, and no more', async (_, declared, middleware, rest, without) => {
    expect(await failures(middlewareSuite(middleware, { ...rest, ...declared }))).toEqual({})
    const failed = await failures(middlewareSuite(middleware, rest))
    expect(Object.keys(failed).sort()).toEqual(without.map((key) => `middleware.${key}`))
  })

  it.each<[declared: Declared, skipped: string[]]>([
    [{}, []],
    [
      { buffers: true },
      [
        'middleware.streaming: streaming: it buffers',
        'middleware.backpressure: streaming: it buffers',
        'middleware.return: streaming: it buffers',
      ],
    ],
    [{ rewritesBody: true }, ['middleware.binary: same-bytes: it rewrites the body']],
    [{ async: true }, ['middleware.sync: sync: it is async']],
  ])('whole cases only where nothing of them is left, and says why: %j', (declared, skipped) => {
    const { checks } = middlewareSuite((app) => app, declared)
    expect(checks.flatMap(({ key, skipped }) => (skipped ? [`${key}: ${skipped}`] : []))).toEqual(skipped)
  })
})

it('says that the request must be one which the layer lets through', async () => {
  const closed = layer((_app, _environ, startResponse) => {
    startResponse('403 Forbidden', [['Content-Type', 'text/plain']])
    return [bytes('No.')]
  })
  const failed = await failures(middlewareSuite(closed, { request: { path: '/a' } }))
  const keys = MIDDLEWARE_CASES.map(({ key }) => key).filter((key) => key !== 'middleware.name')
  expect(Object.keys(failed)).toEqual(keys)
  for (const message of Object.values(failed)) {
    expect(message).toMatch(
      /middlewareSuite: options\.request: must be one that the layer lets through to its application; (?:GET|HEAD) \/a was answered with 403$/,
    )
  }
})

it('sends the request that it is given', async () => {
  const seen = new Set<string>()
  const spy = layer((app, environ, startResponse) => {
    const { REQUEST_METHOD, REQUEST_URI, HTTP_X_A, CONTENT_LENGTH } = environ
    seen.add([REQUEST_METHOD, REQUEST_URI, HTTP_X_A, CONTENT_LENGTH].join(' '))
    return app(environ, startResponse)
  })
  await failures(middlewareSuite(spy, { request: { path: '/a?b', headers: { 'X-A': 'c' }, body: 'four' } }))
  // Without its body where the method is another one.
  expect(seen).toEqual(new Set(['POST /a?b c 4', 'HEAD /a?b c ', 'GET /a?b c ']))
})

it('makes the keys of outer layers anew for each request', async () => {
  const seen = new Set<object>()
  let requests = 0
  const spy: Middleware<{}, SessionEnviron> = (app) =>
    function spy(environ, startResponse) {
      requests++
      seen.add(environ['example.session'])
      return app(environ, startResponse)
    }
  await failures(middlewareSuite(spy, { environ: () => ({ 'example.session': {} }) }))
  expect(requests).toBeGreaterThan(MIDDLEWARE_CASES.length)
  expect(seen.size).toBe(requests)
})

/** A body like another, with an iterator that differs in what is given, and closed by the rules. */
function remade(
  body: Body,
  iterator: BodyIterator,
  change: Partial<Record<'next' | 'return', unknown>>,
): Body {
  let isReturned = false
  const changed = {
    next: () => iterator.next(),
    return: () => {
      isReturned = true
      return iterator.return?.()
    },
    ...change,
  }
  return {
    [protocolOf(body)]: () => changed,
    close: () => closeBody(body, isReturned ? null : iterator),
  } as unknown as Body
}

/** A layer that gives an async iterator of its own, which does what is given, and else what that of the body does. */
function onIterator(
  change: (iterator: BodyIterator) => { next?(): unknown; return?(): unknown },
): Middleware {
  return onBody((body) => {
    let iterator: BodyIterator | null | undefined
    const begin = () => {
      const inner = bodyIterator(body)
      iterator = inner
      const changed = change(inner)
      const next = async () => (changed.next ?? inner.next).call(inner)
      const leave = async () => {
        iterator = null
        await inner.return?.()
        await changed.return?.()
        return { done: true, value: undefined }
      }
      return { next, return: leave }
    }
    return { [Symbol.asyncIterator]: begin, close: () => closeBody(body, iterator) } as unknown as Body
  })
}

function onChunk(chunk: (chunk: Uint8Array) => Uint8Array): Middleware {
  return onBody((body) => mapBody(body, { chunk }))
}

function withExchange(Inner: new (exchange: Exchange) => Exchange): Middleware {
  return layer((app, environ, startResponse) =>
    app(copyEnviron(environ, { 'tsgi.exchange': new Inner(environ['tsgi.exchange']) }), startResponse),
  )
}

function protocolOf(body: Body): symbol {
  return Symbol.iterator in body ? Symbol.iterator : Symbol.asyncIterator
}

/** Asks for the first chunk; a body that fails there is closed. */
function begin(body: Body, iterator: BodyIterator): ReturnType<BodyIterator['next']> {
  try {
    return iterator.next()
  } catch (error) {
    closeBody(body, null)
    throw error
  }
}
