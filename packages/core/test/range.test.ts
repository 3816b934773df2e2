import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteRange, contentRange, multipartRanges, parseRange } from '../src/range.ts'
import { expectLinear } from './linear.ts'

/** As pairs, since a table of objects is hard to read. */
const pairs = (ranges: ReturnType<typeof parseRange>): unknown =>
  Array.isArray(ranges) ? ranges.map(({ start, end }) => [start, end]) : ranges

describe('parseRange', () => {
  it.each<
    [
      section: string,
      header: string | undefined,
      length: number,
      ranges: [number, number][] | 'unsatisfiable' | undefined,
    ]
  >([
    // The examples of the section, of a representation of 10000 bytes.
    ['14.1.2', 'bytes=0-499', 10000, [[0, 500]]],
    ['14.1.2', 'bytes=500-999', 10000, [[500, 1000]]],
    ['14.1.2', 'bytes=-500', 10000, [[9500, 10000]]],
    ['14.1.2', 'bytes=9500-', 10000, [[9500, 10000]]],
    [
      '14.1.2',
      'bytes=0-0,-1',
      10000,
      [
        [0, 1],
        [9999, 10000],
      ],
    ],
    [
      '14.1.2',
      'bytes= 0-999, 4500-5499, -1000',
      10000,
      [
        [0, 1000],
        [4500, 5500],
        [9000, 10000],
      ],
    ],
    ['14.1.2', 'bytes=500-600,601-999', 10000, [[500, 1000]]],
    ['14.1.2', 'bytes=500-700,601-999', 10000, [[500, 1000]]],
    // The ends.
    ['14.1.2', 'bytes=0-', 10, [[0, 10]]],
    ['14.1.2', 'bytes=0-9', 10, [[0, 10]]],
    ['14.1.2', 'bytes=0-10', 10, [[0, 10]]],
    ['14.1.2', 'bytes=9-9', 10, [[9, 10]]],
    ['14.1.2', 'bytes=9-99999999999999999999999', 10, [[9, 10]]],
    ['14.1.2', 'bytes=-10', 10, [[0, 10]]],
    ['14.1.2', 'bytes=-11', 10, [[0, 10]]],
    ['14.1.2', 'bytes=-99999999999999999999999', 10, [[0, 10]]],
    ['14.1.2', 'bytes=0000-0001', 10, [[0, 2]]],
    ['14.1.2', 'bytes=4294967296-4294967297', 5_000_000_000, [[4294967296, 4294967298]]],
    // Outside of it.
    ['14.1.2', 'bytes=10-', 10, 'unsatisfiable'],
    ['14.1.2', 'bytes=10-20', 10, 'unsatisfiable'],
    ['14.1.2', 'bytes=99999999999999999999999-', 10, 'unsatisfiable'],
    ['14.1.2', 'bytes=-0', 10, 'unsatisfiable'],
    ['14.1.2', 'bytes=10-11, -0', 10, 'unsatisfiable'],
    ['14.1.2', 'bytes=10-11, 2-3, -0', 10, [[2, 4]]],
    // The order is the client's, and ranges that overlap or touch are one, in the place of the first.
    [
      '15.3.7.2',
      'bytes=8-9,0-1',
      10,
      [
        [8, 10],
        [0, 2],
      ],
    ],
    [
      '15.3.7.2',
      'bytes=8-9,0-1,1-2',
      10,
      [
        [8, 10],
        [0, 3],
      ],
    ],
    [
      '15.3.7.2',
      'bytes=6-7,0-1,4-6',
      10,
      [
        [4, 8],
        [0, 2],
      ],
    ],
    ['15.3.7.2', 'bytes=0-,0-,0-', 10, [[0, 10]]],
    ['15.3.7.2', 'bytes=2-3,0-9', 10, [[0, 10]]],
    ['15.3.7.2', 'bytes=0-1,2-3', 10, [[0, 4]]],
    [
      '15.3.7.2',
      'bytes=0-1,3-3',
      10,
      [
        [0, 2],
        [3, 4],
      ],
    ],
    // White space and empty members.
    [
      '5.6.1',
      'bytes=0-1 , \t4-5 ',
      10,
      [
        [0, 2],
        [4, 6],
      ],
    ],
    ['5.6.1', 'bytes=,,0-1,', 10, [[0, 2]]],
    ['14.1', 'BYTES=0-1', 10, [[0, 2]]],
    // To be ignored.
    ['14.2', undefined, 10, undefined],
    ['14.2', '', 10, undefined],
    ['14.2', 'lines=0-1', 10, undefined],
    ['14.2', 'bytes', 10, undefined],
    ['14.2', 'bytes=', 10, undefined],
    ['14.2', 'bytes=,', 10, undefined],
    ['14.2', 'bytes =0-1', 10, undefined],
    ['14.2', ' bytes=0-1', 10, undefined],
    ['14.2', 'bytes:0-1', 10, undefined],
    ['14.2', '0-1', 10, undefined],
    ['14.1.1', 'bytes=-', 10, undefined],
    ['14.1.1', 'bytes=1', 10, undefined],
    ['14.1.1', 'bytes=a-b', 10, undefined],
    ['14.1.1', 'bytes=2-1', 10, undefined],
    ['14.1.1', 'bytes=0-1,3-2', 10, undefined],
    ['14.1.1', 'bytes=0-1,x', 10, undefined],
    ['14.1.1', 'bytes=0-1;2-3', 10, undefined],
    ['14.1.1', 'bytes=0--1', 10, undefined],
    ['14.1.1', 'bytes=+0-1', 10, undefined],
    ['14.1.1', 'bytes=0 - 1', 10, undefined],
    ['14.1.1', 'bytes=0-1.5', 10, undefined],
    ['14.1.1', 'bytes=0x0-0x1', 10, undefined],
    ['14.1.1', 'bytes=0-1e1', 10, undefined],
    ['14.1.1', 'bytes=0-1\r\n', 10, undefined],
    ['14.1.1', 'bytes=٠-١', 10, undefined],
    // No range of nothing could be said in Content-Range.
    ['14.4', 'bytes=0-', 0, undefined],
    ['14.4', 'bytes=-1', 0, undefined],
    ['14.4', 'bytes=5-', 0, undefined],
  ])('reads RFC 9110 section %s: %j of %d bytes', (_section, header, length, ranges) => {
    expect(pairs(parseRange(header, length))).toEqual(ranges)
  })

  it('reads up to 100 ranges, and ignores more (RFC 9110 section 14.2)', () => {
    const header = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, i) => `${2 * i}-${2 * i}`)}`
    expect(parseRange(header(100), 1000)).toHaveLength(100)
    expect(parseRange(header(101), 1000)).toBeUndefined()
    expect(parseRange(`bytes=${'0-,'.repeat(100)}0-`, 1000)).toBeUndefined()
  })

  it('gives what was asked for and no more, each byte once', () => {
    const length = 40
    const position = fc.nat(60)
    const spec = fc.oneof(
      fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      position.map((first) => `${first}-`),
      position.map((suffix) => `-${suffix}`),
    )
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 8 }), (specs) => {
        const asked = new Set<number>()
        for (const text of specs) {
          const [first, last] = text.split('-') as [string, string]
          const from = first === '' ? length - Number(last) : Number(first)
          const to = first === '' || last === '' ? length - 1 : Number(last)
          for (let i = Math.max(from, 0); i <= Math.min(to, length - 1); i++) asked.add(i)
        }
        const given: number[] = []
        const ranges = parseRange(`bytes=${specs.join(',')}`, length)
        if (Array.isArray(ranges)) {
          for (const { start, end } of ranges) for (let i = start; i < end; i++) given.push(i)
        } else expect(ranges).toBe('unsatisfiable')
        expect(given.length).toBe(new Set(given).size)
        expect(new Set(given)).toEqual(asked)
      }),
    )
  })

  it('gives ranges within the length, whatever the header holds', () => {
    const piece = fc.constantFrom('0', '1', '7', '-', ',', ' ', 'bytes=', '99999999999999999999', '.', 'e')
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => `bytes=${pieces.join('')}`),
    )
    fc.assert(
      fc.property(header, fc.nat(20), (text, length) => {
        const ranges = parseRange(text, length)
        if (!Array.isArray(ranges)) {
          expect([undefined, 'unsatisfiable']).toContain(ranges)
          return
        }
        expect(ranges.length).toBeGreaterThan(0)
        for (const { start, end } of ranges) {
          expect(0 <= start && start < end && end <= length).toBe(true)
        }
      }),
    )
  })

  it.each([['0-,'], [','], ['0'], ['-'], [' '], ['0-0,'], ['0 '], ['0-']])(
    'reads %j repeated in linear time',
    (piece) =>
      expectLinear(
        (length) => `bytes=${piece.repeat(length / piece.length)}`,
        (header) => parseRange(header, 1_000_000),
      ),
  )
})

describe('contentRange', () => {
  it.each<[range: ByteRange | null, length: number, header: string]>([
    [{ start: 42, end: 1234 }, 1234, 'bytes 42-1233/1234'],
    [{ start: 0, end: 1 }, 1, 'bytes 0-0/1'],
    [null, 1234, 'bytes */1234'],
  ])('writes %o of %d bytes as %s (RFC 9110 section 14.4)', (range, length, header) => {
    expect(contentRange(range, length)).toBe(header)
  })
})

describe('multipartRanges', () => {
  const text = (segments: readonly (Uint8Array | ByteRange)[], content: string): string =>
    segments
      .map((segment) =>
        segment instanceof Uint8Array
          ? Buffer.from(segment).toString('latin1')
          : content.slice(segment.start, segment.end),
      )
      .join('')

  it('lays out the ranges between heads and boundaries (RFC 9110 section 15.3.7.2)', () => {
    const ranges = [
      { start: 0, end: 2 },
      { start: 7, end: 10 },
    ]
    const layout = multipartRanges(ranges, 10, 'THIS_STRING_SEPARATES', 'application/pdf')
    const body = text(layout.segments, '0123456789')
    expect(layout.contentType).toBe('multipart/byteranges; boundary=THIS_STRING_SEPARATES')
    expect(body).toBe(
      '--THIS_STRING_SEPARATES\r\n' +
        'Content-Type: application/pdf\r\n' +
        'Content-Range: bytes 0-1/10\r\n\r\n' +
        '01\r\n' +
        '--THIS_STRING_SEPARATES\r\n' +
        'Content-Type: application/pdf\r\n' +
        'Content-Range: bytes 7-9/10\r\n\r\n' +
        '789\r\n' +
        '--THIS_STRING_SEPARATES--\r\n',
    )
    expect(layout.contentLength).toBe(body.length)
  })

  it('leaves out a type that is not known', () => {
    const { segments } = multipartRanges([{ start: 0, end: 1 }], 9, 'x')
    expect(text(segments, 'a')).toBe('--x\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n--x--\r\n')
  })

  it('keeps the bytes of a type above ASCII', () => {
    const { segments, contentLength } = multipartRanges([{ start: 0, end: 1 }], 9, 'x', 'a/b;c="\xe9"')
    expect(text(segments, 'a')).toContain('Content-Type: a/b;c="\xe9"\r\n')
    expect(text(segments, 'a')).toHaveLength(contentLength)
  })

  it.each([[''], ['a b'], ['a"b'], ['a\r\n'], ['é'], ["'"], ['x'.repeat(71)]])(
    'refuses the boundary %j',
    (boundary) => {
      expect(() => multipartRanges([], 0, boundary)).toThrow(TypeError)
      expect(() => multipartRanges([], 0, boundary)).toThrow(/^multipartRanges: boundary: must be 1 to 70 /)
    },
  )

  it('refuses a type with a line end', () => {
    expect(() => multipartRanges([], 0, 'x', 'a/b\r\nX: y')).toThrow(
      'multipartRanges: Content-Type: value must be',
    )
  })
})
