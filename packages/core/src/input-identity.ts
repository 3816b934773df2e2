import type { InputStream } from './contract.ts'

const ORIGINALS = new WeakMap<InputStream, InputStream>()

/**
 * Says that an input stands for another, of which it gives the very bytes: what was read of the one has been read of the
 * other.
 */
export function standFor(input: InputStream, original: InputStream): void {
  ORIGINALS.set(input, originalInput(original))
}

/** The input that one stands for; itself where it stands for none. The key for what is remembered of an input. */
export function originalInput(input: InputStream): InputStream {
  return ORIGINALS.get(input) ?? input
}
