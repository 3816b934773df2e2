import { utf8 } from './bytes.ts'

/** Every byte of a text's UTF-8 as `%` and two digits: `é` is `%C3%A9` (RFC 3986 section 2.1). */
export function percentEncode(characters: string): string {
  let encoded = ''
  for (const byte of utf8(characters)) encoded += `%${byte.toString(16).padStart(2, '0').toUpperCase()}`
  return encoded
}

/**
 * A reference to a URI in ASCII: what can stand in no URI is percent-encoded, what is encoded already stays.
 */
export function encodeUriReference(reference: string): string {
  return reference.replace(NOT_IN_URI, percentEncode)
}

/**
 * A path as `PATH_INFO` has it, as it stands in a URL: all is encoded but what may stand in a segment (RFC 3986 section 3.3,
 * pchar), slashes, and a `%` that stands in `PATH_INFO` as it must stand in a URL. Half of a surrogate pair, which no path has,
 * is U+FFFD.
 */
export function encodePath(path: string): string {
  return path.replace(NOT_IN_PATH, percentEncode)
}

// RFC 3986 appendix A. A backslash is among it, which browsers read as a slash.
const NOT_IN_URI = /[^!#-;=?-[\]_a-z~]+/g

// (No flag `i`: together with `u` it lets `\w` match U+017F and U+212A.)
const NOT_IN_PATH = /%(?!(?:25)*2[Ff])|[^%\w.~!$&'()*+,;=:@/-]/gu
