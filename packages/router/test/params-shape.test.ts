import { afterEach, describe, expect, it, vi } from 'vitest'
import { Selector } from '../src/index.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const COMPILES: [what: string, forbid: () => void][] = [
  ['where text may be compiled', () => {}],
  [
    'where it may not',
    () =>
      vi.stubGlobal('Function', function refuse() {
        throw new EvalError('Code generation from strings disallowed for this context')
      }),
  ],
]

describe.each(COMPILES)('paramsShape, %s', (_what, forbid) => {
  it.each<[names: string[]]>([
    [[]],
    [['id']],
    [['org', 'repo', 'id', 'tab']],
    [['__proto__', 'constructor', 'toString', 'hasOwnProperty']],
    [['user id', 'a"b', "a'b", 'a\\b', 'a`b', ']=0;//', '*/', '\n', '\u2028', '\ud800', '名', '']],
    [['v0', 'v1', 'this', 'arguments']],
  ])('makes params with the names %j', async (names) => {
    forbid()
    const { paramsShape } = await import('../src/params-shape.ts')
    const values = names.map((_, i) => (i % 2 === 0 ? `value ${i}` : ['a', 'b']))
    const params = new (paramsShape(names))(...values)
    expect(Object.keys(params)).toEqual(names)
    for (const [i, name] of names.entries()) expect(params[name]).toBe(values[i])
    expect('isPrototypeOf' in params).toBe(false)
    expect(Object.hasOwn(params, '__proto__')).toBe(names.includes('__proto__'))
  })

  it('makes one shape for the same names, and another for others', async () => {
    forbid()
    const { paramsShape } = await import('../src/params-shape.ts')
    expect(paramsShape(['a', 'b'])).toBe(paramsShape(['a', 'b']))
    expect(paramsShape(['a', 'b'])).not.toBe(paramsShape(['a,b']))
    expect(paramsShape(['a", "b'])).not.toBe(paramsShape(['a', 'b']))
  })
})

it('matches alike where text may not be compiled', async () => {
  const paths = ['/a/1', '/a/1/2/3/4', '/files/x/y%2Fz', '/b/é%2F']
  const found = (Router: typeof Selector) => {
    const selector = new Router()
      .get('/a/:id', () => [])
      .get('/a/:a/:b/:c/:d', () => [])
      .get('/files/*path', () => [])
      .get('/b/:__proto__', () => [])
    return paths.map((path) => Object.entries(selector.match('GET', path)!.params))
  }
  const expected = found(Selector)
  COMPILES[1]![1]()
  vi.resetModules()
  const { Selector: Restricted } = await import('../src/index.ts')
  expect(Restricted).not.toBe(Selector)
  expect(found(Restricted)).toEqual(expected)
})
