import { within } from './case.ts'

/** One row of a table: what is special about it. */
export interface Row {
  readonly what: string
}

/** Far more than a row takes, and less than its case has: a row that hangs is named. */
const ROW_MS = 4_000

/** Does the same with every row of a table, one after the other; the row in which it goes wrong is named. */
export async function eachRow<R extends Row>(
  rows: readonly R[],
  run: (row: R, index: number) => Promise<void>,
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    try {
      await within(ROW_MS, run(row, index))
    } catch (error) {
      throw new Error(`${row.what}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
}

/** As `eachRow`, for rows that are a name and one thing. */
export function each<Way>(
  ways: Readonly<Record<string, Way>>,
  run: (way: Way) => Promise<void>,
): Promise<void> {
  const rows = Object.entries(ways).map(([what, way]) => ({ what, way }))
  return eachRow(rows, ({ way }) => run(way))
}
