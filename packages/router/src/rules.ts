import { forgettable, isPromiseLike } from '@tsgi/core/gateway'

/** A question to a request, and what is for the requests of which it is true. It is answered at once. */
export type Rule<E extends object, Target> = readonly [predicate: (environ: E) => boolean, target: Target]

/** A rule whose predicate throws a `TypeError` where it gives a promise, which would always be true. */
export interface CheckedRule<E extends object, Target> {
  fits: (environ: E) => boolean
  target: Target
}

/** @throws TypeError when the rules are no list, or one of them is no pair of functions */
export function readRules<E extends object, Target>(
  owner: string,
  rules: readonly Rule<E, Target>[],
  targetIs: 'an application' | 'a middleware',
): CheckedRule<E, Target>[] {
  if (!Array.isArray(rules)) {
    throw new TypeError(`${owner}: rules: must be a list of [predicate, ${targetIs}]; got ${nameOf(rules)}`)
  }
  return Array.from(rules as readonly Rule<E, Target>[], (rule, i) => {
    const where = `${owner}: rules[${i}]`
    if (!Array.isArray(rule) || rule.length !== 2) {
      throw new TypeError(`${where}: must be [predicate, ${targetIs}]; got ${nameOf(rule)}`)
    }
    const [predicate, target] = rule as Rule<E, Target>
    if (typeof predicate !== 'function') {
      throw new TypeError(`${where}: predicate: must be a function; got ${nameOf(predicate)}`)
    }
    if (typeof target !== 'function') {
      throw new TypeError(`${where}: must have ${targetIs}, a function; got ${nameOf(target)}`)
    }
    return { fits: checkPredicate(where, predicate), target }
  })
}

function checkPredicate<E extends object>(
  where: string,
  predicate: (environ: E) => boolean,
): (environ: E) => boolean {
  return (environ) => {
    const answer: unknown = predicate(environ)
    if (!isPromiseLike(answer)) return Boolean(answer)
    forgettable(answer)
    throw new TypeError(`${where}: predicate: must answer true or false at once; got a promise`)
  }
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  return value === null ? 'null' : typeof value
}
