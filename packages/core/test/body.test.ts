import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BodyIterator,
  type BodyMapping,
  bodyFault,
  bodyIterator,
  chunkFault,
  closeBody,
  mapBody,
  readBody,
  TextBody,
  text,
} from '../src/body.ts'
import type { Body } from '../src/contract.ts'
import { bytes, call, never, observe, settled } from './observe.ts'

const readText = async (body: Body): Promise<string> => Buffer.from(await readBody(body)).toString()

const throws = (message: string) => (): never => {
  throw new Error(message)
}

async function* asyncly(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield bytes(chunk)
}

function* syncly(...chunks: string[]): Generator<Uint8Array> {
  for (const chunk of chunks) yield bytes(chunk)
}

describe('text', () => {
  it.each([
    ['é€😀', 'utf-8', [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
    ['é\n', 'UTF-8', [0xc3, 0xa9, 0x0a]],
    ['é\xff', 'ISO-8859-1', [0xe9, 0xff]],
    ['a\n', 'us-ascii', [0x61, 0x0a]],
    ['\ud800', 'utf-8', [0xef, 0xbf, 0xbd]],
    ['', 'utf-8', []],
  ])('encodes %j as %s', (content, charset, encoded) => {
    expect([...text(content, charset)].map((chunk) => [...chunk])).toEqual([encoded])
  })

  it.each([
    ['€', 'iso-8859-1', 'text: iso-8859-1 cannot hold'],
    ['a\n€', 'iso-8859-1', 'text: iso-8859-1 cannot hold'],
    ['é', 'us-ascii', 'text: us-ascii cannot hold'],
    ['a', 'utf-16', 'text: charset must be utf-8, iso-8859-1 or us-ascii; got "utf-16"'],
    ['a', 'toString', 'got "toString"'],
  ])('refuses %j as %s', (content, charset, message) => {
    expect(() => text(content, charset)).toThrow(TypeError)
    expect(() => text(content, charset)).toThrow(message)
  })

  it('keeps its string, and can be read again', async () => {
    const body = text('é')
    expect(body).toBeInstanceOf(TextBody)
    expect(body.text).toBe('é')
    expect([await readText(body), await readText(body)]).toEqual(['é', 'é'])
  })
})

describe('bodyFault', () => {
  it.each([
    ['an array', []],
    ['a set', new Set()],
    ['a generator', syncly()],
    ['an async generator', asyncly()],
    ['a text', text('')],
    ['a ReadableStream', new ReadableStream()],
    ['a Readable', Readable.from([])],
  ])('lets %s pass', (_, body) => {
    expect(bodyFault(body)).toBeUndefined()
  })

  it.each([
    ['Hello', 'got a string: return text(…)'],
    [bytes('a'), 'got the bytes themselves: return [bytes]'],
    [Buffer.from('a'), 'return [bytes]'],
    [runInNewContext('new Uint8Array(1)'), 'return [bytes]'],
    [undefined, 'got undefined'],
    [null, 'got null'],
    [7, 'got a number'],
    [() => [], 'got a function'],
    [{}, 'got an object (Object)'],
    [Object.create(null), 'got an object (without prototype)'],
    [new ArrayBuffer(1), 'got an object (ArrayBuffer)'],
    [Promise.resolve([]), 'got an object (Promise)'],
  ])('names the remedy for %o', (body, message) => {
    expect(bodyFault(body)).toContain(message)
  })
})

describe('chunkFault', () => {
  it.each([bytes('a'), bytes(''), Buffer.from('a'), runInNewContext('new Uint8Array(1)')])(
    'lets %o pass',
    (chunk) => {
      expect(chunkFault(chunk)).toBeUndefined()
    },
  )

  it.each([
    ['a', 'got a string: encode it'],
    [7, 'got a number'],
    [null, 'got null'],
    [undefined, 'got undefined'],
    [[1], 'got an object (Array)'],
    [new ArrayBuffer(1), 'got an object (ArrayBuffer)'],
    [new Uint16Array(1), 'got an object (Uint16Array)'],
    [new DataView(new ArrayBuffer(1)), 'got an object (DataView)'],
  ])('names %o', (chunk, message) => {
    expect(chunkFault(chunk)).toContain(message)
  })
})

describe('closeBody', () => {
  /** All four ways out, each of which writes itself down. */
  function closable(log: string[], ways: readonly string[]): Body {
    const add = (way: string, key: PropertyKey) =>
      ways.includes(way) ? { [key]: () => void log.push(way) } : {}
    return {
      [Symbol.iterator]: () => {
        log.push('begun')
        return { next: () => ({ done: false, value: bytes('a') }), ...add('return', 'return') }
      },
      ...add('close', 'close'),
      ...add('asyncDispose', Symbol.asyncDispose),
      ...add('dispose', Symbol.dispose),
    } as unknown as Body
  }

  it.each([
    [
      'all of them',
      ['return', 'close', 'asyncDispose', 'dispose'],
      ['close'],
      ['return', 'close'],
      ['close'],
    ],
    [
      'no close',
      ['return', 'asyncDispose', 'dispose'],
      ['asyncDispose'],
      ['return', 'asyncDispose'],
      ['asyncDispose'],
    ],
    ['only dispose', ['return', 'dispose'], ['dispose'], ['return', 'dispose'], ['dispose']],
    ['only return', ['return'], ['begun', 'return'], ['return'], []],
    ['no return', ['close'], ['close'], ['close'], ['close']],
    ['nothing', [], ['begun'], [], []],
  ])('closes a body that has %s', async (_, ways, unbegun, begun, ended) => {
    const log: string[] = []
    await closeBody(closable(log, ways))
    expect(log.splice(0)).toEqual(unbegun)

    const half = closable(log, ways)
    const iterator = bodyIterator(half)
    log.length = 0
    await closeBody(half, iterator)
    expect(log.splice(0)).toEqual(begun)

    await closeBody(closable(log, ways), null)
    expect(log).toEqual(ended)
  })

  it('is sync where the body is', () => {
    const body = observe([], [bytes('a')])
    expect(closeBody(body)).toBeUndefined()
    expect(closeBody([bytes('a')])).toBeUndefined()
    expect(closeBody(syncly('a'))).toBeUndefined()
  })

  it('does not touch an array', () => {
    const array = [bytes('a')]
    Object.defineProperty(array, Symbol.iterator, { value: throws('begun') })
    expect(closeBody(array)).toBeUndefined()
  })

  it('does not run a generator that was never started', async () => {
    let isRun = false
    function* body(): Generator<Uint8Array> {
      try {
        isRun = true
        yield bytes('a')
      } finally {
        isRun = true
      }
    }
    const generator = body()
    closeBody(generator)
    expect(isRun).toBe(false)
    expect(generator.next().done).toBe(true)
  })

  it.each([
    ['throws', throws('stuck')],
    ['rejects', () => Promise.reject(new Error('stuck'))],
  ])('closes also when return %s, and the error comes through', async (_, fail) => {
    for (const close of [() => {}, async () => {}]) {
      const log: string[] = []
      const body = observe(log, [], close)
      const iterator = {
        next: () => ({ done: true, value: undefined }),
        return: fail,
      } as unknown as BodyIterator
      await expect((async () => closeBody(body, iterator))()).rejects.toThrow('stuck')
      expect(log).toEqual(['close'])
    }
  })

  it('waits for return, then for close, also where they give thenables', async () => {
    const log: string[] = []
    const slowly = (name: string) => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
      then(resolve: () => void) {
        log.push(`${name} begins`)
        setImmediate(() => {
          log.push(`${name} ends`)
          resolve()
        })
      },
    })
    const body = observe([], [], () => slowly('close'))
    await closeBody(body, { next: never as never, return: () => slowly('return') } as unknown as BodyIterator)
    expect(log).toEqual(['return begins', 'return ends', 'close begins', 'close ends'])
  })

  it.each(['never begun', 'begun'])('cancels a ReadableStream that was %s, and unlocks it', async (state) => {
    let cancelled = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes('a')),
      cancel: () => void cancelled++,
    }) as unknown as Body & ReadableStream
    let iterator: BodyIterator | undefined
    if (state === 'begun') {
      iterator = bodyIterator(body)
      await iterator.next()
    }
    await closeBody(body, iterator)
    expect(cancelled).toBe(1)
    expect(body.locked).toBe(false)
  })

  it.each([
    [
      'Readable',
      () =>
        new Readable({
          read() {
            this.push('a')
          },
        }),
    ],
    ['file stream', () => createReadStream(fileURLToPath(import.meta.url), { highWaterMark: 8 })],
  ])('destroys a %s of Node in every ending, and that is no error', async (_, make) => {
    const unbegun = make()
    await closeBody(unbegun)
    expect(unbegun.destroyed).toBe(true)

    const begun = make()
    const iterator = bodyIterator(begun)
    await iterator.next()
    await closeBody(begun, iterator)
    expect(begun.destroyed).toBe(true)

    const left = make()
    const returned = bodyIterator(left)
    await returned.next()
    await returned.return?.()
    await closeBody(left, null)
    expect(left.destroyed).toBe(true)
  })

  it('ends a stream that fails unread, which nobody hears of', async () => {
    const body = createReadStream('/missing/file')
    await closeBody(body)
    if (!body.closed) await new Promise<void>((resolve) => body.once('close', () => resolve()))
    // Node's rule: an `error` without a listener ends the process.
    expect([body.destroyed, body.listenerCount('error') > 0]).toEqual([true, true])
  })

  it('lets another failure of a disposer through', async () => {
    const body = Object.assign(syncly('a'), {
      [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')),
    })
    await expect(closeBody(body)).rejects.toThrow('stuck')
  })

  it('of a Node stream is no error when the server sends no more of it', async () => {
    const answer = call(
      (_, startResponse) => {
        startResponse('200 OK', [])
        return Readable.from([bytes('a'), bytes('b')])
      },
      { REQUEST_METHOD: 'HEAD' },
    )
    await expect.poll(() => answer.outcomes.length).toBe(1)
    expect([answer.status, answer.errors]).toEqual(['200 OK', []])
  })
})

describe('readBody', () => {
  it.each<[string, () => Body]>([
    ['an array', () => [bytes('a'), bytes(''), bytes('b')]],
    ['a text', () => text('ab')],
    ['a generator', () => syncly('a', 'b')],
    ['an async generator', () => asyncly('a', 'b')],
    ['a ReadableStream', () => new Blob(['ab']).stream() as unknown as Body],
    ['a Readable', () => Readable.from([Buffer.from('a'), Buffer.from('b')])],
    ['an iterator without return', () => observe([], { [Symbol.iterator]: () => [bytes('ab')].values() })],
  ])('reads %s', async (_, body) => {
    expect(await readText(body())).toBe('ab')
  })

  it.each<[string, () => Body, string[]]>([
    ['finished', () => [bytes('a')], ['begun', 'close']],
    ['threw', () => ({ [Symbol.iterator]: () => ({ next: throws('boom') }) }), ['begun', 'close']],
    [
      'rejected',
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('boom')) }) }),
      ['begun', 'close'],
    ],
    ['gave a chunk that is none', () => ['a'] as never, ['begun', 'return', 'close']],
    ['could not be begun', () => ({ [Symbol.iterator]: throws('boom') }), ['begun', 'close']],
  ])('closes a body that %s, once', async (ending, body, log) => {
    const found: string[] = []
    const reading = readBody(observe(found, body()))
    if (ending === 'finished') await reading
    else await expect(reading).rejects.toThrow(/boom|encode it/)
    expect(found).toEqual(log)
  })

  it('rejects with what close throws', async () => {
    await expect(readBody(observe([], [], throws('stuck')))).rejects.toThrow('stuck')
  })
})

describe('mapBody', () => {
  const upper = (chunk: Uint8Array): Uint8Array => bytes(Buffer.from(chunk).toString().toUpperCase())

  it.each<[string, BodyMapping, string]>([
    ['changes each chunk', { chunk: upper }, 'AB'],
    ['waits for a promise', { chunk: async (chunk) => upper(chunk) }, 'AB'],
    [
      'drops a chunk for which it gets nothing',
      { chunk: (chunk) => (chunk[0] === 97 ? undefined : chunk) },
      'b',
    ],
    ['drops a chunk that becomes empty', { chunk: () => bytes('') }, ''],
    ['sends what flush gives, last', { flush: () => bytes('!') }, 'ab!'],
    ['waits for flush', { chunk: upper, flush: async () => bytes('!') }, 'AB!'],
    ['leaves the bytes alone without chunk and flush', {}, 'ab'],
  ])('%s', async (_, mapping, expected) => {
    for (const inner of [
      () => [bytes('a'), bytes(''), bytes('b')],
      () => syncly('a', 'b'),
      () => asyncly('a', 'b'),
    ]) {
      expect(await readText(mapBody(inner(), mapping))).toBe(expected)
    }
  })

  it('gives the same bytes whatever the chunks are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5 })), async (chunks) => {
        const mapped = mapBody(chunks, { chunk: (chunk) => chunk.map((byte) => byte ^ 0xff) })
        expect([...(await readBody(mapped))]).toEqual(
          chunks.flatMap((chunk) => [...chunk].map((byte) => byte ^ 0xff)),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('never gives an empty chunk to the mapping', async () => {
    const lengths: number[] = []
    await readBody(mapBody([bytes(''), bytes('ab')], { chunk: (chunk) => void lengths.push(chunk.length) }))
    expect(lengths).toEqual([2])
  })

  it('stays sync where only the end is of interest', () => {
    const body = mapBody(syncly('a', 'b'), { close: () => {} })
    expect(Symbol.iterator in body).toBe(true)
    expect([...(body as Iterable<Uint8Array>)]).toEqual([bytes('a'), bytes('b')])
    expect(closeBody(body, null)).toBeUndefined()
  })

  it('reads nothing before it is asked, and one chunk for each that it is asked for', async () => {
    const pulled: number[] = []
    function* numbers(): Generator<Uint8Array> {
      for (let i = 0; ; i++) {
        pulled.push(i)
        yield bytes(`${i}`)
      }
    }
    for (const mapping of [{ chunk: upper }, { close: () => {} }]) {
      pulled.length = 0
      const body = mapBody(numbers(), mapping)
      const iterator = bodyIterator(body)
      expect(pulled).toEqual([])
      await iterator.next()
      expect(pulled).toEqual([0])
      await closeBody(body, iterator)
    }
  })

  it('calls a mapping that is an object of a class on that object', async () => {
    class Count {
      bytes = 0
      chunk(chunk: Uint8Array): Uint8Array {
        this.bytes += chunk.length
        return chunk
      }
      flush(): Uint8Array {
        return bytes(`${this.bytes}`)
      }
      close(): void {
        this.bytes = -1
      }
    }
    const count = new Count()
    expect(await readText(mapBody([bytes('abc')], count))).toBe('abc3')
    expect(count.bytes).toBe(-1)
  })

  it.each([
    ['a string', 'x'],
    ['a number', 7],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['null', null],
  ])('does not lose %s that the mapping gives for bytes', async (_, value) => {
    await expect(readBody(mapBody([bytes('a')], { chunk: () => value as never }))).rejects.toThrow(TypeError)
  })

  describe('closes body and mapping exactly once, in that order, when', () => {
    const kinds: [kind: string, mapping: (log: string[]) => BodyMapping, chunks: () => Body][] = [
      ['only watched, sync', () => ({}), () => syncly('a', 'b')],
      ['only watched, async', () => ({}), () => asyncly('a', 'b')],
      ['mapped, sync', () => ({ chunk: upper }), () => syncly('a', 'b')],
      ['mapped, async', () => ({ chunk: upper }), () => asyncly('a', 'b')],
    ]
    const watched = (kind: (typeof kinds)[number], log: string[], fails: BodyMapping = {}): Body =>
      mapBody(observe(log, kind[2]()), { ...kind[1](log), close: () => void log.push('mapping'), ...fails })

    it.each(kinds)('it has finished (%s)', async (...kind) => {
      const log: string[] = []
      await readBody(watched(kind, log))
      expect(log).toEqual(['begun', 'close', 'mapping'])
    })

    it.each(kinds)('it was never begun (%s)', async (...kind) => {
      const log: string[] = []
      const body = watched(kind, log)
      await closeBody(body)
      await closeBody(body)
      expect(log).toEqual(['close', 'mapping'])
    })

    it.each(kinds)('it was begun, but nothing was asked of it (%s)', async (...kind) => {
      const log: string[] = []
      const body = watched(kind, log)
      const iterator = bodyIterator(body)
      await closeBody(body, iterator)
      expect(log).toEqual(['begun', 'return', 'close', 'mapping'])
    })

    it.each(kinds)('the consumer returns early (%s)', async (...kind) => {
      const log: string[] = []
      const body = watched(kind, log)
      const iterator = bodyIterator(body)
      await iterator.next()
      await closeBody(body, iterator)
      expect(log).toEqual(['begun', 'return', 'close', 'mapping'])
      expect((await iterator.next()).done).toBe(true)
    })

    it.each(kinds)('it is closed without a return (%s)', async (...kind) => {
      const log: string[] = []
      const body = watched(kind, log)
      await bodyIterator(body).next()
      await closeBody(body, null)
      expect(log).toEqual(['begun', 'return', 'close', 'mapping'])
    })

    it.each(kinds)('the inner body fails before the first chunk (%s)', async (...kind) => {
      const log: string[] = []
      const failing: typeof kind = [
        kind[0],
        kind[1],
        () => ({ [Symbol.iterator]: () => ({ next: throws('boom') }) }),
      ]
      await expect(readBody(watched(failing, log))).rejects.toThrow('boom')
      expect(log).toEqual(['begun', 'close', 'mapping'])
    })

    it.each(kinds)('the inner body fails after the first chunk (%s)', async (...kind) => {
      const log: string[] = []
      const failing: typeof kind = [
        kind[0],
        kind[1],
        async function* () {
          yield bytes('a')
          throw new Error('boom')
        },
      ]
      await expect(readBody(watched(failing, log))).rejects.toThrow('boom')
      expect(log).toEqual(['begun', 'close', 'mapping'])
    })

    it.each(kinds)('the inner body cannot be begun (%s)', async (...kind) => {
      const log: string[] = []
      const failing: typeof kind = [kind[0], kind[1], () => ({ [Symbol.iterator]: throws('boom') })]
      await expect(readBody(watched(failing, log))).rejects.toThrow('boom')
      expect(log).toEqual(['begun', 'close', 'mapping'])
    })

    it.each<[string, BodyMapping, string[]]>([
      ['chunk throws', { chunk: throws('boom') }, ['begun', 'return', 'close', 'mapping']],
      ['chunk rejects', { chunk: async () => throws('boom')() }, ['begun', 'return', 'close', 'mapping']],
      ['flush throws', { flush: throws('boom') }, ['begun', 'close', 'mapping']],
      ['flush rejects', { flush: async () => throws('boom')() }, ['begun', 'close', 'mapping']],
      ['the inner body gives a string', { chunk: upper }, ['begun', 'return', 'close', 'mapping']],
    ])('%s', async (what, mapping, log) => {
      const found: string[] = []
      const chunks = (what.includes('string') ? ['a'] : [bytes('a'), bytes('b')]) as Uint8Array[]
      const body = mapBody(observe(found, chunks), { ...mapping, close: () => void found.push('mapping') })
      await expect(readBody(body)).rejects.toThrow(/boom|encode it/)
      expect(found).toEqual(log)
    })

    it.each([
      ['throws', throws('stuck')],
      ['rejects', () => Promise.reject(new Error('stuck'))],
    ])("the inner body's close %s", async (_, fails) => {
      for (const mapping of [{}, { chunk: upper }]) {
        const log: string[] = []
        const body = mapBody(observe(log, [bytes('a')], fails), {
          ...mapping,
          close: () => void log.push('mapping'),
        })
        await expect(readBody(body)).rejects.toThrow('stuck')
        expect(log).toEqual(['begun', 'close', 'mapping'])
      }
    })

    it.each([
      ['throws', throws('stuck')],
      ['rejects', () => Promise.reject(new Error('stuck'))],
    ])("the mapping's close %s", async (_, fails) => {
      for (const mapping of [{}, { chunk: upper }]) {
        const log: string[] = []
        await expect(
          readBody(mapBody(observe(log, [bytes('a')]), { ...mapping, close: fails })),
        ).rejects.toThrow('stuck')
        expect(log).toEqual(['begun', 'close'])
      }
    })

    it('the client leaves while the next chunk is pending', async () => {
      const log: string[] = []
      let isCalled = false
      let give: (chunk: Uint8Array) => void = () => {}
      const chunk = new Promise<Uint8Array>((resolve) => (give = resolve))
      const inner = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: await chunk }),
          return: async () => ({ done: true, value: undefined }),
        }),
      } as unknown as Body
      const {
        call: running,
        outcomes,
        errors,
      } = call((_, startResponse) => {
        startResponse('200 OK', [])
        return mapBody(observe(log, inner), {
          chunk: () => {
            isCalled = true
            throw new Error('written after the end')
          },
          close: () => void log.push('mapping'),
        })
      })
      running.gone()
      await settled()
      expect(log).toEqual(['begun', 'return', 'close', 'mapping'])
      give(bytes('a'))
      await settled()
      expect(isCalled).toBe(false)
      expect(errors).toEqual([])
      expect(outcomes).toHaveLength(1)
    })
  })

  it.each<[string, BodyMapping, () => Body]>([
    ['the inner body threw', {}, () => asyncFails()],
    ['chunk threw', { chunk: throws('boom') }, () => asyncly('a', 'b')],
    ['flush threw', {}, () => asyncly()],
  ])('is at its end when %s: what failed is never taken for a whole', async (what, mapping, inner) => {
    let flushes = 0
    const flush = () => {
      flushes++
      if (what === 'flush threw') throw new Error('boom')
      return bytes('!')
    }
    const iterator = bodyIterator(mapBody(inner(), { ...mapping, flush }))
    await expect(iterator.next()).rejects.toThrow('boom')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(flushes).toBe(what === 'flush threw' ? 1 : 0)
  })

  it('does not flush what was left early', async () => {
    let flushes = 0
    const body = mapBody(asyncly('a', 'b'), { flush: () => void flushes++ })
    const iterator = bodyIterator(body)
    await iterator.next()
    await closeBody(body, iterator)
    await iterator.next()
    expect(flushes).toBe(0)
  })

  it('cancels a ReadableStream inside it', async () => {
    for (const isBegun of [true, false]) {
      let cancelled = 0
      const inner = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes('a')),
        cancel: () => void cancelled++,
      }) as unknown as Body
      const body = mapBody(inner, { chunk: upper })
      let iterator: BodyIterator | undefined
      if (isBegun) {
        iterator = bodyIterator(body)
        await iterator.next()
      }
      await closeBody(body, iterator)
      expect(cancelled).toBe(1)
    }
  })

  it('nests', async () => {
    const log: string[] = []
    const layer = (name: string, inner: Body): Body =>
      mapBody(inner, {
        chunk: (chunk) => bytes(`${name}${Buffer.from(chunk)}`),
        close: () => void log.push(name),
      })
    expect(await readText(layer('c', layer('b', observe(log, [bytes('a')]))))).toBe('cba')
    expect(log).toEqual(['begun', 'close', 'b', 'c'])
  })
})

// biome-ignore lint/correctness/useYield: it fails before the first chunk
async function* asyncFails(): AsyncGenerator<Uint8Array> {
  throw new Error('boom')
}
