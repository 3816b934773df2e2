import type { StandardSchema } from '@tsgi/core'
import { forgettable, isPromiseLike, isStandardSchema } from '@tsgi/core/gateway'

/**
 * What a pattern found in a path: `{ id: '7', rest: ['a', 'b'] }`, or what schemas made of it. An optional that is absent has
 * no key; the object has no prototype.
 */
export type Params = Record<string, unknown>

/** What params must be: a schema for each that is named, or one for them all. */
export type ParamSchemas = StandardSchema | Readonly<Record<string, StandardSchema>>

/** What the schemas make of params. */
export type ReadParams = (params: Params) => Params | typeof MISFIT

/** Says that a schema does not fit. */
export const MISFIT: unique symbol = Symbol('misfit')

/**
 * Puts schemas on the params that a pattern names. One that is absent is not looked at, but by a schema for them all.
 *
 * What it gives throws a `TypeError` when a schema answers with a promise.
 *
 * @throws TypeError when there is no such param, or what is given for it is no schema
 */
export function withParamSchemas(
  where: string,
  schemas: ParamSchemas,
  names: readonly string[] | undefined,
): ReadParams {
  const place = `${where}: options.params`
  if (isStandardSchema(schemas)) {
    return (params) => {
      const read = validate(place, schemas, params)
      if (read === MISFIT || (typeof read === 'object' && read !== null))
        return read as Params | typeof MISFIT
      throw new TypeError(`${place}: what it makes of the params must be an object; got ${typeof read}`)
    }
  }
  if (typeof schemas !== 'object' || schemas === null) {
    throw new TypeError(`${place}: must be a Standard Schema, or one for each param; got ${String(schemas)}`)
  }
  const entries = Object.entries(schemas)
  for (const [name, schema] of entries) {
    if (names !== undefined && !names.includes(name)) {
      const known = names.map((known) => JSON.stringify(known)).join(', ') || 'none'
      throw new TypeError(
        `${place}: must be for params of the pattern, ${known}; got ${JSON.stringify(name)}`,
      )
    }
    if (!isStandardSchema(schema)) {
      throw new TypeError(
        `${place}.${name}: must be a Standard Schema; got ${schema === null ? 'null' : typeof schema}`,
      )
    }
  }
  return (params) => {
    for (const [name, schema] of entries) {
      if (!(name in params)) continue
      const read = validate(`${place}.${name}`, schema, params[name])
      if (read === MISFIT) return MISFIT
      params[name] = read
    }
    return params
  }
}

function validate(place: string, schema: StandardSchema, value: unknown): unknown {
  const result = schema['~standard'].validate(value)
  if (!isPromiseLike(result)) return result.issues === undefined ? result.value : MISFIT
  forgettable(result)
  throw new TypeError(`${place}: the schema must be sync; got a promise`)
}
