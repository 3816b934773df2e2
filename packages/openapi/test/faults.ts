import { type Output, validate } from '@hyperjump/json-schema/openapi-3-1'
import type { OpenapiDocument, ParameterObject } from '../src/index.ts'

/**
 * What is wrong with a document: what the schema of OpenAPI 3.1 says, which looks into every Schema Object too, and the rules of
 * the specification that no schema can hold.
 */
export async function faultsOf(document: OpenapiDocument): Promise<string[]> {
  const check = await schema
  return [
    // In two steps: to collect faults where there are none takes its time.
    ...(check(document as never).valid ? [] : schemaFaults(check(document as never, 'BASIC'))),
    ...pathFaults(document),
    ...referenceFaults(document, document),
  ]
}

const schema = validate('https://spec.openapis.org/oas/3.1/schema-base')

function schemaFaults(output: Output): string[] {
  const places = output.valid ? [] : (output.errors ?? []).map(({ instanceLocation }) => instanceLocation)
  return [`invalid at ${places.join(', ')}`]
}

/** OpenAPI 3.1: Paths Object, Path Templating, Operation Object (operationId, parameters). */
function pathFaults({ paths }: OpenapiDocument): string[] {
  const faults: string[] = []
  const shapes = new Set<string>()
  const ids = new Set<string>()
  for (const [path, item] of Object.entries(paths)) {
    const shape = path.replace(/\{[^{}]+\}/g, '{}')
    if (shapes.has(shape)) faults.push(`${path}: is there twice, under other names`)
    shapes.add(shape)
    const names = Array.from(path.matchAll(/\{([^{}]+)\}/g), ([, name]) => name!)
    for (const [method, { operationId, parameters = [] }] of Object.entries(item)) {
      const where = `${method} ${path}`
      if (operationId !== undefined && ids.has(operationId))
        faults.push(`${where}: ${operationId} is there twice`)
      if (operationId !== undefined) ids.add(operationId)
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      if (inPath.map(({ name }) => name).join() !== names.join()) faults.push(`${where}: has other params`)
      if (new Set(parameters.map(keyOf)).size < parameters.length) faults.push(`${where}: has a param twice`)
    }
  }
  return faults
}

function keyOf({ in: place, name }: ParameterObject): string {
  return `${place} ${name}`
}

function referenceFaults(document: OpenapiDocument, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { $ref } = value as { $ref?: unknown }
  const own = typeof $ref === 'string' && !leadsSomewhere(document, $ref) ? [`${$ref}: leads nowhere`] : []
  return [...own, ...Object.values(value).flatMap((inner) => referenceFaults(document, inner))]
}

function leadsSomewhere(document: OpenapiDocument, reference: string): boolean {
  let found: unknown = document
  for (const key of reference.split('/').slice(1)) {
    const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return false
    found = (found as Record<string, unknown>)[name]
  }
  return reference.startsWith('#')
}
