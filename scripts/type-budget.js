// What the compiler has to do for an application of 200 routes under three layers, as somebody who uses the packages writes it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { capture, root } from './setup.js'

/** The whole program counts, with what is imported. */
const BUDGET = { instantiations: 10_000, seconds: 1 }

/** The time of one run is that of the machine, too. */
const RUNS = 3

/**
 * Type-checks the application against the built packages; prints its figures, and gives how many are within the budget.
 * Needs the build.
 */
export function typeBudget() {
  // Here it finds the packages as an application does, and no other check finds it.
  const folder = mkdtempSync(`${root}examples/node_modules/.type-budget-`)
  try {
    writeFileSync(`${folder}/app.ts`, application(200))
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(CONFIG))
    const runs = Array.from({ length: RUNS }, () => measure(folder))
    const fault = runs.find(({ output }) => output !== undefined)
    if (fault) {
      console.error(
        `${fault.output}\ntype-budget: the application must compile; what the compiler says is above`,
      )
      return { passed: 0, failed: 2 }
    }
    const instantiations = Math.max(...runs.map((run) => run.instantiations))
    const seconds = Math.min(...runs.map((run) => run.seconds))
    return count([
      isWithin(instantiations, BUDGET.instantiations, 'instantiations'),
      isWithin(seconds, BUDGET.seconds, `s of check time, the best of ${RUNS}`),
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const CONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  files: ['app.ts'],
}

/**
 * @param {string} folder
 * @returns {{ instantiations: number, seconds: number, output?: string }}
 */
function measure(folder) {
  const tsc = `${root}node_modules/typescript/bin/tsc`
  const { ok, output } = capture(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'])
  const instantiations = Number(/^Instantiations:\s*(\d+)$/m.exec(output)?.[1])
  const seconds = Number(/^Check time:\s*([\d.]+)s$/m.exec(output)?.[1])
  if (ok && instantiations > 0 && seconds >= 0) return { instantiations, seconds }
  return { instantiations, seconds, output }
}

/**
 * @param {number} found
 * @param {number} budget
 * @param {string} unit
 */
function isWithin(found, budget, unit) {
  const ok = found <= budget
  console.log(`${ok ? 'passed' : 'FAILED'}  ${found} ${unit}, of ${budget}`)
  return ok
}

/** @param {boolean[]} results */
function count(results) {
  const passed = results.filter(Boolean).length
  return { passed, failed: results.length - passed }
}

/** @param {number} routes how many: of three, two are plain, and one has params */
function application(routes) {
  const lines = Array.from({ length: routes }, (_, i) =>
    i % 3 === 2 ? withParams(Math.floor(i / 3)) : plain(i - Math.floor(i / 3)),
  )
  return `${HEAD}${lines.join('\n')}\n${TAIL}`
}

const HEAD = `import { type Application, type Environ, handler, type Middleware, stack, text } from '@tsgi/core'
import { Selector } from '@tsgi/router'

interface SessionEnviron {
  'app.session': Map<string, string>
}
interface UserEnviron {
  'app.user': { name: string }
}
interface LogEnviron {
  'app.log': (line: string) => void
}
declare function log(): Middleware<LogEnviron>
declare function session(): Middleware<SessionEnviron>
declare function user(): Middleware<UserEnviron, SessionEnviron>
declare const page: Application
declare const account: Application<Environ & SessionEnviron & UserEnviron>

const selector = new Selector<LogEnviron & SessionEnviron & UserEnviron>()
`

// Where nothing had a type, nothing would cost anything.
const TAIL = `
// @ts-expect-error the pattern names no param of this name
selector.get('/last/:id', handler(({ params }) => params.name))
export const app: Application = stack().use(log()).use(session()).use(user()).run(selector)
`

/** @param {number} i */
function plain(i) {
  const kinds = [
    `selector.get('/pages/${i}', page)`,
    `selector.post('/forms/${i}/send', account)`,
    `selector.get('/inline/${i}', (environ, startResponse) => {
  environ['app.log'](environ.PATH_INFO)
  startResponse('200 OK', [])
  return text(environ['app.user'].name)
})`,
    `selector.get('/texts/${i}', handler(() => 'Text ${i}'))`,
    `selector.add('/tables/${i}', { GET: page, POST: account })`,
  ]
  return kinds[i % kinds.length]
}

/** @param {number} i */
function withParams(i) {
  const kinds = [
    `selector.get('/users${i}/:id', handler(({ params }) => params.id))`,
    `selector.put('/items${i}/:id', handler(async ({ params, environ }) => environ['app.user'].name + params.id))`,
    `selector.get('/posts${i}/:slug/edit', handler(({ params }) => ({ slug: params.slug })))`,
    `selector.get('/teams${i}/:team/members${i}/:member', handler(({ params }) => [params.team, params.member]))`,
    `selector.delete('/notes${i}/:id', handler(({ params }) => params.id))`,
    `selector.add('/tags${i}/:tag', { GET: handler(({ params }) => params.tag), PUT: handler(({ params }) => params.tag) })`,
    `selector.get('/shops${i}/:id', handler(({ params }) => params.id))`,
    `selector.get('/years${i}/:year/:month', handler(({ params }) => params.year + params.month))`,
    `selector.get('/likes${i}/:id{/:tab}', handler(({ params }) => params.tab ?? params.id))`,
    `selector.post('/carts${i}/:id', handler(({ params }) => params.id))`,
    `selector.get('/files${i}/*path', handler(({ params }) => params.path.join('/')))`,
  ]
  return kinds[i % kinds.length]
}
