import { BareObject } from '@tsgi/core/gateway'
import type { HostEnviron } from './host.ts'
import { isOneOf, preferred, type TypeEnviron } from './media-types.ts'
import { MISFIT, type Params } from './params.ts'
import {
  type Candidate,
  type Indexed,
  type Match,
  PathIndex,
  readCandidate,
  type UNDECIDED,
} from './path-index.ts'
import { insertInOrder } from './path-tree.ts'
import type { Way } from './pattern.ts'
import type { Place, RegisteredRoute } from './route.ts'

/** What a route may ask of a request beside its path and method. */
export type ChoiceEnviron = HostEnviron & TypeEnviron

/** The route that a request is for. */
export type Choice = Match<RegisteredRoute>

/** What all routes together say of a request. */
export interface Verdict {
  readonly choice: Choice | undefined
  /** Why no route that fits and has the method was chosen. */
  readonly refusal: 406 | 415 | undefined
  /** Whether `Accept` had a part in it. */
  readonly isNegotiated: boolean
}

/** The routes of a selector and all its groups, in their order. */
export class RouteTable {
  readonly #sensitive: boolean
  readonly #ignoresSlash: boolean
  readonly #routes: RegisteredRoute[] = []
  readonly #names = new Map<string, RegisteredRoute>()
  /** The methods that routes name, and for each, at the same place, the routes that take it. */
  readonly #methods: string[] = []
  readonly #indexes: PathIndex<RegisteredRoute>[] = []
  /** The routes that take whatever method there is. */
  readonly #any: PathIndex<RegisteredRoute>
  #takesAny = false
  readonly #groups: PathIndex<GroupRoute>
  #groupCount = 0

  constructor({ sensitive, ignoresSlash }: { sensitive: boolean; ignoresSlash: boolean }) {
    this.#sensitive = sensitive
    this.#ignoresSlash = ignoresSlash
    this.#any = new PathIndex({ sensitive })
    this.#groups = new PathIndex({ sensitive })
    const index = new PathIndex<RegisteredRoute>({ sensitive })
    // One for both, until a route takes only one of them.
    this.#methods.push('GET', 'HEAD')
    this.#indexes.push(index, index)
  }

  /** In order. */
  get routes(): readonly RegisteredRoute[] {
    return this.#routes
  }

  named(name: string): RegisteredRoute | undefined {
    return this.#names.get(name)
  }

  get names(): string[] {
    return [...this.#names.keys()]
  }

  /** Whether some route takes a method, wherever that is. */
  knows(method: string): boolean {
    return this.#methods.includes(method) || this.#takesAny
  }

  add(route: RegisteredRoute): void {
    const { applications, name, pattern } = route
    if (name !== undefined && this.#names.has(name)) {
      throw new TypeError(
        `selector: pattern ${JSON.stringify(pattern)}: options.name: must be new; got ${JSON.stringify(name)}`,
      )
    }
    for (const method of applications.keys()) {
      if (method === '_ANY_' || this.#methods.includes(method)) continue
      this.#methods.push(method)
      this.#indexes.push(this.#makeIndex(method))
    }
    const [get, head] = this.#indexes
    if (get === head && route.takes('GET') !== route.takes('HEAD')) this.#indexes[1] = this.#makeIndex('HEAD')
    insertInOrder(this.#routes, route)
    if (name !== undefined) this.#names.set(name, route)
    const indexes = this.#indexes.filter((_, i) => route.takes(this.#methods[i]!))
    for (const index of new Set(indexes)) addTo(index, route)
    if (!route.takesAny) return
    this.#takesAny = true
    addTo(this.#any, route)
  }

  /** Says who answers for paths below a pattern that no route fits. */
  addGroup(place: Place, ways: readonly Way[]): void {
    const group = { place, order: this.#groupCount++, isPlain: true }
    for (const [nth, way] of ways.entries()) this.#groups.add(group, way, nth)
  }

  /** What one route finds in a path, as `selector.vars` has it before any schema; `undefined` where it would not take it. */
  read(route: RegisteredRoute, path: string): Params | undefined {
    const index = new PathIndex<RegisteredRoute>({ sensitive: this.#sensitive })
    addTo(index, route)
    const [found] = index.all(this.#subject(path))
    if (found === undefined) return undefined
    // No path has the params of a host, which schemas may ask for.
    const isTaken = route.facts.host !== undefined || fit(found, {}) !== undefined
    return isTaken ? varsOf(readCandidate(found)) : undefined
  }

  /** The innermost group that a path is in: of some places where one of them is such a group, else of all. */
  placeOf(path: string, places: readonly Place[]): Place | undefined {
    const groups = this.#groups.all(this.#subject(path))
    const favourites = groups.filter(({ route }) => places.includes(route.place))
    let innermost: Candidate<GroupRoute> | undefined
    for (const candidate of favourites.length > 0 ? favourites : groups) {
      if (innermost === undefined || candidate.end >= innermost.end) innermost = candidate
    }
    return innermost?.route.place
  }

  /**
   * The first route that fits path and method, where these alone decide; `UNDECIDED` where they do not, and the routes must be
   * asked by `judge`.
   */
  find(method: string, path: string): Choice | undefined | typeof UNDECIDED {
    return this.#indexOf(method).find(this.#subject(path))
  }

  /**
   * Asks the routes that fit and have the method one after the other. Those that give one type among others stand to choice
   * together, and the client likes one best; the next that gives whatever it gives ends that.
   */
  judge(method: string, path: string, environ: ChoiceEnviron): Verdict {
    const negotiable: Choice[] = []
    let choice: Choice | undefined
    let isUnsupported = false
    for (const candidate of this.#indexOf(method).all(this.#subject(path))) {
      const found = fit(candidate, environ)
      if (found === undefined) continue
      const { accept, contentType } = candidate.route.facts
      if (contentType !== undefined && !isOneOf(environ, contentType)) isUnsupported = true
      else if (accept !== undefined) negotiable.push(found)
      else {
        choice = found
        break
      }
    }
    const isNegotiated = negotiable.length > 0
    return {
      choice: preferred(negotiable, ({ route }) => route.facts.accept!, environ) ?? choice,
      refusal: isNegotiated ? 406 : isUnsupported ? 415 : undefined,
      isNegotiated,
    }
  }

  /** The routes that fit path, host and params, of whatever method, in order. */
  fitting(path: string, environ: ChoiceEnviron): RegisteredRoute[] {
    const fitting: RegisteredRoute[] = []
    const asked = new Set<RegisteredRoute>()
    for (const index of new Set([...this.#indexes, this.#any])) {
      for (const candidate of index.all(this.#subject(path))) {
        const { route } = candidate
        if (asked.has(route)) continue
        asked.add(route)
        if (fit(candidate, environ) !== undefined) insertInOrder(fitting, route)
      }
    }
    return fitting
  }

  #indexOf(method: string): PathIndex<RegisteredRoute> {
    const methods = this.#methods
    // There are few, and to compare their names takes less than to look one up.
    for (let i = 0; i < methods.length; i++) if (methods[i] === method) return this.#indexes[i]!
    return this.#any
  }

  /** The path as the indexes know it. */
  #subject(path: string): string {
    return this.#ignoresSlash && path.endsWith('/') ? path.slice(0, -1) : path
  }

  /** Of the routes that are there. */
  #makeIndex(method: string): PathIndex<RegisteredRoute> {
    const index = new PathIndex<RegisteredRoute>({ sensitive: this.#sensitive })
    for (const route of this.#routes) if (route.takes(method)) addTo(index, route)
    return index
  }
}

interface GroupRoute extends Indexed {
  readonly place: Place
}

function addTo(index: PathIndex<RegisteredRoute>, route: RegisteredRoute): void {
  for (const [nth, way] of route.facts.ways.entries()) index.add(route, way, nth)
}

/** All that the pattern has found: what has no name under its number. */
export function varsOf({ params, more }: Choice): Params {
  if (more === undefined || more.positional.length === 0) return params
  return Object.assign(new BareObject() as Params, { ...more.positional }, params)
}

/** `undefined` where host or params do not fit. */
function fit(candidate: Candidate<RegisteredRoute>, environ: ChoiceEnviron): Choice | undefined {
  const { host, readParams } = candidate.route.facts
  const choice = readCandidate(candidate)
  if (host !== undefined && !host.match(environ, choice.params)) return undefined
  if (readParams === undefined) return choice
  const params = readParams(choice.params)
  return params === MISFIT ? undefined : { ...choice, params }
}
