import { type Application, type Environ, type Outcome, text } from '@tsgi/core'
import { errorStream } from '@tsgi/core/gateway'
import { validator } from '@tsgi/core/validator'
import { afterEach, expect, it } from 'vitest'
import { type Server, serve } from '../src/index.ts'
import { exchangeRaw, RawClient, statusesOf } from './raw-client.ts'

// Where wsgiref departs from PEP 3333 or from HTTP, this server keeps to them. The numbers are those of the list of its departures,
// each of which was measured on Python 3.11.

let running: Server[] = []
/** What was written to the error stream. */
let errors: string[] = []

afterEach(async () => {
  await Promise.all(running.map((server) => server.close({ graceMs: 0 })))
  running = []
  errors = []
})

async function start(app: Application): Promise<number> {
  const server = await serve(app, { port: 0, errors: errorStream((line) => errors.push(line)) })
  running.push(server)
  return server.port
}

/** The environ that an application finds when this is sent. */
async function environOf(request: string): Promise<Environ> {
  let seen: Environ | undefined
  const port = await start((environ, startResponse) => {
    seen = environ
    startResponse('200 OK', [])
    return []
  })
  expect(statusesOf(await exchangeRaw(port, request))).toEqual([200])
  return seen!
}

const ok: Application = (_, startResponse) => {
  startResponse('200 OK', [])
  return text('Hello')
}

const request = (method: string, target: string, ...headers: string[]): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n')
const GET = request('GET', '/')
const KEPT = GET.replace('Connection: close\r\n', '')

/** A promise, and what settles it. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open: () => void = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}

it('A-1 sends no head for an empty chunk, so that an error after it still gets its own', async () => {
  const asked = gate()
  const released = gate()
  const port = await start(async function* (environ, startResponse) {
    startResponse('200 OK', [['X-Early', 'yes']])
    if (environ.PATH_INFO === '/other') {
      yield Buffer.from('Hello')
      return
    }
    yield new Uint8Array(0)
    asked.open()
    await released.passed
    startResponse('503 Service Unavailable', [], new Error('late'))
    yield Buffer.from('down')
  })
  const client = await RawClient.connect(port)
  client.write(GET)
  await asked.passed
  // When another connection has its whole answer, this one would have had its head.
  await exchangeRaw(port, request('GET', '/other'))
  expect(client.received).toBe('')
  released.open()
  expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 503 (?!.*X-Early).*down/s)
})

it('A-2 sends no more bytes than Content-Length declares', async () => {
  const port = await start((_, startResponse) => {
    startResponse('200 OK', [['Content-Length', '2']])
    return [Buffer.from('abc'), Buffer.from('def')]
  })
  expect(await exchangeRaw(port, GET)).toMatch(/\r\n\r\nab$/)
  expect(errors.join('')).toContain('must have the 2 bytes that Content-Length declares; got more')
})

it('A-2 cuts the connection after fewer bytes, and does not keep it for a next answer', async () => {
  const port = await start((_, startResponse) => {
    startResponse('200 OK', [['Content-Length', '99']])
    return [Buffer.from('abc')]
  })
  const received = await exchangeRaw(port, KEPT + KEPT)
  expect(received).toMatch(/Content-Length: 99\r\n.*\r\n\r\nabc$/s)
  expect(statusesOf(received)).toEqual([200])
  expect(errors.join('')).toContain('must have the 99 bytes that Content-Length declares; got 3')
})

it('A-3 ends the input where the body ends, though the client keeps its side open', async () => {
  const port = await start(async (environ, startResponse) => {
    const input = environ['wsgi.input']
    const reads = [await input.read(), await input.read(), await input.read(10), await input.readline()]
    startResponse('200 OK', [])
    return text(reads.map((read) => `[${Buffer.from(read)}]`).join(''))
  })
  const client = await RawClient.connect(port)
  client.write(KEPT.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nHello'))
  expect(await client.until(/\]$/)).toMatch(/\r\n\r\n\[Hello\]\[\]\[\]\[\]$/)
})

it('A-4 sends no body to a HEAD', async () => {
  const port = await start(ok)
  const received = await exchangeRaw(port, GET.replace('GET', 'HEAD'))
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Content-Length: 5\r\n.*\r\n\r\n$/s)
})

it.each(['204 No Content', '304 Not Modified'] as const)('A-4 adds no length to %s', async (status) => {
  const port = await start((_, startResponse) => {
    startResponse(status, [])
    return []
  })
  const received = await exchangeRaw(port, GET)
  expect(received).toMatch(/\r\n\r\n$/)
  expect(received).not.toMatch(/Content-Length|Transfer-Encoding/i)
})

it.each<[what: string, status: `${number} ${string}`, value: string]>([
  ['a line end in the status', '200 OK\r\nSet-Cookie: a', 'b'],
  ['a line end in a value', '200 OK', 'b\r\nSet-Cookie: a'],
  ['a line end above U+00FF', '200 OK', 'b\u010d\u010aSet-Cookie: a'],
  ['a character that Latin-1 has not', '200 OK', '\u4f60'],
])(
  'A-5 refuses %s while the application is called, and sends a whole other head',
  async (_, status, value) => {
    const thrown: unknown[] = []
    const port = await start((_, startResponse) => {
      try {
        startResponse(status, [['X-A', value]])
      } catch (error) {
        thrown.push(error)
        throw error
      }
      return []
    })
    const received = await exchangeRaw(port, GET)
    expect(thrown).toEqual([expect.any(TypeError)])
    expect(received).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n.*\r\n\r\nInternal Server Error\n$/s)
    expect(received).not.toContain('Set-Cookie')
  },
)

it.each<[method: string, target: string, PATH_INFO: string, QUERY_STRING: string]>([
  ['OPTIONS', '*', '', ''],
  ['GET', 'http://h/abs?q', '/abs', 'q'],
  ['GET', 'http://h', '/', ''],
])('A-6 gives %s %s the path %j', async (method, target, PATH_INFO, QUERY_STRING) => {
  expect(await environOf(request(method, target))).toMatchObject({
    PATH_INFO,
    QUERY_STRING,
    REQUEST_URI: target,
  })
})

it('A-7 has no CONTENT_TYPE, CONTENT_LENGTH and REMOTE_HOST that the client did not send', async () => {
  const keys = Object.keys(await environOf(GET))
  expect(keys).toContain('REMOTE_ADDR')
  for (const key of ['CONTENT_TYPE', 'CONTENT_LENGTH', 'REMOTE_HOST']) expect(keys).not.toContain(key)
})

it('A-8 has every header under HTTP_, whatever its name, and lets none pass for the server’s word', async () => {
  expect(
    await environOf(
      request('GET', '/', 'Remote-Addr: 9.9.9.9', 'Script-Name: /zz', 'Server-Name: x', 'Path-Info: /y'),
    ),
  ).toMatchObject({
    HTTP_REMOTE_ADDR: '9.9.9.9',
    HTTP_SCRIPT_NAME: '/zz',
    HTTP_SERVER_NAME: 'x',
    HTTP_PATH_INFO: '/y',
    REMOTE_ADDR: '127.0.0.1',
    SCRIPT_NAME: '',
    SERVER_NAME: '127.0.0.1',
    PATH_INFO: '/',
  })
})

it('A-9 decodes a chunked body, and hides that it was one', async () => {
  let keys: string[] = []
  const port = await start(async (environ, startResponse) => {
    keys = Object.keys(environ)
    const read = await environ['wsgi.input'].read()
    startResponse('200 OK', [])
    return [read]
  })
  const chunked = request('POST', '/', 'Transfer-Encoding: chunked')
  expect(await exchangeRaw(port, `${chunked}5\r\nHello\r\n7;x=y\r\n, world\r\n0\r\n\r\n`)).toMatch(
    /\r\n\r\nHello, world$/,
  )
  expect(keys).not.toContain('HTTP_TRANSFER_ENCODING')
  expect(keys).not.toContain('CONTENT_LENGTH')
  expect(keys).toContain('wsgi.input_terminated')
})

it('A-10 only reports a close that fails: the answer is whole, and another follows it', async () => {
  const port = await start((environ, startResponse) => {
    startResponse('200 OK', [])
    const chunks = [Buffer.from(environ.PATH_INFO)]
    if (environ.PATH_INFO === '/2') return chunks
    return Object.assign(chunks, {
      close() {
        throw new Error('cannot close')
      },
    })
  })
  const received = await exchangeRaw(port, KEPT.replace('/', '/1') + GET.replace('/', '/2'))
  expect(statusesOf(received)).toEqual([200, 200])
  expect(received).toMatch(/\r\n\r\n\/1HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\/2$/s)
  expect(errors.join('').match(/Error: cannot close/g)).toHaveLength(1)
})

it.each(['EPIPE', 'ECONNRESET', 'ECONNABORTED'])(
  'A-11 reports and answers an %s of the application, whose own connections are not the client’s',
  async (code) => {
    const port = await start(() => {
      throw Object.assign(new Error(`write ${code}`), { code })
    })
    expect(statusesOf(await exchangeRaw(port, GET))).toEqual([500])
    expect(errors.join('')).toContain(`write ${code}`)
  },
)

it('A-12 tells a log of a client that left, by a mark of its own', async () => {
  const outcomes: Outcome[] = []
  const finished = gate()
  const port = await start(async function* (environ, startResponse) {
    const exchange = environ['tsgi.exchange']
    exchange.onFinish((outcome) => {
      outcomes.push(outcome)
      finished.open()
    })
    startResponse('200 OK', [])
    yield Buffer.from('Hello')
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()))
  })
  const client = await RawClient.connect(port)
  await client.write(GET).until(/Hello/)
  client.socket.destroy()
  await finished.passed
  expect(outcomes).toEqual([{ status: 200, bytesSent: 5, error: undefined, aborted: true }])
  expect(errors).toEqual([])
})

it('A-13 says what is missing when nobody called startResponse, and answers 500', async () => {
  const port = await start(() => [])
  expect(statusesOf(await exchangeRaw(port, GET))).toEqual([500])
  expect(errors.join('')).toContain('application: startResponse must be called, and succeed')
})

// wsgiref's validator demands both keys too, though PEP 3333 lets either be left out, and fails with a KeyError, as
// it makes the text of its message from the key that is not there. The contract of TSGI does ask for both, always; ours
// says so, and lays it to whoever gave the environ.
it.each(['SCRIPT_NAME', 'PATH_INFO'] as const)('A-14 says that %s must be there', async (key) => {
  const checked = validator(ok)
  const port = await start((environ, startResponse) => {
    const { [key]: _, ...rest } = environ
    return checked(rest as Environ, startResponse)
  })
  expect(statusesOf(await exchangeRaw(port, GET))).toEqual([500])
  expect(errors.join('')).toMatch(new RegExp(`ContractError: server.*; got no "${key}"`))
})

it('A-15 lets an application read without a size, also under the validator', async () => {
  const port = await start(
    validator(async (environ: Environ, startResponse) => {
      const read = await environ['wsgi.input'].read()
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      return [read]
    }),
  )
  const post = request('POST', '/', 'Content-Length: 5')
  expect(await exchangeRaw(port, `${post}Hello`)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nHello$/s)
  expect(errors).toEqual([])
})

it('A-16 shows an application nothing of the process’s own environment', async () => {
  process.env['TSGI_SECRET'] = 's3cret'
  try {
    const environ = await environOf(GET)
    expect(Object.values(environ)).not.toContain('s3cret')
    for (const key of ['TSGI_SECRET', 'PATH', 'HOME', 'USER', 'PWD']) expect(environ).not.toHaveProperty(key)
  } finally {
    delete process.env['TSGI_SECRET']
  }
})

it('A-17 answers many requests on a connection of HTTP/1.1, and says so in the status line', async () => {
  const port = await start(ok)
  const received = await exchangeRaw(port, KEPT + KEPT + GET)
  expect(statusesOf(received)).toEqual([200, 200, 200])
})

it('A-17 answers a client of HTTP/1.0 once, and ends the body with the connection', async () => {
  let protocol: string | undefined
  const port = await start((environ, startResponse) => {
    protocol = environ.SERVER_PROTOCOL
    startResponse('200 OK', [])
    return [Buffer.from('a'), Buffer.from('b')]
  })
  const received = await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n')
  expect(received).toMatch(/\r\n\r\nab$/)
  expect(received).not.toMatch(/Transfer-Encoding/i)
  expect(protocol).toBe('HTTP/1.0')
})
