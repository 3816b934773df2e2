import { isStrongMatch, isWeakMatch } from './etag.ts'
import { parseHttpDate } from './http-date.ts'

/** What a request asks of the representation before it is to be answered; a `Request` is such. */
export interface Conditions {
  readonly method: string
  /** Entity tags with their quotes, as `parseEntityTags` reads them; absent where the header is. */
  readonly ifMatch?: '*' | readonly string[] | undefined
  readonly ifNoneMatch?: '*' | readonly string[] | undefined
  /**
   * Absent also where the header holds no date: then it is to be ignored (RFC 9110 sections 13.1.3 and
   * 13.1.4).
   */
  readonly ifModifiedSince?: Date | undefined
  readonly ifUnmodifiedSince?: Date | undefined
}

/** What tells one state of a representation from another. */
export interface Validators {
  /** With its quotes: `'W/"abc"'`. */
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
}

/** `'proceed'` says nothing against the request; the others stand for the statuses 304 and 412. */
export type Verdict = 'proceed' | 'not-modified' | 'precondition-failed'

/**
 * Evaluates the conditions of a request in the order of precedence of RFC 9110 section 13.2.2. `current` is
 * the representation that there is, `null` where there is none. Not to be asked where the answer without them
 * would be neither 2xx nor 412 (section 13.2.1).
 */
export function evaluateConditions(conditions: Conditions, current: Validators | null): Verdict {
  const { method, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (UNCONDITIONAL.test(method)) return 'proceed'
  const lastModified = current?.lastModified
  if (ifMatch !== undefined) {
    if (!includes(ifMatch, current, isStrongMatch)) return 'precondition-failed'
  } else if (ifUnmodifiedSince !== undefined && lastModified !== undefined) {
    if (isLater(lastModified, ifUnmodifiedSince)) return 'precondition-failed'
  }
  const isRead = method === 'GET' || method === 'HEAD'
  if (ifNoneMatch !== undefined) {
    if (!includes(ifNoneMatch, current, isWeakMatch)) return 'proceed'
    return isRead ? 'not-modified' : 'precondition-failed'
  }
  if (isRead && ifModifiedSince !== undefined && lastModified !== undefined) {
    if (!isLater(lastModified, ifModifiedSince)) return 'not-modified'
  }
  return 'proceed'
}

/**
 * Whether `If-Range`, as sent, lets `Range` be answered: it is absent, or names the current representation
 * exactly, by a strong entity tag or by its date (RFC 9110 section 13.1.5).
 */
export function isRangeCurrent(ifRange: string | undefined, { etag, lastModified }: Validators): boolean {
  if (ifRange === undefined) return true
  if (ifRange.includes('"')) return etag !== undefined && isStrongMatch(ifRange, etag)
  const date = parseHttpDate(ifRange)
  return date !== undefined && lastModified !== undefined && seconds(date) === seconds(lastModified)
}

// Of these there is no representation to select (RFC 9110 section 13.2.1).
const UNCONDITIONAL = /^(?:CONNECT|OPTIONS|TRACE)$/

function includes(
  tags: '*' | readonly string[],
  current: Validators | null,
  isMatch: (a: string, b: string) => boolean,
): boolean {
  if (current === null) return false
  if (tags === '*') return true
  const { etag } = current
  return etag !== undefined && tags.some((tag) => isMatch(tag, etag))
}

function isLater(date: Date, other: Date): boolean {
  return seconds(date) > seconds(other)
}

/** Fields hold whole seconds, files and databases more. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
