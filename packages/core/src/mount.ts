import { text } from './body.ts'
import type { Application, Environ } from './contract.ts'
import { copyEnviron } from './environ.ts'
import { isHost } from './gateway/target.ts'
import { withoutSlashes } from './uri.ts'

/**
 * Gives each request to the application whose key fits it best: keys are paths (`'/api'`), or hosts with an optional path
 * (`'example.com/api'`), hosts before bare paths, the longest first, on the boundaries of segments. The application finds
 * the path of its key moved from `PATH_INFO` to `SCRIPT_NAME`, in a copy of environ. Nothing fits: 404.
 *
 * A host without a port fits every port. `PATH_INFO` is compared as it is, so a guard outside reads the same path.
 *
 * @throws TypeError when a key is neither `/…` nor a host, or a value is no application
 */
export function mount<E extends Environ = Environ>(
  apps: Readonly<Record<string, Application<E>>>,
): Application<E> {
  const places = Object.entries(apps).map(([key, app]) => parsePlace(key, app))
  places.sort((a, b) => (b.host?.length ?? 0) - (a.host?.length ?? 0) || b.path.length - a.path.length)
  return function mount(environ, startResponse) {
    const host = environ.HTTP_HOST?.toLowerCase()
    const path = environ.PATH_INFO
    for (const place of places) {
      if (place.host !== undefined && place.host !== host && place.host !== withoutPort(host)) continue
      if (!isWithin(path, place.path)) continue
      if (place.path === '') return place.app(environ, startResponse)
      const inner = copyEnviron(environ, {
        SCRIPT_NAME: environ.SCRIPT_NAME + place.path,
        PATH_INFO: path.slice(place.path.length),
      })
      return place.app(inner, startResponse)
    }
    startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']])
    return text('Not Found\n')
  }
}

interface Place<E extends Environ> {
  /** In lower case; `undefined` where every host fits. */
  host: string | undefined
  /** `''`, or `/…` without a slash at the end. */
  path: string
  app: Application<E>
}

function parsePlace<E extends Environ>(key: string, app: Application<E>): Place<E> {
  if (typeof app !== 'function') {
    throw new TypeError(
      `mount: ${JSON.stringify(key)}: must be an application, a function; got ${typeof app}`,
    )
  }
  const [, host = '', path = ''] = /^([^/]*)(\/.*)?$/s.exec(key)!
  // A URL would be taken for the host `https:`, with an empty port, and never be met.
  if (key === '' || (host !== '' && (host.endsWith(':') || !isHost(host)))) {
    throw new TypeError(
      `mount: a key must be a path such as "/api", or a host with an optional path; got ${JSON.stringify(key)}`,
    )
  }
  return { host: host === '' ? undefined : host.toLowerCase(), path: withoutSlashes(path), app }
}

/** Whether a path is a place or lies below it: `/api` and `/api/x` lie within `/api`, `/apiary` does not. */
function isWithin(path: string, place: string): boolean {
  return (
    path.startsWith(place) && (path.length === place.length || place === '' || path[place.length] === '/')
  )
}

function withoutPort(host: string | undefined): string | undefined {
  return host?.replace(/:\d*$/, '')
}
