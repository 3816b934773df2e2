/**
 * The loops that are timed. Each contender has a copy of this module of its own, as it has a server of its own in real use:
 * a loop that all share would call each of them as the ninth stranger, and none could be inlined.
 */

export type Find = (method: string, path: string) => unknown

/** For `timeFresh`, a multiple of 128. */
export interface Requests {
  methods: readonly string[]
  paths: readonly string[]
  /** The paths, for whoever reads them anew. */
  bytes: readonly Buffer[]
  /** Which one comes next: a slice may be too short for all. */
  at: number
}

/** Where each result goes, or the engine need not make it. */
export let found: unknown

/** Nanoseconds a call, over strings that come again and again: after the first time their hashes are known. */
export function timeSame(find: Find, requests: Requests, calls: number): number {
  const { methods, paths } = requests
  const { length } = paths
  let { at } = requests
  const start = performance.now()
  for (let call = 0; call < calls; call++) {
    found = find(methods[at]!, paths[at]!)
    if (++at === length) at = 0
  }
  const ns = (performance.now() - start) * 1e6
  requests.at = at
  return ns / calls
}

/** The same over strings that nobody has seen: each is made anew from bytes, as HTTP's parser does, while the clock stands. */
export function timeFresh(find: Find, requests: Requests, calls: number): number {
  const { methods, bytes } = requests
  const paths = new Array<string>(BATCH)
  let ns = 0
  let done = 0
  for (; done < calls; done += BATCH) {
    const { at } = requests
    for (let i = 0; i < BATCH; i++) paths[i] = bytes[at + i]!.toString('latin1')
    const start = performance.now()
    for (let i = 0; i < BATCH; i++) found = find(methods[at + i]!, paths[i]!)
    ns += (performance.now() - start) * 1e6
    requests.at = (at + BATCH) % bytes.length
  }
  return ns / done
}

/** So many that starting and stopping the clock is nothing, and few enough to stay in the processor's cache. */
const BATCH = 128
