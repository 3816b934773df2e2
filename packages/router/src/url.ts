import { canonicalPath, encodePath } from '@tsgi/core/gateway'
import type { Key, Token } from './parser.ts'

/** What becomes text in a URL: `'a b'`, `7`, `true`. */
export type UrlValue = string | number | bigint | boolean

/**
 * The query of a URL: `{ page: 2, tag: ['a', 'b'] }`, where a list repeats its name and `undefined` is left out, or pairs in
 * their order, as `URLSearchParams` and `Map` give them.
 */
export type UrlQuery =
  | Readonly<Record<string, UrlValue | readonly UrlValue[] | undefined>>
  | Iterable<readonly [name: string, value: UrlValue | readonly UrlValue[] | undefined]>

/** A route as its URLs need it. */
export interface UrlRoute {
  name: string
  tokens: readonly Token[]
  /** Where the pattern's language has some: those of type `'text'` may span segments, and stand in a path as they are. */
  keys?: readonly Key[] | undefined
  /** Reads a `PATH_INFO` as the route does: the texts of the params, before any schema. */
  match: (path: string) => Readonly<Record<string, unknown>> | undefined
}

/** Where a URL begins, and how it ends. */
export interface UrlParts {
  /** The `SCRIPT_NAME` under which the route's selector stands, decoded. Default: `''`. */
  base?: string | undefined
  query?: UrlQuery | undefined
}

/**
 * Builds the URL of a route, without scheme and host: `'/shop/users/a%2Fb?page=2'`. An optional part stands in it when
 * all its params are given.
 *
 * @throws TypeError when a param is missing, unknown or no text, or when a request for the URL would not bring the params back
 */
export function buildUrl(
  { name, tokens, keys = [], match }: UrlRoute,
  params: object = {},
  { base = '', query }: UrlParts = {},
): string {
  const where = `selector: url ${JSON.stringify(name)}`
  const given = new Map<string, unknown>(Object.entries(params).filter(([, value]) => value !== undefined))
  const parts = withoutAbsent(tokens, given)
  checkNames(where, given, namesOf(tokens), namesOf(parts))
  const filled = fill(where, parts, keys, given)
  const { texts } = filled
  // At the root there is no other path than "/" for it (RFC 9110 section 4.2.3), where that fits.
  const isRoot = base + filled.pathInfo === '' && match('/') !== undefined
  const pathInfo = isRoot ? '/' : filled.pathInfo
  checkPath(`${where}: path`, base, pathInfo)
  const path = encodePath(base + pathInfo)
  const found = canonicalPath(path) === base + pathInfo ? match(pathInfo) : undefined
  if (found === undefined || !isSame(texts, found)) {
    const got = found === undefined ? 'no match' : JSON.stringify(found)
    throw new TypeError(
      `${where}: path ${JSON.stringify(path)}: must be read as ${JSON.stringify(texts)}; got ${got}`,
    )
  }
  return path + encodeQuery(`${where}: query`, query)
}

const TEXTUAL: readonly string[] = ['string', 'number', 'bigint', 'boolean']

// Under the flag `u` a pair is one character of another category, so only lone halves match.
const LONE_SURROGATE = /\p{Surrogate}/u
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/

type Part = Exclude<Token, { type: 'group' }>
type Texts = Record<string, string | string[]>

function withoutAbsent(tokens: readonly Token[], given: ReadonlyMap<string, unknown>): Part[] {
  return tokens.flatMap((token) => {
    if (token.type !== 'group') return token
    const parts = withoutAbsent(token.tokens, given)
    const names = namesOf(parts)
    return names.length > 0 && names.every((name) => given.has(name)) ? parts : []
  })
}

function namesOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => {
    if (token.type === 'text') return []
    return token.type === 'group' ? namesOf(token.tokens) : token.name
  })
}

/** Nothing that is given may be lost. */
function checkNames(
  where: string,
  given: ReadonlyMap<string, unknown>,
  known: readonly string[],
  present: readonly string[],
): void {
  for (const name of given.keys()) {
    if (present.includes(name)) continue
    throw new TypeError(
      known.includes(name)
        ? `${where}: param ${JSON.stringify(name)}: must be given with what else its optional part has; got only ${JSON.stringify([...given.keys()])}`
        : `${where}: params: must be some of ${JSON.stringify([...new Set(known)])}; got ${JSON.stringify(name)}`,
    )
  }
}

function fill(
  where: string,
  parts: readonly Part[],
  keys: readonly Key[],
  given: ReadonlyMap<string, unknown>,
): { pathInfo: string; texts: Texts } {
  const spanning = keys.flatMap((key) => (key.type === 'text' ? String(key.name) : []))
  const texts = Object.create(null) as Texts
  let pathInfo = ''
  for (const part of parts) {
    if (part.type === 'text') {
      pathInfo += part.value
      continue
    }
    const param = `${where}: param ${JSON.stringify(part.name)}`
    const text = readParam(param, part.type, given.get(part.name))
    const written = [text]
      .flat()
      .map(spanning.includes(part.name) ? String : inPath)
      .join('/')
    if (written === '') throw new TypeError(`${param}: must not be empty; got ${JSON.stringify(text)}`)
    texts[part.name] = text
    pathInfo += written
  }
  return { pathInfo, texts }
}

function readParam(where: string, type: 'param' | 'wildcard', value: unknown): string | string[] {
  if (type === 'param') return toPathText(where, value)
  if (Array.isArray(value)) return value.map((segment) => toPathText(where, segment))
  throw new TypeError(`${where}: must be a list of segments; got ${kindOf(value)}`)
}

/** A text as a segment of `PATH_INFO`, as a server makes it: what `readSegment` reads back. */
function inPath(text: string): string {
  return canonicalPath(encodeURIComponent(text))!
}

function checkPath(where: string, base: string, pathInfo: string): void {
  const path = toPathText(where, base + pathInfo)
  const fail = (mustBe: string): never => {
    throw new TypeError(`${where}: ${mustBe}; got ${JSON.stringify(path)}`)
  }
  // RFC 3986 section 4.2: what follows `//` is a host.
  if (!path.startsWith('/') || path.startsWith('//')) fail('must begin with one "/"')
  if (pathInfo !== '' && !pathInfo.startsWith('/')) fail('must go on with "/" behind SCRIPT_NAME')
  // RFC 3986 section 5.2.4; the URL standard removes `%2e` likewise, so they cannot be encoded either.
  if (DOT_SEGMENT.test(path)) fail('must have no segment "." or "..", which clients remove')
}

function isSame(texts: Texts, found: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(texts)
  return (
    names.length === Object.keys(found).length &&
    names.every((name) => JSON.stringify(texts[name]) === JSON.stringify(found[name]))
  )
}

/** `application/x-www-form-urlencoded`, as forms and `URLSearchParams` write it; with its `?`. */
function encodeQuery(where: string, query: UrlQuery | undefined): string {
  if (query === undefined) return ''
  if (query === null || typeof query !== 'object') {
    throw new TypeError(`${where}: must be a record or pairs; got ${kindOf(query)}`)
  }
  const encoded = new URLSearchParams()
  for (const [name, values] of Symbol.iterator in query ? query : Object.entries(query)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value === undefined) continue
      encoded.append(toText(`${where}: name`, name), toText(`${where}: ${JSON.stringify(name)}`, value))
    }
  }
  const text = encoded.toString()
  return text && `?${text}`
}

function toPathText(where: string, value: unknown): string {
  const text = toText(where, value)
  if (!text.includes('\0')) return text
  throw new TypeError(`${where}: must hold no NUL, which servers refuse; got ${JSON.stringify(text)}`)
}

function toText(where: string, value: unknown): string {
  if (!TEXTUAL.includes(typeof value)) {
    throw new TypeError(`${where}: must be a string, number, bigint or boolean; got ${kindOf(value)}`)
  }
  const text = String(value)
  if (!LONE_SURROGATE.test(text)) return text
  throw new TypeError(
    `${where}: must hold no half of a surrogate pair, which has no UTF-8; got ${JSON.stringify(text)}`,
  )
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value
}
