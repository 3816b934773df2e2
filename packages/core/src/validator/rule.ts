/** Who breaks a rule: the application, or whoever calls it, be that a server or the layer around it. */
export type Side = 'server' | 'application'

/** One rule of the contract: its sentence is the error, the line of the specification, and what its test expects. */
export interface Rule<Subject = never> {
  /** `'environ.script-name'` */
  readonly key: string
  readonly sentence: string
  /** A heading of PEP 3333, an RFC and its section, or a section of the TSGI contract. */
  readonly source: string
  readonly side: Side
  /** What was found where the sentence does not hold; `undefined` where it does. */
  readonly check: (subject: Subject) => string | undefined
}

/** A rule of the contract that was broken; the message begins with who broke it. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly rule: Rule
  readonly side: Side
  /** What was found in place of what the rule says. */
  readonly found: string

  constructor(rule: Rule, layer: string, found: string) {
    const owner = rule.side === 'server' ? `server of ${layer}` : layer
    super(`${owner}: ${rule.sentence} (${rule.source}); got ${found}`)
    this.rule = rule
    this.side = rule.side
    this.found = found
  }
}

/** A value as a message names it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) {
    return `an object (${(value as { constructor?: { name?: unknown } }).constructor?.name ?? 'without prototype'})`
  }
  return String(value)
}

/** The first of the members that an object should have as methods, and has not. */
export function missingMethod(object: unknown, methods: readonly (string | symbol)[]): string | undefined {
  if (typeof object !== 'object' || object === null) return show(object)
  const missing = methods.find((name) => typeof Reflect.get(object, name) !== 'function')
  return missing === undefined ? undefined : `no ${String(missing)}`
}

/** Whether a check of field.ts, which throws, lets a value pass: one grammar for the validator and for the others. */
export function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}
