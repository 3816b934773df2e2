import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Application, Body, Environ, Header, Outcome, StartResponse, Status } from '../src/contract.ts'
import {
  Call,
  errorStream,
  GatewayExchange,
  InputError,
  type ResponseHead,
  type Sink,
} from '../src/gateway.ts'
import { mapBody, setupTestingDefaults, text } from '../src/index.ts'
import { bytes, never, observe, settled } from './observe.ts'

/** A transport that writes down what it is told, and takes chunks only when it is let. */
class Transport implements Sink {
  readonly log: string[] = []
  #release: (() => void) | undefined = undefined
  isFull = false

  sendHead({ code, reason, headers }: ResponseHead): void {
    this.log.push(
      `head ${code} ${reason}${headers.map((part, i) => (i % 2 === 0 ? `; ${part}: ` : part)).join('')}`,
    )
  }

  sendChunk(chunk: Uint8Array): Promise<void> | undefined {
    this.log.push(`chunk ${Buffer.from(chunk)}`)
    if (!this.isFull) return undefined
    return new Promise((resolve) => {
      this.#release = resolve
    })
  }

  end(last?: Uint8Array | string): void {
    this.log.push(
      last === undefined ? 'end' : `end ${typeof last === 'string' ? `"${last}"` : Buffer.from(last)}`,
    )
  }

  abort(): void {
    this.log.push('abort')
  }

  drain(): void {
    this.#release?.()
  }
}

interface Run {
  transport: Transport
  call: Call
  environ: Environ
  /** What was written to the error stream. */
  errors: string[]
  outcomes: Outcome[]
  /** Whether the signal has fired. */
  aborted: () => boolean
}

function run(app: Application, changes: Partial<Environ> = {}, transport = new Transport()): Run {
  const errors: string[] = []
  const stream = errorStream((line) => errors.push(line))
  const exchange = new GatewayExchange(stream)
  const environ = setupTestingDefaults({ ...changes, 'wsgi.errors': stream, 'tsgi.exchange': exchange })
  const call = new Call(transport, exchange, environ)
  const outcomes: Outcome[] = []
  exchange.onFinish((outcome) => outcomes.push(outcome))
  call.run(app, environ)
  return { transport, call, environ, errors, outcomes, aborted: () => exchange.signal.aborted }
}

const ok = (startResponse: StartResponse): void => void startResponse('200 OK', [['X-A', '1']])

/** An application that gives a body of its own for each request. */
const answering =
  (body: () => Body, status: Status = '200 OK', headers: Header[] = [['X-A', '1']]): Application =>
  (_, startResponse) => {
    startResponse(status, headers)
    return body()
  }

describe('the way of an answer', () => {
  const TABLE: [fact: string, app: Application, log: string[]][] = [
    [
      'sends one chunk in an array with its length, at once',
      answering(() => [bytes('abc')]),
      ['head 200 OK; X-A: 1; Content-Length: 3', 'end abc'],
    ],
    [
      'sends a text without encoding it, with its length in bytes',
      answering(() => text('é')),
      ['head 200 OK; X-A: 1; Content-Length: 2', 'end "é"'],
    ],
    [
      'encodes a text of another charset',
      answering(() => text('abc', 'iso-8859-1')),
      ['head 200 OK; X-A: 1', 'chunk abc', 'end'],
    ],
    [
      'gives an empty body the length 0',
      answering(() => []),
      ['head 200 OK; X-A: 1; Content-Length: 0', 'end'],
    ],
    [
      'gives one empty chunk the length 0',
      answering(() => [bytes('')]),
      ['head 200 OK; X-A: 1; Content-Length: 0', 'end'],
    ],
    [
      'sends several chunks without a length',
      answering(() => [bytes('a'), bytes(''), bytes('b')]),
      ['head 200 OK; X-A: 1', 'chunk a', 'chunk b', 'end'],
    ],
    [
      'sends an iterable of one chunk that is no array without a length',
      answering(() => new Set([bytes('a')])),
      ['head 200 OK; X-A: 1', 'chunk a', 'end'],
    ],
    [
      'keeps a declared length',
      answering(() => [bytes('abc')], '200 OK', [['content-length', '3']]),
      ['head 200 OK; content-length: 3', 'end abc'],
    ],
    [
      'lets a generator start the response late, after empty chunks',
      function* (_: Environ, startResponse: StartResponse) {
        yield bytes('')
        ok(startResponse)
        yield bytes('a')
      },
      ['head 200 OK; X-A: 1', 'chunk a', 'end'],
    ],
    [
      'sends what is written before the body, in order',
      (_, startResponse) => {
        const write = startResponse('200 OK', [])
        void write(bytes('a'))
        void write(bytes(''))
        void write(bytes('b'))
        return [bytes('c')]
      },
      ['head 200 OK', 'chunk a', 'chunk b', 'chunk c', 'end'],
    ],
    [
      'sends nothing before the first chunk that is not empty, so that an error can still replace the head',
      function* (_: Environ, startResponse: StartResponse) {
        ok(startResponse)
        yield bytes('')
        startResponse('503 Service Unavailable', [['X-B', '2']], new Error('late'))
        yield bytes('down')
      },
      ['head 503 Service Unavailable; X-B: 2', 'chunk down', 'end'],
    ],
    [
      'takes no Content-Length on 204',
      answering(() => [bytes('abc')], '204 No Content', [['Content-Length', '3']]),
      ['head 204 No Content', 'end'],
    ],
    [
      'adds no Content-Length to 304 and sends no body',
      answering(() => [bytes('abc')], '304 Not Modified', [['ETag', '"a"']]),
      ['head 304 Not Modified; ETag: "a"', 'end'],
    ],
    [
      'cuts away what goes past the declared length',
      answering(() => [bytes('ab'), bytes('cd'), bytes('e')], '200 OK', [['Content-Length', '3']]),
      ['head 200 OK; Content-Length: 3', 'chunk ab', 'chunk c', 'end'],
    ],
    [
      'cuts the connection when fewer bytes come than were declared',
      answering(() => [bytes('ab')], '200 OK', [['Content-Length', '3']]),
      ['head 200 OK; Content-Length: 3', 'chunk ab', 'abort'],
    ],
    [
      'answers 500 when the application throws',
      () => {
        throw new Error('boom')
      },
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
    ],
    [
      'answers 500 when startResponse was never called',
      () => [bytes('a')],
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
    ],
    [
      'answers 500 when startResponse was never called and the body is empty',
      () => [],
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
    ],
    [
      'cuts the connection when the body throws after the first byte',
      function* (_: Environ, startResponse: StartResponse) {
        ok(startResponse)
        yield bytes('a')
        throw new Error('boom')
      },
      ['head 200 OK; X-A: 1', 'chunk a', 'abort'],
    ],
  ]

  it.each(TABLE)('%s', async (_, app, log) => {
    const { transport } = run(app)
    expect(transport.log).toEqual(log) // at once: a sync application is answered without a promise in between
  })

  it.each(TABLE)('%s, when the application is async', async (_, app, log) => {
    const { transport } = run(async (environ, startResponse) => app(environ, startResponse))
    await settled()
    expect(transport.log).toEqual(log)
  })

  it.each(TABLE)('%s, when the body is async', async (_, app, log) => {
    const { transport } = run((environ, startResponse) =>
      mapBody(app(environ, startResponse) as Body, { chunk: (chunk) => chunk }),
    )
    await settled()
    // What is at hand in an array goes out with its length; a mapped body is not at hand.
    const [head, last] = log
    if (last?.startsWith('end ') && !head?.startsWith('head 500')) {
      expect(transport.log).toEqual([
        head?.replace(/; Content-Length: \d+/, ''),
        last.replace(/end "?(.*?)"?$/, 'chunk $1'),
        'end',
      ])
    } else expect(transport.log).toEqual(log)
  })

  it.each([
    ['one chunk', () => [bytes('abc')], 'head 200 OK; Content-Length: 3'],
    ['a text', () => text('abc'), 'head 200 OK; Content-Length: 3'],
    ['several chunks', () => [bytes('a'), bytes('b')], 'head 200 OK'],
    ['no chunk', () => [], 'head 200 OK'],
  ])('answers HEAD with the head of GET and no body: %s', (_, body, head) => {
    const { transport, outcomes, call } = run(
      answering(() => body(), '200 OK', []),
      {
        REQUEST_METHOD: 'HEAD',
      },
    )
    call.sent()
    expect(transport.log).toEqual([head, 'end'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 0, error: undefined, aborted: false }])
  })

  it('keeps the length that an answer to HEAD declares', () => {
    const { transport } = run(
      answering(() => [], '200 OK', [['Content-Length', '9']]),
      {
        REQUEST_METHOD: 'HEAD',
      },
    )
    expect(transport.log).toEqual(['head 200 OK; Content-Length: 9', 'end'])
  })

  it('answers HEAD without a body when the application fails', () => {
    const { transport } = run(
      () => {
        throw new Error('boom')
      },
      { REQUEST_METHOD: 'HEAD' },
    )
    expect(transport.log).toEqual([
      'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
      'end',
    ])
  })
})

it('reports what was cut away', () => {
  const { errors } = run(answering(() => [bytes('ab'), bytes('cd')], '200 OK', [['Content-Length', '3']]))
  expect(errors.join('')).toContain('must have the 3 bytes that Content-Length declares; got more')
})

describe('startResponse', () => {
  const attempts: [fact: string, attempt: (startResponse: StartResponse) => void, message: RegExp][] = [
    [
      'a second call without an error',
      (startResponse) => {
        ok(startResponse)
        ok(startResponse)
      },
      /got a second call/,
    ],
    [
      'a status that is none',
      (startResponse) => void startResponse('200OK' as '200 OK', []),
      /status must be .* got "200OK"/,
    ],
    ['a line feed in the reason', (startResponse) => void startResponse('200 O\nK', []), /status must be/],
    [
      'a character above U+00FF in the reason',
      (startResponse) => void startResponse('200 \u010a', []),
      /status must be/,
    ],
    [
      'headers that are no array',
      (startResponse) => void startResponse('200 OK', new Map() as never),
      /headers must be/,
    ],
    ['a pair that is none', (startResponse) => void startResponse('200 OK', ['ab'] as never), /headers/],
    ['a name that is no token', (startResponse) => void startResponse('200 OK', [['a b', 'c']]), /token/],
    [
      'a value with a line feed',
      (startResponse) => void startResponse('200 OK', [['a', 'b\nSet-Cookie: x']]),
      /control/,
    ],
    [
      'a value that truncates to a line feed',
      (startResponse) => void startResponse('200 OK', [['a', '\u010aX']]),
      /U\+00FF/,
    ],
    [
      'a hop-by-hop header',
      (startResponse) => void startResponse('200 OK', [['Connection', 'close']]),
      /hop-by-hop/,
    ],
    ['a Status header', (startResponse) => void startResponse('200 OK', [['Status', '200']]), /Status/],
    [
      'a length that is none',
      (startResponse) => void startResponse('200 OK', [['Content-Length', '+5']]),
      /Content-Length/,
    ],
    [
      'two lengths',
      (startResponse) =>
        void startResponse('200 OK', [
          ['Content-Length', '5'],
          ['content-length', '5'],
        ]),
      /Content-Length/,
    ],
  ]

  it.each(attempts)('throws on %s, where the application can see it', (_, attempt, message) => {
    let thrown: unknown
    run((_, startResponse) => {
      try {
        attempt(startResponse)
      } catch (error) {
        thrown = error
      }
      return []
    })
    expect(String(thrown)).toMatch(message)
  })

  it('counts a call that failed: only one with the error may follow', () => {
    const { transport } = run((_, startResponse) => {
      try {
        startResponse('200' as '200 OK', [])
      } catch (error) {
        expect(() => startResponse('200 OK', [])).toThrow('second call')
        startResponse('500 Oh No', [], error)
      }
      return [bytes('x')]
    })
    expect(transport.log[0]).toBe('head 500 Oh No; Content-Length: 1')
  })

  it('answers 500 when the call that was to replace the head failed', () => {
    const { transport } = run((_, startResponse) => {
      ok(startResponse)
      try {
        startResponse('500' as '500 Oh No', [], new Error('first'))
      } catch {}
      return [bytes('x')]
    })
    expect(transport.log[0]).toMatch(/^head 500 Internal Server Error;/)
  })

  it('throws that same error once the head is out', () => {
    const error = new Error('late')
    let thrown: unknown
    run(function* (_, startResponse) {
      ok(startResponse)
      yield bytes('a')
      try {
        startResponse('500 Oh No', [], error)
      } catch (caught) {
        thrown = caught
      }
    })
    expect(thrown).toBe(error)
  })

  it('takes the status with a tab in a value, an empty reason and obs-text', () => {
    const { transport } = run(answering(() => [], '299 ', [['a', 'b\tc\xe9']]))
    expect(transport.log[0]).toBe('head 299 ; a: b\tc\xe9; Content-Length: 0')
  })

  it('copies the headers: what happens to the list later is too late', () => {
    const headers: [string, string][] = [['a', 'b']]
    const { transport } = run((_, startResponse) => {
      startResponse('200 OK', headers)
      headers.push(['c', 'd\n'])
      return []
    })
    expect(transport.log[0]).toBe('head 200 OK; a: b; Content-Length: 0')
    expect(headers).toEqual([
      ['a', 'b'],
      ['c', 'd\n'],
    ])
  })

  it('throws after the answer is over', async () => {
    let late: StartResponse | undefined
    run((_, startResponse) => {
      late = startResponse
      return []
    })
    expect(() => late?.('200 OK', [])).toThrow('the response is over')
  })
})

describe('write', () => {
  it('is settled when the transport has room again', async () => {
    const transport = new Transport()
    transport.isFull = true
    const log: string[] = []
    run(
      async (_, startResponse) => {
        const write = startResponse('200 OK', [])
        await write(bytes('a'))
        log.push('written')
        return []
      },
      {},
      transport,
    )
    await settled()
    expect(log).toEqual([])
    transport.drain()
    await settled()
    expect(log).toEqual(['written'])
    expect(transport.log).toEqual(['head 200 OK', 'chunk a', 'end'])
  })

  it('throws at once on what are no bytes', () => {
    const { errors } = run((_, startResponse) => {
      void startResponse('200 OK', [])('text' as never)
      return []
    })
    expect(errors.join('')).toContain('encode it')
  })

  it('rejects past the declared length, sends what fits, and says so', async () => {
    let failure: Promise<void> | undefined
    const { transport, errors } = run((_, startResponse) => {
      failure = startResponse('200 OK', [['Content-Length', '2']])(bytes('abc'))
      return []
    })
    await expect(failure).rejects.toThrow(RangeError)
    expect(transport.log).toEqual(['head 200 OK; Content-Length: 2', 'chunk ab', 'end'])
    expect(errors.join('')).toContain('must have the 2 bytes that Content-Length declares; got more')
  })

  it('rejects after the end, also when nobody waits for it', async () => {
    let write: ((chunk: Uint8Array) => Promise<void>) | undefined
    run((_, startResponse) => {
      write = startResponse('200 OK', [])
      return [bytes('whole')]
    })
    await expect(write?.(bytes('a'))).rejects.toThrow('response is over')
    void write?.(bytes('a'))
    await settled()
  })
})

it('is over when its body has ended: a write that comes late is refused, whatever the body was', async () => {
  let write: ((chunk: Uint8Array) => Promise<void>) | undefined
  const { transport } = run((_, startResponse) => {
    write = startResponse('200 OK', [])
    return [bytes('a'), bytes('b')]
  })
  await expect(write?.(bytes('late'))).rejects.toThrow('response is over')
  expect(transport.log).toEqual(['head 200 OK', 'chunk a', 'chunk b', 'end'])
})

describe('backpressure', () => {
  it('asks for the next chunk when the last has been taken', async () => {
    const transport = new Transport()
    transport.isFull = true
    let pulled = 0
    run(
      function* (_, startResponse) {
        ok(startResponse)
        for (; pulled < 100; pulled++) yield bytes('a')
      },
      {},
      transport,
    )
    await settled()
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a'])
    transport.isFull = false
    transport.drain()
    await settled()
    expect(transport.log).toHaveLength(102)
  })
})

describe('a transport that fails', () => {
  it('is cut, and the failure reported', () => {
    const transport = new Transport()
    transport.end = () => {
      throw new Error('no such header')
    }
    const { errors } = run(
      answering(() => [bytes('a')]),
      {},
      transport,
    )
    expect(transport.log.at(-1)).toBe('abort')
    expect(errors.join('')).toContain('no such header')
  })
})

describe('what cannot be a body', () => {
  it.each([
    ['a string', 'Hello', 'return text('],
    ['bytes', bytes('Hello'), 'return [bytes]'],
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['a number', 7, 'got a number'],
    ['an object', { a: 1 }, 'got an object (Object)'],
    ['chunks that are strings', ['Hello'], 'encode it'],
    ['chunks that are numbers', [7], 'got a number'],
  ])('%s is answered with 500, and the report names the remedy', (_, body, remedy) => {
    const { transport, errors } = run((_, startResponse) => {
      ok(startResponse)
      return body as unknown as Body
    })
    expect(transport.log[0]).toMatch(/^head 500 /)
    expect(errors.join('')).toContain(remedy)
  })
})

function* fails(before: string[]): Generator<Uint8Array> {
  for (const chunk of before) yield bytes(chunk)
  throw new Error('boom')
}

// biome-ignore lint/correctness/useYield: it fails before it comes to one.
async function* asyncFails(): AsyncGenerator<Uint8Array> {
  throw new Error('boom')
}

async function* stalls(before: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of before) yield bytes(chunk)
  await never
}

describe('closing', () => {
  const TABLE: [
    ending: string,
    chunks: () => Body,
    way: { environ?: Partial<Environ>; status?: `${number} ${string}`; leaves?: boolean },
    log: string[],
    outcome: Partial<Outcome>,
  ][] = [
    ['finished', () => [bytes('a'), bytes('b')], {}, ['begun', 'close'], { status: 200, bytesSent: 2 }],
    [
      'threw before the first chunk, and is async',
      () => asyncFails(),
      {},
      ['begun', 'close'],
      { status: 500, bytesSent: 22, error: new Error('boom') },
    ],
    [
      'threw before the first chunk',
      () => fails([]),
      {},
      ['begun', 'close'],
      { status: 500, bytesSent: 22, error: new Error('boom') },
    ],
    [
      'threw after the first chunk',
      () => fails(['a']),
      {},
      ['begun', 'close'],
      { status: 200, bytesSent: 1, error: new Error('boom') },
    ],
    [
      'a chunk that is none, so that the iterator is left begun',
      () => [bytes('a'), 'b' as never],
      {},
      ['begun', 'return', 'close'],
      { status: 200, bytesSent: 1, error: new TypeError('') },
    ],
    [
      'the client left while it was streaming',
      () => stalls(['a']),
      { leaves: true },
      ['begun', 'return', 'close'], // the generator is busy, and its return waits in line: close does not wait for it
      { status: 200, bytesSent: 1, aborted: true },
    ],
    [
      'HEAD',
      () => [bytes('a'), bytes('b')],
      { environ: { REQUEST_METHOD: 'HEAD' } },
      ['begun', 'return', 'close'],
      { status: 200 },
    ],
    [
      '304',
      () => [bytes('a'), bytes('b')],
      { status: '304 Not Modified' },
      ['begun', 'return', 'close'],
      { status: 304 },
    ],
  ]

  it.each(TABLE)(
    'happens exactly once when: %s',
    async (_, chunks, { environ, status = '200 OK', leaves }, log, outcome) => {
      const found: string[] = []
      const { call, outcomes, aborted, transport } = run((_, startResponse) => {
        startResponse(status, [])
        return observe(found, chunks())
      }, environ)
      await settled()
      const isCut = transport.log.at(-1) === 'abort'
      const end = () => (leaves || isCut ? call.gone() : call.sent())
      end()
      end()
      await settled()
      expect(found).toEqual(log)
      expect(outcomes).toHaveLength(1)
      const { error, ...rest } = outcomes[0]!
      expect(rest).toEqual({ bytesSent: 0, aborted: false, ...without(outcome, 'error') })
      expect(error?.constructor).toBe(outcome.error?.constructor)
      expect(aborted()).toBe(leaves === true)
    },
  )

  it.each<[kind: string, body: (log: string[]) => Body]>([
    [
      'a ReadableStream is cancelled',
      (log) => new ReadableStream<Uint8Array>({ pull: () => never, cancel: () => void log.push('released') }),
    ],
    [
      'a stream of Node is destroyed',
      (log) =>
        new Readable({
          read: () => {},
          destroy: (error, done) => {
            log.push('released')
            done(error)
          },
        }),
    ],
    ['a mapped body is closed', (log) => mapBody(stalls([]), { close: () => void log.push('released') })],
  ])('does not wait for a chunk that may never come: %s', async (_, body) => {
    const log: string[] = []
    const { call, errors } = run(answering(() => body(log)))
    await settled()
    call.gone()
    await settled()
    expect(log).toEqual(['released'])
    expect(errors).toEqual([])
  })

  it('reports a stream that fails once', async () => {
    const { errors } = run(
      answering(
        () =>
          new Readable({
            read() {
              this.destroy(new Error('disk on fire'))
            },
          }),
      ),
    )
    await settled()
    expect(errors.join('').match(/disk on fire/g)).toHaveLength(1)
  })

  it('happens when the client left before there was a body, which is never begun', async () => {
    const found: string[] = []
    let answer: (body: Body) => void = () => {}
    const { call, outcomes, aborted, transport, errors } = run(
      () => new Promise<Body>((resolve) => (answer = resolve)),
    )
    call.gone()
    expect(outcomes).toEqual([{ status: undefined, bytesSent: 0, error: undefined, aborted: true }])
    answer(observe(found, [bytes('a')]))
    await settled()
    expect(found).toEqual(['close'])
    expect(outcomes).toHaveLength(1)
    expect(aborted()).toBe(true)
    expect(transport.log).toEqual([])
    expect(errors).toEqual([])
  })

  it('happens when the client leaves a sync body that waits for room', async () => {
    const found: string[] = []
    const transport = new Transport()
    transport.isFull = true
    const { call, outcomes } = run(
      answering(() => observe(found, [bytes('a'), bytes('b')])),
      {},
      transport,
    )
    call.gone()
    transport.drain()
    await settled()
    expect(found).toEqual(['begun', 'return', 'close'])
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 1, error: undefined, aborted: true }])
  })

  it('happens once when the client leaves after the end, before everything was sent', async () => {
    const found: string[] = []
    const { call, outcomes } = run(answering(() => observe(found, [bytes('a'), bytes('b')])))
    call.gone()
    await settled()
    expect(found).toEqual(['begun', 'close'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 2, error: undefined, aborted: true }])
  })

  it('waits for what a body still has to do when no more of it is asked for', async () => {
    const found: string[] = []
    async function* slow(): AsyncGenerator<Uint8Array> {
      try {
        yield bytes('a')
        yield bytes('b')
      } finally {
        await settled()
        found.push('cleaned up')
      }
    }
    run(
      answering(() => observe(found, slow())),
      { REQUEST_METHOD: 'HEAD' },
    )
    await settled()
    await settled()
    expect(found).toEqual(['begun', 'return', 'cleaned up', 'close'])
  })

  it('does not hold up the end of an exchange whose client left', async () => {
    const { call, outcomes } = run(
      answering(() => Object.assign([bytes('a'), bytes('b')], { close: () => never })),
    )
    call.gone()
    expect(outcomes).toHaveLength(1)
  })

  it('may wait for a chunk after chunks that came by promise', async () => {
    const found: string[] = []
    async function* three(): AsyncGenerator<Uint8Array> {
      try {
        yield bytes('a')
        yield bytes('b')
        yield bytes('never asked for')
      } finally {
        await settled()
        found.push('cleaned up')
      }
    }
    run(answering(() => observe(found, three()), '200 OK', [['Content-Length', '1']]))
    await settled()
    await settled()
    await settled()
    expect(found).toEqual(['begun', 'return', 'cleaned up', 'close'])
  })

  it('has nothing to do where there is no body, and the exchange is finished when the answer is sent', () => {
    const { call, outcomes } = run(() => {
      throw new Error('boom')
    })
    expect(outcomes).toEqual([])
    call.sent()
    expect(outcomes).toEqual([{ status: 500, bytesSent: 22, error: new Error('boom'), aborted: false }])
  })

  it('is waited for before the exchange is finished, and comes after the end of the answer', async () => {
    let closed: () => void = () => {}
    const { call, transport, outcomes } = run((_, startResponse) => {
      ok(startResponse)
      return Object.assign([bytes('a'), bytes('b')], {
        close: () => new Promise<void>((resolve) => (closed = resolve)),
      })
    })
    expect(transport.log.at(-1)).toBe('end')
    call.sent()
    await settled()
    expect(outcomes).toEqual([])
    closed()
    await settled()
    expect(outcomes).toHaveLength(1)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('stuck')
      },
    ],
    ['rejects', () => Promise.reject(new Error('stuck'))],
  ])('that %s is reported, and changes nothing in the answer', async (_, close) => {
    const { call, transport, outcomes, errors } = run((_, startResponse) => {
      ok(startResponse)
      return Object.assign([bytes('a')], { close })
    })
    call.sent()
    await settled()
    expect(transport.log.at(-1)).toBe('end a')
    expect(outcomes).toEqual([{ status: 200, bytesSent: 1, error: undefined, aborted: false }])
    expect(errors.join('')).toContain('stuck')
  })
})

function without<T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = object
  return rest
}

describe('reports', () => {
  it('names the request, shows the stack and the causes, and writes control characters out', () => {
    const { errors } = run(
      () => {
        throw new Error('bad \x1b[31m input', { cause: new Error('the cause') })
      },
      { REQUEST_METHOD: 'POST', REQUEST_URI: '/x?y' },
    )
    const report = errors.join('')
    expect(report).toMatch(/^POST \/x\?y\nError: bad \\x1b\[31m input\n {4}at /)
    expect(report).toContain('caused by: Error: the cause')
  })

  it('says nothing of a body that the client broke off, and answers with its status', async () => {
    const { errors, transport } = run(async () => {
      throw new InputError('nothing came', '408 Request Timeout')
    })
    await settled()
    expect(errors).toEqual([])
    expect(transport.log[0]).toMatch(/^head 408 Request Timeout;/)
  })

  it('says nothing of an application that stops because the signal said so', async () => {
    const { call, errors } = run(
      (environ) =>
        new Promise((_, reject) => {
          const { signal } = environ['tsgi.exchange']
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    call.gone()
    await settled()
    expect(errors).toEqual([])
  })

  it('reports another failure also when the client is gone', async () => {
    let fail: (error: Error) => void = () => {}
    const { call, errors, transport } = run(() => new Promise((_, reject) => (fail = reject)))
    call.gone()
    fail(new Error('a bug'))
    await settled()
    expect(errors.join('')).toContain('a bug')
    expect(transport.log).toEqual([])
  })
})
