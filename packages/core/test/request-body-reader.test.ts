import { describe, expect, it } from 'vitest'
import type { InputStream } from '../src/contract.ts'
import { handler } from '../src/handler.ts'
import { emptyInput, inputStream } from '../src/input.ts'
import type { Limits } from '../src/limits.ts'
import { Request } from '../src/request.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { validator } from '../src/validator.ts'
import { bytes, call, never, settled } from './observe.ts'
import { endless, failing, posted, refusal, URLENCODED, untouchable, withInput } from './posted.ts'

const MULTIPART = 'multipart/form-data'
const MULTIPART_BODY =
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' +
  '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n2\r\n' +
  '--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\nContent-Type: text/csv\r\n\r\n3\r\n' +
  '--b--\r\n'

async function drain<T>(all: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = []
  for await (const each of all) read.push(each)
  return read
}

/** Also what is thrown before there is a loop. */
const drainBody = async (request: Request): Promise<unknown> => drain(request.body)
const drainForm = async (request: Request): Promise<unknown> => drain(request.form())

describe('the readers of a body', () => {
  it('read it whole, of any chunks', async () => {
    expect(await posted(undefined, 'a', 'bc').bytes()).toEqual(bytes('abc'))
    expect(await posted('text/plain', 'a', 'bc').text()).toBe('abc')
    expect(await posted('application/json', '{"a"', ':1}').json()).toEqual({ a: 1 })
    expect([...(await posted(URLENCODED, 'a=', '1&b=2').formData())]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('give the same promise again, through any view', () => {
    const { environ } = Request.blank('/', { body: '1', headers: { 'Content-Type': 'application/json' } })
    const [first, second] = [new Request(environ), new Request({ ...environ, PATH_INFO: '/inner' })]
    expect(second.bytes()).toBe(first.bytes())
    expect(second.text()).toBe(first.text())
    expect(second.json()).toBe(first.json())
    const form = Request.blank('/', { form: { a: '1' } })
    expect(form.formData()).toBe(new Request(form.environ).formData())
  })

  it('give what one another has read, at the same time or later', async () => {
    const request = Request.blank('/', { json: { a: 'é' } })
    expect(await Promise.all([request.json(), request.text(), request.bytes()])).toEqual([
      { a: 'é' },
      '{"a":"é"}',
      bytes('{"a":"é"}'),
    ])
    expect(await request.text()).toBe('{"a":"é"}')
  })

  it('start anew with a new input', async () => {
    const request = Request.blank('/', { body: 'old' })
    await request.bytes()
    const replaced = new Request({ ...request.environ, 'wsgi.input': inputStream([bytes('new')]) })
    expect(await replaced.text()).toBe('new')
    expect(await request.text()).toBe('old')
  })

  it('share nothing between requests without a body', async () => {
    const request = (): Request =>
      new Request(setupTestingDefaults({ 'wsgi.input': emptyInput(), CONTENT_TYPE: URLENCODED }))
    ;(await request().formData()).append('secret', '1')
    expect([...(await request().formData())]).toEqual([])
  })

  it('let a body that broke off fail', async () => {
    const gone = new Error('the client is gone')
    const request = withInput(failing(gone, '{"a"'), { CONTENT_TYPE: 'application/json' })
    await expect(request.json()).rejects.toBe(gone)
    await expect(request.bytes()).rejects.toBe(gone)
  })
})

const WAYS: Readonly<Record<string, (request: Request) => Promise<unknown>>> = {
  'bytes()': (request) => request.bytes(),
  'text()': (request) => request.text(),
  'json()': (request) => request.json({ anyType: true }),
  'formData()': (request) => request.formData(),
  body: drainBody,
  'form()': drainForm,
}
const WHOLE = Object.entries(WAYS).slice(0, 4)
const STREAMS = Object.entries(WAYS).slice(4)

describe('a second read', () => {
  const pairs = (firsts: typeof WHOLE, seconds: typeof WHOLE) =>
    firsts.flatMap(([first, readFirst]) =>
      seconds
        .filter(([second]) => second !== first)
        .map(([second, readSecond]) => [second, first, readFirst, readSecond] as const),
    )

  it.each(pairs(WHOLE, WHOLE))(
    'by %s after %s has the same body',
    async (_second, _first, readFirst, readSecond) => {
      const request = posted(URLENCODED, '1')
      await readFirst(request)
      expect(await readSecond(request)).toEqual(await readSecond(posted(URLENCODED, '1')))
    },
  )

  it.each([...pairs(WHOLE, STREAMS), ...pairs(STREAMS, WHOLE), ...pairs(STREAMS, STREAMS)])(
    'by %s after %s is an error that says so, through any view',
    async (second, first, readFirst, readSecond) => {
      const request = posted(URLENCODED, '1')
      await readFirst(request)
      for (const view of [request, new Request(request.environ), request.copy({ PATH_INFO: '/inner' })]) {
        await expect(readSecond(view)).rejects.toThrow(
          new TypeError(`Request: ${second}: the body must not have been read before; it was, by ${first}`),
        )
      }
    },
  )

  it('by the same reader is the same', async () => {
    const request = posted(URLENCODED, 'a=1')
    expect(new Request(request.environ).body).toBe(request.body)
    expect(new Request(request.environ).form()).toBe(request.form())
    await drain(request.form())
    await expect(drainForm(request)).rejects.toThrow('the parts must be looped over once; they were before')
  })

  it('does not come in by other limits', async () => {
    const request = posted(URLENCODED, 'a=1')
    const [first, second] = [request.form(), request.form({ limits: { fields: 3 } })]
    await drain(second)
    await expect(drain(first)).rejects.toThrow(
      'form(): the body must not have been read before; it was, by form()',
    )
  })

  it('of a stream keeps to the limits of its own view', async () => {
    const request = posted('text/plain', 'abc')
    const { body } = request
    const strict = new Request(request.environ, { limits: { bodyBytes: 2 } })
    expect(strict.body).not.toBe(body)
    expect((await refusal(drain(strict.body))).status).toBe(413)
  })

  it('goes by the type of its own view', async () => {
    const request = posted('text/plain; charset=utf-8', Uint8Array.of(0xc3, 0xa9))
    const latin = request.copy({ CONTENT_TYPE: 'text/plain; charset=iso-8859-1' })
    expect([await request.text(), await latin.text(), await request.text()]).toEqual(['é', 'Ã©', 'é'])
    const form = posted(URLENCODED, 'a=1')
    await form.formData()
    const cut = form.copy({ CONTENT_TYPE: `${MULTIPART}; boundary=b` })
    expect((await refusal(cut.formData())).status).toBe(400)
  })

  it('may be the first, where a stream was only asked for', async () => {
    const request = posted(URLENCODED, 'a=1')
    const { body } = request
    const parts = request.form()
    expect(await request.text()).toBe('a=1')
    await expect(drain(body)).rejects.toThrow(
      'body: the body must not have been read before; it was, by text()',
    )
    await expect(drain(parts)).rejects.toThrow(
      'form(): the body must not have been read before; it was, by text()',
    )
  })

  it('reads nothing of another input', async () => {
    const request = posted('text/plain', 'old')
    await drain(request.body)
    expect(await request.copy({ 'wsgi.input': inputStream([bytes('new')]) }).text()).toBe('new')
  })

  it('is that of the same request, where it has no body', async () => {
    const request = (): Request => withInput(emptyInput(), { CONTENT_TYPE: URLENCODED })
    for (const [, readFirst] of Object.entries(WAYS).filter(([way]) => way !== 'json()')) {
      await readFirst(request())
      expect(await request().text()).toBe('')
      expect(await drain(request().body)).toEqual([])
      expect(await drain(request().form())).toEqual([])
    }
    const streamed = request()
    await drain(streamed.body)
    await expect(streamed.text()).rejects.toThrow('it was, by body')
  })

  it('sees through the validators between layers', async () => {
    const inner = validator(handler(async (request) => ({ inner: await request.json() })))
    const outer = handler(async (request) => {
      await request.json()
      return inner
    })
    const { environ } = Request.blank('/', { json: { a: 1 } })
    const answer = call(validator(outer), environ)
    await settled()
    expect(answer).toMatchObject({ chunks: ['{"inner":{"a":1}}'], errors: [] })
  })
})

describe('Request.body', () => {
  it('gives the chunks as they come', async () => {
    expect(await drain(posted('text/plain', 'a', 'bc').body)).toEqual([bytes('a'), bytes('bc')])
    expect(await drain(posted('text/plain').body)).toEqual([])
  })

  it('pulls no chunk before it is asked for', async () => {
    const { input, taken } = endless(10)
    const reader = withInput(input).body.getReader()
    await settled()
    expect(taken()).toBe(0)
    await reader.read()
    await settled()
    expect(taken()).toBe(10)
    await reader.read()
    expect(taken()).toBe(20)
  })

  it('reads nothing more once it is cancelled', async () => {
    const { input, taken } = endless(10)
    const request = withInput(input)
    for await (const _ of request.body) break
    await settled()
    expect(taken()).toBe(10)
    await expect(request.bytes()).rejects.toThrow('it was, by body')
  })

  it('lets the input go that can be let go', async () => {
    let returned = 0
    const input: InputStream = {
      ...untouchable(),
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: bytes('a') }),
        return: () => {
          returned++
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
    for await (const _ of withInput(input).body) break
    await settled()
    expect(returned).toBe(1)
  })

  it('can be cancelled while a chunk is waited for', async () => {
    let arrive: (result: IteratorResult<Uint8Array>) => void = () => {}
    let asked = 0
    const input = inputStream({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked++
          return new Promise((resolve) => {
            arrive = resolve
          })
        },
      }),
    })
    const reader = withInput(input).body.getReader()
    const read = reader.read()
    await settled()
    await reader.cancel()
    expect(await read).toEqual({ done: true, value: undefined })
    arrive({ done: false, value: bytes('late') })
    await settled()
    expect(asked).toBe(1)
  })

  it('fails where the body breaks off', async () => {
    const gone = new Error('the client is gone')
    const reader = withInput(failing(gone, 'a')).body.getReader()
    expect((await reader.read()).value).toEqual(bytes('a'))
    await expect(reader.read()).rejects.toBe(gone)
  })
})

describe('Request.form', () => {
  const read = async (request: Request): Promise<unknown[]> => {
    const parts: unknown[] = []
    for await (const part of request.form())
      parts.push([part.name, part.filename, part.type, await part.text()])
    return parts
  }

  it('gives the parts of either type', async () => {
    expect(await read(posted(URLENCODED, 'a=1&', '__proto__=2'))).toEqual([
      ['a', undefined, 'text/plain', '1'],
      ['__proto__', undefined, 'text/plain', '2'],
    ])
    expect(await read(posted(`${MULTIPART}; boundary=b`, MULTIPART_BODY))).toEqual([
      ['a', undefined, 'text/plain', '1'],
      ['__proto__', undefined, 'text/plain', '2'],
      ['f', 'f.txt', 'text/csv', '3'],
    ])
  })

  it('passes over what is not read', async () => {
    const names: string[] = []
    const request = posted(`${MULTIPART}; boundary=b`, MULTIPART_BODY)
    for await (const { name } of request.form()) names.push(name)
    expect(names).toEqual(['a', '__proto__', 'f'])
  })

  it('reads nothing before the loop, and nothing of a body that is no form', () => {
    expect(() => withInput(untouchable(), { CONTENT_TYPE: URLENCODED }).form()).not.toThrow()
    for (const type of ['text/plain', 'application/json', 'multipart/mixed; boundary=b']) {
      expect(() => withInput(untouchable(), { CONTENT_TYPE: type }).form()).toThrow('415')
    }
  })

  it('asks for no more than the parts that are taken', async () => {
    let pulled = 0
    const fields = function* (): Generator<Uint8Array> {
      for (;;) {
        pulled++
        yield bytes('a=1&')
      }
    }
    for await (const part of withInput(inputStream(fields()), { CONTENT_TYPE: URLENCODED }).form()) {
      expect(await part.text()).toBe('1')
      break
    }
    expect(pulled).toBeLessThan(4)
  })
})

describe('Request.formData', () => {
  it.each<[body: string, fields: [string, string][]]>([
    ['', []],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a+b=c%20d%2B', [['a b', 'c d+']]],
    ['a', [['a', '']]],
    ['?a=1', [['?a', '1']]],
    ['a=%C3%A9', [['a', 'é']]],
    [
      'a=%ff&b=%zz',
      [
        ['a', '\ufffd'],
        ['b', '%zz'],
      ],
    ],
    [
      '__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
  ])('reads %j', async (body, fields) => {
    const form = await posted(URLENCODED, body).formData()
    expect(form).toBeInstanceOf(FormData)
    expect([...form]).toEqual(fields)
  })

  it('reads multipart, with files', async () => {
    const form = await posted(`${MULTIPART}; boundary=b`, MULTIPART_BODY).formData()
    expect([...form.keys()]).toEqual(['a', '__proto__', 'f'])
    expect([form.get('a'), form.get('__proto__')]).toEqual(['1', '2'])
    const file = form.get('f') as File
    expect([file.name, file.type, await file.text()]).toEqual(['f.txt', 'text/csv', '3'])
  })

  it.each<[fault: string, type: string, body: string, status: number]>([
    ['no boundary', MULTIPART, '--b--', 400],
    ['two boundaries', `${MULTIPART}; boundary=a; boundary=b`, '--b--', 400],
    ['no end', `${MULTIPART}; boundary=b`, '--b', 400],
    ['no parts', `${MULTIPART}; boundary=b`, '', 400],
    ['a malformed type', `${MULTIPART}; boundary`, '--b--', 415],
    ['two types', `${URLENCODED}, ${MULTIPART}; boundary=b`, '--b--', 415],
  ])('refuses %s', async (_fault, type, body, status) => {
    expect((await refusal(posted(type, body).formData())).status).toBe(status)
    expect((await refusal(drainForm(posted(type, body)))).status).toBe(status)
  })

  it.each([[undefined], ['text/plain'], ['application/json']])(
    'refuses the type %j with 415',
    async (type) => {
      expect((await refusal(posted(type, 'a=1').formData())).status).toBe(415)
    },
  )

  it('reads nothing of a body that is no form', async () => {
    expect((await refusal(withInput(untouchable(), { CONTENT_TYPE: 'text/plain' }).formData())).status).toBe(
      415,
    )
  })

  it('goes by the type of the view', async () => {
    const request = posted('text/plain', 'a=1')
    expect((await refusal(request.formData())).status).toBe(415)
    expect([...(await request.copy({ CONTENT_TYPE: URLENCODED }).formData())]).toEqual([['a', '1']])
  })
})

describe('the limit of a body', () => {
  const readers: [
    name: string,
    type: string,
    read: (request: Request, bodyBytes?: number) => Promise<unknown>,
  ][] = [
    ['body', 'text/plain', (request, bodyBytes) => drain(within(request, bodyBytes).body)],
    ['form', URLENCODED, (request, bodyBytes) => drain(request.form(limited(bodyBytes)))],
    ['bytes', 'text/plain', (request, bodyBytes) => request.bytes(limited(bodyBytes))],
    ['text', 'text/plain', (request, bodyBytes) => request.text(limited(bodyBytes))],
    ['json', 'application/json', (request, bodyBytes) => request.json(limited(bodyBytes))],
    ['formData', URLENCODED, (request, bodyBytes) => request.formData(limited(bodyBytes))],
  ]

  function limited(bodyBytes: number | undefined): { limits?: { bodyBytes: number } } {
    return bodyBytes === undefined ? {} : { limits: { bodyBytes } }
  }

  /** The stream has no options of its own. */
  function within(request: Request, bodyBytes: number | undefined): Request {
    return new Request(request.environ, limited(bodyBytes))
  }

  it.each(readers)('lets %s read as much as it says', async (_name, type, read) => {
    await expect(read(posted(type, '1', '23'), 3)).resolves.toBeDefined()
    await expect(read(posted(type, '1', '23'), Number.POSITIVE_INFINITY)).resolves.toBeDefined()
  })

  it.each(readers)('is counted by %s', async (_name, type, read) => {
    expect((await refusal(read(posted(type, '1', '23', '4'), 3))).status).toBe(413)
  })

  it.each(readers)('is 1 MiB for %s by default', async (_name, type, read) => {
    const filling = type === URLENCODED ? '&' : ' '
    const most = `1${filling.repeat(1024 * 1024 - 1)}`
    await expect(read(posted(type, most))).resolves.toBeDefined()
    expect((await refusal(read(posted(type, most, '1')))).status).toBe(413)
  })

  it.each(readers)('lets %s refuse a declared length before anything is read', async (_name, type, read) => {
    for (const length of ['4', '9'.repeat(400)]) {
      const request = withInput(untouchable(), { CONTENT_TYPE: type, CONTENT_LENGTH: length })
      expect((await refusal(read(request, 3))).status).toBe(413)
    }
  })

  it('believes no declared length that is too small', async () => {
    const request = withInput(inputStream([bytes('12345')]), { CONTENT_LENGTH: '1' })
    expect((await refusal(request.bytes(limited(3)))).status).toBe(413)
  })

  it('asks for no more of a long body than it takes to know', async () => {
    const { input, taken } = endless(1000)
    expect((await refusal(withInput(input).bytes(limited(10_000)))).status).toBe(413)
    expect(taken()).toBe(11_000)
  })

  it('holds for what was read under a greater one', async () => {
    const request = posted('text/plain', '12345')
    expect(await request.text(limited(5))).toBe('12345')
    expect((await refusal(request.text(limited(4)))).status).toBe(413)
    expect(await request.text(limited(6))).toBe('12345')
  })

  it('that was broken stays broken', async () => {
    const request = posted('text/plain', '12345')
    const first = await refusal(request.text(limited(4)))
    expect(await refusal(request.text(limited(5)))).toBe(first)
  })

  it('is that of the request, unless the reader has its own', async () => {
    const { environ } = posted('text/plain', '12345')
    const request = new Request(environ, { limits: { bodyBytes: 4 } })
    expect((await refusal(request.text())).status).toBe(413)
    const larger = posted('text/plain', '12345')
    const strict = new Request(larger.environ, { limits: { bodyBytes: 4 } })
    expect(await strict.text(limited(5))).toBe('12345')
  })

  it('is no limit that is none', () => {
    expect(() => new Request(Request.blank('/').environ, { limits: { bodyBytes: -1 } })).toThrow(
      'Request: options.limits.bodyBytes: must be a whole number, or Infinity; got -1',
    )
    expect(() => Request.blank('/').form({ limits: { bodyByte: 1 } as object })).toThrow(
      'Request: options.limits: must be among',
    )
  })

  it('is one of time too', async () => {
    const stalled = (): Request =>
      withInput(inputStream({ [Symbol.asyncIterator]: () => ({ next: () => never }) }), {
        CONTENT_TYPE: URLENCODED,
      })
    const limits = { timeMs: 1 }
    const reads = [
      stalled().bytes({ limits }),
      stalled().formData({ limits }),
      drain(stalled().form({ limits })),
      drain(new Request(stalled().environ, { limits }).body),
    ]
    for (const read of reads) expect((await refusal(read)).status).toBe(408)
  })

  it.each<[limit: keyof Limits, body: string]>([
    ['fields', 'a=1&b=2&c=3'],
    ['parts', 'a=1&b=2&c=3'],
    ['fieldBytes', 'a=123'],
    ['nameBytes', 'abc=1'],
  ])('holds for a form by %s', async (limit, body) => {
    for (const least of [2, 3]) {
      const limits = { limits: { [limit]: least } }
      const reads = [
        posted(URLENCODED, body).formData(limits),
        drain(posted(URLENCODED, body).form(limits)),
        new Request(posted(URLENCODED, body).environ, limits).formData(),
        drain(new Request(posted(URLENCODED, body).environ, limits).form()),
      ]
      for (const read of reads) {
        if (least === 3) await expect(read).resolves.toBeDefined()
        else expect((await refusal(read)).status).toBe(413)
      }
    }
  })
})

describe('a read that was forgotten', () => {
  it('ends no process', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const reads = (request: Request): void => {
      request.bytes()
      request.text({ limits: { bodyBytes: 1 } })
      request.json()
      request.formData()
    }
    reads(withInput(failing(new Error('the client is gone'), '{"a"'), { CONTENT_TYPE: 'application/json' }))
    reads(posted('application/json', '{'))
    reads(posted(URLENCODED, 'a=1'))
    reads(posted('text/plain; charset=klingon', 'a'))
    reads(withInput(untouchable(), { CONTENT_LENGTH: '9999999' }))
    const streamed = posted('text/plain', 'a')
    await streamed.body.getReader().read()
    reads(streamed)
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})
