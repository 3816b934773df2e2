import { percentEncode } from './percent-encoding.ts'

/**
 * Refuses what is no token (RFC 9110 section 5.6.2). `where` begins the message: `'cookieHeader: name'`.
 *
 * @throws TypeError
 */
export function checkToken(where: string, text: unknown): asserts text is string {
  if (typeof text === 'string' && TOKEN.test(text)) return
  throw new TypeError(`${where}: must be a token (RFC 9110 section 5.6.2); got ${JSON.stringify(text)}`)
}

/**
 * A text between quotes (RFC 9110 section 5.6.4): `say "x"` is `"say \"x\""`.
 *
 * @throws TypeError when it has control characters other than a tab, or any above U+00FF
 */
export function quotedString(where: string, text: unknown): string {
  if (typeof text === 'string' && QUOTABLE.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
  throw new TypeError(
    `${where}: must be text without control characters and without characters above U+00FF; ` +
      `got ${JSON.stringify(text)}`,
  )
}

/** What a quoted string says, given what stands between its quotes. */
export function unquote(quoted: string): string {
  return quoted.replace(/\\(.)/gs, '$1')
}

/** Any text in ASCII, for a parameter whose name ends in `*` (RFC 8187): `UTF-8''na%C3%AFve`. */
export function extendedValue(text: string): string {
  return `UTF-8''${text.replace(NOT_ATTRIBUTE, percentEncode)}`
}

/** Cuts a text at a separator, but not inside of quotes; a quote left open takes in all the rest. */
export function* splitUnquoted(text: string, separator: ',' | ';'): Generator<string, undefined> {
  let start = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (isQuoted && character === '\\') i++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === separator && !isQuoted) {
      yield text.slice(start, i)
      start = i + 1
    }
  }
  yield text.slice(start)
}

const TOKEN = /^[!#$%&'*+\-.^`|~\w]+$/
const QUOTABLE = /^[\t\x20-\x7e\x80-\xff]*$/
// All but attr-char (RFC 8187 section 3.2.1).
const NOT_ATTRIBUTE = /[^!#$&+\-.^`|~\w]+/g
