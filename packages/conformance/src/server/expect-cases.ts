import assert from 'node:assert/strict'
import { type Application, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { isLast, type Question } from '../client.ts'
import { Gate, Log } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

const EXPECTING: Question = {
  method: 'POST',
  headers: [
    ['Content-Length', '5'],
    ['Expect', '100-continue'],
  ],
}

export const expectCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'expect.once',
    sentence:
      'Expect: 100-continue is answered with exactly one 100, however often the body is read, and with none where it is not asked for',
    source: 'PEP 3333, HTTP 1.1 Expect/Continue',
    needs: ['expect-continue'],
    async run(trial) {
      const site = await trial.serve(async (environ, startResponse) => {
        const input = environ['wsgi.input']
        const parts = [await input.read(2), await input.read(2), await input.read(), await input.read()]
        startResponse('200 OK', [])
        return parts
      })
      const client = await site.connect()
      const { status, headers } = await client.ask(EXPECTING).head()
      assert.deepEqual([status, headers], [100, []])
      const answer = await client.write('hello').answer()
      assert.deepEqual([answer.interim, answer.status, answer.text], [[], 200, 'hello'])
      const unasked = await site.ask({ method: 'POST', body: 'hello' })
      assert.deepEqual([unasked.interim, unasked.status, unasked.text], [[], 200, 'hello'])
    },
  },
  {
    key: 'expect.after-head',
    sentence: 'there is no 100 once the answer has begun, and the body can be read all the same',
    source: 'RFC 9110 section 15.2',
    needs: ['expect-continue', 'streamed-responses'],
    async run(trial) {
      const site = await trial.serve(async function* (environ, startResponse) {
        startResponse('200 OK', [])
        yield Buffer.from('begun ')
        yield await environ['wsgi.input'].read()
      })
      const client = await site.connect()
      const head = await client.ask(EXPECTING).finalHead()
      assert.deepEqual([head.interim, head.status], [[], 200])
      const body = client.body(head)
      const begun = await body.next()
      assert.equal(String(begun.value), 'begun ')
      client.write('hello')
      const rest: Uint8Array[] = []
      for await (const chunk of body) rest.push(chunk)
      assert.equal(String(Buffer.concat(rest)), 'hello')
    },
  },
  {
    key: 'expect.unread',
    sentence:
      'there is no 100 where the application answers without reading, and what comes behind is not taken for a request where it is the body',
    source: 'RFC 9110 section 10.1.1',
    needs: ['expect-continue'],
    async run(trial) {
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: conformance.example\r\n\r\n'
      const called = new Log()
      const site = await trial.serve((environ, startResponse) => {
        called.add(environ.PATH_INFO)
        startResponse('401 Unauthorized', [])
        return text('no')
      })
      const client = await site.connect()
      const headers: Question['headers'] = [
        ['Content-Length', String(smuggled.length)],
        ['Expect', '100-continue'],
      ]
      const answer = await client.ask({ method: 'POST', target: '/first', headers }).answer()
      assert.deepEqual([answer.interim, answer.status, answer.text], [[], 401, 'no'])
      client.write(smuggled).ask({ target: '/next' })
      if (isLast(answer)) assert.equal(await client.finish().rest(), '', 'nothing more is answered')
      else {
        const next = await client.answer()
        assert.deepEqual([next.status, next.text], [401, 'no'])
      }
      await site.stop()
      assert.deepEqual(called.entries, isLast(answer) ? ['/first'] : ['/first', '/next'])
    },
  },
  {
    key: 'expect.prompt',
    sentence:
      'the 100 goes out when the application begins to read, and not before, to a client that waits for it with the body',
    source: 'PEP 3333, HTTP 1.1 Expect/Continue',
    needs: ['expect-continue'],
    async run(trial) {
      const log = new Log()
      const mayRead = new Gate()
      const site = await trial.serve(async (environ, startResponse) => {
        log.add('called')
        await mayRead.opened
        const body = await environ['wsgi.input'].read()
        log.add('read')
        startResponse('200 OK', [])
        return [body]
      })
      const client = await site.connect()
      client.ask(EXPECTING)
      await log.until('called')
      assert.equal(await client.heard(), '', 'nothing before the application reads')
      mayRead.open()
      assert.equal((await client.head()).status, 100)
      assert.ok(!log.has('read'), 'the read waits for the body')
      const answer = await client.write('hello').answer()
      assert.deepEqual([answer.interim, answer.status, answer.text], [[], 200, 'hello'])
    },
  },
  {
    key: 'expect.refused',
    sentence: 'there is no 100 for a request that no application gets',
    source: 'PEP 3333, HTTP 1.1 Expect/Continue',
    needs: ['expect-continue', 'raw-targets'],
    async run(trial) {
      const called = new Log()
      const site = await trial.serve((environ, startResponse) => {
        called.add(environ.PATH_INFO)
        return echo(environ, startResponse)
      })
      const client = await site.connect()
      const answer = await client.ask({ ...EXPECTING, target: '/%zz' }).answer()
      assert.deepEqual([answer.interim, answer.status, called.entries], [[], 400, []])
    },
  },
  {
    key: 'expect.http-1.0',
    sentence: 'there is no 100 for HTTP/1.0, whatever it expects',
    source: 'RFC 9110 section 10.1.1',
    needs: ['expect-continue', 'http-1.0'],
    async run(trial) {
      const site = await trial.serve(echo)
      const client = await site.connect()
      const answer = await client
        .ask({ ...EXPECTING, version: '1.0' })
        .write('hello')
        .answer()
      assert.deepEqual([answer.interim, answer.status, answer.text], [[], 200, 'hello'])
    },
  },
]

const echo: Application = async (environ, startResponse) => {
  const body = await environ['wsgi.input'].read()
  startResponse('200 OK', [])
  return [body]
}
