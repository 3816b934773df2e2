import { type Middleware, onResponse } from '@tsgi/core'
import { functionSchema, headerNameSchema, parseOptions } from '@tsgi/core/options'
import { z } from 'zod'

export interface RequestIdOptions {
  /** The name of the header, in the response and, with `trust`, in the request. Default `'X-Request-Id'`. */
  header?: string
  /** Whether the id that a request brings is used: only behind a proxy that sets it. Default `false`. */
  trust?: boolean
  /** Makes an id; it must be fit for a header. Default: a random UUID. */
  generate?: () => string
}

/** What `requestId` adds. */
export interface RequestIdEnviron {
  /** Names this request, in logs and to the client: `'1b671a64-40d5-491e-99b0-da01ff1f3341'`. */
  'tsgi.request_id': string
}

const SCHEMA = z.strictObject({
  header: headerNameSchema().default('X-Request-Id'),
  trust: z.boolean().default(false),
  generate: functionSchema<() => string>().default(() => randomId),
}) satisfies z.ZodType<Required<RequestIdOptions>>

/**
 * Gives every request an id, in `environ['tsgi.request_id']` and in the response, those for errors too.
 *
 * @throws TypeError when an option is wrong
 */
export function requestId(options: RequestIdOptions = {}): Middleware<RequestIdEnviron> {
  const { header, trust, generate } = parseOptions('requestId', SCHEMA, options)
  const key = `HTTP_${header.toUpperCase().replaceAll('-', '_')}` as const
  return (app) => {
    const answering = onResponse(app, function setRequestId({ headers }, environ) {
      headers.set(header, environ['tsgi.request_id'])
    })
    return function requestId(environ, startResponse) {
      const claimed = trust ? environ[key] : undefined
      const id = isId(claimed) ? claimed : generate()
      return answering(Object.assign(environ, { 'tsgi.request_id': id }), startResponse)
    }
  }
}

function randomId(): string {
  return crypto.randomUUID()
}

/** An id goes into logs and headers: nothing in it may end a line, move a cursor, or fill a disk. */
function isId(claimed: string | undefined): claimed is string {
  return claimed !== undefined && ID.test(claimed)
}

// The alphabets of UUIDs, ULIDs, base64 in both its forms, and AWS' trace ids (`Root=1-…`).
const ID = /^[\w.~+/=-]{1,128}$/
