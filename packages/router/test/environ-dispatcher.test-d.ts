import { type Application, type Environ, stack } from '@tsgi/core'
import { expectTypeOf, test } from 'vitest'
import { EnvironDispatcher } from '../src/environ-dispatcher.ts'

interface SessionEnviron {
  'tsgi.session': { user: string }
}

declare const home: Application
declare const account: Application<Environ & SessionEnviron>

test('is an application', () => {
  const app = EnvironDispatcher(
    [
      [(environ) => environ.HTTP_HOST === 'a.example', home],
      [
        () => true,
        (environ) => {
          expectTypeOf(environ.PATH_INFO).toEqualTypeOf<string>()
          return []
        },
      ],
    ],
    { otherwise: home },
  )
  expectTypeOf(app).toExtend<Application>()
  stack().run(app)
})

test('needs what its predicates and applications need', () => {
  const app = EnvironDispatcher<SessionEnviron>(
    [
      [(environ) => environ['tsgi.session'].user === 'me', account],
      [() => true, home],
    ],
    { otherwise: account },
  )
  expectTypeOf(app).toEqualTypeOf<Application<Environ & SessionEnviron>>()
  // @ts-expect-error no outer layer gives the session
  stack().run(app)
  // @ts-expect-error no outer layer gives the session
  stack().run(EnvironDispatcher([[() => true, account]]))
  // @ts-expect-error no outer layer gives the session
  stack().run(EnvironDispatcher([[() => true, home]], { otherwise: account }))
})

test('asks at once', () => {
  // @ts-expect-error a promise is always true
  EnvironDispatcher([[async () => false, home]])
  // @ts-expect-error a string is no answer
  EnvironDispatcher([[(environ: Environ) => environ.QUERY_STRING, home]])
})

test('takes pairs', () => {
  // @ts-expect-error the application is missing
  EnvironDispatcher([[() => true]])
  // @ts-expect-error a rule by itself is no list of rules
  EnvironDispatcher([() => true, home])
})
