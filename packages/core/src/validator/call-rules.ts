import { type Rule, show } from './rule.ts'

/** What an application is called with. */
export const callRules: readonly Rule<readonly unknown[]>[] = [
  {
    key: 'call.arguments',
    sentence: 'an application is called with environ and startResponse, and nothing else',
    source: 'PEP 3333, specification details',
    side: 'server',
    check: (args) => (args.length === 2 ? undefined : `${args.length} arguments`),
  },
  {
    key: 'call.start-response',
    sentence: 'startResponse is a function',
    source: 'PEP 3333, specification details',
    side: 'server',
    check: ([, startResponse]) => (typeof startResponse === 'function' ? undefined : show(startResponse)),
  },
  {
    key: 'environ.plain',
    sentence: 'environ is a plain object that inherits no keys, but for those of every object',
    source: 'PEP 3333, specification details',
    side: 'server',
    check: ([environ]) => (isPlain(environ) ? undefined : show(environ)),
  },
]

function isPlain(environ: unknown): boolean {
  if (typeof environ !== 'object' || environ === null) return false
  const prototype: unknown = Object.getPrototypeOf(environ)
  // Servers make it with a prototype that is empty.
  return (
    prototype === null ||
    isObjectPrototype(prototype as object) ||
    Reflect.ownKeys(prototype as object).length === 0
  )
}

/** Of any realm: test runners give each file its own. */
function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
