import { describe, expect, it } from 'vitest'
import { text } from '../src/body.ts'
import { utf8 } from '../src/bytes.ts'
import type {
  Application,
  Body,
  Environ,
  Header,
  InputStream,
  StartResponse,
  Status,
} from '../src/contract.ts'
import { demoApplication } from '../src/demo.ts'
import { copyEnviron } from '../src/environ.ts'
import { errorStream } from '../src/error-stream.ts'
import { Call } from '../src/gateway/call.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { originalInput } from '../src/input-identity.ts'
import { Request } from '../src/request.ts'
import { send } from '../src/testing.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { ContractError, RULES, type ValidatorOptions, validator } from '../src/validator.ts'

const PLAIN: Header[] = [['Content-Type', 'text/plain']]

function hello(_environ: Environ, startResponse: StartResponse): Body {
  startResponse('200 OK', PLAIN)
  return [utf8('hello')]
}

function* streamed(_environ: Environ, startResponse: StartResponse): Generator<Uint8Array> {
  startResponse('200 OK', PLAIN)
  yield utf8('one')
  yield utf8('two')
}

function measured(_environ: Environ, startResponse: StartResponse): Body {
  startResponse('200 OK', [['Content-Length', '5']])
  return new Set([utf8('hello')])
}

async function* streamedLater(_environ: Environ, startResponse: StartResponse): AsyncGenerator<Uint8Array> {
  yield* streamed(_environ, startResponse)
}

/** An application that breaks a rule stands inside the validator, a server that breaks one outside. */
type Break = (validate: (app: Application) => Application) => Application

/** What no types would let pass. */
function untyped(
  app: (environ: Environ, startResponse: (...args: unknown[]) => unknown) => unknown,
): Application {
  return app as unknown as Application
}

function starting(...args: unknown[]): Break {
  return (validate) =>
    validate(
      untyped((_environ, startResponse) => {
        startResponse(...args)
        return []
      }),
    )
}

function answering(status: Status, headers: Header[], ...chunks: unknown[]): Break {
  return (validate) =>
    validate(
      untyped(function* (_environ, startResponse) {
        startResponse(status, headers)
        yield* chunks
      }),
    )
}

/** Serves an environ with some keys changed, or taken away where they are `undefined`. */
function serving(changes: Record<string, unknown>, app: Application = hello): Break {
  return (validate) => (environ, startResponse) => {
    const changed: Record<string, unknown> = copyEnviron(environ, changes)
    for (const key of Object.keys(changes)) if (changes[key] === undefined) delete changed[key]
    return validate(app)(changed as unknown as Environ, startResponse)
  }
}

function servingInput(members: object, app: Application = hello): Break {
  return serving({ 'wsgi.input': Object.assign(inputStream([]), members) }, app)
}

function servingErrors(members: object, app: Application = hello): Break {
  return serving(
    {
      'wsgi.errors': Object.assign(
        errorStream(() => {}),
        members,
      ),
    },
    app,
  )
}

/** Takes a body in a way of its own, and answers with an array. */
function taking(app: Application, take: (body: Body & { close(): void | Promise<void> }) => unknown): Break {
  return (validate) => async (environ, startResponse) => {
    const body = await validate(app)(environ, () => async () => {})
    await take(body as Body & { close(): void | Promise<void> })
    return hello(environ, startResponse)
  }
}

const BREAKS: Record<string, Break> = {
  'call.arguments': (validate) => (environ, startResponse) =>
    Reflect.apply(validate(hello), undefined, [environ, startResponse, {}]),
  'call.start-response': (validate) => (environ) =>
    Reflect.apply(validate(hello), undefined, [environ, null]),
  'environ.plain': (validate) => (environ, startResponse) =>
    validate(hello)(Object.assign(new (class Custom {})(), environ), startResponse),

  'environ.required': serving({ REMOTE_PORT: undefined }),
  'environ.strings': serving({ HTTP_DNT: 1 }),
  'environ.content-keys': serving({ HTTP_CONTENT_LENGTH: '0' }),
  'environ.proxy': serving({ HTTP_PROXY: 'http://evil.example' }),
  'environ.method': serving({ REQUEST_METHOD: 'GET /' }),
  'environ.script-name': serving({ SCRIPT_NAME: '/shop/' }),
  'environ.path-info': serving({ PATH_INFO: 'shop' }),
  'environ.content-length': serving({ CONTENT_LENGTH: '+5' }),
  'environ.server-port': serving({ SERVER_PORT: '' }),
  'environ.server-names': serving({ SERVER_NAME: '' }),
  'environ.version': serving({ 'wsgi.version': [1, 1] }),
  'environ.url-scheme': serving({ 'wsgi.url_scheme': 'HTTP' }),
  'environ.flags': serving({ 'wsgi.run_once': 0 }),
  'environ.input-terminated': serving({ 'wsgi.input_terminated': false }),

  'input.members': servingInput({ readlines: null }),
  'input.only': servingInput({ destroy() {} }, (environ, startResponse) => {
    ;(environ['wsgi.input'] as InputStream & { destroy(): void }).destroy()
    return hello(environ, startResponse)
  }),
  'input.size': (validate) =>
    validate(async (environ, startResponse) => {
      // The stream says so as well.
      await environ['wsgi.input'].read('5' as unknown as number).catch(throwContractError)
      return hello(environ, startResponse)
    }),
  'input.promise': servingInput({ read: () => new Uint8Array(0) }, async (environ, startResponse) => {
    await environ['wsgi.input'].read()
    return hello(environ, startResponse)
  }),
  'input.bytes': servingInput({ readlines: async () => ['a line\n'] }, async (environ, startResponse) => {
    await environ['wsgi.input'].readlines()
    return hello(environ, startResponse)
  }),
  'input.at-most': servingInput({ read: async () => utf8('abc') }, async (environ, startResponse) => {
    await environ['wsgi.input'].read(2)
    return hello(environ, startResponse)
  }),

  'errors.members': servingErrors({ flush: undefined }),
  'errors.only': servingErrors({ fd: 2 }, (environ, startResponse) => {
    void (environ['wsgi.errors'] as unknown as { fd: number }).fd
    return hello(environ, startResponse)
  }),
  'errors.text': servingErrors({ write() {} }, (environ, startResponse) => {
    environ['wsgi.errors'].write(new Error('no text') as unknown as string)
    return hello(environ, startResponse)
  }),

  'exchange.members': serving({ 'tsgi.exchange': { signal: undefined, onFinish() {}, waitUntil() {} } }),

  'start-response.arguments': starting('200 OK', [], undefined, undefined),
  'start-response.in-time': (validate) => (environ, startResponse) => {
    let again: () => unknown = () => {}
    const body = validate((_environ, startResponse) => {
      again = () => startResponse('500 Internal Server Error', [], new Error('too late'))
      startResponse('200 OK', PLAIN)
      return []
    })(environ, (...args) => (args[2] === undefined ? startResponse(...args) : async () => {}))
    again()
    return body
  },
  'start-response.once': (validate) =>
    validate((_environ, startResponse) => {
      startResponse('200 OK', PLAIN)
      startResponse('404 Not Found', PLAIN)
      return []
    }),
  'start-response.status': starting('200', []),
  'start-response.reason': starting('200 O\nK', []),
  'start-response.headers': starting('200 OK', [['X-Count', 1]]),
  'start-response.header-name': starting('200 OK', [['X Y', '']]),
  'start-response.header-value': starting('200 OK', [['X', '\u010a']]),
  'start-response.hop-by-hop': starting('200 OK', [['transfer-encoding', 'chunked']]),
  'start-response.status-header': starting('200 OK', [['STATUS', '200']]),
  'start-response.content-length': starting('200 OK', [
    ['Content-Length', '0'],
    ['content-length', '0'],
  ]),
  'start-response.write': (validate) => (environ, startResponse) =>
    validate(hello)(
      environ,
      ((status: Status, headers: Header[]) =>
        void startResponse(status, headers)) as unknown as StartResponse,
    ),
  'start-response.first': (validate) => validate(() => []),
  'start-response.thrown-back': (validate) =>
    validate(function* (_environ, startResponse) {
      startResponse('200 OK', PLAIN)
      yield utf8('so far, so good')
      try {
        startResponse('500 Internal Server Error', PLAIN, new Error('broken'))
      } catch {}
    }),

  'write.bytes': (validate) =>
    validate(
      untyped((_environ, startResponse) => {
        const write = startResponse('200 OK', PLAIN) as (chunk: unknown) => void
        write('hello')
        return []
      }),
    ),
  'write.before-body': (validate) =>
    validate((_environ, startResponse) => {
      const write = startResponse('200 OK', PLAIN)
      return (function* () {
        write(utf8('too late'))
        yield utf8('in time')
      })()
    }),

  'body.iterable': (validate) =>
    validate(
      untyped((_environ, startResponse) => {
        startResponse('200 OK', PLAIN)
        return 'hello'
      }),
    ),
  'body.chunk': answering('200 OK', PLAIN, 'hello'),
  'body.no-content': answering('304 Not Modified', [], utf8('but see here')),
  'body.too-long': answering('200 OK', [['Content-Length', '4']], utf8('he'), utf8('llo')),
  'body.too-short': answering('200 OK', [['Content-Length', '6']], utf8('hello')),

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

async function drain(body: Body): Promise<void> {
  for await (const _ of body);
}

function throwContractError(error: unknown): void {
  if (error instanceof ContractError) throw error
}

/** Runs the broken pair of server and application to its end, whatever that is, and gives every fault found. */
async function faultsOf(broken: Break): Promise<ContractError[]> {
  const faults: ContractError[] = []
  const collect: ValidatorOptions = { mode: 'collect', onFault: (fault) => faults.push(fault) }
  await send(broken((app) => validator(app, collect))).catch(() => {})
  return faults
}

describe.each(RULES.map((rule) => [rule.key, rule] as const))('the rule %s', (key, rule) => {
  const broken = BREAKS[key]!

  it('is found broken, by the guilty side, once', async () => {
    const faults = await faultsOf(broken)
    expect(faults.map((fault) => [fault.rule.key, fault.side])).toEqual([[key, rule.side]])
    expect(faults[0]!.message).toContain(`: ${rule.sentence} (${rule.source}); got ${faults[0]!.found}`)
  })

  it('is thrown at the place where it is broken', async () => {
    await expect(send(broken((app) => validator(app)))).rejects.toMatchObject({
      name: 'ContractError',
      rule: { key },
    })
  })
})

it('has a key, a sentence of its own and a source for each rule', () => {
  expect(new Set(RULES.map(({ key }) => key)).size).toBe(RULES.length)
  expect(new Set(RULES.map(({ sentence }) => sentence)).size).toBe(RULES.length)
  expect(RULES.filter(({ source }) => source === '')).toEqual([])
  expect(Object.keys(BREAKS).sort()).toEqual(RULES.map(({ key }) => key).sort())
})

it.each<[key: string, value: unknown, isKept: boolean]>([
  ['SCRIPT_NAME', '', true],
  ['SCRIPT_NAME', '/a', true],
  ['SCRIPT_NAME', '/a\n/b', true],
  ['SCRIPT_NAME', '/', false],
  ['SCRIPT_NAME', 'a', false],
  ['SCRIPT_NAME', '/a\n/', false],
  ['PATH_INFO', '', true],
  ['PATH_INFO', '//', true],
  ['PATH_INFO', '*', false],
  ['PATH_INFO', 'http://a/', false],
  ['CONTENT_LENGTH', '0', true],
  ['CONTENT_LENGTH', '', false],
  ['CONTENT_LENGTH', ' 5', false],
  ['CONTENT_LENGTH', '٣', false],
  ['REQUEST_METHOD', 'get', true],
  ['REQUEST_METHOD', 'M-SEARCH', true],
  ['REQUEST_METHOD', '', false],
  ['SERVER_PORT', '80', true],
  ['SERVER_PORT', 'http', false],
  ['REMOTE_ADDR', '', true],
  ['HTTP_X', undefined, true],
  ['anything', {}, false],
  ['my.anything', {}, true],
  ['wsgi.version', [1, 0], true],
  ['wsgi.version', '1.0', false],
  ['wsgi.multithread', 'yes', false],
])('judges %s %j of an environ: %j', async (key, value, isKept) => {
  expect(await faultsOf(serving({ [key]: value }))).toHaveLength(isKept ? 0 : 1)
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
  const faults = await faultsOf(
    (validate) => (environ, startResponse) => validate(hello)(make(environ) as Environ, startResponse),
  )
  expect(faults.map(({ rule }) => rule.key)).toEqual(isPlain ? [] : ['environ.plain'])
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
  expect((await faultsOf(starting(status, []))).map(({ rule }) => rule.key)).toEqual(key ? [key] : [])
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
])('judges the headers %j: %s', async (headers, key) => {
  expect((await faultsOf(starting('200 OK', headers))).map(({ rule }) => rule.key)).toEqual(key ? [key] : [])
})

it.each<[body: unknown, found: string]>([
  ['hello', 'a string: return text(…) of @tsgi/core'],
  [utf8('hello'), 'the bytes themselves: return [bytes]'],
  [undefined, 'undefined'],
  [null, 'null'],
  [0, 'a number'],
  [{}, 'an object (Object)'],
])('says what to return in place of %j', async (body, found) => {
  const [fault] = await faultsOf((validate) =>
    validate(
      untyped((_environ, startResponse) => {
        startResponse('200 OK', PLAIN)
        return body
      }),
    ),
  )
  expect(fault).toMatchObject({ rule: { key: 'body.iterable' }, found })
})

it.each([
  ['in an array', (chunk: unknown) => [chunk]],
  ['yielded', (chunk: unknown) => new Set([chunk])],
])('says how to encode a string %s', async (_where, bodyOf) => {
  const [fault] = await faultsOf((validate) =>
    validate(
      untyped((_environ, startResponse) => {
        startResponse('200 OK', PLAIN)
        return bodyOf('hello')
      }),
    ),
  )
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
    ['5', 'GET', '204 No Content', 'body.no-content'],
    ['5', 'GET', '103 Early Hints', 'body.no-content'],
  ])('of 5 bytes declared as %s for %s with %s breaks %s', async (length, method, status, key) => {
    const faults: ContractError[] = []
    const app: Application = (_environ, startResponse) => {
      startResponse(status, [['Content-Length', length]])
      return [utf8('hello')]
    }
    const checked = validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) })
    await send(checked, { method }).catch(() => {})
    expect(faults.map(({ rule }) => rule.key)).toEqual(key === undefined ? [] : [key])
  })

  it('counts what was written before', async () => {
    const [fault] = await faultsOf((validate) =>
      validate((_environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '6']])(utf8('he'))
        return [utf8('hello')]
      }),
    )
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
      'noStatus: the status is a code of three digits, one space, and a reason with no space around it, such as ' +
        '"200 OK" (PEP 3333, the start_response() callable); got "200"',
    )
  })

  it('names the application as the caller wishes', () => {
    expect(() => serve(noStatus, { layer: 'shop' })).toThrow(/^shop: /)
    expect(() => serve((environ, startResponse) => noStatus(environ, startResponse))).toThrow(
      /^application: /,
    )
  })

  it('names the server by what it serves', () => {
    expect(() => serve(hello, {}, setupTestingDefaults({ SCRIPT_NAME: '/shop/' }))).toThrow(
      'server of hello: SCRIPT_NAME is empty, or starts with "/" and does not end with "/" (PEP 3333, environ ' +
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
      startResponse('200 O\nK' as Status, [])
      return [utf8('hello')]
    }
    expect(serve(lateStatus, { mode: 'warn' }, setupTestingDefaults({ 'wsgi.errors': errors }))).toEqual([
      utf8('hello'),
    ])
    expect(log).toBe(
      'lateStatus: the reason holds no control characters, and none above U+00FF (RFC 9112 section 4); ' +
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
    expect(log).toContain('server of application: every body is closed')
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

  it('that comes when the exchange is over is told nothing of', () => {
    let log = ''
    const errors = errorStream((text) => {
      log += text
    })
    const exchange = new GatewayExchange(errors)
    exchange.finish({ status: 200, bytesSent: 0, error: undefined, aborted: false })
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
      startResponse('200 OK', [['Content-Length', '6']])
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
          startResponse('200 OK', [['Content-Length', '100']])
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
    await settle()
    call.gone()
    goOn()
    await settle()
    expect(faults).toEqual([])
  })

  /** Every promise that needs nothing but its turn has had it. */
  function settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

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

it('leaves the environ of the outer side as it was', async () => {
  const environ = setupTestingDefaults({})
  const before = { ...environ }
  await validator((inner, startResponse) => {
    inner.PATH_INFO = '/changed'
    startResponse('200 OK', PLAIN)
    return []
  })(environ, () => async () => {})
  expect({ ...environ }).toEqual(before)
  expect(environ['wsgi.input']).toBe(before['wsgi.input'])
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

it('refuses an application that is none', () => {
  expect(() => validator({} as Application)).toThrow(
    new TypeError('validator: app must be a function; got object'),
  )
})

describe('what keeps the contract passes untouched', () => {
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
  const answering =
    (status: Status, headers: Header[], body: () => Body): Application =>
    (_environ, startResponse) => {
      startResponse(status, headers)
      return body()
    }
  const echo = handler(async (request) => ({ first: await request.text(), again: await request.text() }))

  it.each<[what: string, app: Application]>([
    ['the demo application', demoApplication],
    ['an array', hello],
    ['an empty array', answering('200 OK', PLAIN, () => [])],
    ['an array of two', answering('200 OK', PLAIN, () => [utf8('a'), utf8('b')])],
    ['an array with close', answering('200 OK', PLAIN, () => closable([utf8('a')]))],
    ['a text', answering('200 OK', PLAIN, () => text('Öl'))],
    ['a text in Latin-1', answering('200 OK', PLAIN, () => text('Öl', 'iso-8859-1'))],
    ['a text with close', answering('200 OK', PLAIN, () => closable(text('Öl')))],
    ['a declared length', answering('200 OK', [['Content-Length', '5']], () => new Set([utf8('hello')]))],
    ['a stream', answering('200 OK', PLAIN, () => new Blob(['hello']).stream())],
    ['a generator', streamed],
    ['an async generator', streamedLater],
    ['an async function', async (environ, startResponse) => hello(environ, startResponse)],
    ['a late startResponse', lateStart],
    ['write', writing],
    ['a status that was replaced', changedMind],
    ['an answer that breaks off', brokenOff],
    ['an application that throws', throwing],
    ['204', answering('204 No Content', [], () => [])],
    ['304 with a length', answering('304 Not Modified', [['Content-Length', '5']], () => [])],
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
