import type { Environ, ErrorStream } from '../contract.ts'

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
  /** Good custom rather than duty: who does not follow it is told so where somebody reads it, and never stopped. */
  readonly advice?: true
  /** What was found where the sentence does not hold; `undefined` where it does. */
  readonly check: (subject: Subject) => string | undefined
}

/** A rule of the contract that was broken; the message begins with who broke it. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly rule: Rule
  readonly side: Side
  /** Who broke it: `'server'`, `'middleware "compress"'`, `'application "hello"'`. */
  readonly guilty: string
  /** What was found in place of what the rule says. */
  readonly found: string

  constructor(rule: Rule, guilty: string, found: string) {
    super(`${guilty}: ${rule.sentence} (${rule.source}); got ${found}`)
    this.rule = rule
    this.side = rule.side
    this.guilty = guilty
    this.found = found
  }
}

export type Listener = (fault: ContractError) => void

/** What becomes of a fault; with `'send'` the record of the exchange knows who is to hear of it. */
export type Verdict = { mode: 'throw' | 'warn' | 'send' } | { mode: 'collect'; onFault: Listener }

/** A place between two parties, whom the messages name as they are given here: `'middleware "compress"'`. */
export interface Joint {
  /** Whoever calls, to whom the rules of a server are laid. */
  readonly outer: string
  /** Whoever is called, to whom the rules of an application are laid. */
  readonly inner: string
  readonly verdict: Verdict
}

/** Judges what passes one joint, for one request. */
export class Judge {
  readonly #joint: Joint
  readonly #errors: ErrorStream | undefined
  readonly #record: ExchangeRecord

  constructor(joint: Joint, environ: Partial<Environ> | null | undefined) {
    this.#joint = joint
    this.#errors = environ?.['wsgi.errors']
    this.#record = recordOf(environ?.['tsgi.exchange'])
  }

  /**
   * Whether the subject keeps all the rules. The first that it breaks is the fault: each check may rely on those before
   * it, and what follows from a fault is none of its own. Advice is given by the way.
   */
  keeps<Subject>(rules: readonly Rule<Subject>[], subject: Subject): boolean {
    const { mode } = this.#joint.verdict
    const isAdvised = mode === 'warn' || mode === 'collect'
    for (const rule of rules) {
      if (rule.advice && !isAdvised) continue
      const found = rule.check(subject)
      if (found === undefined) continue
      this.#tell(rule, found)
      if (!rule.advice) return false
    }
    return true
  }

  #tell(rule: Rule, found: string): void {
    const { outer, inner, verdict } = this.#joint
    const fault = new ContractError(rule, rule.side === 'server' ? outer : inner, found)
    switch (verdict.mode) {
      case 'throw':
        throw fault
      case 'warn': {
        const errors = this.#errors
        // An environ without a place to write to is itself a fault, which must not be lost.
        if (typeof errors?.write !== 'function') throw fault
        this.#tellOnce('warn', fault, () => errors.write(`${fault.message}\n`))
        break
      }
      case 'collect':
        this.#tellOnce(verdict.onFault, fault, verdict.onFault)
        break
      case 'send': {
        const { listener } = this.#record
        // Nobody listens where a layer passes an exchange of its own inward.
        if (listener === undefined) throw fault
        this.#tellOnce(listener, fault, listener)
      }
    }
  }

  /** One cause is one fault, however many validators it passes: the first that sees it knows whose it is. */
  #tellOnce(reader: unknown, fault: ContractError, listener: Listener): void {
    if (this.#record.isNews(reader, fault.rule)) listener(fault)
  }
}

/** What the validators that one exchange passes have in common. */
export class ExchangeRecord {
  /** Hears of the faults that are found anywhere along the exchange, of whoever sent the request: `send`. */
  listener: Listener | undefined = undefined
  readonly #told = new Map<unknown, Set<Rule>>()

  /** Whether a reader, whatever stands for it, is told of a rule for the first time. */
  isNews(reader: unknown, rule: Rule): boolean {
    const rules = this.#told.get(reader) ?? new Set()
    this.#told.set(reader, rules)
    return rules.size < rules.add(rule).size
  }
}

const RECORDS = new WeakMap<object, ExchangeRecord>()

/** The record of an exchange, or of one that stands for it; what is no exchange has a record of its own each time. */
export function recordOf(exchange: unknown): ExchangeRecord {
  if (typeof exchange !== 'object' || exchange === null) return new ExchangeRecord()
  const record = RECORDS.get(exchange) ?? new ExchangeRecord()
  RECORDS.set(exchange, record)
  return record
}

/** Says that an exchange stands for another. */
export function shareRecord(exchange: object, original: object): void {
  RECORDS.set(exchange, recordOf(original))
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
