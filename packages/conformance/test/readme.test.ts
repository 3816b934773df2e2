import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { APPLICATION_CASES, MIDDLEWARE_CASES, SERVER_CASES } from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The first cell of each row of the table that has a certain first heading. */
function cells(heading: string): string[] {
  const table = new RegExp(`^\\| ${heading} .*\\n\\|.*\\n((?:\\|.*\\n)+)`, 'm').exec(readme)![1]!
  return table.trimEnd().split('\n')
}

it('lists the key of each case of the server suite, and no other, in their order', () => {
  const keys = cells('about').flatMap((row) => row.split('|')[2]!.trim().split(', '))
  expect(keys).toEqual(SERVER_CASES.map(({ key }) => `\`${key}\``))
})

it.each([
  ['middleware', MIDDLEWARE_CASES],
  ['application', APPLICATION_CASES],
])('says what each case of the %s suite does', (suite, cases) => {
  const rows = readme.split('\n').filter((line) => line.startsWith(`| \`${suite}.`))
  const found = rows.map((row) => row.split('|').map((cell) => cell.trim()))
  expect(found.map(([, key, sentence]) => [key, sentence])).toEqual(
    cases.map(({ key, sentence }) => [`\`${key}\``, sentence]),
  )
})

it('says what a server may be without', () => {
  const features = cells('feature').map((row) => /`([^`]+)`/.exec(row)?.[1])
  const needed = new Set(SERVER_CASES.flatMap(({ needs = [] }) => needs))
  expect([...needed].filter((feature) => !features.includes(feature))).toEqual([])
  expect(features.filter((feature) => !needed.has(feature as never))).toEqual([])
})
