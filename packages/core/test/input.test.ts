import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InputStream } from '../src/contract.ts'
import { emptyInput, inputStream } from '../src/input.ts'

describe('inputStream', () => {
  it.each<
    [call: string, chunks: string[], call: (input: InputStream) => Promise<unknown>, answers: string[]]
  >([
    ['read() gives everything', ['ab', 'c'], (input) => input.read(), ['abc', '', '']],
    ['read(-1) gives everything', ['ab', 'c'], (input) => input.read(-1), ['abc', '', '']],
    ['read(undefined) gives everything', ['ab', 'c'], (input) => input.read(undefined), ['abc', '']],
    ['read(0) gives nothing and takes nothing', ['ab'], (input) => input.read(0), ['', '']],
    [
      'read(n) gives n bytes across chunks',
      ['a', 'b', 'cdefg'],
      (input) => input.read(3),
      ['abc', 'def', 'g', ''],
    ],
    [
      'read(n) passes over empty chunks',
      ['', 'a', '', '', 'b', ''],
      (input) => input.read(1),
      ['a', 'b', '', ''],
    ],
    ['readline() keeps the line feed', ['a\nb', 'c\n', '\n', 'd'], lines, ['a\n', 'bc\n', '\n', 'd', '', '']],
    ['readline(-1) has no limit', ['abc\nd'], (input) => input.readline(-1), ['abc\n', 'd', '']],
    [
      'readline(n) gives at most n bytes',
      ['ab', 'cde\nf'],
      (input) => input.readline(3),
      ['abc', 'de\n', 'f', ''],
    ],
    ['readline(n) counts the line feed', ['abc\nd'], (input) => input.readline(4), ['abc\n', 'd', '']],
    ['readline(n) may stop before it', ['abc\nd'], (input) => input.readline(3), ['abc', '\n', 'd', '']],
    ['readline(0) gives nothing', ['a\n'], (input) => input.readline(0), ['', '']],
    ['a carriage return ends no line', ['a\rb\r', '\nc'], lines, ['a\rb\r\n', 'c', '']],
  ])('%s', async (_, chunks, call, answers) => {
    const input = inputStream(chunks.map(bytes))
    for (const answer of answers) expect(await call(input)).toEqual(bytes(answer))
  })

  it.each<[hint: number | undefined, answers: string[][]]>([
    [undefined, [['a\n', 'bb\n', 'c'], []]],
    [-1, [['a\n', 'bb\n', 'c'], []]],
    // No hint in Python either (io.IOBase.readlines).
    [0, [['a\n', 'bb\n', 'c'], []]],
    [1, [['a\n'], ['bb\n'], ['c'], []]],
    [2, [['a\n'], ['bb\n'], ['c'], []]],
    [3, [['a\n', 'bb\n'], ['c'], []]],
    [100, [['a\n', 'bb\n', 'c'], []]],
  ])('readlines(%s) stops when the hint is reached', async (hint, answers) => {
    const input = inputStream(['a', '\nb', 'b\nc'].map(bytes))
    for (const answer of answers) expect(await input.readlines(hint)).toEqual(answer.map(bytes))
  })

  it.each<[size: unknown, found: string]>([
    [Number.NaN, 'number "NaN"'],
    [Number.POSITIVE_INFINITY, 'number "Infinity"'],
    [1.5, 'number "1.5"'],
    [-0.5, 'number "-0.5"'],
    ['10', 'string "10"'],
    [10n, 'bigint "10"'],
    [null, 'object "null"'],
  ])('rejects the size %s, and loses nothing by it', async (size, found) => {
    const input = inputStream([bytes('abc')])
    for (const method of ['read', 'readline', 'readlines'] as const) {
      await expect(input[method](size as number)).rejects.toThrow(
        new TypeError(
          `wsgi.input: ${method}: the size must be a whole number of bytes or left out; got ${found}`,
        ),
      )
    }
    expect(await input.read()).toEqual(bytes('abc'))
  })

  it('leaves the source alone until the first read, and asks for its iterator once', async () => {
    const touches: string[] = []
    const source = {
      [Symbol.asyncIterator]() {
        touches.push('iterator')
        return { next: async () => ({ done: true as const, value: undefined }) }
      },
    }
    const input = inputStream(source)
    const chunks = input[Symbol.asyncIterator]()
    expect(touches).toEqual([])
    await input.read(1)
    await input.readline()
    await input.readlines()
    await chunks.next()
    expect(touches).toEqual(['iterator'])
  })

  it('asks the source for no more than the read needs, and for nothing after the end', async () => {
    let asked = 0
    const chunks = ['ab', 'cd', 'ef'].map(bytes)
    const next = async () => {
      const value = chunks[asked++]
      return value === undefined ? { done: true as const, value } : { done: false as const, value }
    }
    const input = inputStream({ [Symbol.asyncIterator]: () => ({ next }) })
    await input.read(0)
    expect(asked).toBe(0)
    await input.read(1)
    await input.read(1)
    expect(asked).toBe(1)
    await input.read(3)
    expect(asked).toBe(3)
    await input.read()
    await input.read()
    await input.readline()
    expect(asked).toBe(4)
  })

  it('gives the very chunk that answers a read, and views of one that answers several', async () => {
    const chunk = bytes('abc\nde')
    expect(await inputStream([chunk]).read()).toBe(chunk)
    expect(await inputStream([chunk]).read(6)).toBe(chunk)
    const input = inputStream([chunk])
    const answers = [await input.read(2), await input.readline(), await input.read()]
    expect(answers).toEqual(['ab', 'c\n', 'de'].map(bytes))
    expect(answers.every((answer) => answer.buffer === chunk.buffer)).toBe(true)
  })

  it('serves overlapping calls in order', async () => {
    const input = inputStream(slowly(['ab', 'c\nd', 'e\nf', 'gh\n', 'ij'].map(bytes)))
    const chunks = input[Symbol.asyncIterator]()
    const answers = await Promise.all([
      input.read(1),
      input.readline(),
      input.readlines(4),
      chunks.next(),
      input.read(),
      input.read(),
    ])
    expect(answers).toEqual([
      bytes('a'),
      bytes('bc\n'),
      [bytes('de\n'), bytes('fgh\n')],
      { done: false, value: bytes('ij') },
      bytes(''),
      bytes(''),
    ])
  })

  it('serves a call that is made between the answer of one and the turn of the next after both', async () => {
    const input = inputStream(slowly(['a', 'b', 'c'].map(bytes)))
    let third: Promise<Uint8Array> | undefined
    const first = input.read(1).then((answer) => {
      third = input.read(1)
      return answer
    })
    const second = input.read(1)
    expect([await first, await second, await third]).toEqual(['a', 'b', 'c'].map(bytes))
  })

  it('yields chunks as they come, what a read left first, and never an empty one', async () => {
    const input = inputStream(slowly(['abc', '', 'de', 'f'].map(bytes)))
    await input.read(1)
    const chunks: Uint8Array[] = []
    for await (const chunk of input) chunks.push(chunk)
    expect(chunks).toEqual(['bc', 'de', 'f'].map(bytes))
    for await (const chunk of input) expect.unreachable(`the end came before ${chunk}`)
  })

  it('can be read on after a loop broke off, and does not cancel its source', async () => {
    let isCancelled = false
    async function* source() {
      try {
        yield* ['ab', 'cd\n', 'ef'].map(bytes)
      } finally {
        isCancelled = true
      }
    }
    const input = inputStream(source())
    for await (const chunk of input) {
      expect(chunk).toEqual(bytes('ab'))
      break
    }
    expect(await input.readline()).toEqual(bytes('cd\n'))
    expect(isCancelled).toBe(false)
    for await (const chunk of input) expect(chunk).toEqual(bytes('ef'))
  })

  it('reads a ReadableStream', async () => {
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes('ab'))
        controller.enqueue(bytes('c'))
        controller.close()
      },
    })
    expect(await inputStream(source).read()).toEqual(bytes('abc'))
  })

  it('waits for a source that could be read either way', async () => {
    const source = {
      [Symbol.asyncIterator]: () => slowly([bytes('all')]),
      [Symbol.iterator]: () => [bytes('some')].values(),
    }
    expect(await inputStream(source).read()).toEqual(bytes('all'))
  })

  describe('when the source breaks off', () => {
    const brokenOff = new Error('the client is gone')
    async function* broken() {
      yield bytes('ab\ncd')
      throw brokenOff
    }

    it.each<[call: string, call: (input: InputStream) => Promise<unknown>]>([
      ['read()', (input) => input.read()],
      ['read(6)', (input) => input.read(6)],
      ['readlines()', (input) => input.readlines()],
      ['readline()', (input) => input.readline().then(() => input.readline())],
      ['iteration', collect],
    ])('%s rejects, and so does every later call', async (_, call) => {
      const input = inputStream(broken())
      await expect(call(input)).rejects.toBe(brokenOff)
      await expect(input.read(0)).rejects.toBe(brokenOff)
      await expect(input.read()).rejects.toBe(brokenOff)
      await expect(input.readline(1)).rejects.toBe(brokenOff)
      await expect(input.readlines()).rejects.toBe(brokenOff)
      await expect(collect(input)).rejects.toBe(brokenOff)
    })

    it('answers what was there before', async () => {
      const input = inputStream(broken())
      expect(await input.readline()).toEqual(bytes('ab\n'))
      expect(await input.read(2)).toEqual(bytes('cd'))
      await expect(input.read(1)).rejects.toBe(brokenOff)
    })

    it('rejects every call that waits', async () => {
      const input = inputStream(broken())
      const calls = await Promise.allSettled([input.read(2), input.read(), input.readline(), input.read(1)])
      expect(calls).toEqual([
        { status: 'fulfilled', value: bytes('ab') },
        { status: 'rejected', reason: brokenOff },
        { status: 'rejected', reason: brokenOff },
        { status: 'rejected', reason: brokenOff },
      ])
    })

    it('rejects with an error of next and of the iterator method alike', async () => {
      const next = () => {
        throw brokenOff
      }
      for (const iterator of [next, () => ({ next })]) {
        const input = inputStream({ [Symbol.asyncIterator]: iterator })
        await expect(input.read()).rejects.toBe(brokenOff)
        await expect(input.read()).rejects.toBe(brokenOff)
      }
    })

    it('rejects with undefined when that is what was thrown', async () => {
      const source: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(undefined) }),
      }
      const input = inputStream(source)
      await expect(input.read()).rejects.toBe(undefined)
      await expect(input.read()).rejects.toBe(undefined)
    })

    it('leaves no unhandled rejection behind a read that nobody awaits', async () => {
      const unhandled: unknown[] = []
      const note = (reason: unknown) => unhandled.push(reason)
      process.on('unhandledRejection', note)
      const input = inputStream(broken())
      input.read()
      input.readlines()
      input[Symbol.asyncIterator]().next()
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', note)
      expect(unhandled).toEqual([])
    })
  })

  describe('hostile splits', () => {
    const MEGABYTE = 1 << 20

    it('joins a megabyte of single bytes', async () => {
      const chunks = new Array<Uint8Array>(MEGABYTE).fill(bytes('a'))
      expect((await inputStream(chunks).read()).length).toBe(MEGABYTE)
      expect((await inputStream(chunks).readline()).length).toBe(MEGABYTE)
      expect((await inputStream(chunks).readlines()).length).toBe(1)
    })

    it('cuts a megabyte without a line feed into single bytes', async () => {
      const input = inputStream([new Uint8Array(MEGABYTE)])
      let count = 0
      while ((await input.readline(1)).length > 0) count++
      expect(count).toBe(MEGABYTE)
    })

    it('cuts a megabyte of line feeds into lines', async () => {
      expect((await inputStream([new Uint8Array(MEGABYTE).fill(10)]).readlines()).length).toBe(MEGABYTE)
    })

    it('serves a hundred thousand overlapping reads', async () => {
      const input = inputStream(Array.from({ length: 1000 }, () => new Uint8Array(100)))
      const reads = await Promise.all(Array.from({ length: 100_001 }, () => input.read(1)))
      expect(reads.filter((read) => read.length === 1).length).toBe(100_000)
    })
  })

  it('gives the same bytes as one array, however they are split and asked for', async () => {
    const byte = fc.constantFrom(10, 13, 97, 98)
    const size = fc.option(fc.integer({ min: -1, max: 12 }), { nil: undefined })
    const call = fc.record({ method: fc.constantFrom('read', 'readline', 'readlines', 'next'), size })
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc
            .uint8Array({ max: 255, maxLength: 8 })
            .chain((chunk) => fc.array(byte).map((more) => [...chunk, ...more])),
        ),
        fc.array(call as fc.Arbitrary<Call>),
        fc.boolean(),
        fc.boolean(),
        async (split, calls, isAsync, overlap) => {
          const chunks = split.map((chunk) => Uint8Array.from(chunk))
          const input = inputStream(isAsync ? slowly(chunks) : chunks)
          const model = new Model(split.flat())
          const pending = calls.map((call) => () => make(input, call))
          const answers = overlap ? await Promise.all(pending.map((start) => start())) : []
          for (const [i, call] of calls.entries()) model.check(call, answers[i] ?? (await pending[i]?.()))
          model.check({ method: 'read', size: undefined }, await input.read())
          model.check({ method: 'read', size: undefined }, await input.read())
        },
      ),
    )
  })
})

describe('emptyInput', () => {
  it('is at its end for every request, whatever was asked before', async () => {
    for (let request = 0; request < 2; request++) {
      const input = emptyInput()
      expect(await input.read()).toEqual(bytes(''))
      expect(await input.read(5)).toEqual(bytes(''))
      expect(await input.readline()).toEqual(bytes(''))
      expect(await input.readlines()).toEqual([])
      expect(await collect(input)).toEqual([])
      await expect(input.read(Number.NaN)).rejects.toThrow(TypeError)
    }
  })

  it('costs nothing and carries nothing from one request to another', () => {
    expect(emptyInput()).toBe(emptyInput())
    expect(() => Object.assign(emptyInput(), { read: null })).toThrow(TypeError)
  })
})

interface Call {
  method: 'read' | 'readline' | 'readlines' | 'next'
  size: number | undefined
}

/** Python's `io.BytesIO` over all the bytes at once. */
class Model {
  readonly #bytes: readonly number[]
  #position = 0

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes
  }

  check({ method, size }: Call, answer: unknown): void {
    if (method === 'next') this.#checkChunk(answer as IteratorResult<Uint8Array>)
    else if (method === 'readlines') expect((answer as Uint8Array[]).map(numbers)).toEqual(this.#lines(size))
    else
      expect(numbers(answer as Uint8Array)).toEqual(method === 'read' ? this.#read(size) : this.#line(size))
  }

  /** How long a chunk is, is the source's affair; that it is what comes next is not. */
  #checkChunk({ done, value }: IteratorResult<Uint8Array>): void {
    expect(done).toBe(this.#position === this.#bytes.length)
    if (done) return
    expect(value.length).toBeGreaterThan(0)
    expect(numbers(value)).toEqual(this.#read(value.length))
  }

  #read(size = -1): number[] {
    const end = size < 0 ? this.#bytes.length : this.#position + size
    const answer = this.#bytes.slice(this.#position, end)
    this.#position += answer.length
    return answer
  }

  #line(size = -1): number[] {
    const lineFeed = this.#bytes.indexOf(10, this.#position)
    const length = (lineFeed < 0 ? this.#bytes.length : lineFeed + 1) - this.#position
    return this.#read(size < 0 ? length : Math.min(size, length))
  }

  #lines(hint = -1): number[][] {
    const lines: number[][] = []
    while (this.#position < this.#bytes.length && (hint <= 0 || lines.flat().length < hint))
      lines.push(this.#line())
    return lines
  }
}

function make(input: InputStream, { method, size }: Call): Promise<unknown> {
  return method === 'next' ? input[Symbol.asyncIterator]().next() : input[method](size)
}

function lines(input: InputStream): Promise<Uint8Array> {
  return input.readline()
}

async function collect(input: InputStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of input) chunks.push(chunk)
  return chunks
}

async function* slowly(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function numbers(answer: Uint8Array): number[] {
  return [...answer]
}
