import type { Readable } from 'node:stream'
import { describe, expectTypeOf, it } from 'vitest'
import { type CacheControl, Request, Response } from '../src/index.ts'

describe('Response', () => {
  it('streams what can be iterated for bytes', () => {
    Response.stream({} as Readable)
    Response.stream({} as ReadableStream<Uint8Array>)
    Response.stream({} as AsyncGenerator<Uint8Array>)
    Response.stream([new Uint8Array(1)])
    // @ts-expect-error texts are encoded first: nobody knows in which charset
    Response.stream(['a'])
    // @ts-expect-error bytes are one chunk, and not chunks
    Response.stream(new Uint8Array(1))
  })

  it('looks a file up before there is an answer', () => {
    expectTypeOf(Response.file('a.txt')).toEqualTypeOf<Promise<Response>>()
  })

  it('redirects by the statuses that do so', () => {
    Response.redirect('/', 303)
    // @ts-expect-error 304 has no Location to go to
    Response.redirect('/', 304)
  })

  it('takes a Cache-Control in two forms, and gives it in one that is not to be changed', () => {
    const response = new Response(null, { cacheControl: { maxAge: 60 } })
    response.cacheControl = 'no-store'
    expectTypeOf(response.cacheControl).toEqualTypeOf<Readonly<CacheControl> | undefined>()
    // @ts-expect-error a change to it would change no header
    if (response.cacheControl !== undefined) response.cacheControl.maxAge = 1
    // @ts-expect-error no directive
    response.cacheControl = { maxage: 60 }
  })

  it('takes the attributes of a cookie, and no others', () => {
    const { cookies } = new Response()
    cookies.set('a', '1', { sameSite: 'Strict', partitioned: true, priority: 'High' })
    // @ts-expect-error not in lower case
    cookies.set('a', '1', { sameSite: 'strict' })
    // @ts-expect-error a removal has its own date
    cookies.delete('a', { maxAge: 1 })
  })

  it('is asked by a Request, whatever its environ holds', () => {
    interface UserEnviron {
      'example.user': string
    }
    const request = new Request({} as Request<UserEnviron>['environ'])
    expectTypeOf(new Response().conditional(request).range(request)).toEqualTypeOf<Response>()
    // @ts-expect-error the conditions of a Fetch Request are in its headers only
    new Response().conditional(new globalThis.Request('http://localhost/'))
  })
})
