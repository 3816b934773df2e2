import assert from 'node:assert/strict'
import { type Body, type Header, type StartResponse, type Status, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { type AnswerHead, headersNamed } from '../client.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

const PLAIN: Header = ['Content-Type', 'text/plain']
const EMPTY = new Uint8Array()

export const startResponseCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'head.checked',
    sentence:
      'startResponse throws, while it is called, at a status, a name or a value that is none, and at hop-by-hop headers',
    source: 'PEP 3333, the start_response() callable; RFC 9110 section 5',
    async run(trial) {
      let [asked] = BAD_HEADS
      let thrown: unknown[] = []
      const error = new Error('why the head is replaced')
      const site = await trial.serve((_, startResponse) => {
        const [, status, headers] = asked!
        const call = (error?: unknown) => startResponse(status as Status, headers as Header[], error)
        thrown = [thrownBy(() => call()), thrownBy(() => call(error))]
        startResponse('200 OK', [['X-Good', 'yes']], error)
        return text('good')
      })
      for (const row of BAD_HEADS) {
        asked = row
        const [fault] = row
        const answer = await site.ask()
        const [first, again] = thrown
        assert.ok(first instanceof Error, `${fault} makes a first call throw`)
        assert.ok(again instanceof Error && again !== error, `${fault} makes a call that replaces throw`)
        assert.deepEqual([answer.status, answer.text], [200, 'good'], fault)
        assert.deepEqual(headersNamed(answer, 'x-good'), ['yes'], fault)
        assert.deepEqual(headersNamed(answer, 'evil'), [], fault)
      }
    },
  },
  {
    key: 'head.late',
    sentence:
      'nothing goes out before the first chunk that is not empty, or the end: until then the head may still change',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      for (const [when, app, body] of LATE) {
        const site = await trial.serve((_, startResponse) => app(startResponse))
        const answer = await site.ask()
        assert.deepEqual([answer.status, answer.text, whichOf(answer)], [503, body, ['second']], when)
      }
    },
  },
  {
    key: 'head.replaced',
    sentence: 'startResponse with an error replaces status and headers, each time, while nothing was sent',
    source: 'PEP 3333, error handling',
    async run(trial) {
      const site = await trial.serve((_, startResponse) => {
        const error = new Error('why')
        startResponse('200 OK', [
          ['Content-Length', '3'],
          ['Content-Type', 'text/html'],
          ['Set-Cookie', 'a=1'],
          ['X-Which', 'first'],
        ])
        startResponse('404 Not Found', [['X-Which', 'second']], error)
        startResponse('500 Internal Server Error', [PLAIN, ['X-Which', 'third']], error)
        return text('longer than the first')
      })
      const answer = await site.ask()
      assert.deepEqual([answer.status, answer.text], [500, 'longer than the first'])
      assert.deepEqual(whichOf(answer), ['third'])
      assert.deepEqual(headersNamed(answer, 'content-type'), ['text/plain'])
      assert.deepEqual(headersNamed(answer, 'set-cookie'), [])
    },
  },
  {
    key: 'head.second-call',
    sentence:
      'a second call of startResponse without an error throws, also when the first one failed, and changes nothing',
    source: 'PEP 3333, the start_response() callable',
    async run(trial) {
      let thrown: unknown
      const twice = await trial.serve((_, startResponse) => {
        startResponse('200 OK', [PLAIN, ['X-Which', 'first']])
        thrown = thrownBy(() => startResponse('404 Not Found', [['X-Which', 'second']]))
        return text('hello')
      })
      const answer = await twice.ask()
      assert.ok(thrown instanceof Error, 'a second call throws')
      assert.deepEqual([answer.status, answer.text, whichOf(answer)], [200, 'hello', ['first']])

      const afterFailure = await trial.serve((_, startResponse) => {
        thrownBy(() => startResponse('200' as Status, []))
        thrown = thrownBy(() => startResponse('200 OK', [['X-Which', 'second']]))
        startResponse('404 Not Found', [['X-Which', 'third']], thrown)
        return text('hello')
      })
      const last = await afterFailure.ask()
      assert.ok(thrown instanceof Error, 'a second call throws when the first one failed')
      assert.deepEqual([last.status, last.text, whichOf(last)], [404, 'hello', ['third']])
    },
  },
  {
    key: 'head.after-bytes',
    sentence:
      'once bytes are out startResponse throws the error that it was given, and the answer stays what it is',
    source: 'PEP 3333, error handling',
    async run(trial) {
      for (const [how, app] of AFTER_BYTES) {
        const error = new Error('why')
        const thrown: unknown[] = []
        const site = await trial.serve((_, startResponse) =>
          app(startResponse, () => {
            // An application must let it pass; this one goes on, so that the rest of the answer can be seen.
            thrown.push(
              thrownBy(() => startResponse('500 Internal Server Error', [['X-Which', 'second']], error)),
            )
            thrown.push(thrownBy(() => startResponse('404 Not Found', [['X-Which', 'third']])))
          }),
        )
        const answer = await site.ask()
        assert.equal(thrown.length, 2, how)
        assert.equal(thrown[0], error, `${how}: the error that was given`)
        assert.ok(thrown[1] instanceof Error && thrown[1] !== error, `${how}: an error without one`)
        assert.deepEqual([answer.status, answer.text, whichOf(answer)], [200, 'onetwo', ['first']], how)
      }
    },
  },
]

type BadHead = readonly [fault: string, status: unknown, headers: unknown]

const BAD_HEADS: readonly BadHead[] = [
  ...[
    ['no status', undefined],
    ['a status that is a number', 200],
    ['a status without a reason', '200'],
    ['a status without a code', 'OK'],
    ['a status without a space', '200OK'],
    ['a code of two digits', '20 OK'],
    ['a code of four digits', '2000 OK'],
    ['a code in other digits', '\u0662\u0660\u0660 OK'],
    ['a status with a space in front', ' 200 OK'],
    ['a reason with a line end', '200 OK\r\nEvil: 1'],
    ['a reason with a line feed', '200 OK\nEvil: 1'],
    ['a reason with NUL', '200 O\0K'],
    ['a reason with DEL', '200 O\x7fK'],
    // The low byte of U+010A is a line feed, that of U+010D a carriage return (CVE-2016-2216).
    ['a reason whose low bytes are a line end', '200 OK\u010d\u010aEvil: 1'],
    ['a reason above U+00FF', '200 \u20ac'],
  ].map(([fault, status]): BadHead => [String(fault), status, []]),
  ...[
    ['no headers', undefined],
    ['headers as text', 'Evil: 1'],
    ['headers as an object', { Evil: '1' }],
    ['a header as text', ['Evil: 1']],
    ['a header without a value', [['Evil']]],
    ['a header with two values', [['Evil', '1', '2']]],
    ['a value that is a number', [['Evil', 1]]],
    ['a value that is missing', [['Evil', undefined]]],
    ['a value that is a list', [['Evil', ['1', '2']]]],
    ['a bad header behind a good one', [PLAIN, ['Evil', '\n']]],
  ].map(([fault, headers]): BadHead => [String(fault), '200 OK', headers]),
  ...[
    '',
    ' ',
    'Evil ',
    ' Evil',
    'Ev il',
    'Evil:',
    'Evil: 1\r\nX',
    'Evil\n',
    'Ev\0il',
    'Ev\xefl',
    'Ev\u010ail',
    'E(v)il',
  ].map((name): BadHead => [`the name ${JSON.stringify(name)}`, '200 OK', [[name, '1']]]),
  ...['\r\n', '\n', '\r', '\0', '\x1f', '\x7f', '\u0100', '\u010d\u010a', '\u20ac', '\ud83d\ude00'].map(
    (bad): BadHead => [`a value with ${JSON.stringify(bad)}`, '200 OK', [['Evil', `1${bad}Evil: 2`]]],
  ),
  ...[
    'Connection',
    'connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'Trailers',
    'TRANSFER-ENCODING',
    'Upgrade',
  ].map((name): BadHead => [`the hop-by-hop ${name}`, '200 OK', [[name, 'close']]]),
]

/** Each answers 503, and throws when it cannot any more. */
const LATE: readonly [
  when: string,
  app: (startResponse: StartResponse) => Body | Promise<Body>,
  body: string,
][] = [
  [
    'called first behind an empty chunk',
    function* (startResponse) {
      yield EMPTY
      replace(startResponse)
      yield Buffer.from('body')
    },
    'body',
  ],
  [
    'replaced behind empty chunks',
    async function* (startResponse) {
      begin(startResponse)
      yield EMPTY
      yield EMPTY
      replace(startResponse)
      yield Buffer.from('body')
    },
    'body',
  ],
  [
    'replaced behind an empty write',
    async (startResponse) => {
      await begin(startResponse)(EMPTY)
      replace(startResponse)
      return text('body')
    },
    'body',
  ],
  [
    'replaced when others had their turn',
    async (startResponse) => {
      begin(startResponse)
      await new Promise((resolve) => setImmediate(resolve))
      replace(startResponse)
      return text('body')
    },
    'body',
  ],
  [
    'replaced at the end of a body that is empty',
    async function* (startResponse) {
      begin(startResponse)
      yield EMPTY
      replace(startResponse)
    },
    '',
  ],
]

/** Each answers with "one", then does what it is told to, then with "two". */
const AFTER_BYTES: readonly [how: string, app: (startResponse: StartResponse, then: () => void) => Body][] = [
  [
    'yielded',
    function* (startResponse, then) {
      begin(startResponse)
      yield Buffer.from('one')
      then()
      yield Buffer.from('two')
    },
  ],
  [
    'written',
    (startResponse, then) => {
      void begin(startResponse)(Buffer.from('one'))
      then()
      return text('two')
    },
  ],
]

function begin(startResponse: StartResponse): ReturnType<StartResponse> {
  return startResponse('200 OK', [PLAIN, ['X-Which', 'first']])
}

function replace(startResponse: StartResponse): void {
  startResponse('503 Service Unavailable', [PLAIN, ['X-Which', 'second']], new Error('why'))
}

function whichOf(head: AnswerHead): string[] {
  return headersNamed(head, 'x-which')
}

/** What it throws, or nothing. */
function thrownBy(act: () => unknown): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return error
  }
}
