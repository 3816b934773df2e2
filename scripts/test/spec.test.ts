import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { specification, staleness } from '../spec.js'

/** A row for every clause, each of which departs. */
const ROWS = Object.entries({
  ...{ CALL: 9, STR: 8, ENV: 29, IO: 10, SR: 19, IT: 8, CL: 6, BUF: 3, MW: 7 },
  ...{ WR: 6, EH: 6, EX: 3, HT: 6, TH: 1, XT: 5, CF: 3, UR: 2, FW: 10 },
}).flatMap(([group, count]) =>
  Array.from({ length: count }, (_, i) => `| ${group}${i + 1} | a clause | departs, because of this test |`),
)

const SECTIONS = `# Title

## 1. One

{{rules call}}

## 2. Two

A call of {{rule call.once}} is shown by {{case call.twice}}.

{{rules environ input}}

{{cases call}}
`

const RULES = [
  { key: 'call.once', sentence: 'it is called once', source: 'PEP', side: 'server' },
  { key: 'environ.plain', sentence: 'it is plain', source: 'PEP', side: 'server' },
  { key: 'input.size', sentence: 'a | b', source: 'RFC 1', side: 'application', advice: true },
]

const CASES = [
  { key: 'call.twice', sentence: 'it is called again', source: 'PEP' },
  { key: 'call.hints', sentence: 'it hints', source: 'RFC 2', needs: ['early-hints'] },
]

const CONTRACT = `/** Types only. */

/** Code and reason. */
export type Status = string

export interface Exchange {
  /** When it ends. */
  readonly signal: AbortSignal

  /**
   * Said in two lines.
   */
  route: string | undefined
}
`

interface Changes {
  sections?: string
  /** A row that takes the place of the row for the same clause, or comes behind them. */
  row?: string
  rules?: typeof RULES
  cases?: typeof CASES
  files?: Record<string, string | undefined>
}

function make({ sections = SECTIONS, row, rules = RULES, cases = CASES, files = {} }: Changes = {}): string {
  const clause = row?.split(' ', 2).join(' ')
  const rows = ROWS.filter((line) => clause === undefined || !line.startsWith(`${clause} `))
  const texts: Record<string, string | undefined> = {
    'packages/core/spec/sections.md': sections,
    'packages/core/spec/pep-3333.md': `## Appendix\n\n${[...rows, ...(row === undefined ? [] : [row])].join('\n')}\n`,
    'packages/core/src/contract.ts': CONTRACT,
    ...files,
  }
  return specification({ rules, cases, read: (path) => texts[path] })
}

describe('the specification', () => {
  it('numbers rules and cases in one count, section by section', () => {
    expect(make().match(/^\| \d.*/gm)).toEqual([
      '| 1.1 | server | it is called once | PEP | `call.once` |',
      '| 2.1 | server | it is plain | PEP | `environ.plain` |',
      '| 2.2 | application, advice | a \\| b | RFC 1 | `input.size` |',
      '| 2.3 | server | it is called again | PEP | `call.twice` |',
      '| 2.4 | server with early-hints | it hints | RFC 2 | `call.hints` |',
    ])
  })

  it('refers to them by number, also before they come', () => {
    expect(make()).toContain('A call of 1.1 is shown by 2.3.\n')
  })

  it('shows types without their comments', () => {
    expect(make({ sections: `{{types Status Exchange}}\n${SECTIONS}` })).toContain(
      [
        '```ts',
        'type Status = string',
        'interface Exchange {',
        '  readonly signal: AbortSignal',
        '',
        '  route: string | undefined',
        '}',
        '```',
      ].join('\n'),
    )
  })

  it('answers a clause by a rule, a case, a test, a type or a page', () => {
    const row =
      '| EH1 | errors | {{rule call.once}}, {{case call.hints}}; {{test a.test.ts › of a › gives %s}}; {{type Status}}, {{page b/README.md}} |'
    const files = { 'a.test.ts': "describe('of a', () => { it.each([1])(`gives %s`)", 'b/README.md': '' }
    expect(make({ row, files })).toContain(
      '| EH1 | errors | 1.1, 2.4; `a.test.ts` › of a › gives %s; `Status`, [b/README.md](../../b/README.md) |',
    )
  })

  it('is the same every time', () => {
    expect(make()).toBe(make())
  })
})

describe('a fault', () => {
  const answered = (answer: string) => `| EH1 | errors | ${answer} |`
  const placed = 'must stand in a table of packages/core/spec/sections.md'
  const answers = 'must be answered by a rule, a case, a test, a type, a page, or "departs, because …"'

  it.each<[fault: string, changes: Changes, message: string]>([
    [
      'a rule in no table',
      { rules: [...RULES, { key: 'body.once', sentence: '', source: '', side: 'server' }] },
      `rule body.once: ${placed}; got no {{rules …}} for it`,
    ],
    [
      'a case in no table',
      { cases: [...CASES, { key: 'body.large', sentence: '', source: '' }] },
      `case body.large: ${placed}; got no {{cases …}} for it`,
    ],
    [
      'a rule in two tables',
      { sections: `${SECTIONS}\n{{rules call}}\n` },
      'rule call.once: must stand in one place; got 1.1 and 2.5',
    ],
    [
      'a table of nothing',
      { sections: `${SECTIONS}\n{{rules call. envron}}\n` },
      '{{rules call. envron}}: must name rules; got none that begins with "envron."',
    ],
    [
      'a rule that is none',
      { sections: `${SECTIONS}\nAs {{rule call.twice}} says.\n` },
      '{{rule call.twice}}: must be the key of a rule; got none',
    ],
    [
      'a case that is none',
      { row: answered('{{case call.once}}') },
      '{{case call.once}}: must be the key of a case',
    ],
    ['a marker that is none', { sections: `${SECTIONS}{{rules call}}, {{x}}` }, '{{x}}: must be a marker'],
    [
      'a table within a line',
      { sections: `${SECTIONS}See {{rules call}}` },
      '{{rules call}}: must be a marker, one for a line on a line of its own; got none',
    ],
    [
      'a type that is none',
      { sections: `${SECTIONS}{{types Status Stats}}` },
      '{{types Status Stats}}: must be a type of packages/core/src/contract.ts; got none "Stats"',
    ],
    ['a page that is none', { row: answered('{{page a.md}}') }, '{{page a.md}}: must be a file; got none'],
    [
      'a test in no file',
      { row: answered('{{test a.test.ts › b}}') },
      '{{test a.test.ts › b}}: must be a file; got none',
    ],
    [
      'a test without a name',
      { row: answered('{{test a.test.ts}}'), files: { 'a.test.ts': '' } },
      '{{test a.test.ts}}: must name a test; got a file alone',
    ],
    [
      'a test that is only the beginning of another',
      { row: answered('{{test a.test.ts › b}}'), files: { 'a.test.ts': "it('b and c')" } },
      '{{test a.test.ts › b}}: must be a name in that file; got none "b"',
    ],
    [
      'a clause without a row',
      {
        files: {
          'packages/core/spec/pep-3333.md': ROWS.filter((row) => !row.startsWith('| FW10 ')).join('\n'),
        },
      },
      'FW10: must have a row in packages/core/spec/pep-3333.md; got none',
    ],
    [
      'a clause with two rows',
      { files: { 'packages/core/spec/pep-3333.md': [...ROWS, ROWS[0]].join('\n') } },
      'CALL1: must be a clause of PEP 3333, in one row; got a row too many',
    ],
    [
      'a clause that is none',
      { row: '| TH2 | threads | {{rule call.once}} |' },
      'TH2: must be a clause of PEP 3333, in one row; got a row too many',
    ],
    ['no answer', { row: answered('') }, `EH1: ${answers}; got ""`],
    ['an answer that says nothing', { row: answered('yes') }, `EH1: ${answers}; got "yes"`],
    ['a departure without a reason', { row: answered('departs, because ') }, `EH1: ${answers}`],
    ['a row of two cells', { row: '| EH1 | {{rule call.once}} |' }, `EH1: ${answers}; got ""`],
    [
      'a row of four cells',
      { row: '| EH1 | errors | {{rule call.once}} | more |' },
      'EH1: must be a row of three cells; got "| EH1 | errors | {{rule call.once}} | more |"',
    ],
    [
      'a source that is missing',
      { files: { 'packages/core/src/contract.ts': undefined } },
      'packages/core/src/contract.ts: must be a file; got none',
    ],
  ])('is told: %s', (_, changes, message) => {
    expect(() => make(changes)).toThrow(`spec: ${message}`)
  })

  it('does not hide another', () => {
    const sections = '## 1. One\n\n{{rules call}}\n\n{{rule a.b}}\n'
    expect(() => make({ sections })).toThrow(
      /^spec: rule environ\.plain: .*\nspec: rule input\.size: .*\nspec: case call\.twice: .*\nspec: case call\.hints: .*\nspec: \{\{rule a\.b\}\}: .*$/,
    )
  })
})

describe('SPEC.md', () => {
  it('is fresh when it is what was made', () => {
    expect(staleness('a\nb\n', 'a\nb\n')).toBeUndefined()
  })

  it.each([
    ['a line that differs', 'a\nb\nc\n', 'a\nB\nC\n', 'got "b" in line 2 in place of "B"'],
    ['a line too many', 'a\nb\n', 'a\n', 'got "b" in line 2 in place of ""'],
    ['a line too few', 'a', 'a\nb', 'got nothing in line 2 in place of "b"'],
    ['a line more behind the end', 'a\nb', 'a', 'got "b" in line 2 in place of nothing'],
    ['all of it missing', '', 'a\n', 'got "" in line 1 in place of "a"'],
  ])('is stale with %s', (_, found, made, message) => {
    expect(staleness(found, made)).toBe(
      `packages/core/SPEC.md: must be what \`npm run spec\` writes; ${message}`,
    )
  })

  it('names every key of environ', () => {
    const contract = readFileSync(new URL('../../packages/core/src/contract.ts', import.meta.url), 'utf8')
    const sections = readFileSync(new URL('../../packages/core/spec/sections.md', import.meta.url), 'utf8')
    const [environ] = /^export interface Environ \{.*?^\}/ms.exec(contract)!
    const keys = [...environ.matchAll(/^ {2}(?:'(.+?)'|(\w+)|\[\w+: `(\w+)\$\{string\}`\])\??:/gm)].map(
      ([, quoted, plain, prefix]) => quoted ?? plain ?? `${prefix}*`,
    )
    expect(keys.length).toBeGreaterThan(25)
    expect(
      keys.filter((key) => !new RegExp(`^\\| .*\`${key.replaceAll('*', '\\*')}\`.* \\|`, 'm').test(sections)),
    ).toEqual([])
  })
})
