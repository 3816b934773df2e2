import { checkToken, extendedValue, quotedString } from './field-syntax.ts'
import { encodeUriReference } from './percent-encoding.ts'

/**
 * The parameters of a link, such as `rel`, `title`, `type`, `hreflang`, `as`; `true` for one without a value.
 */
export interface LinkParams {
  /** What the target is to this page: `'next'`, or several, with spaces between. */
  readonly rel: string
  readonly [name: string]: string | true | undefined
}

/**
 * One link of a `Link` (RFC 8288): `formatLink('/page/2', { rel: 'next' })` is `'</page/2>; rel="next"'`.
 * What a URI cannot hold is percent-encoded in the target; a text that is not ASCII goes out in the form of
 * RFC 8187, `title*=…`.
 *
 * @throws TypeError when `rel` is missing, a name is no token, or a value is no text or has control characters
 */
export function formatLink(target: string | URL, params: LinkParams): string {
  if (typeof params.rel !== 'string' || !RELATIONS.test(params.rel)) {
    throw new TypeError(
      `formatLink: rel: must be relation types, with spaces between; got ${JSON.stringify(params.rel)}`,
    )
  }
  let link = `<${encodeUriReference(String(target))}>`
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) link += `; ${formatParam(name, value)}`
  }
  return link
}

// Names and URIs, which are ASCII (RFC 8288 section 3.3).
const RELATIONS = /^[!#-;=?-~]+(?: [!#-;=?-~]+)*$/
const ASCII = /^[\0-\x7f]*$/
const CONTROL = /\p{Cc}/u

function formatParam(name: string, value: string | true): string {
  checkToken('formatLink: params', name)
  if (value === true) return name
  if (typeof value !== 'string' || CONTROL.test(value)) {
    throw new TypeError(
      `formatLink: ${name}: must be text without control characters, or true; got ${JSON.stringify(value)}`,
    )
  }
  if (name === 'anchor') return `${name}="${encodeUriReference(value)}"`
  return ASCII.test(value)
    ? `${name}=${quotedString(`formatLink: ${name}`, value)}`
    : `${name}*=${extendedValue(value)}`
}
