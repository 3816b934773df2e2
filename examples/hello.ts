/**
 * Four applications, each of another kind, behind one Selector.
 *
 *     npx tsgi examples/hello.ts
 */
import { type Application, handler, Response, text } from '@tsgi/core'
import { Selector } from '@tsgi/router'

/** The bare contract: a function of `environ` and `startResponse` that returns an iterable of bytes. */
const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/html; charset=utf-8']])
  return text('Hello')
}

/** The same with a request and an answer in place of the contract. */
const how = handler(() => 'how are you?')

/** Nothing at all, so that a browser stops asking. */
const favicon: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'image/x-icon']])
  return []
}

/** A page for everything else. Its status is 404: a page that says "not found" with 200 is found by every robot. */
const notFound = handler(() => Response.html('<!doctype html>\n<h1>404 Not Found!</h1>\n', { status: 404 }))

const selector = new Selector()
  .add('/hello', { GET: hello })
  .add('/how', { GET: how })
  .add('/favicon.ico', { GET: favicon })
selector.status404 = notFound

export const application: Application = selector
