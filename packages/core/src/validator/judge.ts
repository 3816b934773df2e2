import type { ErrorStream } from '../contract.ts'
import { ContractError, type Rule } from './rule.ts'

/** What becomes of a fault. */
export type Verdict =
  | { mode: 'throw' | 'warn' }
  | { mode: 'collect'; onFault: (fault: ContractError) => void }

/** Judges what passes through one layer, for one request. */
export class Judge {
  readonly #layer: string
  readonly #verdict: Verdict
  readonly #errors: ErrorStream | undefined

  constructor(layer: string, verdict: Verdict, errors: ErrorStream | undefined) {
    this.#layer = layer
    this.#verdict = verdict
    this.#errors = errors
  }

  /**
   * Whether the subject keeps all the rules. The first that it breaks is the fault: each check may rely on those before
   * it, and what follows from a fault is none of its own.
   */
  keeps<Subject>(rules: readonly Rule<Subject>[], subject: Subject): boolean {
    const fault = this.#find(rules, subject)
    if (fault === undefined) return true
    if (this.#verdict.mode === 'throw') throw fault
    this.#tell(fault)
    return false
  }

  /** As `keeps`, where nobody is left who could catch. */
  tell<Subject>(rules: readonly Rule<Subject>[], subject: Subject): void {
    const fault = this.#find(rules, subject)
    if (fault !== undefined) this.#tell(fault)
  }

  #find<Subject>(rules: readonly Rule<Subject>[], subject: Subject): ContractError | undefined {
    for (const rule of rules) {
      const found = rule.check(subject)
      if (found !== undefined) return new ContractError(rule, this.#layer, found)
    }
  }

  #tell(fault: ContractError): void {
    if (this.#verdict.mode === 'collect') this.#verdict.onFault(fault)
    // An environ without it is itself a fault, which must not be lost.
    else if (typeof this.#errors?.write !== 'function') throw fault
    else this.#errors.write(`${fault.message}\n`)
  }
}
