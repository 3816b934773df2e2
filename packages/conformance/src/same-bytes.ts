import assert from 'node:assert/strict'

/** That bytes are the same; says where they are not, in place of a picture of both, which Node takes minutes to draw. */
export function assertSameBytes(found: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(found, expected) === 0) return
  let at = 0
  while (found[at] === expected[at]) at++
  assert.fail(
    `${what}: byte ${at} of ${expected.length} must be ${expected[at]}; got ${found[at]} of ${found.length}`,
  )
}
