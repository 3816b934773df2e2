import { checkToken, quotedString, splitUnquoted, unquote } from './field-syntax.ts'

/**
 * `Cache-Control`, of a request or a response. Numbers are in seconds; what is `false` or absent is not said.
 */
export interface CacheControl {
  maxAge?: number
  /** As `maxAge`, for shared caches. */
  sMaxage?: number
  /** To be kept, and asked for before each use; with names, only these headers are. */
  noCache?: boolean | readonly string[]
  noStore?: boolean
  noTransform?: boolean
  mustRevalidate?: boolean
  proxyRevalidate?: boolean
  mustUnderstand?: boolean
  /** Not for shared caches; with names, only these headers are not. */
  private?: boolean | readonly string[]
  public?: boolean
  /** RFC 8246. */
  immutable?: boolean
  /** RFC 5861. */
  staleWhileRevalidate?: number
  /** RFC 5861. */
  staleIfError?: number
  /** Of a request; `true` accepts any staleness. */
  maxStale?: number | boolean
  /** Of a request. */
  minFresh?: number
  /** Of a request. */
  onlyIfCached?: boolean
  /** All others, by their names in lower case: what they say, a character for each byte, or `true`. */
  extensions?: Readonly<Record<string, string | true>>
}

/**
 * A `Cache-Control` (RFC 9111 section 5.2): `{ maxAge: 60, private: true }` is `'max-age=60, private'`.
 *
 * @throws RangeError when seconds are no integer of 0 or more
 * @throws TypeError when a directive is unknown, or could not be sent
 */
export function formatCacheControl(control: CacheControl): string {
  const directives: string[] = []
  const { extensions = {}, ...known } = control
  for (const [key, value] of Object.entries(known)) {
    if (value !== undefined && value !== false) directives.push(formatDirective(key, value))
  }
  for (const [name, value] of Object.entries(extensions)) directives.push(formatExtension(name, value))
  return directives.join(', ')
}

/**
 * Reads a `Cache-Control`. Of a repeated directive the first counts; seconds that are none are 0, so that
 * what is said to be fresh for who knows how long is stale (RFC 9111 section 4.2.1); what is no directive is
 * left out.
 */
export function parseCacheControl(header: string): CacheControl {
  const control: Record<string, unknown> = {}
  const extensions: Record<string, string | true> = Object.create(null)
  for (const part of splitUnquoted(header, ',')) {
    const [, name, token, quoted] = DIRECTIVE.exec(part) ?? []
    if (name === undefined) continue
    const lower = name.toLowerCase()
    const value = quoted === undefined ? token : unquote(quoted)
    const [key, kind] = BY_NAME.get(lower) ?? []
    if (key === undefined || kind === undefined) extensions[lower] ??= value ?? true
    else control[key] ??= parseValue(kind, value)
  }
  return Object.keys(extensions).length === 0 ? control : { ...control, extensions }
}

type Key = Exclude<keyof CacheControl, 'extensions'>
type Kind = 'seconds' | 'staleness' | 'fields' | 'flag'

const DIRECTIVES: Readonly<Record<Key, readonly [name: string, kind: Kind]>> = {
  maxAge: ['max-age', 'seconds'],
  sMaxage: ['s-maxage', 'seconds'],
  noCache: ['no-cache', 'fields'],
  noStore: ['no-store', 'flag'],
  noTransform: ['no-transform', 'flag'],
  mustRevalidate: ['must-revalidate', 'flag'],
  proxyRevalidate: ['proxy-revalidate', 'flag'],
  mustUnderstand: ['must-understand', 'flag'],
  private: ['private', 'fields'],
  public: ['public', 'flag'],
  immutable: ['immutable', 'flag'],
  staleWhileRevalidate: ['stale-while-revalidate', 'seconds'],
  staleIfError: ['stale-if-error', 'seconds'],
  maxStale: ['max-stale', 'staleness'],
  minFresh: ['min-fresh', 'seconds'],
  onlyIfCached: ['only-if-cached', 'flag'],
}

const BY_NAME: ReadonlyMap<string, readonly [key: string, kind: Kind]> = new Map(
  Object.entries(DIRECTIVES).map(([key, [name, kind]]) => [name, [key, kind]]),
)

// A quote never closed makes no directive of what follows it.
const DIRECTIVE = /^[\t ]*([!#$%&'*+\-.^`|~\w]+)(?:=(?:([!#$%&'*+\-.^`|~\w]+)|"((?:[^"\\]|\\.)*)"))?[\t ]*$/s
const DIGITS = /^\d+$/

function formatExtension(name: string, value: string | true): string {
  checkToken('formatCacheControl: extensions', name)
  return value === true ? name : `${name}=${quotedString(`formatCacheControl: extensions: ${name}`, value)}`
}

function formatDirective(key: string, value: unknown): string {
  if (!Object.hasOwn(DIRECTIVES, key)) {
    const known = Object.keys(DIRECTIVES).join(', ')
    throw new TypeError(`formatCacheControl: ${key}: must be one of ${known}, or among the extensions`)
  }
  const [name, kind] = DIRECTIVES[key as Key]
  if (value === true && kind !== 'seconds') return name
  if (kind === 'fields') return `${name}="${formatFields(key, value)}"`
  if (kind !== 'flag' && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return `${name}=${value}`
  }
  const rule = kind === 'flag' ? 'true or false' : 'an integer of seconds, 0 or more'
  throw new RangeError(`formatCacheControl: ${key}: must be ${rule}; got ${value}`)
}

function formatFields(key: string, names: unknown): string {
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(`formatCacheControl: ${key}: must be true, false, or names of headers; got ${names}`)
  }
  for (const name of names) checkToken(`formatCacheControl: ${key}`, name)
  return names.join(', ')
}

function parseValue(kind: Kind, value: string | undefined): boolean | number | string[] {
  if (kind === 'flag') return true
  if (kind === 'fields') return parseFields(value)
  if (kind === 'staleness' && value === undefined) return true
  // Digits without end are a number that JavaScript cannot hold.
  return value !== undefined && DIGITS.test(value) ? Math.min(Number(value), Number.MAX_SAFE_INTEGER) : 0
}

function parseFields(value = ''): true | string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return names.length === 0 ? true : names
}
