import { isBytes } from './bytes.ts'
import type { Application, Body, Environ, Header, StartResponse } from './contract.ts'
import { isHopByHop } from './field.ts'
import { reportError } from './gateway/report.ts'
import { HttpError } from './http-error.ts'
import { isPromiseLike } from './promise.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'

/**
 * What a handler may give: a `Response`, ours or the Fetch standard's; an `HttpError`; an application, which is called
 * with the same environ; a string, sent as `text/plain`; bytes; `null` for 204; any other object or array as JSON.
 */
export type Answer<E extends object = Environ> =
  | Response
  | globalThis.Response
  | HttpError
  | Application<E>
  | string
  | Uint8Array
  | (object & NotPromise)
  | null

/** A promise is an object too, and whatever it is of would pass as JSON. */
interface NotPromise {
  readonly then?: never
}

/**
 * Makes an application of a function from a request to an answer. It keeps the function's name, and stays sync where
 * the function is.
 *
 * An `HttpError` that is thrown becomes its answer, and is given to `startResponse` too, so that every layer hears of
 * it, and from status 500 on it is reported to `wsgi.errors`; one that is returned is an answer like any other. Whatever
 * else is thrown is thrown on.
 *
 * @throws TypeError from the application, when the answer is `undefined`, or an object that JSON would lose
 */
export function handler<E extends object = Environ>(
  fn: (request: Request<E>) => Answer<E> | Promise<Answer<E>>,
): Application<E> {
  const name = fn.name || 'handler'
  const application: Application<E> = (given, startResponse) => {
    // A server gives the whole of it, of whatever part `E` speaks.
    const environ = given as E & Environ
    try {
      const answer = fn(new Request<E>(environ))
      const body = isPromiseLike(answer)
        ? answer.then((settled) => respond(settled, environ, startResponse, name))
        : respond(answer, environ, startResponse, name)
      if (!isPromiseLike(body)) return body
      return Promise.resolve(body).catch((error: unknown) => respondError(error, environ, startResponse))
    } catch (error) {
      return respondError(error, environ, startResponse)
    }
  }
  return Object.defineProperty(application, 'name', { value: name, configurable: true })
}

function respond<E extends object>(
  answer: Answer<E>,
  environ: E & Environ,
  startResponse: StartResponse,
  name: string,
): Body | Promise<Body> {
  if (typeof answer === 'function') return (answer as Application<E>)(environ, startResponse)
  return toResponse(answer, environ, name).respond(environ, startResponse)
}

function toResponse(answer: unknown, environ: Environ, name: string): Response {
  if (typeof answer === 'string') return Response.text(answer)
  if (answer === null) return Response.empty()
  if (answer instanceof Response) return answer
  if (isBytes(answer)) return Response.bytes(answer)
  if (answer instanceof HttpError) return answer.toResponse(environ)
  if (isFetchResponse(answer)) return fromFetch(answer)
  if (isJson(answer)) return Response.json(answer)
  const remedy = answer === undefined ? ': return null for an empty answer' : ': return a Response for it'
  throw new TypeError(
    `handler: ${name}: the answer must be a Response, an HttpError, an application, text, bytes, null, or an object ` +
      `for JSON; got ${kindOf(answer)}${remedy}`,
  )
}

/** By its tag: asking for the global class would load it (tens of milliseconds on Node), and there are others. */
function isFetchResponse(answer: unknown): answer is globalThis.Response {
  return tagOf(answer) === '[object Response]'
}

function fromFetch(fetched: globalThis.Response): Response {
  // What came from the network is decoded already, though its headers still tell of the coding (Fetch standard,
  // HTTP-network fetch); a Response that a program made itself has no URL.
  const isDecoded = fetched.url !== '' && fetched.headers.has('content-encoding')
  const headers: Header[] = []
  for (const [name, value] of fetched.headers) {
    if (name === 'set-cookie' || isHopByHop(name)) continue
    if (isDecoded && (name === 'content-encoding' || name === 'content-length')) continue
    headers.push([name, value])
  }
  for (const cookie of fetched.headers.getSetCookie()) headers.push(['set-cookie', cookie])
  const { body, status, statusText } = fetched
  return new Response(body, { status, statusText, headers })
}

/** Streams, generators, maps, buffers and errors are `{}` in JSON: the wrong answer to everybody. */
function isJson(answer: unknown): answer is object {
  if (typeof answer !== 'object' || answer === null) return false
  if (Array.isArray(answer) || 'toJSON' in answer) return true
  return tagOf(answer) === '[object Object]' && !(Symbol.iterator in answer || Symbol.asyncIterator in answer)
}

function tagOf(answer: unknown): string {
  return Object.prototype.toString.call(answer)
}

function kindOf(answer: unknown): string {
  return typeof answer === 'object' ? tagOf(answer) : String(answer)
}

function respondError(error: unknown, environ: Environ, startResponse: StartResponse): Body {
  if (!(error instanceof HttpError)) throw error
  // Nobody further out sees it thrown, and a fault of the inside must not go unseen.
  if (error.status >= 500) {
    reportError(environ['wsgi.errors'], `${environ.REQUEST_METHOD} ${environ.REQUEST_URI}`, error)
  }
  // As the third argument, also when nothing was begun: the contract's way of telling the layers of an error.
  return error
    .toResponse(environ)
    .respond(environ, (status, headers) => startResponse(status, headers, error))
}
