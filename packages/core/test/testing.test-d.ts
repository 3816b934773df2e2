import { expectTypeOf, it } from 'vitest'
import type { Application, Environ } from '../src/contract.ts'
import { type Received, send } from '../src/testing.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

declare const needsSession: Application<Environ & SessionEnviron>
declare const needsNothing: Application

it('takes an application that a server could serve', () => {
  expectTypeOf(send(needsNothing)).toEqualTypeOf<Promise<Received>>()
  // @ts-expect-error: nothing outside it adds the session that it needs
  send(needsSession)
})
