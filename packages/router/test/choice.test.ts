import { type Application, text } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { Selector } from '../src/index.ts'
import { says } from './applications.ts'

describe('routes with accept', () => {
  const selector = new Selector()
    .get('/', says('html'), { accept: 'text/html' })
    .get('/', says('json'), { accept: 'application/json' })
    .get('/', says('feed'), { accept: ['application/rss+xml', 'application/atom+xml'] })

  it.each<[accept: string | undefined, answer: string, source: string]>([
    [undefined, 'html', 'RFC 9110 section 12.5.1: without the field, anything'],
    ['', 'html', 'an empty one says nothing'],
    ['*/*', 'html', 'section 12.5.1'],
    ['text/html', 'html', 'section 12.5.1'],
    ['application/json', 'json', 'section 12.5.1'],
    ['APPLICATION/JSON', 'json', 'section 8.3.1: case does not count'],
    ['application/*', 'json', 'section 12.5.1, a range: the first of equals'],
    ['text/*', 'html', 'section 12.5.1, a range'],
    ['application/atom+xml', 'feed', 'one of the types of a route'],
    ['text/html;q=0.5, application/json', 'json', 'section 12.4.2'],
    ['text/html;q=0.5, application/json;q=0.4', 'html', 'section 12.4.2'],
    ['text/html;Q=0.5, application/json', 'json', 'the name q in any case'],
    ['application/json, text/html', 'html', 'ties by the order of registration, not of the header'],
    ['*/*;q=0.1, application/json', 'json', 'section 12.5.1: the most specific range counts'],
    ['text/html;q=0, */*', 'json', 'q=0 is not acceptable'],
    ['application/*;q=0.9, application/rss+xml;q=0, text/*;q=0.8', 'json', 'the most specific range'],
    ['application/*, application/json;q=0, application/rss+xml;q=0', 'feed', 'the second type of a route'],
    ['text/html;q=0.000, application/json;q=0.001', 'json', 'section 12.4.2, the least weight'],
    ['text/html;q=2, application/json', 'json', 'a weight that is none: the member counts not'],
    ['text/html;q=high, application/json;q=0.1', 'json', 'a weight that is none'],
    ['nonsense', 'html', 'nothing of it can be read: as without'],
    ['*/html', 'html', 'no range: as without'],
    [';;;,,,', 'html', 'nothing of it can be read'],
    ['nonsense, application/json', 'json', 'what can be read counts'],
    ['text/html; charset=utf-8, application/json;q=0.5', 'json', 'a parameter that the offer has not'],
    ['"text/html", application/json', 'json', 'a quoted string is no type'],
    [`${'a/b, '.repeat(2000)}application/json`, 'html', 'longer than any wish: as without'],
  ])('asked with Accept: %s give %s (%s)', async (accept, answer) => {
    const headers = accept === undefined ? {} : { Accept: accept }
    const received = await send(selector, { headers })
    expect(received).toMatchObject({ status: 200, text: answer })
    expect(received.headers.get('Vary')).toBe('Accept')
    const head = await send(selector, { method: 'HEAD', headers })
    expect(head.status).toBe(200)
    expect(head.headers.get('Vary')).toBe('Accept')
    const found = selector.match('GET', '/', accept === undefined ? {} : { HTTP_ACCEPT: accept })
    expect(found && selector.routes().indexOf(found.route)).toBe(['html', 'json', 'feed'].indexOf(answer))
  })

  it.each([
    'image/png',
    'text/plain',
    'text/html;q=0',
    '*/*;q=0',
    'text/html;level=1',
    'image/*, text/html;q=0',
  ])('answer 406 with Vary to Accept: %s', async (accept) => {
    const received = await send(selector, { headers: { Accept: accept } })
    expect(received).toMatchObject({ status: 406, text: '406 Not Acceptable\n' })
    expect(received.headers.get('Vary')).toBe('Accept')
    expect(selector.match('GET', '/', { HTTP_ACCEPT: accept })).toBe(undefined)
  })

  it('are read in any case', async () => {
    const selector = new Selector().get('/', says('json'), { accept: 'Application/JSON' })
    expect((await send(selector, { headers: { Accept: 'application/json' } })).text).toBe('json')
  })

  it('stand to choice together until one without it', async () => {
    const selector = new Selector()
      .get('/', says('json'), { accept: 'application/json' })
      .get('/', says('whatever'))
      .get('/', says('html'), { accept: 'text/html' })
    const answer = async (Accept: string) => {
      const { text, headers } = await send(selector, { headers: { Accept } })
      return [text, headers.get('Vary')]
    }
    expect(await answer('application/json')).toEqual(['json', 'Accept'])
    expect(await answer('text/html')).toEqual(['whatever', 'Accept'])
    expect(await answer('text/html, application/json;q=0.1')).toEqual(['json', 'Accept'])
    expect(await answer('image/png')).toEqual(['whatever', 'Accept'])
  })

  it('do so over different patterns', async () => {
    const selector = new Selector()
      .get('/:id', says('param'), { accept: 'application/json' })
      .get('/a', says('static'), { accept: 'text/html' })
      .get('/*rest', says('wildcard'), { accept: 'text/plain' })
    const answer = async (path: string, Accept: string) =>
      (await send(selector, { path, headers: { Accept } })).text
    expect(await answer('/a', 'text/html')).toBe('static')
    expect(await answer('/a', 'application/json')).toBe('param')
    expect(await answer('/a', 'text/plain, */*;q=0.5')).toBe('wildcard')
    expect(await answer('/a/b', 'text/html')).toBe('406 Not Acceptable\n')
  })

  it('leave the params of the chosen one to it', () => {
    const selector = new Selector()
      .get('/:a', says(''), { accept: 'application/json' })
      .get('/:b', says(''), { accept: 'text/html' })
    expect(selector.match('GET', '/x', { HTTP_ACCEPT: 'text/html' })?.params).toEqual({ b: 'x' })
    expect(selector.match('GET', '/x', {})?.params).toEqual({ a: 'x' })
  })

  it('take no part where they have not the method, or fit not', async () => {
    const selector = new Selector()
      .post('/', says('post'), { accept: 'application/json' })
      .get('/', says('other host'), { accept: 'application/json', host: 'other.org' })
      .get('/', says('get'))
    const received = await send(selector, { headers: { Accept: 'image/png' } })
    expect(received.text).toBe('get')
    expect(received.headers.get('Vary')).toBe(null)
  })
})

describe('Vary: Accept', () => {
  const selector = new Selector()
    .get('/plain', says('plain'))
    .get('/plain', says('never'), { accept: 'text/html' })
    .get('/html', says('html'), { accept: 'text/html' })
    .put('/json', says('json'), { accept: 'text/html', contentType: 'application/json' })

  it.each<[method: string, path: string, type: string | undefined, status: number, vary: string | null]>([
    ['GET', '/plain', undefined, 200, null],
    ['GET', '/html', undefined, 200, 'Accept'],
    ['GET', '/none', undefined, 404, null],
    ['PUT', '/html', undefined, 405, null],
    ['BREW', '/html', undefined, 501, null],
    ['OPTIONS', '/html', undefined, 204, null],
    ['PUT', '/json', 'text/plain', 415, null],
    ['PUT', '/json', 'application/json', 200, 'Accept'],
  ])('of %s %s, of the type %s, which is answered %i: %s', async (method, path, type, status, vary) => {
    const headers = { Accept: 'text/html', ...(type === undefined ? {} : { 'Content-Type': type }) }
    const received = await send(selector, { method, path, headers })
    expect(received.status).toBe(status)
    expect(received.headers.get('Vary')).toBe(vary)
  })

  it.each<[own: string, vary: string]>([
    ['Cookie', 'Cookie, Accept'],
    ['accept', 'accept'],
    ['*', '*'],
  ])('is joined to the application’s own, %s: %s', async (own, vary) => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', [
        ['Content-Type', 'text/html'],
        ['Vary', own],
      ])
      return text('')
    }
    const received = await send(new Selector().get('/', app, { accept: 'text/html' }))
    expect(received.headers.get('Vary')).toBe(vary)
  })

  it('is on a 406 that was replaced', async () => {
    const selector = new Selector().get('/', says(''), { accept: 'text/html' })
    selector.status406 = (_environ, startResponse) => {
      startResponse('406 Not Acceptable', [['Content-Type', 'text/plain']])
      return text('own')
    }
    const received = await send(selector, { headers: { Accept: 'image/png' } })
    expect(received.text).toBe('own')
    expect(received.headers.get('Vary')).toBe('Accept')
  })
})

describe('routes with contentType', () => {
  const post = (type: string | undefined, body: string | undefined = 'x') => ({
    method: 'POST',
    // Without a type of its own, a text would be text/plain.
    ...(body === undefined ? {} : { body: [new TextEncoder().encode(body)] }),
    headers: type === undefined ? {} : { 'Content-Type': type },
  })

  it.each<[types: string | string[], type: string | undefined, fits: boolean, source: string]>([
    ['application/json', 'application/json', true, 'RFC 9110 section 8.3'],
    ['application/json', 'APPLICATION/Json', true, 'section 8.3.1: case does not count'],
    ['Application/JSON', 'application/json', true, 'nor in the option'],
    ['application/json', 'application/json; charset=utf-8', true, 'section 8.3.1: parameters count not'],
    ['application/json', 'application/json;charset="a;b"', true, 'section 5.6.6, quoted'],
    ['application/json', ' application/json ', true, 'section 5.5: blanks around'],
    ['application/json', 'application/json;', true, 'section 5.6.6: an empty parameter'],
    ['application/json', 'application/jsonp', false, 'another type'],
    ['application/json', 'application/json+x', false, 'another type'],
    ['application/json', 'text/json', false, 'another type'],
    ['application/json', 'text/plain; application/json', false, 'a type is no parameter'],
    ['application/json', 'json', false, 'no type'],
    ['application/json', '', false, 'no type'],
    ['application/json', undefined, false, 'none'],
    ['multipart/*', 'multipart/form-data; boundary=x', true, 'a range'],
    ['multipart/*', 'Multipart/Mixed', true, 'a range'],
    ['multipart/*', 'multipartx/mixed', false, 'a range of another name'],
    ['multipart/*', 'text/plain', false, 'another range'],
    [['application/json', 'text/*'], 'text/csv', true, 'one of several'],
    [['application/json', 'text/*'], 'application/json', true, 'one of several'],
    [['application/json', 'text/*'], 'image/png', false, 'none of several'],
  ])('of %j take %s: %s (%s)', async (contentType, type, fits) => {
    const selector = new Selector().post('/', says('taken'), { contentType })
    const received = await send(selector, post(type))
    expect(received).toMatchObject(
      fits ? { status: 200, text: 'taken' } : { status: 415, text: '415 Unsupported Media Type\n' },
    )
    expect(received.headers.get('Vary')).toBe(null)
    const environ = type === undefined ? {} : { CONTENT_TYPE: type }
    expect(selector.match('POST', '/', environ) !== undefined).toBe(fits)
  })

  it('are asked in order', async () => {
    const selector = new Selector()
      .post('/', says('json'), { contentType: 'application/json' })
      .post('/', says('application'), { contentType: 'application/*' })
      .post('/', says('whatever'))
    expect((await send(selector, post('application/json'))).text).toBe('json')
    expect((await send(selector, post('application/xml'))).text).toBe('application')
    expect((await send(selector, post('text/plain'))).text).toBe('whatever')
    expect((await send(selector, post(undefined))).text).toBe('whatever')
  })

  it('refuse no other method', async () => {
    const selector = new Selector()
      .post('/', says('post'), { contentType: 'application/json' })
      .get('/', says('get'))
    expect((await send(selector)).text).toBe('get')
    expect((await send(selector, { method: 'DELETE' })).status).toBe(501)
    expect((await send(selector, { method: 'OPTIONS' })).headers.get('Allow')).toBe(
      'POST, GET, HEAD, OPTIONS',
    )
  })

  it('refuse a request without a body, whose type is none', async () => {
    const selector = new Selector().post('/', says('post'), { contentType: 'application/json' })
    expect((await send(selector, { method: 'POST' })).status).toBe(415)
  })
})

describe('of several refusals', () => {
  const selector = new Selector()
    .post('/a', says('json to html'), { contentType: 'application/json', accept: 'text/html' })
    .post('/b', says('html'), { accept: 'text/html' })
    .post('/b', says('json'), { contentType: 'application/json' })
    .get('/c', says('get'))
    .post('/c', says('html'), { accept: 'text/html' })
    .put('/c', says('json'), { contentType: 'application/json' })

  it.each<[method: string, path: string, type: string, accept: string, status: number]>([
    ['POST', '/a', 'application/json', 'text/html', 200],
    ['POST', '/a', 'application/json', 'image/png', 406],
    ['POST', '/a', 'text/plain', 'text/html', 415],
    ['POST', '/a', 'text/plain', 'image/png', 415],
    ['PUT', '/a', 'text/plain', 'image/png', 405],
    ['BREW', '/a', 'text/plain', 'image/png', 501],
    ['POST', '/b', 'text/plain', 'text/html', 200],
    ['POST', '/b', 'application/json', 'image/png', 200],
    ['POST', '/b', 'text/plain', 'image/png', 406],
    ['POST', '/c', 'text/plain', 'image/png', 406],
    ['PUT', '/c', 'text/plain', 'image/png', 415],
    ['GET', '/c', 'text/plain', 'image/png', 200],
    ['BREW', '/c', 'text/plain', 'image/png', 501],
    ['OPTIONS', '/c', 'text/plain', 'image/png', 204],
    ['POST', '/d', 'text/plain', 'image/png', 404],
  ])('the first counts: %s %s, of type %s, Accept: %s is %i', async (method, path, type, accept, status) => {
    const headers = { 'Content-Type': type, Accept: accept }
    expect((await send(selector, { method, path, headers })).status).toBe(status)
  })

  it.each<[answer: 'status406' | 'status415', path: string]>([
    ['status406', '/b'],
    ['status415', '/a'],
  ])('%s can be replaced, also in a group, and finds the methods', async (answer, path) => {
    const build = (group: Pick<Selector, 'get' | 'post'>) =>
      group
        .post('/a', says(''), { contentType: 'application/json' })
        .post('/b', says(''), { accept: 'text/html' })
        .get('/:x', says(''))
    const own: Application = (environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      return text(JSON.stringify((environ as { 'selector.methods'?: unknown })['selector.methods']))
    }
    const selector = new Selector()
    build(selector)
    selector[answer] = own
    const headers = { 'Content-Type': 'text/plain', Accept: 'image/png' }
    const methods = ['POST', 'GET', 'HEAD', 'OPTIONS']
    expect((await send(selector, { method: 'POST', path, headers })).json()).toEqual(methods)
    const outer = new Selector().group('/g', [], (group) => {
      build(group)
      group[answer] = own
    })
    const received = await send(outer, { method: 'POST', path: `/g${path}`, headers })
    expect(received.json()).toEqual(methods)
  })
})

describe('an option that names no media types', () => {
  it.each<[option: 'accept' | 'contentType', value: unknown, found: string]>([
    ['accept', '', '""'],
    ['accept', [], '""'],
    ['accept', 'html', '"html"'],
    ['accept', 'text/', '"text/"'],
    ['accept', '/html', '"/html"'],
    ['accept', 'text/*', '"text/*"'],
    ['accept', '*/*', '"*/*"'],
    ['accept', 'text/html; charset=utf-8', '"text/html; charset=utf-8"'],
    ['accept', 'text/html, text/plain', '"text/html, text/plain"'],
    ['accept', 'text/html ', '"text/html "'],
    ['accept', ['text/html', 'x'], '"x"'],
    ['accept', 'a/b/c', '"a/b/c"'],
    ['contentType', '', '""'],
    ['contentType', [], '""'],
    ['contentType', 'json', '"json"'],
    ['contentType', '*', '"*"'],
    ['contentType', 'application/json;charset=utf-8', '"application/json;charset=utf-8"'],
    ['contentType', ['multipart/*', ''], '""'],
  ])('throws at add: %s: %o', (option, value, found) => {
    const selector = new Selector()
    const add = () => selector.get('/x', says(''), { [option]: value } as {})
    expect(add).toThrow(
      new TypeError(
        `selector: pattern "/x": options.${option}: must be media types such as "text/html"; got ${found}`,
      ),
    )
    expect(selector.routes()).toEqual([])
  })

  // No Content-Type could ever fit them: only `type/*` is a range.
  it.each(['*/*', '*/json', 'text/h*', 'mult*/mixed'])('throws at add: contentType: %j', (contentType) => {
    expect(() => new Selector().post('/', says(''), { contentType })).toThrow(TypeError)
  })
})

// What cannot be read is no type of the range (RFC 9110 section 8.3.1).
it.each(['text/', 'text/a b', 'text/html, text/plain', 'text/é'])(
  'a range takes no malformed type: %j',
  (CONTENT_TYPE) => {
    const selector = new Selector().post('/', says(''), { contentType: 'text/*' })
    expect(selector.match('POST', '/', { CONTENT_TYPE })).toBe(undefined)
  },
)
