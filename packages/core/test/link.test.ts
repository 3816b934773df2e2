import { describe, expect, it } from 'vitest'
import { formatLink, type LinkParams } from '../src/link.ts'

describe('formatLink', () => {
  it.each<[source: string, target: string | URL, params: LinkParams, header: string]>([
    [
      '8288 3.5',
      'http://example.com/TheBook/chapter2',
      { rel: 'previous', title: 'previous chapter' },
      '<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter"',
    ],
    ['8288 3.5', '/', { rel: 'http://example.net/foo' }, '</>; rel="http://example.net/foo"'],
    ['8288 3.5', '/terms', { rel: 'copyright', anchor: '#foo' }, '</terms>; rel="copyright"; anchor="#foo"'],
    [
      '8288 3.5',
      '/TheBook/chapter2',
      { rel: 'previous', title: 'letztes Kapitel über', hreflang: 'de' },
      `</TheBook/chapter2>; rel="previous"; title*=UTF-8''letztes%20Kapitel%20%C3%BCber; hreflang="de"`,
    ],
    [
      '8288 3.5',
      'http://example.org/',
      { rel: 'start http://example.net/relation/other' },
      '<http://example.org/>; rel="start http://example.net/relation/other"',
    ],
    ['8288 3.1', new URL('http://example.org/ü'), { rel: 'next' }, '<http://example.org/%C3%BC>; rel="next"'],
    ['8288 3.1', '', { rel: 'self' }, '<>; rel="self"'],
    ['8288 3.1', '?page=2&q=a%20b', { rel: 'next' }, '<?page=2&q=a%20b>; rel="next"'],
    [
      '8288 3.4.2',
      '/a.woff2',
      { rel: 'preload', as: 'font', crossorigin: true },
      '</a.woff2>; rel="preload"; as="font"; crossorigin',
    ],
    ['8288 3.4.1', '/a', { rel: 'next', title: undefined }, '</a>; rel="next"'],
    ['9110 5.6.4', '/a', { rel: 'next', title: 'say "x"\\' }, '</a>; rel="next"; title="say \\"x\\"\\\\"'],
    ['3986 A', '/é b', { rel: 'next', anchor: '#é' }, '</%C3%A9%20b>; rel="next"; anchor="#%C3%A9"'],
  ])('writes RFC %s: %s with %o', (_source, target, params, header) => {
    expect(formatLink(target, params)).toBe(header)
  })

  it.each<[attack: string, target: string, header: string]>([
    [
      'the end of the link',
      '/a>; rel="preload", </evil',
      '</a%3E;%20rel=%22preload%22,%20%3C/evil>; rel="next"',
    ],
    ['another header', '/a\r\nSet-Cookie: b', '</a%0D%0ASet-Cookie:%20b>; rel="next"'],
    ['a backslash for a slash', '/\\evil.example', '</%5Cevil.example>; rel="next"'],
  ])('encodes %s in a target', (_attack, target, header) => {
    expect(formatLink(target, { rel: 'next' })).toBe(header)
  })

  it.each<[what: string, params: Record<string, unknown>, message: RegExp]>([
    ['no relation', {}, /^formatLink: rel: must be relation types, with spaces between; got undefined$/],
    ['an empty relation', { rel: '' }, /rel/],
    ['a relation with quotes', { rel: 'a"; as="x' }, /rel/],
    ['a relation with a line end', { rel: 'a\n' }, /rel/],
    ['a relation beyond ASCII', { rel: 'é' }, /rel/],
    ['two spaces between relations', { rel: 'a  b' }, /rel/],
    ['a name that is no token', { rel: 'a', 'b="x", <c>; d': 'x' }, /^formatLink: params: must be a token/],
    [
      'a line end in a text',
      { rel: 'a', title: 'b\r\nX: y' },
      /^formatLink: title: must be text .*got "b\\r\\nX: y"$/,
    ],
    ['a line end in a text beyond ASCII', { rel: 'a', title: 'é\n' }, /title/],
    ['a number', { rel: 'a', title: 7 }, /title: .*got 7/],
    ['false', { rel: 'a', crossorigin: false }, /crossorigin: .*got false/],
  ])('refuses %s', (_what, params, message) => {
    expect(() => formatLink('/', params as LinkParams)).toThrow(TypeError)
    expect(() => formatLink('/', params as LinkParams)).toThrow(message)
  })
})
