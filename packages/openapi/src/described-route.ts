import type { Application, StandardSchema } from '@tsgi/core'

/** A router that tells what it routes: a `Selector` does. */
export interface DescribedRouter {
  /** In the order in which they are tried. */
  routes(): Iterable<DescribedRoute>
}

/** What is asked of a route to describe it. */
export interface DescribedRoute {
  readonly name: string | undefined
  /** A pattern of hosts; `undefined` where the route is for all. */
  readonly host: string | undefined
  /** By method; `_ANY_` takes those that are not named. */
  readonly applications: ReadonlyMap<string, Application<never>>
  /** What the pattern is made of; `undefined` where it is an expression that has no template. */
  readonly tokens: readonly PathToken[] | undefined
  /** Of the named params: one for each, or one for the object of them. */
  readonly schemas: StandardSchema | Readonly<Record<string, StandardSchema>> | undefined
}

/** A piece of a pattern, as path-to-regexp 9 has it: a group is what may be absent, a wildcard spans segments. */
export type PathToken =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'param' | 'wildcard'; readonly name: string }
  | { readonly type: 'group'; readonly tokens: readonly PathToken[] }
