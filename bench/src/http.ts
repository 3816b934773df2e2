import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { load } from './load.ts'

/**
 * Runs the servers side by side, each in a process of its own, and puts the same load on one after the other, round by
 * round in short slices. Prints the CPU time of a request, user and system, and the requests per second: as ratios to
 * raw `node:http`, which runs twice to show how much of a difference is noise.
 *
 * A machine that others use too only ever makes a slice dearer. So a server is judged by its lower quartile; the
 * spread goes from its cheapest slice to its median.
 */
const SERVERS = ['raw', 'raw (again)', 'tsgi', 'tsgi-handler', 'fastify']
const PATHS = { hello: '/', 'a route with a param': '/users/42' }
const ROUNDS = Number(process.env['ROUNDS'] ?? 15)
const CONNECTIONS = 32
// Until the compiler has seen enough, a request takes three times as long: counted in requests, not in time.
const WARM_UP = { connections: CONNECTIONS, ms: 10_000, requests: 80_000 }
const SLICE = { connections: CONNECTIONS, ms: 1_000, requests: 30_000 }

/** One slice: microseconds of CPU for each request, and requests per second. */
interface Sample {
  cpu: number
  speed: number
}

interface Server {
  name: string
  child: ChildProcess
  port: number
  samples: Sample[]
}

console.log(`Node ${process.version}, ${ROUNDS} rounds, ${CONNECTIONS} connections`)
for (const [title, path] of Object.entries(PATHS)) {
  const servers = await Promise.all(SERVERS.map(start))
  for (const { port } of servers) await load(port, path, WARM_UP)
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) server.samples.push(await measure(server, path))
  }
  for (const { child } of servers) child.disconnect()
  print(title, servers)
}

async function start(name: string): Promise<Server> {
  const child = fork(new URL(`./servers/${name.replace(' (again)', '')}.js`, import.meta.url))
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { name, child, port, samples: [] }
}

async function measure({ child, port }: Server, path: string): Promise<Sample> {
  const [cpuBefore, start] = [await cpuOf(child), performance.now()]
  const requests = await load(port, path, SLICE)
  const [cpuAfter, end] = [await cpuOf(child), performance.now()]
  return { cpu: (cpuAfter - cpuBefore) / requests, speed: (requests / (end - start)) * 1000 }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }]
  return cpu
}

function print(title: string, servers: Server[]): void {
  const columns = ['CPU/request', 'µs, with the spread', 'requests/s']
  console.log(`\n${title.padEnd(22)}${columns.map((column) => column.padStart(22)).join('')}`)
  const raw = cheapest(servers[0]!)
  for (const server of servers) {
    const found = cheapest(server)
    const cells = [
      (found.cpu / raw.cpu).toFixed(2),
      `${found.cpu.toFixed(1)} (${found.least.toFixed(1)} to ${found.median.toFixed(1)})`,
      (found.speed / raw.speed).toFixed(2),
    ]
    console.log(`${server.name.padEnd(22)}${cells.map((cell) => cell.padStart(22)).join('')}`)
  }
}

function cheapest({ samples }: Server): { cpu: number; least: number; median: number; speed: number } {
  const cpu = samples.map((sample) => sample.cpu).toSorted((a, b) => a - b)
  const speed = samples.map((sample) => sample.speed).toSorted((a, b) => b - a)
  return { cpu: at(cpu, 0.25), least: at(cpu, 0), median: at(cpu, 0.5), speed: at(speed, 0.25) }
}

function at(sorted: number[], quantile: number): number {
  return sorted[Math.floor((sorted.length - 1) * quantile)]!
}
