import { type Case, makeSuite, type Suite } from './case.ts'
import { abortCases } from './server/abort-cases.ts'
import { bodyCases } from './server/body-cases.ts'
import { bodylessCases } from './server/bodyless-cases.ts'
import { concurrencyCases } from './server/concurrency-cases.ts'
import { connectionCases } from './server/connection-cases.ts'
import { earlyHintsCases } from './server/early-hints-cases.ts'
import { endingCases } from './server/ending-cases.ts'
import { environCases } from './server/environ-cases.ts'
import { errorCases } from './server/error-cases.ts'
import { expectCases } from './server/expect-cases.ts'
import type { ServerFeature } from './server/feature.ts'
import { framingCases } from './server/framing-cases.ts'
import { headCases } from './server/head-cases.ts'
import { inputCases } from './server/input-cases.ts'
import { lengthCases } from './server/length-cases.ts'
import { requestHeaderCases } from './server/request-header-cases.ts'
import { shutdownCases } from './server/shutdown-cases.ts'
import { startResponseCases } from './server/start-response-cases.ts'
import { targetCases } from './server/target-cases.ts'
import { type ServerTraits, type ServerTrial, type StartServer, serverAttempt } from './server-trial.ts'

export interface ServerSuiteOptions extends ServerTraits {
  /** Default `'server'`. */
  title?: string
  /** What the server cannot do, each with the reason: `{ 'early-hints': 'FastCGI has no interim answers' }`. */
  without?: { readonly [Feature in ServerFeature]?: string }
}

/** Every obligation of a server that no validator sees, or that shows only on the wire. */
export const SERVER_CASES: readonly Case<ServerTrial, ServerFeature>[] = [
  ...environCases,
  ...targetCases,
  ...requestHeaderCases,
  ...framingCases,
  ...headCases,
  ...startResponseCases,
  ...bodyCases,
  ...lengthCases,
  ...bodylessCases,
  ...inputCases,
  ...errorCases,
  ...endingCases,
  ...abortCases,
  ...connectionCases,
  ...expectCases,
  ...earlyHintsCases,
  ...shutdownCases,
  ...concurrencyCases,
]

/**
 * What a server or gateway must pass, over its real transport: `start` starts it on an application, and says how to
 * reach it.
 */
export function serverSuite(start: StartServer, options: ServerSuiteOptions = {}): Suite {
  const { title = 'server', without = {}, ...traits } = options
  return makeSuite(title, SERVER_CASES, without, serverAttempt(start, traits))
}
