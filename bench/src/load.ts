import { connect } from 'node:net'

/** The requests of a browser, which brings more headers than a load generator. */
const HEADERS = [
  'Host: 127.0.0.1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Connection: keep-alive',
]

/**
 * Sends requests over a number of connections, one at a time on each, until the time is up or the number is reached;
 * gives the number of answers. Every answer must be a 200 as long as the first.
 */
export async function load(
  port: number,
  path: string,
  bounds: { connections: number; ms: number; requests: number },
): Promise<number> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\n${HEADERS.join('\r\n')}\r\n\r\n`)
  const deadline = performance.now() + bounds.ms
  let sent = 0
  let answered = 0
  const connection = () =>
    new Promise<void>((resolve, reject) => {
      let length = 0
      let received = 0
      // Read into one buffer, past the stream: what the client does not spend, the servers get.
      const onread = { buffer: Buffer.alloc(65_536), callback: take }
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
      const next = () => {
        if (sent >= bounds.requests || performance.now() > deadline) {
          socket.destroy()
          resolve()
          return
        }
        sent++
        socket.write(request)
      }
      socket.on('connect', next)
      socket.on('error', reject)
      function take(bytes: number, buffer: Uint8Array): boolean {
        try {
          if (length === 0) length = lengthOfAnswer(Buffer.from(buffer.subarray(0, bytes)))
        } catch (error) {
          reject(error)
          return false
        }
        received += bytes
        if (received < length) return true
        if (received > length) {
          reject(new Error(`load: an answer must be ${length} bytes like the first; got ${received}`))
          return false
        }
        received = 0
        answered++
        next()
        return true
      }
    })
  await Promise.all(Array.from({ length: bounds.connections }, connection))
  return answered
}

function lengthOfAnswer(data: Buffer): number {
  const text = data.toString('latin1')
  const head = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)/im.exec(text)
  if (!text.startsWith('HTTP/1.1 200 ') || head === -1 || length === null) {
    throw new Error(
      `load: the first answer must be a whole 200 with a Content-Length; got ${JSON.stringify(text)}`,
    )
  }
  return head + 4 + Number(length[1])
}
