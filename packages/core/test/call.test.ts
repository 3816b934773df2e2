import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type {
  Application,
  Body,
  Environ,
  Header,
  Outcome,
  StartResponse,
  Status,
  Write,
} from '../src/contract.ts'
import {
  Call,
  type ErrorHandling,
  errorStream,
  GatewayExchange,
  InputError,
  type ResponseHead,
  type SendFile,
  type Sink,
} from '../src/gateway.ts'
import { FileWrapper, mapBody, onResponse, setupTestingDefaults, text } from '../src/index.ts'
import { bytes, call, never, observe, settled } from './observe.ts'

/** A transport that writes down what it is told, and takes chunks only when it is let. */
class Transport implements Sink {
  readonly log: string[] = []
  readonly #releases: (() => void)[] = []
  isFull = false

  sendHead({ code, reason, headers }: ResponseHead): void {
    this.log.push(
      `head ${code} ${reason}${headers.map((part, i) => (i % 2 === 0 ? `; ${part}: ` : part)).join('')}`,
    )
  }

  sendChunk(chunk: Uint8Array): Promise<void> | undefined {
    this.log.push(`chunk ${Buffer.from(chunk)}`)
    if (!this.isFull) return undefined
    return new Promise((resolve) => this.#releases.push(resolve))
  }

  end(last?: Uint8Array | string): void {
    this.log.push(
      last === undefined ? 'end' : `end ${typeof last === 'string' ? `"${last}"` : Buffer.from(last)}`,
    )
  }

  abort(): void {
    this.log.push('abort')
  }

  /** Takes the oldest chunk that waits. */
  drain(): void {
    this.#releases.shift()?.()
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

function run(
  app: Application,
  changes: Partial<Environ> = {},
  transport = new Transport(),
  handling?: ErrorHandling,
): Run {
  const errors: string[] = []
  const stream = errorStream((line) => errors.push(line))
  const exchange = new GatewayExchange(stream)
  const environ = setupTestingDefaults({ ...changes, 'wsgi.errors': stream, 'tsgi.exchange': exchange })
  const call = new Call(transport, exchange, environ, handling)
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
      ['head 200 OK; X-A: 1; Content-Length: 3', 'end abc'],
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
      answering(() => [bytes('abc')], '204 No Content', [
        ['X-A', '1'],
        ['Content-Length', '3'],
        ['X-B', '2'],
      ]),
      ['head 204 No Content; X-A: 1; X-B: 2', 'end'],
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
      'answers 500 when nothing at all comes under a declared length',
      answering(() => [], '200 OK', [['Content-Length', '3']]),
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
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
    const { transport, outcomes, call, errors } = run(
      answering(() => body(), '200 OK', []),
      {
        REQUEST_METHOD: 'HEAD',
      },
    )
    call.sent()
    expect(errors).toEqual([])
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

it.each<[what: string, body: Body]>([
  ['one chunk in an array', [bytes('abc')]],
  ['a text', text('abc')],
])('never iterates what is at hand: %s', (_, body) => {
  const { transport, errors } = run(
    answering(() =>
      Object.assign(body, {
        [Symbol.iterator]: () => {
          throw new Error('was iterated')
        },
      }),
    ),
  )
  expect(transport.log).toHaveLength(2)
  expect(errors).toEqual([])
})

it.each<[what: string, app: Application]>([
  [
    'a sync body',
    (_, startResponse) => {
      startResponse('200 OK', [])
      return [bytes('a'), bytes('b')]
    },
  ],
  [
    'an async body',
    async function* (_, startResponse) {
      startResponse('200 OK', [])
      yield bytes('a')
      yield bytes('b')
    },
  ],
  [
    'a body behind what was written',
    (_, startResponse) => {
      void startResponse('200 OK', [])(bytes('a'))
      return [bytes('b')]
    },
  ],
])('goes on when the transport has room again, and not before: %s', async (_, app) => {
  const transport = new Transport()
  transport.isFull = true
  run(app, {}, transport)
  await settled()
  expect(transport.log).toEqual(['head 200 OK', 'chunk a'])
  transport.drain()
  await settled()
  expect(transport.log.slice(2)).toEqual(['chunk b'])
  transport.drain()
  await settled()
  expect(transport.log.slice(3)).toEqual(['end'])
})

it('waits for no promise any more once the transport has room for all that comes', async () => {
  const transport = new Transport()
  transport.isFull = true
  run(
    answering(() => [bytes('a'), bytes('b'), bytes('c')], '200 OK', []),
    {},
    transport,
  )
  transport.isFull = false
  transport.drain()
  while (!transport.log.includes('chunk b')) await null
  expect(transport.log).toEqual(['head 200 OK', 'chunk a', 'chunk b', 'chunk c', 'end'])
})

it('knows of no client that leaves after the answer was sent', () => {
  const { call, outcomes, aborted } = run(
    answering(() => Object.assign([bytes('a')], { close: () => never })),
  )
  call.sent()
  call.gone()
  expect(aborted()).toBe(false)
  expect(outcomes).toEqual([])
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

  it('is settled when the transport has room for all that was written', async () => {
    const transport = new Transport()
    transport.isFull = true
    const log: string[] = []
    run(
      (_, startResponse) => {
        const write = startResponse('200 OK', [])
        void write(bytes('a'))
        void write(bytes('b'))
        setImmediate(() => {
          transport.isFull = false
          void write(bytes('c')).then(() => log.push('written'))
        })
        return never
      },
      {},
      transport,
    )
    transport.drain()
    await settled()
    await settled()
    expect(transport.log).toEqual(['head 200 OK', 'chunk a', 'chunk b', 'chunk c'])
    expect(log).toEqual([])
    transport.drain()
    await settled()
    expect(log).toEqual(['written'])
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

  it('rejects when the client left before there was room, also when nobody waits for it', async () => {
    const transport = new Transport()
    transport.isFull = true
    const gone = { name: 'AbortError', message: 'write: the client is gone' }
    let write: Write | undefined
    let written: Promise<void> | undefined
    const { call } = run(
      (_, startResponse) => {
        write = startResponse('200 OK', [])
        void write(bytes('a'))
        written = write(bytes('b'))
        return never
      },
      {},
      transport,
    )
    call.gone()
    transport.drain()
    transport.drain()
    await expect(written).rejects.toMatchObject(gone)
    await expect(write?.(bytes('c'))).rejects.toMatchObject(gone)
    await settled()
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

it('is cut off when the transport fails with the answer to an error', () => {
  const transport = new Transport()
  transport.sendHead = () => {
    throw new Error('no transport')
  }
  const { call, outcomes } = run(
    () => {
      throw new Error('boom')
    },
    {},
    transport,
  )
  expect(transport.log).toEqual(['abort'])
  call.gone()
  expect(outcomes).toMatchObject([{ error: new Error('boom'), aborted: false }])
})

it('is finished also when the transport has taken everything at once', () => {
  const transport = new Transport()
  let early: Call | undefined
  transport.end = () => early?.sent()
  const { call, outcomes, environ } = run(() => never, {}, transport)
  early = call
  call.run(() => {
    throw new Error('boom')
  }, environ)
  expect(outcomes).toMatchObject([{ status: 500, error: new Error('boom') }])
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

describe('what throws when it is looked at', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const BODIES: [what: string, body: () => Body][] = [
    ['a text of what is none', () => text(undefined as never)],
    ['an array that throws', () => new Proxy([], { get: boom })],
    ['a body that throws when asked what it has', () => new Proxy({} as Body, { has: boom })],
    [
      'a body that throws when asked for its iterator',
      () => ({
        get [Symbol.iterator]() {
          return boom()
        },
      }),
    ],
  ]

  it.each(BODIES)('is answered with 500: %s', async (_, body) => {
    for (const app of [
      answering(body),
      async (...call: Parameters<Application>) => answering(body)(...call),
    ]) {
      const { transport } = run(app)
      await settled()
      expect(transport.log).toEqual([
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ])
    }
  })

  it.each(BODIES)('does no harm when the client is gone: %s', async (_, body) => {
    let answer: (body: Body) => void = () => {}
    const { call, outcomes, transport } = run(() => new Promise<Body>((resolve) => (answer = resolve)))
    call.gone()
    // A promise looks at what it is resolved with, whether it is one too.
    await Promise.resolve()
      .then(() => answer(body()))
      .catch(() => {})
    await settled()
    expect(outcomes).toHaveLength(1)
    expect(transport.log).toEqual([])
  })

  it('is answered with 500: a then that throws', () => {
    const { transport } = run(
      answering(() => ({
        [Symbol.iterator]: () => [][Symbol.iterator](),
        // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
        get then() {
          return boom()
        },
      })),
    )
    expect(transport.log[0]).toMatch(/^head 500 /)
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

  it.each<[kind: string, protocol: symbol]>([
    ['a sync body', Symbol.iterator],
    ['an async body', Symbol.asyncIterator],
  ])('waits for what %s still has to do when no more of it is asked for', async (_, protocol) => {
    const found: string[] = []
    const body = {
      [protocol]: () => ({
        next: () => {
          const result = { done: false, value: bytes('a') }
          return protocol === Symbol.iterator ? result : Promise.resolve(result)
        },
        return: async () => {
          await settled()
          found.push('cleaned up')
        },
      }),
      close: () => void found.push('close'),
    }
    run(
      answering(() => body as unknown as Body),
      { REQUEST_METHOD: 'HEAD' },
    )
    await settled()
    await settled()
    await settled()
    expect(found).toEqual(['cleaned up', 'close'])
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

const throwing: Application = () => {
  throw new Error('boom')
}

describe('the error handling of the gateway', () => {
  it.each<[point: string, handling: ErrorHandling, log: string[]]>([
    [
      'none of it',
      {},
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
    ],
    [
      'errorStatus, which the body follows',
      { errorStatus: '503 Service Unavailable' },
      [
        'head 503 Service Unavailable; Content-Type: text/plain; charset=utf-8; Content-Length: 20',
        'end "Service Unavailable\n"',
      ],
    ],
    [
      'errorHeaders, in place of the default',
      { errorHeaders: [['Retry-After', '5']] },
      ['head 500 Internal Server Error; Retry-After: 5; Content-Length: 22', 'end "Internal Server Error\n"'],
    ],
    [
      'errorBody, whose length is that of its bytes',
      { errorBody: 'Désolé' },
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 8',
        'end "Désolé"',
      ],
    ],
    [
      'an empty errorBody',
      { errorBody: '' },
      ['head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 0', 'end'],
    ],
    [
      'all three',
      { errorStatus: '502 Bad Gateway', errorHeaders: [['Content-Type', 'text/html']], errorBody: '<p>' },
      ['head 502 Bad Gateway; Content-Type: text/html; Content-Length: 3', 'end "<p>"'],
    ],
    [
      'errorOutput, in place of the three',
      {
        errorStatus: '502 Bad Gateway',
        errorHeaders: [],
        errorBody: 'never',
        errorOutput: (error) => answering(() => text(String(error)), '500 Oh No'),
      },
      ['head 500 Oh No; X-A: 1; Content-Length: 11', 'end "Error: boom"'],
    ],
  ])('has the point: %s', async (_, handling, log) => {
    const early = run(throwing, {}, new Transport(), handling)
    expect(early.transport.log).toEqual(log) // at once, as the applications are sync
    early.call.sent()
    expect(early.outcomes).toEqual([
      {
        status: Number(log[0]?.slice(5, 8)),
        bytesSent: Number(/Content-Length: (\d+)/.exec(log[0]!)?.[1]),
        error: new Error('boom'),
        aborted: false,
      },
    ])
    expect(early.errors.join('').match(/Error: boom/g)).toHaveLength(1)
    const late = run(
      async (_, startResponse) => {
        ok(startResponse)
        return asyncFails()
      },
      {},
      new Transport(),
      handling,
    )
    await settled()
    expect(late.transport.log).toEqual(log)
  })

  it('sends no body to a HEAD, though the application has changed its environ', () => {
    const { transport, call, outcomes } = run(
      (environ) => {
        environ.REQUEST_METHOD = 'GET'
        throw new Error('boom')
      },
      { REQUEST_METHOD: 'HEAD' },
      new Transport(),
      { errorBody: 'sorry' },
    )
    call.sent()
    expect(transport.log).toEqual([
      'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 5',
      'end',
    ])
    expect(outcomes).toMatchObject([{ status: 500, bytesSent: 0 }])
  })

  it('leaves a request that broke off its own status, and its plain answer', () => {
    const { transport, errors } = run(
      () => {
        throw new InputError('nothing came', '408 Request Timeout')
      },
      {},
      new Transport(),
      { errorStatus: '502 Bad Gateway', errorHeaders: [], errorBody: 'x', errorOutput: () => throwing },
    )
    expect(transport.log).toEqual([
      'head 408 Request Timeout; Content-Type: text/plain; charset=utf-8; Content-Length: 16',
      'end "Request Timeout\n"',
    ])
    expect(errors).toEqual([])
  })

  it('is not asked after the first byte', () => {
    let asked = 0
    const { transport } = run(
      answering(() => fails(['a'])),
      {},
      new Transport(),
      {
        errorBody: 'never',
        errorOutput: () => {
          asked++
          return throwing
        },
      },
    )
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a', 'abort'])
    expect(asked).toBe(0)
  })

  it.each<[fault: string, handling: ErrorHandling, report: RegExp]>([
    ['a status that is none', { errorStatus: '500' as '500 x' }, /got "500"/],
    ['a header that is none', { errorHeaders: [['a b', 'c']] }, /got "a b"/],
    ['a body that is none', { errorBody: 7 as never }, /TypeError/],
    [
      'an errorOutput that throws',
      {
        errorOutput: () => {
          throw new Error('no output')
        },
      },
      /no output/,
    ],
    ['an errorOutput that gives no application', { errorOutput: () => undefined as never }, /TypeError/],
    ['an application that throws', { errorOutput: () => throwing }, /boom.*boom/s],
    ['an application that never calls startResponse', { errorOutput: () => () => [] }, /was not/],
    ['a body that throws', { errorOutput: () => answering(() => fails([])) }, /boom.*boom/s],
    ['a body that rejects', { errorOutput: () => answering(() => asyncFails()) }, /boom.*boom/s],
  ])('ends in the bare 500 when it fails itself, and both are reported: %s', async (_, handling, report) => {
    const { transport, call, errors, outcomes } = run(throwing, {}, new Transport(), handling)
    await settled()
    expect(transport.log).toEqual([
      'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
      'end "Internal Server Error\n"',
    ])
    expect(errors).toHaveLength(2)
    expect(errors[0]).toContain('Error: boom')
    expect(errors.join('')).toMatch(report)
    call.sent()
    expect(outcomes).toEqual([{ status: 500, bytesSent: 22, error: new Error('boom'), aborted: false }])
  })

  it('cuts the connection when its answer fails after the first byte, which is no abort', async () => {
    const found: string[] = []
    const { transport, call, errors, outcomes, aborted } = run(throwing, {}, new Transport(), {
      errorOutput: () => answering(() => observe(found, fails(['a']))),
    })
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a', 'abort'])
    expect(outcomes).toEqual([])
    call.gone()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 1, error: new Error('boom'), aborted: false }])
    expect(errors).toHaveLength(2)
    expect(found).toEqual(['begun', 'close'])
    expect(aborted()).toBe(false)
  })

  it.each<[whose: string, own: Error | undefined]>([
    ['the error', undefined],
    ['an error of its own', new Error('own')],
  ])('passes %s on: startResponse may be called again, and throws it after the first byte', (_, own) => {
    const boom = new Error('boom')
    const thrown: unknown[] = []
    const { transport } = run(
      () => {
        throw boom
      },
      {},
      new Transport(),
      {
        errorOutput: () =>
          function* (_, startResponse) {
            startResponse('500 A', [], own)
            startResponse('500 B', [], own)
            yield bytes('x')
            try {
              startResponse('500 C', [], own)
            } catch (error) {
              thrown.push(error)
            }
          },
      },
    )
    expect(transport.log).toEqual(['head 500 B', 'chunk x', 'end'])
    expect(thrown).toEqual([own ?? boom])
    expect(thrown[0]).toBe(own ?? boom)
  })

  it.each([undefined, null])('is given an error also when %o was thrown', (nothing) => {
    let given: unknown
    const { transport } = run(
      () => {
        throw nothing
      },
      {},
      new Transport(),
      {
        errorOutput: (error) => (_, startResponse) => {
          given = error
          startResponse('500 A', [])
          startResponse('500 B', [])
          return []
        },
      },
    )
    expect(given).toEqual(new Error(`application: threw ${nothing}`))
    expect(transport.log[0]).toMatch(/^head 500 B/)
  })

  it('may be an object with methods of its own', () => {
    class Gateway implements ErrorHandling {
      readonly page = 'sorry'
      readonly log: string[] = []
      errorOutput(): Application {
        const { page } = this
        return answering(() => text(page))
      }
      logException(error: unknown, where: string): void {
        this.log.push(`${where}: ${error}`)
      }
    }
    const gateway = new Gateway()
    const { transport } = run(throwing, {}, new Transport(), gateway)
    expect(transport.log.at(-1)).toBe('end "sorry"')
    expect(gateway.log).toEqual(['GET /: Error: boom'])
  })

  it('closes the body that failed and the body of the answer, each once, and waits for both', async () => {
    const failed: string[] = []
    const answer: string[] = []
    let closeFailed: () => void = () => {}
    let closeAnswer: () => void = () => {}
    const { transport, call, outcomes } = run(
      answering(() =>
        observe(failed, fails([]), () => new Promise<void>((resolve) => (closeFailed = resolve))),
      ),
      {},
      new Transport(),
      {
        errorOutput: () =>
          answering(() =>
            observe(
              answer,
              [bytes('a'), bytes('b')],
              () => new Promise<void>((resolve) => (closeAnswer = resolve)),
            ),
          ),
      },
    )
    // A slow close keeps no client waiting.
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a', 'chunk b', 'end'])
    call.sent()
    closeAnswer()
    await settled()
    expect(outcomes).toEqual([])
    closeFailed()
    await settled()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 2, error: new Error('boom'), aborted: false }])
    expect(failed).toEqual(['begun', 'close'])
    expect(answer).toEqual(['begun', 'close'])
  })

  it('finishes once when the client leaves during the answer, and holds up no log', async () => {
    const failed: string[] = []
    const answer: string[] = []
    const { transport, call, outcomes, aborted, errors } = run(
      answering(() => observe(failed, fails([]), () => never)),
      {},
      new Transport(),
      { errorOutput: () => answering(() => observe(answer, stalls(['a']))) },
    )
    await settled()
    call.gone()
    call.gone()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 1, error: new Error('boom'), aborted: true }])
    await settled()
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'chunk a'])
    expect(failed).toEqual(['begun', 'close'])
    expect(answer).toEqual(['begun', 'return', 'close'])
    expect(aborted()).toBe(true)
    expect(outcomes).toHaveLength(1)
    expect(errors).toHaveLength(1)
  })

  it('lets nothing of the failed application into the answer', async () => {
    let write: ((chunk: Uint8Array) => Promise<void>) | undefined
    let start: StartResponse | undefined
    let answer: (body: Body) => void = () => {}
    const { transport } = run(
      async (_, startResponse) => {
        start = startResponse
        write = startResponse('200 OK', [])
        throw new Error('boom')
      },
      {},
      new Transport(),
      {
        errorOutput: () => (_, startResponse) => {
          startResponse('500 Oh No', [])
          return new Promise((resolve) => (answer = resolve))
        },
      },
    )
    await settled()
    await expect(write?.(bytes('secret'))).rejects.toThrow('response is over')
    expect(() => start?.('200 OK', [])).toThrow('second call')
    answer([bytes('sorry')])
    await settled()
    expect(transport.log).toEqual(['head 500 Oh No; Content-Length: 5', 'end sorry'])
  })

  it('gives the answer the environ, with the method as it was, and the exchange', () => {
    let seen: Environ | undefined
    const { environ } = run(
      (environ) => {
        Object.assign(environ, { REQUEST_METHOD: 'X', 'tsgi.test': 1 })
        throw new Error('boom')
      },
      {},
      new Transport(),
      {
        errorOutput: () => (environ, startResponse) => {
          seen = environ
          ok(startResponse)
          return []
        },
      },
    )
    expect(seen).toMatchObject({ REQUEST_METHOD: 'GET', 'tsgi.test': 1 })
    expect(seen?.['tsgi.exchange']).toBe(environ['tsgi.exchange'])
  })

  it('works with layers around it, whose headers reach the answer', () => {
    const { transport } = run(throwing, {}, new Transport(), {
      errorOutput: () =>
        onResponse(
          answering(() => text('sorry')),
          (head) => head.headers.set('X-Layer', 'here'),
        ),
    })
    expect(transport.log[0]).toBe('head 200 OK; X-A: 1; X-Layer: here; Content-Length: 5')
  })
})

describe('logException', () => {
  it('is told of every error, in place of the error stream, with method and target', async () => {
    const log: unknown[] = []
    const { errors } = run(
      answering(() => Object.assign(fails([]), { close: () => Promise.reject(new Error('stuck')) })),
      { REQUEST_METHOD: 'POST', REQUEST_URI: '/x?y' },
      new Transport(),
      {
        errorOutput: () => () => {
          throw new Error('no output')
        },
        logException: (error, where) => log.push(where, error),
      },
    )
    await settled()
    expect(log).toEqual(
      ['boom', 'no output', 'stuck'].flatMap((message) => ['POST /x?y', new Error(message)]),
    )
    expect(errors).toEqual([])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('log is full')
      },
    ],
    ['rejects', (async () => Promise.reject(new Error('log is full'))) as () => void],
  ])('that %s is reported, and changes nothing in the answer', async (how, logException) => {
    const { errors, transport } = run(throwing, {}, new Transport(), { logException })
    await settled()
    expect(transport.log.at(-1)).toBe('end "Internal Server Error\n"')
    expect(errors.join('')).toContain('log is full')
    // What could not be logged is not lost where the server can know of it.
    if (how === 'throws') expect(errors.join('')).toContain('Error: boom')
  })

  it('does not hear of a client’s fault', () => {
    const log: unknown[] = []
    run(
      () => {
        throw new InputError('nothing came')
      },
      {},
      new Transport(),
      { logException: (error) => void log.push(error) },
    )
    expect(log).toEqual([])
  })
})

/** A transport that knows a better way to send a file; `content` is what it finds there. */
class FileTransport extends Transport {
  readonly content: string
  /** Settles the promise of the sending: how much is sent, or why it failed. */
  settle: (sent: number | Error) => void = () => {}
  readonly asked: FileWrapper[] = []
  #waits: boolean

  constructor(content: string, waits = false) {
    super()
    this.content = content
    this.#waits = waits
  }

  fileSender(file: FileWrapper): SendFile | undefined {
    this.asked.push(file)
    return (limit) => {
      const fitting = this.content.slice(0, limit)
      this.log.push(`file ${fitting} of ${limit}`)
      if (!this.#waits) return Promise.resolve(fitting.length)
      return new Promise((resolve, reject) => {
        this.settle = (sent) => (typeof sent === 'number' ? resolve(sent) : reject(sent))
      })
    }
  }
}

/** An open file that is only ever sent; it writes down what happens to it. */
function openFile(log: string[]): FileWrapper {
  return new FileWrapper({
    read: async () => {
      log.push('read')
      return { bytesRead: 0 }
    },
    close: () => void log.push('close'),
  })
}

describe('a file', () => {
  it('is sent by a transport that knows how, its head first, and closed', async () => {
    const found: string[] = []
    const file = openFile(found)
    const transport = new FileTransport('content')
    const { call, outcomes } = run(
      answering(() => file),
      {},
      transport,
    )
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'file content of Infinity'])
    await settled()
    call.sent()
    await settled()
    expect(transport.log.slice(2)).toEqual(['end'])
    expect(transport.asked).toEqual([file])
    expect(found).toEqual(['close'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 7, error: undefined, aborted: false }])
  })

  it.each<[fact: string, way: { method?: string; status?: Status; body?: (file: FileWrapper) => Body }]>([
    ['for HEAD', { method: 'HEAD' }],
    ['for 204', { status: '204 No Content' }],
    ['for 304', { status: '304 Not Modified' }],
    ['for an interim status', { status: '102 Processing' }],
    ['when another body has it inside', { body: (file) => mapBody(file, { chunk: (chunk) => chunk }) }],
    ['when only its close is watched', { body: (file) => mapBody(file, {}) }],
  ])('is not offered to the transport %s', async (_, { method = 'GET', status = '200 OK', body }) => {
    const found: string[] = []
    const transport = new FileTransport('content')
    run(
      answering(() => (body ?? ((file) => file))(openFile(found)), status),
      { REQUEST_METHOD: method },
      transport,
    )
    await settled()
    expect(transport.asked).toEqual([])
    expect(transport.log.at(-1)).toBe('end')
    expect(found).toEqual(['read', 'close'])
  })

  it('is not offered when startResponse was never called', async () => {
    const found: string[] = []
    const transport = new FileTransport('content')
    run(() => openFile(found), {}, transport)
    await settled()
    expect(transport.asked).toEqual([])
    expect(transport.log[0]).toMatch(/^head 500 /)
  })

  it('is read chunk by chunk when the transport declines, and can still be answered with 500', async () => {
    const found: string[] = []
    const transport = new FileTransport('content')
    transport.fileSender = () => undefined
    run(
      answering(() => new FileWrapper({ path: '/no such file', start: 0 })),
      {},
      transport,
    )
    await new Promise((resolve) => {
      transport.end = resolve
    })
    expect(transport.log).toEqual([
      'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
    ])
    run(
      answering(() => openFile(found)),
      {},
      transport,
    )
    await settled()
    expect(found).toEqual(['read', 'close'])
  })

  it.each<[declared: string, limit: string, last: string]>([
    ['7', 'file content of 7', 'end'],
    ['3', 'file con of 3', 'end'],
    ['0', 'file  of 0', 'end'],
    ['8', 'file content of 8', 'abort'],
  ])('keeps the declared length %s', async (declared, limit, last) => {
    const transport = new FileTransport('content')
    const { errors } = run(
      answering(() => openFile([]), '200 OK', [['Content-Length', declared]]),
      {},
      transport,
    )
    await settled()
    expect(transport.log).toEqual([`head 200 OK; Content-Length: ${declared}`, limit, last])
    expect(errors.join('')).toMatch(
      last === 'end' ? /^$/ : /must have the 8 bytes that Content-Length declares; got 7/,
    )
  })

  it('comes behind what was written, when there is room for it again', async () => {
    const transport = new FileTransport('content')
    transport.isFull = true
    const { outcomes, call } = run(
      (_, startResponse) => {
        void startResponse('200 OK', [['Content-Length', '9']])(bytes('ab'))
        return openFile([])
      },
      {},
      transport,
    )
    await settled()
    expect(transport.log).toEqual(['head 200 OK; Content-Length: 9', 'chunk ab'])
    transport.drain()
    await settled()
    expect(transport.log.slice(2)).toEqual(['file content of 7', 'end'])
    call.sent()
    await settled()
    expect(outcomes).toMatchObject([{ bytesSent: 9 }])
  })

  it('is not sent when the client left before there was room', async () => {
    const found: string[] = []
    const transport = new FileTransport('content')
    transport.isFull = true
    const { outcomes, call } = run(
      (_, startResponse) => {
        void startResponse('200 OK', [])(bytes('ab'))
        return openFile(found)
      },
      {},
      transport,
    )
    call.gone()
    transport.drain()
    await settled()
    expect(transport.log).toEqual(['head 200 OK', 'chunk ab'])
    expect(found).toEqual(['close'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 2, error: undefined, aborted: true }])
  })

  it('is closed once, and no sooner than the transport lets go of it, when the client leaves', async () => {
    const found: string[] = []
    const transport = new FileTransport('content', true)
    const { call, outcomes, aborted, errors } = run(
      answering(() => openFile(found)),
      {},
      transport,
    )
    call.gone()
    call.gone()
    await settled()
    expect(aborted()).toBe(true)
    expect(found).toEqual([])
    expect(outcomes).toEqual([])
    transport.settle(4)
    await settled()
    call.gone()
    expect(found).toEqual(['close'])
    expect(transport.log).toEqual(['head 200 OK; X-A: 1', 'file content of Infinity'])
    expect(outcomes).toEqual([{ status: 200, bytesSent: 4, error: undefined, aborted: true }])
    expect(errors).toEqual([])
  })

  it('is finished when the client leaves behind it', async () => {
    const transport = new FileTransport('content')
    const { call, outcomes } = run(
      answering(() => openFile([])),
      {},
      transport,
    )
    await settled()
    expect(transport.log.at(-1)).toBe('end')
    call.gone()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 7, error: undefined, aborted: true }])
  })

  it('that cannot be sent after all is reported, and the connection cut', async () => {
    const found: string[] = []
    const transport = new FileTransport('content', true)
    const { call, outcomes, errors } = run(
      answering(() => openFile(found)),
      {},
      transport,
    )
    transport.settle(new Error('EIO'))
    await settled()
    expect(transport.log.at(-1)).toBe('abort')
    call.gone()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 0, error: new Error('EIO'), aborted: false }])
    expect(found).toEqual(['close'])
    expect(errors.join('')).toContain('EIO')
  })

  it('that cannot be sent after the client left is reported, closed, and the exchange finished', async () => {
    const found: string[] = []
    const transport = new FileTransport('content', true)
    const { call, outcomes, errors } = run(
      answering(() => openFile(found)),
      {},
      transport,
    )
    call.gone()
    transport.settle(new Error('EIO'))
    await settled()
    expect(outcomes).toEqual([{ status: 200, bytesSent: 0, error: undefined, aborted: true }])
    expect(found).toEqual(['close'])
    expect(errors.join('')).toContain('EIO')
    expect(transport.log.at(-1)).not.toBe('abort')
  })

  it.each<[fault: string, sender: () => SendFile, log: string[]]>([
    [
      'when it is asked',
      () => {
        throw new Error('no sender')
      },
      [
        'head 500 Internal Server Error; Content-Type: text/plain; charset=utf-8; Content-Length: 22',
        'end "Internal Server Error\n"',
      ],
    ],
    [
      'when it is to send',
      () => () => {
        throw new Error('no sender')
      },
      ['head 200 OK; X-A: 1', 'abort'],
    ],
  ])('survives a transport that throws %s', async (_, sender, log) => {
    const found: string[] = []
    const transport = new FileTransport('content')
    transport.fileSender = sender
    const { errors } = run(
      answering(() => openFile(found)),
      {},
      transport,
    )
    await settled()
    expect(transport.log).toEqual(log)
    expect(found).toEqual(['close'])
    expect(errors.join('')).toContain('no sender')
  })

  it('lets no write in while it is sent', async () => {
    let write: ((chunk: Uint8Array) => Promise<void>) | undefined
    const transport = new FileTransport('content', true)
    run(
      (_, startResponse) => {
        write = startResponse('200 OK', [])
        return openFile([])
      },
      {},
      transport,
    )
    await expect(write?.(bytes('x'))).rejects.toThrow(
      'write: must be called before the body; a file is on its way',
    )
    transport.settle(7)
    await settled()
    expect(transport.log).toEqual(['head 200 OK', 'file content of Infinity', 'end'])
  })

  it('may be the answer to an error', async () => {
    const found: string[] = []
    const transport = new FileTransport('content', true)
    const { call, outcomes } = run(throwing, {}, transport, {
      errorOutput: () => answering(() => openFile(found), '500 Oh No'),
    })
    call.gone()
    transport.settle(4)
    await settled()
    expect(found).toEqual(['close'])
    expect(outcomes).toEqual([{ status: 500, bytesSent: 4, error: new Error('boom'), aborted: true }])
  })
})

it('looks at nothing of a body but its iterator and what closes it', () => {
  const log: string[] = []
  const touched: PropertyKey[] = []
  const body = new Proxy(observe(log, [bytes('a')]) as object, {
    get(target, member) {
      touched.push(member)
      return Reflect.get(target, member)
    },
  })
  const { chunks, end } = call((_, startResponse) => {
    startResponse('200 OK', [])
    return body as Body
  })
  expect([chunks, end, log]).toEqual([['a'], 'end', ['begun', 'close']])
  // What kind of thing it is: a promise, a ReadableStream (whose iterator would wait where its reader cancels), bare bytes.
  const kind = ['then', 'getReader', Symbol.toStringTag]
  const allowed = [Symbol.iterator, Symbol.asyncIterator, 'close', ...kind]
  expect(touched.filter((member) => !allowed.includes(member as string))).toEqual([])
})

it('lets a layer raise an error of its own in place of the one that is thrown back', async () => {
  const boom = new Error('boom')
  const instead = new Error('the answer was cut', { cause: boom })
  const layer =
    (app: Application): Application =>
    (environ, startResponse) =>
      app(environ, (status, headers, error) => {
        try {
          return startResponse(status, headers, error)
        } catch {
          throw instead
        }
      })
  const answer = call(
    layer(function* (_, startResponse) {
      startResponse('200 OK', [])
      yield bytes('a')
      startResponse('500 Internal Server Error', [], boom)
      yield bytes('never')
    }),
  )
  expect([answer.chunks, answer.end]).toEqual([['a'], 'cut'])
  expect(answer.outcomes[0]?.error).toBe(instead)
  expect(answer.errors.join('')).toContain('caused by: Error: boom')
})
