// What every `npm run …` needs first: a Node that is new enough, the dependencies, the build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { packages } from './packages.js'

export const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

requireNode(manifest.engines.node)

/** Installs with the pinned pnpm; does nothing when what the lockfile asks for is already there. */
export function install() {
  const stampFile = `${root}node_modules/.installed`
  const lockfile = createHash('sha256')
    .update(readFileSync(`${root}pnpm-lock.yaml`))
    .digest('hex')
  const stamp = `${lockfile} node ${process.versions.modules} ${process.platform} ${process.arch}\n`
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  console.log('Installing the dependencies …')
  // --prod=false: NODE_ENV=production would leave the compiler out.
  const { ok, output } = pnpm('install', '--frozen-lockfile', '--prod=false')
  if (!ok) fail(`${output}\ninstall: pnpm must succeed; its output is above`)
  writeFileSync(stampFile, stamp)
}

/** Compiles every package to its `dist`; what did not change is not compiled again. */
export function build() {
  // tsc believes its .tsbuildinfo and does not notice that somebody deleted the output.
  const deleted = packages().some(({ folder }) => !existsSync(`${root}${folder}/dist`))
  return run('node_modules/typescript/bin/tsc', '-b', ...(deleted ? ['--force'] : []))
}

/**
 * Runs a program of this project or of its node_modules and shows what it prints; true when it succeeds.
 *
 * @param {string} file
 * @param {string[]} args
 */
export function run(file, ...args) {
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' }).status === 0
}

/**
 * Runs a command and keeps what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function capture(command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true' }, // nobody is there to answer a question
    shell: process.platform === 'win32', // where npm and npx are .cmd files
  })
  return { ok: status === 0, output: error ? error.message : stdout + stderr }
}

/** @param {string[]} args */
export function pnpm(...args) {
  return capture('npx', ['--yes', manifest.packageManager, ...args])
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(message)
  process.exit(1)
}

/** @param {string} range `>=major.minor` */
function requireNode(range) {
  const [major = 0, minor = 0] = range.slice('>='.length).split('.').map(Number)
  const [ourMajor = 0, ourMinor = 0] = process.versions.node.split('.').map(Number)
  if (ourMajor < major || (ourMajor === major && ourMinor < minor)) {
    fail(`node: must be ${range}; got ${process.versions.node}`)
  }
}
