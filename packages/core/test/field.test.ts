import { describe, expect, it } from 'vitest'
import { checkHeaderName, checkHeaderValue, isHopByHop, isSameName } from '../src/field.ts'

describe('isHopByHop', () => {
  it.each([
    ['Connection', true, 'RFC 9110 7.6.1'],
    ['keep-alive', true, 'RFC 9110 7.6.1'],
    ['Proxy-Authenticate', true, 'wsgiref'],
    ['Proxy-Authorization', true, 'wsgiref'],
    ['Proxy-Connection', true, 'RFC 9110 7.6.1'],
    ['TE', true, 'RFC 9110 7.6.1'],
    ['Trailer', true, 'RFC 9110 6.6.2'],
    ['Trailers', true, 'wsgiref'],
    ['TRANSFER-ENCODING', true, 'RFC 9112 6.1'],
    ['upgrade', true, 'RFC 9110 7.8'],
    ['Content-Type', false, ''],
    ['Connection-Id', false, ''],
    ['X-Connection', false, ''],
    ['Upgrade-Insecure-Requests', false, ''],
    ['Proxy-Authentication-Info', false, 'RFC 9110 11.7.3: not among the eight'],
    ['\u212aeep-Alive', false, 'a Kelvin sign is no k'],
    ['connection\n', false, ''],
    ['', false, ''],
  ])('%j is %s (%s)', (name, expected) => {
    expect(isHopByHop(name)).toBe(expected)
  })
})

describe('checkHeaderName', () => {
  it.each(['A', 'Content-Type', "!#$%&'*+-.^_`|~0aZ", 'ETag'])('accepts the token %j', (name) => {
    expect(() => checkHeaderName('startResponse', name)).not.toThrow()
  })

  it.each([
    ['', 'at least one character'],
    ['a b', 'space'],
    ['a:b', 'delimiter'],
    ['Name:', 'delimiter'],
    ['a\r\nSet-Cookie', 'line break'],
    ['a\n', 'line feed at the end'],
    ['\tname', 'tab'],
    ['a\0', 'NUL'],
    ['é', 'not ASCII'],
    ['\u010a', 'truncates to a line feed'],
    ['(comment)', 'delimiter'],
  ])('refuses %j (RFC 9110 5.6.2: %s)', (name) => {
    expect(() => checkHeaderName('startResponse', name)).toThrow(TypeError)
  })

  it('says whose fault it is, and what was found', () => {
    expect(() => checkHeaderName('startResponse', 'a b')).toThrow(
      'startResponse: header name must be a token (RFC 9110 section 5.6.2); got "a b"',
    )
  })

  it('refuses a name that is no string', () => {
    expect(() => checkHeaderName('startResponse', 1 as unknown as string)).toThrow('got number')
  })
})

describe('checkHeaderValue', () => {
  it.each(['', 'text/html', 'a\tb', 'caf\xe9', '\x80\x9f\xff', ' ~'])('accepts %j', (value) => {
    expect(() => checkHeaderValue('startResponse', 'X', value)).not.toThrow()
  })

  it.each([
    'a\r\nSet-Cookie: b',
    'a\rb',
    'a\nb',
    'a\0b',
    '\x1b[31m',
    '\x7f',
    '\u0100',
    '\u010d\u010a',
    '\u4f60',
    '\u{1f600}',
    '\ud800',
    '\u2028',
  ])('refuses %j (RFC 9110 5.5)', (value) => {
    expect(() => checkHeaderValue('startResponse', 'X', value)).toThrow(TypeError)
  })

  it('refuses every control character but the tab', () => {
    const passed: number[] = []
    for (let code = 0; code < 0x80; code++) {
      if (code >= 0x20 && code < 0x7f) continue
      try {
        checkHeaderValue('startResponse', 'X', `a${String.fromCharCode(code)}b`)
        passed.push(code)
      } catch {}
    }
    expect(passed).toEqual([0x09])
  })

  it('names the header, and shows the value without its line breaks', () => {
    expect(() => checkHeaderValue('startResponse', 'X-A', 'a\nb')).toThrow(
      /^startResponse: X-A: value .*got "a\\nb"$/,
    )
  })

  it('refuses a value that is no string', () => {
    expect(() => checkHeaderValue('startResponse', 'Content-Length', 5 as unknown as string)).toThrow(
      'got number',
    )
  })
})

it.each([
  ['Vary', 'Vary', true],
  ['Vary', 'vARY', true],
  ['Vary', 'Very', false],
  ['Vary', 'Vary2', false],
  ['', '', true],
])('isSameName(%j, %j) is %s (RFC 9110 5.1)', (a, b, expected) => {
  expect(isSameName(a, b)).toBe(expected)
})
