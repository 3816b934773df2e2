import { BareObject, internKey, readSegment } from '@tsgi/core/gateway'
import type { Params } from './params.ts'
import type { ParamsShape } from './params-shape.ts'
import { type Expression, foldCase, ONE_SEGMENT, readValues, type Way, withoutSlashes } from './pattern.ts'

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
        insert(fixed.leaves, leaf)
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
        let isIn = true
        for (let i = 0; i < steps.length && isIn; i++) {
          const step = steps[i]!
          if (step === ONE_SEGMENT) {
            const slash = path.indexOf('/', at + 1)
            const end = slash < 0 ? length : slash
            isIn = end > at + 1 && path.charCodeAt(at) === SLASH
            SEGMENTS[depth++] = path.slice(at + 1, end)
            at = end
          } else {
            isIn = subject.startsWith(step, at)
            at += step.length
          }
        }
        const isEnd = at === length
        if (isIn && branch.others !== undefined && (isEnd || path.charCodeAt(at) === SLASH)) {
          for (const leaf of branch.others) {
            if (best !== undefined && leaf.order > best.order) break
            const found = tryLeaf(leaf, path, at, SEGMENTS.slice(0, depth))
            if (found === undefined) continue
            const { route, way } = leaf
            if (!route.isPlain) return UNDECIDED
            best = leaf
            match = readCandidate({ route, way, ...found })
            break
          }
        }
        const leaf = isIn ? (isEnd ? branch.exact?.[0] : branch.rest?.[0]) : undefined
        if (leaf !== undefined && (isEnd || (at + 1 < length && path.charCodeAt(at) === SLASH))) {
          if (best === undefined || leaf.order < best.order) {
            const { route, way } = leaf
            if (!leaf.isPlain) return UNDECIDED
            best = leaf
            match = { route, params: readSegments(way, path, at) }
          }
        }
        if (isIn && !isEnd && path.charCodeAt(at) === SLASH) {
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
      const { branch, at: from, values: before } = fork
      const reached = follow(branch.steps, path, subject, from, before)
      if (reached === undefined) continue
      const { at, values } = reached
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

interface Leaf<Route> {
  readonly route: Route
  readonly way: Way
  /** The route's. */
  readonly isPlain: boolean
  /** By route first, then by way. */
  readonly order: number
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

/** A segment's text with the slash before it, or any segment. */
type Step = string | typeof ONE_SEGMENT

/** A place in the tree: what fits once the path is at one of its slashes, or at its end. */
class Branch<Route> {
  /** The lowest order here and below. */
  first = Number.POSITIVE_INFINITY
  /** The steps that come first: no other way goes on from among them. */
  steps: readonly Step[] = NONE
  /** Where the path ends here. */
  exact: Leaf<Route>[] | undefined = undefined
  /** Where a wildcard takes what follows the slash. */
  rest: Leaf<Route>[] | undefined = undefined
  /** Where anything may follow, or an expression says what. */
  others: Leaf<Route>[] | undefined = undefined
  /** By `hashOf` of the step. */
  edges: Map<number, Edge<Route>> | undefined = undefined
  /** The one that is in `edges`, where it is but one. */
  only: Edge<Route> | undefined = undefined
  param: Branch<Route> | undefined = undefined

  add(leaf: Leaf<Route>, steps: readonly Step[]): void {
    if (this.first === Number.POSITIVE_INFINITY) this.steps = steps
    let common = 0
    while (common < this.steps.length && this.steps[common] === steps[common]) common++
    if (common < this.steps.length) this.#split(common)
    this.first = Math.min(this.first, leaf.order)
    const step = steps[common]
    if (step === undefined) insert(this.#leavesFor(leaf.way.end), leaf)
    else this.#grow(step).add(leaf, steps.slice(common + 1))
  }

  child(step: string): Branch<Route> | undefined {
    let edge = this.edges?.get(hashOf(step))
    while (edge !== undefined && edge.step !== step) edge = edge.next
    return edge?.branch
  }

  /** Makes a branch of its own of what follows the first steps. */
  #split(count: number): void {
    const step = this.steps[count]!
    const below = Object.assign(new Branch<Route>(), this)
    below.steps = this.steps.slice(count + 1)
    this.steps = this.steps.slice(0, count)
    this.exact = this.rest = this.others = this.edges = this.only = this.param = undefined
    if (step === ONE_SEGMENT) this.param = below
    else this.#link(step, below)
  }

  #grow(step: Step): Branch<Route> {
    if (step === ONE_SEGMENT) {
      this.param ??= new Branch()
      return this.param
    }
    return this.child(step) ?? this.#link(step, new Branch())
  }

  #link(step: string, branch: Branch<Route>): Branch<Route> {
    const hash = hashOf(step)
    this.edges ??= new Map()
    const edge = { step, branch, next: this.edges.get(hash) }
    this.only = this.edges.size === 0 ? edge : undefined
    this.edges.set(hash, edge)
    return branch
  }

  #leavesFor(end: Way['end']): Leaf<Route>[] {
    const list = end === 'exact' || end === 'rest' ? end : 'others'
    this[list] ??= []
    return this[list]
  }
}

/** A way down, by the text of one segment. */
interface Edge<Route> {
  /** With the slash before it. */
  readonly step: string
  readonly branch: Branch<Route>
  /** Another with the same hash. */
  readonly next: Edge<Route> | undefined
}

// A segment is looked up by a hash that the search for its end gives: to cut it out and look that up takes twice as long.
/** Where steps lead to; `undefined` where the path does not fit them. */
function follow(
  steps: readonly Step[],
  path: string,
  subject: string,
  from: number,
  before: readonly string[],
): { at: number; values: string[] } | undefined {
  const values = [...before]
  let at = from
  for (const step of steps) {
    if (typeof step === 'string') {
      if (!subject.startsWith(step, at)) return undefined
      at += step.length
      continue
    }
    const slash = path.indexOf('/', at + 1)
    const end = slash < 0 ? path.length : slash
    if (path[at] !== '/' || end <= at + 1) return undefined
    values.push(path.slice(at + 1, end))
    at = end
  }
  return { at, values }
}

function hashOf(step: string): number {
  let hash = 0
  for (let i = 1; i < step.length; i++) hash = addToHash(hash, step.charCodeAt(i))
  return hash
}

function addToHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0
}

function isStep(step: string, path: string, at: number, end: number): boolean {
  return step.length === end - at && path.startsWith(step, at)
}

/** What a walk has found for a way without an expression. */
function readSegments({ names, shape: Shape, end }: Way, path: string, at: number): Params {
  if (end === 'rest') return readWithRest(names.length - 1, Shape, path, at)
  if (path.includes('%')) return new Shape(...SEGMENTS.slice(0, names.length).map(readSegment))
  if (names.length === 1) return new Shape(SEGMENTS[0]!)
  if (names.length === 2) return new Shape(SEGMENTS[0]!, SEGMENTS[1]!)
  if (names.length === 3) return new Shape(SEGMENTS[0]!, SEGMENTS[1]!, SEGMENTS[2]!)
  return new Shape(...SEGMENTS.slice(0, names.length))
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
  return typeof way.end === 'object' ? execute(way.end, path) : { values: values.slice(), end: at }
}

function execute(expression: Expression, path: string): Matched | undefined {
  const match = firstMatch(expression, path)
  if (match === null) return undefined
  const end = Math.min(withoutSlashes(match[0]).length, path.length)
  // What is left must be a path.
  if (match[0].length < path.length && path[end] !== '/') return undefined
  return { values: match.slice(1), end: expression.isOpen ? end : path.length }
}

function firstMatch(
  { regexp, isOpen, isFree, ignoresSlash }: Expression,
  path: string,
): RegExpExecArray | null {
  if (isOpen) {
    // The slashes at the end are left to what goes on from there.
    const match = regexp.exec(withoutSlashes(path))
    return match !== null || !isFree ? match : regexp.exec(path)
  }
  if (!ignoresSlash) return regexp.exec(path)
  // A slash that is still there is a second one.
  return (path.endsWith('/') ? null : regexp.exec(path)) ?? regexp.exec(`${path}/`)
}

function insert<Route>(leaves: Leaf<Route>[], leaf: Leaf<Route>): void {
  let at = leaves.length
  while (at > 0 && leaves[at - 1]!.order > leaf.order) at--
  leaves.splice(at, 0, leaf)
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
