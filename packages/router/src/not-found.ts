import { type Body, type StartResponse, status, text } from '@tsgi/core'

export function notFound(_environ: object, startResponse: StartResponse): Body {
  startResponse(status(404), [['Content-Type', 'text/plain; charset=utf-8']])
  return text('404 Not Found\n')
}
