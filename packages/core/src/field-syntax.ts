import { percentEncode } from './percent-encoding.ts'

/** Whether a value is a token (RFC 9110 section 5.6.2): the name of a header, of a method, of a parameter. */
export function isToken(text: unknown): text is string {
  return typeof text === 'string' && TOKEN.test(text)
}

/**
 * Whether a value is text that a header can hold: without a control character other than a tab, and without a character
 * above U+00FF (RFC 9110 section 5.5).
 */
export function isFieldText(text: unknown): text is string {
  return typeof text === 'string' && FIELD_TEXT.test(text)
}

/**
 * Refuses what is no token (RFC 9110 section 5.6.2). `where` begins the message: `'cookieHeader: name'`.
 *
 * @throws TypeError
 */
export function checkToken(where: string, text: unknown): asserts text is string {
  if (isToken(text)) return
  throw new TypeError(`${where}: must be a token (RFC 9110 section 5.6.2); got ${JSON.stringify(text)}`)
}

/**
 * A text between quotes (RFC 9110 section 5.6.4): `say "x"` is `"say \"x\""`.
 *
 * @throws TypeError when it has control characters other than a tab, or any above U+00FF
 */
export function quotedString(where: string, text: unknown): string {
  if (isFieldText(text)) return quote(text)
  throw new TypeError(
    `${where}: must be text without control characters and without characters above U+00FF; ` +
      `got ${JSON.stringify(text)}`,
  )
}

/** The same, of text that was found to be such. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** What a quoted string says, given what stands between its quotes. */
export function unquote(quoted: string): string {
  return quoted.replace(/\\(.)/gs, '$1')
}

/** Any text in ASCII, for a parameter whose name ends in `*` (RFC 8187): `UTF-8''na%C3%AFve`. */
export function extendedValue(text: string): string {
  return `UTF-8''${text.replace(NOT_ATTRIBUTE, percentEncode)}`
}

/**
 * A piece of a text without the spaces and tabs around it. Not `trim()`, which takes away more: the half of a UTF-8
 * sequence that is a no-break space in Latin-1, or what a browser keeps two names apart by.
 */
export function trimBlanks(text: string, from = 0, to: number = text.length): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
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
// U+0080 to U+009F pass: on the wire they are obs-text, the bytes of UTF-8 that a caller has laid out as Latin-1.
const FIELD_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/
// All but attr-char (RFC 8187 section 3.2.1).
const NOT_ATTRIBUTE = /[^!#$&+\-.^`|~\w]+/g
