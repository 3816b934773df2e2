import type { Middleware } from '@tsgi/core'
import { expectTypeOf, it } from 'vitest'
import { middlewareSuite, type Suite } from '../src/index.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}
interface CsrfEnviron {
  'tsgi.csrf': string
}
declare function plain(): Middleware
declare function session(): Middleware<SessionEnviron>
declare function csrf(): Middleware<CsrfEnviron, SessionEnviron>

const environ = () => ({ 'tsgi.session': { user: 'ada' } })

it('takes a layer by itself, or with what it is to be sent', () => {
  expectTypeOf(middlewareSuite(plain())).toEqualTypeOf<Suite>()
  middlewareSuite(session(), { request: { path: '/a', headers: { Cookie: 'a=b' } }, async: true })
})

it('wants the keys that a layer needs', () => {
  middlewareSuite(csrf(), { environ })
  // @ts-expect-error the session is missing
  middlewareSuite(csrf())
  // @ts-expect-error the session is missing
  middlewareSuite(csrf(), { async: true })
  // @ts-expect-error the session is another one
  middlewareSuite(csrf(), { environ: () => ({ 'tsgi.session': 'ada' }) })
})

it('takes what is done differently only as it is', () => {
  // @ts-expect-error what is not so is left out
  middlewareSuite(plain(), { buffers: false })
})
