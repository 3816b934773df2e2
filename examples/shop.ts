/**
 * A tea shop behind one Selector: typed params, a guarded group, a router in the router, a page or JSON by `Accept`, links by
 * name, and its own documentation.
 *
 *     npx tsgi examples/shop.ts
 *     npx tsgi --routes examples/shop.ts
 */
import type { Application, Environ, Middleware, Request, RoutingEnviron } from '@tsgi/core'
import { escapeHtml, HttpError, handler, Response } from '@tsgi/core'
import { apiReference, openapi, operation } from '@tsgi/openapi'
import { Selector } from '@tsgi/router'
import { z } from 'zod'

const Id = z.coerce.number().int().positive()
const Town = z.enum(['Kyoto', 'Hangzhou'])
const Price = z.object({ cents: z.int().positive() })
const Tea = Price.extend({ id: z.int(), name: z.string(), towns: z.array(Town) }).meta({ id: 'Tea' })
type Tea = z.infer<typeof Tea>

const teas: Tea[] = [
  { id: 1, name: 'Sencha', cents: 950, towns: ['Kyoto'] },
  { id: 2, name: 'Longjing', cents: 1490, towns: ['Hangzhou'] },
  { id: 3, name: 'Gyokuro', cents: 2900, towns: ['Kyoto', 'Hangzhou'] },
]

/** One for all towns: the path that it is mounted at says which. */
const shop = new Selector<RoutingEnviron<{ town: z.infer<typeof Town> }>>({ trailingSlash: 'redirect' }).get(
  '',
  handler(({ params, environ }) => {
    const sold = teas.filter(({ towns }) => towns.includes(params.town))
    return sold.map((tea) => ({ name: tea.name, url: teaUrl(tea, environ) }))
  }),
)

const all = handler({ response: z.array(Tea) }, () => teas)

const site = new Selector({ trailingSlash: 'redirect' })
  .get('/teas', operation({ summary: 'All teas' }, all), { name: 'teas', accept: 'application/json' })
  .get(
    '/teas/:id',
    handler({ response: Tea }, ({ params }) => find(params.id)),
    { name: 'tea', params: { id: Id } },
  )
  .mount('/shops/:town', shop, { name: 'shop', params: { town: Town } })

/** What `staffOnly` adds. */
export interface StaffEnviron {
  /** Who asks: `'ada'`. */
  'shop.staff': string
}

const STAFF = new Map([['Bearer oolong', 'ada']])
const unauthorized = handler(() => new HttpError(401, { headers: { 'WWW-Authenticate': 'Bearer' } }))

const staffOnly: Middleware<StaffEnviron> = (app) =>
  function staffOnly(environ, startResponse) {
    const staff = STAFF.get(environ.HTTP_AUTHORIZATION ?? '')
    if (staff === undefined) return unauthorized(environ, startResponse)
    return app(Object.assign(environ, { 'shop.staff': staff }), startResponse)
  }

site.group('/admin', [staffOnly], (admin) => {
  admin.patch(
    '/teas/:id',
    operation(
      { summary: 'Change a price', security: [{ staff: [] }] },
      handler({ body: Price, response: Tea }, ({ params, environ }, { body }) => {
        const tea = Object.assign(find(params.id), body)
        environ['wsgi.errors'].write(`${environ['shop.staff']} sells ${tea.name} for ${tea.cents}\n`)
        return tea
      }),
    ),
    { params: { id: Id } },
  )
})

const document = openapi(site, {
  title: 'Tea shop',
  version: '1.0.0',
  servers: [{ url: '..', description: 'This shop' }],
  securitySchemes: { staff: { type: 'http', scheme: 'bearer' } },
})

// For people: what is added now is not in the document.
site
  .get('/', handler(home))
  // Whoever likes HTML better gets this one of the two at `/teas`, and who likes both as well the first.
  .get('/teas', handler(page), { accept: 'text/html' })
  // Here comes what is no id: a param that does not fit its schema leaves the request to the next route.
  .get(
    '/teas/:name',
    handler(({ params }) => find(params.name)),
  )
  .mount('/docs', apiReference(document), { name: 'docs' })

site.status404 = handler(({ path }) => new HttpError(404, { detail: `There is no tea at ${path}.` }))
shop.status404 = site.status404

export const application: Application = site

function find(wanted: number | string): Tea {
  const tea = teas.find(({ id, name }) => id === wanted || name === wanted)
  if (tea === undefined) throw new HttpError(404, { detail: `We have no tea ${wanted}.` })
  return tea
}

/** The environ, also that of a shop, says where the site stands. */
function teaUrl({ id }: Tea, environ: Environ): string {
  return site.url('tea', { id }, { environ })
}

function home({ environ }: Request): Response {
  return Response.redirect(site.url('teas', {}, { environ }))
}

function page({ environ }: Request): Response {
  const items = teas.map((tea) => {
    return `<li>${link(teaUrl(tea, environ), tea.name)}, ${(tea.cents / 100).toFixed(2)} €</li>`
  })
  const shops = Town.options.map((town) => link(site.url('shop', { town }, { environ }), town))
  return Response.html(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tea shop</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
<h1>Tea shop</h1>
<ul>${items.join('\n')}</ul>
<p>Our shops: ${shops.join(', ')}.</p>
<p>${link(site.url('docs', {}, { environ }), 'The API, for programs')}</p>
`)
}

function link(url: string, text: string): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(text)}</a>`
}
