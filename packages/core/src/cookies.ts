import { latin1 } from './bytes.ts'
import { checkToken, trimBlanks } from './field-syntax.ts'
import { formatHttpDate } from './http-date.ts'
import { percentEncode } from './percent-encoding.ts'

/**
 * Reads `Cookie` (RFC 6265 section 4.2): names as sent, values percent-decoded as UTF-8 where that is what
 * they are, else as sent. Of a repeated name the first counts, which is the one of the most specific path.
 * Quotes are part of a value; what has no name or no `=` is no cookie.
 */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  if (header === undefined) return cookies
  for (let equals = header.indexOf('='); equals >= 0; ) {
    const semicolon = header.indexOf(';', equals)
    const end = semicolon < 0 ? header.length : semicolon
    // Decoded, `__%48ost-id` would pass for a `__Host-` cookie (CVE-2020-8184, CVE-2020-7070).
    const name = trimBlanks(header, header.lastIndexOf(';', equals) + 1, equals)
    if (name !== '' && !cookies.has(name)) cookies.set(name, decodeValue(trimBlanks(header, equals + 1, end)))
    equals = header.indexOf('=', end)
  }
  return cookies
}

/** The attributes of a cookie (RFC 6265 section 4.1.2, and its successor's drafts). */
export interface CookieOptions {
  /** Sends the cookie to this host and all below it; by default only to the host that set it. */
  domain?: string
  /** Sends the cookie to paths below this one; `'/'` by default. */
  path?: string
  /** When the cookie ends; with neither this nor `maxAge`, with the browser. */
  expires?: Date
  /**
   * In how many seconds the cookie ends; goes before `expires`. Browsers keep none for more than 400 days.
   */
  maxAge?: number
  /** Keeps the cookie from scripts; true by default. */
  httpOnly?: boolean
  /** Sends the cookie over https only; false by default. */
  secure?: boolean
  /**
   * Whether requests that come from other sites carry the cookie: `'Lax'` by default, when a link is
   * followed.
   */
  sameSite?: 'Strict' | 'Lax' | 'None'
  /** Keeps the cookie apart for each site that embeds this one. */
  partitioned?: boolean
  /** What a browser drops first when it has too many. */
  priority?: 'Low' | 'Medium' | 'High'
}

/**
 * A `Set-Cookie`: `cookieHeader('id', 'x y')` is `'id=x%20y; Path=/; HttpOnly; SameSite=Lax'`. In the value,
 * what a cookie cannot hold is percent-encoded, and `%`. What a browser would refuse or misread is refused
 * here.
 *
 * @throws TypeError when the name, the value or an option cannot be sent; when the options do not go with the
 *   prefix of the name (`__Secure-`, `__Host-`, `__Http-`, `__Host-Http-`, in any case); when `SameSite=None` or
 *   `Partitioned` is not `Secure`; when all takes more than 4096 bytes
 */
export function cookieHeader(name: string, value: string, options: CookieOptions = {}): string {
  const { path = '/', httpOnly = true, secure = false, sameSite = 'Lax', partitioned = false } = options
  const { domain, expires, maxAge, priority } = options
  checkToken('cookieHeader: name', name)
  checkPrefix(name, domain, path, httpOnly, secure)
  check(typeof value === 'string', 'value', 'must be text', value)
  const parts = [`${name}=${value.replace(NOT_IN_VALUE, percentEncode)}`]
  if (domain !== undefined) {
    check(isDomain(domain), 'domain', 'must be the name of a host, without a port', domain)
    parts.push(`Domain=${domain}`)
  }
  // Browsers leave out an attribute that is too long, or no path, and send the cookie to another place.
  check(PATH.test(path), 'path', 'must be "/…", of at most 1024 visible characters, without ";"', path)
  parts.push(`Path=${path}`)
  if (expires !== undefined) parts.push(`Expires=${formatExpires(expires)}`)
  if (maxAge !== undefined) {
    check(
      Number.isSafeInteger(maxAge) && maxAge >= 0,
      'maxAge',
      'must be an integer of seconds, 0 or more',
      maxAge,
    )
    parts.push(`Max-Age=${maxAge}`)
  }
  if (httpOnly) parts.push('HttpOnly')
  if (secure) parts.push('Secure')
  check(SAME_SITES.includes(sameSite), 'sameSite', `must be one of ${SAME_SITES.join(', ')}`, sameSite)
  check(secure || sameSite !== 'None', 'secure', 'must be true where sameSite is None', secure)
  parts.push(`SameSite=${sameSite}`)
  check(secure || !partitioned, 'secure', 'must be true where partitioned is', secure)
  if (partitioned) parts.push('Partitioned')
  if (priority !== undefined) {
    check(PRIORITIES.includes(priority), 'priority', `must be one of ${PRIORITIES.join(', ')}`, priority)
    parts.push(`Priority=${priority}`)
  }
  const header = parts.join('; ')
  check(
    header.length <= MAX_BYTES,
    'value',
    `must leave all within ${MAX_BYTES} bytes`,
    `${header.length} bytes`,
  )
  return header
}

/**
 * A `Set-Cookie` by which browsers drop a cookie. They go by its name, `domain`, `path` and `partitioned`:
 * these, and what the prefix of its name asks for, must be what it was set with.
 *
 * @throws TypeError as `cookieHeader` does
 */
export function deletedCookieHeader(
  name: string,
  options: Omit<CookieOptions, 'expires' | 'maxAge'> = {},
): string {
  return cookieHeader(name, '', { ...options, expires: new Date(0), maxAge: 0 })
}

const SAME_SITES: readonly string[] = ['Strict', 'Lax', 'None']
const PRIORITIES: readonly string[] = ['Low', 'Medium', 'High']

// Browsers need not hold more (RFC 6265 section 6.1), and drop in silence what they do not.
const MAX_BYTES = 4096

// All but cookie-octet (RFC 6265 section 4.1.1), and what would be decoded.
const NOT_IN_VALUE = /[^!#$&-+\--:<-[\]-~]+/g
const PATH = /^\/[!-:<-~]{0,1023}$/
const DOMAIN = /^\.?[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i
const PREFIX = /^__(?:Secure|Host(?:-Http)?|Http)-/i
const NOT_ASCII = /[\x80-\xff]/

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeValue(value: string): string {
  try {
    // Bytes above ASCII arrive as Latin-1 (PEP 3333), and are UTF-8 where a script has set the cookie.
    const text = NOT_ASCII.test(value) ? strictUtf8.decode(latin1(value)) : value
    return text.includes('%') ? decodeURIComponent(text) : text
  } catch {
    return value
  }
}

/** What browsers ask of a prefixed name; else they ignore the cookie (RFC 6265bis section 5.7). */
function checkPrefix(
  name: string,
  domain: string | undefined,
  path: string,
  httpOnly: boolean,
  secure: boolean,
): void {
  const prefix = PREFIX.exec(name)?.[0].toLowerCase()
  if (prefix === undefined) return
  const where = `for the prefix ${JSON.stringify(prefix)}`
  check(secure === true, 'secure', `must be true ${where}`, secure)
  if (prefix.includes('http')) check(httpOnly === true, 'httpOnly', `must be true ${where}`, httpOnly)
  if (prefix.includes('host')) {
    check(domain === undefined, 'domain', `must be absent ${where}`, domain)
    check(path === '/', 'path', `must be "/" ${where}`, path)
  }
}

function isDomain(domain: unknown): boolean {
  return typeof domain === 'string' && domain.length <= 253 && DOMAIN.test(domain)
}

function formatExpires(date: Date): string {
  const year = date instanceof Date ? date.getUTCFullYear() : Number.NaN
  // An earlier year is no date to a browser (RFC 6265 section 5.1.1), and the cookie would not expire.
  check(year >= 1601 && year <= 9999, 'expires', 'must be a valid date of the years 1601 to 9999', date)
  return formatHttpDate(date)
}

function check(isRight: boolean, option: string, rule: string, found: unknown): void {
  if (isRight) return
  const shown = typeof found === 'string' ? JSON.stringify(found) : String(found)
  throw new TypeError(`cookieHeader: ${option}: ${rule}; got ${shown}`)
}
