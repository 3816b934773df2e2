/**
 * A date as HTTP fields hold it, in whole seconds: `'Sun, 06 Nov 1994 08:49:37 GMT'` (RFC 9110 section
 * 5.6.7).
 *
 * @throws RangeError when the date is invalid, or its year is not one of 0 to 9999
 */
export function formatHttpDate(date: Date): string {
  const year = date.getUTCFullYear()
  if (year >= 0 && year <= 9999) return date.toUTCString()
  throw new RangeError(
    `formatHttpDate: date: must be valid, in the years 0 to 9999; got ${date.getTime()} ms`,
  )
}

/**
 * Reads a date of an HTTP field, in any of the three forms of RFC 9110 section 5.6.7; `undefined` when it is
 * none. The day of the week is not held against the date. A year of two digits is one of the century of
 * `now`, or of the one before.
 */
export function parseHttpDate(text: string, now: Date = new Date()): Date | undefined {
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups
  if (parts === undefined) return undefined
  const { year: digits = '' } = parts
  const isShort = digits.length === 2
  const year = Number(digits) + (isShort ? centuryOf(now) : 0)
  const date = new Date(0)
  // Not by `Date.UTC`, which takes the years 0 to 99 for those of the 20th century.
  date.setUTCFullYear(year, MONTHS.indexOf(parts['month']!), Number(parts['day']))
  if (date.getUTCDate() !== Number(parts['day'])) return undefined
  date.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']))
  if (isShort && date > fiftyYearsAfter(now)) date.setUTCFullYear(year - 100)
  return date
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const MONTH = `(?<month>${MONTHS.join('|')})`
// The 60th second is a leap second.
const TIME = '(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)'

const IMF_FIXDATE = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
)
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
)
const ASCTIME = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
)

function centuryOf(date: Date): number {
  return date.getUTCFullYear() - (date.getUTCFullYear() % 100)
}

/** What appears to be further in the future is of the past: a MUST of RFC 9110 section 5.6.7. */
function fiftyYearsAfter(date: Date): Date {
  const later = new Date(date)
  later.setUTCFullYear(date.getUTCFullYear() + 50)
  return later
}
