/** One obligation of the contract, and how to see whether a subject keeps it; no test runner is named here. */
export interface Case<Trial, Feature extends string = never> {
  /** `'keep-alive.unread-body'` */
  readonly key: string
  /** What must hold: the name of the test, and a line of the specification. */
  readonly sentence: string
  /** A heading of PEP 3333, an RFC and its section, or a section of the TSGI contract. */
  readonly source: string
  /** What a subject must be able to do for the case to mean anything. */
  readonly needs?: readonly Feature[]
  /** Default 10,000. */
  readonly timeoutMs?: number
  /** Resolved when the obligation is kept; rejected with what was found in its place. */
  run(trial: Trial): Promise<void>
}

/** Cases made ready for one subject. */
export interface Suite {
  readonly title: string
  readonly checks: readonly Check[]
}

/** One case, made ready for one subject. */
export interface Check {
  readonly key: string
  /** `'body.streamed: the first chunk is sent before the second exists'` */
  readonly name: string
  /** Why it says nothing about this subject. */
  readonly skipped: string | undefined
  readonly timeoutMs: number
  run(): Promise<void>
}

/** How a trial is begun and ended around each case. */
export interface Attempt<Trial> {
  begin(): Trial
  /** Gives back what the trial holds, and rejects when something came to light that no case looked for. */
  end(trial: Trial): Promise<void>
}

const TIMEOUT_MS = 10_000

/** Makes the checks of a suite. A case that needs what the subject is `without` is skipped, for the reason given. */
export function makeSuite<Trial, Feature extends string>(
  title: string,
  cases: readonly Case<Trial, Feature>[],
  without: { readonly [F in Feature]?: string },
  attempt: Attempt<Trial>,
): Suite {
  const checks = cases.map((one): Check => {
    const missing = one.needs?.find((feature) => without[feature] !== undefined)
    const timeoutMs = one.timeoutMs ?? TIMEOUT_MS
    return {
      key: one.key,
      name: `${one.key}: ${one.sentence}`,
      skipped: missing === undefined ? undefined : `${missing}: ${without[missing]}`,
      timeoutMs,
      run: () => runCase(one, timeoutMs, attempt),
    }
  })
  return { title, checks }
}

/** What hangs has found a fault: it says so, in place of the runner's time-out. */
export async function within(ms: number, work: Promise<void>, expected = ''): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${expected}got nothing more within ${ms} ms`)), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function runCase<Trial, Feature extends string>(
  one: Case<Trial, Feature>,
  timeoutMs: number,
  attempt: Attempt<Trial>,
): Promise<void> {
  const trial = attempt.begin()
  try {
    await within(timeoutMs, one.run(trial), `${one.key}: ${one.sentence} (${one.source}); `)
  } catch (error) {
    // What comes to light afterwards is most likely no more than what follows from this.
    await attempt.end(trial).catch(() => {})
    throw error
  }
  await attempt.end(trial)
}
