import { readSegment } from '@tsgi/core/gateway'
import fc from 'fast-check'
import { match, pathToRegexp } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { compilePattern, PatternError } from '../src/pattern.ts'

describe('compilePattern', () => {
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

  it.each(['/about', '/:id', '{/:id}'])('gives fresh params without a prototype for %s', (pattern) => {
    const matches = compilePattern(pattern)
    const params = matches('/about')!
    expect(Object.getPrototypeOf(params)).toBe(null)
    expect(matches('/about')).not.toBe(params)
  })

  it('matches what path-to-regexp matches', () => {
    const part = fc.constantFrom('/', '/a', '/b', '/:x', '-:y', '{/:z}', '{/a}', '{-:v}', '/*w', '.c', '/*u')
    const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const segment = fc.constantFrom(
      'a',
      'b',
      'A',
      '',
      'a-b',
      'a-b-c',
      'a.c',
      'x%2Fy',
      'x%252Fy',
      '-',
      '.c',
      '\n',
    )
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.map((s) => `/${s}`).join(''))
    fc.assert(
      fc.property(pattern, path, (pattern, path) => {
        fc.pre(!isRefused(pattern))
        const reference = match(pattern, { sensitive: true, trailing: false, decode: readSegment })(path)
        expect(compilePattern(pattern)(path)).toEqual(reference ? reference.params : undefined)
      }),
      { numRuns: 5000 },
    )
  })
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

const isRefused = (pattern: string): boolean => refusal(pattern) !== undefined

function isRefusedByPathToRegexp(pattern: string): boolean {
  try {
    pathToRegexp(pattern)
    return false
  } catch {
    return true
  }
}
