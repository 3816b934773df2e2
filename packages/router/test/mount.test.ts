import { type Application, cascade, type Environ, mount } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { Selector } from '../src/index.ts'
import { find, requestFor, type Shown, says, shownOf, shows } from './applications.ts'

describe('mount', () => {
  it.each<[pattern: string, path: string, script: string, rest: string, vars?: object]>([
    ['/api', '/api', '/api', ''],
    ['/api', '/api/', '/api', '/'],
    ['/api', '/api//', '/api', '//'],
    ['/api', '/api/x/y/', '/api', '/x/y/'],
    ['/api', '/api//x', '/api', '//x'],
    ['/api', '/api/../x', '/api', '/../x'],
    ['/api', '/api/%2Fx', '/api', '/%2Fx'],
    ['/api/', '/api', '/api', ''],
    ['/api/', '/api/x', '/api', '/x'],
    ['/api//', '/api//x', '/api', '//x'],
    ['/', '/', '', '/'],
    ['/', '/x', '', '/x'],
    ['/', '//x', '', '//x'],
    ['', '/x', '', '/x'],
    ['/a%2Fb', '/a%2Fb/c', '/a%2Fb', '/c'],
    ['/:x', '/a', '/a', '', { x: 'a' }],
    ['/:x', '/a/', '/a', '/', { x: 'a' }],
    ['/:x', '/a/b', '/a', '/b', { x: 'a' }],
    ['/:x', '/a%2Fb/c', '/a%2Fb', '/c', { x: 'a/b' }],
    ['/:x/', '/a/b', '/a', '/b', { x: 'a' }],
    ['/:x-:y', '/a-b-c/d', '/a-b-c', '/d', { x: 'a', y: 'b-c' }],
    ['/a{/:x}', '/a', '/a', ''],
    ['/a{/:x}', '/a/', '/a', '/'],
    ['/a{/:x}', '/a/b/c', '/a/b', '/c', { x: 'b' }],
    ['/a{/:x}', '/a//b', '/a', '//b'],
    ['/a{/}', '/a/b', '/a', '/b'],
    ['/*w/api', '/a/b/api/c', '/a/b/api', '/c', { w: ['a', 'b'] }],
    ['/f/*w', '/f/a/b/', '/f/a/b', '/', { w: ['a', 'b'] }],
    ['/f/*w', '/f/a//', '/f/a', '//', { w: ['a'] }],
    ['/__proto__', '/__proto__/toString', '/__proto__', '/toString'],
  ])('of %s on %s leaves %j: %j', async (pattern, path, script, rest, vars = {}) => {
    const found = await find(new Selector().mount(pattern, shows), path)
    expect(found).toMatchObject({ script, path: rest, vars, matches: [script], methods: ['_ANY_'] })
  })

  it.each<[pattern: string, path: string]>([
    ['/api', '/apiary'],
    ['/api', '/api%2Fx'],
    ['/api', '/API'],
    ['/api', '//api'],
    ['/api', '/x/api'],
    ['/api', '/'],
    ['/api//x', '/api/x'],
    ['/:x', '/'],
    ['/:x', '//a'],
    ['/:x-:y', '/a/b-c'],
    ['/*w', '/'],
    // What is fitted does not end in a slash, and a wildcard fits more than nothing.
    ['/*w', '//'],
    ['/f/*w', '/f/'],
    ['/f/*w', '/f//'],
  ])('of %s does not fit %s', async (pattern, path) => {
    expect((await send(new Selector().mount(pattern, shows), requestFor(path))).status).toBe(404)
  })

  it.each(['/', '', '{/x}'])('of %j takes the empty path of OPTIONS *', async (pattern) => {
    const app = new Selector().mount(pattern, shows)
    expect(await find(app, '', { REQUEST_METHOD: 'OPTIONS' })).toMatchObject({ script: '', path: '' })
  })

  it.each(['GET', 'POST', 'QUERY', 'get', '_ANY_', 'OPTIONS'])('takes %s', async (method) => {
    const app = new Selector().mount('/a', shows)
    expect(await find(app, '/a/b', { REQUEST_METHOD: method })).toMatchObject({ path: '/b' })
  })

  it('stands among the routes in its order', async () => {
    const app = new Selector()
      .get('/a/b', says('before'))
      .mount('/a', says('mounted'))
      .get('/a/c', says('behind'))
    expect((await send(app, '/a/b')).text).toBe('before')
    expect((await send(app, '/a/c')).text).toBe('mounted')
    expect((await send(app, { path: '/a/b', method: 'POST' })).text).toBe('mounted')
  })

  it('fits in whatever case with sensitive: false, and leaves the path as it was written', async () => {
    const app = new Selector({ sensitive: false }).mount('/api/:x', shows)
    expect(await find(app, '/API/Ab/Cd')).toMatchObject({ script: '/API/Ab', path: '/Cd', vars: { x: 'Ab' } })
  })

  it.each(['strict', 'redirect', 'ignore'] as const)(
    'keeps its slashes with trailingSlash: %s',
    async (trailingSlash) => {
      const app = new Selector({ trailingSlash }).mount('/api', shows)
      expect(await find(app, '/api/')).toMatchObject({ script: '/api', path: '/' })
      expect(await find(app, '/api/x/')).toMatchObject({ script: '/api', path: '/x/' })
      expect(await find(app, '/api')).toMatchObject({ script: '/api', path: '' })
    },
  )
})

describe('Selectors in one another', () => {
  it('find their part each, and leave what came in as it was', async () => {
    const seen: Shown[] = []
    const watch =
      (app: Application): Application =>
      async (environ, startResponse) => {
        const before = shownOf(environ)
        const body = await app(environ, startResponse)
        expect({ ...shownOf(environ), route: before.route }).toEqual(before)
        seen.push(before)
        return body
      }
    const third = new Selector().get('/:c{/:b}', watch(shows))
    const second = new Selector().mount('/:b/x/:a', watch(third))
    const first = new Selector().mount('/:a', watch(second))
    await find(first, '/1/2/x/3/4/5', { SCRIPT_NAME: '/shop' })
    expect(seen.reverse()).toEqual([
      {
        script: '/shop/1',
        path: '/2/x/3/4/5',
        vars: { a: '1' },
        methods: ['_ANY_'],
        matches: ['/1'],
        args: [[], { a: '1' }],
        route: '/shop/:a',
      },
      {
        script: '/shop/1/2/x/3',
        path: '/4/5',
        vars: { b: '2', a: '3' },
        methods: ['_ANY_'],
        matches: ['/1', '/2/x/3'],
        args: [[], { a: '1', b: '2' }],
        route: '/shop/:a/:b/x/:a',
      },
      {
        script: '/shop/1/2/x/3/4/5',
        path: '',
        vars: { c: '4', b: '5' },
        methods: ['GET'],
        matches: ['/1', '/2/x/3', '/4/5'],
        args: [[], { a: '1', b: '2', c: '4' }],
        route: '/shop/:a/:b/x/:a/:c{/:b}',
      },
    ])
  })

  it('gather positional values in their order', async () => {
    const letters = (open: boolean) => () => ({
      regexp: open ? /^\/(\w)-(\w)/ : /^\/(\w)-(\w)$/,
      keys: [
        { type: 'text', name: 0 },
        { type: 'text', name: 1 },
      ] as const,
    })
    const inner = new Selector({ parser: letters(false) }).get('letters', shows)
    const outer = new Selector({ parser: letters(true) }).any('letters', inner)
    expect(await find(outer, '/a-b/c-d')).toMatchObject({
      args: [['a', 'b', 'c', 'd'], {}],
      vars: { 0: 'c', 1: 'd' },
      script: '/a-b/c-d',
    })
  })

  it('let the outer value of a name win over an optional one and over a list', async () => {
    const app = new Selector().mount('/:w', new Selector().get('/*w', shows))
    expect(await find(app, '/a/b/c')).toMatchObject({ vars: { w: ['b', 'c'] }, args: [[], { w: 'a' }] })
  })

  it('take params of the names of what objects inherit', async () => {
    const app = new Selector().mount('/:__proto__', new Selector().get('/:constructor/:toString', shows))
    const { args } = await find(app, '/a/b/c')
    expect(Object.entries(args[1]!).sort()).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ])
  })

  it('with consumePath: false hand the whole path on', async () => {
    const inner = new Selector().get('/:t/users/:id', shows)
    expect(await find(new Selector({ consumePath: false }).mount('/:t', inner), '/a/users/7')).toMatchObject({
      script: '/a/users/7',
      path: '',
      matches: ['/a', '/a/users/7'],
      args: [[], { t: 'a', id: '7' }],
      route: '/:t/users/:id',
    })
    const keeping = new Selector({ consumePath: false }).get('/users/:id', shows)
    expect(await find(new Selector().mount('/:t', keeping), '/a/users/7')).toMatchObject({
      script: '/a',
      path: '/users/7',
      matches: ['/a', '/users/7'],
      route: '/:t/users/:id',
    })
  })

  it('can be the same one, again and again', async () => {
    const tree = new Selector().get('/', shows)
    tree.mount('/:dir', tree)
    expect(await find(tree, `${'/a'.repeat(100)}/`)).toEqual({
      script: '/a'.repeat(100),
      path: '/',
      vars: {},
      methods: ['GET'],
      matches: [...Array(100).fill('/a'), ''],
      args: [[], { dir: 'a' }],
      route: `${'/:dir'.repeat(100)}/`,
    })
  })

  it('answer for themselves where they have no route', async () => {
    const inner = new Selector().post('/x', says(''))
    inner.status404 = says('inner')
    const outer = new Selector().mount('/a', inner)
    outer.status404 = says('outer')
    expect((await send(outer, '/a/b')).text).toBe('inner')
    expect((await send(outer, '/b')).text).toBe('outer')
    expect((await send(outer, '/a/x')).headers.get('Allow')).toBe('POST, OPTIONS')
    expect((await send(outer, { path: '/a/x', method: 'OPTIONS' })).status).toBe(204)
    expect((await send(outer, { path: '/a/x', method: 'QUERY' })).status).toBe(501)
  })
})

describe('Selectors one behind the other', () => {
  it('share no path, but the trail of what was fitted', async () => {
    const second = new Selector().get('/:b/:c', shows)
    const first = new Selector().get('/:a', says('first'))
    first.status404 = second
    expect((await send(first, '/1')).text).toBe('first')
    expect(await find(first, '/1/2')).toEqual({
      script: '/1/2',
      path: '',
      vars: { b: '1', c: '2' },
      methods: ['GET'],
      matches: ['', '/1/2'],
      args: [[], { b: '1', c: '2' }],
      route: '/:b/:c',
    })
    expect((await send(first, '/1/2/3')).status).toBe(404)
  })

  it('behind a mount keep the pattern and the params of it', async () => {
    const inner = new Selector()
    inner.status404 = new Selector().get('/:b', shows)
    expect(await find(new Selector().mount('/:a', inner), '/1/2')).toMatchObject({
      script: '/1/2',
      vars: { b: '2' },
      matches: ['/1', '', '/2'],
      args: [[], { a: '1', b: '2' }],
      route: '/:a/:b',
    })
  })

  it('may stand at 405, and find their own methods', async () => {
    const first = new Selector().post('/a', says(''))
    const second = new Selector().put('/a', says('')).get('/:x', shows)
    first.status405 = second
    expect(await find(first, '/a')).toMatchObject({ methods: ['GET'], vars: { x: 'a' }, matches: ['', '/a'] })
    const answer = await send(first, { path: '/a', method: 'OPTIONS' })
    expect(answer.headers.get('Allow')).toBe('POST, OPTIONS')
    first.delete('/b', says(''))
    const refused = await send(first, { path: '/a', method: 'DELETE' })
    // Nobody in the second one knows the method.
    expect(refused.status).toBe(501)
    second.delete('/b', says(''))
    const { headers } = await send(first, { path: '/a', method: 'DELETE' })
    expect(headers.get('Allow')).toBe('PUT, GET, HEAD, OPTIONS')
  })

  it('in a cascade see nothing of one another', async () => {
    const first = new Selector().post('/a', says('')).mount('/m', new Selector().get('/:x', says('first')))
    const second = new Selector().get('/:y', shows).mount('/m/:z', new Selector().get('/end', shows))
    const app = cascade([first, second])
    expect(await find(app, '/a')).toMatchObject({
      vars: { y: 'a' },
      matches: ['/a'],
      args: [[], { y: 'a' }],
      route: '/:y',
    })
    expect((await send(app, '/m/x')).text).toBe('first')
    expect(await find(app, '/m/x/end')).toMatchObject({
      script: '/m/x/end',
      matches: ['/m/x', '/end'],
      args: [[], { z: 'x' }],
      route: '/m/:z/end',
    })
    expect((await send(app, { path: '/a', method: 'POST' })).status).toBe(200)
  })
})

describe("the exchange's route", () => {
  const users = new Selector().get('/users/:id', shows).get('/', shows).get('', shows)

  it.each<[what: string, app: Application, path: string, route: string]>([
    ['the pattern', users, '/users/7', '/users/:id'],
    ['the pattern behind that of a mount', new Selector().mount('/:t', users), '/a/users/7', '/:t/users/:id'],
    [
      'a mount whose slash does not count',
      new Selector().mount('/:t/', users),
      '/a/users/7',
      '/:t/users/:id',
    ],
    ['a mount at the root', new Selector().mount('/', users), '/users/7', '/users/:id'],
    ['the root of a mount', new Selector().mount('/:t', users), '/a/', '/:t/'],
    ['a mount itself, whose slash does not count', new Selector().mount('/:t/', users), '/a', '/:t'],
    ['a mount itself', new Selector().mount('/:t', users), '/a', '/:t'],
    ['what another router moved', mount({ '/v1': users }), '/v1/users/7', '/v1/users/:id'],
    [
      'what another router moved outside a mount',
      mount({ '/v1': new Selector().mount('/:t', users) }),
      '/v1/a/users/7',
      '/v1/:t/users/:id',
    ],
    [
      'what another router moved between two',
      new Selector().mount('/:t', mount({ '/v1': users })),
      '/a/v1/users/7',
      '/:t/v1/users/:id',
    ],
    [
      'what another router moved between, of the same text',
      new Selector().mount('/:t', mount({ '/a': users })),
      '/a/a/users/7',
      '/:t/a/users/:id',
    ],
    [
      'in the case of the pattern',
      new Selector({ sensitive: false }).mount('/T', users),
      '/t/users/7',
      '/T/users/:id',
    ],
  ])('is %s', async (_what, app, path, route) => {
    expect(await find(app, path)).toMatchObject({ route })
  })

  it.each(['/', '/:t/'])('has the slash once where it stays in PATH_INFO: %s', async (pattern) => {
    const outer = new Selector().any(pattern, new Selector().get('/', shows))
    expect(await find(outer, pattern)).toMatchObject({ route: pattern })
  })

  it('is that of the innermost that fitted, where none fits within', async () => {
    let exchange: Environ['tsgi.exchange'] | undefined
    const outermost: Application = (environ, startResponse) => {
      exchange = environ['tsgi.exchange']
      return new Selector().mount('/:t', users)(environ, startResponse)
    }
    expect((await send(outermost, '/a/nothing')).status).toBe(404)
    expect(exchange?.route).toBe('/:t')
  })

  it('is none where nothing fits', async () => {
    let exchange: Environ['tsgi.exchange'] | undefined
    const outermost: Application = (environ, startResponse) => {
      exchange = environ['tsgi.exchange']
      return new Selector().post('/a', shows)(environ, startResponse)
    }
    expect((await send(outermost, '/b')).status).toBe(404)
    expect((await send(outermost, '/a')).status).toBe(405)
    expect(exchange?.route).toBe(undefined)
  })
})
