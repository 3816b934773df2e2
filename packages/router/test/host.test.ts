import { type Application, type Environ, Request } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { compileHost } from '../src/host.ts'
import { PatternError, Selector } from '../src/index.ts'
import { says } from './applications.ts'

/** What a pattern finds in a host; `undefined` where it does not fit. */
function paramsOf(host: string, HTTP_HOST: string): object | undefined {
  return new Selector().get('/', says(''), { host }).match('GET', '/', { HTTP_HOST })?.params
}

describe('a host pattern', () => {
  it.each<[pattern: string, host: string, params: object | undefined]>([
    ['example.com', 'example.com', {}],
    ['example.com', 'www.example.com', undefined],
    ['example.com', 'example.com.evil.org', undefined],
    ['example.com', 'exampleXcom', undefined],
    ['example.com', 'notexample.com', undefined],
    ['example.com', 'example.co', undefined],
    ['localhost', 'localhost', {}],
    ['127.0.0.1', '127.0.0.1', {}],
    ['127.0.0.1', '127.0.0.10', undefined],
    [':tenant.example.com', 'acme.example.com', { tenant: 'acme' }],
    [':tenant.example.com', 'example.com', undefined],
    [':tenant.example.com', '.example.com', undefined],
    [':tenant.example.com', 'a.b.example.com', undefined],
    [':tenant.example.com', 'acme.example.com.evil.org', undefined],
    [':tenant.example.:tld', 'acme.example.org', { tenant: 'acme', tld: 'org' }],
    [':tenant-:stage.example.com', 'acme-beta.example.com', { tenant: 'acme', stage: 'beta' }],
    ['v:n.example.com', 'v2.example.com', { n: '2' }],
    [':host', 'localhost', { host: 'localhost' }],
    [':host', 'example.com', undefined],
    ['*sub.example.com', 'a.example.com', { sub: ['a'] }],
    ['*sub.example.com', 'c.b.a.example.com', { sub: ['c', 'b', 'a'] }],
    ['*sub.example.com', 'example.com', undefined],
    ['*host', 'example.com', { host: ['example', 'com'] }],
    ['*host', 'localhost', { host: ['localhost'] }],
    ['{:tenant.}example.com', 'acme.example.com', { tenant: 'acme' }],
    ['{:tenant.}example.com', 'example.com', {}],
    ['{www.}example.com', 'www.example.com', {}],
    ['{www.}example.com', 'ww.example.com', undefined],
    ['{*sub.}example.com', 'b.a.example.com', { sub: ['b', 'a'] }],
    ['{*sub.}example.com', 'example.com', {}],
  ])('%s, asked of %s, finds %o', (pattern, host, params) => {
    expect(paramsOf(pattern, host)).toEqual(params)
  })

  it('has no key for an optional that is absent', () => {
    expect(Object.keys(paramsOf('{:tenant.}example.com', 'example.com') ?? { none: 1 })).toEqual([])
  })

  describe('disregards case (RFC 9110 section 4.2.3)', () => {
    it.each<[pattern: string, host: string, params: object | undefined]>([
      ['example.com', 'EXAMPLE.com', {}],
      ['EXAMPLE.com', 'example.COM', {}],
      [':tenant.Example.com', 'ACME.example.com', { tenant: 'acme' }],
      ['*sub.example.com', 'A.B.EXAMPLE.COM', { sub: ['a', 'b'] }],
      ['example.com\\:8080', 'Example.com:8080', {}],
    ])('%s, asked of %s, finds %o', (pattern, host, params) => {
      expect(paramsOf(pattern, host)).toEqual(params)
    })
  })

  describe('disregards the dot of the root at the end of a host (RFC 3986 section 3.2.2), once', () => {
    it.each<[pattern: string, host: string, params: object | undefined]>([
      ['example.com', 'example.com.', {}],
      ['example.com', 'example.com.:80', {}],
      ['example.com', 'example.com..', undefined],
      [':tenant.example.com', 'acme.example.com.', { tenant: 'acme' }],
      ['*host', 'example.com.', { host: ['example', 'com'] }],
      ['example.com\\:8080', 'example.com.:8080', {}],
    ])('%s, asked of %s, finds %o', (pattern, host, params) => {
      expect(paramsOf(pattern, host)).toEqual(params)
    })
  })

  describe('looks at the port where it names one', () => {
    it.each<[pattern: string, host: string, params: object | undefined]>([
      ['example.com', 'example.com:8080', {}],
      ['example.com', 'example.com:', {}],
      [':tenant.example.com', 'acme.example.com:8080', { tenant: 'acme' }],
      ['*host', 'example.com:8080', { host: ['example', 'com'] }],
      ['example.com\\:8080', 'example.com:8080', {}],
      ['example.com\\:8080', 'example.com', undefined],
      ['example.com\\:8080', 'example.com:80', undefined],
      ['example.com\\:8080', 'example.com:80800', undefined],
      ['example.com\\::port', 'example.com:8080', { port: '8080' }],
      ['example.com\\::port', 'example.com', undefined],
      [':tenant.example.com\\:8080', 'a.example.com:8080', { tenant: 'a' }],
    ])('%s, asked of %s, finds %o', (pattern, host, params) => {
      expect(paramsOf(pattern, host)).toEqual(params)
    })

    it.each<[pattern: string, host: string, params: object | undefined]>([
      ['example.com{\\:8080}', 'example.com:9999', undefined],
      ['example.com{\\::port}', 'example.com:1', { port: '1' }],
    ])('which may be absent: %s, asked of %s, finds %o', (pattern, host, params) => {
      expect(paramsOf(pattern, 'example.com')).toEqual({})
      expect(paramsOf(pattern, host)).toEqual(params)
    })
  })

  describe('may be an address', () => {
    it.each<[pattern: string, host: string, params: object | undefined]>([
      ['\\[\\:\\:1\\]', '[::1]', {}],
      ['\\[2001\\:db8\\:\\:a\\]', '[2001:DB8::A]', {}],
      ['\\[\\:\\:1\\]', '[::2]', undefined],
      ['\\[\\:\\:1\\]\\:8080', '[::1]:8080', {}],
      ['\\[\\:\\:1\\]\\:8080', '[::1]', undefined],
      [':host', '[::1]', { host: '[::1]' }],
      [':host', '[::1]:8080', { host: '[::1]' }],
      ['*host', '[::ffff:1.2.3.4]:8080', { host: ['[::ffff:1', '2', '3', '4]'] }],
    ])('%s, asked of %s, finds %o', (pattern, host, params) => {
      expect(paramsOf(pattern, host)).toEqual(params)
    })

    it('whose colons are no port: \\[\\:\\:1\\] fits [::1]:8080', () => {
      expect(paramsOf('\\[\\:\\:1\\]', '[::1]:8080')).toEqual({})
    })
  })

  it.each<[host: string]>([
    [''],
    ['.'],
    ['..'],
    [':'],
    [':80'],
    ['.example.com'],
    ['example.com.evil'],
    ['evil.com/.example.com'],
    ['example.com\0'],
    ['example.com\n'],
    ['example.com, evil.com'],
    ['example.com:80:80'],
    ['example.com:80a'],
    ['user@example.com'],
    ['http://example.com'],
    [' example.com'],
    ['example.com '],
    ['__proto__'],
    [`${'a.'.repeat(50_000)}b`],
    [`${':1'.repeat(50_000)}b`],
    [`:${'1'.repeat(100_000)}b`],
    [`${'.'.repeat(100_000)}b`],
  ])('example.com, asked of a hostile host, does not fit: %j', (host) => {
    expect(paramsOf('example.com', host)).toBe(undefined)
    expect(paramsOf('{www.}example.com', host)).toBe(undefined)
    expect(paramsOf('example.com\\:80', host)).toBe(undefined)
  })

  it.each<[pattern: string, index: number]>([
    [':', 0],
    ['*', 0],
    ['*.example.com', 0],
    ['example.com:8080', 11],
    ['[::1]', 0],
    [':tenant?.example.com', 7],
    [':tenant(\\w+).example.com', 7],
    ['{www.example.com', 0],
    ['www.}example.com', 4],
    [':a:b.example.com', 2],
    ['*a:b', 2],
    [':a.:a', 3],
    ['example.com\\', 11],
    ['example+.com', 7],
    ['example.com!', 11],
    ['{a}'.repeat(9), 24],
  ])('that is none throws at add, and says where: %s, %i', (host, index) => {
    const selector = new Selector()
    const error = thrown(() => selector.get('/ok', says(''), { host }))
    expect(error).toBeInstanceOf(PatternError)
    expect(error).toMatchObject({ pattern: host, index })
    expect((error as PatternError).message).toMatch(
      `selector: pattern ${JSON.stringify(host)}: index ${index}: `,
    )
    expect(selector.routes()).toEqual([])
  })

  it.each([
    '',
    'example.com/x',
    'münchen.example',
    'exa mple.com',
    'http\\://example.com',
    'user@example.com',
  ])('that no host can fit throws at add: %j', (host) => {
    expect(() => new Selector().get('/', says(''), { host })).toThrow(PatternError)
  })
})

describe('a route with a host', () => {
  const selector = new Selector()
    .get('/', says('www'), { host: 'www.example.com' })
    .get('/', says('tenant'), { host: ':tenant.example.com' })
    .post('/', says('post'), { host: 'api.example.com' })
    .get('/any', says('tenant any'), { host: ':tenant.example.com' })
    .get('/any', says('any'))

  it.each<[method: string, host: string, path: string, status: number, answer: string]>([
    ['GET', 'www.example.com', '/', 200, 'www'],
    ['GET', 'WWW.Example.com:8000', '/', 200, 'www'],
    ['GET', 'acme.example.com', '/', 200, 'tenant'],
    ['GET', 'example.com', '/', 404, '404 Not Found\n'],
    ['POST', 'example.com', '/', 404, '404 Not Found\n'],
    ['OPTIONS', 'example.com', '/', 404, '404 Not Found\n'],
    ['POST', 'api.example.com', '/', 200, 'post'],
    ['GET', 'api.example.com', '/', 200, 'tenant'],
    ['POST', 'www.example.com', '/', 405, '405 Method Not Allowed\n'],
    ['GET', 'acme.example.com', '/any', 200, 'tenant any'],
    ['GET', 'example.com', '/any', 200, 'any'],
  ])('%s http://%s%s is %i: %s', async (method, host, path, status, answer) => {
    const received = await send(selector, { method, path, headers: { Host: host } })
    expect(received).toMatchObject({ status, text: answer })
  })

  it('counts in Allow where its host fits', async () => {
    const allow = async (Host: string) =>
      (await send(selector, { method: 'OPTIONS', headers: { Host } })).headers.get('Allow')
    expect(await allow('www.example.com')).toBe('GET, HEAD, OPTIONS')
    expect(await allow('api.example.com')).toBe('GET, HEAD, POST, OPTIONS')
  })

  it('is listed with its pattern', () => {
    expect(selector.routes().map(({ host }) => host)).toEqual([
      'www.example.com',
      ':tenant.example.com',
      'api.example.com',
      ':tenant.example.com',
      undefined,
    ])
  })

  it('gives its params to the application', async () => {
    const seen: Environ[] = []
    const keep: Application = (environ, startResponse) => {
      seen.push(environ)
      return says('')(environ, startResponse)
    }
    const selector = new Selector().get('/:id', keep, { host: ':tenant.example.com' })
    await send(selector, { path: '/7', headers: { Host: 'Acme.example.com' } })
    expect(seen).toMatchObject([
      {
        SCRIPT_NAME: '/7',
        HTTP_HOST: 'Acme.example.com',
        'selector.vars': { id: '7', tenant: 'acme' },
        'selector.matches': ['/7'],
        'wsgiorg.routing_args': [[], { id: '7', tenant: 'acme' }],
      },
    ])
    expect(seen[0]!['tsgi.exchange'].route).toBe('/:id')
  })

  it('looks at SERVER_NAME where the client names none (HTTP/1.0)', async () => {
    const request = Request.blank('/', { base: 'http://www.example.com/' })
    const { HTTP_HOST: _, ...environ } = request.environ
    const bare = new Request({ ...environ, SERVER_PROTOCOL: 'HTTP/1.0' } as Environ)
    expect((await send(selector, bare)).text).toBe('www')
    expect(selector.match('GET', '/', { SERVER_NAME: 'www.example.com' })?.route.host).toBe('www.example.com')
    const both = { HTTP_HOST: 'other.org', SERVER_NAME: 'www.example.com' }
    expect(selector.match('GET', '/', both)).toBe(undefined)
    expect(selector.match('GET', '/', { HTTP_HOST: '', SERVER_NAME: 'www.example.com' })).toBe(undefined)
  })

  it('does not fit where no host is known', () => {
    expect(selector.match('GET', '/')).toBe(undefined)
    expect(selector.match('GET', '/', {})).toBe(undefined)
    expect(selector.match('GET', '/any')?.route.host).toBe(undefined)
    expect(new Selector().get('/', says(''), { host: '*h' }).match('GET', '/')).toBe(undefined)
  })

  it('can be mounted, and be in a group', async () => {
    const inner = new Selector().get('/x', says('inner'))
    const selector = new Selector()
      .mount('/api', inner, { host: 'api.example.com' })
      .group('/api', [], (group) => group.get('/x', says('group'), { host: 'www.example.com' }))
    const answer = async (Host: string) => (await send(selector, { path: '/api/x', headers: { Host } })).text
    expect(await answer('api.example.com')).toBe('inner')
    expect(await answer('www.example.com')).toBe('group')
    expect(await answer('example.com')).toBe('404 Not Found\n')
  })
})

// The name would have two values, of which one was lost.
it('a name stands once in path and host together', () => {
  expect(() => new Selector().get('/:id', says(''), { host: ':id.example.com' })).toThrow(TypeError)
})

it('compileHost tells the names of its params', () => {
  expect(new Set(compileHost(':a.{:b.}*c\\::__proto__').names)).toEqual(new Set(['a', 'b', 'c', '__proto__']))
  expect(compileHost('example.com').names).toEqual([])
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
