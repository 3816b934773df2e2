import { type Application, copyEnviron, type Environ } from '@tsgi/core'
import { type Rule, readRules } from './rules.ts'

/**
 * Puts an application inside the layers whose predicates are true of the request: of
 * `MiddlewareComposer(app, [[isA, a], [isB, b], [isC, c]])`, a request that only `isB` is not true of meets
 * `a(c(app))`.
 *
 * All predicates are asked before any layer runs, so each of them sees the environ as it comes from outside; where one
 * has to see what an outer layer changed, a rewritten path for one, that is `when` of `@tsgi/core`. A predicate answers
 * at once; one that gives a promise, which would always be true, throws a `TypeError` when it is asked.
 *
 * What a layer adds may be missing, and is optional to the application. Each layer is built once, so that what it
 * remembers it remembers of every request.
 *
 * @throws TypeError when `app` is no function, a rule is no pair of functions, or a middleware gives no application
 */
export function MiddlewareComposer<E extends object = Environ>(
  app: Application<Environ & E>,
  rules: Rules<Environ & NoInfer<E>>,
): Application<Environ & E> {
  if (typeof app !== 'function') {
    throw new TypeError(`MiddlewareComposer: app: must be an application, a function; got ${typeof app}`)
  }
  const checked = readRules('MiddlewareComposer', rules, 'a middleware')
  // Compositions by the set of true rules would be up to 2^n, and as many copies of each layer: a limiter among them
  // would count anew for each combination that a client can bring about. A fold of `when`s would ask a predicate after
  // the outer layers ran. So the answers travel in the environ, through the copies that layers make of it, under a key
  // that no other composer has.
  // Each composer finds its own; a copy of environ keeps it.
  const answers = `tsgi.middleware_composer.${count++}` as const
  const outermost = checked.reduceRight<Application<Environ & E & Answers>>((inner, rule, i) => {
    const layer = rule.target(inner as Application<Environ & E>)
    if (typeof layer !== 'function') {
      throw new TypeError(
        `MiddlewareComposer: rules[${i}]: middleware must give an application; got ${typeof layer}`,
      )
    }
    return (environ, startResponse) => {
      // A layer may ask for something of its own, with an environ of its own.
      const fits = environ[answers]?.[i] ?? rule.fits(environ)
      return fits ? layer(environ, startResponse) : inner(environ, startResponse)
    }
  }, app)
  return function MiddlewareComposer(environ, startResponse) {
    const given: Answers = { [answers]: checked.map(({ fits }) => fits(environ)) }
    return outermost(copyEnviron(environ, given), startResponse)
  }
}

/**
 * Two middlewares in a list count as one where the compiler takes one for a subtype of the other, whatever it needs. `[]`
 * makes of the list a tuple, of which each is looked at.
 */
type Rules<E extends object> = readonly Rule<E, Layer<E>>[] | readonly []

/** What a middleware is to one application. */
type Layer<E extends object> = (app: Application<E>) => Application<E>

interface Answers {
  [composer: `tsgi.middleware_composer.${number}`]: readonly boolean[]
}

let count = 0
