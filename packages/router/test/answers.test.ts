import { type Environ, Request } from '@tsgi/core'
import { type SendOptions, send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { Selector } from '../src/index.ts'
import { says, shownOf, shows } from './applications.ts'

type Name = 'status404' | 'status405' | 'status406' | 'status415' | 'status501'

/** A request for each answer, of a Selector with these routes. */
const site = () =>
  new Selector()
    .add('/a/:id', { POST: says(''), GET: says('') })
    .put('/a/:id', says(''))
    .get('/types', says('html'), { accept: 'text/html' })
    .post('/types', says('json'), { contentType: 'application/json' })
const REQUESTS: Record<Name, SendOptions> = {
  status404: { path: '/b' },
  status405: { path: '/types', method: 'PUT' },
  status406: { path: '/types', headers: [['Accept', 'image/png']] },
  status415: { path: '/types', method: 'POST', body: 'text' },
  status501: { path: '/a/7', method: 'QUERY' },
}
const NAMES = Object.keys(REQUESTS) as Name[]

describe('an answer that no route gives', () => {
  it.each<[name: Name, line: string, headers: [string, string][]]>([
    ['status404', '404 Not Found', []],
    ['status405', '405 Method Not Allowed', [['Allow', 'GET, HEAD, POST, OPTIONS']]],
    ['status406', '406 Not Acceptable', [['Vary', 'Accept']]],
    ['status415', '415 Unsupported Media Type', []],
    ['status501', '501 Not Implemented', []],
  ])('is a short page in plain text: %s', async (name, line, headers) => {
    const answer = await send(site(), REQUESTS[name])
    expect(`${answer.status} ${answer.reason}`).toBe(line)
    expect(answer.text).toBe(`${line}\n`)
    const rest = answer.headers.list.filter(([header]) => header !== 'Content-Length')
    expect(rest).toEqual([['Content-Type', 'text/plain; charset=utf-8'], ...headers])
  })

  it.each<[name: Name, methods: string[]]>([
    ['status404', []],
    ['status405', ['GET', 'HEAD', 'POST', 'OPTIONS']],
    ['status406', ['GET', 'HEAD', 'POST', 'OPTIONS']],
    ['status415', ['GET', 'HEAD', 'POST', 'OPTIONS']],
    ['status501', ['POST', 'GET', 'HEAD', 'PUT', 'OPTIONS']],
  ])('can be replaced, and finds what is known: %s', async (name, methods) => {
    const selector = site()
    selector[name] = shows
    const { path } = REQUESTS[name]
    expect((await send(selector, REQUESTS[name])).json()).toEqual({
      ...{ script: '', path, vars: {}, methods, matches: [''], args: [[], {}] },
    })
  })

  it.each(NAMES)('finds what outer layers put there, and leaves it as it was: %s', async (name) => {
    const selector = site()
    let found: object | undefined
    selector[name] = (environ: Environ) => {
      found = shownOf(environ)
      return []
    }
    const { path = '', ...options } = REQUESTS[name]
    const { environ } = Request.blank(path, { ...options, base: 'http://localhost/shop' })
    const outer = {
      'wsgiorg.routing_args': [['p'], { lang: 'de' }],
      'selector.matches': ['/shop'],
      'selector.vars': { lang: 'de' },
      'selector.methods': ['_ANY_'],
    }
    Object.assign(environ, outer)
    const before = { ...environ }
    // Without the validator, which has a view of environ.
    await selector(environ, () => async () => {})
    expect(found).toMatchObject({ script: '/shop', path, vars: {}, args: outer['wsgiorg.routing_args'] })
    expect(found).toMatchObject({ matches: ['/shop', ''] })
    expect(environ).toEqual(before)
  })

  it.each(NAMES)('of one Selector is not that of another: %s', async (name) => {
    const selector = site()
    selector[name] = says('mine')
    expect((await send(selector, REQUESTS[name])).text).toBe('mine')
    expect((await send(site(), REQUESTS[name])).text).not.toBe('mine')
    selector[name] = says('later')
    expect((await send(selector, REQUESTS[name])).text).toBe('later')
  })

  it('says 406 with Vary where it was replaced, too', async () => {
    const selector = site()
    selector.status406 = says('none')
    expect((await send(selector, REQUESTS.status406)).headers.get('Vary')).toBe('Accept')
  })
})

describe('the choice among answers', () => {
  it.each<[what: string, routes: string[], request: string, answer: string]>([
    ['404 where no path fits, whatever the method', ['GET /a'], 'QUERY /b', '404'],
    ['404 to OPTIONS where no path fits', ['GET /a'], 'OPTIONS /b', '404'],
    ['404 where only the host fits not', ['GET /a other.example'], 'GET /a', '404'],
    ['404 to OPTIONS where only the host fits not', ['GET /a other.example'], 'OPTIONS /a', '404'],
    ['405 for another method that a route knows', ['GET /a', 'PUT /b'], 'PUT /a', '405 GET, HEAD, OPTIONS'],
    ['405 for HEAD without GET', ['POST /a'], 'HEAD /a', '405 POST, OPTIONS'],
    ['405 for GET without GET', ['POST /a'], 'GET /a', '405 POST, OPTIONS'],
    [
      '405 for a method of a route with another host',
      ['GET /a', 'PUT /a other.example'],
      'PUT /a',
      '405 GET, HEAD, OPTIONS',
    ],
    ['501 for a method that no route knows', ['GET /a', 'POST /b'], 'PUT /a', '501'],
    ['501 for a method in another case', ['GET,PUT /a'], 'put /a', '501'],
    ['501 for a method that objects inherit', ['GET /a'], 'toString /a', '501'],
    ['501 for _ANY_ where no route has it', ['GET /a'], '_ANY_ /a', '501'],
    [
      '405 for any method where some route takes any',
      ['GET /a', '_ANY_ /b'],
      'QUERY /a',
      '405 GET, HEAD, OPTIONS',
    ],
    [
      '405 without repeats',
      ['GET,POST /a', 'POST,GET /:x', 'PUT /b'],
      'PUT /a',
      '405 GET, HEAD, POST, OPTIONS',
    ],

    [
      'Allow of each route that fits, in their order',
      ['POST,GET /a', 'PUT /b', 'PATCH,POST /:x', 'DELETE /*y'],
      'PUT /a',
      '405 POST, GET, HEAD, PATCH, DELETE, OPTIONS',
    ],
    [
      'Allow with HEAD behind GET',
      ['GET,POST,HEAD,PUT /a', 'DELETE /b'],
      'DELETE /a',
      '405 GET, HEAD, POST, PUT, OPTIONS',
    ],
    [
      'Allow with HEAD that was first',
      ['HEAD,PUT /a', 'GET /a', 'DELETE /b'],
      'DELETE /a',
      '405 HEAD, PUT, GET, OPTIONS',
    ],
    [
      'Allow without those of other paths',
      ['GET /a', 'PUT /a/b', 'PUT /b'],
      'PUT /a',
      '405 GET, HEAD, OPTIONS',
    ],
    [
      'Allow of a route once, in how many ways it fits',
      ['PUT {/:x}{/:y}', 'GET /b'],
      'GET /a',
      '405 PUT, OPTIONS',
    ],
    ['Allow with tokens as they are', ['get,M-SEARCH /a', 'PUT /b'], 'PUT /a', '405 get, M-SEARCH, OPTIONS'],

    ['204 to OPTIONS', ['GET /a', 'POST /:x', 'PUT /b'], 'OPTIONS /a', '204 GET, HEAD, POST, OPTIONS'],
    ['OPTIONS from a route', ['GET /a', 'OPTIONS /:x'], 'OPTIONS /a', '200 OPTIONS /:x'],
    ['OPTIONS from a route that takes any', ['GET /a', '_ANY_ /:x'], 'OPTIONS /a', '200 _ANY_ /:x'],
    ['404 to OPTIONS * without a route for it', ['GET /', '_ANY_ /*x'], 'OPTIONS ', '404'],
    [
      '204 to OPTIONS * where a route fits the empty path',
      ['GET {/:x}', 'PUT '],
      'OPTIONS ',
      '204 GET, HEAD, PUT, OPTIONS',
    ],
    ['OPTIONS * from a route', ['OPTIONS '], 'OPTIONS ', '200 OPTIONS '],
  ])('is %s', async (_what, routes, request, answer) => {
    const selector = new Selector()
    for (const route of routes) {
      const [methods = '', pattern = '', host] = route.split(' ')
      const app = says(`${methods} ${pattern}`)
      const applications = Object.fromEntries(methods.split(',').map((method) => [method, app]))
      selector.add(pattern, applications, host === undefined ? {} : { host })
    }
    const [method = '', path = ''] = request.split(' ')
    expect(await ask(selector, method, path)).toBe(answer)
  })

  it('is 204 without a body, of the Selector alone', async () => {
    const answer = await send(new Selector().get('/', says('')), { method: 'OPTIONS' })
    expect(answer.text).toBe('')
    expect(answer.headers.list).toEqual([['Allow', 'GET, HEAD, OPTIONS']])
  })
})

/** The status with the text of an answer of 200, else with `Allow`. */
async function ask(selector: Selector, method: string, path: string): Promise<string> {
  const request = Request.blank('/', { method })
  request.environ.PATH_INFO = path
  const { status, headers, text } = await send(selector, request)
  return [status, status === 200 ? text : (headers.get('Allow') ?? [])].flat().join(' ')
}
