import { type core, custom, type ZodCustom, type ZodType } from 'zod'
import { checkHeaderName } from './field.ts'

/**
 * Checks the options of a middleware, once, when it is made, and gives them with their defaults filled in.
 *
 * @param owner the name of the middleware, which the message begins with
 * @throws TypeError `cors: options.origin: must be a string; got 7`
 */
export function parseOptions<Options>(owner: string, schema: ZodType<Options>, options: unknown): Options {
  const result = schema.safeParse(options)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const place = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  const [mustBe, found] = describeIssue(issue, valueAt(options, issue.path))
  throw new TypeError(`${owner}: options${place}: must be ${mustBe}; got ${found}`)
}

/** The schema of an option that is a function. */
export function functionSchema<F extends (...args: never) => unknown>(): ZodCustom<F, F> {
  return custom<F>((value) => typeof value === 'function', 'a function')
}

/** The schema of an option that names a header: a token (RFC 9110 section 5.1). */
export function headerNameSchema(): ZodCustom<string, string> {
  return custom<string>((value) => {
    try {
      checkHeaderName('', value)
      return true
    } catch {
      return false
    }
  }, 'the name of a header')
}

function describeIssue(issue: core.$ZodIssue, value: unknown): [mustBe: string, found: string] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return ['without other members', issue.keys.map((key) => JSON.stringify(key)).join(', ')]
    case 'invalid_type':
      return [withArticle(issue.expected), show(value)]
    case 'invalid_value':
      return [`one of ${issue.values.map(show).join(', ')}`, show(value)]
    case 'too_small':
      return [
        `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unit(issue.origin)}`,
        show(value),
      ]
    case 'too_big':
      return [
        `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unit(issue.origin)}`,
        show(value),
      ]
    case 'custom':
      // A schema of ours says there what the value must be: `z.custom(isFunction, 'a function')`.
      return [issue.message, show(value)]
    default:
      return [`as its type says (${issue.message})`, show(value)]
  }
}

function withArticle(type: string): string {
  const name = type === 'int' ? 'integer' : type
  return `${/^[aeio]/.test(name) ? 'an' : 'a'} ${name}`
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters long'
  return origin === 'array' || origin === 'set' || origin === 'map' ? ' items long' : ''
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  )
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  // JSON has no NaN and no infinity.
  if (typeof value === 'number') return String(value)
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle or a bigint.
  }
  text ??= typeof value === 'object' ? Object.prototype.toString.call(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
