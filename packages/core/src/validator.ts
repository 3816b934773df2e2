import { closeBody } from './body.ts'
import type { Application, Body, Environ, StartResponse, Write } from './contract.ts'
import { copyEnviron } from './environ.ts'
import { isPromiseLike } from './promise.ts'
import {
  chunkRules,
  closeRules,
  endRules,
  finishRules,
  iterationRules,
  pullRules,
  returnRules,
} from './validator/body-rules.ts'
import { callRules } from './validator/call-rules.ts'
import { checkBody } from './validator/checked-body.ts'
import { checkErrors, checkInput } from './validator/checked-streams.ts'
import { environRules } from './validator/environ-rules.ts'
import { errorsMemberRules, errorsRules, errorsTextRules } from './validator/errors-rules.ts'
import { exchangeRules } from './validator/exchange-rules.ts'
import { makeFacts, type ResponseFacts } from './validator/facts.ts'
import {
  inputCallRules,
  inputMemberRules,
  inputPromiseRules,
  inputResultRules,
  inputRules,
} from './validator/input-rules.ts'
import { Judge, type Verdict } from './validator/judge.ts'
import type { ContractError, Rule } from './validator/rule.ts'
import { readHead, startResponseResultRules, startResponseRules } from './validator/start-response-rules.ts'
import { writeRules } from './validator/write-rules.ts'

export { ContractError, type Rule, type Side } from './validator/rule.ts'

export interface ValidatorOptions {
  /**
   * `'throw'` (the default) throws at the place of the fault; what shows only when the exchange is over, such as a leak, is
   * thrown there, and the server reports it to `wsgi.errors`. `'warn'` writes each fault to `wsgi.errors`, as one line, and goes on. `'collect'` gives each to
   * `onFault`, and goes on.
   */
  mode?: 'throw' | 'warn' | 'collect'
  /** With the mode `'collect'` only. */
  onFault?: (fault: ContractError) => void
  /** What messages call the application; the name of its function by default. */
  layer?: string
}

/** Every rule that is checked, each once, in the order in which a request meets them. */
export const RULES: readonly Rule[] = [
  ...new Set<Rule>([
    ...callRules,
    ...environRules,
    ...inputRules,
    ...inputMemberRules,
    ...inputCallRules,
    ...inputPromiseRules,
    ...inputResultRules,
    ...errorsRules,
    ...errorsMemberRules,
    ...errorsTextRules,
    ...exchangeRules,
    ...startResponseRules,
    ...startResponseResultRules,
    ...writeRules,
    ...returnRules,
    ...chunkRules,
    ...endRules,
    ...iterationRules,
    ...pullRules,
    ...closeRules,
    ...finishRules,
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
  const layer = options.layer ?? (app.name || 'application')
  const checked: Application<E> = (...call) => {
    const [environ, startResponse] = call
    const judge = new Judge(layer, verdict, environ?.['wsgi.errors'])
    // Without these three there is nothing to stand on.
    if (!judge.keeps(callRules, call)) return app(...call)
    return callChecked(app, environ, startResponse, judge)
  }
  return Object.defineProperty(checked, 'name', { value: `validator(${layer})` })
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

function callChecked<E extends Environ>(
  app: Application<E>,
  environ: E,
  startResponse: StartResponse,
  judge: Judge,
): Body | Promise<Body> {
  judge.keeps(environRules, environ as unknown as Readonly<Record<string, unknown>>)
  const exchange = judge.keeps(exchangeRules, environ['tsgi.exchange']) ? environ['tsgi.exchange'] : undefined
  const facts = makeFacts(environ.REQUEST_METHOD)
  const receive = (body: Body): Body | Promise<Body> => {
    if (!judge.keeps(returnRules, body)) return body
    try {
      return checkBody(body, facts, exchange, judge)
    } catch (fault) {
      return refuse(body, fault)
    }
  }
  const body = app(checkStreams(environ, judge), checkStartResponse(startResponse, facts, judge))
  return isPromiseLike(body) ? Promise.resolve(body).then(receive) : receive(body)
}

/**
 * A copy, by the rule for any layer that changes a key of the outer side (contract section 5): streams put into the environ
 * itself would be there for the outer side too, whose own use of them would be laid to the application.
 */
function checkStreams<E extends Environ>(environ: E, judge: Judge): E {
  const { 'wsgi.input': input, 'wsgi.errors': errors } = environ
  const changes: Partial<Environ> = {}
  if (judge.keeps(inputRules, input)) changes['wsgi.input'] = checkInput(input, judge)
  if (judge.keeps(errorsRules, errors)) changes['wsgi.errors'] = checkErrors(errors, judge)
  return copyEnviron(environ, changes)
}

function checkStartResponse(startResponse: StartResponse, facts: ResponseFacts, judge: Judge): StartResponse {
  return (...args) => {
    let isSound: boolean
    try {
      isSound = judge.keeps(startResponseRules, { args, facts })
    } finally {
      facts.started = true
    }
    const write = callBack(startResponse, args, facts)
    if (isSound) facts.head = readHead(args)
    return judge.keeps(startResponseResultRules, write) ? checkWrite(write, facts, judge) : write
  }
}

function callBack(
  startResponse: StartResponse,
  args: Parameters<StartResponse>,
  facts: ResponseFacts,
): Write {
  try {
    return startResponse(...args)
  } catch (error) {
    if (args[2] !== undefined && error === args[2]) facts.thrownBack = true
    throw error
  }
}

function checkWrite(write: Write, facts: ResponseFacts, judge: Judge): Write {
  return (chunk) => {
    if (judge.keeps(writeRules, { chunk, facts })) facts.bytes += chunk.length
    return write(chunk)
  }
}

/** The outer side never gets this body, so it is closed here. */
function refuse(body: Body, fault: unknown): Promise<never> {
  const closing = closeBody(body)
  if (closing === undefined) throw fault
  return closing.then(() => Promise.reject(fault))
}
