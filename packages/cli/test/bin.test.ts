import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))
let cwd: string
let children: ChildProcess[]

// The command is tried as it is installed: plain Node runs what tsc wrote.
beforeAll(() => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  spawnSync(process.execPath, [tsc, '-b', folder])
}, 60_000)

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tsgi-command-'))
  children = []
})

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(cwd, { recursive: true })
})

const HELLO = `export const application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return [new TextEncoder().encode('hello ' + environ.PATH_INFO)]
}`
const MODULE = '{ "type": "module" }'
const COMMONJS = '{ "type": "commonjs" }'

describe('an argument that is wrong', () => {
  it.each([
    ['an unknown option', ['--nope'], "Unknown option '--nope' (see tsgi --help)"],
    ['-b without a value', ['-b'], "Option '-b, --bind <value>' argument missing (see tsgi --help)"],
    ['a -b that is none', ['-b', 'x'], '-b: must be host:port, [ipv6]:port or unix:path; got "x"'],
    ['two modules', ['a.js', 'b.js'], 'arguments: must be one module:export; got 2 (see tsgi --help)'],
  ])('is told in one line, with exit code 2: %s', async (_, args, message) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: `tsgi: ${message}\n` })
  })

  it('is told in one line, with exit code 2: PORT', async () => {
    expect(await run([], { PORT: 'http' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tsgi: PORT: must be a number from 0 to 65535; got "http"\n',
    })
  })
})

describe('a module that is wrong', () => {
  const broken = 'const a = 1\n\nexport const application = (x {) => 1\n'
  const noSuchName = "import { nope } from './there.js'\nexport const application = () => [nope]\n"

  it.each<[string, Record<string, string>, string, string]>([
    ['no file', {}, 'nope.js', 'module: must be a file or a package; found none for "nope.js"'],
    ['no file, no extension', {}, 'nope', 'module: must be a file or a package; found none for "nope"'],
    ['a directory', { 'd/a.js': '' }, './d', 'module: must be a file or a package; found none for "./d"'],
    ['a module of Node', {}, 'fs', 'module: must be a file or a package; found none for "fs"'],
    [
      'a wrong extension',
      { 'app.ts': HELLO },
      'app.js',
      'module: must be a file or a package; found none for "app.js" (did you mean app.ts?)',
    ],
    [
      'a missing export',
      { 'app.mjs': 'export const a = 1; export default 2' },
      'app.mjs:app',
      'app.mjs: must export "app"; it exports "a", "default"',
    ],
    [
      'neither of the default exports',
      { 'app.mjs': 'export const app = 1' },
      'app',
      'app: must export "application" or "default"; it exports "app"',
    ],
    ['no exports', { 'app.mjs': '' }, 'app.mjs:x', 'app.mjs: must export "x"; it exports nothing'],
    ['an empty name', { 'app.mjs': '' }, 'app.mjs:', 'app.mjs: must export ""; it exports nothing'],
    [
      'an object',
      { 'app.mjs': 'export const application = {}' },
      'app.mjs',
      'app.mjs: "application" must be a function; got object',
    ],
    [
      'null, with a function as default',
      { 'app.mjs': 'export const application = null; export default () => []' },
      'app.mjs',
      'app.mjs: "application" must be a function; got null',
    ],
    [
      'bad syntax, .js',
      { 'app.js': broken, 'package.json': MODULE },
      'app',
      "app.js:3: Unexpected token '{'",
    ],
    ['bad syntax, .mjs', { 'app.mjs': broken }, 'app', "app.mjs:3: Unexpected token '{'"],
    [
      'bad syntax, .cjs',
      { 'app.cjs': 'let a\nlet a' },
      'app',
      "app.cjs:2: Identifier 'a' has already been declared",
    ],
    ['bad syntax, .ts', { 'app.ts': broken }, 'app', 'app.ts:3: Expected ")" but found "{"'],
    [
      'bad syntax in what it imports',
      { 'app.mjs': "import './lib/b.mjs'", 'lib/b.mjs': broken },
      'app.mjs',
      "lib/b.mjs:3: Unexpected token '{'",
    ],
    [
      'bad syntax in what it imports, .ts',
      { 'app.ts': "import './lib/b.ts'", 'lib/b.ts': broken },
      'app.ts',
      'lib/b.ts:3: Expected ")" but found "{"',
    ],
    [
      'an import of a name that is not there',
      { 'app.mjs': noSuchName, 'there.js': 'export {}', 'package.json': MODULE },
      'app.mjs',
      "app.mjs:1: The requested module './there.js' does not provide an export named 'nope'",
    ],
    [
      'an import of a file that is not there',
      { 'app.mjs': "import './gone.mjs'" },
      'app.mjs',
      "app.mjs: Cannot find module '<cwd>/gone.mjs' imported from <cwd>/app.mjs",
    ],
    [
      'an import of a file that is not there, .ts',
      { 'app.ts': "import './gone.ts'" },
      'app.ts',
      "app.ts: Cannot find module '<cwd>/gone.ts' imported from <cwd>/app.ts",
    ],
    [
      'an import of a package that is not there',
      { 'app.mjs': "import './b.mjs'", 'b.mjs': "import 'gone'" },
      'app.mjs',
      "app.mjs: Cannot find package 'gone' imported from <cwd>/b.mjs",
    ],
    [
      'a require of nothing',
      { 'app.cjs': "require('gone')" },
      'app.cjs',
      "app.cjs: Cannot find module 'gone'",
    ],
  ])('is told in one line, with exit code 1: %s', async (_, files, target, message) => {
    write(files)

    const { code, stdout, stderr } = await run([target])

    expect(stderr.replaceAll(cwd, '<cwd>')).toBe(`tsgi: ${message}\n`)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  it.each([
    ['app.mjs', "\nthrow new RangeError('out of it')", 'app.mjs:2:'],
    ['app.ts', "const name: string = 'out of it'\nthrow new RangeError(name)", 'app.ts:2:'],
    ['app.cjs', "\nthrow new RangeError('out of it')", 'app.cjs:2:'],
  ])('shows its own stack when it throws: %s', async (file, source, place) => {
    write({ [file]: source })

    const { code, stderr } = await run([file])

    expect(code).toBe(1)
    expect(stderr).toContain(`tsgi: ${file}: must load without an error; it threw\nRangeError: out of it\n`)
    expect(stderr).toContain(`${cwd}/${place}`)
  })

  it('is not run a second time to find out the place of what looks like a syntax error', async () => {
    write({ 'app.mjs': "console.log('ran')\nJSON.parse('{')" })

    const { code, stdout, stderr } = await run(['app.mjs'])

    expect({ code, stdout }).toEqual({ code: 1, stdout: 'ran\n' })
    expect(stderr).toContain('app.mjs:2:')
  })

  it('may throw what is no error', async () => {
    write({ 'app.mjs': 'throw undefined' })

    expect(await run(['app.mjs'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'tsgi: app.mjs: must load without an error; it threw\nundefined\n',
    })
  })

  it('does not keep the process with what it has started', async () => {
    write({ 'app.mjs': 'setInterval(() => {}, 1000)' })

    expect(await run(['app.mjs'])).toMatchObject({ code: 1 })
  })
})

describe('an address that cannot be listened on', () => {
  it('is told in one line: a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }

    const result = await run([], { PORT: String(port) })
    other.close()

    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: `tsgi: cannot listen on 127.0.0.1:${port}: it is in use (-b or PORT chooses another)\n`,
    })
  })

  it.each<[string, string, string]>([
    ['a file that is no socket', 'unix:file', 'unix:file: it is no socket'],
    ['a directory that is not there', 'unix:nope/a.sock', 'unix:nope/a.sock: no such directory'],
    ['an address of another machine', '192.0.2.1:0', '192.0.2.1:0: no such address on this machine'],
  ])('is told in one line: %s', async (_, bind, message) => {
    write({ file: 'kept' })

    expect(await run(['-b', bind])).toEqual({
      code: 1,
      stdout: '',
      stderr: `tsgi: cannot listen on ${message}\n`,
    })
    expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('kept')
  })

  // Where not even root may make one; other systems than Linux have no such directory.
  it.runIf(existsSync('/proc/self'))('is told in one line: a directory that takes no sockets', async () => {
    expect(await run(['-b', 'unix:/proc/tsgi.sock'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'tsgi: cannot listen on unix:/proc/tsgi.sock: permission denied\n',
    })
  })
})

describe('tsgi', () => {
  it.each(['--help', '-h'])('shows its arguments on one screen: %s', async (option) => {
    const { code, stdout, stderr } = await run([option])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: tsgi \[options\] \[module\[:export\]\]\n/)
    expect(stdout.split('\n').length).toBeLessThan(24)
  })

  it.each(['--version', '-v'])('shows its version: %s', async (option) => {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

    expect(await run([option])).toEqual({ code: 0, stdout: `tsgi ${version}\n`, stderr: '' })
  })

  it.each<[string, string, Record<string, string>]>([
    ['app.js', 'app.js:application', { 'app.js': HELLO, 'package.json': MODULE }],
    ['./app.mjs', './app.mjs:application', { 'app.mjs': HELLO }],
    ['app', 'app:application', { 'app.mjs': HELLO }],
    ['app:other', 'app:other', { 'app.mjs': HELLO.replace('application', 'other') }],
    ['app.mjs', 'app.mjs:default', { 'app.mjs': HELLO.replace('const application =', 'default') }],
    ['app.mjs:default', 'app.mjs:default', { 'app.mjs': `${HELLO}\nexport default application` }],
    ['app.cjs', 'app.cjs:application', { 'app.cjs': HELLO.replace('export const ', 'exports.') }],
    [
      'app.cjs',
      'app.cjs:default',
      { 'app.cjs': HELLO.replace('export const application', 'module.exports') },
    ],
    [
      'app',
      'app:application',
      { 'node_modules/app/index.mjs': HELLO, 'node_modules/app/package.json': '{"main":"index.mjs"}' },
    ],
    ['a.b/app', 'a.b/app:application', { 'a.b/app.mts': HELLO }],
    ['app.ts', 'app.ts:application', { 'app.ts': HELLO, 'package.json': MODULE }],
    ['app.ts', 'app.ts:application', { 'app.ts': HELLO, 'package.json': COMMONJS }],
    [
      'app.ts',
      'app.ts:application',
      { 'app.ts': `await import('./b.js')\nenum A { a }\n${HELLO}`, 'b.ts': 'export const b: number = 1' },
    ],
  ])('serves %s as %s', async (target, name, files) => {
    write(files)

    const { url, greeting } = await serve([target])

    expect(greeting).toMatch(
      /^tsgi \S+ serving .* on http:\/\/127\.0\.0\.1:\d+\/\nPress Ctrl\+C to stop\.\n$/,
    )
    expect(greeting).toContain(` serving ${name} on `)
    expect(await (await fetch(`${url}world`)).text()).toBe('hello /world')
  })

  it('gives a TypeScript application the same @tsgi/core as the server has', async () => {
    const core = dirname(createRequire(import.meta.url).resolve('@tsgi/core/package.json'))
    const probe = join(cwd, 'probe.mjs')
    write({
      'package.json': COMMONJS,
      'app.ts': `import { demoApplication } from '${core}/dist/index.js'
export const application = (environ: object, startResponse: Function) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return [new TextEncoder().encode(String(demoApplication === (globalThis as any).demo))]
}`,
      'probe.mjs': `import { demoApplication } from '${core}/dist/index.js'\nglobalThis.demo = demoApplication`,
    })

    const { url } = await serve(['app.ts'], { NODE_OPTIONS: `--import=${probe}` })

    expect(await (await fetch(url)).text()).toBe('true')
  })

  it('points into the TypeScript source when a request fails', async () => {
    write({
      'app.ts':
        'interface Unused {\n  a: string\n}\nexport const application = () => { throw new Error("late") }',
    })

    const { url, child } = await serve(['app.ts'])
    const stderr = text(child.stderr!)
    const response = await fetch(url)
    child.kill('SIGTERM')

    expect(response.status).toBe(500)
    expect(await stderr).toContain(`${cwd}/app.ts:4:`)
  })

  it('goes on when a request forgets a promise that is rejected, and reports it', async () => {
    write({
      'package.json': MODULE,
      'app.js': HELLO.replace('{\n', "{\n  Promise.reject(new Error('forgotten'))\n"),
    })

    const { url, child } = await serve(['app.js'])
    const stderr = text(child.stderr!)
    await (await fetch(url)).text()
    const answer = await (await fetch(`${url}again`)).text()
    child.kill('SIGTERM')

    expect(answer).toBe('hello /again')
    expect(await stderr).toMatch(
      /^tsgi: a promise was rejected, and nobody waited for it\nError: forgotten\n/,
    )
  })

  it('shows the routes of an application, and serves nothing', async () => {
    const routes = "[{ methods: ['GET'], pattern: '/users/:id', layers: [] }]"
    write({ 'app.mjs': `${HELLO}\napplication.routes = () => ${routes}` })

    expect(await run(['--routes', 'app'], { PORT: 'http' })).toEqual({
      code: 0,
      stdout: 'METHODS  PATTERN\nGET      /users/:id\n',
      stderr: '',
    })
  })

  it.each([
    ['app.mjs', 'app.mjs:application'],
    [undefined, 'the demo application'],
  ])('tells in one line that an application has no routes: %s', async (target, name) => {
    write({ 'app.mjs': HELLO })

    const { code, stdout, stderr } = await run(['--routes', ...(target ? [target] : [])])

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^tsgi: (.+): must be a router, which has routes\(\), .*\n$/)
    expect(stderr).toContain(`tsgi: ${name}: `)
  })

  it('serves the demo without a module, and does not show its own environment', async () => {
    const { url, greeting } = await serve([], { TSGI_SECRET: 'hidden' })
    const answer = await (await fetch(url)).text()

    expect(greeting).toContain(' serving the demo application on ')
    expect(answer).toMatch(/^Hello world!\n/)
    expect(answer).not.toContain('hidden')
  })

  it('serves on a unix socket, replaces a stale one, and takes it away', async () => {
    const first = await serve(['-b', 'unix:app.sock'], {}, [])
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    expect(existsSync(join(cwd, 'app.sock'))).toBe(true)

    const { child, greeting } = await serve(['-b', 'unix:app.sock'], {}, [])
    const [response] = await once(get({ socketPath: join(cwd, 'app.sock'), path: '/x' }), 'response')

    expect(greeting).toContain(' on unix:app.sock\n')
    expect(await text(response)).toMatch(/^Hello world!\n/)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(existsSync(join(cwd, 'app.sock'))).toBe(false)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'finishes what is in flight at %s, and exits with 0',
    async (signal) => {
      write({
        'app.mjs': `export const application = async function* (environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  yield new TextEncoder().encode('begun, ')
  await new Promise((resolve) => process.once('${signal}', resolve))
  yield new TextEncoder().encode('finished')
}`,
      })
      const { url, child } = await serve(['app.mjs'])
      const response = await fetch(url)
      child.kill(signal)

      expect(await response.text()).toBe('begun, finished')
      expect(await once(child, 'exit')).toEqual([0, null])
    },
  )

  it('ends at once at a second signal, which an echo of the first is not', async () => {
    write({
      'app.mjs': `process.on('removeListener', (signal) => signal === 'SIGTERM' && process.send('no echo any more'))
export const application = async function* (environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  yield new TextEncoder().encode('begun')
  await new Promise(() => {})
}`,
    })
    const { url, child } = await serve(['app.mjs'])
    const response = await fetch(url)
    child.kill('SIGINT')
    child.kill('SIGINT')
    await once(child, 'message')
    child.kill('SIGINT')

    expect(await once(child, 'exit')).toEqual([null, 'SIGINT'])
    await expect(response.text()).rejects.toThrow()
  })

  it('does what its README says', async () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const [program = ''] = fenced(readme, 'ts')
    const [session = ''] = fenced(readme, 'console')
    write({ 'hello.ts': program })

    const { url, greeting } = await serve(['hello.ts'])
    const answer = await (await fetch(`${url}world`)).text()

    expect(session).toBe(
      `$ npx tsgi hello.ts\n${greeting.replace(url, 'http://127.0.0.1:8000/')}` +
        `\n$ curl http://127.0.0.1:8000/world\n${answer}`,
    )
  })
})

function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), content)
  }
}

function start(args: string[], env: Record<string, string>): ChildProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(process.execPath, [join(folder, 'dist/bin.js'), ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.push(child)
  return child
}

async function run(args: string[], env: Record<string, string> = {}) {
  const child = start(args, env)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

/** Resolved when the command has greeted. */
async function serve(args: string[], env: Record<string, string> = {}, bind = ['-b', '127.0.0.1:0']) {
  const child = start([...bind, ...args], env)
  let greeting = ''
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    greeting += chunk
    if (greeting.includes('Press Ctrl+C to stop.\n')) break
  }
  return { child, greeting, url: / on (\S+)\n/.exec(greeting)?.[1] ?? '' }
}

function fenced(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code]) => code ?? '',
  )
}
