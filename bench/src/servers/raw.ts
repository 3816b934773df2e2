import { createServer } from 'node:http'
import { report } from '../report.ts'

/** The least that Node itself can do, by hand: what every other row is measured against. */
const server = createServer((request, response) => {
  const path = request.url!
  const body = path.startsWith('/users/') ? `user ${decodeURIComponent(path.slice(7))}` : 'Hello, World!'
  response.writeHead(200, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
  ])
  response.end(body)
})
server.listen(0, '127.0.0.1', () => report((server.address() as { port: number }).port))
