import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { extname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Application } from '@tsgi/core'
import { Fault } from './fault.ts'
import { acceptTypeScript } from './typescript.ts'

/** An application, and what it is called: `site.ts:application`. */
export interface Loaded {
  application: Application
  name: string
}

/**
 * Loads the application that `module:export` names. The module is a file, with or without its extension, or else a
 * package; without an export it is `application`, or else `default`.
 *
 * @param cwd the directory that the module is looked for from
 * @throws Fault when there is no such module or export, when it is no function, or when the module does not load
 */
export async function load(target: string, cwd: string): Promise<Loaded> {
  const { module, exported } = parseTarget(target)
  const exports = await importModule(module, findModule(module, cwd), cwd)
  const wanted = exported === undefined ? ['application', 'default'] : [exported]
  const name = wanted.find((candidate) => Object.hasOwn(exports, candidate))
  if (name === undefined) {
    const there = quoted(
      Object.keys(exports).filter((key) => key !== 'module.exports'),
      ', ',
    )
    throw new Fault(`${module}: must export ${quoted(wanted, ' or ')}; it exports ${there || 'nothing'}`, 1)
  }
  const application = exports[name]
  if (typeof application !== 'function') {
    throw new Fault(`${module}: ${JSON.stringify(name)} must be a function; got ${typeName(application)}`, 1)
  }
  return { application: application as Application, name: `${module}:${name}` }
}

/** The colon of a Windows drive (`C:\site.ts`) separates nothing. */
function parseTarget(target: string): { module: string; exported?: string } {
  const [, module = target, exported] = /^(.{2,}):([^:/\\]*)$/s.exec(target) ?? []
  return exported === undefined ? { module } : { module, exported }
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs']

/** The URL of the file. */
function findModule(module: string, cwd: string): string {
  const path = resolve(cwd, module)
  const known = EXTENSIONS.includes(extname(path))
  const file = known ? [path].find(isFile) : EXTENSIONS.map((extension) => path + extension).find(isFile)
  const found = file ?? findPackage(module, cwd)
  if (found !== undefined) return pathToFileURL(found).href
  const stem = known ? path.slice(0, -extname(path).length) : path
  const near = EXTENSIONS.map((extension) => stem + extension).find(isFile)
  const hint = near === undefined ? '' : ` (did you mean ${relative(cwd, near)}?)`
  throw new Fault(`module: must be a file or a package; found none for ${JSON.stringify(module)}${hint}`, 1)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function findPackage(name: string, cwd: string): string | undefined {
  if (/^[./]/.test(name) || isBuiltin(name)) return undefined
  try {
    return createRequire(join(cwd, 'tsgi.js')).resolve(name)
  } catch {
    return undefined
  }
}

async function importModule(module: string, url: string, cwd: string): Promise<Record<string, unknown>> {
  if (/\.m?ts$/.test(url)) await acceptTypeScript()
  try {
    return await import(url)
  } catch (error) {
    throw faultOf(error, module, url, cwd)
  }
}

/** One line where the module is no program; where it ran and threw, with the stack, which is the user's own. */
function faultOf(error: unknown, module: string, url: string, cwd: string): Fault {
  const syntax = syntaxError(error, url)
  if (syntax !== undefined) {
    return new Fault(`${relative(cwd, syntax.file)}:${syntax.line}: ${syntax.message}`, 1)
  }
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: '' }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return new Fault(`${module}: ${firstLine(message)}`, 1)
  }
  return new Fault(`${module}: must load without an error; it threw`, 1, { cause: error })
}

interface SyntaxFault {
  file: string
  line: string
  message: string
}

/** Undefined when it is none, as where a module that loads gives `JSON.parse` something wrong. */
function syntaxError(error: unknown, url: string): SyntaxFault | undefined {
  if (!(error instanceof Error)) return undefined
  const [, ofEsbuild, line, message] =
    /^Transform failed.*\n(.+):(\d+):\d+: ERROR: (.+)/.exec(error.message) ?? []
  if (ofEsbuild && line && message) return { file: ofEsbuild, line, message }
  if (!(error instanceof SyntaxError)) return undefined
  const place = placeIn(error.stack) ?? placeIn(linkElsewhere(url))
  return place && { ...place, message: firstLine(error.message) }
}

/** The place that Node writes above a syntax error's message. */
function placeIn(text = ''): { file: string; line: string } | undefined {
  const [, place, line] = /^(.+):(\d+)\n/.exec(text) ?? []
  if (!place || !line || place.startsWith('node:')) return undefined
  return { file: place.startsWith('file:') ? fileURLToPath(place) : place, line }
}

/**
 * Node tells the place of a syntax error only where nobody catches it. So another process links the module; it ends
 * by the first thing that it imports, so that nothing of the user's runs a second time.
 */
function linkElsewhere(url: string): string {
  const program = `import 'data:text/javascript,process.exit()'; import ${JSON.stringify(url)}`
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }).stderr
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function quoted(names: string[], separator: string): string {
  return names.map((name) => JSON.stringify(name)).join(separator)
}

function typeName(value: unknown): string {
  return value === null ? 'null' : typeof value
}
