import { encodePath, withoutSlashes } from '@tsgi/core/gateway'
import type { PathToken } from './described-route.ts'

/** A piece of a path: text as it stands in `PATH_INFO`, or what a param stands for. */
export type PathPart = Exclude<PathToken, { type: 'group' }>

/** A path as OpenAPI has it. */
export interface PathTemplate {
  /** `'/users/{id}'` */
  readonly path: string
  /** The path without the names: to OpenAPI, two of the same shape are the same path. */
  readonly shape: string
  /** As the params are called in the path, in their order. */
  readonly names: readonly string[]
}

/**
 * Spells the optional parts of a pattern out, the shortest path first. Of two that fit the same paths, the one counts that
 * path-to-regexp tries first: the one with the earlier part.
 */
export function pathsOf(tokens: readonly PathToken[]): PathPart[][] {
  const byShape = new Map<string, PathPart[]>()
  for (const parts of flatten(tokens)) {
    const { shape } = templateOf(parts)
    if (!byShape.has(shape)) byShape.set(shape, parts)
  }
  return [...byShape.values()].reverse()
}

/** What follows a mount: its own text never ends with a slash, which belongs to what is mounted. */
export function joinPaths(outer: readonly PathPart[], inner: readonly PathPart[]): PathPart[] {
  const last = outer.at(-1)
  if (last?.type !== 'text') return [...outer, ...inner]
  return [...outer.slice(0, -1), { type: 'text', value: withoutSlashes(last.value) }, ...inner]
}

/** The template of a path. Its names are those of the params, without what would end them in a template, and each once. */
export function templateOf(parts: readonly PathPart[]): PathTemplate {
  const names: string[] = []
  let path = ''
  let shape = ''
  for (const part of parts) {
    if (part.type === 'text') {
      const text = encodePath(part.value)
      path += text
      shape += text
    } else {
      const name = uniqueName(part.name.replace(NOT_IN_NAME, '_'), names)
      names.push(name)
      path += `{${name}}`
      shape += '{}'
    }
  }
  return { path: path || '/', shape: shape || '/', names }
}

/** With a part before without it. */
function flatten(tokens: readonly PathToken[], before: readonly PathPart[] = []): PathPart[][] {
  const flat = [...before]
  for (const [i, token] of tokens.entries()) {
    if (token.type === 'group') {
      const rest = tokens.slice(i + 1)
      return [...flatten([...token.tokens, ...rest], flat), ...flatten(rest, flat)]
    }
    flat.push(token)
  }
  return [flat]
}

// No brace (OpenAPI 3.2, Path Templating, which says what 3.1 leaves open). The others end a path or a segment for whoever
// reads a template as a URL.
const NOT_IN_NAME = /[\s{}/?#%\p{Surrogate}]+/gu

function uniqueName(name: string, taken: readonly string[]): string {
  let unique = name
  for (let n = 2; taken.includes(unique); n++) unique = `${name}_${n}`
  return unique
}
