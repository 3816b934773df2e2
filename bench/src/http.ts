import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { load } from './load.ts'

/**
 * Runs each server in turn, in fresh processes, round by round, under the same load, and prints the CPU time and the
 * requests per second of each as ratios to raw `node:http` of the same round: medians, with the lowest and highest.
 */
const SERVERS = ['raw', 'raw (again)', 'tsgi', 'tsgi-handler', 'fastify']
const PATHS = { hello: '/', 'a route with a param': '/users/42' }
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const CONNECTIONS = 32
const WARM_UP = { connections: CONNECTIONS, ms: 1_500, requests: 30_000 }
const MEASURE = { connections: CONNECTIONS, ms: 4_000, requests: 60_000 }

interface Sample {
  /** Microseconds of CPU, user and system, for each request. */
  cpu: number
  requestsPerSecond: number
}

console.log(`Node ${process.version}, ${ROUNDS} rounds, ${CONNECTIONS} connections`)
for (const [title, path] of Object.entries(PATHS)) {
  const samples = new Map<string, Sample[]>(SERVERS.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of SERVERS) samples.get(name)!.push(await measure(name, path))
  }
  print(title, samples)
}

async function measure(name: string, path: string): Promise<Sample> {
  const file = name.replace(' (again)', '')
  const child = fork(new URL(`./servers/${file}.js`, import.meta.url))
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    await load(port, path, WARM_UP)
    const [cpuBefore, start] = [await cpuOf(child), performance.now()]
    const requests = await load(port, path, MEASURE)
    const [cpuAfter, end] = [await cpuOf(child), performance.now()]
    return { cpu: (cpuAfter - cpuBefore) / requests, requestsPerSecond: (requests / (end - start)) * 1000 }
  } finally {
    child.kill()
  }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }]
  return cpu
}

function print(title: string, samples: Map<string, Sample[]>): void {
  const raw = samples.get('raw')!
  console.log(
    `\n${title}\n${'server'.padEnd(14)}${'CPU/request'.padStart(24)}${'requests/s'.padStart(24)}${'µs CPU'.padStart(10)}`,
  )
  for (const [name, rows] of samples) {
    const cpu = rows.map((row, round) => row.cpu / raw[round]!.cpu)
    const speed = rows.map((row, round) => row.requestsPerSecond / raw[round]!.requestsPerSecond)
    const micros = median(rows.map((row) => row.cpu)).toFixed(1)
    console.log(
      `${name.padEnd(14)}${spread(cpu).padStart(24)}${spread(speed).padStart(24)}${micros.padStart(10)}`,
    )
  }
}

function spread(values: number[]): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toFixed(2),
  )
  return `${middle} (${low} to ${high})`
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
