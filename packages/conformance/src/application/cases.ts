import assert from 'node:assert/strict'
import type { Header } from '@tsgi/core'
import type { ApplicationRequest, ApplicationTrial, ApplicationVisit } from '../application-trial.ts'
import type { Case } from '../case.ts'
import { each } from '../table.ts'

/** What not every list of requests has. */
export type ApplicationFeature = 'get'

export const cases: readonly Case<ApplicationTrial, ApplicationFeature>[] = [
  {
    key: 'application.contract',
    sentence: 'every request gets a whole answer, and no rule of the contract is broken',
    source: 'PEP 3333, specification details',
    run: (trial) =>
      each(trial.requests, async (request) => {
        const visit = await trial.visit(request).over()
        visit.expectWhole()
        visit.expectNoReport()
      }),
  },
  {
    key: 'application.twice',
    sentence: 'a request that comes again gets an answer of the same kind, made anew',
    source: 'PEP 3333, the application/framework side',
    run: (trial) =>
      each(trial.requests, async (request) => {
        const first = await trial.visit(request).over()
        // The list is the server's from now on (PEP 3333, the start_response() callable).
        if (!Object.isFrozen(first.given)) first.given?.push(MARK)
        const second = await trial.visit(request).over()
        assert.ok(
          !second.given?.includes(MARK),
          'startResponse must be given a list of its own for each answer',
        )
        assert.deepEqual(kindOf(second), kindOf(first))
      }),
  },
  {
    key: 'application.concurrent',
    sentence: 'requests that overlap get the answers that each gets alone',
    source: 'PEP 3333, thread support',
    async run(trial) {
      const kinds = new Map<ApplicationRequest, Kind>()
      await each(trial.requests, async (request) => {
        kinds.set(request, kindOf(await trial.visit(request).over()))
      })
      const visits = Object.entries(trial.requests).flatMap(([name, request]) =>
        [1, 2, 3, 4].map((turn) => [`${name}, ${turn} of 4`, [request, trial.visit(request, SLOW)]] as const),
      )
      await each(Object.fromEntries(visits), async ([request, visit]) => {
        assert.deepEqual(kindOf(await visit.over()), kinds.get(request))
      })
    },
  },
  {
    key: 'application.head',
    sentence: 'a HEAD is answered as a GET is, but for the length',
    source: 'RFC 9110 section 9.3.2',
    needs: ['get'],
    run: (trial) =>
      each(trial.requests, async (request) => {
        if (!isGet(request)) return
        const get = await trial.visit(request).over()
        const head = await trial.visit(request, { method: 'HEAD' }).over()
        assert.deepEqual([kindOf(head), namesOf(head)], [kindOf(get), namesOf(get)])
      }),
  },
  {
    key: 'application.leaves',
    sentence: 'a client that leaves, at any moment, has the body closed, and is no error',
    source: 'TSGI, the body',
    run: (trial) =>
      each(trial.requests, (request) =>
        each(MOMENTS, async (visitUntil) => {
          const visit = await visitUntil(trial, request)
          visit.leave()
          await visit.log.until('done')
          await visit.over()
          visit.expectNoReport()
        }),
      ),
  },
]

export function isGet(request: ApplicationRequest): boolean {
  if (typeof request === 'string') return true
  const { method, body, json, form } = request
  return method === undefined ? (body ?? json ?? form) === undefined : method === 'GET'
}

const MARK: Header = ['X-Conformance', 'of the first answer']

const SLOW = { pace: 'slow' } as const

type Kind = readonly [status: number | undefined, type: string | null]

function kindOf({ head, headers }: ApplicationVisit): Kind {
  return [head?.code, headers.get('Content-Type')]
}

/** In lower case, each once, sorted. */
function namesOf({ headers }: ApplicationVisit): string[] {
  const names = new Set([...headers].map(([name]) => name.toLowerCase()))
  names.delete('content-length')
  return [...names].sort()
}

/** Where the client is when it leaves; an answer that is quicker has it all. */
const MOMENTS: Readonly<
  Record<string, (trial: ApplicationTrial, request: ApplicationRequest) => Promise<ApplicationVisit>>
> = {
  'before the head': async (trial, request) => trial.visit(request),
  async 'with the first chunk'(trial, request) {
    const visit = trial.visit(request, { pace: 'held' })
    await Promise.race([visit.log.until('chunk 1'), visit.over()])
    return visit
  },
  async 'waiting for the second chunk'(trial, request) {
    const visit = trial.visit(request)
    await Promise.race([visit.log.until('chunk 1'), visit.over()])
    return visit
  },
}
