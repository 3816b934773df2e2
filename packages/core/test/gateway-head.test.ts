import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Header } from '../src/contract.ts'
import { makeHead } from '../src/gateway/head.ts'

describe('makeHead', () => {
  it('flattens the headers, in order, repeats kept', () => {
    expect(
      makeHead('404 Not Found', [
        ['Set-Cookie', 'a=b'],
        ['content-length', '007'],
        ['set-cookie', 'c=d'],
      ]),
    ).toEqual({
      code: 404,
      reason: 'Not Found',
      headers: ['Set-Cookie', 'a=b', 'content-length', '007', 'set-cookie', 'c=d'],
      contentLength: 7,
      ascii: true,
    })
  })

  it.each<[status: string, headers: Header[], ascii: boolean]>([
    ['200 OK', [], true],
    ['200 OK', [['a', '\t !~']], true],
    ['200 OK', [['a', '\x80']], false],
    [
      '200 OK',
      [
        ['a', '\xff'],
        ['b', 'c'],
      ],
      false,
    ],
    ['200 Ça va', [], false],
  ])('says whether all of it is ASCII: %j %j', (status, headers, ascii) => {
    expect(makeHead(status, headers).ascii).toBe(ascii)
    // Also the second time, from what was remembered.
    expect(makeHead(status, headers).ascii).toBe(ascii)
  })

  it.each([
    ['100 Continue', 100, 'Continue'],
    ['999 x', 999, 'x'],
    ['200 ', 200, ''],
    ['200  two spaces', 200, ' two spaces'],
    ['200 obs-text \xff\x80', 200, 'obs-text \xff\x80'],
  ])('takes the status %j', (status, code, reason) => {
    expect(makeHead(status, [])).toMatchObject({ code, reason })
  })

  it.each<[status: unknown, source: string]>([
    ['', 'PEP 3333'],
    ['200', 'PEP 3333'],
    ['200OK', 'PEP 3333'],
    ['20 OK', 'RFC 9110 15'],
    ['2000 OK', 'RFC 9110 15'],
    ['099 OK', 'RFC 9110 15'],
    ['+20 OK', 'RFC 9110 15'],
    [' 200 OK', 'PEP 3333'],
    ['2e2 OK', 'RFC 9110 15'],
    ['٢٠٠ OK', 'RFC 9110 15'],
    ['200\tOK', 'PEP 3333'],
    ['200 O\tK', 'contract 3'],
    ['200 OK\r\nSet-Cookie: a', 'response splitting'],
    ['200 OK\n', 'response splitting'],
    ['200 O\0K', 'contract 3'],
    ['200 O\x7fK', 'contract 3'],
    ['200 O\u010aK', 'truncates to a line feed'],
    [200, 'PEP 3333'],
    [undefined, 'PEP 3333'],
    [null, 'PEP 3333'],
    [['200 OK'], 'PEP 3333'],
    [{ toString: () => '200 OK' }, 'PEP 3333'],
  ])('refuses the status %j (%s)', (status) => {
    expect(() => makeHead(status as string, [])).toThrow(TypeError)
    expect(() => makeHead(status as string, [])).toThrow(/^startResponse: status must be .*; got /)
  })

  it.each<[headers: unknown, message: string]>([
    [undefined, 'headers must be an array of [name, value] pairs; got undefined'],
    [null, 'got null'],
    [new Map(), 'got an object'],
    ['a', 'got "a"'],
    [['a: b'], 'headers[0] must be a [name, value] pair; got "a: b"'],
    [[['a', 'b'], ['c']], 'headers[1] must be a [name, value] pair; got an array of 1'],
    [[['a', 'b', 'c']], 'got an array of 3'],
    [[undefined], 'got undefined'],
    [new Array(1), 'got undefined'],
    [[{ 0: 'a', 1: 'b', length: 2 }], 'got an object'],
  ])('refuses the list %#', (headers, message) => {
    expect(() => makeHead('200 OK', headers as Header[])).toThrow(message)
    expect(() => makeHead('200 OK', headers as Header[])).toThrow(TypeError)
  })

  it.each<[name: unknown, value: unknown, source: string]>([
    ['', 'a', 'RFC 9110 5.6.2'],
    ['a b', 'a', 'RFC 9110 5.6.2'],
    ['a:', 'a', 'RFC 9110 5.6.2'],
    ['a\n', 'a', 'response splitting'],
    ['a\r\nb', 'a', 'response splitting'],
    ['é', 'a', 'RFC 9110 5.6.2'],
    ['a\u010a', 'a', 'truncates to a line feed'],
    [7, 'a', 'PEP 3333'],
    [undefined, 'a', 'PEP 3333'],
    [{ toString: () => 'a' }, 'a', 'PEP 3333'],
    ['a', undefined, 'PEP 3333'],
    ['a', 7, 'PEP 3333'],
    ['a', ['b'], 'PEP 3333'],
    ['a', 'b\r\nSet-Cookie: c', 'response splitting'],
    ['a', 'b\n', 'response splitting'],
    ['a', 'b\0', 'RFC 9110 5.5'],
    ['a', '\x7f', 'RFC 9110 5.5'],
    ['a', '\u010d\u010a', 'truncates to a line end'],
    ['a', '€', 'RFC 9110 5.5'],
    ['Connection', 'close', 'PEP 3333, hop-by-hop'],
    ['keep-alive', 'a', 'PEP 3333, hop-by-hop'],
    ['Proxy-Authenticate', 'a', 'PEP 3333, hop-by-hop'],
    ['Proxy-Authorization', 'a', 'PEP 3333, hop-by-hop'],
    ['TE', 'a', 'PEP 3333, hop-by-hop'],
    ['Trailers', 'a', 'PEP 3333, hop-by-hop'],
    ['Trailer', 'a', 'RFC 9110 6.6.2'],
    ['TRANSFER-ENCODING', 'chunked', 'PEP 3333, hop-by-hop'],
    ['Upgrade', 'a', 'PEP 3333, hop-by-hop'],
    ['sTatus', '200', 'PEP 3333'],
    ['Content-Length', '', 'RFC 9110 8.6'],
    ['Content-Length', '+5', 'RFC 9110 8.6'],
    ['Content-Length', '-5', 'RFC 9110 8.6'],
    ['Content-Length', '5.0', 'RFC 9110 8.6'],
    ['Content-Length', ' 5', 'RFC 9110 8.6'],
    ['Content-Length', '5, 5', 'RFC 9110 8.6'],
    ['Content-Length', '0x5', 'RFC 9110 8.6'],
    ['content-length', '9999999999999999', 'no number holds it'],
  ])('refuses %j: %j (%s)', (name, value) => {
    // Twice: what was refused must not be remembered as good.
    for (const _ of [1, 2]) {
      expect(() => makeHead('200 OK', [[name, value] as never])).toThrow(TypeError)
      expect(() => makeHead('200 OK', [[name, value] as never])).toThrow(/^startResponse: /)
    }
  })

  it('refuses two lengths, in whatever case', () => {
    const headers: Header[] = [
      ['Content-Length', '5'],
      ['content-LENGTH', '5'],
    ]
    expect(() => makeHead('200 OK', headers)).toThrow('Content-Length must be given once')
  })

  it('does not change the list, and keeps no hold of it', () => {
    const headers: Header[] = Object.freeze([Object.freeze(['a', 'b'] as const)]) as unknown as Header[]
    const head = makeHead('200 OK', headers)
    head.headers.push('c', 'd')
    expect(makeHead('200 OK', headers).headers).toEqual(['a', 'b'])
  })

  it('lets nothing pass that could begin another line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        let head: ReturnType<typeof makeHead>
        try {
          head = makeHead(`200 ${value}`, [[name, value]])
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        const wire = Buffer.from([head.reason, ...head.headers].join(' '), 'latin1')
        expect(wire.some((byte) => byte < 0x20 || byte === 0x7f)).toBe(false)
        expect(wire.toString('latin1')).toBe([head.reason, ...head.headers].join(' '))
      }),
    )
  })
})
