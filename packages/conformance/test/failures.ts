import { vi } from 'vitest'
import type { Suite } from '../src/index.ts'

/** The keys of the cases that fail, and what they say. */
export async function failures({ checks }: Suite): Promise<Record<string, string>> {
  const failed: Record<string, string> = {}
  for (const { key, skipped, timeoutMs, run } of checks) {
    if (skipped !== undefined) continue
    const done = run().catch((error: Error) => {
      failed[key] = error.message
    })
    if (vi.isFakeTimers()) await hasten(done, timeoutMs)
    await done
  }
  return failed
}

/** Lets the time pass as soon as nothing moves any more. */
async function hasten(done: Promise<void>, timeoutMs: number): Promise<void> {
  let isOver = false
  done.then(() => {
    isOver = true
  })
  for (let turn = 0; !isOver; turn++) {
    await new Promise(setImmediate)
    if (turn === PATIENCE) vi.advanceTimersByTime(timeoutMs)
  }
}

/** More turns of the event loop than any case needs that is on its way. */
const PATIENCE = 2000
