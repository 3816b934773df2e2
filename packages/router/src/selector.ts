import {
  type Application,
  type Body,
  copyEnviron,
  type Environ,
  type RoutingEnviron,
  type StartResponse,
  status,
  text,
} from '@tsgi/core'
import { Callable } from './callable.ts'
import { compilePattern, type Params, type PathParams } from './pattern.ts'

/** What `status405` finds: the methods that the path has, `['GET', 'HEAD', 'POST']`. */
export interface SelectorEnviron {
  'selector.methods': readonly string[]
}

/** Applications by method token, `{ GET: show, POST: change }`; `_ANY_` takes the methods that are not named. */
export type Methods<E extends object> = Readonly<Record<string, Application<E>>>

/**
 * An application that picks another by `PATH_INFO` and `REQUEST_METHOD`. The first route, in order of registration,
 * that has both the path and the method gets the request. `E` is what the outer layers add to `environ`.
 */
export class Selector<E extends object = Environ> extends Callable<Application<Environ & E>> {
  /** Answers when no route has the path. It may be replaced, by another `Selector` too. */
  status404: Application<Environ & E> = notFound
  /** Answers when routes have the path and none has the method. It may be replaced. */
  status405: Application<Environ & E & SelectorEnviron> = methodNotAllowed

  readonly #routes: Route<E>[] = []

  constructor() {
    super((environ, startResponse) => this.#dispatch(environ, startResponse))
  }

  /**
   * Adds a route. `GET`'s application answers `HEAD` too, where the table has none for it. What the pattern names is
   * in `environ['wsgiorg.routing_args']`.
   *
   * @throws PatternError when the pattern is malformed
   * @throws TypeError when the table is empty, names a method that is no token, or holds what is no function
   */
  add<const Pattern extends string>(
    pattern: Pattern,
    methods: Methods<Environ & E & RoutingEnviron<PathParams<Pattern>>>,
  ): this {
    const match = compilePattern(pattern)
    this.#routes.push({ pattern, match, applications: readMethods(pattern, methods as Methods<Routed<E>>) })
    return this
  }

  #dispatch(environ: Environ & E, startResponse: StartResponse): Body | Promise<Body> {
    const { PATH_INFO: path, REQUEST_METHOD: method } = environ
    let refusing: Route<E>[] | undefined
    for (const route of this.#routes) {
      const params = route.match(path)
      if (params === undefined) continue
      const app = route.applications.get(method) ?? route.applications.get('_ANY_')
      if (app !== undefined) return app(withParams(environ, route.pattern, params), startResponse)
      refusing ??= []
      refusing.push(route)
    }
    if (refusing === undefined) return this.status404(environ, startResponse)
    const methods = new Set(refusing.flatMap(({ applications }) => [...applications.keys()]))
    return this.status405(withKey(environ, 'selector.methods', [...methods]), startResponse)
  }
}

/** What an application finds whose pattern is forgotten. */
type Routed<E> = Environ & E & RoutingEnviron<Params>

interface Route<E> {
  pattern: string
  match: (path: string) => Params | undefined
  /** `HEAD` is here wherever `GET` is. */
  applications: ReadonlyMap<string, Application<Routed<E>>>
}

// RFC 9110 section 5.6.2; `Allow` shows these names to the client.
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/

function readMethods<E extends object>(pattern: string, methods: Methods<E>): Map<string, Application<E>> {
  const where = `selector: pattern ${JSON.stringify(pattern)}`
  const entries = typeof methods === 'object' ? Object.entries(methods ?? {}) : []
  if (entries.length === 0) {
    const found = typeof methods === 'object' ? JSON.stringify(methods) : typeof methods
    throw new TypeError(`${where}: must have applications by method, as in { GET: app }; got ${found}`)
  }
  const applications = new Map<string, Application<E>>()
  for (const [method, app] of entries) {
    if (!TOKEN.test(method)) {
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

function withParams<E extends object>(environ: Environ & E, pattern: string, params: Params): Routed<E> {
  environ['tsgi.exchange'].route = environ.SCRIPT_NAME + pattern
  const outer = (environ as Partial<RoutingEnviron>)['wsgiorg.routing_args']
  // Where an outer router has the name too, its value stays, as in the original Selector.
  return withKey(
    environ,
    'wsgiorg.routing_args',
    outer === undefined ? [NO_ARGS, params] : [[...outer[0]], Object.assign(params, outer[1])],
  )
}

const NO_ARGS: readonly string[] = Object.freeze([])

/** Adds a key in place; one that an outer layer has set changes in a copy, so that it keeps what it holds. */
function withKey<E extends Environ, Key extends string, Value>(
  environ: E,
  key: Key,
  value: Value,
): E & Record<Key, Value> {
  if (key in environ) return copyEnviron(environ, { [key]: value } as Record<Key, Value>)
  ;(environ as Record<string, unknown>)[key] = value
  return environ as E & Record<Key, Value>
}

function notFound(_environ: object, startResponse: StartResponse): Body {
  startResponse(status(404), [['Content-Type', 'text/plain; charset=utf-8']])
  return text('404 Not Found\n')
}

function methodNotAllowed(environ: SelectorEnviron, startResponse: StartResponse): Body {
  startResponse(status(405), [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Allow', environ['selector.methods'].join(', ')],
  ])
  return text('405 Method Not Allowed\n')
}
