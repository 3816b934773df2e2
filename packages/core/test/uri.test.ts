import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Environ } from '../src/contract.ts'
import { canonicalPath } from '../src/gateway/target.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { applicationUri, guessScheme, requestTarget, requestUri, shiftPathInfo } from '../src/uri.ts'

/** An environ of `http://h/` but for what is given. */
const environ = (keys: Partial<Environ>): Environ => setupTestingDefaults({ HTTP_HOST: 'h', ...keys })

describe('guessScheme', () => {
  it.each([
    ['yes', 'https'],
    ['on', 'https'],
    ['1', 'https'],
    ['ON', 'http'],
    ['true', 'http'],
    ['off', 'http'],
    ['0', 'http'],
    ['on\n', 'http'],
    ['', 'http'],
    [undefined, 'http'],
  ])('reads HTTPS %j as %s', (HTTPS, scheme) => {
    expect(guessScheme({ HTTPS })).toBe(scheme)
  })

  it('reads an absent HTTPS as http', () => {
    expect(guessScheme({})).toBe('http')
  })
})

describe('the host', () => {
  it.each<[expected: string, why: string, keys: Partial<Environ>]>([
    ['http://example.com', 'Host', { HTTP_HOST: 'example.com', SERVER_NAME: 's', SERVER_PORT: '9' }],
    ['http://example.com:8000', 'Host with a port', { HTTP_HOST: 'example.com:8000' }],
    ['http://[::1]:8000', 'Host with an address', { HTTP_HOST: '[::1]:8000' }],
    ['http://s', 'empty Host', { HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '80' }],
    ['http://s', 'default port', { HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '80' }],
    ['http://s:443', 'the other scheme’s port', { HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '443' }],
    [
      'https://s',
      'default port',
      { HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '443', 'wsgi.url_scheme': 'https' },
    ],
    [
      'https://s:80',
      'the other scheme’s port',
      { HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '80', 'wsgi.url_scheme': 'https' },
    ],
  ])('is %s (%s)', (expected, _, keys) => {
    expect(applicationUri(environ(keys))).toBe(`${expected}/`)
  })

  it('is the server’s name when the client sent no Host (HTTP/1.0)', () => {
    const { HTTP_HOST: _, ...withoutHost } = environ({ SERVER_NAME: 's', SERVER_PORT: '8080' })
    expect(requestUri(withoutHost as Environ)).toBe('http://s:8080/')
  })

  it.each([
    'evil.com/path',
    'evil.com?q',
    'evil.com#f',
    'user@evil.com',
    'user:password@evil.com',
    'evil.com\\@h',
    'evil.com, h',
    'evil.com h',
    'evil.com:80:80',
    'evil.com:99999',
    'evil.com:8a',
    '[::1',
    '::1',
    '[evil.com]',
    'evil.com\r\nSet-Cookie: a',
    '"><script>',
    'caf\xc3\xa9.com',
    ':80',
  ])('is the server’s name when the client’s is no host: %j', (HTTP_HOST) => {
    const keys = environ({ HTTP_HOST, SERVER_NAME: 's', SERVER_PORT: '80' })
    expect(applicationUri(keys)).toBe('http://s/')
    expect(requestUri(keys)).toBe('http://s/')
  })
})

describe('applicationUri', () => {
  it.each([
    ['', 'http://h/'],
    ['/shop', 'http://h/shop'],
    ['/a b', 'http://h/a%20b'],
    ['/a;b=c,d', 'http://h/a%3Bb%3Dc%2Cd'],
    ['/café', 'http://h/caf%C3%A9'],
    ['/a%2Fb', 'http://h/a%2Fb'],
    ['shop', 'http://h/shop'],
    ['.evil.com', 'http://h/.evil.com'],
  ])('with SCRIPT_NAME %j is %s', (SCRIPT_NAME, expected) => {
    expect(applicationUri(environ({ SCRIPT_NAME, PATH_INFO: '/x' }))).toBe(expected)
  })
})

describe('requestUri', () => {
  it.each<[script: string, path: string, expected: string, why: string]>([
    ['', '', '/', 'OPTIONS * has no path'],
    ['', '/', '/', ''],
    ['', '/x', '/x', ''],
    ['/a', '', '/a', ''],
    ['/a', '/', '/a/', ''],
    ['/a', '/x/y', '/a/x/y', ''],
    ['', '/a b', '/a%20b', 'wsgiref, measured'],
    ['', '/c?d#e%f', '/c%3Fd%23e%25f', 'wsgiref, measured'],
    ['/a;b=c,d', '/a;b=c,d', '/a%3Bb%3Dc%2Cd/a;b=c,d', 'wsgiref, measured'],
    ['', "/:@&+$!'()*", '/%3A%40%26%2B%24%21%27%28%29%2A', 'wsgiref, measured'],
    ['', '/-._~', '/-._~', 'RFC 3986 2.3, unreserved'],
    ['', '/你好', '/%E4%BD%A0%E5%A5%BD', 'UTF-8, where wsgiref has Latin-1'],
    ['', '/\u{1f600}', '/%F0%9F%98%80', 'UTF-8 of four bytes'],
    ['', '/\u017f\u212a', '/%C5%BF%E2%84%AA', 'letters that fold to s and k'],
    ['', '/a%2Fb', '/a%2Fb', 'an encoded slash stays one'],
    ['', '/a%252Fb', '/a%252Fb', 'the text %2F'],
    ['', '/a%25252Fb', '/a%25252Fb', 'the text %252F'],
    ['', '/a%252fb', '/a%252fb', 'the text %2f'],
    ['', '/100%', '/100%25', 'a percent sign'],
    ['', '/%25', '/%2525', 'the text %25'],
    ['', '/%%2F', '/%25%2F', 'a percent sign and an encoded slash'],
    ['', '/a\r\nb', '/a%0D%0Ab', 'line breaks'],
    ['', '//evil.com/x', '//evil.com/x', 'behind the host, so no other host'],
    ['', '/../x', '/../x', 'dot segments stay'],
    ['', 'foo', '/foo', 'wsgiref drops the first character'],
    ['', '@evil.com', '/%40evil.com', 'a path without a slash must not extend the host'],
    ['', '.evil.com', '/.evil.com', 'a path without a slash must not extend the host'],
  ])('of %j and %j ends in %s (%s)', (SCRIPT_NAME, PATH_INFO, expected) => {
    expect(requestUri(environ({ SCRIPT_NAME, PATH_INFO }))).toBe(`http://h${expected}`)
  })

  it('appends the query as it stands, unless it is not wanted', () => {
    const keys = environ({ PATH_INFO: '/a', QUERY_STRING: 'b=%20&c=ü' })
    expect(requestUri(keys)).toBe('http://h/a?b=%20&c=ü')
    expect(requestUri(keys, { query: true })).toBe('http://h/a?b=%20&c=ü')
    expect(requestUri(keys, {})).toBe('http://h/a?b=%20&c=ü')
    expect(requestUri(keys, { query: false })).toBe('http://h/a')
  })

  it('has no question mark without a query', () => {
    expect(requestUri(environ({ QUERY_STRING: '' }))).toBe('http://h/')
  })

  it('throws on a lone surrogate, which has no UTF-8', () => {
    expect(() => requestUri(environ({ PATH_INFO: '/\ud800', REQUEST_URI: '/' }))).toThrow(URIError)
  })

  it('gives a server the same PATH_INFO again', () => {
    const piece = fc.constantFrom(
      '%',
      '2',
      '5',
      'F',
      'f',
      '25',
      '%25',
      '%2F',
      '%2f',
      '%252F',
      '%C3%A9',
      '/',
      '.',
      ';',
      'a',
      '!',
      '%00',
    )
    const rawPath = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`)
    let decoded = 0
    fc.assert(
      fc.property(rawPath, (raw) => {
        const path = canonicalPath(raw)
        if (path === undefined) return
        decoded++
        expect(canonicalPath(requestTarget({ SCRIPT_NAME: '', PATH_INFO: path, QUERY_STRING: '' }))).toBe(
          path,
        )
      }),
      { numRuns: 2000 },
    )
    expect(decoded).toBeGreaterThan(200)
  })

  it('gives a server the same path again, wherever it was cut into SCRIPT_NAME and PATH_INFO', () => {
    const segment = fc.array(fc.constantFrom('%2F', '%252F', '%252f', '%', '25', 'é', ' ', 'a', ';'), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.nat(4), (segments, cut) => {
        // What joining the pieces brought about may not be canonical: only what a server would make is.
        const path = canonicalPath(
          requestTarget({
            SCRIPT_NAME: '',
            PATH_INFO: segments.map((s) => `/${s.join('')}`).join(''),
            QUERY_STRING: '',
          }),
        )!
        const parts = path.split('/')
        const at = Math.min(cut, parts.length - 1) + 1
        const SCRIPT_NAME = parts.slice(0, at).join('/')
        const PATH_INFO = parts
          .slice(at)
          .map((part) => `/${part}`)
          .join('')
        expect(canonicalPath(requestTarget({ SCRIPT_NAME, PATH_INFO, QUERY_STRING: '' }))).toBe(path)
      }),
    )
  })
})

describe('shiftPathInfo', () => {
  // The rows are wsgiref.util.shift_path_info's, measured; `departs` says where and why ours is another one.
  it.each<[before: [string, string], segment: string | null, after: [string, string], departs?: string]>([
    [['', ''], null, ['', '']],
    [['', '/'], '', ['', ''], 'no slash at the end of SCRIPT_NAME; wsgiref: "/"'],
    [['', '//'], '', ['', ''], 'no slash at the end of SCRIPT_NAME; wsgiref: "/"'],
    [['', '/x'], 'x', ['/x', '']],
    [['/a', '/x/y'], 'x', ['/a/x', '/y']],
    [['/a', '/x/'], 'x', ['/a/x', '/']],
    [['', '/x//'], 'x', ['/x', '/']],
    [['/a/', '/b'], 'b', ['/a/b', '']],
    [['/a', '/'], '', ['/a', ''], 'no slash at the end of SCRIPT_NAME; wsgiref: "/a/"'],
    [['/a', '/.'], null, ['/a', '']],
    [['/a', '/./.'], null, ['/a', '']],
    [['/a', '/./'], '', ['/a', ''], 'no slash at the end of SCRIPT_NAME; wsgiref: "/a/"'],
    [['/a', '//.'], null, ['/a', '']],
    [['/a', '/x/.'], 'x', ['/a/x', '/.']],
    [['/a', '/x/./y/../z'], 'x', ['/a/x', '/y/../z']],
    [['/a', '/..'], null, ['/a', '/..'], 'never climbs; wsgiref: ".." and SCRIPT_NAME ""'],
    [['/a/b', '/../../c'], null, ['/a/b', '/../../c'], 'never climbs; wsgiref: ".." and SCRIPT_NAME "/a"'],
    [['', '/../..'], null, ['', '/../..'], 'never climbs; wsgiref: ".." and PATH_INFO "/.."'],
    [['/a/../b', '/c'], 'c', ['/a/../b/c', ''], 'what led here is not rewritten; wsgiref: "/b/c"'],
    [['//a', '/b'], 'b', ['//a/b', '']],
    [['/', '/x'], 'x', ['/x', ''], 'no doubled slash; wsgiref: "//x"'],
    [['/', '/'], '', ['', ''], 'no slash at the end of SCRIPT_NAME; wsgiref: "/"'],
    [['//', '/x'], 'x', ['/x', '']],
    // Rows that the reference has not.
    [['', '//evil.com/x'], 'evil.com', ['/evil.com', '/x']],
    [['', '/%2F'], '%2F', ['/%2F', ''], 'an encoded slash separates nothing'],
    [['', '/..%2F..'], '..%2F..', ['/..%2F..', ''], 'one segment, and no dot segment'],
    [['/a', '/./../x'], null, ['/a', '/./../x'], 'never climbs, behind a dot either'],
    [['/a', '//../x'], null, ['/a', '//../x'], 'never climbs, behind a doubled slash either'],
    [['/a', '/...'], '...', ['/a/...', '']],
    [['/a/', '/.'], null, ['/a', ''], 'no slash at the end of SCRIPT_NAME'],
    [['/a', '/constructor/x'], 'constructor', ['/a/constructor', '/x']],
  ])('moves %j: %j, to %j', ([script, path], segment, [scriptAfter, pathAfter]) => {
    const keys = { SCRIPT_NAME: script, PATH_INFO: path }
    expect(shiftPathInfo(keys)).toBe(segment)
    expect(keys).toEqual({ SCRIPT_NAME: scriptAfter, PATH_INFO: pathAfter })
  })

  // wsgiref: an IndexError for "x", and the second segment for "x/y".
  it.each(['x', 'x/y', '../x'])('refuses the path %j, which starts with no slash', (PATH_INFO) => {
    const keys = { SCRIPT_NAME: '/a', PATH_INFO }
    expect(() => shiftPathInfo(keys)).toThrow(
      `shiftPathInfo: PATH_INFO must be empty or start with "/"; got ${JSON.stringify(PATH_INFO)}`,
    )
    expect(keys).toEqual({ SCRIPT_NAME: '/a', PATH_INFO })
  })

  it('never climbs, never leaves a slash at the end, and comes to an end, whatever the path', () => {
    const path = fc
      .array(fc.constantFrom('..', '.', '', 'a', '%2F', '%2e'), { maxLength: 8 })
      .map((s) => s.map((x) => `/${x}`).join(''))
    fc.assert(
      fc.property(path, fc.constantFrom('', '/m', '/m/n'), (PATH_INFO, SCRIPT_NAME) => {
        const keys = { SCRIPT_NAME, PATH_INFO }
        let shifts = 0
        while (shiftPathInfo(keys) !== null) shifts++
        expect(shifts).toBeLessThanOrEqual(8)
        expect(keys.SCRIPT_NAME.startsWith(SCRIPT_NAME)).toBe(true)
        expect(keys.SCRIPT_NAME).not.toMatch(/\/$/)
        expect(keys.SCRIPT_NAME.split('/')).not.toContain('..')
        expect(keys.PATH_INFO).toMatch(/^(?:\/|$)/)
      }),
    )
  })

  it('takes long paths and names in linear time', () => {
    const keys = { SCRIPT_NAME: `${'/'.repeat(200_000)}a`, PATH_INFO: `${'/'.repeat(200_000)}x` }
    const start = performance.now()
    expect(shiftPathInfo(keys)).toBe('x')
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
