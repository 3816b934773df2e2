import { describe, expect, it } from 'vitest'
import { renderSchema } from '../src/schema-view.ts'

/** A schema in words, without tags. */
const words = (schema: unknown): string =>
  renderSchema(schema)
    .text.replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

describe('renderSchema', () => {
  it.each<[schema: unknown, words: string]>([
    [true, 'anything'],
    [{}, 'anything'],
    [false, 'nothing'],
    [undefined, 'anything'],
    [{ type: 'string' }, 'string'],
    [{ type: ['string', 'null'] }, 'string or null'],
    [{ type: 'integer', minimum: 1, maximum: 9007199254740991 }, 'integer minimum 1'],
    [
      { type: 'string', format: 'email', default: '' },
      'string format &quot;email&quot; , default &quot;&quot;',
    ],
    [{ enum: ['a', 1, null] }, 'one of &quot;a&quot; , 1 , null'],
    [{ const: false }, 'false'],
    [{ const: null }, 'null'],
    [{ title: 'Id', type: 'string', description: 'Of it.' }, 'Id string Of it.'],
    [{ type: 'array', items: { type: 'string' }, maxItems: 2 }, 'array maxItems 2 of string'],
    [{ type: 'array', items: false, prefixItems: [{}] }, 'array prefixItems [{}] of nothing'],
    [{ $ref: '#/components/schemas/Pet' }, 'Pet'],
    [{ $ref: 'https://example.com/a"b' }, 'https://example.com/a&quot;b'],
    [{ properties: { a: { type: 'string' }, b: true }, required: ['a'] }, 'a required string b anything'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'object others: string'],
    [{ type: 'object', additionalProperties: false }, 'object'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'any of: string null'],
    [{ oneOf: [{ const: 1 }], allOf: [{ const: 2 }] }, 'one of: 1 all of: 2'],
    [
      { not: { type: 'string' }, $comment: 'x' },
      'not {&quot;type&quot;:&quot;string&quot;} , $comment &quot;x&quot;',
    ],
    [
      { items: 7, properties: [], required: 'a', anyOf: {}, enum: 'x', title: 1, description: {} },
      'of anything',
    ],
  ])('says of %j: %s', (schema, said) => {
    expect(words(schema)).toBe(said)
  })

  it('links to a component', () => {
    expect(renderSchema({ $ref: '#/components/schemas/a.b-c_1' }).text).toContain(
      '<a href="#schemas-a.b-c_1">a.b-c_1</a>',
    )
  })
})
