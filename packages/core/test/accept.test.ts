import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseMediaType,
  preferredCharset,
  preferredEncoding,
  preferredLanguage,
  preferredMediaType,
} from '../src/accept.ts'
import { expectLinear } from './linear.ts'

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
    ['12.4.2', 'text/html;q=high', ['text/html'], 'text/html'],
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

describe('preferredLanguage', () => {
  it.each<[source: string, header: string | undefined, offers: string[], preferred: string | null]>([
    // A missing header, and one that says nothing.
    ['9110 12.5.4', undefined, ['en', 'de'], 'en'],
    ['9110 12.5.4', undefined, [], null],
    ['9110 12.5.4', '', ['en'], 'en'],
    ['9110 12.5.4', ', ,', ['en'], 'en'],
    ['9110 12.5.4', 'da, en-gb;q=0.8, en;q=0.7', ['en', 'en-GB', 'da'], 'da'],
    ['9110 12.5.4', 'da, en-gb;q=0.8, en;q=0.7', ['en', 'en-GB'], 'en-GB'],
    ['9110 12.5.4', 'da, en-gb;q=0.8, en;q=0.7', ['fr', 'en-US'], 'en-US'],
    ['9110 12.5.4', 'da, en-gb;q=0.8, en;q=0.7', ['fr'], null],
    // A range holds for what it begins, at a hyphen.
    ['4647 3.3.1', 'de-de', ['de-DE-1996'], 'de-DE-1996'],
    ['4647 3.3.1', 'de-de, fr;q=0.1', ['de-Deva', 'fr'], 'fr'],
    ['4647 3.3.1', 'de-de, fr;q=0.1', ['de-Latn-DE', 'fr'], 'fr'],
    ['4647 3.3.1', 'e, de;q=0.1', ['en', 'de'], 'de'],
    ['4647 2.1', 'DE-ch', ['de-CH'], 'de-CH'],
    // The longest range decides, wherever it stands.
    ['4647 3.3.1', 'en-US;q=0.1, en', ['en-US', 'en-GB'], 'en-GB'],
    ['4647 3.3.1', 'en, en-US;q=0.1', ['en-US-x-a', 'fr'], 'en-US-x-a'],
    ['4647 3.3.1', 'en, en-US;q=0', ['en-US'], null],
    ['4647 3.3.1', 'en;q=0, en-US', ['en-GB'], null],
    ['4647 3.3.1', 'de;q=0.2, de;q=0.8, fr;q=0.5', ['fr', 'de'], 'de'],
    // `*` holds for what no other does.
    ['4647 3.3.1', '*', ['en', 'de'], 'en'],
    ['4647 3.3.1', '*, en;q=0.5', ['en', 'de'], 'de'],
    ['4647 3.3.1', 'fr, *;q=0', ['en'], null],
    ['4647 3.3.1', 'en;q=0, *', ['en', 'de'], 'de'],
    ['4647 3.3.1', '*;q=0', ['en'], null],
    // A range is reduced, subtag by subtag, where it holds for nothing.
    ['4647 3.4', 'zh-Hant-CN-x-private1-private2', ['zh', 'zh-Hant'], 'zh-Hant'],
    ['4647 3.4', 'zh-Hant-CN-x-private1-private2', ['zh', 'en'], 'zh'],
    ['4647 3.4', 'de-CH, en;q=0.5', ['en', 'de'], 'de'],
    ['4647 3.4', 'de-CH, en;q=0.5', ['en', 'de-DE'], 'en'],
    ['4647 3.4', 'de-CH;q=0.5, de-AT;q=0.9, fr;q=0.7', ['fr', 'de'], 'de'],
    ['4647 3.4', 'de-CH, de;q=0.1, fr;q=0.5', ['de', 'fr'], 'fr'],
    ['4647 3.4', 'de-CH, *;q=0.5', ['en', 'de'], 'de'],
    ['4647 3.4', 'de-CH, *;q=0', ['de'], 'de'],
    ['4647 3.4', 'de-CH;q=0, *', ['de'], 'de'],
    ['4647 3.4', 'de-CH;q=0', ['de'], null],
    ['4647 3.4', 'deu-CH, fr;q=0.1', ['de', 'fr'], 'fr'],
    // Of equals the closer one, then the first.
    ['4647 3.4', 'en', ['en-GB', 'en'], 'en'],
    ['4647 3.4', 'en, de-CH', ['de', 'en-GB'], 'en-GB'],
    ['4647 3.4', 'en-GB, de', ['de-DE', 'en'], 'de-DE'],
    ['4647 3.4', '*, fr-CA', ['de', 'fr'], 'fr'],
    ['9110 12.5.4', 'de, en', ['en', 'de'], 'en'],
    // Weights, as for media types.
    ['9110 12.4.2', 'en;q=0', ['en'], null],
    ['9110 12.4.2', 'en;q=.2, de;Q=0.3', ['en', 'de'], 'de'],
    ['9110 12.4.2', 'en\t; q=0.5 , de ;q=0.6', ['en', 'de'], 'de'],
    // What cannot be read is left out, alone.
    ['9110 12.4.2', 'en;q=2, de', ['en', 'de'], 'de'],
    ['9110 12.4.2', 'en;q=1e0, de', ['en', 'de'], 'de'],
    ['9110 12.4.2', 'en;q=1.0.0, de', ['en', 'de'], 'de'],
    ['9110 12.4.2', 'en;q=0.1;x=1, de', ['en', 'de'], 'de'],
    ['4647 2.1', 'en_US, de', ['en-US', 'de'], 'de'],
    ['4647 2.1', 'en-*, de', ['en-US', 'de'], 'de'],
    ['4647 2.1', 'abcdefghi, de', ['en', 'de'], 'de'],
    ['4647 2.1', 'en-, de', ['en', 'de'], 'de'],
    ['4647 2.1', '-en, de', ['en', 'de'], 'de'],
    ['4647 2.1', '../../etc, de', ['en', 'de'], 'de'],
  ])('reads RFC %s: %j of %j gives %j', (_source, header, offers, preferred) => {
    expect(preferredLanguage(header, offers)).toBe(preferred)
  })

  it.each([['en_US'], [''], ['*'], ['en '], ['abcdefghi']])('refuses the offer %j', (offer) => {
    expect(() => preferredLanguage(undefined, [offer])).toThrow(TypeError)
    expect(() => preferredLanguage(undefined, [offer])).toThrow(
      `preferredLanguage: offers: must be language tags such as "de-CH"; got ${JSON.stringify(offer)}`,
    )
  })
})

describe('preferredEncoding', () => {
  it.each<[section: string, header: string | undefined, offers: string[], preferred: string | null]>([
    // Without a header anything is acceptable, but who asks for nothing may know nothing.
    ['12.5.3', undefined, ['br', 'gzip', 'identity'], 'identity'],
    ['12.5.3', undefined, ['br', 'gzip'], 'br'],
    ['12.5.3', '', ['br', 'identity'], 'identity'],
    ['12.5.3', '', ['br'], null],
    ['12.5.3', ', ,', ['br', 'identity'], 'identity'],
    // The examples of the section.
    ['12.5.3', 'compress, gzip', ['gzip', 'compress'], 'gzip'],
    ['12.5.3', '*', ['gzip', 'identity'], 'gzip'],
    ['12.5.3', 'compress;q=0.5, gzip;q=1.0', ['compress', 'gzip'], 'gzip'],
    ['12.5.3', 'gzip;q=1.0, identity; q=0.5, *;q=0', ['br', 'identity', 'gzip'], 'gzip'],
    ['12.5.3', 'gzip;q=1.0, identity; q=0.5, *;q=0', ['br', 'identity'], 'identity'],
    ['12.5.3', 'gzip;q=1.0, identity; q=0.5, *;q=0', ['br'], null],
    // identity is acceptable, with the least weight, unless it is excluded.
    ['12.5.3', 'gzip', ['identity', 'gzip'], 'gzip'],
    ['12.5.3', 'gzip;q=0.001', ['identity', 'gzip'], 'gzip'],
    ['12.5.3', 'gzip', ['identity', 'br'], 'identity'],
    ['12.5.3', 'gzip;q=0', ['gzip', 'identity'], 'identity'],
    ['12.5.3', 'identity;q=0', ['identity'], null],
    ['12.5.3', '*;q=0', ['gzip', 'identity'], null],
    ['12.5.3', '*;q=0, identity;q=0.1', ['gzip', 'identity'], 'identity'],
    ['12.5.3', 'identity;q=0, gzip;q=0.1', ['identity', 'gzip'], 'gzip'],
    ['12.5.3', 'identity, gzip;q=0.9', ['gzip', 'identity'], 'identity'],
    // `*` is what is not listed.
    ['12.5.3', '*;q=0.5, gzip;q=0.1', ['gzip', 'br'], 'br'],
    ['12.5.3', 'gzip, *;q=0', ['br'], null],
    ['12.5.3', 'gzip;q=0, *', ['gzip', 'br'], 'br'],
    // What browsers send, and a substring that is no member.
    ['12.5.3', 'gzip, deflate, br, zstd', ['br', 'gzip', 'identity'], 'br'],
    ['12.5.3', 'gzipped', ['gzip', 'identity'], 'identity'],
    ['12.5.3', 'gzip;q=0.5, gzip;q=0.9, br;q=0.7', ['br', 'gzip'], 'gzip'],
    ['8.4.1', 'GZIP', ['gzip'], 'gzip'],
    ['8.4.1.3', 'x-gzip', ['gzip'], 'gzip'],
    ['8.4.1.3', 'gzip', ['X-Gzip'], 'X-Gzip'],
    ['8.4.1.1', 'x-compress', ['compress'], 'compress'],
    ['8.4.1', 'x-br', ['br'], null],
    ['12.4.2', 'gzip;q=0.000', ['gzip'], null],
    ['12.4.2', 'gzip;q=1.5, br;q=0.1', ['gzip', 'br'], 'br'],
    ['5.6.2', 'g zip, br;q=0.1', ['gzip', 'br'], 'br'],
  ])('reads RFC 9110 section %s: %j of %j gives %j', (_section, header, offers, preferred) => {
    expect(preferredEncoding(header, offers)).toBe(preferred)
  })

  it('refuses an offer that is no token', () => {
    expect(() => preferredEncoding(undefined, ['gzip, br'])).toThrow(
      'preferredEncoding: offers: must be a token (RFC 9110 section 5.6.2); got "gzip, br"',
    )
  })
})

describe('preferredCharset', () => {
  it.each<[section: string, header: string | undefined, offers: string[], preferred: string | null]>([
    ['12.5.2', undefined, ['utf-8', 'utf-16'], 'utf-8'],
    ['12.5.2', '', ['utf-8'], 'utf-8'],
    ['12.5.2', 'iso-8859-5, unicode-1-1;q=0.8', ['unicode-1-1', 'iso-8859-5'], 'iso-8859-5'],
    ['12.5.2', 'iso-8859-5, unicode-1-1;q=0.8', ['utf-8'], null],
    ['12.5.2', 'iso-8859-5, *;q=0.1', ['utf-8'], 'utf-8'],
    ['12.5.2', 'utf-8;q=0, *', ['utf-8', 'utf-16'], 'utf-16'],
    ['12.5.2', '*;q=0', ['utf-8'], null],
    ['8.3.2', 'UTF-8', ['utf-8'], 'utf-8'],
    ['12.4.2', 'utf-8;q=0.5, utf-16', ['utf-8', 'utf-16'], 'utf-16'],
  ])('reads RFC 9110 section %s: %j of %j gives %j', (_section, header, offers, preferred) => {
    expect(preferredCharset(header, offers)).toBe(preferred)
  })

  it('refuses an offer that is no token', () => {
    expect(() => preferredCharset(undefined, ['utf 8'])).toThrow(
      'preferredCharset: offers: must be a token (RFC 9110 section 5.6.2); got "utf 8"',
    )
  })
})

describe.each([
  ['preferredLanguage', preferredLanguage, ['en', 'de-CH', 'zh-Hant-TW']],
  ['preferredEncoding', preferredEncoding, ['br', 'gzip', 'identity']],
  ['preferredCharset', preferredCharset, ['utf-8', 'iso-8859-1', 'utf-16']],
] as const)('%s', (_name, prefer, offers) => {
  it.each<[attack: string, header: string]>([
    ['a header longer than the bound', `${offers[1]};q=0,${' '.repeat(4096)}`],
    ['a name without end', 'x'.repeat(4096).concat('!')],
    ['control characters', `${offers[1]}\0`],
    ['line ends', `${offers[1]}\r\n`],
    ['text that is no Latin-1', '\u{1f600}'],
  ])('takes %s for no wish', (_attack, header) => {
    expect(prefer(header, offers)).toBe(prefer(undefined, offers))
  })

  it.each([['__proto__'], ['constructor'], ['toString']])('takes %s for a plain name', (name) => {
    expect(prefer(`${name};q=0.5, ${offers[1]}`, offers)).toBe(offers[1])
  })

  it('gives one of the offers or null, whatever the header holds', () => {
    const piece = fc.constantFrom(
      'en',
      'gzip',
      'utf-8',
      '-',
      '*',
      ';',
      ',',
      'q=',
      '0',
      '.5',
      '1',
      '"',
      ' ',
      '=',
    )
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(header, (text) => {
        expect([...offers, null]).toContain(prefer(text, offers))
      }),
    )
  })

  it('gives an offer of the greatest weight, the first of them', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(weights, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (thousandths, order) => {
        const header = order.map((i) => `${offers[i]};q=${(thousandths[i]! / 1000).toFixed(3)}`).join(',')
        const greatest = Math.max(...thousandths)
        expect(prefer(header, offers)).toBe(greatest === 0 ? null : offers[thousandths.indexOf(greatest)])
      }),
    )
  })

  it.each([[','], [' '], ['a,'], [';q='], ['a-'], ['*,'], ['0'], ['a;q=0.1,']])(
    'reads %j repeated in linear time',
    (piece) =>
      expectLinear(
        (length) => piece.repeat(length / piece.length),
        (header) => prefer(header, offers),
      ),
  )
})

describe('parseMediaType', () => {
  it.each<[section: string, text: string, type: string, parameters: [name: string, value: string][]]>([
    ['8.3.1', 'text/html', 'text/html', []],
    ['8.3.1', 'text/html;charset=utf-8', 'text/html', [['charset', 'utf-8']]],
    ['8.3.1', 'Text/HTML;Charset="utf-8"', 'text/html', [['charset', 'utf-8']]],
    ['8.3.1', 'text/html; charset=UTF-8', 'text/html', [['charset', 'UTF-8']]],
    ['8.3.1', 'application/vnd.a-b+json', 'application/vnd.a-b+json', []],
    ['8.3.1, the first of a name counts', 'a/b;c=1;C=2', 'a/b', [['c', '1']]],
    [
      '5.6.6',
      ' a/b \t;\tc=1 ; d=2 ',
      'a/b',
      [
        ['c', '1'],
        ['d', '2'],
      ],
    ],
    ['5.6.6, empty parameters', 'a/b;; c=1;', 'a/b', [['c', '1']]],
    ['5.6.4', 'a/b;c=""', 'a/b', [['c', '']]],
    ['5.6.4', 'a/b;c="x;y=z, \\"\\\\\\q"', 'a/b', [['c', 'x;y=z, "\\q']]],
    ['5.6.4', 'a/b;c="caf\xe9"', 'a/b', [['c', 'caf\xe9']]],
    ['5.6.2', "a/b;!#$%&'*+-.^_`|~=1", 'a/b', [["!#$%&'*+-.^_`|~", '1']]],
    [
      '5.6.2',
      'a/b;__proto__=1;constructor=2',
      'a/b',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    ['2046 5.1.1', 'multipart/form-data; boundary="a b:c?"', 'multipart/form-data', [['boundary', 'a b:c?']]],
  ])('reads RFC 9110 section %s: %j', (_section, text, type, parameters) => {
    const media = parseMediaType(text)
    expect(`${media?.type}/${media?.subtype}`).toBe(type)
    expect([...(media?.parameters ?? [])]).toEqual(parameters)
  })

  it.each([
    [''],
    ['text'],
    ['text/'],
    ['/plain'],
    ['text/plain/x'],
    ['te xt/plain'],
    ['text /plain'],
    ['text/pl@in'],
    ['text/plain, text/html'],
    ['text/plain;a'],
    ['text/plain;a='],
    ['text/plain;=a'],
    ['text/plain;a =b'],
    ['text/plain;a= b'],
    ['text/plain;a=b c'],
    ['text/plain;a="b'],
    ['text/plain;a="b\\"'],
    ['text/plain;a="b"c'],
    ['text/plain;a=b"c"'],
    ['text/plain\0'],
  ])('gives nothing for %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined()
  })

  it.each([['a/b;p="x"'], ['"'], [';'], [' '], [';p=1'], ['\\"'], ['/']])(
    'reads %j repeated in linear time',
    (piece) =>
      expectLinear((length) => `text/plain;a="${piece.repeat(length / piece.length)}`, parseMediaType),
  )
})
