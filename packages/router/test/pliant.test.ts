import {
  type Application,
  type Body,
  type Environ,
  Request,
  type StartResponse,
  setupTestingDefaults,
} from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { expect, it } from 'vitest'
import { pliant } from '../src/pliant.ts'

/** What a function is given behind `startResponse`. */
function argsOf(routingArgs: unknown): unknown[] {
  let found: unknown[] | undefined
  const app = pliant((_environ: Environ, _startResponse: StartResponse, ...args: unknown[]) => {
    found = args
    return []
  }) as Application
  app(environOf(routingArgs), () => async () => {})
  return found!
}

function environOf(routingArgs?: unknown): Environ {
  const environ = setupTestingDefaults({})
  return routingArgs === undefined ? environ : { ...environ, ...{ 'wsgiorg.routing_args': routingArgs } }
}

it.each<[what: string, routingArgs: unknown, args: unknown[]]>([
  ['the named ones', [[], { id: '7' }], [{ id: '7' }]],
  ['the positional ones before the named ones', [['a', 'b'], { id: '7' }], ['a', 'b', { id: '7' }]],
  ['a frozen list', [Object.freeze(['a']), {}], ['a', {}]],
  ['any sequence', [new Set(['a', 'b']), {}], ['a', 'b', {}]],
  ['what a schema made', [[], { id: 7 }], [{ id: 7 }]],
  ['nothing where no router stands outside', undefined, [{}]],
])('gives %s', (_what, routingArgs, args) => {
  expect(argsOf(routingArgs)).toEqual(args)
})

it('gives the very object that the router made', () => {
  const named = Object.assign(Object.create(null), { id: '7' })
  expect(argsOf([[], named])[0]).toBe(named)
})

it('gives an object of its own, without a prototype, where no router stands outside', () => {
  const [first] = argsOf(undefined) as [object]
  const [second] = argsOf(undefined) as [object]
  expect(Object.getPrototypeOf(first)).toBe(null)
  expect(second).not.toBe(first)
})

it('hands on the environ that it was given, and gives back what the function gives', () => {
  const body = Promise.resolve([])
  let seen: Environ | undefined
  const app = pliant((environ) => {
    seen = environ
    return body
  })
  const environ = { ...environOf(), 'wsgiorg.routing_args': [['a'], { id: '7' }] } as const
  const before = { ...environ }
  expect(app(environ, () => async () => {})).toBe(body)
  expect(seen).toBe(environ)
  expect(environ).toEqual(before)
})

it('answers', async () => {
  const request = Request.blank('/')
  Object.assign(request.environ, { 'wsgiorg.routing_args': [['likes'], { id: '7' }] })
  const app = pliant<{ id: string }, [tab: string]>((_environ, startResponse, tab, { id }) => {
    startResponse('200 OK', [['X-Found', `${tab} of ${id}`]])
    return []
  })
  expect((await send(app as Application, request)).headers.get('X-Found')).toBe('likes of 7')
})

it('takes a method that is bound to its object', () => {
  class Site {
    readonly title = 'Users'
    show(_environ: Environ, startResponse: StartResponse, { id }: { id: string }): Body {
      startResponse('200 OK', [['X-Title', `${this.title} ${id}`]])
      return []
    }
  }
  const site = new Site()
  const app = pliant(site.show.bind(site)) as Application
  let title: unknown
  app(environOf([[], { id: '7' }]), (_status, headers) => {
    title = headers[0]
    return async () => {}
  })
  expect(title).toEqual(['X-Title', 'Users 7'])
})

it('has the name of its function', () => {
  expect(
    pliant(function show() {
      return []
    }).name,
  ).toBe('show')
  expect(pliant(() => []).name).toBe('pliant')
})

it.each([undefined, null, {}, 'app'])('throws for %o', (wrong) => {
  expect(() => pliant(wrong as unknown as () => Body)).toThrow(
    new TypeError(`pliant: fn: must be a function; got ${typeof wrong}`),
  )
})
