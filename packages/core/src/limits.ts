import { HttpError } from './http-error.ts'

/**
 * The most that the readers of a request's body take. Bytes are counted as they come, never believed from a header; a
 * breach is answered 413, of `timeMs` 408. `Infinity` is no limit.
 */
export interface Limits {
  /** Bytes of the whole body; 1 MiB by default. */
  bodyBytes: number
  /** How deep the arrays and objects of a JSON body stand in each other; 64 by default. */
  jsonDepth: number
  /** Fields of a form, which are its parts without a file name; 1000 by default. */
  fields: number
  /** Files of a form; 100 by default. */
  files: number
  /** Parts of a form, fields and files together; 1000 by default. */
  parts: number
  /** Bytes of one field, decoded; 1 MiB by default. */
  fieldBytes: number
  /** Bytes of one file; by default as many as the body may have. */
  fileBytes: number
  /** Bytes of the headers of one part, with their line ends; 8 KiB by default. */
  partHeaderBytes: number
  /** Bytes of the name of a field or a file, decoded; 1 KiB by default. */
  nameBytes: number
  /** Bytes before the first part of a form, and again after its last, where nothing has a meaning; 8 KiB by default. */
  preambleBytes: number
  /**
   * Milliseconds that the client may let its body be waited for, all its pauses together; 5 minutes by default. Time
   * that the application takes is not counted.
   */
  timeMs: number
}

/**
 * Checks limits that a caller gives, once, and fills in the others from `base`: `makeLimits('Request', { files: 3 })`.
 *
 * @throws TypeError `Request: options.limits.files: must be a whole number, or Infinity; got -1`
 */
export function makeLimits(
  owner: string,
  limits: Partial<Limits> | undefined,
  base: Readonly<Limits> = DEFAULT_LIMITS,
): Readonly<Limits> {
  if (limits === undefined) return base
  if (typeof limits !== 'object' || limits === null) {
    throw new TypeError(`${owner}: options.limits: must be an object; got ${show(limits)}`)
  }
  const made = { ...base }
  for (const [name, limit] of Object.entries(limits)) {
    if (!isLimitName(name)) {
      const names = Object.keys(DEFAULT_LIMITS).join(', ')
      throw new TypeError(`${owner}: options.limits: must be among ${names}; got ${show(name)}`)
    }
    // An option that is there without a value is as good as not there.
    if (limit === undefined) continue
    if (!isLimit(limit)) {
      throw new TypeError(
        `${owner}: options.limits.${name}: must be a whole number, or Infinity; got ${show(limit)}`,
      )
    }
    made[name] = limit
  }
  return Object.freeze(made)
}

/** The answer to a body that goes beyond a limit. */
export function limitError(limits: Readonly<Limits>, name: keyof Limits): HttpError {
  const { rule, unit } = WORDS[name]
  return new HttpError(name === 'timeMs' ? 408 : 413, { detail: `${rule} ${limits[name]} ${unit}.` })
}

/** @throws HttpError when there is more of something than its limit allows */
export function checkLimit(limits: Readonly<Limits>, name: keyof Limits, amount: number): void {
  if (amount > limits[name]) throw limitError(limits, name)
}

/**
 * The chunks of a body within `bodyBytes` and `timeMs`. The source is let go when the loop over them is left, and when
 * a limit is broken.
 *
 * @throws HttpError 413 and 408; and what the source throws
 */
export async function* limitedChunks(
  source: AsyncIterable<Uint8Array>,
  limits: Readonly<Limits>,
): AsyncGenerator<Uint8Array, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let isOpen = false
  let bytes = 0
  let timeLeft = limits.timeMs
  try {
    for (;;) {
      const asked = performance.now()
      // An iterator that throws has ended itself.
      isOpen = false
      const result = await within(timeLeft, iterator.next())
      isOpen = result?.done !== true
      timeLeft -= performance.now() - asked
      if (result === undefined || timeLeft < 0) throw limitError(limits, 'timeMs')
      if (result.done) return
      bytes += result.value.length
      checkLimit(limits, 'bodyBytes', bytes)
      yield result.value
    }
  } finally {
    // Nobody waits for it: one that is still busy with a read answers after that.
    if (isOpen) iterator.return?.().catch(() => {})
  }
}

/** What is taken where nobody says otherwise. */
export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
  bodyBytes: 1024 * 1024,
  // As deep as System.Text.Json reads: data does not go there.
  jsonDepth: 64,
  // The numbers of Django, Go and PHP; each field and file costs the application work of its own.
  fields: 1000,
  files: 100,
  parts: 1000,
  fieldBytes: 1024 * 1024,
  fileBytes: Number.POSITIVE_INFINITY,
  partHeaderBytes: 8 * 1024,
  nameBytes: 1024,
  preambleBytes: 8 * 1024,
  // Node's `requestTimeout`.
  timeMs: 300_000,
})

/** What a breach of each limit is told in: rule, number, unit. */
const WORDS: Readonly<Record<keyof Limits, { rule: string; unit: string }>> = {
  bodyBytes: { rule: 'The body must not be larger than', unit: 'bytes' },
  jsonDepth: { rule: 'The JSON must not be nested deeper than', unit: 'levels' },
  fields: { rule: 'The form must not have more than', unit: 'fields' },
  files: { rule: 'The form must not have more than', unit: 'files' },
  parts: { rule: 'The form must not have more than', unit: 'parts' },
  fieldBytes: { rule: 'A field of the form must not be larger than', unit: 'bytes' },
  fileBytes: { rule: 'A file must not be larger than', unit: 'bytes' },
  partHeaderBytes: { rule: 'The headers of a part must not be larger than', unit: 'bytes' },
  nameBytes: { rule: 'The name of a field or a file must not be longer than', unit: 'bytes' },
  preambleBytes: { rule: 'What stands before or after the parts must not be larger than', unit: 'bytes' },
  timeMs: { rule: 'The body must arrive within', unit: 'milliseconds' },
}

function isLimitName(name: string): name is keyof Limits {
  return Object.hasOwn(DEFAULT_LIMITS, name)
}

function isLimit(limit: unknown): limit is number {
  return limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && (limit as number) >= 0)
}

// A timer cannot count further, and one that shall goes off at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What is promised; `undefined` when that takes longer than a time. */
async function within<T>(timeMs: number, promise: Promise<T>): Promise<T | undefined> {
  if (timeMs > LONGEST_TIMER_MS) return promise
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeMs)
  })
  // A reader that nobody waits for any more must not keep a process of Node's alive.
  ;(timer as { unref?(): void } | undefined)?.unref?.()
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function show(found: unknown): string {
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' ? JSON.stringify(found) : found === null ? 'null' : typeof found
}
