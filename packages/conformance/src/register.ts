import type { Suite } from './case.ts'

/** The two functions of a test runner: those of `vitest` and of `node:test` fit as they are. */
export interface Runner {
  describe(title: string, body: () => void): unknown
  test(name: string, options: { timeout: number; skip: boolean }, run: () => Promise<void>): unknown
}

/** More than a case gives itself, so that it is the case which says what it waited for. */
const MARGIN_MS = 5_000

/** Makes each check of a suite a test: `register(suite, { describe, test })`. */
export function register(suite: Suite, { describe, test }: Runner): void {
  describe(suite.title, () => {
    for (const { name, skipped, timeoutMs, run } of suite.checks) {
      const title = skipped === undefined ? name : `${name} (without ${skipped})`
      test(title, { timeout: timeoutMs + MARGIN_MS, skip: skipped !== undefined }, run)
    }
  })
}
