import { describe, expect, it } from 'vitest'
import { readBody } from '../src/body.ts'
import { HttpError, type HttpErrorOptions } from '../src/http-error.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

interface Page {
  status: number
  type: string | null
  vary: string | null
  text: string
}

async function page(error: HttpError, accept?: string): Promise<Page> {
  const response = error.toResponse(setupTestingDefaults(accept === undefined ? {} : { HTTP_ACCEPT: accept }))
  return {
    status: response.status,
    type: response.headers.get('Content-Type'),
    vary: response.headers.get('Vary'),
    text: new TextDecoder().decode(await readBody(response.body)),
  }
}

async function problem(error: HttpError): Promise<unknown> {
  return JSON.parse((await page(error)).text)
}

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

describe('HttpError', () => {
  it.each<[accept: string | undefined, type: string]>([
    [undefined, 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    ['application/problem+json', 'application/problem+json'],
    ['application/json', 'application/problem+json'],
    ['application/json, text/html;q=0.9', 'application/problem+json'],
    ['image/png', 'application/problem+json'],
    ['*/*;q=0', 'application/problem+json'],
    [BROWSER, 'text/html; charset=utf-8'],
    ['text/*', 'text/html; charset=utf-8'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/plain, text/html;q=0.9', 'text/plain; charset=utf-8'],
  ])('answers Accept %j with %s', async (accept, type) => {
    expect(await page(new HttpError(404), accept)).toMatchObject({ status: 404, type, vary: 'Accept' })
  })

  it('is a problem with a title and a status (RFC 9457 section 3.1)', async () => {
    expect((await page(new HttpError(404))).text).toBe('{"title":"Not Found","status":404}')
  })

  it('tells what it is given', async () => {
    const error = new HttpError(403, {
      type: 'https://example.com/probs/out-of-credit',
      title: 'You do not have enough credit.',
      detail: 'Your current balance is 30, but that costs 50.',
      extensions: { balance: 30, accounts: ['/account/12345'] },
    })
    expect((await page(error)).text).toBe(
      '{"type":"https://example.com/probs/out-of-credit","title":"You do not have enough credit.","status":403,' +
        '"detail":"Your current balance is 30, but that costs 50.","balance":30,"accounts":["/account/12345"]}',
    )
  })

  it.each<[member: string]>([['type'], ['title'], ['status'], ['detail'], ['instance']])(
    'lets no extension give the standard member %s (RFC 9457 section 3.2)',
    async (member) => {
      const extensions = { [member]: 'mine', other: 1 } as NonNullable<HttpErrorOptions['extensions']>
      expect(await problem(new HttpError(400, { extensions }))).toEqual({
        title: 'Bad Request',
        status: 400,
        other: 1,
      })
    },
  )

  it('takes __proto__ for a plain name', async () => {
    const extensions = JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown>
    const { text } = await page(new HttpError(400, { extensions }))
    expect(text).toBe('{"title":"Bad Request","status":400,"__proto__":{"admin":true}}')
  })

  it('refuses an extension that has no JSON', () => {
    const error = new HttpError(400, { extensions: { size: 1n } })
    expect(() => error.toResponse(setupTestingDefaults({}))).toThrow(TypeError)
  })

  it('writes an HTML page, escaped', async () => {
    const error = new HttpError(404, { title: '<b>&', detail: `<script>"it's"</script>` })
    expect((await page(error, 'text/html')).text).toBe(
      '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>404 &lt;b&gt;&amp;</title>\n' +
        '<h1>404 &lt;b&gt;&amp;</h1>\n<p>&lt;script&gt;&quot;it&#39;s&quot;&lt;/script&gt;</p>\n',
    )
  })

  it('writes plain text', async () => {
    expect((await page(new HttpError(404), 'text/plain')).text).toBe('404 Not Found\n')
    expect((await page(new HttpError(404, { detail: 'Gone <away>.' }), 'text/plain')).text).toBe(
      '404 Not Found\n\nGone <away>.\n',
    )
  })

  it.each([[undefined], ['text/html'], ['text/plain']])(
    'keeps message, stack and cause to itself: %j',
    async (accept) => {
      const error = new HttpError(500, { cause: new Error('password is hunter2') })
      error.message = 'in /srv/app.ts'
      const { text } = await page(error, accept)
      expect(text).not.toMatch(/hunter2|srv|at /)
    },
  )

  it('carries its headers', () => {
    const error = new HttpError(401, {
      headers: [
        ['WWW-Authenticate', 'Basic realm="a"'],
        ['WWW-Authenticate', 'Bearer'],
        ['Vary', 'Origin'],
      ],
    })
    const environ = setupTestingDefaults({})
    expect(error.toResponse(environ).headers.list).toEqual([
      ['WWW-Authenticate', 'Basic realm="a"'],
      ['WWW-Authenticate', 'Bearer'],
      ['Vary', 'Origin, Accept'],
      ['Content-Type', 'application/problem+json'],
    ])
    // The headers of one answer are not those of the next.
    expect(error.headers.getAll('Vary')).toEqual(['Origin'])
  })

  it('describes its own body, whatever its headers say', () => {
    const error = new HttpError(502, { headers: { 'content-type': 'text/csv', 'content-length': '99999' } })
    const { headers } = error.toResponse(setupTestingDefaults({}))
    expect(headers.get('Content-Type')).toBe('application/problem+json')
    expect(headers.get('Content-Length')).toBeNull()
  })

  it('is an error that a log can read', () => {
    const cause = new Error('inside')
    const error = new HttpError(404, { detail: 'No such item.', cause })
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('HttpError: 404 No such item.')
    expect(error.cause).toBe(cause)
    expect(String(new HttpError(404))).toBe('HttpError: 404 Not Found')
    expect('cause' in new HttpError(404)).toBe(false)
  })

  it.each<[status: number, title: string]>([
    [400, 'Bad Request'],
    [401, 'Unauthorized'],
    [402, 'Payment Required'],
    [403, 'Forbidden'],
    [404, 'Not Found'],
    [405, 'Method Not Allowed'],
    [406, 'Not Acceptable'],
    [407, 'Proxy Authentication Required'],
    [408, 'Request Timeout'],
    [409, 'Conflict'],
    [410, 'Gone'],
    [411, 'Length Required'],
    [412, 'Precondition Failed'],
    [413, 'Content Too Large'],
    [414, 'URI Too Long'],
    [415, 'Unsupported Media Type'],
    [416, 'Range Not Satisfiable'],
    [417, 'Expectation Failed'],
    [421, 'Misdirected Request'],
    [422, 'Unprocessable Content'],
    [423, 'Locked'],
    [424, 'Failed Dependency'],
    [425, 'Too Early'],
    [426, 'Upgrade Required'],
    [428, 'Precondition Required'],
    [429, 'Too Many Requests'],
    [431, 'Request Header Fields Too Large'],
    [451, 'Unavailable For Legal Reasons'],
    [500, 'Internal Server Error'],
    [501, 'Not Implemented'],
    [502, 'Bad Gateway'],
    [503, 'Service Unavailable'],
    [504, 'Gateway Timeout'],
    [505, 'HTTP Version Not Supported'],
    [506, 'Variant Also Negotiates'],
    [507, 'Insufficient Storage'],
    [508, 'Loop Detected'],
    [510, 'Not Extended'],
    [511, 'Network Authentication Required'],
  ])('answers %d as %j, the name that is registered', async (status, title) => {
    expect(await problem(new HttpError(status))).toEqual({ title, status })
    expect((await page(new HttpError(status), 'text/plain')).text).toBe(`${status} ${title}\n`)
  })

  it('takes 418, which is registered as unused', async () => {
    expect(await problem(new HttpError(418))).toEqual({ title: 'Client Error', status: 418 })
  })

  it('carries a list of faults as a problem of its own, and in no other form', async () => {
    const errors = [
      { in: 'body', path: ['items', 0, 'price'], message: 'Expected a number' },
      { in: 'query', path: ['page'], message: 'Required' },
    ]
    const error = new HttpError(422, { detail: 'The request is not valid.', extensions: { errors } })
    expect(error).toMatchObject({ status: 422, title: 'Unprocessable Content', extensions: { errors } })
    expect(await problem(error)).toEqual({
      title: 'Unprocessable Content',
      status: 422,
      detail: 'The request is not valid.',
      errors,
    })
    for (const accept of ['text/html', 'text/plain']) {
      const { text } = await page(error, accept)
      expect(text).toContain('The request is not valid.')
      expect(text).not.toContain('Expected')
    }
  })

  it('shows to who catches it what it was given', () => {
    const options = { type: 'https://example.com/full', detail: 'No room.', extensions: { free: 0 } }
    expect(new HttpError(507, options)).toMatchObject(options)
    expect(new HttpError(507)).toMatchObject({ type: undefined, detail: undefined, extensions: {} })
  })

  it('has a title for a status that is not registered', () => {
    expect(new HttpError(499).title).toBe('Client Error')
  })

  it.each([[399], [600], [200], [404.5], [Number.NaN], [0]])('refuses the status %d', (status) => {
    expect(() => new HttpError(status)).toThrow(RangeError)
  })

  it('refuses a header that could split the response', () => {
    expect(() => new HttpError(404, { headers: { 'X-A': 'a\r\nb' } })).toThrow(TypeError)
  })
})
