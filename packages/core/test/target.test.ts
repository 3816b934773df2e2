import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalPath, isHost, parseTarget, readSegment } from '../src/gateway/target.ts'

const MEGABYTE = 1 << 20

describe('canonicalPath', () => {
  it.each<[rawPath: string, path: string | undefined, why: string]>([
    ['', '', 'nothing to decode'],
    ['/', '/', 'nothing to decode'],
    ['/a/b.html', '/a/b.html', 'nothing to decode'],
    ["/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@", 'all of pchar, RFC 3986 section 3.3'],
    ['/a|b"c^d`e{f}g<h>i[j]', '/a|b"c^d`e{f}g<h>i[j]', 'in no URI, but sent by clients, and harmless'],
    ['/a%20b', '/a b', 'an escape'],
    ['/caf%C3%A9/%e4%bd%a0', '/café/你', 'UTF-8, RFC 3986 section 2.5'],
    ['/%F0%9F%98%80', '/😀', 'UTF-8 of four bytes'],
    ['/%EF%BB%BF', '/\ufeff', 'a byte order mark is text here'],
    ['/%61%62', '/ab', 'escapes that were not needed'],
    ['/a%2fb', '/a%2Fb', 'an encoded slash stays'],
    ['/a%2Fb%2fc', '/a%2Fb%2Fc', 'an encoded slash stays, either case'],
    ['/%2F', '/%2F', 'an encoded slash stays, alone'],
    ['/%2F%2f', '/%2F%2F', 'an encoded slash stays, doubled'],
    ['%2Fa', '%2Fa', 'an encoded slash stays, in front'],
    ['/a%252Fb', '/a%252Fb', 'text that reads as an encoded slash keeps its escape'],
    ['/a%252fb', '/a%252fb', 'the same, and keeps its case'],
    ['/a%25%32%46b', '/a%252Fb', 'the same text, written otherwise'],
    ['/a%25252Fb', '/a%25252Fb', 'encoded three times'],
    ['/a%2525252fb', '/a%2525252fb', 'encoded four times'],
    ['/a%2%35%32Fb', undefined, 'half an escape is none'],
    ['/a%252cb', '/a%2cb', 'only the slash is special'],
    ['/a%2525b', '/a%25b', 'a percent sign without a slash behind it'],
    ['/a%25%2Fb', '/a%%2Fb', 'a percent sign before an encoded slash'],
    ['/a%2525%2Fb', '/a%25%2Fb', 'an escaped percent sign before an encoded slash'],
    ['/a%252%2F', '/a%2%2F', 'half an escape before an encoded slash'],
    ['/a%25/2Fb', '/a%/2Fb', 'a slash between them'],
    ['/a%252F%2F%252F', '/a%252F%2F%252F', 'both kinds together'],
    ['/100%25', '/100%', 'a percent sign at the end'],
    ['//a///b//', '//a///b//', 'doubled slashes stay'],
    ['/../a/./b/%2e%2E/c', '/../a/./b/../c', 'dot segments stay, and show'],
    ['/..%2f..%2Fetc', '/..%2F..%2Fetc', 'dot segments behind encoded slashes stay one segment'],
    ['/..%252f', '/..%252f', 'the same, encoded twice'],
    ['/a\\..\\b%5c', '/a\\..\\b\\', 'a backslash is no slash'],
    ['/a;jsessionid=1/b%3Bc', '/a;jsessionid=1/b;c', 'a parameter is part of its segment'],
    ['/a%3Fb%23c', '/a?b#c', 'encoded delimiters are text'],
    ['/%0d%0aSet-Cookie:a', '/\r\nSet-Cookie:a', 'encoded controls are text'],
    ['/%u0041', undefined, 'not an escape of URIs'],
    ['/%', undefined, 'a bad escape'],
    ['/%4', undefined, 'a bad escape'],
    ['/%zz', undefined, 'a bad escape'],
    ['/%%41', undefined, 'a bad escape'],
    ['/%%2F', undefined, 'a bad escape before an encoded slash'],
    ['/%2%2F', undefined, 'a bad escape before an encoded slash'],
    ['/%2F%', undefined, 'a bad escape after an encoded slash'],
    ['/%-1', undefined, 'a bad escape'],
    ['/% 1', undefined, 'a bad escape'],
    ['/%80', undefined, 'not UTF-8: a stray byte'],
    ['/%E9', undefined, 'not UTF-8: Latin-1'],
    ['/%C3', undefined, 'not UTF-8: cut off'],
    ['/%C3%2F%A9', undefined, 'not UTF-8: cut off by a slash'],
    ['/%C3/%A9', undefined, 'not UTF-8: cut off by a slash'],
    ['/%C0%AF', undefined, 'not UTF-8: an overlong slash, RFC 3629 section 10'],
    ['/%E0%80%AF', undefined, 'not UTF-8: an overlong slash'],
    ['/%F0%80%80%AF', undefined, 'not UTF-8: an overlong slash'],
    ['/%C0%80', undefined, 'not UTF-8: an overlong NUL'],
    ['/%ED%A0%BD%ED%B8%80', undefined, 'not UTF-8: surrogates'],
    ['/%F4%90%80%80', undefined, 'not UTF-8: past U+10FFFF'],
    ['/%FF%FE', undefined, 'not UTF-8'],
    ['/a%00', undefined, 'NUL'],
    ['/a%2F%00.png', undefined, 'NUL'],
    ['/a\0', undefined, 'NUL, raw'],
    ['/a#b', undefined, 'a raw #'],
    ['/a%20#b', undefined, 'a raw #, behind an escape'],
    ['/a?b', undefined, 'a raw ?, which ends a path'],
    ['/a b', undefined, 'a raw space'],
    ['/a\tb', undefined, 'a raw control'],
    ['/a\r\nb', undefined, 'raw controls'],
    ['/a\n', undefined, 'a raw control at the end'],
    ['/a\x7f', undefined, 'a raw DEL'],
    ['/caf\xe9', undefined, 'a raw byte above 0x7e'],
    ['/caf%C3%A9\x80', undefined, 'a raw byte above 0x7e, behind an escape'],
    ['/\u010a', undefined, 'a raw character above a byte'],
    ['/\ud800', undefined, 'a raw surrogate'],
  ])('%j gives %j: %s', (rawPath, path) => {
    expect(canonicalPath(rawPath)).toBe(path)
  })

  it('gives segments that read back as the raw segments decode, or nothing', () => {
    const escapes = ['%2F', '%2f', '%25', '%32', '%35', '%46', '%66', '%C3', '%A9', '%41']
    const rawPaths = fc.array(fc.constantFrom('%', '2', '5', 'F', 'f', '/', ...escapes), { maxLength: 12 })
    fc.assert(
      fc.property(rawPaths, (rawPieces) => {
        const rawPath = rawPieces.join('')
        expect(canonicalPath(rawPath)?.split('/').map(readSegment)).toEqual(decodedSegments(rawPath))
      }),
      { numRuns: 3000 },
    )
  })

  it('keeps any text of any segments, and has no more slashes than the raw path', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('%', '2', '5', 'F', 'f', '/', '%2F', '%25', 'é', '..', ';'))
        .map((parts) => parts.join('')),
    )
    const withoutNul = text.map((segment) => segment.replaceAll('\0', ''))
    fc.assert(
      fc.property(fc.array(withoutNul), (segments) => {
        const rawPath = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('')
        const path = canonicalPath(rawPath)
        expect(path?.split('/').slice(1).map(readSegment)).toEqual(segments)
        expect(path?.split('/').length).toBe(rawPath.split('/').length)
      }),
      { numRuns: 1000 },
    )
  })

  it('never throws, and never gives a NUL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (any, ascii) => {
        for (const rawPath of [any, ascii, `%${ascii}`])
          expect(canonicalPath(rawPath) ?? '').not.toContain('\0')
      }),
    )
  })

  it.each<[what: string, rawPath: string, length: number | undefined]>([
    ['letters', 'a'.repeat(MEGABYTE), MEGABYTE],
    ['slashes', '/'.repeat(MEGABYTE), MEGABYTE],
    ['encoded slashes', '%2f'.repeat(MEGABYTE), 3 * MEGABYTE],
    ['encoded percent signs', '%25'.repeat(MEGABYTE), MEGABYTE],
    ['a slash encoded half a million times', `%${'25'.repeat(MEGABYTE / 2)}2F`, MEGABYTE + 3],
    ['the same without its end', `%${'25'.repeat(MEGABYTE / 2)}`, MEGABYTE - 1],
    ['percent signs', '%'.repeat(MEGABYTE), undefined],
    ['a bad end', `${'%41'.repeat(MEGABYTE)}%`, undefined],
    ['a # at the end', `${'a'.repeat(MEGABYTE)}#`, undefined],
  ])('takes a megabyte of %s', (_, rawPath, length) => {
    expect(canonicalPath(rawPath)?.length).toBe(length)
  })
})

describe('readSegment', () => {
  it.each([
    ['', ''],
    ['a b', 'a b'],
    ['a%2Fb', 'a/b'],
    ['a%2fb', 'a/b'],
    ['a%252Fb', 'a%2Fb'],
    ['a%252fb', 'a%2fb'],
    ['a%25252Fb', 'a%252Fb'],
    ['%2F%252F%2F', '/%2F/'],
    ['100%', '100%'],
    ['%41', '%41'],
    ['%25', '%25'],
    ['%25%2F', '%25/'],
    ['%%2F', '%/'],
    ['%22F', '%22F'],
  ])('reads %j as %j', (segment, text) => {
    expect(readSegment(segment)).toBe(text)
  })

  it.each([
    ['%2F'.repeat(MEGABYTE), MEGABYTE],
    [`%${'25'.repeat(MEGABYTE)}2F`, 2 * MEGABYTE + 1],
    [`%${'25'.repeat(MEGABYTE)}2`, 2 * MEGABYTE + 2],
  ])('reads a segment of megabytes', (segment, length) => {
    expect(readSegment(segment).length).toBe(length)
  })
})

describe('parseTarget', () => {
  it.each<[form: string, method: string, target: string, path: string, query: string, authority?: string]>([
    ['origin-form, RFC 9112 section 3.2.1', 'GET', '/', '/', ''],
    ['origin-form', 'GET', '/a%20b?c=d', '/a b', 'c=d'],
    ['origin-form, an empty query', 'GET', '/a?', '/a', ''],
    ['origin-form, a query with ?', 'GET', '/a?b?c', '/a', 'b?c'],
    ['origin-form, a query is not judged', 'GET', '/a?%zz#\xff\0%00', '/a', '%zz#\xff\0%00'],
    ['origin-form, an encoded ?', 'GET', '/a%3Fb', '/a?b', ''],
    ['origin-form, doubled slashes', 'GET', '//evil.example/a', '//evil.example/a', ''],
    ['origin-form, a URL as path', 'GET', '/http://a/b', '/http://a/b', ''],
    ['origin-form, for OPTIONS', 'OPTIONS', '/*', '/*', ''],
    ['absolute-form, RFC 9112 section 3.2.2', 'GET', 'http://a.example/b?c', '/b', 'c', 'a.example'],
    ['absolute-form, with a port', 'GET', 'http://a.example:80/', '/', '', 'a.example:80'],
    ['absolute-form, any case, as sent', 'GET', 'HtTpS://A.example/B', '/B', '', 'A.example'],
    ['absolute-form, an IPv6 address', 'GET', 'http://[::1]:8000//b', '//b', '', '[::1]:8000'],
    ['absolute-form, no path, RFC 9110 section 4.2.3', 'GET', 'http://a', '/', '', 'a'],
    ['absolute-form, no path but a query', 'GET', 'http://a?b/c', '/', 'b/c', 'a'],
    ['absolute-form, an encoded slash', 'GET', 'http://a/b%2fc', '/b%2Fc', '', 'a'],
    ['absolute-form, for OPTIONS', 'OPTIONS', 'http://a', '/', '', 'a'],
    ['asterisk-form, RFC 9112 section 3.2.4', 'OPTIONS', '*', '', ''],
  ])('%s: %s %j', (_, method, target, pathInfo, queryString, authority) => {
    expect(parseTarget(method, target)).toEqual({ pathInfo, queryString, authority })
  })

  it.each<[fault: string, method: string, target: string]>([
    ['empty', 'GET', ''],
    ['no slash in front', 'GET', 'a'],
    ['only a query', 'GET', '?a'],
    ['a space in front', 'GET', ' /a'],
    ['a backslash in front', 'GET', '\\a'],
    ['an encoded slash in front', 'GET', '%2Fa'],
    ['asterisk-form, not for OPTIONS', 'GET', '*'],
    ['asterisk-form, a method in lower case', 'options', '*'],
    ['asterisk-form and more', 'OPTIONS', '*?a'],
    ['asterisk-form and more', 'OPTIONS', '*/a'],
    ['authority-form, RFC 9112 section 3.2.3', 'CONNECT', 'a.example:443'],
    ['authority-form', 'GET', 'a.example'],
    ['a malformed path', 'GET', '/%zz'],
    ['a raw # in the path', 'GET', '/a#b'],
    ['a raw # in the path, before a ?', 'GET', '/a#b?c'],
    ['NUL in the path', 'GET', '/a%00?b'],
    ['absolute-form, a malformed path', 'GET', 'http://a/%zz'],
    ['absolute-form, a raw # instead of a path', 'GET', 'http://a#b'],
    ['absolute-form, userinfo, RFC 9110 section 4.2.4', 'GET', 'http://b@a/'],
    ['absolute-form, userinfo', 'GET', 'http://b:c@a/'],
    ['absolute-form, no host', 'GET', 'http://'],
    ['absolute-form, no host', 'GET', 'http:///a'],
    ['absolute-form, no host but a port', 'GET', 'http://:80/a'],
    ['absolute-form, one slash', 'GET', 'http:/a'],
    ['absolute-form, no slashes', 'GET', 'http:a'],
    ['absolute-form, backslashes', 'GET', 'http:\\\\a\\b'],
    ['absolute-form, a backslash after the host', 'GET', 'http://a\\@b/'],
    ['absolute-form, a bad port', 'GET', 'http://a:99999/'],
    ['absolute-form, a space in front', 'GET', ' http://a/'],
    ['absolute-form, a line feed', 'GET', 'http://a\n/'],
    ['another scheme', 'GET', 'ftp://a/'],
    ['another scheme', 'GET', 'httpss://a/'],
    ['another scheme', 'GET', 'file:///etc/passwd'],
    ['no scheme', 'GET', '://a/'],
  ])('%s: refuses %s %j', (_, method, target) => {
    expect(parseTarget(method, target)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        for (const prefix of ['', '/', 'http://', 'http://a/']) parseTarget('GET', prefix + target)
      }),
    )
  })

  it.each(['@', '[', ':', 'a,', '%2', '\\', '//', '?#'])('takes megabytes of %j', (part) => {
    const long = part.repeat(MEGABYTE)
    for (const prefix of ['', '/', 'http://']) parseTarget('GET', prefix + long)
    expect(parseTarget('GET', `http://${long}@/`)?.authority).toBeUndefined()
  })
})

describe('isHost', () => {
  it.each<[host: string, rule: string]>([
    ['example.com', 'reg-name, RFC 3986 section 3.2.2'],
    ['EXAMPLE.com', 'reg-name'],
    ['a', 'reg-name'],
    ['localhost', 'reg-name'],
    ['example.com.', 'reg-name'],
    ['my_host-1~', 'unreserved'],
    ["a!$&'()*+;=b", 'sub-delims'],
    ['caf%C3%A9.example', 'pct-encoded'],
    ['xn--caf-dma.example', 'reg-name'],
    ['a'.repeat(255), 'no more than 255 characters'],
    [`${'a'.repeat(255)}:65535`, 'no more than 255 characters, without the port'],
    ['127.0.0.1', 'IPv4address'],
    ['999.1.1.1', 'a reg-name, if not an address'],
    ['example.com:80', 'port, RFC 3986 section 3.2.3'],
    ['example.com:', 'an empty port'],
    ['example.com:0', 'port'],
    ['example.com:65535', 'port'],
    ['example.com:00080', 'port, any number of digits'],
    ['[::1]', 'IPv6address'],
    ['[::1]:8000', 'IPv6address and port'],
    ['[::1]:', 'IPv6address and an empty port'],
    ['[::]', 'IPv6address'],
    ['[1:2:3:4:5:6:7:8]', 'IPv6address'],
    ['[1:2:3:4:5:6:7::]', 'IPv6address'],
    ['[::2:3:4:5:6:7:8]', 'IPv6address'],
    ['[2001:DB8::a]', 'IPv6address'],
    ['[::ffff:192.0.2.1]', 'IPv6address, ls32'],
    ['[1:2:3:4:5:6:255.249.199.0]', 'IPv6address, ls32'],
    ['[v1.a:b]', 'IPvFuture'],
    ['[vFF.~]:1', 'IPvFuture'],
  ])('takes %s: %s', (host) => {
    expect(isHost(host)).toBe(true)
  })

  it.each<[host: string, fault: string]>([
    ['', 'no host, RFC 9110 section 4.2.1'],
    [':80', 'no host'],
    [':', 'no host'],
    ['a'.repeat(256), 'longer than 255 characters'],
    ['user@example.com', 'userinfo'],
    ['user:pw@example.com', 'userinfo'],
    ['example.com/a', 'a slash'],
    ['example.com\\a', 'a backslash'],
    ['example.com?a', 'a query'],
    ['example.com#a', 'a fragment'],
    ['a.example,b.example', 'two hosts joined'],
    ['a.example, b.example', 'two hosts joined'],
    ['exa mple.com', 'a space'],
    [' example.com', 'a space in front'],
    ['example.com ', 'a space at the end'],
    ['example.com\n', 'a control'],
    ['example.com\r\nX: y', 'controls'],
    ['a\0', 'a control'],
    ['caf\xe9.example', 'above ASCII'],
    ['\u017f.example', 'above ASCII, folds to s'],
    ['\u212a.example', 'above ASCII, folds to k'],
    ['<script>', 'no reg-name'],
    ['a"b', 'no reg-name'],
    ['a^b', 'no reg-name'],
    ['a%b', 'a bad escape'],
    ['a%4', 'a bad escape'],
    ['a%zz', 'a bad escape'],
    ['example.com:65536', 'no port'],
    ['example.com:99999999999999999999', 'no port'],
    ['example.com:-1', 'no port'],
    ['example.com:+1', 'no port'],
    ['example.com:8e3', 'no port'],
    ['example.com:0x50', 'no port'],
    ['example.com:http', 'no port'],
    ['example.com: 80', 'no port'],
    ['example.com:80\n', 'no port'],
    ['example.com:80:80', 'two ports'],
    ['example.com:\u0661', 'no port'],
    ['::1', 'no brackets'],
    ['1:2:3:4:5:6:7:8', 'no brackets'],
    ['[]', 'nothing in brackets'],
    ['[', 'half a bracket'],
    [']', 'half a bracket'],
    ['[::1', 'half a bracket'],
    ['::1]', 'half a bracket'],
    ['[::1]a', 'text after the brackets'],
    ['[::1]a:80', 'text after the brackets'],
    ['[::1]]', 'two brackets'],
    ['[[::1]]', 'two brackets'],
    ['a[::1]', 'text before the brackets'],
    ['[example.com]', 'a name in brackets'],
    ['[127.0.0.1]', 'an IPv4 address in brackets'],
    ['[:]', 'no IPv6address'],
    ['[:::]', 'no IPv6address'],
    ['[1::2::3]', 'no IPv6address'],
    ['[1:2:3:4:5:6:7]', 'no IPv6address'],
    ['[1:2:3:4:5:6:7:8:9]', 'no IPv6address'],
    ['[1:2:3:4::5:6:7:8]', 'no IPv6address'],
    ['[:1:2:3:4:5:6:7]', 'no IPv6address'],
    ['[1:2:3:4:5:6:7:]', 'no IPv6address'],
    ['[12345::]', 'no IPv6address'],
    ['[g::]', 'no IPv6address'],
    ['[::1.2.3]', 'no IPv6address'],
    ['[::1.2.3.4.5]', 'no IPv6address'],
    ['[::256.0.0.1]', 'no IPv6address'],
    ['[::01.2.3.4]', 'no IPv6address'],
    ['[1.2.3.4::]', 'no IPv6address'],
    ['[1:2:3:4:5:6:7:1.2.3.4]', 'no IPv6address'],
    ['[fe80::1%25eth0]', 'a zone, which RFC 3986 does not have'],
    ['[v.a]', 'no IPvFuture'],
    ['[v1.]', 'no IPvFuture'],
    ['[vg.a]', 'no IPvFuture'],
    ['[v1.a,b]', 'no IPvFuture'],
    ['[1.a]', 'no IPvFuture'],
    ['[av1.a]', 'no IPvFuture'],
    ['[v1.ab', 'half a bracket'],
  ])('refuses %j: %s', (host) => {
    expect(isHost(host)).toBe(false)
  })

  it('knows the addresses that Node knows', () => {
    const part = fc.constantFrom(':', ':', '::', '0', 'a', 'FFFF', '12345', '.', '1.2.3.4', '255', '256', 'g')
    const almost = fc.array(part, { maxLength: 18 }).map((parts) => parts.join(''))
    const groups = fc
      .array(fc.constantFrom('0', 'a', 'FFFF', ''), { minLength: 6, maxLength: 9 })
      .map((texts) => texts.join(':'))
    fc.assert(
      fc.property(fc.oneof(almost, groups, fc.ipV6()), (address) => {
        expect(isHost(`[${address}]`)).toBe(isIPv6(address))
      }),
      { numRuns: 3000 },
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        for (const host of [value, `[${value}`, `[${value}]`, `a:${value}`])
          expect(isHost(host)).toBeTypeOf('boolean')
      }),
    )
  })

  it.each(['a', '%41', '%', '[', ']', ':', '::', '1.', '[:', 'v1.'])('refuses megabytes of %j', (part) => {
    const long = part.repeat(MEGABYTE)
    for (const host of [long, `[${long}]`, `[::${long}]`, `[v1.${long}]`]) expect(isHost(host)).toBe(false)
  })

  it('takes a port of a megabyte of zeros', () => {
    expect(isHost(`a:${'0'.repeat(MEGABYTE)}80`)).toBe(true)
  })
})

function decodedSegments(rawPath: string): string[] | undefined {
  try {
    return rawPath.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}
