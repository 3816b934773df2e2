import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkToken, extendedValue, quotedString, splitUnquoted, unquote } from '../src/field-syntax.ts'
import { expectLinear } from './linear.ts'

describe('checkToken', () => {
  it.each([['a'], ['Max-Age'], ["!#$%&'*+-.^_`|~09azAZ"]])('accepts %j (RFC 9110 section 5.6.2)', (text) => {
    expect(() => checkToken('x', text)).not.toThrow()
  })

  it.each([[''], ['a b'], ['a\n'], ['a='], ['a;'], ['"a"'], ['a,b'], ['a/b'], ['é'], [7], [undefined]])(
    'refuses %j (RFC 9110 section 5.6.2)',
    (text) => {
      expect(() => checkToken('owner: name', text)).toThrow(TypeError)
      expect(() => checkToken('owner: name', text)).toThrow(
        `owner: name: must be a token (RFC 9110 section 5.6.2); got ${JSON.stringify(text)}`,
      )
    },
  )
})

describe('quotedString', () => {
  it.each<[text: string, quoted: string]>([
    ['', '""'],
    ['a b', '"a b"'],
    ['a\tb', '"a\tb"'],
    ['say "x"', '"say \\"x\\""'],
    ['a\\', '"a\\\\"'],
    ['caf\xe9', '"caf\xe9"'],
  ])('writes %j as %s (RFC 9110 section 5.6.4)', (text, quoted) => {
    expect(quotedString('x', text)).toBe(quoted)
  })

  it.each([['a\r\nX: y'], ['a\0'], ['\x7f'], ['\u010a'], ['€'], [7]])('refuses %j', (text) => {
    expect(() => quotedString('owner: name', text)).toThrow(TypeError)
    expect(() => quotedString('owner: name', text)).toThrow(
      /^owner: name: must be text without control characters/,
    )
  })

  it('says what unquote reads', () => {
    const text = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/)
    fc.assert(
      fc.property(text, (written) => {
        expect(unquote(quotedString('x', written).slice(1, -1))).toBe(written)
      }),
    )
  })
})

describe('extendedValue', () => {
  it.each<[text: string, value: string]>([
    ['', "UTF-8''"],
    ['£ and € rates', "UTF-8''%C2%A3%20and%20%E2%82%AC%20rates"],
    ['!#$&+-.^_`|~09azAZ', "UTF-8''!#$&+-.^_`|~09azAZ"],
    ["*'()%", "UTF-8''%2A%27%28%29%25"],
    ['"\r\n;,', "UTF-8''%22%0D%0A%3B%2C"],
    ['😀', "UTF-8''%F0%9F%98%80"],
    ['\ud800', "UTF-8''%EF%BF%BD"],
  ])('writes %j as %s (RFC 8187 section 3.2)', (text, value) => {
    expect(extendedValue(text)).toBe(value)
  })
})

describe('splitUnquoted', () => {
  it.each<[text: string, parts: string[]]>([
    ['', ['']],
    ['a,b', ['a', 'b']],
    ['a="x,y",b', ['a="x,y"', 'b']],
    ['a="\\",",b', ['a="\\","', 'b']],
    ['a="x,b', ['a="x,b']],
    ['a="x\\', ['a="x\\']],
    ['"",""', ['""', '""']],
    [',', ['', '']],
  ])('cuts %j at its commas (RFC 9110 section 5.6.4)', (text, parts) => {
    expect([...splitUnquoted(text, ',')]).toEqual(parts)
  })

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', ';') }), (text) => {
        expect([...splitUnquoted(text, ';')].join(';')).toBe(text)
      }),
    )
  })

  it.each([['"'], ['\\'], [','], ['",'], ['"\\'], ['a="x",']])('cuts %j repeated in linear time', (piece) =>
    expectLinear(
      (length) => piece.repeat(length / piece.length),
      (text) => {
        let length = 0
        for (const part of splitUnquoted(text, ',')) length += part.length
        return length
      },
    ),
  )
})
