import { type Application, type Middleware, mount, Request } from '@tsgi/core'
import { type SendOptions, send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Selector, type TrailingSlash } from '../src/index.ts'
import { saysWhere as says } from './applications.ts'

/** The application by which a route tells its name, and how the path was cut. */

/** What an application answers: its text, where it sends to, or its status. */
async function answerOf(app: Application, path: string | SendOptions): Promise<string> {
  const { status, headers, text } = await send(app, path)
  if (status === 308) return `-> ${headers.get('Location')}`
  return status === 200 ? text : `${status}`
}

describe('a slash at the end', () => {
  const routes = (trailingSlash: TrailingSlash) => {
    const inner = new Selector({ trailingSlash })
      .get('', says('inner'))
      .get('/x', says('inner x'))
      .get('/y/', says('inner y'))
    return new Selector({ trailingSlash })
      .get('/', says('home'))
      .get('/b', says('b'))
      .get('/c/', says('c'))
      .get('/d', says('d'))
      .get('/d/', says('d slash'))
      .get('/p/:id', says('param'))
      .get('/q/:id/', says('param slash'))
      .get('/o{/}', says('optional'))
      .get('/w/*rest', says('rest'))
      .get('/v/*rest/', says('rest slash'))
      .get('/t/:a-:b', says('pair'))
      .get('/u/:a.:b/', says('pair slash'))
      .post('/e', says('post'))
      .mount('/m', says('mounted'))
      .mount('/n/', says('mounted slash'))
      .mount('/i', inner)
      .group('/g', [], (group) =>
        group.get('', says('group')).get('/x', says('group x')).get('/y/', says('group y')),
      )
      .group('/h/', [], (group) => group.get('/', says('group slash')))
  }
  const strict = routes('strict')
  const redirect = routes('redirect')
  const ignore = routes('ignore')

  it.each<[path: string, strict: string, redirect: string, ignore: string]>([
    ['/', 'home |/', 'home |/', 'home |/'],
    ['//', '404', '-> /', '404'],
    ['///', '404', '404', '404'],
    ['/b', 'b /b|', 'b /b|', 'b /b|'],
    ['/b/', '404', '-> /b', 'b /b|/'],
    ['/b//', '404', '404', '404'],
    ['//b', '404', '404', '404'],
    ['//b/', '404', '404', '404'],
    ['/b%2F', '404', '404', '404'],
    ['/c', '404', '-> /c/', 'c /c|'],
    ['/c/', 'c /c|/', 'c /c|/', 'c /c|/'],
    ['/c//', '404', '-> /c/', '404'],
    ['/d', 'd /d|', 'd /d|', 'd /d|'],
    ['/d/', 'd slash /d|/', 'd slash /d|/', 'd /d|/'],
    ['/p/7', 'param /p/7|', 'param /p/7|', 'param /p/7|'],
    ['/p/7/', '404', '-> /p/7', 'param /p/7|/'],
    ['/p/%2F/', '404', '-> /p/%2F', 'param /p/%2F|/'],
    ['/p/', '404', '404', '404'],
    ['/p//', '404', '404', '404'],
    ['/q/7', '404', '-> /q/7/', 'param slash /q/7|'],
    ['/q/7/', 'param slash /q/7|/', 'param slash /q/7|/', 'param slash /q/7|/'],
    ['/q//', '404', '404', '404'],
    ['/o', 'optional /o|', 'optional /o|', 'optional /o|'],
    ['/o/', 'optional /o|/', 'optional /o|/', 'optional /o|/'],
    ['/w/a', 'rest /w/a|', 'rest /w/a|', 'rest /w/a|'],
    ['/w/a/', 'rest /w/a|/', 'rest /w/a|/', 'rest /w/a|/'],
    ['/w/a//', 'rest /w/a|//', 'rest /w/a|//', 'rest /w/a|//'],
    ['/w/', '404', '404', '404'],
    ['/w', '404', '404', '404'],
    ['/v/a', '404', '-> /v/a/', 'rest slash /v/a|'],
    ['/v/a/', 'rest slash /v/a|/', 'rest slash /v/a|/', 'rest slash /v/a|/'],
    ['/t/1-2', 'pair /t/1-2|', 'pair /t/1-2|', 'pair /t/1-2|'],
    ['/t/1-2/', '404', '-> /t/1-2', 'pair /t/1-2|/'],
    ['/u/1.2', '404', '-> /u/1.2/', 'pair slash /u/1.2|'],
    ['/u/1.2/', 'pair slash /u/1.2|/', 'pair slash /u/1.2|/', 'pair slash /u/1.2|/'],
    ['/e', '405', '405', '405'],
    ['/e/', '404', '404', '405'],
    ['/m', 'mounted /m|', 'mounted /m|', 'mounted /m|'],
    ['/m/', 'mounted /m|/', 'mounted /m|/', 'mounted /m|/'],
    ['/m//', 'mounted /m|//', 'mounted /m|//', 'mounted /m|//'],
    ['/m/x/', 'mounted /m|/x/', 'mounted /m|/x/', 'mounted /m|/x/'],
    ['/n', 'mounted slash /n|', 'mounted slash /n|', 'mounted slash /n|'],
    ['/n/', 'mounted slash /n|/', 'mounted slash /n|/', 'mounted slash /n|/'],
    ['/nx', '404', '404', '404'],
    ['/i', 'inner /i|', 'inner /i|', 'inner /i|'],
    ['/i/', '404', '-> /i', 'inner /i|/'],
    ['/i/x', 'inner x /i/x|', 'inner x /i/x|', 'inner x /i/x|'],
    ['/i/x/', '404', '-> /i/x', 'inner x /i/x|/'],
    ['/i/y', '404', '-> /i/y/', 'inner y /i/y|'],
    ['/i/y/', 'inner y /i/y|/', 'inner y /i/y|/', 'inner y /i/y|/'],
    ['/i//', '404', '404', '404'],
    ['/g', 'group /g|', 'group /g|', 'group /g|'],
    ['/g/', '404', '-> /g', 'group /g|/'],
    ['/g/x/', '404', '-> /g/x', 'group x /g/x|/'],
    ['/g/y', '404', '-> /g/y/', 'group y /g/y|'],
    ['/h', '404', '-> /h/', 'group slash /h|'],
    ['/h/', 'group slash /h|/', 'group slash /h|/', 'group slash /h|/'],
    ['/h//', '404', '-> /h/', '404'],
  ])('of %s: strict %s, redirect %s, ignore %s', async (path, ofStrict, ofRedirect, ofIgnore) => {
    expect(await answerOf(strict, path)).toBe(ofStrict)
    expect(await answerOf(redirect, path)).toBe(ofRedirect)
    expect(await answerOf(ignore, path)).toBe(ofIgnore)
    // What match tells is what a request finds.
    expect(strict.match('GET', path) !== undefined).toBe(/^[a-z]/.test(ofStrict) || path.startsWith('/i/'))
  })

  it('at the end of a mounted pattern does not count, behind an optional part either', () => {
    const selector = new Selector().mount('/a/{b}/', says(''))
    expect(selector.match('GET', '/a/b/x')).not.toBe(undefined)
    expect(selector.match('GET', '/a')).not.toBe(undefined)
    expect(selector.match('GET', '/a/x')).not.toBe(undefined)
  })

  it('is strict by default', async () => {
    expect(await answerOf(new Selector().get('/b', says('b')), '/b/')).toBe('404')
  })
})

describe('ignore', () => {
  it.each<[pattern: string]>([[''], ['/']])('has the paths "" and "/" for one: %j', async (pattern) => {
    const selector = new Selector({ trailingSlash: 'ignore' }).get(pattern, says('home'))
    const app = mount({ '/app': selector })
    expect(await answerOf(app, '/app')).toBe('home /app|')
    expect(await answerOf(app, '/app/')).toBe('home /app|/')
    expect(await answerOf(app, '/app//')).toBe('404')
    expect(await answerOf(selector, '/')).toBe('home |/')
  })

  it('counts one slash, and not that of a wildcard', () => {
    const selector = new Selector({ trailingSlash: 'ignore' }).get('/f/*rest', says(''))
    expect(selector.match('GET', '/f/a')?.params).toEqual({ rest: ['a'] })
    expect(selector.match('GET', '/f/a/')?.params).toEqual({ rest: ['a'] })
    expect(selector.match('GET', '/f/a//')?.params).toEqual({ rest: ['a', ''] })
    expect(selector.match('GET', '/f/')).toBe(undefined)
  })

  it('lets the first of both spellings have both', async () => {
    const selector = new Selector({ trailingSlash: 'ignore' })
      .get('/b/', says('first'))
      .get('/b', says('second'))
    expect(await answerOf(selector, '/b')).toBe('first /b|')
    expect(await answerOf(selector, '/b/')).toBe('first /b|/')
  })

  it('is for a language of expressions, too', () => {
    const parser = (expression: string) => ({ regexp: new RegExp(`^${expression}$`) })
    const selector = new Selector({ trailingSlash: 'ignore', parser })
      .get('/a', says(''))
      .get('/b/', says(''))
    const found = (path: string) => selector.match('GET', path)?.route.pattern
    expect(['/a', '/a/', '/b', '/b/', '/a//'].map(found)).toEqual(['/a', '/a', '/b/', '/b/', undefined])
  })

  it('counts one slash of an expression, too', () => {
    const parser = () => ({ regexp: /^\/b\/$/ })
    const selector = new Selector({ trailingSlash: 'ignore', parser }).get('/b/', says(''))
    expect(selector.match('GET', '/b//')).toBe(undefined)
  })
})

describe('redirect', () => {
  const selector = new Selector({ trailingSlash: 'redirect' })
    .get('/b', says('b'))
    .post('/c/', says('c'))
    .post('/d/c/', says('c'))
    .any('/any', says('any'))
    .get('/x', says('x'))
    .delete('/:x', says('param'))
  const open = new Selector({ trailingSlash: 'redirect' })
    .get('/:x', says('param'))
    .get('/a b/é/', says('texts'))
    .get('/*w/end', says('wildcard'))

  it('is a 308 with a short text, which caches may keep', async () => {
    const received = await send(selector, '/b/')
    expect(received).toMatchObject({
      status: 308,
      reason: 'Permanent Redirect',
      text: '308 Permanent Redirect\n',
    })
    expect([...received.headers]).toEqual([
      ['Location', '/b'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '23'],
    ])
  })

  it.each<[request: SendOptions, answer: string, why: string]>([
    [{ path: '/b/', method: 'HEAD' }, '-> /b', 'HEAD is taken where GET is'],
    [
      { path: '/d/c', method: 'POST', body: 'x' },
      '-> /d/c/',
      '308 keeps the method (RFC 9110 section 15.4.9)',
    ],
    [{ path: '/any/', method: 'BREW' }, '-> /any', '_ANY_ takes it there'],
    [{ path: '/b/', method: 'POST', body: 'x' }, '404', 'no route takes the method there'],
    [{ path: '/c/', method: 'GET' }, '405', 'a route fits here'],
    [{ path: '/b/', method: 'OPTIONS' }, '404', 'no route was named for it'],
    [{ path: '/b/', method: 'BREW' }, '404', 'no route knows it there'],
    [{ path: '/x', method: 'DELETE' }, 'param /x|', 'a route takes it here'],
  ])('%o: %s (%s)', async (request, answer) => {
    expect(await answerOf(selector, request)).toBe(answer)
  })

  it.each<[path: string, location: string]>([
    ['/b/?', '/b'],
    ['/b/?q=a b'.replace(' ', '+'), '/b?q=a+b'],
    ['/b/?q=%2f%2F%zz&&x=1;y', '/b?q=%2f%2F%zz&&x=1;y'],
    ['/b/?next=//evil.com/', '/b?next=//evil.com/'],
    ['/b/??', '/b??'],
    ['/b/?%0d%0aSet-Cookie:x', '/b?%0d%0aSet-Cookie:x'],
  ])('keeps the query as it was sent: %s to %s', async (path, location) => {
    expect((await send(selector, path)).headers.get('Location')).toBe(location)
  })

  it.each<[path: string, location?: string]>([
    ['/%0d%0aSet-Cookie:%20x/', '/%0D%0ASet-Cookie%3A%20x'],
    ['/%09/', '/%09'],
    ['/caf%C3%A9/', '/caf%C3%A9'],
    ['/%F0%9F%98%80/', '/%F0%9F%98%80'],
    ['/a%2Fb/', '/a%2Fb'],
    ['/a%2fb/', '/a%2Fb'],
    ['/a%252Fb/', '/a%252Fb'],
    ['/100%25/', '/100%25'],
    ['/%3Fq/', '/%3Fq'],
    ['/%23f/', '/%23f'],
    ['/%5C/', '/%5C'],
    ['/%5Cevil.com/', '/%5Cevil.com'],
    ['/%2Fevil.com/', '/%2Fevil.com'],
    ['/%7F%C2%80/', '/%7F%C2%80'],
    ["/!$&'()*+,;=:@/"],
    ['/a%20b/%C3%A9', '/a%20b/%C3%A9/'],
  ])('writes a path that is read as this one: %s to %s', async (path, location) => {
    const got = (await send(open, path)).headers.get('Location')!
    if (location !== undefined) expect(got).toBe(location)
    const { PATH_INFO } = Request.blank(path).environ
    const other = PATH_INFO.endsWith('/') ? PATH_INFO.slice(0, -1) : `${PATH_INFO}/`
    expect(Request.blank(got).environ.PATH_INFO).toBe(other)
  })

  it.each<[script: string, path: string, location: string | undefined]>([
    ['', '//evil.com/', undefined],
    ['', '//evil.com', undefined],
    ['', '//evil.com/end/', undefined],
    ['', '///evil.com/end/', undefined],
    ['', '//evil.com/%2e%2e/end/', undefined],
    ['', '/%5Cevil.com/', '/%5Cevil.com'],
    ['', '/%5C/evil.com/end/', '/%5C/evil.com/end'],
    ['', '/%09/evil.com/end/', '/%09/evil.com/end'],
    ['', '/.//evil.com/end/', '/.//evil.com/end'],
    ['', '/..//evil.com/end/', '/..//evil.com/end'],
    ['', '/%2F/evil.com/end/', '/%2F/evil.com/end'],
    ['', '/https://evil.com/end/', '/https%3A//evil.com/end'],
    ['', '/javascript%3Aalert(1)/', '/javascript%3Aalert%281%29'],
    ['//evil.com', '/b/', undefined],
    ['//evil.com', '/x/end/', undefined],
    ['/', '/b/', undefined],
    ['/', '/evil.com/end/', undefined],
    ['/\\evil.com', '/b/', '/%5Cevil.com/b'],
    ['\\\\evil.com', '/b/', '/%5C%5Cevil.com/b'],
    ['/\t/evil.com', '/b/', '/%09/evil.com/b'],
    ['/%2Fevil.com', '/b/', '/%2Fevil.com/b'],
    ['evil.com', '/b/', '/evil.com/b'],
    ['https://evil.com', '/b/', '/https%3A//evil.com/b'],
  ])('sends to no other host: from %j, %s, to %s', async (SCRIPT_NAME, path, location) => {
    // By itself: the validator would refuse such a SCRIPT_NAME.
    const { environ } = Request.blank(path, { base: 'http://host.example' }).copy({ SCRIPT_NAME })
    let got: string | undefined
    await open(environ, (_status, headers) => {
      got = headers.find(([name]) => name === 'Location')?.[1]
      return async () => {}
    })
    expect(got).toBe(location)
    expect(new URL(got ?? '', 'http://host.example/x/y').origin).toBe('http://host.example')
  })

  it('stands under SCRIPT_NAME', async () => {
    const app = mount({ '/shop é': mount({ '/v1': selector }) })
    expect(await answerOf(app, '/shop%20%C3%A9/v1/b/?x')).toBe('-> /shop%20%C3%A9/v1/b?x')
    expect(await answerOf(app, '/shop%20%C3%A9/v1/b')).toBe('b /shop é/v1/b|')
  })

  it('stands where consumePath is false, too', async () => {
    const inner = new Selector({ trailingSlash: 'redirect', consumePath: false }).get('/b', says('b'))
    expect(await answerOf(mount({ '/m': inner }), '/m/b/')).toBe('-> /m/b')
    expect(await answerOf(mount({ '/m': inner }), '/m/b')).toBe('b /m|/b')
  })

  it('tells one slash at a mount point from none', async () => {
    const empty = mount({ '/m': new Selector({ trailingSlash: 'redirect' }).get('', says('none')) })
    expect(await answerOf(empty, '/m')).toBe('none /m|')
    expect(await answerOf(empty, '/m/')).toBe('-> /m')
    const slash = mount({ '/m': new Selector({ trailingSlash: 'redirect' }).get('/', says('one')) })
    expect(await answerOf(slash, '/m')).toBe('-> /m/')
    expect(await answerOf(slash, '/m/')).toBe('one /m|/')
  })

  // At the root the two have one spelling: a request for "" is one for "/" (RFC 9110 section 4.2.3).
  it.each(['', '{/a}', '{/:id}'])('does not send "/" to itself for the pattern %j', async (pattern) => {
    const selector = new Selector({ trailingSlash: 'redirect' }).get(pattern, says('empty'))
    expect(await answerOf(selector, '/')).toBe('404')
  })

  // As one that answers all preflights of CORS does.
  it('does so where a route fits here that has not the method', async () => {
    const selector = new Selector({ trailingSlash: 'redirect' })
      .get('/b', says('b'))
      .options('/*all', says('options'))
    expect(await answerOf(selector, '/b/')).toBe('-> /b')
  })

  it('does not send "OPTIONS *" to a path (RFC 9110 section 9.3.7)', async () => {
    const selector = new Selector({ trailingSlash: 'redirect' }).options('/', says('options'))
    expect(await answerOf(selector, { method: 'OPTIONS', path: '*' })).toBe('404')
  })

  it('comes before the 404 of its own, and behind the layers of the route’s group', async () => {
    const guard: Middleware = (inner) => (environ, startResponse) => {
      if (environ.HTTP_AUTHORIZATION !== undefined) return inner(environ, startResponse)
      startResponse('401 Unauthorized', [['WWW-Authenticate', 'Basic']])
      return []
    }
    const selector = new Selector({ trailingSlash: 'redirect' }).group('/admin', [guard], (group) => {
      group.get('/b', says('b'))
      group.status404 = says('own 404')
    })
    expect(await answerOf(selector, '/admin/b/')).toBe('401')
    const headers = { Authorization: 'x' }
    expect(await answerOf(selector, { path: '/admin/b/', headers })).toBe('-> /admin/b')
    expect(await answerOf(selector, { path: '/admin/c/', headers })).toBe('own 404 |/admin/c/')
  })

  it('asks host, params, Accept and Content-Type, too', async () => {
    const digits = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          /^\d+$/.test(value as string) ? { value } : { issues: [{ message: 'must be digits' }] },
      },
    }
    const selector = new Selector({ trailingSlash: 'redirect' })
      .get('/n/:id', says(''), { params: { id: digits } })
      .get('/h', says(''), { host: 'example.com' })
      .get('/a', says(''), { accept: 'text/html' })
      .post('/c', says(''), { contentType: 'text/html' })
    expect(await answerOf(selector, '/n/7/')).toBe('-> /n/7')
    expect(await answerOf(selector, '/n/x/')).toBe('404')
    expect(await answerOf(selector, { path: '/h/', headers: { Host: 'example.com' } })).toBe('-> /h')
    expect(await answerOf(selector, { path: '/h/', headers: { Host: 'example.org' } })).toBe('404')
    expect(await answerOf(selector, { path: '/a/', headers: { Accept: 'text/html' } })).toBe('-> /a')
    expect(await answerOf(selector, { path: '/a/', headers: { Accept: 'image/png' } })).toBe('404')
    const body = { method: 'POST', path: '/c/', body: 'x' }
    expect(await answerOf(selector, { ...body, headers: { 'Content-Type': 'text/html' } })).toBe('-> /c')
    expect(await answerOf(selector, { ...body, headers: { 'Content-Type': 'text/csv' } })).toBe('404')
  })

  it('names no route to the exchange', async () => {
    const request = Request.blank('/b/')
    const { environ } = request.copy()
    await selector(environ, () => async () => {})
    expect(environ['tsgi.exchange'].route).toBe(undefined)
  })
})

describe('for random routes and paths', () => {
  const texts = ['a', 'b', 'é', '%2F', ' ', '\\', '..', '', 'a-b', 'evil.com']
  const part = fc.constantFrom(
    '/a',
    '/b',
    '/é',
    '/:p',
    '/:p-:p',
    '{/a}',
    '{/:p}',
    '/*w',
    '{/*w}',
    '/',
    '{/}',
    '/\\\\',
  )
  const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => {
    let count = 0
    return parts.join('').replace(/[pw](?=$|\W)/g, () => `n${count++}`)
  })
  const route = fc.record({
    pattern,
    method: fc.constantFrom('GET', 'GET', 'POST', '_ANY_'),
    isMounted: fc.boolean(),
  })
  const path = fc
    .array(fc.constantFrom(...texts), { minLength: 1, maxLength: 4 })
    .map((segments) => `/${segments.map(encodeURIComponent).join('/')}`)
  const short = fc
    .array(fc.constantFrom('a', 'b', ''), { minLength: 1, maxLength: 3 })
    .map((segments) => `/${segments.join('/')}`)
  const request = fc.record({
    path: fc.oneof(short, path),
    method: fc.constantFrom('GET', 'POST', 'HEAD'),
    query: fc.constantFrom('', '?q=%2f'),
  })

  function selectorOf(
    routes: readonly { pattern: string; method: string; isMounted: boolean }[],
    trailingSlash: TrailingSlash,
  ) {
    const selector = new Selector({ trailingSlash })
    for (const { pattern, method, isMounted } of routes) {
      try {
        // With optional parts: see `mount` above.
        if (isMounted && !pattern.includes('{')) selector.mount(pattern, says('mounted'))
        else selector.add(pattern, { [method]: says('added') })
      } catch {
        // Two captures side by side.
      }
    }
    return selector
  }

  /** Without what matches the empty path, which at the root is no other than "/": see above. */
  const rooted = (selector: Selector, method: string) => selector.match(method, '') === undefined

  it('what a redirect leads to is no redirect, at the root and under a mount', async () => {
    let redirects = 0
    const follow = async (
      app: Application,
      { path, method, query }: { path: string; method: string; query: string },
    ) => {
      const first = await send(app, { path: path + query, method })
      if (first.status !== 308) return
      redirects++
      const location = first.headers.get('Location')!
      expect(new URL(location, 'http://host.example/').host).toBe('host.example')
      expect(location.endsWith(query)).toBe(true)
      const second = await send(app, { path: location, method })
      expect(second.status).toBe(200)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(route, { minLength: 1, maxLength: 5 }),
        fc.array(request, { minLength: 6, maxLength: 6 }),
        async (routes, requests) => {
          const selector = selectorOf(routes, 'redirect')
          const mounted = mount({ '/x y': selector })
          for (const request of requests) {
            if (rooted(selector, request.method)) await follow(selector, request)
            await follow(mounted, { ...request, path: `/x%20y${request.path}` })
            await follow(mounted, { ...request, path: '/x%20y' })
          }
        },
      ),
      { numRuns: 200 },
    )
    expect(redirects).toBeGreaterThan(20)
  }, 60_000)

  it('ignore takes a path where strict takes it or its other spelling', () => {
    const matched = { here: 0, there: 0 }
    fc.assert(
      fc.property(
        fc.array(route, { minLength: 1, maxLength: 5 }),
        fc.array(short, { minLength: 6, maxLength: 6 }),
        (routes, paths) => {
          const strict = selectorOf(routes, 'strict')
          const ignore = selectorOf(routes, 'ignore')
          for (const path of paths) {
            const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
            const here = strict.match('GET', path) !== undefined
            const there = strict.match('GET', other) !== undefined
            const found = ignore.match('GET', path)
            // Of two slashes one counts.
            if (!path.endsWith('//')) expect(found !== undefined).toBe(here || there)
            if (here) matched.here++
            else if (there) matched.there++
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(matched.here).toBeGreaterThan(50)
    expect(matched.there).toBeGreaterThan(20)
  })
})

it('redirect answers OPTIONS where routes fit: a preflight follows no redirect', async () => {
  const selector = new Selector({ trailingSlash: 'redirect' }).get('/b', says('b')).any('/b/', says('slash'))
  expect((await send(selector, { method: 'OPTIONS', path: '/b' })).status).toBe(204)
})
