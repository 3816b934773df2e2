import {
  type Body,
  type Environ,
  escapeHtml,
  HttpError,
  type Middleware,
  type Response,
  type StartResponse,
  text,
} from '@tsgi/core'
import { errorStream, InputError, reportError } from '@tsgi/core/gateway'
import { parseOptions } from '@tsgi/core/options'
import { z } from 'zod'
import { guardBody } from './guard-body.ts'

export interface ErrorPageOptions {
  /** Whether a page for a fault shows its message, stack and causes; never on a public host. Default `false`. */
  development?: boolean
}

const SCHEMA = z.strictObject({
  development: z.boolean().default(false),
}) satisfies z.ZodType<Required<ErrorPageOptions>>

/**
 * Makes a page of what the inside throws before the first byte of its answer: problem details, HTML or text, by
 * `Accept`. An `HttpError` is its own page; anything else is a fault, a 500 that says nothing about the inside. Faults,
 * and every other status from 500 on, are reported to `wsgi.errors`.
 *
 * After the first byte there is no page any more: the error goes on to the server, which cuts the connection.
 *
 * @throws TypeError when an option is wrong
 */
export function errorPage(options: ErrorPageOptions = {}): Middleware {
  const { development } = parseOptions('errorPage', SCHEMA, options)
  return (app) =>
    function errorPage(environ, startResponse) {
      const answer = (error: unknown): Body => answerError(error, environ, startResponse, development)
      try {
        return guardBody(app(environ, startResponse), answer)
      } catch (error) {
        return answer(error)
      }
    }
}

function answerError(
  thrown: unknown,
  environ: Environ,
  startResponse: StartResponse,
  development: boolean,
): Body {
  // Nobody is left to read a page, and the server knows what is a fault and what only came of that.
  if (environ['tsgi.exchange'].signal.aborted) throw thrown
  // Without a third argument startResponse takes its second call for a mistake.
  const error = thrown ?? new Error(`errorPage: the application threw ${thrown}`)
  const problem = toHttpError(error)
  const isFault = problem.status >= 500
  const page = isFault && development ? developmentPage(problem, error, environ) : problem.toResponse(environ)
  // Throws the error where the first byte is out.
  const body = page.respond(environ, (status, headers) => startResponse(status, headers, error))
  if (isFault) reportError(environ['wsgi.errors'], `${environ.REQUEST_METHOD} ${environ.REQUEST_URI}`, error)
  return body
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  // The body of the request broke off, or came too late: the client's fault.
  if (error instanceof InputError) return new HttpError(Number(error.status.slice(0, 3)))
  return new HttpError(500)
}

/** The same in the same form, with what the report says in place of the detail. Nothing of the headers is in it. */
function developmentPage(problem: HttpError, error: unknown, environ: Environ): Response {
  const { status, title, headers } = problem
  const detail = describe(`${environ.REQUEST_METHOD} ${environ.SCRIPT_NAME}${environ.PATH_INFO}`, error)
  const page = new HttpError(status, { title, detail, headers }).toResponse(environ)
  if (page.headers.get('Content-Type') === HTML) page.body = text(htmlPage(`${status} ${title}`, detail))
  return page
}

/** What `reportError` says of an error: stack and causes, control characters written out. */
function describe(where: string, error: unknown): string {
  let description = ''
  const stream = errorStream((part) => {
    description += part
  })
  reportError(stream, where, error)
  return description
}

/** A message may quote the request, and so hold a script (CVE-2016-10516, Werkzeug's debugger). */
function htmlPage(heading: string, detail: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(heading)}</title>
<style>body { font-family: sans-serif; margin: 2em } pre { white-space: pre-wrap }</style>
<h1>${escapeHtml(heading)}</h1>
<pre>${escapeHtml(detail)}</pre>
`
}

const HTML = 'text/html; charset=utf-8'
