import { text } from './body.ts'
import type { Body, Environ, StartResponse } from './contract.ts'

/** Greets, and shows the environ of the request, sorted by key (wsgiref.simple_server.demo_app). */
export function demoApplication(environ: Environ, startResponse: StartResponse): Body {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
  const entries = Object.entries(environ).sort(([a], [b]) => (a < b ? -1 : 1))
  return text(`Hello world!\n\n${entries.map(([key, value]) => `${key} = ${show(key, value)}\n`).join('')}`)
}

// By key: what class stands behind an interface is a server's own business.
const INTERFACES: Readonly<Record<string, string>> = {
  'wsgi.input': '<InputStream>',
  'wsgi.errors': '<ErrorStream>',
  'tsgi.exchange': '<Exchange>',
}

function show(key: string, value: unknown): string {
  return INTERFACES[key] ?? (Array.isArray(value) ? `[${value.map(describe).join(', ')}]` : describe(value))
}

/** Text in JSON quotes; what is no plain value by its class only, so that nothing inside it is told to the client. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return '<Function>'
  if (typeof value === 'object' && value !== null)
    return `<${Object.getPrototypeOf(value)?.constructor?.name || 'Object'}>`
  return String(value)
}
