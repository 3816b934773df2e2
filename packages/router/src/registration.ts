import { type Application, type Middleware, stack } from '@tsgi/core'
import { withoutSlashes } from '@tsgi/core/gateway'
import { compileHost } from './host.ts'
import { readMediaTypes } from './media-types.ts'
import { type Methods, readMethods } from './methods.ts'
import { withParamSchemas } from './params.ts'
import { type PatternParser, readPattern } from './parser.ts'
import type { RouteOptions } from './path-params.ts'
import { type Way, type WayOptions, waysOf } from './pattern.ts'
import { type AnyApplication, type Place, RegisteredRoute } from './route.ts'
import type { Wrap } from './selector-options.ts'

/** A route that is to be. */
export interface Registration {
  /** Whole, with every prefix. */
  pattern: string
  methods: Readonly<Record<string, Application<never>>>
  options: RouteOptions
  isOpen: boolean
  parser: PatternParser
  wrap: Wrap | undefined
  place: Place
  order: number
  reading: Omit<WayOptions, 'isOpen'>
}

/**
 * Checks and reads all that there is to a route.
 *
 * @throws PatternError when a pattern is malformed; TypeError when anything else is wrong
 */
export function makeRoute(registration: Registration): RegisteredRoute {
  const { pattern, methods, options, isOpen, parser, wrap, place, order, reading } = registration
  const where = `selector: pattern ${JSON.stringify(pattern)}`
  const { name, params: schemas, accept, contentType } = options
  const parsed = readPattern(where, pattern, parser)
  const ways = waysOf(pattern, parsed, { ...reading, isOpen })
  const host = options.host === undefined ? undefined : compileHost(options.host)
  const inPath = namesOf(ways)
  const twice = host?.names.find((name) => inPath.includes(name))
  if (twice !== undefined) {
    throw new TypeError(
      `${where}: options.host: must name other params than the pattern; got ${JSON.stringify(twice)}`,
    )
  }
  const names = [...inPath, ...(host?.names ?? [])]
  return new RegisteredRoute({
    pattern,
    applications: wrapAll(where, readMethods(where, methods as Methods), wrap),
    methods: Object.keys(methods),
    name,
    parsed,
    ways,
    schemas,
    readParams: schemas === undefined ? undefined : withParamSchemas(where, schemas, names),
    host,
    label: isOpen ? withoutSlashes(pattern) : pattern,
    place,
    order,
    accept: accept === undefined ? undefined : readMediaTypes(where, 'accept', accept),
    contentType: contentType === undefined ? undefined : readMediaTypes(where, 'contentType', contentType),
  })
}

function namesOf(ways: readonly Way[]): string[] {
  const names = ways.flatMap(({ keys }) => keys.map((key) => key?.name))
  return [...new Set(names.filter((name) => typeof name === 'string'))]
}

/** Each application once, whatever its methods; as a layer, so that what looks through layers finds it. */
function wrapAll(
  where: string,
  applications: ReadonlyMap<string, AnyApplication>,
  wrap: Wrap | undefined,
): ReadonlyMap<string, AnyApplication> {
  if (wrap === undefined) return applications
  const layered = stack().use(checkWrap(where, wrap) as Middleware)
  const wrapped = new Map<AnyApplication, AnyApplication>()
  for (const app of applications.values()) if (!wrapped.has(app)) wrapped.set(app, layered.run(app))
  return new Map(Array.from(applications, ([method, app]) => [method, wrapped.get(app)!]))
}

function checkWrap(where: string, wrap: Wrap): Wrap {
  if (typeof wrap !== 'function') throw new TypeError(`${where}: wrap must be a function; got ${typeof wrap}`)
  const checked: Wrap = (app) => {
    const wrapped: unknown = wrap(app)
    if (typeof wrapped === 'function') return wrapped as AnyApplication
    throw new TypeError(`${where}: wrap must give an application, a function; got ${typeof wrapped}`)
  }
  return Object.defineProperty(checked, 'name', { value: wrap.name })
}
