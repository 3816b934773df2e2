// The checks, each of which gives the number of things that passed and that failed.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, fail, install, run } from './setup.js'

/** @typedef {{ passed: number, failed: number }} Counts */

/** @type {Record<string, () => boolean | Counts | Promise<boolean | Counts>>} */
const CHECKS = {
  build,
  style: () => run('node_modules/@biomejs/biome/bin/biome', 'ci'),
  types: () => run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'),
  'type-budget': async () => (await import('./type-budget.js')).typeBudget(),
  spec: async () => (await import('./spec.js')).spec(),
  // These two need the installed dependencies when they are imported.
  direction: async () => (await import('./direction.js')).direction(),
  packing: async () => (await import('./packing.js')).packing(),
  tests,
}

/**
 * Runs all the named checks, also after one has failed, then prints a line for each. Where `CHECK_COUNTS` names
 * a file, the total is added to it as a line `passed failed`.
 *
 * @param {string} title
 * @param {string[]} names
 */
export async function check(title, names) {
  const unknown = names.find((name) => !Object.hasOwn(CHECKS, name))
  if (unknown)
    fail(`${title}: must be some of ${Object.keys(CHECKS).join(', ')}; got ${JSON.stringify(unknown)}`)
  install()
  const total = { passed: 0, failed: 0 }
  const lines = []
  for (const name of names) {
    console.log(`\n— ${name}`)
    const counts = countsOf(await CHECKS[name]?.())
    total.passed += counts.passed
    total.failed += counts.failed
    lines.push(`${name.padEnd(12)}${inWords(counts)}`)
  }
  if (process.env['CHECK_COUNTS']) {
    appendFileSync(process.env['CHECK_COUNTS'], `${total.passed} ${total.failed}\n`)
  }
  console.log(['', ...lines, `${title}: ${inWords(total)}`].join('\n'))
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
}

function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'tsgi-tests-'))
  const results = join(folder, 'results.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
    const ok = run('node_modules/vitest/vitest.mjs', 'run', ...reporters)
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(results, 'utf8'))
    // A file that does not load, or an error outside of a test, is counted in neither.
    return { passed, failed: ok ? failed : Math.max(failed, 1) }
  } catch (error) {
    console.error(error)
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * @param {boolean | Counts | undefined} result
 * @returns {Counts}
 */
function countsOf(result) {
  return typeof result === 'object' ? result : { passed: result ? 1 : 0, failed: result ? 0 : 1 }
}

/** @param {Counts} counts */
function inWords({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}
