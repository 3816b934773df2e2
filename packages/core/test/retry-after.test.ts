import { describe, expect, it } from 'vitest'
import { formatRetryAfter } from '../src/retry-after.ts'

describe('formatRetryAfter', () => {
  it.each<[value: number | Date, header: string]>([
    [120, '120'],
    [0, '0'],
    [new Date('1999-12-31T23:59:59Z'), 'Fri, 31 Dec 1999 23:59:59 GMT'],
  ])('writes %o as %s (RFC 9110 section 10.2.3)', (value, header) => {
    expect(formatRetryAfter(value)).toBe(header)
  })

  it.each([[-1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY], [1e21]])(
    'refuses %d seconds',
    (seconds) => {
      expect(() => formatRetryAfter(seconds)).toThrow(RangeError)
      expect(() => formatRetryAfter(seconds)).toThrow(
        `formatRetryAfter: value: must be a date, or an integer of seconds, 0 or more; got ${seconds}`,
      )
    },
  )

  it('refuses an invalid date', () => {
    expect(() => formatRetryAfter(new Date(Number.NaN))).toThrow(RangeError)
  })
})
