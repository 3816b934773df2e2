import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspect, parseArgs } from 'node:util'
import { type Application, demoApplication } from '@tsgi/core'
import { errorStream, reportError } from '@tsgi/core/gateway'
import { type Server, serve } from '@tsgi/server'
import { type Address, defaultAddress, parseBind } from './bind.ts'
import { Fault } from './fault.ts'
import { type Loaded, load } from './load.ts'
import { routeTable } from './routes.ts'

/** What the command uses of the process that it runs in; `process` is one. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  cwd(): string
  on(event: ProcessEvent, listener: (reason: unknown) => void): unknown
  off(event: ProcessEvent, listener: (reason: unknown) => void): unknown
}

type ProcessEvent = 'SIGINT' | 'SIGTERM' | 'unhandledRejection'

/**
 * Runs the command: serves an application until SIGINT or SIGTERM, or does what else the arguments say.
 *
 * @param args what stands after the command's name: `['-b', ':8000', 'site.ts:application']`
 * @returns the exit code: 0, 1 when it does not work, 2 when the arguments are wrong
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings
  try {
    const { help, version, routes, bind, target } = parseCommand(args)
    if (help) stdout.write(HELP)
    else if (version) stdout.write(`tsgi ${VERSION}\n`)
    else if (routes) stdout.write(await routeTable(await loadTarget(target, surroundings)))
    else await run(target, bind, surroundings)
    return 0
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    stderr.write(`tsgi: ${error.message}\n`)
    if ('cause' in error) stderr.write(`${inspect(error.cause)}\n`)
    return error.exitCode
  }
}

const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

const GRACE_MS = 10_000
const HELP = `Usage: tsgi [options] [module[:export]]

Serves a TSGI application over HTTP.

  module         a file (.js, .mjs, .cjs, .ts, .mts; the extension may be left out), or a package
  export         the name of the application in it; default: application, or else default
                 Without a module: a demo that shows the environ of the request.

  -b, --bind     where to listen: host:port, :port, [ipv6]:port or unix:path; port 0 picks a free one
                 Default: 127.0.0.1:8000; the environment variable PORT moves the port.
  --routes       shows the routes of the application, a router, and serves nothing
  -h, --help     shows this
  -v, --version  shows the version

The first Ctrl+C (or SIGTERM) lets open requests finish, for ${GRACE_MS / 1000} seconds; the second ends at once.
`

interface Command {
  help: boolean
  version: boolean
  routes: boolean
  bind: string | undefined
  target: string | undefined
}

function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) {
    throw new Fault(`arguments: must be one module:export; got ${positionals.length}${SEE_HELP}`, 2)
  }
  const { help = false, version = false, routes = false, bind } = values
  return { help, version, routes, bind, target: positionals[0] }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    // Node's message goes on about arguments that start with a dash.
    const [message] = (error as Error).message.split(/\. |\n/, 1)
    throw new Fault(`${message}${SEE_HELP}`, 2)
  }
}

const SEE_HELP = ' (see tsgi --help)'
const OPTIONS = {
  bind: { type: 'string', short: 'b' },
  help: { type: 'boolean', short: 'h' },
  routes: { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
} as const

async function loadTarget(target: string | undefined, surroundings: Surroundings): Promise<Loaded> {
  if (target === undefined) return { application: demoApplication, name: 'the demo application' }
  return load(target, surroundings.cwd())
}

async function run(
  target: string | undefined,
  bind: string | undefined,
  surroundings: Surroundings,
): Promise<void> {
  const { stdout, env } = surroundings
  const address = bind === undefined ? defaultAddress(env) : parseBind(bind)
  const { application, name } = await loadTarget(target, surroundings)
  const server = await listen(application, address)
  // A promise that one request forgot must not end all the others, as it would by Node's own choice.
  surroundings.on('unhandledRejection', (reason) => {
    const errors = errorStream((text) => surroundings.stderr.write(text))
    reportError(errors, 'tsgi: a promise was rejected, and nobody waited for it', reason)
  })
  stdout.write(`tsgi ${VERSION} serving ${name} on ${server.url}\nPress Ctrl+C to stop.\n`)
  await untilStopped(server, surroundings)
}

async function listen(application: Application, address: Address): Promise<Server> {
  try {
    return await serve(application, address)
  } catch (error) {
    const { code = '', syscall, message } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    const where = 'unix' in address ? `unix:${address.unix}` : `${address.host}:${address.port}`
    throw new Fault(`cannot listen on ${where}: ${faultOfPath(address) ?? REASONS[code] ?? message}`, 1)
  }
}

/** What Node calls "in use" and "no permission", for want of better codes. */
function faultOfPath(address: Address): string | undefined {
  if (!('unix' in address)) return undefined
  if (lstatSync(address.unix, { throwIfNoEntry: false })?.isSocket() === false) return 'it is no socket'
  return existsSync(dirname(address.unix)) ? undefined : 'no such directory'
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use (-b or PORT chooses another)',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EADDRNOTAVAIL: 'no such address on this machine',
  ENOTFOUND: 'no such host',
}

/** The first signal lets what is in flight finish; the next one does what signals do. */
async function untilStopped(server: Server, process: Surroundings): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      // Ctrl+C under npm arrives twice: from the terminal, and passed on by npm.
      setTimeout(() => {
        for (const signal of SIGNALS) process.off(signal, stop)
      }, ECHO_MS).unref()
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, stop)
  })
  await server.close({ graceMs: GRACE_MS })
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const ECHO_MS = 300
