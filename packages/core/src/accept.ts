/**
 * Chooses among media types by an `Accept` header (RFC 9110 section 12.5.1): `preferredMediaType('text/*;q=0.5,
 * application/json', ['text/html', 'application/json'])` is `'application/json'`. For each offer the most specific
 * range decides; of the best offers, the first. `null` when the header excludes them all. A header that is missing,
 * or of which nothing can be read, accepts everything.
 *
 * @throws TypeError when an offer is no media type
 */
export function preferredMediaType<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  const ranges = parseAccept(accept)
  let best: Offer | null = null
  let bestWeight = 0
  for (const offer of offers) {
    const type = parseMediaType(offer)
    if (type === undefined) {
      throw new TypeError(
        `preferredMediaType: offers: must be media types such as "text/html"; got ${JSON.stringify(offer)}`,
      )
    }
    const weight = ranges.length === 0 ? 1 : weigh(type, ranges)
    if (weight > bestWeight) {
      best = offer
      bestWeight = weight
    }
  }
  return best
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
    if (!parameters.has(key)) parameters.set(key, token ?? quoted!.replace(QUOTED_PAIR, '$1'))
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters }
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
const QUOTED_PAIR = /\\(.)/gs

// One digit fewer and any number more than section 12.4.2 allows: Java's HttpURLConnection sends `*/*; q=.2`.
const WEIGHT = /^(?:[01](?:\.\d*)?|\.\d+)$/

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
  const weight = media.parameters.get('q') ?? '1'
  if (!WEIGHT.test(weight) || Number(weight) > 1) return undefined
  // It is the weight wherever it stands among the parameters (RFC 9110 section 12.5.1).
  media.parameters.delete('q')
  return { ...media, weight: Number(weight) }
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
    // Whether case matters is the parameter's own affair (section 8.3.1); it does not for `charset`, the usual one.
    if (type.parameters.get(name)?.toLowerCase() !== value.toLowerCase()) return false
  }
  return true
}

function specificityOf({ type, subtype, parameters }: MediaRange): number {
  const level = type === '*' ? 0 : subtype === '*' ? 1 : 2
  return level * MAX_ACCEPT_LENGTH + parameters.size
}

/** Cuts a text at a separator, but not inside of quotes; a quote left open takes in all the rest. */
function splitUnquoted(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (isQuoted && character === '\\') i++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
