import { type Application, type Environ, handler, type RoutingEnviron } from '@tsgi/core'
import { expectTypeOf, it } from 'vitest'
import { operation } from '../src/index.ts'

it('keeps the type of the application', () => {
  const app = (() => []) as Application<{ 'tsgi.user': string }>
  expectTypeOf(operation({}, app)).toEqualTypeOf(app)
})

it('lets the place where it stands tell the handler of its params', () => {
  const app: Application<Environ & RoutingEnviron<{ id: string }>> = operation(
    { summary: 'Shows' },
    handler(({ params }) => {
      expectTypeOf(params.id).toEqualTypeOf<string>()
      // @ts-expect-error the pattern has no such param
      return params.name
    }),
  )
  expectTypeOf(app).toBeFunction()
})
