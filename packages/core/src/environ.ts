import type { Environ } from './contract.ts'
import { BareObject } from './fast-object.ts'

/**
 * A copy of an environ with some keys changed, for the inner side: whoever holds the old one still holds the truth.
 */
export function copyEnviron<E extends Environ, Changes extends object>(
  environ: E,
  changes: Changes,
): E & Changes {
  return Object.assign(new BareObject(), environ, changes) as E & Changes
}
