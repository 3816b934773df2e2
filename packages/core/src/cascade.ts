import { beginBody } from './begun-body.ts'
import { bodyFault, closeBody } from './body.ts'
import type { Application, Body, Environ, StartResponse, Write } from './contract.ts'
import { copyEnviron } from './environ.ts'
import { secondCall } from './gateway/head.ts'
import { reportError } from './gateway/report.ts'
import { isPromiseLike } from './promise.ts'

export interface CascadeOptions {
  /** The status codes that say "ask the next". Default 404 and 405. */
  statuses?: readonly number[]
}

/**
 * Asks one application after the other until one answers with a status that does not say "ask the next"; the last one's
 * answer stands. Bodies passed over are closed, and each application gets a copy of environ, so that nothing of one that
 * was passed over is left for the next, but what it read of `wsgi.input`: that is gone.
 *
 * @throws TypeError when there is no application, or one is no function
 */
export function cascade<E extends Environ = Environ>(
  apps: readonly Application<E>[],
  { statuses = [404, 405] }: CascadeOptions = {},
): Application<E> {
  if (apps.length === 0) throw new TypeError('cascade: apps: must hold at least one application; got none')
  apps.forEach((app, i) => {
    if (typeof app !== 'function')
      throw new TypeError(`cascade: apps[${i}]: must be a function; got ${typeof app}`)
  })
  const passing = new Set(statuses)
  const last = apps.length - 1
  return function cascade(environ, startResponse) {
    const attempt = (index: number): Body | Promise<Body> =>
      index === last
        ? apps[index]!(copyEnviron(environ, {}), startResponse)
        : ask(apps[index]!, copyEnviron(environ, {}), startResponse, passing, () => attempt(index + 1))
    return attempt(0)
  }
}

/** Gives the answer of one application, or, where its status is passed over, that of the next. */
function ask<E extends Environ>(
  app: Application<E>,
  environ: E,
  startResponse: StartResponse,
  passing: ReadonlySet<number>,
  next: () => Body | Promise<Body>,
): Body | Promise<Body> {
  let verdict: 'taken' | 'passed' | undefined
  const judge: StartResponse = (status, headers, error) => {
    if (verdict === 'passed' && error === undefined) {
      throw secondCall()
    }
    if (verdict !== 'taken' && passing.has(Number(status.slice(0, 3)))) {
      verdict = 'passed'
      return discard
    }
    verdict = 'taken'
    return startResponse(status, headers, error)
  }
  const decide = (body: Body): Body | Promise<Body> => {
    if (verdict === 'taken') return body
    if (verdict === 'passed') return passOver(body, environ, next)
    // It answers late, from inside its body.
    return beginBody(body, () => verdict !== undefined).then((begun) =>
      verdict === 'passed' ? passOver(begun, environ, next) : begun,
    )
  }
  const body = app(environ, judge)
  return isPromiseLike(body) ? Promise.resolve(body).then(decide) : decide(body)
}

/** Closes a body that nobody will read; that it cannot be closed is reported, and is not the next one's fault. */
function passOver(body: Body, environ: Environ, next: () => Body | Promise<Body>): Body | Promise<Body> {
  const report = (error: unknown): void =>
    reportError(environ['wsgi.errors'], 'cascade: closing a body that was passed over', error)
  if (bodyFault(body) !== undefined) return next()
  try {
    const closing = closeBody(body)
    if (isPromiseLike(closing)) return closing.catch(report).then(next)
  } catch (error) {
    report(error)
  }
  return next()
}

const discard: Write = () => Promise.resolve()
