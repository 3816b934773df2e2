import { type Server, serve } from '@tsgi/server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { application } from '../board.ts'

let server: Server

beforeAll(async () => {
  server = await serve(application, { port: 0 })
})
afterAll(() => server.close({ graceMs: 0 }))

const post = (path: string, body: unknown) =>
  fetch(new URL(path, server.url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

it('tells every open page of a note, by its number', async () => {
  const stream = await fetch(new URL('/events', server.url))
  expect(stream.headers.get('content-type')).toBe('text/event-stream')
  expect((await post('/notes', { text: 'tea\nat five' })).status).toBe(201)
  const decoder = new TextDecoder()
  let received = ''
  for await (const chunk of stream.body!) {
    received += decoder.decode(chunk, { stream: true })
    if (received.includes('data:')) break
  }
  expect(received).toContain('id: 1\n')
  expect(received).toContain('data: {"text":"tea\\nat five"}\n\n')
})

it('says what is wrong with a note, and never what it was', async () => {
  const response = await post('/notes', { text: '', more: 'secret' })
  expect(response.status).toBe(422)
  const problem = await response.text()
  expect(JSON.parse(problem).errors.map((error: { path: unknown }) => error.path)).toEqual([['text'], []])
  expect(problem).not.toContain('secret')
})

it('gives a file back under its name, whole, in part, and not when it is known', async () => {
  const form = new FormData()
  form.set('file', new File(['0123456789'], 'na"me.txt'))
  const sent = await fetch(new URL('/files', server.url), { method: 'POST', body: form })
  const { file } = (await sent.json()) as { file: string }
  const get = (headers: Record<string, string> = {}) => fetch(new URL(file, server.url), { headers })

  const whole = await get()
  expect(whole.headers.get('content-disposition')).toBe(
    `attachment; filename="na_me.txt"; filename*=UTF-8''na%22me.txt`,
  )
  expect(await whole.text()).toBe('0123456789')
  const part = await get({ Range: 'bytes=2-4' })
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ])
  const known = await get({ 'If-None-Match': whole.headers.get('etag')! })
  expect(known.status).toBe(304)
})
