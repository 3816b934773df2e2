import { describe, expectTypeOf, it } from 'vitest'
import type { Application, Environ, RoutingEnviron } from '../src/contract.ts'
import type { Headers } from '../src/headers.ts'
import type { FormPart } from '../src/multipart/part.ts'
import { Request } from '../src/request.ts'
import type { Response } from '../src/response.ts'

interface ItemRoute {
  id: string
  tab?: string
  rest: string[]
}

interface SessionEnviron {
  'tsgi.session': { user: string }
}

describe('the params', () => {
  it('are what the router says', () => {
    const { params } = {} as Request<Environ & RoutingEnviron<ItemRoute>>
    expectTypeOf(params).toEqualTypeOf<ItemRoute>()
    expectTypeOf(params.id).toBeString()
    expectTypeOf(params.tab).toEqualTypeOf<string | undefined>()
    expectTypeOf(params.rest).toEqualTypeOf<string[]>()
    // @ts-expect-error the pattern has no such name
    params.name
  })

  it('are any, where the pattern is not known', () => {
    expectTypeOf<Request<RoutingEnviron>['params']>().toEqualTypeOf<Record<string, string | string[]>>()
  })

  it('are none, where no router has matched', () => {
    expectTypeOf<Request['params']>().toEqualTypeOf<{}>()
    // @ts-expect-error there is no name
    ;({}) as Request['params']['id']
  })

  it('stay in a copy', () => {
    const request = {} as Request<Environ & RoutingEnviron<ItemRoute>>
    expectTypeOf(request.copy({ PATH_INFO: '/' }).params).toEqualTypeOf<ItemRoute>()
    expectTypeOf(request.copy().params).toEqualTypeOf<ItemRoute>()
  })
})

describe('what a request has', () => {
  it('is what it adds in a copy', () => {
    const copy = Request.blank('/').copy({ 'tsgi.session': { user: 'Ada' } })
    expectTypeOf(copy.environ['tsgi.session']).toEqualTypeOf<{ user: string }>()
    const app = {} as Application<Environ & SessionEnviron>
    expectTypeOf(copy.getResponse(app)).toEqualTypeOf<Promise<Response>>()
    // @ts-expect-error the session that the application needs is added by nobody
    Request.blank('/').getResponse(app)
  })

  it('is of a type', () => {
    const request = Request.blank('/')
    expectTypeOf(request.query).toEqualTypeOf<URLSearchParams>()
    expectTypeOf(request.cookies).toEqualTypeOf<ReadonlyMap<string, string>>()
    expectTypeOf(request.body).toEqualTypeOf<ReadableStream<Uint8Array>>()
    expectTypeOf(request.form()).toEqualTypeOf<AsyncIterable<FormPart>>()
    const language = request.acceptsLanguages(['en', 'de'])
    expectTypeOf(language).toEqualTypeOf<'en' | 'de' | null>()
    expectTypeOf(request.toFetch()).toEqualTypeOf<globalThis.Request>()
    expectTypeOf(Request.fromFetch(request.toFetch())).toEqualTypeOf<Request>()
    // @ts-expect-error a view changes nothing
    request.method = 'POST'
    // @ts-expect-error nor the cookies
    request.cookies.set('a', '1')
  })

  it('has limits by their names', () => {
    const request = Request.blank('/')
    new Request(request.environ, { limits: { bodyBytes: 1, timeMs: 1 } })
    request.json({ limits: { jsonDepth: 1 }, anyType: true })
    // @ts-expect-error there is no such limit
    request.bytes({ limits: { bytes: 1 } })
    // @ts-expect-error only JSON may be of any type
    request.text({ anyType: true })
  })
})

describe('Fetch', () => {
  it('has the same names for the same things', () => {
    type Same = 'method' | 'url' | 'signal' | 'body' | 'text' | 'json' | 'formData'
    expectTypeOf<Request>().toExtend<Pick<globalThis.Request, Same>>()
    expectTypeOf<Headers>().toExtend<globalThis.Headers>()
    expectTypeOf<Request['headers']>().toEqualTypeOf<Headers>()
  })
})
