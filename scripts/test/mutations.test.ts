import { expect, it } from 'vitest'
import { mutate, mutations } from '../mutations.js'

/** Each mutation of a text: what is said of it, and what the text is with it. */
const of = (source: string): [what: string, text: string][] =>
  mutations(source).map((mutation) => [mutation.what, mutate(source, mutation)])

it.each<[fact: string, source: string, expected: [what: string, text: string][]]>([
  ['negates the condition of an if', 'if (a) {}', [['negated: a', 'if (!(a)) {}']]],
  ['negates the whole of a condition', 'if (a || b) {}', [['negated: a || b', 'if (!(a || b)) {}']]],
  ['negates the condition of a loop', 'while (a) {}', [['negated: a', 'while (!(a)) {}']]],
  [
    'negates that of a for, which may have none',
    'for (;a;) {} for (;;) {}',
    [['negated: a', 'for (;!(a);) {} for (;;) {}']],
  ],
  ['negates the condition of an expression', 'let a = b ? c : d', [['negated: b', 'let a = !(b) ? c : d']]],
  [
    'deletes a statement',
    'a()\nb()',
    [
      ['deleted: a()', ';\nb()'],
      ['deleted: b()', 'a()\n;'],
    ],
  ],
  ['deletes a throw', 'throw a', [['deleted: throw a', ';']]],
  [
    'leaves no branch without a statement',
    'if (a) b()\nelse c()',
    [
      ['negated: a', 'if (!(a)) b()\nelse c()'],
      ['deleted: b()', 'if (a) ;\nelse c()'],
      ['deleted: c()', 'if (a) b()\nelse ;'],
    ],
  ],
  [
    'turns round a boolean that is returned',
    'function f() { return true }',
    [
      ['deleted: return true', 'function f() { ; }'],
      ['true → false: return true', 'function f() { return false }'],
    ],
  ],
  [
    'turns round a boolean that is assigned',
    'a.b = false',
    [
      ['deleted: a.b = false', ';'],
      ['false → true: a.b = false', 'a.b = true'],
    ],
  ],
  [
    'turns round a boolean that a field begins with',
    'class A { #b = false }',
    [['false → true: #b = false', 'class A { #b = true }']],
  ],
  [
    'returns another constant of the file, in each branch',
    'const A = 0\nconst B = 1\nfunction f() { return a ? A : B }',
    [
      ['deleted: return a ? A : B', 'const A = 0\nconst B = 1\nfunction f() { ; }'],
      ['A → B: return a ? A : B', 'const A = 0\nconst B = 1\nfunction f() { return a ? B : B }'],
      ['B → A: return a ? A : B', 'const A = 0\nconst B = 1\nfunction f() { return a ? A : A }'],
      ['negated: a', 'const A = 0\nconst B = 1\nfunction f() { return !(a) ? A : B }'],
    ],
  ],
  [
    'leaves the only constant as it is',
    'const A = 0\nf(() => { let b; b = A })',
    [
      ['deleted: f(() => { let b; b = A })', 'const A = 0\n;'],
      ['deleted: b = A', 'const A = 0\nf(() => { let b; ; })'],
    ],
  ],
  ['leaves declarations, types and other booleans alone', 'const a = true\ntype A = false\nlet b', []],
])('%s', (_, source, expected) => {
  expect(of(source)).toEqual(expected)
})

it('says on which line, and in one line', () => {
  expect(mutations('\n\nf(\n  a,\n)')).toMatchObject([{ line: 3, what: 'deleted: f( a, )' }])
  expect(mutations(`f(${'a'.repeat(200)})`)[0]?.what).toBe(`deleted: f(${'a'.repeat(89)}…`)
})
