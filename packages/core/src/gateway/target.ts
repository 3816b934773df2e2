/** What a request target says about the request, with the path already canonical. */
export interface Target {
  /** `PATH_INFO` before any mount: `''` for `*`, else starting with `/`. */
  pathInfo: string
  /** What follows the first `?`, raw and not judged; `''` if nothing does. */
  queryString: string
  /** `host[:port]` of an absolute-form target, as sent; it overrules `Host` (RFC 9112 section 3.2.2). */
  authority: string | undefined
}

/**
 * Reads a request target: origin-form, absolute-form of http and https, and `*` for `OPTIONS` (RFC 9112 section
 * 3.2). `undefined` when it is malformed, or an authority, which is for `CONNECT` only.
 */
export function parseTarget(method: string, target: string): Target | undefined {
  if (target.startsWith('/')) return splitPathAndQuery(target, undefined)
  if (target === '*' && method === 'OPTIONS') return { pathInfo: '', queryString: '', authority: undefined }
  const authority = ABSOLUTE_FORM.exec(target)?.[1]
  if (authority === undefined || !isHost(authority)) return undefined
  return splitPathAndQuery(target.slice(target.indexOf('//') + 2 + authority.length), authority)
}

/**
 * Decodes the raw path of a request, once for everybody who reads it: `'/caf%C3%A9/a%2fb'` gives `'/café/a%2Fb'`.
 * An encoded slash stays `%2F`, so that each `/` separates segments, and what would read as one after the decoding
 * gets its `%` escaped (`'%252F'` stays); `readSegment` undoes both. Dot segments and doubled slashes stay.
 * `undefined` when it is malformed: an escape that is none or not UTF-8, NUL, a raw `#` or `?`, a raw character
 * outside visible ASCII.
 */
export function canonicalPath(rawPath: string): string | undefined {
  if (PLAIN_PATH.test(rawPath)) return rawPath
  if (MALFORMED_PATH.test(rawPath)) return undefined
  try {
    return rawPath.split(ENCODED_SLASH).map(decodePiece).join('%2F')
  } catch {
    // decodeURIComponent refuses bad escapes, and overlong forms, surrogates and stray bytes (RFC 3629 section 3).
    return undefined
  }
}

/** Gives the text of one segment of `PATH_INFO`: `'a%2Fb'` is `a/b`, `'a%252Fb'` is `a%2Fb`, `'100%'` is itself. */
export function readSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  return segment.replace(KEPT_SLASH, (kept) =>
    kept.length === '%2F'.length ? '/' : `%${kept.slice('%25'.length)}`,
  )
}

/**
 * Whether this is `host [":" port]` (RFC 9110 section 7.2; RFC 3986 sections 3.2.2 and 3.2.3): a registered name or
 * IPv4 address of 1 to 255 characters, or an address in brackets, and a port up to 65535. Two things that the grammar
 * allows are refused: an empty name (RFC 9110 section 4.2.1), and a comma, which is what two joined `Host` lines show.
 */
export function isHost(value: string): boolean {
  const colon = value.indexOf(':', value.startsWith('[') ? value.indexOf(']') : 0)
  if (colon < 0) return isHostName(value)
  return isHostName(value.slice(0, colon)) && isPort(value.slice(colon + 1))
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)/i

// Nearly every path is one of these, and is its own decoding: visible ASCII without `#`, `%` and `?`.
const PLAIN_PATH = /^[!"$&->@-~]*$/
// The raw `#` and `?` end a path (RFC 3986 section 3.3); controls, space and bytes above 0x7e are in no URI.
const MALFORMED_PATH = /[^!-~]|[#?]|%00/

const ENCODED_SLASH = /%2f/i
// A run of `25` holds no `%`, so no two tries go over the same run: linear.
const PERCENT_BEFORE_SLASH = /%(?=(?:25)*2f)/gi
const KEPT_SLASH = /%(?:25)*2f/gi

// RFC 3986 section 2: unreserved, sub-delims (less the comma) and escapes.
const REGISTERED_NAME = /^(?:[\w.~!$&'()*+;=-]|%[\da-f]{2})+$/i
// RFC 3986 section 3.2.2, "should limit these names to no more than 255 characters"; RFC 1035 section 2.3.4.
const MAX_NAME_LENGTH = 255
const IP_FUTURE = /^v[\da-f]+\.[\w.~!$&'()*+;=:-]+$/i
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4_AT_END = new RegExp(`(?<=:)(?:${OCTET}\\.){3}${OCTET}$`)
const HEX_GROUP = /^[\da-f]{1,4}$/i
const PORT = /^\d*$/
const MAX_PORT = 65535

function splitPathAndQuery(pathAndQuery: string, authority: string | undefined): Target | undefined {
  const mark = pathAndQuery.indexOf('?')
  const pathInfo = canonicalPath(mark < 0 ? pathAndQuery : pathAndQuery.slice(0, mark))
  if (pathInfo === undefined) return undefined
  // Only an absolute-form target can be without a path (RFC 9110 section 4.2.3).
  return { pathInfo: pathInfo || '/', queryString: mark < 0 ? '' : pathAndQuery.slice(mark + 1), authority }
}

/** Done to each piece apart: in the joined path the slashes that were kept would be escaped too. */
function decodePiece(piece: string): string {
  return decodeURIComponent(piece).replace(PERCENT_BEFORE_SLASH, '%25')
}

function isHostName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false
  if (!name.startsWith('[')) return REGISTERED_NAME.test(name)
  const address = name.slice(1, -1)
  return name.endsWith(']') && (isIPv6(address) || IP_FUTURE.test(address))
}

/** Eight groups, or fewer around one `::`; an IPv4 address may stand for the last two (RFC 3986 section 3.2.2). */
function isIPv6(address: string): boolean {
  const halves = address.replace(IPV4_AT_END, '0:0').split('::')
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const isComplete = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  return isComplete && groups.every((group) => HEX_GROUP.test(group))
}

function isPort(port: string): boolean {
  return PORT.test(port) && Number(port) <= MAX_PORT
}
