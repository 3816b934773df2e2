import { MULTIPART, URLENCODED } from '../form.ts'
import { HttpError } from '../http-error.ts'
import { type Limits, makeLimits } from '../limits.ts'
import { isPromiseLike } from '../promise.ts'
import type { Request } from '../request.ts'
import {
  isStandardSchema,
  issuePath,
  type SchemaInput,
  type SchemaIssue,
  type SchemaOutput,
  type StandardSchema,
} from '../standard-schema.ts'
import { type Answer, type CompleteAnswer, isComplete } from './answer.ts'

/** What a handler takes and gives, by schemas of any library that speaks Standard Schema. */
export interface HandlerOptions {
  /** For what a router has found in the path. */
  params?: StandardSchema
  /** For the query: an object without a prototype. A name that is repeated has an array of strings, in their order. */
  query?: StandardSchema
  /** For the headers: an object without a prototype, its names in lower case. */
  headers?: StandardSchema
  /**
   * For the body, which is read as JSON or as a form, by its type; any other is answered 415. The fields and files of a
   * form are an object like the query's. Any site can make a browser send a form here, with its user's cookies.
   */
  body?: StandardSchema
  /**
   * For the answer, where that is no response, error or application: the compiler holds the function to it. What the
   * function gives is sent, and not what the schema would make of it.
   */
  response?: StandardSchema
  /** Whether each answer is checked against `response`, and is a 500 where it does not fit; `false` by default. */
  development?: boolean
  /** For all that the request is read by, the `body` here too. */
  limits?: Partial<Limits>
}

/** What the schemas make of the parts of the request that they are given for. */
export type HandlerInput<Options extends HandlerOptions> = {
  [Name in keyof Options as Name extends Part ? Name : never]: SchemaOutput<
    Extract<Options[Name], StandardSchema>
  >
}

/** What a function may give: where there is a schema for it, what that takes. */
export type HandlerAnswer<E extends object, Options extends HandlerOptions> = Options extends {
  response: infer Schema extends StandardSchema
}
  ? CompleteAnswer<E> | SchemaInput<Schema>
  : Answer<E>

/**
 * Puts schemas around a function: what it takes is read by them, part by part, and what it gives is checked, where that
 * is asked for. It stays sync where function and schemas are and no body is read.
 *
 * The function throws an HttpError 422 with every fault of every part; 415, 413, 408 and 400 for the body, as `Request`
 * does; and 500 on an answer that does not fit, whose cause says where.
 *
 * @throws TypeError when an option is wrong
 */
export function withSchemas<E extends object>(
  options: HandlerOptions,
  fn: (request: Request<E>, input: never) => unknown,
  name: string,
): (request: Request<E>) => unknown {
  checkOptions(options)
  const { response, development = false } = options
  const parts = PARTS.filter((part) => options[part] !== undefined)
  const answer = (request: Request<E>) =>
    after(readInput(options, parts, request), (input) => fn(request, input as never))
  if (response === undefined || !development) return answer
  return (request) => after(answer(request), (given) => checkAnswer(given, response, name))
}

type Part = 'params' | 'query' | 'headers' | 'body'

const READERS: Readonly<Record<Part, (request: Request<object>) => unknown>> = {
  params: ({ params }) => params,
  query: ({ query }) => toObject(query),
  headers: ({ headers }) => toObject(headers),
  body: readBody,
}

/** Those that cost nothing first. */
const PARTS = Object.keys(READERS) as readonly Part[]

const FORMS: readonly unknown[] = [URLENCODED, MULTIPART]

function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`handler: options: must be an object; got ${show(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    // An option that is there without a value is as good as not there.
    if (value === undefined) continue
    if (name === 'limits') makeLimits('handler', value)
    else if (name === 'development') {
      if (typeof value === 'boolean') continue
      throw new TypeError(`handler: options.development: must be a boolean; got ${show(value)}`)
    } else if (name !== 'response' && !Object.hasOwn(READERS, name)) {
      throw new TypeError(`handler: options: must be without other members; got ${show(name)}`)
    } else if (!isStandardSchema(value)) {
      throw new TypeError(
        `handler: options.${name}: must be a Standard Schema (https://standardschema.dev); got ${show(value)}`,
      )
    }
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return value === null ? 'null' : typeof value
}

/** One place where a part is not as its schema says. Its value is not in it: it may be a secret, and responses are logged. */
interface Fault {
  in: Part
  path: (string | number)[]
  message: string
}

/** One after the other, and every one, so that the client hears of all faults at once. */
function readInput(options: HandlerOptions, parts: readonly Part[], request: Request<object>): unknown {
  const input: Partial<Record<Part, unknown>> = {}
  const faults: Fault[] = []
  let done: unknown
  for (const part of parts) {
    const schema = options[part]!['~standard']
    const validate = (value: unknown) =>
      after(schema.validate(value), (result) => {
        if (result.issues === undefined) input[part] = result.value
        // One by one: as the arguments of one call they may be too many for the stack.
        else for (const issue of result.issues) faults.push(makeFault(part, issue, value))
      })
    done = after(done, () => after(READERS[part](request), validate))
  }
  return after(done, () => {
    if (faults.length === 0) return input
    throw new HttpError(422, { detail: 'The request is not as it must be.', extensions: { errors: faults } })
  })
}

function readBody(request: Request<object>): Promise<unknown> {
  return FORMS.includes(request.contentType) ? request.formData().then(toObject) : request.json()
}

/** Without a prototype: a client may name a field `__proto__` or `constructor`. */
function toObject<T>(pairs: Iterable<readonly [name: string, value: T]>): Record<string, T | T[]> {
  const object: Record<string, T | T[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const earlier = object[name]
    if (earlier === undefined) object[name] = value
    else if (Array.isArray(earlier)) earlier.push(value)
    else object[name] = [earlier, value]
  }
  return object
}

function makeFault(part: Part, issue: SchemaIssue, value: unknown): Fault {
  const path = issuePath(issue)
  return { in: part, path, message: withoutValue(issue.message, valueAt(value, path)) }
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string | number, unknown>)[key]
  }
  return found
}

/**
 * Schemas may say in their messages what they were given: Valibot's end with `received "a"` or `received 7`, ArkType's
 * with `(was "a")` or `(was 7)`.
 */
function withoutValue(message: string, value: unknown): string {
  if (typeof value === 'object' || value === undefined) return message
  const text = String(value)
  const unquoted = message.replaceAll(`"${text}"`, '"…"').replaceAll(JSON.stringify(text), '"…"')
  const at = unquoted.lastIndexOf(` ${text}`)
  const end = unquoted.slice(at + 1 + text.length)
  return at >= 0 && (end === '' || end === ')') ? `${unquoted.slice(0, at)} …${end}` : unquoted
}

function checkAnswer(answer: unknown, schema: StandardSchema, name: string): unknown {
  if (isComplete(answer)) return answer
  return after(schema['~standard'].validate(answer), ({ issues }) => {
    if (issues === undefined) return answer
    const found = issues.map((issue) => `at ${JSON.stringify(issuePath(issue))}: ${issue.message}`).join('; ')
    const cause = new TypeError(`handler: ${name}: the answer must be as options.response says; got ${found}`)
    throw new HttpError(500, { cause })
  })
}

/** At once where there is nothing to wait for. */
function after<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | PromiseLike<R>): R | PromiseLike<R> {
  return isPromiseLike(value) ? value.then(next) : next(value)
}
