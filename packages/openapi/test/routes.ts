import type { Application, StandardSchema } from '@tsgi/core'
import type { DescribedRoute, DescribedRouter, PathToken } from '../src/index.ts'

export const text = (value: string): PathToken => ({ type: 'text', value })
export const param = (name: string): PathToken => ({ type: 'param', name })
export const wildcard = (name: string): PathToken => ({ type: 'wildcard', name })
export const group = (...tokens: PathToken[]): PathToken => ({ type: 'group', tokens })

type Facts = Partial<Omit<DescribedRoute, 'tokens' | 'applications'>>

/** A route as any router may give it; one string is a path without params. */
export function route(
  path: string | PathToken[] | undefined,
  methods: Record<string, Application<never>>,
  facts: Facts = {},
): DescribedRoute {
  return {
    name: undefined,
    host: undefined,
    schemas: undefined,
    ...facts,
    tokens: typeof path === 'string' ? [text(path)] : path,
    applications: new Map(Object.entries(methods)),
  }
}

export function routerOf(...routes: DescribedRoute[]): DescribedRouter {
  return { routes: () => routes }
}

/** A schema of no library, with JSON Schema where that is given: an object, or what gives it. */
export function schemaOf(json?: object | (() => unknown)): StandardSchema {
  const input = (): unknown => (typeof json === 'function' ? json() : json)
  const standard = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } as const
  return { '~standard': json === undefined ? standard : { ...standard, ...{ jsonSchema: { input } } } }
}
