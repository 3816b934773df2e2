import { type Body, type Header, type StartResponse, status, text } from '@tsgi/core'

/** A short page in plain text: the status, as its line says it. */
export function plainAnswer(startResponse: StartResponse, code: number, ...headers: readonly Header[]): Body {
  const line = status(code)
  startResponse(line, [['Content-Type', 'text/plain; charset=utf-8'], ...headers])
  return text(`${line}\n`)
}

export function notFound(_environ: object, startResponse: StartResponse): Body {
  return plainAnswer(startResponse, 404)
}
