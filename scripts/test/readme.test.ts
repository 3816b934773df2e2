// What the READMEs show is true: every `ts` block compiles, and the first is a program that answers as is shown.
//
// The first `console` block after the program shows how it is started and asked: each line that begins with `$ ` is a
// command, and the lines below it are what it prints; a `…` stands for any text in its line, and alone for any lines.
// `$ curl …` is sent to the program, whose port, 8000, is replaced by a free one in both blocks. Any other command
// starts the program, under the file name that it names; without one it is `npx tsx app.ts`.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { packages } from '../packages.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readmes = ['', ...packages().map(({ folder }) => `${folder}/`)]
  .map((folder) => `${folder}README.md`)
  .filter((readme) => existsSync(root + readme))

interface Block {
  language: string
  code: string
  /** The line of the README on which the code begins, counted from 0. */
  line: number
}

describe.each(readmes)('%s', (readme) => {
  const blocks = readBlocks(readFileSync(root + readme, 'utf8'))

  it('has ts blocks that compile, each by itself', () => {
    expect(blocks.flatMap((block) => faultsOf(readme, block))).toEqual([])
  })

  it('begins with a program of at most 20 lines that answers as it says', { timeout: 60_000 }, async () => {
    const first = blocks.findIndex(({ language }) => language === 'ts')
    const session = blocks.slice(first).find(({ language }) => language === 'console')
    expect(first).toBeGreaterThanOrEqual(0)
    expect(blocks[first]!.code.split('\n').length - 1).toBeLessThanOrEqual(20)
    await replay(blocks[first]!.code, readSession(session?.code ?? ''))
  })
})

/** The fenced blocks of a text in Markdown. */
function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code], i, all) => ({
    language: language!,
    code: code!,
    line: markdown.slice(0, all[i]!.index).split('\n').length,
  }))
}

let program: ts.Program

beforeAll(() => {
  const files = new Map(
    readmes.flatMap((readme) =>
      readBlocks(readFileSync(root + readme, 'utf8'))
        .filter(({ language }) => language === 'ts')
        .map((block) => [fileOf(readme, block), block.code] as const),
    ),
  )
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (file) => files.has(file) || fileExists(file)
  host.readFile = (file) => files.get(file) ?? readFile(file)
  program = ts.createProgram([...files.keys()], options, host)
}, 60_000)

/** Where a block would stand as a file: beside its README. */
function fileOf(readme: string, { line }: Block): string {
  return `${root}${readme}.${line}.ts`
}

/** Those of the tests, and where our packages are: a README shows more of them than its own package can import. */
function compilerOptions(): ts.CompilerOptions {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
  const config = ts.getParsedCommandLineOfConfigFile(`${root}tsconfig.test.json`, {}, host)!
  const paths: Record<string, string[]> = {}
  for (const { folder, manifest } of packages()) {
    for (const [door, target] of Object.entries(manifest.exports)) {
      const source = (target as { '@tsgi/source'?: string })['@tsgi/source']
      if (source !== undefined) paths[manifest.name + door.slice('.'.length)] = [`${root}${folder}/${source}`]
    }
  }
  return { ...config.options, paths, noUnusedLocals: false }
}

/** What the compiler has against a block, by the lines of the README. */
function faultsOf(readme: string, block: Block): string[] {
  if (block.language !== 'ts') return []
  const file = program.getSourceFile(fileOf(readme, block))!
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start ?? 0)
      return `${readme}:${block.line + line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    },
  )
}

interface Command {
  words: string[]
  /** What it prints, as the README has it. */
  shown: string
}

/** The commands of a `console` block. */
function readSession(code: string): Command[] {
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...shown] = part.trimEnd().split('\n')
      const words = [...command!.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
      return {
        words: words.map(([, single, double, bare]) => single ?? double ?? bare!),
        shown: shown.join('\n'),
      }
    })
}

let folder: string | undefined
let child: ChildProcess | undefined

afterEach(async () => {
  if (child?.exitCode === null && child.kill('SIGKILL')) await once(child, 'close')
  if (folder !== undefined) rmSync(folder, { recursive: true })
  child = undefined
  folder = undefined
})

/** Starts a program, asks it what a session asks, and expects what the session shows. */
async function replay(code: string, session: Command[]): Promise<void> {
  const port = await freePort()
  const here = (shown: string): string => shown.replaceAll('8000', `${port}`)
  const requests = session.filter(({ words }) => words[0] === 'curl')
  expect(requests).not.toHaveLength(0)
  const started = session.find(({ words }) => words[0] !== 'curl')
  const printed = await start(here(code), started?.words ?? ['npx', 'tsx', 'app.ts'], port)
  for (const { words, shown } of requests) {
    expectShown(await curl(words.slice(1).map(here)), here(shown))
  }
  // A log may be written after its response has arrived.
  if (started) await vi.waitFor(() => expectShown(printed(), here(started.shown)), 5_000)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Runs a program until it can be reached; gives what it has printed. */
async function start(code: string, command: string[], port: number): Promise<() => string> {
  const [tool, ...args] = command.filter((word) => word !== 'npx')
  // Where every package can be imported from, and no other check looks.
  folder = mkdtempSync(`${root}examples/node_modules/.readme-`)
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }')
  writeFileSync(`${folder}/${args.at(-1)}`, code)
  const bin = tool === 'tsgi' ? [`${root}packages/cli/src/bin.ts`] : []
  child = spawn(process.execPath, ['--conditions=@tsgi/source', `--import=${TSX}`, ...bin, ...args], {
    cwd: folder,
    env: { ...process.env, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output += chunk
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`the program has ended: ${output}`)))
  await Promise.race([ended, vi.waitFor(() => reach(port), 30_000)])
  ended.catch(() => {})
  return () => output
}

const TSX = pathToFileURL(createRequire(`${root}packages/cli/package.json`).resolve('tsx'))

async function reach(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

/** What `curl` prints, which is not on every machine. */
async function curl(args: string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string', short: 'd' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      include: { type: 'boolean', short: 'i', default: false },
      request: { type: 'string', short: 'X' },
    },
  })
  const { data, header, include, request: method = data === undefined ? 'GET' : 'POST' } = values
  const form = data === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }
  const given = header.map((line) => line.split(/: */, 2) as [string, string])
  const headers = { 'User-Agent': 'curl/8', Accept: '*/*', ...form, ...Object.fromEntries(given) }
  const outgoing = request(positionals[0]!, { method, headers }).end(data)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const body = await text(response)
  return include ? `${headOf(response)}\n${body}` : body
}

function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.map((part, i) => (i % 2 === 0 ? `${part}: ` : `${part}\n`))
  return `HTTP/${httpVersion} ${statusCode} ${statusMessage}\n${lines.join('')}`
}

/** Whether the last line has an end, nobody can see. */
function expectShown(printed: string, shown: string): void {
  const lines = shown.split('\n').map((line) => {
    if (line === '…') return '(?:.*\\n)*'
    return `${line.split('…').map(escapeRegExp).join('.*')}\\n`
  })
  expect(`${printed.trimEnd()}\n`).toMatch(new RegExp(`^${lines.join('')}$`))
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
