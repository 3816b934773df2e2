import {
  type Application,
  type Body,
  type Environ,
  type Header,
  type StartResponse,
  status,
} from '@tsgi/core'
import { isToken } from '@tsgi/core/gateway'
import { plainAnswer } from './plain-answer.ts'
import { readTable } from './table.ts'

/** What `status405` finds: the methods that the path has, `['GET', 'HEAD', 'POST', 'OPTIONS']`. */
export interface MethodsEnviron {
  'selector.methods': readonly string[]
}

/**
 * Applications by method token, `{ GET: show, POST: change }`; `_ANY_` takes the methods that are not named.
 */
export type Methods<E extends object = Environ> = Readonly<Record<string, Application<E>>>

/**
 * Reads a table of methods, its own members only; `HEAD` is in the result wherever `GET` is. A request for a method
 * that the result has not is for `_ANY_`.
 *
 * @throws TypeError when the table is empty, names a method that is no token, or holds what is no function
 */
export function readMethods<E extends object>(
  where: string,
  methods: Methods<E>,
): ReadonlyMap<string, Application<E>> {
  const entries = readTable(methods, `${where}: must have applications by method, as in { GET: app }`)
  const applications = new Map<string, Application<E>>()
  for (const [method, app] of entries) {
    // `Allow` shows these names to the client.
    if (!isToken(method)) {
      throw new TypeError(
        `${where}: a method must be a token (RFC 9110 section 5.6.2); got ${JSON.stringify(method)}`,
      )
    }
    if (typeof app !== 'function') {
      throw new TypeError(`${where}: ${method}: must be an application, a function; got ${typeof app}`)
    }
    applications.set(method, app)
    if (method === 'GET' && !applications.has('HEAD')) applications.set('HEAD', app)
  }
  return applications
}

/** What `Allow` lists where none of these tables takes a request: their methods, each once, and `OPTIONS`. */
export function allowedMethods(tables: Iterable<ReadonlyMap<string, unknown>>): string[] {
  const methods = new Set<string>()
  for (const table of tables) for (const method of table.keys()) methods.add(method)
  return [...methods.add('OPTIONS')]
}

export function methodNotAllowed(environ: MethodsEnviron, startResponse: StartResponse): Body {
  return plainAnswer(startResponse, 405, allow(environ))
}

/** Answers an `OPTIONS` that no application was named for (RFC 9110 section 9.3.7). */
export function optionsAnswer(environ: MethodsEnviron, startResponse: StartResponse): Body {
  startResponse(status(204), [allow(environ)])
  return []
}

function allow(environ: MethodsEnviron): Header {
  return ['Allow', environ['selector.methods'].join(', ')]
}
