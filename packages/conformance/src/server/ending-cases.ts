import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { type Application, type Body, type Header, type Status, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import type { Answer, Question } from '../client.ts'
import { assertClosed, closeObserved, type Log, observed } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import { eachRow, type Row } from '../table.ts'
import { ExchangeLog } from './exchange-log.ts'
import type { ServerFeature } from './feature.ts'

/** One way in which an answer comes to its end. */
interface Ending extends Row {
  readonly question?: Question
  readonly app: (log: Log) => Application
  /** What comes over the wire, as far as it comes; the page of a 500 is the server's own. */
  readonly status: number
  readonly text?: string
  /** What `onFinish` is given for an error: this one, or one that the server makes. */
  readonly error?: Error | 'of the server'
}

const BOOM = new Error('boom')

const ENDINGS: readonly Ending[] = [
  {
    what: 'several chunks, finished',
    app: answering((log) => observed(log, ab())),
    status: 200,
    text: 'ab',
  },
  {
    what: 'several chunks that take their time, finished',
    app: answering((log) => observed(log, later(ab()))),
    status: 200,
    text: 'ab',
  },
  {
    what: 'no chunk',
    app: answering((log) => observed(log, [])),
    status: 200,
    text: '',
  },
  {
    what: 'an array of one chunk',
    app: answering((log) => closeObserved(log, [Buffer.from('ab')])),
    status: 200,
    text: 'ab',
  },
  {
    what: 'an array of several chunks',
    app: answering((log) => closeObserved(log, ab())),
    status: 200,
    text: 'ab',
  },
  {
    what: 'an empty array',
    app: answering((log) => closeObserved(log, [])),
    status: 200,
    text: '',
  },
  {
    what: 'text()',
    app: answering((log) => closeObserved(log, text('ab'))),
    status: 200,
    text: 'ab',
  },
  {
    what: 'chunks written, and others yielded',
    app: (log) => async (_, startResponse) => {
      await startResponse('200 OK', [])(Buffer.from('written '))
      return observed(log, ab())
    },
    status: 200,
    text: 'written ab',
  },
  {
    what: 'the body of the request is read',
    question: { method: 'POST', body: 'ab' },
    app: (log) => async (environ, startResponse) => {
      const input = await environ['wsgi.input'].read()
      startResponse('200 OK', [])
      return observed(log, later([input]))
    },
    status: 200,
    text: 'ab',
  },
  {
    what: 'the body of the request is not read',
    question: { method: 'POST', body: 'nobody reads this' },
    app: answering((log) => observed(log, later(ab()))),
    status: 200,
    text: 'ab',
  },
  {
    what: 'an environ that the application has changed',
    app: (log) => (environ, startResponse) => {
      environ.REQUEST_METHOD = 'HEAD'
      environ['tsgi.exchange'] = {} as never
      startResponse('200 OK', [])
      return observed(log, ab())
    },
    status: 200,
    text: 'ab',
  },
  {
    what: 'an answer replaced by one for an error',
    app: (log) => (_, startResponse) => {
      startResponse('200 OK', [['Content-Length', '100']])
      startResponse('503 Service Unavailable', [], BOOM)
      return observed(log, ab())
    },
    status: 503,
    text: 'ab',
  },
  {
    what: 'HEAD',
    question: { method: 'HEAD' },
    app: answering((log) => observed(log, ab())),
    status: 200,
    text: '',
  },
  {
    what: 'HEAD, and chunks that take their time',
    question: { method: 'HEAD' },
    app: answering((log) => observed(log, later(ab()))),
    status: 200,
    text: '',
  },
  {
    what: 'HEAD, and an array of one chunk',
    question: { method: 'HEAD' },
    app: answering((log) => closeObserved(log, [Buffer.from('ab')])),
    status: 200,
    text: '',
  },
  {
    what: 'HEAD, and no chunk',
    question: { method: 'HEAD' },
    app: answering((log) => observed(log, [])),
    status: 200,
    text: '',
  },
  {
    what: '204',
    app: answering((log) => observed(log, []), '204 No Content'),
    status: 204,
    text: '',
  },
  {
    what: '304 with a body that must not go out',
    app: answering((log) => observed(log, ab()), '304 Not Modified'),
    status: 304,
    text: '',
  },
  {
    what: 'the declared length is reached before the body ends',
    app: answering((log) => observed(log, [...ab(), ...ab()]), '200 OK', [['Content-Length', '2']]),
    status: 200,
    text: 'ab',
  },
  {
    what: 'the declared length is reached within a chunk',
    app: answering((log) => observed(log, later([Buffer.from('abab'), ...ab()])), '200 OK', [
      ['Content-Length', '2'],
    ]),
    status: 200,
    text: 'ab',
  },
  {
    what: 'the declared length is not reached',
    app: answering((log) => observed(log, ab()), '200 OK', [['Content-Length', '3']]),
    status: 200,
    text: 'ab',
    error: 'of the server',
  },
  {
    what: 'the body fails before its first chunk',
    app: answering((log) => observed(log, failing())),
    status: 500,
    error: BOOM,
  },
  {
    what: 'the body fails before its first chunk, with HEAD',
    question: { method: 'HEAD' },
    app: answering((log) => observed(log, failing())),
    status: 500,
    text: '',
    error: BOOM,
  },
  {
    what: 'the body fails before its first chunk, later',
    app: answering((log) => observed(log, later(failing()))),
    status: 500,
    error: BOOM,
  },
  {
    what: 'the body cannot be begun',
    app: answering((log) =>
      closeObserved(log, {
        [Symbol.iterator]() {
          throw BOOM
        },
      }),
    ),
    status: 500,
    error: BOOM,
  },
  {
    what: 'the body fails after its first chunk',
    app: answering((log) => observed(log, failing(...ab()))),
    status: 200,
    text: 'ab',
    error: BOOM,
  },
  {
    what: 'the body fails after its first chunk, later',
    app: answering((log) => observed(log, later(failing(...ab())))),
    status: 200,
    text: 'ab',
    error: BOOM,
  },
  {
    what: 'the first chunk is none',
    app: answering((log) => observed(log, ['ab' as never, ...ab()])),
    status: 500,
    error: 'of the server',
  },
  {
    what: 'a later chunk is none',
    app: answering((log) => observed(log, later([...ab(), 'ab' as never, ...ab()]))),
    status: 200,
    text: 'ab',
    error: 'of the server',
  },
  {
    what: 'startResponse is never called',
    app: (log) => () => observed(log, ab()),
    status: 500,
    error: 'of the server',
  },
]

/** A body that is begun and not run to its end, as its chunk is none, by what it is let go. */
interface Closer extends Row {
  readonly body: (log: Log) => Body
  readonly closed: readonly string[]
}

const CLOSERS: readonly Closer[] = [
  {
    what: 'close, and both disposers',
    body: (log) => ({ ...wrong(), ...closers(log, 'close', 'asyncDispose', 'dispose') }),
    closed: ['close'],
  },
  {
    what: 'both disposers',
    body: (log) => ({ ...wrong(), ...closers(log, 'asyncDispose', 'dispose') }),
    closed: ['asyncDispose'],
  },
  {
    what: 'Symbol.asyncDispose alone',
    body: (log) => ({ ...wrong(), ...closers(log, 'asyncDispose') }),
    closed: ['asyncDispose'],
  },
  {
    what: 'Symbol.dispose alone',
    body: (log) => ({ ...wrong(), ...closers(log, 'dispose') }),
    closed: ['dispose'],
  },
  {
    what: 'Symbol.dispose alone, of an array',
    body: (log) => Object.assign(ab(), closers(log, 'dispose')),
    closed: ['dispose'],
  },
  {
    what: 'a generator, none of the three',
    body: (log) => finallyAdding(log),
    closed: ['finally'],
  },
  {
    what: 'an async generator, none of the three',
    body: (log) => finallyAddingLater(log),
    closed: ['finally'],
  },
  {
    what: 'a ReadableStream',
    body: (log) =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue('ab' as never),
        cancel: () => log.add('cancel'),
      }),
    closed: ['cancel'],
  },
  {
    what: 'a stream of Node',
    body: (log) =>
      new Readable({
        objectMode: true,
        read() {
          this.push('ab')
        },
        destroy(error, done) {
          log.add('destroy')
          done(error)
        },
      }),
    closed: ['destroy'],
  },
]

export const endingCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'close.once',
    sentence:
      'however an answer ends, its body is closed exactly once, by close, else Symbol.asyncDispose, else Symbol.dispose, and an iterator that was begun and has not come to its own end is told to return before',
    source: 'TSGI, the body',
    async run(trial) {
      for (const { what, log } of await reach(trial, ENDINGS)) assertClosed(log, what)
      await assertClosers(trial)
    },
  },
  {
    key: 'close.order',
    sentence: 'return is waited for before close, and close before onFinish is told',
    source: 'TSGI, the body',
    run: (trial) =>
      eachRow(
        [
          { what: 'a sync body', protocol: Symbol.iterator },
          { what: 'an async body', protocol: Symbol.asyncIterator },
        ],
        async ({ protocol }) => {
          const log = new ExchangeLog()
          const slowly = async (what: string): Promise<void> => {
            log.add(`${what} begins`)
            await turn()
            log.add(`${what} ends`)
          }
          const site = await trial.serveBare((environ, startResponse) => {
            log.watchEnd(environ)
            startResponse('200 OK', [])
            // The chunk is none: the iterator is left in the middle of it.
            const result = { done: false, value: 'a' }
            const iterator = {
              next: () => (protocol === Symbol.iterator ? result : Promise.resolve(result)),
              return: () => slowly('return'),
            }
            return { [protocol]: () => iterator, close: () => slowly('close') } as unknown as Body
          })
          assert.equal((await site.ask()).status, 500)
          await log.until('finish')
          await site.stop()
          assert.deepEqual(log.entries, [
            'return begins',
            'return ends',
            'close begins',
            'close ends',
            'finish',
          ])
        },
      ),
  },
  {
    key: 'finish.outcome',
    sentence:
      'onFinish is given the status that went out, the bytes of the body without their framing, the error if there was one, and whether the client left',
    source: 'TSGI, environ',
    async run(trial) {
      for (const { what, log, answer, error } of await reach(trial, ENDINGS)) {
        const [outcome] = log.outcomes
        assert.deepEqual(
          { ...outcome, error: undefined },
          { status: answer.status, bytesSent: answer.body.length, error: undefined, aborted: false },
          what,
        )
        if (error === 'of the server') assert.ok(outcome?.error instanceof Error, `${what}: an error`)
        else assert.equal(outcome?.error, error, what)
      }
    },
  },
  {
    key: 'finish.order',
    sentence:
      'the callbacks of onFinish are called once each, the last one first, also where one of them throws',
    source: 'TSGI, environ',
    async run(trial) {
      const log = new ExchangeLog()
      const site = await trial.serve((environ, startResponse) => {
        const exchange = environ['tsgi.exchange']
        // What is asked for when all is over is not too late.
        exchange.onFinish(() => exchange.onFinish(() => log.add('within')))
        log.watchEnd(environ)
        exchange.onFinish(() => log.add('first'))
        exchange.onFinish(() => {
          log.add('second')
          throw BOOM
        })
        startResponse('200 OK', [])
        exchange.onFinish(() => log.add('third'))
        return closeObserved(log, [Buffer.from('ab')])
      })
      assert.equal((await site.ask()).text, 'ab')
      await log.until('within')
      assert.match(site.errors, /boom/, 'what a callback throws is reported')
      await site.stop()
      assert.deepEqual(log.entries, ['close', 'third', 'second', 'first', 'finish', 'within'])
    },
  },
  {
    key: 'abort.quiet',
    sentence: 'the signal does not fire unless the client leaves before its answer is whole',
    source: 'TSGI, environ',
    async run(trial) {
      for (const { what, log } of await reach(trial, ENDINGS)) {
        assert.equal(log.count('abort'), 0, `${what}: the signal`)
        assert.equal(log.outcomes[0]?.aborted, false, what)
      }
    },
  },
]

/**
 * Comes to each of the endings once, on a connection of its own that the client closes afterwards; gives what happened
 * when the server has stopped, as nothing more can happen then.
 */
async function reach<E extends Ending>(
  trial: ServerTrial,
  endings: readonly E[],
): Promise<(E & { readonly log: ExchangeLog; readonly answer: Answer })[]> {
  const reached = endings.map((ending) => ({ ...ending, log: new ExchangeLog() }))
  const answers: Answer[] = []
  const site = await trial.serveBare((environ, startResponse) => {
    const { app, log } = reached[Number(environ.PATH_INFO.slice(1))]!
    log.watch(environ)
    return app(log)(environ, startResponse)
  })
  await eachRow(reached, async ({ question, log, status, text }, index) => {
    const client = await site.connect()
    const answer = await client.ask({ ...question, target: `/${index}` }).received(question?.method)
    assert.deepEqual([answer.status, answer.text], [status, text ?? answer.text])
    await log.until('finish')
    client.leave()
    answers.push(answer)
  })
  await site.stop()
  return reached.map((ending, index) => ({ ...ending, answer: answers[index]! }))
}

async function assertClosers(trial: ServerTrial): Promise<void> {
  const logs = CLOSERS.map(() => new ExchangeLog())
  const site = await trial.serveBare((environ, startResponse) => {
    const index = Number(environ.PATH_INFO.slice(1))
    startResponse('200 OK', [])
    logs[index]!.watchEnd(environ)
    return CLOSERS[index]!.body(logs[index]!)
  })
  await eachRow(CLOSERS, async (_, index) => {
    await site.ask({ target: `/${index}` })
    await logs[index]!.until('finish')
  })
  await site.stop()
  for (const [index, { what, closed }] of CLOSERS.entries()) {
    assert.deepEqual(logs[index]!.entries, [...closed, 'finish'], what)
  }
}

/** An answer with a body of its own for each request. */
function answering(
  body: (log: Log) => Body,
  status: Status = '200 OK',
  headers: Header[] = [],
): Ending['app'] {
  return (log) => (_, startResponse) => {
    startResponse(status, headers)
    return body(log)
  }
}

function ab(): Uint8Array[] {
  return [Buffer.from('a'), Buffer.from('b')]
}

function* failing(...before: Uint8Array[]): Generator<Uint8Array, void> {
  yield* before
  throw BOOM
}

async function* later(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for (const chunk of chunks) {
    await turn()
    yield chunk
  }
}

/** A body of strings. */
function wrong(): Iterable<Uint8Array> {
  return { [Symbol.iterator]: () => ['ab' as never][Symbol.iterator]() }
}

function closers(log: Log, ...names: ('close' | 'asyncDispose' | 'dispose')[]): object {
  return Object.fromEntries(
    names.map((name) => [name === 'close' ? name : Symbol[name], () => log.add(name)]),
  )
}

function* finallyAdding(log: Log): Generator<Uint8Array, void> {
  try {
    yield 'ab' as never
  } finally {
    log.add('finally')
  }
}

async function* finallyAddingLater(log: Log): AsyncGenerator<Uint8Array, void> {
  try {
    yield 'ab' as never
  } finally {
    await turn()
    log.add('finally')
  }
}
