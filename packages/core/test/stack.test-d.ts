import { expectTypeOf, it } from 'vitest'
import type { Application, Environ, Middleware } from '../src/contract.ts'
import { onResponse } from '../src/response-hook.ts'
import { describe, stack } from '../src/stack.ts'

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

declare const site: Application
declare const account: Application<Environ & SessionEnviron>
declare const form: Application<Environ & SessionEnviron & CsrfEnviron>

it('gives an application that any server can call', () => {
  expectTypeOf(stack().run(site)).toEqualTypeOf<Application>()
  expectTypeOf(stack().use(session()).use(csrf()).run(form)).toEqualTypeOf<Application>()
})

it('takes an option', () => {
  expectTypeOf(stack({ validate: true })).toEqualTypeOf<ReturnType<typeof stack>>()
  stack({})
  // @ts-expect-error the option is a boolean
  stack({ validate: 'yes' })
  // @ts-expect-error there is no such option
  stack({ validates: true })
})

it('takes layers whose needs are met, with others between them', () => {
  stack().use(session()).use(plain()).use(csrf()).use(plain()).run(form)
  stack().use(plain()).run(site)
})

it('takes no layer whose needs are not met', () => {
  // @ts-expect-error no layer adds the session
  stack().use(csrf())
  // @ts-expect-error the session comes inside the layer that needs it
  stack().use(csrf()).use(session())
  // @ts-expect-error another session, of another type
  stack().use(otherSession()).use(csrf())
})

it('takes no application that needs more than the layers add', () => {
  // @ts-expect-error no layer adds the session
  stack().run(account)
  // @ts-expect-error no layer adds the token
  stack().use(session()).run(form)
  // @ts-expect-error another session, of another type
  stack().use(otherSession()).run(account)
})

it('takes an application that asks for less, or for only a part of environ', () => {
  stack().use(session()).use(csrf()).run(site)
  stack().use(session()).use(csrf()).run(account)
  stack().run(({ PATH_INFO }: Pick<Environ, 'PATH_INFO'>, startResponse) => {
    startResponse('200 OK', [['X-Path', PATH_INFO]])
    return []
  })
  stack()
    .use(session())
    .run((environ: SessionEnviron) => [new TextEncoder().encode(environ['tsgi.session'].user)])
})

it('types an application that stands in its place by what the layers add', () => {
  stack()
    .use(session())
    .use(csrf())
    .run((environ, startResponse) => {
      expectTypeOf(environ['tsgi.session']).toEqualTypeOf<{ user: string }>()
      expectTypeOf(environ['tsgi.csrf']).toEqualTypeOf<string>()
      expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
      startResponse('200 OK', [])
      return []
    })
  stack().run((environ) => {
    // @ts-expect-error no layer adds the session
    environ['tsgi.session']
    return []
  })
})

it('takes a layer that is written in its place', () => {
  const token: Middleware<CsrfEnviron, SessionEnviron> = (app) => (environ, startResponse) =>
    app(Object.assign(environ, { 'tsgi.csrf': environ['tsgi.session'].user }), startResponse)
  stack().use(session()).use(token).run(form)
  stack()
    .use((app) => onResponse(app, ({ headers }) => headers.set('X-A', '1')))
    .run(site)
  stack()
    .use(session())
    .use((app) => onResponse(app, ({ headers }) => headers.set('X-A', '1')))
    .run(account)
})

it('an application is a function of every kind that gives bytes', () => {
  const app = (application: Application): Application => application
  app(() => [])
  app(async () => [])
  app(function* () {})
  app(async function* () {})
  expectTypeOf(app(() => []).length).toBeNumber()
  // @ts-expect-error a string is no body: it has to be encoded
  app(() => 'Hello')
  // @ts-expect-error nor is a promise of one
  app(async () => 'Hello')
  // @ts-expect-error nor are strings
  app(() => ['Hello'])
  // @ts-expect-error the bytes stand in an array
  app(() => new Uint8Array())
  // @ts-expect-error nothing is no body: return []
  app(() => undefined)
})

it('a status is a code and a reason', () => {
  stack().run((_, startResponse) => {
    startResponse('200 OK', [])
    // @ts-expect-error the reason is missing
    startResponse('200', [])
    // @ts-expect-error the code is a number
    startResponse('OK 200', [])
    // @ts-expect-error the two are one string
    startResponse(200, [])
    // @ts-expect-error headers are pairs
    startResponse('200 OK', { a: 'b' })
    return []
  })
})

it('describes any application', () => {
  expectTypeOf(describe(form)).toEqualTypeOf<string[]>()
  // @ts-expect-error a stack is not run yet
  describe(stack())
})
