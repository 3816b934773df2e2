import { type Application, type Environ, handler, type RoutingEnviron, stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { type PathParams, Selector, type SelectorEnviron } from '../src/index.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

declare const home: Application
declare const showUser: Application<Environ & RoutingEnviron<{ id: string }>>
declare const showFile: Application<Environ & RoutingEnviron<{ path: string[] }>>
declare const account: Application<Environ & SessionEnviron>

test('PathParams reads the pattern', () => {
  expectTypeOf<PathParams<''>>().toEqualTypeOf<{}>()
  expectTypeOf<PathParams<'/about/us'>>().toEqualTypeOf<{}>()
  expectTypeOf<PathParams<'/users/:id'>>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<PathParams<'/users/:id/'>>().toEqualTypeOf<{ id: string }>()
  expectTypeOf<PathParams<'/users/:id{/:tab}'>>().toEqualTypeOf<{ id: string; tab?: string }>()
  expectTypeOf<PathParams<'{/:lang}/users/:id'>>().toEqualTypeOf<{ lang?: string; id: string }>()
  expectTypeOf<PathParams<'/a{/:b{/:c}/:d}/:e'>>().toEqualTypeOf<{
    b?: string
    c?: string
    d?: string
    e: string
  }>()
  expectTypeOf<PathParams<'/a{{/:b}}/:c'>>().toEqualTypeOf<{ b?: string; c: string }>()
  expectTypeOf<PathParams<'/files/*path'>>().toEqualTypeOf<{ path: string[] }>()
  expectTypeOf<PathParams<'/files{/*path}'>>().toEqualTypeOf<{ path?: string[] }>()
  expectTypeOf<PathParams<'/*all/edit/:$what_2'>>().toEqualTypeOf<{ all: string[]; $what_2: string }>()
  expectTypeOf<PathParams<'/:from-:to'>>().toEqualTypeOf<{ from: string; to: string }>()
  expectTypeOf<PathParams<'/:name.:ext'>>().toEqualTypeOf<{ name: string; ext: string }>()
  expectTypeOf<PathParams<'/:a,:b;:c@:d~:e'>>().toEqualTypeOf<Record<'a' | 'b' | 'c' | 'd' | 'e', string>>()
  expectTypeOf<PathParams<'/:"user id"/x'>>().toEqualTypeOf<{ 'user id': string }>()
  expectTypeOf<PathParams<'/:"a/b:c"x:d'>>().toEqualTypeOf<{ 'a/b:c': string; d: string }>()
  expectTypeOf<PathParams<'/:"a\\"b\\\\"'>>().toEqualTypeOf<{ 'a"b\\': string }>()
  expectTypeOf<PathParams<'/a\\:b/\\*c/\\{:d\\}'>>().toEqualTypeOf<{ d: string }>()
  expectTypeOf<PathParams<'/:a\\:b'>>().toEqualTypeOf<{ a: string }>()
  expectTypeOf<PathParams<'/\\\\:a'>>().toEqualTypeOf<{ a: string }>()
  expectTypeOf<PathParams<'/:名/x'>>().toEqualTypeOf<{ 名: string }>()
  expectTypeOf<PathParams<'/:__proto__'>>().toEqualTypeOf<{ __proto__: string }>()
})

test('PathParams of what is not one literal', () => {
  type Anything = Record<string, string | string[] | undefined>
  expectTypeOf<PathParams<string>>().toEqualTypeOf<Anything>()
  expectTypeOf<PathParams<`/users/${string}`>>().toEqualTypeOf<Anything>()
  expectTypeOf<PathParams<'/a/:x' | '/b/:y'>>().toEqualTypeOf<{ x: string } | { y: string }>()
})

test('an inline application sees the params', () => {
  new Selector().add('/users/:id{/:tab}', {
    GET: (environ) => {
      expectTypeOf(environ['wsgiorg.routing_args'][1]).toEqualTypeOf<{ id: string; tab?: string }>()
      expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
      return []
    },
    POST: handler((request) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>()
      expectTypeOf(request.params.tab).toEqualTypeOf<string | undefined>()
      // @ts-expect-error the pattern names no `name`
      request.params.name
      return request.params.id
    }),
  })
})

test('an application is added where its params are', () => {
  const selector = new Selector()
  selector.add('/', { GET: home, _ANY_: home })
  selector.add('/users/:id', { GET: showUser, DELETE: home })
  selector.add('/users/:id/:tab', { GET: showUser })
  selector.add('/files/*path', { GET: showFile })
  // @ts-expect-error the pattern names no `id`
  selector.add('/users', { GET: showUser })
  // @ts-expect-error `id` may be absent
  selector.add('/users{/:id}', { GET: showUser })
  // @ts-expect-error `id` is a list of segments
  selector.add('/users/*id', { GET: showUser })
  // @ts-expect-error `path` is one segment
  selector.add('/files/:path', { GET: showFile })
  // @ts-expect-error nobody knows what the pattern names
  selector.add('/users/:id' as string, { GET: showUser })
  // @ts-expect-error the table holds applications
  selector.add('/', { GET: 'home' })
  // @ts-expect-error an application by itself is no table
  selector.add('/', home)
})

test('a Selector is an application', () => {
  const selector = new Selector().add('/', { GET: home }).add('/users/:id', { GET: showUser })
  expectTypeOf(selector).toEqualTypeOf<Selector>()
  expectTypeOf(selector).toExtend<Application>()
  stack().run(selector)
  new Selector().add('/*all', { _ANY_: selector })
  // @ts-expect-error a Selector wants its environ
  selector()
})

test('a Selector needs what its applications need', () => {
  const plain = new Selector()
  // @ts-expect-error no outer layer gives the session
  plain.add('/account', { GET: account })
  const inner = new Selector<SessionEnviron>()
    .add('/account', { GET: account })
    .add('/:id', { GET: showUser })
  inner.add('/:page', {
    GET: (environ) => {
      expectTypeOf(environ['tsgi.session'].user).toEqualTypeOf<string>()
      expectTypeOf(environ['wsgiorg.routing_args'][1].page).toEqualTypeOf<string>()
      return []
    },
  })
  expectTypeOf(inner).toExtend<Application<Environ & SessionEnviron>>()
  // @ts-expect-error the session is missing
  stack().run(inner)
})

test('status404 and status405 are applications', () => {
  const selector = new Selector()
  selector.status404 = home
  selector.status404 = new Selector()
  selector.status405 = (environ) => {
    expectTypeOf(environ).toExtend<SelectorEnviron>()
    return []
  }
  selector.status404 = (environ) => [new TextEncoder().encode(environ['selector.methods'].join())]
  // @ts-expect-error no outer layer gives the session
  selector.status404 = account
})
