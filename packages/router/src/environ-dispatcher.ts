import type { Application, Environ } from '@tsgi/core'
import { notFound } from './plain-answer.ts'
import { type Rule, readRules } from './rules.ts'

export interface EnvironDispatcherOptions<E extends object = Environ> {
  /** Answers where no predicate is true. Default a 404 in plain text. */
  otherwise?: Application<Environ & E>
}

/**
 * Gives each request to the application of the first predicate that is true of its environ:
 *
 *     EnvironDispatcher([[(environ) => environ.HTTP_UPGRADE === 'websocket', sockets]], { otherwise: site })
 *
 * A predicate answers at once; one that gives a promise, which would always be true, throws a `TypeError` when it is
 * asked.
 *
 * @throws TypeError when a rule is no pair of functions, or an option is wrong
 */
export function EnvironDispatcher<E extends object = Environ>(
  rules: readonly Rule<Environ & E, Application<Environ & E>>[],
  options: EnvironDispatcherOptions<E> = {},
): Application<Environ & E> {
  const checked = readRules('EnvironDispatcher', rules, 'an application')
  const otherwise = parseOtherwise(options)
  return function EnvironDispatcher(environ, startResponse) {
    const rule = checked.find(({ fits }) => fits(environ))
    return (rule?.target ?? otherwise)(environ, startResponse)
  }
}

function parseOtherwise<E extends object>(options: EnvironDispatcherOptions<E>): Application<Environ & E> {
  if (typeof options !== 'object' || options === null) {
    const found = options === null ? 'null' : typeof options
    throw new TypeError(`EnvironDispatcher: options: must be an object; got ${found}`)
  }
  const { otherwise = notFound, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw new TypeError(
      `EnvironDispatcher: options: must be without other members; got ${JSON.stringify(unknown)}`,
    )
  }
  if (typeof otherwise !== 'function') {
    throw new TypeError(
      `EnvironDispatcher: options.otherwise: must be an application, a function; got ${typeof otherwise}`,
    )
  }
  return otherwise
}
