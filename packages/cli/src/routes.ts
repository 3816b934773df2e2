import { type Application, layersOf } from '@tsgi/core'
import { Fault } from './fault.ts'
import type { Loaded } from './load.ts'

/**
 * The routes of a router, or of one inside the layers of a stack, as a table in order of registration. Names, hosts and
 * layers have a column where a route has any.
 *
 * @throws Fault when the application is no router, or its routes cannot be loaded
 */
export async function routeTable(loaded: Loaded): Promise<string> {
  const routes = await routesOf(loaded)
  const columns = COLUMNS.map(([heading, text]) => [heading, ...routes.map(text).map(escapeControls)])
  return align(columns.filter(([, ...texts], i) => i < MANDATORY || texts.some((text) => text !== '')))
}

const COLUMNS: readonly (readonly [heading: string, text: (route: Route) => string])[] = [
  ['METHODS', ({ methods }) => methods.join(', ')],
  ['PATTERN', ({ pattern }) => pattern],
  ['NAME', ({ name = '' }) => name],
  ['HOST', ({ host = '' }) => host],
  ['LAYERS', ({ layers }) => layers.join(', ')],
]
const MANDATORY = 2

/** What is asked of a router, which need not be a `Selector`. */
interface Router {
  routes(): readonly Route[]
  /** Fulfilled when all its routes are there. */
  readonly ready?: PromiseLike<unknown>
}

interface Route {
  readonly methods: readonly string[]
  readonly pattern: string
  readonly name: string | undefined
  readonly host: string | undefined
  readonly layers: readonly string[]
}

async function routesOf({ application, name }: Loaded): Promise<readonly Route[]> {
  const layers = layersOf(application)
  const router = layers.find(isRouter)
  try {
    await router?.ready
  } catch (error) {
    throw new Fault(`${name}: must load its routes without an error; it threw`, 1, { cause: error })
  }
  const routes: unknown = router?.routes()
  if (Array.isArray(routes)) return routes
  const found = JSON.stringify(layers.at(-1)!.name || 'anonymous')
  throw new Fault(`${name}: must be a router, which has routes(), or layers around one; got ${found}`, 1)
}

function isRouter(layer: Application<never> & Partial<Router>): layer is Application<never> & Router {
  return typeof layer.routes === 'function'
}

/** What stands in a pattern must not give orders to the terminal, nor turn its line around. */
function escapeControls(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`)
}

function align(columns: readonly (readonly string[])[]): string {
  const padded = columns.map((texts) => {
    const width = Math.max(...texts.map(({ length }) => length))
    return texts.map((text) => text.padEnd(width))
  })
  const lines = padded[0]!.map((_, line) => padded.map((texts) => texts[line]).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}
