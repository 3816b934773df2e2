import { latin1 } from './bytes.ts'
import { checkHeaderValue } from './field.ts'

/** A part of a representation, in bytes; `end` is exclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads the `Range` of a GET for a representation of `length` bytes (RFC 9110 section 14.2): the ranges in
 * the order in which they were asked for, cut to the length, those that overlap or touch made one.
 * `'unsatisfiable'` is for 416. `undefined` where it is to be ignored and the whole be sent: it is absent,
 * malformed, in another unit or of more than 100 ranges, or there are no bytes.
 */
export function parseRange(
  header: string | undefined,
  length: number,
): ByteRange[] | 'unsatisfiable' | undefined {
  if (header === undefined || length === 0 || !UNIT.test(header)) return undefined
  const specs = header.slice('bytes='.length).split(',', MAX_RANGES + 1)
  if (specs.length > MAX_RANGES) return undefined
  const ranges: ByteRange[] = []
  let isEmpty = true
  for (const spec of specs) {
    if (BLANK.test(spec)) continue
    isEmpty = false
    const range = parseSpec(spec, length)
    if (range === undefined) return undefined
    if (range.start < range.end) ranges.push(range)
  }
  if (isEmpty) return undefined
  return ranges.length === 0 ? 'unsatisfiable' : coalesce(ranges)
}

/**
 * A `Content-Range`: `'bytes 0-99/1234'`; with `null` for the range, the one of 416 (RFC 9110 section 14.4).
 */
export function contentRange(range: ByteRange | null, length: number): string {
  return range === null ? `bytes */${length}` : `bytes ${range.start}-${range.end - 1}/${length}`
}

/** A `multipart/byteranges` body before its bytes are fetched (RFC 9110 section 14.6). */
export interface MultipartRanges {
  /** What `Content-Type` is to say. */
  readonly contentType: string
  /** Of the whole body, in bytes. */
  readonly contentLength: number
  /** The body in order: bytes to send as they are, and ranges of the representation. */
  readonly segments: readonly (Uint8Array | ByteRange)[]
}

/**
 * Lays out several ranges of a representation of `length` bytes. `boundary` must be in none of them: random
 * characters, at most 70. `type` is the representation's own `Content-Type`, where it has one.
 *
 * @throws TypeError when the boundary or the type could not be sent
 */
export function multipartRanges(
  ranges: readonly ByteRange[],
  length: number,
  boundary: string,
  type?: string,
): MultipartRanges {
  if (!BOUNDARY.test(boundary)) {
    throw new TypeError(
      `multipartRanges: boundary: must be 1 to 70 letters, digits, "-" or "_"; got ${JSON.stringify(boundary)}`,
    )
  }
  if (type !== undefined) checkHeaderValue('multipartRanges', 'Content-Type', type)
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`
  const segments: (Uint8Array | ByteRange)[] = []
  let contentLength = 0
  let delimiter = `--${boundary}`
  for (const range of ranges) {
    const head = latin1(`${delimiter}\r\n${typeLine}Content-Range: ${contentRange(range, length)}\r\n\r\n`)
    segments.push(head, range)
    contentLength += head.length + range.end - range.start
    delimiter = `\r\n--${boundary}`
  }
  const tail = latin1(`${delimiter}--\r\n`)
  segments.push(tail)
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    contentLength: contentLength + tail.length,
    segments,
  }
}

// Clients ask for a few; thousands of tiny ones are an attack (CVE-2011-3192, CVE-2024-26141).
const MAX_RANGES = 100

// The names of units have no case (RFC 9110 section 14.1).
const UNIT = /^bytes=/i
const BLANK = /^[\t ]*$/
const SPEC = /^[\t ]*(\d*)-(\d*)[\t ]*$/
// Fewer than RFC 2046 section 5.1.1 has, so that none of them needs quotes.
const BOUNDARY = /^[\w-]{1,70}$/

/**
 * `undefined` when malformed; a range without bytes when it cannot be satisfied (RFC 9110 section 14.1.2).
 */
function parseSpec(spec: string, length: number): ByteRange | undefined {
  const [, first, last] = SPEC.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return { start: Math.max(length - Number(last), 0), end: length }
  const start = Number(first)
  if (last === '') return { start, end: length }
  if (Number(last) < start) return undefined
  return { start, end: Math.min(Number(last) + 1, length) }
}

/**
 * Ranges without a byte in common (RFC 9110 section 15.3.7.2), each in the place of the first that it is made
 * of.
 */
function coalesce(ranges: readonly ByteRange[]): ByteRange[] {
  const disjoint: { start: number; end: number }[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = disjoint.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else disjoint.push({ start, end })
  }
  const places = ranges.map(
    ({ start }) => disjoint.find((range) => start >= range.start && start < range.end)!,
  )
  return [...new Set(places)]
}
