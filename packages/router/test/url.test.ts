import { isDeepStrictEqual } from 'node:util'
import { canonicalPath, readSegment } from '@tsgi/core/gateway'
import fc from 'fast-check'
import { compile, match, parse, pathToRegexp } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { buildUrl, type UrlParts, type UrlQuery, type UrlRoute } from '../src/url.ts'

describe('buildUrl', () => {
  it.each<[pattern: string, params: object, url: string]>([
    ['/', {}, '/'],
    ['/about', {}, '/about'],
    ['/about/', {}, '/about/'],
    ['/users/:id', { id: '7' }, '/users/7'],
    ['/users/:id', { id: 7 }, '/users/7'],
    ['/users/:id', { id: -1.5 }, '/users/-1.5'],
    ['/users/:id', { id: 2n ** 64n }, '/users/18446744073709551616'],
    ['/users/:id', { id: false }, '/users/false'],
    ['/users/:"user id"', { 'user id': 7 }, '/users/7'],
    ['/:from-:to', { from: 'x', to: 'y-z' }, '/x-y-z'],
    ['/:name.:ext', { name: 'a', ext: 'tar.gz' }, '/a.tar.gz'],
    ['/files/*path', { path: ['a'] }, '/files/a'],
    ['/files/*path', { path: ['a', 7, true] }, '/files/a/7/true'],
    ['/files/*path', { path: ['', 'a', '', ''] }, '/files//a//'],
    ['/files/*path', { path: ['', ''] }, '/files//'],
    ['*all', { all: ['', 'a'] }, '/a'],
    ['/*all/edit', { all: ['a', 'b'] }, '/a/b/edit'],
  ])('makes of %s and %o %s', (pattern, params, url) => {
    expect(buildUrl(route(pattern), params)).toBe(url)
  })

  it('takes no params for none', () => {
    expect(buildUrl(route('/about'))).toBe('/about')
  })

  describe('encodes text', () => {
    it.each<[text: string, path: string, source: string]>([
      ['Az09-._~', 'Az09-._~', 'RFC 3986 section 2.3, unreserved'],
      ["!$&'()*+,;=", "!$&'()*+,;=", 'RFC 3986 section 3.3, sub-delims in pchar'],
      [':@', ':@', 'RFC 3986 section 3.3, pchar'],
      ['?#[]', '%3F%23%5B%5D', 'RFC 3986 section 2.2, what delimits elsewhere'],
      ['a b', 'a%20b', 'RFC 3986 section 2.1; a plus sign is a plus sign in a path'],
      ['"<>\\^`{|}', '%22%3C%3E%5C%5E%60%7B%7C%7D', 'RFC 3986 section 2, in no URI'],
      ['\t\r\n\x7f', '%09%0D%0A%7F', 'RFC 3986 section 2, in no URI'],
      ['é你😀', '%C3%A9%E4%BD%A0%F0%9F%98%80', 'RFC 3986 section 2.5, UTF-8'],
      ['\u017f\u212a', '%C5%BF%E2%84%AA', 'letters that fold to s and k'],
      ['100%', '100%25', 'RFC 3986 section 2.4'],
      ['%41', '%2541', 'RFC 3986 section 2.4: not decoded twice'],
      ['a/b', 'a%2Fb', 'contract section 2: an encoded slash'],
      ['/', '%2F', 'contract section 2: an encoded slash'],
      ['%/', '%25%2F', 'contract section 2: a percent sign before it'],
      ['%2F', '%252F', 'contract section 2: text that looks like it'],
      ['%2f', '%252f', 'contract section 2: the same, and its case'],
      ['%252F', '%25252F', 'contract section 2: text that looks like that text'],
      ['%25252f', '%2525252f', 'contract section 2: and so on'],
      ['%25', '%2525', 'contract section 2: only the slash is special'],
      ['%2', '%252', 'contract section 2: half an escape'],
      ['...', '...', 'RFC 3986 section 5.2.4: three dots are a name'],
      ['.a', '.a', 'RFC 3986 section 5.2.4: so is what begins with one'],
      ['../..', '..%2F..', 'RFC 3986 section 5.2.4: one segment, which is none of the two'],
      ['%2e%2E', '%252e%252E', 'URL standard, path state: `%2e` is a dot, `%252e` is not'],
      ['constructor', 'constructor', 'a property of every object is text'],
    ])('%j as %s (%s), and reads it back', (text, path) => {
      const param = route('/f/:text')
      expect(buildUrl(param, { text })).toBe(`/f/${path}`)
      expect(param.match(canonicalPath(`/f/${path}`)!)).toEqual({ text })
      const wildcard = route('/f/*list')
      expect(buildUrl(wildcard, { list: [text, text] })).toBe(`/f/${path}/${path}`)
      expect(wildcard.match(canonicalPath(`/f/${path}/${path}`)!)).toEqual({ list: [text, text] })
    })

    it.each<[pattern: string, params: object, url: string, why: string]>([
      ['/a b/é\\:@;=,&$\\(\\)', {}, '/a%20b/%C3%A9:@;=,&$()', 'static text is PATH_INFO, decoded'],
      ['/50%/:id', { id: '7' }, '/50%25/7', 'a percent sign that escapes nothing'],
      ['/%41', {}, '/%2541', 'an escape is text'],
      ['/a%2Fb', {}, '/a%2Fb', 'what PATH_INFO has for an encoded slash'],
      ['/a%252Fb', {}, '/a%252Fb', 'what PATH_INFO has for the text %2F'],
      ['/a%:id', { id: '2Fb' }, '/a%2Fb', 'a percent sign and a param that make one, which reads so'],
    ])('of the pattern: %s with %o is %s (%s)', (pattern, params, url) => {
      expect(buildUrl(route(pattern), params)).toBe(url)
      expect(route(pattern).match(canonicalPath(url)!)).toEqual(params)
    })
  })

  describe('in a language whose values may span segments', () => {
    // What the Selector's own expressions make of `/{user}/{path:any}`.
    const files: UrlRoute = {
      name: 'r',
      tokens: parse('/:user/:path').tokens,
      keys: [
        { type: 'param', name: 'user' },
        { type: 'text', name: 'path' },
      ],
      match: (pathInfo) => {
        const [, user, path] = /^\/([^/]+)\/(.+)$/s.exec(pathInfo) ?? []
        return user && path ? { user: readSegment(user), path } : undefined
      },
    }

    it.each<[path: string, url: string]>([
      ['a/b', '/a%2Fb/a/b'],
      ['a//b/', '/a%2Fb/a//b/'],
      ['a%2Fb', '/a%2Fb/a%2Fb'],
      ['a%252Fb', '/a%2Fb/a%252Fb'],
      ['100% é/?', '/a%2Fb/100%25%20%C3%A9/%3F'],
    ])('puts %j in as it stands in PATH_INFO: %s', (path, url) => {
      expect(buildUrl(files, { user: 'a/b', path })).toBe(url)
      expect(files.match(canonicalPath(url)!)).toEqual({ user: 'a/b', path })
    })

    it.each<[path: unknown, message: string]>([
      ['', 'param "path": must not be empty; got ""'],
      ['a/../b', 'path: must have no segment "." or ".."'],
      ['a%2fb', 'path "/7/a%2fb": must be read as {"user":"7","path":"a%2fb"}; got no match'],
      [['a', 'b'], 'param "path": must be a string, number, bigint or boolean; got a list'],
    ])('throws for %j: %s', (path, message) => {
      expect(() => buildUrl(files, { user: 7, path })).toThrow(`selector: url "r": ${message}`)
    })
  })

  describe('puts an optional part in', () => {
    it.each<[pattern: string, params: object, url: string]>([
      ['/users/:id{/:tab}', { id: 7 }, '/users/7'],
      ['/users/:id{/:tab}', { id: 7, tab: undefined }, '/users/7'],
      ['/users/:id{/:tab}', { id: 7, tab: 'likes' }, '/users/7/likes'],
      ['/a{/:b{/:c}}', {}, '/a'],
      ['/a{/:b{/:c}}', { b: 1 }, '/a/1'],
      ['/a{/:b{/:c}}', { b: 1, c: 2 }, '/a/1/2'],
      ['/a{/x{/:c}}', {}, '/a'],
      ['/a{/x{/:c}}', { c: 1 }, '/a/x/1'],
      ['/a{/:b-:c}', { b: 1, c: 2 }, '/a/1-2'],
      ['/a{/b}', {}, '/a'],
      ['/a{/b}{/:c}', { c: 'd' }, '/a/d'],
      ['/a{{/b}/:c}', { c: 1 }, '/a/1'],
      ['{/:lang}/home', {}, '/home'],
      ['{/:lang}/home', { lang: 'de' }, '/de/home'],
      ['/files{/*path}', {}, '/files'],
      ['/files{/*path}', { path: ['a', 'b'] }, '/files/a/b'],
      ['/:__proto__{/:constructor}', JSON.parse('{"__proto__":"a"}'), '/a'],
    ])('of %s when %o has its params: %s', (pattern, params, url) => {
      expect(buildUrl(route(pattern), params)).toBe(url)
    })
  })

  describe('throws', () => {
    it.each<[pattern: string, params: object, message: string]>([
      ['/:id', {}, 'param "id": must be a string, number, bigint or boolean; got undefined'],
      ['/:id', { id: undefined }, 'param "id": must be a string, number, bigint or boolean; got undefined'],
      ['/:id', { id: null }, 'param "id": must be a string, number, bigint or boolean; got null'],
      ['/:id', { id: ['7'] }, 'param "id": must be a string, number, bigint or boolean; got a list'],
      ['/:id', { id: new Date(0) }, 'param "id": must be a string, number, bigint or boolean; got object'],
      ['/:id', { id: Symbol('7') }, 'param "id": must be a string, number, bigint or boolean; got symbol'],
      ['/:id', { id: () => '7' }, 'param "id": must be a string, number, bigint or boolean; got function'],
      ['/*path', {}, 'param "path": must be a list of segments; got undefined'],
      ['/*path', { path: 'a/b' }, 'param "path": must be a list of segments; got string'],
      ['/*path', { path: { 0: 'a' } }, 'param "path": must be a list of segments; got object'],
      [
        '/*path',
        { path: ['a', null] },
        'param "path": must be a string, number, bigint or boolean; got null',
      ],
      ['/*path', { path: [['a']] }, 'param "path": must be a string, number, bigint or boolean; got a list'],
      ['/about', { id: 7 }, 'params: must be some of []; got "id"'],
      ['/:id{/:tab}', { id: 7, tap: 'a' }, 'params: must be some of ["id","tab"]; got "tap"'],
      ['/:id', { id: 7, toString: 1 }, 'params: must be some of ["id"]; got "toString"'],
      ['/:toString', {}, 'param "toString": must be a string, number, bigint or boolean; got undefined'],
      ['/a{/:constructor}', { valueOf: 'x' }, 'params: must be some of ["constructor"]; got "valueOf"'],
      [
        '/a{/:b{/:c}}',
        { c: 1 },
        'param "c": must be given with what else its optional part has; got only ["c"]',
      ],
      [
        '/a{/:b/:c}',
        { b: 1 },
        'param "b": must be given with what else its optional part has; got only ["b"]',
      ],
    ])('for %s with %o: %s', (pattern, params, message) => {
      expect(() => buildUrl(route(pattern), params)).toThrow(new TypeError(`selector: url "r": ${message}`))
    })

    it.each<[what: string, pattern: string, params: object, base: string, message: string]>([
      ['a param is empty', '/a/:id', { id: '' }, '', 'param "id": must not be empty; got ""'],
      ['a wildcard is empty', '/*path', { path: [] }, '', 'param "path": must not be empty; got []'],
      ['its whole text is empty', '/*path', { path: [''] }, '', 'param "path": must not be empty; got [""]'],
      ['a param is .', '/a/:id', { id: '.' }, '', 'path: must have no segment "." or ".."'],
      ['a param is ..', '/a/:id', { id: '..' }, '', 'path: must have no segment "." or ".."'],
      ['a param is .. amid others', '/:a/:b/c', { a: '..', b: 1 }, '', 'path: must have no segment "." or'],
      ['a param makes a part ..', '/a/.:id', { id: '.' }, '', 'path: must have no segment "." or ".."'],
      ['an element is ..', '/f/*path', { path: ['a', '..'] }, '', 'path: must have no segment "." or ".."'],
      ['static text is ..', '/a/../b', {}, '', 'path: must have no segment "." or ".."'],
      ['SCRIPT_NAME has a ..', '/b', {}, '/a/..', 'path: must have no segment "." or ".."'],
      ['a param holds NUL', '/a/:id', { id: 'a\0.png' }, '', 'param "id": must hold no NUL, which servers'],
      ['an element holds NUL', '/*path', { path: ['a', '\0'] }, '', 'param "path": must hold no NUL'],
      [
        'static text holds NUL',
        '/a\0',
        {},
        '',
        'path: must hold no NUL, which servers refuse; got "/a\\u0000"',
      ],
      [
        'a param is half a pair',
        '/a/:id',
        { id: '\ud83d' },
        '',
        'param "id": must hold no half of a surrogate',
      ],
      ['static text is half a pair', '/a\ud83d', {}, '', 'path: must hold no half of a surrogate pair'],
      ['the text completes a pair', '/:id\ude00', { id: '\ud83d' }, '', 'param "id": must hold no half of a'],
      ['SCRIPT_NAME is half a pair', '/a', {}, '/\udc00', 'path: must hold no half of a surrogate pair'],
      ['the path begins with //', '//evil.com', {}, '', 'path: must begin with one "/"; got "//evil.com"'],
      ['a wildcard makes it so', '/*path', { path: ['', 'evil.com'] }, '', 'path: must begin with one "/"'],
      ['SCRIPT_NAME makes it so', '/a', {}, '//evil.com', 'path: must begin with one "/"'],
      ['both make it so', '/evil.com', {}, '/', 'path: must begin with one "/"; got "//evil.com"'],
      ['SCRIPT_NAME has no slash', '/a', {}, 'shop', 'path: must begin with one "/"; got "shop/a"'],
      ['nothing is left', '', {}, '', 'path: must begin with one "/"; got ""'],
      [
        'an optional takes the slash away',
        '{/:lang}home',
        {},
        '',
        'path: must begin with one "/"; got "home"',
      ],
      ['SCRIPT_NAME hides that', '{/:lang}home', {}, '/shop', 'path: must go on with "/" behind SCRIPT_NAME'],
      [
        'the slash is a param’s',
        '*all',
        { all: ['a'] },
        '/shop',
        'path: must go on with "/" behind SCRIPT_NAME',
      ],
      [
        'static text is what no PATH_INFO has',
        '/a%2fb',
        {},
        '',
        'path "/a%2fb": must be read as {}; got no match',
      ],
      [
        'SCRIPT_NAME is what no request has',
        '/a',
        {},
        '/%2f',
        'path "/%2f/a": must be read as {}; got no match',
      ],
      [
        'a param would be cut at an earlier dot',
        '/:name.:ext',
        { name: 'a.b', ext: 'c' },
        '',
        'path "/a.b.c": must be read as {"name":"a.b","ext":"c"}; got {"name":"a","ext":"b.c"}',
      ],
      [
        'a wildcard would end earlier',
        '/*a/x/*b',
        { a: ['1', 'x', '2'], b: ['3'] },
        '',
        'path "/1/x/2/x/3": must be read as {"a":["1","x","2"],"b":["3"]}; got {"a":["1"],"b":["2","x","3"]}',
      ],
      [
        'another optional would take it',
        '/a{/:b}{/:c}',
        { c: 'd' },
        '',
        'path "/a/d": must be read as {"c":"d"}; got {"b":"d"}',
      ],
      [
        'nothing would fit',
        '/*a-x:"b"x',
        { a: ['1'], b: '-' },
        '',
        'path "/1-x-x": must be read as {"a":["1"],"b":"-"}; got no match',
      ],
    ])('when %s', (_what, pattern, params, base, message) => {
      const build = () => buildUrl(route(pattern), params, { base })
      expect(build).toThrow(TypeError)
      expect(build).toThrow(`selector: url "r": ${message}`)
    })

    it('when the route reads more out of the path than was put in', () => {
      const reads = { ...route('/:a'), match: () => ({ a: '1', b: '1' }) }
      const message = 'path "/1": must be read as {"a":"1"}; got {"a":"1","b":"1"}'
      expect(() => buildUrl(reads, { a: 1 })).toThrow(new TypeError(`selector: url "r": ${message}`))
    })

    it('naming the route in JSON', () => {
      expect(() => buildUrl({ ...route('/:id'), name: 'a "b"\n' })).toThrow(
        'selector: url "a \\"b\\"\\n": param',
      )
    })
  })

  describe('puts SCRIPT_NAME in front', () => {
    it.each<[base: string, pattern: string, params: object, url: string]>([
      ['', '/a', {}, '/a'],
      ['/shop', '/a', {}, '/shop/a'],
      ['/shop', '/', {}, '/shop/'],
      ['/shop', '', {}, '/shop'],
      ['/my shop/é', '/a', {}, '/my%20shop/%C3%A9/a'],
      ['/a%2Fb/%252F', '/a', {}, '/a%2Fb/%252F/a'],
      ['/100%', '/:id', { id: '2F' }, '/100%25/2F'],
      ['/shop', '//a', {}, '/shop//a'],
      ['/shop', '/*path', { path: ['', 'a'] }, '/shop//a'],
    ])('%j with %s and %o is %s', (base, pattern, params, url) => {
      expect(buildUrl(route(pattern), params, { base })).toBe(url)
      expect(canonicalPath(url)?.startsWith(base)).toBe(true)
    })
  })

  describe('writes a query', () => {
    // URL standard, section 5.2: the application/x-www-form-urlencoded serializer.
    it.each<[query: UrlQuery | undefined, text: string]>([
      [undefined, ''],
      [{}, ''],
      [[], ''],
      [new URLSearchParams(), ''],
      [{ page: undefined, tag: [] }, ''],
      [{ page: 2 }, '?page=2'],
      [{ page: 2n, all: true, q: '' }, '?page=2&all=true&q='],
      [{ '': '' }, '?='],
      [{ tag: ['a', 7, false] }, '?tag=a&tag=7&tag=false'],
      [{ b: 1, a: [2, 3], c: undefined, '%': 4 }, '?b=1&a=2&a=3&%25=4'],
      [{ 'a b': 'c d' }, '?a+b=c+d'],
      [{ q: 'a+b&c=d#e?f%20/é😀' }, '?q=a%2Bb%26c%3Dd%23e%3Ff%2520%2F%C3%A9%F0%9F%98%80'],
      [{ q: "*-._~!'()" }, '?q=*-._%7E%21%27%28%29'],
      [{ q: '\r\n\0' }, '?q=%0D%0A%00'],
      [new URLSearchParams('b=1&a=2&b=3'), '?b=1&a=2&b=3'],
      [new Map([['b', 1]]), '?b=1'],
      [
        [
          ['b', 1],
          ['a', true],
          ['b', 'x'],
        ],
        '?b=1&a=true&b=x',
      ],
      [JSON.parse('{"__proto__":"a","constructor":"b"}'), '?__proto__=a&constructor=b'],
    ])('%o as %j', (query, text) => {
      expect(buildUrl(route('/a'), {}, { query })).toBe(`/a${text}`)
    })

    it.each<[what: string, query: unknown, message: string]>([
      ['null', null, 'query: must be a record or pairs; got null'],
      ['text', 'a=b', 'query: must be a record or pairs; got string'],
      ['null in it', { a: null }, 'query: "a": must be a string, number, bigint or boolean; got null'],
      [
        'null in a list',
        { a: [1, null] },
        'query: "a": must be a string, number, bigint or boolean; got null',
      ],
      ['a date', { a: new Date(0) }, 'query: "a": must be a string, number, bigint or boolean; got object'],
      [
        'a list in a list',
        { a: [[1]] },
        'query: "a": must be a string, number, bigint or boolean; got a list',
      ],
      ['half a pair', { a: 'x\ud83d' }, 'query: "a": must hold no half of a surrogate pair'],
      ['half a pair in a name', { '\ude00': 1 }, 'query: name: must hold no half of a surrogate pair'],
      [
        'a name that is no text',
        [[null, 1]],
        'query: name: must be a string, number, bigint or boolean; got null',
      ],
    ])('but not %s', (_what, query, message) => {
      const build = () => buildUrl(route('/a'), {}, { query } as UrlParts)
      expect(build).toThrow(TypeError)
      expect(build).toThrow(`selector: url "r": ${message}`)
    })

    it('that gives the same pairs to who reads it', () => {
      const pair = fc.tuple(TEXT, TEXT)
      fc.assert(
        fc.property(fc.array(pair, { minLength: 1 }), (pairs) => {
          fc.pre(!LONE_SURROGATE.test(pairs.flat().join('/')))
          const url = buildUrl(route('/a'), {}, { query: pairs })
          expect([...new URL(url, 'http://h').searchParams]).toEqual(pairs)
        }),
      )
    })
  })

  it.each<[what: string, pattern: string, params: object, url: string]>([
    ['a very long param', '/:a', { a: 'é'.repeat(1e5) }, `/${'%C3%A9'.repeat(1e5)}`],
    ['a long run of 25', '/:a', { a: `%${'25'.repeat(3e5)}` }, `/%25${'25'.repeat(3e5)}`],
    ['a long run of percent signs', '/:a', { a: '%'.repeat(1e5) }, `/${'%25'.repeat(1e5)}`],
    ['many escapes of escapes', '/:a', { a: '%252F'.repeat(1e5) }, `/${'%25252F'.repeat(1e5)}`],
    ['a hundred thousand segments', '/*a', { a: Array(1e5).fill('x') }, '/x'.repeat(1e5)],
    ['a hundred thousand empty ones', '/f/*a', { a: Array(1e5).fill('') }, `/f${'/'.repeat(1e5)}`],
    ['dots upon dots', '/:a', { a: '.'.repeat(3e5) }, `/${'.'.repeat(3e5)}`],
  ])('takes its time for %s, but no more', (_what, pattern, params, url) => {
    expect(buildUrl(route(pattern), params)).toBe(url)
  })

  it('builds what no client changes and the route reads back, for every text in a segment of its own', () => {
    fc.assert(
      fc.property(
        segments,
        fc.constantFrom('', '/shop', '/a%2Fb/é %'),
        ({ pattern, params, texts }, base) => {
          const isRefused =
            texts.some((text) => /\0|\p{Surrogate}|^\.\.?$/u.test(text)) ||
            Object.values(params).some((value) => [value].flat().join('/') === '') ||
            (base === '' && (texts.length === 0 || texts[0] === ''))
          const built = attempt(() => buildUrl(route(pattern), params, { base }))
          expect(built === undefined).toBe(isRefused)
          if (built === undefined) return
          expect(built).toMatch(PATH_ABSOLUTE)
          expect(new URL(built, 'http://h').href).toBe(`http://h${built}`)
          const received = canonicalPath(built)!
          expect(received.slice(0, base.length)).toBe(base)
          expect(route(pattern).match(received.slice(base.length))).toEqual(params)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('builds a URL wherever the one of path-to-regexp would be read back, and nowhere else', () => {
    fc.assert(
      fc.property(anyPattern, anyParams, (pattern, all) => {
        const { tokens, match } = route(pattern)
        const params = Object.fromEntries(Object.entries(all).filter(([name]) => pattern.includes(name)))
        const reference = attempt(() => canonicalPath(compile({ tokens })(params)))
        const isReadBack =
          reference !== undefined &&
          /^\/(?!\/)/.test(reference) &&
          !/\/\.\.?(?:\/|$)/.test(reference) &&
          isDeepStrictEqual({ ...match(reference) }, params)
        const built = attempt(() => buildUrl({ name: 'r', tokens, match }, params))
        expect(built && canonicalPath(built)).toBe(isReadBack ? reference : undefined)
      }),
      { numRuns: 2000 },
    )
  })
})

const LONE_SURROGATE = /\p{Surrogate}/u
// RFC 3986 section 3.3
const PATH_ABSOLUTE = /^\/(?:$|(?!\/))(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-F]{2})*$/

const signs = fc.constantFrom(...'%%%225fFe../\\?# +&=;:aé😀\n')
const TEXT = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: signs, maxLength: 8 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '.', '..', '%2e', '%2E%2e', 'a\0', '\ud83d', 'x\ude00') },
)

/** Static segments and params in any order, then a wildcard or optional parts; `texts` is what the segments are to hold. */
const segments = fc
  .record({
    head: fc.array(fc.option(TEXT, { freq: 3 }), { maxLength: 3 }),
    tail: fc.array(TEXT, { maxLength: 3 }),
    tailPattern: fc.constantFrom('{/*w}', '{/:x{/:y{/:z}}}'),
  })
  .map(({ head, tail, tailPattern }) => {
    const params: Record<string, string | string[]> = {}
    const fixed = head.map((text, i) => {
      if (text === null) return '/s'
      params[`p${i}`] = text
      return `/:p${i}`
    })
    if (tailPattern === '{/*w}') {
      if (tail.length > 0) params['w'] = tail
    } else {
      tail.forEach((text, i) => {
        params['xyz'[i]!] = text
      })
    }
    return {
      pattern: fixed.join('') + tailPattern,
      params,
      texts: [...head.map((text) => text ?? 's'), ...tail],
    }
  })

const anyPattern = fc
  .uniqueArray(
    fc.constantFrom(
      '/',
      '/a',
      '.c',
      '/:p',
      '-:q',
      '.:r',
      '{/:s}',
      '{-:t}',
      '{/:u{.:v}}',
      '{/a/:w}',
      '/*x',
      '{/*y}',
      '-*z',
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''))
  .filter((pattern) => attempt(() => pathToRegexp(pattern)) !== undefined)

const text = fc.constantFrom('1', 'a', '-', '.', '..', 'c', 'a-c', '1.c', '/', 'é', '%2F', '%', '')
const list = fc.array(text, { maxLength: 3 })
const anyParams = fc.record(
  { p: text, q: text, r: text, s: text, t: text, u: text, v: text, w: text, x: list, y: list, z: list },
  { requiredKeys: ['p', 'q', 'r', 'x', 'z'] },
)

function route(pattern: string): UrlRoute {
  const { tokens } = parse(pattern)
  const find = match({ tokens }, { sensitive: true, trailing: false, decode: readSegment })
  return {
    name: 'r',
    tokens,
    match: (path) => {
      const found = find(path)
      return found ? found.params : undefined
    },
  }
}

function attempt<T>(build: () => T): T | undefined {
  try {
    return build()
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
