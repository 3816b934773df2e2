import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type Application, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { afterEach, describe, expect, it } from 'vitest'
import { type ServeOptions, type Server, serve } from '../src/index.ts'
import { RawClient, statusesOf } from './raw-client.ts'

let server: Server | undefined

afterEach(() => server?.close({ graceMs: 0 }))

async function start(app: Application, options: ServeOptions = {}): Promise<number> {
  server = await serve(app, { port: 0, errors: errorStream(() => {}), ...options })
  return server.port
}

const request = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`

it('takes many writes that nobody waits for, without a warning of Node', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const chunk = Buffer.alloc(65_536, 'x')
  const port = await start((_, startResponse) => {
    const write = startResponse('200 OK', [['Content-Length', String(chunk.length * 50)]])
    for (let i = 0; i < 50; i++) void write(chunk)
    return []
  })
  const client = await RawClient.connect(port)
  client.write(request('GET / HTTP/1.1', 'Host: a', 'Connection: close'))
  const received = await client.toEnd()
  // Node tells of them a turn later.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  expect([received.length > chunk.length * 50, warnings]).toEqual([true, []])
})

describe('a body that streams', () => {
  it('reaches the client chunk by chunk: the first before the second exists', async () => {
    let second: () => void = () => {}
    const port = await start(async function* (_, startResponse) {
      startResponse('200 OK', [])
      yield Buffer.from('first')
      await new Promise<void>((resolve) => {
        second = resolve
      })
      yield Buffer.from('second')
    })
    const client = await RawClient.connect(port)
    client.write(request('GET / HTTP/1.1', 'Host: a', 'Connection: close'))
    expect(await client.until(/first/)).not.toContain('second')
    second()
    expect(await client.toEnd()).toContain('second')
  })

  it.each<[kind: string, body: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>]>([
    [
      'a generator',
      function* () {
        yield Buffer.from('a')
        yield Buffer.from('b')
      },
    ],
    [
      'an async generator',
      async function* () {
        yield Buffer.from('a')
        yield Buffer.from('b')
      },
    ],
    ['a ReadableStream', () => new Blob(['ab']).stream()],
    ['a stream of Node', () => Readable.from([Buffer.from('a'), Buffer.from('b')])],
    ['a set', () => new Set([Buffer.from('a'), Buffer.from('b')])],
  ])('may be %s', async (_, body) => {
    const port = await start((_, startResponse) => {
      startResponse('200 OK', [])
      return body()
    })
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ab')
  })

  it('comes whole, whatever its size', async () => {
    const chunk = Buffer.alloc(100_000, 'x')
    const port = await start((_, startResponse) => {
      startResponse('200 OK', [])
      return Array.from({ length: 200 }, () => chunk)
    })
    const bytes = await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer()
    expect(bytes.byteLength).toBe(20_000_000)
  })
})

describe('backpressure', () => {
  /** Chunks that wait in the server's memory when the client does not read: one being written, one behind it. */
  const CHUNKS_AHEAD = 2
  const CHUNK_BYTES = 65_536
  /** Far beyond what the kernel buffers of a connection hold. */
  const TOO_MANY_CHUNKS = 2_000

  it.each(['sync', 'async'])(
    'holds no more than 2 chunks for a client that stops reading: %s',
    async (kind) => {
      let pulled = 0
      let moved: () => void = () => {}
      const chunk = Buffer.alloc(CHUNK_BYTES)
      const pull = () => {
        if (++pulled > TOO_MANY_CHUNKS) throw new Error('nobody waits for the client')
        moved()
        return chunk
      }
      function* sync() {
        for (;;) yield pull()
      }
      async function* async() {
        for (;;) yield pull()
      }
      const accepted = new Promise<Socket>((resolve) => {
        subscribe('net.server.socket', function onSocket(message) {
          unsubscribe('net.server.socket', onSocket)
          resolve((message as { socket: Socket }).socket)
        })
      })
      const port = await start((_, startResponse) => {
        startResponse('200 OK', [])
        return kind === 'sync' ? sync() : async()
      })
      const client = connect(port, '127.0.0.1')
      client.pause()
      client.write(request('GET / HTTP/1.1', 'Host: a'))
      const server = await accepted
      // The kernel takes what it takes; at rest, nothing has been pulled for a while, and something waits.
      do {
        const stillness = new Promise((resolve) => setTimeout(resolve, 200, 'still'))
        const motion = new Promise<void>((resolve) => {
          moved = resolve
        })
        if ((await Promise.race([stillness, motion])) === 'still' && server.writableLength > 0) break
      } while (pulled <= TOO_MANY_CHUNKS)
      const atRest = pulled
      expect(server.writableLength).toBeGreaterThan(0)
      expect(server.writableLength).toBeLessThan((CHUNKS_AHEAD + 0.1) * CHUNK_BYTES)
      expect(atRest).toBeLessThan(TOO_MANY_CHUNKS)
      // It goes on when the client does.
      const wentOn = new Promise<void>((resolve) => {
        moved = resolve
      })
      client.resume()
      await wentOn
      client.destroy()
    },
  )
})

describe('Expect: 100-continue', () => {
  const HEAD = request('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue')

  it('is answered on the first read, once, and the body then read', async () => {
    const port = await start(async (environ, startResponse) => {
      const input = environ['wsgi.input']
      const body = [await input.read(2), await input.read(2), await input.read()]
      startResponse('200 OK', [])
      return [Buffer.concat(body)]
    })
    const client = await RawClient.connect(port)
    client.write(HEAD)
    await client.until(/100 Continue\r\n\r\n/)
    client.write('hello')
    expect(statusesOf(await client.until(/hello$/))).toEqual([100, 200])
  })

  it('is not answered where the application answers without reading, and the connection is closed', async () => {
    const port = await start((_, startResponse) => {
      startResponse('401 Unauthorized', [])
      return text('no')
    })
    const client = await RawClient.connect(port)
    client.write(HEAD)
    const received = await client.until(/no$/)
    expect(statusesOf(received)).toEqual([401])
    expect(received).toContain('Connection: close')
    client.socket.end()
    await client.toEnd()
  })

  it('is not answered once the answer has begun', async () => {
    const port = await start(async function* (environ, startResponse) {
      startResponse('200 OK', [])
      yield Buffer.from('begun')
      yield await environ['wsgi.input'].read()
    })
    const client = await RawClient.connect(port)
    client.write(HEAD)
    await client.until(/begun/)
    client.write('hello')
    expect(statusesOf(await client.until(/hello/))).toEqual([200])
  })

  it('is not answered to HTTP/1.0', async () => {
    const port = await start(async (environ, startResponse) => {
      startResponse('200 OK', [])
      return [await environ['wsgi.input'].read()]
    })
    const client = await RawClient.connect(port)
    client.write(`${HEAD.replace('1.1', '1.0')}hello`)
    expect(statusesOf(await client.toEnd())).toEqual([200])
  })
})

describe('a body that nobody reads', () => {
  it('does not keep the answer from the client, however large it is', async () => {
    const port = await start((_, startResponse) => {
      startResponse('413 Content Too Large', [])
      return text('too large')
    })
    const client = await RawClient.connect(port)
    client.write(request('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5000000', 'Connection: close'))
    client.write(Buffer.alloc(5_000_000))
    expect(await client.toEnd()).toMatch(/too large$/)
  })

  it('does not keep a refusal from the client either', async () => {
    const port = await start(() => [])
    const client = await RawClient.connect(port)
    client.write(request('POST / HTTP/1.1', 'Host: a b', 'Content-Length: 5000000'))
    client.write(Buffer.alloc(5_000_000))
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 400 .*optional port\n$/s)
  })

  it('cannot be read when the response is over: half a body must not pass for a whole one', async () => {
    let late: Promise<Uint8Array> | undefined
    const port = await start((environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => {
        late = environ['wsgi.input'].read()
      })
      startResponse('200 OK', [])
      return text('done')
    })
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello' })
    expect(await response.text()).toBe('done')
    await expect(late).rejects.toThrow('must be read before the response is over')
  })
})
