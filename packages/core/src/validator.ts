import type { Application, Environ } from './contract.ts'
import { between } from './validator/between.ts'
import type { ContractError, Rule, Verdict } from './validator/judge.ts'
import {
  callbackRules,
  callRules,
  environRules,
  errorsCallRules,
  errorsMemberRules,
  errorsRules,
  exchangeMemberRules,
  exchangeRules,
  exchangeSetRules,
  freshRules,
  inputCallRules,
  inputMemberRules,
  inputPromiseRules,
  inputResultRules,
  inputRules,
  outcomeRules,
  signalRules,
  workRules,
} from './validator/request-rules.ts'
import {
  chunkRules,
  closeRules,
  earlyHintsRules,
  endRules,
  fileWrapperCallRules,
  fileWrapperResultRules,
  finishRules,
  iterationRules,
  pullRules,
  resultRules,
  returnRules,
  startResponseResultRules,
  startResponseRules,
  writeResultRules,
  writeRules,
} from './validator/response-rules.ts'

export { ContractError, type Rule, type Side } from './validator/judge.ts'

export interface ValidatorOptions {
  /**
   * `'throw'` (the default) throws at the place of the fault; what shows only when the exchange is over, such as a leak, is
   * thrown there, and the server reports it to `wsgi.errors`. `'warn'` writes each fault to `wsgi.errors`, as one line, and
   * goes on. `'collect'` gives each to `onFault`, and goes on. Both tell a rule once for each exchange, at the first
   * validator on the way of the fault.
   *
   * Rules that are advice (`rule.advice`) are told in the modes `'warn'` and `'collect'`, and passed over in silence in
   * the mode `'throw'`, in a stack that validates, and in `send`.
   */
  mode?: 'throw' | 'warn' | 'collect'
  /** With the mode `'collect'` only. */
  onFault?: (fault: ContractError) => void
  /** What messages call the application, as `layer "…"`; by default `application "…"`, by the name of its function. */
  layer?: string
}

/** Every rule that is checked, each once, in the order in which a request meets them. */
export const RULES: readonly Rule[] = [
  ...new Set<Rule>([
    ...callRules,
    ...environRules,
    ...exchangeRules,
    ...freshRules,
    ...inputRules,
    ...errorsRules,
    ...inputMemberRules,
    ...inputCallRules,
    ...inputPromiseRules,
    ...inputResultRules,
    ...errorsMemberRules,
    ...errorsCallRules,
    ...exchangeMemberRules,
    ...signalRules,
    ...callbackRules,
    ...workRules,
    ...exchangeSetRules,
    ...earlyHintsRules,
    ...fileWrapperCallRules,
    ...fileWrapperResultRules,
    ...startResponseRules,
    ...startResponseResultRules,
    ...writeRules,
    ...writeResultRules,
    ...returnRules,
    ...iterationRules,
    ...pullRules,
    ...resultRules,
    ...chunkRules,
    ...endRules,
    ...closeRules,
    ...finishRules,
    ...outcomeRules,
  ]),
]

/**
 * The contract as a layer: an application to the outer side, a server to the inner side, which changes neither a byte nor a
 * header, and says which of the two breaks which rule (wsgiref.validate).
 *
 * @throws TypeError when `app` is no function, or an option is wrong
 */
export function validator<E extends Environ>(
  app: Application<E>,
  options: ValidatorOptions = {},
): Application<E> {
  if (typeof app !== 'function') throw new TypeError(`validator: app must be a function; got ${typeof app}`)
  const verdict = parseVerdict(options)
  const { layer } = options
  const name = layer ?? (app.name || 'anonymous')
  const inner = `${layer === undefined ? 'application' : 'layer'} "${name}"`
  const checked = between(app, { outer: `server of ${inner}`, inner, verdict })
  return Object.defineProperty(checked, 'name', { value: `validator(${name})` })
}

function parseVerdict({ mode = 'throw', onFault }: ValidatorOptions): Verdict {
  if (mode !== 'throw' && mode !== 'warn' && mode !== 'collect') {
    throw new TypeError(
      `validator: options.mode: must be "throw", "warn" or "collect"; got ${JSON.stringify(mode)}`,
    )
  }
  if (mode === 'collect') {
    if (typeof onFault === 'function') return { mode, onFault }
    throw new TypeError(
      `validator: options.onFault: must be a function with the mode "collect"; got ${typeof onFault}`,
    )
  }
  if (onFault === undefined) return { mode }
  throw new TypeError(
    `validator: options.onFault: must be left out with the mode "${mode}"; got ${typeof onFault}`,
  )
}
