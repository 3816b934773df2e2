import { type Application, describe as layersOf, type Middleware, stack, text } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { type Route, Selector, selectorExpressions } from '../src/index.ts'

const app: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return text('')
}

/** A layer that does nothing but have a name. */
function layer(name: string): Middleware {
  return (app) =>
    Object.defineProperty(((environ, startResponse) => app(environ, startResponse)) as typeof app, 'name', {
      value: name,
    })
}

/** A route, as it is listed. */
function listed(pattern: string, more: Partial<Route> = {}): object {
  return { pattern, methods: ['GET'], name: undefined, host: undefined, layers: [], ...more }
}

describe('routes', () => {
  it('lists each in order of registration, those of groups among them', () => {
    const selector = new Selector({ mappings: [['/mapped', { GET: app }]] })
    selector.get('/', app)
    selector.group('/g', [], (group) => {
      group.get('', app)
      group.group('/h', [], (inner) => inner.get('/:id', app))
      group.get('/z', app)
      selector.get('/between', app)
    })
    selector.mount('/m/', app)
    selector.slurp([['/s', { GET: app }]])
    selector.get('/', app)
    expect(selector.routes()).toEqual(
      ['/mapped', '/', '/g', '/g/h/:id', '/g/z', '/between']
        .map((pattern) => listed(pattern))
        .concat([listed('/m/', { methods: ['_ANY_'] }), listed('/s'), listed('/')]),
    )
  })

  it('has exactly five enumerable fields', () => {
    const [route] = new Selector().get('/a', app).routes()
    expect(Object.keys(route!)).toEqual(['pattern', 'methods', 'name', 'host', 'layers'])
    expect(JSON.parse(JSON.stringify(route))).toEqual({ pattern: '/a', methods: ['GET'], layers: [] })
  })

  it.each<[what: string, add: (selector: Selector) => unknown, route: object]>([
    ['its name', (s) => s.get('/a', app, { name: 'a' }), listed('/a', { name: 'a' })],
    [
      'its host, as it was given',
      (s) => s.get('/a', app, { host: ':T.Example.com' }),
      listed('/a', { host: ':T.Example.com' }),
    ],
    ['its prefix', (s) => s.get('/a', app, { prefix: '/p' }), listed('/p/a')],
    [
      'its methods as they were named, in their order',
      (s) => s.add('/a', { PUT: app, _ANY_: app, GET: app, 'M-SEARCH': app }),
      listed('/a', { methods: ['PUT', '_ANY_', 'GET', 'M-SEARCH'] }),
    ],
    [
      'HEAD only where it was named',
      (s) => s.add('/a', { HEAD: app, GET: app }),
      listed('/a', { methods: ['HEAD', 'GET'] }),
    ],
    [
      'a pattern of another language',
      (s) => s.slurp([['/{id:digits}|', { GET: app }]], { parser: selectorExpressions }),
      listed('/{id:digits}|'),
    ],
    ['a method by its shorthand', (s) => s.delete('/a', app), listed('/a', { methods: ['DELETE'] })],
    ['any method', (s) => s.any('/a', app), listed('/a', { methods: ['_ANY_'] })],
  ])('tells %s', (_what, add, route) => {
    const selector = new Selector()
    add(selector)
    expect(selector.routes()).toEqual([route])
  })

  it('tells the layers that stack has put around an application, outermost first', () => {
    const layered = stack().use(layer('first')).use(layer('second')).run(app)
    const [route] = new Selector().get('/a', layered).routes()
    expect(route!.layers).toEqual(['first', 'second'])
    expect(route!.layers).toEqual(layersOf(layered))
  })

  it('tells those of groups before those of stacks', () => {
    const layered = stack().use(layer('stack')).run(app)
    const selector = new Selector().group('/g', [layer('outer'), layer('inner')], (group) => {
      group.get('/a', layered)
      group.group('/h', [layer('innermost')], (inner) => inner.get('/b', layered).get('/c', app))
      group.group('/i', [], (inner) => inner.get('/d', app))
    })
    selector.get('/e', layered)
    expect(selector.routes().map(({ pattern, layers }) => [pattern, layers])).toEqual([
      ['/g/a', ['outer', 'inner', 'stack']],
      ['/g/h/b', ['outer', 'inner', 'innermost', 'stack']],
      ['/g/h/c', ['outer', 'inner', 'innermost']],
      ['/g/i/d', ['outer', 'inner']],
      ['/e', ['stack']],
    ])
  })

  it.each<[what: string, applications: Application[], layers: string[]]>([
    ['the same', [run('a', 'b'), run('a', 'b')], ['a', 'b']],
    ['one longer than the other', [run('a', 'b'), run('a')], ['a']],
    ['one shorter than the other', [run('a'), run('a', 'b')], ['a']],
    ['different inside', [run('a', 'b', 'x'), run('a', 'c', 'x')], ['a']],
    ['different outside', [run('a', 'x'), run('b', 'x')], []],
    ['none around one', [run('a'), app], []],
  ])('of several applications tells the layers that are around all: %s', (_what, [get, post], layers) => {
    const selector = new Selector().add('/a', { GET: get!, POST: post! })
    expect(selector.routes()[0]!.layers).toEqual(layers)
  })

  it('tells those around an inner Selector', () => {
    const inner = new Selector().get('/a', app)
    const selector = new Selector().mount('/m', stack().use(layer('around')).run(inner))
    expect(selector.routes()[0]!.layers).toEqual(['around'])
  })

  it('is a list of its own', () => {
    const selector = new Selector().get('/a', app).get('/b', app)
    selector.routes().pop()
    selector.routes().reverse()
    expect(selector.routes()).toEqual([listed('/a'), listed('/b')])
  })

  it('of a group is that of the whole', () => {
    let inGroup: object[] = []
    const selector = new Selector().get('/a', app).group('/g', [], (group) => {
      group.get('/b', app)
      inGroup = group.routes()
    })
    expect(inGroup).toEqual(selector.routes())
  })

  it('has the route that match finds', () => {
    const selector = new Selector().get('/a', app).get('/:id', app)
    expect(selector.match('GET', '/a')?.route).toBe(selector.routes()[0])
    expect(selector.match('GET', '/b')?.route).toBe(selector.routes()[1])
  })

  // No server gives such a PATH_INFO, but `match` is for everybody.
  it('has none that fits a path which does not begin with a slash', () => {
    const selector = new Selector().get('/:a', app).get('/:a/c', app).get('/b/c', app)
    expect(selector.match('GET', 'users')).toBe(undefined)
  })

  it('has tokens, schemas and applications, which are not enumerable', () => {
    const schema = {
      '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
    }
    const [route] = new Selector().get('/:id', app, { params: { id: schema } }).routes()
    expect(route!.tokens).toEqual([
      { type: 'text', value: '/' },
      { type: 'param', name: 'id' },
    ])
    expect(route!.schemas).toEqual({ id: schema })
    expect([...route!.applications]).toEqual([
      ['GET', app],
      ['HEAD', app],
    ])
    const [other] = new Selector({ parser: () => ({ regexp: /^\/a$/ }) }).get('', app).routes()
    expect(other!.tokens).toBe(undefined)
    expect(other!.schemas).toBe(undefined)
  })

  // An application that changes what it was given would change it for all that come after.
  it('is not changed by what an application does with selector.methods', async () => {
    const meddling: Application = (environ, startResponse) => {
      try {
        ;(environ as unknown as { 'selector.methods': string[] })['selector.methods'].push('BREW')
      } catch {
        // Frozen.
      }
      return app(environ, startResponse)
    }
    const selector = new Selector().get('/a', meddling)
    await send(selector, '/a')
    expect(selector.routes()[0]!.methods).toEqual(['GET'])
  })

  it('shares no list with the next request that an application could change, by routing_args', async () => {
    const seen: unknown[] = []
    const meddling: Application = (environ, startResponse) => {
      const {
        'wsgiorg.routing_args': [positional],
      } = environ as unknown as { 'wsgiorg.routing_args': [string[], object] }
      seen.push([...positional])
      positional.push('of this request')
      return app(environ, startResponse)
    }
    const selector = new Selector().get('/a', meddling).get('/b/:id', meddling).get('/c/*rest', meddling)
    for (const path of ['/a', '/a', '/b/7', '/b/7', '/c/x', '/c/x']) await send(selector, path)
    expect(seen).toEqual([[], [], [], [], [], []])
  })
})

function run(...names: string[]): Application {
  let layers = stack()
  for (const name of names) layers = layers.use(layer(name))
  return layers.run(app)
}
