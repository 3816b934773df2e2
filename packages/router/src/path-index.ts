import { BareObject, internKey, readSegment } from '@tsgi/core/gateway'
import { execute } from './expression.ts'
import type { Params } from './params.ts'
import type { ParamsShape } from './params-shape.ts'
import { addToHash, Branch, type Edge, insertInOrder, isStep, type Leaf, type Step } from './path-tree.ts'
import { foldCase, ONE_SEGMENT, readValues, type Way } from './pattern.ts'

/** What the index needs to know of a route. */
export interface Indexed {
  /** Its place in the order of registration. */
  readonly order: number
  /** Whether the path alone decides. */
  readonly isPlain: boolean
}

/** A route whose pattern fits a path. */
export interface Candidate<Route> {
  readonly route: Route
  readonly way: Way
  /** The text of each key of the way, as it stands in the path; `undefined` for one that is absent. */
  readonly values: readonly (string | undefined)[]
  /** Where in the path the text ends that the pattern fits. */
  readonly end: number
}

/** The same, its values read: fresh, and nobody else's. */
export interface Match<Route> {
  readonly route: Route
  readonly params: Params
  /** Where the pattern has an expression, or is open. */
  readonly more?: More
}

export interface More {
  /** The values without a name. */
  readonly positional: readonly string[]
  /** Where in the path the text ends that the pattern fits. */
  readonly end: number
}

/** What `find` gives when it has come upon a route that asks for more than a path. */
export const UNDECIDED: unique symbol = Symbol('undecided')

export function readCandidate<Route>({ route, way, values, end }: Candidate<Route>): Match<Route> {
  if (way.end === 'exact' && values.length === 0) return { route, params: new BareObject() as Params }
  const { named, positional } = readValues(way, values)
  return { route, params: named, more: { positional, end } }
}

/**
 * Finds the routes that fit a path, in order of registration, in a time that does not depend on how many there are: a path
 * without params is looked up as a whole, any other walks down a tree with a level for each segment. A pattern that has a
 * wildcard before its end, or a param beside other text in a segment, is a branch up to there; its expression is then tried.
 */
export class PathIndex<Route extends Indexed> {
  readonly #sensitive: boolean
  readonly #fixed = new Map<string, Fixed<Route>>()
  /** Whether a fixed path has such an end: most others have not, and to hash a path takes longer than to look at it. */
  readonly #ends = new Uint8Array(ENDS)
  readonly #root = new Branch<Route>()
  /** How often something was added that could fit a path which is fixed. */
  #version = 0

  /** @param options.sensitive whether case counts; where it does not, ways have `foldCase` of it in their steps */
  constructor({ sensitive }: { sensitive: boolean }) {
    this.#sensitive = sensitive
  }

  /** Adds one way in which a route fits. `nth` is its place among the ways of the route, below 256. */
  add(route: Route, way: Way, nth: number): void {
    const leaf = { route, way, order: route.order * MAX_WAYS + nth, isPlain: route.isPlain }
    if (way.end === 'exact' && !way.steps.includes(ONE_SEGMENT)) {
      const path = way.steps.map((step) => `/${step as string}`).join('')
      const fixed = this.#fixed.get(path)
      this.#ends[endOf(path)] = 1
      if (fixed === undefined)
        this.#fixed.set(internKey(path), { leaves: [leaf], candidates: [], version: -1 })
      else {
        insertInOrder(fixed.leaves, leaf)
        fixed.version = -1
      }
      return
    }
    this.#version++
    this.#root.add(
      leaf,
      way.steps.map((step) => (step === ONE_SEGMENT ? step : `/${step}`)),
    )
  }

  /** The first route that fits a path; `UNDECIDED` where that is not plain, and `all` must be looked through. */
  find(path: string): Match<Route> | undefined | typeof UNDECIDED {
    const fixed = this.#fixedAt(path)
    if (fixed === undefined) return this.#walk(path)
    const first = this.#candidatesOf(fixed, path)[0]!
    return first.route.isPlain ? readCandidate(first) : UNDECIDED
  }

  /** Every way of every route that fits a path, in order. */
  all(path: string): readonly Candidate<Route>[] {
    const fixed = this.#fixedAt(path)
    return fixed === undefined ? candidatesOf(this.#collect(path)) : this.#candidatesOf(fixed, path)
  }

  #fixedAt(path: string): Fixed<Route> | undefined {
    const subject = this.#sensitive ? path : foldCase(path)
    return this.#ends[endOf(subject)] === 1 ? this.#fixed.get(subject) : undefined
  }

  #candidatesOf(fixed: Fixed<Route>, path: string): readonly Candidate<Route>[] {
    // What params find in a path is as that path was written.
    if (fixed.version !== this.#version || !this.#sensitive) {
      const found = this.#collect(path)
      for (const leaf of fixed.leaves) found.push({ leaf, values: NONE, end: path.length })
      fixed.candidates = candidatesOf(found)
      fixed.version = this.#version
    }
    return fixed.candidates
  }

  #walk(path: string): Match<Route> | undefined | typeof UNDECIDED {
    const { length } = path
    const subject = this.#sensitive ? path : foldCase(path)
    let best: Leaf<Route> | undefined
    let match: Match<Route> | undefined
    let forks: Fork<Route>[] | undefined
    let branch = this.#root
    let at = 0
    let depth = 0
    for (;;) {
      if (best === undefined || branch.first < best.order) {
        const { steps } = branch
        if (steps.length > 0) {
          at = follow(steps, path, subject, at, depth)
          depth += branch.params
        }
        const isEnd = at === length
        const isSlash = at >= 0 && at < length && path.charCodeAt(at) === SLASH
        if (branch.others !== undefined && (isEnd || isSlash)) {
          for (const leaf of branch.others) {
            if (best !== undefined && leaf.order > best.order) break
            const found = tryLeaf(leaf, path, at, SEGMENTS.slice(0, depth))
            if (found === undefined) continue
            const { route, way } = leaf
            if (!leaf.isPlain) return UNDECIDED
            best = leaf
            match = readCandidate({ route, way, ...found })
            break
          }
        }
        // A wildcard fits more than nothing.
        const leaf = isEnd ? branch.exact?.[0] : isSlash && at + 1 < length ? branch.rest?.[0] : undefined
        if (leaf !== undefined && (best === undefined || leaf.order < best.order)) {
          const { route, way } = leaf
          if (!leaf.isPlain) return UNDECIDED
          best = leaf
          match = { route, params: readSegments(way, path, at) }
        }
        if (isSlash) {
          const { edges, param, only } = branch
          let end = at + 1
          let edge: Edge<Route> | undefined
          if (param === undefined && only !== undefined) {
            end = at + only.step.length
            if (subject.startsWith(only.step, at) && (end === length || path.charCodeAt(end) === SLASH))
              edge = only
          } else if (edges !== undefined) {
            let hash = 0
            for (; end < length; end++) {
              const code = subject.charCodeAt(end)
              if (code === SLASH) break
              hash = addToHash(hash, code)
            }
            edge = edges.get(hash)
            while (edge !== undefined && !isStep(edge.step, subject, at, end)) edge = edge.next
          } else if (param !== undefined) {
            const slash = path.indexOf('/', end)
            end = slash < 0 ? length : slash
          }
          const isParam = param !== undefined && end > at + 1
          if (edge !== undefined) {
            if (isParam) {
              forks ??= []
              forks.push({ branch: param, at: end, depth, segment: path.slice(at + 1, end) })
            }
            branch = edge.branch
            at = end
            continue
          }
          if (isParam) {
            SEGMENTS[depth++] = path.slice(at + 1, end)
            branch = param
            at = end
            continue
          }
        }
      }
      const fork = forks?.pop()
      if (fork === undefined) return match
      branch = fork.branch
      at = fork.at
      depth = fork.depth
      SEGMENTS[depth++] = fork.segment
    }
  }

  /** Everything that fits, in whatever order. */
  #collect(path: string): Found<Route>[] {
    const { length } = path
    const subject = this.#sensitive ? path : foldCase(path)
    const all: Found<Route>[] = []
    const forks: Reached<Route>[] = [{ branch: this.#root, at: 0, values: [] }]
    for (let fork = forks.pop(); fork !== undefined; fork = forks.pop()) {
      const { branch } = fork
      const at = follow(branch.steps, path, subject, fork.at, 0)
      if (at < 0) continue
      const values = [...fork.values, ...SEGMENTS.slice(0, branch.params)]
      for (const leaf of branch.others ?? []) {
        const found = at === length || path[at] === '/' ? tryLeaf(leaf, path, at, values) : undefined
        if (found !== undefined) all.push({ leaf, ...found })
      }
      if (at === length) {
        for (const leaf of branch.exact ?? []) all.push({ leaf, values, end: length })
        continue
      }
      if (path[at] !== '/') continue
      if (at + 1 < length) {
        const rest = [...values, path.slice(at + 1)]
        for (const leaf of branch.rest ?? []) all.push({ leaf, values: rest, end: length })
      }
      const slash = path.indexOf('/', at + 1)
      const end = slash < 0 ? length : slash
      const next = branch.child(subject.slice(at, end))
      if (next !== undefined) forks.push({ branch: next, at: end, values })
      if (branch.param !== undefined && end > at + 1) {
        forks.push({ branch: branch.param, at: end, values: [...values, path.slice(at + 1, end)] })
      }
    }
    return all
  }
}

const NONE: readonly [] = []
const MAX_WAYS = 256

const ENDS = 1024

function endOf(path: string): number {
  return (path.length * 31 + path.charCodeAt(path.length - 1)) & (ENDS - 1)
}

/** Where a pattern fits, and what it finds. */
type Matched = Pick<Candidate<unknown>, 'values' | 'end'>

interface Found<Route> extends Matched {
  readonly leaf: Leaf<Route>
}

/** What fits one path that is known beforehand. */
interface Fixed<Route> {
  readonly leaves: Leaf<Route>[]
  /** These leaves, and what else fits the path: worked out when it is first asked for. */
  candidates: readonly Candidate<Route>[]
  version: number
}

/** A place in the tree from which a walk has still to go on. */
interface Fork<Route> {
  readonly branch: Branch<Route>
  readonly at: number
  /** How many segments are params before this one. */
  readonly depth: number
  readonly segment: string
}

/** A place in the tree with what was found on the way. */
interface Reached<Route> {
  readonly branch: Branch<Route>
  readonly at: number
  readonly values: readonly string[]
}

/**
 * The params of the walk that is going on. One list for all walks, since none is interrupted: to make and to fill one costs as
 * much as the rest of a walk.
 */
const SEGMENTS: string[] = []

/** The same for what a wildcard finds. */
const PIECES: string[] = []

const SLASH = 0x2f

/** Where in the path steps lead to, from a place; -1 where it does not fit them. Params are put into `SEGMENTS`, from a depth on. */
function follow(steps: readonly Step[], path: string, subject: string, from: number, depth: number): number {
  let at = from
  let next = depth
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    if (step === ONE_SEGMENT) {
      if (at >= path.length || path.charCodeAt(at) !== SLASH) return -1
      const slash = path.indexOf('/', at + 1)
      const end = slash < 0 ? path.length : slash
      if (end === at + 1) return -1
      SEGMENTS[next++] = path.slice(at + 1, end)
      at = end
    } else {
      if (!subject.startsWith(step, at)) return -1
      at += step.length
    }
  }
  return at
}

/** What a walk has found for a way without an expression. */
function readSegments({ keys, shape: Shape, end }: Way, path: string, at: number): Params {
  if (end === 'rest') return readWithRest(keys.length - 1, Shape, path, at)
  if (path.includes('%')) return new Shape(...SEGMENTS.slice(0, keys.length).map(readSegment))
  if (keys.length === 1) return new Shape(SEGMENTS[0]!)
  if (keys.length === 2) return new Shape(SEGMENTS[0]!, SEGMENTS[1]!)
  if (keys.length === 3) return new Shape(SEGMENTS[0]!, SEGMENTS[1]!, SEGMENTS[2]!)
  return new Shape(...SEGMENTS.slice(0, keys.length))
}

function readWithRest(count: number, Shape: ParamsShape, path: string, at: number): Params {
  const isEncoded = path.includes('%')
  const rest = readRest(path, at + 1, isEncoded)
  if (count === 0) return new Shape(rest)
  const values = SEGMENTS.slice(0, count)
  return new Shape(...(isEncoded ? values.map(readSegment) : values), rest)
}

/** The segments of what a wildcard fits. `split`, or a list that grows, takes twice as long. */
function readRest(path: string, begin: number, isEncoded: boolean): string[] {
  let length = 0
  for (let from = begin; from > 0; length++) {
    const slash = path.indexOf('/', from)
    const segment = slash < 0 ? path.slice(from) : path.slice(from, slash)
    PIECES[length] = isEncoded ? readSegment(segment) : segment
    from = slash + 1
  }
  return PIECES.slice(0, length)
}

function tryLeaf<Route>(
  { way }: Leaf<Route>,
  path: string,
  at: number,
  values: readonly string[],
): Matched | undefined {
  return typeof way.end === 'object' ? execute(way.end, path) : { values, end: at }
}

/** In order; of each route the first way. */
function candidatesOf<Route>(found: Found<Route>[]): Candidate<Route>[] {
  const candidates: Candidate<Route>[] = []
  for (const { leaf, values, end } of found.sort((a, b) => a.leaf.order - b.leaf.order)) {
    const { route, way } = leaf
    if (candidates.at(-1)?.route !== route) candidates.push({ route, way, values, end })
  }
  return candidates
}
