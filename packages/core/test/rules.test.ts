import { describe, expect, it } from 'vitest'
import { utf8 } from '../src/bytes.ts'
import type {
  Application,
  Body,
  Environ,
  Exchange,
  InputStream,
  Middleware,
  Outcome,
  StartResponse,
} from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { stack } from '../src/stack.ts'
import { send } from '../src/testing.ts'
import { ContractError, RULES, type Side, validator } from '../src/validator.ts'
import {
  answering,
  type Break,
  faultsOf,
  hello,
  PLAIN,
  returning,
  type Server,
  serving,
  servingErrors,
  servingExchange,
  servingInput,
  starting,
  untyped,
} from './breaking.ts'

/** Each rule broken once, by the side that it binds. */
const BREAKS: Record<string, Break> = {
  'call.arguments': {
    server: (app) => (environ, startResponse) => Reflect.apply(app, undefined, [environ, startResponse, {}]),
  },
  'call.start-response': { server: (app) => (environ) => Reflect.apply(app, undefined, [environ, null]) },
  'environ.plain': {
    server: (app) => (environ, startResponse) =>
      app(Object.assign(new (class Custom {})(), environ), startResponse),
  },

  'environ.mutable': {
    server: (app) => (environ, startResponse) => app(Object.freeze(copyEnviron(environ, {})), startResponse),
  },
  'environ.required': { server: serving({ REMOTE_PORT: undefined }) },
  'environ.strings': { server: serving({ HTTP_DNT: 1 }) },
  'environ.header-keys': { server: serving({ HTTP_Dnt: '1' }) },
  'environ.content-keys': { server: serving({ HTTP_CONTENT_LENGTH: '0' }) },
  'environ.proxy': { server: serving({ HTTP_PROXY: 'http://evil.example' }) },
  'environ.latin1': { server: serving({ QUERY_STRING: 'q=чай' }) },
  'environ.header-values': { server: serving({ HTTP_X: 'a\r\nHost: evil.example' }) },
  'environ.method': { server: serving({ REQUEST_METHOD: 'GET /' }) },
  'environ.script-name': { server: serving({ SCRIPT_NAME: '/shop/' }) },
  'environ.path-info': { server: serving({ PATH_INFO: 'shop' }) },
  'environ.path-pair': { server: serving({ SCRIPT_NAME: '', PATH_INFO: '' }) },
  'environ.path-text': { server: serving({ PATH_INFO: '/a\0b' }) },
  'environ.request-uri': { server: serving({ REQUEST_URI: '/a b' }) },
  'environ.protocol': { server: serving({ SERVER_PROTOCOL: '1.1' }) },
  'environ.gateway-interface': { server: serving({ GATEWAY_INTERFACE: 'WSGI/1.0' }) },
  'environ.server-names': { server: serving({ SERVER_NAME: '' }) },
  'environ.server-port': { server: serving({ SERVER_PORT: '' }) },
  'environ.remote-port': { server: serving({ REMOTE_PORT: 'unknown' }) },
  'environ.content-length': { server: serving({ CONTENT_LENGTH: '+5' }) },
  'environ.version': { server: serving({ 'wsgi.version': [1, 1] }) },
  'environ.url-scheme': { server: serving({ 'wsgi.url_scheme': 'HTTP' }) },
  'environ.https': { server: serving({ HTTPS: 'on' }) },
  'environ.flags': { server: serving({ 'wsgi.run_once': 0 }) },
  'environ.input-terminated': { server: serving({ 'wsgi.input_terminated': false }) },
  'environ.functions': { server: serving({ 'wsgi.early_hints': [] }) },
  'environ.extension-keys': { server: serving({ 'Shop.Basket': [] }) },

  'exchange.members': {
    server: serving({ 'tsgi.exchange': { signal: undefined, onFinish() {}, waitUntil() {} } }),
  },
  'exchange.fresh': {
    server: (app) => (environ, startResponse) => {
      const exchange = new GatewayExchange(environ['wsgi.errors'])
      exchange.finish({ status: 200, bytesSent: 0, error: undefined, aborted: false })
      return app(copyEnviron(environ, { 'tsgi.exchange': exchange }), startResponse)
    },
  },
  'exchange.only': {
    app: (environ, startResponse) => {
      void (environ['tsgi.exchange'] as GatewayExchange).aborted
      return hello(environ, startResponse)
    },
  },
  'exchange.signal': {
    server: servingExchange(() => ({
      get signal() {
        return new AbortController().signal
      },
    })),
    app: (environ, startResponse) => {
      void environ['tsgi.exchange'].signal
      void environ['tsgi.exchange'].signal
      return hello(environ, startResponse)
    },
  },
  'exchange.callback': { app: using(({ onFinish }) => onFinish(null as never)) },
  'exchange.promise': { app: using(({ waitUntil }) => waitUntil('soon' as never)) },
  'exchange.route': {
    app: using((exchange) => {
      exchange.route = 7 as never
    }),
  },
  'exchange.finish-once': {
    server: servingExchange((exchange) => ({
      onFinish(callback: () => void) {
        exchange.onFinish(callback)
        exchange.onFinish(callback)
      },
    })),
    app: using((exchange) => exchange.onFinish(() => {})),
  },
  'exchange.finish-order': {
    server: servingExchange((exchange) => {
      const callbacks: Array<(outcome: Outcome) => void> = []
      exchange.onFinish((outcome) => {
        for (const callback of callbacks) callback(outcome)
      })
      return { onFinish: (callback: () => void) => callbacks.push(callback) }
    }),
    app: using((exchange) => exchange.onFinish(() => {})),
  },
  'exchange.outcome': {
    server: servingExchange((exchange) => ({
      onFinish: (callback: (outcome: object) => void) =>
        exchange.onFinish((outcome) => callback({ ...outcome, status: '200 OK' })),
    })),
  },

  'input.members': { server: servingInput({ readlines: null }) },
  'input.only': {
    server: servingInput({ destroy() {} }),
    app: (environ, startResponse) => {
      ;(environ['wsgi.input'] as InputStream & { destroy(): void }).destroy()
      return hello(environ, startResponse)
    },
  },
  'input.in-time': tooLate((environ) => environ['wsgi.input'].read()),
  'input.size': {
    app: async (environ, startResponse) => {
      // The stream says so as well.
      await environ['wsgi.input'].read('5' as unknown as number).catch(throwContractError)
      return hello(environ, startResponse)
    },
  },
  'input.promise': {
    server: servingInput({ read: () => new Uint8Array(0) }),
    app: async (environ, startResponse) => {
      await environ['wsgi.input'].read()
      return hello(environ, startResponse)
    },
  },
  'input.bytes': {
    server: servingInput({ readlines: async () => ['a line\n'] }),
    app: async (environ, startResponse) => {
      await environ['wsgi.input'].readlines()
      return hello(environ, startResponse)
    },
  },
  'input.at-most': {
    server: servingInput({ read: async () => utf8('abc') }),
    app: async (environ, startResponse) => {
      await environ['wsgi.input'].read(2)
      return hello(environ, startResponse)
    },
  },

  'errors.members': { server: servingErrors({ flush: undefined }) },
  'errors.only': {
    server: servingErrors({ fd: 2 }),
    app: (environ, startResponse) => {
      void (environ['wsgi.errors'] as unknown as { fd: number }).fd
      return hello(environ, startResponse)
    },
  },
  'errors.in-time': tooLate((environ) => environ['wsgi.errors'].write('by the way\n')),
  'errors.text': {
    server: servingErrors({ write() {} }),
    app: (environ, startResponse) => {
      environ['wsgi.errors'].write(new Error('no text') as unknown as string)
      return hello(environ, startResponse)
    },
  },

  'early-hints.headers': {
    server: serving({ 'wsgi.early_hints': () => {} }),
    app: (environ, startResponse) => {
      environ['wsgi.early_hints']?.([['Link', '</a.css>\n']])
      return hello(environ, startResponse)
    },
  },
  'file-wrapper.arguments': {
    server: serving({ 'wsgi.file_wrapper': () => [] }),
    app: (environ, startResponse) => {
      environ['wsgi.file_wrapper']?.('/etc/motd' as never)
      return hello(environ, startResponse)
    },
  },
  'file-wrapper.body': {
    server: serving({ 'wsgi.file_wrapper': ({ path }: { path: string }) => path }),
    app: (environ, startResponse) => {
      environ['wsgi.file_wrapper']?.({ path: '/etc/motd' })
      return hello(environ, startResponse)
    },
  },

  'start-response.arguments': { app: starting('200 OK', [], undefined, undefined) },
  'start-response.in-time': tooLateStart(),
  'start-response.once': {
    app: (_environ, startResponse) => {
      startResponse('200 OK', PLAIN)
      startResponse('404 Not Found', PLAIN)
      return []
    },
  },
  'start-response.status': { app: starting('200', []) },
  'start-response.reason': { app: starting('200 O\nK', []) },
  'start-response.headers': { app: starting('200 OK', [['X-Count', 1]]) },
  'start-response.header-name': { app: starting('200 OK', [['X Y', '']]) },
  'start-response.header-value': { app: starting('200 OK', [['X', '\u010a']]) },
  'start-response.hop-by-hop': { app: starting('200 OK', [['transfer-encoding', 'chunked']]) },
  'start-response.status-header': { app: starting('200 OK', [['STATUS', '200']]) },
  'start-response.content-length': {
    app: starting('200 OK', [
      ['Content-Length', '0'],
      ['content-length', '0'],
    ]),
  },
  'start-response.no-content': { app: starting('204 No Content', [['Content-Length', '0']]) },
  'start-response.plain-name': { app: starting('200 OK', [['X.Y', '']]) },
  'start-response.write': {
    server: starts(
      (startResponse) =>
        (...args) =>
          void startResponse(...args),
    ),
  },
  'start-response.first': { app: () => [] },
  'start-response.content-type': { app: answering('200 OK', [], utf8('hello')) },
  'start-response.thrown-back': {
    app: function* (_environ, startResponse) {
      startResponse('200 OK', PLAIN)
      yield utf8('so far, so good')
      try {
        startResponse('500 Internal Server Error', PLAIN, new Error('broken'))
      } catch {}
    },
  },

  'write.arguments': { app: writing((write) => write(utf8('hello'), 'utf-8')) },
  'write.bytes': { app: writing((write) => write('hello')) },
  'write.before-body': {
    app: (_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN)
      return (function* () {
        write(utf8('too late'))
        yield utf8('in time')
      })()
    },
  },
  'write.promise': {
    server: starts((startResponse) => (...args) => {
      const write = startResponse(...args)
      return (chunk: Uint8Array) => void write(chunk)
    }),
    app: writing((write) => write(utf8('hello'))),
  },

  'body.iterable': { app: returning(() => 'hello') },
  'body.close-function': { app: returning(() => Object.assign(new Set(), { close: true })) },
  'body.result': { app: returning(() => ({ [Symbol.iterator]: () => ({ next: () => utf8('hello')[9] }) })) },
  'body.chunk': { app: answering('200 OK', PLAIN, 'hello') },
  'body.no-content': { app: answering('304 Not Modified', [], utf8('but see here')) },
  'body.too-long': {
    app: answering('200 OK', [...PLAIN, ['Content-Length', '4']], utf8('he'), utf8('llo')),
  },
  'body.too-short': { app: answering('200 OK', [...PLAIN, ['Content-Length', '6']], utf8('hello')) },

  'body.once': taking(measured, async (body) => {
    await drain(body)
    await drain(body)
    await body.close()
  }),
  'body.read-after-close': taking(streamed, async (body) => {
    const iterator = (body as Iterable<Uint8Array>)[Symbol.iterator]()
    iterator.next()
    iterator.return?.()
    await body.close()
    iterator.next()
  }),
  'body.one-by-one': taking(streamedLater, async (body) => {
    const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    await Promise.all([iterator.next(), iterator.next()])
    await iterator.return?.()
    await body.close()
  }),
  'body.closed-once': taking(streamed, async (body) => {
    await drain(body)
    await body.close()
    await body.close()
  }),
  'body.closed': taking(streamed, drain),
  'body.returned': taking(streamed, async (body) => {
    ;(body as Iterable<Uint8Array>)[Symbol.iterator]().next()
    await body.close()
  }),
}

type Closable = Body & { close(): void | Promise<void> }

function* streamed(_environ: Environ, startResponse: StartResponse): Generator<Uint8Array> {
  startResponse('200 OK', PLAIN)
  yield utf8('one')
  yield utf8('two')
}

async function* streamedLater(_environ: Environ, startResponse: StartResponse): AsyncGenerator<Uint8Array> {
  yield* streamed(_environ, startResponse)
}

function measured(_environ: Environ, startResponse: StartResponse): Body {
  startResponse('200 OK', [...PLAIN, ['Content-Length', '5']])
  return new Set([utf8('hello')])
}

/** Does something with the exchange that a server refuses too. */
function using(act: (exchange: Exchange) => void): Application {
  return function using(environ, startResponse) {
    try {
      act(environ['tsgi.exchange'])
    } catch (error) {
      throwContractError(error)
    }
    return hello(environ, startResponse)
  }
}

function writing(act: (write: (...args: unknown[]) => unknown) => void): Application {
  return untyped(function writing(_environ, startResponse) {
    act(startResponse('200 OK', PLAIN) as (...args: unknown[]) => unknown)
    return []
  })
}

/** Gives the application a startResponse of its own making. */
function starts(
  make: (startResponse: StartResponse) => (...args: Parameters<StartResponse>) => unknown,
): Server {
  return (app) => (environ, startResponse) => app(environ, make(startResponse) as StartResponse)
}

/** Goes on with its environ when the exchange is over, and every callback of its own was called. */
function tooLate(act: (environ: Environ) => unknown): Break {
  let goOn = (): void => {}
  return {
    app: (environ, startResponse) => {
      goOn = () => void act(environ)
      return hello(environ, startResponse)
    },
    server: (app) => (environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => goOn())
      return app(environ, startResponse)
    },
  }
}

function tooLateStart(): Break {
  let again = (): void => {}
  return {
    app: (_environ, startResponse) => {
      again = () => startResponse('500 Internal Server Error', [], new Error('too late'))
      startResponse('200 OK', PLAIN)
      return []
    },
    server: (app) => (environ, startResponse) => {
      const body = app(environ, (...args) =>
        args[2] === undefined ? startResponse(...args) : async () => {},
      )
      again()
      return body
    },
  }
}

/** Takes the body in a way of its own, and answers with an array. */
function taking(app: Application, take: (body: Closable) => unknown): Break {
  return {
    app,
    server: (app) => async (environ, startResponse) => {
      await take((await app(environ, () => async () => {})) as Closable)
      return hello(environ, startResponse)
    },
  }
}

async function drain(body: Body): Promise<void> {
  for await (const _ of body);
}

function throwContractError(error: unknown): void {
  if (error instanceof ContractError) throw error
}

const transparent: Server = (app) => (environ, startResponse) => app(environ, startResponse)

function layer(name: string, server: Server = transparent): Middleware {
  return ((app: Application) =>
    Object.defineProperty(server(app).bind(undefined), 'name', { value: name })) as unknown as Middleware
}

/** The fault that ends a request; its application is shut in, so that no stack in it is seen through. */
async function faultOf(app: Application): Promise<ContractError | undefined> {
  const error: unknown = await send(app).catch((error: unknown) => error)
  return error instanceof ContractError ? error : undefined
}

type Place = [
  where: string,
  side: Side,
  guilty: (app: Application) => string,
  make: (broken: Required<Break>) => Application,
]

const nameOf = (app: Application): string => `application "${app.name || 'anonymous'}"`
const validated = () => stack({ validate: true })

/** Where a rule can be broken in a stack of three layers, and who is guilty then. */
const PLACES: Place[] = [
  [
    'by the application, in a stack that validates',
    'application',
    nameOf,
    ({ app, server }) =>
      transparent(server(validated().use(layer('outer')).use(layer('middle')).use(layer('inner')).run(app))),
  ],
  [
    'by the middle layer, in a stack that validates',
    'application',
    () => 'middleware "middle"',
    ({ app, server }) =>
      transparent(
        server(
          validated()
            .use(layer('outer'))
            .use(layer('middle', () => app))
            .use(layer('inner'))
            .run(hello),
        ),
      ),
  ],
  [
    'by the application, under send',
    'application',
    nameOf,
    ({ app, server }) =>
      stack().use(layer('outer', server)).use(layer('middle')).use(layer('inner')).run(app),
  ],
  [
    'by the middle layer, under send',
    'application',
    () => 'middleware "middle"',
    ({ app, server }) =>
      stack()
        .use(layer('outer', server))
        .use(layer('middle', () => app))
        .use(layer('inner'))
        .run(hello),
  ],
  [
    'by the server, in a stack that validates',
    'server',
    () => 'server',
    ({ app, server }) =>
      transparent(server(validated().use(layer('outer')).use(layer('middle')).use(layer('inner')).run(app))),
  ],
  [
    'by the middle layer to its inner side, in a stack that validates',
    'server',
    () => 'middleware "middle"',
    ({ app, server }) =>
      transparent(validated().use(layer('outer')).use(layer('middle', server)).use(layer('inner')).run(app)),
  ],
  [
    'by the middle layer to its inner side, under send',
    'server',
    () => 'middleware "middle"',
    ({ app, server }) =>
      stack().use(layer('outer')).use(layer('middle', server)).use(layer('inner')).run(app),
  ],
]

describe.each(RULES.map((rule) => [rule.key, rule] as const))('the rule %s', (key, rule) => {
  const { app = hello, server = transparent } = BREAKS[key] ?? {}
  const guilty = rule.side === 'server' ? `server of ${nameOf(app)}` : nameOf(app)

  it('is found broken, by the guilty side, once', async () => {
    const faults = await faultsOf({ app, server })
    expect(faults.map((fault) => [fault.rule.key, fault.side, fault.guilty])).toEqual([
      [key, rule.side, guilty],
    ])
  })

  it(rule.advice ? 'is advice, for which nothing is thrown' : 'is thrown where it is broken', async () => {
    const fault = await faultOf(server(validator(app)))
    if (rule.advice) expect(fault).toBeUndefined()
    else expect(fault?.message).toBe(`${guilty}: ${rule.sentence} (${rule.source}); got ${fault?.found}`)
  })

  it.each(PLACES.filter(([, side]) => side === rule.side))(
    'broken %s',
    async (_where, _side, guilty, make) => {
      const fault = await faultOf(make({ app, server }))
      if (rule.advice) expect(fault).toBeUndefined()
      else expect([fault?.rule.key, fault?.guilty]).toEqual([key, guilty(app)])
    },
  )
})

it('has a key, a sentence of its own and a source for each rule, and a test that breaks it', () => {
  expect(new Set(RULES.map(({ key }) => key)).size).toBe(RULES.length)
  expect(new Set(RULES.map(({ sentence }) => sentence)).size).toBe(RULES.length)
  expect(RULES.filter(({ source }) => source === '')).toEqual([])
  expect(Object.keys(BREAKS).sort()).toEqual(RULES.map(({ key }) => key).sort())
})
