import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Environ } from '../src/contract.ts'
import { canonicalPath } from '../src/gateway/target.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import {
  applicationUri,
  guessScheme,
  requestTarget,
  requestUri,
  shiftPathInfo,
  withoutSlashes,
} from '../src/uri.ts'

/** An environ of `http://h/` but for what is given. */
const environ = (keys: Partial<Environ>): Environ => setupTestingDefaults({ HTTP_HOST: 'h', ...keys })

// The tables below show what wsgiref.util gives (Python 3.11, measured), what is given here where that is something else, and
// why.

describe('guessScheme', () => {
  it.each<[HTTPS: string | undefined, wsgiref: 'http' | 'https']>([
    ['yes', 'https'],
    ['on', 'https'],
    ['1', 'https'],
    ['ON', 'http'],
    ['Yes', 'http'],
    ['true', 'http'],
    ['off', 'http'],
    ['0', 'http'],
    ['2', 'http'],
    ['on\n', 'http'],
    [' on', 'http'],
    ['', 'http'],
    [undefined, 'http'],
  ])('reads HTTPS %j as %s, as wsgiref does', (HTTPS, wsgiref) => {
    expect(guessScheme({ HTTPS })).toBe(wsgiref)
  })

  it('reads an absent HTTPS as http', () => {
    expect(guessScheme({})).toBe('http')
  })

  it('asks no other key: a header is the client’s claim', () => {
    const keys = { HTTP_X_FORWARDED_PROTO: 'https', HTTP_HTTPS: 'on', SERVER_PORT: '443' }
    expect(guessScheme(keys as Partial<Environ>)).toBe('http')
  })
})

describe('the host', () => {
  it.each<[keys: Partial<Environ>, wsgiref: string]>([
    [{ HTTP_HOST: 'example.com', SERVER_NAME: 's', SERVER_PORT: '9' }, 'http://example.com/'],
    [{ HTTP_HOST: 'spam.example.com:2071' }, 'http://spam.example.com:2071/'],
    [{ HTTP_HOST: '[::1]:8000' }, 'http://[::1]:8000/'],
    [{ HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '80' }, 'http://s/'],
    [{ HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '443' }, 'http://s:443/'],
    [{ HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '443', 'wsgi.url_scheme': 'https' }, 'https://s/'],
    [{ HTTP_HOST: '', SERVER_NAME: 's', SERVER_PORT: '80', 'wsgi.url_scheme': 'https' }, 'https://s:80/'],
    [{ HTTP_HOST: '', SERVER_NAME: '[::1]', SERVER_PORT: '8000' }, 'http://[::1]:8000/'],
  ])('of %j is %s, as wsgiref’s', (keys, wsgiref) => {
    expect(applicationUri(environ(keys))).toBe(wsgiref)
  })

  it('is the server’s name when the client sent no Host (HTTP/1.0)', () => {
    const { HTTP_HOST: _, ...withoutHost } = environ({ SERVER_NAME: 's', SERVER_PORT: '8080' })
    expect(requestUri(withoutHost as Environ)).toBe('http://s:8080/')
  })

  // wsgiref takes any of them as it is.
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
  it.each<[SCRIPT_NAME: string, wsgiref: string, ours?: string, why?: string]>([
    ['', 'http://h/'],
    ['/', 'http://h/'],
    ['/spam', 'http://h/spam'],
    ['/a/', 'http://h/a/'],
    ['//a', 'http://h//a'],
    ['/a b', 'http://h/a%20b'],
    ['/a;b=c,d', 'http://h/a%3Bb%3Dc%2Cd'],
    ['/a?b#c', 'http://h/a%3Fb%23c'],
    ['/a%', 'http://h/a%25'],
    ["/:@&+$!'()*", 'http://h/%3A%40%26%2B%24%21%27%28%29%2A'],
    ['/-._~', 'http://h/-._~'],
    ['/spä', 'http://h/sp%E4', 'http://h/sp%C3%A4', 'SCRIPT_NAME is text, in UTF-8'],
    ['/你', 'UnicodeEncodeError', 'http://h/%E4%BD%A0', 'SCRIPT_NAME is text, in UTF-8'],
    ['/a%2Fb', 'http://h/a%252Fb', 'http://h/a%2Fb', 'an encoded slash stays one'],
    ['spam', 'http://hspam', 'http://h/spam', 'a path without a slash must not extend the host'],
    ['.evil.com', 'http://h.evil.com', 'http://h/.evil.com', 'the same'],
  ])('with SCRIPT_NAME %j is wsgiref’s %s, or %s (%s)', (SCRIPT_NAME, wsgiref, ours = wsgiref) => {
    expect(applicationUri(environ({ SCRIPT_NAME, PATH_INFO: '/x' }))).toBe(ours)
  })
})

describe('requestUri', () => {
  it.each<[script: string, path: string, wsgiref: string, ours?: string, why?: string]>([
    ['', '', '/'],
    ['', '/', '/'],
    ['', '/x', '/x'],
    ['/a', '', '/a'],
    ['/a', '/', '/a/'],
    ['/a', '/x/y', '/a/x/y'],
    ['/', '', '/'],
    ['/', '/x', '//x'],
    ['/a/', '/x', '/a//x'],
    ['/spammity', '/spam;ham', '/spammity/spam;ham'],
    ['/spammity', '/spam;cookie=1234,5678', '/spammity/spam;cookie=1234,5678'],
    ['/a;b=c,d', '/a;b=c,d', '/a%3Bb%3Dc%2Cd/a;b=c,d'],
    ['', '/a b', '/a%20b'],
    ['', '/c?d#e%f', '/c%3Fd%23e%25f'],
    ['', "/:@&+$!'()*", '/%3A%40%26%2B%24%21%27%28%29%2A'],
    ['', '/-._~', '/-._~'],
    ['', '/100%', '/100%25'],
    ['', '/%25', '/%2525'],
    ['', '/a\r\nb', '/a%0D%0Ab'],
    ['', '//evil.com/x', '//evil.com/x'],
    ['', '/../x', '/../x'],
    ['/spä', '/spä', '/sp%E4/sp%E4', '/sp%C3%A4/sp%C3%A4', 'paths are text, in UTF-8'],
    ['', '/你好', 'UnicodeEncodeError', '/%E4%BD%A0%E5%A5%BD', 'paths are text, in UTF-8'],
    ['', '/\u{1f600}', 'UnicodeEncodeError', '/%F0%9F%98%80', 'UTF-8 of four bytes'],
    ['', '/\u017f\u212a', 'UnicodeEncodeError', '/%C5%BF%E2%84%AA', 'letters that fold to s and k'],
    ['', '/a%2Fb', '/a%252Fb', '/a%2Fb', 'an encoded slash stays one'],
    ['', '/a%252Fb', '/a%25252Fb', '/a%252Fb', 'the text %2F'],
    ['', '/a%25252Fb', '/a%2525252Fb', '/a%25252Fb', 'the text %252F'],
    ['', '/a%252fb', '/a%25252fb', '/a%252fb', 'the text %2f'],
    ['', '/%%2F', '/%25%252F', '/%25%2F', 'a percent sign and an encoded slash'],
    ['', 'foo', '/oo', '/foo', 'wsgiref drops the first character'],
    ['', '@evil.com', '/40evil.com', '/%40evil.com', 'wsgiref drops the first character, encoded as it is'],
    ['', '.evil.com', '/evil.com', '/.evil.com', 'a path without a slash must not extend the host'],
    ['/a', 'x', '/ax'],
  ])('of %j and %j ends in wsgiref’s %s, or %s (%s)', (SCRIPT_NAME, PATH_INFO, wsgiref, ours = wsgiref) => {
    expect(requestUri(environ({ SCRIPT_NAME, PATH_INFO }))).toBe(`http://h${ours}`)
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
  type Shifted = [segment: string | null, SCRIPT_NAME: string, PATH_INFO: string]
  const NO_SLASH = 'no slash at the end of SCRIPT_NAME: a mount and its pages would have two names'
  const NO_CLIMB = 'a request never climbs out of the application it was given to'
  const AS_IT_IS = 'what led here is not rewritten'

  it.each<[SCRIPT_NAME: string, PATH_INFO: string, wsgiref: Shifted, ours?: Shifted, why?: string]>([
    ['', '', [null, '', '']],
    ['/', '', [null, '/', '']],
    ['', '/', ['', '/', ''], ['', '', ''], NO_SLASH],
    ['', '//', ['', '/', ''], ['', '', ''], NO_SLASH],
    ['', '/x', ['x', '/x', '']],
    ['/a', '/x/y', ['x', '/a/x', '/y']],
    ['/a', '/x/', ['x', '/a/x', '/']],
    ['', '/x//', ['x', '/x', '/']],
    ['/a', '/x//y', ['x', '/a/x', '/y']],
    ['/a/', '/b', ['b', '/a/b', '']],
    ['/a//', '/b', ['b', '/a/b', '']],
    ['/a', '/', ['', '/a/', ''], ['', '/a', ''], NO_SLASH],
    ['/a', '///', ['', '/a/', ''], ['', '/a', ''], NO_SLASH],
    ['/a', '/.//', ['', '/a/', ''], ['', '/a', ''], NO_SLASH],
    ['/a', '/./', ['', '/a/', ''], ['', '/a', ''], NO_SLASH],
    ['', '/.', [null, '', '']],
    ['/a', '/.', [null, '/a', '']],
    ['/a/', '/.', [null, '/a', '']],
    ['/a', '/./.', [null, '/a', '']],
    ['/a', '//.', [null, '/a', '']],
    ['/a', '/x/.', ['x', '/a/x', '/.']],
    ['/a', '/x/./', ['x', '/a/x', '/']],
    ['/a', '/x/./y/../z', ['x', '/a/x', '/y/../z']],
    ['/a', '/x/..', ['x', '/a/x', '/..']],
    ['/a', '/...', ['...', '/a/...', '']],
    ['/a', '/.. /x', ['.. ', '/a/.. ', '/x']],
    // Two spellings of one segment: a guard that compares PATH_INFO with "/admin" lets the second pass.
    ['', '/admin', ['admin', '/admin', '']],
    ['', '//admin', ['admin', '/admin', '']],
    ['', '/./admin', ['admin', '/admin', '']],
    ['/a/b', '//y/', ['y', '/a/b/y', '/']],
    ['/a/b', '/./y/', ['y', '/a/b/y', '/']],
    ['', '//evil.com/x', ['evil.com', '/evil.com', '/x']],
    ['/a', '/..', ['..', '', ''], [null, '/a', '/..'], NO_CLIMB],
    ['/a/b', '/../../c', ['..', '/a', '/../c'], [null, '/a/b', '/../../c'], NO_CLIMB],
    ['', '/../..', ['..', '', '/..'], [null, '', '/../..'], NO_CLIMB],
    ['', '/../y', ['..', '', '/y'], [null, '', '/../y'], NO_CLIMB],
    ['/a', '/../', ['..', '', '/'], [null, '/a', '/../'], NO_CLIMB],
    ['/a', '/./../x', ['..', '', '/x'], [null, '/a', '/./../x'], NO_CLIMB],
    ['/a', '//../x', ['..', '', '/x'], [null, '/a', '//../x'], NO_CLIMB],
    ['/a/b', '///./..//y/.//', ['..', '/a', '/y/'], [null, '/a/b', '///./..//y/.//'], NO_CLIMB],
    ['/a/../b', '/c', ['c', '/b/c', ''], ['c', '/a/../b/c', ''], AS_IT_IS],
    ['/a/.', '/x', ['x', '/a/x', ''], ['x', '/a/./x', ''], AS_IT_IS],
    ['/a//b', '/x', ['x', '/a/b/x', ''], ['x', '/a//b/x', ''], AS_IT_IS],
    ['///a', '/x', ['x', '/a/x', ''], ['x', '///a/x', ''], AS_IT_IS],
    ['//a', '/b', ['b', '//a/b', '']],
    [
      '/',
      '/x',
      ['x', '//x', ''],
      ['x', '/x', ''],
      'POSIX keeps two slashes at the beginning; a path has one',
    ],
    ['/', '/', ['', '/', ''], ['', '', ''], NO_SLASH],
    ['//', '/x', ['x', '/x', '']],
    ['/a', '/ ', [' ', '/a/ ', '']],
    ['', '/é', ['é', '/é', '']],
    ['', '/%2F', ['%2F', '/%2F', '']],
    ['', '/..%2F..', ['..%2F..', '/..%2F..', '']],
    ['/a', '/constructor/x', ['constructor', '/a/constructor', '/x']],
  ])('of %j, %j gives wsgiref’s %j, or %j (%s)', (SCRIPT_NAME, PATH_INFO, wsgiref, ours = wsgiref) => {
    const keys = { SCRIPT_NAME, PATH_INFO }
    expect([shiftPathInfo(keys), keys.SCRIPT_NAME, keys.PATH_INFO]).toEqual(ours)
  })

  it.each<[PATH_INFO: string, wsgiref: string]>([
    ['x', 'an IndexError'],
    ['.', 'an IndexError'],
    ['..', 'an IndexError'],
    ['x/y', 'the second segment: y'],
    ['../x', 'the second segment: x'],
  ])('refuses the path %j, which starts with no slash; wsgiref gives %s', (PATH_INFO) => {
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

describe('withoutSlashes', () => {
  it.each<[text: string, without: string]>([
    ['', ''],
    ['/', ''],
    ['///', ''],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['//a//', '//a'],
    ['/a%2F', '/a%2F'],
  ])('of %j is %j', (text, without) => {
    expect(withoutSlashes(text)).toBe(without)
  })
})
