import {
  type Application,
  type Body,
  type Environ,
  type RoutingEnviron,
  type StandardSchema,
  setupTestingDefaults,
} from '@tsgi/core'
import { readSegment } from '@tsgi/core/gateway'
import { send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { match, parse } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { expectLinear } from '../../core/test/linear.ts'
import { PatternError, Selector } from '../src/index.ts'
import { find, type Shown, says, shows } from './applications.ts'

describe('Selector', () => {
  it('is a function and a Selector', () => {
    const selector = new Selector()
    expect(typeof selector).toBe('function')
    expect(selector).toBeInstanceOf(Selector)
    expect(selector).toBeInstanceOf(Function)
    expect(selector.name).toBe('Selector')
    expect(selector.constructor).toBe(Selector)
  })

  it('can be called as functions are, by its methods too', async () => {
    const bound: Application = new Selector().get('/', says('home')).bind(undefined)
    expect((await send(bound)).text).toBe('home')
  })

  it('keeps the routes of each instance apart', async () => {
    const first = new Selector().get('/', says('first'))
    const second = new Selector().get('/', says('second'))
    expect((await send(first)).text).toBe('first')
    expect((await send(second)).text).toBe('second')
  })

  it('can be extended', async () => {
    class Site extends Selector {
      home = says('home')
    }
    const site = new Site()
    site.get('/', site.home)
    expect(site).toBeInstanceOf(Site)
    expect(site.name).toBe('Site')
    expect((await send(site)).text).toBe('home')
  })

  it('answers with what a synchronous application returns, without a promise', () => {
    const body: Body = [new Uint8Array([1])]
    const selector = new Selector().get('/:id', () => body)
    expect(selector(environOf('/7'), () => write)).toBe(body)
  })

  it('gives back the promise of an asynchronous application', () => {
    const promise = Promise.resolve([])
    const selector = new Selector().get('/', () => promise)
    expect(selector(environOf('/'), () => write)).toBe(promise)
  })

  it('lets what an application throws pass', () => {
    const selector = new Selector().get('/', () => {
      throw new RangeError('broken')
    })
    expect(() => selector(environOf('/'), () => write)).toThrow(new RangeError('broken'))
  })
})

describe('dispatch', () => {
  it.each<[what: string, routes: string[], request: string, answer: string]>([
    ['the first route that fits', ['GET /:a', 'GET /b'], 'GET /b', 'GET /:a'],
    ['a static route before a param', ['GET /b', 'GET /:a'], 'GET /b', 'GET /b'],
    ['a wildcard before a static route', ['GET /*a', 'GET /b'], 'GET /b', 'GET /*a'],
    ['an optional part before a static route', ['GET /a{/:b}', 'GET /a/b'], 'GET /a/b', 'GET /a{/:b}'],
    ['the first of two that are the same', ['GET /b 1', 'GET /b 2'], 'GET /b', 'GET /b 1'],
    ['a param behind a branch that ends', ['GET /a/b', 'GET /:x/c'], 'GET /a/c', 'GET /:x/c'],
    ['past a route without the method', ['GET /b', 'POST /:a'], 'POST /b', 'POST /:a'],
    ['past a param without the method', ['GET /:a', 'POST /b'], 'POST /b', 'POST /b'],

    ['_ANY_ for what is not named', ['GET,_ANY_ /b'], 'PUT /b', '_ANY_ /b'],
    ['the named method before _ANY_', ['_ANY_,PUT /b'], 'PUT /b', 'PUT /b'],
    ['an earlier _ANY_ before a later name', ['_ANY_ /b', 'GET /b'], 'GET /b', '_ANY_ /b'],
    ['an earlier name before a later _ANY_', ['GET /b', '_ANY_ /b'], 'GET /b', 'GET /b'],
    ['_ANY_ for its own name', ['GET,_ANY_ /b'], '_ANY_ /b', '_ANY_ /b'],

    ['HEAD from GET', ['GET /b'], 'HEAD /b', 'GET /b'],
    ['HEAD from HEAD', ['GET,HEAD /b'], 'HEAD /b', 'HEAD /b'],
    ['HEAD from HEAD that comes first', ['HEAD,GET /b'], 'HEAD /b', 'HEAD /b'],
    ['HEAD from GET before _ANY_', ['_ANY_,GET /b'], 'HEAD /b', 'GET /b'],
    ['HEAD from an earlier GET', ['GET /b', 'HEAD /b'], 'HEAD /b', 'GET /b'],
    ['HEAD from a later GET', ['POST /b', 'GET /b'], 'HEAD /b', 'GET /b'],
    ['HEAD from an earlier _ANY_', ['_ANY_ /b', 'GET,HEAD /b'], 'HEAD /b', '_ANY_ /b'],

    ['OPTIONS from OPTIONS', ['GET /b', 'OPTIONS /b'], 'OPTIONS /b', 'OPTIONS /b'],
    ['OPTIONS from _ANY_', ['GET /b', '_ANY_ /:a'], 'OPTIONS /b', '_ANY_ /:a'],
    ['QUERY', ['GET,QUERY /b'], 'QUERY /b', 'QUERY /b'],
    ['any token', ['M-SEARCH,!#$%&*+.^`|~ /b'], '!#$%&*+.^`|~ /b', '!#$%&*+.^`|~ /b'],
    ['a token in lower case', ['GET,get /b'], 'get /b', 'get /b'],
    ['a method that is a number', ['1,0 /b'], '0 /b', '0 /b'],
    ['a method of the name of a property', ['GET,__proto__,toString /b'], '__proto__ /b', '__proto__ /b'],
    ['methods by their case', ['get /b'], 'GET /b', '405'],
    ['no method that every object has', ['GET /b'], 'constructor /b', '501'],
    ['no method that objects inherit from', ['GET /b'], '__proto__ /b', '501'],

    ['404', ['_ANY_ /b'], 'GET /c', '404'],
    ['404 without routes', [], 'GET /', '404'],
    ['404 where case differs', ['GET /b'], 'GET /B', '404'],
    ['404 on a slash too many', ['GET /b'], 'GET /b/', '404'],
    ['404 on a slash too few', ['GET /b/'], 'GET /b', '404'],
    ['404 on an empty path', ['GET /'], 'GET ', '404'],
    ['the empty pattern on an empty path', ['OPTIONS '], 'OPTIONS ', 'OPTIONS '],
    ['an empty segment of its own', ['GET /a/b', 'GET /a//b'], 'GET /a//b', 'GET /a//b'],
    ['no empty segment for a param', ['GET /a/:x/b'], 'GET /a//b', '404'],
    ['dot segments as they stand', ['GET /b', 'GET /a/../b'], 'GET /a/../b', 'GET /a/../b'],
    ['an encoded slash as it stands', ['GET /a/b', 'GET /a%2Fb'], 'GET /a%2Fb', 'GET /a%2Fb'],
    ['nothing that objects inherit', ['GET /b'], 'GET /constructor', '404'],
    ['nothing that objects inherit, below', ['GET /b/c'], 'GET /b/__proto__', '404'],
    ['a path of such a name', ['GET /b', 'GET /__proto__'], 'GET /__proto__', 'GET /__proto__'],
    ['a path below such a name', ['GET /toString/:a', 'GET /b/:a'], 'GET /toString/b', 'GET /toString/:a'],
  ])('gives %s', (_what, routes, request, answer) => {
    const selector = new Selector()
    for (const route of routes) {
      const [methods = '', pattern = '', nth] = route.split(' ')
      const applications = methods.split(',').map((method): [string, Application] => {
        return [method, says([method, pattern, nth].filter((word) => word !== undefined).join(' '))]
      })
      selector.add(pattern, Object.fromEntries(applications))
    }
    const [method = '', path = ''] = request.split(' ')
    expect(answerOf(selector, environOf(path, { REQUEST_METHOD: method }))).toBe(answer)
  })

  it('equals asking each route in turn', () => {
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 8 }),
        fc.array(request, { minLength: 4 }),
        (added, requests) => {
          const selector = new Selector()
          for (const [i, { pattern, methods, asks }] of added.entries()) {
            const applications = methods.map((method): [string, Application] => [
              method,
              names(`${i} ${method}`),
            ])
            selector.add(pattern, Object.fromEntries(applications), OPTIONS[asks])
            // Also of an index that is used between two routes.
            if (i % 3 === 1) compare(selector, added.slice(0, i + 1), requests[0]!)
          }
          for (const request of requests) compare(selector, added, request)
        },
      ),
      { numRuns: 1500 },
    )
  }, 60_000)

  const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', '_ANY_']
  const patterns = [
    ...['/:x', '/a/:x', '/:x/b', '/:x/:y', '/:x-:y', '/:x-b', '/a{/:x}', '{/:x}/b', '/a{/:x{/:y}}'],
    ...['', '/', '/a', '/a/b', '/a{/b}', '/a-b', '/*w', '/a/*w', '/*w/b', '/*v/a/*w', '/a/', '/:x/', '*w'],
  ]
  const OPTIONS = {
    nothing: {},
    'an a in each param': { params: schema((params) => JSON.stringify(Object.values(params)).includes('a')) },
    'this host': { host: 'shop.example' },
    'another host': { host: 'example.org' },
  }
  const route = fc.record({
    pattern: fc.constantFrom(...patterns),
    methods: fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 3 }),
    asks: fc.constantFrom(
      ...(['nothing', 'nothing', 'nothing', ...Object.keys(OPTIONS)] as (keyof typeof OPTIONS)[]),
    ),
  })
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'),
    path: fc
      .array(fc.constantFrom('a', 'b', '', '', 'a-b', 'a%2Fb', 'B'), { maxLength: 4 })
      .map((segments) => segments.map((segment) => `/${segment}`).join('')),
  })
  type Route = typeof route extends fc.Arbitrary<infer R> ? R : never

  function compare(
    selector: Selector,
    routes: readonly Route[],
    { method, path }: { method: string; path: string },
  ): void {
    const environ = environOf(path, { REQUEST_METHOD: method, HTTP_HOST: 'shop.example' })
    expect(answerOf(selector, environ), `${method} ${path}`).toBe(scan(routes, method, path))
  }

  /** What a Selector must answer, by path-to-regexp alone. */
  function scan(routes: readonly Route[], method: string, path: string): string {
    const allowed: string[] = []
    for (const [i, { pattern, methods, asks }] of routes.entries()) {
      const found = match(
        { tokens: parse(pattern).tokens },
        { sensitive: true, trailing: false, decode: readSegment },
      )(path)
      if (!found || asks === 'another host') continue
      const vars = JSON.stringify(found.params)
      if (asks === 'an a in each param' && !JSON.stringify(Object.values(found.params)).includes('a'))
        continue
      const name = [method, ...(method === 'HEAD' ? ['GET'] : []), '_ANY_'].find((name) =>
        methods.includes(name),
      )
      const script = path.replace(/\/+$/, '')
      if (name) return `${i} ${name}: ${script} ${path.slice(script.length)} ${vars}`
      for (const name of methods) allowed.push(name, ...(name === 'GET' ? ['HEAD'] : []))
    }
    if (allowed.length === 0) return '404'
    if (method === 'OPTIONS') return `204 ${[...new Set([...allowed, 'OPTIONS'])].join(', ')}`
    const known = routes.flatMap(({ methods }) => methods)
    if (method === 'PUT' && !known.includes('PUT') && !known.includes('_ANY_')) return '501'
    // Where nobody has POST, nobody knows it.
    if (method === 'POST' && !known.includes('POST') && !known.includes('_ANY_')) return '501'
    return `405`
  }

  /** Answers with a name, the path as it is left, and the params. */
  function names(name: string): Application {
    return (environ, startResponse) => {
      const { SCRIPT_NAME, PATH_INFO, 'selector.vars': vars } = environ as Found
      return says(`${name}: ${SCRIPT_NAME} ${PATH_INFO} ${JSON.stringify(vars)}`)(environ, startResponse)
    }
  }

  /** The text of the application that answers, or the status, with `Allow` of a 204. */
  function answerOf(selector: Selector, environ: Environ): string {
    let answer = ''
    const body = selector(environ, (status, headers) => {
      answer = status.slice(0, 3)
      if (answer === '204') answer += ` ${headers.find(([name]) => name === 'Allow')?.[1]}`
      return write
    })
    return answer === '200'
      ? [...(body as Iterable<Uint8Array>)].map((bytes) => new TextDecoder().decode(bytes)).join()
      : answer
  }
})

describe('a Selector that grows while it serves', () => {
  it.each<[what: string, before: string[], request: string, then: string, later: string, now: string]>([
    ['a static path', [], '/b', '404', '/b', '/b'],
    ['a param', ['/c'], '/b', '404', '/:x', '/:x'],
    ['a wildcard', ['/c'], '/b/d', '404', '/*x', '/*x'],
    ['a mere expression', ['/c'], '/b-d', '404', '/:x-:y', '/:x-:y'],
    ['a longer branch', ['/a/:x/c'], '/a/b/d', '404', '/a/:x/d', '/a/:x/d'],
    ['a shorter branch', ['/a/:x/c'], '/a/b', '404', '/a/:x', '/a/:x'],
    ['what comes too late', ['/b'], '/b', '/b', '/:x', '/b'],
  ])('meets %s', async (_what, before, path, then, later, now) => {
    const selector = new Selector()
    for (const pattern of before) selector.get(pattern, says(pattern))
    const ask = async () => {
      const { status, text } = await send(selector, path)
      return status === 200 ? text : `${status}`
    }
    expect([await ask(), await ask()]).toEqual([then, then])
    selector.get(later, says(later))
    expect([await ask(), await ask()]).toEqual([now, now])
  })

  it('finds a param on a path that another method has known as static', async () => {
    const selector = new Selector().post('/b', says('static'))
    expect((await send(selector, '/b')).status).toBe(405)
    selector.get('/:x', shows)
    expect((await find(selector, '/b')).vars).toEqual({ x: 'b' })
    selector.put('/b', says('put'))
    expect((await send(selector, { path: '/b', method: 'PUT' })).text).toBe('put')
  })

  it('finds a param on a path whose static route asks for more', async () => {
    const selector = new Selector().get('/b', says('static'), { host: 'other.example' })
    expect((await send(selector, '/b')).status).toBe(404)
    selector.get('/:x', shows)
    expect((await find(selector, '/b')).vars).toEqual({ x: 'b' })
  })

  it('knows a method from when a route has it', async () => {
    const selector = new Selector().get('/a', says('a'))
    expect((await send(selector, { path: '/a', method: 'QUERY' })).status).toBe(501)
    selector.add('/b', { QUERY: says('b') })
    expect((await send(selector, { path: '/a', method: 'QUERY' })).status).toBe(405)
  })
})

describe('environ', () => {
  it.each<[what: string, routes: (selector: Selector) => Selector, path: string, found: Partial<Shown>]>([
    [
      'of a static route',
      (selector) => selector.get('/a', shows),
      '/a',
      { script: '/a', path: '', vars: {}, methods: ['GET'], matches: ['/a'], args: [[], {}], route: '/a' },
    ],
    [
      'of the root',
      (selector) => selector.get('/', shows),
      '/',
      { script: '', path: '/', vars: {}, methods: ['GET'], matches: [''], args: [[], {}], route: '/' },
    ],
    [
      'of a param',
      (selector) => selector.get('/users/:id', shows),
      '/users/7',
      { script: '/users/7', path: '', vars: { id: '7' }, matches: ['/users/7'], args: [[], { id: '7' }] },
    ],
    [
      'of a slash at the end',
      (selector) => selector.get('/users/:id/', shows),
      '/users/7/',
      { script: '/users/7', path: '/', vars: { id: '7' }, matches: ['/users/7'], route: '/users/:id/' },
    ],
    [
      'of a wildcard',
      (selector) => selector.get('/f/*rest', shows),
      '/f/a%2Fb//c/',
      { script: '/f/a%2Fb//c', path: '/', vars: { rest: ['a/b', '', 'c', ''] }, matches: ['/f/a%2Fb//c'] },
    ],
    [
      'of an optional part that is there',
      (selector) => selector.get('/a{/:b}', shows),
      '/a/1',
      { script: '/a/1', vars: { b: '1' }, args: [[], { b: '1' }], route: '/a{/:b}' },
    ],
    [
      'of an optional part that is absent',
      (selector) => selector.get('/a{/:b}', shows),
      '/a',
      { script: '/a', vars: {}, args: [[], {}], route: '/a{/:b}' },
    ],
    [
      'of positional values',
      (selector) => {
        selector.parser = () => ({
          regexp: /^\/(\w)(?:-(\w))?\/(\w+)$/,
          keys: [...TEXTS, { type: 'param', name: 'c' }],
        })
        return selector.get('letters', shows)
      },
      '/a-b/c',
      {
        script: '/a-b/c',
        vars: { 0: 'a', 1: 'b', c: 'c' },
        args: [['a', 'b'], { c: 'c' }],
        route: 'letters',
      },
    ],
    [
      'of several methods',
      (selector) => selector.add('/a', { POST: says(''), GET: shows, _ANY_: says('') }),
      '/a',
      { methods: ['POST', 'GET', '_ANY_'] },
    ],
    [
      'of the one route alone that is met',
      (selector) => selector.post('/a', says('')).get('/:x', shows).put('/a', says('')),
      '/a',
      { methods: ['GET'], vars: { x: 'a' }, route: '/:x' },
    ],
  ])('%s', async (_what, routes, path, found) => {
    expect(await find(routes(new Selector()), path)).toMatchObject(found)
  })
  const TEXTS = [
    { type: 'text', name: 0 },
    { type: 'text', name: 1 },
  ] as const

  it('has what outer layers put there, behind the SCRIPT_NAME that was', async () => {
    const selector = new Selector().get('/:id/:tab', shows)
    const outer = {
      'wsgiorg.routing_args': [['p'], { id: 'outer', lang: 'de' }],
      'selector.matches': ['/shop'],
      'selector.vars': { lang: 'de' },
      'selector.methods': ['_ANY_'],
    }
    expect(await find(selector, '/7/likes', { SCRIPT_NAME: '/shop', ...outer })).toEqual({
      script: '/shop/7/likes',
      path: '',
      vars: { id: '7', tab: 'likes' },
      methods: ['GET'],
      matches: ['/shop', '/7/likes'],
      args: [['p'], { id: 'outer', lang: 'de', tab: 'likes' }],
      route: '/shop/:id/:tab',
    })
  })

  it('is a copy without inherited keys, and what came in is left as it was', () => {
    let seen: Environ | undefined
    const selector = new Selector().get('/:id', (environ) => {
      seen = environ
      return []
    })
    const args: RoutingEnviron['wsgiorg.routing_args'] = [['p'], { lang: 'de' }]
    const environ = environOf('/7', { 'wsgiorg.routing_args': args, 'selector.matches': ['/shop'] })
    const before = { ...environ }
    selector(environ, () => write)
    expect(environ).toEqual(before)
    expect(args).toEqual([['p'], { lang: 'de' }])
    expect(seen).not.toBe(environ)
    expect('toString' in seen!).toBe(false)
  })

  it('keeps the path with consumePath: false', async () => {
    const selector = new Selector({ consumePath: false }).get('/users/:id/', shows)
    expect(await find(selector, '/users/7/', { SCRIPT_NAME: '/shop' })).toEqual({
      script: '/shop',
      path: '/users/7/',
      vars: { id: '7' },
      methods: ['GET'],
      matches: ['/users/7'],
      args: [[], { id: '7' }],
      route: '/shop/users/:id/',
    })
  })

  it.each(['/a', '/:id', '{/:id}', '/*rest'])('has params that inherit nothing for %s', (pattern) => {
    let found: Found | undefined
    const selector = new Selector().get(pattern, (environ: Environ) => {
      found = environ as Found
      return []
    })
    selector(environOf('/a'), () => write)
    for (const params of [found!['selector.vars'], found!['wsgiorg.routing_args'][1]]) {
      expect('toString' in params).toBe(false)
      expect('__proto__' in params).toBe(false)
      expect(Reflect.ownKeys(Object.getPrototypeOf(params))).toEqual([])
    }
  })
})

describe('one request and the next', () => {
  it.each<[what: string, routes: (selector: Selector, app: Application) => unknown, path: string]>([
    ['a static path', (selector, app) => selector.get('/a', app), '/a'],
    ['a param', (selector, app) => selector.get('/:x', app), '/a'],
    ['a wildcard', (selector, app) => selector.get('/*x', app), '/a/b'],
    ['an expression', (selector, app) => selector.get('/:x-:y', app), '/a-b'],
    ['a param on a path that is static too', (s, app) => s.post('/a', says('')).get('/:x', app), '/a'],
    ['a wildcard on a path that is static too', (s, app) => s.post('/a/b', says('')).get('/*x', app), '/a/b'],
    ['a mounted application', (selector, app) => selector.mount('/:x', app), '/a/b'],
    ['a nested Selector', (selector, app) => selector.mount('/:x', new Selector().get('/:y', app)), '/a/b'],
    ['a chained Selector', (s, app) => Object.assign(s, { status404: new Selector().get('/:y', app) }), '/a'],
    ['a 404', (selector, app) => Object.assign(selector, { status404: app }), '/a'],
    ['a 405', (selector, app) => Object.assign(selector, { status405: app }).post('/a', says('')), '/a'],
    ['a route with a host', (selector, app) => selector.get('/:x', app, { host: '127.0.0.1' }), '/a'],
    [
      'a route with a schema',
      (selector, app) => selector.get('/:x', app, { params: schema(() => true) }),
      '/a',
    ],
    ['a group', (selector, app) => selector.group('/:x', [], (group) => group.get('/y', app)), '/a/y'],
  ])('have nothing in common on %s', async (_what, routes, path) => {
    const clean = new Selector()
    routes(clean, shows)
    const before = await find(clean, path)
    const selector = new Selector()
    routes(selector, vandal)
    expect(await find(selector, path)).toEqual(before)
    expect(await find(selector, path)).toEqual(before)
    expect(await find(clean, path)).toEqual(before)
  })

  it('have no list of methods in common', async () => {
    const seen: string[][] = []
    const selector = new Selector().get('/a', (environ: Environ, startResponse) => {
      const { 'selector.methods': methods } = environ as Found
      seen.push([...methods])
      try {
        ;(methods as string[]).push('leak')
      } catch {
        // It is frozen.
      }
      return says('')(environ, startResponse)
    })
    await send(selector, '/a')
    await send(selector, '/a')
    expect(seen).toEqual([['GET'], ['GET']])
  })

  it('have no params in common that were matched', () => {
    const selector = new Selector().get('/:x', says('')).get('/*y', says('')).post('/a', says(''))
    const first = selector.match('GET', '/a')!.params
    Object.assign(first, { x: 'changed', more: 1 })
    expect({ ...selector.match('GET', '/a')!.params }).toEqual({ x: 'a' })
    ;(selector.match('GET', '/a/b')!.params.y as string[]).push('more')
    expect({ ...selector.match('GET', '/a/b')!.params }).toEqual({ y: ['a', 'b'] })
  })

  /** Answers with what it finds, and then changes it, as far as it can. */
  function vandal(...[environ, startResponse]: Parameters<Application>): ReturnType<Application> {
    const body = shows(environ, startResponse)
    const found = environ as Partial<Found>
    const { 'wsgiorg.routing_args': args = [] } = found
    const all = [found['selector.vars'], found['selector.matches'], args, ...args]
    for (const value of all.flatMap((value) => [value, ...Object.values(value ?? {})])) {
      try {
        if (Array.isArray(value)) value.push('leak')
        else if (typeof value === 'object' && value !== null) Object.assign(value, { leak: 'leak' })
      } catch {
        // It is frozen.
      }
    }
    return body
  }
})

describe('add', () => {
  it('throws a PatternError for a pattern that is none', () => {
    expect(() => new Selector().get('/:id?', says(''))).toThrow(PatternError)
  })

  it.each<[methods: unknown, message: string]>([
    [{}, 'selector: pattern "/": must have applications by method, as in { GET: app }; got {}'],
    [null, 'selector: pattern "/": must have applications by method, as in { GET: app }; got null'],
    [undefined, 'selector: pattern "/": must have applications by method, as in { GET: app }; got undefined'],
    [[says('')], 'selector: pattern "/": must have applications by method, as in { GET: app }; got an array'],
    [says(''), 'selector: pattern "/": must have applications by method, as in { GET: app }; got function'],
    [
      new Selector(),
      'selector: pattern "/": must have applications by method, as in { GET: app }; got function',
    ],
    [
      Object.create({ GET: says('') }),
      'selector: pattern "/": must have applications by method, as in { GET: app }; got {}',
    ],
    [{ GET: 'home' }, 'selector: pattern "/": GET: must be an application, a function; got string'],
    [{ GET: undefined }, 'selector: pattern "/": GET: must be an application, a function; got undefined'],
    [
      { 'GET ': says('') },
      'selector: pattern "/": a method must be a token (RFC 9110 section 5.6.2); got "GET "',
    ],
    [{ '': says('') }, 'selector: pattern "/": a method must be a token (RFC 9110 section 5.6.2); got ""'],
    [
      { 'A\n': says('') },
      'selector: pattern "/": a method must be a token (RFC 9110 section 5.6.2); got "A\\n"',
    ],
  ])('throws for %o', (methods, message) => {
    const add = () => new Selector().add('/', methods as Record<string, Application>)
    expect(add).toThrow(new TypeError(message))
  })

  it('adds nothing when it throws', async () => {
    const selector = new Selector()
    expect(() => selector.add('/', { GET: says('home'), PUT: undefined as never })).toThrow(TypeError)
    expect(() => selector.get('/', says('home'), { host: ':' })).toThrow(PatternError)
    expect(() => selector.get('/', says('home'), { accept: 'html' })).toThrow(TypeError)
    expect((await send(selector)).status).toBe(404)
    expect(selector.routes()).toEqual([])
  })

  it('does not follow changes of the table', async () => {
    const methods = { GET: says('old') }
    const selector = new Selector().add('/', methods)
    methods.GET = says('new')
    expect((await send(selector)).text).toBe('old')
  })

  it.each<[method: string, add: (selector: Selector) => Selector]>([
    ['GET', (selector) => selector.get('/:id', says(''))],
    ['HEAD', (selector) => selector.head('/:id', says(''))],
    ['POST', (selector) => selector.post('/:id', says(''))],
    ['PUT', (selector) => selector.put('/:id', says(''))],
    ['PATCH', (selector) => selector.patch('/:id', says(''))],
    ['DELETE', (selector) => selector.delete('/:id', says(''))],
    ['OPTIONS', (selector) => selector.options('/:id', says(''))],
    ['_ANY_', (selector) => selector.any('/:id', says(''))],
  ])('has a short form for %s', (method, add) => {
    const selector = new Selector()
    expect(add(selector)).toBe(selector)
    expect(selector.routes()).toMatchObject([{ pattern: '/:id', methods: [method] }])
  })
})

describe('match', () => {
  it.each<[method: string, path: string, pattern: string | undefined, params?: object]>([
    ['GET', '/a', '/a', {}],
    ['HEAD', '/a', '/a', {}],
    ['POST', '/a', '/:x', { x: 'a' }],
    ['GET', '/b', undefined],
    ['PUT', '/a', undefined],
    ['GET', '/a/b', undefined],
    ['toString', '/a', undefined],
    ['GET', '/toString', undefined],
    ['POST', '/a%2Fb', '/:x', { x: 'a/b' }],
  ])('finds %s %s without running anything', (method, path, pattern, params) => {
    const broken: Application = () => {
      throw new Error('it ran')
    }
    const found = new Selector().get('/a', broken).post('/:x', broken).match(method, path)
    expect(found?.route.pattern).toBe(pattern)
    expect(found && { ...found.params }).toEqual(params)
  })

  it('is given what routes ask for', () => {
    const selector = new Selector()
      .get('/', says(''), { name: 'tenant', host: ':tenant.example' })
      .post('/', says(''), { name: 'json', contentType: 'application/json' })
      .get('/', says(''), { name: 'html', accept: 'text/html' })
      .get('/', says(''), { name: 'text', accept: 'text/plain' })
    const name = (method: string, environ: object) => selector.match(method, '/', environ)?.route.name
    expect(name('GET', { HTTP_HOST: 'a.example' })).toBe('tenant')
    expect(name('POST', {})).toBe(undefined)
    expect(name('POST', { CONTENT_TYPE: 'application/json; charset=utf-8' })).toBe('json')
    expect(name('GET', {})).toBe('html')
    expect(name('GET', { HTTP_ACCEPT: 'text/plain' })).toBe('text')
    expect(name('GET', { HTTP_ACCEPT: 'image/png' })).toBe(undefined)
  })

  it('gives a route of routes()', () => {
    const selector = new Selector().get('/a', says('')).get('/:x', says(''))
    expect(selector.match('GET', '/b')?.route).toBe(selector.routes()[1])
  })
})

describe('a hostile path', () => {
  const EIGHT = '{/:a}{/:b}{/:c}{/:d}{/:e}{/:f}{/:g}{/:h}'
  const selector = new Selector()
    .get('/', says(''))
    .get('/a/b/c', says(''))
    .get('/a/:x/c', says(''))
    .get('/:x/b/:y', says(''))
    .get('/:x-:y', says(''))
    .get('/:x-:y-:z/d', says(''))
    .get(`/opt${EIGHT}`, says(''))
    .get('/f/*rest/end', says(''))
    .mount('/m', says(''))
  const matched = (path: string) => selector.match('GET', path)?.route.pattern

  it.each<[what: string, path: string, pattern: string | undefined]>([
    ['of one very long segment', `/${'x'.repeat(1e6)}`, undefined],
    ['of one very long segment with what stands between params', `/${'-'.repeat(1e6)}`, '/:x-:y'],
    ['of very many segments', '/x'.repeat(1e5), undefined],
    ['of very many empty segments', '/'.repeat(1e6), undefined],
    ['of very many segments on many optionals', `/opt${'/x'.repeat(1e5)}`, undefined],
    ['that fills many optionals', `/opt${'/x'.repeat(8)}`, `/opt${EIGHT}`],
    ['of very many segments on a wildcard', `/f${'/x'.repeat(1e5)}`, undefined],
    ['of very many segments that end as they must', `/f${'/x'.repeat(1e5)}/end`, '/f/*rest/end'],
    ['of very many segments below a mount', `/m${'/x'.repeat(1e5)}`, '/m'],
    ['of very many escapes', `/${'%252F'.repeat(1e5)}-${'%2F'.repeat(1e5)}`, '/:x-:y'],
    ['of what objects inherit', '/__proto__/b/constructor', '/:x/b/:y'],
    ['of a lone half of a pair', '/a/\ud83d/c', '/a/:x/c'],
    ['of control characters', '/a/\n\r\t/c', '/a/:x/c'],
    ['that begins with no slash', 'xabc-d', undefined],
    ['that begins with no slash and goes on as one that fits', 'xa/b/c', undefined],
    ['that begins with no slash and has params', 'xq/b/c', undefined],
  ])('%s is met as any other', (_what, path, pattern) => {
    expect(matched(path)).toBe(pattern)
  })

  it.each<[what: string, unit: string]>([
    ['segments', '/x'],
    ['empty segments', '/'],
    ['dashes', '-'],
    ['the end of a wildcard, and more behind it', '/end/f'],
    ['segments that are known', '/a/b'],
    ['escaped slashes', '%252F'],
  ])(
    'of %s takes linear time',
    async (_what, unit) => {
      const make = (length: number) => `/f/${unit.repeat(length / unit.length)}`
      await expectLinear(make, matched)
    },
    60_000,
  )

  it('takes linear time on many optionals, and on what they leave', async () => {
    const many = new Selector()
      .get(`${EIGHT}/end`, says(''))
      .get(`/x${EIGHT.replaceAll('/', '-')}/end`, says(''))
    await expectLinear(
      (length) => '/x'.repeat(length / 2),
      (path) => many.match('GET', path),
    )
    await expectLinear(
      (length) => `/x${'-x'.repeat(length / 2)}`,
      (path) => many.match('GET', path),
    )
  }, 60_000)
})

interface Found extends Environ, RoutingEnviron<Record<string, unknown>> {
  'selector.vars': Record<string, unknown>
  'selector.methods': readonly string[]
  'selector.matches': readonly string[]
}

function environOf(path: string, changes: object = {}): Environ {
  return setupTestingDefaults({ SCRIPT_NAME: '', PATH_INFO: path, ...changes })
}

async function write() {}

/** One for all params. */
function schema(
  fits: (params: object) => boolean,
  make: (params: unknown) => unknown = (params) => params,
): StandardSchema<object, object> {
  const validate = (params: unknown) =>
    fits(params as object) ? { value: make(params) as object } : { issues: [{ message: 'unfit' }] }
  return { '~standard': { version: 1, vendor: 'test', validate } }
}
