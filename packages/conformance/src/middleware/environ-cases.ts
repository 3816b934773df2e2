import assert from 'node:assert/strict'
import type { Application, Environ, Exchange, Outcome } from '@tsgi/core'
import type { Case } from '../case.ts'
import { Gate, Log } from '../log.ts'
import type { LayerVisit, MiddlewareTrial } from '../middleware-trial.ts'
import { expectNone } from './expect-none.ts'
import type { MiddlewareFeature } from './feature.ts'
import { answering, bytes, chunks, plain } from './inside.ts'

export const environCases: readonly Case<MiddlewareTrial, MiddlewareFeature>[] = [
  {
    key: 'middleware.environ',
    sentence: 'what the outer side put into environ stays there as it is; a change goes inward in a copy',
    source: 'TSGI, middleware',
    async run(trial) {
      const { given } = await trial.visit(answering(() => chunks())).over()
      const { environ, before } = given!
      const changed = keysOf(before).filter((key) => environ[key] !== before[key])
      expectNone(changed, 'must not be changed in place')
    },
  },
  {
    key: 'middleware.exchange',
    sentence: 'tsgi.exchange inside is that of the outer side, or does all that it does',
    source: 'TSGI, environ',
    async run(trial) {
      const outcomes: Outcome[] = []
      const work = new Gate()
      const visit = trial.visit((environ, startResponse) => {
        const exchange = environ['tsgi.exchange']
        exchange.onFinish((outcome) => outcomes.push(outcome))
        exchange.waitUntil(work.opened)
        exchange.route = '/conformance/:route'
        startResponse('200 OK', plain())
        return [bytes('one')]
      })
      await visit.over()
      assert.deepEqual(outcomes, [visit.outcome], 'onFinish must call back once, with how the exchange ended')
      assert.equal(visit.exchange.route, '/conformance/:route', 'the route must show outside')
      assert.equal(visit.background.size, 1, 'waitUntil must reach the server')
      work.open()
      await expectAbort(trial)
    },
  },
  {
    key: 'middleware.concurrency',
    sentence: 'requests that overlap share nothing: each has its own environ, head and body',
    source: 'PEP 3333, thread support',
    async run(trial) {
      const turns = TOKENS.map((token) => new Turn(token))
      const app = taking(turns)
      const visits = turns.map(({ token, log }) =>
        trial.visit(app, { log, pace: 'slow', keys: { HTTP_X_CONFORMANCE: token } }),
      )
      for (const [i, visit] of visits.entries()) await visit.until(`called ${turns[i]!.token}`)
      for (const { start } of turns.toReversed()) start.open()
      for (const { log } of turns) await log.until('started')
      for (const { rest } of turns) rest.open()
      for (const [i, visit] of visits.entries()) expectOwn(trial, await visit.over(), turns[i]!.token)
    },
  },
]

function keysOf(environ: Readonly<Environ>): (keyof Environ)[] {
  return Object.keys(environ) as (keyof Environ)[]
}

/** Whether the signal inside fires when the client is gone. */
async function expectAbort(trial: MiddlewareTrial): Promise<void> {
  const log = new Log()
  const gate = new Gate()
  let exchange: Exchange | undefined
  const visit = trial.visit(
    async (environ, startResponse) => {
      exchange = environ['tsgi.exchange']
      exchange.signal.addEventListener('abort', () => log.add('aborted'))
      log.add('called')
      await gate.opened
      startResponse('200 OK', plain())
      return chunks()
    },
    { log },
  )
  await visit.until('called')
  assert.equal(exchange?.signal.aborted, false)
  visit.leave()
  gate.open()
  await visit.over()
  assert.equal(log.count('aborted'), 1, 'the signal must fire when the client is gone')
}

const TOKENS: readonly string[] = ['q7m', 'w8n', 'x9p', 'z0k']

/** What one request waits for, so that all of them overlap. */
class Turn {
  readonly token: string
  readonly log = new Log()
  readonly start = new Gate()
  readonly rest = new Gate()

  constructor(token: string) {
    this.token = token
  }
}

/** Says in head and body which request it takes this one for, read anew each time. */
function taking(turns: readonly Turn[]): Application {
  return async (environ, startResponse) => {
    const { token, log, start, rest } = turns.find((turn) => turn.token === environ.HTTP_X_CONFORMANCE)!
    log.add(`called ${token}`)
    await start.opened
    startResponse('200 OK', [...plain(), ['X-Conformance', `${environ.HTTP_X_CONFORMANCE}`]])
    log.add('started')
    return (async function* () {
      yield bytes(`${environ.HTTP_X_CONFORMANCE} `)
      await rest.opened
      yield bytes(`${environ.HTTP_X_CONFORMANCE}`)
    })()
  }
}

function expectOwn({ traits }: MiddlewareTrial, visit: LayerVisit, token: string): void {
  visit.expectWhole()
  assert.deepEqual(visit.headers.getAll('X-Conformance'), [token])
  const shown = JSON.stringify(visit.headers.list)
  const foreign = TOKENS.filter((other) => other !== token && shown.includes(other))
  expectNone(foreign, 'of other requests must not be in the headers')
  if (!traits.rewritesBody) assert.equal(visit.text, `${token} ${token}`)
}
