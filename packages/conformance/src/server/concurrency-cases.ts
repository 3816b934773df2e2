import assert from 'node:assert/strict'
import type { Environ } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Client, headersNamed } from '../client.ts'
import { Gate } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

const REQUESTS = 20
const STEPS = 4

interface MarkedEnviron extends Environ {
  'conformance.id'?: string
}

export const concurrencyCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'concurrency.apart',
    sentence: 'requests that overlap share nothing: what one sends, is told and is sent shows in no other',
    source: 'TSGI, environ',
    needs: ['concurrency', 'streamed-requests', 'streamed-responses'],
    async run(trial) {
      const ids = Array.from({ length: REQUESTS }, (_, i) => `id${i}`)
      let called = 0
      const allCalled = new Gate()
      // A validator would give each its own copy of an environ that the server shares.
      const site = await trial.serveBare(async (environ: MarkedEnviron, startResponse) => {
        if (++called === REQUESTS) allCalled.open()
        const id = idOf(environ)
        environ['conformance.id'] = id
        await allCalled.opened
        startResponse('200 OK', [
          ['X-Id', id],
          ['Set-Cookie', `id=${id}`],
        ])
        return (async function* () {
          for (let step = 0; step < STEPS; step++) {
            const part = await environ['wsgi.input'].read(stepOf(id, step).length)
            yield Buffer.from(`${idOf(environ)} ${environ['conformance.id']} ${Buffer.from(part)};`)
          }
        })()
      })

      const asked: { id: string; client: Client }[] = []
      for (const id of ids) {
        const length = Array.from({ length: STEPS }, (_, step) => stepOf(id, step)).join('').length
        const client = (await site.connect()).ask({
          method: 'POST',
          target: `/${id}?${id}`,
          headers: [
            ['X-Id', id],
            ['Cookie', `id=${id}`],
            ['Content-Length', String(length)],
          ],
        })
        asked.push({ id, client })
      }
      const answers: { id: string; body: AsyncGenerator<Uint8Array, void> }[] = []
      for (let step = 0; step < STEPS; step++) {
        // Every one has its part before the first of them is answered.
        for (const { id, client } of asked) client.write(stepOf(id, step))
        if (step === 0) {
          for (const { id, client } of asked) {
            const head = await client.finalHead()
            assert.deepEqual(
              [head.status, headersNamed(head, 'x-id'), headersNamed(head, 'set-cookie')],
              [200, [id], [`id=${id}`]],
            )
            answers.push({ id, body: client.body(head) })
          }
        }
        for (const { id, body } of answers) {
          assert.equal(await upToSemicolon(body), `${id} ${id} ${stepOf(id, step)};`)
        }
      }
      for (const { id, body } of answers) assert.equal((await body.next()).done, true, `${id} ends`)
    },
  },
]

/** What a client sends in one step. */
function stepOf(id: string, step: number): string {
  return `${id} step ${step}`
}

/** All that a request says of itself: once, where it is of one mind. */
function idOf({ PATH_INFO, QUERY_STRING, HTTP_X_ID, HTTP_COOKIE }: Environ): string {
  return [...new Set([PATH_INFO.slice(1), QUERY_STRING, HTTP_X_ID, HTTP_COOKIE?.slice('id='.length)])].join()
}

async function upToSemicolon(body: AsyncGenerator<Uint8Array, void>): Promise<string> {
  let text = ''
  while (!text.endsWith(';')) {
    const { done, value } = await body.next()
    assert.ok(!done, `the answer goes on behind ${JSON.stringify(text)}`)
    text += Buffer.from(value)
  }
  return text
}
