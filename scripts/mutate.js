// Breaks the state machine of the gateway at one place after the other, and counts what the tests notice:
// `node scripts/mutate.js [vitest filter …]`.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { mutate, mutations } from './mutations.js'
import { root } from './setup.js'

const MUTATED = 'packages/core/src/gateway/call.ts'
// A real server, and one that makes use of all that the kit has.
const SUITES = ['packages/server/test/conformance.test.ts', 'packages/conformance/test/kit-server.test.ts']
const FILTERS = process.argv.length > 2 ? process.argv.slice(2) : SUITES

/** A mutant that takes so much longer than the original hangs, and is caught. */
const PATIENCE = 3
const LEAST_PATIENCE_MS = 20_000

/** @type {import('node:child_process').ChildProcess | undefined} */
let running
const copy = mkdtempSync(join(tmpdir(), 'tsgi-mutate-'))
process.once('exit', () => {
  stop()
  rmSync(copy, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

copyRepository()
const source = readFileSync(join(copy, MUTATED), 'utf8')
const start = performance.now()
if (!(await passes(Number.POSITIVE_INFINITY, 'inherit'))) {
  console.error(`mutate: ${FILTERS.join(' ')}: must pass before anything is broken; it fails`)
  process.exit(1)
}
const timeLimitMs = Math.max(LEAST_PATIENCE_MS, PATIENCE * (performance.now() - start))

const all = mutations(source)
const survivors = []
for (const [index, mutation] of all.entries()) {
  if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} of ${all.length} `)
  writeFileSync(join(copy, MUTATED), mutate(source, mutation))
  if (await passes(timeLimitMs, 'ignore')) survivors.push(mutation)
}
console.log(`caught ${all.length - survivors.length} of ${all.length}`)
for (const { line, what } of survivors) console.log(`${MUTATED}:${line}: ${what}`)

/** All but what is built; each package keeps its links, so that the packages of the copy find each other. */
function copyRepository() {
  const left = new Set(['.git', 'node_modules'])
  cpSync(root, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !left.has(relative(root, path)) && !path.endsWith(`${sep}dist`),
  })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
}

/**
 * Whether the tests of the copy pass in time.
 *
 * @param {number} limitMs
 * @param {'inherit' | 'ignore'} stdio
 * @returns {Promise<boolean>}
 */
function passes(limitMs, stdio) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--typecheck.enabled=false', '--bail=1', ...FILTERS]
  // A group of its own: the process that hangs is one that Vitest has started.
  const child = spawn(process.execPath, args, { cwd: copy, stdio, detached: true })
  running = child
  const timer = limitMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(stop, limitMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      clearTimeout(timer)
      stop()
      running = undefined
      resolve(code === 0)
    })
  })
}

function stop() {
  if (running?.pid === undefined) return
  try {
    process.kill(-running.pid, 'SIGKILL')
  } catch {
    // It has ended, with all that it started.
  }
}
