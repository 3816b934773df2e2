import type { Application, Body, Environ, RoutingEnviron, StartResponse } from '@tsgi/core'
import { stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { pliant } from '../src/pliant.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

test('a function that names nothing is an application', () => {
  expectTypeOf(pliant(() => [])).toEqualTypeOf<Application<Environ & RoutingEnviron<{}>>>()
})

test('needs the params that the function takes', () => {
  const app = pliant((_environ: Environ, _startResponse: StartResponse, { id }: { id: string }) => [
    new TextEncoder().encode(id),
  ])
  expectTypeOf(app).toEqualTypeOf<Application<Environ & RoutingEnviron<{ id: string }>>>()
  // @ts-expect-error no router gives the id
  stack().run(app)
})

test('takes positional values before the named ones', () => {
  const app = pliant(
    (_environ: Environ, _start: StartResponse, _year: string, _month: string, _named: { id: string }) => [],
  )
  expectTypeOf(app).toEqualTypeOf<Application<Environ & RoutingEnviron<{ id: string }>>>()
  pliant<{ id: string }, [tab: string]>((environ, _startResponse, tab, named, ...more) => {
    expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
    expectTypeOf(tab).toEqualTypeOf<string>()
    expectTypeOf(named).toEqualTypeOf<{ id: string }>()
    expectTypeOf(more).toEqualTypeOf<[]>()
    return []
  })
  pliant<{ id: string }, string[]>((_environ, _startResponse, ...args) => {
    expectTypeOf(args).toEqualTypeOf<[...string[], { id: string }]>()
    return []
  })
})

test('an inline function sees the params of the place where it stands', () => {
  const app: Application<Environ & RoutingEnviron<{ id: string }>> = pliant(
    (environ, _startResponse, named) => {
      expectTypeOf(named).toEqualTypeOf<{ id: string }>()
      expectTypeOf(environ['wsgiorg.routing_args'][1]).toEqualTypeOf<{ id: string }>()
      // @ts-expect-error the pattern names no `name`
      named.name
      return []
    },
  )
  expectTypeOf(app).toBeFunction()
})

test('needs what the environ of the function has', () => {
  const app = pliant((environ: Environ & SessionEnviron, _startResponse, named: { id: string }) => {
    return [new TextEncoder().encode(environ['tsgi.session'].user + named.id)]
  })
  expectTypeOf(app).toExtend<Application<Environ & SessionEnviron & RoutingEnviron<{ id: string }>>>()
  // @ts-expect-error nobody gives the session
  app satisfies Application<Environ & RoutingEnviron<{ id: string }>>
})

test('takes a bound method', () => {
  class Site {
    show(_environ: Environ, _startResponse: StartResponse, { id }: { id: string }): Body {
      return [new TextEncoder().encode(id)]
    }
  }
  const site = new Site()
  expectTypeOf(pliant(site.show.bind(site))).toEqualTypeOf<
    Application<Environ & RoutingEnviron<{ id: string }>>
  >()
})

test('takes functions that answer only', () => {
  // @ts-expect-error a string is no body
  pliant(() => 'hello')
  // @ts-expect-error a name is no function
  pliant('show')
  // @ts-expect-error a positional value is a string
  pliant((_environ: Environ, _startResponse: StartResponse, _page: number, _named: {}) => [])
})
