import { internKey, readSegment } from '@tsgi/core/gateway'
import { type Key, parse, pathToRegexp } from 'path-to-regexp'

/**
 * What a pattern found in a path: `{ id: '7', rest: ['a', 'b'] }`. An optional that is absent has no key; the object
 * has no prototype.
 */
export type Params = Record<string, string | string[]>

/**
 * The params that a pattern gives: `PathParams<'/users/:id{/:tab}'>` is `{ id: string; tab?: string }`. A pattern
 * that is not a literal can give anything.
 */
export type PathParams<Pattern extends string> =
  {} extends Record<Pattern, unknown>
    ? Record<string, string | string[] | undefined>
    : Flat<Captures<Pattern>>

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
 * Reads a pattern in path-to-regexp's language once, and gives the function that matches a `PATH_INFO`: fresh params,
 * or `undefined` when it does not fit. Case and a slash at the end count.
 *
 * @throws PatternError when the pattern is malformed, repeats a name or could fit no path
 */
export function compilePattern(pattern: string): (path: string) => Params | undefined {
  checkPattern(pattern)
  const { tokens } = parse(pattern)
  const [first = { type: 'text', value: '' }, second] = tokens
  if (first.type === 'text' && second === undefined) {
    const { value } = first
    return (path) => (path === value ? Object.create(null) : undefined)
  }
  const { regexp, keys: found } = pathToRegexp({ tokens }, { sensitive: true, trailing: false })
  const keys = found.map(({ type, name }) => ({ type, name: internKey(name) }))
  return (path) => {
    const match = regexp.exec(path)
    return match === null ? undefined : readParams(keys, match)
  }
}

// path-to-regexp spells each combination out in the expression, and refuses more.
const MAX_COMBINATIONS = 256

// The lexemes of path-to-regexp 9, each where it begins: its own errors do not always say where they are. What
// matches the last alternative, a `.`, is a fault.
const LEXEME =
  /[:*](?:"(?<quoted>(?:\\.|[^"\\])+)"|(?<name>[$_\p{ID_Start}](?:[$\p{ID_Continue}]|\u200c|\u200d)*))|(?<text>(?:\\.|[^\\:*{}()[\]+?!])+)|(?<brace>[{}])|./gsu

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

/** Throws what path-to-regexp would throw, with the place, and for what it would not: see `compilePattern`. */
function checkPattern(pattern: string): void {
  const names = new Set<string>()
  const open: { index: number; afterCapture: boolean; combinations: number }[] = []
  // Whether a capture can be the last thing matched before this place: what is in braces may be absent.
  let afterCapture = false
  let combinations = 1
  for (const { 0: lexeme, index, groups } of pattern.matchAll(LEXEME)) {
    const { quoted, name = quoted?.replace(/\\(.)/gsu, '$1'), text, brace } = groups ?? {}
    const fail = (mustBe: string): never => {
      throw new PatternError(pattern, index, `${mustBe}; got ${JSON.stringify(lexeme)}`)
    }
    if (index === 0 && (text === undefined ? lexeme.startsWith(':') : !/^\\?\//.test(text))) {
      fail('must begin with "/", as every path does')
    }
    if (text !== undefined) {
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
        const reason = `optional parts must make ${MAX_COMBINATIONS} paths at most; got ${combinations}`
        throw new PatternError(pattern, group.index, reason)
      }
    } else {
      fail(`${FAULTS[lexeme]}, and the character itself be written ${JSON.stringify(`\\${lexeme}`)}`)
    }
  }
  const unclosed = open.pop()
  if (unclosed) throw new PatternError(pattern, unclosed.index, 'a brace must be closed; got the end')
}

function readParams(keys: readonly Key[], match: RegExpExecArray): Params {
  const params = Object.create(null) as Params
  for (let i = 0; i < keys.length; i++) {
    const { type, name } = keys[i]!
    const value = match[i + 1]
    if (value === undefined) continue
    params[name] = type === 'param' ? readSegment(value) : value.split('/').map((part) => readSegment(part))
  }
  return params
}

type Flat<T> = { [K in keyof T]: T[K] }

/** Goes from sign to sign; `Open` has one element for each open brace. */
type Captures<Rest extends string, Open extends unknown[] = [], Found = {}> = Rest extends WithSign
  ? Rest extends `${TextBeforeSign<Rest>}${infer Sign}${infer After}`
    ? Sign extends ':' | '*'
      ? NameAndRest<After> extends [infer Name extends string, infer Unnamed extends string]
        ? Captures<Unnamed, Open, Found & Capture<Name, Sign, Open>>
        : Found
      : Sign extends '{'
        ? Captures<After, [...Open, Sign], Found>
        : Sign extends '}'
          ? Captures<After, Open extends [unknown, ...infer Outer] ? Outer : [], Found>
          : After extends `${infer _Escaped}${infer Unescaped}`
            ? Captures<Unescaped, Open, Found>
            : Found
    : never
  : Found

type Capture<Name extends string, Sign, Open> = Open extends []
  ? { [K in Name]: Value<Sign> }
  : { [K in Name]?: Value<Sign> }
type Value<Sign> = Sign extends '*' ? string[] : string

type WithSign = `${string}${':' | '*' | '{' | '}' | '\\'}${string}`
type TextBeforeSign<S extends string> =
  Before<S, ':'> extends infer Head extends string
    ? Head extends WithSign
      ? Before<Before<Before<Before<Head, '{'>, '}'>, '*'>, '\\'>
      : Head
    : never
type Before<S extends string, Sign extends string> = S extends `${infer Head}${Sign}${string}` ? Head : S

type NameAndRest<S extends string> = S extends `"${infer Quoted}` ? UntilQuote<Quoted> : UntilPunctuation<S>

type UntilQuote<S extends string, Name extends string = ''> = S extends `"${infer Rest}`
  ? [Name, Rest]
  : S extends `\\${infer Escaped}${infer Rest}`
    ? UntilQuote<Rest, `${Name}${Escaped}`>
    : S extends `${infer Char}${infer Rest}`
      ? UntilQuote<Rest, `${Name}${Char}`>
      : never

type UntilPunctuation<S extends string, Name extends string = ''> = S extends `${infer Char}${infer Rest}`
  ? Char extends Punctuation
    ? [Name, S]
    : UntilPunctuation<Rest, `${Name}${Char}`>
  : [Name, '']

// ASCII only: the compiler cannot ask for Unicode's ID_Continue.
// biome-ignore format: one character a line is a long way down
type Punctuation =
  | ' ' | '!' | '"' | '#' | '%' | '&' | "'" | '(' | ')' | '*' | '+' | ',' | '-' | '.' | '/' | ':' | ';' | '<'
  | '=' | '>' | '?' | '@' | '[' | '\\' | ']' | '^' | '`' | '{' | '|' | '}' | '~'
