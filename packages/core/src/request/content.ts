import { essenceOf, parseMediaType } from '../accept.ts'
import { HttpError } from '../http-error.ts'
import { checkLimit, type Limits } from '../limits.ts'

type Decoder = InstanceType<typeof TextDecoder>

/** @throws HttpError 415 when the body is sent as anything but `application/json` or `…+json` */
export function checkJsonType(contentType: string | undefined): void {
  if (JSON_TYPE.test(essenceOf(contentType) ?? '')) return
  throw unsupported('The body must be sent as application/json.')
}

/**
 * For the charset that a `Content-Type` names, else UTF-8.
 *
 * @throws HttpError 415 when there is no such charset, or the type is malformed
 */
export function decoderFor(contentType = ''): Decoder {
  const type = parseMediaType(contentType)
  if (type === undefined && contentType !== '') {
    throw unsupported('The Content-Type of the body is malformed.')
  }
  try {
    return new TextDecoder(type?.parameters.get('charset'), { fatal: true })
  } catch {
    throw unsupported('The charset of the body is not supported.')
  }
}

/** @throws HttpError 400 when the bytes are not in the charset */
export function decodeText(bytes: Uint8Array, decoder: Decoder): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new HttpError(400, { detail: `The body is not valid ${decoder.encoding}.` })
  }
}

/**
 * Reads JSON, which is always UTF-8 (RFC 8259 section 8.1).
 *
 * @throws HttpError 413 when it is nested deeper than `limits.jsonDepth`; 400 when it is none
 */
export function parseJson(bytes: Uint8Array, limits: Readonly<Limits>): unknown {
  checkDepth(bytes, limits)
  const json = decodeText(bytes, new TextDecoder('utf-8', { fatal: true }))
  try {
    return JSON.parse(json)
  } catch {
    // Without its cause, which quotes the body.
    throw new HttpError(400, { detail: 'The body is not valid JSON.' })
  }
}

const JSON_TYPE = /^application\/json$|^[^/]+\/[^/]+\+json$/

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** Before anything is made of it. What is counted is right up to the first fault, and that is as far as a parser goes. */
function checkDepth(bytes: Uint8Array, limits: Readonly<Limits>): void {
  // Nothing can be nested deeper than it is long.
  if (bytes.length <= limits.jsonDepth) return
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at)
        break
      case OPENING_BRACKET:
      case OPENING_BRACE:
        depth++
        checkLimit(limits, 'jsonDepth', depth)
        break
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--
    }
  }
}

/** Where the string ends that begins here. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

function unsupported(detail: string): HttpError {
  return new HttpError(415, { detail })
}
