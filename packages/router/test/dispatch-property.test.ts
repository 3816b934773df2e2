import type { Application, StandardSchema } from '@tsgi/core'
import { readSegment } from '@tsgi/core/gateway'
import fc from 'fast-check'
import { parse, pathToRegexp, type Token } from 'path-to-regexp'
import { describe, expect, it } from 'vitest'
import { PatternError, Selector } from '../src/index.ts'

const app: Application = () => []

const ANYTHING: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

interface Added {
  pattern: string
  methods: string[]
  isMounted: boolean
  /** Whether it has a schema, which takes everything: such routes are asked one after the other. */
  isAsked: boolean
}

interface Options {
  sensitive: boolean
  trailingSlash: 'strict' | 'ignore'
}

/** The routes' own expressions, one after the other: what the Selector must find, without an index. */
function scan(routes: readonly Added[], method: string, path: string, { sensitive, trailingSlash }: Options) {
  const isIgnored = trailingSlash === 'ignore'
  const subject = isIgnored ? path.replace(/\/$/, '') : path
  for (const [order, { pattern, methods, isMounted }] of routes.entries()) {
    if (!isMounted && !methods.includes(method)) continue
    for (const tokens of spellOut(parse(pattern).tokens)) {
      const last = tokens.at(-1)
      if (last?.type === 'text' && isMounted) last.value = last.value.replace(/\/+$/, '')
      else if (last?.type === 'text' && isIgnored) last.value = last.value.replace(/\/$/, '')
      const { regexp, keys } = pathToRegexp({ tokens }, { sensitive, trailing: false, end: !isMounted })
      const match = regexp.exec(isMounted ? subject.replace(/\/+$/, '') : subject)
      if (match === null) continue
      const found = keys.map(({ type, name }, i): [string, unknown] => {
        const segments = match[i + 1]!.split('/').map(readSegment)
        return [name, type === 'param' ? segments.join() : segments]
      })
      return { order, params: found }
    }
  }
  return undefined
}

/** Every way through the optional parts, its texts in one: the one with a part before the one without it. */
function spellOut([token, ...others]: readonly Token[]): Token[][] {
  if (token === undefined) return [[]]
  if (token.type === 'group') return [...spellOut([...token.tokens, ...others]), ...spellOut(others)]
  return spellOut(others).map(([next, ...rest]) => {
    if (next === undefined) return [{ ...token }]
    if (token.type !== 'text' || next.type !== 'text') return [{ ...token }, next, ...rest]
    return [{ type: 'text', value: token.value + next.value }, ...rest]
  })
}

const TEXTS = [
  'a',
  'b',
  'A',
  'ab',
  '',
  'a-b',
  'x.y',
  'é',
  'ſ',
  '%2F',
  '%252F',
  'constructor',
  '__proto__',
  '..',
  '\n',
]
const SEGMENTS = [
  ...TEXTS.slice(0, 7),
  ...TEXTS.slice(0, 3),
  'é',
  '%2F',
  ':p',
  ':p',
  ':p',
  '*w',
  'a-:p',
  ':p-b',
  ':p.:p',
  '*w-b',
  '*w.:p',
]

const segment = fc.constantFrom(...SEGMENTS)
const part = fc.oneof(
  { weight: 5, arbitrary: segment.map((text) => `/${text}`) },
  { weight: 1, arbitrary: segment.map((text) => `{/${text}}`) },
  { weight: 1, arbitrary: fc.tuple(segment, segment).map(([a, b]) => `{/${a}{/${b}}}`) },
  { weight: 1, arbitrary: fc.constantFrom('{a}', '{-:p}', '/', '{/}') },
)
const pattern = fc.array(part, { maxLength: 4 }).map((parts) => {
  let count = 0
  return parts.join('').replace(/([:*])[pw]/g, (_, sign) => `${sign}n${count++}`)
})
const route = fc.record<Added>({
  pattern,
  methods: fc.subarray(['GET', 'POST', 'DELETE'], { minLength: 1 }),
  isMounted: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  isAsked: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
})
const path = fc
  .array(fc.constantFrom(...TEXTS, '', '', 'c', 'a-a-b', 'x.y.z'), { maxLength: 5 })
  .map((texts) => texts.map((text) => `/${text}`).join(''))

describe('dispatch equals a scan in order of registration', () => {
  it.each<Options>([
    { sensitive: true, trailingSlash: 'strict' },
    { sensitive: false, trailingSlash: 'strict' },
    { sensitive: true, trailingSlash: 'ignore' },
    { sensitive: false, trailingSlash: 'ignore' },
  ])(
    '%o',
    (options) => {
      fc.assert(
        fc.property(
          fc.array(route, { maxLength: 12 }),
          fc.array(path, { minLength: 8, maxLength: 8 }),
          (given, paths) => {
            const selector = new Selector(options)
            const added: Added[] = []
            for (const [i, route] of given.entries()) {
              try {
                const { pattern, methods, isMounted, isAsked } = route
                const options = isAsked ? { params: ANYTHING } : {}
                if (isMounted) selector.mount(pattern, app, options)
                else
                  selector.add(pattern, Object.fromEntries(methods.map((method) => [method, app])), options)
                added.push(route)
              } catch (error) {
                expect(error).toBeInstanceOf(PatternError)
              }
              // Also of an index that is used between two routes.
              if (i % 3 === 0) compare(paths.slice(0, 1))
            }
            compare(paths)

            function compare(paths: readonly string[]): void {
              for (const path of paths) {
                for (const method of ['GET', 'DELETE']) {
                  const found = selector.match(method, path)
                  const order = found && selector.routes().indexOf(found.route)
                  expect(found && { order, params: Object.entries(found.params) }).toEqual(
                    scan(added, method, path, options),
                  )
                }
              }
            }
          },
        ),
        { numRuns: 1000 },
      )
    },
    60_000,
  )
})
