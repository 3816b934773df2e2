import type { Application, Environ, Status } from './contract.ts'
import { Headers } from './headers.ts'
import { isPromiseLike } from './promise.ts'

/** The head of a response on its way out; what is changed here is what the outer side gets. */
export interface Head {
  status: Status
  readonly headers: Headers
  /** What made this answer necessary, where the inner side passed it on; for reading only. */
  readonly error: unknown
}

/**
 * Changes status and headers of every answer on its way out, those for errors too. Synchronous, and next to free: the
 * body is not touched. The layer is named after `change`.
 */
export function onResponse<E extends Environ>(
  app: Application<E>,
  change: (head: Head, environ: E) => void,
): Application<E> {
  const layer: Application<E> = (environ, startResponse) =>
    app(environ, (status, headers, error) => {
      // A copy, since an application may give the same list for every request.
      const head: Head = { status, headers: new Headers(headers.slice()), error }
      const changed = change(head, environ) as unknown
      if (isPromiseLike(changed)) {
        Promise.resolve(changed).catch(() => {})
        throw new TypeError(
          `onResponse: ${layer.name}: must be synchronous; got a promise: use capture to wait`,
        )
      }
      return startResponse(head.status, head.headers.list, error)
    })
  return Object.defineProperty(layer, 'name', { value: change.name || 'onResponse' })
}
