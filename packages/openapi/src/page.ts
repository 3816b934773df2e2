import type {
  MediaTypeObject,
  OpenapiDocument,
  OpenapiMethod,
  OperationObject,
  ParameterObject,
  PathItemObject,
  ReferenceObject,
  ResponseObject,
  SecurityRequirement,
  SecurityScheme,
} from './document.ts'
import { type Content, Html, html } from './html.ts'
import { STYLE } from './page-style.ts'
import { componentId, renderReference, renderSchema } from './schema-view.ts'

/** Renders a document for people: once, as a function of where the document itself is. */
export function renderPage(document: OpenapiDocument): (link: string) => string {
  const { info, servers = [], paths, components = {}, tags = [] } = document
  const { schemas = {}, responses = {}, securitySchemes = {} } = components
  const items = Object.entries(paths)
  const rest = html`
${terms('Servers', servers, ({ url, description }) => [html`<code>${url}</code>`, description])}
${terms('Tags', tags, ({ name, description }) => [name, description])}
${terms('Authentication', Object.entries(securitySchemes), ([name, scheme]) => [
  name,
  html`${wayOf(scheme)}${paragraph(scheme.description)}`,
])}
<nav aria-labelledby="operations">
<h2 id="operations">Operations</h2>
<ul>
${items.map(([path, item]) => html`<li><code>${path}</code> ${operationsOf(item).map(([method]) => linkTo(method, path))}</li>\n`)}</ul>
</nav>
</header>
<main>
${items.map(([path, item]) => renderPath(path, item, document))}
${terms('Schemas', Object.entries(schemas), ([name, schema]) => [
  anchor('schemas', name),
  renderSchema(schema),
])}${terms('Responses', Object.entries(responses), ([name, response]) => [
  anchor('responses', name),
  renderAnswer(response),
])}</main>
`
  return (link) =>
    html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}</title>
<style>${new Html(STYLE)}</style>
<header>
<h1>${info.title} <span class="note">${info.version}</span></h1>
${paragraph(info.summary)}${paragraph(info.description)}
<p><a href="${link}">OpenAPI ${document.openapi}</a></p>${rest}`.text
}

/** A heading, and pairs of a term and what is said of it; nothing where there are none. */
function terms<T>(
  title: string,
  items: readonly T[],
  read: (item: T) => [term: Content, details: Content],
): Content {
  if (items.length === 0) return undefined
  const pairs = items.map((item) => {
    const [term, details] = read(item)
    return html`<dt>${term}</dt>\n<dd>${details}</dd>\n`
  })
  return html`<section>\n<h2>${title}</h2>\n<dl>\n${pairs}</dl>\n</section>\n`
}

function anchor(kind: string, name: string): Content {
  return html`<span id="${componentId(kind, name)}">${name}</span>`
}

function paragraph(text: string | undefined): Content {
  return text && html`<p>${text}</p>\n`
}

function operationsOf(item: PathItemObject): [method: string, operation: OperationObject][] {
  return Object.entries(item).filter(([method]) => METHODS.has(method))
}

/** A document that somebody has added to may have more beside them. */
const METHODS: ReadonlySet<string> = new Set<OpenapiMethod>([
  ...(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const),
])

function linkTo(method: string, path: string): Content {
  const id = operationId(method, path)
  return html`<a href="#${encodeURIComponent(id)}" aria-label="${method.toUpperCase()} ${path}">${method.toUpperCase()}</a> `
}

function operationId(method: string, path: string): string {
  return `${method}-${path}`
}

function renderPath(path: string, item: PathItemObject, document: OpenapiDocument): Content {
  const operations = operationsOf(item).map(([method, operation]) =>
    renderOperation(method, path, operation, document),
  )
  return html`<section>\n<h2><code>${path}</code></h2>\n${operations}</section>\n`
}

function renderOperation(
  method: string,
  path: string,
  operation: OperationObject,
  document: OpenapiDocument,
): Content {
  const { summary, description, deprecated, tags = [], parameters = [], requestBody, responses } = operation
  const { security = document.security, 'x-host': host } = operation
  const notes = [deprecated === true ? 'deprecated' : undefined, host && `host ${host}`, ...tags]
  return html`<article id="${operationId(method, path)}">
<h3><span class="method">${method.toUpperCase()}</span> ${summary ?? html`<code>${path}</code>`}${notes.map((note) => note && html` <span class="note">${note}</span>`)}</h3>
${paragraph(description)}${security && renderSecurity(security)}${renderParameters(parameters)}${requestBody && html`<h4>Request body</h4>\n${renderContent(requestBody.content)}`}
<h4>Responses</h4>
<dl>
${Object.entries(responses).map(([status, response]) => renderResponse(status, response))}</dl>
</article>
`
}

function renderSecurity(security: readonly SecurityRequirement[]): Content {
  const ways = security.map((schemes) => Object.keys(schemes).join(' and ') || 'nothing')
  return html`<p class="dim">Authentication: ${ways.join(', or ') || 'nothing'}</p>\n`
}

function wayOf(scheme: SecurityScheme): string {
  if (scheme.type === 'http') return `http, ${scheme.scheme}`
  return scheme.type === 'apiKey' ? `apiKey, ${scheme.in} ${scheme.name}` : scheme.type
}

function renderParameters(parameters: readonly ParameterObject[]): Content {
  if (parameters.length === 0) return undefined
  const rows = parameters.map(
    ({ name, in: place, required, deprecated, description, schema }) => html`<tr>
<th scope="row"><code>${name}</code>${deprecated === true ? html` <span class="note">deprecated</span>` : ''}</th>
<td>${place}</td>
<td>${required === true ? 'yes' : 'no'}</td>
<td>${renderSchema(schema)}${paragraph(description)}</td>
</tr>
`,
  )
  return html`<h4>Parameters</h4>
<table>
<thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Required</th><th scope="col">Value</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
`
}

function renderResponse(status: string, response: ResponseObject | ReferenceObject): Content {
  const shown = '$ref' in response ? renderReference(response.$ref) : renderAnswer(response)
  return html`<dt>${status}</dt>\n<dd>${shown}</dd>\n`
}

function renderAnswer({ description, content = {} }: ResponseObject): Content {
  return html`${description}\n${renderContent(content)}`
}

/** Media types of the same schema are shown together. */
function renderContent(content: Readonly<Record<string, MediaTypeObject>>): Content {
  const bySchema = new Map<string, { types: string[]; schema: MediaTypeObject['schema'] }>()
  for (const [type, { schema }] of Object.entries(content)) {
    const text = JSON.stringify(schema) ?? ''
    const known = bySchema.get(text) ?? { types: [], schema }
    known.types.push(type)
    bySchema.set(text, known)
  }
  return [...bySchema.values()].map(
    ({ types, schema }) =>
      html`<div><span class="dim">${types.join(', ')}</span> ${schema === undefined ? '' : renderSchema(schema)}</div>\n`,
  )
}
