import { type Application, applicationUri, HttpError, handler, Response } from '@tsgi/core'
import type { OpenapiDocument } from './document.ts'
import { renderPage } from './page.ts'
import { STYLE_HASH } from './page-style.ts'

/**
 * An application that shows an API: `/openapi.json` is the document, and `/` a page for people, without scripts and without
 * anything from elsewhere. It may be mounted anywhere: `router.mount('/docs', apiReference(document))`.
 *
 * @throws TypeError when the document is none of OpenAPI 3.1
 */
export function apiReference(document: OpenapiDocument): Application {
  const { openapi } = (document ?? {}) as Partial<OpenapiDocument>
  if (typeof openapi !== 'string' || !openapi.startsWith('3.1.')) {
    throw new TypeError(`apiReference: document: must be one of OpenAPI 3.1; got ${JSON.stringify(openapi)}`)
  }
  const json = JSON.stringify(document)
  const page = renderPage(document)
  return handler(function apiReference({ method, environ }) {
    const { PATH_INFO } = environ
    const isPage = PATH_INFO === '' || PATH_INFO === '/'
    if (!isPage && PATH_INFO !== '/openapi.json') throw new HttpError(404)
    if (method !== 'GET' && method !== 'HEAD') throw new HttpError(405, { headers: { Allow: 'GET, HEAD' } })
    if (!isPage) return new Response(json, { headers: { ...HEADERS, 'Content-Type': 'application/json' } })
    // Relative, since a proxy may have taken something off the path; where no slash ends it, the last segment would go.
    const folder = PATH_INFO === '' ? `${applicationUri(environ).split('/').at(-1)}/` : ''
    return Response.html(page(`./${folder}openapi.json`), {
      headers: { ...HEADERS, 'Content-Security-Policy': POLICY },
    })
  })
}

const HEADERS = { 'X-Content-Type-Options': 'nosniff' }

const POLICY = `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
