import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Application, Middleware } from '../src/contract.ts'
import { type HandlerOptions, handler, schemasOf } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { Request } from '../src/request.ts'
import { Response } from '../src/response.ts'
import { stack } from '../src/stack.ts'
import type { SchemaIssue, SchemaResult, StandardSchema } from '../src/standard-schema.ts'
import { type SendOptions, send } from '../src/testing.ts'
import { expectLinear } from './linear.ts'
import { call, settled } from './observe.ts'

type Validate = StandardSchema['~standard']['validate']

/** A schema of no library: what the standard asks for, and no more. */
function schema(validate: Validate): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const anything = schema((value) => ({ value }))
const faulty = (...issues: SchemaIssue[]): StandardSchema => schema(() => ({ issues }))
const later = (inner: StandardSchema): StandardSchema =>
  schema(async (value) => inner['~standard'].validate(value))

/** What the schemas have got of a request. */
async function seen(options: HandlerOptions, request: string | SendOptions | Request): Promise<unknown> {
  let got: unknown
  const received = await send(
    handler(options, (_request, input) => {
      got = input
      return null
    }),
    request,
  )
  expect(received.status).toBe(204)
  return got
}

interface Problem {
  status: number
  errors: { in: string; path: (string | number)[]; message: string }[]
}

async function faults(options: HandlerOptions, request: string | SendOptions): Promise<Problem['errors']> {
  const received = await send(
    handler(options, () => null),
    request,
  )
  expect(received.status).toBe(422)
  expect(received.headers.get('Content-Type')).toBe('application/problem+json')
  expect(received.errors).toBe('')
  return (received.json() as Problem).errors
}

describe('the input of a handler', () => {
  it('is what the schemas make of each part, and of no other', async () => {
    const request = Request.blank('/items/7?page=2', { headers: { 'X-Count': '3' }, json: { name: ' tea ' } })
    Object.assign(request.environ, { 'wsgiorg.routing_args': [[], { id: '7' }] })
    const count = z.coerce.number()
    const options = {
      params: z.object({ id: count }),
      query: z.object({ page: count }),
      headers: z.object({ 'x-count': count }),
      body: z.object({ name: z.string().trim() }),
    }
    expect(await seen(options, request)).toEqual({
      params: { id: 7 },
      query: { page: 2 },
      headers: { 'x-count': 3 },
      body: { name: 'tea' },
    })
    expect(await seen({ query: options.query }, request)).toEqual({ query: { page: 2 } })
    expect(await seen({}, request)).toEqual({})
  })

  it('comes beside the request', async () => {
    const app = handler({ query: anything }, (request, input) => ({ path: request.path, ...input }))
    expect((await send(app, '/a?b=c')).json()).toEqual({ path: '/a', query: { b: 'c' } })
  })

  it.each<[query: string, object: Record<string, unknown>]>([
    ['', {}],
    ['?a=1', { a: '1' }],
    ['?a=1&b=2', { a: '1', b: '2' }],
    ['?a=1&b=2&a=3&a=1', { a: ['1', '3', '1'], b: '2' }],
    ['?a', { a: '' }],
    ['?a&a', { a: ['', ''] }],
    ['?=1', { '': '1' }],
    ['?a[]=1&b.c=2&a[]=3', { 'a[]': ['1', '3'], 'b.c': '2' }],
    ['?a=%C3%A9+%2B', { a: 'é +' }],
    ['?then=1&toString=2', JSON.parse('{"then":"1","toString":"2"}')],
  ])('has of the query %s an object', async (query, object) => {
    expect(await seen({ query: anything }, `/${query}`)).toEqual({ query: object })
  })

  it('has of the headers an object by names in lower case', async () => {
    const headers = { 'X-Two': 'a, b', Cookie: 'a=1', 'Content-Type': 'text/plain' }
    const { headers: got } = (await seen({ headers: anything }, { headers, body: 'hi' })) as {
      headers: object
    }
    expect(got).toMatchObject({
      'x-two': 'a, b',
      cookie: 'a=1',
      'content-type': 'text/plain',
      'content-length': '2',
    })
  })

  it('has no params where there was no router', async () => {
    expect(await seen({ params: anything }, '/')).toEqual({ params: {} })
  })

  it.each<[name: string, request: SendOptions, body: unknown]>([
    ['JSON', { json: { a: [1] } }, { a: [1] }],
    ['JSON that is no object', { json: null }, null],
    [
      'a type that is made of JSON',
      { method: 'PATCH', body: '{"a":1}', headers: { 'Content-Type': 'application/merge-patch+json' } },
      { a: 1 },
    ],
    [
      'a form, with a field that is repeated',
      {
        form: [
          ['a', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
      },
      { a: ['1', '3'], b: '2' },
    ],
    [
      'a form of parts',
      {
        method: 'POST',
        headers: { 'Content-Type': 'Multipart/Form-Data; boundary=x' },
        body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
      },
      { a: '1' },
    ],
  ])('has of a body that is %s', async (_name, request, body) => {
    expect(await seen({ body: anything }, request)).toEqual({ body })
  })

  it('has the files of a form as files', async () => {
    const body =
      '--x\r\nContent-Disposition: form-data; name="a"; filename="b.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--\r\n'
    const app = handler({ body: z.object({ a: z.file().max(10) }) }, async (_request, { body: { a } }) => ({
      name: a.name,
      text: await a.text(),
    }))
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' }
    expect((await send(app, { method: 'POST', headers, body })).json()).toEqual({ name: 'b.txt', text: 'hi' })
  })

  it.each<[status: number, name: string, request: SendOptions]>([
    [415, 'no body at all', {}],
    [415, 'text', { body: '{"a":1}' }],
    [415, 'no type', { body: Uint8Array.of(0x7b, 0x7d) }],
    [400, 'broken JSON', { body: '{"a":', headers: { 'Content-Type': 'application/json' } }],
    [
      400,
      'a form of parts without a boundary',
      { body: '', headers: { 'Content-Type': 'multipart/form-data' } },
    ],
    [413, 'more than the limit', { json: 'x'.repeat(1024 * 1024) }],
  ])('is answered %i where the body is %s', async (status, _name, request) => {
    const app = handler({ body: anything }, () => null)
    expect((await send(app, request)).status).toBe(status)
  })

  it('is read within the limits that are given', async () => {
    const json = 'x'.repeat(1024 * 1024)
    expect(await seen({ body: anything, limits: { bodyBytes: 2 ** 21 } }, { json })).toEqual({ body: json })
    const small = { limits: { bodyBytes: 4 } }
    expect(
      (
        await send(
          handler({ body: anything, ...small }, () => null),
          { json: 'long' },
        )
      ).status,
    ).toBe(413)
    const unread = handler(small, async (request) => request.text())
    expect((await send(unread, { body: 'long' })).text).toBe('long')
    expect((await send(unread, { body: 'longer' })).status).toBe(413)
  })

  it('comes at once where the schemas do not wait and no body is asked for', () => {
    const parts = { params: anything, query: anything, headers: anything }
    const body = (options: HandlerOptions, app: Application = handler(options, () => 'hi')) =>
      app(Request.blank('/', { json: 1 }).environ, () => () => Promise.resolve())
    expect(body(parts)).not.toBeInstanceOf(Promise)
    expect(body({ query: faulty({ message: 'no' }) })).not.toBeInstanceOf(Promise)
    expect(body({ response: anything, development: true })).not.toBeInstanceOf(Promise)
    expect(body({ ...parts, query: later(anything) })).toBeInstanceOf(Promise)
    expect(body({ ...parts, body: anything })).toBeInstanceOf(Promise)
    expect(body({ response: later(anything), development: true })).toBeInstanceOf(Promise)
  })

  it('is waited for where a schema waits', async () => {
    const options = {
      params: later(anything),
      query: anything,
      headers: later(anything),
      body: later(anything),
    }
    expect(await seen(options, { path: '/?a=1', json: 2 })).toMatchObject({ query: { a: '1' }, body: 2 })
    const name = z.string().refine(async (value) => value !== 'taken', 'must be free')
    expect(await faults({ query: z.object({ name }) }, '/?name=taken')).toEqual([
      { in: 'query', path: ['name'], message: 'must be free' },
    ])
  })
})

describe('a request that does not fit', () => {
  it('is told every fault of every part, in their order', async () => {
    const no = (...path: PropertyKey[]): SchemaIssue => ({ message: 'no', path })
    const options = {
      body: later(faulty(no('a', 0), no('b'))),
      headers: faulty(no('x-a')),
      query: later(faulty(no('c'), no('c'))),
      params: faulty(no()),
    }
    expect(await faults(options, { json: 1 })).toEqual([
      { in: 'params', path: [], message: 'no' },
      { in: 'query', path: ['c'], message: 'no' },
      { in: 'query', path: ['c'], message: 'no' },
      { in: 'headers', path: ['x-a'], message: 'no' },
      { in: 'body', path: ['a', 0], message: 'no' },
      { in: 'body', path: ['b'], message: 'no' },
    ])
  })

  it('does not reach the function', async () => {
    const app = handler({ query: faulty({ message: 'no' }) }, () => {
      throw new Error('reached')
    })
    expect((await send(app)).status).toBe(422)
  })

  it('is told of the fault as each layer is', () => {
    const { status, headers } = call(handler({ query: faulty({ message: 'no' }) }, () => null))
    expect(status).toBe('422 Unprocessable Content')
    expect(headers).toContainEqual(['Content-Type', 'application/problem+json'])
    let told: unknown
    handler({ query: faulty({ message: 'no' }) }, () => null)(
      Request.blank('/').environ,
      (_status, _headers, error) => {
        told = error
        return () => Promise.resolve()
      },
    )
    expect(told).toBeInstanceOf(HttpError)
  })

  it.each<[name: string, path: SchemaIssue['path'], told: (string | number)[]]>([
    ['absent', undefined, []],
    ['of keys', ['a', 1], ['a', 1]],
    ['of segments', [{ key: 'a' }, { key: 1 }], ['a', 1]],
    ['with dots in a key', ['a.b', 'c'], ['a.b', 'c']],
    ['with a symbol', [Symbol('a')], ['Symbol(a)']],
  ])('is told a path that is %s', async (_name, path, told) => {
    expect(await faults({ query: faulty({ message: 'no', path }) }, '/')).toEqual([
      { in: 'query', path: told, message: 'no' },
    ])
  })

  it.each<[library: string, query: StandardSchema]>([
    [
      'zod',
      z.strictObject({ token: z.string().length(3), b: z.enum(['x']), c: z.coerce.number(), d: z.email() }),
    ],
    [
      'one that quotes, as Valibot does',
      faulty({ message: 'Invalid length: Received "s3cr"et\\"', path: [{ key: 'token' }] }),
    ],
    [
      'one that quotes as JSON does, as ArkType does',
      faulty({ message: 'token must be a number (was "s3cr\\"et\\\\")', path: ['token'] }),
    ],
  ])('hears nothing of its values from %s', async (_library, query) => {
    const app = handler({ query }, () => null)
    const secret = encodeURIComponent('s3cr"et\\')
    const sent = await send(app, `/?token=${secret}&b=${secret}&c=${secret}&d=${secret}`)
    expect(sent.status).toBe(422)
    expect(sent.text).not.toContain('s3cr')
  })

  it.each<[value: unknown, message: string, told: string]>([
    ['a', 'a must not be "a" (was "a")', 'a must not be "…" (was "…")'],
    ['a"', 'received "a""', 'received "…"'],
    ['a"', 'was "a\\""', 'was "…"'],
    ['17', 'Expected >=18 but received 17', 'Expected >=18 but received …'],
    [17, 'must be more than 17 (was 17)', 'must be more than 17 (was …)'],
    [true, 'Expected string, actual true', 'Expected string, actual …'],
    [17, 'expected number to be >17', 'expected number to be >17'],
    ['1', 'must have 1 to 3 of 21', 'must have 1 to 3 of 21'],
    ['', 'must not be empty', 'must not be empty'],
    [null, 'must not be null', 'must not be null'],
    [{ a: 'a' }, 'must not be "a"', 'must not be "a"'],
  ])('of %j hears %j as %j', async (value, message, told) => {
    expect(await faults({ body: faulty({ message, path: ['a'] }) }, { json: { a: value } })).toEqual([
      { in: 'body', path: ['a'], message: told },
    ])
  })

  it.each<[path: string[]]>([[['toString']], [['a', 'length']], [['b', 'c']]])(
    'hears a message as it is where nothing is at its path: %j',
    async (path) => {
      const errors = await faults(
        { body: faulty({ message: 'no "1"', path }) },
        { json: { a: 'x', b: null } },
      )
      expect(errors).toEqual([{ in: 'body', path, message: 'no "1"' }])
    },
  )
})

describe('hostile input', () => {
  const requests: [name: string, part: 'query' | 'body', request: SendOptions][] = [
    ['the query', 'query', { path: '/?__proto__=x&__proto__=y&constructor=z&a=1' }],
    [
      'a form',
      'body',
      {
        form: [
          ['__proto__', 'x'],
          ['__proto__', 'y'],
          ['constructor', 'z'],
          ['a', '1'],
        ],
      },
    ],
    [
      'a form of parts',
      'body',
      {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
        body: `${['__proto__', '__proto__', 'constructor', 'a'].map((name, i) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${'xyz1'[i]}\r\n`).join('')}--x--`,
      },
    ],
  ]

  it.each(requests)('has plain names for those of prototypes: %s', async (_name, part, request) => {
    const got = ((await seen({ [part]: anything }, request)) as Record<string, object>)[part]!
    expect(Object.getPrototypeOf(got)).toBe(null)
    expect(Object.entries(got)).toEqual([
      ['__proto__', ['x', 'y']],
      ['constructor', 'z'],
      ['a', '1'],
    ])
    for (const members of [z.looseObject({}), z.record(z.string(), z.unknown())]) {
      const made = ((await seen({ [part]: members }, request)) as Record<string, object>)[part]
      expect(made).toMatchObject({ a: '1' })
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
    }
    expect({}).not.toHaveProperty('0')
  })

  it.each<[name: string, request: SendOptions]>([
    [
      '__proto__ in JSON',
      { body: '{"__proto__":{"admin":true}}', headers: { 'Content-Type': 'application/json' } },
    ],
    [
      'constructor in JSON',
      {
        body: '{"constructor":{"prototype":{"admin":true}}}',
        headers: { 'Content-Type': 'application/json' },
      },
    ],
  ])('gives nobody what is not there: %s', async (_name, request) => {
    const admin = z.object({ admin: z.boolean().optional() })
    expect(await seen({ body: admin }, request)).toEqual({ body: {} })
    expect({}).not.toHaveProperty('admin')
  })

  it('is read in the time that its length takes', async () => {
    const app = handler({ query: anything }, () => null)
    const { environ } = Request.blank('/')
    await expectLinear(
      (length) => 'a&'.repeat(length / 2),
      (query) => app({ ...environ, QUERY_STRING: query }, () => () => Promise.resolve()),
    )
  })

  it('is told of more faults than a call can have arguments', async () => {
    const json = new Array(200_000).fill(0)
    const told = await faults({ body: z.array(z.string()) }, { json })
    expect(told).toHaveLength(json.length)
    expect(told.at(-1)?.path).toEqual([json.length - 1])
  })

  it('sees no more of it than its fault', async () => {
    const body = z.object({ users: z.array(z.object({ password: z.string().min(8) })) })
    const sent = await send(
      handler({ body }, () => null),
      { json: { users: [{ password: 'hunter2' }, { password: 17 }, null], admin: 'hunter2' } },
    )
    expect((sent.json() as Problem).errors.map(({ path }) => path)).toEqual([
      ['users', 0, 'password'],
      ['users', 1, 'password'],
      ['users', 2],
    ])
    expect(sent.text).not.toMatch(/hunter2|17/)
  })

  it('that breaks off is no fault of the input', async () => {
    const input = {
      ...Request.blank('/').environ['wsgi.input'],
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('broken off')) }),
    }
    const environ = Object.assign(Request.blank('/', { method: 'POST' }).environ, {
      CONTENT_TYPE: 'application/json',
      'wsgi.input': input,
    })
    const body = handler({ body: anything }, () => null)(environ, () => () => Promise.resolve())
    await expect(body).rejects.toThrow('broken off')
  })
})

describe('a schema that does not answer as it should', () => {
  const broken = new Error('broken')
  const throwing = schema(() => {
    throw broken
  })
  const missing = schema(() => {
    throw new HttpError(404)
  })

  it.each<[name: string, options: HandlerOptions]>([
    ['throws', { query: throwing }],
    ['throws later', { query: later(throwing) }],
    ['throws after another has waited', { params: later(anything), query: throwing }],
    ['throws on a body', { body: throwing }],
    ['throws on an answer', { response: throwing, development: true }],
    ['throws later on an answer', { response: later(throwing), development: true }],
  ])('and %s is a fault of the server', async (_name, options) => {
    const app = handler(options, () => ({}))
    const { errors, outcomes, chunks } = call(app, Request.blank('/', { json: 1 }).environ)
    await settled()
    expect(outcomes).toMatchObject([{ status: 500, error: broken }])
    expect(errors.join('')).toContain('Error: broken')
    expect(chunks.join('')).not.toContain('broken')
  })

  it('may throw an answer', async () => {
    expect((await send(handler({ query: missing }, () => null))).status).toBe(404)
    expect((await send(handler({ query: later(missing) }, () => null))).status).toBe(404)
  })

  it.each<[name: string, result: SchemaResult<unknown>]>([
    ['fits', { value: 1 }],
    ['does not fit', { issues: [{ message: 'no' }] }],
  ])('in time may say after the client is gone that a request %s', async (_name, result) => {
    let finish: (result: SchemaResult<unknown>) => void = () => {}
    const slow = schema(
      () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    )
    const answer = call(handler({ query: slow }, () => 'hi'))
    answer.call.gone()
    finish(result)
    await settled()
    expect(answer).toMatchObject({ status: '', chunks: [], errors: [] })
    expect(answer.outcomes).toMatchObject([{ status: undefined, aborted: true }])
  })

  it('lets the client go while it takes for ever', async () => {
    const answer = call(handler({ query: schema(() => new Promise(() => {})) }, () => 'hi'))
    answer.call.gone()
    await settled()
    expect(answer.outcomes).toMatchObject([{ status: undefined, aborted: true }])
  })
})

describe('the schema of an answer', () => {
  const response = z.object({ items: z.array(z.object({ id: z.number() })) })
  const wrong = { items: [{ id: 1 }, { id: 'secret' as unknown as number }, {} as { id: number }] }

  it.each<[name: string, options: HandlerOptions]>([
    ['at once', { response }],
    ['later', { response: later(response) }],
  ])('makes a 500 of one that does not fit, in development (%s)', async (_name, options) => {
    const listItems = () => wrong
    const sent = await send(handler({ ...options, development: true }, listItems))
    expect(sent.status).toBe(500)
    expect(sent.json()).toEqual({ status: 500, title: 'Internal Server Error' })
    expect(sent.errors).toContain(
      'caused by: TypeError: handler: listItems: the answer must be as options.response says; got at ["items",1,"id"]: Invalid input: expected number, received string; at ["items",2,"id"]: Invalid input: expected number, received undefined',
    )
  })

  it('is not asked otherwise', async () => {
    const never = schema(() => {
      throw new Error('asked')
    })
    for (const development of [undefined, false]) {
      const options = { response: never, ...(development === undefined ? {} : { development }) }
      expect((await send(handler(options, () => wrong))).json()).toEqual(JSON.parse(JSON.stringify(wrong)))
    }
  })

  it.each<[name: string, answer: Application | HttpError | Response | globalThis.Response, status: number]>([
    ['a Response', Response.text('hi'), 200],
    ['a Fetch Response', new globalThis.Response('hi'), 200],
    ['an HttpError', new HttpError(404), 404],
    [
      'an application',
      (_environ, startResponse) => {
        startResponse('200 OK', [])
        return []
      },
      200,
    ],
  ])('does not look at %s', async (_name, answer, status) => {
    const app = handler({ response: faulty({ message: 'no' }), development: true }, () => answer)
    expect((await send(app)).status).toBe(status)
  })

  it.each<[name: string, answer: string | Uint8Array | object | null]>([
    ['text', 'hi'],
    ['bytes', Uint8Array.of(1)],
    ['null', null],
    ['an object', {}],
    ['an array', []],
  ])('looks at %s', async (_name, answer) => {
    const app = handler({ response: faulty({ message: 'no' }), development: true }, () => answer)
    expect((await send(app)).status).toBe(500)
    const fitting = handler({ response: later(anything), development: true }, () => answer)
    expect((await send(fitting)).status).toBe(answer === null ? 204 : 200)
  })

  it('changes nothing of what is sent', async () => {
    const short = z.object({ id: z.number() }).transform(() => ({ id: 0 }))
    const answer = { id: 7, more: true }
    for (const development of [false, true]) {
      const app = handler({ response: short, development }, () => answer)
      expect((await send(app)).json()).toEqual(answer)
    }
  })
})

describe('handler with schemas', () => {
  it('keeps the name of the function', () => {
    expect(
      handler({}, function home() {
        return null
      }).name,
    ).toBe('home')
    expect(handler({}, () => null).name).toBe('handler')
  })

  it('takes a schema that is a function, as those of ArkType are', async () => {
    const callable = Object.assign(() => {}, anything)
    expect(await seen({ query: callable }, '/?a=1')).toEqual({ query: { a: '1' } })
  })

  it('passes over an option without a value', async () => {
    const options = {
      query: undefined,
      limits: undefined,
      development: undefined,
    } as unknown as HandlerOptions
    expect(await seen(options, '/?a=1')).toEqual({})
  })

  const { validate } = anything['~standard']

  it.each<[options: unknown, message: string]>([
    [null, 'handler: options: must be an object; got null'],
    ['query', 'handler: options: must be an object; got "query"'],
    [() => {}, 'handler: options: must be an object; got function'],
    [{ qurey: anything }, 'handler: options: must be without other members; got "qurey"'],
    [{ toString: anything }, 'handler: options: must be without other members; got "toString"'],
    [
      { query: null },
      'handler: options.query: must be a Standard Schema (https://standardschema.dev); got null',
    ],
    [{ params: 'id' }, 'options.params: must be a Standard Schema (https://standardschema.dev); got "id"'],
    [{ headers: {} }, 'options.headers: must be a Standard Schema (https://standardschema.dev); got object'],
    [{ body: { '~standard': null } }, 'options.body: must be a Standard Schema'],
    [{ body: { '~standard': { version: 1 } } }, 'options.body: must be a Standard Schema'],
    [{ body: { '~standard': { version: 2, validate } } }, 'options.body: must be a Standard Schema'],
    [
      { response: () => {} },
      'options.response: must be a Standard Schema (https://standardschema.dev); got function',
    ],
    [{ development: 'yes' }, 'handler: options.development: must be a boolean; got "yes"'],
    [{ limits: { bodyBytes: -1 } }, 'handler: options.limits.bodyBytes: must be a whole number'],
  ])('refuses, when it is made, the options %j', (options, message) => {
    const make = () => handler(options as HandlerOptions, () => null)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it.each<[name: string, args: unknown[], found: string]>([
    ['nothing', [], 'undefined'],
    ['options alone', [{}], 'object'],
    ['no function beside them', [{}, 'hi'], 'string'],
  ])('refuses, when it is made, %s', (_name, args, found) => {
    const make = () => (handler as (...args: unknown[]) => unknown)(...args)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`handler: fn: must be a function; got ${found}`)
  })
})

describe('schemasOf', () => {
  const options = { query: anything }
  const app = handler(options, () => null)
  const layer: Middleware = (inner) => (environ, startResponse) => inner(environ, startResponse)

  it.each<[where: string, app: Application]>([
    ['by itself', app],
    ['inside a stack', stack().use(layer).use(layer).run(app)],
    ['inside one that validates', stack({ validate: true }).use(layer).run(app)],
    ['inside one that validates and has no layers', stack({ validate: true }).run(app)],
    [
      'inside several',
      stack()
        .use(layer)
        .run(stack({ validate: true }).use(layer).run(app)),
    ],
  ])('gives the options of a handler %s', (_where, found) => {
    expect(schemasOf(found)).toBe(options)
  })

  it.each<[what: string, app: Application]>([
    ['a handler without any', handler(() => null)],
    ['an application that is no handler', () => []],
    ['a layer that no stack put around a handler', layer(app)],
  ])('gives nothing for %s', (_what, found) => {
    expect(schemasOf(found)).toBeUndefined()
  })
})
