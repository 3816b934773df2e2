import { isFieldText, isToken } from './field-syntax.ts'

/**
 * Whether a header belongs to one connection and not to the response, so that no application may set it: the
 * eight of wsgiref, and `Trailer` and `Proxy-Connection`. Upper and lower case are the same.
 */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.test(name)
}

/**
 * Refuses a name that is no token (RFC 9110 sections 5.1 and 5.6.2). `owner` begins the message of the error:
 * `'Headers'`.
 *
 * @throws TypeError
 */
export function checkHeaderName(owner: string, name: unknown): asserts name is string {
  if (!isToken(name)) {
    throw new TypeError(`${owner}: header name must be a token (RFC 9110 section 5.6.2); got ${show(name)}`)
  }
}

/**
 * Refuses a value with a control character other than a tab, or with a character above U+00FF (RFC 9110
 * section 5.5). `name` is only for the message.
 *
 * @throws TypeError
 */
export function checkHeaderValue(owner: string, name: string, value: unknown): asserts value is string {
  if (!isFieldText(value)) {
    throw new TypeError(
      `${owner}: ${name}: value must be text without control characters and without characters above U+00FF ` +
        `(RFC 9110 section 5.5); got ${show(value)}`,
    )
  }
}

/** Whether two header names are the same, whatever their case (RFC 9110 section 5.1). */
export function isSameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase())
}

const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-(?:authenticate|authorization|connection)|te|trailers?|transfer-encoding|upgrade)$/i

function show(found: unknown): string {
  return typeof found === 'string' ? JSON.stringify(found) : typeof found
}
