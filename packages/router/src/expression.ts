import { withoutSlashes } from '@tsgi/core/gateway'

/** An expression for the path from its beginning, to its end or, where it is open-ended, to a slash. */
export interface Expression {
  readonly regexp: RegExp
  readonly isOpen: boolean
  /** Whether it was given as it is, and may want the slash at the end of the path that is left to others. */
  readonly isFree: boolean
  /** Whether it may want the slash that paths are met without. */
  readonly ignoresSlash: boolean
}

/** What the groups of an expression find in a path, and where in it ends what it fits. */
export function execute(
  expression: Expression,
  path: string,
): { values: (string | undefined)[]; end: number } | undefined {
  const match = firstMatch(expression, path)
  if (match === null) return undefined
  const end = Math.min(withoutSlashes(match[0]).length, path.length)
  // What is left must be a path.
  if (match[0].length < path.length && path[end] !== '/') return undefined
  return { values: match.slice(1), end: expression.isOpen ? end : path.length }
}

function firstMatch(
  { regexp, isOpen, isFree, ignoresSlash }: Expression,
  path: string,
): RegExpExecArray | null {
  if (isOpen) {
    // The slashes at the end are left to what goes on from there.
    const match = regexp.exec(withoutSlashes(path))
    return match !== null || !isFree ? match : regexp.exec(path)
  }
  if (!ignoresSlash) return regexp.exec(path)
  // A slash that is still there is a second one.
  return (path.endsWith('/') ? null : regexp.exec(path)) ?? regexp.exec(`${path}/`)
}
