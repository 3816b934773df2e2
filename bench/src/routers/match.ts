/** Times one set of routes with all contenders, in a process of its own: `node match.js <slices> <size> [overlapping]`. */
import { isDeepStrictEqual } from 'node:util'
import { type Built, CONTENDERS, OURS } from './contenders.ts'
import { randomFrom, routeSet, type Sample, samplesOf, shuffled } from './routes.ts'
import type { Requests } from './slice.ts'

/** Nanoseconds a call, the lower quartile of the slices and their median; or why there are none. */
export type Cell = { ns: number; median: number } | { reason: string }

/** By contender, by kind of request. */
export type Table = Map<string, Map<string, Cell>>

/** One contender on one kind of request. */
interface Lane {
  contender: string
  kind: string
  /** Nanoseconds a call. */
  time: (calls: number) => number
  calls: number
  ns: number[]
}

const SLICE_MS = 1
const WARM_UP_MS = 20
/** Once around all requests of a kind, or more. */
const PASS = 512
/** For whoever is so slow that a pass would take this long, a few calls are a slice. */
const SLOW_PASS_MS = 5
const FEW_CALLS = 32
const FRESH_KINDS = ['static', 'param']

const [slices, size] = process.argv.slice(2, 4).map(Number) as [number, number]
const overlapping = process.argv[4] === 'overlapping'
const routes = routeSet(size, overlapping)
const kinds = samplesOf(routes, overlapping)

const table: Table = new Map()
const lanes: Lane[] = []
for (const contender of Object.keys(CONTENDERS)) lanes.push(...(await enter(contender)))
for (const kind of new Set(lanes.map((lane) => lane.kind))) {
  const rivals = lanes.filter((lane) => lane.kind === kind)
  for (let slice = 0; slice < slices; slice++) {
    // Nobody always comes after the one that leaves the least in the processor's cache.
    for (const lane of shuffled(rivals, randomFrom(slice))) {
      // What the others have pushed out of the processor's cache comes back first.
      if (lane.calls >= PASS) lane.time(PASS)
      lane.ns.push(lane.time(lane.calls))
    }
  }
}
for (const { contender, kind, ns } of lanes) {
  const sorted = ns.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!
  table.get(contender)!.set(kind, { ns: at(0.25), median: at(0.5) })
}
process.send?.(table)

/** Has a contender answer everything that it will be timed on, and warms it with all of that. */
async function enter(contender: string): Promise<Lane[]> {
  const refused = new Map<string, Cell>()
  table.set(contender, refused)
  const router = build(contender)
  const own: Lane[] = []
  for (const [kind, samples] of kinds) {
    const reason = typeof router === 'string' ? router : fault(router, samples)
    if (reason === undefined) own.push(...(await lanesOf(contender, router as Built, kind, samples)))
    else if (contender === OURS) throw new Error(`${contender}: ${size} routes: ${kind}: ${reason}`)
    else refused.set(kind, { reason })
  }
  // Twice: what the engine made for the first kinds alone does not last.
  for (const lane of [...own, ...own]) lane.calls = warmUp(lane)
  return own
}

/** The router; or why there is none. */
function build(contender: string): Built | string {
  try {
    const router = CONTENDERS[contender]!(routes)
    // Some build what they match with when they are first asked.
    router.find('GET', '/')
    return router
  } catch (error) {
    const reason = error as Error
    return `does not take these routes: ${reason.constructor.name}: ${reason.message.slice(0, 100)}`
  }
}

/** What it answers otherwise than it must; nobody is timed on what he gets wrong. */
function fault(router: Built, samples: readonly Sample[]): string | undefined {
  for (const { method, path, expected } of samples) {
    const found = router.read(router.find(method, path) as never)
    const right =
      expected === undefined
        ? found === undefined
        : found?.pattern === expected.pattern &&
          found.methods.includes(method) &&
          isDeepStrictEqual(found.params, expected.params)
    if (!right) {
      return `${method} ${path}: must be ${JSON.stringify(expected)}; got ${JSON.stringify(found)}`
    }
  }
  return undefined
}

async function lanesOf(
  contender: string,
  { find }: Built,
  kind: string,
  samples: readonly Sample[],
): Promise<Lane[]> {
  const { timeSame, timeFresh } = await ownSlice(contender)
  const requests = requestsOf(samples)
  const lane = { contender, calls: 0 }
  const same = { ...lane, kind, ns: [], time: (calls: number) => timeSame(find, requests, calls) }
  if (!FRESH_KINDS.includes(kind)) return [same]
  const many = requestsOf(Array.from({ length: PASS }, (_, i) => samples[i % samples.length]!))
  const fresh = { ...lane, kind: `${kind}, fresh`, ns: [] }
  return [same, { ...fresh, time: (calls: number) => timeFresh(find, many, calls) }]
}

/** A query makes it another module, with its own optimised code; see there. */
function ownSlice(contender: string): Promise<typeof import('./slice.ts')> {
  return import(new URL(`./slice.js?${encodeURIComponent(contender)}`, import.meta.url).href)
}

function requestsOf(samples: readonly Sample[]): Requests {
  const bytes = samples.map(({ path }) => Buffer.from(path, 'latin1'))
  return {
    methods: samples.map(({ method }) => method),
    // From the bytes, as a parser makes them: what was put together of pieces is another kind of string to the engine.
    paths: bytes.map((path) => path.toString('latin1')),
    bytes,
    at: 0,
  }
}

/** How many calls make a slice: as many whole passes as there is time for. */
function warmUp({ time }: Lane): number {
  const start = performance.now()
  let ns = Number.POSITIVE_INFINITY
  while (performance.now() - start < WARM_UP_MS) ns = Math.min(ns, time(FEW_CALLS))
  if (ns * PASS > SLOW_PASS_MS * 1e6) return FEW_CALLS
  return PASS * Math.max(1, Math.round((SLICE_MS * 1e6) / (ns * PASS)))
}
