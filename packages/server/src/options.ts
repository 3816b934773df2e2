import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { ErrorStream } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'

/** How a server listens, waits and refuses. Times are in milliseconds, under Node's names where Node has one. */
export interface ServeOptions {
  /** The address to listen on. Default `'127.0.0.1'`: to be reached from elsewhere is a decision. */
  host?: string
  /** The port to listen on; 0 picks a free one. Default 8000. */
  port?: number
  /** The path of a unix socket to listen on, in place of `host` and `port`. A stale one is replaced. */
  unix?: string
  /** Certificate and key, as `node:tls` takes them; makes the scheme `https`. */
  tls?: TlsOptions & SecureContextOptions
  /** Where errors go, and what `wsgi.errors` is. Default: the process' standard error. */
  errors?: ErrorStream
  /** How long an idle connection is kept for a next request. Default 5 s. */
  keepAliveTimeout?: number
  /** How long the head of a request may take; then 408. Default 60 s. */
  headersTimeout?: number
  /** How long a whole request may take to arrive; then 408. Default 300 s. 0: for ever. */
  requestTimeout?: number
  /** How long a read of `wsgi.input` waits for the next bytes; then it rejects, and the answer is 408. Default 30 s. */
  bodyIdleTimeout?: number
  /** The size of a request's head, in bytes; beyond it 431. Default 16,384. */
  maxHeaderSize?: number
  /** The number of a request's header fields; beyond it 431. Default 100. */
  maxHeadersCount?: number
  /** How many connections may be open; more are closed at once. Default: no limit. */
  maxConnections?: number
  /** After how many requests the server closes by itself; those that it refuses are not counted. Default: no limit. */
  maxRequests?: number
}

export type CheckedOptions = Required<Omit<ServeOptions, 'unix' | 'tls'>> & Pick<ServeOptions, 'unix' | 'tls'>

/** @throws TypeError naming the option, what it must be, and what was found */
export function checkOptions(options: ServeOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`serve: options must be an object; got ${show(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = RULES[name as keyof ServeOptions]
    if (rule === undefined) {
      throw new TypeError(`serve: options: must be among ${Object.keys(RULES).join(', ')}; got ${show(name)}`)
    }
    if (value !== undefined && !rule.holds(value)) {
      throw new TypeError(`serve: options.${name}: must be ${rule.mustBe}; got ${show(value)}`)
    }
  }
  if (options.unix !== undefined && (options.host !== undefined || options.port !== undefined)) {
    throw new TypeError(
      `serve: options.unix: must stand without host and port; got ${show(options.unix)} beside them`,
    )
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...defaults(), ...given }
}

function defaults(): CheckedOptions {
  return {
    host: '127.0.0.1',
    port: 8000,
    errors: errorStream((text) => process.stderr.write(text)),
    keepAliveTimeout: 5_000,
    headersTimeout: 60_000,
    requestTimeout: 300_000,
    bodyIdleTimeout: 30_000,
    maxHeaderSize: 16_384,
    maxHeadersCount: 100,
    maxConnections: Number.POSITIVE_INFINITY,
    maxRequests: Number.POSITIVE_INFINITY,
  }
}

interface Rule {
  mustBe: string
  holds(value: unknown): boolean
}

const TEXT: Rule = {
  mustBe: 'a non-empty string',
  holds: (value) => typeof value === 'string' && value !== '',
}
const MS: Rule = integer(0, 2_147_483_647, 'milliseconds')

const COUNT: Rule = {
  mustBe: 'an integer of at least 1, or Infinity',
  holds: (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 1),
}

const RULES: Record<keyof ServeOptions, Rule> = {
  host: TEXT,
  port: integer(0, 65_535),
  unix: TEXT,
  tls: {
    mustBe: 'an object with cert and key',
    holds: (value) => typeof value === 'object' && value !== null,
  },
  errors: {
    mustBe: 'an object with write, writelines and flush',
    holds: (value) => typeof (value as Partial<ErrorStream> | null)?.write === 'function',
  },
  keepAliveTimeout: MS,
  headersTimeout: MS,
  requestTimeout: MS,
  bodyIdleTimeout: integer(1, 2_147_483_647, 'milliseconds'),
  maxHeaderSize: integer(1, 1_073_741_824, 'bytes'),
  maxHeadersCount: integer(1, 100_000),
  maxConnections: COUNT,
  maxRequests: COUNT,
}

function integer(least: number, most: number, unit?: string): Rule {
  return {
    mustBe: `an integer from ${least} to ${most}${unit === undefined ? '' : `, in ${unit}`}`,
    holds: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
