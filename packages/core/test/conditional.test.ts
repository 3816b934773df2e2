import { describe, expect, it } from 'vitest'
import {
  type Conditions,
  evaluateConditions,
  isRangeCurrent,
  type Validators,
  type Verdict,
} from '../src/conditional.ts'

const BEFORE = new Date('2026-10-21T11:59:59Z')
const DATE = new Date('2026-10-21T12:00:00Z')
const AFTER = new Date('2026-10-21T12:00:01Z')
const WITHIN = new Date('2026-10-21T12:00:00.999Z')

const CURRENT: Validators = { etag: '"a"', lastModified: DATE }
const WEAK: Validators = { etag: 'W/"a"', lastModified: DATE }
const BARE: Validators = {}

describe('evaluateConditions', () => {
  it.each<
    [section: string, method: string, conditions: Omit<Conditions, 'method'>, Validators | null, Verdict]
  >([
    ['13.2.2', 'GET', {}, CURRENT, 'proceed'],
    ['13.2.2', 'PUT', {}, null, 'proceed'],
    // If-Match: true when one of them is strongly equal.
    ['13.1.1', 'PUT', { ifMatch: ['"a"'] }, CURRENT, 'proceed'],
    ['13.1.1', 'PUT', { ifMatch: ['"x"', '"a"'] }, CURRENT, 'proceed'],
    ['13.1.1', 'PUT', { ifMatch: ['"x"'] }, CURRENT, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: ['W/"a"'] }, CURRENT, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: ['W/"a"'] }, WEAK, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: [] }, CURRENT, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: ['"a"'] }, BARE, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: ['"a"'] }, null, 'precondition-failed'],
    ['13.1.1', 'PUT', { ifMatch: '*' }, BARE, 'proceed'],
    ['13.1.1', 'PUT', { ifMatch: '*' }, null, 'precondition-failed'],
    ['13.1.1', 'GET', { ifMatch: ['"x"'] }, CURRENT, 'precondition-failed'],
    // If-Unmodified-Since: true when the date is not later.
    ['13.1.4', 'PUT', { ifUnmodifiedSince: DATE }, CURRENT, 'proceed'],
    ['13.1.4', 'PUT', { ifUnmodifiedSince: AFTER }, CURRENT, 'proceed'],
    ['13.1.4', 'PUT', { ifUnmodifiedSince: BEFORE }, CURRENT, 'precondition-failed'],
    ['13.1.4', 'GET', { ifUnmodifiedSince: BEFORE }, CURRENT, 'precondition-failed'],
    ['13.1.4', 'PUT', { ifUnmodifiedSince: BEFORE }, BARE, 'proceed'],
    ['13.1.4', 'PUT', { ifUnmodifiedSince: BEFORE }, null, 'proceed'],
    ['5.6.7, whole seconds', 'PUT', { ifUnmodifiedSince: DATE }, { lastModified: WITHIN }, 'proceed'],
    ['13.1.4, after If-Match', 'PUT', { ifMatch: ['"a"'], ifUnmodifiedSince: BEFORE }, CURRENT, 'proceed'],
    [
      '13.1.4, after If-Match',
      'PUT',
      { ifMatch: ['"x"'], ifUnmodifiedSince: AFTER },
      CURRENT,
      'precondition-failed',
    ],
    // If-None-Match: false when one of them is weakly equal.
    ['13.1.2', 'GET', { ifNoneMatch: ['"a"'] }, CURRENT, 'not-modified'],
    ['13.1.2', 'HEAD', { ifNoneMatch: ['"a"'] }, CURRENT, 'not-modified'],
    ['13.1.2', 'GET', { ifNoneMatch: ['W/"a"'] }, CURRENT, 'not-modified'],
    ['13.1.2', 'GET', { ifNoneMatch: ['"a"'] }, WEAK, 'not-modified'],
    ['13.1.2', 'GET', { ifNoneMatch: ['"x"', '"a"'] }, CURRENT, 'not-modified'],
    ['13.1.2', 'GET', { ifNoneMatch: ['"x"'] }, CURRENT, 'proceed'],
    ['13.1.2', 'GET', { ifNoneMatch: [] }, CURRENT, 'proceed'],
    ['13.1.2', 'GET', { ifNoneMatch: ['"a"'] }, BARE, 'proceed'],
    ['13.1.2', 'GET', { ifNoneMatch: '*' }, BARE, 'not-modified'],
    ['13.1.2', 'GET', { ifNoneMatch: '*' }, null, 'proceed'],
    ['13.1.2', 'PUT', { ifNoneMatch: '*' }, null, 'proceed'],
    ['13.1.2', 'PUT', { ifNoneMatch: '*' }, CURRENT, 'precondition-failed'],
    ['13.1.2', 'POST', { ifNoneMatch: ['"a"'] }, CURRENT, 'precondition-failed'],
    ['13.1.2', 'DELETE', { ifNoneMatch: ['"x"'] }, CURRENT, 'proceed'],
    // If-Modified-Since: false when the date is not later.
    ['13.1.3', 'GET', { ifModifiedSince: DATE }, CURRENT, 'not-modified'],
    ['13.1.3', 'HEAD', { ifModifiedSince: DATE }, CURRENT, 'not-modified'],
    ['13.1.3', 'GET', { ifModifiedSince: AFTER }, CURRENT, 'not-modified'],
    ['13.1.3', 'GET', { ifModifiedSince: BEFORE }, CURRENT, 'proceed'],
    ['13.1.3', 'GET', { ifModifiedSince: DATE }, BARE, 'proceed'],
    ['13.1.3', 'GET', { ifModifiedSince: DATE }, null, 'proceed'],
    ['13.1.3', 'PUT', { ifModifiedSince: DATE }, CURRENT, 'proceed'],
    ['5.6.7, whole seconds', 'GET', { ifModifiedSince: DATE }, { lastModified: WITHIN }, 'not-modified'],
    // The date does not count beside the tag, whatever either says.
    [
      '13.1.3, after If-None-Match',
      'GET',
      { ifNoneMatch: ['"x"'], ifModifiedSince: DATE },
      CURRENT,
      'proceed',
    ],
    [
      '13.1.3, after If-None-Match',
      'GET',
      { ifNoneMatch: ['"a"'], ifModifiedSince: BEFORE },
      CURRENT,
      'not-modified',
    ],
    // 412 goes before 304.
    ['13.2.2', 'GET', { ifMatch: ['"x"'], ifNoneMatch: ['"a"'] }, CURRENT, 'precondition-failed'],
    ['13.2.2', 'GET', { ifMatch: ['"a"'], ifNoneMatch: ['"a"'] }, CURRENT, 'not-modified'],
    ['13.2.2', 'GET', { ifMatch: ['"a"'], ifModifiedSince: DATE }, CURRENT, 'not-modified'],
    ['13.2.2', 'GET', { ifUnmodifiedSince: BEFORE, ifNoneMatch: ['"a"'] }, CURRENT, 'precondition-failed'],
    ['13.2.2', 'GET', { ifUnmodifiedSince: DATE, ifModifiedSince: DATE }, CURRENT, 'not-modified'],
    ['13.2.2', 'PUT', { ifMatch: ['"a"'], ifNoneMatch: ['"x"'] }, CURRENT, 'proceed'],
    // Methods that select no representation.
    ['13.2.1', 'OPTIONS', { ifMatch: ['"x"'], ifNoneMatch: ['"a"'] }, CURRENT, 'proceed'],
    ['13.2.1', 'TRACE', { ifMatch: ['"x"'] }, CURRENT, 'proceed'],
    ['13.2.1', 'CONNECT', { ifNoneMatch: '*' }, CURRENT, 'proceed'],
    // Methods have a case.
    ['9.1', 'get', { ifNoneMatch: ['"a"'] }, CURRENT, 'precondition-failed'],
  ])(
    'judges by RFC 9110 section %s: %s with %o on %o: %s',
    (_section, method, conditions, current, verdict) => {
      expect(evaluateConditions({ method, ...conditions }, current)).toBe(verdict)
    },
  )
})

describe('isRangeCurrent', () => {
  it.each<[section: string, ifRange: string | undefined, Validators, isCurrent: boolean]>([
    ['13.1.5', undefined, CURRENT, true],
    ['13.1.5', undefined, BARE, true],
    ['13.1.5', '"a"', CURRENT, true],
    ['13.1.5', '"x"', CURRENT, false],
    ['13.1.5', '"a"', BARE, false],
    ['8.8.3.2', 'W/"a"', CURRENT, false],
    ['8.8.3.2', '"a"', WEAK, false],
    ['8.8.3.2', 'W/"a"', WEAK, false],
    ['13.1.5, one only', '"a", "b"', CURRENT, false],
    ['13.1.5, exactly', 'Wed, 21 Oct 2026 12:00:00 GMT', CURRENT, true],
    ['13.1.5, exactly', 'Wed, 21 Oct 2026 12:00:00 GMT', { lastModified: WITHIN }, true],
    ['13.1.5, exactly', 'Wed, 21 Oct 2026 12:00:01 GMT', CURRENT, false],
    ['13.1.5, exactly', 'Wed, 21 Oct 2026 11:59:59 GMT', CURRENT, false],
    ['13.1.5', 'Wed, 21 Oct 2026 12:00:00 GMT', BARE, false],
    ['5.6.7', 'Wednesday, 21-Oct-26 12:00:00 GMT', CURRENT, true],
    ['13.1.5', '*', CURRENT, false],
    ['13.1.5', 'a', CURRENT, false],
    ['13.1.5', '', CURRENT, false],
  ])('judges by RFC 9110 section %s: %j on %o', (_section, ifRange, current, isCurrent) => {
    expect(isRangeCurrent(ifRange, current)).toBe(isCurrent)
  })
})
