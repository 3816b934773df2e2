import { BareObject, internKey, readSegment, withoutSlashes } from '@tsgi/core/gateway'
import { parse, pathToRegexp } from 'path-to-regexp'
import type { Expression } from './expression.ts'
import type { Params } from './params.ts'
import { type ParamsShape, paramsShape } from './params-shape.ts'
import type { Key, ParsedPattern, PatternParser, Token } from './parser.ts'

/** A pattern that is none. It is thrown when the route is added. */
export class PatternError extends TypeError {
  override readonly name: string = 'PatternError'
  /** The whole pattern: `'/users/:id?'`. */
  readonly pattern: string
  /** Where in the pattern the fault is, in UTF-16 code units: `10`. */
  readonly index: number

  constructor(pattern: string, index: number, reason: string) {
    super(`selector: pattern ${JSON.stringify(pattern)}: index ${index}: ${reason}`)
    this.pattern = pattern
    this.index = index
  }
}

/**
 * Path-to-regexp's language, version 9: `:name`, `*rest`, `{optional}`.
 *
 * @throws PatternError when the pattern is malformed, repeats a name or could fit no path
 */
export const pathPatterns: PatternParser<'path-to-regexp'> = (pattern) => {
  checkPattern(pattern, 'path')
  return parse(pattern)
}

/**
 * Reads a pattern for hosts: the same language, its segments between dots.
 *
 * @throws PatternError as `pathPatterns` does
 */
export function hostTokens(pattern: string): readonly Token[] {
  checkPattern(pattern, 'host')
  return parse(pattern).tokens
}

/** In the place of a segment's text: any one that is not empty. */
export const ONE_SEGMENT: unique symbol = Symbol('one segment')

/** One way in which a pattern fits. One with optional parts has several, of which the first that fits counts. */
export interface Way {
  /** What the path begins with, segment by segment. */
  readonly steps: readonly (string | typeof ONE_SEGMENT)[]
  /** What follows: nothing, the text of a wildcard, whatever begins with a slash, or what an expression says. */
  readonly end: 'exact' | 'rest' | 'open' | Expression
  /** What the values are, in their order; those without a key are nothing. */
  readonly keys: readonly (Key | undefined)[]
  /** Of a way without an expression: what makes its params. */
  readonly shape: ParamsShape
}

export interface WayOptions {
  /** Whether the pattern fits, too, what goes on with a slash behind its text. */
  isOpen: boolean
  /** Whether case counts. */
  sensitive: boolean
  /** Whether paths are met without the one slash at their end. */
  ignoresSlash: boolean
}

/**
 * The ways in which a pattern fits, in the order in which path-to-regexp tries them.
 *
 * @throws PatternError when there are more than 256
 */
export function waysOf(
  pattern: string,
  { tokens = [], regexp, keys }: ParsedPattern,
  options: WayOptions,
): Way[] {
  if (regexp !== undefined) return [expressionWay(regexp, keys, tokens, options)]
  const count = countWays(tokens)
  if (count > MAX_COMBINATIONS) throw new PatternError(pattern, 0, tooMany(count))
  return flatten(tokens).flatMap((flat) => tokenWay(flat, options) ?? [])
}

/**
 * What a way makes of its values: the named ones in an object that inherits nothing, the positional ones by their numbers, `''`
 * for one that is absent before another.
 */
export function readValues(
  { keys }: Way,
  values: readonly (string | undefined)[],
): { positional: string[]; named: Params } {
  const positional: string[] = []
  const named = new BareObject() as Params
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    const value = values[i]
    if (key === undefined || value === undefined) continue
    const { type, name } = key
    const read =
      type === 'param'
        ? readSegment(value)
        : type === 'text'
          ? value
          : value.split('/').map((segment) => readSegment(segment))
    if (typeof name === 'string') named[name] = read
    else positional[name] = read as string
  }
  return { positional: Array.from(positional, (value = '') => value), named }
}

/**
 * The same text for all texts that an expression without regard to case takes for one (ECMA-262, Canonicalize): as long as
 * the text, so that a place in one is a place in the other.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase()
  return text.replace(/./gs, (unit) => {
    const upper = unit.toUpperCase()
    return upper.length > 1 || (unit >= '\x80' && upper < '\x80') ? unit : upper
  })
}

function countWays(tokens: readonly Token[]): number {
  return tokens.reduce(
    (count, token) => (token.type === 'group' ? count * (countWays(token.tokens) + 1) : count),
    1,
  )
}

type Flat = Exclude<Token, { type: 'group' }>

/** Spells groups out, in path-to-regexp's order: with a group before without it. */
function flatten(tokens: readonly Token[], before: readonly Flat[] = []): Flat[][] {
  const flat = [...before]
  for (const [i, token] of tokens.entries()) {
    if (token.type === 'group') {
      const rest = tokens.slice(i + 1)
      return [...flatten([...token.tokens, ...rest], flat), ...flatten(rest, flat)]
    }
    const last = flat.at(-1)
    if (token.type === 'text' && last?.type === 'text') {
      flat[flat.length - 1] = { type: 'text', value: last.value + token.value }
    } else flat.push(token)
  }
  return [flat]
}

/** `undefined` where no path could fit, since each begins with a slash. */
function tokenWay(flat: Flat[], { isOpen, sensitive, ignoresSlash }: WayOptions): Way | undefined {
  const last = flat.at(-1)
  if (last?.type === 'text') {
    const value = isOpen
      ? withoutSlashes(last.value)
      : ignoresSlash
        ? last.value.replace(/\/$/, '')
        : last.value
    flat = [...flat.slice(0, -1), { type: 'text', value }]
  }
  const [before = [], ...segments] = segmentsOf(flat)
  if (before.length > 0 && before[0]!.type !== 'wildcard') return undefined
  const keys = flat.flatMap((token) =>
    token.type === 'text' ? [] : { ...token, name: internKey(token.name) },
  )
  const expression = (): Expression => {
    const { regexp } = pathToRegexp({ tokens: flat }, { sensitive, trailing: false, end: !isOpen })
    return { regexp, isOpen, isFree: false, ignoresSlash: false }
  }
  const way = { keys, shape: paramsShape(keys.map(({ name }) => name)) }
  if (before.length > 0) return { ...way, steps: [], end: expression() }
  const steps: Way['steps'][number][] = []
  for (const [i, segment] of segments.entries()) {
    const [piece = { type: 'text', value: '' }, second] = segment
    if (second !== undefined || piece.type === 'wildcard') {
      const isRest = second === undefined && i === segments.length - 1 && !isOpen
      return { ...way, steps, end: isRest ? 'rest' : expression() }
    }
    steps.push(piece.type === 'param' ? ONE_SEGMENT : sensitive ? piece.value : foldCase(piece.value))
  }
  return { ...way, steps, end: isOpen ? 'open' : 'exact' }
}

/** The tokens between slashes; the first are those before any slash. */
function segmentsOf(flat: readonly Flat[]): Flat[][] {
  const segments: Flat[][] = [[]]
  for (const token of flat) {
    const [text, ...others] = token.type === 'text' ? token.value.split('/') : []
    if (token.type !== 'text') segments.at(-1)!.push(token)
    else if (text !== '') segments.at(-1)!.push({ type: 'text', value: text! })
    for (const value of others) segments.push(value === '' ? [] : [{ type: 'text', value }])
  }
  return segments
}

/** Of an expression the index knows what its tokens begin with. */
function expressionWay(
  { source, flags }: RegExp,
  keys: readonly Key[] | undefined,
  tokens: readonly Token[],
  options: WayOptions,
): Way {
  const { sensitive, ignoresSlash } = options
  const [first] = tokens
  // The last segment may go on behind the text.
  const isExact = sensitive && !flags.includes('i')
  const steps = isExact && first?.type === 'text' ? first.value.split('/').slice(1, -1) : []
  // An expression that begins where the last one ended would be another with each request.
  const stateless = flags.replace(/[gy]/g, '') + (sensitive || flags.includes('i') ? '' : 'i')
  const isOpen = options.isOpen || !ENDS.test(source)
  const whole = options.isOpen && ENDS.test(source) ? `${source.slice(0, -1)}(?=/|$)` : source
  const end = { regexp: new RegExp(`^(?:${whole})`, stateless), isOpen, isFree: true, ignoresSlash }
  return { steps, end, keys: keys ?? groupKeys(source), shape: paramsShape([]) }
}

/** The named groups are params; the others are nothing. */
function groupKeys(source: string): (Key | undefined)[] {
  const groups = Array.from(source.matchAll(GROUP)).filter(([text]) => text.startsWith('('))
  return groups.map(([, name]) => (name === undefined ? undefined : { type: 'param', name: internKey(name) }))
}

const ENDS = /(?<!\\)(?:\\\\)*\$$/
// An escape, a class, or the beginning of a group that captures.
const GROUP = /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?<([^=!>][^>]*)>|(?!\?))/gs

const ASCII = /^[\x00-\x7f]*$/

// path-to-regexp spells each combination out in the expression, and refuses more.
export const MAX_COMBINATIONS = 256

// The lexemes of path-to-regexp 9, each where it begins: its own errors do not always say where they are. What
// matches the last alternative, a `.`, is a fault.
const LEXEME =
  /[:*](?:"(?<quoted>(?:\\.|[^"\\])+)"|(?<name>[$_\p{ID_Start}](?:[$\p{ID_Continue}]|\u200c|\u200d)*))|(?<text>(?:\\.|[^\\:*{}()[\]+?!])+)|(?<brace>[{}])|./gsu

// RFC 3986 section 3.2.2, less the comma, which is what two joined Host lines show; and an escape.
const NOT_IN_HOST = /[^\w.~!$&'()*+;=%:[\]\\-]/

const NO_EXPRESSION = 'a param must stand alone, as in "/:id", and its value be checked in the application'
const RESERVED = 'a reserved character must be escaped'
const FAULTS: Readonly<Record<string, string>> = {
  ':': 'a param must have a name, as in "/:id" or "/:\\"user id\\""',
  '*': 'a wildcard must have a name, as in "/*rest"',
  '?': 'an optional part must stand in braces, as in "{/:id}"',
  '+': 'several segments must be a wildcard, as in "/*rest"',
  '(': NO_EXPRESSION,
  ')': NO_EXPRESSION,
  '[': RESERVED,
  ']': RESERVED,
  '!': RESERVED,
  '\\': 'a backslash must have a character after it',
}

/** The reason of an error. */
export function tooMany(combinations: number): string {
  return `optional parts must make ${MAX_COMBINATIONS} paths at most; got ${combinations}`
}

/** Throws what path-to-regexp would throw, with the place, and for what it would not: see `pathPatterns`. */
function checkPattern(pattern: string, fits: 'path' | 'host'): void {
  const names = new Set<string>()
  const open: { index: number; afterCapture: boolean; combinations: number }[] = []
  // Whether a capture can be the last thing matched before this place: what is in braces may be absent.
  let afterCapture = false
  let combinations = 1
  if (fits === 'host' && pattern === '') throw new PatternError(pattern, 0, 'must be a host; got ""')
  for (const { 0: lexeme, index, groups } of pattern.matchAll(LEXEME)) {
    const { quoted, name = quoted?.replace(/\\(.)/gsu, '$1'), text, brace } = groups ?? {}
    const fail = (mustBe: string): never => {
      throw new PatternError(pattern, index, `${mustBe}; got ${JSON.stringify(lexeme)}`)
    }
    if (
      fits === 'path' &&
      index === 0 &&
      (text === undefined ? lexeme.startsWith(':') : !/^\\?\//.test(text))
    ) {
      fail('must begin with "/", as every path does')
    }
    if (text !== undefined) {
      if (fits === 'host' && NOT_IN_HOST.test(text)) fail('must hold what a host can hold')
      afterCapture = false
    } else if (name !== undefined) {
      if (names.has(name)) fail('a name must stand once')
      if (afterCapture) fail('two params must have text between them')
      names.add(name)
      afterCapture = true
    } else if (brace === '{') {
      open.push({ index, afterCapture, combinations })
      combinations = 1
    } else if (brace === '}') {
      const group = open.pop() ?? fail('a brace must have been opened')
      afterCapture ||= group.afterCapture
      combinations = group.combinations * (combinations + 1)
      if (combinations > MAX_COMBINATIONS) {
        throw new PatternError(pattern, group.index, tooMany(combinations))
      }
    } else {
      fail(`${FAULTS[lexeme]}, and the character itself be written ${JSON.stringify(`\\${lexeme}`)}`)
    }
  }
  const unclosed = open.pop()
  if (unclosed) throw new PatternError(pattern, unclosed.index, 'a brace must be closed; got the end')
}
