import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { closeBody, readBody, text } from '../src/body.ts'
import type { Application, Body } from '../src/contract.ts'
import { FileWrapper } from '../src/file-wrapper.ts'
import { Request } from '../src/request.ts'
import { Response, type ResponseOptions } from '../src/response.ts'
import { type Received, send } from '../src/testing.ts'

/** The handles of all files that were opened. A closed one has the `fd` -1. */
const opened: FileHandle[] = []

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...original,
    open: async (...args: Parameters<typeof original.open>) => {
      const handle = await original.open(...args)
      opened.push(handle)
      return handle
    },
  }
})

const folder = mkdtempSync(join(tmpdir(), 'tsgi-ranges-'))
const path = join(folder, 'file')
writeFileSync(path, '0123456789')
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function inRanges(make: () => Response): Application {
  return (environ, startResponse) => make().range(new Request(environ)).respond(environ, startResponse)
}

function ask(make: () => Response, range: string, headers: Record<string, string> = {}): Promise<Received> {
  return send(inRanges(make), { headers: { Range: range, ...headers } })
}

/** A file that knows how often it was closed. */
class ClosableFile extends FileWrapper {
  closes = 0

  override close(): Promise<void> {
    this.closes++
    return super.close()
  }
}

function fileResponse(file: Body, length = 10): Response {
  return new Response(file, { headers: { 'Content-Type': 'text/plain', 'Content-Length': `${length}` } })
}

interface Part {
  head: string
  range: [first: number, last: number]
  bytes: number[]
}

/** Reads a body as RFC 2046 section 5.1 describes it; throws on anything else. */
function readParts({ headers, bytes }: Received): Part[] {
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(headers.get('Content-Type')!)![1]!
  // A character for each byte.
  let rest = Buffer.from(bytes).toString('latin1')
  const parts: Part[] = []
  while (rest !== `\r\n--${boundary}--\r\n`) {
    const start = `${parts.length === 0 ? '' : '\r\n'}--${boundary}\r\n`
    expect(rest.slice(0, start.length)).toBe(start)
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.slice(start.length, end)
    const [, first, last] = /^Content-Range: bytes (\d+)-(\d+)\/\d+$/m.exec(head)!
    const length = Number(last) - Number(first) + 1
    const content = rest.slice(end + 4, end + 4 + length)
    parts.push({ head, range: [Number(first), Number(last)], bytes: [...Buffer.from(content, 'latin1')] })
    rest = rest.slice(end + 4 + length)
  }
  return parts
}

describe('Response.range', () => {
  it.each<[section: string, range: string, status: number, contentRange: string | null, content: string]>([
    ['14.1.2', 'bytes=0-4', 206, 'bytes 0-4/10', '01234'],
    ['14.1.2', 'bytes=0-0', 206, 'bytes 0-0/10', '0'],
    ['14.1.2', 'bytes=9-9', 206, 'bytes 9-9/10', '9'],
    ['14.1.2', 'bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['14.1.2', 'bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['14.1.2', 'bytes=5-999', 206, 'bytes 5-9/10', '56789'],
    ['14.1.2', 'bytes=-999', 206, 'bytes 0-9/10', '0123456789'],
    ['14.1.2', 'bytes=0-', 206, 'bytes 0-9/10', '0123456789'],
    ['14.1.2', 'bytes=0-99999999999999999999', 206, 'bytes 0-9/10', '0123456789'],
    ['14.1', 'BYTES=0-4', 206, 'bytes 0-4/10', '01234'],
    // Of several that can be sent as one.
    ['15.3.7.2', 'bytes=0-4,3-6', 206, 'bytes 0-6/10', '0123456'],
    ['15.3.7.2', 'bytes=99-,2-3', 206, 'bytes 2-3/10', '23'],
    ['15.5.17', 'bytes=10-', 416, 'bytes */10', ''],
    ['15.5.17', 'bytes=-0', 416, 'bytes */10', ''],
    ['15.5.17', 'bytes=10-20, 30-', 416, 'bytes */10', ''],
    // What is to be ignored.
    ['14.2', 'lines=0-4', 200, null, '0123456789'],
    ['14.2', 'bytes=4-0', 200, null, '0123456789'],
    ['14.2', 'bytes=a-b', 200, null, '0123456789'],
    ['14.2', 'bytes=', 200, null, '0123456789'],
    ['14.2', 'bytes=-', 200, null, '0123456789'],
    ['14.2', 'bytes 0-4', 200, null, '0123456789'],
    ['14.2', 'bytes=0-4,x', 200, null, '0123456789'],
    ['14.2', 'bytes=0--4', 200, null, '0123456789'],
    ['14.2', 'bytes=+0-4', 200, null, '0123456789'],
    ['14.2', 'bytes=0x0-0x4', 200, null, '0123456789'],
  ])('RFC 9110 section %s: %s is %d', async (_section, range, status, contentRange, content) => {
    for (const make of [() => new Response('0123456789'), () => fileResponse(new FileWrapper({ path }))]) {
      const received = await ask(make, range)
      expect(received.status).toBe(status)
      expect(received.headers.get('Content-Range')).toBe(contentRange)
      expect(received.headers.get('Content-Length')).toBe(`${content.length}`)
      expect(received.text).toBe(content)
      expect(received.headers.get('Accept-Ranges')).toBe(status === 416 ? null : 'bytes')
    }
  })

  it.each<[body: string, make: () => string | Uint8Array | Body, whole: string]>([
    ['bytes', () => bytes('0123456789'), '30313233343536373839'],
    ['a text, by its bytes', () => 'a€b€', '61e282ac62e282ac'],
    ['a text in Latin-1', () => text('aéb', 'iso-8859-1'), '61e962'],
    ['chunks', () => [bytes('01'), bytes(''), bytes('234'), bytes('5')], '303132333435'],
    ['an array from another array', () => [bytes('xx0123456789xx').subarray(2, 12)], '30313233343536373839'],
  ])('gives any range of %s', async (_body, make, whole) => {
    const length = whole.length / 2
    for (let start = 0; start < length; start++) {
      for (let end = start + 1; end <= length; end++) {
        const received = await ask(
          () => new Response(make(), { headers: { 'Content-Type': 'text/plain' } }),
          `bytes=${start}-${end - 1}`,
        )
        expect(received.status).toBe(206)
        expect(Buffer.from(received.bytes).toString('hex')).toBe(whole.slice(2 * start, 2 * end))
      }
    }
  })

  it('sends several ranges in the order in which they were asked for (RFC 9110 section 15.3.7.2)', async () => {
    const received = await ask(() => new Response('0123456789'), 'bytes=8-, 0-1, 4-5')
    expect(received.status).toBe(206)
    expect(received.headers.has('Content-Range')).toBe(false)
    expect(received.headers.get('Content-Length')).toBe(`${received.bytes.length}`)
    const type = 'Content-Type: text/plain; charset=utf-8'
    expect(readParts(received)).toEqual([
      { head: `${type}\r\nContent-Range: bytes 8-9/10`, range: [8, 9], bytes: [...bytes('89')] },
      { head: `${type}\r\nContent-Range: bytes 0-1/10`, range: [0, 1], bytes: [...bytes('01')] },
      { head: `${type}\r\nContent-Range: bytes 4-5/10`, range: [4, 5], bytes: [...bytes('45')] },
    ])
  })

  it('takes another boundary each time', async () => {
    const boundaries = new Set<string | null>()
    for (let i = 0; i < 3; i++) {
      const { headers } = await ask(() => new Response('0123456789'), 'bytes=0-1,4-5')
      boundaries.add(headers.get('Content-Type'))
    }
    expect(boundaries.size).toBe(3)
  })

  it('gives in the parts of several ranges the bytes that were asked for, and no others', async () => {
    const file = join(folder, 'property')
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.constantFrom('\r\n', '--', '\r\n--', 'Content-Range: bytes 0-0/1\r\n\r\n').map(bytes),
    )
    const spec = fc.record({ start: fc.nat(70), length: fc.nat(30) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 8 }),
        fc.array(spec, { minLength: 1, maxLength: 6 }),
        async (chunks, specs) => {
          const whole = Buffer.concat(chunks)
          writeFileSync(file, whole)
          const range = `bytes=${specs.map(({ start, length }) => `${start}-${start + length}`).join(', ')}`
          const asked = new Set<number>()
          for (const { start, length } of specs) {
            for (let i = start; i <= start + length && i < whole.length; i++) asked.add(i)
          }
          const headers = { 'Content-Type': 'text/plain', 'Content-Length': `${whole.length}` }
          for (const make of [
            () => new Response(chunks, { headers }),
            () => new Response(new FileWrapper({ path: file }, 7), { headers }),
          ]) {
            const received = await ask(make, range)
            if (whole.length === 0) expect(received.status).toBe(200)
            else if (asked.size === 0) expect(received.status).toBe(416)
            else {
              expect(received.status).toBe(206)
              const given = new Map<number, number>()
              const take = (first: number, bytes: Iterable<number>) => {
                let position = first
                for (const byte of bytes) {
                  // No byte twice.
                  expect(given.has(position)).toBe(false)
                  given.set(position++, byte)
                }
              }
              const single = /^bytes (\d+)-/.exec(received.headers.get('Content-Range') ?? '')
              if (single !== null) take(Number(single[1]), received.bytes)
              else for (const { range, bytes } of readParts(received)) take(range[0], bytes)
              expect([...given.keys()].sort((a, b) => a - b)).toEqual([...asked].sort((a, b) => a - b))
              for (const [position, byte] of given) expect(byte).toBe(whole[position])
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps the headers of the whole (RFC 9110 section 15.3.7)', async () => {
    const headers = { 'Cache-Control': 'no-cache', ETag: '"a"', 'Set-Cookie': 'a=1', 'X-Own': 'yes' }
    const received = await ask(() => new Response('0123456789', { headers, statusText: 'Fine' }), 'bytes=0-4')
    expect(received.reason).toBe('Partial Content')
    expect(received.headers.list).toEqual([
      ...Object.entries(headers),
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Accept-Ranges', 'bytes'],
      ['Content-Range', 'bytes 0-4/10'],
      ['Content-Length', '5'],
    ])
  })

  it.each<[section: string, ifRange: string, has: ResponseOptions, status: number]>([
    ['13.1.5', '"a"', { etag: '"a"' }, 206],
    ['13.1.5', '"b"', { etag: '"a"' }, 200],
    ['13.1.5', '"a"', {}, 200],
    // By the strong comparison.
    ['13.1.5', 'W/"a"', { etag: 'W/"a"' }, 200],
    ['13.1.5', '"a"', { etag: 'W/"a"' }, 200],
    ['13.1.5', 'Sun, 06 Nov 1994 08:49:37 GMT', { lastModified: new Date('1994-11-06T08:49:37Z') }, 206],
    // Not a later date either: it must be this one.
    ['13.1.5', 'Sun, 06 Nov 1994 08:49:38 GMT', { lastModified: new Date('1994-11-06T08:49:37Z') }, 200],
    ['13.1.5', 'Sun, 06 Nov 1994 08:49:37 GMT', { etag: '"a"' }, 200],
    ['13.1.5', 'yesterday', { etag: '"a"' }, 200],
    ['13.1.5', '*', { etag: '"a"' }, 200],
  ])('RFC 9110 section %s: If-Range %s of %j is %d', async (_section, ifRange, options, status) => {
    const make = () => new Response('0123456789', options)
    expect((await ask(make, 'bytes=0-4', { 'If-Range': ifRange })).status).toBe(status)
    // And 200 where else it would be 416.
    if (status === 200) expect((await ask(make, 'bytes=99-', { 'If-Range': ifRange })).status).toBe(200)
  })

  it.each<[why: string, method: string, make: () => Response, content: string, acceptRanges: string | null]>([
    ['HEAD (RFC 9110 section 14.2)', 'HEAD', () => new Response('0123456789'), '', 'bytes'],
    ['POST (RFC 9110 section 14.2)', 'POST', () => new Response('0123456789'), '0123456789', null],
    ['another status than 200', 'GET', () => new Response('0123456789', { status: 404 }), '0123456789', null],
    ['what has no bytes', 'GET', () => new Response(''), '', 'bytes'],
    ['a stream', 'GET', () => fileResponse(new Set([bytes('0123456789')])), '0123456789', null],
    [
      'a file of unknown length',
      'GET',
      () => new Response(new FileWrapper({ path }), { headers: { 'Content-Type': 'text/plain' } }),
      '0123456789',
      null,
    ],
    [
      'a part of a file whose length is not the one declared',
      'HEAD',
      () => fileResponse(new FileWrapper({ path, start: 2, end: 5 })),
      '',
      null,
    ],
  ])('leaves whole %s', async (_why, method, make, content, acceptRanges) => {
    const received = await send(inRanges(make), { method, headers: { Range: 'bytes=0-4' } })
    expect(received.status).toBe(make().status)
    expect(received.headers.has('Content-Range')).toBe(false)
    expect(received.headers.get('Accept-Ranges')).toBe(acceptRanges)
    expect(received.text).toBe(content)
  })

  it('leaves an open file whole, which can only be read from where it stands', async () => {
    const handle = await open(path)
    const received = await ask(() => fileResponse(new FileWrapper(handle)), 'bytes=0-4')
    expect(received.status).toBe(200)
    expect(received.text).toBe('0123456789')
    expect(handle.fd).toBe(-1)
  })

  it('gives ranges of a part of a file, and nothing beside it', async () => {
    const make = () => fileResponse(new FileWrapper({ path, start: 2, end: 8 }), 6)
    expect((await ask(make, 'bytes=0-1')).text).toBe('23')
    expect((await ask(make, 'bytes=-2')).text).toBe('67')
    expect((await ask(make, 'bytes=4-99')).text).toBe('67')
    expect((await ask(make, 'bytes=6-')).status).toBe(416)
    expect(readParts(await ask(make, 'bytes=0-0,-1')).map(({ bytes }) => bytes)).toEqual([[50], [55]])
  })

  it('reads no more of a file than is asked for', async () => {
    const huge = join(folder, 'huge')
    writeFileSync(huge, '')
    // Without a byte of it on the disk.
    truncateSync(huge, 2 ** 40)
    const make = () => fileResponse(new FileWrapper({ path: huge }), 2 ** 40)
    const received = await ask(make, 'bytes=-3')
    expect(received.headers.get('Content-Range')).toBe('bytes 1099511627773-1099511627775/1099511627776')
    expect(received.bytes).toEqual(new Uint8Array(3))
    expect(readParts(await ask(make, 'bytes=0-1,549755813888-549755813889,-1'))).toHaveLength(3)
  })

  it('stays a FileWrapper for one range, so that a server can send it as such', () => {
    const request = Request.blank('/', { headers: { Range: 'bytes=2-4' } })
    const { body } = fileResponse(new FileWrapper({ path, start: 1 }, 512), 9).range(request)
    expect(body).toBeInstanceOf(FileWrapper)
    expect(body).toMatchObject({ file: { path, start: 3, end: 6 }, blockSize: 512 })
  })

  it.each<[range: string, method: string, status: number]>([
    ['bytes=0-4', 'GET', 206],
    ['bytes=0-4', 'HEAD', 200],
    ['bytes=0-1,4-5', 'GET', 206],
    ['bytes=99-', 'GET', 416],
    ['lines=1-', 'GET', 200],
  ])('closes the whole with the answer to %s by %s', async (range, method, status) => {
    const file = new ClosableFile({ path })
    const received = await send(
      inRanges(() => fileResponse(file)),
      { method, headers: { Range: range } },
    )
    expect(received.status).toBe(status)
    expect(file.closes).toBeGreaterThan(0)
  })

  it('closes the file of each range, also of the one at which the reader has left', async () => {
    const make = () => fileResponse(new FileWrapper({ path }))
    opened.length = 0
    await ask(make, 'bytes=2-4')
    await ask(make, 'bytes=0-1,4-5')
    expect(opened.map(({ fd }) => fd)).toEqual([-1, -1, -1])
    const request = Request.blank('/', { headers: { Range: 'bytes=0-1,4-5' } })
    const body = make().range(request).body as AsyncIterable<Uint8Array>
    const iterator = body[Symbol.asyncIterator]()
    // The head of the first part, and its bytes.
    await iterator.next()
    await iterator.next()
    expect(opened.slice(3).map(({ fd }) => fd > 0)).toEqual([true])
    await closeBody(body, iterator)
    expect(opened.slice(3).map(({ fd }) => fd)).toEqual([-1])
  })

  it('closes the whole with an answer of several ranges that nobody read', async () => {
    const file = new ClosableFile({ path })
    const request = Request.blank('/', { headers: { Range: 'bytes=0-1,4-5' } })
    await closeBody(fileResponse(file).range(request).body)
    expect(file.closes).toBe(1)
  })

  it('bounds what a request can ask for (CVE-2011-3192, CVE-2024-26141)', async () => {
    const make = () => new Response('0123456789')
    const overlapping = await ask(make, `bytes=${Array.from({ length: 100 }, () => '0-').join(',')}`)
    expect(overlapping.headers.get('Content-Range')).toBe('bytes 0-9/10')
    expect(overlapping.bytes).toHaveLength(10)
    const many = await ask(make, `bytes=${Array.from({ length: 101 }, (_, i) => `${i}-${i}`).join(',')}`)
    expect(many.status).toBe(200)
  })

  it('comes after the conditions (RFC 9110 section 13.2.2)', async () => {
    const app: Application = (environ, startResponse) => {
      const request = new Request(environ)
      return new Response('0123456789', { etag: 'a' })
        .conditional(request)
        .range(request)
        .respond(environ, startResponse)
    }
    const asked = async (headers: Record<string, string>) =>
      (await send(app, { headers: { Range: 'bytes=0-4', ...headers } })).status
    expect(await asked({})).toBe(206)
    expect(await asked({ 'If-None-Match': '"a"' })).toBe(304)
    expect(await asked({ 'If-None-Match': '"b"' })).toBe(206)
    expect(await asked({ 'If-Match': '"b"', 'If-Range': '"a"' })).toBe(412)
    expect(await asked({ 'If-Match': '"a"', 'If-Range': '"b"' })).toBe(200)
  })

  it('leaves a response in memory as it is, so that it can answer the next request', async () => {
    const response = new Response('0123456789')
    const make = () => response
    expect((await ask(make, 'bytes=0-4')).text).toBe('01234')
    expect((await ask(make, 'bytes=0-1,4-5')).status).toBe(206)
    expect((await ask(make, 'bytes=99-')).status).toBe(416)
    expect((await send(inRanges(make))).text).toBe('0123456789')
    expect(new TextDecoder().decode(await readBody(response.body))).toBe('0123456789')
  })
})
