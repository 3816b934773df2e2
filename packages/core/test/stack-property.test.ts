import fc from 'fast-check'
import { expect, it } from 'vitest'
import { closeBody, mapBody, readBody, text } from '../src/body.ts'
import { concatBytes, utf8 } from '../src/bytes.ts'
import { capture } from '../src/capture.ts'
import type { Application, Body, Environ, Header, Middleware, Outcome, Write } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { errorStream } from '../src/error-stream.ts'
import { FileWrapper } from '../src/file-wrapper.ts'
import { Call } from '../src/gateway/call.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { isPromiseLike } from '../src/promise.ts'
import { Request } from '../src/request.ts'
import { onResponse } from '../src/response-hook.ts'
import { stack } from '../src/stack.ts'
import { send } from '../src/testing.ts'
import { ContractError } from '../src/validator.ts'
import { observe } from './observe.ts'

type Log = string[]

/** Layers that keep the contract, each in another way. */
const LAYERS: Record<string, (log: Log) => Middleware> = {
  'passes everything through': () => (app) => (environ, startResponse) => app(environ, startResponse),
  'adds a header': (log) => (app) =>
    onResponse(app, ({ status, headers, error }) => {
      log.push(`head ${status} ${error}`)
      headers.append('X-Layer', 'a')
    }),
  'transforms the body': (log) => (app) =>
    mapping(app, (body) =>
      mapBody(body, {
        chunk: (chunk) => chunk.map((byte) => byte ^ 1),
        close: () => void log.push('transformed'),
      }),
    ),
  'watches the body': (log) => (app) =>
    mapping(app, (body) => mapBody(body, { close: () => void log.push('watched') })),
  'waits before it calls': () => (app) => async (environ, startResponse) => {
    await null
    return app(environ, startResponse)
  },
  'waits for the end of the exchange': (log) => (app) => (environ, startResponse) => {
    const exchange = environ['tsgi.exchange']
    exchange.onFinish((outcome) => log.push(`finished ${exchange.route} ${JSON.stringify(outcome)}`))
    exchange.waitUntil(Promise.resolve().then(() => log.push(`aborted: ${exchange.signal.aborted}`)))
    return app(environ, startResponse)
  },
  'moves the path in a copy of environ': () => (app) => (environ, startResponse) =>
    app(copyEnviron(environ, { SCRIPT_NAME: `${environ.SCRIPT_NAME}/a`, PATH_INFO: '/b' }), startResponse),
  'adds to environ in place': (log) => (app) => (environ, startResponse) => {
    const keys = environ as { 'tsgi.depth'?: number }
    keys['tsgi.depth'] = (keys['tsgi.depth'] ?? 0) + 1
    environ['tsgi.exchange'].onFinish(() => log.push(`depth ${keys['tsgi.depth']}`))
    return app(environ, startResponse)
  },
  'reads the whole body, and writes it': () => (app) => async (environ, startResponse) => {
    let write: Write = async () => {}
    const body = await app(environ, (...args) => {
      write = startResponse(...args)
      return (chunk) => write(chunk)
    })
    const bytes = await readBody(body)
    if (bytes.length > 0) await write(bytes)
    return []
  },
  'captures the answer': () => (app) => async (environ, startResponse) => {
    const response = await capture(app, environ)
    response.headers.append('X-Layer', 'captured')
    return response.respond(environ, startResponse)
  },
  'answers what is thrown before the body': (log) => (app) => async (environ, startResponse) => {
    try {
      return await app(environ, startResponse)
    } catch (error) {
      log.push(`caught ${error}`)
      startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']], error)
      return text('sorry')
    }
  },
  'calls twice, and takes the second answer': () => (app) => async (environ, startResponse) => {
    try {
      await closeBody(await app(copyEnviron(environ, {}), () => async () => {}))
    } catch {
      // It fails the second time too.
    }
    return app(environ, startResponse)
  },
}

function mapping<E extends Environ>(app: Application<E>, map: (body: Body) => Body): Application<E> {
  return (environ, startResponse) => {
    const body = app(environ, startResponse)
    return isPromiseLike(body) ? body.then(map) : map(body)
  }
}

interface Content {
  readonly chunks: readonly Uint8Array[]
  readonly headers: Header[]
  readonly log: Log
}

/** Applications that keep the contract, each with another kind of answer. */
const APPLICATIONS: Record<string, (content: Content) => Application> = {
  'an array': saying(({ chunks }) => [...chunks]),
  'an array with close': saying(({ chunks, log }) =>
    Object.assign([...chunks], { close: () => void log.push('close') }),
  ),
  'a text': saying(({ chunks }) => text(String(chunks.length))),
  'a file': saying(({ chunks, log }) => {
    const left = chunks.filter(({ length }) => length > 0)
    return new FileWrapper({
      async read(buffer) {
        const chunk = left.shift() ?? new Uint8Array(0)
        buffer.set(chunk)
        return { bytesRead: chunk.length }
      },
      close: () => void log.push('close'),
    })
  }),
  'an iterable': saying(({ chunks, log }) => observe(log, [...chunks])),
  'a generator': saying(({ chunks, log }) => observe(log, yieldAll(chunks))),
  'an async generator': saying(({ chunks, log }) => observe(log, yieldAllLater(chunks))),
  'a generator that starts late': (content) =>
    function* (_environ, startResponse) {
      yield new Uint8Array(0)
      startResponse('200 OK', content.headers)
      yield* content.chunks
    },
  'an async generator that starts late': (content) =>
    async function* (_environ, startResponse) {
      await null
      startResponse('200 OK', content.headers)
      try {
        yield* content.chunks
      } finally {
        content.log.push('finally')
      }
    },
  'a promise of a generator': (content) => async (_environ, startResponse) => {
    await null
    startResponse('200 OK', content.headers)
    return observe(content.log, yieldAll(content.chunks))
  },
  'what it writes': (content) => async (_environ, startResponse) => {
    const write = startResponse('200 OK', content.headers)
    for (const chunk of content.chunks) await write(chunk)
    return observe(content.log, [])
  },
  'what it writes and returns': (content) => async (_environ, startResponse) => {
    const write = startResponse('200 OK', content.headers)
    const [first = new Uint8Array(0), ...rest] = content.chunks
    await write(first)
    return observe(content.log, rest)
  },
  'the body of the request': (content) => async (environ, startResponse) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of environ['wsgi.input']) chunks.push(chunk)
    environ['tsgi.exchange'].route = environ.SCRIPT_NAME
    startResponse('200 OK', [['Content-Type', 'text/plain']])
    return observe(content.log, chunks)
  },
  'no content': () => (_environ, startResponse) => {
    startResponse('204 No Content', [])
    return []
  },
  'what it has changed its mind to': (content) => (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Length', '1000']])
    startResponse('503 Service Unavailable', content.headers, new Error('on second thoughts'))
    return observe(content.log, [...content.chunks])
  },
  'an error at once': () => () => {
    throw new Error('broken')
  },
  'an error later': () => () => Promise.reject(new Error('broken')),
  'an error after startResponse': (content) => (_environ, startResponse) => {
    startResponse('200 OK', content.headers)
    throw new Error('broken')
  },
  'an error on the way': saying(({ chunks, log }) =>
    observe(
      log,
      (function* () {
        yield* chunks
        throw new Error('broken')
      })(),
    ),
  ),
  'an error that it tells when it is too late': (content) =>
    async function* (_environ, startResponse) {
      startResponse('200 OK', content.headers)
      yield* content.chunks
      try {
        throw new Error('broken')
      } catch (error) {
        startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']], error)
      }
    },
}

function saying(bodyOf: (content: Content) => Body): (content: Content) => Application {
  return (content) => (_environ, startResponse) => {
    startResponse('200 OK', content.headers)
    return bodyOf(content)
  }
}

function* yieldAll(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* chunks
}

async function* yieldAllLater(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await null
    yield chunk
  }
}

interface Case {
  readonly layers: readonly string[]
  readonly application: string
  readonly chunks: readonly Uint8Array[]
  readonly method: string
  readonly isMeasured: boolean
}

const CASE: fc.Arbitrary<Case> = fc.record({
  layers: fc.array(fc.constantFrom(...Object.keys(LAYERS)), { maxLength: 6 }),
  application: fc.constantFrom(...Object.keys(APPLICATIONS)),
  chunks: fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4 }),
  method: fc.constantFrom('GET', 'HEAD', 'POST'),
  isMeasured: fc.boolean(),
})

function build(
  { layers, application, chunks, method, isMeasured }: Case,
  validate: boolean,
  log: Log,
): Application {
  const isText = application === 'a text'
  const length = isText ? 1 : concatBytes(chunks).length
  const headers: Header[] = [['Content-Type', 'text/plain']]
  if (isMeasured) headers.push(['Content-Length', String(length)])
  let built = stack(validate ? { validate } : {})
  for (const name of layers) built = built.use(LAYERS[name]!(log))
  // Nobody waits for the end of an answer to HEAD: how far the application has come by then is a matter of chance.
  const isPushing = method === 'HEAD' && application.startsWith('what it writes')
  return built.run(APPLICATIONS[application]!({ chunks, headers, log: isPushing ? [] : log }))
}

interface Seen {
  head: unknown
  bytes: Uint8Array
  /** How the transport was left. */
  end: string
  log: Log
  errors: string
}

/** What the client, the error stream and everybody who is called back see of a request. */
async function seeing(what: Case, validate: boolean, leavesAfter = Number.POSITIVE_INFINITY): Promise<Seen> {
  const log: Log = []
  let errors = ''
  const stream = errorStream((text) => {
    errors += text.replace(/\n +at .*/g, '')
  })
  const { environ } = Request.blank('/', {
    method: what.method,
    ...(what.method === 'POST' ? { body: 'posted' } : {}),
  })
  const exchange = new GatewayExchange(stream)
  Object.assign(environ, { 'wsgi.errors': stream, 'tsgi.exchange': exchange })
  const seen: Partial<Seen> = { end: 'open' }
  const chunks: Uint8Array[] = []
  const outcome = await new Promise<Outcome>((resolve) => {
    const call: Call = new Call(
      {
        sendHead(head) {
          seen.head = { ...head }
        },
        sendChunk(chunk) {
          chunks.push(chunk)
          if (chunks.length > leavesAfter) call.gone()
        },
        end(last) {
          if (last !== undefined) chunks.push(typeof last === 'string' ? utf8(last) : last)
          seen.end = 'ended'
          call.sent()
        },
        abort() {
          seen.end = 'cut'
          call.gone()
        },
      },
      exchange,
      environ,
    )
    exchange.onFinish(resolve)
    call.run(build(what, validate, log), environ)
  })
  // What is closed after the client has left, and what waitUntil was given.
  await new Promise((resolve) => setImmediate(resolve))
  log.push(JSON.stringify({ ...outcome, error: String(outcome.error) }))
  return { ...(seen as Seen), bytes: concatBytes(chunks), log, errors }
}

it('validators between all layers change nothing that can be seen', async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async (what) => {
      const bare = await seeing(what, false)
      expect(bare.errors).not.toContain('ContractError')
      expect(await seeing(what, true)).toEqual(bare)
    }),
    { numRuns: 500 },
  )
})

it('validators between all layers find no fault where the client leaves', async () => {
  await fc.assert(
    // How far everybody has come by then is a matter of chance, so that no two runs need to be the same.
    fc.asyncProperty(CASE, fc.nat(3), async (what, leavesAfter) => {
      expect((await seeing(what, true, leavesAfter)).errors).not.toContain('ContractError')
    }),
    { numRuns: 500 },
  )
})

it('send gives what the stack answers, or what it throws, and finds no fault', async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async (what) => {
      const bare = await seeing(what, false)
      const body = what.method === 'POST' ? { body: 'posted' } : {}
      const received: unknown = await send(build(what, false, []), { method: what.method, ...body }).catch(
        (error) => error,
      )
      if (received instanceof Error) {
        expect(received).not.toBeInstanceOf(ContractError)
        expect(bare.errors).toContain(String(received))
      } else expect(received).toMatchObject({ bytes: bare.bytes })
    }),
    { numRuns: 200 },
  )
})
