import { describe, expect, it } from 'vitest'
import { checkHeaderName, checkHeaderValue, isHopByHop, isSameName } from '../src/field.ts'

describe('isHopByHop', () => {
  // What wsgiref.util.is_hop_by_hop gives (Python 3.11, measured), what is given here where that is something else, and why.
  it.each<[name: string, wsgiref: boolean, ours?: boolean, why?: string]>([
    ['Connection', true],
    ['keep-alive', true],
    ['Proxy-Authenticate', true],
    ['Proxy-Authorization', true],
    ['TE', true],
    ['Trailers', true],
    ['TRANSFER-ENCODING', true],
    ['upgrade', true],
    ['Trailer', false, true, 'RFC 9110 section 6.6.2; wsgiref has its name wrong'],
    ['Proxy-Connection', false, true, 'RFC 9110 section 7.6.1'],
    ['\u212aeep-Alive', true, false, 'a Kelvin sign is no k'],
    ['Accept', false],
    ['Cache-Control', false],
    ['Content-Type', false],
    ['Date', false],
    ['Pragma', false],
    ['Via', false],
    ['Warning', false],
    ['Connection-Id', false],
    ['X-Connection', false],
    ['Upgrade-Insecure-Requests', false],
    ['Proxy-Authentication-Info', false],
    ['keep_alive', false],
    [' connection', false],
    ['connection\n', false],
    ['', false],
  ])('%j is wsgiref’s %s, or %s (%s)', (name, wsgiref, ours = wsgiref) => {
    expect(isHopByHop(name)).toBe(ours)
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
