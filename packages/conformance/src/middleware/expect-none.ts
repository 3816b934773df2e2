/** @throws Error when there are any */
export function expectNone(found: readonly string[], what: string): void {
  if (found.length > 0) throw new Error(`${found.join(', ')} ${what}`)
}
