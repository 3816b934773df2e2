import { type Application, describe } from '@tsgi/core'
import type { Answers } from './answers.ts'
import type { HostPattern } from './host.ts'
import type { ParamSchemas, ReadParams } from './params.ts'
import type { ParsedPattern, Token } from './parser.ts'
import type { Indexed } from './path-index.ts'
import type { Way } from './pattern.ts'

/** An application of which the router knows no more than that: its types were checked when it was added. */
export type AnyApplication = Application

/** The layers of a group, around whatever is chosen among its routes. */
export interface Group {
  readonly layers: readonly string[]
  readonly app: AnyApplication
}

/** Where a route was added: in the selector itself, or in groups. */
export interface Place {
  /** Who answers for it. */
  readonly answers: Answers
  /** Outermost first. */
  readonly groups: readonly Group[]
}

export interface RouteFacts {
  readonly pattern: string
  readonly methods: readonly string[]
  readonly name: string | undefined
  /** With `HEAD`, wherever `GET` is. */
  readonly applications: ReadonlyMap<string, AnyApplication>
  readonly parsed: ParsedPattern
  readonly ways: readonly Way[]
  readonly schemas: ParamSchemas | undefined
  readonly readParams: ReadParams | undefined
  readonly host: HostPattern | undefined
  /** What it is in `exchange.route`: the pattern, of an open one without the slash at its end. */
  readonly label: string
  readonly place: Place
  readonly order: number
  /** Media types. */
  readonly accept: readonly string[] | undefined
  readonly contentType: readonly string[] | undefined
}

/** A route, as `routes()` lists it and `match()` finds it. */
export interface Route {
  /** With the prefix: `'/users/:id'`. */
  readonly pattern: string
  /** As they were named, in their order; `'_ANY_'` stands for all others. */
  readonly methods: readonly string[]
  readonly name: string | undefined
  /** The pattern of its host. */
  readonly host: string | undefined
  /** The names of the layers around its applications, outermost first: those of its groups, then those of its stack. */
  readonly layers: readonly string[]
  /** By method, `HEAD` wherever `GET` is. The layers of the groups stand around them. Not enumerable, as what follows. */
  readonly applications: ReadonlyMap<string, Application>
  /** The pattern as path-to-regexp's tokens; `undefined` where its language has none. */
  readonly tokens: readonly Token[] | undefined
  /** The schemas of its params. */
  readonly schemas: ParamSchemas | undefined
}

/** A route, and what dispatch asks of it. */
export class RegisteredRoute implements Route, Indexed {
  readonly pattern: string
  readonly methods: readonly string[]
  readonly name: string | undefined
  readonly host: string | undefined
  readonly layers: readonly string[]

  readonly #facts: RouteFacts
  readonly #any: AnyApplication | undefined
  readonly #isPlain: boolean

  constructor(facts: RouteFacts) {
    const { host, readParams, accept, contentType, place, applications } = facts
    this.pattern = facts.pattern
    // Applications find it, too.
    this.methods = Object.freeze([...facts.methods])
    this.name = facts.name
    this.host = host?.pattern
    this.layers = [
      ...place.groups.flatMap(({ layers }) => layers),
      ...commonLayers([...applications.values()]),
    ]
    this.#facts = facts
    this.#any = applications.get('_ANY_')
    this.#isPlain = (host ?? readParams ?? accept ?? contentType) === undefined
  }

  get applications(): ReadonlyMap<string, AnyApplication> {
    return this.#facts.applications
  }

  get tokens(): readonly Token[] | undefined {
    return this.#facts.parsed.tokens
  }

  get schemas(): ParamSchemas | undefined {
    return this.#facts.schemas
  }

  get facts(): RouteFacts {
    return this.#facts
  }

  get order(): number {
    return this.#facts.order
  }

  get isPlain(): boolean {
    return this.#isPlain
  }

  get takesAny(): boolean {
    return this.#any !== undefined
  }

  takes(method: string): boolean {
    return this.#any !== undefined || this.#facts.applications.has(method)
  }

  applicationFor(method: string): AnyApplication | undefined {
    return this.#facts.applications.get(method) ?? this.#any
  }
}

/** The outermost layers, as far as they are the same around all. */
function commonLayers(apps: readonly AnyApplication[]): string[] {
  const [first = [], ...others] = apps.map(describe)
  const end = first.findIndex((name, i) => others.some((layers) => layers[i] !== name))
  return end < 0 ? first : first.slice(0, end)
}
