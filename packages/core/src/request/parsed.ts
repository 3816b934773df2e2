import type { Environ } from '../contract.ts'
import { PARSED } from '../environ.ts'

/** A key of environ that holds text. */
export type TextKey = 'QUERY_STRING' | `HTTP_${string}`

/**
 * What the text of a key says, parsed once for all views of an environ and of the copies that are made of it later, and
 * again when the text has changed.
 */
export function parsed<T>(environ: Environ, key: TextKey, parse: (text: string | undefined) => T): T {
  const text = environ[key]
  const holder = environ as { [PARSED]?: Map<TextKey, Parsed> }
  holder[PARSED] ??= new Map()
  const earlier = holder[PARSED].get(key)
  if (earlier !== undefined && earlier.text === text) return earlier.value as T
  const value = parse(text)
  holder[PARSED].set(key, { text, value })
  return value
}

interface Parsed {
  readonly text: string | undefined
  readonly value: unknown
}
