import { type Application, type Body, type Header, mapBody } from '@tsgi/core'
import { isPromiseLike } from '@tsgi/core/gateway'
import type { SendOptions } from '@tsgi/core/testing'
import { type ContractError, validator } from '@tsgi/core/validator'
import type { Attempt } from './case.ts'
import { calm, Visit, type VisitOptions } from './visit.ts'

/** What an application is asked for. */
export type ApplicationRequest = string | SendOptions

/** What a case does to an application: sends requests, and leaves the rest to the end of the trial. */
export class ApplicationTrial {
  /** By what names them: `'requests[0], /'`. */
  readonly requests: Readonly<Record<string, ApplicationRequest>>
  readonly #app: Application
  readonly #visits: Visit[] = []
  readonly #faults: ContractError[] = []

  constructor(app: Application, requests: readonly ApplicationRequest[]) {
    const onFault = (fault: ContractError) => {
      if (fault.side === 'application' && !fault.rule.advice) this.#faults.push(fault)
    }
    this.#app = validator(app, { mode: 'collect', onFault })
    this.requests = Object.fromEntries(requests.map((request, i) => [nameOf(request, i), request]))
  }

  visit(request: ApplicationRequest, options: VisitOptions = {}): ApplicationVisit {
    const visit = new ApplicationVisit(request, options)
    this.#visits.push(visit)
    visit.start(visit.watch(this.#app))
    return visit
  }

  /** @throws ContractError when the application broke a rule, whatever the case looked for */
  async end(): Promise<void> {
    for (const visit of this.#visits) visit.leave()
    await calm()
    for (const fault of this.#faults) throw fault
  }
}

/** A request to an application. The log has `done` too, when the body was closed or there will be none. */
export class ApplicationVisit extends Visit {
  /** The very list that the application gave to `startResponse` last. */
  given: Header[] | undefined = undefined

  /** Stands right outside the application. */
  watch(app: Application): Application {
    const watchBody = (body: Body): Body => mapBody(body, { close: () => this.log.add('done') })
    const fail = (error: unknown): never => {
      this.log.add('done')
      throw error
    }
    return (environ, startResponse) => {
      try {
        const body = app(environ, (status, headers, ...error) => {
          this.given = headers
          // A copy, so that what is done to the list afterwards is not done to what is sent.
          return startResponse(status, headers.slice(), ...error)
        })
        return isPromiseLike(body) ? body.then(watchBody, fail) : watchBody(body)
      } catch (error) {
        return fail(error)
      }
    }
  }
}

export function applicationAttempt(
  app: Application,
  requests: readonly ApplicationRequest[],
): Attempt<ApplicationTrial> {
  return { begin: () => new ApplicationTrial(app, requests), end: (trial) => trial.end() }
}

/** Distinct, as two requests may differ in no more than a header. */
function nameOf(request: ApplicationRequest, i: number): string {
  return `requests[${i}], ${typeof request === 'string' ? request : (request.path ?? '/')}`
}
