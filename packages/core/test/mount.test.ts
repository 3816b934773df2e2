import { describe, expect, it } from 'vitest'
import type { Application, Environ } from '../src/contract.ts'
import { mount } from '../src/mount.ts'
import { bytes, call } from './observe.ts'

/** Answers with its name and with the path as it finds it. */
const named =
  (name: string): Application =>
  ({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
    startResponse('200 OK', [])
    return [bytes(`${name}: ${SCRIPT_NAME}|${PATH_INFO}`)]
  }

function ask(keys: string[], changes: Partial<Environ>): string {
  const app = mount(Object.fromEntries(keys.map((key) => [key, named(key)])))
  const { status, chunks } = call(app, changes)
  return status === '200 OK' ? chunks.join('') : status
}

describe('mount, by path', () => {
  it.each<[keys: string[], path: string, answer: string]>([
    [['/api'], '/api', '/api: /api|'],
    [['/api'], '/api/', '/api: /api|/'],
    [['/api'], '/api/x', '/api: /api|/x'],
    [['/api'], '/api//x', '/api: /api|//x'],
    [['/api'], '/api/../x', '/api: /api|/../x'],
    [['/api'], '/apiary', '404 Not Found'],
    [['/api'], '/api%2Fx', '404 Not Found'],
    [['/api'], '/API', '404 Not Found'],
    [['/api'], '//api', '404 Not Found'],
    [['/api'], '/x/api', '404 Not Found'],
    [['/api'], '/', '404 Not Found'],
    [['/api'], '', '404 Not Found'],
    [['/api/'], '/api', '/api/: /api|'],
    [['/a%2Fb'], '/a%2Fb/c', '/a%2Fb: /a%2Fb|/c'],
    [['/café'], '/café/x', '/café: /café|/x'],
    [['/my docs'], '/my docs/x', '/my docs: /my docs|/x'],
    [['/'], '/x', '/: |/x'],
    [['/'], '', '/: |'],
    [['/', '/a', '/a/b', '/a/b/c'], '/a/b/cd', '/a/b: /a/b|/cd'],
    [['/a/b/c', '/a', '/', '/a/b'], '/a/b/c', '/a/b/c: /a/b/c|'],
    [['/', '/a'], '/b', '/: |/b'],
    [['/__proto__'], '/__proto__/x', '/__proto__: /__proto__|/x'],
  ])('of %j gives %j: %j', (keys, path, answer) => {
    expect(ask(keys, { PATH_INFO: path })).toBe(answer)
  })

  it('adds to the SCRIPT_NAME that was there, through nested mounts', () => {
    const app = mount({ '/a': mount({ '/b': named('inner') }) })
    expect(call(app, { SCRIPT_NAME: '/root', PATH_INFO: '/a/b/c' }).chunks).toEqual(['inner: /root/a/b|/c'])
  })
})

describe('mount, by host', () => {
  const keys = ['example.com', 'example.com/api', 'example.com:8080', 'a.example.com', '[::1]', '/api', '/']

  it.each<[host: string, path: string, answer: string]>([
    ['example.com', '/x', 'example.com: |/x'],
    ['example.com', '/api/x', 'example.com/api: /api|/x'],
    ['EXAMPLE.com', '/api', 'example.com/api: /api|'],
    ['example.com:80', '/x', 'example.com: |/x'],
    ['example.com:', '/x', 'example.com: |/x'],
    ['example.com:8080', '/api', 'example.com:8080: |/api'],
    ['a.example.com', '/api', 'a.example.com: |/api'],
    ['aexample.com', '/x', '/: |/x'],
    ['example.com.evil', '/x', '/: |/x'],
    ['[::1]', '/x', '[::1]: |/x'],
    ['[::1]:8000', '/x', '[::1]: |/x'],
    ['[::1:8000]', '/x', '/: |/x'],
    ['other.example', '/api', '/api: /api|'],
  ])('of %j gives %j: %j', (HTTP_HOST, PATH_INFO, answer) => {
    expect(ask(keys, { HTTP_HOST, PATH_INFO })).toBe(answer)
  })

  it('takes the host of the key in any case', () => {
    expect(ask(['Example.COM/API'], { HTTP_HOST: 'example.com', PATH_INFO: '/API' })).toBe(
      'Example.COM/API: /API|',
    )
  })

  it('fits no host where the request has none', () => {
    const environ = call(named('x')).environ
    const { HTTP_HOST: _, ...without } = environ
    let status = ''
    mount({ undefined: named('a') })(without as Environ, (line) => {
      status = line
      return async () => {}
    })
    expect(status).toBe('404 Not Found')
  })
})

describe('mount', () => {
  it('moves the path in a copy: who holds the outer environ holds the truth', () => {
    let inner: Environ | undefined
    const app = mount({
      '/api': (environ: Environ, startResponse) => {
        inner = environ
        startResponse('200 OK', [])
        return []
      },
    })
    const { environ } = call(app, { PATH_INFO: '/api/x', HTTP_COOKIE: 'a=b' })
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['', '/api/x'])
    expect({ ...inner }).toEqual({ ...environ, SCRIPT_NAME: '/api', PATH_INFO: '/x' })
    expect('toString' in inner!).toBe(false)
  })

  it('answers 404 as text, also to HEAD', () => {
    const { status, headers, chunks } = call(mount({ '/a': named('a') }), { PATH_INFO: '/b' })
    expect([status, chunks]).toEqual(['404 Not Found', ['Not Found\n']])
    expect(headers).toEqual([
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '10'],
    ])
    expect(call(mount({}), { REQUEST_METHOD: 'HEAD' })).toMatchObject({ status: '404 Not Found', chunks: [] })
  })

  it.each(['', ' ', 'a b/c', 'https://example.com/api', 'http:', 'user@a.example', 'a,b', '?', 'a:b', '::1'])(
    'refuses the key %j',
    (key) => {
      expect(() => mount({ [key]: named('a') })).toThrow(TypeError)
      expect(() => mount({ [key]: named('a') })).toThrow(`got ${JSON.stringify(key)}`)
    },
  )

  it('refuses what is no application', () => {
    expect(() => mount({ '/a': {} as never })).toThrow(
      'mount: "/a": must be an application, a function; got object',
    )
  })
})
