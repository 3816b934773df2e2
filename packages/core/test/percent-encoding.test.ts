import { describe, expect, it } from 'vitest'
import { encodePath, encodeUriReference, percentEncode } from '../src/percent-encoding.ts'

describe('percentEncode', () => {
  it.each<[text: string, encoded: string]>([
    ['', ''],
    ['a', '%61'],
    ['\n', '%0A'],
    ['é€😀', '%C3%A9%E2%82%AC%F0%9F%98%80'],
    ['\udc00', '%EF%BF%BD'],
  ])('writes %j as %s (RFC 3986 section 2.1)', (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded)
  })
})

describe('encodeUriReference', () => {
  it.each<[what: string, reference: string, encoded: string]>([
    ['reserved characters', ":/?#[]@!$&'()*+,;=", ":/?#[]@!$&'()*+,;="],
    ['unreserved characters', 'azAZ09-._~', 'azAZ09-._~'],
    ['escapes', '%C3%A9%', '%C3%A9%'],
    ['what would close a link', '<a>"', '%3Ca%3E%22'],
    ['what browsers take for a slash', '\\\\evil', '%5C%5Cevil'],
    ['space and line ends', 'a b\r\nX: y', 'a%20b%0D%0AX:%20y'],
    ['braces, bars, carets, backticks', '{|}^`', '%7B%7C%7D%5E%60'],
    ['text', '/é', '/%C3%A9'],
  ])('keeps or encodes %s (RFC 3986 appendix A)', (_what, reference, encoded) => {
    expect(encodeUriReference(reference)).toBe(encoded)
  })
})

describe('encodePath', () => {
  it.each<[path: string, encoded: string]>([
    ['/a/B-7_.~', '/a/B-7_.~'],
    ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@"],
    ['/a b?c#d', '/a%20b%3Fc%23d'],
    ['/é/名/😀', '/%C3%A9/%E5%90%8D/%F0%9F%98%80'],
    ['/a%2Fb/a%252Fb', '/a%2Fb/a%252Fb'],
    ['/100%/%41', '/100%25/%2541'],
    ['/\u017f\u212a', '/%C5%BF%E2%84%AA'],
    ['/a\\b"<>[]^`{|}', '/a%5Cb%22%3C%3E%5B%5D%5E%60%7B%7C%7D'],
    ['/\ud800', '/%EF%BF%BD'],
  ])('makes of %j %s', (path, encoded) => {
    expect(encodePath(path)).toBe(encoded)
  })
})
