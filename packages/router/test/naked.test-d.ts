import { type Application, type Environ, handler, stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { type Exposed, expose, Naked } from '../src/naked.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

declare const home: Application
declare const account: Application<Environ & SessionEnviron>

test('is an application, and a member of another', () => {
  const users = Naked({ index: expose(home), new: expose(handler(() => 'new')) })
  expectTypeOf(users).toExtend<Application>()
  stack().run(Naked({ users, index: expose(() => []) }))
})

test('takes exposed applications only', () => {
  // @ts-expect-error the application is not exposed
  Naked({ index: home })
  // @ts-expect-error nor is a function that stands there
  Naked({ index: () => [] })
  // @ts-expect-error one member is no application
  Naked({ index: expose(home), title: 'Users' })
  // @ts-expect-error a name is no application
  expose('home')
})

test('needs what its members need', () => {
  expectTypeOf(expose(account)).toEqualTypeOf<Exposed<Environ & SessionEnviron>>()
  const site = Naked({ index: expose(home), account: Naked({ index: expose(account) }) })
  expectTypeOf(site).toExtend<Application<Environ & SessionEnviron>>()
  // @ts-expect-error no outer layer gives the session
  stack().run(site)
  Naked<SessionEnviron>({
    index: expose((environ) => {
      expectTypeOf(environ['tsgi.session'].user).toEqualTypeOf<string>()
      return []
    }),
  })
  // @ts-expect-error no outer layer gives the session
  stack().run(expose(account))
})
