import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { JsonSchemas } from '../src/json-schemas.ts'
import { schemaOf } from './routes.ts'

/** What is written of schemas, one after the other, and the components. */
function write(...jsons: object[]): [written: unknown[], components: Record<string, unknown>] {
  const schemas = new JsonSchemas()
  const written = jsons.map((json) => schemas.write(schemaOf(json)))
  return [written, Object.fromEntries(schemas.components)]
}

describe('a reference', () => {
  const text = { type: 'string' }

  it('into $defs leads to a component', () => {
    const json = { type: 'array', items: { $ref: '#/$defs/Pet' }, $defs: { Pet: text, Unused: text } }
    expect(write(json)).toEqual([
      [{ type: 'array', items: { $ref: '#/components/schemas/Pet' } }],
      { Pet: text },
    ])
  })

  it('to the whole makes a component of it', () => {
    const tree = { title: 'A tree', properties: { kids: { type: 'array', items: { $ref: '#' } } } }
    expect(write(tree)).toEqual([
      [{ $ref: '#/components/schemas/A_tree' }],
      {
        A_tree: {
          ...tree,
          properties: { kids: { type: 'array', items: { $ref: '#/components/schemas/A_tree' } } },
        },
      },
    ])
  })

  it('into the whole makes a component of it, as older drafts have it', () => {
    const json = { $ref: '#/definitions/Pet', definitions: { Pet: text } }
    const component = { $ref: '#/components/schemas/Schema/definitions/Pet', definitions: { Pet: text } }
    expect(write(json)).toEqual([[{ $ref: '#/components/schemas/Schema' }], { Schema: component }])
  })

  it.each<[reference: string, to: string]>([
    ['#/$defs/a~1b~0', '#/components/schemas/a_b_'],
    ['#/$defs/a%2Fb~0', '#/components/schemas/a_b_'],
    ['#/%24defs/a~1b~0', '#/components/schemas/a_b_'],
    ['#/$defs/a~1b~0/properties/x~1y', '#/components/schemas/a_b_/properties/x~1y'],
    ['https://example.com/pet.json', 'https://example.com/pet.json'],
    ['#anchor', '#anchor'],
  ])('%s leads to %s', (reference, to) => {
    const $defs = { 'a/b~': { properties: { 'x/y': text } } }
    expect(write({ items: { $ref: reference }, $defs })[0]).toEqual([{ items: { $ref: to } }])
  })

  it.each([
    '#/$defs/Pet',
    '#/$defs',
    '#/properties/x',
    '#/items/0/1',
    '#/__proto__',
    '#/$defs/toString',
    '#/%',
    '#//',
  ])('that leads nowhere is left out: %s', (reference) => {
    const json = { items: { $ref: reference, maxLength: 1 }, $defs: { Other: text } }
    expect(write(json)).toEqual([[{ items: { maxLength: 1 } }], {}])
  })

  it('in what is data is none', () => {
    const data = { $ref: '#/$defs/Pet' }
    const json = { const: data, default: data, enum: [data], examples: [data] }
    expect(write(json)).toEqual([[json], {}])
  })

  it('in a property that has the name of a keyword is one', () => {
    const json = { properties: { default: { $ref: '#/$defs/Pet' }, $ref: text }, $defs: { Pet: text } }
    const properties = { default: { $ref: '#/components/schemas/Pet' }, $ref: text }
    expect(write(json)).toEqual([[{ properties }], { Pet: text }])
  })

  it('may lead round', () => {
    const $defs = { A: { items: { $ref: '#/$defs/B' } }, B: { items: { $ref: '#/$defs/A' } } }
    expect(write({ $ref: '#/$defs/A', $defs })).toEqual([
      [{ $ref: '#/components/schemas/A' }],
      { A: { items: { $ref: '#/components/schemas/B' } }, B: { items: { $ref: '#/components/schemas/A' } } },
    ])
  })
})

describe('components', () => {
  const pet = (type: string): object => ({ items: { $ref: '#/$defs/Pet' }, $defs: { Pet: { type } } })
  const to = (name: string): object => ({ items: { $ref: `#/components/schemas/${name}` } })

  it('are one where they are the same', () => {
    expect(write(pet('string'), pet('string'))).toEqual([[to('Pet'), to('Pet')], { Pet: { type: 'string' } }])
  })

  it('of one name are two where they differ', () => {
    expect(write(pet('string'), pet('number'), pet('string'), pet('number'))).toEqual([
      [to('Pet'), to('Pet2'), to('Pet'), to('Pet2')],
      { Pet: { type: 'string' }, Pet2: { type: 'number' } },
    ])
  })

  it('of one name are two where what they refer to differs', () => {
    const owner = (type: string): object => ({
      items: { $ref: '#/$defs/Owner' },
      $defs: { Owner: { items: { $ref: '#/$defs/Pet' } }, Pet: { type } },
    })
    expect(write(owner('string'), owner('number'))).toEqual([
      [to('Owner'), to('Owner2')],
      { Owner: to('Pet'), Pet: { type: 'string' }, Owner2: to('Pet2'), Pet2: { type: 'number' } },
    ])
  })

  it('have names that OpenAPI takes, each its own', () => {
    const named = (name: string): object => ({
      items: { $ref: `#/$defs/${encodeURIComponent(name)}` },
      $defs: { [name]: {} },
    })
    const [written, components] = write(...['a b', 'a_b', 'é', '', '__proto__x', 'a.b-c'].map(named))
    expect(Object.keys(components)).toEqual(['a_b', 'a_b2', '_', 'Schema', '__proto__x', 'a.b-c'])
    expect(written).toEqual(Object.keys(components).map(to))
  })

  it('may be called __proto__', () => {
    const $defs = JSON.parse('{ "__proto__": { "type": "string" } }')
    const [written, components] = write({ items: { $ref: '#/$defs/__proto__' }, $defs })
    expect(written).toEqual([to('__proto__')])
    expect(JSON.stringify(components)).toBe('{"__proto__":{"type":"string"}}')
  })
})

describe('JSON Schema', () => {
  it('is that of what a schema takes', () => {
    const schema = z.object({
      page: z.coerce.number().default(1),
      at: z.string().transform((text) => new Date(text)),
    })
    expect(new JsonSchemas().write(schema)).toEqual({
      type: 'object',
      properties: { page: { type: 'number', default: 1 }, at: { type: 'string' } },
      required: ['at'],
    })
  })

  it('is open where zod has none for a part', () => {
    const schema = z.object({ name: z.string(), born: z.date() })
    expect(new JsonSchemas().write(schema)).toMatchObject({
      properties: { name: { type: 'string' }, born: {} },
    })
  })

  it('is asked for by target', () => {
    const asked: unknown[] = []
    const schema = schemaOf({})
    Object.assign(schema['~standard'], {
      jsonSchema: { input: (options: unknown) => void asked.push(options) },
    })
    new JsonSchemas().write(schema)
    expect(asked).toMatchObject([{ target: 'draft-2020-12' }])
  })

  it('is what the option makes, before the schema is asked', () => {
    const schemas = new JsonSchemas(() => ({ type: 'integer' }))
    expect(schemas.write(z.string())).toEqual({ type: 'integer' })
  })

  it.each<[what: string, convert: () => object | undefined]>([
    ['gives nothing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['gives a text', () => 'string' as unknown as object],
    ['gives a list', () => []],
  ])('is what the schema says where the option %s', (_what, convert) => {
    expect(new JsonSchemas(convert).write(z.string())).toEqual({ type: 'string' })
  })

  it.each<[what: string, json: undefined | (() => unknown)]>([
    ['has no converter', undefined],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['gives nothing', () => undefined],
    ['gives null', () => null],
    ['gives a text', () => 'string'],
    ['gives a list', () => [{}]],
    ['gives what is no JSON', () => ({ default: 1n })],
    [
      'gives a cycle',
      () => {
        const cycle: Record<string, unknown> = {}
        return Object.assign(cycle, { not: cycle })
      },
    ],
    [
      'gives what throws when it is read',
      () => ({
        get type() {
          throw new Error('no')
        },
      }),
    ],
    [
      'gives what is deeper than the stack',
      () => {
        let deep = {}
        for (let i = 0; i < 100_000; i++) deep = { not: deep }
        return deep
      },
    ],
  ])('is none where the schema %s', (_what, json) => {
    const schemas = new JsonSchemas()
    const schema = schemaOf(json)
    expect(schemas.write(schema)).toBeUndefined()
    expect(schemas.membersOf(schema)).toBeUndefined()
    expect([...schemas.typesOf(schema)]).toEqual(['any'])
  })

  it('is JSON, without what only its language is known by', () => {
    const json = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:x',
      type: 'string',
      f: () => 1,
      u: undefined,
    }
    expect(write(json)).toEqual([[{ type: 'string' }], {}])
  })
})

describe('membersOf', () => {
  const members = (json: object): unknown => {
    const found = new JsonSchemas().membersOf(schemaOf(json))
    return found && Object.fromEntries(found)
  }
  const object = { type: 'object', properties: { a: { type: 'string' }, b: true }, required: ['a'] }
  const found = {
    a: { schema: { type: 'string' }, isRequired: true },
    b: { schema: true, isRequired: false },
  }

  it.each<[what: string, json: object]>([
    ['an object', object],
    ['one behind a reference', { $ref: '#/$defs/A', $defs: { A: object } }],
    ['one behind two', { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: object } }],
  ])('gives the properties of %s', (_what, json) => {
    expect(members(json)).toEqual(found)
  })

  it.each<[what: string, json: object]>([
    ['any object', { type: 'object' }],
    ['a record', { type: 'object', additionalProperties: { type: 'string' } }],
    ['one of several', { anyOf: [object, object] }],
    ['one that is also another', { ...object, allOf: [object] }],
    ['a circle', { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }],
    ['a nonsense', { properties: 7 }],
  ])('gives nothing for %s', (_what, json) => {
    expect(members(json)).toBeUndefined()
  })

  it('makes no component of what is only looked into', () => {
    const schemas = new JsonSchemas()
    schemas.membersOf(z.object({ a: z.string() }).meta({ id: 'Query' }))
    expect([...schemas.components]).toEqual([])
  })
})

describe('typesOf', () => {
  const string = { type: 'string' }

  it.each<[json: object, types: string[]]>([
    [{ type: 'string' }, ['string']],
    [{ type: ['string', 'null'] }, ['string', 'null']],
    [{ const: null }, ['null']],
    [{ const: [1] }, ['array']],
    [{ enum: ['a', 1, null, {}] }, ['string', 'number', 'null', 'object']],
    [{ anyOf: [string, { type: 'null' }] }, ['string', 'null']],
    [{ oneOf: [{ type: 'object' }, { type: 'array' }] }, ['object', 'array']],
    [{ allOf: [{ minLength: 1 }, string] }, ['string']],
    [{ allOf: [{ minLength: 1 }] }, ['any']],
    [{}, ['any']],
    [{ anyOf: [{}, string] }, ['any', 'string']],
    [{ $ref: '#/$defs/A', $defs: { A: string } }, ['string']],
    [{ $ref: '#/$defs/A', $defs: { A: { anyOf: [{ $ref: '#/$defs/A' }, string] } } }, ['string']],
    [{ $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }, ['any']],
  ])('of %j is %j', (json, types) => {
    expect([...new JsonSchemas().typesOf(schemaOf(json))]).toEqual(types)
  })

  it('looks at each place once, however often references lead there', () => {
    const many = Array.from({ length: 20 }, () => ({ $ref: '#/$defs/A' }))
    const json = { $ref: '#/$defs/A', $defs: { A: { anyOf: [...many, { anyOf: many }, string] } } }
    expect([...new JsonSchemas().typesOf(schemaOf(json))]).toEqual(['string'])
  })
})
