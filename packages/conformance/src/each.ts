/** Tries something in each of several ways, and says of which it failed. */
export async function each<Way>(
  ways: Readonly<Record<string, Way>>,
  run: (way: Way) => Promise<void>,
): Promise<void> {
  for (const [name, way] of Object.entries(ways)) {
    try {
      await run(way)
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
    }
  }
}
