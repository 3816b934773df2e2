import { DEFAULT_LIMITS, type Limits, makeLimits } from '../src/limits.ts'
import { refusal } from './posted.ts'

export const UNLIMITED: Limits = makeLimits(
  'test',
  Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, Number.POSITIVE_INFINITY])),
)

/** A byte for each character. */
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** The chunks of a body that is cut at some places. */
export async function* cut(
  body: Uint8Array,
  places: readonly number[] = [],
): AsyncGenerator<Uint8Array, undefined> {
  const ends = [...new Set([...places, body.length])].sort((a, b) => a - b)
  let start = 0
  for (const end of ends) {
    if (end > start) yield body.slice(start, end)
    start = Math.max(start, end)
  }
}

export const everywhere = (body: Uint8Array): number[] => Array.from(body, (_, i) => i)

/** What a client is told that sent what cannot be read. */
export async function failure(
  reading: Promise<unknown>,
): Promise<{ status: number; detail: string | undefined }> {
  const { status, detail } = await refusal(reading)
  return { status, detail }
}
