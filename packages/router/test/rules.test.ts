import type { Application, Environ, Middleware } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { EnvironDispatcher } from '../src/environ-dispatcher.ts'
import { MiddlewareComposer } from '../src/middleware-composer.ts'

type Predicate = (environ: Environ) => boolean

const app: Application = (_environ, startResponse) => {
  startResponse('200 OK', [])
  return []
}
const layer: Middleware = (inner) => inner
const always = () => true

describe.each<[owner: string, make: (rules: unknown) => Application, targetIs: string, target: unknown]>([
  ['EnvironDispatcher', (rules) => EnvironDispatcher(rules as []), 'an application', app],
  ['MiddlewareComposer', (rules) => MiddlewareComposer(app, rules as []), 'a middleware', layer],
])('the rules of %s', (owner, make, targetIs, target) => {
  it.each<[rules: unknown, message: string]>([
    [undefined, `rules: must be a list of [predicate, ${targetIs}]; got undefined`],
    [null, `rules: must be a list of [predicate, ${targetIs}]; got null`],
    [{}, `rules: must be a list of [predicate, ${targetIs}]; got object`],
    [new Map([[always, target]]), `rules: must be a list of [predicate, ${targetIs}]; got object`],
    [always, `rules: must be a list of [predicate, ${targetIs}]; got function`],
    [[always, target], `rules[0]: must be [predicate, ${targetIs}]; got function`],
    [[[always]], `rules[0]: must be [predicate, ${targetIs}]; got an array of 1`],
    [[[always, target, target]], `rules[0]: must be [predicate, ${targetIs}]; got an array of 3`],
    [[[always, target], null], `rules[1]: must be [predicate, ${targetIs}]; got null`],
    [new Array(1), `rules[0]: must be [predicate, ${targetIs}]; got undefined`],
    [[['GET', target]], 'rules[0]: predicate: must be a function; got string'],
    [[[true, target]], 'rules[0]: predicate: must be a function; got boolean'],
    [
      [
        [always, target],
        [always, {}],
      ],
      `rules[1]: must have ${targetIs}, a function; got object`,
    ],
    [[[always, undefined]], `rules[0]: must have ${targetIs}, a function; got undefined`],
  ])('throw for %o', (rules, message) => {
    expect(() => make(rules)).toThrow(new TypeError(`${owner}: ${message}`))
  })

  it('are a copy: later changes of the list do not count', async () => {
    const rules = [[always, target]]
    const made = make(rules)
    rules[0]![0] = () => {
      throw new Error('never asked')
    }
    rules.push([])
    expect((await send(made)).status).toBe(200)
  })

  it.each<[what: string, predicate: () => unknown]>([
    ['a promise', async () => false],
    ['a promise that is broken', () => Promise.reject(new Error('no session'))],
    // biome-ignore lint/suspicious/noThenProperty: that is the point.
    ['what can be waited for', () => ({ then() {} })],
  ])('throw for a predicate that gives %s', async (_what, predicate) => {
    await expect(send(make([[predicate as Predicate, target]]))).rejects.toThrow(
      new TypeError(`${owner}: rules[0]: predicate: must answer true or false at once; got a promise`),
    )
  })

  it('let what a predicate throws pass', async () => {
    const broken: Predicate = () => {
      throw new RangeError('broken')
    }
    await expect(send(make([[broken, target]]))).rejects.toThrow(RangeError)
  })
})
