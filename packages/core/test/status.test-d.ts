import { expectTypeOf, it } from 'vitest'
import type { Status } from '../src/contract.ts'
import { status } from '../src/status.ts'

it('a status is what startResponse takes', () => {
  expectTypeOf(status(404)).toEqualTypeOf<Status>()
  // @ts-expect-error a code is a number: a text may hold anything
  status('404')
})
