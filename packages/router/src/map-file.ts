import type { Application } from '@tsgi/core'
import { type Methods, readMethods } from './methods.ts'
import type { SlurpOptions } from './selector-options.ts'

/** A fault of a mapping file; `cause` is what a module, a pattern or a route threw. */
export class MapFileError extends TypeError {
  override readonly name: string = 'MapFileError'
  /** The path of the file, as it was given: `'routes.map'`. */
  readonly file: string
  /** From 1. */
  readonly line: number

  constructor(file: string, line: number, reason: string, options?: ErrorOptions) {
    super(`selector: ${file}:${line}: ${reason}`, options)
    this.file = file
    this.line = line
  }
}

/** A route of a mapping file. */
export interface MapFileRoute {
  pattern: string
  methods: Methods
  /** What the directives above it say; where they say nothing there is no member. */
  settings: SlurpOptions
}

/**
 * Reads a mapping file, loads what its targets name, and when all is there adds the routes, in their order and at one go.
 *
 * @param path a text counts from the current directory
 * @param add what it throws is told with the line of the route
 * @throws MapFileError when the file is malformed, or a target is not there
 */
export async function readMapFile(path: string | URL, add: (route: MapFileRoute) => void): Promise<void> {
  const { readFile } = await import('node:fs/promises')
  const { fileURLToPath } = await import('node:url')
  const file = typeof path === 'string' ? path : fileURLToPath(path)
  const routes: [line: number, route: MapFileRoute][] = []
  let settings: SlurpOptions = {}
  for (const entry of parseMapFile(await readFile(path, 'utf8'), file)) {
    if ('directive' in entry) {
      settings = { ...settings, ...(await loadSetting(file, entry)) }
    } else {
      const { line, pattern } = entry
      routes.push([line, { pattern, methods: await loadMethods(file, entry), settings }])
    }
  }
  for (const [line, route] of routes) placed(file, line, () => add(route))
}

/** A directive, or a path with its methods. */
export type MapFileEntry = MapFileDirective | MapFilePath

export interface MapFilePath {
  line: number
  pattern: string
  handlers: { line: number; method: string; target: Target }[]
}

export type MapFileDirective =
  | { line: number; directive: '@prefix'; prefix: string }
  | { line: number; directive: '@wrap' | '@parser'; target?: Target }

/** Where a function is: `module:export`. */
export interface Target {
  text: string
  module: string
  /** More than one where the export has members: `users.show`. */
  names: readonly string[]
}

/**
 * Reads the text of a mapping file, without loading anything.
 *
 * @param file what errors call it
 * @throws MapFileError when it is malformed
 */
export function parseMapFile(text: string, file: string): MapFileEntry[] {
  const entries: MapFileEntry[] = []
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  for (const [index, wholeLine] of lines.entries()) {
    const line = index + 1
    const [, indent = '', content = ''] = /^([ \t]*)(.*?)[ \t]*$/s.exec(wholeLine)!
    if (content === '' || content.startsWith('#')) continue
    const fail = (mustBe: string): never => {
      throw new MapFileError(file, line, `${mustBe}; got ${JSON.stringify(content)}`)
    }
    const [, first = content, rest = ''] = /^([^ \t]+)[ \t]+(.*)$/s.exec(content) ?? []
    const readTarget = (): Target =>
      parseTarget(rest) ?? fail('a target must be module:export, as in "./apps.js:show"')
    const last = entries.at(-1)
    if (content.startsWith('@')) {
      checkHandlers(file, last)
      if (first === '@prefix') entries.push({ line, directive: first, prefix: rest })
      else if (first === '@wrap' && rest === '') entries.push({ line, directive: first })
      else if (first === '@wrap' || first === '@parser')
        entries.push({ line, directive: first, target: readTarget() })
      else fail('a directive must be @prefix, @parser or @wrap')
    } else if (indent === '') {
      checkHandlers(file, last)
      entries.push({ line, pattern: content, handlers: [] })
    } else if (last === undefined || 'directive' in last) {
      fail('a method must stand below its path')
    } else {
      if (last.handlers.some(({ method }) => method === first)) fail('a path must have each method once')
      last.handlers.push({ line, method: first, target: readTarget() })
    }
  }
  checkHandlers(file, entries.at(-1))
  return entries
}

/** The last colon separates: there may be one in the module, as in `C:\apps.js:show` and `file:///apps.js:show`. */
function parseTarget(text: string): Target | undefined {
  const [, module, exported] = /^(.+):([^:/\\\s]+)$/s.exec(text) ?? []
  const names = exported?.split('.') ?? []
  return module === undefined || names.includes('') ? undefined : { text, module, names }
}

function checkHandlers(file: string, entry: MapFileEntry | undefined): void {
  if (entry === undefined || 'directive' in entry || entry.handlers.length > 0) return
  const mustBe = 'a path must have methods below it, indented, as in " GET ./apps.js:show"'
  throw new MapFileError(file, entry.line, `${mustBe}; got ${JSON.stringify(entry.pattern)} alone`)
}

async function loadSetting(file: string, entry: MapFileDirective): Promise<SlurpOptions> {
  if (entry.directive === '@prefix') return { prefix: entry.prefix }
  // Without a wrap of its own, the route would get that of the selector.
  if (entry.target === undefined) return { wrap: (app) => app }
  const loaded = await loadFunction(file, entry.line, entry.target)
  return entry.directive === '@parser' ? { parser: loaded as never } : { wrap: loaded as never }
}

async function loadMethods(file: string, { pattern, handlers }: MapFilePath): Promise<Methods> {
  const methods: [method: string, app: Application][] = []
  for (const { line, method, target } of handlers) {
    const app = (await loadFunction(file, line, target)) as Application
    placed(file, line, () =>
      readMethods(`pattern ${JSON.stringify(pattern)}`, Object.fromEntries([[method, app]])),
    )
    methods.push([method, app])
  }
  return Object.fromEntries(methods)
}

async function loadFunction(file: string, line: number, { text, module, names }: Target): Promise<unknown> {
  const fail = (mustBe: string, options?: ErrorOptions): never => {
    throw new MapFileError(file, line, `target ${JSON.stringify(text)}: ${mustBe}`, options)
  }
  let value: unknown
  try {
    value = await import(await urlOf(module, file))
  } catch (cause) {
    fail(`must be in a module that loads; got ${String(cause).split('\n', 1)[0]}`, { cause })
  }
  for (const name of names) {
    const members = isObject(value) ? value : {}
    if (!Object.hasOwn(members, name)) {
      const known = Object.keys(members).map((member) => JSON.stringify(member))
      fail(`must name one of ${known.join(', ') || 'none'}; got ${JSON.stringify(name)}`)
    }
    value = members[name]
  }
  if (typeof value !== 'function') fail(`must be a function; got ${value === null ? 'null' : typeof value}`)
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}

/** What `import` takes, from wherever. */
async function urlOf(module: string, file: string): Promise<string> {
  const { createRequire } = await import('node:module')
  const { dirname, isAbsolute, resolve } = await import('node:path')
  const { pathToFileURL } = await import('node:url')
  if (/^(?:file|node):/.test(module)) return module
  const isPath = isAbsolute(module) || /^\.\.?[/\\]/.test(module)
  if (isPath) return pathToFileURL(resolve(dirname(file), module)).href
  try {
    const found = createRequire(resolve(file)).resolve(module)
    // One of Node's own is its name.
    return isAbsolute(found) ? pathToFileURL(found).href : found
  } catch (error) {
    // It would be a program, in a `data:` URL.
    if (module.includes(':')) throw error
    // A package may have nothing for `require`; `import` can look for it from here on only.
    return module
  }
}

/** Tells where in the file something failed. */
function placed<Result>(file: string, line: number, act: () => Result): Result {
  try {
    return act()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new MapFileError(file, line, message.replace(/^selector: /, ''), { cause })
  }
}
