import { formatHttpDate } from './http-date.ts'

/**
 * A `Retry-After` (RFC 9110 section 10.2.3): in how many seconds, or when.
 *
 * @throws RangeError when the seconds are no integer of 0 or more, or the date is invalid
 */
export function formatRetryAfter(value: number | Date): string {
  if (typeof value !== 'number') return formatHttpDate(value)
  if (Number.isSafeInteger(value) && value >= 0) return `${value}`
  throw new RangeError(
    `formatRetryAfter: value: must be a date, or an integer of seconds, 0 or more; got ${value}`,
  )
}
