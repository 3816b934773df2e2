import { middlewareSuite, register } from '@tsgi/conformance'
import { describe, test } from 'vitest'
import { mapBody } from '../src/body.ts'
import { capture } from '../src/capture.ts'
import { cascade } from '../src/cascade.ts'
import type { Application, Body, Middleware } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { isPromiseLike } from '../src/gateway.ts'
import { mount } from '../src/mount.ts'
import { onResponse } from '../src/response-hook.ts'
import { stack } from '../src/stack.ts'
import { validator } from '../src/validator.ts'
import { when } from '../src/when.ts'
import { bytes } from './observe.ts'

const mark: Middleware = (app) =>
  onResponse(app, function mark({ headers }) {
    headers.set('X-Mark', 'yes')
  })

const missing: Application = (_environ, startResponse) => {
  startResponse('404 Not Found', [['Content-Type', 'text/plain']])
  return [bytes('There is nothing here.')]
}

/** Does something to the body of each answer. */
function bodyLayer(name: string, change: (body: Body) => Body): Middleware {
  return (app) => {
    const layer: typeof app = (environ, startResponse) => {
      const body = app(environ, startResponse)
      return isPromiseLike(body) ? body.then(change) : change(body)
    }
    return Object.defineProperty(layer, 'name', { value: name })
  }
}

const watch = bodyLayer('watch', (body) => mapBody(body, { close() {} }))

const shout = bodyLayer('shout', (body) =>
  mapBody(body, { chunk: (chunk) => bytes(Buffer.from(chunk).toString().toUpperCase()) }),
)

const signed: Middleware = (app) =>
  async function signed(environ, startResponse) {
    const response = await capture(app, environ)
    const { status, body } = response
    response.headers.delete('Content-Length')
    if (status !== 204 && status !== 304) response.body = mapBody(body, { flush: () => bytes('!') })
    return response.respond(environ, startResponse)
  }

const captured: Middleware = (app) =>
  async function captured(environ, startResponse) {
    const response = await capture(app, environ)
    response.headers.set('X-Captured', 'yes')
    return response.respond(environ, startResponse)
  }

const moved: Middleware = (app) =>
  function moved(environ, startResponse) {
    return app(copyEnviron(environ, { SCRIPT_NAME: '/moved' }), startResponse)
  }

const mounted: Middleware = (app) => mount({ '/': app })

const first: Middleware = (app) => cascade([app, missing])

const last: Middleware = (app) => cascade([missing, app])

const several: Middleware = (app) =>
  stack()
    .use(mark)
    .use(watch)
    .use(when(() => true, moved))
    .run(app as Application) as typeof app

const whole: Middleware = (app) =>
  stack()
    .use(captured)
    .use(shout)
    .use(mark)
    .run(app as Application) as typeof app

const runner = { describe, test }

register(middlewareSuite(mark, { title: 'onResponse' }), runner)
register(
  middlewareSuite(
    when(() => true, mark),
    { title: 'when, for a request that fits' },
  ),
  runner,
)
register(
  middlewareSuite(
    when(() => false, mark),
    { title: 'when, for another' },
  ),
  runner,
)
register(middlewareSuite(watch, { title: 'mapBody, for the end alone' }), runner)
register(middlewareSuite(shout, { title: 'mapBody', rewritesBody: true, async: true }), runner)
register(middlewareSuite(captured, { title: 'capture', async: true }), runner)
register(middlewareSuite(signed, { title: 'capture and mapBody', rewritesBody: true, async: true }), runner)
register(middlewareSuite(moved, { title: 'copyEnviron' }), runner)
register(middlewareSuite(mounted, { title: 'mount' }), runner)
register(middlewareSuite(first, { title: 'cascade, the first', async: true }), runner)
register(middlewareSuite(last, { title: 'cascade, the last' }), runner)
register(
  middlewareSuite((app) => validator(app), { title: 'validator' }),
  runner,
)
register(middlewareSuite(several, { title: 'a stack' }), runner)
register(
  middlewareSuite(whole, { title: 'a stack that rewrites and waits', rewritesBody: true, async: true }),
  runner,
)
