import { handler } from '@tsgi/core'
import { Selector } from '@tsgi/router'
import { serve } from '@tsgi/server'
import { report } from '../report.ts'

const app = new Selector()
  .add('/', { GET: handler(() => 'Hello, World!') })
  .add('/users/:id', { GET: handler((request) => `user ${request.params.id}`) })
const server = await serve(app, { port: 0 })
report(server.port)
