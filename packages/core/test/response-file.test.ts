import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Application } from '../src/contract.ts'
import { FileWrapper } from '../src/file-wrapper.ts'
import { HttpError } from '../src/http-error.ts'
import { Request } from '../src/request.ts'
import { type FileOptions, Response } from '../src/response.ts'
import { send } from '../src/testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsgi-response-file-'))
const OLD = new Date('2020-02-29T12:00:00.250Z')
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: string, modified: Date = OLD): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  utimesSync(path, modified, modified)
  return path
}

function sending(path: string, options?: FileOptions): Application {
  return async (environ, startResponse) => {
    const request = new Request(environ)
    const response = await Response.file(path, options)
    return response.conditional(request).range(request).respond(environ, startResponse)
  }
}

describe('Response.file', () => {
  it('sends a file with its length, type, date and tag', async () => {
    const path = write('page.html', '<p>é')
    const received = await send((environ, startResponse) =>
      Response.file(path).then((response) => response.respond(environ, startResponse)),
    )
    expect(received.status).toBe(200)
    expect(received.headers.list).toEqual([
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Content-Length', '5'],
      ['ETag', `"5-${(BigInt(OLD.getTime()) * 1_000_000n).toString(16)}"`],
      ['Last-Modified', 'Sat, 29 Feb 2020 12:00:00 GMT'],
    ])
    expect(received.text).toBe('<p>é')
  })

  it('sends an empty file', async () => {
    const received = await send(sending(write('empty.txt', '')), { headers: { Range: 'bytes=0-' } })
    expect(received.status).toBe(200)
    expect(received.headers.get('Content-Length')).toBe('0')
  })

  it('is a FileWrapper that ends where the file ended', async () => {
    const path = write('log.txt', 'one')
    const { body } = await Response.file(path)
    expect(body).toBeInstanceOf(FileWrapper)
    expect(body).toMatchObject({ file: { path, start: 0, end: 3 } })
  })

  it.each<[name: string, type: string]>([
    ['a.html', 'text/html; charset=utf-8'],
    ['A.HTM', 'text/html; charset=utf-8'],
    ['a.css', 'text/css; charset=utf-8'],
    ['a.min.js', 'text/javascript; charset=utf-8'],
    ['a.mjs', 'text/javascript; charset=utf-8'],
    ['a.txt', 'text/plain; charset=utf-8'],
    ['a.json', 'application/json'],
    ['a.svg', 'image/svg+xml'],
    ['a.jpeg', 'image/jpeg'],
    ['a.woff2', 'font/woff2'],
    ['a.wasm', 'application/wasm'],
    ['a.tar.gz', 'application/gzip'],
    ['a.unknown', 'application/octet-stream'],
    ['a', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['.html', 'application/octet-stream'],
    ['html', 'application/octet-stream'],
    ['a.__proto__', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.html ', 'application/octet-stream'],
  ])('says by the name %j that it is %s', async (name, type) => {
    expect((await Response.file(write(name, 'a'))).headers.get('Content-Type')).toBe(type)
  })

  it('takes no extension from the name of a folder', async () => {
    mkdirSync(join(folder, 'site.html'))
    const { headers } = await Response.file(write('site.html/page', 'a'))
    expect(headers.get('Content-Type')).toBe('application/octet-stream')
  })

  it('says what it is told in place of what it finds', async () => {
    const path = write('a.txt', 'a')
    const lastModified = new Date('2001-01-01T00:00:00Z')
    const response = await Response.file(path, {
      type: 'text/csv; header=present',
      filename: 'häuser.csv',
      etag: 'v1',
      lastModified,
      cacheControl: { maxAge: 60 },
      status: 203,
      headers: { 'X-Own': 'yes' },
    })
    expect(response.status).toBe(203)
    expect(response.etag).toBe('"v1"')
    expect(response.lastModified).toEqual(lastModified)
    expect(response.headers.get('Content-Type')).toBe('text/csv; header=present')
    expect(response.headers.get('Content-Disposition')).toBe(
      `attachment; filename="h_user.csv"; filename*=UTF-8''h%C3%A4user.csv`,
    )
    expect(response.headers.get('Cache-Control')).toBe('max-age=60')
    expect(response.headers.get('X-Own')).toBe('yes')
  })

  it('keeps what the headers say already', async () => {
    const headers = { etag: '"mine"', 'content-type': 'text/x-own', 'last-modified': OLD.toUTCString() }
    const response = await Response.file(write('a.txt', 'a'), { headers })
    expect(response.headers.list).toEqual([...Object.entries(headers), ['Content-Length', '1']])
  })

  it('has another tag after a change of the length or of the time', async () => {
    const tags = new Set<string | undefined>()
    const tag = async (path: string) => tags.add((await Response.file(path)).etag)
    await tag(write('a.txt', 'one'))
    await tag(write('a.txt', 'three'))
    await tag(write('a.txt', 'three', new Date(OLD.getTime() + 1)))
    expect(tags.size).toBe(3)
  })

  it('has a weak tag as long as another change may not show (RFC 9110 section 8.8.1)', async () => {
    const now = Date.now()
    expect((await Response.file(write('new.txt', 'a', new Date(now)))).etag).toMatch(/^W\/"/)
    expect((await Response.file(write('old.txt', 'a', new Date(now - 3000)))).etag).toMatch(/^"/)
  })

  it('was never changed in the future (RFC 9110 section 8.8.2.1)', async () => {
    const path = write('future.txt', 'a', new Date(Date.now() + 86_400_000))
    const { lastModified, etag } = await Response.file(path)
    expect(lastModified!.getTime()).toBeLessThanOrEqual(Date.now())
    expect(etag).toMatch(/^W\/"/)
  })

  it.each<[what: string, path: string]>([
    ['no file', 'missing.txt'],
    ['a folder', ''],
    ['a folder with a slash', './'],
    ['a file taken for a folder', 'file.txt/below'],
    ['a file with a slash at the end', 'file.txt/'],
    ['a name that is too long', 'a'.repeat(300)],
    ['a NUL', 'file.txt\0.png'],
    ['a NUL at the end', 'file.txt\0'],
  ])('answers 404 for %s, and tells nothing of the path', async (_what, name) => {
    write('file.txt', 'a')
    const error: unknown = await Response.file(`${folder}/${name}`).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HttpError)
    expect(error).toMatchObject({ status: 404, message: '404 Not Found' })
    const app: Application = (environ, start) =>
      (error as HttpError).toResponse(environ).respond(environ, start)
    expect((await send(app)).text).not.toContain('tsgi-response-file')
  })

  it('answers 404 for what is no regular file, which may have no end', async () => {
    await expect(Response.file('/dev/zero')).rejects.toMatchObject({ status: 404 })
  })

  it('takes a file that is not there for no fault of its own when it is opened', async () => {
    const path = write('gone.txt', 'a')
    const response = await Response.file(path)
    rmSync(path)
    await expect(send((environ, start) => response.respond(environ, start))).rejects.toThrow('ENOENT')
  })

  it('is cut off where the file has become shorter, and ends where it has become longer', async () => {
    const path = write('changing.txt', 'abc')
    const short = await Response.file(path)
    truncateSync(path, 1)
    await expect(send((environ, start) => short.respond(environ, start))).rejects.toThrow()
    const long = await Response.file(path)
    writeFileSync(path, 'abcdef')
    expect((await send((environ, start) => long.respond(environ, start))).text).toBe('a')
  })

  it.each<[method: string, headers: Record<string, string>, status: number, content: string]>([
    ['GET', {}, 200, '0123456789'],
    ['HEAD', {}, 200, ''],
    ['GET', { Range: 'bytes=2-4' }, 206, '234'],
    ['HEAD', { Range: 'bytes=2-4' }, 200, ''],
    ['GET', { Range: 'bytes=99-' }, 416, ''],
    ['GET', { 'If-Modified-Since': OLD.toUTCString() }, 304, ''],
    ['GET', { 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 412, ''],
    ['GET', { 'If-None-Match': '*', Range: 'bytes=2-4' }, 304, ''],
    ['GET', { 'If-Range': OLD.toUTCString(), Range: 'bytes=2-4' }, 206, '234'],
    ['GET', { 'If-Range': '"old"', Range: 'bytes=2-4' }, 200, '0123456789'],
  ])('answers %s with %j by %d', async (method, headers, status, content) => {
    const path = write('digits.txt', '0123456789')
    const received = await send(sending(path), { method, headers })
    expect(received.status).toBe(status)
    expect(received.text).toBe(content)
    const length = received.headers.get('Content-Length')
    expect(length).toBe(status === 304 ? null : method === 'HEAD' ? '10' : `${content.length}`)
  })

  it('goes on with its own tag where a transfer broke off', async () => {
    const path = write('digits.txt', '0123456789')
    const { headers } = await send(sending(path))
    const ifRange = headers.get('ETag')!
    const rest = await send(sending(path), { headers: { Range: 'bytes=4-', 'If-Range': ifRange } })
    expect(rest.text).toBe('456789')
    write('digits.txt', '9876543210', new Date(statSync(path).mtimeMs + 1))
    const anew = await send(sending(path), { headers: { Range: 'bytes=4-', 'If-Range': ifRange } })
    expect(anew.text).toBe('9876543210')
  })
})
