import { errorStream } from '@tsgi/core/gateway'
import { type Server, serve } from '@tsgi/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { application } from '../site.ts'

let server: Server
const log: string[] = []

beforeAll(async () => {
  server = await serve(application, { port: 0, errors: errorStream((line) => log.push(line)) })
})
afterAll(() => server.close({ graceMs: 0 }))

const HTML = { headers: { accept: 'text/html' } }

it('shows the layers and the environ on its home page', async () => {
  const response = await fetch(`${server.url}?a=%3Cb%3E`)
  const page = await response.text()
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const layers = ['accessLog', 'requestId', 'responseTime', 'errorPage'].map(
    (name) => `<li><code>${name}</code></li>`,
  )
  expect(page).toContain(`<ol>${layers.join('')}</ol>`)
  expect(page).toContain('<th><code>QUERY_STRING</code></th><td><code>a=%3Cb%3E</code></td>')
  expect(page).toContain(`<code>${response.headers.get('x-request-id')}</code>`)
})

it('puts nothing of a request into the page as it came', async () => {
  const page = await (await fetch(server.url, { headers: { 'x-a': '<script>' } })).text()
  expect(page).toContain('&lt;script&gt;')
  expect(page).not.toContain('<script>')
})

it('greets who posts the form, escaped', async () => {
  const body = new URLSearchParams({ name: 'Ann & <Bob>' })
  const response = await fetch(`${server.url}greeting`, { method: 'POST', body })
  expect(await response.text()).toContain('Hello, <strong>Ann &amp; &lt;Bob&gt;</strong>!')
})

it.each<[what: string, init: RequestInit, status: number]>([
  ['a form without a name', { method: 'POST', body: new URLSearchParams({ other: 'x' }) }, 422],
  ['what is no form', { method: 'POST', body: 'name=x' }, 415],
  [
    'a form that is too large',
    { method: 'POST', body: new URLSearchParams({ name: 'x'.repeat(2_000_000) }) },
    413,
  ],
  ['another method', { method: 'DELETE' }, 501],
  ['a method of another page', { method: 'GET' }, 405],
])('refuses %s', async (_, init, status) => {
  const response = await fetch(`${server.url}greeting`, init)
  expect(response.status).toBe(status)
  await response.arrayBuffer()
})

it('sends a page line by line: the first line is there before the last', async () => {
  const response = await fetch(`${server.url}lines`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let page = ''
  while (!page.includes('Line 1 of 10')) page += (await reader.read()).value
  expect(page).not.toContain('Line 10 of 10')
  await reader.cancel()
})

it('answers an error with a page, and problem details where no page is asked for', async () => {
  const page = await fetch(`${server.url}error`, HTML)
  expect(page.status).toBe(500)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  expect(await page.text()).toContain('<h1>')
  const problem = await fetch(`${server.url}error`)
  expect(problem.headers.get('content-type')).toBe('application/problem+json')
  expect(await problem.json()).toMatchObject({ status: 500, title: 'Internal Server Error' })
  expect(log.join('')).toContain('Error: This page throws, on purpose.')
})

it('says what is not there', async () => {
  const response = await fetch(`${server.url}nowhere`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ status: 404, detail: 'There is nothing at /nowhere.' })
})

it('gives a param, read back', async () => {
  const response = await fetch(`${server.url}users/a%2Fb%20c`)
  expect(await response.json()).toEqual({ id: 'a/b c', url: `${server.url}users/a%2Fb%20c` })
})

it('logs a line for each request', async () => {
  await (await fetch(`${server.url}users/7`)).arrayBuffer()
  expect(log.join('')).toMatch(/^127\.0\.0\.1 - - \[.+\] "GET \/users\/7 HTTP\/1\.1" 200 \d+ "-" "node"$/m)
})
