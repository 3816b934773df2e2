import type { Params } from './params.ts'

/** Makes params that have these values by the names of the shape, in its order; they inherit nothing. */
export type ParamsShape = new (...values: (string | string[])[]) => Params

/**
 * The shape of params with these names. Its constructor is written out and compiled, `this["id"] = a`, so that it says where each
 * value goes: to look up each name for each request takes half as long as all of the search for the route (55 ns of 140).
 * Where no text may be compiled (a content security policy, Cloudflare Workers), it looks them up.
 */
export function paramsShape(names: readonly string[]): ParamsShape {
  const key = JSON.stringify(names)
  const known = SHAPES.get(key)
  if (known !== undefined) return known
  const shape = compile(names) ?? lookUp(names)
  shape.prototype = NOTHING
  SHAPES.set(key, shape)
  return shape
}

const SHAPES = new Map<string, ParamsShape>()

const NOTHING: object = Object.freeze(Object.create(null))

function compile(names: readonly string[]): ParamsShape | undefined {
  const values = names.map((_, i) => `v${i}`)
  // As JSON a name is a string literal, whatever it holds.
  const body = names.map((name, i) => `this[${JSON.stringify(name)}] = v${i}`).join('\n')
  try {
    return new Function(...values, body) as unknown as ParamsShape
  } catch {
    return undefined
  }
}

function lookUp(names: readonly string[]): ParamsShape {
  return function (this: Params, ...values: (string | string[])[]) {
    for (const [i, name] of names.entries()) this[name] = values[i]
  } as unknown as ParamsShape
}
