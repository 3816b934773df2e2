import { readFileSync } from 'node:fs'
import { type Application, type Middleware, stack } from '@tsgi/core'
import { Selector } from '@tsgi/router'
import { describe, expect, it } from 'vitest'
import { routeTable } from '../src/routes.ts'

const app: Application = () => []
const basicAuth: Middleware = (inner) =>
  function basicAuth(environ, startResponse) {
    return inner(environ, startResponse)
  }

describe('routeTable', () => {
  it('shows the routes of a Selector in order of registration', async () => {
    const application = new Selector()
      .add('/users/:id', { GET: app, PUT: app })
      .add('/', { _ANY_: app })
      .add('/login', { POST: app })

    expect(await tableOf(application)).toEqual([
      'METHODS   PATTERN',
      'GET, PUT  /users/:id',
      '_ANY_     /',
      'POST      /login',
    ])
  })

  it('shows what the README shows', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const application = new Selector()
      .add('/', { GET: app })
      .add('/users/:id', { GET: app, PUT: app }, { name: 'user' })
      .group('/admin', [basicAuth], (admin) => admin.add('/users', { GET: app, POST: app }))
      .mount('/files', app)

    expect(readme).toContain(`$ npx tsgi --routes app.ts\n${(await tableOf(application)).join('\n')}\n\`\`\``)
  })

  it('shows names, hosts and layers where a route has any', async () => {
    const application = new Selector()
      .add('/', { GET: app })
      .add('/users/:id', { GET: app }, { name: 'user', host: ':tenant.example.com' })
      .group('/admin', [basicAuth], (admin) => admin.add('/log', { GET: stack().use(basicAuth).run(app) }))

    expect(await tableOf(application)).toEqual([
      'METHODS  PATTERN     NAME  HOST                 LAYERS',
      'GET      /',
      'GET      /users/:id  user  :tenant.example.com',
      'GET      /admin/log                             basicAuth, basicAuth',
    ])
  })

  it.each<[where: string, around: (app: Application) => Application]>([
    ['a layer', (inner) => stack().use(basicAuth).run(inner)],
    ['layers of several stacks', (inner) => stack().use(basicAuth).run(stack().use(basicAuth).run(inner))],
    ['a stack that validates', (inner) => stack({ validate: true }).use(basicAuth).run(inner)],
  ])('finds a router inside %s', async (_where, around) => {
    const application = around(new Selector().add('/', { GET: app }))

    expect(await tableOf(application)).toEqual(['METHODS  PATTERN', 'GET      /'])
  })

  it('shows a router without routes as an empty table', async () => {
    expect(await tableOf(new Selector())).toEqual(['METHODS  PATTERN'])
  })

  it('does not cut what is long', async () => {
    const pattern = `/${'long/'.repeat(500)}:id`

    expect(await tableOf(router(() => [{ ...ROUTE, pattern }]))).toContain(`GET      ${pattern}`)
  })

  it.each([
    ['a line feed', '/a\nGET  /b', '/a\\u{a}GET  /b'],
    ['a tab', '/a\tb', '/a\\u{9}b'],
    ['an order to the terminal', '/\u001b[2Jx', '/\\u{1b}[2Jx'],
    ['an order of one sign, C1', '/\u009b2Jx', '/\\u{9b}2Jx'],
    ['DEL', '/\u007f', '/\\u{7f}'],
    ['a sign that turns the direction round', '/\u202etxt.exe', '/\\u{202e}txt.exe'],
    ['a sign that is not seen', '/a\u200bb', '/a\\u{200b}b'],
    ['a line separator', '/a\u2028b', '/a\\u{2028}b'],
    ['half a pair of surrogates', '/\ud83d', '/\\u{d83d}'],
    ['a tag beyond the first plane', '/\u{e0041}', '/\\u{e0041}'],
  ])('escapes %s, wherever it stands', async (_what, text, escaped) => {
    const routes = [{ methods: [text], pattern: text, name: text, host: text, layers: [text] }]

    const [, line] = await tableOf(router(() => routes))

    expect(line).toBe(Array(5).fill(escaped).join('  '))
  })

  it('leaves every other sign as it is', async () => {
    const pattern = '/größe/東京/🙂/:"user id"/\\:x'

    expect(await tableOf(router(() => [{ ...ROUTE, pattern }]))).toContain(`GET      ${pattern}`)
  })

  it('waits for routes that are still being loaded', async () => {
    const routes: unknown[] = []
    const application = router(
      () => routes,
      Promise.resolve().then(() => routes.push(ROUTE)),
    )

    expect(await tableOf(application)).toEqual(['METHODS  PATTERN', 'GET      /'])
  })

  it('tells why routes could not be loaded', async () => {
    const cause = new Error('routes.map:3: must be a directive; got "@nope"')
    const application = router(() => [], Promise.reject(cause))

    await expect(tableOf(application)).rejects.toMatchObject({
      message: 'app.ts:application: must load its routes without an error; it threw',
      exitCode: 1,
      cause,
    })
  })

  it.each<[what: string, application: Application, found: string]>([
    ['a function', app, 'app'],
    ['a function without a name', (() => () => [])(), 'anonymous'],
    ['layers around a function', stack().use(basicAuth).run(app), 'app'],
    ['routes that are no function', Object.assign(() => [], { routes: [] }), 'anonymous'],
    ['routes() that gives no list', router(() => app), 'application'],
  ])('refuses %s', async (_what, application, found) => {
    await expect(tableOf(application)).rejects.toMatchObject({
      message:
        'app.ts:application: must be a router, which has routes(), or layers around one; ' +
        `got ${JSON.stringify(found)}`,
      exitCode: 1,
    })
  })
})

const ROUTE = { methods: ['GET'], pattern: '/', name: undefined, host: undefined, layers: [] }

async function tableOf(application: Application): Promise<string[]> {
  const table = await routeTable({ application, name: 'app.ts:application' })
  expect(table).toMatch(/\n$/)
  return table.slice(0, -1).split('\n')
}

/** A router that is no `Selector`. */
function router(routes: () => unknown, ready?: Promise<unknown>): Application {
  const application: Application = () => []
  return Object.assign(application, { routes, ready })
}
