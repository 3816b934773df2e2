import { describe, expect, it } from 'vitest'
import { mapBody } from '../src/body.ts'
import { utf8 } from '../src/bytes.ts'
import type { Application, Body, Environ, Middleware, Status } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { handler } from '../src/handler.ts'
import { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { onResponse } from '../src/response-hook.ts'
import { stack } from '../src/stack.ts'
import { Received, send } from '../src/testing.ts'
import { ContractError, validator } from '../src/validator.ts'
import { starting } from './breaking.ts'

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

  it('with what is no application', async () => {
    await expect(send({} as Application)).rejects.toThrow(
      new TypeError('send: app must be a function; got object'),
    )
  })

  it('with the fault, not with what the server makes of it', async () => {
    const stringly = (() => ['text']) as unknown as Application
    await expect(send(stringly)).rejects.toBeInstanceOf(ContractError)
  })
})

describe('the layers of a stack', () => {
  const mapping: Middleware = (app) =>
    function mapping(environ, startResponse) {
      return mapBody(app(environ, startResponse) as Body, {})
    }
  /** Passes on what it reads of the body, and never closes it. */
  const leaking: Middleware = (app) =>
    function leaking(environ, startResponse) {
      const body = app(environ, startResponse) as Iterable<Uint8Array>
      return { [Symbol.iterator]: () => body[Symbol.iterator]() }
    }
  const streamed: Application = function* streamed(_environ, startResponse) {
    startResponse('200 OK', [])
    yield utf8('one')
    yield utf8('two')
  }
  /** Answers whatever is thrown at it. */
  const patient: Middleware = (app) =>
    function patient(environ, startResponse) {
      try {
        return app(environ, startResponse)
      } catch (error) {
        startResponse('500 Internal Server Error', [], error)
        return []
      }
    }

  it.each<[what: string, makeApp: () => Application, guilty: string | undefined]>([
    ['nobody', () => stack().use(mapping).use(patient).run(streamed), undefined],
    ['a layer', () => stack().use(mapping).use(leaking).use(patient).run(streamed), 'middleware "leaking"'],
    [
      'a layer of a stack inside another',
      () => stack().use(mapping).run(stack().use(leaking).run(streamed)),
      'middleware "leaking"',
    ],
    [
      'a layer of a stack that validates',
      () => stack({ validate: true }).use(mapping).use(leaking).run(streamed),
      'middleware "leaking"',
    ],
    [
      'an application whose fault a layer answers',
      () => stack().use(patient).run(starting('200', [])),
      'application "anonymous"',
    ],
    [
      'an application whose fault a layer of a stack that validates answers',
      () => stack({ validate: true }).use(patient).run(starting('200', [])),
      'application "anonymous"',
    ],
  ])('are told from one another where there is to blame %s', async (_what, makeApp, guilty) => {
    const error: unknown = await send(makeApp()).catch((error: unknown) => error)
    if (guilty === undefined) expect(error).toBeInstanceOf(Received)
    else expect(error).toMatchObject({ name: 'ContractError', guilty })
  })

  it('keep from one request to the next what they remember', async () => {
    const counting: Middleware = (app) => {
      let calls = 0
      return (environ, startResponse) => {
        const count = String(++calls)
        return onResponse(app, ({ headers }) => headers.set('X-Count', count))(environ, startResponse)
      }
    }
    const app = stack().use(counting).run(echoPath)
    const counts = [await send(app), await send(app), await send(app)]
    expect(counts.map(({ headers }) => headers.get('X-Count'))).toEqual(['1', '2', '3'])
  })

  it('have faults of their own where requests overlap', async () => {
    const app = stack()
      .use(patient)
      .run(async (environ, startResponse) => {
        await null
        return environ.PATH_INFO === '/bad'
          ? starting('200', [])(environ, startResponse)
          : echoPath(environ, startResponse)
      })
    const answers = await Promise.allSettled(['/', '/bad', '/'].map((path) => send(app, path)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('are told of a fault also where one passes an exchange of its own inward', async () => {
    const alone: Middleware = (app) => (environ, startResponse) =>
      app(
        copyEnviron(environ, { 'tsgi.exchange': new GatewayExchange(environ['wsgi.errors']) }),
        startResponse,
      )
    await expect(send(stack().use(alone).run(starting('200', [])))).rejects.toMatchObject({
      guilty: 'application "anonymous"',
    })
  })

  it('see in their environ what those inside add to it', async () => {
    let user: unknown
    const log: Middleware = (app) => (environ, startResponse) => {
      environ['tsgi.exchange'].onFinish(() => {
        user = (environ as { REMOTE_USER?: string }).REMOTE_USER
      })
      return app(environ, startResponse)
    }
    const auth: Middleware = (app) => (environ, startResponse) =>
      app(Object.assign(environ, { REMOTE_USER: 'ada' }), startResponse)
    await send(stack().use(log).use(auth).run(echoPath))
    expect(user).toBe('ada')
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
