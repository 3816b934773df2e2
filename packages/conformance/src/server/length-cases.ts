import assert from 'node:assert/strict'
import { type Body, type Header, type StartResponse, text, type Write } from '@tsgi/core'
import type { Case } from '../case.ts'
import { Cut, headersNamed } from '../client.ts'
import { Log, observed } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'
import { BODIES, WAYS } from './ways.ts'

export const lengthCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'length.too-long',
    sentence: 'no more bytes go out than Content-Length declares; the body is closed and the excess reported',
    source: 'PEP 3333, handling the Content-Length header',
    async run(trial) {
      for (const way of BODIES) {
        for (const length of [3, 4, 0]) {
          const name = `${way.name} of six bytes in chunks of two, ${length} declared`
          const log = new Log()
          const site = await trial.serve((_, startResponse) =>
            way.give(['ab', 'cd', 'ef'], log, start(startResponse, length)),
          )
          const answer = await site.askLast()
          assert.deepEqual([answer.status, answer.text], [200, 'abcdef'.slice(0, length)], name)
          assert.deepEqual(headersNamed(answer, 'content-length'), [String(length)], name)
          assert.equal(answer.behind, '', `${name}: nothing behind the answer`)
          await log.until('close')
          assert.equal(log.count('close'), 1, `${name}: closed once`)
          assert.ok(!log.has('end'), `${name}: not read any further`)
          // A server that stops asking when it has enough need not learn what it was spared.
          if (length === 3) await site.reported()
        }
      }
      for (const [name, push, isCaught] of PUSHES) {
        const log = new Log()
        const site = await trial.serve(async (_, startResponse) =>
          observed(log, await push(start(startResponse, 3))),
        )
        const answer = await site.askLast()
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, 'abc', ''], name)
        await log.until('close')
        assert.equal(log.count('close'), 1, `${name}: closed once`)
        // An application that was told, and took it, has nobody to be reported to.
        if (!isCaught) await site.reported()
      }
    },
  },
  {
    key: 'length.too-short',
    sentence: 'fewer bytes than Content-Length declares are a broken answer, reported, and never a short one',
    source: 'PEP 3333, handling the Content-Length header',
    needs: ['cut'],
    async run(trial) {
      for (const way of WAYS) {
        for (const chunks of [['ab', 'c'], [], ['']]) {
          const name = `${way.name} of ${JSON.stringify(chunks)}, 5 bytes declared`
          const log = new Log()
          const site = await trial.serve((_, startResponse) => way.give(chunks, log, start(startResponse, 5)))
          const client = await site.connect()
          const seen = await client
            .ask({})
            .answer()
            .then(
              // While nothing is out, the answer can still become the one of an application that failed.
              ({ status, text }) => (status === 500 ? 'failed' : `whole: ${status} ${JSON.stringify(text)}`),
              (error: unknown) => (error instanceof Cut ? 'cut' : String(error)),
            )
          assert.match(seen, /^(?:cut|failed)$/, name)
          await log.until('close')
          assert.equal(log.count('close'), 1, `${name}: closed once`)
          await site.reported()
        }
      }
      // What is right to the byte is not broken.
      const site = await trial.serve((_, startResponse) => {
        start(startResponse, 5)
        return text('hello')
      })
      const { status, text: body } = await site.ask()
      assert.deepEqual([status, body, site.errors], [200, 'hello', ''], 'five bytes')
    },
  },
]

function start(startResponse: StartResponse, length: number): Write {
  const headers: Header[] = [
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(length)],
  ]
  return startResponse('200 OK', headers)
}

/** Six bytes under a length of 3, of which some are written: the body that is returned, and who is told of the excess. */
const PUSHES: readonly [name: string, push: (write: Write) => Promise<Body>, isCaught: boolean][] = [
  [
    'a write that goes past',
    async (write) => {
      await write(Buffer.from('ab'))
      await assert.rejects(write(Buffer.from('cd')), 'what write gives, past the length')
      return []
    },
    true,
  ],
  [
    'a write behind all',
    async (write) => {
      await write(Buffer.from('abc'))
      await assert.rejects(write(Buffer.from('d')), 'what write gives, past the length')
      return []
    },
    true,
  ],
  [
    'a write that nobody waits for',
    async (write) => {
      void write(Buffer.from('ab'))
      void write(Buffer.from('cd'))
      return []
    },
    false,
  ],
  [
    'a body behind a write',
    async (write) => {
      await write(Buffer.from('ab'))
      return [Buffer.from('cd')]
    },
    false,
  ],
]
