import type { RoutingEnviron, StandardSchema } from '@tsgi/core'
import {
  type Application,
  type Environ,
  handler,
  type Middleware,
  type MissingLayer,
  onResponse,
} from '@tsgi/core'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type {
  ExpressionParams,
  GroupAdds,
  LayersAdd,
  LayersMet,
  OptedApplication,
  ParamsOf,
  PathParams,
  RouteApplication,
  RouteOptions,
  RouteParams,
  UrlArguments,
  UrlOptions,
  UrlParams,
} from '../src/path-params.ts'
import type { UrlValue } from '../src/url.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}
interface OtherSessionEnviron {
  'tsgi.session': number
}
interface CsrfEnviron {
  'tsgi.csrf': string
}
declare function plain(): Middleware
declare function session(): Middleware<SessionEnviron>
declare function otherSession(): Middleware<OtherSessionEnviron>
declare function csrf(): Middleware<CsrfEnviron, SessionEnviron>

type Anything = Record<string, string | string[] | undefined>

describe('PathParams', () => {
  it('reads whole segments', () => {
    expectTypeOf<PathParams<''>>().toEqualTypeOf<{}>()
    expectTypeOf<PathParams<'/about/us'>>().toEqualTypeOf<{}>()
    expectTypeOf<PathParams<'/users/:id'>>().toEqualTypeOf<{ id: string }>()
    expectTypeOf<PathParams<'/users/:id/'>>().toEqualTypeOf<{ id: string }>()
    expectTypeOf<PathParams<'/users/:id/edit'>>().toEqualTypeOf<{ id: string }>()
    expectTypeOf<PathParams<'/:a/b/:c/:d/e'>>().toEqualTypeOf<{ a: string; c: string; d: string }>()
    expectTypeOf<PathParams<'/files/*path'>>().toEqualTypeOf<{ path: string[] }>()
    expectTypeOf<PathParams<'/*all/edit/:$what_2'>>().toEqualTypeOf<{ all: string[]; $what_2: string }>()
    expectTypeOf<PathParams<'/:名/x'>>().toEqualTypeOf<{ 名: string }>()
    expectTypeOf<PathParams<'/:__proto__'>>().toEqualTypeOf<{ __proto__: string }>()
    expectTypeOf<PathParams<'/:constructor'>>().toEqualTypeOf<{ constructor: string }>()
  })

  it('reads what may be absent', () => {
    expectTypeOf<PathParams<'/a{/b}'>>().toEqualTypeOf<{}>()
    expectTypeOf<PathParams<'/users/:id{/:tab}'>>().toEqualTypeOf<{ id: string; tab?: string }>()
    expectTypeOf<PathParams<'{/:lang}/users/:id'>>().toEqualTypeOf<{ lang?: string; id: string }>()
    expectTypeOf<PathParams<'/a{/:b/c}{/d/:e}/:f'>>().toEqualTypeOf<{ b?: string; e?: string; f: string }>()
    expectTypeOf<PathParams<'/files{/*path}'>>().toEqualTypeOf<{ path?: string[] }>()
    expectTypeOf<PathParams<'/a{/:b{/:c}/:d}/:e'>>().toEqualTypeOf<{
      b?: string
      c?: string
      d?: string
      e: string
    }>()
    expectTypeOf<PathParams<'/a{{/:b}}/:c'>>().toEqualTypeOf<{ b?: string; c: string }>()
    expectTypeOf<PathParams<'/{a:b/c}/:d'>>().toEqualTypeOf<{ b?: string; d: string }>()
  })

  it('ends a name where the pattern does', () => {
    expectTypeOf<PathParams<'/:from-:to'>>().toEqualTypeOf<{ from: string; to: string }>()
    expectTypeOf<PathParams<'/:name.:ext'>>().toEqualTypeOf<{ name: string; ext: string }>()
    expectTypeOf<PathParams<'/:a,:b;:c@:d~:e'>>().toEqualTypeOf<Record<'a' | 'b' | 'c' | 'd' | 'e', string>>()
    expectTypeOf<PathParams<'/v:major.*rest'>>().toEqualTypeOf<{ major: string; rest: string[] }>()
    expectTypeOf<PathParams<'/:a{.:b}'>>().toEqualTypeOf<{ a: string; b?: string }>()
    expectTypeOf<PathParams<'/a-b.c/:d'>>().toEqualTypeOf<{ d: string }>()
  })

  it('reads quotes and escapes', () => {
    expectTypeOf<PathParams<'/:"user id"/x'>>().toEqualTypeOf<{ 'user id': string }>()
    expectTypeOf<PathParams<'/:"a/b:c"x:d'>>().toEqualTypeOf<{ 'a/b:c': string; d: string }>()
    expectTypeOf<PathParams<'/:"a\\"b\\\\"'>>().toEqualTypeOf<{ 'a"b\\': string }>()
    expectTypeOf<PathParams<'/*"a b"'>>().toEqualTypeOf<{ 'a b': string[] }>()
    expectTypeOf<PathParams<'/a\\:b'>>().toEqualTypeOf<{}>()
    expectTypeOf<PathParams<'/a\\:b/\\*c/\\{:d\\}'>>().toEqualTypeOf<{ d: string }>()
    expectTypeOf<PathParams<'/:a\\:b'>>().toEqualTypeOf<{ a: string }>()
    expectTypeOf<PathParams<'/\\\\:a'>>().toEqualTypeOf<{ a: string }>()
  })

  it('can be anything where the pattern is not one literal', () => {
    expectTypeOf<PathParams<string>>().toEqualTypeOf<Anything>()
    expectTypeOf<PathParams<`/users/${string}`>>().toEqualTypeOf<Anything>()
    expectTypeOf<PathParams<`/users/:id/${string}`>>().toEqualTypeOf<Anything>()
    expectTypeOf<PathParams<'/a/:x' | '/b/:y'>>().toEqualTypeOf<{ x: string } | { y: string }>()
    expectTypeOf<PathParams<'/a' | '/b/:y'>>().toEqualTypeOf<{} | { y: string }>()
  })
})

describe('ExpressionParams', () => {
  it('reads variables', () => {
    expectTypeOf<ExpressionParams<'/about|'>>().toEqualTypeOf<{}>()
    expectTypeOf<ExpressionParams<'/a:b/*c'>>().toEqualTypeOf<{}>()
    expectTypeOf<ExpressionParams<'/{name}'>>().toEqualTypeOf<{ name: string }>()
    expectTypeOf<ExpressionParams<'/{name:digits}[/{tab}]|'>>().toEqualTypeOf<{
      name: string
      tab?: string
    }>()
    expectTypeOf<ExpressionParams<'/{a}.{b:word}/{rest:any}'>>().toEqualTypeOf<
      Record<'a' | 'b' | 'rest', string>
    >()
  })

  it('leaves positional values out', () => {
    expectTypeOf<ExpressionParams<'/{}/{:digits}'>>().toEqualTypeOf<{}>()
    expectTypeOf<ExpressionParams<'/{}[/{a}]/{:digits}/{b:any}'>>().toEqualTypeOf<{ a?: string; b: string }>()
  })

  it('reads brackets in one another', () => {
    expectTypeOf<ExpressionParams<'/a[/{b}[/{c}]/{d}]/{e}'>>().toEqualTypeOf<{
      b?: string
      c?: string
      d?: string
      e: string
    }>()
    expectTypeOf<ExpressionParams<'/a[/b][/{c}]/{d}[[/{e}]]'>>().toEqualTypeOf<{
      c?: string
      d: string
      e?: string
    }>()
  })

  it('can be anything where the pattern is not one literal', () => {
    expectTypeOf<ExpressionParams<string>>().toEqualTypeOf<Anything>()
    expectTypeOf<ExpressionParams<`/{id}/${string}`>>().toEqualTypeOf<Anything>()
    expectTypeOf<ExpressionParams<'/{x}' | '/{y}'>>().toEqualTypeOf<{ x: string } | { y: string }>()
  })
})

it('ParamsOf reads the languages that it knows', () => {
  expectTypeOf<ParamsOf<'path-to-regexp', '/:a/{b}'>>().toEqualTypeOf<{ a: string }>()
  expectTypeOf<ParamsOf<'expressions', '/:a/{b}'>>().toEqualTypeOf<{ b: string }>()
  expectTypeOf<ParamsOf<'regexp', '/a'>>().toEqualTypeOf<Anything>()
  expectTypeOf<ParamsOf<string, '/:a'>>().toEqualTypeOf<Anything>()
})

describe('RouteParams', () => {
  const id = z.coerce.number<string>()
  const tab = z.enum(['likes', 'posts'])
  type Params<Pattern extends string, Options extends RouteOptions> = RouteParams<
    'path-to-regexp',
    Pattern,
    Options
  >

  it('are texts without schemas', () => {
    expectTypeOf<Params<'/users', { name: 'users' }>>().toEqualTypeOf<{}>()
    expectTypeOf<Params<'/users/:id{/:tab}', {}>>().toEqualTypeOf<{ id: string; tab?: string }>()
  })

  it('are what the schemas make of them', () => {
    expectTypeOf<Params<'/users/:id{/:tab}/*rest', { params: { id: typeof id } }>>().toEqualTypeOf<{
      id: number
      tab?: string
      rest: string[]
    }>()
    expectTypeOf<
      Params<'/users/:id{/:tab}', { params: { id: typeof id; tab: typeof tab } }>
    >().toEqualTypeOf<{
      id: number
      tab?: 'likes' | 'posts'
    }>()
    expectTypeOf<Params<'/:day', { params: { day: StandardSchema<string, Date> } }>>().toEqualTypeOf<{
      day: Date
    }>()
    expectTypeOf<RouteParams<'expressions', '/{id:digits}', { params: { id: typeof id } }>>().toEqualTypeOf<{
      id: number
    }>()
  })

  it('are what one schema makes of them all', () => {
    const schema = z.object({ id: id, page: id.default(1) })
    expectTypeOf<Params<'/users/:id{/:page}', { params: typeof schema }>>().toEqualTypeOf<{
      id: number
      page: number
    }>()
  })

  it('are unknown where the schemas are', () => {
    expectTypeOf<Params<'/:a/:b', { params: { a: StandardSchema } }>>().toEqualTypeOf<{
      a: unknown
      b: string
    }>()
    expectTypeOf<Params<string, { params: { id: typeof id } }>>().toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf<Params<'/:a', { params: StandardSchema }>>().toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf<Params<'/:a', RouteOptions>>().toEqualTypeOf<Record<string, unknown>>()
  })

  it('are anything where the pattern is not one literal', () => {
    expectTypeOf<Params<string, {}>>().toEqualTypeOf<{ [name: string]: string | string[] | undefined }>()
    expectTypeOf<Params<'/:id', { prefix: string }>>().toEqualTypeOf<{
      [name: string]: string | string[] | undefined
    }>()
  })

  it('has those of prefix and host', () => {
    expectTypeOf<Params<'/users/:id', { prefix: '{/:lang}' }>>().toEqualTypeOf<{
      lang?: string
      id: string
    }>()
    expectTypeOf<Params<'/', { host: 'example.com' }>>().toEqualTypeOf<{}>()
    expectTypeOf<Params<'/:id', { host: '{:tenant.}example.com' }>>().toEqualTypeOf<{
      tenant?: string
      id: string
    }>()
    expectTypeOf<
      Params<'/:id', { host: ':tenant.*rest.com\\:8080'; params: { tenant: typeof id } }>
    >().toEqualTypeOf<{ tenant: number; rest: string[]; id: string }>()
    expectTypeOf<Params<'/:id', { host: string }>>().toEqualTypeOf<{
      [name: string]: string | string[] | undefined
      id: string
    }>()
  })
})

describe('the application of a route', () => {
  type E = SessionEnviron
  const id = z.coerce.number<string>()
  function get<Pattern extends string>(
    pattern: Pattern,
    app: RouteApplication<E, 'path-to-regexp', Pattern>,
  ): void
  function get<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, 'path-to-regexp', Pattern, Options>>,
    options: Options,
  ): void
  function get(..._: unknown[]): void {}
  function expression<Pattern extends string>(
    _pattern: Pattern,
    _app: RouteApplication<E, 'expressions', Pattern>,
  ): void {}
  function foreign<Pattern extends string>(
    _pattern: Pattern,
    _app: RouteApplication<E, 'regexp', Pattern>,
  ): void {}

  it('sees params and layers where it stands in its place', () => {
    get('/users/:id', (environ) => {
      expectTypeOf(environ['wsgiorg.routing_args'][1]).toEqualTypeOf<{ id: string }>()
      expectTypeOf(environ['selector.vars']).toEqualTypeOf<{ id: string }>()
      expectTypeOf(environ['tsgi.session'].user).toEqualTypeOf<string>()
      expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
      return []
    })
    get(
      '/users/:id{/:tab}',
      handler(({ params, environ }) => {
        expectTypeOf(params).toEqualTypeOf<{ id: string; tab?: string }>()
        return environ['tsgi.session'].user
      }),
    )
    get(
      '/about',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{}>()
        return null
      }),
    )
    get(
      '/files/:name.:ext',
      handler({ query: z.object({ page: id }) }, async ({ params }, { query }) => {
        expectTypeOf(params).toEqualTypeOf<{ name: string; ext: string }>()
        expectTypeOf(query.page).toEqualTypeOf<number>()
        return null
      }),
    )
  })

  it('sees what schemas make of params that stand behind it', () => {
    get(
      '/users/:id{/:tab}',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ id: number; tab?: string }>()
        return null
      }),
      { params: { id }, name: 'user' },
    )
    get(
      '/users/:id',
      (environ) => {
        expectTypeOf(environ['wsgiorg.routing_args'][1]).toEqualTypeOf<{ id: number }>()
        return []
      },
      { params: { id }, accept: ['text/html'] },
    )
    get(
      '/users/:id',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ id: string }>()
        return null
      }),
      { name: 'user' },
    )
    get(
      '/:id',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ id: string; tenant: string }>()
        return null
      }),
      { host: ':tenant.example.com' },
    )
  })

  it('wants what the route gives', () => {
    const home = {} as Application
    const account = {} as Application<Environ & SessionEnviron>
    const other = {} as Application<Environ & OtherSessionEnviron>
    const user = {} as Application<Environ & RoutingEnviron<{ id: string }>>
    const numbered = {} as Application<Environ & RoutingEnviron<{ id: number }>>
    get('/', home)
    get('/', account)
    get('/:id', user)
    get('/:id', user, { name: 'user' })
    get('/:id', numbered, { params: { id } })
    // @ts-expect-error another session, of another type
    get('/', other)
    // @ts-expect-error the pattern names no `id`
    get('/', user)
    // @ts-expect-error `id` may be absent
    get('/a{/:id}', user)
    // @ts-expect-error `id` is a list
    get('/*id', user)
    // @ts-expect-error `id` is a text
    get('/:id', numbered)
    // @ts-expect-error `id` is a number
    get('/:id', user, { params: { id } })
    // @ts-expect-error nobody knows what the pattern names
    get('/:id' as string, user)
    // @ts-expect-error one of the two names no `id`
    get('/:id' as '/:id' | '/', user)
    // @ts-expect-error there is no such option
    get('/', home, { nmae: 'home' })
  })

  it('can find anything where the pattern is not one literal, or its language is not known', () => {
    get(
      '/users/:id' as string,
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<Anything>()
        return null
      }),
    )
    get(
      `/users/${'x' as string}`,
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<Anything>()
        return null
      }),
    )
    foreign(
      '/users',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<Anything>()
        return null
      }),
    )
    expression(
      '/{a}/:b',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{ a: string }>()
        return null
      }),
    )
    expression(
      '/a/:b',
      handler(({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{}>()
        return null
      }),
    )
  })
})

describe('the layers of a group', () => {
  function group<const Layers extends readonly Middleware<{}, never>[]>(
    _layers: Layers & LayersMet<Environ & CsrfEnviron, Layers>,
  ): LayersAdd<Layers> {
    return {} as LayersAdd<Layers>
  }
  function bare<const Layers extends readonly Middleware<{}, never>[]>(
    _layers: Layers & LayersMet<Environ, Layers>,
  ): void {}

  it('add what each of them adds', () => {
    expectTypeOf(group([])).toEqualTypeOf<{}>()
    expectTypeOf(group([plain()])).toEqualTypeOf<{}>()
    expectTypeOf(group([plain(), session(), csrf()])).toEqualTypeOf<SessionEnviron & CsrfEnviron>()
    expectTypeOf(group([] as Middleware[])).toEqualTypeOf<{}>()
  })

  it('may be written in their place', () => {
    expectTypeOf(
      group([(app) => onResponse(app, ({ headers }) => headers.set('X-A', '1')), session(), csrf()]),
    ).toEqualTypeOf<SessionEnviron & CsrfEnviron>()
  })

  it('find what they need', () => {
    bare([session(), plain(), csrf()])
    // @ts-expect-error no layer adds the session
    bare([csrf()])
    // @ts-expect-error the session comes inside the layer that needs it
    bare([csrf(), session()])
    // @ts-expect-error another session, of another type
    bare([otherSession(), csrf()])
    // @ts-expect-error a number is no layer
    bare([7])
    expectTypeOf<LayersMet<Environ, [Middleware<CsrfEnviron, SessionEnviron>]>>().toEqualTypeOf<
      MissingLayer<'tsgi.session'>
    >()
    expectTypeOf<
      LayersMet<Environ & SessionEnviron, [Middleware<CsrfEnviron, SessionEnviron>]>
    >().toBeUnknown()
  })

  it('and the pattern add to the environ of the group', () => {
    type Session = [Middleware<SessionEnviron>]
    expectTypeOf<GroupAdds<'path-to-regexp', '/admin', Session>>().toEqualTypeOf<SessionEnviron>()
    expectTypeOf<GroupAdds<'path-to-regexp', '/admin', []>>().toEqualTypeOf<{}>()
    expectTypeOf<GroupAdds<'path-to-regexp', '/:id', Session>>().toEqualTypeOf<
      RoutingEnviron<{ id: string }> & SessionEnviron
    >()
    expectTypeOf<GroupAdds<'expressions', '/:id', []>>().toEqualTypeOf<{}>()
  })
})

describe('the arguments of url', () => {
  type Names = {
    home: '/'
    user: '/users/:id{/:tab}'
    archive: '/archive{/:year}'
    file: '/files/*path'
    any: string
  }
  type Arguments<Name extends string> = UrlArguments<Names, Name>

  it('are those of the pattern', () => {
    expectTypeOf<UrlParams<'/users/:id{/:tab}'>>().toEqualTypeOf<{
      id: UrlValue
      tab?: UrlValue | undefined
    }>()
    expectTypeOf<UrlParams<'/files/*path'>>().toEqualTypeOf<{ path: readonly UrlValue[] }>()
    expectTypeOf<UrlParams<'/a/{b}', 'expressions'>>().toEqualTypeOf<{ b: UrlValue }>()
    expectTypeOf<Arguments<'user'>>().toEqualTypeOf<
      [params: { id: UrlValue; tab?: UrlValue | undefined }, options?: UrlOptions]
    >()
    expectTypeOf<Arguments<'file'>>().toEqualTypeOf<
      [params: { path: readonly UrlValue[] }, options?: UrlOptions]
    >()
  })

  it('may be left out where no param must be there', () => {
    expectTypeOf<[]>().toExtend<Arguments<'home'>>()
    expectTypeOf<[{}]>().toExtend<Arguments<'home'>>()
    expectTypeOf<[undefined, { query: { page: 2 } }]>().toExtend<Arguments<'home'>>()
    expectTypeOf<[]>().toExtend<Arguments<'archive'>>()
    expectTypeOf<[{ year: 2026 }]>().toExtend<Arguments<'archive'>>()
    expectTypeOf<[]>().not.toExtend<Arguments<'user'>>()
  })

  it('are no others', () => {
    const url = <Name extends string>(_name: Name, ..._rest: Arguments<Name>): void => {}
    url('user', { id: 7n, tab: true }, { query: new URLSearchParams(), environ: {} as Environ })
    url('user', { id: 'a', tab: undefined }, { query: [['page', 2]] })
    // @ts-expect-error `id` must be there
    url('user')
    // @ts-expect-error `id` must be there
    url('user', { tab: 'likes' })
    // @ts-expect-error the pattern names no `tabb`
    url('user', { id: 7, tabb: 'likes' })
    // @ts-expect-error an object is no text
    url('user', { id: {} })
    // @ts-expect-error the pattern names nothing
    url('home', { id: 7 })
    // @ts-expect-error a wildcard is a list
    url('file', { path: 'a' })
    // @ts-expect-error there is no such option
    url('home', {}, { querry: {} })
  })

  it('can be anything where the pattern is not known', () => {
    type Loose = Record<string, UrlValue | readonly UrlValue[] | undefined>
    expectTypeOf<Arguments<'any'>>().toEqualTypeOf<[params?: Loose | undefined, options?: UrlOptions]>()
    expectTypeOf<Arguments<'unseen'>>().toEqualTypeOf<[params?: Loose | undefined, options?: UrlOptions]>()
    expectTypeOf<Arguments<string>>().toEqualTypeOf<[params?: Loose | undefined, options?: UrlOptions]>()
  })
})
