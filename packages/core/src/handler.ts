import type { Application, Body, Environ, StartResponse } from './contract.ts'
import { reportError } from './gateway/report.ts'
import { type Answer, toResponse } from './handler/answer.ts'
import { type HandlerAnswer, type HandlerInput, type HandlerOptions, withSchemas } from './handler/schemas.ts'
import { HttpError } from './http-error.ts'
import { isPromiseLike } from './promise.ts'
import { type ReadOptions, Request } from './request.ts'
import { layersOf } from './stack.ts'

export type { Answer } from './handler/answer.ts'
export type { HandlerOptions } from './handler/schemas.ts'

/**
 * Makes an application of a function from a request to an answer. It keeps the function's name, and stays sync where
 * the function is.
 *
 * An `HttpError` that is thrown becomes its answer, and is given to `startResponse` too, so that every layer hears of
 * it, and from status 500 on it is reported to `wsgi.errors`; one that is returned is an answer like any other. Whatever
 * else is thrown is thrown on.
 *
 * @throws TypeError when `fn` is no function; from the application, when the answer is `undefined`, or an object that
 *   JSON would lose
 */
export function handler<E extends object = Environ>(
  fn: (request: Request<E>) => Answer<E> | Promise<Answer<E>>,
): Application<E>
/**
 * The same, with schemas of the parts of the request: the function gets what they make of them as its `input`.
 *
 *     handler({ query: z.object({ page: z.coerce.number() }) }, (request, input) => list(input.query.page))
 *
 * A request that does not fit is answered 422, as a problem (RFC 9457) whose `errors` list every fault of every part, as
 * `{ in: 'query', path: ['page'], message }`, where the message is the schema's own. What a schema throws is thrown on.
 * What the layers outside add is found where it is run in a `stack`, else by the type of the request:
 * `(request: Request<SessionEnviron>, input) => …`.
 *
 * @throws TypeError when an option is wrong, or `fn` is no function
 */
export function handler<Options extends HandlerOptions, E extends object = Environ>(
  options: Options,
  fn: (
    request: Request<E>,
    input: HandlerInput<Options>,
  ) => HandlerAnswer<E, Options> | Promise<HandlerAnswer<E, Options>>,
): Application<E>
export function handler<E extends object>(
  first: HandlerOptions | AnyFunction<E>,
  second?: AnyFunction<E>,
): Application<E> {
  const fn = second ?? first
  if (typeof fn !== 'function') throw new TypeError(`handler: fn: must be a function; got ${typeof fn}`)
  const name = fn.name || 'handler'
  if (second === undefined) return toApplication(fn as (request: Request<E>) => unknown, name)
  const options = first as HandlerOptions
  const application = toApplication(withSchemas(options, second, name), name, options)
  OPTIONS.set(application, options)
  return application
}

/**
 * The schemas, among its other options, that a handler was made with; also where it stands inside the layers of a stack.
 */
export function schemasOf(app: Application<never>): HandlerOptions | undefined {
  for (const layer of layersOf(app)) {
    const options = OPTIONS.get(layer)
    if (options !== undefined) return options
  }
  return undefined
}

const OPTIONS = new WeakMap<Application<never>, HandlerOptions>()

/** What the overloads have made sure of is forgotten. */
type AnyFunction<E extends object> = (request: Request<E>, input: never) => unknown

function toApplication<E extends object>(
  fn: (request: Request<E>) => unknown,
  name: string,
  options?: ReadOptions,
): Application<E> {
  const application: Application<E> = (given, startResponse) => {
    // A server gives the whole of it, of whatever part `E` speaks.
    const environ = given as E & Environ
    try {
      const answer = fn(new Request<E>(environ, options))
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
  answer: unknown,
  environ: E & Environ,
  startResponse: StartResponse,
  name: string,
): Body | Promise<Body> {
  if (typeof answer === 'function') return (answer as Application<E>)(environ, startResponse)
  return toResponse(answer, environ, name).respond(environ, startResponse)
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
