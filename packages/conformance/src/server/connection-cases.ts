import assert from 'node:assert/strict'
import { type Application, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Client, Cut, headersNamed, isLast, type Question, requestBytes } from '../client.ts'
import { Gate, Log } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import { eachRow, type Row } from '../table.ts'
import type { ServerFeature } from './feature.ts'

/** A request whose answer is framed in one of the ways that there are. */
interface Framed extends Row {
  readonly question?: Question
  readonly app: Application
  readonly status?: number
  readonly text: string
}

const FRAMED: readonly Framed[] = [
  {
    what: 'one chunk',
    app: answering(() => [Buffer.from('ab')]),
    text: 'ab',
  },
  {
    what: 'several chunks',
    app: answering(() => [Buffer.from('a'), Buffer.from('b')]),
    text: 'ab',
  },
  {
    what: 'no chunk',
    app: answering(() => []),
    text: '',
  },
  {
    what: 'HEAD, and one chunk',
    question: { method: 'HEAD' },
    app: answering(() => [Buffer.from('ab')]),
    text: '',
  },
  {
    what: 'HEAD, and several chunks',
    question: { method: 'HEAD' },
    app: answering(() => [Buffer.from('a'), Buffer.from('b')]),
    text: '',
  },
  {
    what: '204',
    app(_, startResponse) {
      startResponse('204 No Content', [])
      return []
    },
    status: 204,
    text: '',
  },
  {
    what: '304 with a body, and the length that 200 would have',
    app(_, startResponse) {
      startResponse('304 Not Modified', [['Content-Length', '2']])
      return [Buffer.from('a'), Buffer.from('b')]
    },
    status: 304,
    text: '',
  },
  {
    what: 'more than was declared',
    app(_, startResponse) {
      startResponse('200 OK', [['Content-Length', '2']])
      return [Buffer.from('ab'), Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]
    },
    text: 'ab',
  },
  {
    what: 'the body of the request, read',
    question: { method: 'POST', body: 'ab' },
    async app(environ, startResponse) {
      const body = await environ['wsgi.input'].read()
      startResponse('200 OK', [])
      return [body]
    },
    text: 'ab',
  },
]

/** What looks like a request, as the body of another: on its own, and more than a server reads along. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: conformance.example\r\n\r\n'
const LARGE = SMUGGLED.repeat(20_000)

/** A request whose body is not read, or not to its end. */
interface Unread extends Row {
  readonly question: Question
  /** How many bytes of it the application reads. */
  readonly reads: number
}

const UNREAD: readonly Unread[] = [
  { what: 'a small body, unread', question: { body: SMUGGLED }, reads: 0 },
  { what: 'a small body, half read', question: { body: SMUGGLED }, reads: 9 },
  { what: 'a large body, unread', question: { body: LARGE }, reads: 0 },
  { what: 'a large body, half read', question: { body: LARGE }, reads: 9 },
  { what: 'a chunked body, unread', question: { chunks: [SMUGGLED, SMUGGLED] }, reads: 0 },
  { what: 'a large chunked body, unread', question: { chunks: [LARGE, SMUGGLED] }, reads: 0 },
  { what: 'a large chunked body, half read', question: { chunks: [LARGE, SMUGGLED] }, reads: 9 },
]

export const connectionCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'keep-alive.next',
    sentence:
      'a connection is kept for the next request, however the answer was framed, unless the client does not want it',
    source: 'RFC 9112 section 9.3',
    needs: ['keep-alive'],
    run: (trial) =>
      eachRow(FRAMED, async ({ question, app, status = 200, text: body }) => {
        const site = await trial.serve((environ, startResponse) =>
          environ.PATH_INFO === '/next' ? next(environ, startResponse) : app(environ, startResponse),
        )
        const client = await site.connect()
        const answer = await client.ask(question ?? {}).answer(question?.method)
        assert.deepEqual([answer.status, answer.text], [status, body])
        assert.ok(!isLast(answer), 'the connection is kept')
        assert.equal((await client.ask({ target: '/next' }).answer()).text, 'next')
        const last = await client.ask({ target: '/next', headers: [['Connection', 'close']] }).answer()
        assert.equal(last.text, 'next')
        assert.ok(isLast(last), 'the server says that it closes the connection')
        assert.equal(await client.rest(), '', 'and closes it')
      }),
  },
  {
    key: 'keep-alive.unread-body',
    sentence:
      'a body that was not read to its end is never taken for a request: it is skipped, or the connection closed, behind the whole answer',
    source: 'RFC 9112 section 9.3',
    run: (trial) =>
      eachRow(UNREAD, async ({ question, reads }) => {
        const called = new Log()
        const site = await trial.serve(async (environ, startResponse) => {
          called.add(environ.PATH_INFO)
          if (environ.PATH_INFO === '/next') return next(environ, startResponse)
          if (reads > 0) await environ['wsgi.input'].read(reads)
          startResponse('413 Content Too Large', [])
          return text('too large')
        })
        const client = await site.connect()
        client.ask({ method: 'POST', target: '/unread', ...question }).ask({ target: '/next' })
        const answer = await client.answer()
        // RFC 9112 section 6.1: a server may insist on a length.
        const isRefused = question.chunks !== undefined && answer.status === 411
        if (!isRefused) assert.deepEqual([answer.status, answer.text], [413, 'too large'])
        const isNext = await isAnsweredNext(client)
        await site.stop()
        assert.deepEqual(called.entries, [...(isRefused ? [] : ['/unread']), ...(isNext ? ['/next'] : [])])
      }),
  },
  {
    key: 'keep-alive.pipelined',
    sentence:
      'requests sent before the last one was answered are answered in their order, whichever is ready first',
    source: 'RFC 9112 section 9.3.2',
    needs: ['keep-alive', 'pipelining'],
    async run(trial) {
      const log = new Log()
      const mayAnswer = new Gate()
      const site = await trial.serve(async (environ, startResponse) => {
        const { PATH_INFO } = environ
        log.add(PATH_INFO)
        const body = await environ['wsgi.input'].read()
        if (PATH_INFO === '/slow') await mayAnswer.opened
        startResponse('200 OK', [['X-Path', PATH_INFO]])
        return [Buffer.from(PATH_INFO), body]
      })
      const client = await site.connect()
      client.write(
        Buffer.concat([
          requestBytes({ target: '/slow' }),
          requestBytes({ method: 'POST', target: '/quick', body: ' with a body' }),
          requestBytes({ target: '/last' }),
        ]),
      )
      await log.until('/slow')
      assert.equal(await client.heard(), '', 'nothing comes before the first is answered')
      mayAnswer.open()
      for (const [path, body] of [
        ['/slow', '/slow'],
        ['/quick', '/quick with a body'],
        ['/last', '/last'],
      ]) {
        const answer = await client.answer()
        assert.deepEqual([answer.status, headersNamed(answer, 'x-path'), answer.text], [200, [path], body])
      }
      assert.deepEqual(log.entries.toSorted(), ['/last', '/quick', '/slow'], 'each is called once')
    },
  },
  {
    key: 'keep-alive.http-1.0',
    sentence:
      'an answer to HTTP/1.0 has no transfer coding, and ends with its connection unless keeping it was asked for, granted, and possible',
    source: 'RFC 9112 section 6.1, appendix C.2.2',
    needs: ['http-1.0'],
    run: (trial) =>
      eachRow(
        FRAMED.filter(({ status }) => status === undefined).flatMap((framed) => [
          { ...framed, isAsked: false },
          { ...framed, what: `${framed.what}, kept alive`, isAsked: true },
        ]),
        async ({ question, app, text: body, isAsked }) => {
          const site = await trial.serve((environ, startResponse) =>
            environ.PATH_INFO === '/next' ? next(environ, startResponse) : app(environ, startResponse),
          )
          const client = await site.connect()
          client.ask({ ...question, version: '1.0', headers: isAsked ? [['Connection', 'keep-alive']] : [] })
          const answer = await client.answer(question?.method)
          assert.deepEqual([answer.status, answer.text], [200, body])
          assert.deepEqual(headersNamed(answer, 'transfer-encoding'), [])
          const isKept = headersNamed(answer, 'connection').some((value) => /\bkeep-alive\b/i.test(value))
          if (isAsked && isKept) {
            assert.equal((await client.ask({ version: '1.0', target: '/next' }).answer()).text, 'next')
          }
          assert.equal(await client.rest(), '')
        },
      ),
  },
]

const next: Application = answering(() => [Buffer.from('next')])

function answering(body: () => Uint8Array[]): Application {
  return (_, startResponse) => {
    startResponse('200 OK', [])
    return body()
  }
}

/** Whether the request behind is answered, as it must be, or the connection has ended. */
async function isAnsweredNext(client: Client): Promise<boolean> {
  try {
    const { status, text } = await client.answer()
    assert.deepEqual([status, text], [200, 'next'], 'the next request is answered right')
    return true
  } catch (error) {
    if (error instanceof Cut) return false
    throw error
  }
}
