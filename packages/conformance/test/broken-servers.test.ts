import type { Application, Body, Environ, Header, StartResponse } from '@tsgi/core'
import { describe, expect, it } from 'vitest'
import { serverSuite } from '../src/index.ts'
import { type Faults, kitServer } from './kit-server.ts'

/** A fault as servers have had it, and the case that is there to find it. */
const BROKEN: readonly (readonly [fault: string, caughtBy: string, faults: Faults])[] = [
  [
    'joins cookies into one header',
    'head.repeats',
    { sink: (sink) => ({ sendHead: (head) => sink.sendHead({ ...head, headers: joined(head.headers) }) }) },
  ],
  [
    'decodes the path a second time',
    'environ.path',
    { environ: (environ) => Object.assign(environ, { PATH_INFO: decodeURIComponent(environ.PATH_INFO) }) },
  ],
  [
    'believes X-Forwarded-For',
    'environ.peer',
    {
      environ: (environ) =>
        Object.assign(environ, { REMOTE_ADDR: environ.HTTP_X_FORWARDED_FOR ?? environ.REMOTE_ADDR }),
    },
  ],
  ['gives the same environ to every request', 'environ.fresh', { environ: once() }],
  [
    'takes chunk after chunk from an application whose client does not read',
    'body.backpressure',
    { sink: (sink) => ({ sendChunk: (chunk) => void sink.sendChunk(chunk) }) },
  ],
  ['sends an answer when it has all of it', 'body.streamed', { around: collecting }],
  [
    'ends a broken answer like a whole one',
    'error.after-bytes',
    { sink: (sink) => ({ abort: () => sink.end() }) },
  ],
  ['shows the client what went wrong', 'error.thrown', { around: talkative }],
  ['sends 100 Continue before anybody reads', 'expect.unread', { eagerContinue: true }],
  ['does not notice that the client has left', 'abort.mid-body', { deaf: true }],
  ['sends the head as soon as there is one', 'head.late', { around: hasty }],
  ['closes every body twice', 'close.once', { around: closingTwice }],
  [
    'declares a length for 204',
    'bodyless.204',
    { sink: (sink) => ({ sendHead: (head) => sink.sendHead(withLength(head)) }) },
  ],
  ['lets a body be shorter than it declares', 'length.too-short', { around: undeclared }],
  ['reads the body before it calls the application', 'input.streamed', { around: prefetching }],
]

describe('a broken server', () => {
  // At once, as some are caught by waiting for what never comes.
  it.concurrent.each(BROKEN)(
    'that %s is caught by %s',
    async (_, caughtBy, faults) => {
      await expect(check(caughtBy, kitServer(faults)).run()).rejects.toThrow()
    },
    20_000,
  )

  it.each([...new Set(BROKEN.map(([, caughtBy]) => caughtBy))])(
    'is told from a sound one: without the fault, %s passes',
    async (key) => {
      await check(key, kitServer()).run()
    },
    20_000,
  )
})

function check(key: string, start: Parameters<typeof serverSuite>[0]) {
  const found = serverSuite(start).checks.find((one) => one.key === key)
  if (found === undefined) throw new Error(`the suite must have a case ${key}`)
  return found
}

type Flat = readonly string[]

function joined(headers: Flat): string[] {
  const values = new Map<string, string>()
  for (let i = 0; i < headers.length; i += 2) {
    const earlier = values.get(headers[i]!)
    values.set(headers[i]!, earlier === undefined ? headers[i + 1]! : `${earlier}, ${headers[i + 1]}`)
  }
  return [...values].flat()
}

function once(): (environ: Environ) => Environ {
  let only: Environ | undefined
  return (environ) => {
    only = Object.assign(only ?? environ, environ)
    return only
  }
}

function collecting(app: Application): Application {
  return async (environ, startResponse) => {
    const body = await app(environ, startResponse)
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    await (body as { close?(): unknown }).close?.()
    return chunks
  }
}

function talkative(app: Application): Application {
  return (environ, startResponse) => {
    try {
      return app(environ, startResponse)
    } catch (error) {
      startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']], error)
      return [Buffer.from(String((error as Error).stack))]
    }
  }
}

function hasty(app: Application): Application {
  return (environ, startResponse) =>
    app(environ, (status, headers, error) => {
      const write = startResponse(status, headers, error)
      void write(Buffer.from(' '))
      return write
    })
}

function closingTwice(app: Application): Application {
  return async (environ, startResponse) => {
    const body = (await app(environ, startResponse)) as Body & { close?(): unknown }
    const close = body.close?.bind(body)
    if (close === undefined) return body
    return Object.assign(body, {
      async close() {
        await close()
        await close()
      },
    })
  }
}

function withLength<Head extends { code: number; headers: string[] }>(head: Head): Head {
  return head.code === 204 ? { ...head, headers: [...head.headers, 'Content-Length', '0'] } : head
}

function undeclared(app: Application): Application {
  return (environ, startResponse) => app(environ, without('content-length', startResponse))
}

function without(name: string, startResponse: StartResponse): StartResponse {
  const isKept = ([header]: Header) => header.toLowerCase() !== name
  return (status, headers, error) => startResponse(status, headers.filter(isKept), error)
}

function prefetching(app: Application): Application {
  return async (environ, startResponse) => {
    const body = await environ['wsgi.input'].read()
    const input = environ['wsgi.input']
    let left = body
    const read = async (size = -1) => {
      const part = size < 0 ? left : left.subarray(0, size)
      left = left.subarray(part.length)
      return part
    }
    return app(
      Object.assign(environ, { 'wsgi.input': Object.assign(Object.create(input), { read }) }),
      startResponse,
    )
  }
}
