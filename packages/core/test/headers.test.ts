import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Header } from '../src/contract.ts'
import { Headers } from '../src/headers.ts'

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes)

describe('the list', () => {
  it('stays the caller’s: every change shows in it', () => {
    const list: Header[] = [['A', '1']]
    const headers = new Headers(list)
    headers.append('B', '2')
    headers.set('a', '3')
    headers.add('C', 'x', { y: 'z' })
    headers.vary('Origin')
    headers.delete('B')
    expect(headers.list).toBe(list)
    expect(list).toEqual([
      ['a', '3'],
      ['C', 'x; y="z"'],
      ['Vary', 'Origin'],
    ])
  })

  it('shows what the caller changes in it', () => {
    const list: Header[] = []
    const headers = new Headers(list)
    list.push(['A', '1'])
    expect(headers.get('a')).toBe('1')
  })

  it('is a new one for each view that is given none', () => {
    new Headers().set('A', '1')
    expect(new Headers().size).toBe(0)
  })

  it('must be an array', () => {
    expect(() => new Headers({ A: '1' } as unknown as Header[])).toThrow(
      'Headers: headers must be an array of [name, value] pairs; got object',
    )
  })
})

describe('reading', () => {
  const cookies = (): Headers =>
    new Headers([
      ['Set-Cookie', 'a=1'],
      ['ETag', '"x"'],
      ['set-cookie', 'b=2'],
      ['X-Empty', ''],
    ])

  it('get joins repeats with a comma, as Fetch does', () => {
    expect(cookies().get('SET-COOKIE')).toBe('a=1, b=2')
  })

  it('get gives null for what is absent, and the text for what is empty', () => {
    expect(cookies().get('Vary')).toBeNull()
    expect(cookies().get('x-empty')).toBe('')
  })

  it('get joins empty values too', () => {
    const headers = new Headers([
      ['A', ''],
      ['A', '1'],
    ])
    expect(headers.get('A')).toBe(', 1')
  })

  it('getAll keeps repeats apart', () => {
    expect(cookies().getAll('Set-cookie')).toEqual(['a=1', 'b=2'])
    expect(cookies().getAll('Vary')).toEqual([])
    expect(cookies().getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  it('has does not mind the case, nor an empty value', () => {
    expect(cookies().has('etag')).toBe(true)
    expect(cookies().has('x-empty')).toBe(true)
    expect(cookies().has('ETags')).toBe(false)
  })

  it('size counts repeats', () => {
    expect(cookies().size).toBe(4)
  })

  it('iterates over the pairs in their order, with repeats and spelling kept', () => {
    const pairs: Header[] = [
      ['B', '1'],
      ['a', '2'],
      ['b', '3'],
    ]
    const headers = new Headers(pairs)
    expect([...headers]).toEqual(pairs)
    expect([...headers.entries()]).toEqual(pairs)
    expect([...headers.keys()]).toEqual(['B', 'a', 'b'])
    expect([...headers.values()]).toEqual(['1', '2', '3'])
    const seen: unknown[] = []
    headers.forEach((value, name, self) => {
      seen.push([name, value, self === headers])
    })
    expect(seen).toEqual([
      ['B', '1', true],
      ['a', '2', true],
      ['b', '3', true],
    ])
  })
})

describe('set', () => {
  it.each<[string, Header[], Header[]]>([
    [
      'appends what is absent',
      [['A', '1']],
      [
        ['A', '1'],
        ['X', 'new'],
      ],
    ],
    [
      'replaces in place',
      [
        ['x', '1'],
        ['B', '2'],
      ],
      [
        ['X', 'new'],
        ['B', '2'],
      ],
    ],
    [
      'replaces the first and drops the other repeats',
      [
        ['A', '0'],
        ['x', '1'],
        ['B', '2'],
        ['X', '3'],
        ['C', '4'],
        ['X', '5'],
      ],
      [
        ['A', '0'],
        ['X', 'new'],
        ['B', '2'],
        ['C', '4'],
      ],
    ],
  ])('%s', (_, before, after) => {
    new Headers(before).set('X', 'new')
    expect(before).toEqual(after)
  })

  it('replaces the pair, not what is in it: another list may hold the same pair', () => {
    const shared: Header = ['X', 'old']
    new Headers([shared]).set('X', 'new')
    expect(shared).toEqual(['X', 'old'])
  })
})

describe('delete', () => {
  it('removes all of a name, and nothing else', () => {
    const list: Header[] = [
      ['x', '1'],
      ['A', '2'],
      ['X', '3'],
    ]
    const headers = new Headers(list)
    headers.delete('X')
    headers.delete('absent')
    expect(list).toEqual([['A', '2']])
  })
})

describe('what cannot be sent', () => {
  const acts: Record<string, (headers: Headers, name: string, value: string) => void> = {
    set: (headers, name, value) => headers.set(name, value),
    append: (headers, name, value) => headers.append(name, value),
    add: (headers, name, value) => headers.add(name, value),
  }
  const hostile: [name: string, value: string][] = [
    ['', 'x'],
    ['a b', 'x'],
    ['a\r\nb', 'x'],
    ['A', 'x\r\nSet-Cookie: y'],
    ['A', 'x\ny'],
    ['A', '\u010a'],
    ['A', '\0'],
  ]

  for (const [act, run] of Object.entries(acts)) {
    it.each(hostile)(`${act} refuses %j: %j, and leaves the list as it was`, (name, value) => {
      const list: Header[] = [['A', '1']]
      expect(() => run(new Headers(list), name, value)).toThrow(TypeError)
      expect(list).toEqual([['A', '1']])
    })
  }
})

// What wsgiref.headers gives (Python 3.11, measured), what is given here where that is something else, and why.
describe('beside wsgiref', () => {
  const FETCH = 'the Fetch standard'
  const twice = (): Headers =>
    new Headers([
      ['Foo', 'bar'],
      ['foo', 'baz'],
      ['X', ''],
    ])

  it.each<[act: string, act: (headers: Headers) => unknown, wsgiref: unknown, ours?: unknown, why?: string]>([
    ["h['FOO']", (h) => h.get('FOO'), 'bar', 'bar, baz', FETCH],
    ["h.get('nope')", (h) => h.get('nope'), null],
    ["h.get('nope', 'dft')", (h) => h.get('nope') ?? 'dft', 'dft'],
    ["h.get('x')", (h) => h.get('x'), ''],
    ["h.get_all('foo')", (h) => h.getAll('foo'), ['bar', 'baz']],
    ["h.get_all('nope')", (h) => h.getAll('nope'), []],
    ["'x' in h", (h) => h.has('x'), true],
    ['len(h)', (h) => h.size, 3],
    ['h.keys()', (h) => [...h.keys()], ['Foo', 'foo', 'X']],
    ['h.values()', (h) => [...h.values()], ['bar', 'baz', '']],
    ['list(h)', (h) => [...h], 'AttributeError', twice().list, 'iterates, where wsgiref fails'],
    [
      "h['FOO'] = 'n'",
      (h) => {
        h.set('FOO', 'n')
        return h.list
      },
      [
        ['X', ''],
        ['FOO', 'n'],
      ],
      [
        ['FOO', 'n'],
        ['X', ''],
      ],
      `in place: ${FETCH}`,
    ],
    [
      "del h['foo'], h['nope']",
      (h) => {
        h.delete('foo')
        h.delete('nope')
        return h.list
      },
      [['X', '']],
    ],
    ['bytes(h)', (h) => latin1(h.toBytes()), 'Foo: bar\r\nfoo: baz\r\nX: \r\n\r\n'],
  ])('%s', (_, act, wsgiref, ours = wsgiref) => {
    expect(act(twice())).toEqual(ours)
  })

  it.each<[headers: unknown, wsgiref: string]>([
    ['a', 'TypeError'],
    [new Map([['a', 'b']]), 'TypeError'],
    [{ a: 'b' }, 'TypeError'],
    [null, 'an empty list: null is no absence here'],
  ])('makes no view of %j; wsgiref: %s', (headers) => {
    expect(() => new Headers(headers as Header[])).toThrow(
      'Headers: headers must be an array of [name, value] pairs; got ',
    )
  })

  it.each<[pair: unknown, wsgiref: string]>([
    [['a'], 'a ValueError'],
    [['a', 'b', 'c'], 'a ValueError'],
    [[1, 'x'], 'an AssertionError'],
    [['x', 1], 'an AssertionError'],
    [['A', '\u4f60'], 'a UnicodeEncodeError'],
    [['A', 'a\r\nB: c'], 'two lines: header injection'],
    [['A', 'a\0'], 'the bytes'],
    [['a b', 'x'], 'the bytes'],
    [['', 'x'], 'the bytes'],
    [['Status', 'x'], 'the bytes, and an error of start_response'],
    [['Connection', 'close'], 'the bytes, and an error of start_response'],
    [['Content-Length', '-1'], 'the bytes'],
  ])('makes no bytes of %j, which came past the view; wsgiref: %s', (pair) => {
    expect(() => new Headers([pair as Header]).toBytes()).toThrow(TypeError)
  })
})

describe('add', () => {
  it.each<
    [
      value: string | null,
      params: Record<string, string | null>,
      wsgiref: string,
      ours?: ErrorConstructor,
      why?: string,
    ]
  >([
    ['attachment', {}, 'attachment'],
    ['attachment', { filename: 'a.txt' }, 'attachment; filename="a.txt"'],
    ['x', { max_age_s: '5' }, 'x; max-age-s="5"'],
    ['x', { __: '5' }, 'x; --="5"'],
    ['x', { secure: null }, 'x; secure'],
    ['x', { secure: '' }, 'x; secure'],
    ['x', { a: ' ' }, 'x; a=" "'],
    ['x', { a: '\t' }, 'x; a="\t"'],
    ['x', { f: 'a"b\\c' }, 'x; f="a\\"b\\\\c"'],
    ['x', { f: 'a"; evil="b' }, 'x; f="a\\"; evil=\\"b"'],
    ['x', { b: '1', a: '2' }, 'x; b="1"; a="2"'],
    [null, { a: '1' }, 'a="1"'],
    [null, {}, ''],
    ['', { a: '1' }, '; a="1"'],
    ['', {}, ''],
    ['x', { a: '\xe9' }, 'x; a="\xe9"'],
    ['x', { 'a b': '1' }, 'x; a b="1"', TypeError, 'another parameter could be opened'],
    ['x', { 'a="b"; c': '1' }, 'x; a="b"; c="1"', TypeError, 'the same'],
    ['x', { a: 'b\r\nC: d' }, 'x; a="b\r\nC: d"', TypeError, 'another header could be opened'],
    ['x', { a: '\u4f60' }, 'x; a="\u4f60"', TypeError, 'Latin-1 has no such character'],
    ['x', { a: 5 as never }, 'AssertionError', TypeError],
    ['x', { a: undefined as never }, 'x; a', TypeError, 'null is the way to say so'],
    [5 as never, {}, 'AssertionError', TypeError],
    [undefined as never, { a: '1' }, 'a="1"', TypeError, 'null is the way to say so'],
  ])('of %j and %j gives wsgiref’s %j, or a %o', (value, params, wsgiref, failure) => {
    const headers = new Headers()
    const add = () => headers.add('X', value, params)
    if (failure === undefined) add()
    else expect(add).toThrow(failure)
    expect(headers.list).toEqual(failure === undefined ? [['X', wsgiref]] : [])
  })

  it('says which parameter is none', () => {
    expect(() => new Headers().add('X', 'y', { max_age: 5 as never })).toThrow(
      /^Headers: max-age: value must be text .*; got number$/,
    )
  })

  it('always appends', () => {
    const headers = new Headers([['Link', 'a']])
    headers.add('link', 'b')
    expect(headers.getAll('Link')).toEqual(['a', 'b'])
  })

  it.each(['a;b', 'a=b', 'a b', '', 'a"'])('refuses the parameter name %j', (param) => {
    expect(() => new Headers().add('X', 'y', { [param]: '1' })).toThrow(TypeError)
  })
})

describe('vary (RFC 9110 12.5.5)', () => {
  it.each<[string, Header[], string[], Header[]]>([
    ['adds the header', [], ['Origin'], [['Vary', 'Origin']]],
    ['adds several names', [], ['Origin', 'Accept'], [['Vary', 'Origin, Accept']]],
    [
      'adds to what is there, in place',
      [
        ['vary', 'Accept'],
        ['B', ''],
      ],
      ['Origin'],
      [
        ['Vary', 'Accept, Origin'],
        ['B', ''],
      ],
    ],
    [
      'does not repeat a name, whatever its case',
      [['Vary', 'accept,ORIGIN']],
      ['Accept', 'Origin'],
      [['Vary', 'accept,ORIGIN']],
    ],
    ['does not repeat a name given twice', [], ['Origin', 'origin'], [['Vary', 'Origin']]],
    [
      'does not take a part of a name for the name',
      [['Vary', 'Accept-Language']],
      ['Accept'],
      [['Vary', 'Accept-Language, Accept']],
    ],
    [
      'reads repeated headers as one list',
      [
        ['Vary', 'A'],
        ['Vary', 'B'],
      ],
      ['b', 'C'],
      [['Vary', 'A, B, C']],
    ],
    ['keeps the star', [['Vary', '*']], ['Origin'], [['Vary', '*']]],
    ['keeps a star in a list', [['Vary', 'Accept, *']], ['Origin'], [['Vary', 'Accept, *']]],
    ['puts the star alone', [['Vary', 'Accept']], ['Origin', '*'], [['Vary', '*']]],
    ['fills an empty header', [['Vary', ' , ']], ['Origin'], [['Vary', 'Origin']]],
    ['does nothing without a name', [], [], []],
  ])('%s', (_, list, names, expected) => {
    new Headers(list).vary(...names)
    expect(list).toEqual(expected)
  })

  it.each<Header[][]>([[[]], [[['Vary', '*']]]])('refuses what is no name, beside %j', (list) => {
    expect(() => new Headers(list).vary('Accept, Origin')).toThrow(TypeError)
  })
})

describe('toBytes', () => {
  it('gives a line for each pair, and an empty line', () => {
    const headers = new Headers([
      ['Content-Type', 'text/plain'],
      ['X-Empty', ''],
    ])
    expect(latin1(headers.toBytes())).toBe('Content-Type: text/plain\r\nX-Empty: \r\n\r\n')
  })

  it('gives the empty line alone for no headers', () => {
    expect(latin1(new Headers().toBytes())).toBe('\r\n')
  })

  it('encodes as Latin-1', () => {
    expect(new Headers([['A', '\xe9\xff']]).toBytes()).toEqual(
      Uint8Array.from([0x41, 0x3a, 0x20, 0xe9, 0xff, 0x0d, 0x0a, 0x0d, 0x0a]),
    )
  })
})

it('agrees with a plain reading of the list, whatever was done to it', () => {
  const name = fc.constantFrom('A', 'a', 'Bb', 'bB', 'C')
  const act = fc.record({
    act: fc.constantFrom('set', 'append', 'delete'),
    name,
    value: fc.stringMatching(/^[a-z]{0,2}$/),
  })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const headers = new Headers()
      let model: Header[] = []
      for (const { act, name, value } of acts) {
        const isSame = (pair: Header) => pair[0].toUpperCase() === name.toUpperCase()
        if (act === 'append') {
          headers.append(name, value)
          model = [...model, [name, value]]
        } else if (act === 'delete') {
          headers.delete(name)
          model = model.filter((pair) => !isSame(pair))
        } else {
          headers.set(name, value)
          const at = model.findIndex(isSame)
          const rest = model.filter((pair) => !isSame(pair))
          const before = at < 0 ? rest.length : at
          model = [...rest.slice(0, before), [name, value], ...rest.slice(before)]
        }
        expect(headers.list).toEqual(model)
        expect(headers.getAll(name)).toEqual(model.filter(isSame).map((pair) => pair[1]))
      }
    }),
  )
})
