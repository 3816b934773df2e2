import { ONE_SEGMENT, type Way } from './pattern.ts'

/** A way in which a route fits, at the place in the tree where its steps end. */
export interface Leaf<Route> {
  readonly route: Route
  readonly way: Way
  /** The route's. */
  readonly isPlain: boolean
  /** By route first, then by way. */
  readonly order: number
}

/** A segment's text with the slash before it, or any segment. */
export type Step = string | typeof ONE_SEGMENT

/** A place in the tree: what fits once the path is at one of its slashes, or at its end. */
export class Branch<Route> {
  /** The lowest order here and below. */
  first: number = Number.POSITIVE_INFINITY
  /** The steps that come first: no other way goes on from among them. */
  steps: readonly Step[] = []
  /** How many of them are params. */
  params: number = 0
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
    if (this.first === Number.POSITIVE_INFINITY) this.#setSteps(steps)
    let common = 0
    while (common < this.steps.length && this.steps[common] === steps[common]) common++
    if (common < this.steps.length) this.#split(common)
    this.first = Math.min(this.first, leaf.order)
    const step = steps[common]
    if (step === undefined) insertInOrder(this.#leavesFor(leaf.way.end), leaf)
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
    below.#setSteps(this.steps.slice(count + 1))
    this.#setSteps(this.steps.slice(0, count))
    this.exact = this.rest = this.others = this.edges = this.only = this.param = undefined
    if (step === ONE_SEGMENT) this.param = below
    else this.#link(step, below)
  }

  #setSteps(steps: readonly Step[]): void {
    this.steps = steps
    this.params = steps.filter((step) => step === ONE_SEGMENT).length
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
export interface Edge<Route> {
  /** With the slash before it. */
  readonly step: string
  readonly branch: Branch<Route>
  /** Another with the same hash. */
  readonly next: Edge<Route> | undefined
}

function hashOf(step: string): number {
  let hash = 0
  for (let i = 1; i < step.length; i++) hash = addToHash(hash, step.charCodeAt(i))
  return hash
}

/** Of a segment's characters one after the other, as the search for its end meets them. */
export function addToHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0
}

export function isStep(step: string, path: string, at: number, end: number): boolean {
  return step.length === end - at && path.startsWith(step, at)
}

/** By order; most come last. */
export function insertInOrder<T extends { readonly order: number }>(list: T[], one: T): void {
  let at = list.length
  while (at > 0 && list[at - 1]!.order > one.order) at--
  list.splice(at, 0, one)
}
