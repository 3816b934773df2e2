import { type Application, type Environ, type Middleware, stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { MiddlewareComposer } from '../src/middleware-composer.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}
interface CsrfEnviron {
  'tsgi.csrf': string
}

declare const home: Application
declare const account: Application<Environ & SessionEnviron>
declare const perhaps: Application<Environ & Partial<SessionEnviron>>
declare function gzip(): Middleware
declare function session(): Middleware<SessionEnviron>
declare function csrf(): Middleware<CsrfEnviron, SessionEnviron>

test('is an application', () => {
  const app = MiddlewareComposer(home, [
    [(environ) => environ.HTTP_ACCEPT_ENCODING === 'gzip', gzip()],
    [() => true, session()],
  ])
  expectTypeOf(app).toExtend<Application>()
  stack().run(app)
})

test('what a layer adds may be missing', () => {
  stack().run(MiddlewareComposer(perhaps, [[() => true, session()]]))
  const app = MiddlewareComposer(account, [[() => true, session()]])
  // @ts-expect-error the session may be missing
  stack().run(app)
})

test('needs what its application, its predicates and its layers need', () => {
  const app = MiddlewareComposer<SessionEnviron>(account, [
    [(environ) => environ['tsgi.session'].user === 'me', csrf()],
  ])
  expectTypeOf(app).toEqualTypeOf<Application<Environ & SessionEnviron>>()
  stack().use(session()).run(app)
  // @ts-expect-error no outer layer gives the session
  stack().run(app)
  // @ts-expect-error the environ of this composer has no session
  MiddlewareComposer(home, [[() => true, csrf()]])
  MiddlewareComposer(home, [
    [() => true, session()],
    // @ts-expect-error an outer rule gives it perhaps only
    [() => true, csrf()],
  ])
})

test('asks at once', () => {
  // @ts-expect-error a promise is always true
  MiddlewareComposer(home, [[async () => false, gzip()]])
})

test('takes pairs of a predicate and a middleware', () => {
  // @ts-expect-error the middleware is missing
  MiddlewareComposer(home, [[() => true]])
  // @ts-expect-error `gzip` makes the middleware
  MiddlewareComposer(home, [[() => true, gzip]])
})
