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
    for (const rule of rules) {
      const found = rule.check(subject)
      if (found !== undefined) {
        this.#tell(new ContractError(rule, this.#layer, found))
        return false
      }
    }
    return true
  }

  #tell(fault: ContractError): void {
    if (this.#verdict.mode === 'collect') this.#verdict.onFault(fault)
    // An environ without a place to write to is itself a fault, which must not be lost.
    else if (this.#verdict.mode === 'throw' || typeof this.#errors?.write !== 'function') throw fault
    else this.#errors.write(`${fault.message}\n`)
  }
}
