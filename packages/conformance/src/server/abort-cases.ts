import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { type Body, type Environ, FileWrapper, type Header, type StartResponse } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Client, requestBytes } from '../client.ts'
import { assertClosed, closeObserved, Gate, type Log, observed } from '../log.ts'
import type { ServerTrial, Site } from '../server-trial.ts'
import { eachRow, type Row } from '../table.ts'
import { ExchangeLog } from './exchange-log.ts'
import type { ServerFeature } from './feature.ts'

/** What an application comes to that was still at work when its client left. */
interface Late extends Row {
  answer(environ: Environ, startResponse: StartResponse, log: Log): Body | Promise<Body>
  /** The entry that says that its body was let go; absent where there is none. */
  readonly closed?: string
  readonly reported?: RegExp
}

const LATE: readonly Late[] = [
  {
    what: 'an answer in an array',
    answer(_, startResponse, log) {
      startResponse('200 OK', [])
      return closeObserved(log, [Buffer.from('late')])
    },
    closed: 'close',
  },
  {
    what: 'an answer from a generator',
    answer(_, startResponse, log) {
      startResponse('200 OK', [])
      return observed(log, [Buffer.from('late')])
    },
    closed: 'close',
  },
  {
    what: 'an answer from a ReadableStream',
    answer(_, startResponse, log) {
      startResponse('200 OK', [])
      return new ReadableStream({ cancel: () => log.add('cancel') })
    },
    closed: 'cancel',
  },
  {
    what: 'a stop because the signal says so',
    answer(environ) {
      environ['tsgi.exchange'].signal.throwIfAborted()
      return []
    },
  },
  {
    what: 'a failure for another reason',
    answer() {
      throw new Error('boom')
    },
    reported: /boom/,
  },
]

/** An answer that is on its way when the client leaves. */
interface Streaming extends Row {
  body(log: Log): Body
}

/** Together far more than a connection takes whose other end does not read. */
const CHUNK = Buffer.alloc(65_536, 'x')
const MANY = 400

const STREAMING: readonly Streaming[] = [
  {
    what: 'a sync body that waits for the client',
    body: (log) => observed(log, many()),
  },
  {
    what: 'an async body that goes on',
    body: (log) =>
      observed(
        log,
        (async function* () {
          for (const chunk of many()) {
            await turn()
            yield chunk
          }
        })(),
      ),
  },
  {
    what: 'a ReadableStream',
    body: (log) => {
      const chunks = many()
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const { done, value } = chunks.next()
          if (!done) return controller.enqueue(value)
          log.add('close')
          controller.close()
        },
        cancel: () => log.add('close'),
      })
    },
  },
  {
    what: 'one chunk that waits for the client, be it behind the end of its body',
    body: (log) => closeObserved(log, [Buffer.alloc(CHUNK.length * MANY)]),
  },
  { what: 'a file', body: (log) => new LargeFile(log) },
]

/** A file that is there for as long as nobody has closed it. */
class LargeFile extends FileWrapper {
  readonly #log: Log
  readonly #folder: string

  constructor(log: Log) {
    const folder = mkdtempSync(join(tmpdir(), 'tsgi-file-'))
    const path = join(folder, 'large')
    writeFileSync(path, '')
    truncateSync(path, CHUNK.length * MANY)
    super({ path })
    this.#log = log
    this.#folder = folder
  }

  override async close(): Promise<void> {
    await super.close()
    rmSync(this.#folder, { recursive: true, force: true })
    this.#log.add('close')
  }
}

/** A body that has given its first chunk, and waits for the second when the client leaves. */
interface Waiting extends Row {
  readonly headers?: Header[]
  body(log: Log, wait: () => Promise<void>): Body
  /** The entries that say that it was let go; by default those of a body that is observed. */
  readonly closed?: readonly string[]
  readonly reported?: RegExp
}

const FIRST = Buffer.from('first')

const WAITING: readonly Waiting[] = [
  {
    what: 'an iterator whose chunk comes too late',
    body: (log, wait) => {
      const next = giving(async () => {
        await wait()
        return { done: false, value: Buffer.from('late') }
      })
      return observed(log, { [Symbol.asyncIterator]: () => ({ next }) })
    },
  },
  {
    what: 'an async generator, whose return stands in line behind the chunk',
    body: (log, wait) =>
      observed(
        log,
        (async function* () {
          yield FIRST
          await wait()
          yield Buffer.from('late')
        })(),
      ),
  },
  {
    what: 'an async generator that ends too late, short of its length',
    headers: [['Content-Length', '100']],
    body: (log, wait) =>
      observed(
        log,
        (async function* () {
          yield FIRST
          await wait()
        })(),
      ),
  },
  {
    what: 'an async generator that fails too late',
    body: (log, wait) =>
      observed(
        log,
        (async function* () {
          yield FIRST
          await wait()
          throw new Error('boom')
        })(),
      ),
    reported: /boom/,
  },
  {
    what: 'an async generator that stops, too late, as the client is gone',
    body: (log, wait) =>
      observed(
        log,
        (async function* () {
          yield FIRST
          await wait()
          throw new DOMException('the client is gone', 'AbortError')
        })(),
      ),
  },
  {
    what: 'an iterator that cannot be told to stop',
    body: (log, wait) => {
      const next = giving(() => wait().then(() => NEVER))
      const stop = () => {
        log.add('return')
        return Promise.reject(new Error('not now'))
      }
      const iterator = { next, return: stop }
      return { [Symbol.asyncIterator]: () => iterator, close: () => log.add('close') } as unknown as Body
    },
    closed: ['return', 'close'],
    reported: /(?:)/,
  },
  {
    what: 'a ReadableStream',
    body: (log, wait) => {
      const next = giving(() => wait().then(() => NEVER))
      return new ReadableStream<Uint8Array>({
        pull: async (controller) => controller.enqueue((await next()).value!),
        cancel: () => log.add('cancel'),
      })
    },
    closed: ['cancel'],
  },
  {
    what: 'a stream of Node',
    body: (log, wait) => {
      const next = giving(() => wait().then(() => NEVER))
      return new Readable({
        read() {
          next().then(({ value }) => this.push(value))
        },
        destroy(error, done) {
          log.add('destroy')
          done(error)
        },
      })
    },
    closed: ['destroy'],
  },
]

export const abortCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'abort.mid-request',
    sentence:
      'when the client leaves in the middle of its request, the read that waits rejects, the signal fires, and an application that lets the rejection pass is not reported',
    source: 'TSGI, environ',
    needs: ['abort', 'streamed-requests'],
    async run(trial) {
      const log = new ExchangeLog()
      const site = await trial.serveBare(async (environ, startResponse) => {
        log.watch(environ)
        const reading = environ['wsgi.input'].read()
        log.add('called')
        await reading.catch((error: unknown) => {
          log.add('rejected')
          throw error
        })
        startResponse('200 OK', [])
        return []
      })
      const client = await site.connect()
      client.ask({ method: 'POST', headers: [['Content-Length', '100']] }).write('half of it')
      await log.until('called')
      client.leave()
      await log.until('rejected')
      await log.until('finish')
      await site.stop()
      assert.equal(log.count('abort'), 1, 'the signal fires once')
      assert.deepEqual(
        log.outcomes.map(({ aborted }) => aborted),
        [true],
      )
      assert.equal(site.errors, '')
    },
  },
  {
    key: 'abort.before-head',
    sentence:
      'when the client leaves before its answer, the signal fires and onFinish is told; what the application comes to later is closed, or reported unless the client’s leaving was its reason',
    source: 'TSGI, environ',
    needs: ['abort'],
    async run(trial) {
      await eachRow(LATE, (late) => assertLate(trial, late))
      await assertToldAtOnce(trial)
    },
  },
  {
    key: 'abort.mid-body',
    sentence:
      'when the client leaves in the middle of its answer, the body is closed, the signal fires and onFinish is told, and a write that waits is rejected',
    source: 'PEP 3333, specification details',
    needs: ['abort', 'streamed-responses', 'backpressure'],
    async run(trial) {
      await eachRow(STREAMING, (streaming) => assertLetGo(trial, streaming))
      await assertWriteRejected(trial)
      await assertWriteNotReported(trial)
    },
  },
  {
    key: 'abort.waiting',
    sentence:
      'when the client leaves while a chunk is waited for, the body is told to return and closed at once, and nobody waits for the chunk',
    source: 'TSGI, the body',
    needs: ['abort', 'streamed-responses'],
    async run(trial) {
      await eachRow(WAITING, (waiting) => assertNotWaitedFor(trial, waiting))
      await assertClosingNotWaitedFor(trial)
    },
  },
  {
    key: 'abort.queued',
    sentence: 'when the client leaves, it leaves the answers too that stand in line behind another',
    source: 'RFC 9112 section 9.3.2',
    needs: ['abort', 'pipelining', 'concurrency'],
    async run(trial) {
      const logs = [new ExchangeLog(), new ExchangeLog()]
      const site = await trial.serveBare((environ, startResponse) => {
        const log = logs[Number(environ.PATH_INFO.slice(1))]!
        log.watch(environ)
        log.add('called')
        startResponse('200 OK', [])
        return observed(log, waitingForever())
      })
      const client = await site.connect()
      client.write(Buffer.concat([requestBytes({ target: '/0' }), requestBytes({ target: '/1' })]))
      for (const log of logs) await log.until('called')
      client.leave()
      for (const log of logs) await log.until('finish')
      await site.stop()
      for (const [index, log] of logs.entries()) {
        assert.equal(log.count('abort'), 1, `the signal of request ${index}`)
        assert.deepEqual(
          log.outcomes.map(({ aborted }) => aborted),
          [true],
          `request ${index}`,
        )
        assertClosed(log, `the body of request ${index}`)
      }
    },
  },
]

async function assertLate(trial: ServerTrial, { answer, closed, reported }: Late): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare(async (environ, startResponse) => {
    log.watch(environ)
    log.add('called')
    await log.until('abort')
    return answer(environ, startResponse, log)
  })
  const client = await site.connect()
  client.ask({})
  await log.until('called')
  client.leave()
  await log.until('finish')
  if (closed !== undefined) await log.until(closed)
  await assertGone(site, log, { status: undefined, bytesSent: 0 }, reported)
  if (closed === 'close') assertClosed(log, 'a body that came too late')
  else if (closed !== undefined) assert.equal(log.count(closed), 1, `${closed}, once`)
}

/** An application that never comes to its end must not hold up the log; and a signal may be asked for late. */
async function assertToldAtOnce(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  let exchange: Environ['tsgi.exchange'] | undefined
  const site = await trial.serveBare((environ, startResponse) => {
    exchange = environ['tsgi.exchange']
    log.watchEnd(environ)
    startResponse('200 OK', [])
    log.add('called')
    return NEVER
  })
  const client = await site.connect()
  client.ask({})
  await log.until('called')
  client.leave()
  await log.until('finish')
  assert.deepEqual(log.outcomes, [{ status: undefined, bytesSent: 0, error: undefined, aborted: true }])
  assert.equal(exchange?.signal.aborted, true, 'a signal that is asked for when the client is gone has fired')
  assert.equal(exchange.signal, exchange.signal, 'there is one signal')
}

async function assertLetGo(trial: ServerTrial, { body }: Streaming): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare((environ, startResponse) => {
    log.watch(environ)
    startResponse('200 OK', [])
    return body(log)
  })
  const client = await site.connect()
  await askAndBegin(client)
  assert.deepEqual(
    [log.count('abort'), log.count('finish')],
    [0, 0],
    'nothing is over as long as the client is there',
  )
  client.leave()
  await log.until('finish')
  await log.until('close')
  const [outcome] = log.outcomes
  const bytesSent = outcome?.bytesSent ?? 0
  assert.ok(bytesSent > 0 && bytesSent <= CHUNK.length * MANY, `some bytes went out; got ${bytesSent}`)
  await assertGone(site, log, { status: 200, bytesSent })
  assertClosed(log, 'a body on its way')
}

async function assertWriteRejected(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare(async (environ, startResponse) => {
    log.watch(environ)
    const write = startResponse('200 OK', [])
    await write(FIRST)
    await write(Buffer.alloc(CHUNK.length * MANY)).then(
      () => log.add('written'),
      () => log.add('rejected'),
    )
    return closeObserved(log, [])
  })
  const client = await site.connect()
  await askAndBegin(client)
  client.leave()
  await log.until('close')
  await log.until('finish')
  assert.ok(log.has('rejected'), 'a write that waits is rejected when the client leaves')
  assert.equal(log.outcomes[0]?.aborted, true)
}

/** Who lets that rejection pass has done nothing wrong, and a log must not fill with the clients that leave. */
async function assertWriteNotReported(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare(async (environ, startResponse) => {
    log.watch(environ)
    const write = startResponse('200 OK', [])
    await write(FIRST)
    try {
      await write(Buffer.alloc(CHUNK.length * MANY))
      return []
    } finally {
      log.add('left')
    }
  })
  const client = await site.connect()
  await askAndBegin(client)
  client.leave()
  await log.until('left')
  await log.until('finish')
  await site.stop()
  assert.equal(site.errors, '', 'a rejected write that the application lets pass is no fault of it')
}

async function assertNotWaitedFor(
  trial: ServerTrial,
  { headers = [], body, closed, reported }: Waiting,
): Promise<void> {
  const log = new ExchangeLog()
  const mayGoOn = new Gate()
  const site = await trial.serveBare((environ, startResponse) => {
    log.watch(environ)
    startResponse('200 OK', headers)
    return body(log, () => {
      log.add('waiting')
      return mayGoOn.opened
    })
  })
  const client = await site.connect()
  await askAndBegin(client)
  await log.until('waiting')
  client.leave()
  for (const entry of closed ?? ['return', 'close']) await log.until(entry)
  await log.until('finish')
  mayGoOn.open()
  await turn()
  await assertGone(site, log, { status: 200, bytesSent: FIRST.length }, reported)
  if (closed === undefined) assertClosed(log, 'a body that had to be waited for')
  else for (const entry of closed) assert.equal(log.count(entry), 1, `${entry}, once`)
}

/** Neither does a body that takes for ever to close hold up the log. */
async function assertClosingNotWaitedFor(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare((environ, startResponse) => {
    log.watch(environ)
    startResponse('200 OK', [])
    const close = () => {
      log.add('close')
      return NEVER
    }
    return Object.assign(observed(log, waitingForever()), { close })
  })
  const client = await site.connect()
  await askAndBegin(client)
  client.leave()
  await log.until('close')
  await log.until('finish')
}

/** That the exchange was over once, and how; asked when the server has stopped, as nothing more can happen then. */
async function assertGone(
  site: Site,
  log: ExchangeLog,
  outcome: { status: number | undefined; bytesSent: number },
  reported = NOTHING,
): Promise<void> {
  await site.stop()
  assert.equal(log.count('abort'), 1, 'the signal fires once')
  assert.deepEqual(log.outcomes, [{ ...outcome, error: undefined, aborted: true }])
  assert.match(site.errors, reported)
}

const NOTHING = /^$/
const NEVER: Promise<never> = new Promise(() => {})

/** A `next` that gives the first chunk, and then what it is told here. */
function giving(then: () => Promise<IteratorResult<Uint8Array>>): () => Promise<IteratorResult<Uint8Array>> {
  let asked = 0
  return async () => (asked++ === 0 ? { done: false, value: FIRST } : then())
}

function* many(): Generator<Uint8Array, void> {
  for (let i = 0; i < MANY; i++) yield CHUNK
}

async function* waitingForever(): AsyncGenerator<Uint8Array, void> {
  yield FIRST
  await NEVER
}

/** Asks, and reads until the first bytes of the body. */
async function askAndBegin(client: Client): Promise<void> {
  const head = await client.ask({}).finalHead()
  assert.equal(head.status, 200)
  await client.body(head).next()
}
