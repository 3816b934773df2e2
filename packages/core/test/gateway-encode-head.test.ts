import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Header } from '../src/contract.ts'
import { encodeHead, type HeadEncoding } from '../src/gateway/encode-head.ts'
import { makeHead } from '../src/gateway/head.ts'

/** The example of RFC 9110 section 5.6.7. */
const NOW = new Date(Date.UTC(1994, 10, 6, 8, 49, 37))

const wire = (status: string, headers: Header[], encoding?: HeadEncoding): string =>
  Buffer.from(encodeHead(makeHead(status, headers), encoding)).toString('latin1')

it.each<[fact: string, status: string, headers: Header[], encoding: HeadEncoding, expected: string]>([
  [
    'an origin server’s status line and date',
    '200 OK',
    [['Content-Type', 'text/plain']],
    { now: NOW },
    'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n\r\n',
  ],
  [
    'the version of the gateway',
    '200 OK',
    [],
    { now: NOW, httpVersion: '1.0' },
    'HTTP/1.0 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n',
  ],
  [
    'the software',
    '200 OK',
    [],
    { now: NOW, software: 'tsgi/1' },
    'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: tsgi/1\r\n\r\n',
  ],
  [
    'the application’s own date and server, whatever their case (PEP 3333: add if absent, never override)',
    '200 OK',
    [
      ['dATE', 'yesterday'],
      ['A', 'b'],
      ['SERVER', 'mine'],
    ],
    { now: NOW, software: 'tsgi/1' },
    'HTTP/1.1 200 OK\r\ndATE: yesterday\r\nA: b\r\nSERVER: mine\r\n\r\n',
  ],
  [
    'headers whose names only begin alike, or are the value of another',
    '200 OK',
    [
      ['Date-Created', 'Date'],
      ['Serve', 'Server'],
    ],
    { now: NOW, software: 'tsgi/1' },
    'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: tsgi/1\r\nDate-Created: Date\r\nServe: Server\r\n\r\n',
  ],
  [
    'repeats apart, in their order and spelling',
    '200 OK',
    [
      ['Set-Cookie', 'a=1'],
      ['X', ''],
      ['set-cookie', 'b=2'],
    ],
    { originServer: false },
    'Status: 200 OK\r\nSet-Cookie: a=1\r\nX: \r\nset-cookie: b=2\r\n\r\n',
  ],
  [
    'behind another server nothing but what the application gave (RFC 3875 section 6.3)',
    '404 Not Found',
    [],
    { originServer: false, software: 'tsgi/1', now: NOW, httpVersion: '1.0' },
    'Status: 404 Not Found\r\n\r\n',
  ],
  [
    'the space behind the code also without a reason (RFC 9112 section 4)',
    '299 ',
    [['Date', 'x']],
    {},
    'HTTP/1.1 299 \r\nDate: x\r\n\r\n',
  ],
])('writes %s', (_, status, headers, encoding, expected) => {
  expect(wire(status, headers, encoding)).toBe(expected)
})

describe('the date', () => {
  it.each<[iso: string, date: string]>([
    ['1994-11-06T08:49:37.999Z', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['2024-02-29T23:59:59Z', 'Thu, 29 Feb 2024 23:59:59 GMT'],
    ['2025-01-01T00:00:00+02:00', 'Tue, 31 Dec 2024 22:00:00 GMT'],
    ['0033-04-03T12:00:00Z', 'Sun, 03 Apr 0033 12:00:00 GMT'],
  ])('of %s is %s (RFC 9110 section 5.6.7, IMF-fixdate)', (iso, date) => {
    expect(wire('200 OK', [], { now: new Date(iso) })).toContain(`\r\nDate: ${date}\r\n`)
  })

  it('is that of the call', () => {
    const before = Math.floor(Date.now() / 1000) * 1000
    const date = Date.parse(/Date: (.*)\r/.exec(wire('200 OK', []))?.[1] ?? '')
    expect(date).toBeGreaterThanOrEqual(before)
    expect(date).toBeLessThanOrEqual(Date.now())
  })
})

it('writes each of the 256 characters that is legal as its one byte, and meets no other', () => {
  for (let code = 0; code < 256; code++) {
    const character = String.fromCharCode(code)
    const isControl = code < 0x20 || code === 0x7f
    if (isControl && character !== '\t') {
      expect(() => makeHead('200 OK', [['A', character]])).toThrow(TypeError)
      continue
    }
    expect(encodeHead(makeHead('200 OK', [['A', character]]), { originServer: false })).toEqual(
      Uint8Array.from([...Buffer.from('Status: 200 OK\r\nA: '), code, ...Buffer.from('\r\n\r\n')]),
    )
    if (isControl) continue
    const [statusLine] = wire(`200 ${character}`, [], { now: NOW }).split('\r\n')
    expect(statusLine).toBe(`HTTP/1.1 200 ${character}`)
  }
})

it('gives the same pairs when it is read again, and nothing else but its own', () => {
  const legal = [...'\t', ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))].filter(
    (character) => /[\t\x20-\x7e\x80-\xff]/.test(character),
  )
  const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,12}$/).filter((name) => {
    // What makeHead keeps from an application, and what has a grammar of its own.
    return !/^(status|content-length|connection|keep-alive|te|trailers?|upgrade)$/i.test(name)
  })
  const value = fc.string({ unit: fc.constantFrom(...legal), maxLength: 20 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 8 }),
      fc.boolean(),
      fc.constantFrom('tsgi/1', undefined),
      (headers: Header[], originServer, software) => {
        const given = software === undefined ? {} : { software }
        const lines = wire('200 OK', headers, { originServer, now: NOW, ...given }).split('\r\n')
        expect(lines.slice(-2)).toEqual(['', ''])
        const pairs = lines.slice(1, -2).map((line) => {
          const colon = line.indexOf(': ')
          return [line.slice(0, colon), line.slice(colon + 2)]
        })
        const has = (name: string) => headers.some(([other]) => other.toLowerCase() === name)
        const added = []
        if (originServer && !has('date')) added.push(['Date', 'Sun, 06 Nov 1994 08:49:37 GMT'])
        if (originServer && software !== undefined && !has('server')) added.push(['Server', software])
        expect(pairs).toEqual([...added, ...headers])
      },
    ),
  )
})
