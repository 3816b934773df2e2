import { type Environ, Request } from '@tsgi/core'
import { isToken } from '@tsgi/core/gateway'

/** What tells the types of a request and of its answer. */
export type TypeEnviron = Partial<Pick<Environ, 'HTTP_ACCEPT' | 'CONTENT_TYPE'>>

/**
 * Reads the media types of a route, in lower case; a subtype that is taken may be left open, `image/*`.
 *
 * @throws TypeError when there is none, or one is malformed
 */
export function readMediaTypes(
  where: string,
  option: 'accept' | 'contentType',
  types: string | readonly string[],
): string[] {
  const list = [types].flat().map((type) => type.toLowerCase())
  const isRead = (type: string) => isMediaType(option === 'contentType' ? type.replace(/\/\*$/, '/x') : type)
  const wrong = list.length === 0 ? '' : list.find((type) => !isRead(type))
  if (wrong === undefined) return list
  const mustBe = `${where}: options.${option}: must be media types such as "text/html"`
  throw new TypeError(`${mustBe}; got ${JSON.stringify(wrong)}`)
}

/** Whether the body is of one of the types; what has no type is of none. */
export function isOneOf({ CONTENT_TYPE = '' }: TypeEnviron, types: readonly string[]): boolean {
  const { contentType = '' } = new Request({ CONTENT_TYPE } as Environ)
  if (!isMediaType(contentType)) return false
  return types.some(
    (type) => type === contentType || (type.endsWith('/*') && contentType.startsWith(type.slice(0, -1))),
  )
}

/** What the client likes best of what gives some types, of equals the first; `undefined` where it accepts none. */
export function preferred<Choice>(
  choices: readonly Choice[],
  typesOf: (choice: Choice) => readonly string[],
  { HTTP_ACCEPT }: TypeEnviron,
): Choice | undefined {
  if (choices.length === 0) return undefined
  const environ = (HTTP_ACCEPT === undefined ? {} : { HTTP_ACCEPT }) as Environ
  const offer = new Request(environ).accepts(choices.flatMap(typesOf))
  return offer === null ? undefined : choices.find((choice) => typesOf(choice).includes(offer))
}

/** RFC 9110 section 8.3.1, without parameters; a `*`, which a token may hold, would be read as a range. */
function isMediaType(text: string): boolean {
  const names = text.split('/')
  return names.length === 2 && names.every(isToken) && !text.includes('*')
}
