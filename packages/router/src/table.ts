/**
 * The own members of a table, in their order: what it inherits is nobody's to ask for.
 *
 * @throws TypeError when it is no table, or empty: `mustBe`, and what was found
 */
export function readTable<Member>(
  table: Readonly<Record<string, Member>>,
  mustBe: string,
): [string, Member][] {
  const isTable = typeof table === 'object' && table !== null && !Array.isArray(table)
  const entries = isTable ? Object.entries(table) : []
  if (entries.length > 0) return entries
  const found = typeof table === 'object' ? JSON.stringify(table) : typeof table
  throw new TypeError(`${mustBe}; got ${Array.isArray(table) ? 'an array' : found}`)
}
