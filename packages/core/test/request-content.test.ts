import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../src/bytes.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { DEFAULT_LIMITS, makeLimits } from '../src/limits.ts'
import { parseJson } from '../src/request/content.ts'
import { expectLinear } from './linear.ts'
import { bytes } from './observe.ts'
import { posted, refusal, withInput } from './posted.ts'

describe('Request.text', () => {
  it.each<[type: string | undefined, body: Uint8Array, text: string]>([
    [undefined, bytes('é'), 'é'],
    ['text/plain', bytes('é'), 'é'],
    ['text/plain', bytes('\ufeffé'), 'é'],
    ['text/plain; charset=UTF-8', bytes('é'), 'é'],
    ['text/plain; charset="utf-8"', bytes('é'), 'é'],
    ['text/plain; charset=iso-8859-1', Uint8Array.of(0xe9), 'é'],
    ['text/plain; charset=utf-16le', Uint8Array.of(0xe9, 0), 'é'],
    ['text/plain; charset=utf-8; charset=utf-16le', bytes('é'), 'é'],
  ])('decodes %j', async (type, body, text) => {
    expect(await posted(type, body).text()).toBe(text)
  })

  it.each<[fault: string, type: string, body: Uint8Array, status: number]>([
    ['an unknown charset', 'text/plain; charset=klingon', bytes('a'), 415],
    ['UTF-7', 'text/plain; charset=utf-7', bytes('a'), 415],
    ['an empty charset', 'text/plain; charset=""', bytes('a'), 415],
    ['a malformed type', 'text/plain; charset', bytes('a'), 415],
    ['half a character', 'text/plain', Uint8Array.of(0xc3), 400],
    ['an overlong slash', 'text/plain', Uint8Array.of(0xc0, 0xaf), 400],
    ['a surrogate', 'text/plain', Uint8Array.of(0xed, 0xa0, 0x80), 400],
    ['bytes that the charset has not', 'text/plain; charset=utf-16le', Uint8Array.of(0x00, 0xd8), 400],
  ])('refuses %s', async (_fault, type, body, status) => {
    expect((await refusal(posted(type, body).text())).status).toBe(status)
  })
})

describe('Request.json', () => {
  it.each<[type: string]>([
    ['application/json'],
    ['Application/JSON; charset=utf-8'],
    ['application/problem+json'],
    ['application/vnd.api+JSON'],
  ])('reads %s', async (type) => {
    expect(await posted(type, '\ufeff{"a": "é"}').json()).toEqual({ a: 'é' })
  })

  it.each<[type: string | undefined]>([
    [undefined],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data'],
    ['application/json5'],
    ['application/jsonp'],
    ['text/json+x'],
    ['+json'],
    ['/+json'],
    ['application/+json'],
    ['text/plain, application/json'],
    ['text/plain; a=application/json'],
    ['text/plain; a=b+json'],
  ])('refuses the type %j with 415, and reads it when any type will do', async (type) => {
    const request = posted(type, '{"a":1}')
    expect((await refusal(request.json())).status).toBe(415)
    expect(await request.json({ anyType: true })).toEqual({ a: 1 })
  })

  it.each<[fault: string, body: Uint8Array]>([
    ['nothing', bytes('')],
    ['white space', bytes(' ')],
    ['half an object', bytes('{"secret":')],
    ['two values', bytes('1 2')],
    ['a comma at the end', bytes('[1,]')],
    ['NaN', bytes('NaN')],
    ['undefined', bytes('undefined')],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['UTF-16', Uint8Array.of(0x31, 0)],
    ['brackets without end', bytes('['.repeat(60))],
  ])('refuses %s with 400', async (_fault, body) => {
    expect((await refusal(posted('application/json', body).json())).status).toBe(400)
  })

  it('never echoes the body', async () => {
    const error = await refusal(posted('application/json', '{"password": hunter2}').json())
    expect(`${error.message} ${error.detail} ${error.stack} ${error.cause}`).not.toContain('hunter2')
  })

  it('takes __proto__ for a plain name', async () => {
    const parsed = (await posted('application/json', '{"__proto__":{"admin":true},"a":1}').json()) as {
      admin?: true
    }
    expect(parsed.admin).toBeUndefined()
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
  })

  it.each<[depth: number, json: string]>([
    [0, '1'],
    [0, '"[[["'],
    [0, '"\\"[[[\\\\"'],
    [1, '[]'],
    [1, '{}'],
    [1, '[1, "]", "[", "\\\\", "{"]'],
    [2, '[[],[],[]]'],
    [2, '{"[":{"a":1},"b":[]}'],
    [3, '[{"a":[]}]'],
    [64, `${'['.repeat(64)}${']'.repeat(64)}`],
    [1000, `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
  ])('reads what is nested %i deep where so much is allowed, and no less', async (jsonDepth, json) => {
    const read = (limit: number): Promise<unknown> =>
      posted('application/json', json).json({ limits: { jsonDepth: limit } })
    expect(await read(jsonDepth)).toEqual(JSON.parse(json))
    expect(await read(Number.POSITIVE_INFINITY)).toEqual(JSON.parse(json))
    if (jsonDepth > 0) expect((await refusal(read(jsonDepth - 1))).status).toBe(413)
  })

  it('reads 64 levels by default', async () => {
    const nested = (depth: number): Promise<unknown> =>
      posted('application/json', '['.repeat(depth) + ']'.repeat(depth)).json()
    await expect(nested(64)).resolves.toBeDefined()
    expect(await refusal(nested(65))).toMatchObject({
      status: 413,
      detail: 'The JSON must not be nested deeper than 64 levels.',
    })
  })

  it.each<[attack: string, json: string]>([
    ['a million brackets', '['.repeat(1_000_000)],
    ['half a million objects', '{"":'.repeat(250_000)],
    ['brackets behind a string without end', `[${'"'.repeat(3)}${'['.repeat(100_000)}`],
    ['brackets behind as many closing ones', `${']'.repeat(100_000)}${'['.repeat(100_000)}`],
    ['brackets of another kind', `${'[}'.repeat(100_000)}`],
    ['escapes without end', `"${'\\'.repeat(500_001)}`],
    ['quotes without end', '"'.repeat(500_001)],
    ['digits without end', '1'.repeat(500_000)],
    ['a number that is none', `-${'0'.repeat(500_000)}`],
  ])('survives %s', async (_attack, json) => {
    const read = await posted('application/json', json)
      .json()
      .then(
        (value) => value,
        (error: unknown) => error,
      )
    if (typeof read !== 'number') expect(read).toBeInstanceOf(HttpError)
  })

  it('survives nesting that no limit holds', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const limits = { jsonDepth: Number.POSITIVE_INFINITY }
    expect(await posted('application/json', deep).json({ limits })).toHaveLength(1)
    expect((await refusal(posted('application/json', deep.slice(1)).json({ limits }))).status).toBe(400)
  })

  it('gives each depth its own answer', async () => {
    const request = posted('application/json', '[[]]')
    expect(await request.json()).toEqual([[]])
    expect((await refusal(request.json({ limits: { jsonDepth: 1 } }))).status).toBe(413)
    expect(await request.json()).toEqual([[]])
  })
})

describe('the readers of text and JSON', () => {
  const cuts = (body: Uint8Array, places: number[]): Uint8Array[] => {
    const ends = [...places.map((place) => place % (body.length + 1)), body.length].sort((a, b) => a - b)
    return ends.map((end, i) => body.slice(ends[i - 1] ?? 0, end))
  }

  it('read what was written, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 5 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        async (value, places) => {
          const text = JSON.stringify(value)
          const request = withInput(inputStream(cuts(utf8(text), places)), {
            CONTENT_TYPE: 'application/json',
          })
          expect(await request.text()).toBe(text)
          expect(JSON.stringify(await request.json())).toBe(text)
        },
      ),
    )
  })

  it('measure depth as it is', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8, depthSize: 'large' }), (value) => {
        const read = (jsonDepth: number): unknown =>
          parseJson(utf8(JSON.stringify(value)), makeLimits('test', { jsonDepth }))
        const depth = depthOf(value)
        expect(() => read(depth)).not.toThrow()
        if (depth > 0) expect(() => read(depth - 1)).toThrow('413')
      }),
    )
  })

  it('throw nothing but an HttpError, whatever comes', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', '1', 'a', ' '), { maxLength: 200 })
        .map((all) => utf8(all.join(''))),
    )
    fc.assert(
      fc.property(noise, (body) => {
        try {
          parseJson(body, DEFAULT_LIMITS)
        } catch (error) {
          expect(error).toBeInstanceOf(HttpError)
        }
      }),
    )
  })

  it.each<[shape: string, make: (length: number) => string]>([
    ['numbers', (length) => `[${'1,'.repeat(length / 2)}1]`],
    ['backslashes', (length) => `"${'\\\\'.repeat(length / 2)}"`],
    ['brackets', (length) => `[${'[],'.repeat(length / 3)}[]]`],
    ['a string without end', (length) => `"${'a'.repeat(length)}`],
  ])('take time in proportion to %s', (_shape, make) =>
    expectLinear(make, (text) => {
      try {
        parseJson(utf8(text), DEFAULT_LIMITS)
      } catch (error) {
        expect(error).toBeInstanceOf(HttpError)
      }
    }),
  )
})
