import { describe, expect, it } from 'vitest'
import { type BegunBody, beginBody } from '../src/begun-body.ts'
import { bodyIterator, closeBody, readBody } from '../src/body.ts'
import type { Body } from '../src/contract.ts'
import { bytes, observe, stuck } from './observe.ts'

const failing = (before: string[]): Body => ({
  *[Symbol.iterator]() {
    for (const chunk of before) yield bytes(chunk)
    throw new Error('boom')
  },
})

const asyncly = (chunks: string[]): Body => ({
  async *[Symbol.asyncIterator]() {
    for (const chunk of chunks) yield bytes(chunk)
  },
})

describe('beginBody', () => {
  it.each<[string, () => Body, pulled: number]>([
    ['the first chunk that is not empty', () => [bytes(''), bytes('a'), bytes('b')], 2],
    ['its end', () => [bytes(''), bytes('')], 2],
  ])('pulls a body to %s, and no further', async (_, body, pulled) => {
    let asked = 0
    const counted: Body = {
      *[Symbol.iterator]() {
        for (const chunk of body() as Iterable<Uint8Array>) {
          asked++
          yield chunk
        }
      },
    }
    await beginBody(counted)
    expect(asked).toBe(pulled)
  })

  it('stops at an empty chunk when enough is known, and loses nothing', async () => {
    let asked = 0
    const begun = await beginBody([bytes(''), bytes(''), bytes('a'), bytes('b')], () => ++asked === 2)
    expect(Buffer.from(await readBody(begun)).toString()).toBe('ab')
    expect(asked).toBe(2)
  })

  it.each<[string, () => Body]>([
    ['sync', () => [bytes(''), bytes('a'), bytes(''), bytes('b')]],
    ['async', () => asyncly(['', 'a', '', 'b'])],
    ['a ReadableStream', () => new Blob(['ab']).stream() as unknown as Body],
  ])('loses no byte: %s', async (_, body) => {
    const log: string[] = []
    const begun = await beginBody(observe(log, body()))
    expect(Buffer.from(await readBody(begun)).toString()).toBe('ab')
    expect(log).toEqual(['begun', 'close'])
  })

  it.each<[string, Body, string[]]>([
    ['throws before the first chunk', failing([]), ['begun', 'close']],
    ['throws after an empty chunk', failing(['']), ['begun', 'close']],
    ['gives a chunk that is none', ['a'] as never, ['begun', 'return', 'close']],
    [
      'cannot be begun',
      {
        [Symbol.iterator]() {
          throw new Error('boom')
        },
      },
      ['begun', 'close'],
    ],
  ])('closes a body that %s, and rejects', async (_, body, log) => {
    const found: string[] = []
    await expect(beginBody(observe(found, body))).rejects.toThrow(/boom|encode it/)
    expect(found).toEqual(log)
  })

  it('rejects what is no body', async () => {
    await expect(beginBody('a' as never)).rejects.toThrow('return text(')
  })
})

describe('a begun body', () => {
  const ENDINGS: [string, (body: BegunBody) => unknown, string[]][] = [
    ['was never asked', (body) => closeBody(body), ['begun', 'return', 'close']],
    [
      'is left after the first chunk',
      async (body) => {
        const iterator = bodyIterator(body)
        await iterator.next()
        await closeBody(body, iterator)
        expect((await iterator.next()).done).toBe(true)
      },
      ['begun', 'return', 'close'],
    ],
    [
      'is left before the first chunk was taken',
      async (body) => {
        const iterator = bodyIterator(body)
        await closeBody(body, iterator)
        expect((await iterator.next()).done).toBe(true)
      },
      ['begun', 'return', 'close'],
    ],
    ['is closed without a return', (body) => closeBody(body, null), ['begun', 'return', 'close']],
    ['has finished', (body) => readBody(body), ['begun', 'close']],
    [
      'is closed twice',
      async (body) => {
        await closeBody(body)
        await closeBody(body)
      },
      ['begun', 'return', 'close'],
    ],
  ]

  it.each(ENDINGS)('closes exactly once when it %s', async (_, end, log) => {
    const found: string[] = []
    await end(await beginBody(observe(found, [bytes('a'), bytes('b')])))
    expect(found).toEqual(log)
  })

  it('closes exactly once when it fails later', async () => {
    const log: string[] = []
    const begun = await beginBody(observe(log, failing(['a'])))
    await expect(readBody(begun)).rejects.toThrow('boom')
    expect(log).toEqual(['begun', 'close'])
  })

  it('that had ended already needs no return', async () => {
    const log: string[] = []
    const begun = await beginBody(observe(log, []))
    await closeBody(begun)
    expect(log).toEqual(['begun', 'close'])
  })

  it('closes also when return fails', async () => {
    const log: string[] = []
    const body = stuck(log)
    const begun = await beginBody(body)
    await expect((async () => closeBody(begun, bodyIterator(begun)))()).rejects.toThrow('stuck')
    expect(log).toEqual(['close'])
  })
})
