/**
 * An entity tag as `ETag` holds it (RFC 9110 section 8.8.3). What has no quotes gets them: `abc` and `"abc"`
 * are `"abc"`, and `W/"abc"` stays.
 *
 * @throws TypeError on quotes elsewhere, and on anything but visible ASCII
 */
export function entityTag(text: string): string {
  if (OPAQUE.test(text)) return `"${text}"`
  if (ENTITY_TAG.test(text)) return text
  throw new TypeError(
    'entityTag: text: must be visible ASCII without quotes, or a whole entity tag such as W/"abc" ' +
      `(RFC 9110 section 8.8.3); got ${JSON.stringify(text)}`,
  )
}

/**
 * Reads the list of `If-Match` or `If-None-Match`: the entity tags with their quotes, or `'*'`. A member that
 * is no entity tag is left out, so a list of nothing else matches nothing.
 */
export function parseEntityTags(header: string): '*' | string[] {
  if (ANY.test(header)) return '*'
  return header.match(MEMBER) ?? []
}

/**
 * Whether two entity tags stand for the same bytes (RFC 9110 section 8.8.3.2): equal, and neither is weak.
 */
export function isStrongMatch(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/')
}

/** Whether two entity tags stand for the same content (RFC 9110 section 8.8.3.2): equal, weak or not. */
export function isWeakMatch(a: string, b: string): boolean {
  return a.replace(WEAK, '') === b.replace(WEAK, '')
}

const OPAQUE = /^[!#-~]*$/
const ENTITY_TAG = /^(?:W\/)?"[!#-~]*"$/
const WEAK = /^W\//
const ANY = /^[\t ]*\*[\t ]*$/
// A client may have got one with bytes above ASCII from somebody else; there are no escapes in it. What it
// begins with is looked for first: to look back from each blank of many takes quadratic time.
const MEMBER = /(?=W\/"|")(?<=(?:^|,)[\t ]*)(?:W\/)?"[!#-~\x80-\xff]*"(?=[\t ]*(?:,|$))/g
