import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Application, type Environ, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { handleRequest, makeServer, type ServeOptions, type Server, serve } from '../src/index.ts'
import { exchangeRaw, RawClient, statusesOf } from './raw-client.ts'

const running: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close({ graceMs: 0 })))
})

async function start(app: Application, options: ServeOptions = {}): Promise<Server> {
  const server = await serve(app, { port: 0, ...options })
  running.push(server)
  return server
}

const hello: Application = (_, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return text('Hello')
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const KEPT = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** An application that answers when it is told to; `called` is resolved when it was called. */
function held(): {
  app: Application
  called: Promise<void>
  answer: () => void
  signal: () => AbortSignal | undefined
} {
  let called: () => void = () => {}
  let answer: () => void = () => {}
  let signal: AbortSignal | undefined
  const wasCalled = new Promise<void>((resolve) => {
    called = resolve
  })
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve
  })
  const app: Application = async (environ, startResponse) => {
    signal = environ['tsgi.exchange'].signal
    called()
    await mayAnswer
    return hello(environ, startResponse)
  }
  return { app, called: wasCalled, answer, signal: () => signal }
}

describe('where it listens', () => {
  it('picks a free port for 0, and says which', async () => {
    const server = await start(hello)
    expect(server.port).toBeGreaterThan(0)
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`)
    expect(await (await fetch(server.url)).text()).toBe('Hello')
  })

  it('takes the arguments of make_server in their order', async () => {
    const server = await makeServer('127.0.0.1', 0, hello)
    running.push(server)
    expect(await (await fetch(server.url)).text()).toBe('Hello')
  })

  it('rejects with the error of Node when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    await expect(serve(hello, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    taken.close()
  })

  it('brackets an IPv6 address in its URL and in SERVER_NAME', async () => {
    let seen: Environ | undefined
    const server = await start(
      (environ, startResponse) => {
        seen = environ
        return hello(environ, startResponse)
      },
      { host: '::1' },
    )
    expect(server.url).toBe(`http://[::1]:${server.port}/`)
    await (await fetch(server.url)).text()
    expect(seen).toMatchObject({ SERVER_NAME: '[::1]', SERVER_PORT: String(server.port), REMOTE_ADDR: '::1' })
  })
})

describe('a unix socket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tsgi-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is served, without a peer address, and removed at the end', async () => {
    const unix = join(folder, 'app.sock')
    let seen: Environ | undefined
    const server = await serve(
      (environ, startResponse) => {
        seen = environ
        return hello(environ, startResponse)
      },
      { unix },
    )
    expect(server).toMatchObject({ port: 0, url: `unix:${unix}` })
    expect(await exchangeRaw(unix, GET)).toMatch(/Hello$/)
    expect(seen).toMatchObject({
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      REMOTE_ADDR: '',
      REMOTE_PORT: '',
    })
    await server.close()
    expect(existsSync(unix)).toBe(false)
  })

  it('replaces a socket that nobody answers on', async () => {
    const unix = join(folder, 'stale.sock')
    const { spawnSync } = await import('node:child_process')
    // A process that ends without closing its server leaves the socket behind.
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(unix)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ])
    expect(existsSync(unix)).toBe(true)
    await start(hello, { port: undefined as never, unix })
    expect(await exchangeRaw(unix, GET)).toMatch(/Hello$/)
  })

  it('leaves a socket alone that somebody answers on, and a file that is none', async () => {
    const unix = join(folder, 'taken.sock')
    await start(hello, { port: undefined as never, unix })
    await expect(serve(hello, { unix })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const file = join(folder, 'file')
    writeFileSync(file, 'precious')
    await expect(serve(hello, { unix: file })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(existsSync(file)).toBe(true)
  })
})

describe('TLS', () => {
  let tls: { key: string; cert: string }
  const getOverTls = (server: Server): Promise<string> =>
    new Promise((resolve, reject) => {
      httpsRequest(server.url, { rejectUnauthorized: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
        .on('error', reject)
        .end()
    })
  beforeAll(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
    tls = { key, cert }
  })

  it('makes the scheme https, and says what protects the connection', async () => {
    let seen: Environ | undefined
    const server = await start(
      (environ, startResponse) => {
        seen = environ
        return hello(environ, startResponse)
      },
      { tls },
    )
    expect(server.url).toMatch(/^https:/)
    expect(await getOverTls(server)).toBe('Hello')
    expect(seen).toMatchObject({
      'wsgi.url_scheme': 'https',
      HTTPS: 'on',
      SSL_PROTOCOL: 'TLSv1.3',
      SSL_CIPHER: expect.stringMatching(/^TLS_/),
    })
  })

  it('does not keep a server that closes waiting for connections on which no request came', async () => {
    const { app, called, answer } = held()
    const server = await serve(app, { port: 0, tls })
    const body = getOverTls(server)
    await called
    const silent = await RawClient.connect(server.port)
    const spare = tlsConnect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(spare, 'secureConnect')
    spare.on('error', () => {})
    const ended = once(spare, 'close')
    const closing = server.close()
    await ended
    await silent.toEnd()
    answer()
    expect(await body).toBe('Hello')
    await closing
  })

  it('cuts handshakes too after the grace', async () => {
    const server = await serve(hello, { port: 0, tls })
    const stuck = await RawClient.connect(server.port)
    // The beginning of a record that never comes (RFC 8446 section 5.1).
    stuck.write(Uint8Array.of(22, 3, 1, 2, 0))
    // When this is answered, the server has read that.
    await getOverTls(server)
    await server.close({ graceMs: 0 })
    await stuck.toEnd()
  })
})

describe('environ', () => {
  it('is a plain object without inherited keys, fresh for each request', async () => {
    const seen: Environ[] = []
    const server = await start((environ, startResponse) => {
      seen.push(environ)
      return hello(environ, startResponse)
    })
    await (await fetch(server.url)).text()
    await (await fetch(`${server.url}x?y=1`, { method: 'DELETE' })).text()
    expect(seen[0]).not.toBe(seen[1])
    expect('toString' in seen[0]!).toBe(false)
    expect({ ...seen[1] }).toMatchObject({
      REQUEST_METHOD: 'DELETE',
      SCRIPT_NAME: '',
      PATH_INFO: '/x',
      QUERY_STRING: 'y=1',
      REQUEST_URI: '/x?y=1',
      SERVER_NAME: '127.0.0.1',
      SERVER_PORT: String(server.port),
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: expect.stringMatching(/^tsgi\/\d/),
      GATEWAY_INTERFACE: 'CGI/1.1',
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_PORT: expect.stringMatching(/^\d+$/),
      HTTP_HOST: `127.0.0.1:${server.port}`,
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.multithread': true,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'wsgi.input_terminated': true,
    })
    expect(Object.keys(seen[0]!)).not.toContain('CONTENT_TYPE')
    expect(Object.keys(seen[0]!)).not.toContain('CONTENT_LENGTH')
    expect(Object.keys(seen[0]!)).not.toContain('HTTPS')
  })

  it('has early hints, which do nothing once the head is out', async () => {
    const server = await start(async function* (environ, startResponse) {
      environ['wsgi.early_hints']?.([['Link', '</a.css>; rel=preload; as=style']])
      startResponse('200 OK', [])
      yield Buffer.from('a')
      environ['wsgi.early_hints']?.([['Link', '</b.css>; rel=preload; as=style']])
    })
    const received = await exchangeRaw(server.port, GET)
    expect(statusesOf(received)).toEqual([103, 200])
    expect(received).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style\r\n\r\nHTTP\/1\.1 200/,
    )
  })
})

describe('sync stays sync', () => {
  it('answers a sync application before anything that waits for a promise', async () => {
    const order: string[] = []
    const server = await start((_, startResponse) => {
      void Promise.resolve().then(() => order.push('a promise'))
      startResponse('200 OK', [])
      const body = [Buffer.from('a')]
      return Object.assign(body, { close: () => void order.push('closed') })
    })
    await (await fetch(server.url)).text()
    expect(order).toEqual(['closed', 'a promise'])
  })
})

describe('errors', () => {
  it('go to the given stream, and leave the server as it was', async () => {
    const errors: string[] = []
    const server = await start(
      (environ) => {
        throw new Error(`boom at ${environ.PATH_INFO}`)
      },
      { errors: errorStream((line) => errors.push(line)) },
    )
    const response = await fetch(`${server.url}secret`)
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('Internal Server Error\n')
    expect(errors.join('')).toMatch(/^GET \/secret\nError: boom at \/secret\n {4}at /)
    expect((await fetch(server.url)).status).toBe(500)
  })
})

describe('connections', () => {
  it('are kept between requests, and closed when they idle for too long', async () => {
    const server = await start(hello, { keepAliveTimeout: 50 })
    const client = await RawClient.connect(server.port)
    await client.write(KEPT).until(/Hello/)
    client.received = ''
    await client.write(KEPT).until(/Hello/)
    await client.toEnd()
  })

  it('are limited in number', async () => {
    const server = await start(hello, { maxConnections: 1 })
    const first = await RawClient.connect(server.port)
    await first.write(KEPT).until(/Hello/)
    expect(await exchangeRaw(server.port, GET)).toBe('')
    first.socket.destroy()
  })
})

describe('close', () => {
  it('stops accepting, finishes what is in flight, and says so to who wants to keep the connection', async () => {
    const { app, called, answer } = held()
    const server = await serve(app, { port: 0 })
    const { port } = server
    const client = await RawClient.connect(port)
    client.write(KEPT)
    await called
    const closing = server.close()
    await expect(exchangeRaw(port, GET)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    answer()
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*Hello$/s)
    await closing
    await server.closed
  })

  it('ends idle connections at once', async () => {
    const server = await serve(hello, { port: 0 })
    const client = await RawClient.connect(server.port)
    await client.write(KEPT).until(/Hello/)
    await server.close()
    await client.toEnd()
  })

  it('does not wait for a connection on which nothing ever came, and cuts no other with it', async () => {
    const { app, called, answer } = held()
    const server = await serve(app, { port: 0 })
    const spare = await RawClient.connect(server.port)
    const client = await RawClient.connect(server.port)
    client.write(KEPT)
    await called
    const closing = server.close()
    expect(await spare.toEnd()).toBe('')
    answer()
    expect(statusesOf(await client.toEnd())).toEqual([200])
    await closing
  })

  it('waits for work that outlives its response', async () => {
    let finish: () => void = () => {}
    const server = await serve(
      (environ, startResponse) => {
        environ['tsgi.exchange'].waitUntil(
          new Promise<void>((resolve) => {
            finish = resolve
          }),
        )
        return hello(environ, startResponse)
      },
      { port: 0 },
    )
    await exchangeRaw(server.port, GET)
    let isClosed = false
    const closing = server.close().then(() => {
      isClosed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isClosed).toBe(false)
    finish()
    await closing
  })

  it('cuts what is left after the grace, and the application hears of it', async () => {
    const { app, called, signal } = held()
    const server = await serve(app, { port: 0 })
    const client = await RawClient.connect(server.port)
    client.write(KEPT)
    await called
    await server.close({ graceMs: 20 })
    expect(await client.toEnd()).toBe('')
    expect(signal()?.reason).toMatchObject({ name: 'AbortError', message: 'the server is shutting down' })
  })

  it('may be asked for twice, and by `await using`', async () => {
    const server = await serve(hello, { port: 0 })
    const first = server.close()
    expect(server.close()).toBe(first)
    await server[Symbol.asyncDispose]()
    await first
  })
})

describe('maxRequests', () => {
  it('closes the server after so many, the last of which is answered', async () => {
    const server = await serve(hello, { port: 0, maxRequests: 2 })
    const client = await RawClient.connect(server.port)
    await client.write(KEPT).until(/Hello/)
    expect(await client.write(KEPT).toEnd()).toMatch(/Connection: close\r\n.*Hello$/s)
    await server.closed
    await expect(exchangeRaw(server.port, GET)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('refuses what was sent behind the last one', async () => {
    const { app, called, answer } = held()
    const server = await serve(app, { port: 0, maxRequests: 1 })
    const client = await RawClient.connect(server.port)
    client.write(KEPT + KEPT)
    await called
    answer()
    expect(statusesOf(await client.toEnd())).toEqual([200])
    await server.closed
  })
})

describe('handleRequest', () => {
  it('answers one request, closes its connection, and stops', async () => {
    const server = await handleRequest(hello, { port: 0 })
    const client = await RawClient.connect(server.port)
    expect(await client.write(KEPT).toEnd()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*Hello$/s)
    await server.closed
    await expect(exchangeRaw(server.port, GET)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('accepts no second connection while the request is answered', async () => {
    const { app, called, answer } = held()
    const server = await handleRequest(app, { port: 0 })
    const client = await RawClient.connect(server.port)
    client.write(KEPT)
    await called
    await expect(exchangeRaw(server.port, GET)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    answer()
    expect(statusesOf(await client.toEnd())).toEqual([200])
    await server.closed
  })

  it('refuses what another connection sends that was open before', async () => {
    const { app, called, answer } = held()
    const server = await handleRequest(app, { port: 0 })
    const second = await RawClient.connect(server.port)
    second.write('GET / HTTP/1.1\r\n')
    const first = await RawClient.connect(server.port)
    first.write(KEPT)
    await called
    expect(statusesOf(await second.write('Host: a\r\n\r\n').toEnd())).toEqual([503])
    answer()
    expect(statusesOf(await first.toEnd())).toEqual([200])
    await server.closed
  })

  it.each([
    ['the server refuses', 'GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    ['Node refuses', 'nonsense\r\n\r\n', 400],
  ])('does not count what %s', async (_, request, status) => {
    const server = await handleRequest(hello, { port: 0 })
    expect(statusesOf(await exchangeRaw(server.port, request))).toEqual([status])
    expect(statusesOf(await exchangeRaw(server.port, GET))).toEqual([200])
    await server.closed
  })

  it('counts a request that its application fails', async () => {
    const server = await handleRequest(
      () => {
        throw new Error('boom')
      },
      { port: 0, errors: errorStream(() => {}) },
    )
    expect(statusesOf(await exchangeRaw(server.port, GET))).toEqual([500])
    await server.closed
  })

  it('stops also when it is not asked', async () => {
    const server = await handleRequest(hello, { port: 0 })
    await server.close()
    await expect(exchangeRaw(server.port, GET)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('takes the options of serve, but for the number of requests', async () => {
    // @ts-expect-error the number is one
    const server = await handleRequest(hello, { port: 0, maxRequests: 2 })
    await exchangeRaw(server.port, GET)
    await server.closed
    await expect(handleRequest(hello, { port: -1 })).rejects.toThrow('options.port: must be')
  })
})

describe('options', () => {
  it.each<[options: object, message: string]>([
    [{ port: '8000' }, 'serve: options.port: must be an integer from 0 to 65535; got "8000"'],
    [{ port: 65_536 }, 'serve: options.port: must be an integer from 0 to 65535; got 65536'],
    [{ port: Number.NaN }, 'serve: options.port: must be an integer from 0 to 65535; got null'],
    [{ host: '' }, 'serve: options.host: must be a non-empty string; got ""'],
    [{ unix: '/a', port: 1 }, 'serve: options.unix: must stand without host and port; got "/a" beside them'],
    [
      { bodyIdleTimeout: 0 },
      'serve: options.bodyIdleTimeout: must be an integer from 1 to 2147483647, in milliseconds; got 0',
    ],
    [
      { maxConnections: 0 },
      'serve: options.maxConnections: must be an integer of at least 1, or Infinity; got 0',
    ],
    [{ errors: {} }, 'serve: options.errors: must be an object with write, writelines and flush; got {}'],
    [{ prot: 1 }, 'got "prot"'],
  ])('%j is refused', async (options, message) => {
    await expect(serve(hello, options)).rejects.toThrow(TypeError)
    await expect(serve(hello, options)).rejects.toThrow(message)
  })

  it('may have a shorter time for the request than for its head by default', async () => {
    const server = await start(hello, { requestTimeout: 100 })
    expect(statusesOf(await exchangeRaw(server.port, 'GET / HTTP/1.1\r\n'))).toEqual([408])
  })

  it('refuses what is no application', async () => {
    await expect(serve({} as never)).rejects.toThrow(
      'serve: app: must be an application, a function; got object',
    )
  })
})

describe('the heap', () => {
  // Ten bytes a request would be a megabyte: the noise of a heap that was just collected is below.
  const NOISE_BYTES = 1_000_000
  const REQUESTS = 100_000

  it('does not grow by what a second 100,000 requests over keep-alive would repeat', {
    timeout: 240_000,
  }, async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const server = await start((environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => {})
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      return environ.PATH_INFO === '/' ? text('Hello') : [Buffer.from('a'), Buffer.from('b')]
    })
    const used = async (requests: number): Promise<number> => {
      await many(server.port, requests)
      collect()
      return process.memoryUsage().heapUsed
    }
    await used(10_000)
    const first = await used(REQUESTS)
    const second = await used(REQUESTS)
    expect(second - first).toBeLessThan(NOISE_BYTES)
  })
})

/** Sends requests over 8 connections, some pipelined, and waits for all the answers. */
async function many(port: number, requests: number): Promise<void> {
  const CONNECTIONS = 8
  const BATCH = 50
  const batch = Buffer.from(`${KEPT}${KEPT.replace('/', '/chunks')}`.repeat(BATCH / 2))
  await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise<void>((resolve, reject) => {
          let left = requests / CONNECTIONS / BATCH
          let answers = 0
          const socket = connect(port, '127.0.0.1')
          socket.on('error', reject)
          socket.on('connect', () => socket.write(batch))
          socket.on('data', (data) => {
            for (let at = data.indexOf('200 OK'); at !== -1; at = data.indexOf('200 OK', at + 1)) answers++
            if (answers < BATCH) return
            answers = 0
            if (--left > 0) socket.write(batch)
            else socket.end(resolve)
          })
        }),
    ),
  )
}
