import type { Key, ParsedPattern, PatternParser, Token } from './parser.ts'
import { MAX_COMBINATIONS, PatternError, tooMany } from './pattern.ts'
import { readTable } from './table.ts'

/** A parser of the Selector's path expressions, with the types that it knows. */
export interface SelectorExpressions extends PatternParser<'expressions'> {
  (expression: string): Required<ParsedPattern>
  /**
   * Gives a parser that knows more types: `selectorExpressions.with({ hex: '[0-9a-f]+' })` reads `/{id:hex}`. A type is the
   * source of an expression under the flag `u`. One that takes more than linear time by itself, as `(?:a+)+` does, still does.
   *
   * @throws TypeError when a name is none, or when a source does not compile, captures, fits the empty text or looks at what
   *   stands around the value (`^`, `$`, `\b`, `(?=…)`)
   */
  with(types: Readonly<Record<string, string>>): SelectorExpressions
}

interface Type {
  source: string
  /** What a value consists of where it is one class repeated: `'[^/]'`. */
  repeated: string | undefined
  /** Fits each character that a value may hold; others too, where one is excluded only by its place. */
  character: RegExp
  isBounded: boolean
}

type Types = ReadonlyMap<string, Type>

// The lexemes of an expression's source: what looks around, repeats without end, groups or chooses, and the characters.
const SOURCE =
  /(?<around>[$^]|\\[Bb]|\(\?<?[!=])|(?<endless>[*+]|\{\d+,\}|\{[\d,]*\d{3}\})|\(\?:|[()?|]|\{[\d,]+\}|(?<character>\\(?:[Pp]\{[^}]*\}|u(?:\{[^}]*\}|[Dd][89ABab]..\\u[Dd][C-Fc-f]..|.{4})|x..|c.|.)|\[(?:\\.|[^\\\]])*\]|.)/gsu
const REPEATED_CLASS = /^(\[(?:\\.|[^\\\]])*\])\+$/su

// Each is linear by itself. Letters of every script are in a word, as in Python 3; with the marks that Python leaves out, since
// without them no word of Hindi fits. Digits are ASCII: what fits is to be read as a number, and `Number('٣')` is NaN. A line
// feed is in `any`, so that nothing behind a prefix slips past its routes.
const TYPES: Types = new Map(
  Object.entries({
    word: '[\\p{L}\\p{M}\\p{N}_]+',
    alpha: '[A-Za-z]+',
    digits: '[0-9]+',
    number: '(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)',
    chunk: '[^/.]+',
    segment: '[^/]+',
    any: '[^]+',
  }).map(([name, source]) => [name, readType(source)]),
)

/**
 * The Selector's own language: `/users/{id:digits}[/{tab}]|`. In braces stands a name, with or without a type, or a type
 * alone, or nothing, for a positional value; in brackets what may be absent. At the end, `|` lets the path go on with a slash.
 *
 * | type | fits |
 * |---|---|
 * | `word` | letters, digits and `_`, of every script |
 * | `alpha` | ASCII letters |
 * | `digits` | ASCII digits |
 * | `number` | `7`, `7.5`, `.5` |
 * | `chunk`, the default | what holds no `/` and no `.` |
 * | `segment` | what holds no `/` |
 * | `any` | anything |
 *
 * A value is as long as it can be, and never empty.
 *
 * @throws PatternError when the expression is malformed, repeats a name, or could take more than linear time
 */
export const selectorExpressions: SelectorExpressions = parserOf(TYPES)

function parserOf(types: Types): SelectorExpressions {
  const parse = (expression: string): Required<ParsedPattern> => parseExpression(expression, types)
  return Object.assign(parse, {
    with: (more: Readonly<Record<string, string>>) => parserOf(new Map([...types, ...readTypes(more)])),
  })
}

// As in Python. A name of JavaScript may have a `$`, too.
const NAME = /^[\p{ID_Start}_]\p{ID_Continue}*$/u

function readTypes(types: Readonly<Record<string, string>>): [name: string, type: Type][] {
  const entries = readTable(
    types,
    "selectorExpressions: with: must have types by name, as in { hex: '[0-9a-f]+' }",
  )
  return entries.map(([name, source]) => {
    if (!NAME.test(name)) {
      throw new TypeError(
        `selectorExpressions: with: a type's name must be a name, as in "hex"; got ${JSON.stringify(name)}`,
      )
    }
    checkType(`selectorExpressions: with: ${name}`, source)
    return [name, readType(source)]
  })
}

function checkType(where: string, source: string): void {
  const fail = (mustBe: string, options?: ErrorOptions): never => {
    const found = typeof source === 'string' ? JSON.stringify(source) : typeof source
    throw new TypeError(`${where}: must ${mustBe}; got ${found}`, options)
  }
  if (typeof source !== 'string') fail('be the source of an expression, a string')
  try {
    // By itself: in its place, `a)(b` would compile as well, and `\1` mean the value of another variable.
    new RegExp(source, 'u')
  } catch (cause) {
    fail('be the source of an expression under the flag u', { cause })
  }
  if (new RegExp(`${source}|`, 'u').exec('')!.length > 1) fail('capture nothing: a group is "(?:…)"')
  if (Array.from(source.matchAll(SOURCE)).some(({ groups }) => groups?.['around'])) {
    fail('fit whatever stands around the value: without ^, $, \\b, \\B, (?=…), (?!…), (?<=…), (?<!…)')
  }
  if (new RegExp(`^(?:${source})$`, 'u').test('')) fail('not fit the empty text')
}

function readType(source: string): Type {
  const characters: string[] = []
  let isBounded = true
  for (const { groups } of source.matchAll(SOURCE)) {
    if (groups?.['character']) characters.push(groups['character'])
    if (groups?.['endless']) isBounded = false
  }
  return {
    source,
    repeated: REPEATED_CLASS.exec(source)?.[1],
    // In every case: a selector may be told to take no notice of it.
    character: new RegExp(`^(?:${characters.join('|')})$`, 'iu'),
    isBounded,
  }
}

interface Variable {
  kind: 'variable'
  /** As it is written: `'{id:digits}'`. */
  lexeme: string
  index: number
  name: string | number
  type: Type
  /** The text before it, where that could be in the value before it as well as in this one. */
  separator: string | undefined
}

type Piece = Variable | { kind: 'text'; text: string }
type Part = Piece | { kind: 'optional'; parts: Part[] }

function parseExpression(expression: string, types: Types): Required<ParsedPattern> {
  const isOpen = expression.endsWith('|')
  const parts = readParts(expression, isOpen ? expression.slice(0, -1) : expression, types)
  for (const path of flatten(parts)) checkPath(expression, path)
  return {
    tokens: parts.map(toToken),
    regexp: new RegExp(`^${parts.map(toSource).join('')}${isOpen ? '(?:(?=/|$)|(?<=/))' : '$'}`, 'u'),
    keys: keysOf(parts),
  }
}

// What matches the last alternative is a bracket or a fault.
const LEXEME = /\{(?<variable>[^{}]*)\}|(?<text>[^[\]{}]+)|./gs
const BEGIN = 'must begin with "/", as every path does'

function readParts(expression: string, body: string, types: Types): Part[] {
  const names = new Set<string>()
  const open: { index: number; parts: Part[]; combinations: number }[] = []
  let positionals = 0
  let parts: Part[] = []
  let combinations = 1
  for (const { 0: lexeme, index, groups } of body.matchAll(LEXEME)) {
    const { variable, text } = groups ?? {}
    const isFirst = index === open.length
    const fail = (mustBe: string): never => {
      throw new PatternError(expression, index, `${mustBe}; got ${JSON.stringify(lexeme)}`)
    }
    if (text !== undefined) {
      if (isFirst && !text.startsWith('/')) fail(BEGIN)
      parts.push({ kind: 'text', text })
    } else if (variable !== undefined) {
      const [name = '', typeName = 'chunk', ...others] = variable.split(':')
      if (others.length > 0) fail('a variable must have one colon at most, as in "{id:digits}"')
      if (name !== '' && !NAME.test(name)) fail('a variable must have a name or none, as in "{id}" or "{}"')
      if (names.has(name)) fail('a name must stand once')
      const type = types.get(typeName) ?? fail(`a type must be one of ${[...types.keys()].join(', ')}`)
      if (isFirst && !type.character.test('/')) fail(BEGIN)
      if (name !== '') names.add(name)
      const separator = separatorBefore(parts, type)
      parts.push({ kind: 'variable', lexeme, index, name: name || positionals++, type, separator })
    } else if (lexeme === '[') {
      open.push({ index, parts, combinations })
      parts = []
      combinations = 1
    } else if (lexeme === ']') {
      const outer = open.pop() ?? fail('a bracket must have been opened')
      if (isFirst) fail(BEGIN)
      combinations = outer.combinations * (combinations + 1)
      if (combinations > MAX_COMBINATIONS)
        throw new PatternError(expression, outer.index, tooMany(combinations))
      outer.parts.push({ kind: 'optional', parts })
      parts = outer.parts
    } else {
      fail(lexeme === '{' ? 'a brace must be closed' : 'a brace must have been opened')
    }
  }
  const unclosed = open.pop()
  if (unclosed) throw new PatternError(expression, unclosed.index, 'a bracket must be closed; got the end')
  return parts
}

/** Only between variables of one type: there the first value can always take what the second one has before a separator. */
function separatorBefore(parts: readonly Part[], type: Type): string | undefined {
  const [before, separator] = parts.slice(-2)
  if (before?.kind !== 'variable' || before.type !== type || separator?.kind !== 'text') return undefined
  return type.repeated !== undefined && holds(type, separator.text) ? separator.text : undefined
}

function holds({ character }: Type, text: string): boolean {
  return Array.from(text).every((one) => character.test(one))
}

/** Spells out what may be absent. */
function flatten(parts: readonly Part[]): Piece[][] {
  let paths: Piece[][] = [[]]
  for (const part of parts) {
    if (part.kind === 'optional') {
      const inner = flatten(part.parts)
      paths = [...paths.flatMap((path) => inner.map((pieces) => [...path, ...pieces])), ...paths]
    } else {
      for (const path of paths) path.push(part)
    }
  }
  return paths
}

// A value may take as many characters of a separator with it as it has: `/{a:any}/-/{b:any}` three, and the next one again.
const MAX_TRIES = 16

/**
 * Refuses what a path could be tried on in too many ways. The expression gives a value back character by character, and where
 * the text behind it turns up, tries the rest from there. That is linear as long as each try ends where that text turns up
 * again: so no later variable may hold it, until a text comes that the value itself cannot hold, which leaves but one try.
 */
function checkPath(expression: string, path: readonly Piece[]): void {
  let tried: { text: string; by: Variable }[] = []
  let text = ''
  let previous: Variable | undefined
  let tries = 1
  for (const piece of path) {
    if (piece.kind === 'text') {
      text += piece.text
      continue
    }
    const { lexeme, index, type, separator } = piece
    const fail = (mustBe: string): never => {
      throw new PatternError(expression, index, `${mustBe}; got ${JSON.stringify(lexeme)}`)
    }
    if (previous !== undefined) {
      if (text === '') fail('two variables must have text between them')
      tried = tried.filter(({ by }) => holds(by.type, text))
      const isTried = !previous.type.isBounded && holds(previous.type, text)
      if (isTried) tried.push({ text, by: previous })
      tries *= separator?.length ?? 1
      if (!type.isBounded && (separator === undefined || tries > MAX_TRIES)) {
        // The tries of this text are themselves within those of the earlier ones.
        const held = (isTried ? tried.slice(-1) : tried).find((one) => holds(type, one.text))
        if (held) {
          const quoted = JSON.stringify(held.text)
          fail(
            `must have a type that cannot hold ${quoted}, which ${JSON.stringify(held.by.lexeme)} can hold already`,
          )
        }
      }
    }
    previous = piece
    text = ''
  }
}

function toToken(part: Part): Token {
  if (part.kind === 'text') return { type: 'text', value: part.text }
  if (part.kind === 'variable') return { type: 'param', name: String(part.name) }
  return { type: 'group', tokens: part.parts.map(toToken) }
}

function toSource(part: Part): string {
  if (part.kind === 'text') return quote(part.text)
  if (part.kind === 'optional') return `(?:${part.parts.map(toSource).join('')})?`
  const { type, separator } = part
  if (separator === undefined) return `(${type.source})`
  // The value before it is as long as it can be, so this one may hold the separator at its end only: said here, for `checkPath`.
  const { repeated } = type
  return `((?:(?!${quote(separator)})${repeated})*${repeated}{1,${Array.from(separator).length}})`
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function keysOf(parts: readonly Part[]): Key[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return []
    if (part.kind === 'optional') return keysOf(part.parts)
    return { type: part.type.character.test('/') ? 'text' : 'param', name: part.name }
  })
}
