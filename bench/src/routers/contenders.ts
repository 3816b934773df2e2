import { Selector } from '@tsgi/router'
import findMyWay from 'find-my-way'
import type { Result, Router } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { TrieRouter } from 'hono/router/trie-router'
import { Memoirist } from 'memoirist'
import { pathToRegexp } from 'path-to-regexp'
import { addRoute, createRouter, findRoute } from 'rou3'
import { compileRouter } from 'rou3/compiler'
import { type Answer, namesOf, type Registration } from './routes.ts'

/** A router with its routes in it. */
export interface Built {
  /** What is timed: one call, and what the router itself gives for it. */
  find(method: string, path: string): unknown
  /** What `find` gave, in the shape that all share. */
  read(found: never): Answer | undefined
}

/** The one that must answer everything. */
export const OURS = 'tsgi'

/** By name; the first is what the others are compared with. */
export const CONTENDERS: Readonly<Record<string, (routes: readonly Registration[]) => Built>> = {
  'find-my-way': (routes) => ofFindMyWay(routes),
  [OURS]: ofSelector,
  'find-my-way + split': (routes) => ofFindMyWay(routes, 'split'),
  'find-my-way compile()': (routes) => ofFindMyWay(routes, 'compiled'),
  rou3: (routes) => ofRou3(routes),
  'rou3 compileRouter': (routes) => ofRou3(routes, 'compiled'),
  memoirist: ofMemoirist,
  'hono RegExpRouter': (routes) => ofHono(new RegExpRouter<Registration>(), routes),
  'hono TrieRouter': (routes) => ofHono(new TrieRouter<Registration>(), routes),
  'linear scan': ofLinearScan,
}

/** One object for all: the router's own memory is measured, not that of applications. */
const app = (): never[] => []

function ofSelector(routes: readonly Registration[]): Built {
  const selector = new Selector()
  for (const { method, pattern } of routes) selector.add(pattern, { [method]: app })
  return built(
    (method, path) => selector.match(method, path),
    (found) => found && { methods: found.route.methods, ...answer(found.route.pattern, found.params) },
  )
}

function ofFindMyWay(routes: readonly Registration[], how?: 'compiled' | 'split'): Built {
  const router = findMyWay()
  for (const route of routes) router.on(route.method as 'GET', translated(route, '*'), app, route)
  if (how === 'compiled') router.compile()
  const find = (method: string, path: string) => router.find(method as 'GET', path)
  return built(
    how === 'split' ? withLists(find) : find,
    (found) => found && answerOf(found.store, found.params),
  )
}

/** With what a wildcard fits as a list of segments, as ours gives it. */
function withLists<Found extends { params: Params } | null>(
  find: (method: string, path: string) => Found,
): typeof find {
  return (method, path) => {
    const found = find(method, path)
    const rest = found?.params['*']
    if (typeof rest === 'string') Object.assign(found!.params, { '*': rest.split('/') })
    return found
  }
}

function ofRou3(routes: readonly Registration[], compiled?: 'compiled'): Built {
  const router = createRouter<Registration>()
  for (const route of routes) addRoute(router, route.method, translated(route, '**:$1'), route)
  return built(
    compiled ? compileRouter(router) : (method, path) => findRoute(router, method, path),
    (found) => found && answerOf(found.data, found.params),
  )
}

function ofMemoirist(routes: readonly Registration[]): Built {
  const router = new Memoirist<Registration>()
  for (const route of routes) router.add(route.method, translated(route, '*'), route)
  return built(
    (method, path) => router.find(method, path),
    (found) => found && answerOf(found.store, found.params),
  )
}

/** Its own wildcard tells nobody what it matched; a param with an expression does. */
function ofHono(router: Router<Registration>, routes: readonly Registration[]): Built {
  for (const route of routes) router.add(route.method, translated(route, ':$1{.+}'), route)
  return built(
    (method, path) => router.match(method, path),
    ([handlers, stash]: Result<Registration>) => {
      const [first] = handlers
      if (first === undefined) return undefined
      const [route, params] = first
      const named = Object.entries(params).map(([name, at]) => [name, stash ? stash[at as number] : at])
      return answerOf(route, Object.fromEntries(named))
    },
  )
}

/** What a router without an index does: the expression of each route that has the method, in order of registration. */
function ofLinearScan(routes: readonly Registration[]): Built {
  const compiled = routes.map((route) => {
    const { regexp, keys } = pathToRegexp(route.pattern, { sensitive: true, trailing: false })
    return { route, regexp, keys }
  })
  return built(
    (method, path) => {
      for (const { route, regexp, keys } of compiled) {
        if (route.method !== method) continue
        const match = regexp.exec(path)
        if (match === null) continue
        const params: Record<string, string> = {}
        // A name comes once for each path that optional parts make.
        for (let i = 0; i < keys.length; i++) {
          if (match[i + 1] !== undefined) params[keys[i]!.name] = match[i + 1]!
        }
        return { route, params }
      }
      return undefined
    },
    (found) => found && answerOf(found.route, found.params),
  )
}

/** The others have one language, but for their wildcards. */
function translated({ pattern }: Registration, wildcard: string): string {
  return pattern.replace(/\{\/:(\w+)\}/, '/:$1?').replace(/\*(\w+)/, wildcard)
}

function built<Found>(
  find: (method: string, path: string) => Found,
  read: (found: Found) => Answer | null | undefined,
): Built {
  return { find, read: (found) => read(found) ?? undefined }
}

function answerOf({ method, pattern }: Registration, params: Params = {}): Answer {
  return { methods: [method], ...answer(pattern, params) }
}

type Params = Readonly<Record<string, unknown>>

function answer(pattern: string, found: Params): Pick<Answer, 'pattern' | 'params'> {
  const params: Record<string, string> = {}
  for (const [name, value] of Object.entries(found)) {
    if (value === undefined) continue
    // Where wildcards have no names.
    const key = name === '*' ? namesOf(pattern).at(-1)! : name
    params[key] = Array.isArray(value) ? value.join('/') : String(value)
  }
  return { pattern, params }
}
