import { createHash } from 'node:crypto'
import { applicationSuite, register } from '@tsgi/conformance'
import { handler, mount } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { Selector } from '@tsgi/router'
import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { apiReference, type OpenapiDocument, openapi, operation } from '../src/index.ts'
import { faultsOf } from './faults.ts'
import { param, route, routerOf, schemaOf, text } from './routes.ts'

const DOCUMENT = openapi(routerOf(route('/tea', { GET: handler(() => 'tea') })), {
  title: 'Shop',
  version: '1.2',
})
const reference = apiReference(DOCUMENT)

describe('apiReference', () => {
  it('serves the document', async () => {
    const received = await send(reference, '/openapi.json')
    expect(received.status).toBe(200)
    expect(received.headers.get('Content-Type')).toBe('application/json')
    expect(received.json()).toEqual(DOCUMENT)
  })

  it('serves a page', async () => {
    const { status, headers, text } = await send(reference, '/')
    expect(status).toBe(200)
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(text).toContain('<title>Shop</title>')
    expect(text).toContain('<code>/tea</code>')
  })

  it('lets nothing into the page but its own style', async () => {
    const { headers, text } = await send(reference, '/')
    const styles = Array.from(text.matchAll(/<style>(.*?)<\/style>/gs), ([, style]) => style!)
    const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(hashes).toHaveLength(1)
    expect(headers.get('Content-Security-Policy')).toBe(
      `default-src 'none'; style-src ${hashes[0]}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(text).not.toMatch(/\sstyle=|<script|\bsrc=|https?:/)
  })

  it.each(['/', '/openapi.json'])('lets nobody guess at a type: %s', async (path) => {
    expect((await send(reference, path)).headers.get('X-Content-Type-Options')).toBe('nosniff')
  })

  it.each<[method: string, path: string, status: number]>([
    ['GET', '/openapi.json/', 404],
    ['GET', '/openapi.yaml', 404],
    ['GET', '//', 404],
    ['POST', '/nothing', 404],
    ['POST', '/', 405],
    ['DELETE', '/openapi.json', 405],
    ['HEAD', '/', 200],
    ['HEAD', '/openapi.json', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const received = await send(reference, { method, path })
    expect(received.status).toBe(status)
    expect(received.headers.get('Allow')).toBe(status === 405 ? 'GET, HEAD' : null)
  })

  it.each<[where: string, path: string]>([
    ['/', '/'],
    ['/docs', '/docs'],
    ['/docs', '/docs/'],
    ['/a/docs', '/a/docs'],
    ['/a/docs', '/a/docs/'],
    ['/a b:c', '/a%20b%3Ac'],
    ['/a%2Fb', '/a%2Fb'],
    ['/"><b>', '/%22%3E%3Cb%3E'],
    ['/é', '/%C3%A9'],
  ])('links to the document, mounted at %s and asked at %s', async (where, path) => {
    const app = mount({ [where]: reference })
    const page = await send(app, path)
    const [, link] = /<a href="([^"]*openapi\.json)">/.exec(page.text) ?? []
    const { pathname } = new URL(link!, `http://localhost${path}`)
    expect((await send(app, pathname)).json()).toEqual(DOCUMENT)
    // Nothing of the path but what leads back: a proxy may have taken something off it.
    expect(link).toMatch(/^\.\/(?:[^/]+\/)?openapi\.json$/)
  })

  it('stands in the router that it shows', async () => {
    const router = new Selector().get(
      '/tea',
      handler(() => 'tea'),
    )
    router.mount('/docs', apiReference(openapi(router, { title: 'Shop', version: '1' })))
    expect((await send(router, '/docs')).text).toContain('href="./docs/openapi.json"')
    expect((await send(router, '/docs/openapi.json')).json()).toMatchObject({ paths: { '/tea': {} } })
  })

  it('has a name', () => {
    expect(reference.name).toBe('apiReference')
  })

  it.each<[document: unknown, found: string]>([
    [undefined, 'undefined'],
    [null, 'undefined'],
    [{}, 'undefined'],
    [{ openapi: 3.1 }, '3.1'],
    [{ openapi: '3.0.3' }, '"3.0.3"'],
    [{ swagger: '2.0' }, 'undefined'],
  ])('refuses the document %j', (document, found) => {
    const make = () => apiReference(document as OpenapiDocument)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`apiReference: document: must be one of OpenAPI 3.1; got ${found}`)
  })
})

describe('the page', () => {
  const page = async (document: OpenapiDocument): Promise<string> =>
    (await send(apiReference(document), '/')).text

  it('shows all that a document says', async () => {
    const Pet = z.object({ name: z.string().max(50).describe('What it is called.') }).meta({ id: 'Pet' })
    const list = operation(
      {
        summary: 'All pets',
        description: 'Of every kind.',
        tags: ['pets'],
        deprecated: true,
        security: [{ login: [] }, {}],
      },
      handler(
        { query: z.object({ page: z.coerce.number().min(1).default(1) }), response: z.array(Pet) },
        () => [],
      ),
    )
    const add = handler({ body: Pet }, () => null)
    const document = openapi(routerOf(route('/pets', { GET: list, POST: add }, { host: 'pets.example' })), {
      ...{ title: 'Pets', version: '1.2', summary: 'A shop.', description: 'Of pets.' },
      servers: [{ url: 'https://example.com/shop', description: 'The only one.' }],
      tags: [{ name: 'pets', description: 'What runs about.' }],
      securitySchemes: { login: { type: 'http', scheme: 'bearer', description: 'Ask for one.' } },
      security: [{ login: [] }],
    })
    const shown = (await page(document)).replace(/<style>.*<\/style>|<[^>]*>/gs, ' ').replace(/\s+/g, ' ')
    for (const said of [
      ...['Pets 1.2 A shop. Of pets.', 'https://example.com/shop The only one.', 'pets What runs about.'],
      ...['login http, bearer Ask for one.', 'GET All pets deprecated host pets.example pets Of every kind.'],
      ...[
        'Authentication: login, or nothing',
        'page query no number default 1 , minimum 1',
        '200 OK application/json array of Pet',
      ],
      ...['POST /pets', 'Authentication: login ', '422 InvalidRequest', 'title required string'],
      'application/json, application/x-www-form-urlencoded, multipart/form-data Pet',
      'Pet object name required string maxLength 50 What it is called.',
    ]) {
      expect(shown).toContain(said)
    }
  })

  it('has a place for every link', async () => {
    const Node = z
      .object({
        get kids() {
          return z.array(Node)
        },
      })
      .meta({ id: 'Node' })
    const names = [param('a b'), text('/'), param('"'), text('/é/'), param('naïve')]
    const document = openapi(
      routerOf(route([text('/'), ...names], { GET: handler({ body: Node }, () => null) })),
      {
        ...{ title: '', version: '' },
      },
    )
    const shown = await page(document)
    const ids = Array.from(shown.matchAll(/ id="([^"]*)"/g), ([, id]) => unescapeHtml(id!))
    const links = Array.from(shown.matchAll(/ href="#([^"]*)"/g), ([, link]) =>
      decodeURIComponent(unescapeHtml(link!)),
    )
    expect(new Set(links)).toEqual(
      new Set([
        'get-/{a_b}/{"}/é/{naïve}'.replace('é', '%C3%A9'),
        'schemas-Node',
        'responses-InvalidRequest',
      ]),
    )
    expect(ids).toEqual(expect.arrayContaining(links))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is for those who hear it, too', async () => {
    const shown = await page(DOCUMENT)
    expect(shown).toMatch(/^<!doctype html>\n<html lang="en">/)
    const levels = Array.from(shown.matchAll(/<h(\d)/g), ([, level]) => Number(level))
    expect(levels[0]).toBe(1)
    for (const [i, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1)
    expect(shown.match(/<main>/g)).toHaveLength(1)
    expect(shown).toContain('aria-label="GET /tea"')
  })

  it.each([
    '<img src=x onerror=alert(1)>',
    '"><script>alert(1)</script>',
    "' onload='alert(1)",
    '</style><b>',
    '</title><b>',
    '&lt;b&gt;',
    '$&',
    '`',
  ])('escapes %j wherever it may stand', async (attack) => {
    const json = {
      ...{
        title: attack,
        description: attack,
        format: attack,
        pattern: attack,
        default: attack,
        [attack]: attack,
      },
      ...{ enum: [attack], const: attack, examples: [{ [attack]: attack }], deprecated: true },
      ...{
        properties: { [attack]: { description: attack } },
        required: [attack],
        anyOf: [{ title: attack }],
      },
      items: { $ref: `#/$defs/${encodeURIComponent(attack).replaceAll("'", '%27')}` },
      additionalProperties: { $ref: `https://example.com/${attack}` },
      $defs: { [attack]: { title: attack } },
    }
    const said = { summary: attack, description: attack, tags: [attack], operationId: attack }
    const app = operation(
      {
        ...said,
        security: [{ [attack]: [] }],
        responses: { default: { description: attack, content: { [attack]: {} } } },
      },
      handler(
        {
          query: schemaOf({ properties: { [attack]: json } }),
          body: schemaOf(json),
          response: schemaOf(json),
        } as object,
        () => null,
      ),
    )
    const named = route(
      [text(`/${attack}/`), param(attack)],
      { GET: app },
      { host: attack, name: attack, schemas: { [attack]: schemaOf(json) } },
    )
    const document = openapi(routerOf(named), {
      ...{ title: attack, version: attack, summary: attack, description: attack },
      servers: [{ url: attack, description: attack }],
      tags: [{ name: attack, description: attack }],
      securitySchemes: { [attack]: { type: 'http', scheme: attack, description: attack } },
    })
    const shown = await page(document)
    expect(shown.split(escaped(attack)).length).toBeGreaterThan(20)
    const tags = shown.replace(/<style>.*?<\/style>/s, '').match(/<[^>]*>/g)!
    const strange = tags.filter((tag) => !TAG.test(tag))
    expect(strange).toEqual([])
  })

  it('shows a document that somebody has added to', async () => {
    const document = structuredClone(DOCUMENT)
    Object.assign(document.paths['/tea']!, { summary: 'Leaves', parameters: [], servers: [] })
    Object.assign(document.paths['/tea']!.get!.responses, { 404: { $ref: '#/components/responses/Gone' } })
    expect(await page(document)).toContain('<a href="#responses-Gone">Gone</a>')
  })
})

/** The tags of the page, with what may stand in them. */
const TAG =
  /^<(?:!doctype html|html lang="en"|meta charset="utf-8"|meta name="viewport" content="[\w=, -]+"|\/?(?:title|header|main|nav|section|article|h[1-4]|p|a|ul|li|dl|dt|dd|div|span|code|table|thead|tbody|tr|td|th|i|b)|nav aria-labelledby="operations"|h2 id="operations"|(?:article|span) id="[^"<>]*"|a href="[^"<>]*"(?: aria-label="[^"<>]*")?|(?:p|span|ul) class="\w+"|th scope="\w+")>$/

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}

it('is a valid document that it shows', async () => {
  expect(await faultsOf(DOCUMENT)).toEqual([])
})

register(
  applicationSuite(reference, { title: 'apiReference', requests: ['/', '/openapi.json', '/nothing'] }),
  {
    describe,
    test,
  },
)
