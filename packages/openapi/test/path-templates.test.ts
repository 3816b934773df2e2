import { describe, expect, it } from 'vitest'
import type { PathToken } from '../src/index.ts'
import { joinPaths, pathsOf, templateOf } from '../src/path-templates.ts'
import { group, param, text, wildcard } from './routes.ts'

const templates = (tokens: PathToken[]): string[] => pathsOf(tokens).map((parts) => templateOf(parts).path)

describe('pathsOf', () => {
  it.each<[pattern: string, tokens: PathToken[], paths: string[]]>([
    ['(nothing)', [], ['/']],
    ['/about', [text('/about')], ['/about']],
    ['/users/:id', [text('/users/'), param('id')], ['/users/{id}']],
    [
      '/users/:id{/:tab}',
      [text('/users/'), param('id'), group(text('/'), param('tab'))],
      ['/users/{id}', '/users/{id}/{tab}'],
    ],
    ['/a{/b{/c}}', [text('/a'), group(text('/b'), group(text('/c')))], ['/a', '/a/b', '/a/b/c']],
    ['/a{/b}{/c}', [text('/a'), group(text('/b')), group(text('/c'))], ['/a', '/a/c', '/a/b', '/a/b/c']],
    ['/:name.:ext', [text('/'), param('name'), text('.'), param('ext')], ['/{name}.{ext}']],
    ['/files/*path', [text('/files/'), wildcard('path')], ['/files/{path}']],
    ['/:"user id"', [text('/'), param('user id')], ['/{user_id}']],
    // Both fit one segment, and path-to-regexp takes it for the first.
    [
      '/x{/:a}{/:b}',
      [text('/x'), group(text('/'), param('a')), group(text('/'), param('b'))],
      ['/x', '/x/{a}', '/x/{a}/{b}'],
    ],
  ])('spells %s out', (_pattern, tokens, paths) => {
    expect(templates(tokens)).toEqual(paths)
  })

  it('spells 256 paths out', () => {
    const tokens = Array.from({ length: 8 }, (_, i) => group(text(`/${i}`)))
    expect(new Set(templates(tokens)).size).toBe(256)
  })
})

describe('the text of a template', () => {
  // OpenAPI 3.2, Path Templating: what stands outside of braces is made of pchar (RFC 3986 section 3.3).
  it.each<[text: string, template: string]>([
    ['/café', '/caf%C3%A9'],
    ['/{id}', '/%7Bid%7D'],
    ['/a?b#c', '/a%3Fb%23c'],
    ['/a b"<>', '/a%20b%22%3C%3E'],
    ['/100%', '/100%25'],
    ["/a-._~!$&'()*+,;=:@b", "/a-._~!$&'()*+,;=:@b"],
    // What PATH_INFO has of an encoded slash stands as it is in the URL.
    ['/a%2Fb', '/a%2Fb'],
    ['/a%252Fb', '/a%252Fb'],
    ['/a%20b', '/a%2520b'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/\u017f\u212a', '/%C5%BF%E2%84%AA'],
  ])('is encoded: %j', (given, template) => {
    expect(templates([text(given)])).toEqual([template])
  })
})

describe('a name in a template', () => {
  it.each<[name: string, template: string]>([
    ['a}b{c', '/{a_b_c}'],
    ['a/b?c#d', '/{a_b_c_d}'],
    ['}', '/{_}'],
    ['\ud800', '/{_}'],
    ['__proto__', '/{__proto__}'],
    ['naïve', '/{naïve}'],
    ['"', '/{"}'],
  ])('has nothing in it that would end it: %j', (name, template) => {
    expect(templates([text('/'), param(name)])).toEqual([template])
  })

  it('stands once', () => {
    const tokens = [text('/'), param('a/b'), text('/'), param('a?b'), text('/'), param('a#b')]
    expect(templates(tokens)).toEqual(['/{a_b}/{a_b_2}/{a_b_3}'])
  })
})

describe('joinPaths', () => {
  it.each<[outer: PathToken[], inner: PathToken[], path: string]>([
    [[text('/api')], [text('/users')], '/api/users'],
    [[text('/api/')], [text('/users')], '/api/users'],
    [[text('/')], [text('/users')], '/users'],
    [[text('/'), param('tenant')], [text('/'), param('id')], '/{tenant}/{id}'],
    [[text('/api')], [], '/api'],
    [[], [text('/users')], '/users'],
    [[text('/'), param('id')], [text('/'), param('id')], '/{id}/{id_2}'],
  ])('puts %j before %j', (outer, inner, path) => {
    const [mount = []] = pathsOf(outer)
    const [own = []] = pathsOf(inner)
    expect(templateOf(joinPaths(mount, own)).path).toBe(path)
  })
})
