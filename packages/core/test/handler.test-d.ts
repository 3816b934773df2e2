import { describe, expectTypeOf, it } from 'vitest'
import type { Application, Environ, Middleware, RoutingEnviron } from '../src/contract.ts'
import { handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { stack } from '../src/stack.ts'

interface Item {
  id: number
}

interface SessionEnviron {
  'tsgi.session': Map<string, string>
}

interface UserEnviron {
  'tsgi.user': { name: string }
}

declare function session(): Middleware<SessionEnviron>
declare function login(): Middleware<UserEnviron, SessionEnviron>

describe('handler', () => {
  it('needs no annotation where the application is typed', () => {
    const app: Application<Environ & SessionEnviron> = handler((request) => {
      expectTypeOf(request).toEqualTypeOf<Request<Environ & SessionEnviron>>()
      return request.environ['tsgi.session'].get('name') ?? request.environ.PATH_INFO
    })
    expectTypeOf(app).toBeFunction()
  })

  it('needs no annotation in a stack', () => {
    const app = stack()
      .use(session())
      .use(login())
      .run(
        handler((request) => {
          expectTypeOf(request.environ['tsgi.session']).toEqualTypeOf<Map<string, string>>()
          expectTypeOf(request.environ['tsgi.user'].name).toBeString()
          return request.environ.REQUEST_METHOD
        }),
      )
    expectTypeOf(app).toEqualTypeOf<Application>()

    stack()
      .use(session())
      .run(handler(async (request) => ({ name: request.environ['tsgi.session'].get('name') })))
  })

  it('finds no key that no layer adds', () => {
    stack()
      .use(session())
      .run(
        handler((request) => {
          // @ts-expect-error no layer adds a user
          return request.environ['tsgi.user'].name
        }),
      )
    // @ts-expect-error nor a session, where there is no layer
    handler((request) => request.environ['tsgi.session'].get('name'))
  })

  it('makes an application that needs what it is annotated with', () => {
    const app = handler<SessionEnviron>((request) => {
      expectTypeOf(request.environ.PATH_INFO).toBeString()
      return request.environ['tsgi.session'].get('name') ?? null
    })
    expectTypeOf(app).toEqualTypeOf<Application<SessionEnviron>>()
    stack().use(session()).run(app)
    // @ts-expect-error the key that it needs is added by nobody
    stack().run(app)
  })

  it('types the params by what the router found', () => {
    interface UserRoute {
      id: string
      tab?: string
    }
    const app: Application<Environ & RoutingEnviron<UserRoute>> = handler(({ params }) => {
      expectTypeOf(params).toEqualTypeOf<UserRoute>()
      return params.id
    })
    expectTypeOf(app).toBeFunction()
    // @ts-expect-error no router, no params
    handler(({ params }) => params.id)
  })

  it('takes every kind of answer', () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', [])
      return []
    }
    handler(() => 'text')
    handler(async () => 'text')
    handler(() => new Uint8Array())
    handler(() => ({ a: 1 }))
    handler(() => [1, 2])
    handler(() => new Map() as object)
    handler(() => ({}) as { id: number } | null)
    handler(async () => ({}) as Item)
    handler(() => null)
    handler(() => Response.empty())
    handler(() => new globalThis.Response())
    handler(() => new HttpError(404))
    handler(() => app)
    handler((request) => (request.method === 'GET' ? 'text' : app))
  })

  it('takes no answer that says nothing', () => {
    // @ts-expect-error nothing is returned: null is the empty answer
    handler(() => {})
    // @ts-expect-error undefined, the same
    handler(() => undefined)
    // @ts-expect-error undefined, later
    handler(async () => {})
    // @ts-expect-error undefined, at times
    handler((request) => (request.method === 'GET' ? 'text' : undefined))
    // @ts-expect-error a number is neither text nor an object
    handler(() => 1)
    // @ts-expect-error nor is a boolean
    handler(() => true)
  })
})

describe('Request', () => {
  it('has the type of its environ', () => {
    const environ = {} as Environ & SessionEnviron
    expectTypeOf(new Request(environ).environ['tsgi.session']).toEqualTypeOf<Map<string, string>>()
    expectTypeOf(new Request({} as Environ)).toEqualTypeOf<Request>()
    // @ts-expect-error an environ has more keys than none
    new Request({})
  })

  it('fits where less is asked for', () => {
    const log = (request: Request): string => request.url
    log({} as Request<Environ & SessionEnviron>)
    // @ts-expect-error but not where more is
    const needs: Request<SessionEnviron> = {} as Request
    expectTypeOf(needs).toBeObject()
  })

  it('gives of offers one of them', () => {
    const preferred = Request.blank('/').accepts(['text/html', 'text/plain'])
    expectTypeOf(preferred).toEqualTypeOf<'text/html' | 'text/plain' | null>()
  })

  it('knows nothing of the JSON that it reads', () => {
    expectTypeOf(Request.blank('/').json()).toEqualTypeOf<Promise<unknown>>()
  })
})
