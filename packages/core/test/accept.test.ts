import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMediaType, preferredMediaType } from '../src/accept.ts'

const RFC_EXAMPLE =
  'text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5'

describe('preferredMediaType', () => {
  it.each<[section: string, accept: string | undefined, offers: string[], preferred: string | null]>([
    // A missing header, and one that says nothing.
    ['12.5.1', undefined, ['text/html', 'text/plain'], 'text/html'],
    ['12.5.1', undefined, [], null],
    ['12.5.1', '*/*', ['text/html', 'text/plain'], 'text/html'],
    ['12.5.1', '', ['text/html'], 'text/html'],
    ['5.6.1.2', ', ,', ['text/html'], 'text/html'],
    ['5.6.1.2', ',, text/plain ,', ['text/html', 'text/plain'], 'text/plain'],
    // The examples of the section, and its table of precedence pair by pair: 1, 0.7, 0.5, 0.4, 0.3.
    ['12.5.1', 'audio/*; q=0.2, audio/basic', ['audio/mp4', 'audio/basic'], 'audio/basic'],
    ['12.5.1', 'audio/*; q=0.2, audio/basic', ['audio/mp4'], 'audio/mp4'],
    [
      '12.5.1',
      'text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c',
      ['text/x-dvi', 'text/x-c'],
      'text/x-c',
    ],
    ['12.5.1', 'text/plain; q=0.5, text/html, text/x-dvi; q=0.8', ['text/plain', 'text/x-dvi'], 'text/x-dvi'],
    ['12.5.1', RFC_EXAMPLE, ['text/plain', 'text/plain;format=flowed'], 'text/plain;format=flowed'],
    ['12.5.1', RFC_EXAMPLE, ['image/jpeg', 'text/plain'], 'text/plain'],
    ['12.5.1', RFC_EXAMPLE, ['text/plain;format=fixed', 'image/jpeg'], 'image/jpeg'],
    ['12.5.1', RFC_EXAMPLE, ['text/html', 'text/plain;format=fixed'], 'text/plain;format=fixed'],
    ['12.5.1', RFC_EXAMPLE, ['text/html;level=3'], 'text/html;level=3'],
    // The most specific range decides, wherever it stands.
    ['12.5.1', 'text/html;q=0.1, */*', ['text/html', 'image/png'], 'image/png'],
    ['12.5.1', '*/*, text/*;q=0.1', ['text/html', 'image/png'], 'image/png'],
    ['12.5.1', 'text/html;level=1;q=0.1, text/html;q=0.9', ['text/html;level=1', 'text/html'], 'text/html'],
    [
      '12.5.1',
      'text/*;level=1;q=0.9, text/html;q=0.1',
      ['text/html;level=1', 'text/csv;level=1'],
      'text/csv;level=1',
    ],
    ['12.5.1', 'a/b;q=0.2, a/b;q=0.8, a/c;q=0.5', ['a/c', 'a/b'], 'a/b'],
    // A parameter of the range must be there, one of the offer need not be asked for.
    ['12.5.1', 'text/html;level=1', ['text/html'], null],
    ['12.5.1', 'text/html', ['text/html;level=1'], 'text/html;level=1'],
    ['12.5.1', 'text/html;level=1', ['text/html;level=2'], null],
    // The weight stands anywhere among the parameters.
    ['12.5.1', 'text/html;q=0.5;level=1, text/csv;q=0.6', ['text/html;level=1', 'text/csv'], 'text/csv'],
    ['12.5.1', 'text/html;Q=0.5, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    // A weight of 0 excludes.
    ['12.4.2', 'text/html;q=0', ['text/html'], null],
    ['12.4.2', 'text/html;q=0.000', ['text/html'], null],
    ['12.4.2', '*/*;q=0', ['text/html'], null],
    ['12.4.2', 'text/html;q=0, */*;q=0.1', ['text/html', 'text/csv'], 'text/csv'],
    ['12.4.2', '*/*;q=0, text/*;q=0.001', ['image/png', 'text/csv'], 'text/csv'],
    ['12.4.2', 'a/b;q=0.998, a/c;q=0.999', ['a/b', 'a/c'], 'a/c'],
    ['12.4.2', 'a/b;q=1.000, a/c;q=1.', ['a/c', 'a/b'], 'a/c'],
    // Of equals the first offer, not the first range.
    ['12.5.1', 'text/csv, text/html', ['text/html', 'text/csv'], 'text/html'],
    ['12.5.1', 'image/png', ['text/html'], null],
    // Case and white space.
    ['8.3.1', 'TEXT/Html;CHARSET=UTF-8', ['text/html;charset=utf-8'], 'text/html;charset=utf-8'],
    ['8.3.1', 'text/html;charset="utf-8"', ['text/html; charset=utf-8'], 'text/html; charset=utf-8'],
    ['5.6.6', 'text/html \t;\tlevel=1 ; q=0 , text/csv', ['text/html;level=1', 'text/csv'], 'text/csv'],
    ['5.6.6', 'text/html;;q=0;', ['text/html'], null],
    // Separators inside of quotes are none.
    ['5.6.4', 'a/b;p="x, */*;q=1";q=0.5', ['c/d'], null],
    ['5.6.4', 'a/b;p="x\\", c/d;"', ['c/d'], null],
    ['5.6.4', 'a/b;p="\\x\\"y"', ['a/b;p="x\\"y"'], 'a/b;p="x\\"y"'],
    // What cannot be read is left out, alone.
    ['5.6.6', 'text, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['5.6.6', '*, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['12.5.1', '*/html, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['5.6.6', 'text/html;level, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['5.6.6', 'text/html;level = 1, text/csv', ['text/html;level=1', 'text/csv'], 'text/csv'],
    ['12.4.2', 'text/html;q=1.001, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['12.4.2', 'text/html;q=-1, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['12.4.2', 'text/html;q=1e0, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    ['12.4.2', 'text/html;q=high, text/csv', ['text/html', 'text/csv'], 'text/csv'],
    // What Java's HttpURLConnection has sent for decades.
    ['12.4.2', 'text/html, image/gif, *; q=.2, */*; q=.2', ['application/json', 'text/html'], 'text/html'],
    ['12.4.2', 'text/html, image/gif, *; q=.2, */*; q=.2', ['application/json'], 'application/json'],
  ])('reads RFC 9110 section %s: %j of %j gives %j', (_section, accept, offers, preferred) => {
    expect(preferredMediaType(accept, offers)).toBe(preferred)
  })

  it.each<[attack: string, accept: string]>([
    ['a quote that never ends', `text/html;p="${'x'.repeat(4000)}`],
    ['a backslash at the end of an open quote', 'text/html;p="\\'],
    ['a quote in a value', 'text/html;p=a"b"c'],
    ['a quote after a value', 'text/html;p="a"b'],
    ['a type without end', `${'t'.repeat(4000)}`],
    ['slashes', '/'.repeat(4000)],
    ['control characters', 'text/\0html'],
    ['text that is no Latin-1', 'text/\u{1f600}'],
    ['a header longer than the bound', `text/html;q=0${' '.repeat(4096)}`],
  ])('takes %s for no wish', (_attack, accept) => {
    expect(preferredMediaType(accept, ['text/html', 'text/csv'])).toBe('text/html')
  })

  it.each<[name: string]>([['__proto__'], ['constructor'], ['toString']])(
    'takes %s for a plain parameter',
    (name) => {
      expect(preferredMediaType(`text/html;${name}=1`, ['text/html'])).toBeNull()
      expect(preferredMediaType(`text/html;${name}=1`, [`text/html;${name}=1`])).toBe(`text/html;${name}=1`)
    },
  )

  it('refuses an offer that is no media type', () => {
    expect(() => preferredMediaType(undefined, ['json'])).toThrow(
      'preferredMediaType: offers: must be media types such as "text/html"; got "json"',
    )
  })

  it('gives one of the offers or null, whatever the header holds', () => {
    const offers = ['text/html', 'text/html;level=1', 'application/json']
    const piece = fc.constantFrom(
      'text',
      '/',
      '*',
      'html',
      ';',
      ',',
      'q=',
      '0',
      '.5',
      '1',
      '"',
      '\\',
      ' ',
      '=',
      'level',
    )
    const accept = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(accept, (header) => {
        expect([...offers, null]).toContain(preferredMediaType(header, offers))
      }),
    )
  })

  it('gives an offer of the greatest weight, the first of them', () => {
    const types = ['a/a', 'a/b', 'a/c', 'a/d']
    const weights = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(weights, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (thousandths, order) => {
        const accept = order.map((i) => `${types[i]};q=${(thousandths[i]! / 1000).toFixed(3)}`).join(',')
        const greatest = Math.max(...thousandths)
        expect(preferredMediaType(accept, types)).toBe(
          greatest === 0 ? null : types[thousandths.indexOf(greatest)],
        )
      }),
    )
  })
})

describe('parseMediaType', () => {
  it('gives names in lower case and values as sent', () => {
    const type = parseMediaType('Multipart/Form-Data; Boundary="Ab \\"c"; charset=UTF-8')
    expect(type).toEqual({
      type: 'multipart',
      subtype: 'form-data',
      parameters: new Map([
        ['boundary', 'Ab "c'],
        ['charset', 'UTF-8'],
      ]),
    })
  })

  it('keeps the first of a repeated parameter', () => {
    expect(parseMediaType('text/plain;charset=utf-8;charset=utf-16')?.parameters.get('charset')).toBe('utf-8')
  })

  it.each([
    [''],
    ['text'],
    ['text/'],
    ['/plain'],
    ['text/plain/x'],
    ['text/plain;a'],
    ['text/plain;a='],
    ['te xt/plain'],
  ])('gives nothing for %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined()
  })

  it.each([['a/b;p="x"'], ['"'], [';'], [' '], [';p=1'], ['\\"'], ['/']])(
    'reads %j repeated in linear time',
    (piece) => {
      const time = (length: number): number => {
        const text = `text/plain;a="${piece.repeat(length / piece.length)}`
        let best = Number.POSITIVE_INFINITY
        for (let round = 0; round < 5; round++) {
          const start = performance.now()
          parseMediaType(text)
          best = Math.min(best, performance.now() - start)
        }
        return best
      }
      // Four times the text takes a quadratic reader 16 times as long; below some milliseconds the clock decides.
      expect(time(200_000)).toBeLessThan(Math.max(8 * time(50_000), 10))
    },
  )
})
