import { type Application, type Environ, handler, type RoutingEnviron, type StandardSchema } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Params, Selector, type SelectorEnviron } from '../src/index.ts'
import { says } from './applications.ts'

type Validate = StandardSchema['~standard']['validate']

/** A schema of no library: what the standard asks for, and no more. */
function schema(validate: Validate): StandardSchema<unknown, Record<string, unknown>> {
  return { '~standard': { version: 1, vendor: 'test', validate: validate as never } }
}

const misfit = { issues: [{ message: 'must be something else' }] }
const nothing = schema(() => misfit)
const anything = schema((value) => ({ value }))
const number = schema((value) => (/^\d+$/.test(value as string) ? { value: Number(value) } : misfit))
const slug = schema((value) => (/^[a-z-]+$/.test(value as string) ? { value } : misfit))

/** The application by which a route keeps what it was given. */
function keeps(seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[], label = ''): Application {
  return (environ, startResponse) => {
    seen.push(environ as Environ & SelectorEnviron & RoutingEnviron<Params>)
    return says(label)(environ, startResponse)
  }
}

describe('a param that does not fit its schema', () => {
  const selector = new Selector()
    .get('/items/7', says('seven'))
    .get('/items/:id', says('number'), { params: { id: number } })
    .get('/items/:slug', says('slug'), { params: { slug } })
    .get('/items/x_', says('static, later'))
    .get('/items/:any', says('any'), { params: { any: z.string().max(5) } })
    .get('/items/toolong', says('static, last'))
    .post('/items/:id', says('post'), { params: { id: number } })

  it.each<[method: string, path: string, answer: string]>([
    ['GET', '/items/8', 'number'],
    ['GET', '/items/7', 'seven'],
    ['GET', '/items/a-b', 'slug'],
    ['GET', '/items/A', 'any'],
    ['GET', '/items/x_', 'static, later'],
    ['GET', '/items/toolong', 'slug'],
    ['GET', '/items/TOOLONG', '404 Not Found\n'],
    ['GET', '/items/8%20', 'any'],
    ['GET', '/items/%D9%A3', 'any'],
    ['GET', '/items/8%2F9', 'any'],
    ['GET', '/items/', '404 Not Found\n'],
    ['HEAD', '/items/TOOLONG', ''],
    ['POST', '/items/8', 'post'],
    ['POST', '/items/a', '405 Method Not Allowed\n'],
    ['POST', '/items/TOOLONG', '404 Not Found\n'],
    ['DELETE', '/items/TOOLONG', '404 Not Found\n'],
    ['OPTIONS', '/items/TOOLONG', '404 Not Found\n'],
    ['DELETE', '/items/a', '501 Not Implemented\n'],
  ])('falls through: %s %s is answered %j', async (method, path, answer) => {
    const received = await send(selector, { method, path })
    expect(received.text).toBe(answer)
    if (answer.startsWith('404')) expect(received.status).toBe(404)
  })

  it('leaves its route out of Allow', async () => {
    const other = new Selector()
      .post('/:id', says(''), { params: { id: number } })
      .put('/:slug', says(''), { params: { slug } })
    expect((await send(other, '/7')).headers.get('Allow')).toBe('POST, OPTIONS')
    expect((await send(other, '/a')).headers.get('Allow')).toBe('PUT, OPTIONS')
    expect((await send(other, { method: 'OPTIONS', path: '/a' })).headers.get('Allow')).toBe('PUT, OPTIONS')
  })

  it('is one of several', () => {
    const pair = new Selector().get('/:a/:b', says(''), { params: { a: number, b: slug } })
    expect(pair.match('GET', '/1/x')?.params).toEqual({ a: 1, b: 'x' })
    expect(pair.match('GET', '/x/x')).toBe(undefined)
    expect(pair.match('GET', '/1/1')).toBe(undefined)
  })

  it('falls through from an optional, a wildcard and a param beside text alike', () => {
    const label = (path: string) =>
      new Selector()
        .get('/a{/:n}', says(''), { name: 'optional', params: { n: number } })
        .get('/a/*list', says(''), { name: 'wildcard', params: { list: z.array(z.string()).length(2) } })
        .get('/a/v-:n', says(''), { name: 'beside', params: { n: number } })
        .get('/*all', says(''), { name: 'all' })
        .match('GET', path)?.route.name
    expect(['/a', '/a/1', '/a/x', '/a/x/y', '/a/v-1', '/a/v-x'].map(label)).toEqual([
      'optional',
      'optional',
      'all',
      'wildcard',
      'beside',
      'all',
    ])
  })

  it('is looked at once, and not where an earlier route has taken the request', async () => {
    const asked: unknown[] = []
    const asking = schema((value) => {
      asked.push(value)
      return { value }
    })
    const selector = new Selector()
      .get('/x', says('first'))
      .get('/:id', says('second'), { params: { id: asking } })
    await send(selector, '/x')
    expect(asked).toEqual([])
    await send(selector, '/y')
    expect(asked).toEqual(['y'])
    await send(selector, { method: 'PUT', path: '/z' })
    expect(asked).toEqual(['y', 'z'])
  })
})

describe('what a schema makes of a param', () => {
  it('is what request.params, routing_args and selector.vars have', async () => {
    const seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[] = []
    const params = { id: z.coerce.number().int(), day: z.iso.date().transform((day) => new Date(day)) }
    const selector = new Selector().get('/:id/:day/:rest', keeps(seen), { params })
    await send(selector, '/7/2024-02-29/x')
    const [environ] = seen
    const made = { id: 7, day: new Date('2024-02-29'), rest: 'x' }
    expect(environ?.['selector.vars']).toEqual(made)
    expect(environ?.['wsgiorg.routing_args']).toEqual([[], made])
  })

  it('is what a handler finds', async () => {
    const show = handler((request) => {
      const { id } = request.params as { id?: unknown }
      return `${typeof id} ${id}`
    })
    const selector = new Selector().get('/:id', show, { params: { id: z.coerce.bigint() } })
    expect((await send(selector, '/18446744073709551616')).text).toBe('bigint 18446744073709551616')
  })

  it('is what match gives', () => {
    const selector = new Selector().get('/:id', says(''), { params: { id: number } })
    expect(selector.match('GET', '/7')?.params).toEqual({ id: 7 })
    expect(selector.match('HEAD', '/7')?.params).toEqual({ id: 7 })
    expect(selector.match('GET', '/x')).toBe(undefined)
  })

  it.each<[what: string, made: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
    ['an empty text', ''],
    ['NaN', Number.NaN],
    ['an object', { a: 1 }],
  ])('may be %s', async (_what, made) => {
    const seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[] = []
    const selector = new Selector().get('/:id', keeps(seen), {
      params: { id: schema(() => ({ value: made })) },
    })
    expect((await send(selector, '/7')).status).toBe(200)
    expect(Object.entries(seen[0]!['selector.vars'])).toEqual([['id', made]])
    expect(Object.entries(seen[0]!['wsgiorg.routing_args'][1])).toEqual([['id', made]])
  })

  it('is made of the segment read back', () => {
    const seen: unknown[] = []
    const keep = schema((value) => {
      seen.push(value)
      return { value }
    })
    const selector = new Selector().get('/:id/*rest', says(''), { params: { id: keep, rest: keep } })
    selector.match('GET', '/a%2Fb/c%252Fd/%2F/é')
    expect(seen).toEqual(['a/b', ['c%2Fd', '/', 'é']])
  })

  it('shows in no other route', () => {
    const meddling = schema((value) => {
      if (Array.isArray(value)) value.push('more')
      return { value: 'changed' }
    })
    const both = schema((value) => {
      Object.assign(value as object, { a: 'changed', more: 'more' })
      return misfit
    })
    const selector = new Selector()
      .get('/:a/*rest', says(''), { params: { a: meddling, rest: meddling } })
      .get('/:a/:b', says(''), { params: { a: meddling, b: nothing } })
      .get('/:a/*rest', says(''), { params: both })
      .get('/:a/*rest', says(''), { host: 'example.com', params: { a: meddling } })
      .get('/:a/*rest', says(''), { name: 'last' })
    // The first takes what it is asked for.
    expect(selector.match('GET', '/x/y')?.params).toEqual({ a: 'changed', rest: 'changed' })
    const meddlingInVain = schema((value) => {
      ;(value as string[]).push('more')
      return misfit
    })
    const later = new Selector()
      .get('/:a/*rest', says(''), { params: { a: meddling, rest: schema(() => misfit) } })
      .get('/:a/:b', says(''), { params: { a: meddling, b: nothing } })
      .get('/:a/*rest', says(''), { params: both })
      .get('/:c/*rest', says(''), { params: { rest: meddlingInVain } })
      .get('/:a/*rest', says(''), { host: 'example.com', params: { a: meddling } })
      .get('/:a/*rest', says(''), { name: 'last' })
    expect(later.match('GET', '/x/y')).toMatchObject({ route: { name: 'last' } })
    expect(later.match('GET', '/x/y')?.params).toEqual({ a: 'x', rest: ['y'] })
  })

  it('shows in no other request', () => {
    const meddling = schema((value) => {
      ;(value as string[]).push('more')
      return { value }
    })
    const selector = new Selector().get('/*rest', says(''), { params: { rest: meddling } })
    expect(selector.match('GET', '/a')?.params).toEqual({ rest: ['a', 'more'] })
    expect(selector.match('GET', '/a')?.params).toEqual({ rest: ['a', 'more'] })
  })

  it('is the vars of an inner Selector, where routing_args keep the outer one', async () => {
    const seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[] = []
    const inner = new Selector().get('/:id', keeps(seen), { params: { id: number } })
    const outer = new Selector().mount('/:id', inner, { params: { id: slug } })
    await send(outer, '/a/7')
    expect(seen[0]?.['selector.vars']).toEqual({ id: 7 })
    expect(seen[0]?.['wsgiorg.routing_args']).toEqual([[], { id: 'a' }])
    expect((await send(outer, '/7/7')).status).toBe(404)
    expect((await send(outer, '/a/a')).status).toBe(404)
  })

  it('may be of the params of a group, and of a host', () => {
    const selector = new Selector().group('/:org', [], (group) =>
      group.get('/:id', says(''), {
        host: ':tenant.example.com',
        params: { org: slug, id: number, tenant: z.enum(['a', 'b']) },
      }),
    )
    const params = (path: string, host: string) =>
      selector.match('GET', path, { HTTP_HOST: `${host}.example.com` })?.params
    expect(params('/org/7', 'a')).toEqual({ org: 'org', id: 7, tenant: 'a' })
    expect(params('/8/7', 'a')).toBe(undefined)
    expect(params('/org/x', 'a')).toBe(undefined)
    expect(params('/org/7', 'c')).toBe(undefined)
  })
})

describe('an optional that is absent', () => {
  it('is not looked at, and has no key', () => {
    const asked: unknown[] = []
    const asking = schema((value) => {
      asked.push(value)
      return value === 'no' ? misfit : { value: `made of ${String(value)}` }
    })
    const selector = new Selector().get('/a{/:tab}', says(''), { params: { tab: asking } })
    const absent = selector.match('GET', '/a')?.params
    expect(absent).toEqual({})
    expect('tab' in (absent ?? {})).toBe(false)
    expect(asked).toEqual([])
    expect(selector.match('GET', '/a/x')?.params).toEqual({ tab: 'made of x' })
    expect(selector.match('GET', '/a/no')).toBe(undefined)
  })

  it('gets no default by a schema of its own, but by one for all', () => {
    const own = new Selector().get('/a{/:tab}', says(''), { params: { tab: z.string().default('home') } })
    expect(own.match('GET', '/a')?.params).toEqual({})
    const all = new Selector().get('/a{/:tab}', says(''), {
      params: z.object({ tab: z.string().default('home') }),
    })
    expect(all.match('GET', '/a')?.params).toEqual({ tab: 'home' })
  })
})

describe('one schema for all params', () => {
  it('sees them together', () => {
    const range = z
      .object({ from: z.coerce.number(), to: z.coerce.number() })
      .refine(({ from, to }) => from < to)
      .transform(({ from, to }) => ({ from, to, length: to - from }))
    const selector = new Selector()
      .get('/:from-:to', says(''), { name: 'range', params: range })
      .get('/:any', says(''), { name: 'any' })
    expect(selector.match('GET', '/3-7')).toMatchObject({
      route: { name: 'range' },
      params: { from: 3, to: 7, length: 4 },
    })
    expect(selector.match('GET', '/7-3')?.route.name).toBe('any')
    expect(selector.match('GET', '/x-y')?.route.name).toBe('any')
  })

  it('gives what it makes, and nothing else, to the application', async () => {
    const seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[] = []
    const selector = new Selector().get('/:a/:b', keeps(seen), {
      params: z.object({ a: z.coerce.number() }),
    })
    await send(selector, '/1/2')
    expect(seen[0]?.['selector.vars']).toEqual({ a: 1 })
    expect(seen[0]?.['wsgiorg.routing_args']).toEqual([[], { a: 1 }])
  })

  it('sees those of the host, the lists of wildcards, and no key for what is absent', () => {
    const asked: unknown[] = []
    const asking = schema((value) => {
      asked.push({ ...(value as object) })
      return { value }
    })
    const selector = new Selector().get('/:a{/b-:b}/*rest', says(''), { host: ':h.x', params: asking })
    selector.match('GET', '/1/2/3', { HTTP_HOST: 'H.x' })
    selector.match('GET', '/1/b-2/3', { HTTP_HOST: 'h.x' })
    expect(asked).toEqual([
      { a: '1', rest: ['2', '3'], h: 'h' },
      { a: '1', b: '2', rest: ['3'], h: 'h' },
    ])
  })

  it('is asked where the pattern has no params, too', () => {
    const selector = new Selector().get('/a', says(''), { params: z.strictObject({}) })
    expect(selector.match('GET', '/a')?.params).toEqual({})
    const never = new Selector().get('/a', says(''), { params: nothing })
    expect(never.match('GET', '/a')).toBe(undefined)
  })

  it.each<[made: unknown, found: string]>([
    [undefined, 'undefined'],
    [null, 'object'],
    [7, 'number'],
    ['x', 'string'],
    [false, 'boolean'],
  ])('must make an object, not %j', async (made, found) => {
    const selector = new Selector().get('/:id', says(''), { params: schema(() => ({ value: made })) })
    const message = `selector: pattern "/:id": options.params: what it makes of the params must be an object; got ${found}`
    await expect(send(selector, '/7')).rejects.toThrow(new TypeError(message))
  })

  it('may be a function, as ArkType’s are', () => {
    const callable = Object.assign(() => {}, anything)
    const selector = new Selector().get('/:id', says(''), { params: callable })
    expect(selector.match('GET', '/7')?.params).toEqual({ id: '7' })
  })
})

describe('the list of a wildcard', () => {
  it.each<[path: string, params: object | undefined]>([
    ['/f/a', { path: 'a' }],
    ['/f/a/b', { path: 'a,b' }],
    ['/f/a%2Fb/c', { path: 'a/b,c' }],
    ['/f/a/', { path: 'a,' }],
    ['/f/a/b/c', undefined],
  ])('goes to its schema as a list: of %s comes %o', (path, params) => {
    const list = z
      .array(z.string())
      .max(2)
      .transform((segments) => segments.join())
    const selector = new Selector().get('/f/*path', says(''), { params: { path: list } })
    expect(selector.match('GET', path)?.params).toEqual(params)
  })

  it('does so where the wildcard is not at the end', () => {
    const selector = new Selector().get('/*path/edit', says(''), {
      params: { path: z.tuple([z.string(), z.coerce.number()]) },
    })
    expect(selector.match('GET', '/a/7/edit')?.params).toEqual({ path: ['a', 7] })
    expect(selector.match('GET', '/a/b/edit')).toBe(undefined)
  })
})

describe('what is no schema', () => {
  const known = 'options.params: must be for params of the pattern'
  it.each<[pattern: string, params: unknown, message: string]>([
    ['/:id', { id: anything, other: anything }, `${known}, "id"; got "other"`],
    ['/:id/*rest', { Id: anything }, `${known}, "id", "rest"; got "Id"`],
    ['/a', { id: anything }, `${known}, none; got "id"`],
    ['/:id', { constructor: anything }, `${known}, "id"; got "constructor"`],
    ['/:id', { toString: anything }, `${known}, "id"; got "toString"`],
    ['/:id', { 0: anything }, `${known}, "id"; got "0"`],
    ['/:id', { id: null }, 'options.params.id: must be a Standard Schema; got null'],
    ['/:id', { id: undefined }, 'options.params.id: must be a Standard Schema; got undefined'],
    ['/:id', { id: /\d+/ }, 'options.params.id: must be a Standard Schema; got object'],
    ['/:id', { id: Number }, 'options.params.id: must be a Standard Schema; got function'],
    ['/:id', { id: '\\d+' }, 'options.params.id: must be a Standard Schema; got string'],
    ['/:id', { id: {} }, 'options.params.id: must be a Standard Schema; got object'],
    [
      '/:id',
      { id: { '~standard': { version: 2, vendor: 'test', validate: () => ({ value: 1 }) } } },
      'options.params.id: must be a Standard Schema; got object',
    ],
    [
      '/:id',
      { id: { '~standard': { version: 1, vendor: 'test' } } },
      'options.params.id: must be a Standard Schema; got object',
    ],
    ['/:id', 7, 'options.params: must be a Standard Schema, or one for each param; got 7'],
    ['/:id', 'id', 'options.params: must be a Standard Schema, or one for each param; got id'],
  ])('throws at add: on %s, %o: %s', (pattern, params, message) => {
    const selector = new Selector()
    const add = () => selector.get(pattern, says(''), { params } as {})
    expect(add).toThrow(new TypeError(`selector: pattern ${JSON.stringify(pattern)}: ${message}`))
    expect(selector.routes()).toEqual([])
  })

  it.each([null, false, 0, ''])('throws at add, and does not leave the params unchecked: %j', (params) => {
    const message = `options.params: must be a Standard Schema, or one for each param; got ${params}`
    const add = () => new Selector().get('/:id', says(''), { params } as {})
    expect(add).toThrow(new TypeError(`selector: pattern "/:id": ${message}`))
  })

  it('throws with each name once', () => {
    const add = () => new Selector().get('/a{/:b}/:id', says(''), { params: { x: anything } })
    expect(add).toThrow(new TypeError(`selector: pattern "/a{/:b}/:id": ${known}, "b", "id"; got "x"`))
  })

  it('a positional value has no name to put a schema on', () => {
    const parser = () => ({ regexp: /^\/(\d)$/, keys: [{ type: 'param' as const, name: 0 }] })
    expect(() => new Selector({ parser }).get('/x', says(''), { params: { 0: anything } })).toThrow(
      new TypeError(`selector: pattern "/x": ${known}, none; got "0"`),
    )
  })
})

describe('a schema that cannot answer', () => {
  const place = 'selector: pattern "/users/:id": options.params'
  it.each<[what: string, params: unknown, where: string]>([
    ['a hand-written async one', { id: schema(async (value) => ({ value })) }, `${place}.id`],
    ['one of zod', { id: z.string().refine(async () => true) }, `${place}.id`],
    ['one that rejects', { id: schema(() => Promise.reject(new Error('unheard'))) }, `${place}.id`],
    ['one for all', schema(async (value) => ({ value })), place],
    ['one of zod for all', z.object({ id: z.string().transform(async (id) => id) }), place],
  ])('at once throws at its first use, and says where: %s', async (_what, params, where) => {
    const selector = new Selector()
    expect(() => selector.get('/users/:id', says(''), { params } as {})).not.toThrow()
    const message = `${where}: the schema must be sync; got a promise`
    await expect(send(selector, '/users/7')).rejects.toThrow(new TypeError(message))
    expect(() => selector.match('GET', '/users/7')).toThrow(new TypeError(message))
    expect((await send(selector, '/users')).status).toBe(404)
  })

  it('throws what it throws', async () => {
    const fault = new RangeError('broken schema')
    const broken = schema(() => {
      throw fault
    })
    const selector = new Selector()
      .get('/:id', says(''), { params: { id: broken } })
      .get('/:any', says('another route does not hide it'))
    await expect(send(selector, '/7')).rejects.toBe(fault)
    expect(() => selector.match('GET', '/7')).toThrow(fault)
  })
})

describe('hostile names', () => {
  const params = {
    ['__proto__']: number,
    constructor: number,
    hasOwnProperty: number,
    ['~standard']: number,
    toString: number,
  }
  const pattern = '/:__proto__/:constructor/:hasOwnProperty/:"~standard"/:toString'

  it('are names as others are', async () => {
    const seen: (Environ & SelectorEnviron & RoutingEnviron<Params>)[] = []
    const selector = new Selector().get(pattern, keeps(seen), { params } as {})
    expect((await send(selector, '/1/2/3/4/5')).status).toBe(200)
    const made = [
      ['__proto__', 1],
      ['constructor', 2],
      ['hasOwnProperty', 3],
      ['~standard', 4],
      ['toString', 5],
    ]
    expect(Object.entries(seen[0]!['selector.vars'])).toEqual(made)
    expect(Object.entries(seen[0]!['wsgiorg.routing_args'][1])).toEqual(made)
    expect(Object.entries(Object.prototype)).toEqual([])
  })

  it.each(['/x/2/3/4/5', '/1/x/3/4/5', '/1/2/x/4/5', '/1/2/3/x/5', '/1/2/3/4/x'])(
    'have schemas that are asked: %s falls through',
    (path) => {
      expect(new Selector().get(pattern, says(''), { params } as {}).match('GET', path)).toBe(undefined)
    },
  )

  it('that are absent are not looked at', () => {
    const selector = new Selector().get('/a{/:constructor}{/x-:__proto__}', says(''), {
      params: { constructor: nothing, ['__proto__']: nothing },
    })
    expect(selector.match('GET', '/a')?.params).toEqual({})
  })

  it('are in no object that one schema for all is given', () => {
    const found: boolean[] = []
    const asking = schema((value) => {
      found.push('constructor' in (value as object), 'toString' in (value as object))
      return { value }
    })
    new Selector().get('/:id', says(''), { params: asking }).match('GET', '/7')
    expect(found).toEqual([false, false])
  })
})

it('the first route that fits path and schemas takes the request, however the routes are indexed', () => {
  const part = fc.constantFrom('/a', '/7', '/:p', '/*w', '{/:p}', '/:p-:p', '/v:p', '{/a}', '/')
  const route = fc.record({
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    isChecked: fc.boolean(),
    isPost: fc.boolean(),
  })
  const path = fc
    .array(fc.constantFrom('a', '7', 'v7', '7-7', 'a-7', 'va', ''), { minLength: 1, maxLength: 3 })
    .map((segments) => `/${segments.join('/')}`)
  let matched = 0
  fc.assert(
    fc.property(
      fc.array(route, { maxLength: 8 }),
      fc.array(path, { minLength: 5, maxLength: 5 }),
      (given, paths) => {
        const all = new Selector()
        const single: Selector[] = []
        for (const { parts, isChecked, isPost } of given) {
          let count = 0
          const pattern = parts.join('').replace(/[pw](?!\w)/g, () => `n${count++}`)
          const names = Array.from({ length: count }, (_, i) => `n${i}`)
          const params = isChecked ? Object.fromEntries(names.map((name) => [name, number])) : undefined
          const method = isPost ? 'POST' : 'GET'
          try {
            const one = new Selector().add(pattern, { [method]: says('') }, { params } as {})
            single.push(one as Selector)
          } catch {
            // Two captures side by side, or two that have one name.
            continue
          }
          all.add(pattern, { [method]: says('') }, { params } as {})
        }
        for (const path of paths) {
          const first = single.findIndex((one) => one.match('GET', path) !== undefined)
          const found = all.match('GET', path)
          expect(found === undefined ? -1 : all.routes().indexOf(found.route)).toBe(first)
          expect(found?.params).toEqual(single[first]?.match('GET', path)?.params)
          if (first > 0) matched++
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(matched).toBeGreaterThan(50)
})
