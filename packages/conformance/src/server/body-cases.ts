import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Body, FileWrapper, type Header, type StartResponse, text, type Write } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type AnswerHead, headersNamed, type Question } from '../client.ts'
import { Gate, Log, observed } from '../log.ts'
import { assertSameBytes } from '../same-bytes.ts'
import type { LastAnswer, ServerTrial } from '../server-trial.ts'
import { digestOf, oddPieces } from './digest.ts'
import type { ServerFeature } from './feature.ts'
import { WAYS, type Way } from './ways.ts'

const PLAIN: Header[] = [['Content-Type', 'text/plain']]
const BINARY: Header[] = [['Content-Type', 'application/octet-stream']]
const NOTHING: Uint8Array = Buffer.alloc(0)
const EVERY_BYTE: Uint8Array = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

/** More than a call stack is deep. */
const MANY = 100_000

export const bodyCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'body.one-chunk',
    sentence: 'a length that is known before the head goes out is declared, by the server where need be',
    source: 'PEP 3333, handling the Content-Length header; RFC 9110 section 8.6',
    async run(trial) {
      const rows: [name: string, give: () => Body | Promise<Body>, body: string][] = [
        ['an array of one chunk', () => [Buffer.from('hello')], 'hello'],
        ['a promise of one', async () => [Buffer.from('hello')], 'hello'],
        ['a part of a larger buffer', () => [Buffer.from('>hello<').subarray(1, 6)], 'hello'],
        ['text()', () => text('hello'), 'hello'],
        ['an array of one empty chunk', () => [NOTHING], ''],
        ['text() of nothing', () => text(''), ''],
        ['an empty array', () => [], ''],
        ['a generator of nothing', () => generate([]), ''],
        ['an async generator of empty chunks', () => generateAsync([NOTHING, NOTHING]), ''],
      ]
      for (const [name, give, body] of rows) {
        const site = await trial.serve((_, startResponse) => {
          startResponse('200 OK', PLAIN)
          return give()
        })
        const answer = await site.askLast()
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, body, ''], name)
        assert.deepEqual(framing(answer), { lengths: [String(body.length)], codings: [] }, name)
      }
    },
  },
  {
    key: 'body.framing',
    sentence:
      'an answer to HTTP/1.1 ends where its length or its last chunk says: one of the two, never both',
    source: 'RFC 9112 section 6.3',
    async run(trial) {
      for (const [name, answer, declared] of await allWays(trial, '1.1')) {
        const { lengths, codings } = framing(answer)
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, FRAMED, ''], name)
        if (declared) assert.deepEqual(lengths, [String(FRAMED.length)], `${name}: the length declared`)
        assert.equal(lengths.length + codings.length, 1, `${name}: one framing; got ${lengths}, ${codings}`)
      }
    },
  },
  {
    key: 'body.framing-1.0',
    sentence:
      'an answer to HTTP/1.0 ends where its length says, or with the connection, and is never chunked',
    source: 'RFC 9112 section 6.1',
    needs: ['http-1.0'],
    async run(trial) {
      for (const [name, answer, declared] of await allWays(trial, '1.0')) {
        const { lengths, codings } = framing(answer)
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, FRAMED, ''], name)
        if (declared) assert.deepEqual(lengths, [String(FRAMED.length)], `${name}: the length declared`)
        assert.deepEqual(codings, [], `${name}: no transfer coding`)
      }
    },
  },
  {
    key: 'body.sync',
    sentence:
      'what an application or its body gives at once is taken at once, however much it is, and not awaited as if it were a promise',
    source: 'TSGI, the shapes',
    async run(trial) {
      const log = new Log()
      const site = await trial.serve((environ, startResponse) => {
        startResponse('200 OK', [])
        // Behind an empty chunk there is no transport to wait for.
        if (environ.PATH_INFO === '/many')
          return [...new Array(MANY).fill(Buffer.alloc(0)), Buffer.from('ab')]
        void Promise.resolve().then(() => log.add('a promise'))
        return observed(log, [Buffer.alloc(0), Buffer.from('a'), Buffer.from('b')].values())
      })
      assert.equal((await site.ask()).text, 'ab')
      assert.deepEqual(log.entries.slice(0, 3), ['begun', 'next', 'next'])
      assert.equal((await site.ask({ target: '/many' })).text, 'ab', `${MANY} empty chunks`)
    },
  },
  {
    key: 'body.empty-chunks',
    sentence: 'an empty chunk is nothing: it neither ends the answer nor sends its head',
    source: 'PEP 3333, the start_response() callable; RFC 9112 section 7.1',
    async run(trial) {
      const chunks = ['', 'a', '', '', 'b', ''].map((chunk) => Buffer.from(chunk))
      const rows: [name: string, give: (write: Write) => Body | Promise<Body>][] = [
        ['an array', () => chunks],
        ['a generator', () => generate(chunks)],
        ['an async generator', () => generateAsync(chunks)],
        ['write', (write) => writeAll(write, chunks)],
      ]
      for (const [name, give] of rows) {
        const site = await trial.serve((_, startResponse) => give(startResponse('200 OK', PLAIN)))
        const answer = await site.askLast()
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, 'ab', ''], name)
      }
      const replaced = (startResponse: StartResponse) =>
        startResponse('503 Service Unavailable', PLAIN, new Error('no byte has gone out'))
      const late: [name: string, give: (startResponse: StartResponse) => Body | Promise<Body>][] = [
        [
          'yielded',
          function* (startResponse) {
            startResponse('200 OK', PLAIN)
            yield NOTHING
            replaced(startResponse)
            yield Buffer.from('ab')
          },
        ],
        [
          'yielded, async',
          async function* (startResponse) {
            startResponse('200 OK', PLAIN)
            yield NOTHING
            replaced(startResponse)
            yield Buffer.from('ab')
          },
        ],
        [
          'written',
          async (startResponse) => {
            await startResponse('200 OK', PLAIN)(NOTHING)
            return writeAll(replaced(startResponse), chunks)
          },
        ],
      ]
      for (const [name, give] of late) {
        const site = await trial.serve((_, startResponse) => give(startResponse))
        const answer = await site.ask()
        assert.deepEqual(
          [answer.status, answer.text],
          [503, 'ab'],
          `an empty chunk ${name} before the head is replaced`,
        )
      }
    },
  },
  {
    key: 'body.binary',
    sentence: 'bytes pass unchanged, every value, wherever the chunks begin and end',
    source: 'PEP 3333, specification details',
    async run(trial) {
      const single = [...EVERY_BYTE].map((byte) => Uint8Array.of(byte))
      const rows: [name: string, give: (write: Write) => Body | Promise<Body>][] = [
        ['one chunk', () => [EVERY_BYTE]],
        ['one chunk, generated', () => generate([EVERY_BYTE])],
        ['one byte in each chunk', () => single],
        ['one byte in each chunk, async', () => generateAsync(single)],
        ['one byte in each write', (write) => writeAll(write, single)],
      ]
      for (const [name, give] of rows) {
        const site = await trial.serve((_, startResponse) => give(startResponse('200 OK', BINARY)))
        const { status, body } = await site.ask()
        assert.equal(status, 200, name)
        assertSameBytes(body, EVERY_BYTE, name)
      }
    },
  },
  {
    key: 'body.large',
    sentence: 'ten million bytes arrive as they were given, in one chunk or in many',
    source: 'TSGI, the body',
    async run(trial) {
      const bytes = randomBytes(10_000_000)
      const expected = digestOf(bytes)
      const rows: [name: string, give: (write: Write) => Body | Promise<Body>][] = [
        ['one chunk', () => [bytes]],
        ['odd pieces', () => oddPieces(bytes)],
        ['odd pieces, async', () => generateAsync(oddPieces(bytes))],
        ['odd pieces, written', (write) => writeAll(write, oddPieces(bytes))],
      ]
      for (const [name, give] of rows) {
        const site = await trial.serve((_, startResponse) => give(startResponse('200 OK', BINARY)))
        const { status, body } = await site.ask()
        assert.deepEqual([status, body.length, digestOf(body)], [200, bytes.length, expected], name)
      }
    },
  },
  {
    key: 'body.text',
    sentence:
      'text() goes out in its charset, under no length but that of its bytes, and leaves the head alone',
    source: 'TSGI, the body',
    async run(trial) {
      const rows: [name: string, body: string, charset: string | undefined, bytes: Uint8Array][] = [
        ['by default UTF-8', 'grüße, 世界 🎉', undefined, Buffer.from('grüße, 世界 🎉')],
        ['much of it', 'é'.repeat(70_000), 'utf-8', Buffer.from('é'.repeat(70_000))],
        ['half a surrogate pair', 'a\ud800', 'utf-8', Buffer.from('a\ufffd')],
        ['ISO-8859-1', 'grüße', 'ISO-8859-1', Buffer.from('grüße', 'latin1')],
        ['US-ASCII', 'hello', 'us-ascii', Buffer.from('hello')],
      ]
      for (const [name, body, charset, bytes] of rows) {
        const site = await trial.serve((_, startResponse) => {
          startResponse('200 OK', [...PLAIN, ['X-Name', 'é']])
          return text(body, charset)
        })
        const answer = await site.ask()
        assert.equal(answer.status, 200, name)
        assertSameBytes(answer.body, bytes, name)
        const lengths = framing(answer).lengths.filter((length) => length !== String(bytes.length))
        assert.deepEqual(lengths, [], `${name}: a Content-Length of ${bytes.length}, or none`)
        // A head and a text written as one string would be encoded alike.
        assert.deepEqual(headersNamed(answer, 'x-name'), ['é'], name)
      }
    },
  },
  {
    key: 'body.file',
    sentence: 'a FileWrapper sends its file or its range of one, and gives the file back',
    source: 'PEP 3333, optional platform-specific file handling',
    async run(trial) {
      const folder = await mkdtemp(join(tmpdir(), 'tsgi-file-'))
      try {
        const path = join(folder, 'file.bin')
        const bytes = randomBytes(200_000)
        await writeFile(path, bytes)
        const ranges: [name: string, range: { start?: number; end?: number }, bytes: Uint8Array][] = [
          ['all of it', {}, bytes],
          ['a range', { start: 70_001, end: 140_003 }, bytes.subarray(70_001, 140_003)],
          ['from a place on', { start: 199_999 }, bytes.subarray(199_999)],
          ['up to a place', { end: 1 }, bytes.subarray(0, 1)],
          ['an empty range', { start: 5, end: 5 }, NOTHING],
        ]
        for (const [name, range, expected] of ranges) {
          const site = await trial.serve((environ, startResponse) => {
            startResponse('200 OK', [...BINARY, ['Content-Length', String(expected.length)]])
            const file = { path, ...range }
            return environ['wsgi.file_wrapper']?.(file) ?? new FileWrapper(file)
          })
          const { status, body } = await site.ask()
          assert.deepEqual([status, digestOf(body)], [200, digestOf(expected)], name)
        }
        const rows: [
          name: string,
          question: Question,
          headers: Header[],
          pushed: string,
          sent: Uint8Array,
        ][] = [
          ['from where it stands', {}, BINARY, '', bytes.subarray(10)],
          ['no more than declared', {}, [...BINARY, ['Content-Length', '99']], '', bytes.subarray(10, 109)],
          [
            'behind a write',
            {},
            BINARY,
            'pushed',
            Buffer.concat([Buffer.from('pushed'), bytes.subarray(10)]),
          ],
          ['for HEAD', { method: 'HEAD' }, BINARY, '', NOTHING],
        ]
        for (const [name, question, headers, pushed, expected] of rows) {
          const log = new Log()
          const site = await trial.serve(async (_, startResponse) => {
            const file = await open(path)
            const close = file.close.bind(file)
            file.close = () => close().then(() => log.add('closed'))
            await file.read(Buffer.alloc(10))
            await startResponse('200 OK', headers)(Buffer.from(pushed))
            return new FileWrapper(file, 7_777)
          })
          const { status, body, behind } = await site.askLast(question)
          assert.deepEqual(
            [status, digestOf(body), behind],
            [200, digestOf(expected), ''],
            `an open file, ${name}`,
          )
          await log.until('closed')
        }
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  },
  {
    key: 'body.streamed',
    sentence: 'a chunk is sent before the next one exists',
    source: 'PEP 3333, buffering and streaming',
    needs: ['streamed-responses'],
    async run(trial) {
      const rows: [
        name: string,
        headers: Header[],
        give: (gates: Gate[], write: Write) => Body | Promise<Body>,
      ][] = [
        ['an async generator', PLAIN, (gates) => wordsWith(gates)],
        ['one of a length declared', [...PLAIN, ['Content-Length', '11']], (gates) => wordsWith(gates)],
        [
          'write',
          PLAIN,
          async (gates, write) => {
            for await (const word of wordsWith(gates)) await write(word)
            return []
          },
        ],
        [
          'write, nobody waiting',
          PLAIN,
          async (gates, write) => {
            for await (const word of wordsWith(gates)) void write(word)
            return []
          },
        ],
        [
          'write, then a generator',
          PLAIN,
          async ([first, second], write) => {
            await write(Buffer.from('one'))
            await first?.opened
            return wordsWith([second!], ['two', 'three'])
          },
        ],
      ]
      for (const [name, headers, give] of rows) {
        const gates = [new Gate(), new Gate()]
        const site = await trial.serve((_, startResponse) => give(gates, startResponse('200 OK', headers)))
        const client = await site.connect()
        const head = await client.ask({}).finalHead()
        assert.equal(head.status, 200, name)
        const body = client.body(head)
        for (const [i, word] of WORDS.entries()) {
          let sent = ''
          while (sent.length < word.length) {
            const { value, done } = await body.next()
            assert.ok(!done, `${name}: ${word} before the end of the body`)
            sent += Buffer.from(value).toString()
          }
          assert.equal(sent, word, name)
          gates[i]?.open()
        }
        assert.equal((await body.next()).done, true, `${name}: the end behind the last chunk`)
      }
    },
  },
  {
    key: 'body.write',
    sentence: 'what is written is sent in order and before the body, and no more once the answer is over',
    source: 'PEP 3333, the write() callable',
    async run(trial) {
      const rows: [name: string, headers: Header[], give: (write: Write) => Body | Promise<Body>][] = [
        ['and no body', PLAIN, (write) => writeAll(write, bytesOf('a', 'b', 'c'))],
        [
          'and an array of one chunk, which is not all there is',
          PLAIN,
          async (write) => {
            await writeAll(write, bytesOf('a', 'b'))
            return bytesOf('c')
          },
        ],
        [
          'and text(), nobody waiting',
          PLAIN,
          (write) => {
            void write(Buffer.from('a'))
            void write(Buffer.from('b'))
            return text('c')
          },
        ],
        [
          'and an async generator, of a length declared',
          [...PLAIN, ['Content-Length', '3']],
          async (write) => {
            await write(Buffer.from('a'))
            return generateAsync(bytesOf('b', 'c'))
          },
        ],
      ]
      for (const [name, headers, give] of rows) {
        const site = await trial.serve((_, startResponse) => give(startResponse('200 OK', headers)))
        const answer = await site.askLast()
        assert.deepEqual([answer.status, answer.text, answer.behind], [200, 'abc', ''], name)
      }
      const log = new Log()
      const site = await trial.serve((environ, startResponse) => {
        const write = startResponse('200 OK', PLAIN)
        environ['tsgi.exchange'].onFinish(() => {
          write(Buffer.from('late')).then(
            () => log.add('taken'),
            () => log.add('refused'),
          )
        })
        return bytesOf('a', 'b')
      })
      const answer = await site.askLast()
      assert.deepEqual([answer.text, answer.behind], ['ab', ''], 'and a write when the answer is over')
      await log.until('refused')
    },
  },
  {
    key: 'body.backpressure',
    sentence: 'while the client does not read, no more chunks are asked for than fit on the way to it',
    source: 'TSGI, the body',
    needs: ['backpressure', 'abort'],
    async run(trial) {
      const whole = digestOf(...blocks())
      const stalled = async (name: string, give: () => Body) => {
        const log = new Log()
        const site = await trial.serve((_, startResponse) => {
          startResponse('200 OK', BINARY)
          return observed(log, give())
        })
        const client = await site.connect()
        client.ask({})
        await log.until('next')
        await log.quiet()
        assert.ok(
          log.count('next') < CHUNKS,
          `${name}: fewer than ${CHUNKS} chunks asked for, read by nobody`,
        )
        return { client, log }
      }
      const readOn = async ([name, give]: Stream) => {
        const { client, log } = await stalled(name, give)
        const { status, body } = await client.answer()
        assert.deepEqual([status, digestOf(body)], [200, whole], `${name}, once it is read`)
        await log.until('close')
      }
      const leave = async ([name, give]: Stream) => {
        const { client, log } = await stalled(name, give)
        client.leave()
        await log.until('close')
        assert.ok(log.count('next') < CHUNKS, `${name}: no more chunks asked for when the client leaves`)
        const rest = log.entries.filter((entry) => entry !== 'next')
        assert.deepEqual(rest, ['begun', 'return', 'close'], `${name}: closed when the client leaves`)
      }
      await Promise.all([...STREAMS.map(readOn), ...STREAMS.map(leave)])
    },
  },
  {
    key: 'body.write-backpressure',
    sentence: 'while the client does not read, what write gives is not resolved, and no body is begun',
    source: 'TSGI, startResponse',
    needs: ['backpressure', 'abort'],
    async run(trial) {
      const stalled = async () => {
        const log = new Log()
        const site = await trial.serve(async (_, startResponse) => {
          const write = startResponse('200 OK', BINARY)
          try {
            for (const block of blocks()) {
              log.add('write')
              await write(block)
            }
          } finally {
            log.add('over')
          }
          return []
        })
        const client = await site.connect()
        client.ask({})
        await log.until('write')
        await log.quiet()
        assert.ok(log.count('write') < CHUNKS, `fewer than ${CHUNKS} blocks written, read by nobody`)
        return { client, log }
      }
      const readOn = async () => {
        const { client } = await stalled()
        const { status, body } = await client.answer()
        assert.deepEqual([status, digestOf(body)], [200, digestOf(...blocks())], 'once it is read')
      }
      const leave = async () => {
        const { client, log } = await stalled()
        client.leave()
        // Nobody is left to read: a write that went on waiting would wait for ever.
        await log.until('over')
      }
      const writeAhead = async () => {
        const log = new Log()
        const written = Buffer.alloc(CHUNKS * CHUNK_BYTES, 'w')
        const site = await trial.serve((_, startResponse) => {
          void startResponse('200 OK', BINARY)(written)
          log.add('written')
          return observed(log, generate(bytesOf('body')))
        })
        const client = await site.connect()
        client.ask({})
        await log.until('written')
        await log.quiet()
        assert.ok(!log.has('next'), 'no chunk of a body asked for that stands behind a write which waits')
        const { status, body } = await client.answer()
        const whole = digestOf(written, Buffer.from('body'))
        assert.deepEqual([status, digestOf(body)], [200, whole], 'a write and a body, once they are read')
      }
      await Promise.all([readOn(), leave(), writeAhead()])
    },
  },
]

function framing(head: AnswerHead): { lengths: string[]; codings: string[] } {
  return { lengths: headersNamed(head, 'content-length'), codings: headersNamed(head, 'transfer-encoding') }
}

/** Chunks which a chunk's own framing could be mistaken for, and one whose size has another look in hexadecimal. */
const FRAMED_CHUNKS = ['5\r\nhello\r\n', '0\r\n\r\n', 'a chunk of thirty-three bytes, ok']
const FRAMED = FRAMED_CHUNKS.join('')

/** The same answer, given in every way, without its length declared and with it. */
async function allWays(
  trial: ServerTrial,
  version: '1.0' | '1.1',
): Promise<[name: string, answer: LastAnswer, declared: boolean][]> {
  const answers: [name: string, answer: LastAnswer, declared: boolean][] = []
  let way: Way
  let headers: Header[]
  const site = await trial.serve((_, startResponse) =>
    way.give(FRAMED_CHUNKS, new Log(), startResponse('200 OK', headers)),
  )
  for (way of WAYS) {
    headers = PLAIN
    answers.push([way.name, await site.askLast({ version }), false])
    headers = [...PLAIN, ['content-length', String(FRAMED.length)]]
    answers.push([`${way.name}, its length declared`, await site.askLast({ version }), true])
  }
  return answers
}

function* generate(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield* chunks
}

async function* generateAsync(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks
}

async function writeAll(write: Write, chunks: Iterable<Uint8Array>): Promise<Body> {
  for (const chunk of chunks) await write(chunk)
  return []
}

function bytesOf(...texts: string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text))
}

const WORDS = ['one', 'two', 'three']

/** One word after the other, each but the first behind a gate. */
async function* wordsWith(gates: readonly Gate[], words = WORDS): AsyncGenerator<Uint8Array, void> {
  for (const [i, word] of words.entries()) {
    if (i > 0) await gates[i - 1]?.opened
    yield Buffer.from(word)
  }
}

/** Together far more than the kernel keeps for a connection. */
const CHUNKS = 256
const CHUNK_BYTES = 65_536

type Stream = readonly [name: string, give: () => Body]

const STREAMS: readonly Stream[] = [
  ['a generator', () => blocks()],
  ['an async generator', () => generateAsync(blocks())],
]

function* blocks(): Generator<Uint8Array, void> {
  for (let i = 0; i < CHUNKS; i++) yield Buffer.alloc(CHUNK_BYTES, i)
}
