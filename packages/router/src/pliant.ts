import type { Application, Body, Environ, RoutingEnviron, StartResponse } from '@tsgi/core'

/**
 * Makes an application of a function that takes what the router found as arguments: the positional values, and last
 * the named ones.
 *
 *     selector.get('/users/:id', pliant((environ, startResponse, { id }) => …))
 *
 * How many positional values there are is the pattern's to say: a function that wants more of them finds the named ones
 * in their place. Where no router stands outside there are none, and nothing is named. Application and function have the
 * same name; a method is given as `pliant(object.method.bind(object))`.
 *
 * @throws TypeError when `fn` is no function
 */
export function pliant<
  Params extends object = {},
  Positional extends readonly string[] = [],
  E extends object = Environ,
>(
  fn: (
    environ: Environ & E & RoutingEnviron<Params>,
    startResponse: StartResponse,
    ...args: [...positional: Positional, named: Params]
  ) => Body | Promise<Body>,
): Application<Environ & E & RoutingEnviron<Params>> {
  if (typeof fn !== 'function') throw new TypeError(`pliant: fn: must be a function; got ${typeof fn}`)
  const application: Application<Environ & E & RoutingEnviron<Params>> = (environ, startResponse) => {
    const routed: Partial<RoutingEnviron<Params>> = environ
    const [positional, named] = routed['wsgiorg.routing_args'] ?? [[], Object.create(null) as Params]
    return fn(environ, startResponse, ...(positional as readonly string[] as Positional), named)
  }
  return Object.defineProperty(application, 'name', { value: fn.name || 'pliant', configurable: true })
}
