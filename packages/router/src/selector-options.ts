import type { Application } from '@tsgi/core'
import type { Methods } from './methods.ts'
import type { PatternParser } from './parser.ts'
import type { RouteOptions, UrlOptions } from './path-params.ts'

/** Stands around each application that is added: `(app) => validator(app)`. */
export type Wrap = (app: Application) => Application

/** A pattern, its applications by method, and the options of the route. */
// biome-ignore lint/suspicious/noExplicitAny: what the applications need is not known of a table.
export type Mapping = readonly [pattern: string, methods: Methods<any>, options?: RouteOptions]

export interface SlurpOptions<Language extends string = string> {
  /** What stands before each pattern, as it is written: `'/api'`. Default: the selector's. */
  prefix?: string
  /** Reads each pattern. Default: the selector's. */
  parser?: PatternParser<Language>
  /** Wraps each application, once, when it is added. Default: the selector's. */
  wrap?: Wrap
}

export interface SelectorOptions<Language extends string = string> extends SlurpOptions<Language> {
  /** Routes to begin with. They come after those of `mapfile`. */
  mappings?: Iterable<Mapping>
  /** A file of routes, as `slurpFile` reads it; `ready` tells when they are there, and requests wait for it. */
  mapfile?: string | URL
  /** Whether what the pattern fits moves from `PATH_INFO` to `SCRIPT_NAME`. Default true. */
  consumePath?: boolean
  /**
   * What a slash at the end of a path means: `'strict'`, it counts; `'redirect'`, a path that fits but for it is sent there (308);
   * `'ignore'`, `/b` and `/b/` are one. Default `'strict'`.
   */
  trailingSlash?: TrailingSlash
  /** Whether case counts in a path. Default true. */
  sensitive?: boolean
}

export type TrailingSlash = 'strict' | 'redirect' | 'ignore'

type Check = readonly [mustBe: string, is: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === 'string'
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.iterator in value
const isTexts = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.every(isText))

const SLURP_CHECKS: Readonly<Record<keyof SlurpOptions, Check>> = {
  prefix: ['a string', isText],
  parser: ['a function', isFunction],
  wrap: ['a function', isFunction],
}

const SELECTOR_CHECKS: Readonly<Record<keyof SelectorOptions, Check>> = {
  ...SLURP_CHECKS,
  mappings: ['a list of [pattern, methods]', isIterable],
  mapfile: ['a path or a URL', (value) => isText(value) || value instanceof URL],
  consumePath: ['a boolean', isBoolean],
  trailingSlash: ['"strict", "redirect" or "ignore"', (value) => TRAILING_SLASH.includes(value)],
  sensitive: ['a boolean', isBoolean],
}

const ROUTE_CHECKS: Readonly<Record<keyof RouteOptions, Check>> = {
  name: ['a string', isText],
  // Its schemas are looked at where the pattern is known.
  params: ['schemas', (value) => value !== undefined],
  host: ['a string', isText],
  accept: ['media types', isTexts],
  contentType: ['media types', isTexts],
  prefix: ['a string', isText],
}

const URL_CHECKS: Readonly<Record<keyof UrlOptions, Check>> = {
  // It is looked at where it is written out.
  query: ['a query', () => true],
  environ: ['an environ', (value) => typeof value === 'object' && value !== null],
}

const TRAILING_SLASH: readonly unknown[] = ['strict', 'redirect', 'ignore']

/** @throws TypeError when an option is unknown, or not what it must be */
export function checkSelectorOptions(options: SelectorOptions): void {
  check('selector', options, SELECTOR_CHECKS)
}

/** @throws TypeError as `checkSelectorOptions` does */
export function checkSlurpOptions(options: SlurpOptions): void {
  check('selector: slurp', options, SLURP_CHECKS)
}

/** @throws TypeError as `checkSelectorOptions` does */
export function checkUrlOptions(where: string, options: UrlOptions): void {
  check(where, options, URL_CHECKS)
}

/** @throws TypeError as `checkSelectorOptions` does */
export function checkRouteOptions(where: string, options: RouteOptions): void {
  check(where, options, ROUTE_CHECKS)
}

function check(where: string, options: object, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: options: must be an object; got ${show(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`${where}: options: must be without other members; got ${JSON.stringify(name)}`)
    }
    const [mustBe, is] = checks[name]!
    if (value !== undefined && !is(value)) {
      throw new TypeError(`${where}: options.${name}: must be ${mustBe}; got ${show(value)}`)
    }
  }
}

/** A value as an error tells it. */
export function show(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
}
