import { type Application, text } from '@tsgi/core'
import { Selector } from '@tsgi/router'
import { serve } from '@tsgi/server'
import { report } from '../report.ts'

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
  return text('Hello, World!')
}

const app = new Selector().add('/', { GET: hello }).add('/users/:id', {
  GET: (environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
    return text(`user ${environ['wsgiorg.routing_args'][1].id}`)
  },
})
const server = await serve(app, { port: 0 })
report(server.port)
