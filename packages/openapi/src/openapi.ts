import { type HandlerOptions, type StandardSchema, schemasOf } from '@tsgi/core'
import { isStandardSchema } from '@tsgi/core/gateway'
import type { DescribedRouter } from './described-route.ts'
import type {
  InfoObject,
  JsonSchema,
  MediaTypeObject,
  OpenapiDocument,
  OperationObject,
  ParameterObject,
  PathItemObject,
  RequestBodyObject,
  ResponseObject,
  SecurityRequirement,
  SecurityScheme,
  ServerObject,
  TagObject,
} from './document.ts'
import { type Endpoint, type EndpointParam, endpointsOf } from './endpoints.ts'
import { type JsonSchemaOf, JsonSchemas } from './json-schemas.ts'
import { detailsOf, type OperationDetails } from './operation.ts'
import type { PathTemplate } from './path-templates.ts'

/** What routes and schemas cannot say of an API: OpenAPI's Info Object, and what stands beside it in a document. */
export interface OpenapiInfo extends InfoObject {
  /** Where the paths begin; by default at the root of the host that serves the document. */
  servers?: readonly ServerObject[]
  /** What the tags of the operations mean, in the order in which they are shown. */
  tags?: readonly TagObject[]
  /** What every operation needs that does not say otherwise. */
  security?: readonly SecurityRequirement[]
  /** The ways to log in, by the names that `security` has for them. */
  securitySchemes?: Readonly<Record<string, SecurityScheme>>
  /**
   * Makes JSON Schema, draft 2020-12, of what a schema takes. It is asked first; where it gives `undefined` or throws, the schema
   * itself is asked, by the interface Standard JSON Schema. By default there is none.
   */
  jsonSchema?: JsonSchemaOf
}

/**
 * Describes what a router answers, in OpenAPI 3.1: the paths and methods of its routes, the params of their patterns, and the
 * schemas of the handlers. Routes that are added later are not in it.
 *
 * @throws TypeError when the router is none, or something about the API is missing or unknown
 */
export function openapi(router: DescribedRouter, info: OpenapiInfo): OpenapiDocument {
  if (typeof (router as Partial<DescribedRouter> | undefined)?.routes !== 'function') {
    throw new TypeError(`openapi: router: must have routes(); got ${typeof router}`)
  }
  checkInfo(info)
  const { servers, tags, security, securitySchemes, jsonSchema, ...about } = info
  const schemas = new JsonSchemas(jsonSchema)
  const endpoints = endpointsOf(router)
  const paths = describePaths(endpoints, schemas)
  const components = {
    ...(schemas.components.size > 0 && { schemas: Object.fromEntries(schemas.components) }),
    ...(endpoints.some(({ app }) => readsInput(schemasOf(app))) && {
      responses: { [INVALID]: INVALID_RESPONSE },
    }),
    ...(securitySchemes && { securitySchemes }),
  }
  // Plain JSON, which shares nothing with what it is made of.
  return JSON.parse(
    JSON.stringify({ openapi: '3.1.0', info: about, servers, paths, components, security, tags }),
  )
}

const INFO: Readonly<Record<keyof OpenapiInfo, true>> = {
  ...{ title: true, version: true, summary: true, description: true, termsOfService: true, contact: true },
  ...{ license: true, servers: true, tags: true, security: true, securitySchemes: true, jsonSchema: true },
}

function checkInfo(info: unknown): asserts info is OpenapiInfo {
  if (typeof info !== 'object' || info === null) {
    throw new TypeError(`openapi: info: must be an object; got ${JSON.stringify(info)}`)
  }
  const { title, version, jsonSchema } = info as Partial<OpenapiInfo>
  for (const [name, value] of Object.entries({ title, version })) {
    if (typeof value === 'string') continue
    throw new TypeError(`openapi: info.${name}: must be a string; got ${JSON.stringify(value)}`)
  }
  if (jsonSchema !== undefined && typeof jsonSchema !== 'function') {
    throw new TypeError(`openapi: info.jsonSchema: must be a function; got ${JSON.stringify(jsonSchema)}`)
  }
  const unknown = Object.keys(info).find((name) => !Object.hasOwn(INFO, name))
  if (unknown !== undefined) {
    throw new TypeError(`openapi: info: must be without other members; got ${JSON.stringify(unknown)}`)
  }
}

function describePaths(endpoints: readonly Endpoint[], schemas: JsonSchemas): Record<string, PathItemObject> {
  const paths = new Map<string, PathTemplate & { item: PathItemObject }>()
  const operations: [Endpoint, OperationObject][] = []
  for (const endpoint of endpoints) {
    const { template, method } = endpoint
    // To OpenAPI, `/users/{id}` and `/users/{name}` are one path, so the first names its params.
    const path = paths.get(template.shape) ?? { ...template, item: {} }
    paths.set(template.shape, path)
    if (path.item[method] !== undefined) continue
    const operation = describeOperation(endpoint, path.names, schemas)
    path.item[method] = operation
    operations.push([endpoint, operation])
  }
  identify(operations)
  return Object.fromEntries([...paths.values()].map(({ path, item }) => [path, item]))
}

/** Gives every operation with a name an id of its own. Those that were asked for come first, so that they are as asked. */
function identify(operations: readonly [Endpoint, OperationObject][]): void {
  const taken = new Set<string>()
  const give = (operation: OperationObject, id: string): void => {
    let unique = id
    for (let n = 2; taken.has(unique); n++) unique = `${id}_${n}`
    taken.add(unique)
    operation.operationId = unique
  }
  for (const [{ app }, operation] of operations) {
    const { operationId } = detailsOf(app) ?? {}
    if (operationId !== undefined) give(operation, operationId)
  }
  for (const [{ name }, operation] of operations) {
    if (name !== undefined && operation.operationId === undefined) give(operation, name)
  }
}

function describeOperation(
  { app, params, host }: Endpoint,
  names: readonly string[],
  schemas: JsonSchemas,
): OperationObject {
  const { summary, description, tags, deprecated, security, responses = {} } = detailsOf(app) ?? {}
  const options = schemasOf(app) ?? {}
  const parameters = [
    ...params.map((param, i) => pathParameter(param, names[i]!, options.params, schemas)),
    ...(options.query === undefined ? [] : queryParameters(options.query, schemas)),
    ...(options.headers === undefined ? [] : headerParameters(options.headers, schemas)),
  ]
  const operation = {
    // Its place; which it is, is known when all are.
    operationId: undefined,
    summary,
    description,
    tags,
    deprecated,
    security,
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: options.body && requestBody(options.body, schemas),
    responses: describeResponses(options, responses, schemas),
    'x-host': host,
  }
  // JSON leaves out what is undefined.
  return operation as object as OperationObject
}

function pathParameter(
  { name, isWildcard, schemas: given }: EndpointParam,
  as: string,
  own: StandardSchema | undefined,
  schemas: JsonSchemas,
): ParameterObject {
  const place = { name: as, in: 'path', required: true } as const
  // Its value is a list, but in a path it is text.
  if (isWildcard) return { ...place, description: WILDCARD, schema: { type: 'string' } }
  const memberOf = (schema: StandardSchema): JsonSchema | undefined =>
    schemas.membersOf(schema)?.get(name)?.schema
  let schema: JsonSchema | undefined
  if (isStandardSchema(given)) schema = memberOf(given)
  else if (given !== undefined && Object.hasOwn(given, name)) schema = schemas.write(given[name]!)
  // The handler's reads what the route's has made of the text.
  schema ??= own && memberOf(own)
  return parameter(place, schema ?? { type: 'string' })
}

const WILDCARD = 'One segment or more, with slashes between them.'

function queryParameters(query: StandardSchema, schemas: JsonSchemas): ParameterObject[] {
  const members = schemas.membersOf(query)
  if (members === undefined) {
    // Each property of such an object is a parameter (OpenAPI 3.1, Parameter Object, explode); its own name is in no request.
    const schema = schemas.write(query) ?? { type: 'object' }
    return [parameter({ name: 'query', in: 'query', style: 'form', explode: true }, schema)]
  }
  return Array.from(members, ([name, { schema, isRequired }]) =>
    parameter({ name, in: 'query', required: isRequired }, schema),
  )
}

function headerParameters(headers: StandardSchema, schemas: JsonSchemas): ParameterObject[] {
  return [...(schemas.membersOf(headers) ?? [])].flatMap(([name, { schema, isRequired }]) =>
    DESCRIBED_ELSEWHERE.has(name.toLowerCase())
      ? []
      : parameter({ name, in: 'header', required: isRequired }, schema),
  )
}

// OpenAPI 3.1, Parameter Object, name: such parameters are ignored.
const DESCRIBED_ELSEWHERE: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

function parameter(place: Omit<ParameterObject, 'schema'>, schema: JsonSchema): ParameterObject {
  if (typeof schema === 'boolean') return { ...place, schema }
  const { description, deprecated, ...rest } = schema as { description?: string; deprecated?: boolean }
  return {
    ...place,
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated }),
    schema: rest,
  }
}

/** A handler reads JSON and forms; a form is always an object. */
function requestBody(body: StandardSchema, schemas: JsonSchemas): RequestBodyObject {
  const media = { schema: schemas.write(body) ?? {} }
  const types = schemas.typesOf(body)
  const content: RequestBodyObject['content'] = { 'application/json': media }
  if (types.has('object') || types.has('any')) {
    content['application/x-www-form-urlencoded'] = media
    content['multipart/form-data'] = media
  }
  return { required: true, content }
}

function describeResponses(
  options: HandlerOptions,
  said: NonNullable<OperationDetails['responses']>,
  schemas: JsonSchemas,
): OperationObject['responses'] {
  const { response } = options
  const responses: OperationObject['responses'] = response === undefined ? {} : answers(response, schemas)
  if (readsInput(options)) responses['422'] = { $ref: `#/components/responses/${INVALID}` }
  for (const [status, more] of Object.entries(said)) {
    const known = responses[status]
    responses[status] = known === undefined || '$ref' in known ? more : { ...known, ...more }
  }
  if (!Object.keys(responses).some((status) => SUCCESS.test(status))) {
    responses['default'] = { description: 'The answer.' }
  }
  return responses
}

const SUCCESS = /^(?:[23]..|default)$/

/** How a handler sends what it gives: a string as text, `null` as 204, everything else as JSON. */
function answers(response: StandardSchema, schemas: JsonSchemas): Record<string, ResponseObject> {
  const media: MediaTypeObject = { schema: schemas.write(response) ?? {} }
  const types = schemas.typesOf(response)
  if (types.size === 0 || types.has('any')) return { '200': { description: OK, content: { '*/*': media } } }
  const content: Record<string, MediaTypeObject> = {}
  const answers: Record<string, ResponseObject> = {}
  if (types.delete('null')) answers['204'] = { description: 'No Content' }
  if (types.delete('string')) content['text/plain'] = media
  if (types.size > 0) content['application/json'] = media
  if (Object.keys(content).length > 0) answers['200'] = { description: OK, content }
  return answers
}

const OK = 'OK'

function readsInput({ params, query, headers, body }: HandlerOptions = {}): boolean {
  return (params ?? query ?? headers ?? body) !== undefined
}

const INVALID = 'InvalidRequest'

/** What `handler` answers to a request that does not fit its schemas. */
const INVALID_RESPONSE: ResponseObject = {
  description: 'The request is not as it must be.',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        properties: {
          title: { type: 'string' },
          status: { const: 422 },
          detail: { type: 'string' },
          errors: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                in: { enum: ['params', 'query', 'headers', 'body'] },
                path: { type: 'array', items: { type: ['string', 'integer'] } },
                message: { type: 'string' },
              },
              required: ['in', 'path', 'message'],
            },
          },
        },
        required: ['title', 'status', 'errors'],
      },
    },
  },
}
