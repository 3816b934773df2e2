import { type Body, closeBody, readBody, text } from '@tsgi/core'
import { describe, expect, it } from 'vitest'
import { guardBody } from '../src/guard-body.ts'

const broken = new Error('broken')
const chunk = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A body that writes down what is done to it. Each step is a chunk, or an error that `next` throws. */
class Recorded {
  readonly log: string[] = []
  readonly #steps: (string | Error)[]

  constructor(steps: (string | Error)[]) {
    this.#steps = steps
  }

  next(): IteratorResult<Uint8Array> {
    const step = this.#steps.shift()
    this.log.push('next')
    if (step instanceof Error) throw step
    return step === undefined ? { done: true, value: undefined } : { done: false, value: chunk(step) }
  }

  return(): IteratorResult<Uint8Array> {
    this.log.push('return')
    return { done: true, value: undefined }
  }

  close(): void {
    this.log.push('close')
  }
}

/** The two kinds of body, over the same record. */
const KINDS: [kind: string, bodyOf: (recorded: Recorded) => Body][] = [
  [
    'a sync body',
    (recorded) =>
      ({ [Symbol.iterator]: () => recorded, close: () => recorded.close() }) as Iterable<Uint8Array>,
  ],
  [
    'an async body',
    (recorded) =>
      ({
        [Symbol.asyncIterator]: () => ({
          next: async () => recorded.next(),
          return: async () => recorded.return(),
        }),
        close: async () => recorded.close(),
      }) as AsyncIterable<Uint8Array>,
  ],
]

const page = (): Body => text('page')

function refuse(error: unknown): never {
  throw error
}

describe.each(KINDS)('%s', (_, bodyOf) => {
  it('is read to its end and closed once', async () => {
    const recorded = new Recorded(['a', 'b'])
    expect(await read(await guardBody(bodyOf(recorded), refuse))).toBe('ab')
    expect(recorded.log).toEqual(['next', 'next', 'next', 'close'])
  })

  it('that throws before its first byte is answered, and closed once', async () => {
    const recorded = new Recorded(['', broken, 'a'])
    const errors: unknown[] = []
    const guarded = guardBody(bodyOf(recorded), (error) => {
      errors.push(error)
      return page()
    })
    expect(await read(await guarded)).toBe('page')
    expect(errors).toEqual([broken])
    expect(recorded.log).toEqual(['next', 'next', 'close'])
  })

  it('that throws after its first byte is not answered, and closed once', async () => {
    const recorded = new Recorded(['a', broken])
    await expect(read(await guardBody(bodyOf(recorded), page))).rejects.toBe(broken)
    expect(recorded.log).toEqual(['next', 'next', 'close'])
  })

  it('that throws where it is too late throws on, and is closed once', async () => {
    const recorded = new Recorded([broken])
    await expect(read(await guardBody(bodyOf(recorded), refuse))).rejects.toBe(broken)
    expect(recorded.log).toEqual(['next', 'close'])
  })

  it('that nobody iterates is closed once', async () => {
    const recorded = new Recorded(['a'])
    await closeBody(await guardBody(bodyOf(recorded), refuse))
    expect(recorded.log).toEqual(['close'])
  })

  it('that is given up is returned and closed once, and gives nothing more', async () => {
    const recorded = new Recorded(['a', 'b'])
    const guarded = await guardBody(bodyOf(recorded), page)
    const iterator = iterate(guarded)
    await iterator.next()
    await closeBody(guarded, iterator)
    expect(recorded.log).toEqual(['next', 'return', 'close'])
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('that is given up within its page ends, and is closed once', async () => {
    const recorded = new Recorded([broken])
    const guarded = await guardBody(bodyOf(recorded), page)
    const iterator = iterate(guarded)
    await iterator.next()
    await closeBody(guarded, iterator)
    expect(recorded.log).toEqual(['next', 'close'])
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

it('answers nothing for a body that was given up while its chunk was awaited', async () => {
  let fail: (error: unknown) => void = () => {}
  const pending = new Promise<never>((_, reject) => {
    fail = reject
  })
  const guarded = await guardBody({ [Symbol.asyncIterator]: () => ({ next: () => pending }) }, page)
  const iterator = iterate(guarded)
  const next = iterator.next()
  await closeBody(guarded, iterator)
  fail(broken)
  await expect(next).rejects.toBe(broken)
})

it('answers for a body that cannot even be begun', async () => {
  const body: Body = {
    [Symbol.iterator]() {
      throw broken
    },
  }
  expect(await read(await guardBody(body, page))).toBe('page')
})

async function read(body: Body): Promise<string> {
  return new TextDecoder().decode(await readBody(body))
}

function iterate(body: Body): Iterator<Uint8Array> | AsyncIterator<Uint8Array> {
  return Symbol.iterator in body ? body[Symbol.iterator]() : body[Symbol.asyncIterator]()
}
