import { describe, expect, it } from 'vitest'
import { utf8 } from '../src/bytes.ts'
import type { Application, Body, Environ, Status } from '../src/contract.ts'
import { handler } from '../src/handler.ts'
import { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { Received, send } from '../src/testing.ts'
import { ContractError, validator } from '../src/validator.ts'

const echoPath: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
  return [utf8(`${environ.REQUEST_METHOD} ${environ.PATH_INFO}?${environ.QUERY_STRING}`)]
}

describe('the request', () => {
  it.each<[request: Parameters<typeof send>[1], seen: string]>([
    [undefined, 'GET /?'],
    ['/a%20b?c=d', 'GET /a b?c=d'],
    [Request.blank('/a', { method: 'PUT' }), 'PUT /a?'],
    [{ path: '/a', method: 'DELETE' }, 'DELETE /a?'],
    [{ body: 'x' }, 'POST /?'],
  ])('may be %j', async (request, seen) => {
    expect((await send(echoPath, request)).text).toBe(seen)
  })

  it('carries headers and a body', async () => {
    const app = handler(async (request) => `${request.headers.get('X-Name')}: ${await request.text()}`)
    const answer = await send(app, { headers: { 'X-Name': 'Ada' }, body: 'hello' })
    expect(answer.text).toBe('Ada: hello')
  })

  it('stays as it was', async () => {
    const request = Request.blank('/')
    const before = { ...request.environ }
    await send((environ, startResponse) => {
      environ.PATH_INFO = '/changed'
      return echoPath(environ, startResponse)
    }, request)
    expect({ ...request.environ }).toEqual(before)
  })

  it('refuses a path that is none', async () => {
    await expect(send(echoPath, '/%zz')).rejects.toThrow('Request.blank: path: must be')
  })
})

describe('the answer', () => {
  it('has status, reason, headers and bytes', async () => {
    const answer = await send((_environ, startResponse) => {
      startResponse('404 Not Here', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ])
      return [utf8('gone')]
    })
    expect(answer).toBeInstanceOf(Received)
    expect(answer).toMatchObject({ status: 404, reason: 'Not Here', bytes: utf8('gone'), errors: '' })
    expect(answer.headers.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(answer.headers.get('Content-Length')).toBe('4')
  })

  it.each<[type: string, bytes: number[], text: string]>([
    ['text/plain', [0xc3, 0xa9], 'é'],
    ['text/plain; charset=utf-8', [0xc3, 0xa9], 'é'],
    ['text/plain; charset="ISO-8859-1"', [0xe9], 'é'],
    ['', [0xc3, 0xa9], 'é'],
  ])('of type %j has the bytes %j as text', async (type, bytes, expected) => {
    const answer = await send((_environ, startResponse) => {
      startResponse('200 OK', type === '' ? [] : [['Content-Type', type]])
      return [Uint8Array.from(bytes)]
    })
    expect(answer.text).toBe(expected)
  })

  it('gives JSON', async () => {
    expect((await send(handler(() => ({ a: [1, 'é'] })))).json()).toEqual({ a: [1, 'é'] })
  })

  it('is whole, whatever way the application answers', async () => {
    const answer = await send(async function* (_environ, startResponse) {
      const write = startResponse('200 OK', [])
      await write(utf8('one '))
      yield utf8('two ')
      yield utf8('three')
    } as Application).catch((error: unknown) => error)
    // Written once the body was begun, which is the one way that is not allowed.
    expect(answer).toMatchObject({ rule: { key: 'write.before-body' } })
    const { text } = await send(async (_environ, startResponse) => {
      await startResponse('200 OK', [])(utf8('one '))
      return new Set([utf8('two '), utf8('three')])
    })
    expect(text).toBe('one two three')
  })

  it('to HEAD, and of 304, has no bytes', async () => {
    expect((await send(echoPath, { method: 'HEAD' })).bytes).toEqual(new Uint8Array(0))
    const notModified = await send(handler(() => Response.empty(304)))
    expect(notModified).toMatchObject({ status: 304, bytes: new Uint8Array(0) })
  })

  it('tells what was written to wsgi.errors', async () => {
    const { errors } = await send((environ, startResponse) => {
      environ['wsgi.errors'].write('out of tea\n')
      return echoPath(environ, startResponse)
    })
    expect(errors).toBe('out of tea\n')
  })
})

describe('it fails', () => {
  it.each<[when: string, app: Application]>([
    [
      'at once',
      () => {
        throw new Error('broken')
      },
    ],
    ['later', () => Promise.reject(new Error('broken'))],
    [
      'in its body, after the first byte',
      function* (_environ, startResponse) {
        startResponse('200 OK', [])
        yield utf8('so far')
        throw new Error('broken')
      },
    ],
  ])('with what the application throws %s', async (_when, app) => {
    await expect(send(app)).rejects.toThrow(new Error('broken'))
  })

  it('with a fault of the application, also one that it answers itself', async () => {
    const forgiving: Application = (_environ, startResponse) => {
      try {
        startResponse('200' as Status, [])
        return []
      } catch (error) {
        startResponse('500 Internal Server Error', [], error)
        return []
      }
    }
    await expect(send(forgiving)).rejects.toMatchObject({
      name: 'ContractError',
      rule: { key: 'start-response.status' },
      side: 'application',
    })
  })

  it('with a fault of the server, which is the request given to it', async () => {
    const request = Request.blank('/')
    request.environ.SCRIPT_NAME = '/'
    await expect(send(echoPath, request)).rejects.toMatchObject({
      rule: { key: 'environ.script-name' },
      side: 'server',
    })
  })

  const streamed: Application = function* (_environ, startResponse) {
    startResponse('200 OK', [])
    yield utf8('never read')
  }

  it('with a leak that a validator inside finds when all is over', async () => {
    const dropping: Application = (environ, startResponse) => {
      validator(streamed)(environ, startResponse)
      return echoPath(environ, startResponse)
    }
    await expect(send(dropping)).rejects.toMatchObject({ rule: { key: 'body.closed' }, side: 'server' })
  })

  it('with an error, not with the leak that came of it', async () => {
    const failing: Application = (environ, startResponse) => {
      validator(streamed)(environ, startResponse)
      throw new Error('broken')
    }
    await expect(send(failing)).rejects.toThrow(new Error('broken'))
  })

  it('with the fault, not with what the server makes of it', async () => {
    const stringly = (() => ['text']) as unknown as Application
    await expect(send(stringly)).rejects.toBeInstanceOf(ContractError)
  })
})

it('closes the body before it answers', async () => {
  let closed = 0
  const body: Body = Object.assign(new Set([utf8('x')]), {
    async close() {
      await null
      closed++
    },
  })
  await send((_environ, startResponse) => {
    startResponse('200 OK', [])
    return body
  })
  expect(closed).toBe(1)
})

it('has an exchange that is over when it answers', async () => {
  const outcomes: unknown[] = []
  await send((environ: Environ, startResponse) => {
    environ['tsgi.exchange'].onFinish((outcome) => outcomes.push(outcome))
    return echoPath(environ, startResponse)
  })
  expect(outcomes).toEqual([{ status: 200, bytesSent: 6, error: undefined, aborted: false }])
})
