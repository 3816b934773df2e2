import { compile, pathToRegexp } from 'path-to-regexp'

/** One route, as every contender is given it: the pattern in path-to-regexp's language. */
export interface Registration {
  kind: Kind
  method: string
  pattern: string
}

/** A request, and what every contender must find for it; `undefined` is 404 or 405. */
export interface Sample {
  method: string
  path: string
  expected: Answer | undefined
}

/** What was found, in one shape for all: the text of a wildcard is joined, an optional that is absent has no key. */
export interface Answer {
  methods: readonly string[]
  pattern: string
  params: Readonly<Record<string, string>>
}

export type Kind = 'static' | 'me' | 'param' | 'params' | 'optional' | 'wildcard'

interface Template {
  kind: Kind
  pattern: string
  methods: readonly string[]
}

/** An application in the manner of REST: nine routes for each resource, and the front page. */
const FRONT: Registration = { kind: 'static', method: 'GET', pattern: '/' }
const TEMPLATES: readonly Template[] = [
  { kind: 'static', pattern: '/RES', methods: ['GET', 'POST'] },
  { kind: 'param', pattern: '/RES/:id', methods: ['GET', 'PUT', 'DELETE'] },
  { kind: 'params', pattern: '/api/v1/:org/RES/:repo/items/:id', methods: ['GET', 'PATCH'] },
  { kind: 'optional', pattern: '/docs/RES/:id{/:tab}', methods: ['GET'] },
  { kind: 'wildcard', pattern: '/files/RES/*path', methods: ['GET'] },
]
/** What `/RES/:id` fits too. It is added first: then the order of registration decides as a radix tree does. */
const OVERLAPPING: Template = { kind: 'me', pattern: '/RES/me', methods: ['GET'] }

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']
const MOST_SAMPLES = 512

/** The same routes in the same shuffled order at every call. */
export function routeSet(size: number, overlapping: boolean): Registration[] {
  const random = randomFrom(size)
  const first: Registration[] = []
  const others = [FRONT]
  for (let resource = 0; first.length + others.length < size; resource++) {
    if (overlapping) first.push(...registrations(OVERLAPPING, resource))
    for (const template of TEMPLATES) others.push(...registrations(template, resource))
  }
  return [...shuffled(first, random), ...shuffled(others, random).slice(0, size - first.length)]
}

/** The columns of a table: requests of each kind, up to 512 different ones, the same at every call. */
export function samplesOf(routes: readonly Registration[], overlapping: boolean): Map<string, Sample[]> {
  const random = randomFrom(routes.length)
  const of = (kind: Kind): Registration[] => routes.filter((route) => route.kind === kind)
  const hit = (route: Registration): Sample => hitOf(route, paramsAtRandom(random))
  const samples = (pool: Registration[], sampleOf: (route: Registration) => Sample): Sample[] => {
    const different = new Map<string, Sample>()
    for (let i = 0; i < Math.min(routes.length, MOST_SAMPLES); i++) {
      const sample = sampleOf(pool[i % pool.length]!)
      different.set(`${sample.method} ${sample.path}`, sample)
    }
    return [...different.values()]
  }
  if (overlapping) {
    const put = of('param').filter(({ method }) => method === 'PUT')
    return new Map([
      ['GET /res/me', samples(of('me'), hit)],
      ['GET /res/7', samples(of('param'), hit)],
      ['PUT /res/me', samples(put, (route) => hitOf(route, { id: 'me' }))],
    ])
  }
  const known = methodsByPattern(routes)
  return new Map([
    ['static', samples(of('static'), hit)],
    ['param', samples(of('param'), hit)],
    ['params', samples(of('params'), hit)],
    ['optional', samples(of('optional'), hit)],
    ['wildcard', samples(of('wildcard'), hit)],
    ['miss', samples([...routes], (route) => missOf(route, random))],
    [
      '405',
      samples([...routes], (route) => {
        const method = METHODS.find((candidate) => !known.get(route.pattern)!.has(candidate))!
        return { ...hit(route), method, expected: undefined }
      }),
    ],
  ])
}

/** `/users/:id` is `['id']`. */
export function namesOf(pattern: string): string[] {
  return pathToRegexp(pattern).keys.map(({ name }) => name)
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/** Mulberry32: seeded, so that each run and each contender has the same routes and requests. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function registrations({ kind, pattern, methods }: Template, resource: number): Registration[] {
  return methods.map((method) => ({ kind, method, pattern: pattern.replace('RES', `res${resource}`) }))
}

function methodsByPattern(routes: readonly Registration[]): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>()
  for (const { pattern, method } of routes) known.set(pattern, (known.get(pattern) ?? new Set()).add(method))
  return known
}

type Values = Readonly<Record<string, string | string[]>>

function hitOf({ method, pattern }: Registration, values: Values): Sample {
  const params: Record<string, string> = {}
  for (const name of namesOf(pattern)) {
    const value = values[name]
    if (value !== undefined) params[name] = typeof value === 'string' ? value : value.join('/')
  }
  return { method, path: compile(pattern)(values), expected: { methods: [method], pattern, params } }
}

function paramsAtRandom(random: () => number): Values {
  const number = (below: number): string => Math.floor(random() * below).toString()
  return {
    id: number(1_000_000),
    org: `org${number(1000)}`,
    repo: `repo${number(1000)}`,
    ...(random() < 0.5 ? { tab: `tab${number(10)}` } : {}),
    path: ['assets', `v${number(100)}`, `file${number(1000)}.js`],
  }
}

/** What is nearly the path of a route: a segment too many, too few, or another one. */
function missOf({ kind, pattern }: Registration, random: () => number): Sample {
  const [, resource = 'none'] = /(res\d+)/.exec(pattern) ?? []
  const id = Math.floor(random() * 1_000_000)
  const paths: Readonly<Record<Kind, string>> = {
    static: `/${resource}x${id}`,
    me: `/me/${id}`,
    param: `/${resource}/${id}/nothing`,
    params: `/api/v1/org/${resource}/repo/nothing/${id}`,
    optional: `/docs/${resource}/${id}/tab/nothing`,
    wildcard: `/files/${resource}x${id}`,
  }
  return { method: 'GET', path: paths[kind], expected: undefined }
}
