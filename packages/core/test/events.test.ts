import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type BodyIterator, bodyIterator, closeBody, readBody } from '../src/body.ts'
import type { Body } from '../src/contract.ts'
import { type EventsOptions, encodeEvent, events, type ServerSentEvent } from '../src/events.ts'
import { expectLinear } from './linear.ts'
import { call, settled } from './observe.ts'

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
const written = (event: ServerSentEvent): string => decode(encodeEvent(event))
const read = async (body: Body): Promise<string> => decode(await readBody(body))

describe('encodeEvent', () => {
  it.each<[what: string, event: ServerSentEvent, text: string]>([
    ['data', { data: 'hi' }, 'data: hi\n\n'],
    ['no data', { data: '' }, 'data: \n\n'],
    ['the space of the data itself', { data: ' hi' }, 'data:  hi\n\n'],
    ['a line for each line', { data: 'a\nb\r\nc\rd' }, 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    ['an end of line at each end', { data: '\na\n' }, 'data: \ndata: a\ndata: \n\n'],
    ['two ends in a row', { data: 'a\n\n\r\rb' }, 'data: a\ndata: \ndata: \ndata: \ndata: b\n\n'],
    ['a name', { event: 'add', data: '1' }, 'event: add\ndata: 1\n\n'],
    ['an id', { id: '7', data: '1' }, 'id: 7\ndata: 1\n\n'],
    ['an empty id, which unsets it', { id: '', data: '1' }, 'id: \ndata: 1\n\n'],
    ['a time to wait', { retry: 0, data: '1' }, 'retry: 0\ndata: 1\n\n'],
    ['a comment', { comment: 'a\nb', data: '1' }, ': a\n: b\ndata: 1\n\n'],
    [
      'all of it',
      { data: '1', comment: 'c', event: 'e', id: 'i', retry: 1000 },
      ': c\nevent: e\nid: i\nretry: 1000\ndata: 1\n\n',
    ],
    ['UTF-8', { data: 'é€😀\u2028' }, 'data: é€😀\u2028\n\n'],
    ['half of a pair', { data: '\ud800' }, 'data: \ufffd\n\n'],
  ])('writes %s (HTML 9.2.5)', (_what, event, text) => {
    expect(written(event)).toBe(text)
  })

  it.each<[attack: string, event: ServerSentEvent, seen: Message[]]>([
    [
      'a field in the data',
      { data: 'a\nevent: b\nid: c' },
      [{ data: 'a\nevent: b\nid: c', type: 'message', id: '' }],
    ],
    [
      'an event in the data',
      { data: 'a\n\ndata: b\r\rdata: c' },
      [{ data: 'a\n\ndata: b\n\ndata: c', type: 'message', id: '' }],
    ],
    [
      'an event in a comment',
      { comment: 'a\n\ndata: b\n\n', data: 'c' },
      [{ data: 'c', type: 'message', id: '' }],
    ],
    ['a carriage return alone', { data: 'a\rdata: b' }, [{ data: 'a\ndata: b', type: 'message', id: '' }]],
  ])('lets nobody smuggle %s', (_attack, event, seen) => {
    expect(received(written(event))).toEqual(seen)
  })

  it.each<[what: string, event: object, kind: ErrorConstructor, message: string]>([
    [
      'a line feed in a name',
      { data: '', event: 'a\ndata: b' },
      TypeError,
      'encodeEvent: event: must be text without line ends; got "a\\ndata: b"',
    ],
    ['a carriage return in a name', { data: '', event: 'a\r' }, TypeError, 'encodeEvent: event'],
    [
      'a line feed in an id',
      { data: '', id: '1\n\ndata: b' },
      TypeError,
      'encodeEvent: id: must be text without line ends and NUL; got',
    ],
    ['a carriage return in an id', { data: '', id: '1\r' }, TypeError, 'encodeEvent: id'],
    ['a NUL in an id, for which clients ignore it', { data: '', id: '1\0' }, TypeError, 'encodeEvent: id'],
    [
      'a number for an id',
      { data: '', id: 7 },
      TypeError,
      'encodeEvent: id: must be text without line ends and NUL; got 7',
    ],
    ['data that is no text', { data: { a: 1 } }, TypeError, 'encodeEvent: data: must be text; got object'],
    ['no data', {}, TypeError, 'encodeEvent: data: must be text; got undefined'],
    [
      'a comment that is no text',
      { data: '', comment: 7 },
      TypeError,
      'encodeEvent: comment: must be text; got number',
    ],
    [
      'a time below zero',
      { data: '', retry: -1 },
      RangeError,
      'encodeEvent: retry: must be an integer of milliseconds, 0 or more; got -1',
    ],
    ['a fraction', { data: '', retry: 0.5 }, RangeError, 'encodeEvent: retry'],
    ['a time as text', { data: '', retry: '1\ndata: x' }, RangeError, 'encodeEvent: retry'],
  ])('refuses %s', (_what, event, kind, message) => {
    expect(() => encodeEvent(event as ServerSentEvent)).toThrow(kind)
    expect(() => encodeEvent(event as ServerSentEvent)).toThrow(message)
  })

  it('is one event to a client, as it was meant, in whatever pieces it comes', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\0]/g, ''))
    const lines = fc.string({ unit: fc.oneof(fc.constantFrom('\n', '\r', ':', ' ', 'data: '), fc.string()) })
    const event = fc.record(
      { data: lines, event: line, id: line, comment: lines },
      { requiredKeys: ['data'] },
    )
    fc.assert(
      fc.property(event, (meant) => {
        expect(received(written(meant))).toEqual([
          {
            data: decode(new TextEncoder().encode(meant.data.replace(/\r\n?/g, '\n'))),
            type: decode(new TextEncoder().encode(meant.event)) || 'message',
            id: decode(new TextEncoder().encode(meant.id)),
          },
        ])
      }),
    )
  })

  it.each([['one line\n'], ['one line\r'], ['one line\r\n'], ['a']])(
    'writes %j repeated in linear time',
    (piece) =>
      expectLinear(
        (length) => piece.repeat(length / piece.length),
        (data) => encodeEvent({ data }),
      ),
  )
})

describe('events', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('says something at once, then each event as it comes', async () => {
    async function* ticks() {
      yield { data: 'a' }
      yield { data: 'b', id: '2' }
    }
    expect(await read(events(ticks()))).toBe(':\n\ndata: a\n\nid: 2\ndata: b\n\n')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('begins with the time to wait before coming back', async () => {
    expect(await read(events([{ data: 'a' }], { retry: 3000 }))).toBe('retry: 3000\n\ndata: a\n\n')
  })

  it.each<[what: string, source: () => AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>]>([
    ['an array', () => [{ data: 'a' }]],
    [
      'a ReadableStream',
      () => ReadableStream.from([{ data: 'a' }]) as unknown as AsyncIterable<ServerSentEvent>,
    ],
    ['a Node stream', () => Readable.from([{ data: 'a' }])],
  ])('takes %s for a source', async (_what, source) => {
    expect(await read(events(source()))).toBe(':\n\ndata: a\n\n')
  })

  it('goes out from under an application', async () => {
    const answer = call((_environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/event-stream']])
      return events([{ data: 'a' }])
    })
    await settled()
    expect(answer.chunks.join('')).toBe(':\n\ndata: a\n\n')
    expect(answer.end).toBe('end')
  })

  it('asks the source for an event when the last was taken, and for no more', async () => {
    const source = channel()
    const iterator = begin(source)
    await iterator.next()
    expect(source.asked).toBe(0)
    source.give({ data: 'a' })
    source.give({ data: 'b' })
    expect(await text(iterator)).toBe('data: a\n\n')
    await settled()
    expect(source.asked).toBe(1)
    expect(await text(iterator)).toBe('data: b\n\n')
    expect(source.asked).toBe(2)
  })

  it('sends an empty comment each time that the source is silent for so long', async () => {
    const source = channel()
    const iterator = begin(source, { heartbeatMs: 1000 })
    await iterator.next()
    for (let beat = 0; beat < 3; beat++) {
      const next = text(iterator)
      await vi.advanceTimersByTimeAsync(999)
      expect(await isSettled(next)).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(await next).toBe(':\n\n')
    }
    // It has been asked once for the event that it did not give yet.
    expect(source.asked).toBe(1)
    const next = text(iterator)
    source.give({ data: 'a' })
    expect(await next).toBe('data: a\n\n')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sends no comment while the client takes nothing', async () => {
    const source = channel()
    const iterator = begin(source, { heartbeatMs: 1000 })
    await iterator.next()
    const next = text(iterator)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await next).toBe(':\n\n')
    source.give({ data: 'a' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(await text(iterator)).toBe('data: a\n\n')
  })

  it('counts the silence anew after each event', async () => {
    const source = channel()
    const iterator = begin(source, { heartbeatMs: 1000 })
    await iterator.next()
    for (let i = 0; i < 3; i++) {
      const next = text(iterator)
      await vi.advanceTimersByTimeAsync(900)
      source.give({ data: `${i}` })
      expect(await next).toBe(`data: ${i}\n\n`)
    }
  })

  it('beats every 15 seconds when not told otherwise, and never when told so', async () => {
    const iterator = begin(channel())
    await iterator.next()
    const next = text(iterator)
    await vi.advanceTimersByTimeAsync(14_999)
    expect(await isSettled(next)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await next).toBe(':\n\n')

    const silent = begin(channel(), { heartbeatMs: Number.POSITIVE_INFINITY })
    await silent.next()
    void silent.next()
    await settled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[options: EventsOptions, message: string]>([
    [
      { heartbeatMs: 0 },
      'events: heartbeatMs: must be more than 0 and at most 2147483647, or Infinity; got 0',
    ],
    [{ heartbeatMs: -1 }, 'heartbeatMs'],
    [{ heartbeatMs: Number.NaN }, 'heartbeatMs'],
    // Node would take it for 1 ms.
    [{ heartbeatMs: 2 ** 31 }, 'heartbeatMs'],
    [{ retry: -1 }, 'events: retry: must be an integer of milliseconds, 0 or more; got -1'],
    [{ retry: 1.5 }, 'retry'],
  ])('refuses %o', (options, message) => {
    expect(() => events([], options)).toThrow(RangeError)
    expect(() => events([], options)).toThrow(message)
  })

  describe('closes the source once, and leaves no timer, when', () => {
    afterEach(() => expect(vi.getTimerCount()).toBe(0))

    it('it has come to its end', async () => {
      const source = channel()
      const body = events(source)
      source.end()
      await readBody(body)
      expect(source.log).toEqual(['close'])
    })

    it('nobody has begun it', async () => {
      const source = channel()
      const body = events(source)
      await closeBody(body)
      await closeBody(body)
      expect(source.log).toEqual(['close'])
    })

    it('nobody has begun it, and it is a generator', async () => {
      let isBegun = false
      const generator = (async function* () {
        isBegun = true
        yield { data: 'a' }
      })()
      await closeBody(events(generator))
      expect(await generator.next()).toEqual({ done: true, value: undefined })
      expect(isBegun).toBe(false)
    })

    it('the client leaves after the beginning', async () => {
      const source = channel()
      const body = events(source)
      const iterator = bodyIterator(body)
      await iterator.next()
      await closeBody(body, iterator)
      expect(source.log).toEqual(['close'])
    })

    it('the client leaves between two events', async () => {
      const source = channel()
      const body = events(source)
      const iterator = bodyIterator(body)
      await iterator.next()
      source.give({ data: 'a' })
      await iterator.next()
      await closeBody(body, iterator)
      expect(source.log).toEqual(['return', 'close'])
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
      expect(source.asked).toBe(1)
    })

    it('the client leaves while the source is silent', async () => {
      const source = channel()
      const body = events(source)
      const iterator = bodyIterator(body)
      await iterator.next()
      const next = iterator.next()
      await settled()
      expect(vi.getTimerCount()).toBe(1)
      await closeBody(body, iterator)
      expect(source.log).toEqual(['return', 'close'])
      expect(await next).toEqual({ done: true, value: undefined })
    })

    it('the client leaves after a heartbeat, and the source never gives the event that it was asked for', async () => {
      let isDone = false
      const body = events(
        (async function* () {
          try {
            yield { data: 'a' }
            await new Promise(() => {})
          } finally {
            isDone = true
          }
        })(),
        { heartbeatMs: 1000 },
      )
      const iterator = bodyIterator(body)
      await iterator.next()
      await iterator.next()
      const next = iterator.next()
      await vi.advanceTimersByTimeAsync(1000)
      await next
      await closeBody(body, iterator)
      // A generator cannot be left while it waits; the body can.
      expect(isDone).toBe(false)
    })

    it('the server gives it up while the next chunk is pending', async () => {
      const source = channel()
      const answer = call((_environ, startResponse) => {
        startResponse('200 OK', [])
        return events(source)
      })
      await settled()
      answer.call.gone()
      await settled()
      expect(source.log).toEqual(['return', 'close'])
      expect(answer.outcomes).toHaveLength(1)
      expect(answer.errors).toEqual([])
    })

    it('it fails', async () => {
      const source = channel()
      const body = events(source)
      const iterator = bodyIterator(body)
      await iterator.next()
      const next = iterator.next()
      source.fail(new Error('boom'))
      await expect(next).rejects.toThrow('boom')
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
      await closeBody(body, null)
      expect(source.log).toEqual(['close'])
    })

    it('it fails after the client has left', async () => {
      const source = channel()
      const body = events(source)
      const iterator = bodyIterator(body)
      await iterator.next()
      void iterator.next()
      await closeBody(body, iterator)
      source.fail(new Error('boom'))
      await settled()
      expect(source.log).toEqual(['return', 'close'])
    })

    it('it fails between two heartbeats', async () => {
      const source = channel()
      const iterator = begin(source, { heartbeatMs: 1000 })
      await iterator.next()
      const beat = text(iterator)
      await vi.advanceTimersByTimeAsync(1000)
      expect(await beat).toBe(':\n\n')
      source.fail(new Error('boom'))
      await settled()
      await expect(iterator.next()).rejects.toThrow('boom')
    })

    it('it cannot be begun', async () => {
      const log: string[] = []
      const source = {
        [Symbol.asyncIterator](): never {
          throw new Error('boom')
        },
        close: () => void log.push('close'),
      }
      await expect(readBody(events(source as unknown as AsyncIterable<ServerSentEvent>))).rejects.toThrow(
        'boom',
      )
      expect(log).toEqual(['close'])
    })

    it('a loop leaves it that knows nothing of bodies', async () => {
      const source = channel()
      source.give({ data: 'a' })
      let chunks = 0
      for await (const _ of events(source)) if (++chunks === 2) break
      expect(source.log).toEqual(['return', 'close'])
    })

    it('its iterator is returned, which is then at its end', async () => {
      const source = channel()
      const iterator = begin(source)
      expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
      expect(source.log).toEqual(['close'])
    })

    it('it gives what is no event to a loop that knows nothing of bodies', async () => {
      const source = channel()
      source.give({ data: 'a', event: '\n' })
      const loop = async () => {
        for await (const _ of events(source));
      }
      await expect(loop()).rejects.toThrow('encodeEvent: event: must be text without line ends')
      expect(source.log).toEqual(['return', 'close'])
    })

    it('it gives what is no event', async () => {
      const source = channel()
      const body = events(source)
      source.give({ data: 'a', id: '1\n' })
      await expect(readBody(body)).rejects.toThrow('encodeEvent: id: must be text without line ends')
      expect(source.log).toEqual(['return', 'close'])
    })
  })
})

/** A source that gives what it is told to, and writes down how it is treated. */
interface Channel extends AsyncIterable<ServerSentEvent> {
  give(event: ServerSentEvent): void
  end(): void
  fail(error: Error): void
  asked: number
  log: string[]
}

function channel(): Channel {
  const results: Promise<IteratorResult<ServerSentEvent>>[] = []
  const waiting: ((result: Promise<IteratorResult<ServerSentEvent>>) => void)[] = []
  const put = (result: Promise<IteratorResult<ServerSentEvent>>): void => {
    result.catch(() => {})
    const resolve = waiting.shift()
    if (resolve === undefined) results.push(result)
    else resolve(result)
  }
  const source = {
    asked: 0,
    log: [] as string[],
    give: (value: ServerSentEvent) => put(Promise.resolve({ done: false, value })),
    end: () => put(Promise.resolve({ done: true, value: undefined })),
    fail: (error: Error) => put(Promise.reject(error)),
    close: () => void source.log.push('close'),
    [Symbol.asyncIterator]: () => ({
      next: () => {
        source.asked++
        return (
          results.shift() ?? new Promise<IteratorResult<ServerSentEvent>>((resolve) => waiting.push(resolve))
        )
      },
      return: async () => {
        source.log.push('return')
        return { done: true as const, value: undefined }
      },
    }),
  }
  return source
}

function begin(source: Channel, options?: EventsOptions): BodyIterator {
  return bodyIterator(events(source, options))
}

async function text(iterator: BodyIterator): Promise<string> {
  const { value } = await iterator.next()
  return decode(value as Uint8Array)
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = {}
  return (await Promise.race([promise, settled().then(() => pending)])) !== pending
}

interface Message {
  data: string
  type: string
  id: string
}

/** What a client hears (HTML standard, section 9.2.6). */
function received(stream: string): Message[] {
  const messages: Message[] = []
  let data = ''
  let type = ''
  let id = ''
  for (const line of stream
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .slice(0, -1)) {
    if (line === '') {
      if (data !== '') messages.push({ data: data.slice(0, -1), type: type || 'message', id })
      data = ''
      type = ''
      continue
    }
    const [, field = line, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (field === 'data') data += `${value}\n`
    if (field === 'event') type = value
    if (field === 'id' && !value.includes('\0')) id = value
  }
  return messages
}
