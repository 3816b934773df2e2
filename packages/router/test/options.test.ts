import { type Application, type Middleware, stack } from '@tsgi/core'
import { type SendOptions, send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import {
  type ParsedPattern,
  PatternError,
  type RouteOptions,
  Selector,
  selectorExpressions,
  type Wrap,
} from '../src/index.ts'
import { saysWhere as says } from './applications.ts'

/** The application by which a route tells its name, and how the path was cut. */

const app = says('app')

async function answerOf(app: Application, request: string | SendOptions): Promise<string> {
  const { status, text } = await send(app, request)
  return status === 200 ? text : `${status}`
}

/** Puts a mark before the text of an application. */
const marks =
  (mark: string): Wrap =>
  (app) =>
  (environ, startResponse) => {
    const body = app(environ, startResponse) as Iterable<Uint8Array>
    return [new TextEncoder().encode(mark), ...body]
  }

describe('an option that is wrong throws', () => {
  it.each<[options: unknown, message: string]>([
    [null, 'selector: options: must be an object; got null'],
    ['/api', 'selector: options: must be an object; got "/api"'],
    [7, 'selector: options: must be an object; got 7'],
    [app, 'selector: options: must be an object; got a function'],
    [{ trailingslash: 'strict' }, 'selector: options: must be without other members; got "trailingslash"'],
    [{ consume_path: true }, 'selector: options: must be without other members; got "consume_path"'],
    [{ constructor: 1 }, 'selector: options: must be without other members; got "constructor"'],
    [{ prefix: 7 }, 'selector: options.prefix: must be a string; got 7'],
    [{ prefix: null }, 'selector: options.prefix: must be a string; got null'],
    [{ parser: 'path' }, 'selector: options.parser: must be a function; got "path"'],
    [{ parser: {} }, 'selector: options.parser: must be a function; got {}'],
    [{ wrap: {} }, 'selector: options.wrap: must be a function; got {}'],
    [{ wrap: null }, 'selector: options.wrap: must be a function; got null'],
    [{ mappings: {} }, 'selector: options.mappings: must be a list of [pattern, methods]; got {}'],
    [{ mappings: null }, 'selector: options.mappings: must be a list of [pattern, methods]; got null'],
    [{ mappings: '/a' }, 'selector: options.mappings: must be a list of [pattern, methods]; got "/a"'],
    [
      { mappings: { '/a': { GET: app } } },
      'selector: options.mappings: must be a list of [pattern, methods]; got {"/a":{}}',
    ],
    [{ mapfile: 7 }, 'selector: options.mapfile: must be a path or a URL; got 7'],
    [{ mapfile: {} }, 'selector: options.mapfile: must be a path or a URL; got {}'],
    [{ consumePath: 'no' }, 'selector: options.consumePath: must be a boolean; got "no"'],
    [{ consumePath: 0 }, 'selector: options.consumePath: must be a boolean; got 0'],
    [
      { trailingSlash: 'Strict' },
      'selector: options.trailingSlash: must be "strict", "redirect" or "ignore"; got "Strict"',
    ],
    [
      { trailingSlash: true },
      'selector: options.trailingSlash: must be "strict", "redirect" or "ignore"; got true',
    ],
    [{ sensitive: 'false' }, 'selector: options.sensitive: must be a boolean; got "false"'],
    [{ sensitive: Number.NaN }, 'selector: options.sensitive: must be a boolean; got null'],
  ])('new Selector(%o): %s', (options, message) => {
    expect(() => new Selector(options as never)).toThrow(new TypeError(message))
  })

  it.each([[[]], [[['/a', { GET: app }]]]])('new Selector(%o)', (options) => {
    expect(() => new Selector(options as never)).toThrow('selector: options: must be an object')
  })

  it.each<[options: unknown, message: string]>([
    ['users', 'options: must be an object; got "users"'],
    [app, 'options: must be an object; got a function'],
    [{ names: 'a' }, 'options: must be without other members; got "names"'],
    [{ parser: selectorExpressions }, 'options: must be without other members; got "parser"'],
    [{ wrap: marks('') }, 'options: must be without other members; got "wrap"'],
    [{ name: 7 }, 'options.name: must be a string; got 7'],
    [{ name: null }, 'options.name: must be a string; got null'],
    [{ host: /x/ }, 'options.host: must be a string; got {}'],
    [{ host: ['a', 'b'] }, 'options.host: must be a string; got ["a","b"]'],
    [{ accept: 7 }, 'options.accept: must be media types; got 7'],
    [{ accept: null }, 'options.accept: must be media types; got null'],
    [{ accept: ['text/html', 7] }, 'options.accept: must be media types; got ["text/html",7]'],
    [{ accept: new Set(['text/html']) }, 'options.accept: must be media types; got {}'],
    [{ contentType: true }, 'options.contentType: must be media types; got true'],
    [{ contentType: [[]] }, 'options.contentType: must be media types; got [[]]'],
    [{ prefix: 7 }, 'options.prefix: must be a string; got 7'],
    [{ prefix: null }, 'options.prefix: must be a string; got null'],
  ])('add("/x", …, %o): %s', (options, message) => {
    const selector = new Selector()
    const error = new TypeError(`selector: pattern "/x": ${message}`)
    expect(() => selector.add('/x', { GET: app }, options as {})).toThrow(error)
    expect(() => selector.get('/x', app, options as {})).toThrow(error)
    expect(() => selector.mount('/x', app, options as {})).toThrow(error)
    expect(() => selector.slurp([['/x', { GET: app }, options as RouteOptions]])).toThrow(error)
    expect(selector.routes()).toEqual([])
  })

  it('options that are undefined are those that are not given', () => {
    const options = {
      prefix: undefined,
      parser: undefined,
      wrap: undefined,
      mappings: undefined,
      mapfile: undefined,
    }
    const more = { consumePath: undefined, trailingSlash: undefined, sensitive: undefined }
    const selector = new Selector({ ...options, ...more } as never)
    const none = { name: undefined, params: undefined, host: undefined, accept: undefined }
    selector.get('/x', app, { ...none, contentType: undefined, prefix: undefined } as {})
    expect(selector.match('GET', '/x')?.route).toEqual(new Selector().get('/x', app).routes()[0])
  })

  it.each<[options: unknown, message: string]>([
    [null, 'selector: slurp: options: must be an object; got null'],
    [{ prefix: 7 }, 'selector: slurp: options.prefix: must be a string; got 7'],
    [{ parser: 7 }, 'selector: slurp: options.parser: must be a function; got 7'],
    [{ wrap: 7 }, 'selector: slurp: options.wrap: must be a function; got 7'],
    [{ name: 'a' }, 'selector: slurp: options: must be without other members; got "name"'],
  ])('slurp([], %o): %s', (options, message) => {
    expect(() => new Selector().slurp([], options as never)).toThrow(new TypeError(message))
  })

  it('a name that is taken', () => {
    const selector = new Selector().get('/a', app, { name: 'x' })
    const message = 'selector: pattern "/b": options.name: must be new; got "x"'
    expect(() => selector.get('/b', app, { name: 'x' })).toThrow(new TypeError(message))
    expect(() => selector.group('/g', [], (group) => group.get('/b', app, { name: 'x' }))).toThrow(
      new TypeError('selector: pattern "/g/b": options.name: must be new; got "x"'),
    )
    expect(selector.routes().map(({ pattern }) => pattern)).toEqual(['/a'])
    expect(selector.match('GET', '/b')).toBe(undefined)
  })

  it.each(['', 'constructor', '__proto__', 'a b'])('no name that is text: %j', (name) => {
    const selector = new Selector().get('/a', app, { name })
    expect(selector.routes()[0]?.name).toBe(name)
    expect((selector as { url(name: string): string }).url(name)).toBe('/a')
  })

  it.each<[what: string, wrong: (selector: Selector) => unknown, message: string]>([
    [
      'no application',
      (s) => s.get('/x', undefined as never),
      'selector: pattern "/x": GET: must be an application, a function; got undefined',
    ],
    [
      'no mounted one',
      (s) => s.mount('/x', 7 as never),
      'selector: pattern "/x": _ANY_: must be an application, a function; got number',
    ],
    [
      'no methods',
      (s) => s.add('/x', {}),
      'selector: pattern "/x": must have applications by method, as in { GET: app }; got {}',
    ],
    [
      'no token',
      (s) => s.add('/x', { 'G T': app }),
      'selector: pattern "/x": a method must be a token (RFC 9110 section 5.6.2); got "G T"',
    ],
  ])('%s', (_what, wrong, message) => {
    const selector = new Selector()
    expect(() => wrong(selector)).toThrow(new TypeError(message))
    expect(selector.routes()).toEqual([])
  })

  // Each throws a TypeError, but that of the engine, which says nothing of a selector.
  it.each<[what: string, wrong: () => unknown]>([
    ['methods null', () => new Selector().add('/x', null as never)],
    ['methods undefined', () => new Selector().add('/x', undefined as never)],
    ['options null', () => new Selector().get('/x', app, null as unknown as {})],
    ['a mapping that is none', () => new Selector({ mappings: [7] as never })],
    ['a mapping without methods', () => new Selector({ mappings: [['/a']] as never })],
    ['mappings that are none, of slurp', () => new Selector().slurp(7 as never)],
    ['a pattern that is a symbol', () => new Selector().get(Symbol('/x') as never, app)],
    ['a pattern that is a list', () => new Selector().get(['/x'] as never, app)],
    ['a pattern that is missing, of a group', () => new Selector().group(undefined as never, [], () => {})],
    ['layers that are none', () => new Selector().group('/x', undefined as never, () => {})],
    ['a group without a function', () => new Selector().group('/x', [], undefined as never)],
    ['a parser that was set', () => Object.assign(new Selector(), { parser: 7 }).get('/x', app)],
    ['a wrap that was set', () => Object.assign(new Selector(), { wrap: 7 }).get('/x', app)],
  ])('%s', (_what, wrong) => {
    expect(wrong).toThrow(/^selector: /)
  })
})

describe('a malformed pattern throws at add, with pattern, place and the new way', () => {
  it.each<[pattern: string, index: number, way: string, got: string]>([
    [
      '/users/:id(\\d+)',
      10,
      'a param must stand alone, as in "/:id", and its value be checked in the application',
      '(',
    ],
    ['/:id?', 4, 'an optional part must stand in braces, as in "{/:id}"', '?'],
    ['/:id*', 4, 'a wildcard must have a name, as in "/*rest"', '*'],
    ['/:id+', 4, 'several segments must be a wildcard, as in "/*rest"', '+'],
    ['*', 0, 'a wildcard must have a name, as in "/*rest"', '*'],
    ['/*', 1, 'a wildcard must have a name, as in "/*rest"', '*'],
    ['/files/*.pdf', 7, 'a wildcard must have a name, as in "/*rest"', '*'],
    ['/(.*)', 1, 'a param must stand alone, as in "/:id", and its value be checked in the application', '('],
    ['/a+', 2, 'several segments must be a wildcard, as in "/*rest"', '+'],
    ['/a?', 2, 'an optional part must stand in braces, as in "{/:id}"', '?'],
    ['/a)', 2, 'a param must stand alone, as in "/:id", and its value be checked in the application', ')'],
    ['/[ab]', 1, 'a reserved character must be escaped', '['],
    ['/a]', 2, 'a reserved character must be escaped', ']'],
    ['/a!', 2, 'a reserved character must be escaped', '!'],
    ['/:', 1, 'a param must have a name, as in "/:id" or "/:\\"user id\\""', ':'],
    ['/:1', 1, 'a param must have a name, as in "/:id" or "/:\\"user id\\""', ':'],
    ['/a\\', 2, 'a backslash must have a character after it', '\\'],
  ])('%s at %i: %s', (pattern, index, way, got) => {
    const selector = new Selector()
    const escaped = `and the character itself be written ${JSON.stringify(`\\${got}`)}`
    const message = `selector: pattern ${JSON.stringify(pattern)}: index ${index}: ${way}, ${escaped}; got ${JSON.stringify(got)}`
    const adds = [
      () => selector.get(pattern, app),
      () => selector.mount(pattern, app),
      () => selector.group(pattern, [], () => {}),
      () => selector.slurp([[pattern, { GET: app }]]),
      () => new Selector({ mappings: [[pattern, { GET: app }]] }),
    ]
    for (const add of adds) {
      const error = thrown(add)
      expect(error).toBeInstanceOf(PatternError)
      expect(error).toBeInstanceOf(TypeError)
      expect(error).toMatchObject({ name: 'PatternError', pattern, index, message })
    }
    expect(selector.routes()).toEqual([])
    expect(selector.match('GET', '/a')).toBe(undefined)
  })

  it.each<[pattern: string, index: number, reason: string]>([
    ['users', 0, 'must begin with "/", as every path does; got "users"'],
    [':id', 0, 'must begin with "/", as every path does; got ":id"'],
    ['http://example.com/', 0, 'must begin with "/", as every path does; got "http"'],
    ['/{a', 1, 'a brace must be closed; got the end'],
    ['/a}', 2, 'a brace must have been opened; got "}"'],
    ['/:a:b', 3, 'two params must have text between them; got ":b"'],
    ['/:a{/b}:c', 7, 'two params must have text between them; got ":c"'],
    ['/:id/:id', 5, 'a name must stand once; got ":id"'],
    ['/:id{/*id}', 6, 'a name must stand once; got "*id"'],
  ])('%s at %i: %s', (pattern, index, reason) => {
    const error = thrown(() => new Selector().get(pattern, app))
    expect(error).toBeInstanceOf(PatternError)
    const message = `selector: pattern ${JSON.stringify(pattern)}: index ${index}: ${reason}`
    expect(error).toMatchObject({ pattern, index, message })
  })

  it('counts from the beginning of the whole, with prefix and group', () => {
    const prefixed = thrown(() => new Selector({ prefix: '/api' }).get('/:id?', app))
    expect(prefixed).toMatchObject({ pattern: '/api/:id?', index: 8 })
    const grouped = thrown(() => new Selector().group('/g', [], (group) => group.get('/:id?', app)))
    expect(grouped).toMatchObject({ pattern: '/g/:id?', index: 6 })
    // The index is in the pattern that was given: the slash at its end is not the group's.
    const group = thrown(() => new Selector().group('/:id?/', [], () => {}))
    expect(group).toMatchObject({ index: 4 })
  })
})

describe('prefix', () => {
  it('stands before each pattern as it is written', () => {
    const selector = new Selector({ prefix: '/api', mappings: [['/mapped', { GET: app }]] })
    selector.get('/a', app).get('', app).get('-b', app)
    selector.prefix = '/v2/:lang'
    selector.get('/c', app).slurp([['/d', { GET: app }]])
    selector.mount('/m', app)
    selector.group('/g', [], (group) => group.get('/e', app))
    selector.prefix = ''
    selector.get('/f', app)
    expect(selector.routes().map(({ pattern }) => pattern)).toEqual([
      '/api/mapped',
      '/api/a',
      '/api',
      '/api-b',
      '/v2/:lang/c',
      '/v2/:lang/d',
      '/v2/:lang/m',
      '/v2/:lang/g/e',
      '/f',
    ])
    expect(selector.match('GET', '/v2/de/c')?.params).toEqual({ lang: 'de' })
  })

  it('is replaced by that of add, by an empty one too', () => {
    const selector = new Selector({ prefix: '/api' })
      .get('/a', app, { prefix: '' })
      .get('/b', app, { prefix: '/v2' })
      .slurp([['/c', { GET: app }, { prefix: '' }]], { prefix: '/slurped' })
      .slurp([['/d', { GET: app }]], { prefix: '' })
      .slurp([['/e', { GET: app }]], { prefix: '/slurped' })
    expect(selector.routes().map(({ pattern }) => pattern)).toEqual(['/a', '/v2/b', '/c', '/d', '/slurped/e'])
    expect(selector.prefix).toBe('/api')
  })

  it('of a group is its own, behind the pattern of the group', () => {
    const selector = new Selector({ prefix: '/api' }).group('/g', [], (group) => {
      expect(group.prefix).toBe('')
      group.prefix = '/in'
      group.get('/a', app).get('/b', app, { prefix: '' })
      group.group('/h', [], (inner) => inner.get('/c', app))
    })
    expect(selector.prefix).toBe('/api')
    expect(selector.routes().map(({ pattern }) => pattern)).toEqual([
      '/api/g/in/a',
      '/api/g/b',
      '/api/g/in/h/c',
    ])
  })

  it('may complete an expression', () => {
    const selector = new Selector({ prefix: '/:' }).get('id', app)
    expect(selector.match('GET', '/7')?.params).toEqual({ id: '7' })
  })
})

describe('wrap', () => {
  it('wraps what is added while it is set', async () => {
    const selector = new Selector().get('/a', app)
    selector.wrap = marks('1 ')
    selector.get('/b', app).mount('/m', app)
    selector.slurp([['/c', { GET: app }]])
    selector.slurp([['/d', { GET: app }]], { wrap: marks('own ') })
    selector.group('/g', [], (group) => {
      group.get('/a', app)
      group.wrap = marks('group ')
      group.get('/b', app)
    })
    selector.wrap = marks('2 ')
    selector.get('/e', app)
    selector.wrap = undefined
    selector.get('/f', app)
    const paths = ['/a', '/b', '/m/x', '/c', '/d', '/g/a', '/g/b', '/e', '/f']
    expect(await Promise.all(paths.map((path) => answerOf(selector, path)))).toEqual([
      'app /a|',
      '1 app /b|',
      '1 app /m|/x',
      '1 app /c|',
      'own app /d|',
      '1 app /g/a|',
      'group app /g/b|',
      '2 app /e|',
      'app /f|',
    ])
  })

  it('is called when an application is added, once for each', async () => {
    const wrapped: Application[] = []
    const other = says('other')
    const wrap: Wrap = (app) => {
      wrapped.push(app)
      return marks('w ')(app)
    }
    const selector = new Selector({ wrap })
    selector.add('/a', { GET: app, POST: app, PUT: other, _ANY_: app })
    expect(wrapped).toEqual([app, other])
    expect(await answerOf(selector, '/a')).toBe('w app /a|')
    expect(await answerOf(selector, { path: '/a', method: 'PUT' })).toBe('w other /a|')
    expect(await answerOf(selector, { path: '/a', method: 'BREW' })).toBe('w app /a|')
    expect((await send(selector, { path: '/a', method: 'HEAD' })).status).toBe(200)
    expect(wrapped.length).toBe(2)
  })

  it('does not wrap what answers where no route does', async () => {
    const selector = new Selector({ wrap: marks('w ') }).post('/a', app)
    selector.status404 = says('404')
    selector.status405 = says('405')
    expect(await answerOf(selector, '/b')).toBe('404 |/b')
    expect(await answerOf(selector, '/a')).toBe('405 |/a')
  })

  it('of a stack is among the layers of the route', () => {
    const outer: Middleware = (app) =>
      function outerLayer(environ, startResponse) {
        return app(environ, startResponse)
      }
    const selector = new Selector({ wrap: (app) => stack().use(outer).run(app) }).get('/a', app)
    expect(selector.routes()[0]?.layers).toEqual(['outerLayer'])
  })

  it.each([undefined, null, {}, 'app'])('must give an application, not %o', (made) => {
    const selector = new Selector({ wrap: () => made as never })
    expect(() => selector.get('/a', app)).toThrow(TypeError)
    expect(() => selector.get('/a', app)).toThrow(/wrap must give an application/)
    expect(selector.routes()).toEqual([])
  })

  it('that throws adds nothing', () => {
    const fault = new RangeError('no')
    const selector = new Selector({
      wrap: () => {
        throw fault
      },
    })
    expect(() => selector.get('/a', app, { name: 'a' })).toThrow(fault)
    selector.wrap = undefined
    selector.get('/a', app, { name: 'a' })
    expect(selector.routes().length).toBe(1)
  })
})

describe('parser', () => {
  const text = (value: string) => ({ type: 'text' as const, value })
  const param = (name: string) => ({ type: 'param' as const, name })

  it.each<
    [
      what: string,
      parsed: ParsedPattern | ParsedPattern['tokens'],
      paths: [path: string, params: object | undefined][],
    ]
  >([
    [
      'tokens',
      [text('/a/'), param('id')],
      [
        ['/a/7', { id: '7' }],
        ['/a/', undefined],
        ['/a/7/', undefined],
      ],
    ],
    ['tokens in an object', { tokens: [text('/a/'), param('id')] }, [['/a/7', { id: '7' }]]],
    [
      'no tokens',
      [],
      [
        ['', {}],
        ['/', undefined],
      ],
    ],
    [
      'tokens of text in pieces',
      [text('/'), text('a'), text('/'), text('b')],
      [
        ['/a/b', {}],
        ['/a', undefined],
      ],
    ],
    [
      'an expression with keys',
      {
        regexp: /^\/(\d+)\/(.+)$/,
        keys: [
          { type: 'param', name: 'id' },
          { type: 'wildcard', name: 'rest' },
        ],
      },
      [
        ['/7/a/b', { id: '7', rest: ['a', 'b'] }],
        ['/x/a', undefined],
        ['/7/a%2Fb', { id: '7', rest: ['a/b'] }],
      ],
    ],
    [
      'keys of text, which stays as it is',
      { regexp: /^\/(.*)$/, keys: [{ type: 'text', name: 'path' }] },
      [
        ['/a/b%2Fc', { path: 'a/b%2Fc' }],
        ['/', { path: '' }],
      ],
    ],
    [
      'a positional key',
      {
        regexp: /^\/(\d)(\w)$/,
        keys: [
          { type: 'param', name: 0 },
          { type: 'param', name: 'x' },
        ],
      },
      [['/1a', { x: 'a' }]],
    ],
    [
      'named groups only',
      { regexp: /^\/(?<year>\d{4})-(?:\d\d)(-(?<day>\d\d))?$/ },
      [
        ['/2024-02-29', { year: '2024', day: '29' }],
        ['/2024-02', { year: '2024' }],
        ['/2024', undefined],
      ],
    ],
    [
      'named groups among what only looks like groups',
      { regexp: /^\/\((?<a>[(?<b>x)]+)\)(?=\/)(?<!y)\/(z)\\?(?<c>.)$/ },
      [
        ['/(x)/zq', { a: 'x', c: 'q' }],
        ['/(<)/zq', { a: '<', c: 'q' }],
      ],
    ],
    [
      'a name in two alternatives’ place',
      { regexp: /^\/(?:(?<a>\d)|(?<b>\w))$/ },
      [
        ['/1', { a: '1' }],
        ['/x', { b: 'x' }],
      ],
    ],
    [
      'hostile names',
      { regexp: /^\/(?<__proto__>.)(?<constructor>.)$/ },
      [['/ab', JSON.parse('{"__proto__":"a","constructor":"b"}')]],
    ],
    [
      'the flag g',
      { regexp: /^\/(?<x>.)$/g },
      [
        ['/a', { x: 'a' }],
        ['/b', { x: 'b' }],
      ],
    ],
    [
      'the flag y',
      { regexp: /^\/(?<x>.)$/y },
      [
        ['/a', { x: 'a' }],
        ['/b', { x: 'b' }],
      ],
    ],
    [
      'the flags dgimsuy',
      { regexp: /^\/(?<x>A)$/dgimsuy },
      [
        ['/a', { x: 'a' }],
        ['/A', { x: 'A' }],
        ['/a\n', undefined],
        ['/a\nb', undefined],
      ],
    ],
    [
      'the flag m',
      { regexp: /^\/a$/m },
      [
        ['/a', {}],
        ['/a\n', undefined],
        ['/a\n/b', undefined],
        ['/b\n/a', undefined],
      ],
    ],
    [
      'no anchor at its beginning',
      { regexp: /\/a$/ },
      [
        ['/a', {}],
        ['/b/a', undefined],
      ],
    ],
    [
      'no anchor at its end',
      { regexp: /^\/a/ },
      [
        ['/a', {}],
        ['/a/', {}],
        ['/a/b', {}],
        ['/ab', undefined],
      ],
    ],
    [
      'an end that is a dollar sign',
      { regexp: /^\/a\$/ },
      [
        ['/a$', {}],
        ['/a$/b', {}],
        ['/a', undefined],
      ],
    ],
    [
      'an end behind a backslash',
      { regexp: /^\/a\\$/ },
      [
        ['/a\\', {}],
        ['/a\\/b', undefined],
      ],
    ],
    [
      'the empty expression',
      { regexp: /(?:)/ },
      [
        ['', {}],
        ['/', {}],
        ['/a/b', {}],
      ],
    ],
    ['fewer keys than groups', { regexp: /^\/(.)(.)$/, keys: [param('a')] }, [['/xy', { a: 'x' }]]],
    ['more keys than groups', { regexp: /^\/(.)$/, keys: [param('a'), param('b')] }, [['/x', { a: 'x' }]]],
    [
      'a reference back',
      { regexp: /^\/(?<a>.)\1$/ },
      [
        ['/xx', { a: 'x' }],
        ['/xy', undefined],
      ],
    ],
  ])('may give %s', (_what, parsed, paths) => {
    const selector = new Selector({ parser: () => parsed! }).get('whatever', app)
    // Twice: no state stays.
    for (const [path, params] of [...paths, ...paths]) {
      expect([path, selector.match('GET', path)?.params]).toEqual([path, params])
    }
  })

  it('is given prefix and pattern, as they are', () => {
    const given: string[] = []
    const selector = new Selector({
      prefix: '<',
      parser: (expression) => {
        given.push(expression)
        return [text('/a')]
      },
    })
    selector.get('>', app).get('x', app, { prefix: '' }).get('', app)
    expect(given).toEqual(['<>', 'x', '<'])
    expect(selector.match('GET', '/a')?.route.pattern).toBe('<>')
  })

  it('may change, and does not change what is there', () => {
    const selector = new Selector().get('/a/:id', app)
    selector.parser = selectorExpressions
    selector.get('/b/{id:digits}', app)
    selector.slurp([['/c', { GET: app }]], { parser: () => [text('/slurped')] })
    selector.group('/{g}', [], (group) => group.get('/{h:digits}', app))
    const found = (path: string) => selector.match('GET', path)?.params
    expect([found('/a/1'), found('/b/1'), found('/slurped'), found('/x/7')]).toEqual([
      { id: '1' },
      { id: '1' },
      {},
      { g: 'x', h: '7' },
    ])
    expect(selector.parser).toBe(selectorExpressions)
  })

  it('has its positional values in routing_args and vars', async () => {
    let seen: object = {}
    const keep: Application = (environ, startResponse) => {
      seen = { ...environ }
      return app(environ, startResponse)
    }
    const parser = () => ({
      regexp: /^\/(\w)(?:-(\w))?\/(\w)$/,
      keys: [param('named'), { type: 'param' as const, name: 1 }, { type: 'param' as const, name: 0 }],
    })
    const selector = new Selector({ parser }).get('', keep)
    await send(selector, '/a-b/c')
    expect(seen).toMatchObject({
      'wsgiorg.routing_args': [['c', 'b'], { named: 'a' }],
      'selector.vars': { 0: 'c', 1: 'b', named: 'a' },
    })
    await send(selector, '/a/c')
    expect(seen).toMatchObject({ 'wsgiorg.routing_args': [['c'], { named: 'a' }] })
  })

  it.each<[path: string, answer: string]>([
    ['/book/1', 'app /book/1|'],
    ['/book/1/', 'app /book/1|/'],
    ['/book/1/x', 'app /book/1|/x'],
    ['/book/12', 'app /book/12|'],
    ['/book/1.2', '404'],
    ['/book/1a', '404'],
    ['/book/1//', 'app /book/1|//'],
  ])('may leave an end open, which is at a slash: %s is %s', async (path, answer) => {
    const selector = new Selector({ parser: () => ({ regexp: /^\/book\/\d+/ }) }).get('', app)
    expect(await answerOf(selector, path)).toBe(answer)
  })

  it.each<[path: string, answer: string]>([
    ['/a', 'app /a|'],
    ['/a/b', 'app /a|/b'],
    ['/ab', '404'],
  ])('is mounted with an open end: %s is %s', async (path, answer) => {
    const selector = new Selector({ parser: () => ({ regexp: /^\/a$/ }) }).mount('', app)
    expect(await answerOf(selector, path)).toBe(answer)
  })

  it.each<[what: string, parsed: unknown, found: string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', '/a', '"/a"'],
    ['a number', 7, '7'],
    ['an empty object', {}, '{}'],
    ['a source', { regexp: '^/a$' }, '{"regexp":"^/a$"}'],
    ['a bare expression', /^\/a$/, '{}'],
    ['tokens that are none', { tokens: 'a' }, '{"tokens":"a"}'],
    ['a promise', Promise.resolve([]), '{}'],
    ['a function', () => [], 'a function'],
  ])('must not give %s', (_what, parsed, found) => {
    const selector = new Selector({ parser: () => parsed as never })
    const rule = 'the parser must give tokens, or an expression as { regexp, keys }'
    expect(() => selector.get('/x', app)).toThrow(
      new TypeError(`selector: pattern "/x": ${rule}; got ${found}`),
    )
    expect(() => selector.group('/x', [], () => {})).toThrow(
      new TypeError(`selector: group "/x": ${rule}; got ${found}`),
    )
    expect(selector.routes()).toEqual([])
  })

  it.each<[what: string, parsed: unknown]>([
    ['null for a token', [null]],
    ['a number for a token', [1]],
    ['a text for a token', ['/a']],
    ['a text without a value', [{ type: 'text' }]],
    ['a token of no type', [{ type: 'nothing', value: 'x' }]],
    ['a param without a name', [text('/'), { type: 'param' }]],
    ['a group without tokens', [{ type: 'group' }]],
    ['keys that are no list', { regexp: /^\/(.)$/, keys: 7 }],
    ['a key that is none', { regexp: /^\/(.)$/, keys: [7] }],
    ['tokens that are none beside an expression', { regexp: /^\/(.)$/, tokens: 7 }],
  ])('must not give, and is told so at add: %s', (_what, parsed) => {
    expect(() => new Selector({ parser: () => parsed as never }).get('/x', app)).toThrow(
      /^selector: pattern "\/x": the parser must give/,
    )
  })

  it('may give an expression that disregards case, beside tokens', () => {
    const tokens = [text('/users/'), param('id')]
    const selector = new Selector({ parser: () => ({ tokens, regexp: /^\/users\/(?<id>\w+)$/i }) }).get(
      'x',
      app,
    )
    expect(selector.match('GET', '/USERS/Ab')?.params).toEqual({ id: 'Ab' })
  })

  it('throws what it throws, and nothing is added', () => {
    const fault = new RangeError('no')
    const selector = new Selector({
      parser: () => {
        throw fault
      },
    })
    expect(() => selector.get('/x', app)).toThrow(fault)
    expect(selector.routes()).toEqual([])
  })

  it('is refused for more than 256 ways, as a pattern is', () => {
    const tokens = Array.from({ length: 9 }, (_, i) => ({ type: 'group' as const, tokens: [text(`/${i}`)] }))
    expect(() => new Selector({ parser: () => tokens }).get('x', app)).toThrow(PatternError)
  })
})

describe('sensitive', () => {
  it.each<[pattern: string, path: string, sensitive: boolean, insensitive: boolean]>([
    ['/about', '/about', true, true],
    ['/about', '/ABOUT', false, true],
    ['/About', '/aBOUT', false, true],
    ['/É', '/é', false, true],
    ['/ä/:id', '/Ä/7', false, true],
    ['/straße', '/STRASSE', false, false],
    ['/straße', '/STRAßE', false, true],
    ['/ß', '/ẞ', false, false],
    ['/i', '/I', false, true],
    ['/i', '/İ', false, false],
    ['/I', '/ı', false, false],
    ['/s', '/ſ', false, false],
    ['/k', '/\u212a', false, false],
    ['/å', '/\u212b', false, false],
    ['/µ', '/μ', false, true],
    ['/σ', '/ς', false, true],
    ['/я', '/Я', false, true],
    ['/ǆ', '/ǅ', false, true],
    ['/ﬀ', '/FF', false, false],
    ['/é', '/e\u0301', false, false],
    ['/𐐨', '/𐐀', false, false],
    ['/a%2Fb', '/A%2FB', false, true],
    ['/a_', '/A_', false, true],
    ['/[', '/{', false, false],
  ])('%s and %s are one: %s, where case does not count %s', (pattern, path, isSensitive, isInsensitive) => {
    const escaped = pattern.replace(/[[{]/, '\\$&')
    for (const [sensitive, fits] of [
      [true, isSensitive],
      [false, isInsensitive],
    ] as const) {
      // As a whole, in the tree, beside a param, and by an expression.
      const given = pattern.includes(':') ? [''] : ['', '/:x', '/v-:x', '/*x/end']
      for (const end of given) {
        const selector = new Selector({ sensitive }).get(escaped + end, app)
        const found = selector.match('GET', path + end.replace(/[:*]x/, 'X'))
        expect([end, found !== undefined]).toEqual([end, fits])
        if (end !== '' && fits) expect(found?.params).toEqual({ x: end.startsWith('/*') ? ['X'] : 'X' })
      }
    }
  })

  it('is true by default', () => {
    expect(new Selector().get('/a', app).match('GET', '/A')).toBe(undefined)
  })

  it('false keeps the case of params, of wildcards and of what is left', async () => {
    const selector = new Selector({ sensitive: false })
      .get('/users/:id', app)
      .get('/files/*path', app)
      .get('/v:major.:minor', app)
      .mount('/Mount', says('mounted'))
    expect(selector.match('GET', '/USERS/AbC')?.params).toEqual({ id: 'AbC' })
    expect(selector.match('GET', '/Files/A/b/ſ')?.params).toEqual({ path: ['A', 'b', 'ſ'] })
    expect(selector.match('GET', '/V1A.bB')?.params).toEqual({ major: '1A', minor: 'bB' })
    expect(await answerOf(selector, '/mOUNT/A/b')).toBe('mounted /mOUNT|/A/b')
  })

  it('false is for groups, expressions and redirects too', async () => {
    const parser = () => ({ regexp: /^\/expression\/(?<x>.)$/ })
    const selector = new Selector({ sensitive: false, trailingSlash: 'redirect' })
      .group('/Admin', [], (group) => {
        group.get('/Page', app)
        group.status404 = says('group')
      })
      .slurp([['', { GET: app }]], { parser })
    expect(await answerOf(selector, '/ADMIN/pAGE')).toBe('app /ADMIN/pAGE|')
    expect(await answerOf(selector, '/admin/none')).toBe('group |/admin/none')
    expect((await send(selector, '/aDMIN/pAGE/')).headers.get('Location')).toBe('/aDMIN/pAGE')
    expect(selector.match('GET', '/EXPRESSION/X')?.params).toEqual({ x: 'X' })
  })

  it('false leaves methods alone', async () => {
    const selector = new Selector({ sensitive: false }).get('/a', app)
    expect((await send(selector, { method: 'get', path: '/a' })).status).toBe(501)
  })
})

describe('consumePath', () => {
  it.each<[consumePath: boolean | undefined, answer: string, mounted: string]>([
    [undefined, 'app /a/7|', 'app /m|/x/'],
    [true, 'app /a/7|', 'app /m|/x/'],
    [false, 'app |/a/7', 'app |/m/x/'],
  ])('%s: %s, mounted %s', async (consumePath, answer, mounted) => {
    const options = consumePath === undefined ? {} : { consumePath }
    const selector = new Selector(options).get('/a/:id', app).mount('/m', app)
    expect(await answerOf(selector, '/a/7')).toBe(answer)
    expect(await answerOf(selector, '/m/x/')).toBe(mounted)
  })
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
