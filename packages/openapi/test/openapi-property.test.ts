import { type Application, type HandlerOptions, handler, type StandardSchema } from '@tsgi/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  apiReference,
  type DescribedRoute,
  type OpenapiInfo,
  type OperationDetails,
  openapi,
  operation,
  type PathToken,
} from '../src/index.ts'
import { faultsOf } from './faults.ts'
import { group, param, route, routerOf, schemaOf, text, wildcard } from './routes.ts'

/** Few names, so that many are the same, and some that are not nice. */
const name = fc.constantFrom(
  'id',
  'name',
  'tab',
  'a b',
  'a/b',
  '{',
  '}',
  '__proto__',
  'constructor',
  '"',
  'é',
  '0',
)
const piece: fc.Arbitrary<PathToken> = fc.oneof(
  fc.constantFrom('/', '/a', '/b', '.', '/{x}', '/%2F', '/?#', '/é', '').map(text),
  name.map(param),
  name.map(wildcard),
)
const { tokens } = fc.letrec<{ tokens: PathToken[]; token: PathToken }>((tie) => ({
  tokens: fc.array(tie('token'), { maxLength: 4 }),
  token: fc.oneof(
    { maxDepth: 2 },
    piece,
    tie('tokens').map((inner) => group(...inner)),
  ),
}))

const Pet = z
  .object({
    name: z.string(),
    get kids() {
      return z.array(Pet)
    },
  })
  .meta({ id: 'Pet' })
const schema: fc.Arbitrary<StandardSchema> = fc.constantFrom<StandardSchema[]>(
  ...[
    Pet,
    z.object({ pet: Pet, id: z.coerce.number() }),
    z.object({ Pet }).meta({ id: 'Pet' }),
    Pet.nullable(),
  ],
  ...[
    z.string(),
    z.array(Pet),
    z.record(z.string(), Pet),
    z.object({ name: z.string().optional(), accept: z.string() }),
  ],
  ...[
    z.union([z.object({ id: z.string() }), z.string()]),
    z.date(),
    z.any(),
    z.null(),
    z.never(),
    z.intersection(Pet, Pet),
  ],
  ...[
    schemaOf(),
    schemaOf(() => {
      throw new Error('no')
    }),
    schemaOf({ $ref: '#/nowhere' }),
    schemaOf({ $ref: '#' }),
  ],
  schemaOf(
    JSON.parse(
      '{ "properties": { "__proto__": { "$ref": "#/$defs/__proto__" } }, "$defs": { "__proto__": {} } }',
    ),
  ),
)

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })
const anyText = fc.string({ unit: 'binary', maxLength: 5 })
const details = fc.record({
  ...{
    summary: optional(anyText),
    description: optional(anyText),
    tags: optional(fc.array(anyText, { maxLength: 2 })),
  },
  operationId: optional(fc.constantFrom('show', 'list', 'show_2')),
  deprecated: optional(fc.boolean()),
  responses: optional(
    fc.dictionary(
      fc.constantFrom('200', '404', '422', '5XX', 'default'),
      fc.record({ description: anyText }),
    ),
  ),
}) as fc.Arbitrary<OperationDetails>
const options = fc.record({
  ...{ params: optional(schema), query: optional(schema), headers: optional(schema), body: optional(schema) },
  response: optional(schema),
}) as fc.Arbitrary<HandlerOptions>
const app: fc.Arbitrary<Application> = fc.tuple(optional(details), options).map(([said, given]) => {
  const app = handler(given, () => null)
  return said === undefined ? app : operation(said, app)
})

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'QUERY', '_ANY_', 'get', 'toString')
const facts = fc.record({
  ...{ name: optional(fc.constantFrom('show', 'list', 'show_get')), host: optional(anyText) },
  schemas: optional(fc.oneof(schema, fc.dictionary(name, schema, { maxKeys: 2 }))),
})
const routes: fc.Arbitrary<DescribedRoute[]> = fc.array(
  fc
    .tuple(optional(tokens), fc.dictionary(method, app, { maxKeys: 3 }), facts)
    .map((given) => route(...given)),
  { maxLength: 8 },
)
/** Some of the routes stand in a router of their own. */
const router = fc
  .tuple(routes, tokens, routes)
  .map(([outer, mount, inner]) =>
    routerOf(...outer, route(mount, { _ANY_: Object.assign(() => [], routerOf(...inner)) })),
  )
const info = fc.record({
  ...{ title: anyText, version: anyText, summary: optional(anyText) },
  servers: optional(
    fc.array(fc.record({ url: fc.constantFrom('/', '..', 'https://example.com/') }), { maxLength: 2 }),
  ),
  jsonSchema: fc.constantFrom(
    undefined,
    () => ({ type: 'integer' }),
    () => undefined,
  ),
}) as fc.Arbitrary<OpenapiInfo>

it('is a valid document, plain JSON, and shown, whatever the routes are', { timeout: 60_000 }, async () => {
  const seen = { paths: 0, components: 0 }
  const property = fc.asyncProperty(router, info, async (router, info) => {
    const document = openapi(router, info)
    expect(await faultsOf(document)).toEqual([])
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
    expect(() => apiReference(document)).not.toThrow()
    seen.paths += Object.keys(document.paths).length
    seen.components += Object.keys(document.components?.schemas ?? {}).length
  })
  await fc.assert(property, { numRuns: 100 })
  // Else the routes would say nothing.
  expect(seen.paths).toBeGreaterThan(100)
  expect(seen.components).toBeGreaterThan(20)
})
