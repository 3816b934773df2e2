import { type Server, serve } from '@tsgi/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { application } from '../hello.ts'

let server: Server

beforeAll(async () => {
  server = await serve(application, { port: 0 })
})
afterAll(() => server.close())

it.each<[method: string, path: string, status: number, body: string]>([
  ['GET', '/hello', 200, 'Hello'],
  ['GET', '/hello?name=x', 200, 'Hello'],
  ['GET', '/how', 200, 'how are you?'],
  ['GET', '/favicon.ico', 200, ''],
  ['HEAD', '/hello', 200, ''],
  ['POST', '/hello', 501, '501 Not Implemented\n'],
  ['GET', '/hello/', 404, '<!doctype html>\n<h1>404 Not Found!</h1>\n'],
  ['GET', '/', 404, '<!doctype html>\n<h1>404 Not Found!</h1>\n'],
])('answers %s %s with %i', async (method, path, status, body) => {
  const response = await fetch(new URL(path, server.url), { method })
  expect(response.status).toBe(status)
  expect(await response.text()).toBe(body)
})
