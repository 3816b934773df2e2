// Whether each package, as it would be published, works in somebody else's project.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages } from './packages.js'
import { capture, pnpm, root } from './setup.js'

/** Packs, lints and tries every package; prints each step, and gives how many passed and failed. */
export function packing() {
  const scratch = mkdtempSync(join(tmpdir(), 'tsgi-packing-'))
  const counts = { passed: 0, failed: 0 }
  try {
    for (const [name, { ok, output }] of steps(scratch)) {
      console.log(`${ok ? 'passed' : 'FAILED'}  ${name}${ok ? '' : `\n${output}`}`)
      counts[ok ? 'passed' : 'failed'] += 1
    }
    return counts
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/**
 * @param {string} scratch
 * @returns {Generator<[name: string, result: { ok: boolean, output: string }]>}
 */
function* steps(scratch) {
  const published = packages().map(({ manifest }) => ({
    name: manifest.name,
    tarball: join(scratch, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`),
    entries: Object.keys(manifest.exports)
      .filter((entry) => entry !== './package.json')
      .map((entry) => manifest.name + entry.slice(1)),
  }))

  const packed = pnpm('--recursive', '--filter', './packages/**', 'pack', '--pack-destination', scratch)
  for (const { name, tarball } of published) {
    yield [`${name} packs`, { ...packed, ok: existsSync(tarball) }]
    yield [`${name} passes publint`, tool('publint/src/cli.js', 'run', tarball, '--strict')]
    yield [
      `${name} has types that resolve`,
      tool('@arethetypeswrong/cli/dist/index.js', tarball, '--profile', 'esm-only', '--no-definitely-typed'),
    ]
  }

  const project = join(scratch, 'project')
  writeProject(project, published)
  yield [
    'all of them install with npm',
    capture('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], project),
  ]
  for (const entry of published.flatMap(({ entries }) => entries)) {
    const program = `await import(${JSON.stringify(entry)})`
    yield [`${entry} is imported`, capture(process.execPath, ['--input-type=module', '-e', program], project)]
  }
  const { output } = capture('npx', ['--no-install', 'tsgi', '--version'], project)
  yield ['tsgi --version gives its version', { ok: /^tsgi \d+\.\d+\.\d+/m.test(output), output }]
  for (const [module, moduleResolution] of /** @type {const} */ ([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])) {
    const options = ['--module', module, '--moduleResolution', moduleResolution]
    yield [`types are right under ${moduleResolution}`, tool('typescript/bin/tsc', '-p', project, ...options)]
  }
}

/**
 * A project that depends on the packed files only, with a file that imports every entry.
 *
 * @param {string} project
 * @param {{ name: string, tarball: string, entries: string[] }[]} published
 */
function writeProject(project, published) {
  mkdirSync(project)
  const dependencies = Object.fromEntries(published.map(({ name, tarball }) => [name, `file:${tarball}`]))
  dependencies['@types/node'] = versionOf('@types/node')
  const imports = published
    .flatMap(({ entries }) => entries)
    .map((entry, n) => `import * as e${n} from '${entry}'`)
  const names = imports.map((_, n) => `e${n}`).join(', ')
  const files = {
    'package.json': JSON.stringify({ private: true, type: 'module', dependencies }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', types: ['node'] },
      files: ['imports.ts'],
    }),
    'imports.ts': `${imports.join('\n')}\nexport const entries: object[] = [${names}]\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function tool(file, ...args) {
  return capture(process.execPath, [`${root}node_modules/${file}`, ...args])
}

/** @param {string} name */
function versionOf(name) {
  return JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version
}
