import assert from 'node:assert/strict'
import type { Application, Header, StartResponse } from '@tsgi/core'
import type { Case } from '../case.ts'
import type { LayerVisit, MiddlewareTrial } from '../middleware-trial.ts'
import { each } from '../table.ts'
import { expectNone } from './expect-none.ts'
import type { MiddlewareFeature } from './feature.ts'
import { answering, bytes, chunks, plain } from './inside.ts'

export const errorCases: readonly Case<MiddlewareTrial, MiddlewareFeature>[] = [
  {
    key: 'middleware.error-before',
    sentence:
      'what is thrown before the first byte reaches the outer side, or is answered by way of startResponse',
    source: 'PEP 3333, error handling',
    async run(trial) {
      const added = await addedNames(trial)
      await each(BEFORE, async (fail) => {
        const error = new Error('the application fails')
        const visit = await trial.visit(fail(error)).over()
        expectError(visit, error)
        // An answer of the layer's own has what the layer sets.
        if (visit.starts.at(-1)?.error === error) expectNames(visit, added)
      })
    },
  },
  {
    key: 'middleware.error-after',
    sentence: 'what is thrown after the first byte reaches the outer side, and never looks like an end',
    source: 'TSGI, the body',
    run: (trial) =>
      each(AFTER, async (fail) => {
        const error = new Error('the application fails')
        const visit = await trial.visit(fail(error)).over()
        expectError(visit, error)
        if (!trial.traits.buffers) assert.ok(visit.log.has('abort'), 'the answer must be cut; got an end')
      }),
  },
  {
    key: 'middleware.start-response-error',
    sentence:
      'startResponse with an error replaces the head before the first byte; the error that it throws afterwards is passed on',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      await each(REPLACING, async (replace) => {
        const error = new Error('the application notices')
        const visit = await trial.visit(replace(error)).over()
        visit.expectWhole()
        assert.equal(visit.head?.code, 503)
        assert.deepEqual(
          [visit.headers.get('X-First'), visit.headers.get('X-Second')],
          [null, 'yes'],
          'the headers must be those of the second call',
        )
      })
      const error = new Error('the application notices too late')
      const visit = await trial.visit(replacingLate(error)).over()
      expectError(visit, error)
    },
  },
  {
    key: 'middleware.error-headers',
    sentence: 'the headers that a layer sets are on answers to errors too',
    source: 'TSGI, middleware',
    async run(trial) {
      const added = await addedNames(trial)
      await each(REPLACING, async (replace) => {
        const visit = await trial.visit(replace(new Error('the application notices'))).over()
        expectNames(visit, added)
      })
    },
  },
]

type Failing = (error: Error) => Application

const BEFORE: Readonly<Record<string, Failing>> = {
  'the application throws': (error) => () => {
    throw error
  },
  'the application throws after startResponse': (error) => (_environ, startResponse) => {
    startResponse('200 OK', plain())
    throw error
  },
  'the application rejects': (error) => () => Promise.reject(error),
  'the first chunk throws': (error) =>
    // biome-ignore lint/correctness/useYield: that is the case
    function* () {
      throw error
    },
  'the first chunk throws after startResponse': (error) =>
    // biome-ignore lint/correctness/useYield: that is the case
    function* (_environ, startResponse) {
      startResponse('200 OK', plain())
      throw error
    },
  'the first chunk rejects': (error) =>
    // biome-ignore lint/correctness/useYield: that is the case
    async function* () {
      throw error
    },
  'the first chunk that is not empty rejects': (error) =>
    async function* (_environ, startResponse) {
      startResponse('200 OK', plain())
      yield bytes('')
      throw error
    },
}

const AFTER: Readonly<Record<string, Failing>> = {
  'a chunk throws': (error) =>
    answering(function* () {
      yield* chunks()
      throw error
    }),
  'a chunk rejects': (error) =>
    answering(async function* () {
      yield* chunks()
      throw error
    }),
  'the application rejects after it has written': (error) => async (_environ, startResponse) => {
    await startResponse('200 OK', plain())(bytes('one'))
    throw error
  },
}

const REPLACING: Readonly<Record<string, Failing>> = {
  'before the body': (error) => (_environ, startResponse) => {
    replaceHead(startResponse, error)
    return [bytes('one')]
  },
  'with the first chunk': (error) =>
    function* (_environ, startResponse) {
      replaceHead(startResponse, error)
      yield bytes('one')
    },
  'with the first chunk, later': (error) =>
    async function* (_environ, startResponse) {
      replaceHead(startResponse, error)
      yield bytes('one')
    },
}

function replaceHead(startResponse: StartResponse, error: Error): void {
  startResponse('200 OK', [...plain(), ['X-First', 'yes']])
  startResponse('503 Service Unavailable', [...plain(), ['X-Second', 'yes']], error)
}

function replacingLate(error: Error): Application {
  return function* (_environ, startResponse) {
    startResponse('200 OK', plain())
    yield bytes('one')
    startResponse('503 Service Unavailable', plain(), error)
  }
}

/** The error was thrown at the server, or is what an answer was given for. */
function expectError(visit: LayerVisit, error: Error): void {
  const found = [visit.outcome?.error, visit.starts.at(-1)?.error]
  assert.ok(found.includes(error), `the error must reach the outer side; got ${visit.head?.code} without it`)
}

/** The names of the headers that the layer adds to an ordinary answer, in lower case. */
async function addedNames(trial: MiddlewareTrial): Promise<string[]> {
  const visit = await trial.visit(answering(() => [bytes('one')])).over()
  const given = namesOf(plain())
  return namesOf(visit.starts.at(-1)?.headers ?? []).filter(
    (name) => !given.includes(name) && !REPRESENTATION.includes(name),
  )
}

function expectNames(visit: LayerVisit, names: readonly string[]): void {
  const found = namesOf(visit.starts.at(-1)?.headers ?? [])
  const missing = names.filter((name) => !found.includes(name))
  expectNone(missing, 'is on an ordinary answer, and must be on this one')
}

function namesOf(headers: readonly Header[]): string[] {
  return headers.map(([name]) => name.toLowerCase())
}

/** What belongs to the content, which is another one on an answer to an error (RFC 9110 section 8). */
const REPRESENTATION: readonly string[] = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
  'etag',
  'last-modified',
]
