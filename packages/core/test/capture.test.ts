import { describe, expect, it } from 'vitest'
import { bodyIterator, closeBody, readBody } from '../src/body.ts'
import { capture } from '../src/capture.ts'
import type { Application, Body, Environ, Header, StartResponse, Status } from '../src/contract.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { bytes, call, never, observe, settled, stuck } from './observe.ts'

const environ = (): Environ => setupTestingDefaults({})

const readText = async (body: Body): Promise<string> => Buffer.from(await readBody(body)).toString()

const ok = (startResponse: StartResponse) => startResponse('200 OK', [['X-A', '1']])

describe('capture', () => {
  it.each<[way: string, app: Application, content: string]>([
    [
      'at once',
      (_, start) => {
        ok(start)
        return [bytes('a'), bytes('b')]
      },
      'ab',
    ],
    [
      'without a body',
      (_, start) => {
        ok(start)
        return []
      },
      '',
    ],
    [
      'as a promise',
      async (_, start) => {
        ok(start)
        return [bytes('ab')]
      },
      'ab',
    ],
    [
      'as a generator',
      function* (_, start) {
        ok(start)
        yield bytes('a')
        yield bytes('b')
      },
      'ab',
    ],
    [
      'late, after empty chunks',
      async function* (_, start) {
        yield bytes('')
        await settled()
        ok(start)
        yield bytes('')
        yield bytes('ab')
      },
      'ab',
    ],
    [
      'at the end of its body',
      function* (_, start) {
        yield bytes('')
        ok(start)
      },
      '',
    ],
    [
      'by write, not waited for',
      (_, start) => {
        const write = ok(start)
        void write(bytes('a'))
        void write(bytes(''))
        void write(bytes('b'))
        return [bytes('c')]
      },
      'abc',
    ],
    [
      'by write, each waited for',
      async (_, start) => {
        const write = ok(start)
        for (const c of 'abcd') await write(bytes(c))
        return [bytes('e'), bytes('f')]
      },
      'abcdef',
    ],
    [
      'by write alone',
      async (_, start) => {
        await ok(start)(bytes('a'))
        return []
      },
      'a',
    ],
    [
      'by an empty write',
      async (_, start) => {
        await ok(start)(bytes(''))
        return [bytes('a')]
      },
      'a',
    ],
    [
      'by write from a generator, before its first chunk',
      async function* (_, start) {
        await ok(start)(bytes('a'))
        yield bytes('b')
      },
      'ab',
    ],
    [
      'by writes from elsewhere while the body waits',
      (_, start) => {
        const write = ok(start)
        const pushes = (async () => {
          await settled()
          await write(bytes('a'))
          await settled()
          await write(bytes('b'))
        })()
        return (async function* () {
          await pushes
          yield bytes('c')
        })()
      },
      'abc',
    ],
  ])('loses no byte of an application that answers %s', async (_, app, content) => {
    const response = await capture(app, environ())
    expect(response.status).toBe(200)
    expect([...response.headers]).toEqual([['X-A', '1']])
    expect(await readText(response.body)).toBe(content)
  })

  it('keeps the reason phrase, and repeats apart', async () => {
    const headers: Header[] = [
      ['Set-Cookie', 'a=b'],
      ['set-cookie', 'c=d'],
    ]
    const app: Application = (_, start) => {
      start('404 Gone Fishing', headers)
      return []
    }
    const response = await capture(app, environ())
    expect([response.status, response.statusText, [...response.headers]]).toEqual([
      404,
      'Gone Fishing',
      headers,
    ])
    const answer = call((given, start) => response.respond(given, start))
    await settled()
    expect(answer.status).toBe('404 Gone Fishing')
  })

  it('is through a server what the application is without it', async () => {
    const app: Application = async (_, start) => {
      await ok(start)(bytes('a'))
      return [bytes('b')]
    }
    const answer = call(async (given, start) => (await capture(app, given)).respond(given, start))
    await settled()
    expect(answer).toMatchObject({ status: '200 OK', chunks: ['a', 'b'], end: 'end', errors: [] })
    expect(answer.outcomes).toHaveLength(1)
  })

  it('waits with each write until it is taken', async () => {
    const log: string[] = []
    const response = await capture(async (_, start) => {
      const write = ok(start)
      for (const content of 'abc') {
        await write(bytes(content))
        log.push(content)
      }
      return []
    }, environ())
    await settled()
    expect(log).toEqual([])
    const iterator = bodyIterator(response.body)
    await iterator.next()
    await settled()
    expect(log).toEqual(['a'])
    await closeBody(response.body, iterator)
  })
})

describe('startResponse, captured', () => {
  it('lets an error replace the head until it is final', async () => {
    const response = await capture(function* (_, start) {
      ok(start)
      yield bytes('')
      start('503 Down', [['X-B', '2']], new Error('late'))
      yield bytes('down')
    }, environ())
    expect([response.status, [...response.headers]]).toEqual([503, [['X-B', '2']]])
    await closeBody(response.body)
  })

  it.each<[how: string, app: (error: Error, seen: unknown[]) => Application]>([
    [
      'yielded',
      (error, seen) =>
        function* (_, start) {
          ok(start)
          yield bytes('a')
          try {
            start('500 Oh No', [], error)
          } catch (caught) {
            seen.push(caught)
            throw caught
          }
        },
    ],
    [
      'written',
      (error, seen) => async (_, start) => {
        await ok(start)(bytes('a'))
        try {
          start('500 Oh No', [], error)
        } catch (caught) {
          seen.push(caught)
          throw caught
        }
        return []
      },
    ],
  ])('throws that same error once a chunk was %s, and the body fails with it', async (_, app) => {
    const error = new Error('late')
    const seen: unknown[] = []
    const response = await capture(app(error, seen), environ())
    expect(response.status).toBe(200)
    const iterator = bodyIterator(response.body)
    expect(await iterator.next()).toEqual({ done: false, value: bytes('a') })
    await expect((async () => iterator.next())()).rejects.toBe(error)
    expect(seen).toEqual([error])
    await closeBody(response.body, null)
  })

  it('throws on a second call without an error', async () => {
    await expect(
      capture((_, start) => {
        ok(start)
        ok(start)
        return []
      }, environ()),
    ).rejects.toThrow('got a second call')
  })

  it.each<[status: Status, headers: Header[]]>([
    ['200OK' as Status, []],
    ['2000 OK', []],
    ['200 OK\r\nX: y', []],
    ['200 OK', [['a b', 'c']]],
    ['200 OK', [['a', 'b\n']]],
    ['200 OK', [['Connection', 'close']]],
    ['200 OK', undefined as never],
  ])(
    'throws on what a server would refuse, where the application can see it: %j %j',
    async (status, headers) => {
      const seen: unknown[] = []
      const response = await capture((_, start) => {
        try {
          start(status, headers)
        } catch (error) {
          seen.push(error)
          expect(() => ok(start)).toThrow('second call')
          start('500 Oh No', [], error)
        }
        return []
      }, environ())
      expect(response.status).toBe(500)
      expect(String(seen[0])).toMatch(/^TypeError: startResponse: /)
    },
  )

  it('takes the headers as they are when it is called', async () => {
    const headers: Header[] = [['a', 'b']]
    const response = await capture((_, start) => {
      start('200 OK', headers)
      headers.push(['c', 'd\n'])
      return []
    }, environ())
    expect([...response.headers]).toEqual([['a', 'b']])
    response.headers.append('e', 'f')
    expect(headers).toHaveLength(2)
  })
})

describe('write, captured', () => {
  it('throws at once on what are no bytes', async () => {
    await expect(
      capture((_, start) => {
        void ok(start)('text' as never)
        return []
      }, environ()),
    ).rejects.toThrow('encode it')
  })

  it.each<[when: string, app: (log: string[]) => Application]>([
    [
      'the body has begun',
      (log) =>
        async function* (_, start) {
          const write = ok(start)
          yield bytes('a')
          await write(bytes('lost')).catch((error) => log.push(String(error)))
          yield bytes('b')
        },
    ],
    [
      'a body that follows writes has begun',
      (log) => async (_, start) => {
        const write = ok(start)
        await write(bytes('a'))
        return (async function* () {
          yield bytes('')
          yield bytes('b')
          await write(bytes('lost')).catch((error) => log.push(String(error)))
        })()
      },
    ],
  ])('rejects when %s (PEP 3333), instead of losing the bytes or waiting for ever', async (_, app) => {
    const log: string[] = []
    const response = await capture(app(log), environ())
    expect(await readText(response.body)).toBe('ab')
    expect(log).toEqual([expect.stringContaining('before the first chunk of the body')])
  })

  it('stops an application that pushes for ever when the consumer leaves', async () => {
    let pushed = 0
    let failure: unknown
    const response = await capture(async (_, start) => {
      const write = ok(start)
      try {
        for (; pushed < 1000; pushed++) await write(bytes('a'))
      } catch (error) {
        failure = error
      }
      return []
    }, environ())
    const iterator = bodyIterator(response.body)
    await iterator.next()
    await closeBody(response.body, iterator)
    expect(pushed).toBeLessThan(5)
    expect(String(failure)).toContain('write: must be called before')
  })

  it('may be left alone with its rejection', async () => {
    let write: ((chunk: Uint8Array) => Promise<void>) | undefined
    const response = await capture((_, start) => {
      write = ok(start)
      return []
    }, environ())
    await closeBody(response.body)
    void write?.(bytes('a'))
    await settled()
  })
})

describe('closing what was captured', () => {
  /** An application with an observed body, which answers at once, late, or by write. */
  const WAYS: [way: string, app: (log: string[], body: Body) => Application][] = [
    [
      'at once',
      (log, body) => (_, start) => {
        ok(start)
        return observe(log, body)
      },
    ],
    [
      'as a promise',
      (log, body) => async (_, start) => {
        ok(start)
        return observe(log, body)
      },
    ],
    [
      'by write',
      (log, body) => (_, start) => {
        void ok(start)(bytes('w'))
        return observe(log, body)
      },
    ],
  ]

  it.each(WAYS)('happens once when it has finished (%s)', async (_, app) => {
    const log: string[] = []
    const response = await capture(app(log, [bytes('a'), bytes('b')]), environ())
    await readBody(response.body)
    expect(log).toEqual(['begun', 'close'])
  })

  it.each(WAYS)('happens once when nothing was read (%s)', async (_, app) => {
    const log: string[] = []
    const response = await capture(app(log, [bytes('a'), bytes('b')]), environ())
    await closeBody(response.body)
    await closeBody(response.body)
    expect(log).toEqual(['begun', 'return', 'close'])
  })

  it.each(WAYS)('happens once when the consumer leaves (%s)', async (_, app) => {
    const log: string[] = []
    const response = await capture(app(log, [bytes('a'), bytes('b')]), environ())
    const iterator = bodyIterator(response.body)
    await iterator.next()
    await closeBody(response.body, iterator)
    expect(log).toEqual(['begun', 'return', 'close'])
    expect((await iterator.next()).done).toBe(true)
  })

  it.each(WAYS)('happens once when the body fails on its way (%s)', async (_, app) => {
    const log: string[] = []
    const response = await capture(
      app(log, {
        *[Symbol.iterator]() {
          yield bytes('a')
          throw new Error('boom')
        },
      }),
      environ(),
    )
    await expect(readBody(response.body)).rejects.toThrow('boom')
    expect(log).toEqual(['begun', 'close'])
  })

  it('happens also when return fails', async () => {
    const log: string[] = []
    const body = stuck(log)
    for (const isWritten of [false, true]) {
      log.length = 0
      const response = await capture((_, start) => {
        const write = ok(start)
        if (isWritten) void write(bytes('w'))
        return body
      }, environ())
      await expect((async () => closeBody(response.body))()).rejects.toThrow('stuck')
      expect(log).toEqual(['close'])
    }
  })

  it('lets an application that waits for its write go on, and closes what it returns then', async () => {
    const log: string[] = []
    const response = await capture(async (_, start) => {
      await ok(start)(bytes('a'))
      log.push('goes on')
      return observe(log, [bytes('b')])
    }, environ())
    await closeBody(response.body)
    expect(log).toEqual(['goes on', 'begun', 'return', 'close'])
  })

  it('swallows no error that a reader could see, and none escapes when nobody reads', async () => {
    const failing: Application = async (_, start) => {
      await ok(start)(bytes('a'))
      throw new Error('boom')
    }
    const read = await capture(failing, environ())
    await expect(readBody(read.body)).rejects.toThrow('boom')
    const dropped = await capture(failing, environ())
    await closeBody(dropped.body)
    await settled()
  })

  it('frees a reader who waits for an application that never returns after writing', async () => {
    const response = await capture(async (_, start) => {
      await ok(start)(bytes('a'))
      return never
    }, environ())
    const iterator = bodyIterator(response.body)
    await iterator.next()
    const pending = iterator.next()
    await iterator.return?.()
    expect(await pending).toEqual({ done: true, value: undefined })
  })

  it('never holds up the outcome when the client leaves such an application', async () => {
    const answer = call(async (given, start) => {
      const response = await capture(async (_, inner) => {
        await ok(inner)(bytes('a'))
        return never
      }, given)
      return response.respond(given, start)
    })
    await settled()
    expect(answer.chunks).toEqual(['a'])
    answer.call.gone()
    expect(answer.outcomes).toEqual([{ status: 200, bytesSent: 1, error: undefined, aborted: true }])
  })
})

describe('capture rejects', () => {
  it.each<[what: string, app: Application, message: string]>([
    [
      'what the application throws',
      () => {
        throw new Error('boom')
      },
      'boom',
    ],
    ['what it rejects with', () => Promise.reject(new Error('boom')), 'boom'],
    [
      'what its body throws before the first chunk',
      // biome-ignore lint/correctness/useYield: it fails before the first chunk
      function* (_, start) {
        ok(start)
        throw new Error('boom')
      },
      'boom',
    ],
    [
      'a body that is none',
      (_, start) => {
        ok(start)
        return 'a' as never
      },
      'return text(',
    ],
    ['no answer at all', () => [], 'startResponse must be called, and succeed, before the first chunk'],
    [
      'a chunk before the answer',
      function* (_, start) {
        yield bytes('a')
        ok(start)
      },
      'startResponse must be called',
    ],
    [
      'an answer that is none',
      (_, start) => {
        start('103 Early Hints', [])
        return []
      },
      'from 200 to 599',
    ],
    [
      'a code that Response has not',
      (_, start) => {
        start('600 Odd', [])
        return []
      },
      'from 200 to 599',
    ],
  ])('%s', async (_, app, message) => {
    await expect(capture(app, environ())).rejects.toThrow(message)
  })

  it.each([
    ['is at hand', () => {}],
    [
      'throws in close',
      () => {
        throw new Error('stuck')
      },
    ],
    ['rejects in close', () => Promise.reject(new Error('stuck'))],
  ])('what Response refuses, and closes the body once, when that %s', async (_, close) => {
    for (const isWritten of [false, true]) {
      const log: string[] = []
      await expect(
        capture((_, start) => {
          const write = start('600 Odd', [])
          if (isWritten) void write(bytes('w'))
          return observe(log, [bytes('a')], close)
        }, environ()),
      ).rejects.toThrow('from 200 to 599')
      await settled()
      expect(log).toEqual(['begun', 'return', 'close'])
    }
  })

  it('at once what Response refuses, also of an application that never returns after writing', async () => {
    await expect(
      capture(async (_, start) => {
        await start('600 Odd', [])(bytes('w')).catch(() => {})
        return never
      }, environ()),
    ).rejects.toThrow('from 200 to 599')
  })
})
