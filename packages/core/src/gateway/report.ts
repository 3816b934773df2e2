import type { ErrorStream } from '../contract.ts'

/**
 * Reports an error with its stack and its causes to an error stream, under a line that says where it happened.
 * Control characters are written out: an error's message may quote a request, and a log is read in a terminal.
 */
export function reportError(errors: ErrorStream, where: string, error: unknown): void {
  const lines = [where, describe(error)]
  const seen = new Set([error])
  for (let cause = causeOf(error); cause !== undefined && !seen.has(cause); cause = causeOf(cause)) {
    seen.add(cause)
    lines.push(`caused by: ${describe(cause)}`)
  }
  try {
    errors.write(`${lines.join('\n').replace(CONTROLS, escapeControl)}\n`)
    errors.flush()
  } catch {
    // A stream that a user gave: there is no further place to report to, and a server must outlive its log.
  }
}

const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

function escapeControl(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined
  } catch {
    return undefined
  }
}

function describe(error: unknown): string {
  try {
    return error instanceof Error
      ? String(error.stack ?? `${error.name}: ${error.message}`)
      : `thrown: ${String(error)}`
  } catch {
    // `String` fails on what has no conversion to text, such as `Object.create(null)`, and a getter may throw.
    return 'thrown: a value that cannot be shown'
  }
}
