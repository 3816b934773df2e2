import { readSegment } from '@tsgi/core/gateway'
import fc from 'fast-check'
import { match, parse, pathToRegexp, type Token } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { expectLinear } from '../../core/test/linear.ts'
import { type Params, PatternError, Selector } from '../src/index.ts'
import { foldCase, hostTokens, waysOf } from '../src/pattern.ts'

function compilePattern(pattern: string): (path: string) => Params | undefined {
  const selector = new Selector().add(pattern, { GET: () => [] })
  return (path) => selector.match('GET', path)?.params
}

describe('a pattern', () => {
  it.each<[pattern: string, path: string, params: object | undefined]>([
    ['', '', {}],
    ['', '/', undefined],
    ['/', '/', {}],
    ['/', '', undefined],
    ['/about', '/about', {}],
    ['/about', '/about/', undefined],
    ['/about/', '/about', undefined],
    ['/about', '/About', undefined],
    ['/about', '/about\n', undefined],
    ['/about', '//about', undefined],
    ['/a\\:b', '/a:b', {}],
    ['/50% off', '/50% off', {}],
    ['/users/:id', '/users/7', { id: '7' }],
    ['/users/:id', '/users/7/', undefined],
    ['/users/:id', '/users/', undefined],
    ['/users/:id', '/USERS/7', undefined],
    ['/users/:id', '/users/7/posts', undefined],
    ['/users/:"user id"', '/users/7', { 'user id': '7' }],
    ['/users/:"a\\"b"', '/users/7', { 'a"b': '7' }],
    ['/:名', '/7', { 名: '7' }],
    ['/users/:id{/:tab}', '/users/7', { id: '7' }],
    ['/users/:id{/:tab}', '/users/7/likes', { id: '7', tab: 'likes' }],
    ['/a{/:b{/:c}}', '/a/1/2', { b: '1', c: '2' }],
    ['/a{/b}', '/a/b', {}],
    ['{/:lang}/home', '/home', {}],
    ['{/:lang}/home', '/de/home', { lang: 'de' }],
    ['/:from-:to', '/x-y-z', { from: 'x', to: 'y-z' }],
    ['/:name.:ext', '/a.tar.gz', { name: 'a', ext: 'tar.gz' }],
    ['/files/*path', '/files/a', { path: ['a'] }],
    ['/files/*path', '/files/a/b', { path: ['a', 'b'] }],
    ['/files/*path', '/files/', undefined],
    ['/files{/*path}', '/files', {}],
    ['/*all/edit', '/a/b/edit', { all: ['a', 'b'] }],
    ['*all', '/a', { all: ['', 'a'] }],
    ['{/:lang}', '', {}],
    ['{/:lang}', '/', undefined],
    ['{/a}{/:b}', '/a', {}],
    ['{/:a}{/:b}', '/x', { a: 'x' }],
    ['/a{/:b}/c', '/a/c', {}],
    ['/a{/:b}/c', '/a/c/c', { b: 'c' }],
    ['/a/{b}', '/a/', {}],
    ['/x:a', '/x', undefined],
    ['/x:a', '/xy', { a: 'y' }],
    ['/:a-:b', '/--x', { a: '-', b: 'x' }],
    ['/:a-:b', '/x--', { a: 'x', b: '-' }],
    ['/*a/b/*c', '/x/b/b/b/y', { a: ['x'], c: ['b', 'b', 'y'] }],
    ['/*w.:ext', '/a/b.c/d.e', { w: ['a', 'b.c', 'd'], ext: 'e' }],
  ])('%s on %s', (pattern, path, params) => {
    const found = compilePattern(pattern)(path)
    expect(found && { ...found }).toEqual(params)
  })

  it.each<[what: string, pattern: string, path: string, params: Record<string, unknown> | undefined]>([
    ['an encoded slash is in the param', '/f/:name', '/f/a%2Fb', { name: 'a/b' }],
    ['an encoded slash separates no segments', '/f/:name/:rest', '/f/a%2Fb', undefined],
    ['a doubly encoded slash loses one layer', '/f/:name', '/f/a%252Fb', { name: 'a%2Fb' }],
    ['a percent sign that escapes nothing stays', '/f/:name', '/f/100%', { name: '100%' }],
    ['an escape is not decoded again', '/f/:name', '/f/%41', { name: '%41' }],
    ['each part of a wildcard is read', '/f/*path', '/f/a%2Fb/c%252Fd', { path: ['a/b', 'c%2Fd'] }],
    ['empty segments stay in a wildcard', '/f/*path', '/f//a//', { path: ['', 'a', '', ''] }],
    ['an empty segment is no param', '/:a/:b', '//b', undefined],
    ['a line feed is a character', '/f/:name', '/f/a\n', { name: 'a\n' }],
    ['dots are text', '/f/:name', '/f/..', { name: '..' }],
    ['a property of every object is text', '/:constructor', '/__proto__', { constructor: '__proto__' }],
    ['a character outside the basic plane', '/:a-:b', '/😀-😀', { a: '😀', b: '😀' }],
    ['a very long param', '/:a', `/${'x'.repeat(1e6)}`, { a: 'x'.repeat(1e6) }],
    ['a very long miss', '/:a-:b', `/${'x'.repeat(1e5)}`, undefined],
    ['thousands of segments', '/*a', '/x'.repeat(1e5), { a: Array(1e5).fill('x') }],
    ['thousands of segments that miss', '/*a/b/*c/d', '/b/x'.repeat(1e4), undefined],
    [
      'thousands of segments on many optionals',
      '{/:a}{/:b}{/:c}{/:d}{/:e}{/:f}{/:g}{/:h}',
      '/x'.repeat(1e4),
      undefined,
    ],
    ['a long run of what stands between params', '/:a-:b-:c-:d/e', `/${'-'.repeat(1e5)}`, undefined],
    ['nothing but slashes', '/:a/:b', '/'.repeat(1e6), undefined],
    ['nothing but slashes for a wildcard', '/*a', '/'.repeat(1e5), { a: Array(1e5).fill('') }],
    ['many encoded slashes', '/:a', `/${'%2F'.repeat(1e5)}`, { a: '/'.repeat(1e5) }],
    ['a half of a surrogate pair', '/:a-:b', '/\ud83d-\ude00', { a: '\ud83d', b: '\ude00' }],
    ['a line separator', '/:a', '/\u2028', { a: '\u2028' }],
    ['a text that begins as the pattern does', '/abc', '/ab', undefined],
    ['a text that goes on', '/abc', '/abcd', undefined],
  ])('reads a hostile path: %s', (_what, pattern, path, params) => {
    const found = compilePattern(pattern)(path)
    expect(found && { ...found }).toEqual(params)
  })

  it('takes __proto__ for a plain name', () => {
    const params = compilePattern('/:__proto__/:constructor')('/a/b')!
    expect(Object.entries(params)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  it.each(['/about', '/:id', '{/:id}', '/*rest', '/:a-:b'])(
    'gives fresh params that inherit nothing for %s',
    (pattern) => {
      const matches = compilePattern(pattern)
      const path = pattern.includes('-') ? '/a-b' : '/about'
      const params = matches(path)!
      expect('toString' in params).toBe(false)
      expect(Reflect.ownKeys(Object.getPrototypeOf(params))).toEqual([])
      expect(matches(path)).not.toBe(params)
    },
  )

  it('matches what path-to-regexp matches', () => {
    const part = fc.constantFrom('/', '/a', '/b', '/:x', '-:y', '{/:z}', '{/a}', '{-:v}', '/*w', '.c', '/*u')
    const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const segment = fc.constantFrom(
      ...['a', 'b', 'A', '', '', 'a-b', 'a-b-c', 'a.c', 'x%2Fy', 'x%252Fy', '-', '.c', '\n'],
    )
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.map((s) => `/${s}`).join(''))
    fc.assert(
      // Several paths each: to compile a pattern is what takes long.
      fc.property(pattern, fc.array(path, { minLength: 5, maxLength: 10 }), (pattern, paths) => {
        const matches = compilePatternOrNothing(pattern)
        fc.pre(matches !== undefined)
        const reference = match(pattern, { sensitive: true, trailing: false, decode: readSegment })
        for (const path of paths) {
          const found = reference(path)
          expect(matches(path), path).toEqual(found ? found.params : undefined)
        }
      }),
      { numRuns: 1000 },
    )
  }, 60_000)

  it.each<[pattern: string, unit: string, end: string]>([
    ['/:a', 'x', ''],
    ['/:a-:b-:c-:d/e', '-', ''],
    ['/:a.:b', '.', '/'],
    ['/x:a-b', 'x-b', 'c'],
    // Paths that fit no wildcard: a long list takes more than its share of the memory's time.
    ['/*a/y', 'x/', 'x'],
    ['/*a/b/*c/d', 'b/', ''],
    ['/*a/b/*c/b/*d/e', 'b/', ''],
    ['/*w.:p', 'a.', '/'],
    ['{/*a}/x{/*b}/y{/*c}/z', 'x/y/', 'x'],
    ['{/:a}{/:b}{/:c}{/:d}{/:e}{/:f}{/:g}{/:h}', 'x/', 'x'],
    ['/a{-:b}{-:c}{-:d}{-:e}{-:f}{-:g}{-:h}{-:i}', 'a-', '/'],
    ['/:a/%', '%252F', '/%'],
  ])(
    '%s takes linear time on a run of %s',
    async (pattern, unit, end) => {
      const make = (length: number) => `/${unit.repeat(length / unit.length)}${end}`
      await expectLinear(make, compilePattern(pattern))
    },
    60_000,
  )
})

describe('PatternError', () => {
  it.each<[pattern: string, index: number, message: string]>([
    ['/users/:id?', 10, 'an optional part must stand in braces, as in "{/:id}"'],
    [
      '/users/:id(\\d+)',
      10,
      'a param must stand alone, as in "/:id", and its value be checked in the application',
    ],
    ['/(a|b)', 1, 'a param must stand alone'],
    ['*', 0, 'a wildcard must have a name, as in "/*rest"'],
    ['/files/*', 7, 'a wildcard must have a name, as in "/*rest"'],
    ['/:path*', 6, 'a wildcard must have a name, as in "/*rest"'],
    ['/:path+', 6, 'several segments must be a wildcard, as in "/*rest"'],
    ['/a:', 2, 'a param must have a name'],
    ['/:1', 1, 'a param must have a name'],
    ['/:""', 1, 'a param must have a name'],
    ['/:"id', 1, 'a param must have a name'],
    ['/:"id\\"', 1, 'a param must have a name'],
    ['/[a]', 1, 'a reserved character must be escaped'],
    ['/a!', 2, 'a reserved character must be escaped, and the character itself be written "\\\\!"; got "!"'],
    ['/a\\', 2, 'a backslash must have a character after it'],
    ['/a}', 2, 'a brace must have been opened'],
    ['/a{/:b', 2, 'a brace must be closed'],
    ['/a{/b{/c}', 2, 'a brace must be closed'],
    ['/:a:b', 3, 'two params must have text between them'],
    ['/:a*b', 3, 'two params must have text between them'],
    ['/:a{/}:b', 6, 'two params must have text between them'],
    ['/:a{{/}:b}', 7, 'two params must have text between them'],
    ['/:id/:id', 5, 'a name must stand once; got ":id"'],
    ['/:id{/*id}', 6, 'a name must stand once'],
    ['/:id/:"i\\d"', 5, 'a name must stand once'],
    ['/😀/:a?', 6, 'an optional part'],
    ['/:a{-{/}}:b', 9, 'two params must have text between them'],
    ['/{', 1, 'a brace must be closed'],
    ['/{}}', 3, 'a brace must have been opened'],
    ['/:id\ud83d?', 5, 'an optional part'],
    ['users', 0, 'must begin with "/", as every path does'],
    [':id', 0, 'must begin with "/", as every path does'],
    [
      '{/:a}{/:b}{/:c}{/:d}{/:e}{/:f}{/:g}{/:h}{/:i}',
      40,
      'optional parts must make 256 paths at most; got 512',
    ],
  ])('is thrown for %s, with its index %i', (pattern, index, message) => {
    const error = refusal(pattern)
    expect(error).toMatchObject({ name: 'PatternError', pattern, index })
    expect(error?.message).toContain(
      `selector: pattern ${JSON.stringify(pattern)}: index ${index}: ${message}`,
    )
    expect(error).toBeInstanceOf(TypeError)
  })

  it('is thrown wherever path-to-regexp throws, and beyond it for repeats and for what fits no path', () => {
    const signs = [
      '/',
      'a',
      ':a',
      ':b',
      ':d',
      '*c',
      ':"q',
      '"',
      '{',
      '}',
      '{/x}',
      '{-:e}',
      '\\',
      '(',
      '?',
      '*',
      ':',
    ]
    const others = ['1', '\u200d', 'é', '😀', '\ud83d', '\n', '-', '$']
    const pattern = fc
      .array(fc.constantFrom(...signs, ...others), { maxLength: 14 })
      .map((all) => `/${all.join('')}`)
    fc.assert(
      fc.property(pattern, (pattern) => {
        const { message } = refusal(pattern) ?? {}
        if (message?.includes('a name must stand once')) return
        expect(message === undefined).toBe(!isRefusedByPathToRegexp(pattern))
      }),
      { numRuns: 20_000 },
    )
  }, 60_000)
})

describe('hostTokens', () => {
  it.each<[pattern: string, tokens: object[]]>([
    ['example.com', [{ type: 'text', value: 'example.com' }]],
    [
      ':tenant.example.com',
      [
        { type: 'param', name: 'tenant' },
        { type: 'text', value: '.example.com' },
      ],
    ],
    [
      '*rest.example',
      [
        { type: 'wildcard', name: 'rest' },
        { type: 'text', value: '.example' },
      ],
    ],
  ])('reads %s, which begins with no slash', (pattern, tokens) => {
    expect(hostTokens(pattern)).toEqual(tokens)
  })

  it.each([':', '*', ':a?', ':a:b', '{a', '/a'])('throws a PatternError for %s', (pattern) => {
    expect(() => hostTokens(pattern)).toThrow(PatternError)
  })
})

describe('waysOf', () => {
  const options = { isOpen: false, sensitive: true, ignoresSlash: false }

  it('spells optional parts out, those with a part first', () => {
    const tokens = parse('/a{/b{/c}}{/d}').tokens
    const texts = waysOf('', { tokens }, options).map(({ steps }) => steps.join('/'))
    expect(texts).toEqual(['a/b/c/d', 'a/b/c', 'a/b/d', 'a/b', 'a/d', 'a'])
  })

  it('drops those that no path could fit', () => {
    const tokens = parse('{a}/b').tokens
    expect(waysOf('', { tokens }, options)).toHaveLength(1)
  })

  it.each<[what: string, tokens: readonly Token[], count: number]>([
    ['side by side', Array.from({ length: 9 }, () => group()), 512],
    ['of which one is in another', [group(...Array.from({ length: 8 }, () => group()))], 257],
  ])('throws for more than 256, which a parser of another language may give: %s', (_what, tokens, count) => {
    const message = `selector: pattern "it": index 0: optional parts must make 256 paths at most; got ${count}`
    expect(() => waysOf('it', { tokens }, options)).toThrow(
      new PatternError('it', 0, message.split(': ').at(-1)!),
    )
    expect(() => waysOf('it', { tokens }, options)).toThrow(message)
  })

  function group(...tokens: Token[]): Token {
    return { type: 'group', tokens: [{ type: 'text', value: '/a' }, ...tokens] }
  }
})

describe('foldCase', () => {
  it('is the same for all that an expression takes for the same (ECMA-262, Canonicalize)', () => {
    const wrong: string[] = []
    for (let code = 0; code < 0x10000; code++) {
      const unit = String.fromCharCode(code)
      const others = [unit.toLowerCase(), unit.toUpperCase(), unit.toUpperCase().toLowerCase()]
      for (const other of others) {
        if (other.length !== 1 || other === unit) continue
        const isSame = new RegExp(`^\\u${code.toString(16).padStart(4, '0')}$`, 'i').test(other)
        if (isSame !== (foldCase(unit) === foldCase(other))) wrong.push(`${unit} ${other}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(['', 'aé', 'Straße', '\ufb01', '😀\ud83d', 'ſK', 'ŉ'])('keeps the length of %j', (text) => {
    expect(foldCase(text)).toHaveLength(text.length)
  })
})

function refusal(pattern: string): PatternError | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error
    throw error
  }
}

function compilePatternOrNothing(pattern: string): ReturnType<typeof compilePattern> | undefined {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (error instanceof PatternError) return undefined
    throw error
  }
}

function isRefusedByPathToRegexp(pattern: string): boolean {
  try {
    pathToRegexp(pattern)
    return false
  } catch {
    return true
  }
}
