import type { Header } from '../contract.ts'
import { checkHeaderName, checkHeaderValue, isHopByHop } from '../field.ts'

/** The head of a response, checked and ready for a transport. */
export interface ResponseHead {
  /** 100 to 999. */
  readonly code: number
  readonly reason: string
  /** Name, value, name, value: the cheapest form for `node:http` (measured), and easy to write for any other. */
  readonly headers: string[]
  /** The declared length of the body in bytes; -1 where none is declared. */
  readonly contentLength: number
  /** Whether every character is below U+0080, so that a transport may write the head together with UTF-8 text. */
  readonly ascii: boolean
}

/**
 * Checks what an application gave to `startResponse` and makes the head of it. The list is copied: what the
 * application does to it afterwards is too late to be checked.
 *
 * @throws TypeError when the status is not `NNN reason`; when a name is not a token, is hop-by-hop (PEP 3333, Other
 *   HTTP Features) or is `Status`; when a reason or value holds a control character or one above U+00FF, which
 *   JavaScript's Latin-1 encoding truncates to another: response splitting; when `Content-Length` is not one number
 */
export function makeHead(status: string, headers: readonly Header[]): ResponseHead {
  const { code, reason, ascii: asciiReason } = parseStatus(status)
  if (!Array.isArray(headers)) {
    throw new TypeError(
      `startResponse: headers must be an array of [name, value] pairs; got ${show(headers)}`,
    )
  }
  const flat: string[] = []
  let contentLength = -1
  let ascii = asciiReason
  for (let i = 0; i < headers.length; i++) {
    const pair: unknown = headers[i]
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(`startResponse: headers[${i}] must be a [name, value] pair; got ${show(pair)}`)
    }
    const [name, value] = pair as [unknown, unknown]
    const kind = NAMES.get(name as string) ?? judgeName(name)
    if (typeof value !== 'string' || !ASCII_VALUE.test(value)) {
      checkHeaderValue('startResponse', name as string, value)
      ascii = false
    }
    if (kind === CONTENT_LENGTH) {
      if (contentLength !== -1)
        throw new TypeError('startResponse: Content-Length must be given once; got it twice')
      if (!isContentLength(value as string)) {
        throw new TypeError(
          `startResponse: Content-Length must be a number of bytes in digits; got ${show(value)}`,
        )
      }
      contentLength = Number(value)
    }
    flat.push(name as string, value as string)
  }
  return { code, reason, headers: flat, contentLength, ascii }
}

/** What `startResponse` throws when it is called again without an error (PEP 3333, The start_response() Callable). */
export function secondCall(): Error {
  return new Error(
    'startResponse: must be called once, or again with the error that made it necessary; got a second call',
  )
}

/** Whether a response with this code has no body, whatever the request (RFC 9110 section 6.4.1). */
export function isBodyless(code: number): boolean {
  return code < 200 || code === 204 || code === 304
}

/** Whether a text is a number of bytes, and one that no calculation loses. */
export function isContentLength(text: string): boolean {
  return DIGITS.test(text)
}

const ASCII_VALUE = /^[\t\x20-\x7e]*$/
const DIGITS = /^\d{1,15}$/

const PLAIN = 0
const CONTENT_LENGTH = 1
type NameKind = typeof PLAIN | typeof CONTENT_LENGTH

/** Names judged good before. Bounded, since an application may take names from anywhere. */
const NAMES = new Map<string, NameKind>()
const NAMES_LIMIT = 1000

function judgeName(name: unknown): NameKind {
  checkHeaderName('startResponse', name)
  if (isHopByHop(name)) {
    throw new TypeError(
      `startResponse: hop-by-hop headers are the server's alone (PEP 3333); got ${show(name)}`,
    )
  }
  const lower = name.toLowerCase()
  if (lower === 'status') {
    throw new TypeError('startResponse: the status is the first argument (PEP 3333); got a header "Status"')
  }
  const kind = lower === 'content-length' ? CONTENT_LENGTH : PLAIN
  if (NAMES.size < NAMES_LIMIT) NAMES.set(name, kind)
  return kind
}

interface StatusLine {
  readonly code: number
  readonly reason: string
  readonly ascii: boolean
}

const STATUSES = new Map<string, StatusLine>()
const STATUSES_LIMIT = 200

function parseStatus(status: string): StatusLine {
  const known = STATUSES.get(status)
  if (known !== undefined) return known
  // An empty reason is legal on the wire (RFC 9112 section 4), the space before it is not optional.
  const match = typeof status === 'string' ? STATUS.exec(status) : null
  if (match === null) {
    throw new TypeError(
      `startResponse: status must be a code of three digits, a space and a reason, such as "200 OK"; got ${show(status)}`,
    )
  }
  const line = { code: Number(match[1]), reason: match[2]!, ascii: ASCII_VALUE.test(match[2]!) }
  if (STATUSES.size < STATUSES_LIMIT) STATUSES.set(status, line)
  return line
}

const STATUS = /^([1-9]\d\d) ([\x20-\x7e\x80-\xff]*)$/

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null || value === undefined) return String(value)
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
