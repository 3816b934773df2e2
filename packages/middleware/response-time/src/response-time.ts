import { Headers, type Middleware } from '@tsgi/core'
import { functionSchema, headerNameSchema, parseOptions } from '@tsgi/core/options'
import { z } from 'zod'

export interface ResponseTimeOptions {
  /**
   * The header that says it, as `12.3ms`. Default `'X-Response-Time'`. To `'Server-Timing'`, which browsers show, the metric
   * `total;dur=12.3` is added instead.
   */
  header?: string
  /** How many digits of the milliseconds stand after the point, 0 to 3. Default 1. */
  digits?: number
  /** The time in milliseconds from any beginning, never going backwards. Default `performance.now`. */
  clock?: () => number
}

const SCHEMA = z.strictObject({
  header: headerNameSchema().default('X-Response-Time'),
  digits: z.int().min(0).max(3).default(1),
  clock: functionSchema<() => number>().default(() => elapsedMs),
}) satisfies z.ZodType<Required<ResponseTimeOptions>>

/**
 * Says in a header how long the answer took, from here to its head: what a streamed body takes comes after that.
 *
 * @throws TypeError when an option is wrong
 * @see Server Timing (W3C), section 3
 */
export function responseTime(options: ResponseTimeOptions = {}): Middleware {
  const { header, digits, clock } = parseOptions('responseTime', SCHEMA, options)
  const isMetric = header.toLowerCase() === 'server-timing'
  return (app) =>
    function responseTime(environ, startResponse) {
      const start = clock()
      return app(environ, (status, given, error) => {
        const ms = (clock() - start).toFixed(digits)
        // A copy, since an application may give the same list for every request.
        const headers = new Headers([...given])
        if (isMetric) headers.append(header, `total;dur=${ms}`)
        else headers.set(header, `${ms}ms`)
        return startResponse(status, headers.list, error)
      })
    }
}

function elapsedMs(): number {
  return performance.now()
}
