import type { Application, Environ, Middleware } from './contract.ts'

/**
 * Wraps an application in a layer for the requests that fit, and leaves it bare for the others. Both ways are built
 * once; what the layer adds may be missing, and is optional to the inner side.
 */
export function when<Adds extends object, Needs extends object>(
  predicate: (environ: Environ & Needs) => boolean,
  middleware: Middleware<Adds, Needs>,
): Middleware<Partial<Adds>, Needs> {
  return <E extends Environ & Needs>(app: Application<E & Partial<Adds>>): Application<E> => {
    const wrapped = middleware<E>(app)
    const layer: Application<E> = (environ, startResponse) =>
      predicate(environ) ? wrapped(environ, startResponse) : app(environ, startResponse)
    return Object.defineProperty(layer, 'name', { value: `when(${wrapped.name || middleware.name})` })
  }
}
