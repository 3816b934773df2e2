import { type Application, type Environ, handler, type RoutingEnviron, stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { ByMethod } from '../src/by-method.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

declare const home: Application
declare const account: Application<Environ & SessionEnviron>

test('is an application', () => {
  expectTypeOf(ByMethod({ GET: home, _ANY_: home })).toExtend<Application>()
  stack().run(
    ByMethod({
      GET: (environ) => {
        expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
        return []
      },
      POST: handler((request) => request.path),
    }),
  )
})

test('needs what its applications need', () => {
  const app = ByMethod({ GET: account, POST: home })
  expectTypeOf(app).toExtend<Application<Environ & SessionEnviron>>()
  // @ts-expect-error no outer layer gives the session
  stack().run(app)
  ByMethod<SessionEnviron>({
    GET: (environ) => {
      expectTypeOf(environ['tsgi.session'].user).toEqualTypeOf<string>()
      return []
    },
  })
})

test('hands on what the place where it stands gives', () => {
  const show = ByMethod({
    GET: (environ) => {
      expectTypeOf(environ['wsgiorg.routing_args'][1].id).toEqualTypeOf<string>()
      return []
    },
  }) satisfies Application<Environ & RoutingEnviron<{ id: string }>>
  expectTypeOf(show).toExtend<Application<Environ & RoutingEnviron<{ id: string }>>>()
})

test('takes applications only', () => {
  // @ts-expect-error a name is no application
  ByMethod({ GET: 'home' })
  // @ts-expect-error an application by itself is no table
  ByMethod(home)
  // @ts-expect-error a list is no table
  ByMethod([home])
})
