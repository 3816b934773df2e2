import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../src/http-date.ts'
import { expectLinear } from './linear.ts'

const NOW = new Date('2026-06-15T12:00:00Z')

describe('formatHttpDate', () => {
  it.each<[iso: string, text: string]>([
    ['1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['1994-11-06T08:49:37.999Z', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['1994-11-06T09:49:37+01:00', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['1970-01-01T00:00:00Z', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['2024-02-29T23:59:59Z', 'Thu, 29 Feb 2024 23:59:59 GMT'],
    ['0000-01-01T00:00:00Z', 'Sat, 01 Jan 0000 00:00:00 GMT'],
    ['0099-12-31T00:00:00Z', 'Thu, 31 Dec 0099 00:00:00 GMT'],
    ['9999-12-31T23:59:59Z', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('writes %s as %s (RFC 9110 section 5.6.7)', (iso, text) => {
    expect(formatHttpDate(new Date(iso))).toBe(text)
  })

  it.each<[what: string, date: Date]>([
    ['no date', new Date(Number.NaN)],
    ['a year with five digits', new Date(Date.UTC(10000, 0))],
    ['a year before Christ', new Date('-000001-12-31T00:00:00Z')],
  ])('refuses %s', (_what, date) => {
    expect(() => formatHttpDate(date)).toThrow(RangeError)
    expect(() => formatHttpDate(date)).toThrow(
      /^formatHttpDate: date: must be valid, in the years 0 to 9999; got /,
    )
  })
})

describe('parseHttpDate', () => {
  it.each<[form: string, text: string, iso: string]>([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['IMF-fixdate', 'Thu, 29 Feb 2024 23:59:59 GMT', '2024-02-29T23:59:59.000Z'],
    ['IMF-fixdate, of the wrong day', 'Mon, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['IMF-fixdate, with a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
    ['IMF-fixdate, of the first century', 'Thu, 31 Dec 0050 00:00:00 GMT', '0050-12-31T00:00:00.000Z'],
    ['rfc850-date', 'Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['rfc850-date', 'Wednesday, 10-Jun-26 00:00:00 GMT', '2026-06-10T00:00:00.000Z'],
    ['rfc850-date', 'Tuesday, 29-Feb-00 00:00:00 GMT', '2000-02-29T00:00:00.000Z'],
    ['rfc850-date, in less than 50 years', 'Sunday, 14-Jun-76 12:00:00 GMT', '2076-06-14T12:00:00.000Z'],
    ['rfc850-date, in 50 years', 'Monday, 15-Jun-76 12:00:00 GMT', '2076-06-15T12:00:00.000Z'],
    ['rfc850-date, in more than 50 years', 'Tuesday, 15-Jun-76 12:00:01 GMT', '1976-06-15T12:00:01.000Z'],
    ['asctime-date', 'Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
    ['asctime-date', 'Wed Nov 16 08:49:37 1994', '1994-11-16T08:49:37.000Z'],
    ['asctime-date', 'Sun Nov 06 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
  ])('reads %s: %s (RFC 9110 section 5.6.7)', (_form, text, iso) => {
    expect(parseHttpDate(text, NOW)?.toISOString()).toBe(iso)
  })

  it('takes years of two digits for near ones when no time is given', () => {
    const year = new Date().getUTCFullYear()
    const digits = `${year}`.slice(2)
    expect(parseHttpDate(`Monday, 01-Jan-${digits} 00:00:00 GMT`)?.getUTCFullYear()).toBe(year)
  })

  it.each<[what: string, text: string]>([
    ['nothing', ''],
    ['a number', '784111777'],
    ['ISO 8601', '1994-11-06T08:49:37Z'],
    ['a month in lower case', 'Sun, 06 nov 1994 08:49:37 GMT'],
    ['another zone', 'Sun, 06 Nov 1994 08:49:37 UTC'],
    ['a zone in numbers', 'Sun, 06 Nov 1994 08:49:37 +0000'],
    ['no zone', 'Sun, 06 Nov 1994 08:49:37'],
    ['no day of the week', '06 Nov 1994 08:49:37 GMT'],
    ['one digit for the day', 'Sun, 6 Nov 1994 08:49:37 GMT'],
    ['one digit for the hour', 'Sun, 06 Nov 1994 8:49:37 GMT'],
    ['hyphens and a long year', 'Sun, 06-Nov-1994 08:49:37 GMT'],
    ['a short day and a short year', 'Sun, 06-Nov-94 08:49:37 GMT'],
    ['an unknown day of the week', 'Sonday, 06-Nov-94 08:49:37 GMT'],
    ['a day that February lacks', 'Tue, 30 Feb 2024 00:00:00 GMT'],
    ['the 29th of February in a common year', 'Wed, 29 Feb 2023 00:00:00 GMT'],
    ['the 31st of April', 'Wed, 31 Apr 2024 00:00:00 GMT'],
    ['day 0', 'Sun, 00 Nov 1994 08:49:37 GMT'],
    ['day 32', 'Sun, 32 Nov 1994 08:49:37 GMT'],
    ['hour 24', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ['minute 60', 'Sun, 06 Nov 1994 08:60:00 GMT'],
    ['second 61', 'Sun, 06 Nov 1994 08:49:61 GMT'],
    ['space before it', ' Sun, 06 Nov 1994 08:49:37 GMT'],
    ['space behind it', 'Sun, 06 Nov 1994 08:49:37 GMT '],
    ['a line end behind it', 'Sun, 06 Nov 1994 08:49:37 GMT\n'],
    ['two of them', 'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT'],
    ['what old browsers added', 'Sun, 06 Nov 1994 08:49:37 GMT; length=10'],
    ['digits that are not ASCII', 'Sun, ０６ Nov 1994 08:49:37 GMT'],
  ])('gives nothing for %s', (_what, text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined()
  })

  it('reads back every date that can be written', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, (written) => {
        const seconds = Math.floor(written.getTime() / 1000)
        expect(parseHttpDate(formatHttpDate(written))?.getTime()).toBe(seconds * 1000)
      }),
    )
  })

  it('gives a valid date or nothing, whatever the text', () => {
    const piece = fc.constantFrom(
      'Sun',
      'day',
      ', ',
      '06',
      ' ',
      '-',
      'Nov',
      '1994',
      '94',
      '08:49:37',
      ' GMT',
      '0',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (found) => {
        expect(parseHttpDate(found, NOW)?.getTime()).not.toBeNaN()
      }),
    )
  })

  it.each([['Sun, 06 Nov '], [' '], ['0'], ['Mon'], ['1994']])('reads %j repeated in linear time', (piece) =>
    expectLinear((length) => piece.repeat(length / piece.length), parseHttpDate),
  )
})
