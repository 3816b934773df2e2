import { text } from '../body.ts'
import type { Application, Header, Status } from '../contract.ts'

/**
 * What a gateway may do in its own way when an application fails: the overridable points of wsgiref's `BaseHandler`.
 * They are for failures before the first byte; after it the connection is cut. Where they fail themselves, the bare 500
 * goes out. A request that broke off (`InputError`) is no failure of the application, and keeps its own plain answer.
 */
export interface ErrorHandling {
  /** Default `'500 Internal Server Error'`. */
  errorStatus?: Status
  /** Default `Content-Type: text/plain; charset=utf-8`. */
  errorHeaders?: Header[]
  /** What the client is told, which must be nothing about the inside. Default: the reason of `errorStatus`, as a line. */
  errorBody?: string
  /**
   * Gives the application that answers in place of the three above. Its `startResponse` passes the error on where it is given
   * none: it may be called again before the first byte, and throws the error after it.
   */
  errorOutput?(error: unknown): Application
  /** Takes note of an error; `where` is method and target. Default: `reportError` to `wsgi.errors`. */
  logException?(error: unknown, where: string): void
}

/** What goes out where nothing else was asked for. */
export const ERROR_STATUS: Status = '500 Internal Server Error'
export const ERROR_HEADERS: Header[] = [['Content-Type', 'text/plain; charset=utf-8']]

export function errorPage(status: string): string {
  return `${status.slice('500 '.length)}\n`
}

/** The application that answers an error; `undefined` where the bare 500 is all that was asked for. */
export function errorApplication(handling: ErrorHandling, error: unknown): Application | undefined {
  if (handling.errorOutput !== undefined) {
    return (environ, startResponse) =>
      // Asked inside the call that answers, so that what it throws is dealt with there.
      handling.errorOutput!(error)(environ, (status, headers, another = error) =>
        startResponse(status, headers, another),
      )
  }
  const { errorStatus, errorHeaders, errorBody } = handling
  if (errorStatus === undefined && errorHeaders === undefined && errorBody === undefined) return undefined
  return (_, startResponse) => {
    startResponse(errorStatus ?? ERROR_STATUS, errorHeaders ?? ERROR_HEADERS, error)
    return text(errorBody ?? errorPage(errorStatus ?? ERROR_STATUS))
  }
}
