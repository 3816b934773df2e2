import { expectTypeOf, it } from 'vitest'
import type { Application, Environ, Middleware } from '../src/contract.ts'
import { stack } from '../src/stack.ts'
import { when } from '../src/when.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}
interface CsrfEnviron {
  'tsgi.csrf': string
}
declare function session(): Middleware<SessionEnviron>
declare const account: Application<Environ & SessionEnviron>
declare function csrf(): Middleware<CsrfEnviron, SessionEnviron>

it('makes what its layer adds optional', () => {
  expectTypeOf(when(() => true, session())).toEqualTypeOf<Middleware<Partial<SessionEnviron>>>()
  stack()
    .use(when(() => true, session()))
    .run((environ) => {
      expectTypeOf(environ['tsgi.session']).toEqualTypeOf<{ user: string } | undefined>()
      return []
    })
  const perhaps = stack().use(when(() => true, session()))
  // @ts-expect-error the session may be missing
  perhaps.run(account)
  // @ts-expect-error the session may be missing
  perhaps.use(csrf())
})

it('keeps what its layer needs, and shows it to the predicate', () => {
  stack()
    .use(session())
    .use(when((environ) => environ['tsgi.session'].user === 'me', csrf()))
  // @ts-expect-error no layer outside adds the session
  stack().use(when(() => true, csrf()))
})

it('takes no promise for an answer', () => {
  // @ts-expect-error a promise is always true
  when(async () => false, session())
})
