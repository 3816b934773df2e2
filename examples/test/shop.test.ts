import { mount } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { type Server, serve } from '@tsgi/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { application } from '../shop.ts'

let server: Server
const log: string[] = []

beforeAll(async () => {
  const places = mount({ '/': application, '/corner': application })
  server = await serve(places, { port: 0, errors: errorStream((line) => log.push(line)) })
})
afterAll(() => server.close({ graceMs: 0 }))

const ask = (path: string, init: RequestInit = {}) =>
  fetch(new URL(path, server.url), { redirect: 'manual', ...init })

const HTML = { accept: 'text/html' }
const STAFF = { authorization: 'Bearer oolong' }
const JSON_TYPE = { 'content-type': 'application/json' }
const UNAUTHORIZED = { title: 'Unauthorized', status: 401 }
const notFound = (detail: string) => ({ title: 'Not Found', status: 404, detail })
const SENCHA = { id: 1, name: 'Sencha', cents: 950, towns: ['Kyoto'] }

it.each<
  [what: string, request: [method: string, path: string, headers?: object], status: number, body: unknown]
>([
  ['a tea', ['GET', '/teas/1'], 200, SENCHA],
  ['what is no id as a name', ['GET', '/teas/Sencha'], 200, SENCHA],
  ['all of them', ['GET', '/teas'], 200, expect.arrayContaining([SENCHA])],
  ['the better liked of two', ['GET', '/teas', HTML], 200, expect.stringContaining('<h1>Tea shop</h1>')],
  ['who likes neither of two', ['GET', '/teas', { accept: 'image/png' }], 406, '406 Not Acceptable\n'],
  ['an id that no tea has', ['GET', '/teas/9'], 404, notFound('We have no tea 9.')],
  ['a name that no tea has', ['GET', '/teas/Coffee'], 404, notFound('We have no tea Coffee.')],
  ['a method that no route has', ['PUT', '/teas'], 405, '405 Method Not Allowed\n'],
  ['a path that no route has', ['GET', '/coffee'], 404, notFound('There is no tea at /coffee.')],
  ['a town without a shop', ['GET', '/shops/Paris'], 404, notFound('There is no tea at /shops/Paris.')],
  ['too much of a shop', ['GET', '/shops/Kyoto/x'], 404, notFound('There is no tea at /shops/Kyoto/x.')],
  ['strangers at a guarded path', ['PATCH', '/admin/teas/1'], 401, UNAUTHORIZED],
  ['them also where nothing is', ['GET', '/admin/x'], 401, UNAUTHORIZED],
  ['a wrong token', ['PATCH', '/admin/teas/1', { authorization: 'Bearer' }], 401, UNAUTHORIZED],
  ['staff where nothing is', ['GET', '/admin/x', STAFF], 404, notFound('There is no tea at /admin/x.')],
])('answers %s', async (_, [method, path, headers], status, body) => {
  const response = await ask(path, { method, headers: { ...headers } })
  const isJson = response.headers.get('content-type')!.endsWith('json')
  expect([response.status, isJson ? await response.json() : await response.text()]).toEqual([status, body])
})

describe.each([[''], ['/corner']])('at "%s"', (base) => {
  it.each<[path: string, status: number, location: string]>([
    ['/', 302, '/teas'],
    ['/teas/', 308, '/teas'],
    ['/teas/2/?x=1', 308, '/teas/2?x=1'],
    ['/shops/Kyoto/', 308, '/shops/Kyoto'],
  ])('sends %s on, with %i, to %s', async (path, status, location) => {
    const response = await ask(base + path)
    expect([response.status, response.headers.get('location')]).toEqual([status, base + location])
  })

  it('has links on its page, which all lead somewhere', async () => {
    const page = await (await ask(`${base}/teas`, { headers: HTML })).text()
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, url]) => url!)
    const paths = ['/teas/1', '/teas/2', '/teas/3', '/shops/Kyoto', '/shops/Hangzhou', '/docs']
    expect(links).toEqual(paths.map((path) => base + path))
    for (const link of links) expect((await ask(link)).status).toBe(200)
  })

  it('has the teas of a shop, with their URLs', async () => {
    const response = await ask(`${base}/shops/Hangzhou`)
    expect(await response.json()).toEqual([
      { name: 'Longjing', url: `${base}/teas/2` },
      { name: 'Gyokuro', url: `${base}/teas/3` },
    ])
  })

  it('documents itself: the page leads to the document, and that to where the paths begin', async () => {
    const page = await ask(`${base}/docs`)
    const [, href] = /href="([^"]*openapi\.json)"/.exec(await page.text())!
    const response = await ask(String(new URL(href!, page.url)))
    const { servers, paths } = (await response.json()) as { servers: { url: string }[]; paths: object }
    expect(new URL(servers[0]!.url, response.url).pathname).toBe(`${base}/`)
    expect(Object.keys(paths)).toEqual(['/teas', '/teas/{id}', '/shops/{town}', '/admin/teas/{id}'])
  })
})

it('lets staff change a price, and writes down who did', async () => {
  const change = (body: object) =>
    ask('/admin/teas/3', { method: 'PATCH', headers: { ...STAFF, ...JSON_TYPE }, body: JSON.stringify(body) })
  expect(await (await change({ cents: 3100 })).json()).toMatchObject({ id: 3, cents: 3100 })
  expect(await (await ask('/teas/3')).json()).toMatchObject({ cents: 3100 })
  expect(log.join('')).toBe('ada sells Gyokuro for 3100\n')

  const refused = await change({ cents: 0 })
  expect(refused.status).toBe(422)
  expect(await refused.json()).toMatchObject({ errors: [{ in: 'body', path: ['cents'] }] })
  expect(await (await ask('/teas/3')).json()).toMatchObject({ cents: 3100 })
})
