import {
  type Application,
  copyEnviron,
  type Environ,
  type Middleware,
  onResponse,
  Request,
  stack,
  text,
} from '@tsgi/core'
import { type SendOptions, send } from '@tsgi/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, serve } from '../../server/src/index.ts'
import { exchangeRaw } from '../../server/test/raw-client.ts'
import { Selector } from '../src/index.ts'
import { shownOf, shows } from './applications.ts'

describe('the layers of a group', () => {
  const site = new Selector({ trailingSlash: 'redirect' })
    .get('/', says('root'))
    .get('/admin/early', says('early'))
    .group('/admin', [layer('a'), layer('b')], (admin) => {
      admin.get('', says('admin'))
      admin.get('/', says('admin/'))
      admin.get('/users', says('users')).post('/users', says('new user'))
      admin.group('/deep/', [layer('c')], (deep) => {
        deep.get('/x/', says('x'))
        deep.mount('/m', new Selector().get('/y', says('y')))
        deep.group('/', [layer('d')], (innermost) => innermost.get('/z', says('z')))
      })
      admin.get('/late', says('late'))
    })
    .get('/admin/outside', says('outside'))
    .put('/other', says('other'))

  it.each<[what: string, request: string, answer: string]>([
    ['not around a route outside', 'GET /', '200 root'],
    ['not around a route outside with its pattern', 'GET /admin/outside', '200 outside'],
    ['not around a route before it with its pattern', 'GET /admin/early', '200 early'],
    ['around its own path', 'GET /admin', '200 a>b>admin'],
    ['around its own path with a slash', 'GET /admin/', '200 a>b>admin/'],
    ['around a route', 'GET /admin/users', '200 a>b>users'],
    ['around HEAD', 'HEAD /admin/users', '200 a>b>users'],
    ['around a route behind a group within', 'GET /admin/late', '200 a>b>late'],
    ['around a group within', 'GET /admin/deep/x/', '200 a>b>c>x'],
    ['around a group in that', 'GET /admin/deep/z', '200 a>b>c>d>z'],
    ['around what is mounted', 'GET /admin/deep/m/y', '200 a>b>c>y'],
    ['around a 404 of what is mounted', 'GET /admin/deep/m/n', '404 a>b>c'],
    ['around 404', 'GET /admin/nothing', '404 a>b'],
    ['around 404 of a group within', 'GET /admin/deeper', '404 a>b'],
    ['around 404 of a group in that', 'GET /admin/deep/nothing', '404 a>b>c>d'],
    ['around 404 of the path of a group within', 'GET /admin/deep', '404 a>b>c>d'],
    ['around 404 of a path with empty segments', 'GET /admin//users', '404 a>b'],
    ['not around 404 beside it', 'GET /administrator', '404'],
    ['not around 404 of an empty segment before it', 'GET //admin/users', '404'],
    ['not around 404 of another case', 'GET /Admin/users', '404'],
    ['around 405', 'PUT /admin/users', '405 a>b'],
    ['around 405 of a group within', 'POST /admin/deep/z', '405 a>b>c>d'],
    ['around OPTIONS', 'OPTIONS /admin/users', '204 a>b'],
    ['around OPTIONS of a group within', 'OPTIONS /admin/deep/x/', '204 a>b>c'],
    ['around OPTIONS of what is not there', 'OPTIONS /admin/nothing', '404 a>b'],
    ['around a redirect', 'GET /admin/users/', '308 a>b'],
    ['around a redirect of a group within', 'GET /admin/deep/x', '308 a>b>c'],
    ['not around OPTIONS of a route outside', 'OPTIONS /other', '204'],
    ['not around 404 outside', 'GET /nothing', '404'],
  ])('stand %s', async (_what, request, answer) => {
    const [method = '', path = ''] = request.split(' ')
    expect(await ask(site, { method, path })).toBe(answer)
  })

  it.each<[request: string, answer: string]>([
    ['PUT /admin/users', '405 guard'],
    ['OPTIONS /admin/users', '204 guard'],
    ['QUERY /admin/users', '501 guard'],
  ])('stand around %s below its pattern, where a route outside fits first', async (request, answer) => {
    const mixed = new Selector()
      .post('/:a/:b', says('outside'))
      .put('/x', says(''))
      .group('/admin', [layer('guard')], (admin) => admin.get('/users', says('users')))
    const [method = '', path = ''] = request.split(' ')
    expect(await ask(mixed, { method, path })).toBe(answer)
  })

  it('stand around 405 below its pattern, where only a route outside fits', async () => {
    const mixed = new Selector()
      .group('/admin', [layer('guard')], (admin) => admin.get('/users', says('users')))
      .post('/:a/:b', says('outside'))
    expect(await ask(mixed, { path: '/admin/other' })).toBe('405 guard')
  })

  it.each<[what: string, request: string, answer: string]>([
    ['405', 'PUT /admin/x/y', '405 guard'],
    ['OPTIONS', 'OPTIONS /admin/x/y', '204 guard'],
    ['501', 'QUERY /admin/x/y', '501 guard'],
    ['a redirect', 'GET /admin/x/y/', '308 guard'],
  ])(
    'stand around %s of its routes, where the pattern of another group fits more of the path',
    async (_what, request, answer) => {
      const mixed = new Selector({ trailingSlash: 'redirect' })
        .group('/admin', [layer('guard')], (admin) => admin.get('/x/y', says('y')))
        .group('/:a/:b', [], (other) => other.put('/z', says('z')))
      const [method = '', path = ''] = request.split(' ')
      expect(await ask(mixed, { method, path })).toBe(answer)
    },
  )

  it('of the first group with a pattern stand around 405 of its routes, where the last has no layers', async () => {
    const mixed = new Selector()
      .group('/admin', [layer('guard')], (admin) => admin.get('/x', says('x')))
      .group('/admin', [], (other) => other.put('/y', says('y')))
    expect(await ask(mixed, { method: 'PUT', path: '/admin/x' })).toBe('405 guard')
    expect(await ask(mixed, { method: 'GET', path: '/admin/y' })).toBe('405')
  })

  it.each<[pattern: string, path: string, answer: string]>([
    ['/', '/x', '200 g>x'],
    ['/', '/nothing', '404 g'],
    ['/', '/', '404 g'],
    ['', '/x', '200 g>x'],
    ['/a/', '/a/x', '200 g>x'],
    ['/a//', '/a/x', '200 g>x'],
    ['/:t', '/a/x', '200 g>x'],
    ['/:t', '/a/b/x', '404 g'],
    ['/a{/:t}', '/a/x', '200 g>x'],
    ['/a{/:t}', '/a/b/x', '200 g>x'],
    ['/a{/:t}', '/a/b', '404 g'],
    ['/:s-:t', '/a-b/x', '200 g>x'],
    ['/:s-:t', '/a-b/y', '404 g'],
    ['/:s-:t', '/a/y', '404'],
    ['/*w', '/a/b/x', '200 g>x'],
    ['/*w', '/a/b', '404 g'],
  ])('stand around all that %s fits: %s', async (pattern, path, answer) => {
    const selector = new Selector().group(pattern, [layer('g')], (group) => group.get('/x', says('x')))
    expect(await ask(selector, { path })).toBe(answer)
  })

  it('stand around all of it in any case with sensitive: false', async () => {
    const selector = new Selector({ sensitive: false }).group('/Admin', [layer('g')], (admin) => {
      admin.get('/x', says('x'))
    })
    expect(await ask(selector, { path: '/aDMIN/X' })).toBe('200 g>x')
    expect(await ask(selector, { path: '/aDMIN/y' })).toBe('404 g')
  })

  it('stand around all of it with a slash at its end that is ignored', async () => {
    const selector = new Selector({ trailingSlash: 'ignore' }).group('/admin/', [layer('g')], (admin) => {
      admin.get('/', says('x')).put('/y', says('y'))
    })
    expect(await ask(selector, { path: '/admin' })).toBe('200 g>x')
    expect(await ask(selector, { path: '/admin/' })).toBe('200 g>x')
    expect(await ask(selector, { path: '/admin/y/' })).toBe('405 g')
    expect(await ask(selector, { path: '/admin/z/' })).toBe('404 g')
  })

  it('are made once, and remember from one route to the other', async () => {
    let made = 0
    const counting: Middleware = (app) => {
      made++
      let calls = 0
      return (environ, startResponse) => {
        calls++
        return onResponse(app, ({ headers }) => headers.set('X-Calls', `${calls}`))(environ, startResponse)
      }
    }
    const selector = new Selector().group('/a', [counting], (group) => {
      group.get('/x', says('x')).post('/x', says('x')).get('/:y', says('y'))
      group.group('/b', [], (inner) => inner.get('/z', says('z')))
    })
    const requests: SendOptions[] = [
      ...[{ path: '/a/x' }, { path: '/a/x', method: 'POST' }, { path: '/a/y' }, { path: '/a/b/z' }],
      ...[{ path: '/a/1/2' }, { path: '/a/y', method: 'POST' }, { path: '/a/y', method: 'OPTIONS' }],
    ]
    const calls: (string | null)[] = []
    for (const request of requests) calls.push((await send(selector, request)).headers.get('X-Calls'))
    expect(calls).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(made).toBe(1)
  })

  it('stand around what is added to it later', async () => {
    let admin: Selector | undefined
    const selector = new Selector().group('/admin', [layer('g')], (group) => {
      admin = group as unknown as Selector
    })
    expect(await ask(selector, { path: '/admin/x' })).toBe('404 g')
    admin!.get('/x', says('x'))
    expect(await ask(selector, { path: '/admin/x' })).toBe('200 g>x')
  })

  it('of groups with the same pattern stand around their own routes', async () => {
    const selector = new Selector()
      .group('/a', [layer('one')], (group) => group.get('/x', says('x')))
      .group('/a', [layer('two')], (group) => group.get('/y', says('y')))
    expect(await ask(selector, { path: '/a/x' })).toBe('200 one>x')
    expect(await ask(selector, { path: '/a/y' })).toBe('200 two>y')
  })

  it('are not those that stand around each application', async () => {
    const app = stack().use(layer('own')).run(says('x'))
    const selector = new Selector({ wrap: layer('wrap') }).group('/a', [layer('g')], (group) =>
      group.get('/x', app),
    )
    expect(await ask(selector, { path: '/a/x' })).toBe('200 g>wrap>own>x')
    expect(await ask(selector, { path: '/a/y' })).toBe('404 g')
  })

  it('do not mix requests that wait', async () => {
    const gates: (() => void)[] = []
    const waiting: Middleware = (app) => async (environ, startResponse) => {
      await new Promise<void>((open) => gates.push(open))
      return app(environ, startResponse)
    }
    const selector = new Selector().group('/:t', [waiting, layer('g'), waiting], (group) => {
      group.get('/x', says('x')).get('/y', says('y'))
    })
    const answers = ['/a/x', '/b/y', '/c/z'].map((path) => ask(selector, { path }))
    for (let open = 0; open < 6; open++) {
      while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve))
      gates.pop()!()
    }
    expect(await Promise.all(answers)).toEqual(['200 g>x', '200 g>y', '404 g'])
  })
})

describe('a layer of a group', () => {
  it('may answer itself', async () => {
    const closed: Middleware = () => says('closed')
    const selector = new Selector().group('/a', [layer('g'), closed, layer('never')], (group) => {
      group.get('/x', () => {
        throw new Error('it ran')
      })
    })
    for (const path of ['/a/x', '/a/y', '/a']) expect(await ask(selector, { path })).toBe('200 g>closed')
  })

  it.each<[what: string, copying: Middleware]>([
    ['copies environ', (app) => (environ, startResponse) => app(copyEnviron(environ, {}), startResponse)],
    [
      'copies environ to a plain object',
      (app) => (environ, startResponse) => app({ ...environ }, startResponse),
    ],
    [
      'takes its time',
      (app) => async (environ, startResponse) => {
        await undefined
        return app(environ, startResponse)
      },
    ],
  ])('may be one that %s', async (_what, copying) => {
    const selector = new Selector().group('/:t', [copying, layer('g'), copying], (group) => {
      group.group('/b', [copying], (inner) => inner.get('/:x', shows))
    })
    const answer = await send(selector, '/a/b/c')
    expect(answer.json()).toMatchObject({ script: '/a/b/c', vars: { t: 'a', x: 'c' }, route: '/:t/b/:x' })
    expect(await ask(selector, { path: '/a/c' })).toBe('404 g')
  })

  it('may ask again', async () => {
    let count = 0
    const twice: Middleware = (app) => async (environ, startResponse) => {
      await app(copyEnviron(environ, {}), () => async () => {})
      return app(environ, startResponse)
    }
    const selector = new Selector().group('/a', [twice, layer('g'), twice], (group) => {
      group.get('/x', (environ, startResponse) => {
        count++
        return says('x')(environ, startResponse)
      })
    })
    expect(await ask(selector, { path: '/a/x' })).toBe('200 g>x')
    expect(count).toBe(4)
  })

  it.each<[path: string, answer: string]>([
    ['/a/health', '200 outer>healthy'],
    ['/a/x', '200 outer>inner>x'],
    ['/a/y', '404 outer>inner'],
  ])('may be a Selector behind which the group stands: %s', async (path, answer) => {
    const health: Middleware = (app) => {
      const selector = new Selector().get('/a/health', says('healthy'))
      selector.status404 = app as unknown as Application
      return selector
    }
    const selector = new Selector().group('/a', [layer('outer'), health, layer('inner')], (group) => {
      group.get('/x', says('x'))
    })
    expect(await ask(selector, { path })).toBe(answer)
  })

  it('may be a Selector that gives all on', async () => {
    const through: Middleware = (app) => new Selector().mount('/', app as unknown as Application)
    const selector = new Selector().group('/a', [layer('outer'), through, layer('inner')], (group) => {
      group.group('/b', [through, layer('innermost')], (inner) => inner.get('/x', says('x')))
    })
    expect(await ask(selector, { path: '/a/b/x' })).toBe('200 outer>inner>innermost>x')
  })

  it('finds what the routes find', async () => {
    const seen: unknown[] = []
    const watching: Middleware = (app) => (environ, startResponse) => {
      seen.push(shownOf(environ))
      return app(environ, startResponse)
    }
    const selector = new Selector().group('/:t', [watching], (group) => {
      group.group('/b', [watching], (inner) => inner.get('/:x', shows))
    })
    const answer = await send(selector, '/a/b/c')
    expect(seen).toEqual([answer.json(), answer.json()])
    expect(answer.json()).toEqual({
      script: '/a/b/c',
      path: '',
      vars: { t: 'a', x: 'c' },
      methods: ['GET'],
      matches: ['/a/b/c'],
      args: [[], { t: 'a', x: 'c' }],
      route: '/:t/b/:x',
    })
  })

  it.each<[request: string, methods: string[]]>([
    ['GET /a/nothing', []],
    ['PUT /a/x', ['GET', 'HEAD', 'OPTIONS']],
    ['OPTIONS /a/x', ['GET', 'HEAD', 'OPTIONS']],
  ])('finds what the answer to %s finds', async (request, methods) => {
    const [method = '', path = ''] = request.split(' ')
    let seen: unknown
    const watching: Middleware = (app) => (environ, startResponse) => {
      seen = shownOf(environ)
      return app(environ, startResponse)
    }
    const selector = new Selector()
      .put('/', says(''))
      .group('/a', [watching], (group) => group.get('/x', says('x')))
    await send(selector, { path, method })
    expect(seen).toMatchObject({ script: '', path, vars: {}, methods, matches: [''] })
  })

  it.each<[request: string, params: object]>([
    ['GET /a/x', { t: 'a' }],
    ['GET /a/nothing', {}],
    ['PUT /a/x', {}],
    ['OPTIONS /a/x', {}],
  ])('can ask for the params of %s, as what a Request has', async (request, params) => {
    const [method = '', path = ''] = request.split(' ')
    let found: object | undefined
    const reading: Middleware = (app) => (environ, startResponse) => {
      found = { ...new Request(environ).params }
      return app(environ, startResponse)
    }
    const selector = new Selector().group('/:t', [reading], (group) => group.get('/x', says('x')))
    await send(selector, { method, path })
    expect(found).toEqual(params)
  })

  it('may need what an outer one adds, and add what inner ones need', async () => {
    const user: Middleware<UserEnviron> = (app) => (environ, startResponse) =>
      app(copyEnviron(environ, { 'test.user': 'ada' }), startResponse)
    const admin: Middleware<AdminEnviron, UserEnviron> = (app) => (environ, startResponse) =>
      app(copyEnviron(environ, { 'test.admin': `${environ['test.user']}!` }), startResponse)
    const page: Application<Environ & AdminEnviron & UserEnviron> = (environ, startResponse) =>
      says(`${environ['test.user']} ${environ['test.admin']}`)(environ, startResponse)
    const inner = new Selector<UserEnviron>().group('/admin', [admin], (group) => group.get('/x', page))
    const outer = new Selector().group('/', [user], (group) => {
      group.group('/deep', [admin], (deep) => deep.get('/x', page))
    })
    expect((await send(stack().use(user).run(inner), '/admin/x')).text).toBe('ada ada!\n')
    expect((await send(outer, '/deep/x')).text).toBe('ada ada!\n')
  })

  it('must hand on the keys of environ', async () => {
    const fresh: Middleware = (app) => (_environ, startResponse) =>
      app(Request.blank('/').environ as never, startResponse)
    const selector = new Selector().group('/a', [fresh], (group) => group.get('/x', says('x')))
    await expect(send(selector, '/a/x')).rejects.toThrow(
      'selector: a layer of a group must hand on the keys of environ; got none at "selector.match"',
    )
  })
})

describe('the answers of a group', () => {
  const names = ['status404', 'status405', 'status501'] as const
  const REQUESTS = {
    status404: { path: '/a/nothing' },
    status405: { path: '/a/x', method: 'PUT' },
    status501: { path: '/a/x', method: 'QUERY' },
  }
  const site = (build?: (group: Selector) => void) =>
    new Selector().put('/b', says('')).group('/a', [layer('g')], (group) => {
      group.get('/x', says('x'))
      build?.(group as unknown as Selector)
    })

  it.each(names)('are those of the Selector, whatever they are then: %s', async (name) => {
    const selector = site()
    selector[name] = says('outer')
    expect(await ask(selector, REQUESTS[name])).toBe('200 g>outer')
    selector[name] = says('later')
    expect(await ask(selector, REQUESTS[name])).toBe('200 g>later')
  })

  it.each(names)('may be its own, of the paths below it: %s', async (name) => {
    const selector = site((group) => {
      group[name] = says('own')
    })
    selector[name] = says('outer')
    expect(await ask(selector, REQUESTS[name])).toBe('200 g>own')
    expect((await send(site(), REQUESTS[name])).status).toBe(Number(name.slice(-3)))
  })

  it('are those of the innermost group', async () => {
    const selector = new Selector().group('/a', [layer('a')], (a) => {
      a.status404 = says('404 of a')
      a.group('/b', [layer('b')], (b) => {
        b.group('/c', [layer('c')], (c) => {
          c.status404 = says('404 of c')
        })
      })
    })
    expect(await ask(selector, { path: '/a/x' })).toBe('200 a>404 of a')
    expect(await ask(selector, { path: '/a/b/x' })).toBe('200 a>b>404 of a')
    expect(await ask(selector, { path: '/a/b/c/x' })).toBe('200 a>b>c>404 of c')
    expect(await ask(selector, { path: '/a/b/cx' })).toBe('200 a>b>404 of a')
    expect(await ask(selector, { path: '/x' })).toBe('404')
  })

  it('are those of the longest pattern that fits, in whatever order', async () => {
    const selector = new Selector()
      .group('/a/b', [layer('long')], () => {})
      .group('/a', [layer('short')], () => {})
      .group('/:x/:y/:z', [layer('params')], () => {})
    expect(await ask(selector, { path: '/a/b/' })).toBe('404 long')
    expect(await ask(selector, { path: '/a/c' })).toBe('404 short')
    expect(await ask(selector, { path: '/a/b/c' })).toBe('404 params')
  })

  it('may be another Selector, inside the layers', async () => {
    const selector = site((group) => {
      group.status404 = new Selector().get('/a/:page', shows)
    })
    expect(await ask(selector, { path: '/a/y/z' })).toBe('404 g')
    expect((await send(selector, '/a/y')).json()).toMatchObject({
      script: '/a/y',
      vars: { page: 'y' },
      matches: ['', '/a/y'],
      route: '/a/:page',
    })
  })
})

describe('the patterns of a group', () => {
  it('stand before those of its routes, behind the prefix', () => {
    const selector = new Selector({ prefix: '/v1' }).group('/a/', [], (a) => {
      a.get('', says('')).get('/', says('')).get('/x', says('')).get('x', says(''))
      a.prefix = '/p'
      a.get('/y', says('')).group('/b', [], (b) =>
        b.get('/z', says('')).get('/w', says(''), { prefix: '/q' }),
      )
    })
    expect(
      selector
        .get('/c', says(''))
        .routes()
        .map(({ pattern }) => pattern),
    ).toEqual(['/v1/a', '/v1/a/', '/v1/a/x', '/v1/ax', '/v1/a/p/y', '/v1/a/p/b/z', '/v1/a/p/b/q/w', '/v1/c'])
  })

  it.each<[pattern: string, index: number]>([
    ['/:id?', 4],
    ['a', 0],
    ['/a{', 2],
    ['/:a:b', 3],
  ])('are looked at at once: %s', (pattern, index) => {
    expect(() => new Selector().group(pattern, [], () => {})).toThrow(
      expect.objectContaining({ name: 'PatternError', pattern, index }),
    )
  })

  it('keep their names apart from those of its routes', () => {
    expect(() => new Selector().group('/:id', [], (group) => group.get('/:id', says('')))).toThrow(
      expect.objectContaining({ name: 'PatternError', pattern: '/:id/:id', index: 5 }),
    )
  })

  it('share the names of routes with the Selector', () => {
    const selector = new Selector().get('/', says(''), { name: 'x' })
    expect(() => selector.group('/a', [], (group) => group.get('/x', says(''), { name: 'x' }))).toThrow(
      TypeError,
    )
  })
})

describe('a guard', () => {
  /** By what was asked for, the requests that a guard let through. */
  const passed = new WeakSet<object>()
  let reached = 0
  let unguarded = 0
  const guard: Middleware = (app) => (environ, startResponse) => {
    if (environ.HTTP_AUTHORIZATION === 'Bearer good') {
      passed.add(environ['tsgi.exchange'])
      return app(environ, startResponse)
    }
    startResponse('401 Unauthorized', [['WWW-Authenticate', 'Bearer']])
    return []
  }
  const secret: Application = (environ, startResponse) => {
    reached++
    if (!passed.has(environ['tsgi.exchange'])) unguarded++
    return says('secret')(environ, startResponse)
  }

  const VARIANTS = (['strict', 'redirect', 'ignore'] as const).flatMap((trailingSlash) =>
    [true, false].flatMap((sensitive) =>
      [true, false].map((isOpen) => ({
        trailingSlash,
        sensitive,
        isOpen,
        site: makeSite(trailingSlash, sensitive, isOpen),
      })),
    ),
  )

  function makeSite(
    trailingSlash: 'strict' | 'redirect' | 'ignore',
    sensitive: boolean,
    isOpen: boolean,
  ): Selector {
    const site = new Selector({ trailingSlash, sensitive })
      .get('/', says('public'))
      .group('/admin', [guard], (admin) => {
        admin.add('/secret', { GET: secret, POST: secret })
        admin.mount('/files', secret)
        admin.mount('/deep', new Selector({ trailingSlash, sensitive }).get('/secret', secret))
        admin.group('/inner', [], (inner) => inner.get('/:name', secret))
        admin.status405 = secret
      })
      .put('/public', says('public'))
    if (isOpen) site.get('/*rest', says('public'))
    else site.get('/:page', says('public'))
    return site
  }

  let server: Server
  beforeAll(async () => {
    server = await serve(
      (environ, startResponse) => VARIANTS[Number(environ.HTTP_X_VARIANT)]!.site(environ, startResponse),
      {
        port: 0,
      },
    )
  })
  afterAll(() => server.close())

  async function get(target: string, variant: number, more: string[] = [], method = 'GET'): Promise<string> {
    const head = [`${method} ${target} HTTP/1.1`, 'Host: a.example', `X-Variant: ${variant}`, ...more]
    return exchangeRaw(server.port, [...head, 'Connection: close', '', ''].join('\r\n'))
  }

  /** Whether it takes a client with the credential to the application behind the guard. */
  type Reaches = 'always' | 'insensitive' | 'ignore' | 'never'

  const LONG = 6_000
  it.each<[spelling: string, what: string, reaches: Reaches]>([
    ['/admin/secret', 'as it is', 'always'],
    ['/admin/secret?', 'an empty query', 'always'],
    ['/admin/secret?/../../public', 'dots in the query', 'always'],
    ['/admin/secret?%00', 'NUL in the query', 'always'],
    ['http://a.example/admin/secret', 'absolute form', 'always'],
    ['HTTPS://B.EXAMPLE:80/admin/secret', 'absolute form of another host', 'always'],
    ['http://a.example//admin/secret', 'absolute form, two slashes', 'never'],
    ['http://a.example/x/../admin/secret', 'absolute form, dots', 'never'],
    ['http://a.example@b.example/admin/secret', 'absolute form with a user', 'never'],
    ['http:///admin/secret', 'absolute form without a host', 'never'],
    ['http:/admin/secret', 'a scheme with a path', 'never'],
    ['file:///admin/secret', 'another scheme', 'never'],
    ['//a.example/admin/secret', 'a host without a scheme', 'never'],
    ['//admin/secret', 'two slashes before', 'never'],
    ['///admin/secret', 'three slashes before', 'never'],
    ['admin/secret', 'no slash before', 'never'],
    ['*', 'an asterisk', 'never'],
    ['*/admin/secret', 'an asterisk and a path', 'never'],

    ['/%61dmin/secret', 'an escaped letter', 'always'],
    ['/%61%64%6D%69%6e/%73%65%63%72%65%74', 'escaped letters', 'always'],
    ['/%2561dmin/secret', 'an escaped escape', 'never'],
    ['/%u0061dmin/secret', 'an escape that is none', 'never'],
    ['/%6/admin/secret', 'half an escape', 'never'],
    ['/admin/secret%', 'an escape of nothing', 'never'],

    ['/Admin/secret', 'case', 'insensitive'],
    ['/ADMIN/SECRET', 'case of all', 'insensitive'],
    ['/admin/Secre%54', 'case, escaped', 'insensitive'],

    ['/admin//secret', 'two slashes within', 'never'],
    ['/admin/./secret', 'a dot', 'never'],
    ['/./admin/secret', 'a dot before', 'never'],
    ['/x/../admin/secret', 'two dots', 'never'],
    ['/../admin/secret', 'two dots before', 'never'],
    ['/admin/../admin/secret', 'two dots within', 'never'],
    ['/admin/x/../secret', 'two dots behind', 'never'],
    ['/%2e/admin/secret', 'an escaped dot', 'never'],
    ['/x/%2e%2E/admin/secret', 'escaped dots', 'never'],
    ['/x/.%2e/admin/secret', 'a dot of two escaped', 'never'],
    ['/x/..%2fadmin/secret', 'dots and an escaped slash', 'never'],
    ['/x/..;/admin/secret', 'dots and a semicolon', 'never'],

    ['/admin%2Fsecret', 'an escaped slash', 'never'],
    ['/admin%2fsecret', 'an escaped slash in lower case', 'never'],
    ['/admin%252Fsecret', 'a slash escaped twice', 'never'],
    ['/admin%25%32%46secret', 'a slash escaped piece by piece', 'never'],
    ['/%2Fadmin/secret', 'an escaped slash before', 'never'],
    ['/admin/%2Fsecret', 'an escaped slash within', 'never'],
    ['/admin/secret%2F', 'an escaped slash behind', 'never'],
    ['/admin%C0%AFsecret', 'an overlong slash', 'never'],
    ['/%C1%A1dmin/secret', 'an overlong letter', 'never'],

    ['/admin/secret/', 'a slash behind', 'ignore'],
    ['/admin/secret/?x', 'a slash behind, and a query', 'ignore'],
    ['/admin/secret//', 'two slashes behind', 'never'],
    ['/admin/secret/.', 'a dot behind', 'never'],
    ['/admin/secret/..', 'dots behind', 'never'],
    ['/admin/secret/../secret', 'there and back', 'never'],
    ['/admin/secret.', 'a dot at the end', 'never'],
    ['/admin./secret', 'a dot at the end of the group', 'never'],
    ['/admin/secret%20', 'a space at the end', 'never'],
    ['/admin%20/secret', 'a space at the end of the group', 'never'],
    ['/%20admin/secret', 'a space before', 'never'],
    ['/admin/secret%09', 'a tab', 'never'],
    ['/admin/secret\t', 'a raw tab', 'never'],
    ['/admin/secret%0A', 'a line feed', 'never'],
    ['/admin/secret%0D%0A', 'a line end', 'never'],
    ['/admin/secret%00', 'NUL', 'never'],
    ['/admin/secret%00.html', 'NUL and an ending', 'never'],
    ['/admin/secret\0', 'a raw NUL', 'never'],
    ['/admin/secret.html', 'an ending', 'never'],
    ['/admin/secret#x', 'a raw fragment', 'never'],
    ['/admin/secret%23', 'an escaped fragment', 'never'],
    ['/admin/secret%3F', 'an escaped question mark', 'never'],
    ['/admin/secret;x=1', 'a parameter', 'never'],
    ['/admin;x=1/secret', 'a parameter of the group', 'never'],
    ['/;/admin/secret', 'a semicolon', 'never'],
    ['/admin\\secret', 'a backslash', 'never'],
    ['/\\admin/secret', 'a backslash before', 'never'],
    ['\\admin\\secret', 'backslashes', 'never'],
    ['/admin%5Csecret', 'an escaped backslash', 'never'],

    ['/%D0%B0dmin/secret', 'U+0430, a Cyrillic a', 'never'],
    ['/%EF%BD%81dmin/secret', 'U+FF41, a fullwidth a', 'never'],
    ['/adm%C4%B1n/secret', 'U+0131, an i without its dot, whose upper case is I', 'never'],
    ['/adm%C4%B0n/secret', 'U+0130, an I with a dot', 'never'],
    ['/admin/%C5%BFecret', 'U+017F, a long s, whose upper case is S', 'never'],
    ['/admin%E2%88%95secret', 'U+2215, a slash of division', 'never'],
    ['/admin%EF%BC%8Fsecret', 'U+FF0F, a fullwidth slash', 'never'],
    ['/x/%E2%80%A5/admin/secret', 'U+2025, two dots in one', 'never'],
    ['/a%CC%81dmin/secret', 'a combining accent', 'never'],
    ['/admin%CC%B8secret', 'a combining slash', 'never'],
    ['/admin%E2%80%8B/secret', 'a space of no width', 'never'],
    ['/%EF%BB%BFadmin/secret', 'a byte order mark', 'never'],
    ['/admin/secret\xe9', 'a raw byte', 'never'],
    ['/admin/secret%ED%A0%80', 'half of a surrogate pair', 'never'],

    [`/${'./'.repeat(LONG / 2)}admin/secret`, 'very many dots', 'never'],
    [`${'/'.repeat(LONG)}admin/secret`, 'very many slashes', 'never'],
    [`/${'x/../'.repeat(LONG / 5)}admin/secret`, 'very many ways back', 'never'],
    [`/admin/secret${'/'.repeat(LONG)}`, 'very many slashes behind', 'never'],
    [`/admin/${'x'.repeat(LONG)}`, 'a very long segment', 'never'],
    [`/${'%61'.repeat(1)}dmin/secret?${'x'.repeat(LONG)}`, 'a very long query', 'always'],
    [`/admin/secret?${'x'.repeat(20_000)}`, 'more than the server takes', 'never'],

    ['/admin/files', 'what is mounted', 'always'],
    ['/admin/files/', 'what is mounted, and a slash', 'always'],
    ['/admin/files//x', 'what is mounted, and an empty segment', 'always'],
    ['/admin/files/../../public', 'dots within what is mounted', 'always'],
    ['/Admin/Files/x', 'what is mounted, in another case', 'insensitive'],
    ['/admin/files%2F..', 'what is mounted, and an escaped slash', 'never'],
    ['/admin/filesx', 'more than what is mounted', 'never'],
    ['/admin//files/x', 'what is mounted, behind two slashes', 'never'],
    ['/admin/deep/secret', 'a Selector that is mounted', 'always'],
    ['/admin/deep/secret/', 'a Selector that is mounted, and a slash', 'ignore'],
    ['/admin/deep/SECRET', 'a Selector that is mounted, in another case', 'insensitive'],
    ['/admin/deep//secret', 'a Selector that is mounted, behind two slashes', 'never'],
    ['/admin/inner/x', 'a group within', 'always'],
    ['/admin/inner/%2e%2e', 'a group within, and dots', 'always'],
    ['/admin/inner/..%2F..', 'a group within, and an escaped slash', 'always'],
    ['/admin/inner/', 'a group within, and nothing', 'never'],
  ])('is not passed by %s (%s)', async (spelling, _what, reaches) => {
    for (const [i, { trailingSlash, sensitive, isOpen }] of VARIANTS.entries()) {
      const variant = JSON.stringify({ trailingSlash, sensitive, isOpen })
      const before = reached
      const without = await get(spelling, i)
      expect(without, variant).not.toContain('secret\n')
      expect(reached, `${variant}, without the credential`).toBe(before)
      const withIt = await get(spelling, i, ['Authorization: Bearer good'])
      const isReached =
        reaches === 'always' ||
        (reaches === 'insensitive' && !sensitive) ||
        (reaches === 'ignore' && trailingSlash === 'ignore')
      expect(reached - before, `${variant}, with the credential`).toBe(isReached ? 1 : 0)
      expect(withIt.includes('X-Trail: secret'), variant).toBe(isReached)
    }
    expect(unguarded).toBe(0)
  })

  it.each<[method: string, target: string, status: string]>([
    ['HEAD', '/admin/secret', '401'],
    ['POST', '/admin/secret', '401'],
    ['OPTIONS', '/admin/secret', '401'],
    // What answers 405 is behind the guard too.
    ['PUT', '/admin/secret', '401'],
    ['QUERY', '/admin/secret', '401'],
    ['get', '/admin/secret', '400'],
    ['_ANY_', '/admin/secret', '400'],
    // The root fits the empty path where its slash is ignored.
    ['OPTIONS', '*', '404|204'],
    ['CONNECT', '/admin/secret', '501'],
  ])('is not passed by %s %s', async (method, target, status) => {
    for (const [i] of VARIANTS.entries()) {
      const before = reached
      const answer = await get(target, i, ['Content-Length: 0'], method)
      expect(answer, `variant ${i}`).toMatch(new RegExp(`^HTTP/1.1 (?:${status}) `))
      expect(reached).toBe(before)
    }
    expect(unguarded).toBe(0)
  })

  it.each([
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Forwarded-Prefix',
    'Script-Name',
    'Path-Info',
  ])('is not passed by the header %s', async (header) => {
    const before = reached
    for (const [i] of VARIANTS.entries()) {
      expect(await get('/', i, [`${header}: /admin/secret`])).toContain('X-Trail: public')
      expect(await get('/admin/secret', i, [`${header}: /`])).toContain(' 401 ')
    }
    expect(reached).toBe(before)
  })
})

interface UserEnviron {
  'test.user': string
}

interface AdminEnviron {
  'test.admin': string
}

/** Adds its name in front of what is in `X-Trail`. */
function layer(name: string): Middleware {
  return (app) =>
    onResponse(app, ({ headers }) =>
      headers.set('X-Trail', [name, headers.get('X-Trail') ?? []].flat().join('>')),
    )
}

/** The status, and who had the answer in hand. */
async function ask(app: Application, request: SendOptions): Promise<string> {
  const { status, headers } = await send(app, request)
  return [status, headers.get('X-Trail') ?? []].flat().join(' ')
}

function says(name: string): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Trail', name],
    ])
    return text(`${name}\n`)
  }
}

it('guards what is said of its routes, where a deeper group has one for the path too', async () => {
  const guard: Middleware = () => (_environ, startResponse) => {
    startResponse('401 Unauthorized', [])
    return []
  }
  const selector = new Selector()
    .group('/admin', [guard], (group) => group.get('/x/y', says('y')))
    .group('/:a/:b', [], (group) => group.put('/:c', says('c')))
  expect((await send(selector, { method: 'OPTIONS', path: '/admin/x/y' })).status).toBe(401)
  expect((await send(selector, { method: 'DELETE', path: '/admin/x/y' })).status).toBe(401)
})
