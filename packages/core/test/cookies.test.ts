import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CookieOptions, cookieHeader, deletedCookieHeader, readCookies } from '../src/cookies.ts'
import { expectLinear } from './linear.ts'

type Pair = [name: string, value: string]

/** As the bytes of UTF-8 arrive: a character for each (PEP 3333). */
const arrived = (text: string): string => Buffer.from(text).toString('latin1')

describe('readCookies', () => {
  // The cases of the IETF's http-state working group: what a browser sends back in each, and how it is spelt
  // by servers.
  it.each<[cases: string, header: string, pairs: Pair[]]>([
    ['0001', 'foo=bar', [['foo', 'bar']]],
    ['0003', 'foo2=bar2', [['foo2', 'bar2']]],
    ['0004', '', []],
    ['0004, nameless as of RFC 6265bis', 'foo', []],
    [
      '0014',
      'foo1=bar; foo2=qux',
      [
        ['foo1', 'bar'],
        ['foo2', 'qux'],
      ],
    ],
    [
      '0016',
      'z=y; a=b',
      [
        ['z', 'y'],
        ['a', 'b'],
      ],
    ],
    ['0017', 'z=y, a=b', [['z', 'y, a=b']]],
    [
      '0020, as spelt',
      'a=b; =; c=d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      '0021, as spelt',
      'a=b; =x; c=d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      '0022',
      'a=b; x=; c=d',
      [
        ['a', 'b'],
        ['x', ''],
        ['c', 'd'],
      ],
    ],
    ['0025, as spelt', '; bar', []],
    ['CHARSET0001', arrived('foo=春节回家路·春运完全手册'), [['foo', '春节回家路·春运完全手册']]],
    [
      'CHARSET0002, the name as it arrives',
      arrived('春节回=家路·春运完全手册'),
      [[arrived('春节回'), '家路·春运完全手册']],
    ],
    ['CHARSET0004', arrived('foo="春节回家路·春运"'), [['foo', '"春节回家路·春运"']]],
    ['CHROMIUM0002', 'aBc="zzz "', [['aBc', '"zzz "']]],
    ['CHROMIUM0002, as spelt', 'aBc="zzz "   ;', [['aBc', '"zzz "']]],
    ['CHROMIUM0004', 'aBc="zz', [['aBc', '"zz']]],
    ['CHROMIUM0006', 'aBc="zzz "   "ppp"', [['aBc', '"zzz "   "ppp"']]],
    ['CHROMIUM0008', 'aBc=A"B', [['aBc', 'A"B']]],
    ['CHROMIUM0010, as spelt', '"BLA\\"HHH"; path=/;', [['path', '/']]],
    ['CHROMIUM0011', 'a="B', [['a', '"B']]],
    ['CHROMIUM0012, as spelt', '=ABC', []],
    ['CHROMIUM0013', 'ABC=', [['ABC', '']]],
    ['CHROMIUM0014, as spelt', '  A  = BC  ;foo;;;   bar', [['A', 'BC']]],
    ['CHROMIUM0015, as spelt', '  A=== BC  ;foo;;;   bar', [['A', '== BC']]],
    ['CHROMIUM0016', 'foo="zohNumRKgI0oxyhSsV3Z7D"', [['foo', '"zohNumRKgI0oxyhSsV3Z7D"']]],
    ['CHROMIUM0018, as spelt', '    ', []],
    ['COMMA0001', 'foo=bar, baz=qux', [['foo', 'bar, baz=qux']]],
    ['COMMA0002', 'foo="bar, baz=qux"', [['foo', '"bar, baz=qux"']]],
    [
      'COMMA0003, as spelt',
      'foo=bar; b,az=qux',
      [
        ['foo', 'bar'],
        ['b,az', 'qux'],
      ],
    ],
    [
      'DOMAIN0019',
      'foo=bar; foo2=bar2',
      [
        ['foo', 'bar'],
        ['foo2', 'bar2'],
      ],
    ],
    ['MOZILLA0012', 'test="fubar! = foo', [['test', '"fubar! = foo']]],
    ['MOZILLA0016, as spelt', 'six; seven;  =eight', []],
    ['NAME0002', '1=bar', [['1', 'bar']]],
    ['NAME0003', '$=bar', [['$', 'bar']]],
    ['NAME0004', '!a=bar', [['!a', 'bar']]],
    ['NAME0005', '@a=bar', [['@a', 'bar']]],
    ['NAME0006', '#a=bar', [['#a', 'bar']]],
    ['NAME0007', '$a=bar', [['$a', 'bar']]],
    ['NAME0008', '%a=bar', [['%a', 'bar']]],
    ['NAME0009', '^a=bar', [['^a', 'bar']]],
    ['NAME0010', '&a=bar', [['&a', 'bar']]],
    ['NAME0011', '*a=bar', [['*a', 'bar']]],
    ['NAME0012', '(a=bar', [['(a', 'bar']]],
    ['NAME0013', ')a=bar', [[')a', 'bar']]],
    ['NAME0014', '-a=bar', [['-a', 'bar']]],
    ['NAME0015', '_a=bar', [['_a', 'bar']]],
    ['NAME0016', '+=bar', [['+', 'bar']]],
    ['NAME0017, as spelt', '=a=bar', []],
    ['NAME0018, as spelt', 'a =bar', [['a', 'bar']]],
    ['NAME0019', '"a=bar', [['"a', 'bar']]],
    ['NAME0020', '"a=b"=bar', [['"a', 'b"=bar']]],
    ['NAME0022, as spelt', '   foo=bar', [['foo', 'bar']]],
    ['NAME0023, as spelt', 'foo;bar=baz', [['bar', 'baz']]],
    ['NAME0024', '$Version=1', [['$Version', '1']]],
    ['NAME0025, as spelt', '===a=bar', []],
    ['NAME0026, as spelt', 'foo=bar    ', [['foo', 'bar']]],
    ['NAME0029, as spelt', '=', []],
    ['NAME0030', 'foo bar=baz', [['foo bar', 'baz']]],
    ['NAME0031, as spelt', '"foo;bar"=baz', [['bar"', 'baz']]],
    ['ORDERING0001', 'key=val1; key=val2; key=val4; key=val5', [['key', 'val1']]],
    ['PATH0032', 'foo=qux; foo=bar', [['foo', 'qux']]],
    ['VALUE0001, as spelt', 'foo=  bar', [['foo', 'bar']]],
    ['VALUE0002', 'foo="bar"', [['foo', '"bar"']]],
    ['VALUE0003', 'foo="  bar "', [['foo', '"  bar "']]],
    ['VALUE0004', 'foo="bar', [['foo', '"bar']]],
    ['VALUE0005', 'foo="bar=baz"', [['foo', '"bar=baz"']]],
    ['VALUE0006, as spelt', '   foo     =       bar             ;       ttt', [['foo', 'bar']]],
  ])('reads case %s of http-state: %j', (_cases, header, pairs) => {
    expect([...readCookies(header)]).toEqual(pairs)
  })

  it.each<[source: string, header: string | undefined, pairs: Pair[]]>([
    ['6265 4.2.1', undefined, []],
    [
      '6265 4.2.1',
      'a=1;b=2;\tc=3',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    ['6265 5.2', 'a\t=\t1\t', [['a', '1']]],
    ['6265 4.1.1', 'a=x%20y%2C%3B', [['a', 'x y,;']]],
    ['6265 4.1.1', 'a=%E2%82%AC', [['a', '€']]],
    ['6265 4.1.1', 'a="%41"', [['a', '"A"']]],
    ['6265 4.1.1', 'a=+', [['a', '+']]],
    ['6265 4.1.1, no valid escape', 'a=100%', [['a', '100%']]],
    ['6265 4.1.1, no valid escape', 'a=%zz%41', [['a', '%zz%41']]],
    ['6265 4.1.1, not UTF-8', 'a=%E9', [['a', '%E9']]],
    ['6265 4.1.1, overlong', 'a=%C0%AF', [['a', '%C0%AF']]],
    ['6265 4.1.1, half of a pair', 'a=%ED%A0%80', [['a', '%ED%A0%80']]],
    ['PEP 3333, not UTF-8', 'a=caf\xe9', [['a', 'caf\xe9']]],
    ['PEP 3333, bytes and escapes', `a=${arrived('é')}%C3%A9`, [['a', 'éé']]],
    [
      '6265 4.2.1, the first counts',
      'a=1; b=2; a=3; a=',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      '6265 4.1.1, names have a case',
      'a=1; A=2',
      [
        ['a', '1'],
        ['A', '2'],
      ],
    ],
    [
      '6265bis 4.1.3, names are not decoded',
      '__%48ost-a=1; __Host-a=2',
      [
        ['__%48ost-a', '1'],
        ['__Host-a', '2'],
      ],
    ],
    [
      '6265bis 5.6, no other space is trimmed',
      '\xa0a=1; a\xa0=2',
      [
        ['\xa0a', '1'],
        ['a\xa0', '2'],
      ],
    ],
    ['6265bis 5.6, no other space is trimmed', 'a=\xa01', [['a', '\xa01']]],
  ])('reads RFC %s: %j', (_source, header, pairs) => {
    expect([...readCookies(header)]).toEqual(pairs)
  })

  it.each([['__proto__'], ['constructor'], ['hasOwnProperty'], ['toString']])(
    'takes %s for a plain name',
    (name) => {
      expect(readCookies('a=1').get(name)).toBeUndefined()
      expect([...readCookies(`${name}=x`)]).toEqual([[name, 'x']])
    },
  )

  it('gives a map of text, whatever the header holds', () => {
    const piece = fc.constantFrom('a', '=', ';', ' ', '\t', '"', '%', '%41', '%E9', '\xe9', ',', '\0', '\r\n')
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(header, (text) => {
        for (const [name, value] of readCookies(text)) {
          expect(name).not.toMatch(/^$|^[ \t]|[ \t]$|[;=]/)
          expect(typeof value).toBe('string')
        }
      }),
    )
  })

  it.each([['a=b; '], [';'], ['='], [' '], ['a= '], ['%'], ['%41'], ['"'], ['\xe9'], ['a;']])(
    'reads %j repeated in linear time',
    (piece) => expectLinear((length) => `a=${piece.repeat(length / piece.length)}x`, readCookies),
  )
})

describe('cookieHeader', () => {
  const NOON = new Date('2026-10-21T12:00:00.789Z')

  it.each<[source: string, name: string, value: string, options: CookieOptions | undefined, header: string]>([
    ['6265 4.1.1', 'id', '31d4', undefined, 'id=31d4; Path=/; HttpOnly; SameSite=Lax'],
    ['6265 4.1.1', "!#$%&'*+-.^_`|~09azAZ", '', {}, "!#$%&'*+-.^_`|~09azAZ=; Path=/; HttpOnly; SameSite=Lax"],
    [
      '6265 4.1.2.1',
      'a',
      '1',
      { expires: NOON },
      'a=1; Path=/; Expires=Wed, 21 Oct 2026 12:00:00 GMT; HttpOnly; SameSite=Lax',
    ],
    ['6265 4.1.2.2', 'a', '1', { maxAge: 3600 }, 'a=1; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax'],
    ['6265bis 4.1.2.2', 'a', '1', { maxAge: 0 }, 'a=1; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'],
    [
      '6265 4.1.2.3',
      'a',
      '1',
      { domain: 'example.com' },
      'a=1; Domain=example.com; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      '6265 4.1.2.3, the dot is ignored',
      'a',
      '1',
      { domain: '.example.com' },
      'a=1; Domain=.example.com; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      '1123 2.1',
      'a',
      '1',
      { domain: '3com.xn--bcher-kva.example' },
      'a=1; Domain=3com.xn--bcher-kva.example; Path=/; HttpOnly; SameSite=Lax',
    ],
    ['6265 4.1.2.4', 'a', '1', { path: '/a%20b/~c,d=e' }, 'a=1; Path=/a%20b/~c,d=e; HttpOnly; SameSite=Lax'],
    ['6265 4.1.2.5', 'a', '1', { secure: true }, 'a=1; Path=/; HttpOnly; Secure; SameSite=Lax'],
    ['6265 4.1.2.6', 'a', '1', { httpOnly: false }, 'a=1; Path=/; SameSite=Lax'],
    ['6265bis 4.1.2.7', 'a', '1', { sameSite: 'Strict' }, 'a=1; Path=/; HttpOnly; SameSite=Strict'],
    [
      '6265bis 4.1.2.7',
      'a',
      '1',
      { sameSite: 'None', secure: true },
      'a=1; Path=/; HttpOnly; Secure; SameSite=None',
    ],
    [
      'CHIPS',
      'a',
      '1',
      { partitioned: true, secure: true },
      'a=1; Path=/; HttpOnly; Secure; SameSite=Lax; Partitioned',
    ],
    [
      'west-cookie-priority',
      'a',
      '1',
      { priority: 'High' },
      'a=1; Path=/; HttpOnly; SameSite=Lax; Priority=High',
    ],
    [
      '6265bis 4.1.3',
      '__Secure-a',
      '1',
      { secure: true, domain: 'a.b', path: '/x' },
      '__Secure-a=1; Domain=a.b; Path=/x; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      '6265bis 4.1.3',
      '__Host-a',
      '1',
      { secure: true },
      '__Host-a=1; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'layered-cookies',
      '__Host-Http-a',
      '1',
      { secure: true },
      '__Host-Http-a=1; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    ['6265bis 4.1.3, no prefix', '__Host', '1', {}, '__Host=1; Path=/; HttpOnly; SameSite=Lax'],
    ['6265bis 4.1.3, no prefix', '_Host-a', '1', {}, '_Host-a=1; Path=/; HttpOnly; SameSite=Lax'],
    ['6265bis 4.1.3, no prefix', 'a__Host-', '1', {}, 'a__Host-=1; Path=/; HttpOnly; SameSite=Lax'],
  ])('writes RFC %s: %s=%s with %j', (_source, name, value, options, header) => {
    expect(cookieHeader(name, value, options)).toBe(header)
  })

  it.each<[what: string, value: string, written: string]>([
    ['cookie-octets', "!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~", "!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~"],
    ['what would end it', 'a; Secure', 'a%3B%20Secure'],
    ['quotes, a comma, a backslash', '"a,b\\"', '%22a%2Cb%5C%22'],
    ['what would be decoded', '100%41', '100%2541'],
    ['line ends and controls', 'a\r\nSet-Cookie: b\0\x7f', 'a%0D%0ASet-Cookie:%20b%00%7F'],
    ['UTF-8', 'é€😀', '%C3%A9%E2%82%AC%F0%9F%98%80'],
    ['half of a pair', '\ud800', '%EF%BF%BD'],
    ['a line feed above U+00FF', '\u010a', '%C4%8A'],
  ])('encodes %s in a value (RFC 6265 section 4.1.1)', (_what, value, written) => {
    expect(cookieHeader('a', value)).toBe(`a=${written}; Path=/; HttpOnly; SameSite=Lax`)
  })

  it.each<[attack: string, name: string, options: Record<string, unknown>, message: RegExp]>([
    ['no name', '', {}, /^cookieHeader: name: must be a token .*got ""$/],
    ['a name that ends the pair', 'a;b', {}, /name/],
    ['a name with a value', 'a=b', {}, /name/],
    ['a name with a space', 'a b', {}, /name/],
    ['a name with a line end', 'a\r\nSet-Cookie: b', {}, /name/],
    ['a name beyond ASCII', 'é', {}, /name/],
    ['a name that is no text', 7 as unknown as string, {}, /name: must be a token .*got 7/],
    ['an attribute in Domain', 'a', { domain: 'a.b; Secure' }, /^cookieHeader: domain: .*got "a.b; Secure"$/],
    ['a line end in Domain', 'a', { domain: 'a.b\r\n' }, /domain/],
    ['a port in Domain (DOMAIN0027)', 'a', { domain: 'a.b:80' }, /domain/],
    ['an empty label in Domain (DOMAIN0011)', 'a', { domain: 'a..b' }, /domain/],
    ['two dots before Domain (DOMAIN0010)', 'a', { domain: '..a.b' }, /domain/],
    ['a dot after Domain (DOMAIN0014)', 'a', { domain: 'a.b.' }, /domain/],
    ['quotes around Domain (DOMAIN0021)', 'a', { domain: '"a.b"' }, /domain/],
    ['a space in Domain (DOMAIN0013)', 'a', { domain: '. a.b' }, /domain/],
    ['a Domain beyond ASCII', 'a', { domain: 'bücher.example' }, /domain/],
    ['a Domain that is too long', 'a', { domain: `${'a.'.repeat(127)}b` }, /domain/],
    ['no Domain', 'a', { domain: '' }, /domain/],
    ['a Domain that is no text', 'a', { domain: null }, /domain: .*got null/],
    ['an attribute in Path', 'a', { path: '/; Domain=a.b' }, /^cookieHeader: path: .*got "\/; Domain=a.b"$/],
    ['a line end in Path', 'a', { path: '/\r\nX: y' }, /path/],
    ['a Path that browsers leave out', 'a', { path: 'x' }, /path/],
    ['an empty Path', 'a', { path: '' }, /path/],
    ['a Path beyond ASCII', 'a', { path: '/é' }, /path/],
    ['a Path that is too long', 'a', { path: `/${'a'.repeat(1024)}` }, /path/],
    [
      'an invalid date',
      'a',
      { expires: new Date(Number.NaN) },
      /^cookieHeader: expires: .*got Invalid Date$/,
    ],
    ['a date that is text', 'a', { expires: '; Secure' }, /expires/],
    ['a year with five digits', 'a', { expires: new Date(Date.UTC(10000, 0)) }, /expires/],
    ['a year that browsers do not read', 'a', { expires: new Date(Date.UTC(1600, 0)) }, /expires/],
    ['a fraction of a second', 'a', { maxAge: 1.5 }, /^cookieHeader: maxAge: .*got 1.5$/],
    ['seconds below zero', 'a', { maxAge: -1 }, /maxAge/],
    ['seconds without end', 'a', { maxAge: Number.POSITIVE_INFINITY }, /maxAge/],
    ['seconds that are none', 'a', { maxAge: Number.NaN }, /maxAge: .*got NaN/],
    ['seconds in powers of ten', 'a', { maxAge: 1e21 }, /maxAge/],
    ['seconds that are text', 'a', { maxAge: '1; Secure' }, /maxAge/],
    [
      'an unknown SameSite',
      'a',
      { sameSite: 'lax; Domain=a.b' },
      /^cookieHeader: sameSite: .*Strict, Lax, None/,
    ],
    ['SameSite=None without Secure', 'a', { sameSite: 'None' }, /^cookieHeader: secure: .*sameSite/],
    ['Partitioned without Secure', 'a', { partitioned: true }, /^cookieHeader: secure: .*partitioned/],
    ['an unknown Priority', 'a', { priority: 'High; Domain=a.b' }, /^cookieHeader: priority: /],
    ['__Secure- without Secure', '__Secure-a', {}, /^cookieHeader: secure: .*"__secure-"; got false$/],
    ['__secure- without Secure', '__secure-a', {}, /secure/],
    ['__Host- without Secure', '__Host-a', {}, /secure/],
    [
      '__Host- with Domain',
      '__Host-a',
      { secure: true, domain: 'a.b' },
      /^cookieHeader: domain: must be absent/,
    ],
    [
      '__Host- with another Path',
      '__Host-a',
      { secure: true, path: '/x' },
      /^cookieHeader: path: must be "\/"/,
    ],
    ['__hOST- with another Path', '__hOST-a', { secure: true, path: '/x' }, /path/],
    ['__Http- without Secure', '__Http-a', {}, /secure/],
    ['__Http- without HttpOnly', '__Http-a', { secure: true, httpOnly: false }, /^cookieHeader: httpOnly: /],
    ['__Host-Http- without HttpOnly', '__Host-Http-a', { secure: true, httpOnly: false }, /httpOnly/],
    ['__Host-Http- with Domain', '__Host-Http-a', { secure: true, domain: 'a.b' }, /domain/],
  ])('refuses %s', (_attack, name, options, message) => {
    expect(() => cookieHeader(name, '1', options)).toThrow(TypeError)
    expect(() => cookieHeader(name, '1', options)).toThrow(message)
  })

  it('refuses a value that is no text', () => {
    expect(() => cookieHeader('a', 7 as unknown as string)).toThrow(
      'cookieHeader: value: must be text; got 7',
    )
  })

  it('refuses what a browser need not keep: more than 4096 bytes in all (RFC 6265 section 6.1)', () => {
    const attributes = '; Path=/; HttpOnly; SameSite=Lax'
    const longest = 'x'.repeat(4096 - 'a='.length - attributes.length)
    expect(cookieHeader('a', longest)).toHaveLength(4096)
    expect(() => cookieHeader('a', `${longest}x`)).toThrow(
      'cookieHeader: value: must leave all within 4096 bytes; got "4097 bytes"',
    )
    expect(() => cookieHeader('a', 'é'.repeat(700))).toThrow(TypeError)
  })

  it('is kept by a browser as it was meant, and comes back as it was', () => {
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/)
    const value = fc.string({ unit: 'grapheme', maxLength: 60 })
    const options: fc.Arbitrary<CookieOptions> = fc.record(
      {
        domain: fc.domain(),
        path: fc.webPath().map((path) => `/${path}`.replaceAll(';', '')),
        expires: fc.date({ min: new Date('1970-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        maxAge: fc.nat(),
        httpOnly: fc.boolean(),
        secure: fc.constant(true),
        sameSite: fc.constantFrom('Strict', 'Lax', 'None'),
        partitioned: fc.boolean(),
        priority: fc.constantFrom('Low', 'Medium', 'High'),
      },
      { requiredKeys: ['secure'] },
    )
    fc.assert(
      fc.property(name, value, options, (cookieName, text, given) => {
        fc.pre(!/^__(?:host|http)-/i.test(cookieName))
        const kept = keptByBrowser(cookieHeader(cookieName, text, given))
        const { path = '/', httpOnly = true, sameSite = 'Lax', partitioned = false } = given
        expect(kept).toEqual({
          name: cookieName,
          value: expect.any(String),
          attributes: new Map<string, string>([
            ...(given.domain === undefined ? [] : [['domain', given.domain] as const]),
            ['path', path],
            ...(given.expires === undefined ? [] : [['expires', given.expires.toUTCString()] as const]),
            ...(given.maxAge === undefined ? [] : [['max-age', `${given.maxAge}`] as const]),
            ...(httpOnly ? [['httponly', ''] as const] : []),
            ['secure', ''],
            ['samesite', sameSite],
            ...(partitioned ? [['partitioned', ''] as const] : []),
            ...(given.priority === undefined ? [] : [['priority', given.priority] as const]),
          ]),
        })
        expect([...readCookies(`${kept?.name}=${kept?.value}; x=1`)]).toContainEqual([cookieName, text])
      }),
    )
  })
})

describe('deletedCookieHeader', () => {
  it.each<[name: string, options: Omit<CookieOptions, 'expires' | 'maxAge'> | undefined, header: string]>([
    ['a', undefined, 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax'],
    [
      'a',
      { domain: 'a.b', path: '/x' },
      'a=; Domain=a.b; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax',
    ],
    [
      '__Host-a',
      { secure: true },
      '__Host-a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax',
    ],
  ])('ends %s with %j', (name, options, header) => {
    expect(deletedCookieHeader(name, options)).toBe(header)
  })

  it('refuses what a browser would not take, and so would not delete by', () => {
    expect(() => deletedCookieHeader('__Host-a')).toThrow('cookieHeader: secure: must be true for the prefix')
  })
})

interface Kept {
  name: string
  value: string
  attributes: Map<string, string>
}

/** What a browser reads in a `Set-Cookie` (RFC 6265bis section 5.6), its attributes not yet judged. */
function keptByBrowser(header: string): Kept | undefined {
  if (/[\0-\x08\n-\x1f\x7f]/.test(header)) return undefined
  const [pair = '', ...rest] = header.split(';')
  const [name, value] = pairOf(pair)
  if (name.length + value.length > 4096) return undefined
  const attributes = new Map<string, string>()
  for (const part of rest) {
    const [attribute, text] = pairOf(part)
    if (text.length <= 1024) attributes.set(attribute.toLowerCase(), text)
  }
  return { name, value, attributes }
}

function pairOf(text: string): Pair {
  const equals = text.indexOf('=')
  return equals < 0 ? [text.trim(), ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}
