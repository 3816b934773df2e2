import type { Application, Environ } from '@tsgi/core'
import { allowedMethods, type Methods, methodNotAllowed, optionsAnswer, readMethods } from './methods.ts'

/**
 * Gives each request to the application of its method: `ByMethod({ GET: show, POST: change })`. Only the table's own
 * members count; `_ANY_` takes the methods that are not named.
 *
 * `GET`'s application answers `HEAD` too, where the table names none for it. Without `_ANY_`, an `OPTIONS` that is not
 * named is answered 204 and every other method 405, both with `Allow`.
 *
 * @throws TypeError when the table is empty, names a method that is no token, or holds what is no function
 */
export function ByMethod<E extends object = Environ>(
  methods: Methods<Environ & E>,
): Application<Environ & E> {
  const applications = readMethods('ByMethod', methods)
  const refused = { 'selector.methods': allowedMethods([applications]) }
  return function ByMethod(environ, startResponse) {
    const method = environ.REQUEST_METHOD
    const app = applications.get(method) ?? applications.get('_ANY_')
    if (app !== undefined) return app(environ, startResponse)
    return method === 'OPTIONS'
      ? optionsAnswer(refused, startResponse)
      : methodNotAllowed(refused, startResponse)
  }
}
