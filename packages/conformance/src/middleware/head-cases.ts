import assert from 'node:assert/strict'
import type { Application, Header } from '@tsgi/core'
import type { Case } from '../case.ts'
import type { MiddlewareTrial } from '../middleware-trial.ts'
import { each } from '../table.ts'
import type { MiddlewareFeature } from './feature.ts'
import { answering, bytes, chunks, plain, WHOLE } from './inside.ts'

export const headCases: readonly Case<MiddlewareTrial, MiddlewareFeature>[] = [
  {
    key: 'middleware.headers',
    sentence: 'status and headers of the application come through, repeats apart and in order',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      const visit = await trial
        .visit((_environ, startResponse) => {
          startResponse('200 Fine', [...MARKED, ['Content-Length', '3']])
          return [bytes('one')]
        })
        .over()
      assert.deepEqual([visit.head?.code, visit.head?.reason], [200, 'Fine'])
      for (const name of ['X-Conformance', 'Set-Cookie']) {
        const given = MARKED.flatMap(([key, value]) => (key === name ? [value] : []))
        // A layer may add its own.
        const found = visit.headers.getAll(name).filter((value) => given.includes(value))
        assert.deepEqual(found, given, `${name} must come through`)
      }
    },
  },
  {
    key: 'middleware.late-start',
    sentence: 'an application may call startResponse only with its first chunk',
    source: 'PEP 3333, the start_response() callable',
    run: (trial) =>
      each(LATE, async (app) => {
        const visit = await trial.visit(app).over()
        visit.expectWhole()
        assert.deepEqual([visit.head?.code, visit.headers.get('X-Conformance')], [200, 'late'])
        if (!trial.traits.rewritesBody) assert.equal(visit.text, WHOLE)
      }),
  },
  {
    key: 'middleware.head',
    sentence: 'a HEAD is answered as a GET is',
    source: 'RFC 9110 section 9.3.2',
    async run(trial) {
      const app = answering(() => chunks())
      const get = await trial.visit(app, { method: 'GET' }).over()
      const head = await trial.visit(app, { method: 'HEAD' }).over()
      head.expectWhole()
      assert.equal(head.head?.code, get.head?.code)
      // What is known only from the content may be left out (RFC 9110 section 9.3.2).
      for (const [name] of head.headers) assert.ok(get.headers.has(name), `HEAD alone has ${name}`)
      for (const [name] of plain()) assert.ok(head.headers.has(name), `HEAD is without ${name}`)
    },
  },
  {
    key: 'middleware.sync',
    sentence: 'a sync application stays sync: nothing is a promise that was none inside',
    source: 'TSGI, the shapes',
    needs: ['sync'],
    run: (trial) =>
      each(SYNC, async (app) => {
        const visit = trial.visit(app)
        visit.expectInside()
        assert.ok(visit.log.has('end'), 'the answer must be complete at once')
      }),
  },
  {
    key: 'middleware.name',
    sentence: 'the application that a layer makes has a name, by which a stack and a stack trace call it',
    source: 'TSGI, middleware',
    async run(trial) {
      const { name } = trial.layer(answering(() => []))
      assert.notEqual(name, '', 'the function must have a name; got ""')
    },
  },
]

const MARKED: readonly Header[] = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['X-Conformance', 'a'],
  ['Set-Cookie', 'conformance=a'],
  ['X-Conformance', 'b'],
  ['Set-Cookie', 'other=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
]

const LATE: Readonly<Record<string, Application>> = {
  'a generator': function* (_environ, startResponse) {
    startResponse('200 OK', [...plain(), ['X-Conformance', 'late']])
    yield* chunks()
  },
  'an async generator': async function* (_environ, startResponse) {
    startResponse('200 OK', [...plain(), ['X-Conformance', 'late']])
    yield* chunks()
  },
  'an async generator with an empty chunk before it': async function* (_environ, startResponse) {
    yield bytes('')
    startResponse('200 OK', [...plain(), ['X-Conformance', 'late']])
    yield* chunks()
  },
}

const SYNC: Readonly<Record<string, Application>> = {
  'an array': answering(() => [bytes('one')]),
  'a generator': answering(() => chunks()),
  'a generator that calls startResponse': LATE['a generator']!,
}
