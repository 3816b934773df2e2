import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CacheControl, formatCacheControl, parseCacheControl } from '../src/cache-control.ts'
import { expectLinear } from './linear.ts'

describe('a Cache-Control that is written and read', () => {
  it.each<[source: string, control: CacheControl, header: string]>([
    ['9111 5.2', {}, ''],
    ['9111 5.2.1.1', { maxAge: 0 }, 'max-age=0'],
    ['9111 5.2.1.2', { maxStale: 60 }, 'max-stale=60'],
    ['9111 5.2.1.2', { maxStale: true }, 'max-stale'],
    ['9111 5.2.1.3', { minFresh: 20 }, 'min-fresh=20'],
    ['9111 5.2.1.7', { onlyIfCached: true }, 'only-if-cached'],
    ['9111 5.2.2.1', { maxAge: 2147483648 }, 'max-age=2147483648'],
    ['9111 5.2.2.2', { mustRevalidate: true }, 'must-revalidate'],
    ['9111 5.2.2.3', { mustUnderstand: true, noStore: true }, 'must-understand, no-store'],
    ['9111 5.2.2.4', { noCache: true }, 'no-cache'],
    ['9111 5.2.2.4', { noCache: ['Set-Cookie', 'ETag'] }, 'no-cache="Set-Cookie, ETag"'],
    ['9111 5.2.2.5', { noStore: true }, 'no-store'],
    ['9111 5.2.2.6', { noTransform: true }, 'no-transform'],
    ['9111 5.2.2.7', { private: true, maxAge: 60 }, 'private, max-age=60'],
    ['9111 5.2.2.7', { private: ['Set-Cookie'] }, 'private="Set-Cookie"'],
    ['9111 5.2.2.8', { proxyRevalidate: true }, 'proxy-revalidate'],
    ['9111 5.2.2.9', { public: true }, 'public'],
    ['9111 5.2.2.10', { sMaxage: 600 }, 's-maxage=600'],
    ['9111 5.2.3', { private: true, extensions: { community: 'UCI' } }, 'private, community="UCI"'],
    ['9111 5.2.3', { extensions: { 'x-a': true, 'x-b': 'a, "b"\\' } }, 'x-a, x-b="a, \\"b\\"\\\\"'],
    ['8246 2', { maxAge: 31536000, immutable: true }, 'max-age=31536000, immutable'],
    ['5861 3', { maxAge: 600, staleWhileRevalidate: 30 }, 'max-age=600, stale-while-revalidate=30'],
    ['5861 4', { maxAge: 600, staleIfError: 1200 }, 'max-age=600, stale-if-error=1200'],
  ])('keeps RFC %s: %o is %s', (_source, control, header) => {
    expect(formatCacheControl(control)).toBe(header)
    expect(parseCacheControl(header)).toEqual(control)
  })

  it('is what it was, whatever it holds', () => {
    const seconds = fc.maxSafeNat()
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,8}$/)
    const fields = fc.oneof(fc.constant(true as const), fc.array(name, { minLength: 1 }))
    const flag = fc.constant(true as const)
    const extension = fc.stringMatching(/^x-[a-z_]{0,8}$/)
    const control: fc.Arbitrary<CacheControl> = fc.record(
      {
        maxAge: seconds,
        sMaxage: seconds,
        noCache: fields,
        noStore: flag,
        noTransform: flag,
        mustRevalidate: flag,
        proxyRevalidate: flag,
        mustUnderstand: flag,
        private: fields,
        public: flag,
        immutable: flag,
        staleWhileRevalidate: seconds,
        staleIfError: seconds,
        maxStale: fc.oneof(seconds, flag),
        minFresh: seconds,
        onlyIfCached: flag,
        extensions: fc.dictionary(extension, fc.oneof(flag, fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/)), {
          minKeys: 1,
        }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(control, (written) => {
        expect(parseCacheControl(formatCacheControl(written))).toEqual(written)
      }),
    )
  })
})

describe('formatCacheControl', () => {
  it('does not say what is false or absent', () => {
    expect(formatCacheControl({ noStore: false, private: false, maxStale: false, maxAge: 1 })).toBe(
      'max-age=1',
    )
    expect(formatCacheControl({ noCache: undefined } as unknown as CacheControl)).toBe('')
  })

  it.each<[what: string, control: object, kind: ErrorConstructor, message: string]>([
    [
      'seconds below zero',
      { maxAge: -1 },
      RangeError,
      'formatCacheControl: maxAge: must be an integer of seconds, 0 or more; got -1',
    ],
    ['a fraction of a second', { sMaxage: 1.5 }, RangeError, 'sMaxage: must be an integer'],
    [
      'no number',
      { maxAge: Number.NaN },
      RangeError,
      'maxAge: must be an integer of seconds, 0 or more; got NaN',
    ],
    ['seconds without end', { minFresh: Number.POSITIVE_INFINITY }, RangeError, 'minFresh'],
    ['seconds in powers of ten', { maxAge: 1e21 }, RangeError, 'maxAge'],
    ['seconds as text', { maxAge: '60, public' }, RangeError, 'maxAge'],
    ['seconds that are only true', { maxAge: true }, RangeError, 'maxAge'],
    ['a flag with a value', { noStore: 'x' }, RangeError, 'noStore: must be true or false; got x'],
    [
      'names that close the list',
      { noCache: ['a", public'] },
      TypeError,
      'formatCacheControl: noCache: must be a token',
    ],
    ['no names', { private: [] }, TypeError, 'private: must be true, false, or names of headers'],
    [
      'names without a list',
      { private: 'Set-Cookie' },
      TypeError,
      'private: must be true, false, or names of headers',
    ],
    [
      'a misspelt directive',
      { maxage: 60 },
      TypeError,
      'formatCacheControl: maxage: must be one of maxAge, ',
    ],
    [
      'what every object has',
      JSON.parse('{"__proto__": 60}'),
      TypeError,
      'formatCacheControl: __proto__: must be one of',
    ],
    [
      'what every object inherits',
      { toString: 60 },
      TypeError,
      'formatCacheControl: toString: must be one of',
    ],
    [
      'an extension that is no token',
      { extensions: { 'a=1, b': true } },
      TypeError,
      'formatCacheControl: extensions: must be a token',
    ],
    [
      'an extension with a line end',
      { extensions: { a: '\r\nX: y' } },
      TypeError,
      'formatCacheControl: extensions: a: must be text',
    ],
    [
      'an extension above U+00FF',
      { extensions: { a: '\u010a' } },
      TypeError,
      'formatCacheControl: extensions: a: must be text',
    ],
  ])('refuses %s', (_what, control, kind, message) => {
    expect(() => formatCacheControl(control as CacheControl)).toThrow(kind)
    expect(() => formatCacheControl(control as CacheControl)).toThrow(message)
  })
})

describe('parseCacheControl', () => {
  it.each<[source: string, header: string, control: CacheControl]>([
    ['9111 5.2', '', {}],
    ['9111 5.2', 'MAX-AGE=60 ,\tNo-Store', { maxAge: 60, noStore: true }],
    ['9110 5.6.1', ',, private,', { private: true }],
    // Both forms of an argument are to be read.
    ['9111 5.2', 'max-age="60"', { maxAge: 60 }],
    ['9111 5.2', 'private=Set-Cookie', { private: ['Set-Cookie'] }],
    ['9111 5.2', 'community=UCI', { extensions: { community: 'UCI' } }],
    ['9111 5.2.2.4', 'no-cache="a,\tb , "', { noCache: ['a', 'b'] }],
    ['9111 5.2.2.4', 'no-cache=""', { noCache: true }],
    ['9111 5.2.2.5', 'no-store=x', { noStore: true }],
    // What is said of freshness and makes no sense is stale.
    ['9111 4.2.1', 'max-age=x', { maxAge: 0 }],
    ['9111 4.2.1', 'max-age=-1', { maxAge: 0 }],
    ['9111 4.2.1', 'max-age=1.5', { maxAge: 0 }],
    ['9111 4.2.1', 'max-age', { maxAge: 0 }],
    ['9111 4.2.1', 'max-age=""', { maxAge: 0 }],
    ['9111 5.2.1.2', 'max-stale=x', { maxStale: 0 }],
    ['9111 4.2.1', 'max-age=1, max-age=2', { maxAge: 1 }],
    ['9111 4.2.1', 'x=1, X=2', { extensions: { x: '1' } }],
    ['9111 1.2.2', `max-age=${'9'.repeat(400)}`, { maxAge: Number.MAX_SAFE_INTEGER }],
    // What is no directive is left out, alone.
    ['9111 5.2', 'max-age = 60, private', { private: true }],
    ['9111 5.2', 'max age, =1, private', { private: true }],
    ['9111 5.2', 'a=b=c, private', { private: true }],
    ['9111 5.2', 'x="a"b, private', { private: true }],
    ['9111 5.2', 'private, x="a, no-store', { private: true }],
    ['9111 5.2', 'x="a, no-store", private', { private: true, extensions: { x: 'a, no-store' } }],
  ])('reads RFC %s: %j', (_source, header, control) => {
    expect(parseCacheControl(header)).toEqual(control)
  })

  it.each([['__proto__'], ['constructor'], ['toString']])('takes %s for a plain extension', (name) => {
    const { extensions } = parseCacheControl(`${name}=x`)
    expect(Object.entries(extensions ?? {})).toEqual([[name.toLowerCase(), 'x']])
    expect(parseCacheControl('a').extensions).not.toHaveProperty(name)
  })

  it('gives numbers that are whole and not below zero, whatever the header holds', () => {
    const piece = fc.constantFrom(
      'max-age',
      '=',
      ',',
      ' ',
      '"',
      '\\',
      '60',
      '-1',
      'no-cache',
      'x',
      '\xe9',
      '\0',
    )
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(header, (text) => {
        const { maxAge = 0 } = parseCacheControl(text)
        expect(Number.isSafeInteger(maxAge) && maxAge >= 0).toBe(true)
      }),
    )
  })

  it.each([['"'], [','], ['\\'], [' '], ['a="x",'], ['a='], ['no-cache="a'], ['a']])(
    'reads %j repeated in linear time',
    async (piece) => {
      await expectLinear((length) => `x="${piece.repeat(length / piece.length)}`, parseCacheControl)
      await expectLinear((length) => piece.repeat(length / piece.length), parseCacheControl)
    },
  )
})
