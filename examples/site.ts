/**
 * A small site: what `npm start` serves. Each page shows one thing that the contract can do.
 *
 *     npx tsgi examples/site.ts
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { accessLog } from '@tsgi/access-log'
import {
  type Application,
  describe,
  type Environ,
  escapeHtml,
  HttpError,
  handler,
  Response,
  stack,
} from '@tsgi/core'
import { errorPage } from '@tsgi/error-page'
import { type RequestIdEnviron, requestId } from '@tsgi/request-id'
import { responseTime } from '@tsgi/response-time'
import { Selector } from '@tsgi/router'

const LINES = 10
const LINE_INTERVAL_MS = 400

/** The layers that the request came through, and what it looks like from inside. */
const home = handler<Environ & RequestIdEnviron>((request) => {
  const layers = describe(application).map((name) => `<li><code>${escapeHtml(name)}</code></li>`)
  const rows = Object.entries(request.environ)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([key, value]) =>
        `<tr><th><code>${escapeHtml(key)}</code></th><td><code>${escapeHtml(show(value))}</code></td></tr>`,
    )
  return page(
    'A site on TSGI',
    `<p>One function shape between any server and any application. Here are its parts.</p>
<nav><a href="/users/42">A JSON route with a param</a> <a href="/lines">A page that arrives line by line</a>
<a href="/error">A page that throws</a> <a href="/nowhere">A page that is not there</a></nav>
<h2>A form that posts</h2>
<form method="post" action="/greeting"><label>Your name <input name="name" autocomplete="name" required></label> <button>Greet</button></form>
<h2>The layers</h2>
<p>This request, <code>${escapeHtml(request.environ['tsgi.request_id'])}</code>, came through these, outermost first:</p>
<ol>${layers.join('')}</ol>
<h2>The environ</h2>
<table>${rows.join('\n')}</table>`,
  )
})

const greeting = handler(async (request) => {
  const name = (await request.formData()).get('name')
  if (typeof name !== 'string' || name.trim() === '')
    throw new HttpError(422, { detail: 'The form has no name.' })
  return page('Greeting', `<p>Hello, <strong>${escapeHtml(name)}</strong>!</p><p><a href="/">Back</a></p>`)
})

/** Sent as it is made: the browser shows each line when it comes. */
const lines = handler((request) => {
  async function* body(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    const [before, after] = layout('Line by line', '\n<ol>|</ol><p><a href="/">Back</a></p>').split('|')
    yield encoder.encode(before)
    for (let line = 1; line <= LINES; line++) {
      yield encoder.encode(`<li>Line ${line} of ${LINES}</li>\n`)
      await sleep(LINE_INTERVAL_MS, undefined, { signal: request.signal })
    }
    yield encoder.encode(after)
  }
  return Response.stream(body(), { headers: { 'Content-Type': 'text/html; charset=utf-8' } })
})

const broken = handler(() => {
  throw new Error('This page throws, on purpose.', {
    cause: new Error('Somebody wanted to see an error page.'),
  })
})

const selector = new Selector<RequestIdEnviron>()
  .add('/', { GET: home })
  .add('/greeting', { POST: greeting })
  .add('/lines', { GET: lines })
  .add('/favicon.ico', { GET: handler(() => null) })
  .add('/error', { GET: broken })
  .add('/users/:id', { GET: handler((request) => ({ id: request.params.id, url: request.url })) })
selector.status404 = handler((request) => {
  throw new HttpError(404, { detail: `There is nothing at ${request.path}.` })
})

export const application: Application = stack()
  .use(accessLog())
  .use(requestId())
  .use(responseTime())
  .use(errorPage({ development: process.env.NODE_ENV !== 'production' }))
  .run(selector)

function page(title: string, content: string): Response {
  return Response.html(layout(title, content))
}

function layout(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1, h2 { line-height: 1.2 } nav a { display: inline-block; margin-right: 1rem } code { font-size: 0.9em }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: normal; white-space: nowrap; vertical-align: top }
th, td { border-bottom: 1px solid #ddd; padding: 0.2rem 1rem 0.2rem 0 } td { overflow-wrap: anywhere }
input, button { font: inherit; padding: 0.2rem 0.6rem }
</style>
<h1>${escapeHtml(title)}</h1>
${content}
`
}

/** A value of environ in few words: the objects in it are for the program, not for the page. */
function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor?.name ?? 'plain object'}`
    : String(value)
}
