import fastify from 'fastify'
import { report } from '../report.ts'

const app = fastify()
app.get('/', (_request, reply) => {
  reply.type('text/plain; charset=utf-8').send('Hello, World!')
})
app.get<{ Params: { id: string } }>('/users/:id', (request, reply) => {
  reply.type('text/plain; charset=utf-8').send(`user ${request.params.id}`)
})
await app.listen({ port: 0, host: '127.0.0.1' })
report((app.server.address() as { port: number }).port)
