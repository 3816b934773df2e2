import { preferredMediaType } from './accept.ts'
import { text } from './body.ts'
import type { Environ } from './contract.ts'
import type { Headers } from './headers.ts'
import { escapeHtml } from './html.ts'
import { copyHeaders, type HeadersSource, Response } from './response.ts'
import { status as statusLine } from './status.ts'

/** Everything here but `cause` goes out to the client. */
export interface HttpErrorOptions {
  /** What kind of problem it is, in few words, the same each time; the status's reason phrase by default. */
  title?: string
  /** What the client should know of this case. */
  detail?: string
  /** A URI that names the kind of problem; by default there is none, which means no more than the status. */
  type?: string
  /** Copied into the answer: `WWW-Authenticate`, `Allow`, `Retry-After`. */
  headers?: HeadersSource
  /** Further members of the problem; the five standard ones cannot be replaced (RFC 9457 section 3.2). */
  extensions?: Readonly<Record<string, unknown>> & { readonly [member in StandardMember]?: never }
  /** What led here: for logs, never for the client. */
  cause?: unknown
}

type StandardMember = 'type' | 'title' | 'status' | 'detail' | 'instance'

/** An answer to throw, or to return: `throw new HttpError(404)`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly type: string | undefined
  readonly headers: Headers
  readonly extensions: Readonly<Record<string, unknown>>

  /**
   * @throws RangeError when the status is no integer from 400 to 599
   * @throws TypeError when a header could not be sent
   */
  constructor(status: number, options: HttpErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`HttpError: status: must be an integer from 400 to 599; got ${status}`)
    }
    const { title = reasonPhrase(status), detail } = options
    super(`${status} ${detail ?? title}`, 'cause' in options ? { cause: options.cause } : undefined)
    this.status = status
    this.title = title
    this.detail = detail
    this.type = options.type
    this.headers = copyHeaders(options.headers)
    this.extensions = options.extensions ?? {}
  }

  /**
   * The answer: problem details (RFC 9457), or HTML or plain text where `Accept` prefers that. A client that accepts
   * none of them gets problem details all the same (RFC 9110 section 12.5.1 leaves that free).
   *
   * @throws TypeError when an extension has no JSON
   */
  toResponse(environ: Environ): Response {
    const type = preferredMediaType(environ.HTTP_ACCEPT, FORMATS) ?? PROBLEM
    const format = type === 'application/json' ? PROBLEM : type
    const response = new Response(text(this.#write(format)), { status: this.status, headers: this.headers })
    // These describe this body, and no other that the headers may have come with.
    response.headers.set('Content-Type', format === PROBLEM ? PROBLEM : `${format}; charset=utf-8`)
    response.headers.delete('Content-Length')
    response.headers.vary('Accept')
    return response
  }

  #write(format: typeof PROBLEM | 'text/html' | 'text/plain'): string {
    const { type, status, title, detail, extensions } = this
    if (format === PROBLEM) {
      const standard = { type, title, status, detail, instance: undefined }
      // Twice: the first time for the order, the second time for the last word.
      return JSON.stringify({ ...standard, ...extensions, ...standard })
    }
    const heading = `${status} ${title}`
    if (format === 'text/plain') return detail === undefined ? `${heading}\n` : `${heading}\n\n${detail}\n`
    const paragraph = detail === undefined ? '' : `<p>${escapeHtml(detail)}</p>\n`
    return (
      '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n' +
      `<title>${escapeHtml(heading)}</title>\n<h1>${escapeHtml(heading)}</h1>\n${paragraph}`
    )
  }
}

const PROBLEM = 'application/problem+json'

// Problem details are an answer to `Accept: application/json` too (RFC 9457 section 3).
const FORMATS = [PROBLEM, 'application/json', 'text/html', 'text/plain'] as const

function reasonPhrase(status: number): string {
  return statusLine(status).slice('404 '.length)
}
