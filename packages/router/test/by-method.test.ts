import type { Application, Environ } from '@tsgi/core'
import { setupTestingDefaults } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { expect, it } from 'vitest'
import { ByMethod } from '../src/by-method.ts'

const says =
  (text: string): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', [['X-App', text]])
    return []
  }

/** The application that answers, or the status with `Allow`. */
async function ask(names: string[], method: string): Promise<string> {
  const app = ByMethod(Object.fromEntries(names.map((name) => [name, says(name)])))
  const { status, headers } = await send(app, { method })
  return headers.get('X-App') ?? `${status} ${headers.get('Allow')}`
}

it.each<[what: string, names: string[], method: string, answer: string]>([
  ['the method that is named', ['GET', 'POST'], 'POST', 'POST'],
  ['any token', ['QUERY', 'M-SEARCH'], 'M-SEARCH', 'M-SEARCH'],
  ['HEAD from GET', ['GET'], 'HEAD', 'GET'],
  ['HEAD from HEAD', ['GET', 'HEAD'], 'HEAD', 'HEAD'],
  ['HEAD from GET before _ANY_', ['_ANY_', 'GET'], 'HEAD', 'GET'],
  ['_ANY_ for what is not named', ['GET', '_ANY_'], 'DELETE', '_ANY_'],
  ['_ANY_ for OPTIONS', ['GET', '_ANY_'], 'OPTIONS', '_ANY_'],
  ['OPTIONS from OPTIONS', ['GET', 'OPTIONS'], 'OPTIONS', 'OPTIONS'],
  ['OPTIONS of its own', ['GET', 'POST'], 'OPTIONS', '204 GET, HEAD, POST, OPTIONS'],
  ['405 for another method', ['GET', 'POST'], 'PUT', '405 GET, HEAD, POST, OPTIONS'],
  ['405 for HEAD without GET', ['POST'], 'HEAD', '405 POST, OPTIONS'],
  ['405 with OPTIONS where it is named', ['OPTIONS', 'PUT'], 'GET', '405 OPTIONS, PUT'],
  ['methods by their case', ['get'], 'GET', '405 get, OPTIONS'],
  ['405 for _ANY_ where it is not named', ['GET'], '_ANY_', '405 GET, HEAD, OPTIONS'],
  ['405 for constructor', ['GET'], 'constructor', '405 GET, HEAD, OPTIONS'],
  ['405 for __proto__', ['GET'], '__proto__', '405 GET, HEAD, OPTIONS'],
  ['405 for toString', ['GET'], 'toString', '405 GET, HEAD, OPTIONS'],
])('gives %s', async (_what, names, method, answer) => {
  expect(await ask(names, method)).toBe(answer)
})

it('says 405 in plain text, and to OPTIONS nothing but Allow', async () => {
  const app = ByMethod({ GET: says('GET') })
  const refused = await send(app, { method: 'PUT' })
  expect(refused.text).toBe('405 Method Not Allowed\n')
  expect(refused.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
  const options = await send(app, { method: 'OPTIONS' })
  expect([...options.headers]).toEqual([['Allow', 'GET, HEAD, OPTIONS']])
})

it('hands on the environ that it was given, and gives back what the application gives', () => {
  const body = Promise.resolve([])
  let seen: Environ | undefined
  const app = ByMethod({
    GET: (environ) => {
      seen = environ
      return body
    },
  })
  const environ = setupTestingDefaults({})
  const before = { ...environ }
  expect(app(environ, () => async () => {})).toBe(body)
  expect(seen).toBe(environ)
  expect({ ...environ }).toEqual(before)
})

it('does not follow changes of the table', async () => {
  const methods = { GET: says('old') }
  const app = ByMethod(methods)
  methods.GET = says('new')
  expect((await send(app)).headers.get('X-App')).toBe('old')
})

it('has a name', () => {
  expect(ByMethod({ GET: says('GET') }).name).toBe('ByMethod')
})

it.each<[methods: unknown, message: string]>([
  [{}, 'ByMethod: must have applications by method, as in { GET: app }; got {}'],
  [says('GET'), 'ByMethod: must have applications by method, as in { GET: app }; got function'],
  [{ GET: {} }, 'ByMethod: GET: must be an application, a function; got object'],
  [{ 'GET, PUT': says('') }, 'ByMethod: a method must be a token (RFC 9110 section 5.6.2); got "GET, PUT"'],
])('throws for %o', (methods, message) => {
  expect(() => ByMethod(methods as Record<string, Application>)).toThrow(new TypeError(message))
})
