import { type MediaType, parseMediaType } from './accept.ts'
import { concatBytes } from './bytes.ts'
import { Headers } from './headers.ts'
import { HttpError } from './http-error.ts'
import { checkLimit, type Limits, limitedChunks } from './limits.ts'
import { type FormPart, heldContent, inTurn, StreamedPart } from './multipart/part.ts'
import { Mark, Scanner } from './multipart/scanner.ts'
import { readMultipart } from './multipart.ts'

/**
 * The parts of a form, of whichever type HTML forms have.
 *
 * @throws HttpError 415 when the body is of another type; 400 when that names no boundary, or more than one; in the
 *   loop, as `readMultipart` and `readUrlencoded`
 */
export function readForm(
  contentType: string | undefined,
  chunks: AsyncIterable<Uint8Array>,
  limits: Readonly<Limits>,
): AsyncIterable<FormPart> {
  const media = parseMediaType(contentType ?? '')
  const type = `${media?.type}/${media?.subtype}`
  if (type === URLENCODED) return readUrlencoded(chunks, limits)
  if (type === MULTIPART) return readMultipart(chunks, boundaryOf(contentType!, media!), limits)
  throw new HttpError(415, { detail: `The form must be sent as ${MULTIPART} or ${URLENCODED}.` })
}

/**
 * The fields of an `application/x-www-form-urlencoded` body (URL standard, section 5.1), in the order in which they
 * come. No body is malformed: bytes that are no UTF-8 are replaced, a `%` without its digits is a `%`.
 *
 * @throws HttpError in the loop, 413 and 408 when the body goes beyond a limit
 */
export function readUrlencoded(
  chunks: AsyncIterable<Uint8Array>,
  limits: Readonly<Limits>,
): AsyncIterable<FormPart> {
  return inTurn(urlencodedParts(chunks, limits))
}

/**
 * All parts in the Fetch standard's form, files as `File`. It holds the whole form, of which `limits.bodyBytes` is the
 * measure.
 *
 * @throws HttpError what the parts throw
 */
export async function toFormData(parts: AsyncIterable<FormPart>): Promise<FormData> {
  const form = new FormData()
  for await (const part of parts) {
    const { name, filename, headers } = part
    if (filename === undefined) form.append(name, await part.text())
    else
      form.append(
        name,
        new File([await part.bytes()], filename, { type: headers.get('Content-Type') ?? part.type }),
      )
  }
  return form
}

export const URLENCODED = 'application/x-www-form-urlencoded'
export const MULTIPART = 'multipart/form-data'

const BOUNDARIES = /;[\t ]*boundary=/gi
const AMPERSAND = 0x26
const PAIR_END = new Mark(Uint8Array.of(AMPERSAND))
// A byte order mark is a character like any other (URL standard, section 5.1).
const UTF_8 = new TextDecoder('utf-8', { ignoreBOM: true })
const EQUALS_SIGN = 0x3d
const PLUS = 0x2b
const SPACE = 0x20
const PERCENT = 0x25

function boundaryOf(contentType: string, { parameters }: MediaType): string {
  const boundary = parameters.get('boundary')
  // Of two, one reader takes the first and another the last.
  if (boundary === undefined || contentType.match(BOUNDARIES)!.length > 1) {
    throw new HttpError(400, { detail: 'The Content-Type of the form must name one boundary.' })
  }
  return boundary
}

async function* urlencodedParts(
  chunks: AsyncIterable<Uint8Array>,
  limits: Readonly<Limits>,
): AsyncGenerator<StreamedPart, undefined> {
  const scanner = new Scanner(limitedChunks(chunks, limits))
  let count = 0
  try {
    for (;;) {
      const pair = await readPair(scanner, limits)
      if (pair === undefined) return
      if (pair.length === 0) continue
      count++
      checkLimit(limits, 'parts', count)
      checkLimit(limits, 'fields', count)
      const equals = pair.indexOf(EQUALS_SIGN)
      const nameEnd = equals < 0 ? pair.length : equals
      const name = decodePercent(pair.subarray(0, nameEnd))
      const value = decodePercent(pair.subarray(nameEnd + 1))
      checkLimit(limits, 'nameBytes', name.length)
      checkLimit(limits, 'fieldBytes', value.length)
      const head = {
        name: UTF_8.decode(name),
        filename: undefined,
        headers: new Headers(),
        charset: 'utf-8',
      }
      yield new StreamedPart(head, heldContent(value))
    }
  } finally {
    scanner.close()
  }
}

/**
 * What stands before the next `&`; `undefined` at the end. It is cut off where it must have too long a name or value:
 * decoded, each has a third of its bytes at the least.
 */
async function readPair(scanner: Scanner, limits: Readonly<Limits>): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  let mostBytes = 3 * limits.nameBytes
  while (bytes <= mostBytes) {
    const piece = await scanner.next(PAIR_END)
    if (piece === undefined && pieces.length === 0) return undefined
    if (piece?.length === 0) scanner.skipEach(AMPERSAND)
    if (piece === undefined || piece.length === 0) break
    if (piece.includes(EQUALS_SIGN)) mostBytes = 3 * (limits.nameBytes + limits.fieldBytes) + 1
    pieces.push(piece)
    bytes += piece.length
  }
  return concatBytes(pieces)
}

/** Into bytes of their own. */
function decodePercent(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    let byte = text[at]!
    if (byte === PLUS) byte = SPACE
    else if (byte === PERCENT) {
      const high = hexDigit(text[at + 1])
      const low = hexDigit(text[at + 2])
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low
        at += 2
      }
    }
    bytes[length++] = byte
  }
  return bytes.slice(0, length)
}

/** The worth of a hexadecimal digit; -1 when it is none. */
function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}
