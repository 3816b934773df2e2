import { describe, expect, it } from 'vitest'
import { readBody, text } from '../src/body.ts'
import { utf8 } from '../src/bytes.ts'
import type {
  Application,
  Body,
  Environ,
  Exchange,
  Header,
  InputStream,
  Outcome,
  StartResponse,
  Status,
  Write,
} from '../src/contract.ts'
import { demoApplication } from '../src/demo.ts'
import { copyEnviron } from '../src/environ.ts'
import { errorStream } from '../src/error-stream.ts'
import { FileWrapper } from '../src/file-wrapper.ts'
import { Call } from '../src/gateway/call.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { originalInput } from '../src/input-identity.ts'
import { Request } from '../src/request.ts'
import { send } from '../src/testing.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { ContractError, type ValidatorOptions, validator } from '../src/validator.ts'
import {
  answering,
  faultsOf,
  hello,
  keysOf,
  PLAIN,
  returning,
  serving,
  servingExchange,
  starting,
  untyped,
} from './breaking.ts'
import { settled } from './observe.ts'

it.each<[changes: Record<string, unknown>, key: string | undefined]>([
  [{ SCRIPT_NAME: '' }, undefined],
  [{ SCRIPT_NAME: '/a' }, undefined],
  [{ SCRIPT_NAME: '/a\n/b' }, undefined],
  [{ SCRIPT_NAME: '/' }, 'environ.script-name'],
  [{ SCRIPT_NAME: 'a' }, 'environ.script-name'],
  [{ SCRIPT_NAME: '/a\n/' }, 'environ.script-name'],
  [{ PATH_INFO: '//' }, undefined],
  [{ PATH_INFO: '/Öl/чай/🫖' }, undefined],
  [{ PATH_INFO: '*' }, 'environ.path-info'],
  [{ PATH_INFO: 'http://a/' }, 'environ.path-info'],
  [{ PATH_INFO: '/\ud83e' }, 'environ.path-text'],
  [{ SCRIPT_NAME: '/\udede' }, 'environ.path-text'],
  [{ SCRIPT_NAME: '/\0a' }, 'environ.path-text'],
  [{ SCRIPT_NAME: '/a', PATH_INFO: '' }, undefined],
  [{ REQUEST_METHOD: 'OPTIONS', REQUEST_URI: '*', PATH_INFO: '' }, undefined],
  [{ REQUEST_METHOD: 'GET', PATH_INFO: '' }, 'environ.path-pair'],
  [{ REQUEST_URI: 'http://a/b?c' }, undefined],
  [{ REQUEST_URI: '/caf\xc3\xa9\xa0' }, undefined],
  [{ REQUEST_URI: '' }, 'environ.request-uri'],
  [{ REQUEST_URI: '/a\tb' }, 'environ.request-uri'],
  [{ REQUEST_URI: '/a\x7f' }, 'environ.request-uri'],
  [{ REQUEST_URI: '/Ā' }, 'environ.latin1'],
  [{ REQUEST_METHOD: 'GЕT' }, 'environ.latin1'],
  [{ CONTENT_TYPE: 'text/plain; x="Ā"' }, 'environ.latin1'],
  [{ HTTP_X: 'Ā' }, 'environ.latin1'],
  [{ HTTP_X: 'Öl, \tx' }, undefined],
  [{ HTTP_X: 'a\nb' }, 'environ.header-values'],
  [{ HTTP_X: 'a\0b' }, 'environ.header-values'],
  [{ CONTENT_TYPE: 'text/plain\r' }, 'environ.header-values'],
  [{ "HTTP_X!#$%&'*+.^_`|~9": '1' }, undefined],
  [{ HTTP_: '1' }, 'environ.header-keys'],
  [{ 'HTTP_X-Y': '1' }, 'environ.header-keys'],
  [{ 'HTTP_X Y': '1' }, 'environ.header-keys'],
  [{ CONTENT_LENGTH: '0' }, undefined],
  [{ CONTENT_LENGTH: '9007199254740991' }, undefined],
  [{ CONTENT_LENGTH: '9007199254740992' }, 'environ.content-length'],
  [{ CONTENT_LENGTH: '' }, 'environ.content-length'],
  [{ CONTENT_LENGTH: ' 5' }, 'environ.content-length'],
  [{ CONTENT_LENGTH: '٣' }, 'environ.content-length'],
  [{ REQUEST_METHOD: 'get' }, undefined],
  [{ REQUEST_METHOD: 'M-SEARCH' }, undefined],
  [{ REQUEST_METHOD: '' }, 'environ.method'],
  [{ SERVER_PORT: '65535' }, undefined],
  [{ SERVER_PORT: '65536' }, 'environ.server-port'],
  [{ SERVER_PORT: '0' }, 'environ.server-port'],
  [{ SERVER_PORT: 'http' }, 'environ.server-port'],
  [{ SERVER_SOFTWARE: '' }, 'environ.server-names'],
  [{ SERVER_PROTOCOL: 'HTTP/2' }, undefined],
  [{ SERVER_PROTOCOL: '' }, 'environ.protocol'],
  [{ SERVER_PROTOCOL: 'HTTP/1.1\n' }, 'environ.protocol'],
  [{ GATEWAY_INTERFACE: '' }, 'environ.gateway-interface'],
  [{ REMOTE_ADDR: '', REMOTE_PORT: '' }, undefined],
  [{ REMOTE_PORT: '1e3' }, 'environ.remote-port'],
  [{ HTTPS: 'on', 'wsgi.url_scheme': 'https' }, undefined],
  [{ HTTPS: 'off' }, 'environ.https'],
  [{ 'wsgi.url_scheme': 'https' }, undefined],
  [{ HTTP_X: undefined }, undefined],
  [{ anything: {} }, 'environ.strings'],
  [{ 'my.anything': {} }, undefined],
  [{ 'HTTP_X.Y': '1' }, undefined],
  [{ 'my.Any-Thing': {} }, 'environ.extension-keys'],
  [{ 'my.': {} }, 'environ.extension-keys'],
  [{ 'wsgi.version': [1, 0] }, undefined],
  [{ 'wsgi.version': '1.0' }, 'environ.version'],
  [{ 'wsgi.multithread': 'yes' }, 'environ.flags'],
  [{ 'wsgi.file_wrapper': () => [], 'wsgi.early_hints': () => {} }, undefined],
  [{ 'wsgi.file_wrapper': 'sendfile' }, 'environ.functions'],
])('judges an environ with %j: %s', async (changes, key) => {
  expect(await keysOf({ server: serving(changes) })).toEqual(key ? [key] : [])
})

it.each<[what: string, found: string, lock: (environ: Environ) => Environ]>([
  ['frozen', 'a frozen object', Object.freeze],
  ['sealed', 'an object that takes no more keys', Object.seal],
  ['closed to new keys', 'an object that takes no more keys', Object.preventExtensions],
  [
    'with a key that is read-only',
    '"wsgi.input", which is read-only',
    (environ) => Object.defineProperty(environ, 'wsgi.input', { writable: false, configurable: false }),
  ],
])('judges an environ that is %s, and goes on', async (_what, found, lock) => {
  const faults: ContractError[] = []
  const app = handler((request) => request.text())
  const checked = validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) })
  const { text } = await send(
    (environ, startResponse) => checked(lock(copyEnviron(environ, {})), startResponse),
    { body: 'hello' },
  )
  expect(faults).toMatchObject([{ rule: { key: 'environ.mutable' }, found }])
  expect(text).toBe('hello')
})

it.each<[what: string, isPlain: boolean, make: (environ: Environ) => unknown]>([
  ['without a prototype', true, (environ) => Object.assign(Object.create(null), environ)],
  ['written as a literal', true, (environ) => ({ ...environ })],
  ['with a prototype that is empty', true, (environ) => copyEnviron(environ, {})],
  ['that inherits its keys', false, (environ) => Object.create(environ)],
  ['of a class', false, (environ) => Object.assign(new Error('an environ?'), environ)],
  ['that is a Map', false, (environ) => new Map(Object.entries(environ))],
  ['that is null', false, () => null],
])('judges an environ %s: %j', async (_what, isPlain, make) => {
  const keys = await keysOf({
    server: (app) => (environ, startResponse) => app(make(environ) as Environ, startResponse),
  })
  expect(keys).toEqual(isPlain ? [] : ['environ.plain'])
})

it.each<[status: unknown, key: string | undefined]>([
  ['200 OK', undefined],
  ['299 ', undefined],
  ['404 Nicht gefunden: Öl', undefined],
  [200, 'start-response.status'],
  ['', 'start-response.status'],
  ['20 OK', 'start-response.status'],
  ['2000 OK', 'start-response.status'],
  ['099 OK', 'start-response.status'],
  [' 200 OK', 'start-response.status'],
  ['200  OK', 'start-response.status'],
  ['200 OK ', 'start-response.status'],
  ['200\tOK', 'start-response.status'],
  ['²00 OK', 'start-response.status'],
  [new String('200 OK'), 'start-response.status'],
  ['200 OK\r\nX: y', 'start-response.reason'],
  ['200 O\tK', 'start-response.reason'],
  ['200 O\x7fK', 'start-response.reason'],
  ['200 \u010d\u010aX: y', 'start-response.reason'],
])('judges the status %j: %s', async (status, key) => {
  expect(await keysOf({ app: starting(status, []) })).toEqual(key ? [key] : [])
})

it.each<[headers: unknown, key: string | undefined]>([
  [[['X', 'a\tb, Öl']], undefined],
  [
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
    undefined,
  ],
  [undefined, 'start-response.headers'],
  [{ X: 'y' }, 'start-response.headers'],
  [['Content-Type', 'text/plain'], 'start-response.headers'],
  [[['X']], 'start-response.headers'],
  [[['X', 'y', 'z']], 'start-response.headers'],
  [[['X:', 'y']], 'start-response.header-name'],
  [[['', 'y']], 'start-response.header-name'],
  [[['Ä', 'y']], 'start-response.header-name'],
  [[['X', 'a\r\nSet-Cookie: b']], 'start-response.header-value'],
  [[['X', '\0']], 'start-response.header-value'],
  [[['Connection', 'close']], 'start-response.hop-by-hop'],
  [[['Content-Length', '-1']], 'start-response.content-length'],
  [[['Content-Length', '0x0']], 'start-response.content-length'],
  [[['Content-Length', '0, 0']], 'start-response.content-length'],
  [[['X_Y-9', '']], undefined],
  [[['9X', '']], 'start-response.plain-name'],
  [[['X-', '']], 'start-response.plain-name'],
])('judges the headers %j: %s', async (headers, key) => {
  expect(await keysOf({ app: starting('200 OK', headers) })).toEqual(key ? [key] : [])
})

it.each<[status: Status, name: string, key: string | undefined]>([
  ['100 Continue', 'content-type', 'start-response.no-content'],
  ['103 Early Hints', 'Content-Length', 'start-response.no-content'],
  ['204 No Content', 'Content-Type', 'start-response.no-content'],
  ['204 No Content', 'content-length', 'start-response.no-content'],
  ['204 No Content', 'Content-Language', undefined],
  ['205 Reset Content', 'Content-Length', undefined],
  ['304 Not Modified', 'Content-Type', 'start-response.no-content'],
  ['304 Not Modified', 'Content-Length', undefined],
])(
  'judges an answer with %s and %s: %s (RFC 9110 sections 8.6, 15.3.5, 15.4.5)',
  async (status, name, key) => {
    expect(await keysOf({ app: starting(status, [[name, '0']]) })).toEqual(key ? [key] : [])
  },
)

it.each<[what: string, app: Application, isAdvised: boolean]>([
  ['with bytes', answering('200 OK', [], utf8('hello')), true],
  ['with bytes after an empty chunk', answering('200 OK', [], new Uint8Array(0), utf8('hello')), true],
  ['with bytes and their type', answering('200 OK', [['content-type', 'text/plain']], utf8('hello')), false],
  ['with an empty chunk', answering('200 OK', [], new Uint8Array(0)), false],
  ['without a chunk', answering('200 OK', []), false],
])('advises an answer %s to say its type', async (_what, app, isAdvised) => {
  expect(await keysOf({ app })).toEqual(isAdvised ? ['start-response.content-type'] : [])
})

it.each<[body: unknown, found: string]>([
  ['hello', 'a string: return text(…) of @tsgi/core'],
  [utf8('hello'), 'the bytes themselves: return [bytes]'],
  [undefined, 'undefined'],
  [null, 'null'],
  [0, 'a number'],
  [{}, 'an object (Object)'],
])('says what to return in place of %j', async (body, found) => {
  const [fault] = await faultsOf({ app: returning(() => body) })
  expect(fault).toMatchObject({ rule: { key: 'body.iterable' }, found })
})

it.each([
  ['in an array', (chunk: unknown) => [chunk]],
  ['yielded', (chunk: unknown) => new Set([chunk])],
])('says how to encode a string %s', async (_where, bodyOf) => {
  const [fault] = await faultsOf({ app: returning(() => bodyOf('hello')) })
  expect(fault).toMatchObject({ rule: { key: 'body.chunk' }, side: 'application' })
  expect(fault!.found).toContain('new TextEncoder().encode(…)')
})

describe('the length of an array', () => {
  it.each<[length: string, method: string, status: Status, key: string | undefined]>([
    ['5', 'GET', '200 OK', undefined],
    ['4', 'GET', '200 OK', 'body.too-long'],
    ['6', 'GET', '200 OK', 'body.too-short'],
    ['6', 'HEAD', '200 OK', undefined],
    ['4', 'HEAD', '200 OK', 'body.too-long'],
    ['5', 'GET', '304 Not Modified', 'body.no-content'],
  ])('of 5 bytes declared as %s for %s with %s breaks %s', async (length, method, status, key) => {
    const faults: ContractError[] = []
    const app: Application = (_environ, startResponse) => {
      startResponse(status, [...(status === '200 OK' ? PLAIN : []), ['Content-Length', length]])
      return [utf8('hello')]
    }
    const checked = validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) })
    await send(checked, { method }).catch(() => {})
    expect(faults.map(({ rule }) => rule.key)).toEqual(key === undefined ? [] : [key])
  })

  it('counts what was written before', async () => {
    const [fault] = await faultsOf({
      app: (_environ, startResponse) => {
        startResponse('200 OK', [...PLAIN, ['Content-Length', '6']])(utf8('he'))
        return [utf8('hello')]
      },
    })
    expect(fault).toMatchObject({ rule: { key: 'body.too-long' }, found: 'at least 7 bytes for 6' })
  })
})

describe('a fault', () => {
  const serve = (app: Application, options?: ValidatorOptions, environ: Environ = setupTestingDefaults({})) =>
    validator(app, options)(environ, () => async () => {})
  const noStatus: Application = (_environ, startResponse) => {
    startResponse('200' as Status, [])
    return []
  }

  it('names the application by its function', () => {
    expect(() => serve(noStatus)).toThrow(
      'application "noStatus": the status is a code of three digits, one space, and a reason with no space around it, such as ' +
        '"200 OK" (PEP 3333, the start_response() callable); got "200"',
    )
  })

  it('names the application as the caller wishes', () => {
    expect(() => serve(noStatus, { layer: 'shop' })).toThrow(/^layer "shop": /)
    expect(() => serve((environ, startResponse) => noStatus(environ, startResponse))).toThrow(
      /^application "anonymous": /,
    )
  })

  it('names the server by what it serves', () => {
    expect(() => serve(hello, {}, setupTestingDefaults({ SCRIPT_NAME: '/shop/' }))).toThrow(
      'server of application "hello": SCRIPT_NAME is empty, or starts with "/" and does not end with "/" (PEP 3333, environ ' +
        'variables); got "/shop/"',
    )
  })

  it('has the stack of the place where it was made', () => {
    try {
      serve(noStatus)
      expect.unreachable()
    } catch (error) {
      expect((error as Error).stack).toContain('noStatus')
    }
  })

  it('is one line in wsgi.errors where it only warns', async () => {
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const lateStatus: Application = (_environ, startResponse) => {
      startResponse('200 O\nK' as Status, PLAIN)
      return [utf8('hello')]
    }
    expect(serve(lateStatus, { mode: 'warn' }, setupTestingDefaults({ 'wsgi.errors': errors }))).toEqual([
      utf8('hello'),
    ])
    expect(log).toBe(
      'application "lateStatus": the reason holds no control characters, and none above U+00FF (RFC 9112 section 4); ' +
        'got "200 O\\nK"\n',
    )
  })

  it('is thrown, though it should only warn, where there is no wsgi.errors', () => {
    const environ: Partial<Environ> = setupTestingDefaults({})
    delete environ['wsgi.errors']
    expect(() => serve(hello, { mode: 'warn' }, environ as Environ)).toThrow(ContractError)
  })

  it('that the server takes all the same is told, and no more comes of it', () => {
    const faults: ContractError[] = []
    const nonsense = untyped((_environ, startResponse) => {
      startResponse(200, null)
      return [utf8('hello')]
    })
    serve(nonsense, { mode: 'collect', onFault: (fault) => faults.push(fault) })
    expect(faults.map(({ rule }) => rule.key)).toEqual(['start-response.status'])
  })

  it('in a body that is refused leaves it closed', () => {
    let closed = 0
    const body = Object.assign(['hello'], {
      close() {
        closed++
      },
    })
    const app = untyped((_environ, startResponse) => {
      startResponse('200 OK', PLAIN)
      return body
    })
    expect(() => serve(app)).toThrow(ContractError)
    expect(closed).toBe(1)
  })

  it('of a call that failed does not make it a call that never was', () => {
    let second: unknown
    const stubborn: Application = (_environ, startResponse) => {
      try {
        startResponse('200' as Status, [])
      } catch {}
      try {
        startResponse('200 OK', [])
      } catch (error) {
        second = error
      }
      return []
    }
    serve(stubborn)
    expect(second).toMatchObject({ rule: { key: 'start-response.once' } })
  })
})

describe('a body', () => {
  const bodyOf = (body: Body, environ = setupTestingDefaults({})): unknown =>
    validator((_environ, startResponse) => {
      startResponse('200 OK', PLAIN)
      return body
    })(environ, () => async () => {})

  it('that is an array or a text goes on as it is', () => {
    const array = [utf8('hello')]
    expect(bodyOf(array)).toBe(array)
    const greeting = text('hello')
    expect(bodyOf(greeting)).toBe(greeting)
  })

  it('that is an array or a text with something to close stays an array or a text', () => {
    const close = () => {}
    expect(bodyOf(Object.assign([utf8('hello')], { close }))).toEqual(
      Object.assign([utf8('hello')], { close: expect.any(Function) }),
    )
    expect(bodyOf(Object.assign(text('hello'), { close }))).toMatchObject({ text: 'hello', charset: 'utf-8' })
  })

  it('that is a file stays one, and closes it once', async () => {
    let closed = 0
    const file = {
      read: async () => ({ bytesRead: 0 }),
      close() {
        closed++
      },
    }
    const body = bodyOf(new FileWrapper(file, 10)) as FileWrapper
    expect(body).toBeInstanceOf(FileWrapper)
    expect([body.file, body.blockSize]).toEqual([file, 10])
    expect(await readBody(body)).toEqual(new Uint8Array(0))
    expect(closed).toBe(1)
    expect(() => body.close()).toThrow(/a body is closed once/)
  })

  it('that is a file is read with the same chunks', async () => {
    const chunks = [utf8('one'), utf8('two')]
    const read = async (buffer: Uint8Array): Promise<{ bytesRead: number }> => {
      const chunk = chunks.shift() ?? new Uint8Array(0)
      buffer.set(chunk)
      return { bytesRead: chunk.length }
    }
    const seen: Uint8Array[] = []
    for await (const chunk of bodyOf(new FileWrapper({ read })) as FileWrapper) seen.push(chunk)
    expect(seen).toEqual([utf8('one'), utf8('two')])
  })

  it('keeps its protocol', () => {
    const sync = bodyOf(new Set([utf8('hello')])) as object
    expect([Symbol.iterator in sync, Symbol.asyncIterator in sync]).toEqual([true, false])
    const later = bodyOf(new Blob(['hello']).stream()) as object
    expect([Symbol.iterator in later, Symbol.asyncIterator in later]).toEqual([false, true])
  })

  it('has a return() where the inner one has it', () => {
    const withReturn = bodyOf(
      (function* () {
        yield utf8('hello')
      })(),
    ) as Iterable<Uint8Array>
    expect(withReturn[Symbol.iterator]().return).toBeTypeOf('function')
    const without = bodyOf({ [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }) })
    expect((without as Iterable<Uint8Array>)[Symbol.iterator]().return).toBeUndefined()
  })

  it('is closed whole: first its iterator, then itself, each once', async () => {
    const calls: string[] = []
    const inner = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: utf8('x') }),
        return() {
          calls.push('return')
          return { done: true, value: undefined }
        },
      }),
      close() {
        calls.push('close')
      },
    } as Body
    const body = bodyOf(inner) as Iterable<Uint8Array> & { close(): void }
    const iterator = body[Symbol.iterator]()
    iterator.next()
    iterator.return?.()
    body.close()
    expect(calls).toEqual(['return', 'close'])
  })

  it('that was dropped is told of where the exchange ends', () => {
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const exchange = new GatewayExchange(errors)
    bodyOf(streamedBody(), setupTestingDefaults({ 'wsgi.errors': errors, 'tsgi.exchange': exchange }))
    expect(log).toBe('')
    exchange.finish({ status: 200, bytesSent: 0, error: undefined, aborted: false })
    expect(log).toContain('server of application "anonymous": every body is closed')
  })

  it('that may still be closing, as the client left, is told nothing of', () => {
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const exchange = new GatewayExchange(errors)
    bodyOf(streamedBody(), setupTestingDefaults({ 'wsgi.errors': errors, 'tsgi.exchange': exchange }))
    exchange.finish({ status: 200, bytesSent: 0, error: undefined, aborted: true })
    expect(log).toBe('')
  })

  it('that comes when the client has left is told nothing of', () => {
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const exchange = new GatewayExchange(errors)
    exchange.finish({ status: undefined, bytesSent: 0, error: undefined, aborted: true })
    bodyOf(streamedBody(), setupTestingDefaults({ 'wsgi.errors': errors, 'tsgi.exchange': exchange }))
    expect(log).toBe('')
  })

  type Stop = (
    iterator: AsyncIterator<Uint8Array>,
    body: { close(): Promise<void> },
  ) => Promise<unknown> | undefined

  it.each<[how: string, stop: Stop]>([
    ['by return()', (iterator) => iterator.return?.()],
    ['by close() alone', (_iterator, body) => body.close()],
  ])('that is told to stop %s while a chunk is on its way is not too short', async (_how, stop) => {
    const faults: ContractError[] = []
    let release: () => void = () => {}
    const app: Application = async function* (_environ, startResponse) {
      startResponse('200 OK', [...PLAIN, ['Content-Length', '6']])
      yield utf8('one')
      await new Promise<void>((resolve) => {
        release = resolve
      })
    }
    const body = (await validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) })(
      setupTestingDefaults({}),
      () => async () => {},
    )) as AsyncIterable<Uint8Array> & { close(): Promise<void> }
    const iterator = body[Symbol.asyncIterator]()
    await iterator.next()
    const pending = iterator.next()
    const stopped = stop(iterator, body)
    release()
    await Promise.all([pending, stopped])
    expect(faults).toEqual([])
  })

  it.each<[how: string, next: () => IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>>]>([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('whose iterator %s is not told to stop any more', async (_how, next) => {
    let returns = 0
    const iterator = {
      next,
      return() {
        returns++
        return { done: true, value: undefined }
      },
    }
    const body = bodyOf({ [Symbol.asyncIterator]: () => iterator } as unknown as Body)
    const checked = body as AsyncIterable<Uint8Array> & { close(): void }
    await expect(async () => checked[Symbol.asyncIterator]().next()).rejects.toThrow('broken')
    checked.close()
    expect(returns).toBe(0)
  })

  it.each<[when: string, app: (until: Promise<void>) => Application]>([
    [
      'before the application has answered',
      (until) => async (_environ, startResponse) => {
        await until
        startResponse('200 OK', PLAIN)
        return new Set([utf8('too late')])
      },
    ],
    [
      'before the body has begun to answer',
      (until) =>
        async function* (_environ, startResponse) {
          await until
          startResponse('200 OK', PLAIN)
          yield utf8('too late')
        },
    ],
    [
      'while the body is under way',
      (until) =>
        async function* (_environ, startResponse) {
          startResponse('200 OK', [...PLAIN, ['Content-Length', '100']])
          yield utf8('in time')
          await until
          yield utf8('too late')
        },
    ],
  ])('has no fault where the client leaves %s', async (_when, makeApp) => {
    const faults: ContractError[] = []
    let goOn: () => void = () => {}
    const app = makeApp(
      new Promise((resolve) => {
        goOn = resolve
      }),
    )
    const exchange = new GatewayExchange(errorStream(() => {}))
    const environ = setupTestingDefaults({ 'tsgi.exchange': exchange })
    const sink = { sendHead() {}, sendChunk() {}, end() {}, abort() {} }
    const call = new Call(sink, exchange, environ)
    call.run(validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) }), environ)
    await settled()
    call.gone()
    goOn()
    await settled()
    expect(faults).toEqual([])
  })

  function* streamedBody(): Generator<Uint8Array> {
    yield utf8('never read')
  }
})

describe('wsgi.input', () => {
  const inputOf = async (input: InputStream): Promise<InputStream> => {
    let inner: InputStream | undefined
    await validator((environ, startResponse) => {
      inner = environ['wsgi.input']
      startResponse('200 OK', PLAIN)
      return []
    })(setupTestingDefaults({ 'wsgi.input': input }), () => async () => {})
    return inner!
  }
  const lines = [utf8('one\ntw'), utf8('o\nthree')]

  it('gives the same bytes whatever way it is read', async () => {
    expect(await (await inputOf(inputStream(lines))).read()).toEqual(utf8('one\ntwo\nthree'))
    expect(await (await inputOf(inputStream(lines))).read(5)).toEqual(utf8('one\nt'))
    expect(await (await inputOf(inputStream(lines))).readline()).toEqual(utf8('one\n'))
    expect(await (await inputOf(inputStream(lines))).readlines(4)).toEqual([utf8('one\n')])
    const chunks: Uint8Array[] = []
    for await (const chunk of await inputOf(inputStream(lines))) chunks.push(chunk)
    expect(chunks).toEqual(lines)
  })

  it('rejects with what the inner one rejects with, and ends no process where nobody waits', async () => {
    const broken = new Error('the client is gone')
    const failing = inputStream(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.error(broken)
        },
      }),
    )
    const input = await inputOf(failing)
    void input.read()
    await expect(input.read()).rejects.toBe(broken)
  })

  it('stands for the outer one, for whoever remembers by input what was read', async () => {
    const input = inputStream(lines)
    expect(originalInput(await inputOf(await inputOf(input)))).toBe(input)
  })

  it('has nothing that the inner one has not', async () => {
    const input = (await inputOf(inputStream([]))) as unknown as Record<string, unknown>
    expect(input['close']).toBeUndefined()
    expect('close' in input).toBe(false)
    expect(String(input)).toBe('[object Object]')
  })
})

describe('environ', () => {
  const start: StartResponse = () => async () => {}

  it('keeps what the outer side put there', () => {
    const environ = setupTestingDefaults({})
    const before = { ...environ }
    const seen: unknown[] = []
    validator((inner, startResponse) => {
      seen.push(inner['wsgi.input'], inner['wsgi.errors'], inner['tsgi.exchange'])
      return hello(inner, startResponse)
    })(environ, start)
    expect({ ...environ }).toEqual(before)
    for (const key of ['wsgi.input', 'wsgi.errors', 'tsgi.exchange'] as const) {
      expect(environ[key]).toBe(before[key])
      expect(seen).not.toContain(before[key])
    }
  })

  it('has outside what the inner side does to it in place, as ever', () => {
    const environ: Environ & { REMOTE_USER?: string } = setupTestingDefaults({ HTTP_X: 'y' })
    const input = inputStream([])
    validator<typeof environ>((inner, startResponse) => {
      inner.REMOTE_USER = 'ada'
      inner['wsgi.input'] = input
      delete inner.HTTP_X
      expect(inner['wsgi.input']).toBe(input)
      return hello(inner, startResponse)
    })(environ, start)
    expect(environ).toMatchObject({ REMOTE_USER: 'ada', 'wsgi.input': input })
    expect('HTTP_X' in environ).toBe(false)
  })

  it('is copied with what is checked in it', () => {
    const environ = setupTestingDefaults({})
    validator((inner, startResponse) => {
      expect(copyEnviron(inner, {})['wsgi.input']).toBe(inner['wsgi.input'])
      expect(Object.keys(inner)).toEqual(Object.keys(environ))
      expect('toString' in copyEnviron(inner, {})).toBe(false)
      return hello(inner, startResponse)
    })(environ, start)
  })
})

describe('tsgi.exchange', () => {
  const over: Outcome = { status: 200, bytesSent: 5, error: undefined, aborted: false }

  /** Calls an application with an exchange of its own, and gives what is found until it is over, and afterwards. */
  const watch = (use: (environ: Environ) => void): { exchange: GatewayExchange; keys: string[] } => {
    const keys: string[] = []
    const exchange = new GatewayExchange(errorStream(() => {}))
    const app: Application = (environ, startResponse) => {
      use(environ)
      return hello(environ, startResponse)
    }
    validator(app, { mode: 'collect', onFault: ({ rule }) => keys.push(rule.key) })(
      setupTestingDefaults({ 'tsgi.exchange': exchange }),
      () => async () => {},
    )
    return { exchange, keys }
  }

  it('is used as the one it stands for', async () => {
    const log: unknown[] = []
    const { exchange, keys } = watch((environ) => {
      const inner = environ['tsgi.exchange']
      inner.onFinish((outcome) => log.push('first', outcome))
      inner.onFinish(() => log.push('second'))
      inner.onFinish(async () => log.push('third'))
      inner.route = '/users/:id'
      log.push(inner.route)
      inner.route = undefined
      const { signal } = inner
      log.push(signal.aborted, inner.signal === signal)
      log.push(['signal', 'abort', 'close'].map((member) => member in inner))
    })
    exchange.route = '/'
    exchange.finish(over)
    expect(log).toEqual(['/users/:id', false, true, [true, true, false], 'third', 'second', 'first', over])
    expect(keys).toEqual([])
  })

  it('makes no signal before one is asked for', () => {
    let asked = 0
    const server = servingExchange(() => ({
      get signal() {
        asked++
        return new AbortController().signal
      },
    }))
    server(validator(validator(hello)))(setupTestingDefaults({}), () => async () => {})
    expect(asked).toBe(0)
  })

  it('asks work that is no promise yet only once', async () => {
    let asked = 0
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: it begins to work when it is awaited, as those of databases do
      then(resolve: (value: unknown) => void) {
        asked++
        resolve(undefined)
      },
    }
    watch((environ) => environ['tsgi.exchange'].waitUntil(query as PromiseLike<unknown>))
    await settled()
    expect(asked).toBe(1)
  })

  it('may be written about in wsgi.errors until its callbacks have been called', () => {
    const { exchange, keys } = watch((environ) => {
      environ['tsgi.exchange'].onFinish(() => environ['wsgi.errors'].write('one\n'))
      environ['tsgi.exchange'].onFinish(() => environ['wsgi.errors'].flush())
    })
    exchange.finish(over)
    expect(keys).toEqual([])
  })

  it('may be written about in wsgi.errors until the work of waitUntil is done', async () => {
    let write = (): void => {}
    let finishWork = (): void => {}
    const { exchange, keys } = watch((environ) => {
      write = () => environ['wsgi.errors'].writelines(['one\n'])
      environ['tsgi.exchange'].waitUntil(
        new Promise<void>((resolve) => {
          finishWork = resolve
        }),
      )
    })
    exchange.finish(over)
    write()
    expect(keys).toEqual([])
    finishWork()
    await settled()
    write()
    expect(keys).toEqual(['errors.in-time'])
  })

  it('lets whoever works on when the client leaves come to its end', () => {
    let work = (): void => {}
    const { exchange, keys } = watch((environ) => {
      work = () => {
        environ['wsgi.errors'].write('given up\n')
        void environ['wsgi.input'].read()
        environ['wsgi.input'][Symbol.asyncIterator]().next()
      }
    })
    exchange.finish({ ...over, aborted: true })
    work()
    expect(keys).toEqual([])
  })

  it('that is over is not read of', () => {
    let iterate = (): void => {}
    const { exchange, keys } = watch((environ) => {
      const iterator = environ['wsgi.input'][Symbol.asyncIterator]()
      iterate = () => void iterator.next()
    })
    exchange.finish(over)
    iterate()
    expect(keys).toEqual(['input.in-time'])
  })

  it('that is over when an application is called is one fault', async () => {
    const exchange = new GatewayExchange(errorStream(() => {}))
    exchange.finish(over)
    const app: Application = (environ, startResponse) => {
      environ['wsgi.errors'].write('in good faith\n')
      return hello(environ, startResponse)
    }
    expect(await keysOf({ server: serving({ 'tsgi.exchange': exchange }), app })).toEqual(['exchange.fresh'])
  })

  it('is told of a callback that fails later', async () => {
    const log: string[] = []
    const exchange = new GatewayExchange(errorStream((text) => log.push(text)))
    const app: Application = (environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => Promise.reject(new Error('broken')))
      return hello(environ, startResponse)
    }
    validator(app)(setupTestingDefaults({ 'tsgi.exchange': exchange }), () => async () => {})
    exchange.finish(over)
    await settled()
    expect(log.join('')).toContain('Error: broken')
  })

  it('that is over, as the client has left, is no fault', async () => {
    const exchange = new GatewayExchange(errorStream(() => {}))
    exchange.finish({ ...over, aborted: true })
    expect(await keysOf({ server: serving({ 'tsgi.exchange': exchange }) })).toEqual([])
  })

  it.each<[outcome: unknown, isKept: boolean]>([
    [{ ...over, status: undefined }, true],
    [{ ...over, status: 99 }, false],
    [{ ...over, status: 1000 }, false],
    [{ ...over, status: 200.5 }, false],
    [{ ...over, bytesSent: -1 }, false],
    [{ ...over, bytesSent: undefined }, false],
    [{ ...over, aborted: 0 }, false],
    [{ status: 200, bytesSent: 5, aborted: false }, false],
    [null, false],
  ])('has an outcome: %j: %j', async (outcome, isKept) => {
    const server = servingExchange((exchange) => ({
      onFinish: (callback: (outcome: unknown) => void) => exchange.onFinish(() => callback(outcome)),
    }))
    expect(await keysOf({ server })).toEqual(isKept ? [] : ['exchange.outcome'])
  })

  it('of a server that calls back in the wrong order has one fault', async () => {
    const server = servingExchange((exchange) => {
      const callbacks: Array<(outcome: Outcome) => void> = []
      exchange.onFinish((outcome) => {
        for (const callback of callbacks) callback(outcome)
      })
      return { onFinish: (callback: () => void) => callbacks.push(callback) }
    })
    const app: Application = (environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => environ['wsgi.errors'].write('in good faith\n'))
      return hello(environ, startResponse)
    }
    expect(await keysOf({ server, app })).toEqual(['exchange.finish-order'])
  })

  it.each<[what: string, set: (exchange: Exchange) => void, found: string]>([
    [
      'a route that is no text',
      (exchange) => Object.assign(exchange, { route: /a/ }),
      'an object (RegExp) as route',
    ],
    ['a member of its own', (exchange) => Object.assign(exchange, { user: 'ada' }), '"ada" as user'],
    ['a member that is read-only', (exchange) => Object.assign(exchange, { signal: 1 }), '1 as signal'],
  ])('is not given %s', async (_what, set, found) => {
    const app: Application = (environ, startResponse) => {
      try {
        set(environ['tsgi.exchange'])
      } catch {
        // Some servers refuse it too.
      }
      return hello(environ, startResponse)
    }
    expect(await faultsOf({ app })).toMatchObject([{ rule: { key: 'exchange.route' }, found }])
  })
})

describe('what a server offers', () => {
  it.each<[args: unknown[], isKept: boolean]>([
    [[[['Link', '</a.css>; rel=preload']]], true],
    [[[]], true],
    [[], false],
    [[[], 1], false],
    [['Link: </a.css>'], false],
    [[['Link', '</a.css>']], false],
    [[[['Li nk', '']]], false],
    [[[['Link', '\u010a']]], false],
  ])('gets early hints %j: %j', async (args, isKept) => {
    const given: unknown[] = []
    const server = serving({ 'wsgi.early_hints': (...args: unknown[]) => given.push(...args) })
    const app: Application = (environ, startResponse) => {
      Reflect.apply(environ['wsgi.early_hints']!, undefined, args)
      return hello(environ, startResponse)
    }
    expect(await keysOf({ server, app })).toEqual(isKept ? [] : ['early-hints.headers'])
    expect(given).toEqual(args)
  })

  const open = { read: async () => ({ bytesRead: 0 }) }

  it.each<[args: unknown[], isKept: boolean]>([
    [[open], true],
    [[open, 4096], true],
    [[open, undefined], true],
    [[{ path: '/etc/motd', start: 1, end: 2 }], true],
    [[], false],
    [[open, 4096, 1], false],
    [[open, 0], false],
    [[open, '4096'], false],
    [[open, 1.5], false],
    [['/etc/motd'], false],
    [[null], false],
    [[{}], false],
  ])('gets a file %j: %j', async (args, isKept) => {
    const given: unknown[] = []
    const server = serving({
      'wsgi.file_wrapper': (...args: unknown[]) => {
        given.push(...args)
        return []
      },
    })
    const app: Application = (environ, startResponse) => {
      startResponse('200 OK', PLAIN)
      return Reflect.apply(environ['wsgi.file_wrapper']!, undefined, args) as Body
    }
    expect(await keysOf({ server, app })).toEqual(isKept ? [] : ['file-wrapper.arguments'])
    expect(given).toEqual(args)
  })
})

describe('several validators', () => {
  const stringly = answering('200 OK', PLAIN, 'hello')
  const proxied = serving({ HTTP_PROXY: 'http://evil.example' })

  it('tell a fault once, and the first to see it says whose it is', async () => {
    const faults: string[] = []
    const onFault = ({ rule, guilty }: ContractError): void => void faults.push(`${guilty}: ${rule.key}`)
    const check = (app: Application, layer: string): Application =>
      validator(app, { mode: 'collect', onFault, layer })
    await send(proxied(check(check(check(stringly, 'inner'), 'middle'), 'outer'))).catch(() => {})
    expect(faults).toEqual(['server of layer "outer": environ.proxy', 'layer "inner": body.chunk'])
  })

  it('warn of a fault once', () => {
    const log: string[] = []
    const environ = setupTestingDefaults({ 'wsgi.errors': errorStream((text) => log.push(text)) })
    const warn = (app: Application): Application => validator(app, { mode: 'warn' })
    proxied(warn(warn(hello)))(environ, () => async () => {})
    expect(log).toHaveLength(1)
  })

  it('tell everybody who wants to know', async () => {
    const faults: ContractError[][] = [[], []]
    const inner = validator(hello, { mode: 'collect', onFault: (fault) => faults[0]!.push(fault) })
    const outer = validator(inner, { mode: 'collect', onFault: (fault) => faults[1]!.push(fault) })
    await send(proxied(outer))
    expect(faults.map((list) => list.map(({ rule }) => rule.key))).toEqual([
      ['environ.proxy'],
      ['environ.proxy'],
    ])
  })

  it('tell it again for the next request', async () => {
    const keys: string[] = []
    const app = validator(stringly, { mode: 'collect', onFault: ({ rule }) => keys.push(rule.key) })
    for (let i = 0; i < 2; i++) await send(app).catch(() => {})
    expect(keys).toEqual(['body.chunk', 'body.chunk'])
  })
})

it('tells advice once, and goes on', () => {
  const log: string[] = []
  const environ = setupTestingDefaults({ 'wsgi.errors': errorStream((text) => log.push(text)) })
  const app = starting('200 OK', [
    ['X.Y', ''],
    ['X.Z', ''],
  ])
  expect(validator(app, { mode: 'warn' })(environ, () => async () => {})).toEqual([])
  expect(log).toEqual([
    'application "anonymous": the name of a header is letters, digits, "-" and "_", starts with a letter and ends in ' +
      'a letter or digit (PEP 3333, the start_response() callable); got "X.Y"\n',
  ])
})

it('tells advice beside a fault', async () => {
  const app = answering('200 OK', [...PLAIN, ['X.Y', ''], ['Content-Length', '4']], utf8('hello'))
  expect(await keysOf({ app })).toEqual(['start-response.plain-name', 'body.too-long'])
})

it('refuses what is written when the body was closed unread', async () => {
  let write: Write = async () => {}
  const app: Application = (_environ, startResponse) => {
    write = startResponse('200 OK', PLAIN)
    return new Set([utf8('hello')])
  }
  const body = validator(app)(setupTestingDefaults({}), () => async () => {}) as Body & { close(): void }
  await write(utf8('in time'))
  body.close()
  expect(() => write(utf8('too late'))).toThrow(
    'application "app": write is never called once the body was begun or closed (PEP 3333, the write() callable); ' +
      'got 8 bytes, written too late',
  )
})

it('stays sync where the application is', () => {
  expect(validator(hello)(setupTestingDefaults({}), () => async () => {})).toEqual([utf8('hello')])
})

it.each<[options: object, message: string]>([
  [{ mode: 'log' }, 'validator: options.mode: must be "throw", "warn" or "collect"; got "log"'],
  [
    { mode: 'collect' },
    'validator: options.onFault: must be a function with the mode "collect"; got undefined',
  ],
  [{ onFault() {} }, 'validator: options.onFault: must be left out with the mode "throw"; got function'],
])('refuses the options %j', (options, message) => {
  expect(() => validator(hello, options as ValidatorOptions)).toThrow(new TypeError(message))
})

it('has a name that says what it checks', () => {
  expect(validator(hello).name).toBe('validator(hello)')
  expect(validator(hello, { layer: 'shop' }).name).toBe('validator(shop)')
  expect(validator((() => () => [])()).name).toBe('validator(anonymous)')
})

it('refuses an application that is none', () => {
  expect(() => validator({} as Application)).toThrow(
    new TypeError('validator: app must be a function; got object'),
  )
})

describe('what keeps the contract passes untouched', () => {
  function* streamed(_environ: Environ, startResponse: StartResponse): Generator<Uint8Array> {
    startResponse('200 OK', PLAIN)
    yield utf8('one')
    yield utf8('two')
  }
  async function* streamedLater(environ: Environ, startResponse: StartResponse): AsyncGenerator<Uint8Array> {
    yield* streamed(environ, startResponse)
  }
  const lateStart: Application = async function* (_environ, startResponse) {
    yield new Uint8Array(0)
    startResponse('200 OK', PLAIN)
    yield utf8('late')
  }
  const writing: Application = async (_environ, startResponse) => {
    const write = startResponse('200 OK', PLAIN)
    await write(utf8('written, '))
    await write(new Uint8Array(0))
    return [utf8('returned')]
  }
  const changedMind: Application = (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '100']])
    startResponse('500 Internal Server Error', PLAIN, new Error('on second thoughts'))
    return [utf8('sorry')]
  }
  const brokenOff: Application = function* (_environ, startResponse) {
    startResponse('200 OK', PLAIN)
    yield utf8('so far')
    startResponse('500 Internal Server Error', PLAIN, new Error('and no further'))
  }
  const throwing: Application = () => {
    throw new Error('nothing to see')
  }
  const closable = (body: Body): Body => Object.assign(body, { close() {} })
  const saying =
    (status: Status, headers: Header[], body: () => Body): Application =>
    (_environ, startResponse) => {
      startResponse(status, headers)
      return body()
    }
  const echo = handler(async (request) => ({ first: await request.text(), again: await request.text() }))

  it.each<[what: string, app: Application]>([
    ['the demo application', demoApplication],
    ['an array', hello],
    ['an empty array', saying('200 OK', PLAIN, () => [])],
    ['an array of two', saying('200 OK', PLAIN, () => [utf8('a'), utf8('b')])],
    ['an array with close', saying('200 OK', PLAIN, () => closable([utf8('a')]))],
    ['a text', saying('200 OK', PLAIN, () => text('Öl'))],
    ['a text in Latin-1', saying('200 OK', PLAIN, () => text('Öl', 'iso-8859-1'))],
    ['a text with close', saying('200 OK', PLAIN, () => closable(text('Öl')))],
    [
      'a declared length',
      saying('200 OK', [...PLAIN, ['Content-Length', '5']], () => new Set([utf8('hello')])),
    ],
    ['a stream', saying('200 OK', PLAIN, () => new Blob(['hello']).stream())],
    ['a generator', streamed],
    ['an async generator', streamedLater],
    ['an async function', async (environ, startResponse) => hello(environ, startResponse)],
    ['a late startResponse', lateStart],
    ['write', writing],
    ['a status that was replaced', changedMind],
    ['an answer that breaks off', brokenOff],
    ['an application that throws', throwing],
    ['204', saying('204 No Content', [], () => [])],
    ['304 with a length', saying('304 Not Modified', [['Content-Length', '5']], () => [])],
    ['a handler that reads the body', echo],
    [
      'a handler that throws an answer',
      handler(() => {
        throw new HttpError(404)
      }),
    ],
  ])('%s', async (_what, app) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const bare = await transcript(app, method)
      for (const mode of ['throw', 'warn'] as const) {
        const checked = validator(validator(app, { mode }), { mode })
        expect(await transcript(checked, method)).toEqual(bare)
      }
    }
  })

  /** What a transport and an error stream are told, in order. */
  async function transcript(app: Application, method: string): Promise<unknown[]> {
    const told: unknown[] = []
    const errors = errorStream((text) => told.push(text.replace(/\n +at .*/g, '')))
    const { environ } = Request.blank('/', { method, ...(method === 'POST' ? { body: 'posted' } : {}) })
    const exchange = new GatewayExchange(errors)
    Object.assign(environ, { 'wsgi.errors': errors, 'tsgi.exchange': exchange })
    await new Promise<void>((resolve) => {
      const call = new Call(
        {
          sendHead: (head) => void told.push({ ...head }),
          sendChunk: (chunk) => void told.push(chunk),
          end(last) {
            told.push('end', last)
            call.sent()
          },
          abort() {
            told.push('abort')
            call.gone()
          },
        },
        exchange,
        environ,
      )
      exchange.onFinish(({ error, ...outcome }) => {
        told.push(outcome, String(error))
        resolve()
      })
      call.run(app, environ)
    })
    return told
  }
})

it('leaves what an outer layer has read of the body to be read again inside', async () => {
  const inner = validator(handler((request) => request.text()))
  const outer: Application = async (environ, startResponse) => {
    await new Request(environ).text()
    return inner(environ, startResponse)
  }
  expect((await send(outer, { body: 'hello' })).text).toBe('hello')
})
