import { createHash } from 'node:crypto'

/** SHA-256, in hexadecimal: what stands for bytes too many to be shown. */
export function digestOf(...chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

const SIZES = [1, 65_537, 8_191, 999_983, 3, 16_384]

/** Cut where no buffer has its end. */
export function* oddPieces(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + SIZES[i % SIZES.length]!
    yield bytes.subarray(start, end)
    start = end
  }
}
