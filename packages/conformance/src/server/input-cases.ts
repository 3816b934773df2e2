import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type InputStream, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type Question, requestBytes } from '../client.ts'
import { Gate, Log } from '../log.ts'
import type { ServerTrial } from '../server-trial.ts'
import { digestOf, oddPieces } from './digest.ts'
import type { ServerFeature } from './feature.ts'

const POST = { method: 'POST' } as const

export const inputCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'input.large',
    sentence: 'ten million bytes reach the application as they were sent, however it reads them',
    source: 'PEP 3333, input and error streams',
    async run(trial) {
      const bytes = randomBytes(10_000_000)
      const expected = `${bytes.length} ${digestOf(bytes)}`
      const rows: [name: string, read: (input: InputStream) => Promise<Uint8Array[]>][] = [
        ['iterated', (input) => allChunks(input)],
        ['in reads of 100,000', (input) => untilEnd(() => input.read(100_000))],
        ['in one read', async (input) => [await input.read()]],
      ]
      for (const [name, read] of rows) {
        const site = await trial.serve(async (environ, startResponse) => {
          const chunks = await read(environ['wsgi.input'])
          startResponse('200 OK', [['Content-Type', 'text/plain']])
          return text(`${chunks.reduce((sum, { length }) => sum + length, 0)} ${digestOf(...chunks)}`)
        })
        const client = await site.connect()
        client.ask({ ...POST, headers: [['Content-Length', String(bytes.length)]] })
        for (const piece of oddPieces(bytes)) client.write(piece)
        const answer = await client.answer()
        assert.deepEqual([answer.status, answer.text], [200, expected], name)
      }
    },
  },
  {
    key: 'input.chunked',
    sentence: 'a chunked body is read as the bytes it carries, without sizes, extensions and trailers',
    source: 'RFC 9112 section 7.1',
    needs: ['chunked-requests'],
    async run(trial) {
      const site = await trial.serve(async (environ, startResponse) => {
        const body = await environ['wsgi.input'].read()
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text(JSON.stringify([latin1(body), environ.CONTENT_LENGTH, environ['HTTP_X_TRAILER']]))
      })
      const rows: [name: string, body: string, read: string][] = [
        ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
        ['several', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'],
        ['no chunk but the last', '0\r\n\r\n', ''],
        ['sizes in hexadecimal', `1a\r\n${'a'.repeat(26)}\r\n1B\r\n${'b'.repeat(27)}\r\n0\r\n\r\n`, AB],
        ['sizes with zeros before them', '0005\r\nhello\r\n000\r\n\r\n', 'hello'],
        ['extensions', '2;a\r\nhe\r\n3;b=c;d="e;f"\r\nllo\r\n0;g\r\n\r\n', 'hello'],
        ['a trailer', '5\r\nhello\r\n0\r\nX-Trailer: yes\r\n\r\n', 'hello'],
        ['line ends in its chunks', '2\r\n\r\n\r\n7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n0\r\n\r\n\r\n'],
      ]
      for (const [name, body, read] of rows) {
        const client = await site.connect()
        const headers = [
          ['Transfer-Encoding', 'chunked'],
          ['Connection', 'close'],
        ] as const
        client.ask({ ...POST, headers }).write(body)
        const answer = await client.answer()
        assert.equal(answer.status, 200, name)
        assert.deepEqual(JSON.parse(answer.text), [read, null, null], name)
        assert.equal(await client.rest(), '', `${name}: nothing left over`)
      }
      await readEach(trial, READINGS, (body) => ({ ...POST, chunks: body.split('') }))
    },
  },
  {
    key: 'input.streamed',
    sentence: 'the application reads and answers a part of the body before the client has sent the next',
    source: 'PEP 3333, input and error streams',
    needs: ['streamed-requests', 'streamed-responses'],
    async run(trial) {
      const site = await trial.serve(async function* (environ, startResponse) {
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        yield* environ['wsgi.input']
      })
      const client = await site.connect()
      client.ask({ ...POST, headers: [['Content-Length', '11']] })
      let echo: AsyncIterator<Uint8Array, void> | undefined
      for (const part of ['one', 'two', 'three']) {
        client.write(part)
        echo ??= client.body(await client.finalHead())
        let came = ''
        while (came.length < part.length) {
          const { value, done } = await echo.next()
          assert.ok(!done, `${part} before the end of the answer`)
          came += latin1(value)
        }
        assert.equal(came, part)
      }
      assert.equal((await echo?.next())?.done, true, 'the end of the body ends the answer')
    },
  },
  {
    key: 'input.methods',
    sentence:
      'read, readline, readlines and iteration give what a file of Python gives, and the end for ever',
    source: 'PEP 3333, input and error streams; TSGI, environ',
    run: (trial) => readEach(trial, READINGS, (body) => ({ ...POST, body })),
  },
  {
    key: 'input.boundaries',
    sentence:
      'a read is as long as it was asked to be, and a line whole, also when its bytes come one by one',
    source: 'PEP 3333, input and error streams',
    needs: ['streamed-requests'],
    async run(trial) {
      const steps: [send: string, read: (input: InputStream) => Promise<Uint8Array>, read: string][] = [
        ['ab', (input) => input.read(1), 'a'],
        ['cd', (input) => input.read(3), 'bcd'],
        ['xli', (input) => input.read(1), 'x'],
        ['ne\nyli', (input) => input.readline(), 'line\n'],
        ['ne', (input) => input.readline(5), 'yline'],
        ['\nzone\ntw', (input) => input.read(2), '\nz'],
        ['o\nthr', async (input) => Buffer.concat(await input.readlines(5)), 'one\ntwo\n'],
        ['ee', (input) => input.read(), 'three'],
      ]
      const log = new Log()
      const site = await trial.serve(async (environ, startResponse) => {
        const input = environ['wsgi.input']
        for (const [i, [, read]] of steps.entries()) {
          const reading = read(input)
          log.add(`${i} asked`)
          log.add(`${i} read ${latin1(await reading)}`)
        }
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text('done')
      })
      const client = await site.connect()
      const length = steps.reduce((sum, [sent]) => sum + sent.length, 0)
      client.ask({ ...POST, headers: [['Content-Length', String(length)]] })
      for (const [i, [sent, , expected]] of steps.entries()) {
        await log.until(`${i} asked`)
        client.write(sent)
        // A read that gives too little has given it by the time that the next one asks.
        if (i + 1 < steps.length) await log.until(`${i + 1} asked`)
        else assert.equal((await client.answer()).text, 'done')
        assert.ok(log.has(`${i} read ${expected}`), `step ${i}: ${JSON.stringify(log.entries)}`)
      }
    },
  },
  {
    key: 'input.absent',
    sentence: 'a request without a body is read as its end, at once',
    source: 'PEP 3333, input and error streams; RFC 9112 section 6.3',
    async run(trial) {
      const questions: Question[] = [
        {},
        { method: 'POST' },
        { method: 'POST', body: '' },
        { method: 'DELETE', headers: [['Content-Type', 'text/plain']] },
      ]
      const nothing = READINGS.filter(([, body]) => body === '')
      for (const question of questions) await readEach(trial, nothing, () => question)
    },
  },
  {
    key: 'input.broken',
    sentence: 'a body that breaks off before its length rejects every read from there on, and has no end',
    source: 'TSGI, environ',
    needs: ['streamed-requests'],
    run: (trial) =>
      breakEach(trial, requestBytes({ ...POST, headers: [['Content-Length', '20']] }), [
        ['half of it', 'one\ntwo', ['leave', 'finish']],
        ['nothing of it', '', ['leave', 'finish']],
      ]),
  },
  {
    key: 'input.broken-chunked',
    sentence: 'a chunked body that breaks off before its last chunk rejects every read, and has no end',
    source: 'RFC 9112 section 8; TSGI, environ',
    needs: ['streamed-requests', 'chunked-requests'],
    run: (trial) =>
      breakEach(trial, requestBytes({ ...POST, headers: [['Transfer-Encoding', 'chunked']] }), [
        ['half a chunk', '4\r\none\n\r\n5\r\ntwo', ['leave', 'finish']],
        ['all but the last chunk', '4\r\none\n\r\n3\r\ntwo\r\n', ['leave', 'finish']],
        ['nothing of it', '', ['leave', 'finish']],
        ['a size that is none', '4\r\none\n\r\nsix\r\n', ['wait']],
        ['a chunk longer than it says', '4\r\none\ntwo\r\n0\r\n\r\n', ['wait']],
      ]),
  },
  {
    key: 'input.backpressure',
    sentence: 'a body that nobody reads is not taken in beyond a bound, and arrives whole once it is read',
    source: 'TSGI, environ',
    needs: ['backpressure', 'streamed-requests'],
    async run(trial) {
      const log = new Log()
      const gate = new Gate()
      const site = await trial.serve(async (environ, startResponse) => {
        log.add('called')
        await gate.opened
        const chunks = await allChunks(environ['wsgi.input'])
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text(digestOf(...chunks))
      })
      // Far more than the kernel keeps for a connection.
      const blocks = Array.from({ length: 256 }, (_, i) => Buffer.alloc(65_536, i))
      const client = await site.connect()
      client.ask({ ...POST, headers: [['Content-Length', String(256 * 65_536)]] })
      await log.until('called')
      let sent = 0
      while (sent < blocks.length && (await client.wrote(blocks[sent]!))) sent++
      assert.ok(sent < blocks.length, `fewer than ${blocks.length} blocks taken, read by nobody`)
      for (const block of blocks.slice(sent + 1)) client.write(block)
      gate.open()
      const answer = await client.answer()
      assert.deepEqual([answer.status, answer.text], [200, digestOf(...blocks)])
    },
  },
]

const AB = 'a'.repeat(26) + 'b'.repeat(27)

/** A way to read a body, and what it must give. */
type Reading = readonly [
  name: string,
  body: string,
  read: (input: InputStream) => Promise<Uint8Array[]>,
  gives: readonly string[],
]

const TEXT = 'one\ntwo\r\n\nlast'
const LINES = ['one\n', 'two\r\n', '\n', 'last']

/** What every read gives at the end, the second time as the first. */
const END = ['', '', '', '', '', '']

const READINGS: readonly Reading[] = [
  ['read()', 'hello', async (input) => [await input.read()], ['hello']],
  ['read(-1)', 'hello', async (input) => [await input.read(-1)], ['hello']],
  ['read(2)', 'hello', (input) => untilEnd(() => input.read(2)), ['he', 'll', 'o']],
  ['read(5)', 'hello', (input) => untilEnd(() => input.read(5)), ['hello']],
  ['read(100)', 'hello', (input) => untilEnd(() => input.read(100)), ['hello']],
  ['read(0)', 'hello', async (input) => [await input.read(0), await input.read()], ['', 'hello']],
  ['readline()', TEXT, (input) => untilEnd(() => input.readline()), LINES],
  ['readline(-1)', TEXT, (input) => untilEnd(() => input.readline(-1)), LINES],
  ['readline(4)', TEXT, (input) => untilEnd(() => input.readline(4)), ['one\n', 'two\r', '\n', '\n', 'last']],
  ['readline(0)', TEXT, async (input) => [await input.readline(0), await input.readline()], ['', 'one\n']],
  ['readlines()', TEXT, (input) => input.readlines(), LINES],
  ['readlines(-1)', TEXT, (input) => input.readlines(-1), LINES],
  ['readlines(0), which is no hint', TEXT, (input) => input.readlines(0), LINES],
  ['readlines(4)', TEXT, (input) => input.readlines(4), ['one\n']],
  ['readlines(5)', TEXT, (input) => input.readlines(5), ['one\n', 'two\r\n']],
  ['iteration', TEXT, async (input) => [Buffer.concat(await allChunks(input))], [TEXT]],
  [
    'a line, some bytes, and iteration',
    TEXT,
    async (input) => [await input.readline(), await input.read(2), Buffer.concat(await allChunks(input))],
    ['one\n', 'tw', 'o\r\n\nlast'],
  ],
  [
    'an iteration that is left, and the rest',
    TEXT,
    async (input) => {
      for await (const chunk of input) return [Buffer.concat([chunk, await input.read()])]
      return []
    },
    [TEXT],
  ],
  ['the end behind read()', 'hello', (input) => input.read().then(() => ends(input)), END],
  ['the end behind readlines()', TEXT, (input) => input.readlines().then(() => ends(input)), END],
  ['the end behind iteration', TEXT, (input) => allChunks(input).then(() => ends(input)), END],
  ['nothing', '', (input) => ends(input), END],
]

/** Sends the body of each reading as `ask` has it, and sees what the application reads. */
async function readEach(
  trial: ServerTrial,
  readings: readonly Reading[],
  ask: (body: string) => Question,
): Promise<void> {
  let read: Reading[2]
  const site = await trial.serve(async (environ, startResponse) => {
    const found = await read(environ['wsgi.input'])
    startResponse('200 OK', [['Content-Type', 'text/plain']])
    return text(JSON.stringify(found.map(latin1)))
  })
  for (const [name, body, reading, gives] of readings) {
    read = reading
    const question = ask(body)
    const answer = await site.ask(question)
    assert.equal(answer.status, 200, name)
    assert.deepEqual(JSON.parse(answer.text), gives, `${name} of ${JSON.stringify(question)}`)
  }
}

/** What is sent of a body, and how the client goes on: it leaves, ends its side, or waits. */
type Break = readonly [name: string, sent: string, endings: readonly ('leave' | 'finish' | 'wait')[]]

const TO_THE_END: readonly [name: string, read: (input: InputStream) => Promise<Uint8Array[]>][] = [
  ['read()', async (input) => [await input.read()]],
  ['read(100)', async (input) => [await input.read(100)]],
  ['read(3)', (input) => untilEnd(() => input.read(3))],
  ['readline()', (input) => untilEnd(() => input.readline())],
  ['readlines()', (input) => input.readlines()],
  ['iteration', allChunks],
]

/** Breaks a body off while the application reads it in each way, and once before it does. */
async function breakEach(trial: ServerTrial, head: Buffer, breaks: readonly Break[]): Promise<void> {
  let log = new Log()
  let gate = new Gate()
  let read = TO_THE_END[0]![1]
  const site = await trial.serve(async (environ, startResponse) => {
    log.add('called')
    await gate.opened
    for (let again = 0; again < 2; again++) {
      const reading = read(environ['wsgi.input'])
      log.add('asked')
      log.add(
        await reading.then(
          (found) => `complete: ${found.map(latin1)}`,
          () => 'rejected',
        ),
      )
    }
    log.add('over')
    startResponse('200 OK', [['Content-Type', 'text/plain']])
    return text('done')
  })
  const rejected = ['called', 'asked', 'rejected', 'asked', 'rejected', 'over']
  for (const [what, sent, endings] of breaks) {
    for (const ending of endings) {
      for (const [method, reading] of TO_THE_END) {
        log = new Log()
        gate = new Gate()
        gate.open()
        read = reading
        const client = await site.connect()
        client.write(head).write(sent)
        await log.until('asked')
        if (ending === 'leave') client.leave()
        if (ending === 'finish') client.finish()
        await log.until('over')
        assert.deepEqual(log.entries, rejected, `${method} of ${what}, and the client will ${ending}`)
      }
    }
  }
  log = new Log()
  gate = new Gate()
  const client = await site.connect()
  client.write(head).write(breaks[0]![1])
  await log.until('called')
  client.leave()
  await log.quiet()
  gate.open()
  await log.until('over')
  assert.deepEqual(log.entries, rejected, 'read for the first time when the client has left')
}

async function allChunks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

/** What a read gives, again and again, before it gives nothing. */
async function untilEnd(read: () => Promise<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for (let part = await read(); part.length > 0; part = await read()) all.push(part)
  return all
}

/** What every read gives, and again. */
async function ends(input: InputStream): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (let again = 0; again < 2; again++) {
    found.push(await input.read(), await input.read(5), await input.readline())
    found.push(...(await input.readlines()), ...(await allChunks(input)))
  }
  return found
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
