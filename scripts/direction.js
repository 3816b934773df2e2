// Who may import whom: core ← router, server, gateway/*, middleware/*; all of them ← examples.
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'
import { packages } from './packages.js'
import { root } from './setup.js'

/**
 * The imports that go the wrong way, e.g. `packages/core/src/stack.ts → @tsgi/router`.
 *
 * @param {Map<string, string>} files path from the root, and text
 */
export function wrongArrows(files) {
  return [...files].flatMap(([file, text]) =>
    ts
      .preProcessFile(text, true, true)
      .importedFiles.filter((imported) => !isAllowed(file, imported.fileName))
      .map((imported) => `${file} → ${imported.fileName}`),
  )
}

/** Checks every file under `packages/…/src`; prints what it finds, and is true when that is nothing. */
export function direction() {
  const arrows = wrongArrows(new Map(sources().map((file) => [file, readFileSync(root + file, 'utf8')])))
  for (const arrow of arrows) console.error(`direction: ${arrow}: must not import this`)
  return arrows.length === 0
}

/**
 * @param {string} file
 * @param {string} imported
 */
function isAllowed(file, imported) {
  if (file === 'packages/core/src/contract.ts') return false
  const folder = file.slice(0, file.indexOf('/src/'))
  if (imported.startsWith('.')) return posix.join(file, '..', imported).startsWith(`${folder}/src/`)
  if (!/^(@tsgi\/|tsgi$)/.test(imported)) return true
  if (folder === 'packages/core') return false
  return /^@tsgi\/core(\/|$)/.test(imported) || (folder === 'packages/cli' && imported === '@tsgi/server')
}

function sources() {
  return packages().flatMap(({ folder }) =>
    readdirSync(`${root}${folder}/src`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/src/${name.replaceAll('\\', '/')}`),
  )
}
