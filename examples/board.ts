/**
 * A board of notes that every open page sees at once: typed input, an upload, a download, and server-sent events.
 *
 *     npx tsgi examples/board.ts
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Application, HttpError, handler, Response, stack } from '@tsgi/core'
import { errorPage } from '@tsgi/error-page'
import { Selector } from '@tsgi/router'
import { z } from 'zod'

const MOST_BYTES = 50 * 1024 * 1024

interface Note {
  text: string
  /** Where its file is fetched, if it has one. */
  file?: string
}

const notes: Note[] = []
const files = new Map<string, { path: string; name: string }>()
let folder: Promise<string> | undefined

/** Wakes whoever waits for the next note. */
let wake = deferred()

function add(note: Note): Note {
  notes.push(note)
  wake.resolve()
  wake = deferred()
  return note
}

const list = handler(() => notes)

/** A request that does not fit is a 422, which lists every fault of it. */
const post = handler({ body: z.strictObject({ text: z.string().min(1).max(500) }) }, (_, { body }) =>
  Response.json(add(body), { status: 201 }),
)

/** The file goes to the disk as it comes; nothing of it is held. */
const upload = handler(async (request) => {
  const id = randomUUID()
  for await (const part of request.form({ limits: { bodyBytes: MOST_BYTES } })) {
    if (part.filename === undefined) continue
    folder ??= mkdtemp(join(tmpdir(), 'tsgi-board-'))
    const path = join(await folder, id)
    await part.saveTo(path)
    files.set(id, { path, name: part.filename })
    return Response.json(add({ text: part.filename, file: `/files/${id}` }), { status: 201 })
  }
  throw new HttpError(400, { detail: 'The form has no file.' })
})

/** Under the name that it came with, in ranges, and not at all when the client has it already. */
const download = handler<{ 'wsgiorg.routing_args': readonly [readonly string[], { id: string }] }>(
  async (request) => {
    const file = files.get(request.params.id)
    if (file === undefined) throw new HttpError(404)
    const response = await Response.file(file.path, { type: 'application/octet-stream' })
    response.contentDisposition('attachment', file.name)
    return response.conditional(request).range(request)
  },
)

const After = z.coerce.number().int().min(0)

/** Every note from one on; a browser that was away asks for those behind its last. */
const events = handler(
  { query: z.object({ after: After.default(0) }), headers: z.object({ 'last-event-id': After.optional() }) },
  (request, { query, headers }) =>
    Response.events(notesFrom(headers['last-event-id'] ?? query.after, request.signal)),
)

async function* notesFrom(first: number, signal: AbortSignal) {
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  for (let next = first; !signal.aborted; ) {
    const note = notes[next]
    if (note === undefined) await Promise.race([wake.promise, gone])
    else yield { id: String(++next), data: JSON.stringify(note) }
  }
}

const selector = new Selector()
  .add('/', { GET: handler(() => Response.html(PAGE)) })
  .add('/notes', { GET: list, POST: post })
  .add('/files', { POST: upload })
  .add('/files/:id', { GET: download })
  .add('/events', { GET: events })

export const application: Application = stack().use(errorPage()).run(selector)

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Board</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
form { margin: 1rem 0 } li { border-bottom: 1px solid #ddd; padding: 0.3rem 0; overflow-wrap: anywhere }
input, button { font: inherit; padding: 0.2rem 0.6rem } [role=alert] { color: #a00 }
</style>
<h1>Board</h1>
<form id="note"><label>A note <input name="text" required maxlength="500"></label> <button>Post</button></form>
<form id="file"><label>A file <input name="file" type="file" required></label> <button>Send</button></form>
<p role="alert"></p>
<ol></ol>
<script type="module">
const list = document.querySelector('ol')
function show({ text, file }) {
  const item = document.createElement('li')
  const shown = file ? Object.assign(document.createElement('a'), { href: file }) : document.createElement('span')
  shown.textContent = text
  item.append(shown)
  list.append(item)
}
async function send(url, options) {
  const answer = await fetch(url, { method: 'POST', ...options })
  document.querySelector('[role=alert]').textContent = answer.ok ? '' : (await answer.json()).detail
}
document.querySelector('#note').onsubmit = (event) => {
  event.preventDefault()
  const text = new FormData(event.target).get('text')
  send('/notes', { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text }) })
  event.target.reset()
}
document.querySelector('#file').onsubmit = (event) => {
  event.preventDefault()
  send('/files', { body: new FormData(event.target) })
  event.target.reset()
}
const known = await (await fetch('/notes')).json()
known.forEach(show)
new EventSource('/events?after=' + known.length).onmessage = ({ data }) => show(JSON.parse(data))
</script>
`
