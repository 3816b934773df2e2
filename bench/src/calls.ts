import {
  type Application,
  type Environ,
  type Header,
  handler,
  onResponse,
  type StartResponse,
  setupTestingDefaults,
  stack,
  text,
} from '@tsgi/core'
import { GatewayExchange } from '@tsgi/core/gateway'
import { validator } from '@tsgi/core/validator'

/**
 * What a call costs in the process alone, without a socket: the bare contract, and the same answer by way of what stands on
 * it. Prints nanoseconds a call, the lower quartile of slices that take turns, and the spread from the cheapest to the median.
 */
const SLICES = Number(process.env['SLICES'] ?? 15)
const CALLS = 20_000

const bare: Application = (_, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
  return text('Hello')
}

const powered: (app: Application) => Application = (app) =>
  onResponse(app, (head) => head.headers.set('X-Powered-By', 'TSGI'))

const APPLICATIONS: Readonly<Record<string, Application>> = {
  'the bare contract': bare,
  "handler(() => 'Hello')": handler(() => 'Hello'),
  'a stack of one onResponse': stack()
    .use(powered as never)
    .run(bare),
  'the same, validate: true': stack({ validate: true })
    .use(powered as never)
    .run(bare),
  'validator(bare)': validator(bare),
}

let taken = 0
const write = (): Promise<void> => Promise.resolve()
const startResponse: StartResponse = (_, headers: Header[]) => {
  taken += headers.length
  return write
}

const samples = new Map<string, number[]>(Object.keys(APPLICATIONS).map((name) => [name, []]))
for (const app of Object.values(APPLICATIONS)) time(app)
for (let slice = 0; slice < SLICES; slice++) {
  for (const [name, app] of Object.entries(APPLICATIONS)) samples.get(name)!.push(time(app))
}
console.log(`Node ${process.version}, ${SLICES} slices of ${CALLS} calls`)
for (const [name, times] of samples) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string => sorted[Math.floor(sorted.length * part)]!.toFixed(0).padStart(6)
  console.log(`${name.padEnd(28)}${at(0.25)} ns  (${at(0).trim()} to ${at(0.5).trim()})`)
}
if (taken === 0) throw new Error('calls: every application must have called startResponse; none did')

function time(app: Application): number {
  const environ: Environ = setupTestingDefaults({})
  const start = performance.now()
  for (let call = 0; call < CALLS; call++) {
    // In every row: an exchange that is never over would gather what each call leaves with it.
    environ['tsgi.exchange'] = new GatewayExchange(environ['wsgi.errors'])
    app(environ, startResponse)
  }
  return ((performance.now() - start) * 1e6) / CALLS
}
