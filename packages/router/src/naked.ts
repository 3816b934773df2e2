import { type Application, copyEnviron, type Environ } from '@tsgi/core'
import { readSegment } from '@tsgi/core/gateway'
import { notFound } from './plain-answer.ts'
import { readTable } from './table.ts'

const EXPOSED: unique symbol = Symbol('exposed')

/** An application that `Naked` may show to the world: what `expose` or `Naked` gave. */
export type Exposed<E extends object = Environ> = Application<E> & { readonly [EXPOSED]: true }

/**
 * Publishes a tree of applications as it stands: the first segment of `PATH_INFO` selects the member of that name, and
 * the empty path, or a lone slash, the member `index`. What is left of the path is for the member, which finds the
 * segment moved from `PATH_INFO` to `SCRIPT_NAME`, in a copy of environ. Nothing fits: 404.
 *
 *     Naked({ index: expose(home), users: Naked({ index: expose(listUsers), new: expose(newUser) }) })
 *
 * Only the table's own members count, and each says that it may be seen. Each segment counts: an empty one, `.` and `..`
 * select nothing, and an encoded slash is part of its segment.
 *
 * @throws TypeError when the table is empty, a name can be no segment, or a member is neither exposed nor a `Naked`
 */
export function Naked<E extends object = Environ>(
  members: Readonly<Record<string, Exposed<Environ & E>>>,
): Exposed<Environ & E> {
  const exposed = readMembers(members)
  return mark(function Naked(environ, startResponse) {
    const { SCRIPT_NAME: script, PATH_INFO: path } = environ
    if (path === '' || path === '/') return (exposed.get('index') ?? notFound)(environ, startResponse)
    const slash = path.indexOf('/', 1)
    const end = slash < 0 ? path.length : slash
    const segment = path.slice(1, end)
    const member = path.startsWith('/') ? exposed.get(readSegment(segment)) : undefined
    if (member === undefined) return notFound(environ, startResponse)
    const inner = copyEnviron(environ, { SCRIPT_NAME: `${script}/${segment}`, PATH_INFO: path.slice(end) })
    return member(inner, startResponse)
  })
}

/**
 * Says that `Naked` may show an application. The application itself stays as it is: exposed is what this returns,
 * under the same name.
 *
 * @throws TypeError when `app` is no function
 */
export function expose<E extends object = Environ>(app: Application<E>): Exposed<E> {
  if (typeof app !== 'function') {
    throw new TypeError(`expose: app: must be an application, a function; got ${typeof app}`)
  }
  const exposed: Application<E> = (environ, startResponse) => app(environ, startResponse)
  return mark(Object.defineProperty(exposed, 'name', { value: app.name || 'expose', configurable: true }))
}

function readMembers<E extends object>(
  members: Readonly<Record<string, Exposed<E>>>,
): ReadonlyMap<string, Exposed<E>> {
  const entries = readTable(members, 'Naked: must have members, as in { index: expose(app) }')
  for (const [name, member] of entries) {
    // Clients take `.` and `..` out of a path before they send it (RFC 3986 section 5.2.4).
    if (name === '' || name === '.' || name === '..' || name.includes('/')) {
      throw new TypeError(
        `Naked: a name must be one segment, and not "", "." or ".."; got ${JSON.stringify(name)}`,
      )
    }
    if (typeof member !== 'function' || !Object.hasOwn(member, EXPOSED)) {
      const found = typeof member === 'function' ? 'a function that is not exposed' : typeof member
      throw new TypeError(`Naked: ${JSON.stringify(name)}: must be expose(app) or a Naked; got ${found}`)
    }
  }
  return new Map(entries)
}

function mark<E extends object>(app: Application<E>): Exposed<E> {
  return Object.defineProperty(app, EXPOSED, { value: true }) as Exposed<E>
}
