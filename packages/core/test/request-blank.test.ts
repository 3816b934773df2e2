import { describe, expect, it } from 'vitest'
import type { Environ } from '../src/contract.ts'
import { type BlankOptions, Request } from '../src/request.ts'
import { bytes } from './observe.ts'
import { URLENCODED } from './posted.ts'

describe('Request.blank', () => {
  it('is a GET without a body', async () => {
    const request = Request.blank('/caf%C3%A9/a%2fb?c=%20d')
    expect(request.environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/café/a%2Fb',
      QUERY_STRING: 'c=%20d',
      REQUEST_URI: '/caf%C3%A9/a%2fb?c=%20d',
      HTTP_HOST: '127.0.0.1',
      'wsgi.url_scheme': 'http',
    })
    expect(request.contentLength).toBeUndefined()
    expect(await request.bytes()).toHaveLength(0)
    expect('toString' in request.environ).toBe(false)
  })

  it.each<[path: string, options: BlankOptions, url: string, environ: Partial<Environ>]>([
    [
      'http://example.com',
      {},
      'http://example.com/',
      { SERVER_NAME: 'example.com', SERVER_PORT: '80', REQUEST_URI: '/' },
    ],
    [
      'https://example.com:8443?q',
      {},
      'https://example.com:8443/?q',
      { HTTP_HOST: 'example.com:8443', SERVER_PORT: '8443', REQUEST_URI: '/?q', HTTPS: 'on' },
    ],
    [
      'HTTP://http/http',
      {},
      'http://http/http',
      { HTTP_HOST: 'http', PATH_INFO: '/http', REQUEST_URI: '/http' },
    ],
    ['http://[::1]/', {}, 'http://[::1]/', { SERVER_NAME: '[::1]', PATH_INFO: '/' }],
    [
      '/a?b',
      { base: 'https://example.com' },
      'https://example.com/a?b',
      { SCRIPT_NAME: '', SERVER_PORT: '443' },
    ],
    [
      '/a%20b',
      { base: 'http://example.com/sh%6Fp%20x/' },
      'http://example.com/shop%20x/a%20b',
      { SCRIPT_NAME: '/shop x', PATH_INFO: '/a b', REQUEST_URI: '/sh%6Fp%20x/a%20b' },
    ],
    [
      'http://a.example/x',
      { base: 'https://b.example/y' },
      'http://a.example/x',
      { SCRIPT_NAME: '', PATH_INFO: '/x' },
    ],
    [
      '*',
      { method: 'OPTIONS', base: 'http://a.example/x' },
      'http://a.example/x',
      { PATH_INFO: '', REQUEST_URI: '*' },
    ],
    ['/', { headers: { Host: 'b.example' } }, 'http://b.example/', { HTTP_HOST: 'b.example' }],
    [
      '/',
      { base: 'http://a.example', headers: { Host: 'b.example' } },
      'http://b.example/',
      { SERVER_NAME: 'a.example' },
    ],
  ])('is at %s with %j', (path, options, url, environ) => {
    const request = Request.blank(path, options)
    expect(request.url).toBe(url)
    expect(request.environ).toMatchObject(environ)
  })

  it.each<[options: BlankOptions, type: string | undefined, text: string]>([
    [{ body: 'é' }, 'text/plain; charset=utf-8', 'é'],
    [{ body: bytes('é') }, undefined, 'é'],
    [{ json: { a: 1 } }, 'application/json', '{"a":1}'],
    [{ json: null }, 'application/json', 'null'],
    [{ form: { a: 'b c', d: 'é' } }, URLENCODED, 'a=b+c&d=%C3%A9'],
    [
      {
        form: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      URLENCODED,
      'a=1&a=2',
    ],
    [{ body: 'x', headers: { 'content-type': 'text/csv' } }, 'text/csv', 'x'],
  ])('posts %j', async (options, type, text) => {
    const request = Request.blank('/', options)
    expect(request.method).toBe('POST')
    expect(request.environ.CONTENT_TYPE).toBe(type)
    expect(request.environ.CONTENT_LENGTH).toBe(`${bytes(text).length}`)
    expect(await request.text()).toBe(text)
    expect(Request.blank('/', { ...options, method: 'PUT' }).method).toBe('PUT')
  })

  it('has headers as a server gives them', () => {
    const { environ } = Request.blank('/', {
      headers: [
        ['X-A', '1'],
        ['x-a', '2'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['X_A', 'dropped'],
        ['Proxy', 'dropped'],
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '5'],
      ],
    })
    expect(environ).toMatchObject({ HTTP_X_A: '1, 2', HTTP_COOKIE: 'a=1; b=2', CONTENT_LENGTH: '5' })
    expect(environ).not.toHaveProperty('HTTP_PROXY')
    expect(environ).not.toHaveProperty('HTTP_TRANSFER_ENCODING')
  })

  it.each<[path: string, options?: BlankOptions]>([
    [''],
    ['a'],
    ['/ü'],
    ['/%zz'],
    ['/%00'],
    ['/#a'],
    ['*'],
    ['ftp://example.com/'],
    ['/', { base: '/shop' }],
    ['/', { base: 'ftp://example.com/' }],
    ['/', { headers: { 'a b': 'c' } }],
  ])('refuses %j with %j', (path, options) => {
    expect(() => Request.blank(path, options)).toThrow(TypeError)
  })

  it('posts chunks, of which nobody knows the length', async () => {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes('a')
      yield bytes('bc')
    }
    const request = Request.blank('/', { body: chunks(), headers: { 'Content-Type': 'text/csv' } })
    expect([request.method, request.contentType, request.contentLength]).toEqual([
      'POST',
      'text/csv',
      undefined,
    ])
    expect(await request.text()).toBe('abc')
    expect(await Request.blank('/', { body: [bytes('d'), bytes('e')] }).text()).toBe('de')
  })

  const file = new File(['\xe9'], 'a"b.txt', { type: 'text/csv' })
  const data = new FormData()
  data.append('name', 'Ada')
  data.append('file', file)

  it.each<[form: string, NonNullable<BlankOptions['form']>]>([
    ['a FormData', data],
    ['pairs', [...data]],
    ['an object', { name: 'Ada', file }],
  ])('posts files as a browser does, of %s', async (_form, form) => {
    const request = Request.blank('/', { form })
    expect([request.method, request.contentType]).toEqual(['POST', 'multipart/form-data'])
    const read = await request.formData()
    expect([...read.keys()]).toEqual(['name', 'file'])
    expect(read.get('name')).toBe('Ada')
    const received = read.get('file') as File
    expect([received.name, received.type, await received.text()]).toEqual(['a"b.txt', 'text/csv', '\xe9'])
  })

  it('posts a FormData without files as a browser does too', async () => {
    const form = new FormData()
    form.append('a', '1')
    const request = Request.blank('/', { form })
    expect(request.contentType).toBe('multipart/form-data')
    expect([...(await request.formData())]).toEqual([['a', '1']])
  })

  it('posts a Blob under the name that the platform gives it', async () => {
    const form = await Request.blank('/', { form: { a: new Blob(['1']) } }).formData()
    expect((form.get('a') as File).name).toBe('blob')
  })

  it('names the option that is wrong', () => {
    expect(() => Request.blank('/#a')).toThrow(
      'Request.blank: path: must be a path, percent-encoded, or an absolute http or https URL, without a fragment; got "/#a"',
    )
    expect(() => Request.blank('/', { base: 'http://a.example/#b' })).toThrow('Request.blank: base: must be')
  })
})
