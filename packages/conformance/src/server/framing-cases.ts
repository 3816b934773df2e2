import assert from 'node:assert/strict'
import { text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Answer, Cut } from '../client.ts'
import { Log } from '../log.ts'
import type { ServerTrial, Site } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

export const framingCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'environ.framing',
    sentence:
      'a request whose end two readers could see in two places is refused, and what follows it is no request',
    source: 'RFC 9112 sections 5.1, 5.2, 6.1, 6.3 and 11.2',
    needs: ['raw-framing'],
    async run(trial) {
      const log = new Log()
      const site = await trial.serve(async ({ PATH_INFO, 'wsgi.input': input }, startResponse) => {
        log.add(PATH_INFO)
        await input.read()
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text('read to the end')
      })
      for (const [fault, version, ...fields] of HEADS) {
        await refuses(site, requestOf(version, fields, '0\r\n\r\n'), fault)
        assert.deepEqual(log.entries, [], `${fault}: calls of the application`)
      }
      for (const [fault, body] of BODIES) {
        await refuses(site, requestOf('1.1', ['Transfer-Encoding: chunked'], body), fault)
        // Its head was in order.
        assert.ok(!log.has('/smuggled'), `${fault}: the application is not called with what follows`)
      }
      const { status, text: body } = await site.ask({ method: 'POST', target: '/after', body: 'hello' })
      assert.deepEqual([status, body, log.has('/after')], [200, 'read to the end', true])
    },
  },
]

/** A whole body for those who read it as chunks, and for those who read 5 bytes. */
const HEADS: readonly [fault: string, version: '1.0' | '1.1', ...fields: string[]][] = [
  ['a length and chunks', '1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['chunks and a length', '1.1', 'Transfer-Encoding: chunked', 'Content-Length: 5'],
  ['two lengths', '1.1', 'Content-Length: 5', 'Content-Length: 0'],
  ['two lengths, the shorter first', '1.1', 'Content-Length: 0', 'Content-Length: 5'],
  ['a list of two lengths', '1.1', 'Content-Length: 5, 0'],
  ['a signed length', '1.1', 'Content-Length: +5'],
  ['a negative length', '1.1', 'Content-Length: -5'],
  ['a length in hexadecimal', '1.1', 'Content-Length: 0x5'],
  ['a length with a fraction', '1.1', 'Content-Length: 5.0'],
  ['a length with an exponent', '1.1', 'Content-Length: 5e0'],
  ['a length with a space inside', '1.1', 'Content-Length: 0 5'],
  ['a length in other digits', '1.1', 'Content-Length: \xd9\xa5'],
  ['an empty length', '1.1', 'Content-Length:'],
  ['a coding other than chunked', '1.1', 'Transfer-Encoding: gzip'],
  ['codings that do not end in chunked', '1.1', 'Transfer-Encoding: chunked, identity'],
  ['such codings in two fields', '1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['a coding that nobody decodes', '1.1', 'Transfer-Encoding: gzip, chunked'],
  ['chunked twice', '1.1', 'Transfer-Encoding: chunked, chunked'],
  ['a coding that ends like chunked', '1.1', 'Transfer-Encoding: xchunked'],
  ['chunked in quotes', '1.1', 'Transfer-Encoding: "chunked"'],
  ['chunked behind a control character', '1.1', 'Transfer-Encoding: \x0bchunked'],
  ['chunks in HTTP/1.0', '1.0', 'Transfer-Encoding: chunked'],
  ['chunks in HTTP/1.0 that is kept', '1.0', 'Connection: keep-alive', 'Transfer-Encoding: chunked'],
  ['a space before the colon of a length', '1.1', 'Content-Length : 5'],
  ['a space before the colon of a coding', '1.1', 'Transfer-Encoding : chunked'],
  ['a folded coding', '1.1', 'Transfer-Encoding:', ' chunked'],
  ['a folded length', '1.1', 'X-A: b', ' Content-Length: 5'],
  ['a line without a colon', '1.1', 'Content-Length', 'X-A: b'],
  ['NUL in a name', '1.1', 'Content-Length\0: 5'],
]

const BODIES: readonly [fault: string, body: string][] = [
  ['a chunk size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
  ['a signed chunk size', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size with a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['an empty chunk size', '\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size beyond all bounds', 'fffffffffffffffffffff5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than its size', '5\r\nhello0\r\n\r\n'],
]

function requestOf(version: string, fields: readonly string[], body: string): string {
  const head = [`POST / HTTP/${version}`, 'Host: conformance.example', ...fields, '', ''].join('\r\n')
  // It ends the connection of a server that takes it for a request.
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: conformance.example\r\nConnection: close\r\n\r\n'
  return head + body + smuggled
}

/** 400, or 501 where it is for want of a decoder, or nothing; and then the end of the connection. */
async function refuses(site: Site, bytes: string, fault: string): Promise<void> {
  const client = await site.connect()
  let answer: Answer
  try {
    answer = await client.write(bytes).answer()
  } catch (error) {
    if (error instanceof Cut) return
    throw error
  }
  assert.ok([400, 501].includes(answer.status), `${fault} is answered 400 or 501; got ${answer.status}`)
  assert.equal(await client.rest(), '', `${fault}: what is answered behind the refusal`)
}
