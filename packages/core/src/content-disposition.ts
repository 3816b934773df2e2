import { extendedValue } from './field-syntax.ts'

/**
 * A `Content-Disposition` (RFC 6266): `attachment; filename="Menu.pdf"`. Of a path only the last part is the
 * name; characters that cannot be seen, or turn the direction of the text around, are dropped. A name beyond
 * plain ASCII is said twice, for old clients in ASCII.
 *
 * @throws TypeError when the type is neither `attachment` nor `inline`
 */
export function contentDisposition(type: 'attachment' | 'inline', filename = ''): string {
  if (type !== 'attachment' && type !== 'inline') {
    throw new TypeError(
      `contentDisposition: type: must be "attachment" or "inline"; got ${JSON.stringify(type)}`,
    )
  }
  const name = filename.replace(UNSEEN, '').replace(FOLDERS, '')
  if (name === '' || name === '.' || name === '..') return type
  if (PLAIN.test(name)) return `${type}; filename="${name}"`
  return `${type}; filename="${name.replace(UNSAFE, '_')}"; filename*=${extendedValue(name)}`
}

// Controls, and what makes `exe.gpj` of `jpg.exe` (CVE-2009-3376).
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const FOLDERS = /^.*[/\\]/s
// Quotes are escaped by some and not unescaped by others, and some decode `%41` (RFC 6266 appendix D).
const PLAIN = /^[ !#$&-[\]-~]*$/
const UNSAFE = /[^ !#$&-[\]-~]+/g
