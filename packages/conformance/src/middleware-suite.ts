import type { Middleware } from '@tsgi/core'
import { type Case, makeSuite, type Suite } from './case.ts'
import { bodyCases } from './middleware/body-cases.ts'
import { environCases } from './middleware/environ-cases.ts'
import { errorCases } from './middleware/error-cases.ts'
import type { MiddlewareFeature } from './middleware/feature.ts'
import { headCases } from './middleware/head-cases.ts'
import { type MiddlewareTraits, type MiddlewareTrial, middlewareAttempt } from './middleware-trial.ts'

export interface MiddlewareSuiteOptions<Needs extends object = {}> extends MiddlewareTraits {
  /** Default `'middleware'`. */
  readonly title?: string
  /** Makes the keys that outer layers would have added, anew for each request. */
  readonly environ?: () => Needs
}

/** Every obligation of a layer that no validator sees, or that shows only when something goes wrong. */
export const MIDDLEWARE_CASES: readonly Case<MiddlewareTrial, MiddlewareFeature>[] = [
  ...bodyCases,
  ...errorCases,
  ...headCases,
  ...environCases,
]

/**
 * What a middleware must pass, in memory, with a validator on either side of it. A layer that needs keys in `environ` is
 * given them by `options.environ`.
 */
export function middlewareSuite<Adds extends object, Needs extends object>(
  middleware: Middleware<Adds, Needs>,
  ...[options = {}]: {} extends Needs
    ? [options?: MiddlewareSuiteOptions<Needs>]
    : [options: MiddlewareSuiteOptions<Needs> & { readonly environ: () => Needs }]
): Suite {
  const { title = 'middleware', environ, ...traits }: MiddlewareSuiteOptions<Needs> = options
  const without = {
    ...(traits.buffers && { streaming: 'it buffers' }),
    ...(traits.rewritesBody && { 'same-bytes': 'it rewrites the body' }),
    ...(traits.async && { sync: 'it is async' }),
  }
  // The types have seen to it that the layer finds what it needs; from here on they are in the way.
  const attempt = middlewareAttempt(middleware as unknown as Middleware, traits, environ)
  return makeSuite<MiddlewareTrial, MiddlewareFeature>(title, MIDDLEWARE_CASES, without, attempt)
}
