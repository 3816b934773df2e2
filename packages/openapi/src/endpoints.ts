import { type Application, layersOf } from '@tsgi/core'
import type { DescribedRoute, DescribedRouter } from './described-route.ts'
import type { OpenapiMethod } from './document.ts'
import { joinPaths, type PathPart, type PathTemplate, pathsOf, templateOf } from './path-templates.ts'

/** One method of one path. */
export interface Endpoint {
  readonly template: PathTemplate
  /** One for each name of the template. */
  readonly params: readonly EndpointParam[]
  readonly method: OpenapiMethod
  readonly app: Application<never>
  readonly host: string | undefined
  /** The name of the route, with the method where it has several. */
  readonly name: string | undefined
}

export interface EndpointParam {
  readonly name: string
  readonly isWildcard: boolean
  /** Those of the route that has the param in its pattern. */
  readonly schemas: DescribedRoute['schemas']
}

/** All that a router answers and OpenAPI can tell of, in the order in which it is tried; with the routers mounted in it. */
export function endpointsOf(router: DescribedRouter): Endpoint[] {
  return [...endpointsUnder(router, { parts: [], params: [], host: undefined, routers: [router] })]
}

/** Where a router is mounted. */
interface Mount {
  readonly parts: readonly PathPart[]
  readonly params: readonly EndpointParam[]
  readonly host: string | undefined
  /** The routers on the way here: one that is mounted within itself has no end. */
  readonly routers: readonly DescribedRouter[]
}

/** Case counts: to a router, `get` is a method of its own. */
const METHODS: ReadonlyMap<string, OpenapiMethod> = new Map([
  ['GET', 'get'],
  ['HEAD', 'head'],
  ['POST', 'post'],
  ['PUT', 'put'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
  ['OPTIONS', 'options'],
  ['TRACE', 'trace'],
])

function* endpointsUnder(router: DescribedRouter, mount: Mount): Generator<Endpoint> {
  for (const { name, host = mount.host, applications, tokens, schemas } of router.routes()) {
    const methods = listed(applications)
    const mounted = routerOf(applications.get('_ANY_'))
    for (const own of tokens === undefined ? [] : pathsOf(tokens)) {
      const parts = joinPaths(mount.parts, own)
      const params = [...mount.params, ...paramsOf(own, schemas)]
      const template = templateOf(parts)
      if (template.path.startsWith('/')) {
        for (const [method, app] of methods) {
          const unique = name && (methods.length > 1 ? `${name}_${method}` : name)
          yield { template, params, method, app, host, name: unique }
        }
      }
      if (mounted === undefined || mount.routers.includes(mounted)) continue
      yield* endpointsUnder(mounted, { parts, params, host, routers: [...mount.routers, mounted] })
    }
  }
}

/** Without `HEAD` where it is `GET`'s: HTTP says already that there is one. */
function listed(applications: DescribedRoute['applications']): [OpenapiMethod, Application<never>][] {
  return [...applications].flatMap(([token, app]) => {
    const method = METHODS.get(token)
    if (method === undefined || (method === 'head' && app === applications.get('GET'))) return []
    return [[method, app]]
  })
}

function routerOf(app: Application<never> | undefined): DescribedRouter | undefined {
  const layers: unknown[] = app === undefined ? [] : layersOf(app)
  return layers.find(
    (layer): layer is DescribedRouter => typeof (layer as Partial<DescribedRouter>).routes === 'function',
  )
}

function paramsOf(parts: readonly PathPart[], schemas: DescribedRoute['schemas']): EndpointParam[] {
  return parts.flatMap((part) =>
    part.type === 'text' ? [] : [{ name: part.name, isWildcard: part.type === 'wildcard', schemas }],
  )
}
