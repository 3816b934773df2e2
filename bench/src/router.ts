import { fork } from 'node:child_process'
import { once } from 'node:events'
import { CONTENDERS, OURS } from './routers/contenders.ts'
import type { Cell, Table } from './routers/match.ts'
import type { Cost } from './routers/register.ts'

/**
 * What it costs to find a route, without a server: the Selector beside other routers, on applications of 10 to 10,000
 * routes. Each set of routes has a process of its own, in which all take turns in short slices. Prints nanoseconds a call for
 * find-my-way, the lower quartile of the slices, and ratios to it for the others; in parentheses the median, in percent above
 * that quartile. Who answers otherwise than with the route and all params is not timed.
 */
const SLICES = process.env['SLICES'] ?? '30'
const SETS = [['10'], ['100'], ['1000'], ['10000'], ['1000', 'overlapping']] as const
const LARGEST = '10000'

const [base = ''] = Object.keys(CONTENDERS)
const bySize: string[][] = []

console.log(`Node ${process.version}, ${SLICES} slices`)
for (const [size, overlapping] of SETS) {
  const table = await ask<Table>('match', [SLICES, size, ...(overlapping ? [overlapping] : [])])
  const title = `${grouped(size)} routes`
  print(overlapping ? `${title}, of which two fit` : title, table)
  if (overlapping) continue
  const ours = [...table.get(OURS)!]
  if (bySize.length === 0) bySize.push([`${OURS}, ns`, ...ours.map(([kind]) => kind)])
  bySize.push([title, ...ours.map(([, cell]) => ('ns' in cell ? nanoseconds(cell.ns) : 'n/a'))])
}
align(bySize)

const costs = [[`${grouped(LARGEST)} routes`, 'added, to the first answer', 'heap for each route']]
for (const contender of Object.keys(CONTENDERS)) {
  const { ms, bytes } = await ask<Cost>('register', [contender, LARGEST], ['--expose-gc'])
  costs.push([contender, `${ms.toFixed(0)} ms`, `${bytes.toFixed(0)} bytes`])
}
align(costs)

/** What the program answers that runs with these arguments. */
async function ask<Answer>(program: string, args: string[], execArgv: string[] = []): Promise<Answer> {
  const child = fork(new URL(`./routers/${program}.js`, import.meta.url), args, {
    execArgv,
    serialization: 'advanced',
  })
  const answered: Promise<[Answer]> = once(child, 'message') as never
  const [code] = await Promise.race([once(child, 'exit'), answered.then(() => [0])])
  if (code !== 0) throw new Error(`router: ${program} ${args.join(' ')}: must succeed; got exit code ${code}`)
  return (await answered)[0]
}

function print(title: string, table: Table): void {
  const bases = table.get(base)!
  const reasons = new Set<string>()
  const lines = [...table].map(([contender, cells]) => {
    const texts = [...bases].map(([kind, to]) => {
      const cell = cells.get(kind)
      if (cell !== undefined && 'ns' in cell) return withSpread(cell, contender === base ? undefined : to)
      if (cell !== undefined) reasons.add(`${contender}: ${cell.reason}`)
      return 'n/a'
    })
    return [contender, ...texts]
  })
  align([[title, ...bases.keys()], ...lines])
  for (const reason of reasons) console.log(`n/a: ${reason}`)
}

function withSpread({ ns, median }: { ns: number; median: number }, to: Cell | undefined): string {
  const value = to === undefined ? `${nanoseconds(ns)} ns` : 'ns' in to ? (ns / to.ns).toFixed(2) : 'n/a'
  return `${value} (${Math.round((median / ns - 1) * 100)}%)`
}

function nanoseconds(ns: number): string {
  return ns.toFixed(ns < 100 ? 1 : 0)
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}

function align(lines: readonly string[][]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  console.log()
  for (const [first = '', ...others] of lines) {
    console.log(
      first.padEnd(widths[0]!) + others.map((cell, i) => cell.padStart(widths[i + 1]! + 2)).join(''),
    )
  }
}
