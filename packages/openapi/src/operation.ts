import { type Application, layersOf } from '@tsgi/core'
import type { ResponseObject, SecurityRequirement } from './document.ts'

/** What is said of an application that its types and schemas cannot say. */
export interface OperationDetails {
  summary?: string
  /** May be CommonMark. */
  description?: string
  tags?: readonly string[]
  /** Unique in the document; by default the name of the route, and its method where it has several. */
  operationId?: string
  /** By status, `'404'`, `'5XX'` or `'default'`: further ones, or more of those that the schemas tell of. */
  responses?: Readonly<Record<string, ResponseObject>>
  /** Default `false`. */
  deprecated?: boolean
  /** In place of that of the document; `[]` for none. */
  security?: readonly SecurityRequirement[]
}

/**
 * Says of an application what the document is to say of it, and gives that same application:
 * `router.get('/users/:id', operation({ summary: 'One user' }, show))`. It is found inside the layers of a stack, too.
 *
 * @throws TypeError when a detail is wrong, or details were given of this application before
 */
export function operation<E extends object>(details: OperationDetails, app: Application<E>): Application<E> {
  checkDetails(details)
  if (typeof app !== 'function') throw new TypeError(`operation: app: must be a function; got ${typeof app}`)
  // The later ones would silently hold for the route of the earlier, too.
  if (DETAILS.has(app)) {
    throw new TypeError(
      `operation: app: must have no details yet; got ${JSON.stringify(app.name)}, which has some`,
    )
  }
  DETAILS.set(app, details)
  return app
}

/** The details of an application, or of the first inside its layers that has some. */
export function detailsOf(app: Application<never>): OperationDetails | undefined {
  for (const layer of layersOf(app)) {
    const details = DETAILS.get(layer)
    if (details !== undefined) return details
  }
  return undefined
}

const DETAILS = new WeakMap<Application<never>, OperationDetails>()

const CHECKS: Readonly<Record<keyof OperationDetails, [mustBe: string, check: (value: unknown) => boolean]>> =
  {
    summary: ['a string', isString],
    description: ['a string', isString],
    tags: ['a list of strings', (value) => Array.isArray(value) && value.every(isString)],
    operationId: ['a string that is not empty', (value) => isString(value) && value !== ''],
    responses: [
      'an object of { description } by status ("404", "5XX" or "default")',
      (value) => isObject(value) && Object.entries(value).every(isResponse),
    ],
    deprecated: ['a boolean', (value) => typeof value === 'boolean'],
    security: ['a list of objects', (value) => Array.isArray(value) && value.every(isObject)],
  }

function checkDetails(details: unknown): void {
  if (!isObject(details)) {
    throw new TypeError(`operation: details: must be an object; got ${JSON.stringify(details)}`)
  }
  for (const [name, value] of Object.entries(details)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new TypeError(`operation: details: must be without other members; got ${JSON.stringify(name)}`)
    }
    const [mustBe, check] = CHECKS[name as keyof OperationDetails]
    if (value !== undefined && !check(value)) {
      throw new TypeError(`operation: details.${name}: must be ${mustBe}; got ${JSON.stringify(value)}`)
    }
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isResponse([status, response]: [status: string, response: unknown]): boolean {
  return (
    STATUS.test(status) && isObject(response) && isString((response as Partial<ResponseObject>).description)
  )
}

// OpenAPI 3.1, Responses Object.
const STATUS = /^(?:[1-5](?:\d\d|XX)|default)$/
