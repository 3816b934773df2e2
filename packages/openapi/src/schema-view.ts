import type { JsonSchemaObject } from './document.ts'
import { type Content, type Html, html } from './html.ts'

/** A JSON Schema for people: what it is in words, then what it is made of. Whatever there are no words for is shown as it is. */
export function renderSchema(schema: unknown): Html {
  if (!isSchemaObject(schema)) return html`${schema === false ? 'nothing' : 'anything'}`
  const { $ref, type, enum: values, const: constant, items, title, description, ...rest } = schema
  const { properties, required, additionalProperties, anyOf, oneOf, allOf, ...others } = rest
  const words: Content[] = [
    typeof $ref === 'string' ? renderReference($ref) : undefined,
    typeof title === 'string' ? html`<i>${title}</i>` : undefined,
    type === undefined ? undefined : [type].flat().join(' or '),
    Array.isArray(values) ? ['one of ', commaSeparated(values.map(renderValue))] : undefined,
    constant === undefined ? undefined : renderValue(constant),
    Object.entries(others).filter(isTelling).map(renderKeyword),
    items === undefined ? undefined : html`of ${renderSchema(items)}`,
  ].filter((word) => word !== undefined && !(Array.isArray(word) && word.length === 0))
  const parts: Content[] = [
    typeof description === 'string' ? html`<p>${description}</p>` : undefined,
    renderMembers(properties, required, additionalProperties),
    renderAlternatives('any of', anyOf),
    renderAlternatives('one of', oneOf),
    renderAlternatives('all of', allOf),
  ].filter((part) => part !== undefined)
  return html`${words.length + parts.length === 0 ? 'anything' : words.map((word) => [word, ' '])}${parts}`
}

/** A link to where the page shows a component. */
export function renderReference(reference: string): Html {
  const [, kind, name] = TO_COMPONENT.exec(reference) ?? []
  if (kind === undefined || name === undefined) return html`<code>${reference}</code>`
  return html`<a href="#${componentId(kind, name)}">${name}</a>`
}

/** The fragment where the page shows a component. */
export function componentId(kind: string, name: string): string {
  return `${kind}-${name}`
}

const TO_COMPONENT = /^#\/components\/(schemas|responses)\/([\w.-]+)$/

/** A bound that is only that of JavaScript's integers says nothing. */
function isTelling([keyword, value]: [keyword: string, value: unknown]): boolean {
  return !BOUNDS.has(keyword) || Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER
}

const BOUNDS: ReadonlySet<string> = new Set(['minimum', 'maximum'])

function renderKeyword([keyword, value]: [keyword: string, value: unknown], i: number): Content {
  return [i > 0 ? ', ' : '', html`<span class="dim">${keyword}</span> `, renderValue(value)]
}

function renderValue(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`
}

function commaSeparated(contents: readonly Content[]): Content[] {
  return contents.map((content, i) => [i > 0 ? ', ' : '', content])
}

function renderMembers(properties: unknown, required: unknown, others: unknown): Html | undefined {
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  const members: Content[] = Object.entries(isSchemaObject(properties) ? properties : {}).map(
    ([name, member]) =>
      html`<li><code>${name}</code> ${names.includes(name) ? html`<b>required</b> ` : ''}${renderSchema(member)}</li>\n`,
  )
  if (isSchemaObject(others)) members.push(html`<li>others: ${renderSchema(others)}</li>\n`)
  return members.length === 0 ? undefined : html`<ul class="schema">\n${members}</ul>`
}

function renderAlternatives(title: string, schemas: unknown): Html | undefined {
  if (!Array.isArray(schemas)) return undefined
  const items = schemas.map((schema) => html`<li>${renderSchema(schema)}</li>\n`)
  return html`${title}:<ul class="schema">\n${items}</ul>`
}

function isSchemaObject(schema: unknown): schema is JsonSchemaObject {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
}
