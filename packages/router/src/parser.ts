import type { Token as PathToken } from 'path-to-regexp'
import { show } from './selector-options.ts'

/** What path-to-regexp's `parse` gives: text, params, wildcards, and groups of them that may be absent. */
export type Token = PathToken

/** What one capture group of an expression finds, in their order. */
export interface Key {
  /**
   * `'param'`: one segment, read back (`%2F` is `/`). `'wildcard'`: a list of segments, each read back. `'text'`: text that may
   * span segments, as it stands in `PATH_INFO`.
   */
  type: 'param' | 'wildcard' | 'text'
  /** A number where the value has no name, but a place among the positional ones: 0, 1, … */
  name: string | number
}

/**
 * A pattern as its language reads it: the tokens, or an expression with its keys. Where both are there the expression decides,
 * and the tokens say how a path is built. An expression must begin with `^`; one that does not end with `$` is open-ended.
 */
export interface ParsedPattern {
  tokens?: readonly Token[]
  regexp?: RegExp
  /** One for each capture group; without them, the named groups of the expression are params. */
  keys?: readonly Key[]
}

/**
 * A language of patterns: reads an expression, once, when a route is added.
 *
 * @throws PatternError when the expression is malformed
 */
export interface PatternParser<Language extends string = string> {
  (expression: string): ParsedPattern | readonly Token[]
  /** For the compiler only: how the types of params are read from a pattern. */
  readonly language?: Language
}

/** @throws TypeError when the parser is none, or gives neither tokens nor an expression */
export function readPattern(where: string, pattern: string, parser: PatternParser): ParsedPattern {
  if (typeof parser !== 'function')
    throw new TypeError(`${where}: parser must be a function; got ${show(parser)}`)
  const parsed: unknown = parser(pattern)
  const read = (Array.isArray(parsed) ? { tokens: parsed } : (parsed ?? {})) as ParsedPattern
  const { tokens, regexp, keys } = read
  const isRead = tokens !== undefined || regexp instanceof RegExp
  if (isRead && areTokens(tokens ?? []) && areKeys(keys ?? [])) return read
  throw new TypeError(
    `${where}: the parser must give tokens, or an expression as { regexp, keys }; got ${show(parsed)}`,
  )
}

function areTokens(tokens: unknown): boolean {
  return (
    Array.isArray(tokens) &&
    tokens.every((token: Partial<Record<string, unknown>> | null) => {
      if (token?.['type'] === 'text') return typeof token['value'] === 'string'
      if (token?.['type'] === 'group') return areTokens(token['tokens'])
      return (token?.['type'] === 'param' || token?.['type'] === 'wildcard') && isName(token['name'])
    })
  )
}

function areKeys(keys: unknown): boolean {
  return (
    Array.isArray(keys) &&
    keys.every(
      (key: Partial<Key> | null) =>
        KEY_TYPES.includes(key?.type) && (isName(key?.name) || isPlace(key?.name)),
    )
  )
}

const KEY_TYPES: readonly unknown[] = ['param', 'wildcard', 'text'] satisfies Key['type'][]

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isPlace(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}
