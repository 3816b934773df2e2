/**
 * An OpenAPI 3.1 document: the part of the specification that is written here (https://spec.openapis.org/oas/v3.1.0). It is
 * plain JSON, and yours to add to.
 */
export interface OpenapiDocument {
  openapi: '3.1.0'
  info: InfoObject
  servers?: ServerObject[]
  /** By template: `'/users/{id}'`. */
  paths: Record<string, PathItemObject>
  components?: ComponentsObject
  security?: SecurityRequirement[]
  tags?: TagObject[]
}

export interface InfoObject {
  title: string
  /** Of the API that is described, not of OpenAPI: `'1.0.0'`. */
  version: string
  summary?: string
  /** May be CommonMark. */
  description?: string
  termsOfService?: string
  contact?: { name?: string; url?: string; email?: string }
  license?: { name: string; identifier?: string; url?: string }
}

export interface ServerObject {
  /** What the paths follow: `'https://example.com/shop'`, or a reference relative to where the document is. */
  url: string
  description?: string
  variables?: Record<string, { default: string; enum?: string[]; description?: string }>
}

export interface TagObject {
  name: string
  description?: string
  externalDocs?: { url: string; description?: string }
}

export type PathItemObject = { [Method in OpenapiMethod]?: OperationObject }

/** All that OpenAPI 3.1 has a name for. */
export type OpenapiMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch' | 'trace'

export interface OperationObject {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  deprecated?: boolean
  security?: SecurityRequirement[]
  parameters?: ParameterObject[]
  requestBody?: RequestBodyObject
  /** By status: `'200'`, `'4XX'`, `'default'`. */
  responses: Record<string, ResponseObject | ReferenceObject>
  /** The pattern of the hosts that the route is for; no field of OpenAPI's can hold one. */
  'x-host'?: string
}

export interface ParameterObject {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  deprecated?: boolean
  style?: 'form'
  explode?: boolean
  schema: JsonSchema
}

export interface RequestBodyObject {
  required: boolean
  content: Record<string, MediaTypeObject>
}

export interface ResponseObject {
  description: string
  headers?: Record<string, { description?: string; schema: JsonSchema }>
  /** By media type: `'application/json'`. */
  content?: Record<string, MediaTypeObject>
}

export interface MediaTypeObject {
  schema?: JsonSchema
  example?: unknown
}

export interface ReferenceObject {
  $ref: string
}

export interface ComponentsObject {
  schemas?: Record<string, JsonSchema>
  responses?: Record<string, ResponseObject>
  securitySchemes?: Record<string, SecurityScheme>
}

/** By the name of a scheme, the scopes that are needed: `{ login: [] }`. */
export type SecurityRequirement = Record<string, string[]>

export type SecurityScheme = { description?: string } & (
  | { type: 'apiKey'; name: string; in: 'query' | 'header' | 'cookie' }
  | { type: 'http'; scheme: string; bearerFormat?: string }
  | { type: 'mutualTLS' }
  | { type: 'openIdConnect'; openIdConnectUrl: string }
  | { type: 'oauth2'; flows: Record<string, unknown> }
)

/** JSON Schema, draft 2020-12. */
export type JsonSchema = boolean | JsonSchemaObject

export interface JsonSchemaObject {
  readonly [keyword: string]: unknown
}
