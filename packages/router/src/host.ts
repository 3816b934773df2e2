import type { Environ } from '@tsgi/core'
import { internKey } from '@tsgi/core/gateway'
import { pathToRegexp } from 'path-to-regexp'
import type { Params } from './params.ts'
import type { Token } from './parser.ts'
import { hostTokens } from './pattern.ts'

/** What tells the host of a request. */
export type HostEnviron = Partial<Pick<Environ, 'HTTP_HOST' | 'SERVER_NAME'>>

/** A pattern for the host that a client names: `':tenant.example.com'`. */
export interface HostPattern {
  readonly pattern: string
  readonly names: readonly string[]
  /** Adds what the pattern names to params; false where the host does not fit, or there is none. */
  readonly match: (environ: HostEnviron, params: Params) => boolean
}

/**
 * Reads a pattern for hosts. Case does not count, nor a dot at the end of the host, nor its port where the pattern has none.
 *
 * @throws PatternError when the pattern is malformed
 */
export function compileHost(pattern: string): HostPattern {
  const tokens = hostTokens(pattern)
  // The colons of an address are in brackets.
  const hasPort = /:[^\]]*$/.test(textOf(tokens))
  const { regexp, keys: found } = pathToRegexp({ tokens }, { delimiter: '.', trailing: false })
  const keys = found.map(({ type, name }) => ({ type, name: internKey(name) }))
  const match: HostPattern['match'] = (environ, params) => {
    const host = hostOf(environ, hasPort)
    const values = host === undefined ? null : regexp.exec(host)
    if (values === null) return false
    for (const [i, { type, name }] of keys.entries()) {
      const value = values[i + 1]
      if (value !== undefined) params[name] = type === 'param' ? value : value.split('.')
    }
    return true
  }
  return { pattern, names: keys.map(({ name }) => name), match }
}

function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      token.type === 'text' ? token.value : token.type === 'group' ? textOf(token.tokens) : '',
    )
    .join('')
}

/** In lower case (RFC 9110 section 4.2.3). */
function hostOf({ HTTP_HOST, SERVER_NAME }: HostEnviron, withPort: boolean): string | undefined {
  const host = (HTTP_HOST ?? SERVER_NAME)?.toLowerCase()
  if (host === undefined) return undefined
  const [, name = '', port = ''] = HOST.exec(host)!
  return name + (withPort ? port : '')
}

const HOST = /^(.*?)\.?(:\d*)?$/s
