import { checkToken, splitUnquoted, unquote } from './field-syntax.ts'

/**
 * Chooses among media types by an `Accept` header (RFC 9110 section 12.5.1):
 * `preferredMediaType('text/*;q=0.5, application/json', ['text/html', 'application/json'])` is
 * `'application/json'`. For each offer the most specific range decides; of the best offers, the first. `null`
 * when the header excludes them all. A header that is missing, or of which nothing can be read, accepts
 * everything.
 *
 * @throws TypeError when an offer is no media type
 */
export function preferredMediaType<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  const ranges = parseAccept(accept)
  return best(offers, (offer) => {
    const type = parseMediaType(offer)
    if (type === undefined) refuseOffer('preferredMediaType', 'media types such as "text/html"', offer)
    return { weight: ranges.length === 0 ? 1 : weigh(type, ranges) }
  })
}

/**
 * Chooses among language tags by an `Accept-Language` header (RFC 9110 section 12.5.4):
 * `preferredLanguage('de-CH, en;q=0.5', ['en', 'de'])` is `'de'`. A range holds for all tags that it begins
 * (RFC 4647, basic filtering), the longest range before others; where none does, for the tags that it is
 * reduced to (RFC 4647, lookup). Of offers that are liked equally the one that a range names exactly, then
 * one that a range begins, then the longest that one is reduced to, then the first. Else as
 * `preferredMediaType`.
 *
 * @throws TypeError when an offer is no language tag
 */
export function preferredLanguage<Offer extends string>(
  acceptLanguage: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  const ranges = parseWeighted(acceptLanguage).filter(({ name }) => LANGUAGE_RANGE.test(name))
  return best(offers, (offer) => {
    if (!LANGUAGE_TAG.test(offer)) refuseOffer('preferredLanguage', 'language tags such as "de-CH"', offer)
    return ranges.length === 0 ? { weight: 1 } : fitLanguage(offer.toLowerCase(), ranges)
  })
}

/**
 * Chooses among content codings by an `Accept-Encoding` header (RFC 9110 section 12.5.3):
 * `preferredEncoding('gzip, br;q=0.5', ['br', 'gzip', 'identity'])` is `'gzip'`. `identity`, which stands for
 * no coding, is always accepted, though with the least weight, unless the header excludes it; without a
 * header it is the best. Else as `preferredMediaType`.
 *
 * @throws TypeError when an offer is no token
 */
export function preferredEncoding<Offer extends string>(
  acceptEncoding: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  const codings = parseCodings(acceptEncoding)
  return best(offers, (offer) => {
    checkToken('preferredEncoding: offers', offer)
    const coding = codingOf(offer)
    return { weight: weightOf(coding, codings) ?? (coding === 'identity' ? LEAST_WEIGHT : 0) }
  })
}

/**
 * Chooses among charsets by an `Accept-Charset` header (RFC 9110 section 12.5.2), which browsers send no
 * more. As `preferredMediaType`.
 *
 * @throws TypeError when an offer is no token
 */
export function preferredCharset<Offer extends string>(
  acceptCharset: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  const charsets = parseWeighted(acceptCharset)
  return best(offers, (offer) => {
    checkToken('preferredCharset: offers', offer)
    return { weight: charsets.length === 0 ? 1 : (weightOf(offer.toLowerCase(), charsets) ?? 0) }
  })
}

/** A media type, its names in lower case (RFC 9110 section 8.3.1). */
export interface MediaType {
  readonly type: string
  readonly subtype: string
  /** Values as sent, without their quotes; of a repeated name the first. */
  readonly parameters: Map<string, string>
}

/** Reads a media type, as `Content-Type` holds it; `undefined` when it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const [name, ...rest] = splitUnquoted(text, ';')
  const [, type, subtype] = TYPE.exec(name!) ?? []
  if (type === undefined || subtype === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const part of rest) {
    // An empty parameter is allowed, also at the end (RFC 9110 section 5.6.6).
    if (EMPTY.test(part)) continue
    const [, parameter, token, quoted] = PARAMETER.exec(part) ?? []
    if (parameter === undefined) return undefined
    const key = parameter.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, token ?? unquote(quoted!))
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters }
}

/** The media type of a `Content-Type`, without its parameters, in lower case; unchecked. */
export function essenceOf(contentType = ''): string | undefined {
  return contentType.split(';', 1)[0]!.trim().toLowerCase() || undefined
}

/** How well an offer fits: of equal weights, the closer one is better. */
interface Fit {
  readonly weight: number
  readonly closeness?: number
}

/** A member of a list that has weights, in lower case. */
interface Weighted {
  readonly name: string
  readonly weight: number
}

/** A media type, or a whole class of them, and how welcome it is, from 0 to 1. */
interface MediaRange extends MediaType {
  readonly weight: number
}

// A bound on the work. Clients send a few hundred characters; ten times that is no wish.
const MAX_ACCEPT_LENGTH = 4096

const TYPE = /^[\t ]*([!#$%&'*+\-.^`|~\w]+)\/([!#$%&'*+\-.^`|~\w]+)[\t ]*$/
const PARAMETER = /^[\t ]*([!#$%&'*+\-.^`|~\w]+)=(?:([!#$%&'*+\-.^`|~\w]+)|"((?:[^"\\]|\\.)*)")[\t ]*$/s
const EMPTY = /^[\t ]*$/
const WEIGHTED = /^[\t ]*([!#$%&'*+\-.^`|~\w]+)[\t ]*(?:;[\t ]*q=([\d.]+)[\t ]*)?$/i
// RFC 4647 section 2.1; an offer is the same but for the wildcard.
const LANGUAGE_RANGE = /^(?:\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)$/
const LANGUAGE_TAG = /^[a-z]{1,8}(?:-[a-z\d]{1,8})*$/i

// One digit fewer and any number more than section 12.4.2 allows: Java's HttpURLConnection sends `*/*; q=.2`.
const WEIGHT = /^(?:[01](?:\.\d*)?|\.\d+)$/

// Below any that a header can give but 0.
const LEAST_WEIGHT = Number.MIN_VALUE

// Without a header any coding is acceptable (RFC 9110 section 12.5.3), but who asks for none may know none.
const NO_WISH: readonly Weighted[] = [
  { name: 'identity', weight: 1 },
  { name: '*', weight: LEAST_WEIGHT },
]

function best<Offer extends string>(offers: readonly Offer[], fit: (offer: Offer) => Fit): Offer | null {
  let found: Offer | null = null
  let bestWeight = 0
  let bestCloseness = 0
  for (const offer of offers) {
    const { weight, closeness = 0 } = fit(offer)
    if (weight === 0 || weight < bestWeight) continue
    if (weight > bestWeight || closeness > bestCloseness) {
      found = offer
      bestWeight = weight
      bestCloseness = closeness
    }
  }
  return found
}

function refuseOffer(owner: string, kind: string, offer: string): never {
  throw new TypeError(`${owner}: offers: must be ${kind}; got ${JSON.stringify(offer)}`)
}

function parseAccept(accept: string | undefined): MediaRange[] {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH) return []
  const ranges: MediaRange[] = []
  for (const part of splitUnquoted(accept, ',')) {
    const range = parseRange(part)
    if (range !== undefined) ranges.push(range)
  }
  return ranges
}

function parseRange(text: string): MediaRange | undefined {
  const media = parseMediaType(text)
  if (media === undefined || (media.type === '*' && media.subtype !== '*')) return undefined
  const weight = parseWeight(media.parameters.get('q'))
  if (weight === undefined) return undefined
  // It is the weight wherever it stands among the parameters (RFC 9110 section 12.5.1).
  media.parameters.delete('q')
  return { ...media, weight }
}

function parseWeight(text = '1'): number | undefined {
  return WEIGHT.test(text) && Number(text) <= 1 ? Number(text) : undefined
}

function weigh(type: MediaType, ranges: readonly MediaRange[]): number {
  let weight = 0
  let bestSpecificity = -1
  for (const range of ranges) {
    if (!includes(range, type)) continue
    const specificity = specificityOf(range)
    if (specificity > bestSpecificity || (specificity === bestSpecificity && range.weight > weight)) {
      bestSpecificity = specificity
      weight = range.weight
    }
  }
  return weight
}

function includes(range: MediaRange, type: MediaType): boolean {
  if (range.type !== '*' && range.type !== type.type) return false
  if (range.subtype !== '*' && range.subtype !== type.subtype) return false
  for (const [name, value] of range.parameters) {
    // Whether case matters is the parameter's own affair (section 8.3.1); it does not for `charset`, the
    // usual one.
    if (type.parameters.get(name)?.toLowerCase() !== value.toLowerCase()) return false
  }
  return true
}

function specificityOf({ type, subtype, parameters }: MediaRange): number {
  const level = type === '*' ? 0 : subtype === '*' ? 1 : 2
  return level * MAX_ACCEPT_LENGTH + parameters.size
}

/** Members that cannot be read are left out. */
function parseWeighted(header: string | undefined): Weighted[] {
  if (header === undefined || header.length > MAX_ACCEPT_LENGTH) return []
  const members: Weighted[] = []
  for (const part of header.split(',')) {
    const [, name, text] = WEIGHTED.exec(part) ?? []
    const weight = parseWeight(text)
    if (name !== undefined && weight !== undefined) members.push({ name: name.toLowerCase(), weight })
  }
  return members
}

/** What the members say of a name, by itself or else by `*`; `undefined` when they do not. */
function weightOf(name: string, members: readonly Weighted[]): number | undefined {
  return (
    greatestWeight(members, (other) => other === name) ?? greatestWeight(members, (other) => other === '*')
  )
}

function greatestWeight(
  members: readonly Weighted[],
  isMeant: (name: string) => boolean,
): number | undefined {
  let greatest: number | undefined
  for (const { name, weight } of members) {
    if (isMeant(name) && (greatest === undefined || weight > greatest)) greatest = weight
  }
  return greatest
}

function parseCodings(header: string | undefined): readonly Weighted[] {
  const codings = parseWeighted(header)
  // An empty one is a wish for no coding at all.
  if (codings.length === 0 && header !== '') return NO_WISH
  return codings.map(({ name, weight }) => ({ name: codingOf(name), weight }))
}

/** `x-gzip` and `x-compress` are old names (RFC 9110 section 8.4.1). */
function codingOf(name: string): string {
  return name.toLowerCase().replace(/^x-(?=(?:gzip|compress)$)/, '')
}

function fitLanguage(tag: string, ranges: readonly Weighted[]): Fit {
  let longest = ''
  for (const { name } of ranges) if (name.length > longest.length && begins(name, tag)) longest = name
  if (longest !== '') {
    return { weight: weightOf(longest, ranges)!, closeness: longest === tag ? EXACT : BEGUN }
  }
  const reduced = greatestWeight(ranges, (name) => begins(tag, name))
  // Who does not want Swiss German may well want German.
  if (reduced) return { weight: reduced, closeness: tag.length }
  return { weight: weightOf('*', ranges) ?? 0 }
}

// More than the length of any tag that a range is reduced to.
const BEGUN = MAX_ACCEPT_LENGTH
const EXACT = MAX_ACCEPT_LENGTH + 1

/** Whether a tag is the other one, or its first subtags. */
function begins(tag: string, other: string): boolean {
  return other.startsWith(tag) && (other.length === tag.length || other[tag.length] === '-')
}
