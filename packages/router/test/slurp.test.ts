import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { type Mapping, PatternError, Selector, selectorExpressions, type Wrap } from '../src/index.ts'
import { says } from './applications.ts'

const app = says('app')

const saysWrapped: Wrap = () => says('wrapped')

const patternsOf = (selector: Selector) => selector.routes().map(({ pattern }) => pattern)

describe('slurp', () => {
  it.each<[what: string, mappings: Iterable<Mapping>]>([
    [
      'a list',
      [
        ['/a', { GET: app }],
        ['/b', { POST: app }, { name: 'b' }],
      ],
    ],
    [
      'a map',
      new Map([
        ['/a', { GET: app }],
        ['/b', { POST: app }],
      ]),
    ],
    [
      'a set',
      new Set<Mapping>([
        ['/a', { GET: app }],
        ['/b', { POST: app }],
      ]),
    ],
    ['a generator', pairs()],
    ['what can be iterated', { [Symbol.iterator]: pairs }],
  ])('takes %s, in its order', async (_what, mappings) => {
    const selector = new Selector().get('/first', app)
    expect(selector.slurp(mappings)).toBe(selector)
    selector.get('/last', app)
    expect(patternsOf(selector as Selector)).toEqual(['/first', '/a', '/b', '/last'])
    expect((await send(selector, { method: 'POST', path: '/b' })).text).toBe('app')
  })

  function* pairs(): Generator<Mapping> {
    yield ['/a', { GET: app }]
    yield ['/b', { POST: app }]
  }

  it('takes nothing', () => {
    expect(new Selector().slurp([]).routes()).toEqual([])
  })

  it('takes the options of each route', () => {
    const selector = new Selector().slurp([
      ['/:id', { GET: app }, { name: 'one', host: 'example.com', prefix: '/p' }],
      ['/b', { GET: app }],
    ])
    expect(selector.routes()).toMatchObject([
      { pattern: '/p/:id', name: 'one', host: 'example.com' },
      { pattern: '/b', name: undefined, host: undefined },
    ])
  })

  it('is what mappings of the constructor are', () => {
    const mappings: Mapping[] = [
      ['/{id:digits}', { GET: app }, { name: 'id' }],
      ['/b', { _ANY_: app }],
    ]
    const options = { prefix: '/p', parser: selectorExpressions, wrap: saysWrapped }
    const made = new Selector({ ...options, mappings })
    const slurped = new Selector(options).slurp(mappings)
    expect(made.routes()).toEqual(slurped.routes())
    expect(made.routes().map(({ pattern }) => pattern)).toEqual(['/p/{id:digits}', '/p/b'])
    expect(made.match('GET', '/p/7')?.params).toEqual({ id: '7' })
  })

  it('has settings of its own, and leaves those of the Selector alone', async () => {
    const selector = new Selector({ prefix: '/p' })
    const { parser } = selector
    selector.slurp([['/{id:digits}', { GET: app }]], {
      prefix: '/own',
      parser: selectorExpressions,
      wrap: saysWrapped,
    })
    expect(selector.prefix).toBe('/p')
    expect(selector.wrap).toBe(undefined)
    expect(selector.parser).toBe(parser)
    selector.get('/:id', app)
    expect(patternsOf(selector)).toEqual(['/own/{id:digits}', '/p/:id'])
    expect((await send(selector, '/own/7')).text).toBe('wrapped')
    expect((await send(selector, '/p/x')).text).toBe('app')
  })

  it('has those of the Selector where it has none, as they are at the time', () => {
    const selector = new Selector({ prefix: '/old' })
    selector.prefix = '/p'
    selector.slurp([['/a', { GET: app }]], { wrap: saysWrapped })
    selector.slurp([['/b', { GET: app }]], { prefix: undefined } as never)
    expect(patternsOf(selector)).toEqual(['/p/a', '/p/b'])
  })

  it('sees what the Selector’s settings become on the way', () => {
    const selector = new Selector()
    selector.slurp(
      (function* (): Generator<Mapping> {
        yield ['/a', { GET: app }]
        selector.prefix = '/p'
        yield ['/b', { GET: app }]
        selector.get('/c', app)
      })(),
    )
    expect(patternsOf(selector)).toEqual(['/a', '/p/b', '/p/c'])
    expect(selector.prefix).toBe('/p')
  })

  it('of a generator that throws midway keeps what was added, and the settings', () => {
    const fault = new RangeError('midway')
    const selector = new Selector({ prefix: '/p', wrap: saysWrapped })
    const { parser, wrap } = selector
    const slurp = () =>
      selector.slurp(
        (function* (): Generator<Mapping> {
          yield ['/a', { GET: app }]
          throw fault
        })(),
        { prefix: '/own', parser: selectorExpressions, wrap: (app) => app },
      )
    expect(slurp).toThrow(fault)
    expect(patternsOf(selector)).toEqual(['/own/a'])
    expect(selector.prefix).toBe('/p')
    expect(selector.parser).toBe(parser)
    expect(selector.wrap).toBe(wrap)
    selector.get('/b', app)
    expect(patternsOf(selector)).toEqual(['/own/a', '/p/b'])
  })

  it.each<[what: string, mapping: unknown, error: typeof TypeError]>([
    ['pattern', ['/:id?', { GET: app }], PatternError as unknown as typeof TypeError],
    ['table of methods', ['/b', { GET: 7 }], TypeError],
    ['option', ['/b', { GET: app }, { nam: 'b' }], TypeError],
    ['name', ['/b', { GET: app }, { name: 'taken' }], TypeError],
  ])('of a wrong %s keeps what was before it, and lets the generator end', (_what, mapping, error) => {
    let ended = false
    const selector = new Selector().get('/first', app, { name: 'taken' })
    const slurp = () =>
      selector.slurp(
        (function* (): Generator<Mapping> {
          try {
            yield ['/a', { GET: app }]
            yield mapping as Mapping
            yield ['/c', { GET: app }]
          } finally {
            ended = true
          }
        })(),
        { prefix: '/own' },
      )
    expect(slurp).toThrow(error)
    expect(ended).toBe(true)
    expect(patternsOf(selector as Selector)).toEqual(['/first', '/own/a'])
    expect(selector.prefix).toBe('')
  })

  it('in a group is below its pattern', () => {
    const selector = new Selector({ prefix: '/p' }).group('/g', [], (group) =>
      group.slurp([['/a', { GET: app }]]).slurp([['/b', { GET: app }]], { prefix: '/own' }),
    )
    expect(patternsOf(selector as Selector)).toEqual(['/p/g/a', '/p/g/own/b'])
  })
})
