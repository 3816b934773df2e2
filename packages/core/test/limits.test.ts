import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HttpError } from '../src/http-error.ts'
import {
  checkLimit,
  DEFAULT_LIMITS,
  type Limits,
  limitError,
  limitedChunks,
  makeLimits,
} from '../src/limits.ts'

describe('makeLimits', () => {
  it('has a safe number for everything', () => {
    expect(makeLimits('Request', undefined)).toEqual({
      bodyBytes: 1_048_576,
      jsonDepth: 64,
      fields: 1000,
      files: 100,
      parts: 1000,
      fieldBytes: 1_048_576,
      fileBytes: Number.POSITIVE_INFINITY,
      partHeaderBytes: 8192,
      nameBytes: 1024,
      preambleBytes: 8192,
      timeMs: 300_000,
    })
  })

  it('takes what it is given, and the rest from the base', () => {
    const base = makeLimits('Request', { bodyBytes: 10, files: 2 })
    expect(makeLimits('Request', { files: 3 }, base)).toEqual({ ...DEFAULT_LIMITS, bodyBytes: 10, files: 3 })
    expect(makeLimits('Request', undefined, base)).toBe(base)
  })

  it('takes 0, and Infinity', () => {
    expect(makeLimits('Request', { files: 0, bodyBytes: Number.POSITIVE_INFINITY })).toMatchObject({
      files: 0,
      bodyBytes: Number.POSITIVE_INFINITY,
    })
  })

  it('takes an undefined limit for none', () => {
    expect(makeLimits('Request', { files: undefined } as unknown as Partial<Limits>)).toEqual(DEFAULT_LIMITS)
  })

  it('gives what cannot be changed any more', () => {
    expect(Object.isFrozen(makeLimits('Request', { files: 3 }))).toBe(true)
    expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true)
  })

  const number = 'must be a whole number, or Infinity'
  const among =
    'must be among bodyBytes, jsonDepth, fields, files, parts, fieldBytes, fileBytes, partHeaderBytes, nameBytes, ' +
    'preambleBytes, timeMs'
  it.each<[message: string, limits: unknown]>([
    [`Request: options.limits.files: ${number}; got -1`, { files: -1 }],
    [`Request: options.limits.files: ${number}; got 1.5`, { files: 1.5 }],
    [`Request: options.limits.timeMs: ${number}; got NaN`, { timeMs: Number.NaN }],
    [`Request: options.limits.bodyBytes: ${number}; got ${2 ** 53}`, { bodyBytes: 2 ** 53 }],
    [`Request: options.limits.bodyBytes: ${number}; got "1mb"`, { bodyBytes: '1mb' }],
    [`Request: options.limits.bodyBytes: ${number}; got bigint`, { bodyBytes: 10n }],
    [`Request: options.limits.bodyBytes: ${number}; got null`, { bodyBytes: null }],
    ['Request: options.limits: must be an object; got null', null],
    ['Request: options.limits: must be an object; got 1024', 1024],
    ['Request: options.limits: must be an object; got "1mb"', '1mb'],
    [`Request: options.limits: ${among}; got "bodybytes"`, { bodybytes: 1 }],
    [`Request: options.limits: ${among}; got "toString"`, { toString: 1 }],
    [`Request: options.limits: ${among}; got "__proto__"`, JSON.parse('{ "__proto__": 1 }')],
  ])('refuses what is wrong: %s', (message, limits) => {
    expect(() => makeLimits('Request', limits as Partial<Limits>)).toThrow(new TypeError(message))
  })
})

describe('limitError', () => {
  it.each<[name: keyof Limits, status: number, detail: string]>([
    ['bodyBytes', 413, 'The body must not be larger than 7 bytes.'],
    ['jsonDepth', 413, 'The JSON must not be nested deeper than 7 levels.'],
    ['fields', 413, 'The form must not have more than 7 fields.'],
    ['files', 413, 'The form must not have more than 7 files.'],
    ['parts', 413, 'The form must not have more than 7 parts.'],
    ['fieldBytes', 413, 'A field of the form must not be larger than 7 bytes.'],
    ['fileBytes', 413, 'A file must not be larger than 7 bytes.'],
    ['partHeaderBytes', 413, 'The headers of a part must not be larger than 7 bytes.'],
    ['nameBytes', 413, 'The name of a field or a file must not be longer than 7 bytes.'],
    ['preambleBytes', 413, 'What stands before or after the parts must not be larger than 7 bytes.'],
    ['timeMs', 408, 'The body must arrive within 7 milliseconds.'],
  ])('names %s in words', (name, status, detail) => {
    expect(limitError(makeLimits('test', { [name]: 7 }), name)).toMatchObject({ status, detail })
  })
})

describe('checkLimit', () => {
  it('allows as much as the limit says', () => {
    const limits = makeLimits('test', { files: 2 })
    expect(() => checkLimit(limits, 'files', 2)).not.toThrow()
    expect(() => checkLimit(limits, 'files', 3)).toThrow(HttpError)
  })
})

/** A source that tells what becomes of it. */
class Source implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  returns = 0
  readonly #steps: (() => Promise<IteratorResult<Uint8Array>>)[]

  constructor(...steps: (() => Promise<IteratorResult<Uint8Array>>)[]) {
    this.#steps = steps
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return this.#steps.shift()?.() ?? Promise.resolve({ done: true, value: undefined })
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.returns++
    // What nobody waits for must not end the process either.
    return Promise.reject(new Error('return failed'))
  }
}

const chunk = (size: number) => (): Promise<IteratorResult<Uint8Array>> =>
  Promise.resolve({ done: false, value: new Uint8Array(size) })
const chunkAfter = (ms: number) => (): Promise<IteratorResult<Uint8Array>> =>
  new Promise((resolve) => setTimeout(resolve, ms, { done: false, value: new Uint8Array(1) }))
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error)
const never = (): Promise<never> => new Promise(() => {})

async function sizes(source: Source, limits: Partial<Limits>): Promise<number[]> {
  const read: number[] = []
  for await (const { length } of limitedChunks(source, makeLimits('test', limits))) read.push(length)
  return read
}

describe('limitedChunks', () => {
  it('gives the chunks as they are', async () => {
    const source = new Source(chunk(3), chunk(0), chunk(4))
    expect(await sizes(source, { bodyBytes: 7 })).toEqual([3, 0, 4])
    expect(source.returns).toBe(0)
  })

  it('stops at the chunk that breaks the limit, and lets the source go', async () => {
    const source = new Source(chunk(3), chunk(4), chunk(1))
    const chunks = limitedChunks(source, makeLimits('test', { bodyBytes: 6 }))
    expect((await chunks.next()).value).toHaveLength(3)
    await expect(chunks.next()).rejects.toMatchObject({
      status: 413,
      detail: 'The body must not be larger than 6 bytes.',
    })
    expect(source.returns).toBe(1)
    expect(await chunks.next()).toEqual({ done: true, value: undefined })
  })

  it('lets the source go when the loop is left', async () => {
    const source = new Source(chunk(3), chunk(4))
    for await (const _ of limitedChunks(source, DEFAULT_LIMITS)) break
    expect(source.returns).toBe(1)
  })

  it('passes on what the source throws, which has then ended itself', async () => {
    const error = new Error('the client is gone')
    const source = new Source(chunk(3), failing(error))
    await expect(sizes(source, {})).rejects.toBe(error)
    expect(source.returns).toBe(0)
  })

  it('leaves the source alone until the first chunk is asked for', async () => {
    const source = { [Symbol.asyncIterator]: vi.fn<() => AsyncIterator<Uint8Array>>() }
    await limitedChunks(source, DEFAULT_LIMITS).return(undefined)
    expect(source[Symbol.asyncIterator]).not.toHaveBeenCalled()
  })
})

describe('the time of a body', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends a wait in which nothing comes', async () => {
    const source = new Source(chunk(1), never)
    const read = expect(sizes(source, { timeMs: 1000 })).rejects.toMatchObject({
      status: 408,
      detail: 'The body must arrive within 1000 milliseconds.',
    })
    await vi.advanceTimersByTimeAsync(1000)
    await read
    expect(source.returns).toBe(1)
  })

  it('is that of all pauses together', async () => {
    const read = expect(
      sizes(new Source(chunkAfter(400), chunkAfter(400), chunkAfter(400)), { timeMs: 1000 }),
    ).rejects.toMatchObject({ status: 408 })
    await vi.advanceTimersByTimeAsync(1000)
    await read
  })

  it('is over too when a chunk comes that nothing could wait for', async () => {
    const source = new Source(() => {
      vi.advanceTimersByTime(1001)
      return chunk(1)()
    })
    await expect(sizes(source, { timeMs: 1000 })).rejects.toMatchObject({ status: 408 })
  })

  it('may be used up to its end', async () => {
    const read = sizes(new Source(chunkAfter(400), chunkAfter(599)), { timeMs: 1000 })
    await vi.advanceTimersByTimeAsync(1000)
    expect(await read).toEqual([1, 1])
  })

  it('is not that of the application', async () => {
    const chunks = limitedChunks(
      new Source(chunkAfter(400), chunkAfter(400)),
      makeLimits('test', { timeMs: 1000 }),
    )
    const first = chunks.next()
    await vi.advanceTimersByTimeAsync(400)
    await first
    await vi.advanceTimersByTimeAsync(60_000)
    const second = chunks.next()
    await vi.advanceTimersByTimeAsync(400)
    expect((await second).done).toBe(false)
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])('has no timer when it is %d', async (timeMs) => {
    const chunks = limitedChunks(new Source(never), makeLimits('test', { timeMs }))
    void chunks.next()
    await Promise.resolve()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer behind', async () => {
    expect(await sizes(new Source(chunk(1), chunk(1)), {})).toEqual([1, 1])
    await expect(sizes(new Source(failing(new Error('gone'))), {})).rejects.toThrow('gone')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('outlives a source that fails too late', async () => {
    const source = new Source(
      () => new Promise((_, reject) => setTimeout(reject, 2000, new Error('too late'))),
    )
    const read = expect(sizes(source, { timeMs: 1000 })).rejects.toMatchObject({ status: 408 })
    await vi.advanceTimersByTimeAsync(1000)
    await read
    // A rejection that nobody handles fails the run.
    await vi.advanceTimersByTimeAsync(2000)
  })
})
