import { expect } from 'vitest'

/**
 * Fails when from 16 KB up to 1 MB four times as much text takes, on average of the steps so far, more than six
 * times as long: a quadratic reader takes sixteen times. The best of many runs counts, in time of the
 * processor, and is looked for again: who else works on the machine, or collects garbage, must not decide.
 */
export function expectLinear(make: (length: number) => string, read: (text: string) => unknown): void {
  const text = make(SMALLEST)
  for (const step of [1, 2, 3]) {
    const longer = make(SMALLEST * 4 ** step)
    let ratio = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 4 && ratio >= 6; attempt++) {
      // What takes no time at all is up to the clock.
      ratio = (bestTime(longer, read) / Math.max(bestTime(text, read), CLOCK_US)) ** (1 / step)
    }
    expect(ratio).toBeLessThan(6)
  }
}

const SMALLEST = 16 * 1024
const CLOCK_US = 50

function bestTime(text: string, read: (text: string) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  const begin = performance.now()
  for (let run = 0; run < 3 || (run < 40 && performance.now() - begin < 40); run++) {
    const start = process.cpuUsage()
    read(text)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, user + system)
  }
  return best
}
