import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Application, Environ, Middleware, RoutingEnviron } from '../src/contract.ts'
import { type HandlerOptions, handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import type { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { stack } from '../src/stack.ts'
import type { StandardSchema } from '../src/standard-schema.ts'

interface SessionEnviron {
  'tsgi.session': Map<string, string>
}

declare function session(): Middleware<SessionEnviron>

const count = z.coerce.number<string>()

describe('the input of a handler', () => {
  it('has what the schemas make of the parts', () => {
    const options = {
      params: z.object({ id: count }),
      query: z.object({ page: count.default(1) }),
      headers: z.object({ 'x-a': z.string().transform((text) => text.split(',')) }),
      body: z.object({ name: z.string() }),
    }
    handler(options, (_request, input) => {
      expectTypeOf(input).toEqualTypeOf<{
        params: { id: number }
        query: { page: number }
        headers: { 'x-a': string[] }
        body: { name: string }
      }>()
      return input.params
    })
  })

  it('has no part without a schema', () => {
    handler({ query: z.object({}), limits: { bodyBytes: 1 }, development: true }, (_request, input) => {
      expectTypeOf(input).toEqualTypeOf<{ query: Record<string, never> }>()
      // @ts-expect-error the body has no schema
      return input.body
    })
    handler({}, (_request, input) => {
      expectTypeOf(input).toEqualTypeOf<{}>()
      return null
    })
  })

  it('is of any schema that speaks the standard', () => {
    const query = {} as StandardSchema<string, Date>
    handler({ query }, async (_request, input) => {
      expectTypeOf(input.query).toEqualTypeOf<Date>()
      return null
    })
    // The type of ArkType's is a function too.
    const callable = {} as StandardSchema<string, Date> & ((text: string) => Date)
    handler({ query: callable }, (_request, input) => {
      expectTypeOf(input.query).toEqualTypeOf<Date>()
      return null
    })
    // @ts-expect-error a JSON schema is none
    handler({ query: { type: 'object' } }, () => null)
    // @ts-expect-error there is no such part
    handler({ qurey: query }, () => null)
  })

  it('is unknown where the options are', () => {
    handler({} as HandlerOptions, (_request, input) => {
      expectTypeOf(input.query).toBeUnknown()
      return null
    })
  })
})

describe('the request of a handler with schemas', () => {
  const options = { query: z.object({ page: count }) }

  it('needs no annotation in a stack', () => {
    const app = stack()
      .use(session())
      .run(
        handler(options, (request, input) => {
          expectTypeOf(request).toEqualTypeOf<Request<Environ & SessionEnviron>>()
          expectTypeOf(input.query.page).toBeNumber()
          return request.environ['tsgi.session'].get('name') ?? null
        }),
      )
    expectTypeOf(app).toEqualTypeOf<Application>()
  })

  it('needs none where a router is, and has its params beside those of the schema', () => {
    const app: Application<Environ & RoutingEnviron<{ id: string }>> = handler(
      { params: z.object({ id: count }) },
      (request, { params }) => {
        expectTypeOf(request.params.id).toBeString()
        expectTypeOf(params.id).toBeNumber()
        return null
      },
    )
    expectTypeOf(app).toBeFunction()
  })

  it('says what the application needs, where it stands alone', () => {
    const app = handler(options, (request: Request<SessionEnviron>, input) => {
      expectTypeOf(input.query.page).toBeNumber()
      return request.environ['tsgi.session'].get('name') ?? null
    })
    expectTypeOf(app).toEqualTypeOf<Application<SessionEnviron>>()
    stack().use(session()).run(app)
    // @ts-expect-error the key that it needs is added by nobody
    stack().run(app)
    // @ts-expect-error no layer adds a session
    handler(options, (request) => request.environ['tsgi.session'].get('name') ?? null)
  })
})

describe('the answer of a handler', () => {
  const item = z.object({ id: z.number() })

  it('is any without a schema', () => {
    handler({ query: item }, () => 'text')
    handler({ query: item }, async () => null)
    // @ts-expect-error undefined is none
    handler({ query: item }, () => undefined)
  })

  it('is what the schema takes, or says itself how it is sent', () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', [])
      return []
    }
    handler({ response: item }, () => ({ id: 1 }))
    handler({ response: item }, async () => ({ id: 1 }))
    handler({ response: item }, () => Response.empty())
    handler({ response: item }, () => new globalThis.Response())
    handler({ response: item }, async () => new HttpError(404))
    handler({ response: item }, () => app)
    handler({ response: item.nullable() }, (request) => (request.method === 'GET' ? { id: 1 } : null))
    // It is sent as it is given, so what counts is what goes into the schema.
    handler({ response: item.transform(({ id }) => `${id}`) }, () => ({ id: 1 }))
    // @ts-expect-error the id is a number
    handler({ response: item }, () => ({ id: '1' }))
    // @ts-expect-error the id is a number, later too
    handler({ response: item }, async () => ({ id: '1' }))
    // @ts-expect-error the schema takes no null
    handler({ response: item }, () => null)
    // @ts-expect-error nor text
    handler({ response: item }, (request) => (request.method === 'GET' ? { id: 1 } : 'text'))
  })
})
