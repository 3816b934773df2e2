import { expect, it } from 'vitest'
import type { Application, Middleware } from '../src/contract.ts'
import { onResponse } from '../src/response-hook.ts'
import { describe, stack } from '../src/stack.ts'
import { when } from '../src/when.ts'
import { bytes, call } from './observe.ts'

const hello: Application = (_, startResponse) => {
  startResponse('200 OK', [])
  return [bytes('hello')]
}

const marked: Middleware = (app) =>
  onResponse(app, function marked(head) {
    head.headers.set('X-Marked', 'yes')
  })

it('wraps the requests that fit, and leaves the others bare, all at once where the application is sync', () => {
  const app = when((environ) => environ.PATH_INFO === '/a', marked)(hello)
  expect(call(app, { PATH_INFO: '/a' }).headers).toContainEqual(['X-Marked', 'yes'])
  const bare = call(app, { PATH_INFO: '/b' })
  expect([bare.status, bare.chunks, bare.end]).toEqual(['200 OK', ['hello'], 'end'])
  expect(bare.headers).not.toContainEqual(['X-Marked', 'yes'])
})

it('builds the layer once, not for each request', () => {
  let built = 0
  const counting: Middleware = (app) => {
    built++
    return app
  }
  const app = when(() => true, counting)(hello)
  call(app)
  call(app)
  expect(built).toBe(1)
})

it('asks once for each request, and what the predicate throws comes through', () => {
  let asked = 0
  const app = when(() => {
    asked++
    throw new Error('no idea')
  }, marked)(hello)
  const { status, errors } = call(app)
  expect([asked, status]).toEqual([1, '500 Internal Server Error'])
  expect(errors.join('')).toContain('no idea')
})

it('is named after its layer', () => {
  expect(
    describe(
      stack()
        .use(when(() => true, marked))
        .run(hello),
    ),
  ).toEqual(['when(marked)'])
})
