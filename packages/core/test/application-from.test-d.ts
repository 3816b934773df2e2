import { expectTypeOf, it } from 'vitest'
import { applicationFrom } from '../src/application-from.ts'
import type { Application, Body, Environ } from '../src/contract.ts'

interface UserEnviron extends Environ {
  'example.user': string
}

class Page implements Iterable<Uint8Array> {
  readonly user: string

  constructor(environ: UserEnviron) {
    this.user = environ['example.user']
  }

  *[Symbol.iterator](): Generator<Uint8Array> {}
}

it('needs what the class, or the object, needs', () => {
  expectTypeOf(applicationFrom(Page)).toEqualTypeOf<Application<UserEnviron>>()
  const page = { call: (_environ: UserEnviron): Body => [] }
  expectTypeOf(applicationFrom(page)).toEqualTypeOf<Application<UserEnviron>>()
})

it('takes nothing else', () => {
  // @ts-expect-error a date is no body
  applicationFrom(Date)
  // @ts-expect-error a function is an application already
  applicationFrom(() => [])
  // @ts-expect-error a text is neither a class nor an object with call
  applicationFrom('Page')
  // @ts-expect-error what call returns must be a body
  applicationFrom({ call: () => 'text' })
})
