import { expect } from 'vitest'

/**
 * Fails when from 16 KB up to 1 MB four times the length takes, on average of the steps so far, more than six
 * times as long: a quadratic reader takes sixteen times. It is looked for again: what the compiler and the
 * memory do for a moment must not decide.
 */
export async function expectLinear<Input>(
  make: (length: number) => Input,
  read: (input: Input) => unknown,
): Promise<void> {
  const short = make(SHORTEST)
  for (const step of [1, 2, 3]) {
    const times = 4 ** step
    const long = make(times * SHORTEST)
    let growth = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 10 && growth >= 6; attempt++) {
      growth = 4 * (await slowdown(long, short, times, read)) ** (1 / step)
    }
    expect(growth, `${times} times the length`).toBeLessThan(6)
  }
}

const SHORTEST = 16 * 1024

/**
 * How much longer it takes to read the long input once than the short one as often as makes up the same: so
 * neither is up to the clock, and both leave as much garbage. The best of some runs counts, in time of the
 * processor: who else works on the machine must not decide either.
 */
async function slowdown<Input>(
  long: Input,
  short: Input,
  times: number,
  read: (input: Input) => unknown,
): Promise<number> {
  let once = Number.POSITIVE_INFINITY
  let often = Number.POSITIVE_INFINITY
  const start = process.cpuUsage()
  do {
    once = Math.min(once, await timeOf(1, long, read))
    often = Math.min(often, await timeOf(times, short, read))
  } while (timeSince(start) < ENOUGH_US)
  return once / Math.max(often, CLOCK_US)
}

const ENOUGH_US = 5_000
/** What takes less is up to the clock. */
const CLOCK_US = 50

async function timeOf<Input>(times: number, input: Input, read: (input: Input) => unknown): Promise<number> {
  const start = process.cpuUsage()
  for (let time = 0; time < times; time++) await read(input)
  return timeSince(start)
}

function timeSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return user + system
}
