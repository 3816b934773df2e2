import type { Environ, Middleware } from '@tsgi/core'
import { functionSchema, parseOptions } from '@tsgi/core/options'
import { z } from 'zod'
import { type AccessLogEntry, escapeControls, FORMATS } from './format.ts'

export interface AccessLogOptions {
  /** Apache's Combined or Common Log Format, JSON, or a function that makes the line. Default `'combined'`. */
  format?: 'common' | 'combined' | 'json' | ((entry: AccessLogEntry) => string)
  /** Takes each line, with the `\n` at its end. Default: the request's `wsgi.errors`. */
  write?: (line: string) => void
  /** The time of day, in milliseconds since 1970. Default `Date.now`. */
  now?: () => number
  /** The time in milliseconds from any beginning, never going backwards. Default `performance.now`. */
  clock?: () => number
}

const SCHEMA = z.strictObject({
  format: z
    .custom<NonNullable<AccessLogOptions['format']>>(isFormat, '"common", "combined", "json" or a function')
    .default('combined'),
  write: functionSchema<(line: string) => void>().optional(),
  now: functionSchema<() => number>().default(() => Date.now),
  clock: functionSchema<() => number>().default(() => elapsedMs),
}) satisfies z.ZodType<Required<Omit<AccessLogOptions, 'write'>>>

/**
 * Writes a line for each request, when its response has finished, failed, or lost its client. Whatever a client sends,
 * the line stays one line and holds no control characters.
 *
 * @throws TypeError when an option is wrong
 */
export function accessLog(options: AccessLogOptions = {}): Middleware {
  const { format, write, now, clock } = parseOptions('accessLog', SCHEMA, options)
  const print = typeof format === 'function' ? format : FORMATS[format]
  return (app) =>
    function accessLog(environ, startResponse) {
      const errors = environ['wsgi.errors']
      const exchange = environ['tsgi.exchange']
      const request = describeRequest(environ)
      const time = new Date(now())
      const start = clock()
      let answered: unknown
      exchange.onFinish(({ status, bytesSent, error, aborted }) => {
        const found = environ as FoundInside
        const line = print({
          time,
          ...request,
          user: found.REMOTE_USER,
          status: status ?? CLIENT_LEFT,
          bytes: bytesSent,
          durationMs: clock() - start,
          requestId: found['tsgi.request_id'],
          route: exchange.route,
          error: error ?? answered,
          aborted,
        })
        const text = `${escapeControls(line)}\n`
        if (write === undefined) errors.write(text)
        else write(text)
      })
      return app(environ, (status, headers, error) => {
        answered = error
        return startResponse(status, headers, error)
      })
    }
}

/** What layers inside may have put into the environ: read at the end, when they have run. */
interface FoundInside {
  REMOTE_USER?: string
  'tsgi.request_id'?: string
}

type RequestFields = 'remoteAddress' | 'method' | 'target' | 'protocol' | 'referer' | 'userAgent'

/** Taken before the layers inside can change the environ: the line is to say what came. */
function describeRequest(environ: Environ): Pick<AccessLogEntry, RequestFields> {
  return {
    remoteAddress: environ.REMOTE_ADDR,
    method: environ.REQUEST_METHOD,
    target: environ.REQUEST_URI,
    protocol: environ.SERVER_PROTOCOL,
    referer: environ.HTTP_REFERER,
    userAgent: environ.HTTP_USER_AGENT,
  }
}

function elapsedMs(): number {
  return performance.now()
}

function isFormat(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'string' && Object.hasOwn(FORMATS, value))
}

const CLIENT_LEFT = 499
