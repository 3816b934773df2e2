import { type Application, type Environ, handler, stack } from '@tsgi/core'
import { expectTypeOf, it } from 'vitest'
import { type RequestIdEnviron, requestId } from '../src/index.ts'

it('the id is known to what stands inside', () => {
  stack()
    .use(requestId())
    .run(
      handler((request) => {
        expectTypeOf(request.environ['tsgi.request_id']).toBeString()
        return null
      }),
    )
})

it('what needs the id does not compile outside of the layer', () => {
  const app: Application<Environ & RequestIdEnviron> = () => []
  stack().use(requestId()).run(app)
  // @ts-expect-error no layer adds `tsgi.request_id`
  stack().run(app)
})

it('an option is what it is documented to be', () => {
  // @ts-expect-error whom to trust is yes or no
  requestId({ trust: '10.0.0.0/8' })
  // @ts-expect-error there is no such option
  requestId({ name: 'X-Request-Id' })
})
