import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { type Application, type Body, type StartResponse, text, type Write } from '@tsgi/core'
import type { Case } from '../case.ts'
import { Cut, headersNamed, type Question } from '../client.ts'
import { assertClosed, observed } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import { eachRow, type Row } from '../table.ts'
import { ExchangeLog } from './exchange-log.ts'
import type { ServerFeature } from './feature.ts'

/** An application that fails before a byte of its answer is out. */
interface Failing extends Row {
  readonly question?: Question
  readonly app: Application
  /** What the report says, at least. */
  readonly reported: RegExp
}

/** Of the inside: it must not be seen outside. */
const SECRET = 'the secret is 4711'

const secret = Buffer.from(SECRET)

/** What an application that fails has said before, none of which goes out. */
function start(startResponse: StartResponse): ReturnType<StartResponse> {
  return startResponse('202 Accepted', [
    ['X-Inside', SECRET],
    ['Content-Length', '100'],
  ])
}

function fail(): never {
  throw new TypeError(SECRET, { cause: new Error(`${SECRET} too`) })
}

const THROWN: readonly Failing[] = [
  { what: 'throws before startResponse', app: () => fail(), reported: /the secret is 4711/ },
  {
    what: 'throws after startResponse',
    app: (_, startResponse) => {
      start(startResponse)
      return fail()
    },
    reported: /the secret is 4711/,
  },
  {
    what: 'throws for HEAD',
    question: { method: 'HEAD' },
    app: () => fail(),
    reported: /the secret is 4711/,
  },
  {
    what: 'throws after it put another stream in place of wsgi.errors',
    app: (environ) => {
      environ['wsgi.errors'] = { write() {}, writelines() {}, flush() {} }
      return fail()
    },
    reported: /the secret is 4711/,
  },
  {
    what: 'throws an AbortError while its client is there',
    app: () => {
      throw new DOMException(SECRET, 'AbortError')
    },
    reported: /the secret is 4711/,
  },
  {
    what: 'throws a string',
    app: () => {
      throw SECRET
    },
    reported: /the secret is 4711/,
  },
  {
    what: 'throws undefined',
    app: () => {
      throw undefined
    },
    reported: /./,
  },
  {
    what: 'throws null',
    app: () => {
      throw null
    },
    reported: /./,
  },
  {
    what: 'throws what cannot be made a text',
    app: () => {
      throw Object.create(null)
    },
    reported: /./,
  },
]

const REJECTED: readonly Failing[] = [
  { what: 'rejects at once', app: async () => fail(), reported: /the secret is 4711/ },
  {
    what: 'rejects when it has waited',
    app: async (_, startResponse) => {
      start(startResponse)
      await turn()
      return fail()
    },
    reported: /the secret is 4711/,
  },
  { what: 'rejects with nothing', app: () => Promise.reject(), reported: /./ },
  {
    what: 'gives a thenable that throws',
    // biome-ignore lint/suspicious/noThenProperty: that is the misbehaviour.
    app: () => ({ then: fail }) as unknown as Promise<Body>,
    reported: /the secret is 4711/,
  },
]

const FIRST_CHUNK: readonly Failing[] = [
  {
    what: 'a generator throws',
    // biome-ignore lint/correctness/useYield: it fails before it comes to one.
    app: answering(function* () {
      fail()
    }),
    reported: /the secret is 4711/,
  },
  {
    what: 'a generator throws after an empty chunk',
    app: answering(function* () {
      yield Buffer.alloc(0)
      fail()
    }),
    reported: /the secret is 4711/,
  },
  {
    what: 'an async generator throws',
    // biome-ignore lint/correctness/useYield: it fails before it comes to one.
    app: answering(async function* () {
      await turn()
      fail()
    }),
    reported: /the secret is 4711/,
  },
  {
    what: 'an async generator throws after an empty chunk',
    app: answering(async function* () {
      yield Buffer.alloc(0)
      await turn()
      fail()
    }),
    reported: /the secret is 4711/,
  },
  {
    what: 'an application that is a generator throws before startResponse',
    // biome-ignore lint/correctness/useYield: it fails before it comes to one.
    app: async function* () {
      fail()
    },
    reported: /the secret is 4711/,
  },
  {
    what: 'an async iterator throws where it should give a promise',
    app: answering(() => ({ [Symbol.asyncIterator]: () => ({ next: fail }) })),
    reported: /the secret is 4711/,
  },
  {
    what: 'an iterable throws when it is asked for its iterator',
    app: answering(() => ({ [Symbol.iterator]: fail })),
    reported: /the secret is 4711/,
  },
  {
    what: 'an iterator gives nothing in place of a result',
    app: answering(() => ({ [Symbol.iterator]: () => ({ next: () => undefined as never }) })),
    reported: /./,
  },
]

const WRONG_BODIES: readonly Failing[] = [
  ['null', null],
  ['nothing', undefined],
  ['a string', SECRET],
  ['bytes without an array around them', secret],
  ['a number', 4711],
  ['an object that is not iterable', { secret: SECRET }],
  ['a function', () => [secret]],
  ['a promise of a string', Promise.resolve(SECRET)],
  ['a promise of nothing', Promise.resolve()],
].map(([what, body]) => ({
  what: what as string,
  app: answering(() => body as Body),
  reported: /./,
}))

const WRONG_CHUNKS: readonly Failing[] = [
  ['a string', SECRET],
  ['a number', 4711],
  ['nothing', undefined],
  ['null', null],
  ['an array of numbers', [...secret]],
  ['an array of bytes', [secret]],
  ['an ArrayBuffer', secret.buffer],
].flatMap(([name, chunk]): Failing[] => [
  { what: `${name} in an array`, app: answering(() => [chunk as never]), reported: /./ },
  {
    what: `${name} from a generator, after an empty chunk`,
    app: answering(function* () {
      yield Buffer.alloc(0)
      yield chunk as never
    }),
    reported: /./,
  },
  {
    what: `${name} from an async generator`,
    app: answering(async function* () {
      yield chunk as never
    }),
    reported: /./,
  },
  {
    what: `${name}, written`,
    app: async (_, startResponse) => {
      await start(startResponse)(chunk as never)
      return []
    },
    reported: /./,
  },
])

const NOT_STARTED: readonly Failing[] = [
  { what: 'an array of one chunk', app: () => [secret], reported: /startResponse/ },
  { what: 'text()', app: () => text(SECRET), reported: /startResponse/ },
  { what: 'an empty body', app: () => [], reported: /startResponse/ },
  { what: 'an empty body for HEAD', question: { method: 'HEAD' }, app: () => [], reported: /startResponse/ },
  {
    what: 'an async generator that starts after its first chunk',
    app: async function* (_, startResponse) {
      yield secret
      start(startResponse)
    },
    reported: /startResponse/,
  },
  {
    what: 'a call that failed its checks, and no other',
    app: (_, startResponse) => {
      assert.throws(() => startResponse('200' as '200 OK', []))
      return [secret]
    },
    reported: /startResponse/,
  },
  {
    what: 'a call that failed its checks, and another without an error',
    app: (_, startResponse) => {
      assert.throws(() => startResponse('200 OK', [['X-A', 'a\r\nX-B: b']]))
      assert.throws(() => start(startResponse), 'a call that failed is the first call all the same')
      return [secret]
    },
    reported: /startResponse/,
  },
  {
    what: 'a call that was to replace the first, and failed its checks',
    app: (_, startResponse) => {
      start(startResponse)
      assert.throws(() => startResponse('503' as '503 Oh', [], new Error('the reason')))
      return [secret]
    },
    reported: /startResponse/,
  },
]

/** An answer that has come to its end. */
interface Over extends Row {
  readonly question?: Question
  readonly status: number
  readonly app: (startResponse: StartResponse) => Body
}

const OVER: readonly Over[] = [
  {
    what: 'one chunk',
    status: 200,
    app(startResponse) {
      startResponse('200 OK', [])
      return [Buffer.from('whole')]
    },
  },
  {
    what: 'several chunks',
    status: 200,
    app(startResponse) {
      startResponse('200 OK', [])
      return whole()
    },
  },
  {
    what: 'HEAD',
    question: { method: 'HEAD' },
    status: 200,
    app(startResponse) {
      startResponse('200 OK', [])
      return [Buffer.from('whole')]
    },
  },
  {
    what: 'a failure before startResponse',
    status: 500,
    app: () => fail(),
  },
]

/** An application that fails when a part of its answer is out. */
interface Breaking extends Row {
  readonly app: (log: ExchangeLog) => Application
}

const BREAKING: readonly Breaking[] = [
  {
    what: 'a generator throws',
    app: (log) =>
      answering(() =>
        observed(
          log,
          (function* () {
            yield Buffer.from('half')
            fail()
          })(),
        ),
      ),
  },
  {
    what: 'an async generator throws',
    app: (log) =>
      answering(() =>
        observed(
          log,
          (async function* () {
            yield Buffer.from('half')
            await turn()
            fail()
          })(),
        ),
      ),
  },
  {
    what: 'an async generator throws behind a declared length',
    app: (log) => (_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '8']])
      return observed(
        log,
        (async function* () {
          yield Buffer.from('half')
          fail()
        })(),
      )
    },
  },
  {
    what: 'a later chunk is a string',
    app: (log) => answering(() => observed(log, [Buffer.from('half'), SECRET as never])),
  },
  {
    what: 'the application throws when it has written',
    app: () => (_, startResponse) => {
      void startResponse('200 OK', [])(Buffer.from('half'))
      return fail()
    },
  },
  {
    what: 'the application rejects when it has written',
    app: () => async (_, startResponse) => {
      await startResponse('200 OK', [])(Buffer.from('half'))
      return fail()
    },
  },
  {
    what: 'the application gives no body when it has written',
    app: () => async (_, startResponse) => {
      await startResponse('200 OK', [])(Buffer.from('half'))
      return SECRET as never
    },
  },
  {
    what: 'startResponse throws the error back, and the body passes it on',
    app: (log) => (_, startResponse) => {
      startResponse('200 OK', [])
      return observed(
        log,
        (function* () {
          yield Buffer.from('half')
          startResponse('500 Oh No', [], new Error(SECRET))
        })(),
      )
    },
  },
]

/** A body whose closing goes wrong. */
interface Unclosable extends Row {
  readonly status: number
  readonly body: (log: ExchangeLog) => Body
}

const UNCLOSABLE: readonly Unclosable[] = [
  {
    what: 'close of an array throws',
    status: 200,
    body: (log) => closing([Buffer.from('whole')], log, fail),
  },
  {
    what: 'close of an array rejects',
    status: 200,
    body: (log) => closing([Buffer.from('whole')], log, async () => fail()),
  },
  {
    what: 'close of a generator throws',
    status: 200,
    body: (log) => closing(whole(), log, fail),
  },
  {
    what: 'close of a generator rejects when it has waited',
    status: 200,
    body: (log) => closing(whole(), log, () => turn().then(fail)),
  },
  {
    what: 'return throws behind a chunk that is none, and close is called all the same',
    status: 500,
    body: (log) => closing(unwilling(fail), log, () => {}),
  },
  {
    what: 'return rejects behind a chunk that is none, and close is called all the same',
    status: 500,
    body: (log) =>
      closing(
        unwilling(async () => fail()),
        log,
        () => {},
      ),
  },
]

export const errorCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'error.thrown',
    sentence:
      'an application that throws is answered with a 500 that says nothing of the inside, the error is reported, and the server goes on',
    source: 'PEP 3333, error handling',
    run: (trial) => assertBare500(trial, THROWN),
  },
  {
    key: 'error.rejected',
    sentence: 'an application that rejects is answered and reported as one that throws',
    source: 'TSGI, the body',
    run: (trial) => assertBare500(trial, REJECTED),
  },
  {
    key: 'error.first-chunk',
    sentence:
      'a body that fails before its first chunk with bytes is answered and reported as an application that throws',
    source: 'TSGI, the body',
    async run(trial) {
      await assertBare500(trial, FIRST_CHUNK)
      await assertReportedOnce(trial)
    },
  },
  {
    key: 'error.no-start-response',
    sentence:
      'an answer without a startResponse that succeeded is a 500; a call that failed counts as the first, and one with the error may follow',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      await assertBare500(trial, NOT_STARTED)
      await assertErrorMayFollow(trial)
    },
  },
  {
    key: 'error.too-late',
    sentence:
      'when the answer is over, startResponse throws, a write is rejected, and nothing comes of either',
    source: 'PEP 3333, the write() callable',
    run: (trial) =>
      eachRow(OVER, async ({ question = {}, status, app }) => {
        const log = new ExchangeLog()
        let late: StartResponse | undefined
        let write: Write | undefined
        const site = await trial.serveBare((environ, startResponse) => {
          if (environ.PATH_INFO === '/next') return goOn(startResponse)
          log.watchEnd(environ)
          late = startResponse
          return app((...call) => {
            write = startResponse(...call)
            return write
          })
        })
        const answer = await site.ask(question)
        await log.until('finish')
        assert.throws(() => late!('200 OK', []), 'startResponse')
        if (write !== undefined) await assert.rejects(async () => write!(secret), 'a write')
        assert.equal((await site.ask({ target: '/next' })).text, 'still here')
        assert.deepEqual(
          log.outcomes.map((outcome) => [outcome.status, outcome.bytesSent]),
          [[status, answer.body.length]],
        )
      }),
  },
  {
    key: 'error.wrong-body',
    sentence: 'what is no iterable of bytes is answered with 500 and reported',
    source: 'PEP 3333, specification details',
    run: (trial) => assertBare500(trial, WRONG_BODIES),
  },
  {
    key: 'error.wrong-chunk',
    sentence: 'a first chunk that is no Uint8Array, yielded or written, is answered with 500 and reported',
    source: 'PEP 3333, specification details',
    run: (trial) => assertBare500(trial, WRONG_CHUNKS),
  },
  {
    key: 'error.after-bytes',
    sentence:
      'an error behind the first byte is reported, and cuts the answer so that the client can tell; what was sent arrives',
    source: 'TSGI, the body',
    needs: ['cut'],
    run: (trial) =>
      eachRow(BREAKING, async ({ app }) => {
        const log = new ExchangeLog()
        const site = await trial.serveBare((environ, startResponse) => {
          if (environ.PATH_INFO === '/next') return goOn(startResponse)
          log.watchEnd(environ)
          return app(log)(environ, startResponse)
        })
        const client = await site.connect()
        const { status, text, cut } = await client.ask({}).received()
        assert.deepEqual([status, text], [200, 'half'])
        assert.ok(cut instanceof Cut, 'the client sees that something is missing')
        await log.until('finish')
        assert.equal((await site.ask({ target: '/next' })).text, 'still here')
        assert.equal(log.count('finish'), 1)
        assert.ok(log.outcomes[0]?.error instanceof Error, 'onFinish is given the error')
        if (log.has('begun')) assertClosed(log, 'a broken body')
        assert.match(site.errors, /./, 'the error is reported')
      }),
  },
  {
    key: 'error.reset',
    sentence:
      'an error behind the first byte resets the connection where its end would be the end of the body, and the transport knows resets',
    source: 'TSGI, the body',
    needs: ['cut', 'http-1.0'],
    async run(trial) {
      const { scheme, remoteAddress } = trial.traits
      const site = await trial.serve(
        answering(function* () {
          yield Buffer.from('half')
          fail()
        }),
      )
      const client = await site.connect()
      const answer = client.ask({ version: '1.0' }).answer()
      // A unix socket knows no reset, and TLS hides it.
      if (scheme === 'https' || remoteAddress === '') assert.equal((await answer).text, 'half')
      // It may overtake what was sent before it, be it the head.
      else await assert.rejects(answer, Cut)
      assert.match(await site.reported(), /the secret is 4711/)
    },
  },
  {
    key: 'error.in-close',
    sentence: 'an error while a body is closed is reported, and the answer is whole all the same',
    source: 'PEP 3333, error handling',
    run: (trial) =>
      eachRow(UNCLOSABLE, async ({ status, body }) => {
        const log = new ExchangeLog()
        const site = await trial.serveBare((environ, startResponse) => {
          if (environ.PATH_INFO === '/next') return goOn(startResponse)
          log.watchEnd(environ)
          startResponse('200 OK', [['Content-Type', 'text/plain']])
          return body(log)
        })
        const answer = await site.askLast()
        assert.deepEqual([answer.status, answer.behind], [status, ''])
        if (status === 200) assert.equal(answer.text, 'whole')
        await log.until('finish')
        assert.match(site.errors, /the secret is 4711/)
        assert.equal((await site.ask({ target: '/next' })).text, 'still here')
        await site.stop()
        assert.deepEqual(log.entries, ['close', 'finish'])
        const [{ error, ...outcome } = {}] = log.outcomes
        assert.deepEqual(outcome, { status, bytesSent: answer.body.length, aborted: false })
        assert.equal(error === undefined, status === 200, 'onFinish hears of what changed the answer')
      }),
  },
]

/** That each row is answered with a bare 500 and reported, and that the server goes on behind it. */
async function assertBare500(trial: ServerTrial, rows: readonly Failing[]): Promise<void> {
  const logs = rows.map(() => new ExchangeLog())
  const site = await trial.serveBare((environ, startResponse) => {
    if (environ.PATH_INFO === '/next') return goOn(startResponse)
    const index = Number(environ.PATH_INFO.slice(1))
    logs[index]!.watchEnd(environ)
    return rows[index]!.app(environ, startResponse)
  })
  await eachRow(rows, async ({ question, reported }, index) => {
    const earlier = site.errors.length
    const answer = await site.askLast({ ...question, target: `/${index}` })
    assert.deepEqual([answer.status, answer.behind], [500, ''])
    const outside = JSON.stringify([answer.reason, answer.headers, answer.text])
    assert.doesNotMatch(outside, /4711|TypeError|\bat .*:\d+/, 'nothing of the inside is seen outside')
    assert.deepEqual(headersNamed(answer, 'x-inside'), [], 'the headers of the failed answer are gone')
    const next = await site.ask({ target: '/next' })
    assert.deepEqual([next.status, next.text], [200, 'still here'])
    const log = logs[index]!
    await log.until('finish')
    assert.match(site.errors.slice(earlier), reported, 'the report says what went wrong')
    assert.equal(log.outcomes[0]?.status, 500)
    assert.notEqual(log.outcomes[0]?.error, undefined, 'onFinish is given the error')
  })
  assert.deepEqual(
    logs.map((log) => log.count('finish')),
    rows.map(() => 1),
  )
}

/** One report for one error: a stream says that it failed when it is read, and again when it is closed. */
async function assertReportedOnce(trial: ServerTrial): Promise<void> {
  const error = new Error(SECRET)
  await eachRow(
    [
      {
        what: 'a generator throws',
        // biome-ignore lint/correctness/useYield: it fails before it comes to one.
        body: function* (): Generator<Uint8Array> {
          throw error
        },
      },
      {
        what: 'a stream breaks',
        body: () =>
          new Readable({
            read() {
              this.destroy(error)
            },
          }),
      },
    ],
    async ({ body }) => {
      const log = new ExchangeLog()
      const site = await trial.serveBare((environ, startResponse) => {
        log.watchEnd(environ)
        start(startResponse)
        return body()
      })
      assert.equal((await site.ask()).status, 500)
      await log.until('finish')
      await site.stop()
      assert.equal(site.errors.split(SECRET).length - 1, 1, `reported once; got ${site.errors}`)
      assert.doesNotMatch(site.errors, /undefined/, 'nothing is reported where nothing went wrong')
    },
  )
}

async function assertErrorMayFollow(trial: ServerTrial): Promise<void> {
  const site = await trial.serve((_, startResponse) => {
    try {
      startResponse('200' as '200 OK', [])
    } catch (error) {
      startResponse('503 Service Unavailable', [], error)
    }
    return text('sorry')
  })
  const { status, text: body } = await site.ask()
  assert.deepEqual([status, body], [503, 'sorry'], 'a call with the error of the first')
}

function goOn(startResponse: StartResponse): Body {
  startResponse('200 OK', [])
  return text('still here')
}

/** An application that has begun its answer, and gives this for a body. */
function answering(body: () => Body): Application {
  return (_, startResponse) => {
    startResponse('200 OK', [['X-Inside', SECRET]])
    return body()
  }
}

/** A body that closes as it is told here. */
function closing<B extends Body>(body: B, log: ExchangeLog, close: () => unknown): B {
  return Object.assign(body, {
    close: () => {
      log.add('close')
      return close()
    },
  })
}

function* whole(): Generator<Uint8Array, void> {
  yield Buffer.from('who')
  yield Buffer.from('le')
}

/** A body of strings that cannot be told to stop. */
function unwilling(stop: () => never | Promise<never>): Body {
  let left = 3
  const next = () => ({ done: left-- === 0, value: SECRET })
  return { [Symbol.iterator]: () => ({ next, return: stop }) } as unknown as Body
}
