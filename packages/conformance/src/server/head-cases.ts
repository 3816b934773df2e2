import assert from 'node:assert/strict'
import { type Body, type Header, type Status, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { headersNamed } from '../client.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

const PLAIN: Header = ['Content-Type', 'text/plain']

export const headCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'head.status',
    sentence: 'the status of the answer is that of the application, whether it is a known one or not',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      const statuses: Status[] = [
        '200 OK',
        '201 Created',
        '299 Fine',
        '303 See Other',
        '400 Bad Request',
        '404 Not Found',
        "418 I'm a teapot",
        '451 Unavailable For Legal Reasons',
        '499 Gone Again',
        '500 Internal Server Error',
        '503 Service Unavailable',
        '599 Enough',
      ]
      let asked: Status = '200 OK'
      const site = await trial.serve((_, startResponse) => {
        startResponse(asked, [PLAIN])
        return text(`as ${asked}`)
      })
      for (const status of statuses) {
        asked = status
        const answer = await site.ask()
        assert.deepEqual([answer.status, answer.text], [Number(status.slice(0, 3)), `as ${status}`])
      }
    },
  },
  {
    key: 'head.exact',
    sentence:
      'reason and headers go out as given: names in their spelling, repeats apart, all in their order',
    source: 'PEP 3333, the start_response() callable',
    needs: ['exact-heads'],
    async run(trial) {
      const headers: Header[] = [
        ['x-b', '1'],
        ['X-a', 'a,  b'],
        ['LINK', '</1>'],
        ['X-B', ''],
        ['Link', '</2>'],
        ['x-B', '3'],
        ["!#$%&'*+-.^_`|~", 'a token'],
      ]
      let asked: Status = '200 OK'
      const site = await trial.serve((_, startResponse) => {
        startResponse(asked, headers)
        return text('hello')
      })
      const names = new Set(headers.map(([name]) => name.toLowerCase()))
      for (const reason of ['OK', 'Not Found', '  two  spaces', 'Gro\xdfartig', ''] as const) {
        asked = `200 ${reason}`
        const answer = await site.ask()
        assert.deepEqual([answer.status, answer.reason, answer.text], [200, reason, 'hello'])
        assert.deepEqual(
          answer.headers.filter(([name]) => names.has(name.toLowerCase())),
          headers,
          `headers with ${JSON.stringify(asked)}`,
        )
      }
    },
  },
  {
    key: 'head.repeats',
    sentence: 'repeated headers keep their order and their values, and each Set-Cookie its line',
    source: 'RFC 9110 section 5.3; RFC 6265 section 3',
    async run(trial) {
      const cookies = ['a=1; Expires=Wed, 09 Jun 2100 10:18:14 GMT', 'b=2', 'a=3; Path=/a', 'b=2']
      const [first, second, third, last] = cookies as [string, string, string, string]
      const site = await trial.serve((_, startResponse) => {
        startResponse('200 OK', [
          ['Set-Cookie', first],
          ['X-A', '2'],
          ['set-cookie', second],
          ['Set-Cookie', third],
          ['X-B', 'b'],
          ['x-a', '1'],
          ['X-A', '3, 4'],
          ['SET-COOKIE', last],
        ])
        return text('hello')
      })
      const answer = await site.ask()
      assert.deepEqual([answer.status, answer.text], [200, 'hello'])
      assert.deepEqual(headersNamed(answer, 'set-cookie'), cookies)
      // Joined they mean the same.
      assert.equal(headersNamed(answer, 'x-a').join(', '), '2, 1, 3, 4')
      assert.equal(headersNamed(answer, 'x-b').join(', '), 'b')
    },
  },
  {
    key: 'head.latin1',
    sentence: 'a header value goes out as one byte for each character, whatever the body is',
    source: 'PEP 3333, unicode issues',
    async run(trial) {
      const value = `a\tb ${String.fromCharCode(...Array.from({ length: 0x80 }, (_, i) => 0x80 + i))}`
      const bytes = Buffer.from('hé€')
      const bodies: readonly [kind: string, body: () => Body][] = [
        ['text', () => text('hé€')],
        ['one chunk', () => [bytes]],
        ['two chunks', () => [bytes.subarray(0, 2), bytes.subarray(2)]],
        ['a generator', () => streamed(bytes)],
      ]
      for (const [kind, body] of bodies) {
        const site = await trial.serve((_, startResponse) => {
          startResponse('200 OK', [PLAIN, ['X-Bytes', value]])
          return body()
        })
        const answer = await site.ask()
        assert.deepEqual(headersNamed(answer, 'x-bytes'), [value], kind)
        assert.deepEqual([answer.status, answer.text], [200, bytes.toString('latin1')], kind)
      }
    },
  },
  {
    key: 'head.required',
    sentence:
      'the server adds Date where there is none, and keeps the Date and the Server of the application',
    source: 'RFC 9110 section 6.6.1; PEP 3333, the start_response() callable',
    async run(trial) {
      const own: Header[] = [
        ['date', 'Tue, 15 Nov 1994 08:12:31 GMT'],
        ['SERVER', 'own/1.0'],
      ]
      const site = await trial.serve(({ PATH_INFO }, startResponse) => {
        startResponse('200 OK', PATH_INFO === '/own' ? own : [])
        return text('hello')
      })
      const without = await site.ask()
      assert.deepEqual([without.status, without.text], [200, 'hello'])
      const dates = headersNamed(without, 'date')
      assert.equal(dates.length, 1, 'Date')
      assert.match(dates[0]!, IMF_FIXDATE)
      assert.ok(Math.abs(Date.parse(dates[0]!) - Date.now()) < HOUR_MS, `Date is now; got ${dates[0]}`)
      assert.ok(headersNamed(without, 'server').length <= 1, 'Server')
      const kept = await site.ask({ target: '/own' })
      assert.deepEqual([kept.status, kept.text], [200, 'hello'])
      assert.deepEqual(headersNamed(kept, 'date'), ['Tue, 15 Nov 1994 08:12:31 GMT'])
      assert.deepEqual(headersNamed(kept, 'server'), ['own/1.0'])
    },
  },
  {
    key: 'head.long',
    sentence: 'a header of 32 KB goes out whole, and so do 100 Set-Cookies',
    source: 'RFC 9110 section 5.4',
    needs: ['large-heads'],
    async run(trial) {
      const long = Array.from({ length: 4_096 }, (_, i) => String(i).padStart(8, '-')).join('')
      const cookies = Array.from({ length: 100 }, (_, i) => `c${i}=${'v'.repeat(i)}`)
      const site = await trial.serve((_, startResponse) => {
        startResponse('200 OK', [
          ['X-Long', long],
          ...cookies.map((cookie): Header => ['Set-Cookie', cookie]),
        ])
        return text('hello')
      })
      const answer = await site.ask()
      assert.deepEqual([answer.status, answer.text], [200, 'hello'])
      const [value, ...more] = headersNamed(answer, 'x-long')
      assert.deepEqual([value?.length, more], [long.length, []])
      assert.ok(value === long, 'the 32 KB are those that were given')
      assert.deepEqual(headersNamed(answer, 'set-cookie'), cookies)
    },
  },
]

const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/
/** More than clocks differ, less than a date that was made once. */
const HOUR_MS = 3_600_000

function* streamed(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (const byte of bytes) yield Uint8Array.of(byte)
}
