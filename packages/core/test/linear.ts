import { expect } from 'vitest'

/**
 * Fails when four times as much text takes more than six times as long, from 16 KB to 1 MB: a quadratic
 * reader takes sixteen times. The best of many runs counts, in time of the processor, and each step is tried
 * again: who else works on the machine must not decide.
 */
export function expectLinear(make: (length: number) => string, read: (text: string) => unknown): void {
  for (const kilobytes of [16, 64, 256]) {
    const text = make(kilobytes * 1024)
    const longer = make(4 * kilobytes * 1024)
    let ratio = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 8 && ratio >= 6; attempt++) {
      // What takes no time at all is up to the clock.
      ratio = Math.min(ratio, bestTime(longer, read) / Math.max(bestTime(text, read), CLOCK_US))
    }
    expect(ratio).toBeLessThan(6)
  }
}

const CLOCK_US = 100

function bestTime(text: string, read: (text: string) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  const begin = performance.now()
  for (let run = 0; run < 5 || (run < 40 && performance.now() - begin < 40); run++) {
    const start = process.cpuUsage()
    read(text)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, user + system)
  }
  return best
}
