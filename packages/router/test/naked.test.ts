import { type Application, type Environ, mount, Request, setupTestingDefaults } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Exposed, expose, Naked } from '../src/naked.ts'

/** Answers with its name and with the path as it finds it. */
const named =
  (name: string): Application =>
  ({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
    startResponse('200 OK', [['X-App', encodeURI(`${name}: ${SCRIPT_NAME}|${PATH_INFO}`)]])
    return []
  }

const shown = (name: string): Exposed => expose(named(name))

/** The application that answers to a request target, or the status. */
async function ask(app: Application, target: string): Promise<string> {
  const { status, headers } = await send(app, target)
  return status === 200 ? decodeURI(headers.get('X-App')!) : String(status)
}

describe('Naked', () => {
  const site = Naked({
    index: shown('home'),
    users: Naked({
      index: shown('users'),
      new: Naked({ index: shown('new user') }),
      bare: Naked({ x: shown('x') }),
    }),
    about: shown('about'),
    café: shown('café'),
    'a b': shown('blank'),
    'a%2Fb': shown('percent'),
    ['__proto__']: shown('proto'),
  })

  it.each<[target: string, answer: string]>([
    ['/', 'home: |/'],
    ['/index', 'home: /index|'],
    ['/users', 'users: /users|'],
    ['/users/', 'users: /users|/'],
    ['/users/new', 'new user: /users/new|'],
    ['/users/new/', 'new user: /users/new|/'],
    ['/users/index', 'users: /users/index|'],
    ['/users/bare', '404'],
    ['/users/bare/', '404'],
    ['/users/bare/x', 'x: /users/bare/x|'],
    ['/users/bare/index', '404'],
    ['/users/other', '404'],
    ['/users/about', '404'],
    ['/new', '404'],
    ['/about', 'about: /about|'],
    ['/about/', 'about: /about|/'],
    ['/about/us/', 'about: /about|/us/'],
    ['/about//us', 'about: /about|//us'],
    ['/caf%C3%A9', 'café: /café|'],
    ['/a%20b/c', 'blank: /a b|/c'],
    ['/%61bout', 'about: /about|'],
    ['/__proto__', 'proto: /__proto__|'],
    ['/__proto__/index', 'proto: /__proto__|/index'],
  ])('gives %s to %s', async (target, answer) => {
    expect(await ask(site, target)).toBe(answer)
  })

  it.each<[path: string, what: string]>([
    ['/constructor', 'inherited by every object'],
    ['/toString', 'inherited by every object'],
    ['/hasOwnProperty', 'inherited by every object'],
    ['/valueOf', 'inherited by every object'],
    ['/users/__proto__', 'inherited, in a nested one'],
    ['/users/constructor/prototype', 'inherited, in a nested one'],
    ['/users/name', 'a member of the application itself'],
    ['/users/length', 'a member of the application itself'],
    ['/users/call', 'inherited by every function'],
    ['/users/apply', 'inherited by every function'],
    ['/size', 'a member of the table that it keeps'],
    ['/0', 'an index'],
    ['//', 'an empty segment'],
    ['///', 'empty segments'],
    ['//about', 'an empty segment before a member'],
    ['//users/new', 'an empty segment before a member'],
    ['/users//', 'an empty segment at the end'],
    ['/users//new', 'an empty segment between members'],
    ['/.', 'a dot segment'],
    ['/./', 'a dot segment'],
    ['/./about', 'a dot segment before a member'],
    ['/..', 'two dots'],
    ['/../about', 'two dots before a member'],
    ['/users/../about', 'two dots that lead to a member'],
    ['/users/./new', 'a dot segment between members'],
    ['/%2e/about', 'an encoded dot segment'],
    ['/%2Fabout', 'an encoded slash before a member'],
    ['/about%2F', 'an encoded slash behind a member'],
    ['/users%2Fnew', 'an encoded slash between members'],
    ['/users%2fnew', 'an encoded slash between members'],
    ['/a%2Fb', 'an encoded slash that looks like the name of a member'],
    ['/%2F', 'nothing but an encoded slash'],
    ['/users/%2F', 'an encoded slash for the index'],
    ['/a%25252Fb', 'an escape too many'],
    ['/About', 'another case'],
    ['/about;v=1', 'a parameter'],
    ['/about%20', 'a blank'],
    ['/about.', 'a dot'],
    ['/about%5Cus', 'a backslash'],
    ['/users%5Cnew', 'a backslash'],
    ['/cafe%CC%81', 'another form of the same letter'],
    ['/abou', 'the beginning of a name'],
  ])('answers 404 to %s: %s', async (target) => {
    expect(await ask(site, target)).toBe('404')
  })

  it('selects a name that looks like an encoded slash by its text', async () => {
    // `%252F` is the text `%2F` (contract section 2).
    expect(await ask(site, '/a%252Fb')).toBe('percent: /a%252Fb|')
  })

  it.each<[path: string, answer: string]>([
    ['', 'home: |'],
    ['about', '404'],
    ['.2', '404'],
    ['x/about', '404'],
  ])('reads the PATH_INFO %j, of whoever stands outside, as %s', async (path, answer) => {
    const request = Request.blank('/')
    request.environ.PATH_INFO = path
    let status = ''
    let found = ''
    site(request.environ, (line, headers) => {
      status = line.slice(0, 3)
      found = headers.find(([name]) => name === 'X-App')?.[1] ?? status
      return async () => {}
    })
    expect(decodeURI(found)).toBe(answer)
  })

  it('has no index where none is named', async () => {
    const app = Naked({ about: shown('about') })
    expect(await ask(app, '/')).toBe('404')
    expect(await ask(app, '/index')).toBe('404')
    expect(await ask(app, '/about')).toBe('about: /about|')
  })

  it('has an index that is a Naked itself', async () => {
    const app = Naked({ index: Naked({ index: shown('inner'), x: shown('x') }) })
    expect(await ask(app, '/')).toBe('inner: |/')
    expect(await ask(app, '/index/x')).toBe('x: /index/x|')
    expect(await ask(app, '/x')).toBe('404')
  })

  it('takes thousands of segments', async () => {
    const deep = Array.from({ length: 1000 }).reduce<Exposed>((inner) => Naked({ a: inner }), shown('deep'))
    const path = '/a'.repeat(1000)
    expect(await ask(deep, path)).toBe(`deep: ${path}|`)
    expect(await ask(deep, `${path}${'/b'.repeat(5000)}`)).toBe(`deep: ${path}|${'/b'.repeat(5000)}`)
    expect(await ask(deep, '/a'.repeat(999))).toBe('404')
    expect(await ask(site, '/'.repeat(10_000))).toBe('404')
    expect(await ask(site, `/${'a'.repeat(100_000)}`)).toBe('404')
    expect(await ask(site, `/${'%252F'.repeat(20_000)}`)).toBe('404')
  })

  it('reads a path as mount does, so that a guard before it guards it', async () => {
    const piece = fc.constantFrom(
      '/',
      'admin',
      '.',
      '%2F',
      '%2f',
      '%252F',
      '%25',
      'A',
      'x',
      '%2e',
      '%61dmin',
      ';',
    )
    const raw = fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`)
    const naked = Naked({ admin: shown('admin') })
    const mounted = mount({ '/admin': named('admin') })
    await fc.assert(
      fc.asyncProperty(raw, async (target) => {
        expect(await ask(naked, target)).toBe(await ask(mounted, target))
      }),
      { numRuns: 500 },
    )
  })

  it('equals a walk along the segments of the path', async () => {
    const members: Record<string, string[]> = { '': ['index', 'a'], '/a': ['b'], '/index': [], '/a/b': [] }
    const tree = Naked({ index: shown('/index'), a: Naked({ b: shown('/a/b') }) })
    const walk = (path: string): string => {
      const segments = path.split('/').slice(1)
      let place = ''
      while (members[place]!.length > 0) {
        const rest = segments.join('/')
        if (rest === '') return members[place]!.includes('index') ? `${place}/index: ${place}|${path}` : '404'
        if (!members[place]!.includes(segments[0]!)) return '404'
        place += `/${segments.shift()}`
      }
      return `${place}: ${place}|${path.slice(place.length)}`
    }
    const target = fc
      .array(fc.constantFrom('a', 'b', '', 'index', 'c'), { minLength: 1 })
      .map((all) => `/${all.join('/')}`)
    await fc.assert(
      fc.asyncProperty(target, async (path) => {
        expect(await ask(tree, path)).toBe(walk(path))
      }),
      { numRuns: 500 },
    )
  })

  it('moves the path in a copy, and only where it found a member', () => {
    const seen: Environ[] = []
    const keeps = expose((environ) => {
      seen.push(environ)
      return []
    })
    const app = Naked({ index: keeps, a: Naked({ b: keeps }) })
    const visit = (PATH_INFO: string) => {
      const environ = setupTestingDefaults({ SCRIPT_NAME: '/root', PATH_INFO, HTTP_COOKIE: 'a=b' })
      const before = { ...environ }
      app(environ, () => async () => {})
      expect({ ...environ }).toEqual(before)
      return environ
    }
    const outer = visit('/a/b/c')
    expect({ ...seen.pop() }).toEqual({ ...outer, SCRIPT_NAME: '/root/a/b', PATH_INFO: '/c' })
    visit('/a/c')
    expect(seen).toEqual([])
    expect(visit('/')).toBe(seen.pop())
  })

  it('answers 404 as text', async () => {
    const answer = await send(Naked({ a: shown('a') }), '/b')
    expect([answer.status, answer.text]).toEqual([404, '404 Not Found\n'])
    expect(answer.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
  })

  it('gives back what the application gives', () => {
    const body: Uint8Array[] = []
    const app = Naked({ a: expose(() => body) })
    expect(app(setupTestingDefaults({ PATH_INFO: '/a' }), () => async () => {})).toBe(body)
  })

  it('does not follow changes of the table', async () => {
    const members: Record<string, Exposed> = { a: shown('old') }
    const app = Naked(members)
    members.a = shown('new')
    members.b = shown('new')
    expect([await ask(app, '/a'), await ask(app, '/b')]).toEqual(['old: /a|', '404'])
  })

  it('has a name', () => {
    expect(Naked({ a: shown('a') }).name).toBe('Naked')
  })

  it.each<[members: unknown, message: string]>([
    [{}, 'must have members, as in { index: expose(app) }; got {}'],
    [null, 'must have members, as in { index: expose(app) }; got null'],
    [undefined, 'must have members, as in { index: expose(app) }; got undefined'],
    [shown('a'), 'must have members, as in { index: expose(app) }; got function'],
    [[shown('a')], 'must have members, as in { index: expose(app) }; got an array'],
    [Object.create({ a: shown('a') }), 'must have members, as in { index: expose(app) }; got {}'],
    [{ index: named('a') }, '"index": must be expose(app) or a Naked; got a function that is not exposed'],
    [{ a: shown('a'), secret: 'x' }, '"secret": must be expose(app) or a Naked; got string'],
    [{ a: shown('a'), b: {} }, '"b": must be expose(app) or a Naked; got object'],
    [{ a: undefined }, '"a": must be expose(app) or a Naked; got undefined'],
    [
      { a: Object.setPrototypeOf(() => [], shown('a')) },
      '"a": must be expose(app) or a Naked; got a function that is not exposed',
    ],
    ...['', '.', '..', '/', '/a', 'a/b', 'a/'].map((name): [unknown, string] => [
      { [name]: shown('a') },
      `a name must be one segment, and not "", "." or ".."; got ${JSON.stringify(name)}`,
    ]),
  ])('throws for %o', (members, message) => {
    expect(() => Naked(members as Record<string, Exposed>)).toThrow(new TypeError(`Naked: ${message}`))
  })
})

describe('expose', () => {
  it('leaves the application as it was', () => {
    const secret = named('secret')
    const open = expose(secret)
    expect(open).not.toBe(secret)
    expect(Reflect.ownKeys(secret)).toEqual(Reflect.ownKeys(named('other')))
    expect(() => Naked({ open, secret: secret as Exposed })).toThrow('"secret"')
  })

  it('gives an application, which can be exposed again', async () => {
    expect(await ask(shown('a'), '/x')).toBe('a: |/x')
    expect(await ask(Naked({ a: expose(shown('a')) }), '/a')).toBe('a: /a|')
  })

  it('keeps the name', () => {
    expect(
      expose(function home() {
        return []
      }).name,
    ).toBe('home')
    expect(expose(() => []).name).toBe('expose')
  })

  it.each([undefined, null, {}, 'app'])('throws for %o', (wrong) => {
    expect(() => expose(wrong as unknown as Application)).toThrow(
      new TypeError(`expose: app: must be an application, a function; got ${typeof wrong}`),
    )
  })
})
