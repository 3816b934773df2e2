import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MIDDLEWARE_CASES, type Runner, register, type Suite } from '../src/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const require = createRequire(join(root, 'packages/cli/package.json'))
const conditions = ['@tsgi/source', 'module', 'node', 'import', 'default']

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsgi-register-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A layer that fails one case, under a suite that leaves out another. */
const program = (runner: string): string => `
  import { middlewareSuite, register } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url))}
  import { describe, test } from '${runner}'

  const layer = (app) =>
    function layer(environ, startResponse) {
      return app(Object.assign(environ, { SCRIPT_NAME: '/moved' }), startResponse)
    }
  register(middlewareSuite(layer, { title: 'a layer', async: true }), { describe, test })
`

const COUNTS = { passed: MIDDLEWARE_CASES.length - 2, failed: 1, skipped: 1 }
const FAILED = 'middleware.environ: what the outer side put into environ stays there as it is'
const SKIPPED =
  'middleware.sync: a sync application stays sync: nothing is a promise that was none inside (without sync: it is async)'

it('makes tests for node:test, which pass, fail and are skipped as the checks do', {
  timeout: 60_000,
}, async () => {
  writeFileSync(join(folder, 'layer.test.mjs'), program('node:test'))
  const tsx = pathToFileURL(require.resolve('tsx')).href
  const output = await run(
    '--conditions=@tsgi/source',
    '--import',
    tsx,
    '--test',
    '--test-reporter=tap',
    'layer.test.mjs',
  )
  const lines = output.split('\n').map((line) => line.trim())
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length
  expect({
    passed: count(/^ok \d+ - middleware\.(?!.* # SKIP$)/),
    failed: count(/^not ok \d+ - middleware\./),
    skipped: count(/^ok \d+ - middleware\..* # SKIP$/),
  }).toEqual(COUNTS)
  expect(lines.find((line) => line.startsWith('not ok'))).toContain(FAILED)
  expect(lines.find((line) => line.endsWith('# SKIP'))).toContain(SKIPPED)
  expect(output).toContain('SCRIPT_NAME must not be changed in place')
})

it('makes tests for vitest, which pass, fail and are skipped as the checks do', {
  timeout: 60_000,
}, async () => {
  writeFileSync(join(folder, 'layer.test.mjs'), program('vitest'))
  const config = { resolve: { conditions }, ssr: { resolve: { conditions } } }
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)}`)
  const bin = join(root, 'node_modules/vitest/vitest.mjs')
  const report = JSON.parse(await run(bin, 'run', '--reporter=json')) as Report
  expect({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
  }).toEqual(COUNTS)
  const [{ assertionResults }] = report.testResults
  const titled = (status: string) => assertionResults.find((result) => result.status === status)
  expect(titled('failed')?.fullName).toContain(`a layer ${FAILED}`)
  expect(titled('failed')?.failureMessages.join('')).toContain('SCRIPT_NAME must not be changed in place')
  expect(titled('skipped')?.fullName).toBe(`a layer ${SKIPPED}`)
})

it('lets a case say itself what it waited for: the runner waits longer', () => {
  const seen: [name: string, timeout: number][] = []
  const runner: Runner = {
    describe: (_title, body) => body(),
    test: (name, { timeout }) => void seen.push([name, timeout]),
  }
  const check = { key: 'a', name: 'a: holds', skipped: undefined, timeoutMs: 20_000, run: async () => {} }
  const suite: Suite = { title: 'a suite', checks: [check] }
  register(suite, runner)
  expect(seen).toEqual([['a: holds', 25_000]])
})

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: [{ assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }]
}

/** Runs Node in the folder, as if no other runner were about it. */
async function run(...args: string[]): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_OPTIONS|NODE_TEST_CONTEXT)/.test(name)),
  )
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return output
}
