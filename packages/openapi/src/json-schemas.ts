import type { StandardSchema } from '@tsgi/core'
import type { JsonSchema, JsonSchemaObject } from './document.ts'

/** Makes JSON Schema, draft 2020-12, of a schema: of what it takes. `undefined` where it cannot. */
export type JsonSchemaOf = (schema: StandardSchema) => object | undefined

/** A property of an object. */
export interface Member {
  readonly schema: JsonSchema
  readonly isRequired: boolean
}

/** The types that JSON Schema tells apart; `'any'` where a schema leaves it open. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'null' | 'any'

/**
 * The JSON Schemas of one document. What is referred to within a schema goes among the components, since to a reference
 * `#/…` the document is the whole.
 */
export class JsonSchemas {
  readonly #convert: JsonSchemaOf
  readonly #sources = new Map<StandardSchema, Source | undefined>()
  readonly #components = new Map<string, Component>()

  constructor(convert: JsonSchemaOf = () => undefined) {
    this.#convert = convert
  }

  /** `undefined` where there is none to be had of this schema. */
  write(schema: StandardSchema): JsonSchema | undefined {
    const source = this.#read(schema)
    if (source === undefined) return undefined
    const written = this.#rewrite(source, source.root)
    // One that refers to itself is a component now.
    const name = source.names.get(ROOT)
    return name === undefined ? written : { $ref: `#/components/schemas/${name}` }
  }

  /** The properties of a plain object; `undefined` where it is something else, such as one of several objects. */
  membersOf(schema: StandardSchema): Map<string, Member> | undefined {
    const source = this.#read(schema)
    const object = source && follow(source, source.root)
    if (source === undefined || !isObject(object) || !isObject(object['properties'])) return undefined
    if (COMBINING.some((keyword) => Object.hasOwn(object, keyword))) return undefined
    const required = Array.isArray(object['required']) ? object['required'] : []
    return new Map(
      Object.entries(object['properties']).map(([name, property]) => [
        name,
        { schema: this.#rewrite(source, property), isRequired: required.includes(name) },
      ]),
    )
  }

  /** What a value may be that fits. */
  typesOf(schema: StandardSchema): Set<JsonType> {
    const source = this.#read(schema)
    return new Set(source === undefined ? ['any'] : typesOf(source, source.root))
  }

  /** By name, in the order in which they were first referred to. */
  get components(): Map<string, JsonSchema> {
    return new Map(Array.from(this.#components, ([name, { schema }]) => [name, schema]))
  }

  #read(schema: StandardSchema): Source | undefined {
    if (!this.#sources.has(schema)) {
      this.#sources.set(schema, convert(this.#convert, schema) ?? convert(standardJsonSchema, schema))
    }
    return this.#sources.get(schema)
  }

  #rewrite(source: Source, schema: unknown): JsonSchema {
    return mapReferences(schema, (reference) => {
      if (!isLocal(reference)) return reference
      const target = targetOf(source, reference)
      // One that leads nowhere would make the whole document invalid.
      return target && `#/components/schemas/${this.#nameOf(source, target.part)}${target.rest}`
    }) as JsonSchema
  }

  #nameOf(source: Source, part: Part): string {
    const named = source.names.get(part)
    if (named !== undefined) return named
    const schema = source.parts.get(part)
    const name = part === ROOT ? isObject(schema) && schema['title'] : part
    const base = String(name || 'Schema').replace(NOT_IN_COMPONENT, '_')
    const text = JSON.stringify([...reachable(source, part)])
    for (let n = 1; ; n++) {
      const unique = n === 1 ? base : `${base}${n}`
      const known = this.#components.get(unique)
      if (known !== undefined && known.text !== text) continue
      source.names.set(part, unique)
      if (known === undefined) {
        const component: Component = { text, schema: true }
        // Before it is written: it may refer to itself.
        this.#components.set(unique, component)
        component.schema = this.#rewrite(source, schema)
      }
      return unique
    }
  }
}

/** A JSON Schema as it was given, in which references are its own. */
interface Source {
  readonly root: unknown
  /** What a reference may lead into. */
  readonly parts: ReadonlyMap<Part, unknown>
  /** What the parts are called among the components. */
  readonly names: Map<Part, string>
}

/** The name of what stands in `$defs`, or the root. */
type Part = string | typeof ROOT

interface Component {
  /** All that it is made of: two of the same name are one component where they are the same. */
  readonly text: string
  schema: JsonSchema
}

interface Target {
  part: Part
  /** A pointer within the part, as it stood in the reference. */
  rest: string
  schema: unknown
}

const ROOT: unique symbol = Symbol('root')

// Where there is one of these, the properties are not all.
const COMBINING = ['$ref', 'allOf', 'anyOf', 'oneOf', 'if']

// OpenAPI 3.1, Components Object.
const NOT_IN_COMPONENT = /[^\w.-]+/g

/** Standard JSON Schema, which is part of many a Standard Schema (https://standardschema.dev/json-schema). */
interface StandardJsonSchema {
  readonly jsonSchema?: {
    readonly input: (options: { target: string; libraryOptions: Record<string, unknown> }) => unknown
  }
}

function standardJsonSchema(schema: StandardSchema): unknown {
  const { jsonSchema } = schema['~standard'] as StandardJsonSchema
  // zod otherwise throws for the whole where one part, such as a `Date`, is not JSON; others pass over what is not theirs.
  return jsonSchema?.input({ target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } })
}

/** A schema that cannot be shown is none; the rest of the document is right all the same. */
function convert(make: (schema: StandardSchema) => unknown, schema: StandardSchema): Source | undefined {
  try {
    const made = make(schema)
    if (!isObject(made)) return undefined
    // Whatever else it may hold, a document holds JSON.
    const { $schema, $id, $defs, ...root } = JSON.parse(JSON.stringify(made)) as JsonSchemaObject
    if (!isShallow($defs) || !isShallow(root)) return undefined
    const parts = new Map<Part, unknown>(Object.entries(isObject($defs) ? $defs : {}))
    return { root, parts: parts.set(ROOT, root), names: new Map() }
  } catch {
    return undefined
  }
}

// Far deeper than what is written by hand, and far from the end of the stack.
const MAX_DEPTH = 500

function isShallow(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
    if (level.length === 0) return true
  }
  return false
}

function isLocal(reference: string): boolean {
  return reference === '#' || reference.startsWith('#/')
}

/** Where a reference leads: `undefined` for nowhere. */
function targetOf({ parts }: Source, reference: string): Target | undefined {
  if (!isLocal(reference)) return undefined
  const keys = reference.split('/').slice(1)
  const isDefinition = keys.length > 1 && readKey(keys[0]!) === '$defs'
  const part = isDefinition ? readKey(keys[1]!) : ROOT
  const within = isDefinition ? keys.slice(2) : keys
  let schema = parts.get(part)
  for (const key of within.map(readKey)) {
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, key)) return undefined
    schema = (schema as Record<string, unknown>)[key]
  }
  return schema === undefined ? undefined : { part, rest: within.map((key) => `/${key}`).join(''), schema }
}

/** RFC 6901 sections 4 and 6. */
function readKey(key: string): string {
  let decoded = key
  try {
    decoded = decodeURIComponent(key)
  } catch {
    // A `%` that encodes nothing stands for itself.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** A part, and those that it leads to, each as it was given. */
function reachable(source: Source, part: Part, found: Map<Part, unknown> = new Map()): Map<Part, unknown> {
  if (found.has(part)) return found
  const schema = source.parts.get(part)
  found.set(part, schema)
  mapReferences(schema, (reference) => {
    const target = targetOf(source, reference)
    if (target !== undefined) reachable(source, target.part, found)
    return reference
  })
  return found
}

/** What a schema stands for where it is but a reference. */
function follow(source: Source, schema: unknown): unknown {
  const seen = new Set<unknown>()
  let found = schema
  while (isObject(found) && !seen.has(found)) {
    seen.add(found)
    const { $ref } = found
    const target = typeof $ref === 'string' ? targetOf(source, $ref) : undefined
    if (target !== undefined) found = target.schema
  }
  return found
}

/** `seen` is where a reference has led through already: it may lead round. */
function typesOf(source: Source, schema: unknown, seen: Set<unknown> = new Set()): JsonType[] {
  const found = follow(source, schema)
  if (!isObject(found)) return ['any']
  if (seen.has(found)) return []
  seen.add(found)
  const { type, const: constant, enum: values, anyOf, oneOf, allOf } = found
  if (type !== undefined) return [type].flat() as JsonType[]
  if (constant !== undefined) return [typeOf(constant)]
  if (Array.isArray(values)) return values.map(typeOf)
  const some = anyOf ?? oneOf
  if (Array.isArray(some)) return some.flatMap((one) => typesOf(source, one, seen))
  const all = Array.isArray(allOf) ? allOf.map((one) => typesOf(source, one, seen)) : []
  return all.find((types) => !types.includes('any')) ?? ['any']
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : (typeof value as 'string' | 'number' | 'boolean' | 'object')
}

/** A copy of a schema with other references; what has no other one is without. */
function mapReferences(value: unknown, change: (reference: string) => string | undefined): unknown {
  if (Array.isArray(value)) return value.map((one) => mapReferences(one, change))
  if (!isObject(value)) return value
  const entries: [string, unknown][] = []
  for (const [keyword, inner] of Object.entries(value)) {
    if (keyword === '$ref' && typeof inner === 'string') {
      const changed = change(inner)
      if (changed !== undefined) entries.push([keyword, changed])
    } else if (DATA.has(keyword)) {
      entries.push([keyword, inner])
    } else if (BY_NAME.has(keyword) && isObject(inner)) {
      const byName = Object.entries(inner).map(([name, one]) => [name, mapReferences(one, change)])
      entries.push([keyword, Object.fromEntries(byName)])
    } else {
      entries.push([keyword, mapReferences(inner, change)])
    }
  }
  return Object.fromEntries(entries)
}

/** Keywords whose value is no schema, whatever it looks like. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'example', 'examples'])

/** Keywords whose value has schemas by names, which are no keywords. */
const BY_NAME: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'],
])

function isObject(value: unknown): value is JsonSchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
