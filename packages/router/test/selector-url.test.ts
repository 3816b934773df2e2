import {
  type Application,
  copyEnviron,
  type Environ,
  type Middleware,
  mount,
  Request,
  type StandardSchema,
  stack,
  text,
} from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Params, Selector, selectorExpressions, type TrailingSlash } from '../src/index.ts'

const app: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return text('')
}

/** What the types would have checked of a name and its params. */
interface Unchecked {
  url(name: unknown, params?: unknown, options?: unknown): string
}
const unchecked = (selector: object) => selector as unknown as Unchecked

/** An application that keeps the environ it was given. */
function keeps(seen: Environ[]): Application {
  return (environ, startResponse) => {
    seen.push(environ)
    return app(environ, startResponse)
  }
}

describe('url', () => {
  const selector = new Selector({ prefix: '/p' })
    .get('/', app, { name: 'home' })
    .get('/users/:id{/:tab}', app, { name: 'user' })
    .get('/files/*path', app, { name: 'file' })
    .get('/bare', app, { name: 'bare', prefix: '' })
    .get('/h/:id', app, { name: 'host', host: ':tenant.example.com' })
    .add('/none', { POST: app }, { name: 'post' })
    .mount('/m/', app, { name: 'mounted' })
    .mount('/n/:id', app, { name: 'mounted param' })
    .get('/constructor', app, { name: 'constructor' })

  it.each<[name: string, params: object | undefined, url: string]>([
    ['home', undefined, '/p/'],
    ['home', {}, '/p/'],
    ['user', { id: 7 }, '/p/users/7'],
    ['user', { id: 'a/b', tab: 'é ?' }, '/p/users/a%2Fb/%C3%A9%20%3F'],
    ['file', { path: ['a', 'b c'] }, '/p/files/a/b%20c'],
    ['bare', undefined, '/bare'],
    ['host', { id: 7 }, '/p/h/7'],
    ['post', undefined, '/p/none'],
    ['mounted', undefined, '/p/m/'],
    ['mounted param', { id: 7 }, '/p/n/7'],
    ['constructor', undefined, '/p/constructor'],
  ])('of %s with %o is %s', async (name, params, url) => {
    expect(unchecked(selector).url(name, params)).toBe(url)
    const path = Request.blank(url).environ.PATH_INFO
    const found = selector.match(name === 'post' ? 'POST' : 'GET', path, { HTTP_HOST: 'a.example.com' })
    expect(found?.route.name).toBe(name)
  })

  it.each<[query: unknown, url: string]>([
    [undefined, '/bare'],
    [{}, '/bare'],
    [{ page: 2, tag: ['a', 'b c'], none: undefined }, '/bare?page=2&tag=a&tag=b+c'],
    [new URLSearchParams('a=1&a=2'), '/bare?a=1&a=2'],
    [new Map([['a&b', 'c=d']]), '/bare?a%26b=c%3Dd'],
    [{ '': '' }, '/bare?='],
  ])('takes a query: %o is %s', (query, url) => {
    expect(unchecked(selector).url('bare', {}, { query })).toBe(url)
    expect(unchecked(selector).url('bare', undefined, { query })).toBe(url)
  })

  it.each<[pattern: string, params: object, url: string]>([
    ['/{id:digits}[/{tab}]|', { id: 7 }, '/7'],
    ['/{id:digits}[/{tab}]|', { id: 7, tab: 'a b' }, '/7/a%20b'],
    ['/{user}/{path:any}', { user: 'a/b', path: 'c/d' }, '/a%2Fb/c/d'],
    ['/{:digits}-{}', { 0: 7, 1: 'x' }, '/7-x'],
  ])('knows the Selector’s own expressions: %s with %o is %s', (pattern, params, url) => {
    const selector = new Selector({ parser: selectorExpressions }).slurp([
      [pattern, { GET: app }, { name: 'r' }],
    ])
    expect(unchecked(selector).url('r', params)).toBe(url)
  })

  it.each<[trailingSlash: TrailingSlash]>([['strict'], ['redirect'], ['ignore']])(
    'is as the pattern is, where the slash at the end is of policy %s',
    (trailingSlash) => {
      const selector = new Selector({ trailingSlash })
        .get('/a', app, { name: 'a' })
        .get('/b/', app, { name: 'b' })
        .get('/c/:id/', app, { name: 'c' })
        .get('/', app, { name: 'home' })
      expect(selector.url('a')).toBe('/a')
      expect(selector.url('b')).toBe('/b/')
      expect(selector.url('c', { id: '/' })).toBe('/c/%2F/')
      expect(selector.url('home')).toBe('/')
    },
  )

  it('where case does not count is as the pattern is, with the params as they are', () => {
    const selector = new Selector({ sensitive: false }).get('/Users/:id', app, { name: 'user' })
    expect(selector.url('user', { id: 'AbC' })).toBe('/Users/AbC')
  })

  it('of a group has the pattern of the group, with its params', () => {
    const selector = new Selector({ prefix: '/p' }).get('/a', app, { name: 'outside' })
    let inside = ''
    selector.group('/:org/', [], (group) => {
      group.get('/:id', app, { name: 'inside' })
      group.get('', app, { name: 'itself' })
      group.group('/deep', [], (deep) => deep.get('/*rest', app, { name: 'deep' }))
      // One selector, its groups among it.
      inside = unchecked(group).url('outside')
    })
    const { url } = unchecked(selector)
    const at = url.bind(selector)
    expect(inside).toBe('/p/a')
    expect(at('inside', { org: 'x', id: 7 })).toBe('/p/x/7')
    expect(at('itself', { org: 'x' })).toBe('/p/x')
    expect(at('deep', { org: 'x', rest: ['y', 'z'] })).toBe('/p/x/deep/y/z')
    expect(() => at('inside', { id: 7 })).toThrow(/^selector: url "inside": param "org": /)
  })

  it('knows routes that are added later', () => {
    const selector = new Selector()
    expect(() => unchecked(selector).url('a')).toThrow('got "a"')
    selector.get('/a', app, { name: 'a' })
    expect(unchecked(selector).url('a')).toBe('/a')
  })

  it.each<[name: unknown, params: unknown, options: unknown, message: string]>([
    [
      'users',
      {},
      {},
      'selector: url: must be the name of a route, "home", "user", "file", "bare", "host", "post", "mounted", "mounted param", "constructor"; got "users"',
    ],
    ['', {}, {}, 'selector: url: must be the name of a route, "home",'],
    ['__proto__', {}, {}, 'selector: url: must be the name of a route, '],
    ['toString', {}, {}, 'selector: url: must be the name of a route, '],
    [undefined, {}, {}, 'selector: url: must be the name of a route, '],
    [7, {}, {}, 'selector: url: must be the name of a route, '],
    [
      'user',
      undefined,
      {},
      'selector: url "user": param "id": must be a string, number, bigint or boolean; got undefined',
    ],
    [
      'user',
      { id: undefined },
      {},
      'selector: url "user": param "id": must be a string, number, bigint or boolean; got undefined',
    ],
    [
      'user',
      { id: null },
      {},
      'selector: url "user": param "id": must be a string, number, bigint or boolean; got null',
    ],
    [
      'user',
      { id: {} },
      {},
      'selector: url "user": param "id": must be a string, number, bigint or boolean; got object',
    ],
    [
      'user',
      { id: ['a'] },
      {},
      'selector: url "user": param "id": must be a string, number, bigint or boolean; got a list',
    ],
    ['user', { id: '' }, {}, 'selector: url "user": param "id": must not be empty; got ""'],
    [
      'user',
      { id: '.' },
      {},
      'selector: url "user": path: must have no segment "." or "..", which clients remove; got "/p/users/."',
    ],
    [
      'user',
      { id: '..' },
      {},
      'selector: url "user": path: must have no segment "." or "..", which clients remove; got "/p/users/.."',
    ],
    [
      'user',
      { id: 'a\0' },
      {},
      'selector: url "user": param "id": must hold no NUL, which servers refuse; got "a\\u0000"',
    ],
    [
      'user',
      { id: '\ud800' },
      {},
      'selector: url "user": param "id": must hold no half of a surrogate pair, which has no UTF-8; got "\\ud800"',
    ],
    [
      'user',
      { id: 7, name: 'x' },
      {},
      'selector: url "user": params: must be some of ["id","tab"]; got "name"',
    ],
    ['user', { ID: 7 }, {}, 'selector: url "user": params: must be some of ["id","tab"]; got "ID"'],
    ['home', { constructor: 'x' }, {}, 'selector: url "home": params: must be some of []; got "constructor"'],
    [
      'host',
      { id: 7, tenant: 'a' },
      {},
      'selector: url "host": params: must be some of ["id"]; got "tenant"',
    ],
    ['file', {}, {}, 'selector: url "file": param "path": must be a list of segments; got undefined'],
    [
      'file',
      { path: 'a/b' },
      {},
      'selector: url "file": param "path": must be a list of segments; got string',
    ],
    ['file', { path: [] }, {}, 'selector: url "file": param "path": must not be empty; got []'],
    ['file', { path: ['a', '..', 'b'] }, {}, 'selector: url "file": path: must have no segment "." or ".."'],
    ['bare', {}, { query: null }, 'selector: url "bare": query: must be a record or pairs; got null'],
    ['bare', {}, { query: '?a' }, 'selector: url "bare": query: must be a record or pairs; got string'],
    [
      'bare',
      {},
      { query: { a: {} } },
      'selector: url "bare": query: "a": must be a string, number, bigint or boolean; got object',
    ],
  ])('throws for %j, %o, %o: %s', (name, params, options, message) => {
    const url = () => unchecked(selector).url(name, params, options)
    expect(url).toThrow(TypeError)
    expect(url).toThrow(message)
  })

  it.each<[what: string, selector: object, params: object, message: string]>([
    ['no routes', new Selector(), {}, 'selector: url: must be the name of a route, none; got "r"'],
    [
      'the empty path',
      new Selector().get('', app, { name: 'r' }),
      {},
      'selector: url "r": path: must begin with one "/"; got ""',
    ],
    [
      'what is a host to clients',
      new Selector().get('/*r', app, { name: 'r' }),
      { r: ['', 'evil.com'] },
      'selector: url "r": path: must begin with one "/"; got "//evil.com"',
    ],
    [
      'an optional that another would take',
      new Selector().get('{/:a}{/:b}', app, { name: 'r' }),
      { b: 1 },
      'selector: url "r": path "/1": must be read as {"b":"1"}; got {"a":"1"}',
    ],
    [
      'a text that ends another param',
      new Selector().get('/:a-:b', app, { name: 'r' }),
      { a: 'x', b: 'y' },
      '',
    ],
    [
      'a slash that does not count',
      new Selector({ trailingSlash: 'ignore' }).get('/*r', app, { name: 'r' }),
      { r: ['a', ''] },
      'selector: url "r": path "/a/": must be read as {"r":["a",""]}; got {"r":["a"]}',
    ],
    [
      'what a type does not fit',
      new Selector({ parser: selectorExpressions }).get('/{id:digits}', app, { name: 'r' }),
      { id: 'x' },
      'selector: url "r": path "/x": must be read as {"id":"x"}; got no match',
    ],
    [
      'an expression',
      new Selector({ parser: () => ({ regexp: /^\/a$/ }) }).get('/a', app, { name: 'r' }),
      {},
      'selector: url "r": must be a pattern that paths can be made of; got "/a"',
    ],
  ])('of %s', (_what, selector, params, message) => {
    if (message === '') expect(unchecked(selector).url('r', params)).toBe('/x-y')
    else expect(() => unchecked(selector).url('r', params)).toThrow(new TypeError(message))
  })

  // Each throws a TypeError, but that of the engine, which says nothing of a selector.
  it.each<[params: unknown, options: unknown]>([
    [null, {}],
    [{}, null],
    [{}, { environ: null }],
  ])('throws for params %o, options %o, and says where', (params, options) => {
    expect(() => unchecked(selector).url('bare', params, options)).toThrow(/^selector: url "bare": /)
  })

  it.each([{ envrion: {} }, { base: '/shop' }])('throws for options that it does not know: %o', (options) => {
    expect(() => unchecked(selector).url('bare', {}, options)).toThrow(TypeError)
  })

  it.each<[what: string, selector: object]>([
    ['ignored', new Selector({ trailingSlash: 'ignore' }).get('', app, { name: 'r' })],
    ['mounted', new Selector().mount('', app, { name: 'r' })],
  ])('of the empty pattern is "/" at the root where that fits: %s', (_what, selector) => {
    expect(unchecked(selector).url('r')).toBe('/')
  })
})

describe('url begins where the selector stands', () => {
  const at = (script: string) => Request.blank('/x', { base: `http://example.com${script}` }).environ

  it.each<[script: string, url: string]>([
    ['', '/7'],
    ['/shop', '/shop/7'],
    ['/shop/v1', '/shop/v1/7'],
    ['/caf%C3%A9%20/a%2Fb/100%25', '/caf%C3%A9%20/a%2Fb/100%25/7'],
  ])('for the environ of the router: under %j %s', (script, url) => {
    const selector = new Selector().get('/:id', app, { name: 'r' })
    expect(selector.url('r', { id: 7 }, { environ: at(script) })).toBe(url)
  })

  it('where the route has no path of its own, too', () => {
    const selector = new Selector().get('', app, { name: 'r' })
    expect(selector.url('r', {}, { environ: at('/shop') })).toBe('/shop')
    expect(() => selector.url('r', {}, { environ: at('') })).toThrow('path: must begin with one "/"; got ""')
  })

  it.each<[script: string, message: string]>([
    ['//evil.com', 'path: must begin with one "/"; got "//evil.com/7"'],
    ['/', 'path: must begin with one "/"; got "//7"'],
    ['shop', 'path: must begin with one "/"; got "shop/7"'],
    ['/a/..', 'path: must have no segment "." or "..", which clients remove; got "/a/../7"'],
    ['/a\0', 'path: must hold no NUL, which servers refuse; got "/a\\u0000/7"'],
    ['/\udfff', 'path: must hold no half of a surrogate pair, which has no UTF-8; got "/\\udfff/7"'],
  ])('which must be a place: throws under %j', (SCRIPT_NAME, message) => {
    const selector = new Selector().get('/:id', app, { name: 'r' })
    const environ = copyEnviron(at(''), { SCRIPT_NAME })
    expect(() => selector.url('r', { id: 7 }, { environ })).toThrow(
      new TypeError(`selector: url "r": ${message}`),
    )
  })

  it.each<[consumePath: boolean, script: string]>([
    [true, '/shop/a/7'],
    [false, '/shop'],
  ])('for the environ of an application within, consumePath %s', async (consumePath, script) => {
    const seen: Environ[] = []
    const selector = new Selector({ consumePath }).get('/a/:id', keeps(seen), { name: 'r' })
    await send(mount({ '/shop': selector }), '/shop/a/7')
    const [environ] = seen
    expect(environ!.SCRIPT_NAME).toBe(script)
    expect(selector.url('r', { id: 8 }, { environ: environ! })).toBe('/shop/a/8')
    // Also of what was made of it.
    const copied = copyEnviron(environ!, { SCRIPT_NAME: `${script}/deeper`, PATH_INFO: '' })
    expect(selector.url('r', { id: 8 }, { environ: copied })).toBe('/shop/a/8')
  })

  it('for each of nested selectors, from the innermost', async () => {
    const seen: Environ[] = []
    const inner = new Selector().get('/i/:y', keeps(seen), { name: 'inner' })
    const middle = new Selector().mount('/m/:x', inner, { name: 'middle' })
    const outer = new Selector().mount('/o', mount({ '/core é': middle }), { name: 'outer' })
    await send(mount({ '/app': outer }), '/app/o/core%20%C3%A9/m/a%2Fb/i/c')
    const environ = seen[0]!
    expect(outer.url('outer', {}, { environ })).toBe('/app/o')
    expect(middle.url('middle', { x: 7 }, { environ })).toBe('/app/o/core%20%C3%A9/m/7')
    expect(inner.url('inner', { y: 7 }, { environ })).toBe('/app/o/core%20%C3%A9/m/a%2Fb/i/7')
    expect(environ['tsgi.exchange'].route).toBe('/app/o/core é/m/:x/i/:y')
  })

  it.each<[outerConsumes: boolean, innerConsumes: boolean, path: string, inner: string]>([
    [true, true, '/app/o/i', '/app/o/i'],
    [true, false, '/app/o/i', '/app/o/i'],
    [false, true, '/app/o/i', '/app/o/i'],
    [false, false, '/app/o/i', '/app/o/i'],
  ])('whether they consume the path or not: %s, %s', async (outerConsumes, innerConsumes, path, url) => {
    const seen: Environ[] = []
    const inner = new Selector({ consumePath: innerConsumes }).get(
      outerConsumes ? '/i' : '/o/i',
      keeps(seen),
      {
        name: 'inner',
      },
    )
    const outer = new Selector({ consumePath: outerConsumes }).mount('/o', inner, { name: 'outer' })
    expect((await send(mount({ '/app': outer }), path)).status).toBe(200)
    const environ = seen[0]!
    expect(unchecked(inner).url('inner', {}, { environ })).toBe(url)
    expect(outer.url('outer', {}, { environ })).toBe('/app/o')
  })

  it('for the layers of a group, and of an application', async () => {
    const urls: string[] = []
    const selector = new Selector()
    const asks: Middleware = (app) => (environ, startResponse) => {
      urls.push(unchecked(selector).url('r', { id: 8 }, { environ }))
      return app(copyEnviron(environ, {}), startResponse)
    }
    selector.group('/g', [asks], (group) => {
      group.get('/:id', stack().use(asks).run(app), { name: 'r' })
      group.status404 = (environ, startResponse) => {
        urls.push(unchecked(selector).url('r', { id: 9 }, { environ }))
        return app(environ, startResponse)
      }
    })
    const site = mount({ '/app': stack().use(asks).run(selector) })
    await send(site, '/app/g/7')
    await send(site, '/app/g/7/none')
    const asked = '/app/g/8'
    expect(urls).toEqual([asked, asked, asked, asked, asked, '/app/g/9'])
  })

  it('for selectors that are chained by status404', async () => {
    const seen: Environ[] = []
    const first = new Selector().get('/first/:id', app, { name: 'first' })
    const second = new Selector().get('/second/:id', keeps(seen), { name: 'second' })
    first.status404 = second
    await send(mount({ '/app': first }), '/app/second/7')
    const environ = seen[0]!
    expect(first.url('first', { id: 8 }, { environ })).toBe('/app/first/8')
    expect(second.url('second', { id: 8 }, { environ })).toBe('/app/second/8')
  })

  it('of one that stands within itself from where it stands last', async () => {
    const seen: Environ[] = []
    const selector = new Selector().get('/leaf', keeps(seen), { name: 'leaf' })
    selector.mount('/self', selector)
    await send(selector, '/self/self/leaf')
    expect(selector.url('leaf', {}, { environ: seen[0]! })).toBe('/self/self/leaf')
  })
})

describe('what url builds', () => {
  const piece = fc.constantFrom(
    '/a',
    '/:p',
    '/*w',
    '{/:p}',
    '{/b/:p}',
    '/:p-:p',
    '/v:p',
    '{/*w}',
    '/é :p',
    '/',
    '/50%',
  )
  const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => {
    let count = 0
    return pieces.join('').replace(/(?<=[:*])[pw]/g, (kind) => `${kind}${count++}`)
  })
  const value = fc.oneof(
    fc.constantFrom<string | number | bigint | boolean>(
      'a',
      '%2F',
      '%252f',
      '/',
      '//',
      'a/b',
      '.',
      '..',
      '%',
      '-',
      ' ',
      '?#',
      'é',
      '😀',
      '\\',
      '%2e',
      7,
      -1.5,
      2n,
      true,
    ),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
  )
  const params = fc.array(fc.tuple(value, fc.array(value, { minLength: 1, maxLength: 3 }), fc.boolean()), {
    minLength: 8,
    maxLength: 8,
  })
  const settings = fc.record({
    trailingSlash: fc.constantFrom<TrailingSlash>('strict', 'redirect', 'ignore'),
    sensitive: fc.boolean(),
    consumePath: fc.boolean(),
    isMounted: fc.boolean(),
    isInGroup: fc.boolean(),
    isNested: fc.boolean(),
  })

  it('arrives at that route with these params', async () => {
    let built = 0
    await fc.assert(
      fc.asyncProperty(
        pattern,
        params,
        settings,
        async (pattern, values, { isMounted, isInGroup, isNested, ...options }) => {
          const seen: Environ[] = []
          const selector = new Selector(options)
          const add = (to: Pick<Selector, 'mount' | 'get'>) => {
            if (isMounted) to.mount(pattern, keeps(seen), { name: 'r' })
            else to.get(pattern, keeps(seen), { name: 'r' })
          }
          try {
            if (isInGroup) selector.group('/in/group', [], (group) => add(group as never))
            else add(selector as never)
          } catch {
            // Two captures side by side.
            return
          }
          const given: Record<string, unknown> = {}
          for (const [, sign, name] of pattern.matchAll(/([:*])(\w\d)/g)) {
            const [text, list, isAbsent] = values[Number(name![1])]!
            if (!isAbsent || !pattern.includes('{')) given[name!] = sign === ':' ? text : list
          }
          const site = mount({ '/shop é': isNested ? new Selector().mount('/:outer', selector) : selector })
          const script = isNested ? '/shop é/x' : '/shop é'
          const environ = copyEnviron(Request.blank('/').environ, { SCRIPT_NAME: script })
          let url: string
          try {
            url = unchecked(selector).url('r', given, { environ })
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError)
            expect((error as TypeError).message).toMatch(/^selector: url "r": /)
            return
          }
          built++
          expect(url).toMatch(/^\/(?!\/)[\w.~!$&'()*+,;=:@/%-]*$/)
          // As every client reads it: nothing in it is normalised away.
          expect(new URL(url, 'http://example.com').pathname).toBe(url)
          expect((await send(site, url)).status).toBe(200)
          const vars = (seen[0] as unknown as { 'selector.vars': Params })['selector.vars']
          const texts = Object.entries(given).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.map(String) : String(value),
          ])
          expect({ ...vars }).toEqual(Object.fromEntries(texts))
          // The route says the same of itself, wherever it is asked.
          expect(unchecked(selector).url('r', given, { environ: seen[0]! })).toBe(url)
        },
      ),
      { numRuns: 1000 },
    )
    expect(built).toBeGreaterThan(100)
  }, 60_000)
})

it('url throws where the schemas of the route would not take its params', () => {
  const digits: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        /^\d+$/.test(String(value)) ? { value: Number(value) } : { issues: [{ message: 'no' }] },
    },
  }
  const selector = new Selector().get('/users/:id', app, { name: 'r', params: { id: digits } } as {})
  expect(unchecked(selector).url('r', { id: 7 })).toBe('/users/7')
  expect(() => unchecked(selector).url('r', { id: 'abc' })).toThrow(
    'selector: url "r": path "/users/abc": must be read as {"id":"abc"}; got no match',
  )
})
