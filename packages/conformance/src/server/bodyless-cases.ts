import assert from 'node:assert/strict'
import type { Application, Header, Status } from '@tsgi/core'
import type { Case } from '../case.ts'
import { headersNamed } from '../client.ts'
import { Log } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'
import { WAYS, type Way } from './ways.ts'

export const bodylessCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'bodyless.head',
    sentence: 'HEAD is answered as GET is, without the bytes, and with no other length than the one of GET',
    source: 'RFC 9110 sections 8.6, 9.3.2; TSGI, the body',
    async run(trial) {
      const ask = await serveBodyless(trial)
      for (const way of WAYS) {
        const declared = await ask({ way, method: 'HEAD', length: '4' })
        assert.deepEqual(declared.lengths, ['4'], `${way.name}: the length that the application declared`)
        const { lengths } = await ask({ way, method: 'HEAD' })
        assert.match(lengths.join(), /^4?$/, `${way.name}: the length of the body, or none`)
        // An application may spare itself the bytes that nobody gets.
        const spared = await ask({ way, method: 'HEAD', chunks: [], length: '4' })
        assert.deepEqual(spared.lengths, ['4'], `${way.name} of nothing: the length declared`)
      }
      const site = await trial.serve((_, startResponse) => {
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return []
      })
      const unknown = await site.askLast({ method: 'HEAD' })
      assert.deepEqual([unknown.status, unknown.behind], [200, ''])
      assert.deepEqual(
        headersNamed(unknown, 'content-length'),
        [],
        'no body, no length: nothing is known of GET',
      )
      const log = new Log()
      const failing = await trial.serve((environ) => {
        environ['tsgi.exchange'].onFinish(({ bytesSent }) => log.add(`finished, ${bytesSent} bytes`))
        throw new Error('on purpose')
      })
      const failed = await failing.askLast({ method: 'HEAD' })
      assert.deepEqual([failed.status, failed.behind], [500, ''], 'an error is answered without bytes too')
      await log.until('finished, 0 bytes')
    },
  },
  {
    key: 'bodyless.204',
    sentence:
      'an answer with 204 has no bytes, no length and no transfer coding, whatever the application gives',
    source: 'RFC 9110 sections 8.6, 15.3.5; RFC 9112 section 6.1',
    async run(trial) {
      const ask = await serveBodyless(trial)
      for (const way of WAYS) {
        for (const row of [{ length: '4' }, {}, { chunks: [] }]) {
          const { lengths, codings } = await ask({ way, status: '204 No Content', ...row })
          assert.deepEqual([lengths, codings], [[], []], `${way.name}, ${JSON.stringify(row)}`)
        }
      }
    },
  },
  {
    key: 'bodyless.304',
    sentence: 'an answer with 304 has no bytes, and no length but the one that the application declares',
    source: 'RFC 9110 sections 8.6, 15.4.5',
    async run(trial) {
      const ask = await serveBodyless(trial)
      for (const way of WAYS) {
        for (const chunks of [['ab', 'cd'], []]) {
          const declared = await ask({ way, status: '304 Not Modified', chunks, length: '9' })
          assert.match(declared.lengths.join(), /^9?$/, `${way.name}: the length declared, or none`)
          const { lengths } = await ask({ way, status: '304 Not Modified', chunks })
          assert.deepEqual(lengths, [], `${way.name}: its bytes are not those of the representation`)
        }
      }
    },
  },
  {
    key: 'bodyless.1xx',
    sentence: 'an answer that ends with 1xx has no bytes and no length, and its body is closed',
    source: 'RFC 9110 sections 8.6, 15.2; TSGI, the body',
    needs: ['early-hints'],
    async run(trial) {
      const ask = await serveBodyless(trial)
      for (const way of WAYS) {
        for (const row of [{ length: '4' }, {}, { chunks: [] }]) {
          const { lengths, codings } = await ask({ way, status: '102 Processing', ...row })
          assert.deepEqual([lengths, codings], [[], []], `${way.name}, ${JSON.stringify(row)}`)
        }
      }
    },
  },
]

interface Row {
  way: Way
  method?: string
  status?: Status
  chunks?: readonly string[]
  /** `Content-Length`. */
  length?: string
}

/** What a head says of the body that does not follow it. */
interface Framing {
  lengths: string[]
  codings: string[]
}

/** Gives what asks for an answer, and sees that nothing is behind its head and that its body is closed. */
async function serveBodyless(trial: ServerTrial): Promise<(row: Row) => Promise<Framing>> {
  let give: Application
  const site = await trial.serve((environ, startResponse) => give(environ, startResponse))
  return async ({ way, method = 'GET', status = '200 OK', chunks = ['ab', 'cd'], length }) => {
    const log = new Log()
    give = (environ, startResponse) => {
      log.add(environ.REQUEST_METHOD)
      environ['tsgi.exchange'].onFinish(({ bytesSent }) => {
        log.add(`${bytesSent} bytes`)
        log.add('finished')
      })
      const headers: Header[] = length === undefined ? [] : [['Content-Length', length]]
      return way.give(chunks, log, startResponse(status, [...headers, ['X-Way', way.name]]))
    }
    const client = await site.connect()
    const head = await client.ask({ method, headers: [['Connection', 'close']] }).head()
    const name = `${way.name} of ${JSON.stringify(chunks)}`
    assert.deepEqual(
      [head.status, headersNamed(head, 'x-way')],
      [Number(status.slice(0, 3)), [way.name]],
      name,
    )
    assert.equal(await client.rest(), '', `${name}: no byte behind the head`)
    await log.until('close')
    await log.until('finished')
    const seen = [method, 'close', '0 bytes'].map((entry) => log.count(entry))
    assert.deepEqual(
      seen,
      [1, 1, 1],
      `${name}: called once, closed once, no byte counted; got ${log.entries}`,
    )
    assert.equal(site.errors, '', `${name}: nothing to report`)
    return {
      lengths: headersNamed(head, 'content-length'),
      codings: headersNamed(head, 'transfer-encoding'),
    }
  }
}
