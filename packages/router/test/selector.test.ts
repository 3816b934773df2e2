import {
  type Application,
  type Body,
  type Environ,
  type Header,
  type RoutingEnviron,
  readBody,
  type Status,
  setupTestingDefaults,
} from '@tsgi/core'
import { readSegment } from '@tsgi/core/gateway'
import fc from 'fast-check'
import { match } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { PatternError, Selector } from '../src/index.ts'

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
    const selector = new Selector().add('/', { GET: says('home') })
    const bound: Application = selector.bind(undefined)
    expect(await get(bound, '/')).toMatchObject({ text: 'home' })
  })

  it('keeps the routes of each instance apart', async () => {
    const first = new Selector().add('/', { GET: says('first') })
    const second = new Selector().add('/', { GET: says('second') })
    expect(await get(first, '/')).toMatchObject({ text: 'first' })
    expect(await get(second, '/')).toMatchObject({ text: 'second' })
  })

  it('can be extended', async () => {
    class Site extends Selector {
      home = says('home')
    }
    const site = new Site()
    site.add('/', { GET: site.home })
    expect(site).toBeInstanceOf(Site)
    expect(site.name).toBe('Site')
    expect(await get(site, '/')).toMatchObject({ text: 'home' })
  })

  it('answers with what a synchronous application returns, without a promise', () => {
    const body = [new Uint8Array([1])]
    const selector = new Selector().add('/:id', { GET: () => body })
    expect(selector(environOf('/7'), () => write)).toBe(body)
  })

  it('gives back the promise of an asynchronous application', () => {
    const promise = Promise.resolve([])
    const selector = new Selector().add('/', { GET: () => promise })
    expect(selector(environOf('/'), () => write)).toBe(promise)
  })

  it('lets what an application throws pass', () => {
    const selector = new Selector().add('/', {
      GET: () => {
        throw new RangeError('broken')
      },
    })
    expect(() => selector(environOf('/'), () => write)).toThrow(RangeError)
  })

  it('can be grown while it serves', async () => {
    const selector = new Selector()
    expect(await get(selector, '/')).toMatchObject({ status: '404 Not Found' })
    selector.add('/', { GET: says('home') })
    expect(await get(selector, '/')).toMatchObject({ text: 'home' })
  })
})

describe('dispatch', () => {
  const cases: [what: string, routes: [string, string[]][], method: string, path: string, answer: string][] =
    [
      [
        'the first route that fits',
        [
          ['/:a', ['GET']],
          ['/b', ['GET']],
        ],
        'GET',
        '/b',
        '/:a GET',
      ],
      [
        'a static route before a param',
        [
          ['/b', ['GET']],
          ['/:a', ['GET']],
        ],
        'GET',
        '/b',
        '/b GET',
      ],
      [
        'past a route without the method',
        [
          ['/b', ['GET']],
          ['/:a', ['POST']],
        ],
        'POST',
        '/b',
        '/:a POST',
      ],
      ['_ANY_ for what is not named', [['/b', ['GET', '_ANY_']]], 'PUT', '/b', '/b _ANY_'],
      ['the named method before _ANY_', [['/b', ['_ANY_', 'PUT']]], 'PUT', '/b', '/b PUT'],
      [
        'an earlier _ANY_ before a later name',
        [
          ['/b', ['_ANY_']],
          ['/b', ['GET']],
        ],
        'GET',
        '/b',
        '/b _ANY_',
      ],
      ['HEAD from GET', [['/b', ['GET']]], 'HEAD', '/b', '/b GET'],
      ['HEAD from HEAD', [['/b', ['GET', 'HEAD']]], 'HEAD', '/b', '/b HEAD'],
      ['HEAD from GET before _ANY_', [['/b', ['_ANY_', 'GET']]], 'HEAD', '/b', '/b GET'],
      [
        'HEAD from an earlier GET',
        [
          ['/b', ['GET']],
          ['/b', ['HEAD']],
        ],
        'HEAD',
        '/b',
        '/b GET',
      ],
      ['any token', [['/b', ['QUERY', 'M-SEARCH']]], 'M-SEARCH', '/b', '/b M-SEARCH'],
      ['methods by their case', [['/b', ['get']]], 'GET', '/b', '405 get'],
      ['no method that every object has', [['/b', ['GET']]], 'constructor', '/b', '405 GET, HEAD'],
      ['405 with HEAD where GET is', [['/b', ['GET', 'POST']]], 'PUT', '/b', '405 GET, HEAD, POST'],
      ['405 with HEAD beside GET', [['/b', ['GET', 'POST', 'HEAD']]], 'PUT', '/b', '405 GET, HEAD, POST'],
      ['405 without repeats', [['/b', ['HEAD', 'GET']]], 'PUT', '/b', '405 HEAD, GET'],
      [
        '405 with the methods of each route that fits',
        [
          ['/b', ['POST']],
          ['/c', ['PATCH']],
          ['/:a', ['PUT', 'POST']],
          ['{/b}', ['GET']],
        ],
        'DELETE',
        '/b',
        '405 POST, PUT, GET, HEAD',
      ],
      ['404', [['/b', ['_ANY_']]], 'GET', '/c', '404'],
      ['404 on an empty path', [['/', ['GET']]], 'GET', '', '404'],
      ['the empty pattern on an empty path', [['', ['OPTIONS']]], 'OPTIONS', '', ' OPTIONS'],
    ]
  it.each(cases)('gives %s', async (_what, routes, method, path, answer) => {
    expect(await answerOf(selectorOf(routes), method, path)).toBe(answer)
  })

  it('equals asking each pattern in turn', async () => {
    const params = [
      '/:x',
      '/a/:x',
      '/:x/b',
      '/:x/:y',
      '/:x-:y',
      '/:x-b',
      '/a{/:x}',
      '{/:x}/b',
      '/a{/:x{/:y}}',
    ]
    const others = ['', '/', '/a', '/a/b', '/a{/b}', '/a-b', '/*w', '/a/*w', '/*w/b', '/*v/a/*w', '/a/']
    const pattern = fc.constantFrom(...params, ...others)
    const methods = fc.uniqueArray(fc.constantFrom('GET', 'HEAD', 'POST', '_ANY_'), { minLength: 1 })
    const routes = fc.array(fc.tuple(pattern, methods), { maxLength: 8 })
    const segment = fc.constantFrom('a', 'b', '', 'a-b', 'a%2Fb', 'B')
    const path = fc.array(segment, { maxLength: 3 }).map((segments) => segments.map((s) => `/${s}`).join(''))
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT')
    await fc.assert(
      fc.asyncProperty(routes, method, path, async (routes, method, path) => {
        expect(await answerOf(selectorOf(routes), method, path)).toBe(naiveAnswer(routes, method, path))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('environ', () => {
  it('gets the params as routing_args', async () => {
    const { seen } = await visit(new Selector(), '/users/:id/*rest', '/users/7/a/b')
    expect(seen['wsgiorg.routing_args']).toEqual([[], { id: '7', rest: ['a', 'b'] }])
    expect(Object.getPrototypeOf(seen['wsgiorg.routing_args'][1])).toBe(null)
  })

  it('is the one that came in, where no outer router wrote to it', async () => {
    const { seen, environ } = await visit(new Selector(), '/:id', '/7')
    expect(seen).toBe(environ)
  })

  it('keeps the path', async () => {
    const { seen } = await visit(new Selector(), '/:id', '/7', { SCRIPT_NAME: '/shop' })
    expect(seen).toMatchObject({ SCRIPT_NAME: '/shop', PATH_INFO: '/7' })
  })

  it('shows the params of one request to no other', async () => {
    const seen: object[] = []
    const selector = new Selector().add('/a{/:b}', {
      GET: (environ, startResponse) => {
        seen.push({ ...environ['wsgiorg.routing_args'][1] })
        return says('')(environ, startResponse)
      },
    })
    await get(selector, '/a/1')
    await get(selector, '/a')
    expect(seen).toEqual([{ b: '1' }, {}])
  })

  it('gathers params through nesting, in a copy, and the outer one wins', async () => {
    const outerArgs: RoutingEnviron['wsgiorg.routing_args'] = [['p'], { id: 'outer', lang: 'de' }]
    const { seen, environ } = await visit(new Selector(), '/:id/:tab', '/inner/likes', {
      'wsgiorg.routing_args': outerArgs,
    })
    expect(seen['wsgiorg.routing_args']).toEqual([['p'], { id: 'outer', lang: 'de', tab: 'likes' }])
    expect(environ).toHaveProperty('wsgiorg.routing_args', outerArgs)
    expect(outerArgs).toEqual([['p'], { id: 'outer', lang: 'de' }])
    expect('toString' in seen).toBe(false)
  })

  it('gets nothing when nothing matches', async () => {
    const environ = environOf('/c')
    const before = { ...environ }
    await answer(new Selector().add('/:a/:b', { GET: says('') }), environ)
    expect(environ).toEqual(before)
    expect(environ['tsgi.exchange'].route).toBe(undefined)
  })

  it('tells the exchange the pattern, after the SCRIPT_NAME', async () => {
    const { environ } = await visit(new Selector(), '/users/:id', '/users/7', { SCRIPT_NAME: '/shop' })
    expect(environ['tsgi.exchange'].route).toBe('/shop/users/:id')
  })

  it('tells the exchange the innermost pattern', async () => {
    const inner = new Selector().add('/users/:id', { GET: says('') })
    const { environ } = await get(new Selector().add('/*all', { GET: inner }), '/users/7')
    expect(environ['tsgi.exchange'].route).toBe('/users/:id')
  })
})

describe('status404', () => {
  it('is a short page in plain text', async () => {
    expect(await get(new Selector(), '/')).toMatchObject({
      status: '404 Not Found',
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      text: '404 Not Found\n',
    })
  })

  it('can be replaced', async () => {
    const selector = new Selector()
    selector.status404 = says('nothing here')
    expect(await get(selector, '/')).toMatchObject({ text: 'nothing here' })
  })

  it('chains Selectors', async () => {
    const first = new Selector().add('/a', { GET: says('a') })
    first.status404 = new Selector().add('/:id', { GET: says('b') })
    expect(await get(first, '/a')).toMatchObject({ text: 'a' })
    expect(await get(first, '/b')).toMatchObject({ text: 'b' })
    expect(await get(first, '/b/c')).toMatchObject({ status: '404 Not Found' })
  })
})

describe('status405', () => {
  it('is a short page in plain text with Allow', async () => {
    expect(await get(new Selector().add('/', { POST: says('') }), '/')).toMatchObject({
      status: '405 Method Not Allowed',
      headers: [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Allow', 'POST'],
      ],
      text: '405 Method Not Allowed\n',
    })
  })

  it('can be replaced, and finds the methods', async () => {
    const selector = new Selector().add('/', { POST: says(''), PUT: says('') })
    selector.status405 = (environ, startResponse) =>
      says(environ['selector.methods'].join())(environ, startResponse)
    expect(await get(selector, '/')).toMatchObject({ text: 'POST,PUT' })
  })

  it('of an inner Selector leaves the methods of the outer one alone', async () => {
    const inner = new Selector().add('/', { PUT: says('') })
    const outer = new Selector().add('/', { POST: says('') })
    outer.status405 = inner
    const { headers, environ } = await get(outer, '/')
    expect(headers).toContainEqual(['Allow', 'PUT'])
    expect(environ).toHaveProperty(['selector.methods'], ['POST'])
  })
})

describe('add', () => {
  it('throws a PatternError for a pattern that is none', () => {
    expect(() => new Selector().add('/:id?', { GET: says('') })).toThrow(PatternError)
  })

  it.each<[methods: unknown, message: string]>([
    [{}, 'selector: pattern "/": must have applications by method, as in { GET: app }; got {}'],
    [null, 'selector: pattern "/": must have applications by method, as in { GET: app }; got null'],
    [undefined, 'selector: pattern "/": must have applications by method, as in { GET: app }; got undefined'],
    [says(''), 'selector: pattern "/": must have applications by method, as in { GET: app }; got function'],
    [
      new Selector(),
      'selector: pattern "/": must have applications by method, as in { GET: app }; got function',
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
    expect(await get(selector, '/')).toMatchObject({ status: '404 Not Found' })
  })

  it('does not follow changes of the table', async () => {
    const methods = { GET: says('old') }
    const selector = new Selector().add('/', methods)
    methods.GET = says('new')
    expect(await get(selector, '/')).toMatchObject({ text: 'old' })
  })
})

interface Answer {
  status: Status | undefined
  headers: readonly Header[]
  text: string
  environ: Environ
}

const get = (app: Application, path: string): Promise<Answer> => answer(app, environOf(path))

async function answer(app: Application, environ: Environ): Promise<Answer> {
  let status: Status | undefined
  let headers: readonly Header[] = []
  const body = await app(environ, (newStatus, newHeaders) => {
    status = newStatus
    headers = newHeaders
    return write
  })
  return { status, headers, text: new TextDecoder().decode(await readBody(body)), environ }
}

function environOf(path: string, more: object = {}): Environ {
  return setupTestingDefaults({ SCRIPT_NAME: '', PATH_INFO: path, ...more })
}

/** Adds a route that keeps the environ it sees, and asks for the path. */
async function visit(selector: Selector, pattern: string, path: string, more: object = {}) {
  let seen: (Environ & RoutingEnviron<object>) | undefined
  selector.add(pattern, {
    GET: (environ, startResponse) => {
      seen = environ
      return says('')(environ, startResponse)
    },
  })
  const { environ } = await answer(selector, environOf(path, more))
  return { seen: seen!, environ }
}

function says(text: string): Application {
  return (_environ, startResponse): Body => {
    startResponse('200 OK', [])
    return [new TextEncoder().encode(text)]
  }
}

async function write() {}

function selectorOf(routes: [pattern: string, methods: string[]][]): Selector {
  const selector = new Selector()
  for (const [pattern, methods] of routes) {
    selector.add(pattern, Object.fromEntries(methods.map((method) => [method, says(`${pattern} ${method}`)])))
  }
  return selector
}

/** The text of the application that answers, or `404`, or `405` with the methods. */
async function answerOf(selector: Selector, method: string, path: string): Promise<string> {
  const { status, headers, text } = await answer(selector, environOf(path, { REQUEST_METHOD: method }))
  if (status === '404 Not Found') return '404'
  if (status === '405 Method Not Allowed') return `405 ${headers.find(([name]) => name === 'Allow')?.[1]}`
  return text
}

function naiveAnswer(routes: [pattern: string, methods: string[]][], method: string, path: string): string {
  const allowed: string[] = []
  for (const [pattern, methods] of routes) {
    if (!match(pattern, { sensitive: true, trailing: false, decode: readSegment })(path)) continue
    const candidates = method === 'HEAD' ? ['HEAD', 'GET', '_ANY_'] : [method, '_ANY_']
    const found = candidates.find((candidate) => methods.includes(candidate))
    if (found) return `${pattern} ${found}`
    for (const name of methods) {
      allowed.push(name)
      if (name === 'GET') allowed.push('HEAD')
    }
  }
  if (allowed.length === 0) return '404'
  return `405 ${allowed.filter((name, index) => allowed.indexOf(name) === index).join(', ')}`
}
