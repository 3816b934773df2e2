import fc from 'fast-check'
import { compile } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import type { ParsedPattern, Token } from '../src/parser.ts'
import { PatternError } from '../src/pattern.ts'
import { type SelectorExpressions, selectorExpressions } from '../src/selector-expressions.ts'

describe('selectorExpressions', () => {
  it.each<[what: string, expression: string, path: string, values: object | undefined]>([
    ['a literal', '/about', '/about', {}],
    ['a literal to the end', '/about', '/about/', undefined],
    ['a literal with its case', '/about', '/About', undefined],
    ['a line feed behind the end, as Python does', '/about', '/about\n', undefined],
    ['a literal with what expressions are made of', '/a.b*c(d)\\e^$+?', '/a.b*c(d)\\e^$+?', {}],
    ['a literal dot', '/a.b', '/axb', undefined],
    ['a pipe that is not last', '/a|b', '/a|b', {}],
    ['a colon without braces', '/a:b', '/a:b', {}],
    ['nothing', '', '', {}],
    ['nothing, on a path', '', '/', undefined],
    ['an encoded slash in a literal', '/a%2Fb', '/a%2Fb', {}],
    ['a variable', '/{name}', '/7', { name: '7' }],
    ['a variable, on nothing', '/{name}', '/', undefined],
    ['a variable, on two segments', '/{name}', '/a/b', undefined],
    ['a variable with text around', '/a{name}b', '/axxb', { name: 'xx' }],
    ['a name beyond ASCII', '/{名}', '/7', { 名: '7' }],
    ['a name that every object has', '/{__proto__}', '/7', { ['__proto__']: '7' }],
    ['a typed variable', '/{id:digits}', '/7', { id: '7' }],
    ['a typed variable, on what does not fit', '/{id:digits}', '/7a', undefined],
    ['a type without a name', '/{:digits}', '/7', { 0: '7' }],
    ['nothing in braces', '/{}', '/7', { 0: '7' }],
    ['several positional variables', '/{}/{:word}/{a}/{}', '/1/2/3/4', { 0: '1', 1: '2', a: '3', 2: '4' }],
    [
      'eleven positional variables, in the order of numbers',
      '/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}/{}',
      '/a/b/c/d/e/f/g/h/i/j/k',
      { 0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e', 5: 'f', 6: 'g', 7: 'h', 8: 'i', 9: 'j', 10: 'k' },
    ],
    ['an optional part that is there', '/a[/{b}]', '/a/1', { b: '1' }],
    ['an optional part that is absent', '/a[/{b}]', '/a', {}],
    ['an optional part, half of it', '/a[/{b}]', '/a/', undefined],
    ['an optional part inside of another', '/a[/{b}[/{c}]]', '/a/1/2', { b: '1', c: '2' }],
    ['an optional part inside of another, absent', '/a[/{b}[/{c}]]', '/a/1', { b: '1' }],
    ['an optional part at the beginning', '[/{lang:alpha}]/home', '/de/home', { lang: 'de' }],
    ['an optional part at the beginning, absent', '[/{lang:alpha}]/home', '/home', {}],
    ['nothing but an optional part', '[/a]', '', {}],
    ['an optional slash', '/a[/]', '/a/', {}],
    ['an optional part without anything', '/a[]', '/a', {}],
    ['optional parts beside each other', '/a[/{b:digits}][/{c:alpha}]', '/a/x', { c: 'x' }],
    ['a positional variable that is absent', '/a[/{}]/b/{}', '/a/b/x', { 1: 'x' }],
    ['a default type that ends at a dot', '/{name}.{ext}', '/a.txt', { name: 'a', ext: 'txt' }],
    ['a value that is as long as it can be', '/{a}-{b}', '/x-y-z', { a: 'x-y', b: 'z' }],
    ['a value that leaves the next one something', '/{a}-{b}', '/x-y-', { a: 'x', b: 'y-' }],
    ['three values of a type', '/{y}-{m}-{d}', '/2024-01-02', { y: '2024', m: '01', d: '02' }],
    ['a slug and a number', '/{slug:segment}-{id:digits}', '/a-1-22', { slug: 'a-1', id: '22' }],
    ['a long separator', '/{a:any}/-/{b:any}', '/x/-/y/-/z', { a: 'x/-/y', b: 'z' }],
    ['a value that takes the optional part too', '/{a:segment}[.{b:word}]', '/x.y', { a: 'x.y' }],
    ['text behind a value that could hold it', '/{path:any}/edit', '/a/edit/edit', { path: 'a/edit' }],
    ['any at the beginning', '{path:any}', '/a/b', { path: '/a/b' }],
  ])('fits %s', (_what, expression, path, values) => {
    expect(read(expression, path)?.values).toEqual(values)
  })

  it.each<[type: string, fits: string[], fitsNot: string[]]>([
    ['word', ['a', 'a_1', '_', 'é', 'e\u0301', 'हिन्दी', '٣', '𝒜'], ['a-b', 'a b', 'a.b', '']],
    ['alpha', ['a', 'Zz'], ['a1', 'é', '_', '']],
    ['digits', ['0', '0123'], ['٣', '-1', '1.5', '']],
    ['number', ['5', '1.5', '.5', '00.00'], ['1x5', '5.', '.', '1.2.3', '-1', '']],
    ['chunk', ['a', 'a-b', '^', 'a^b', 'a b', '%2F', '\n', 'é', '😀'], ['a.b', 'a/b', '']],
    ['segment', ['a', 'a.b', '..', '^', '%2F', '\n'], ['a/b', '']],
    ['any', ['a', 'a/b', '/', '\n', 'a\nb', '%2F'], ['']],
  ])('gives %s what it fits', (type, fits, fitsNot) => {
    expect(fits.filter((value) => read(`/x{v:${type}}`, `/x${value}`)?.values.v !== value)).toEqual([])
    expect(fitsNot.filter((value) => read(`/x{v:${type}}`, `/x${value}`) !== undefined)).toEqual([])
  })

  it('takes chunk for the type of a variable that has none', () => {
    expect(selectorExpressions('/{a}').regexp).toEqual(selectorExpressions('/{a:chunk}').regexp)
  })

  it.each<[expression: string, path: string, matched: string | undefined]>([
    ['|', '', ''],
    ['|', '/a', ''],
    ['/a|', '/a', '/a'],
    ['/a|', '/a/b', '/a'],
    ['/a|', '/a//b', '/a'],
    ['/a|', '/ab', undefined],
    ['/a|', '/b', undefined],
    ['/a/|', '/a/b', '/a/'],
    ['/a/|', '/a', undefined],
    ['/a[/]|', '/a/b', '/a/'],
    ['/book/{id}|', '/book/1/x', '/book/1'],
    ['/book/{id}|', '/book/1.2', undefined],
    ['/book/{id}[/{page}]|', '/book/1/2/3', '/book/1/2'],
    ['/book/{id:digits}|', '/book/12a', undefined],
    ['/{rest:any}|', '/a/b', '/a/b'],
    ['/a||', '/a|/b', '/a|'],
  ])('lets %s go on with a slash: %s', (expression, path, matched) => {
    expect(read(expression, path)?.matched).toBe(matched)
  })

  it('tells keys by number where they have no name, and which values may span segments', () => {
    expect(selectorExpressions('/{a}/{}[/{b:segment}]/{:any}').keys).toEqual([
      { type: 'param', name: 'a' },
      { type: 'param', name: 0 },
      { type: 'param', name: 'b' },
      { type: 'text', name: 1 },
    ])
  })

  it('gives the tokens of the same path', () => {
    expect(selectorExpressions('/a/{b:digits}[/{}[.{c:any}]]|').tokens).toEqual([
      { type: 'text', value: '/a/' },
      { type: 'param', name: 'b' },
      {
        type: 'group',
        tokens: [
          { type: 'text', value: '/' },
          { type: 'param', name: '0' },
          {
            type: 'group',
            tokens: [
              { type: 'text', value: '.' },
              { type: 'param', name: 'c' },
            ],
          },
        ],
      },
    ])
    expect(selectorExpressions('').tokens).toEqual([])
  })

  it('fits, without their tries in common, what an expression with every try fits', () => {
    fc.assert(
      fc.property(expressions, paths, (expression, path) => {
        const parsed = parse(expression)
        fc.pre(parsed !== undefined)
        const match = parsed.regexp.exec(path)
        expect(match && Array.from(match)).toEqual(plainMatch(expression, path))
      }),
      { numRuns: 2000 },
    )
  })

  it('fits the paths that its tokens build', () => {
    fc.assert(
      fc.property(expressions, fc.infiniteStream(fc.tuple(fc.nat(), fc.boolean())), (expression, choices) => {
        const parsed = parse(expression)
        fc.pre(parsed !== undefined)
        const types = typesOf(expression)
        const params = Object.create(null) as Record<string, string>
        for (const { name } of parsed.keys) {
          const [choice, isThere] = choices.next().value
          const values = VALUES[types.get(String(name))!]!
          if (isThere || isRequired(parsed.tokens, String(name)))
            params[name] = values[choice % values.length]!
        }
        const path = compile({ tokens: parsed.tokens }, { encode: false })(params)
        expect(path).toMatch(parsed.regexp)
      }),
      { numRuns: 2000 },
    )
  })

  it('is linear on each expression that it takes', () => {
    const unit = fc.array(fc.constantFrom('a', '1', ...SEPARATORS), { minLength: 1, maxLength: 4 })
    const begin = fc.constantFrom('/', '/a', '/a-', '/a/', '//')
    const end = fc.constantFrom('', '\n', '/', '//', '/\n', '.')
    fc.assert(
      fc.property(expressions, begin, unit, unit, end, (expression, begin, unit, other, end) => {
        const parsed = parse(expression)
        fc.pre(parsed !== undefined)
        const repeated = [unit, other].map((pieces) => pieces.join('').repeat(10_000)).join('')
        expect(timeOf(() => parsed.regexp.exec(begin + repeated + end))).toBeLessThan(LINEAR_MS)
      }),
      { numRuns: 500 },
    )
  })

  it.each<[expression: string, path: string]>([
    ['/{a}-{b}', `/${'-'.repeat(1e5)}/`],
    ['/{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}', `/${'a-'.repeat(1e5)}/`],
    ['/{a:any}/{b:any}/{c:any}/{d:any}x', '/'.repeat(1e5)],
    ['/{a:any}/-/{b:any}/-/{c:any}x', '/-'.repeat(1e5)],
    ['/{a:segment}--{b:segment}--{c:segment}--{d:segment}', `/${'x---'.repeat(1e5)}/`],
    ['/{a:any}/{b}/{c}/e', '/a'.repeat(1e5)],
    ['/{a:number}.{b}/c', `/${'1'.repeat(1e5)}`],
    ['/{a:number}/b', `/${'1'.repeat(1e5)}`],
    ['/{a:word}/b', `/${'a'.repeat(1e6)}`],
    ['[/{a}][/{b}][/{c}][/{d}][/{e}][/{f}][/{g}][/{h}]', '/x'.repeat(1e5)],
    ['/{a:slug}-{b:slug}-{c:slug}', `/${'a-'.repeat(1e5)}.`],
    ['/{a:many}-{b:digits}.{c}', `/${'1-'.repeat(1e5)}.`],
    ['/{a:few}-{b}-{c}', `/${'1-'.repeat(1e5)}.`],
    ['/{a:any}-{b:any}/{c:slug}', `/${'-/'.repeat(1e5)}`],
    ['/{a:any}-{b:any}/{c:slug}', `/${'a-/-'.repeat(1e5)}.`],
  ])('misses a long path in no time: %s', (expression, path) => {
    const { regexp } = selectorExpressions.with({
      slug: '[a-z-]+',
      many: '[0-9]+(?:-[0-9]+)*',
      few: '[0-9]{1,4}-?',
    })(expression)
    let match: unknown
    expect(timeOf(() => (match = regexp.exec(path)))).toBeLessThan(LINEAR_MS)
    expect(match).toBe(null)
  })

  it('compiles a long expression in no time', () => {
    const expression = '/{}'.repeat(1000) + '/a'.repeat(1e4)
    expect(timeOf(() => selectorExpressions(expression))).toBeLessThan(LINEAR_MS)
  })

  it.each<[expression: string, index: number, message: string]>([
    ['/{a', 1, 'a brace must be closed; got "{"'],
    ['/{a[b]', 1, 'a brace must be closed; got "{"'],
    ['/{a{b}}', 1, 'a brace must be closed; got "{"'],
    ['/a}', 2, 'a brace must have been opened; got "}"'],
    ['/{a}}', 4, 'a brace must have been opened; got "}"'],
    ['/a[/b', 2, 'a bracket must be closed; got the end'],
    ['/a[/b[/c]', 2, 'a bracket must be closed; got the end'],
    ['/a[', 2, 'a bracket must be closed; got the end'],
    ['/a[/b|', 2, 'a bracket must be closed; got the end'],
    ['/a]', 2, 'a bracket must have been opened; got "]"'],
    ['/a[/b]]', 6, 'a bracket must have been opened; got "]"'],
    [
      '/😀{a:hex}',
      3,
      'a type must be one of word, alpha, digits, number, chunk, segment, any; got "{a:hex}"',
    ],
    ['/{a:}', 1, 'a type must be one of word'],
    ['/{:}', 1, 'a type must be one of word'],
    ['/{a:constructor}', 1, 'a type must be one of word'],
    ['/{a:Digits}', 1, 'a type must be one of word'],
    ['/{a: digits}', 1, 'a type must be one of word'],
    ['/{a:b:c}', 1, 'a variable must have one colon at most, as in "{id:digits}"; got "{a:b:c}"'],
    ['/{::}', 1, 'a variable must have one colon at most'],
    ['/{1}', 1, 'a variable must have a name or none, as in "{id}" or "{}"; got "{1}"'],
    ['/{a-b}', 1, 'a variable must have a name or none'],
    ['/{ a}', 1, 'a variable must have a name or none'],
    ['/{a[b}', 1, 'a variable must have a name or none'],
    ['/{a]}', 1, 'a variable must have a name or none'],
    ['/{a}/{a}', 5, 'a name must stand once; got "{a}"'],
    ['/{a}[/{a:any}]', 6, 'a name must stand once; got "{a:any}"'],
    ['/{a}{b}', 4, 'two variables must have text between them; got "{b}"'],
    ['/{a}[{b}]', 5, 'two variables must have text between them; got "{b}"'],
    ['/{a}[/]{b}', 7, 'two variables must have text between them; got "{b}"'],
    ['/{:alpha}{:digits}', 9, 'two variables must have text between them; got "{:digits}"'],
    ['a', 0, 'must begin with "/", as every path does; got "a"'],
    ['{a}', 0, 'must begin with "/", as every path does; got "{a}"'],
    ['[a]', 1, 'must begin with "/", as every path does; got "a"'],
    ['[[{a}]]', 2, 'must begin with "/", as every path does; got "{a}"'],
    ['[]/a', 1, 'must begin with "/", as every path does; got "]"'],
    ['||', 0, 'must begin with "/", as every path does; got "|"'],
    [
      '[/{a}][/{b}][/{c}][/{d}][/{e}][/{f}][/{g}][/{h}][/{i}]',
      48,
      'optional parts must make 256 paths at most; got 512',
    ],
    ['['.repeat(1e5), 99_999, 'a bracket must be closed; got the end'],
    ['/['.repeat(1e4) + ']'.repeat(1e4), 19_489, 'optional parts must make 256 paths at most; got 257'],
    [
      '/{a}-{b:segment}',
      5,
      'must have a type that cannot hold "-", which "{a}" can hold already; got "{b:segment}"',
    ],
    ['/{a:segment}-{b}', 13, 'must have a type that cannot hold "-"'],
    ['/{a}[-{b}]', 6, 'must have a type that cannot hold "-"'],
    ['/{a}[-x]-{b}', 9, 'must have a type that cannot hold "-x-", which "{a}" can hold already'],
    [
      '/{a:any}-{b:digits}/{c}',
      20,
      'must have a type that cannot hold "-", which "{a:any}" can hold already',
    ],
    ['/{a:segment}-{b}.{c:segment}', 13, 'must have a type that cannot hold "-"'],
    ['/{a:any}-----{b:any}---------{c:any}', 29, 'must have a type that cannot hold "---------"'],
  ])('throws a PatternError for %s', (expression, index, message) => {
    const error = refusal(expression)
    expect(error).toMatchObject({ name: 'PatternError', pattern: expression, index })
    expect(error?.message).toContain(
      `selector: pattern ${JSON.stringify(expression)}: index ${index}: ${message}`,
    )
  })

  it('gives an expression for each text, or a PatternError with a place in it', () => {
    const signs = ['/', '/', 'a', '[', ']', '{', '}', ':', '|', '-', '.', '{}', '{a}', '{b:any}', '[/{c}]']
    const others = ['{:word}', '(', ')', '\\', '^', '$', '*', '\n', '\ud83d', '\ude00', '😀', '{:x}', '\0']
    const text = fc.array(fc.constantFrom(...signs, ...others), { maxLength: 14 })
    fc.assert(
      fc.property(text, (signs) => {
        const expression = `/${signs.join('')}`
        const error = refusal(expression)
        if (error === undefined) {
          const { regexp, keys } = selectorExpressions(expression)
          expect(new RegExp(`${regexp.source}|`, 'u').exec('')).toHaveLength(keys.length + 1)
        } else {
          expect(error.pattern).toBe(expression)
          expect(error.index).toBeLessThan(expression.length)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('with', () => {
  const { with: withTypes } = selectorExpressions

  it('gives a parser that knows more types, and leaves the old one as it is', () => {
    const more = selectorExpressions.with({ hex: '[0-9a-f]+' })
    expect(read('/{id:hex}/{n:digits}', '/beef/7', more)?.values).toEqual({ id: 'beef', n: '7' })
    expect(read('/{id:hex}', '/bear', more)).toBe(undefined)
    expect(() => selectorExpressions('/{id:hex}')).toThrow(PatternError)
  })

  it('adds up', () => {
    const more = selectorExpressions.with({ hex: '[0-9a-f]+' }).with({ lang: 'de|en' })
    expect(read('/{lang:lang}/{id:hex}', '/en/beef', more)?.values).toEqual({ lang: 'en', id: 'beef' })
    expect(refusal('/{a:x}', more)?.message).toContain('segment, any, hex, lang; got "{a:x}"')
  })

  it('replaces a type', () => {
    const more = selectorExpressions.with({ chunk: '[^/]+' })
    expect(read('/{name}', '/a.b', more)?.values).toEqual({ name: 'a.b' })
    expect(read('/{name}', '/a.b')).toBe(undefined)
  })

  it.each<[source: string, fits: string[], fitsNot: string[]]>([
    ['de|en', ['de', 'en'], ['d', 'deen', 'n']],
    ['(?:ab)+', ['ab', 'abab'], ['a']],
    ['\\d{4}-\\d{2}', ['2024-01'], ['24-1']],
    ['[\\]/)(]+', [']/)('], ['[']],
    ['[$^]', ['$', '^'], ['\\']],
    ['\\$\\^', ['$^'], ['$']],
    ['\\\\b', ['\\b'], ['b']],
    ['[\\b]', ['\b'], ['b']],
    ['\\u{1F600}|\\ud83d\\ude01|\\x41|\\u0042|\\cA', ['😀', '😁', 'A', 'B', '\x01'], ['u']],
    ['.', ['é', '😀'], ['ab']],
    ['a{2}', ['aa'], ['a', 'aaa', 'a{2}']],
  ])('takes %s by itself', (source, fits, fitsNot) => {
    const more = selectorExpressions.with({ x: source })
    expect(fits.filter((value) => read('/-{v:x}-/', `/-${value}-/`, more)?.values.v !== value)).toEqual([])
    expect(fitsNot.filter((value) => read('/-{v:x}-/', `/-${value}-/`, more))).toEqual([])
  })

  it.each<[expression: string, isTaken: boolean]>([
    ['/{a:hex}/{b:hex}', true],
    ['/{a:hex}-{b:hex}', true],
    ['/{a:slug}-{b:slug}', true],
    ['/{a:slug}-{b}', false],
    ['/{a:slug}X{b:slug}', true],
    ['/{a:slug}X{b}', false],
    ['/{a:date}-{b}', true],
    ['/{a}-{b:date}', true],
    ['/{a:long}-{b}', false],
    ['/{a:many}-{b}', false],
    ['/{a:many}.{b}', true],
    ['/{a:any}-{b:any}/{c:slug}', true],
    ['/{a:any}-{b:any}_{c:hex}/{d:slug}', false],
    ['/{a:face}😀{b:any}', false],
    ['/{a:face}😁{b:any}', true],
  ])('knows what a type can hold: %s', (expression, isTaken) => {
    const more = selectorExpressions.with({
      hex: '[0-9a-f]+',
      slug: '[a-z-]+',
      date: '[0-9]{4}-[0-9]{2}',
      long: '[a-z-]{1,100}',
      many: '[0-9]+(?:-[0-9]+)*',
      face: '(?:\\ud83d\\ude00)+',
    })
    expect(refusal(expression, more) === undefined).toBe(isTaken)
  })

  it('takes a value that may hold a slash for text', () => {
    const more = selectorExpressions.with({ path: '[a-z/]+', name: '[a-z]+' })
    expect(more('/{a:path}/{b:name}').keys.map(({ type }) => type)).toEqual(['text', 'param'])
  })

  it.each<[what: string, types: unknown, message: string]>([
    ['no table', null, `must have types by name, as in { hex: '[0-9a-f]+' }; got null`],
    ['an empty table', {}, `must have types by name, as in { hex: '[0-9a-f]+' }; got {}`],
    ['a name that is none', { 'a-b': 'x' }, `a type's name must be a name, as in "hex"; got "a-b"`],
    ['an empty name', { '': 'x' }, `a type's name must be a name, as in "hex"; got ""`],
    ['an expression', { a: /x/ }, 'a: must be the source of an expression, a string; got object'],
    ['what is open', { a: '(' }, 'a: must be the source of an expression under the flag u; got "("'],
    ['what closes a group', { a: 'a)|(?:b' }, 'a: must be the source of an expression under the flag u'],
    ['what the flag u forbids', { a: '\\_' }, 'a: must be the source of an expression under the flag u'],
    ['a reference', { a: '\\1' }, 'a: must be the source of an expression under the flag u'],
    ['a named reference', { a: '\\k<b>' }, 'a: must be the source of an expression under the flag u'],
    ['a capture', { a: '(x)' }, 'a: must capture nothing: a group is "(?:…)"; got "(x)"'],
    ['a named capture', { a: '(?<b>x)' }, 'a: must capture nothing'],
    ['a capture in one case', { a: 'a|(b)' }, 'a: must capture nothing'],
    ['the begin', { a: '^a' }, 'a: must fit whatever stands around the value: without ^, $,'],
    ['the end', { a: 'a$' }, 'a: must fit whatever stands around the value'],
    ['the edge of a word', { a: 'a\\b' }, 'a: must fit whatever stands around the value'],
    ['a look ahead', { a: '(?!new)[a-z]+' }, 'a: must fit whatever stands around the value'],
    ['a look behind', { a: '(?<=x)a' }, 'a: must fit whatever stands around the value'],
    ['nothing', { a: '' }, 'a: must not fit the empty text; got ""'],
    ['what may be nothing', { a: 'a*' }, 'a: must not fit the empty text; got "a*"'],
    ['what may be nothing in one case', { b: 'x', a: 'a|' }, 'a: must not fit the empty text; got "a|"'],
  ])('throws for %s', (_what, types, message) => {
    const add = () => withTypes(types as Record<string, string>)
    expect(add).toThrow(TypeError)
    expect(add).toThrow(`selectorExpressions: with: ${message}`)
  })
})

/** What is matched, and the values by name. */
function read(
  expression: string,
  path: string,
  parse: SelectorExpressions = selectorExpressions,
): { matched: string; values: Record<string, unknown> } | undefined {
  const { regexp, keys } = parse(expression)
  const match = regexp.exec(path)
  if (match === null) return undefined
  const found = keys.map(({ name }, i) => [String(name), match[i + 1]] as const)
  expect(match).toHaveLength(keys.length + 1)
  return { matched: match[0], values: Object.fromEntries(found.filter(([, value]) => value !== undefined)) }
}

function refusal(
  expression: string,
  parse: SelectorExpressions = selectorExpressions,
): PatternError | undefined {
  try {
    parse(expression)
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error
    throw error
  }
}

function parse(expression: string): Required<ParsedPattern> | undefined {
  return refusal(expression) ? undefined : selectorExpressions(expression)
}

// What quadratic time would be at these lengths is some seconds.
const LINEAR_MS = 500

/** Of the processor: who else works on the machine must not decide. */
function timeOf(act: () => unknown): number {
  const start = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const SOURCES: Readonly<Record<string, string>> = {
  word: '[\\p{L}\\p{M}\\p{N}_]+',
  alpha: '[a-zA-Z]+',
  digits: '\\d+',
  number: '\\d*\\.?\\d+',
  chunk: '[^/.]+',
  segment: '[^/]+',
  any: '[^]+',
}

const VALUES: Readonly<Record<string, string[]>> = {
  word: ['a', '_1', 'é'],
  alpha: ['a', 'Bc'],
  digits: ['1', '11'],
  number: ['1', '1.1', '.1'],
  chunk: ['a', 'a-a', '-', '1'],
  segment: ['a', 'a.1', '-', '--'],
  any: ['a', 'a/a', '/', '-/-', '.'],
}

const VARIABLE = /\{(\w*):?(\w*)\}/g

/** As the original translates an expression: each variable a group, and every try left to the matching. */
function plainMatch(expression: string, path: string): (string | undefined)[] | null {
  const isOpen = expression.endsWith('|')
  const source = expression
    .slice(0, isOpen ? -1 : undefined)
    .replace(/\{\w*:?(\w*)\}|./gs, (lexeme, type) => {
      if (lexeme === '[') return '(?:'
      if (lexeme === ']') return ')?'
      return lexeme.length === 1 ? lexeme.replace(/[.^$|/]/, '\\$&') : `(${SOURCES[type || 'chunk']})`
    })
  const match = new RegExp(`^${source}${isOpen ? '(?=/|$|(?<=/))' : '$'}`, 'u').exec(path)
  return match && Array.from(match)
}

/** The type of each variable by its key. */
function typesOf(expression: string): Map<string, string> {
  let positionals = 0
  return new Map(
    Array.from(expression.matchAll(VARIABLE), ([, name, type]) => [
      name || String(positionals++),
      type || 'chunk',
    ]),
  )
}

function isRequired(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token) => token.type === 'param' && token.name === name)
}

const SEPARATORS = ['-', '/', '.', '--', '/-', '-.', '1', 'a']

/** Expressions whose variables are told apart by numbers. */
const expressions = fc
  .letrec<{ body: string; part: string }>((tie) => {
    const variable = fc.tuple(fc.boolean(), fc.constantFrom('', ...Object.keys(SOURCES)))
    const text = fc.constantFrom(...SEPARATORS)
    return {
      body: fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
      part: fc.oneof(
        { depthSize: 'small' },
        {
          weight: 4,
          arbitrary: fc
            .tuple(variable, text)
            .map(([[isNamed, type], text]) => `{${isNamed ? '#' : ''}${type && `:${type}`}}${text}`),
        },
        { weight: 1, arbitrary: text },
        { weight: 1, arbitrary: fc.tuple(text, tie('body')).map(([text, body]) => `[${text}${body}]`) },
      ),
    }
  })
  .body.chain((body) =>
    fc.constantFrom('', '{}', '{:any}', '|', '{:segment}|').map((end) => `/${body}${end}`),
  )
  .map((expression) => {
    let names = 0
    return expression.replace(/#/g, () => `v${names++}`)
  })

const paths = fc
  .array(fc.constantFrom('a', '1', 'é', '\n', ...SEPARATORS), { maxLength: 10 })
  .map((pieces) => `/${pieces.join('')}`)
