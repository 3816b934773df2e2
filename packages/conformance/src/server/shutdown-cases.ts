import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { type Application, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Client, Cut, LAST_CHUNK } from '../client.ts'
import { assertClosed, closeObserved, Gate, observed } from '../log.ts'
import type { ServerTrial, Site } from '../server-trial.ts'
import { eachRow, type Row } from '../table.ts'
import { ExchangeLog } from './exchange-log.ts'
import type { ServerFeature } from './feature.ts'

/** Far more than what is in flight here takes: a server that lets all of it pass waits for something else. */
const GRACE_MS = 4_000

const REQUESTS = 20

/** A request that would not come to its end. */
interface Stuck extends Row {
  readonly app: (log: ExchangeLog) => Application
  /** Of its answer, where it has begun. */
  readonly status?: number
}

const STUCK: readonly Stuck[] = [
  {
    what: 'an application that does not answer',
    app: () => () => NEVER,
  },
  {
    what: 'a body that has nothing more to give',
    app: (log) => (_, startResponse) => {
      startResponse('200 OK', [])
      return observed(
        log,
        (async function* () {
          yield Buffer.from('begun')
          await NEVER
        })(),
      )
    },
    status: 200,
  },
  {
    what: 'a body that nobody reads to its end',
    app: (log) => (_, startResponse) => {
      startResponse('200 OK', [])
      return closeObserved(log, [Buffer.alloc(MORE_THAN_FITS)])
    },
    status: 200,
  },
]

export const shutdownCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'wait-until.shutdown',
    sentence:
      'a graceful shutdown waits for what was given to waitUntil, which holds up no answer; a rejection is reported, and work without end is left behind when the grace is over',
    source: 'TSGI, environ',
    needs: ['graceful-shutdown'],
    async run(trial) {
      await assertWorkWaitedFor(trial)
      await assertWorkLeft(trial)
    },
  },
  {
    key: 'shutdown.graceful',
    sentence:
      'a graceful shutdown takes no new request, ends idle connections, answers every request in flight whole, and cuts what is left when the grace is over, its signal fired and its body closed',
    source: 'TSGI, servers and gateways',
    needs: ['graceful-shutdown', 'concurrency', 'streamed-responses'],
    async run(trial) {
      await assertAnswered(trial)
      await eachRow(STUCK, (stuck) => assertCut(trial, stuck))
    },
  },
]

async function assertWorkWaitedFor(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  const mayEnd = new Gate()
  const mayFail = new Gate()
  const site = await trial.serve((environ, startResponse) => {
    const exchange = environ['tsgi.exchange']
    exchange.waitUntil(mayEnd.opened.then(() => log.add('worked')))
    exchange.waitUntil(
      mayFail.opened.then(() => {
        log.add('failed')
        throw new Error('boom')
      }),
    )
    startResponse('200 OK', [])
    return text('answered')
  })
  assert.equal((await site.ask()).text, 'answered')
  const closed = closeTime(site).finally(() => log.add('closed'))
  await log.quiet()
  assert.deepEqual(log.entries, [], 'the server waits for the work')
  mayFail.open()
  await log.until('failed')
  await log.quiet()
  assert.deepEqual(log.entries, ['failed'], 'the server waits for the rest of the work')
  mayEnd.open()
  assert.ok((await closed) < GRACE_MS, 'the server stops when all is done')
  assert.deepEqual(log.entries, ['failed', 'worked', 'closed'])
  assert.match(site.errors, /boom/, 'a rejection is reported')
}

async function assertWorkLeft(trial: ServerTrial): Promise<void> {
  const site = await trial.serve((environ, startResponse) => {
    environ['tsgi.exchange'].waitUntil(NEVER)
    startResponse('200 OK', [])
    return text('answered')
  })
  assert.equal((await site.ask()).text, 'answered')
  await site.close(1)
}

/** Half of the requests wait before their head, half in the middle of their body. */
async function assertAnswered(trial: ServerTrial): Promise<void> {
  const log = new ExchangeLog()
  const mayGoOn = new Gate()
  const site = await trial.serve(async (environ, startResponse) => {
    const { PATH_INFO } = environ
    log.watch(environ)
    log.add(PATH_INFO)
    if (PATH_INFO.startsWith('/waits')) await mayGoOn.opened
    startResponse('200 OK', [])
    return (async function* () {
      yield Buffer.from(`${PATH_INFO} begins, `)
      if (PATH_INFO.startsWith('/streams')) await mayGoOn.opened
      for (let i = 0; i < 10; i++) {
        await turn()
        yield Buffer.from(`${i} `)
      }
      yield Buffer.from('and ends')
    })()
  })
  const idle = await site.connect()
  assert.match((await idle.ask({ target: '/idle' }).answer()).text, /and ends$/)
  const paths = Array.from({ length: REQUESTS }, (_, i) => `/${i % 2 === 0 ? 'waits' : 'streams'}/${i}`)
  const clients: Client[] = []
  for (const target of paths) clients.push((await site.connect()).ask({ target }))
  for (const path of paths) await log.until(path)

  const closed = closeTime(site)
  assert.equal(await idle.rest(), '', 'an idle connection ends')
  // By now it is known that the server has begun to stop.
  await assertNoAnswer((await site.connect()).ask({ target: '/late' }))
  assert.ok(!log.has('/late'), 'no new request is taken')
  mayGoOn.open()
  const answers = await Promise.all(clients.map((client) => client.answer()))
  assert.deepEqual(
    answers.map(({ status, text }) => [status, text]),
    paths.map((path) => [200, `${path} begins, 0 1 2 3 4 5 6 7 8 9 and ends`]),
  )
  assert.ok((await closed) < GRACE_MS, 'the server stops when all is done')
  assert.equal(log.count('finish'), REQUESTS + 1)
  assert.equal(log.count('abort'), 0, 'no signal fires')
}

async function assertCut(trial: ServerTrial, { app, status }: Stuck): Promise<void> {
  const log = new ExchangeLog()
  const site = await trial.serveBare((environ, startResponse) => {
    log.watch(environ)
    log.add('called')
    return app(log)(environ, startResponse)
  })
  const client = (await site.connect()).ask({})
  await log.until('called')
  if (status === undefined) {
    await site.close(1)
    await assertNoAnswer(client)
  } else {
    const head = await client.finalHead()
    const body = client.body(head)
    await body.next()
    // Who stands before the server may have taken all of it.
    if (log.has('finish')) return
    await site.close(1)
    assert.ok(!(await client.rest()).endsWith(String(LAST_CHUNK)), 'what was cut does not look whole')
  }
  await log.until('finish')
  assert.equal(log.count('abort'), 1, 'the signal has fired')
  const [{ bytesSent: _, ...outcome } = {}, ...more] = log.outcomes
  assert.deepEqual([outcome, more], [{ status, error: undefined, aborted: true }, []])
  if (status !== undefined) assertClosed(log, 'a body that was cut')
}

/** That nothing comes, or no more than the word of who stands before the server. */
async function assertNoAnswer(client: Client): Promise<void> {
  try {
    const { status, text } = await client.answer()
    assert.ok(status >= 500, `no answer; got ${status} ${JSON.stringify(text)}`)
  } catch (error) {
    if (!(error instanceof Cut)) throw error
  }
}

/** Stops the server; gives how long that took. */
async function closeTime(site: Site): Promise<number> {
  const begin = performance.now()
  await site.close(GRACE_MS)
  return performance.now() - begin
}

/** More bytes than a connection takes whose other end does not read. */
const MORE_THAN_FITS = 25_000_000

const NEVER: Promise<never> = new Promise(() => {})
