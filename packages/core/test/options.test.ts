import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseOptions } from '../src/options.ts'

const schema = z.strictObject({
  origin: z.string().optional(),
  limit: z.number().min(1).max(10).optional(),
  count: z.int().gt(0).lt(9).optional(),
  name: z.string().min(2).max(3).optional(),
  names: z.array(z.string()).min(1).max(2).optional(),
  level: z.enum(['low', 'high']).optional(),
  clock: z.custom<() => number>((value) => typeof value === 'function', 'a function').optional(),
  tls: z.strictObject({ key: z.string(), ports: z.array(z.number()).optional() }).optional(),
  pattern: z.string().regex(/^a/).optional(),
  trust: z.boolean().default(false),
})

const cycle: Record<string, unknown> = Object.create(null)
cycle['self'] = cycle
const cyclicArray: unknown[] = []
cyclicArray.push(cyclicArray)

describe('parseOptions', () => {
  it('gives the options with their defaults filled in', () => {
    expect(parseOptions('cors', schema, { origin: 'a' })).toEqual({ origin: 'a', trust: false })
  })

  it.each<[what: string, options: unknown, message: string]>([
    ['a wrong type', { origin: 7 }, 'cors: options.origin: must be a string; got 7'],
    ['null', { origin: null }, 'cors: options.origin: must be a string; got null'],
    ['a text', { limit: '7' }, 'cors: options.limit: must be a number; got "7"'],
    ['NaN', { limit: Number.NaN }, 'cors: options.limit: must be a number; got NaN'],
    ['infinity', { limit: Number.POSITIVE_INFINITY }, 'cors: options.limit: must be a number; got Infinity'],
    ['a bigint', { limit: 7n }, 'cors: options.limit: must be a number; got 7'],
    ['a symbol', { limit: Symbol('x') }, 'cors: options.limit: must be a number; got Symbol(x)'],
    ['a fraction', { count: 1.5 }, 'cors: options.count: must be an integer; got 1.5'],
    ['options that are none', 'x', 'cors: options: must be an object; got "x"'],
    ['no options', undefined, 'cors: options: must be an object; got undefined'],
    ['an unknown member', { colour: 1 }, 'cors: options: must be without other members; got "colour"'],
    ['unknown members', { a: 1, b: 2 }, 'cors: options: must be without other members; got "a", "b"'],
    [
      'a nested unknown member',
      { tls: { key: '', x: 1 } },
      'cors: options.tls: must be without other members; got "x"',
    ],
    ['one of an enum', { level: 'Low' }, 'cors: options.level: must be one of "low", "high"; got "Low"'],
    ['too small', { limit: 0 }, 'cors: options.limit: must be at least 1; got 0'],
    ['too big', { limit: 11 }, 'cors: options.limit: must be at most 10; got 11'],
    ['not more', { count: 0 }, 'cors: options.count: must be more than 0; got 0'],
    ['not less', { count: 9 }, 'cors: options.count: must be less than 9; got 9'],
    ['too short', { name: 'a' }, 'cors: options.name: must be at least 2 characters long; got "a"'],
    ['too long', { name: 'abcd' }, 'cors: options.name: must be at most 3 characters long; got "abcd"'],
    ['too few', { names: [] }, 'cors: options.names: must be at least 1 items long; got []'],
    [
      'too many',
      { names: ['a', 'b', 'c'] },
      'cors: options.names: must be at most 2 items long; got ["a","b","c"]',
    ],
    ['a custom type', { clock: 7 }, 'cors: options.clock: must be a function; got 7'],
    ['a nested member', { tls: { key: 1 } }, 'cors: options.tls.key: must be a string; got 1'],
    ['a missing member', { tls: {} }, 'cors: options.tls.key: must be a string; got undefined'],
    [
      'an item',
      { tls: { key: '', ports: [1, 'b'] } },
      'cors: options.tls.ports[1]: must be a number; got "b"',
    ],
    ['a function', { origin: () => 'secret' }, 'cors: options.origin: must be a string; got a function'],
    ['a class', { origin: class Origin {} }, 'cors: options.origin: must be a string; got a function'],
    ['a cycle', { origin: cycle }, 'cors: options.origin: must be a string; got [object Object]'],
    ['a cyclic array', { origin: cyclicArray }, 'cors: options.origin: must be a string; got [object Array]'],
    ['another format', { pattern: 'b' }, 'cors: options.pattern: must be as its type says ('],
  ])('refuses %s', (_, options, message) => {
    expect(() => parseOptions('cors', schema, options)).toThrow(TypeError)
    expect(() => parseOptions('cors', schema, options)).toThrow(message)
  })

  it('shows no more than the beginning of a long value', () => {
    const attempt = () => parseOptions('cors', schema, { limit: 'x'.repeat(1000) })
    expect(attempt).toThrow(/got "x{79}…$/)
  })

  it('says the first of several faults', () => {
    expect(() => parseOptions('cors', schema, { origin: 7, limit: 0 })).toThrow('options.origin')
  })
})
