import { isBytes } from '../bytes.ts'
import type { Application, Environ, Header } from '../contract.ts'
import { isHopByHop } from '../field.ts'
import { HttpError } from '../http-error.ts'
import { Response } from '../response.ts'

/**
 * What a handler may give: a `Response`, ours or the Fetch standard's; an `HttpError`; an application, which is called
 * with the same environ; a string, sent as `text/plain`; bytes; `null` for 204; any other object or array as JSON.
 */
export type Answer<E extends object = Environ> =
  | CompleteAnswer<E>
  | string
  | Uint8Array
  | (object & NotPromise)
  | null

/** An answer that says itself how it is sent. */
export type CompleteAnswer<E extends object = Environ> =
  | Response
  | globalThis.Response
  | HttpError
  | Application<E>

/** A promise is an object too, and whatever it is of would pass as JSON. */
interface NotPromise {
  readonly then?: never
}

export function isComplete(answer: unknown): answer is CompleteAnswer<never> {
  return (
    typeof answer === 'function' ||
    answer instanceof Response ||
    answer instanceof HttpError ||
    isFetchResponse(answer)
  )
}

/**
 * Makes a response of every answer but an application.
 *
 * @throws TypeError when it is none
 */
export function toResponse(answer: unknown, environ: Environ, name: string): Response {
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
