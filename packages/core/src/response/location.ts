import { encodeUriReference } from '../percent-encoding.ts'

/**
 * Makes a `Location` that a browser reads as we do. By the URL standard (section 4.4) it drops tabs and line ends
 * wherever they stand, spaces and control characters around the whole, takes a backslash for a slash, and two slashes
 * for the beginning of a host (CVE-2024-42353 and GHSA-fh3h-vg37-cc95, both in WebOb).
 *
 * @throws TypeError on an absolute URL that is no whole http or https URL
 */
export function safeLocation(target: string): string {
  const reference = target.replace(CONTROLS, '').trim()
  // As it was given, too: who lets only relative references through must not be passed by `ht\ntps:`. What comes out
  // is the URL as every browser will read it, and in ASCII.
  if (HTTP_URL.test(target) && HTTP_URL.test(reference) && URL.canParse(reference)) {
    return new URL(reference).href
  }
  // `https:host` has no slashes, and is a host or a path depending on the page that it came from.
  if (SCHEME.test(reference)) {
    throw new TypeError(
      `Response: Location: must be a relative reference or a whole http or https URL; got ${JSON.stringify(target)}`,
    )
  }
  const encoded = encodeUriReference(reference)
  return encoded.startsWith('//') ? `/%2F${encoded.slice(2)}` : encoded
}

const CONTROLS = /[\0-\x1f\x7f]/g
const SCHEME = /^[a-z][a-z\d+.-]*:/i
const HTTP_URL = /^https?:\/\/[^/\\]/i
