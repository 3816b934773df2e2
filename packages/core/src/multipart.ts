import { concatBytes, latin1 } from './bytes.ts'
import type { Header } from './contract.ts'
import { isFieldText, isToken, trimBlanks } from './field-syntax.ts'
import { Headers } from './headers.ts'
import { HttpError } from './http-error.ts'
import { checkLimit, type Limits, limitError, limitedChunks } from './limits.ts'
import { parseDisposition } from './multipart/disposition.ts'
import {
  collect,
  decoderFor,
  type FormPart,
  heldContent,
  inTurn,
  type PartHead,
  StreamedPart,
} from './multipart/part.ts'
import { Mark, Scanner } from './multipart/scanner.ts'

/**
 * The parts of a `multipart/form-data` body (RFC 7578), in the order in which they come; each can be read until the
 * next one is asked for. A line ends with CRLF and with nothing else, and what two readers could take for two things is
 * malformed. `Content-Transfer-Encoding` (section 4.7) and `filename*` (section 4.2) have no meaning.
 *
 * @throws HttpError 400 when the boundary is none; in the loop, 400 when the body is malformed, 413 and 408 when it goes
 *   beyond a limit
 */
export function readMultipart(
  chunks: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: Readonly<Limits>,
): AsyncIterable<FormPart> {
  if (!BOUNDARY.test(boundary)) {
    throw malformed('The boundary must be 1 to 70 of the characters that RFC 2046 section 5.1.1 allows.')
  }
  return inTurn(new MultipartReader(chunks, boundary, limits).parts())
}

// RFC 2046 section 5.1.1.
const BOUNDARY = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/

const CRLF_BYTES = latin1('\r\n')
const CRLF = new Mark(CRLF_BYTES)
const EMPTY_LINE = new Mark(latin1('\r\n\r\n'))
const PADDING = /^[\t ]*$/
const CLOSING = /^--[\t ]*$/

// No name of a charset is as long.
const LONGEST_CHARSET = 64

class MultipartReader {
  readonly #limits: Readonly<Limits>
  readonly #scanner: Scanner
  readonly #delimiter: Mark
  readonly #counts = { parts: 0, fields: 0, files: 0 }
  /** For names, and for fields that name no charset. */
  #decoder = decoderFor('utf-8', true)

  constructor(chunks: AsyncIterable<Uint8Array>, boundary: string, limits: Readonly<Limits>) {
    this.#limits = limits
    // Each delimiter begins with the end of a line; the first may be where no line has been.
    this.#scanner = new Scanner(limitedChunks(chunks, limits), CRLF_BYTES)
    this.#delimiter = new Mark(latin1(`\r\n--${boundary}`))
  }

  async *parts(): AsyncGenerator<StreamedPart, undefined> {
    try {
      for await (const _ of this.#content('preambleBytes')) {
      }
      while (await this.#beginsPart()) yield await this.#readPart()
      await this.#skipEpilogue()
    } finally {
      this.#scanner.close()
    }
  }

  /** Reads the line of a delimiter, which may be the last one. */
  async #beginsPart(): Promise<boolean> {
    this.#scanner.skip(this.#delimiter)
    const rest = await this.#readText(CRLF, true)
    if (CLOSING.test(rest)) return false
    // Also what begins with the boundary and goes on: no part may hold that (RFC 2046 section 5.1.1).
    if (!PADDING.test(rest)) throw malformed('A boundary must be followed by the end of its line.')
    this.#count('parts')
    return true
  }

  async #readPart(): Promise<StreamedPart> {
    const head = await this.#readHead()
    const isField = head.filename === undefined
    this.#count(isField ? 'fields' : 'files')
    const content = this.#content(isField ? 'fieldBytes' : 'fileBytes')
    if (!isField || head.name !== '_charset_') return new StreamedPart(head, content)
    const value = await collect(content)
    // Names and file names are in it too (HTML standard, multipart/form-data encoding algorithm).
    this.#decoder = decoderFor(latin1Text(value.subarray(0, LONGEST_CHARSET)), true)
    return new StreamedPart(head, heldContent(value))
  }

  async #readHead(): Promise<PartHead> {
    const headers = await this.#readHeaders()
    const disposition = headers.get('Content-Disposition')
    if (disposition === null) throw malformed('Each part must have a Content-Disposition.')
    const parameters = parseDisposition(disposition)
    if (parameters === undefined) throw malformed('The Content-Disposition of a part is malformed.')
    const name = parameters.get('name')
    if (name === undefined) throw malformed('Each part must have a name.')
    const filename = parameters.get('filename')
    return {
      name: this.#decodeName(name),
      filename: filename === undefined ? undefined : this.#decodeName(filename),
      headers,
      charset: filename === undefined ? this.#decoder.encoding : 'utf-8',
    }
  }

  async #readHeaders(): Promise<Headers> {
    const text = await this.#readText(EMPTY_LINE, false)
    // The end of the empty line stays: a body may have none of its own before the delimiter.
    this.#scanner.skip(CRLF)
    const headers = new Headers(text === '' ? [] : unfold(text).split('\r\n').map(parseHeader))
    for (const name of ['Content-Disposition', 'Content-Type']) {
      if (headers.getAll(name).length > 1) throw malformed(`No part must have more than one ${name}.`)
    }
    return headers
  }

  /** Reads up to a mark, which stays, in Latin-1. */
  async #readText(end: Mark, mayBeLast: boolean): Promise<string> {
    const pieces: Uint8Array[] = []
    let bytes = 0
    for (;;) {
      const piece = await this.#scanner.next(end)
      if (piece === undefined && !mayBeLast) throw cutOff()
      if (piece === undefined || piece.length === 0) return latin1Text(concatBytes(pieces))
      bytes += piece.length
      checkLimit(this.#limits, 'partHeaderBytes', bytes)
      pieces.push(piece)
    }
  }

  #decodeName(name: string): string {
    checkLimit(this.#limits, 'nameBytes', name.length)
    return this.#decoder.decode(latin1(name))
  }

  #count(kind: 'parts' | 'fields' | 'files'): void {
    checkLimit(this.#limits, kind, ++this.#counts[kind])
  }

  #content(limit: keyof Limits): Content {
    return new Content(this.#scanner, this.#delimiter, this.#limits, limit)
  }

  /** It is read to its end all the same: a body that breaks off must not look complete. */
  async #skipEpilogue(): Promise<void> {
    let bytes = -CRLF.length
    for (;;) {
      const piece = await this.#scanner.next(CRLF)
      if (piece === undefined) return
      if (piece.length === 0) this.#scanner.skip(CRLF)
      bytes += piece.length || CRLF.length
      checkLimit(this.#limits, 'preambleBytes', bytes)
    }
  }
}

/** What stands between the end of a line and the next delimiter. */
class Content implements AsyncIterableIterator<Uint8Array> {
  readonly #scanner: Scanner
  readonly #delimiter: Mark
  readonly #limits: Readonly<Limits>
  readonly #limit: keyof Limits
  /** Counted from before the end of the line. */
  #bytes = -CRLF.length
  #hasEnded = false

  constructor(scanner: Scanner, delimiter: Mark, limits: Readonly<Limits>, limit: keyof Limits) {
    this.#scanner = scanner
    this.#delimiter = delimiter
    this.#limits = limits
    this.#limit = limit
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#hasEnded) {
      const piece = await this.#scanner.next(this.#delimiter)
      if (piece === undefined) throw cutOff()
      this.#hasEnded = piece.length === 0
      // The first piece has the whole of the line's end: only at its beginning could a delimiter be.
      const content = this.#bytes < 0 ? piece.subarray(CRLF.length) : piece
      this.#bytes += piece.length
      if (this.#bytes > this.#limits[this.#limit]) {
        this.#scanner.fail(limitError(this.#limits, this.#limit))
      }
      if (content.length > 0) return { done: false, value: content }
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Of lines that each follow a line end; one that begins with a blank goes on with the last (RFC 5322 section 2.2.3). */
function unfold(lines: string): string {
  return lines.slice(CRLF.length).replace(/\r\n(?=[\t ])/g, '')
}

function parseHeader(line: string): Header {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  const value = trimBlanks(line.slice(colon + 1))
  if (!isToken(name) || !isFieldText(value)) throw malformed('A header of a part is malformed.')
  return [name, value]
}

function latin1Text(bytes: Uint8Array): string {
  let text = ''
  // A call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  }
  return text
}

function cutOff(): HttpError {
  return malformed('The form must end with a line of its boundary and "--"; it ends before.')
}

function malformed(detail: string): HttpError {
  return new HttpError(400, { detail })
}
