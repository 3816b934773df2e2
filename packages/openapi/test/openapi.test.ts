import { type Application, type HandlerOptions, handler, type Middleware, stack } from '@tsgi/core'
import { Selector } from '@tsgi/router'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type DescribedRouter,
  type OpenapiInfo,
  type OperationObject,
  openapi,
  operation,
} from '../src/index.ts'
import { faultsOf } from './faults.ts'
import { group, param, route, routerOf, schemaOf, text, wildcard } from './routes.ts'

const INFO = { title: 'Test', version: '1' }
const app: Application = handler(() => null)
const layer: Middleware = (inner) => (environ, startResponse) => inner(environ, startResponse)

/** What is said of the one operation that there is. */
function described(app: Application<never>, info: OpenapiInfo = INFO): OperationObject {
  return openapi(routerOf(route('/', { POST: app })), info).paths['/']!.post!
}

function listed(router: DescribedRouter): string[] {
  const items = Object.entries(openapi(router, INFO).paths)
  return items.flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`))
}

describe('a document', () => {
  it('has what it was told, beside the paths', async () => {
    const info = {
      ...{
        title: 'Shop',
        version: '1.2',
        summary: 'Sells.',
        description: 'Tea.',
        termsOfService: 'https://example.com/',
      },
      contact: { email: 'a@example.com' },
      license: { name: 'MIT', identifier: 'MIT' },
    }
    const beside = {
      servers: [{ url: '/shop', description: 'Here' }],
      tags: [{ name: 'tea', description: 'Leaves' }],
      security: [{ login: [] }],
    }
    const securitySchemes = { login: { type: 'http', scheme: 'basic' } } as const
    const document = openapi(routerOf(), { ...info, ...beside, securitySchemes })
    expect(document).toEqual({
      openapi: '3.1.0',
      info,
      paths: {},
      components: { securitySchemes },
      ...beside,
    })
    expect(await faultsOf(document)).toEqual([])
  })

  it('shares nothing with what it was made of', () => {
    const tags = [{ name: 'tea' }]
    const document = openapi(routerOf(), { ...INFO, tags })
    document.tags![0]!.name = 'coffee'
    expect(tags).toEqual([{ name: 'tea' }])
  })

  it.each<[what: string, router: unknown, info: unknown, message: string]>([
    ['no router', {}, INFO, 'openapi: router: must have routes(); got object'],
    ['nothing for a router', undefined, INFO, 'openapi: router: must have routes(); got undefined'],
    ['no info', routerOf(), undefined, 'openapi: info: must be an object; got undefined'],
    ['null', routerOf(), null, 'openapi: info: must be an object; got null'],
    ['no title', routerOf(), { version: '1' }, 'openapi: info.title: must be a string; got undefined'],
    [
      'a number for a version',
      routerOf(),
      { title: 'T', version: 1 },
      'openapi: info.version: must be a string; got 1',
    ],
    [
      'an unknown member',
      routerOf(),
      { ...INFO, toString: 1 },
      'openapi: info: must be without other members; got "toString"',
    ],
    [
      'no converter',
      routerOf(),
      { ...INFO, jsonSchema: {} },
      'openapi: info.jsonSchema: must be a function; got {}',
    ],
  ])('is refused for %s', (_what, router, info, message) => {
    const make = () => openapi(router as DescribedRouter, info as OpenapiInfo)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

describe('the paths', () => {
  it('are those of the routes, in their order', () => {
    const router = routerOf(
      route('/b', { POST: app, GET: app }),
      route([text('/a'), group(text('/'), param('id'))], { GET: app }),
      route('/b', { DELETE: app }),
    )
    expect(listed(router)).toEqual(['post /b', 'get /b', 'delete /b', 'get /a', 'get /a/{id}'])
  })

  it('have each method once: the first route has it', () => {
    const first = operation(
      { summary: 'first' },
      handler(() => null),
    )
    const router = routerOf(route('/a', { GET: first }), route('/a', { GET: app, PUT: app }))
    const { paths } = openapi(router, INFO)
    expect(paths).toMatchObject({ '/a': { get: { summary: 'first' }, put: {} } })
  })

  it('are one where only the names of their params differ, under the first', async () => {
    const router = routerOf(
      route([text('/users/'), param('id')], { GET: app }),
      route([text('/users/'), param('name')], { GET: app, PUT: app }, { schemas: { name: z.email() } }),
    )
    const document = openapi(router, INFO)
    expect(Object.keys(document.paths)).toEqual(['/users/{id}'])
    expect(document.paths['/users/{id}']!.put!.parameters).toMatchObject([
      { name: 'id', schema: { format: 'email' } },
    ])
    expect(await faultsOf(document)).toEqual([])
  })

  it('have all methods that OpenAPI has a name for, and no others', () => {
    const known = { GET: app, PUT: app, POST: app, DELETE: app, OPTIONS: app, PATCH: app, TRACE: app }
    const unknown = { QUERY: app, _ANY_: app, get: app, CONNECT: app, toString: app }
    const listed = Object.keys(openapi(routerOf(route('/', { ...known, ...unknown })), INFO).paths['/']!)
    expect(listed).toEqual(Object.keys(known).map((method) => method.toLowerCase()))
  })

  it('have HEAD where it is no other than GET has', () => {
    const head = handler(() => null)
    expect(listed(routerOf(route('/', { GET: app, HEAD: app })))).toEqual(['get /'])
    expect(listed(routerOf(route('/', { GET: app, HEAD: head })))).toEqual(['get /', 'head /'])
    expect(listed(routerOf(route('/', { HEAD: head })))).toEqual(['head /'])
  })

  it.each<[what: string, router: DescribedRouter]>([
    ['has no tokens', routerOf(route(undefined, { GET: app }))],
    ['could begin with no slash', routerOf(route([wildcard('path')], { GET: app }))],
    ['has no method that OpenAPI knows', routerOf(route('/', { QUERY: app }))],
  ])('are without a route that %s', (_what, router) => {
    expect(openapi(router, INFO).paths).toEqual({})
  })

  it('say in x-host which hosts a route is for', () => {
    const router = routerOf(route('/', { GET: app }, { host: ':tenant.example.com' }))
    expect(openapi(router, INFO).paths['/']!.get).toMatchObject({ 'x-host': ':tenant.example.com' })
  })

  it('may hold any text', async () => {
    const router = routerOf(route('/__proto__', { GET: app }), route('/a"<b>{c}', { GET: app }))
    const document = openapi(router, INFO)
    expect(Object.keys(document.paths)).toEqual(['/__proto__', '/a%22%3Cb%3E%7Bc%7D'])
    expect(await faultsOf(document)).toEqual([])
  })
})

describe('a router in a router', () => {
  const asApplication = (router: DescribedRouter): Application => Object.assign(() => [], router)

  it('has its paths behind those of its mount, with the params and the host of both', async () => {
    const inner = asApplication(
      routerOf(route([text('/'), param('id')], { GET: app }), route([], { GET: app })),
    )
    const outer = routerOf(
      route(
        [text('/'), param('shop')],
        { _ANY_: inner },
        { schemas: { shop: z.email() }, host: 'a.example' },
      ),
    )
    const document = openapi(outer, INFO)
    expect(Object.keys(document.paths)).toEqual(['/{shop}/{id}', '/{shop}'])
    expect(document.paths['/{shop}/{id}']!.get).toMatchObject({
      parameters: [
        { name: 'shop', schema: { format: 'email' } },
        { name: 'id', schema: { type: 'string' } },
      ],
      'x-host': 'a.example',
    })
    expect(await faultsOf(document)).toEqual([])
  })

  it('is found inside a stack, and inside another', () => {
    const innermost = asApplication(routerOf(route('/c', { GET: app })))
    const inner = asApplication(routerOf(route('/b', { _ANY_: stack().use(layer).run(innermost) })))
    expect(listed(routerOf(route('/a', { _ANY_: inner })))).toEqual(['get /a/b/c'])
  })

  it('has an end where it is mounted in itself', () => {
    const routes = [route('/a', { GET: app })]
    const router = asApplication({ routes: () => routes })
    routes.push(route('/b', { _ANY_: router }))
    expect(listed(router as never)).toEqual(['get /a'])
  })
})

describe('a param of the path', () => {
  const one = (schemas: Parameters<typeof route>[2], own = app) => {
    const router = routerOf(route([text('/'), param('id')], { GET: own }, schemas))
    return openapi(router, INFO).paths['/{id}']!.get!.parameters
  }
  const integer = { name: 'id', in: 'path', required: true, schema: { type: 'number' } }

  it.each<[what: string, parameters: unknown]>([
    ['its own in the route', one({ schemas: { id: z.number() } })],
    ['that of all params in the route', one({ schemas: z.object({ id: z.number() }) })],
    [
      'that of the handler',
      one(
        {},
        handler({ params: z.object({ id: z.number() }) }, () => null),
      ),
    ],
    [
      'that of the route before that of the handler',
      one(
        { schemas: { id: z.number() } },
        handler({ params: z.object({ id: z.string() }) }, () => null),
      ),
    ],
  ])('has the schema that is %s', (_what, parameters) => {
    expect(parameters).toEqual([integer])
  })

  it.each<[what: string, parameters: unknown]>([
    ['there is none', one({})],
    ['none is for it', one({ schemas: { other: z.number() } })],
    ['it is inherited', one({ schemas: Object.create({ id: z.number() }) })],
    ['that has no JSON Schema', one({ schemas: { id: schemaOf() } })],
    ['that of all params has no JSON Schema', one({ schemas: schemaOf() })],
    ['that of all params has no properties', one({ schemas: z.record(z.string(), z.string()) })],
  ])('is a text where %s', (_what, parameters) => {
    expect(parameters).toEqual([{ ...integer, schema: { type: 'string' } }])
  })

  it('is required where it is optional in the pattern: there it has a path of its own', () => {
    const router = routerOf(
      route(
        [text('/a'), group(text('/'), param('id'))],
        { GET: app },
        { schemas: z.object({ id: z.number().optional() }) },
      ),
    )
    const { paths } = openapi(router, INFO)
    expect(paths['/a']!.get!.parameters).toBeUndefined()
    expect(paths['/a/{id}']!.get!.parameters).toEqual([integer])
  })

  it('is a text where it is a wildcard, and says what that is', () => {
    const router = routerOf(
      route([text('/'), wildcard('path')], { GET: app }, { schemas: { path: z.array(z.string()) } }),
    )
    expect(openapi(router, INFO).paths['/{path}']!.get!.parameters).toEqual([
      {
        name: 'path',
        in: 'path',
        required: true,
        description: expect.stringContaining('segment'),
        schema: { type: 'string' },
      },
    ])
  })

  it('may be called __proto__', async () => {
    const schemas = JSON.parse('{ "__proto__": 0 }')
    Object.defineProperty(schemas, '__proto__', { value: z.number() })
    const document = openapi(
      routerOf(route([text('/'), param('__proto__')], { GET: app }, { schemas })),
      INFO,
    )
    expect(document.paths['/{__proto__}']!.get!.parameters).toEqual([{ ...integer, name: '__proto__' }])
    expect(await faultsOf(document)).toEqual([])
  })
})

describe('the query', () => {
  it('has a parameter for each property', () => {
    const query = z.object({
      page: z.coerce.number().int().min(1).default(1).describe('From 1.'),
      tag: z.array(z.string()),
      old: z.string().optional().meta({ deprecated: true }),
    })
    expect(described(handler({ query }, () => null)).parameters).toEqual([
      {
        ...{ name: 'page', in: 'query', required: false, description: 'From 1.' },
        schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
      },
      { name: 'tag', in: 'query', required: true, schema: { type: 'array', items: { type: 'string' } } },
      { name: 'old', in: 'query', required: false, deprecated: true, schema: { type: 'string' } },
    ])
  })

  it.each<[what: string, query: ReturnType<typeof schemaOf>, schema: object]>([
    [
      'any names',
      z.record(z.string(), z.string()),
      { type: 'object', additionalProperties: { type: 'string' } },
    ],
    [
      'one of several shapes',
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      { anyOf: [{}, {}] },
    ],
    ['a shape that nobody knows', schemaOf(), { type: 'object' }],
  ])('is one object, whose properties are parameters, for %s', (_what, query, schema) => {
    expect(described(handler({ query }, () => null)).parameters).toMatchObject([
      { name: 'query', in: 'query', style: 'form', explode: true, schema },
    ])
  })
})

describe('the headers', () => {
  it('have a parameter for each property, but for those that OpenAPI describes elsewhere', () => {
    const headers = z.object({
      'x-trace': z.uuid().optional(),
      ...{ accept: z.string(), authorization: z.string(), 'Content-Type': z.string() },
    })
    expect(described(handler({ headers }, () => null)).parameters).toMatchObject([
      { name: 'x-trace', in: 'header', required: false, schema: { type: 'string', format: 'uuid' } },
    ])
  })

  it.each<[what: string, headers: ReturnType<typeof schemaOf>]>([
    ['any names', z.record(z.string(), z.string())],
    ['a shape that nobody knows', schemaOf()],
  ])('are not described for %s', (_what, headers) => {
    expect(described(handler({ headers }, () => null)).parameters).toBeUndefined()
  })
})

describe('the body', () => {
  const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data']

  it.each<[what: string, body: ReturnType<typeof schemaOf>, schema: object, types: string[]]>([
    [
      'an object',
      z.object({ a: z.string() }),
      { properties: { a: { type: 'string' } } },
      ['application/json', ...FORMS],
    ],
    ['a list', z.array(z.string()), { type: 'array' }, ['application/json']],
    [
      'an object or a list',
      z.union([z.object({}), z.array(z.string())]),
      { anyOf: [{}, {}] },
      ['application/json', ...FORMS],
    ],
    ['what nobody knows', schemaOf(), {}, ['application/json', ...FORMS]],
  ])('is JSON, or a form where it can be: %s', (_what, body, schema, types) => {
    const { requestBody } = described(handler({ body }, () => null))
    expect(requestBody!.required).toBe(true)
    expect(Object.keys(requestBody!.content)).toEqual(types)
    for (const media of Object.values(requestBody!.content)) expect(media.schema).toMatchObject(schema)
  })

  it('has the schema that the option makes', () => {
    const body = schemaOf()
    const jsonSchema = (schema: unknown) => (schema === body ? { type: 'boolean' } : undefined)
    const { requestBody } = described(
      handler({ body }, () => null),
      { ...INFO, jsonSchema },
    )
    expect(requestBody!.content).toEqual({ 'application/json': { schema: { type: 'boolean' } } })
  })
})

describe('the responses', () => {
  const given = (response: ReturnType<typeof schemaOf>) =>
    described(handler({ response } as HandlerOptions, () => null)).responses

  it('are one of which nothing is known, without a schema', () => {
    expect(described(app).responses).toEqual({ default: { description: 'The answer.' } })
  })

  it('have 422 wherever a request may not fit', () => {
    for (const name of ['params', 'query', 'headers', 'body']) {
      const document = openapi(
        routerOf(route('/', { GET: handler({ [name]: z.object({}) }, () => null) })),
        INFO,
      )
      expect(document.paths['/']!.get!.responses).toEqual({
        422: { $ref: '#/components/responses/InvalidRequest' },
        default: { description: 'The answer.' },
      })
      expect(document.components!.responses).toHaveProperty('InvalidRequest')
    }
  })

  it.each<[what: string, response: ReturnType<typeof schemaOf>, answers: Record<string, string[]>]>([
    ['an object', z.object({}), { 200: ['application/json'] }],
    ['a list', z.array(z.string()), { 200: ['application/json'] }],
    ['a text', z.string(), { 200: ['text/plain'] }],
    ['a text or an object', z.union([z.string(), z.object({})]), { 200: ['text/plain', 'application/json'] }],
    ['nothing', z.null(), { 204: [] }],
    ['an object or nothing', z.object({}).nullable(), { 200: ['application/json'], 204: [] }],
    ['anything', z.any(), { 200: ['*/*'] }],
    ['what nobody knows', schemaOf(), { 200: ['*/*'] }],
  ])('are as the handler sends %s', (_what, response, answers) => {
    const found = Object.entries(given(response)).map(([status, answer]) => [
      status,
      '$ref' in answer ? [] : Object.keys(answer.content ?? {}),
    ])
    expect(Object.fromEntries(found)).toEqual(answers)
  })

  it('have the schema of what the handler gives, for that is sent as it is', () => {
    const response = z.object({
      at: z.string().transform((text) => new Date(text)),
      page: z.number().default(1),
    })
    expect(given(response)['200']).toMatchObject({
      content: {
        'application/json': { schema: { properties: { at: { type: 'string' } }, required: ['at'] } },
      },
    })
  })
})

describe('what is said of an operation', () => {
  const details = {
    ...{
      summary: 'One',
      description: 'Two',
      tags: ['three'],
      operationId: 'four',
      deprecated: true,
      security: [],
    },
    responses: { 404: { description: 'Five' } },
  }

  it('stands in the document', async () => {
    const router = routerOf(
      route('/', {
        GET: operation(
          details,
          handler(() => null),
        ),
      }),
    )
    const document = openapi(router, INFO)
    expect(document.paths['/']!.get).toEqual({
      ...details,
      responses: { ...details.responses, default: { description: 'The answer.' } },
    })
    expect(await faultsOf(document)).toEqual([])
  })

  it('adds to the responses that the schemas tell of', () => {
    const responses = {
      200: { description: 'Here it is.' },
      '5XX': { description: 'A fault.' },
      422: { description: 'No.' },
    }
    const show = handler({ query: z.object({}), response: z.string() }, () => '')
    expect(described(operation({ responses }, show)).responses).toEqual({
      200: { description: 'Here it is.', content: { 'text/plain': { schema: { type: 'string' } } } },
      422: { description: 'No.' },
      '5XX': { description: 'A fault.' },
    })
  })
})

describe('the id of an operation', () => {
  const ids = (router: DescribedRouter): unknown[] =>
    Object.values(openapi(router, INFO).paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    )
  const named = (operationId: string): Application =>
    operation(
      { operationId },
      handler(() => null),
    )

  it.each<[what: string, router: DescribedRouter, ids: unknown[]]>([
    ['none, without a name', routerOf(route('/', { GET: app })), [undefined]],
    ['the name of the route', routerOf(route('/', { GET: app, HEAD: app }, { name: 'home' })), ['home']],
    [
      'the name and the method, where there are several',
      routerOf(route('/', { GET: app, POST: app, QUERY: app }, { name: 'home' })),
      ['home_get', 'home_post'],
    ],
    [
      'numbered, where the route has several paths',
      routerOf(route([text('/a'), group(text('/b'))], { GET: app }, { name: 'home' })),
      ['home', 'home_2'],
    ],
    [
      'as it was asked for, whatever comes before',
      routerOf(route('/a', { GET: app }, { name: 'x' }), route('/b', { GET: named('x') })),
      ['x_2', 'x'],
    ],
    [
      'numbered, where it was asked for twice',
      routerOf(route('/a', { GET: named('x') }), route('/b', { GET: named('x') })),
      ['x', 'x_2'],
    ],
  ])('is %s', (_what, router, expected) => {
    expect(ids(router)).toEqual(expected)
  })
})

describe('a Selector', () => {
  it('is described, with its groups and mounts', async () => {
    const User = z.object({ name: z.string() }).meta({ id: 'User' })
    const show = handler({ query: z.object({ full: z.stringbool().optional() }), response: User }, () => ({
      name: 'Ada',
    }))
    const admin = new Selector().get('/users/:id{/:tab}', show, {
      name: 'user',
      params: { id: z.coerce.number() },
    })
    const router = new Selector()
      .get(
        '/',
        operation(
          { summary: 'Home' },
          handler(() => 'Hello'),
        ),
      )
      .group('/api', [layer], (api) =>
        api.post(
          '/users',
          handler({ body: User }, () => null),
        ),
      )
      .mount('/admin/', stack().use(layer).run(admin))
    const document = openapi(router, INFO)
    expect(listed(router)).toEqual([
      'get /',
      'post /api/users',
      'get /admin/users/{id}',
      'get /admin/users/{id}/{tab}',
    ])
    expect(document.paths['/admin/users/{id}']!.get).toMatchObject({
      operationId: 'user',
      parameters: [{ name: 'id', schema: { type: 'number' } }, { name: 'full' }],
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
      },
    })
    expect(await faultsOf(document)).toEqual([])
  })
})
