import type { Application } from '@tsgi/core'
import { type ApplicationFeature, cases, isGet } from './application/cases.ts'
import { type ApplicationRequest, type ApplicationTrial, applicationAttempt } from './application-trial.ts'
import { type Case, makeSuite, type Suite } from './case.ts'

export interface ApplicationSuiteOptions {
  /** Default: the name of the application. */
  readonly title?: string
  /** What it is asked for, as `send` takes it; each gets an answer that comes to an end. Default `['/']`. */
  readonly requests?: readonly ApplicationRequest[]
}

/** What is asked of every application, whatever it answers. */
export const APPLICATION_CASES: readonly Case<ApplicationTrial, ApplicationFeature>[] = cases

/** What an application must pass, in memory, inside a validator. */
export function applicationSuite(
  app: Application,
  { title = app.name || 'application', requests = ['/'] }: ApplicationSuiteOptions = {},
): Suite {
  const without = requests.some(isGet) ? {} : { get: 'no request is a GET' }
  return makeSuite<ApplicationTrial, ApplicationFeature>(
    title,
    APPLICATION_CASES,
    without,
    applicationAttempt(app, requests),
  )
}
