/** What it costs one contender to take the routes: `node --expose-gc register.js <contender> <size>`. */
import { CONTENDERS } from './contenders.ts'
import { routeSet } from './routes.ts'

/** Milliseconds from nothing to the first answer, and bytes of heap for each route. */
export interface Cost {
  ms: number
  bytes: number
}

const [, , contender = '', size = ''] = process.argv
const routes = routeSet(Number(size), false)
const before = heapUsed()
const start = performance.now()
const router = CONTENDERS[contender]!(routes)
// A miss has them all finish what they put off, expressions that are not compiled yet among it.
router.find('GET', '/nothing/of/the/kind')
const ms = performance.now() - start
const bytes = (heapUsed() - before) / routes.length
// Asked once more, so that nothing of it was garbage.
router.find('GET', '/')
process.send?.({ ms, bytes } satisfies Cost)

function heapUsed(): number {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}
