import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readForm, readUrlencoded, toFormData } from '../src/form.ts'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { DEFAULT_LIMITS, type Limits, makeLimits } from '../src/limits.ts'
import type { FormPart } from '../src/multipart/part.ts'
import { bytes, cut, everywhere, failure, UNLIMITED } from './form-body.ts'
import { expectLinear } from './linear.ts'

async function readPairs(
  body: string | Uint8Array,
  limits: Partial<Limits> = {},
  places: readonly number[] = [],
): Promise<[name: string, value: string][]> {
  const chunks = cut(typeof body === 'string' ? bytes(body) : body, places)
  const pairs: [string, string][] = []
  for await (const part of readUrlencoded(chunks, makeLimits('test', limits))) {
    pairs.push([part.name, await part.text()])
  }
  return pairs
}

const MULTIPART_BODY =
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' +
  '--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\nContent-Type: Text/Plain;charset=UTF-8\r\n\r\n\xff\r\n' +
  '--b\r\nContent-Disposition: form-data; name="none"; filename=""\r\n\r\n\r\n' +
  '--b--\r\n'

describe('readForm', () => {
  const namesOf = async (type: string | undefined, body: string): Promise<string[]> => {
    const names: string[] = []
    for await (const { name } of readForm(type, inputStream([bytes(body)]), DEFAULT_LIMITS)) names.push(name)
    return names
  }

  it.each<[type: string, body: string, names: string[]]>([
    ['application/x-www-form-urlencoded', 'a=1&b=2', ['a', 'b']],
    // The charset has no meaning there (URL standard, section 5.1).
    ['Application/X-WWW-Form-URLEncoded; charset=utf-16', 'a=1', ['a']],
    ['multipart/form-data; boundary=b', MULTIPART_BODY, ['a', 'f', 'none']],
    // Safari 10.1 leaves the blank out.
    ['Multipart/Form-Data;boundary="b"', MULTIPART_BODY, ['a', 'f', 'none']],
    ['multipart/form-data; charset=utf-8; BOUNDARY=b', MULTIPART_BODY, ['a', 'f', 'none']],
  ])('reads %s', async (type, body, names) => {
    expect(await namesOf(type, body)).toEqual(names)
  })

  it.each([
    undefined,
    '',
    'text/plain',
    'application/json',
    'multipart/mixed; boundary=b',
    'multipart/form-data2; boundary=b',
    'multipart/form-data, text/plain; boundary=b',
    'multipart/form-data; boundary=b@b',
    'multipart/form-data; boundary',
    'multipart',
    '__proto__/x',
  ])('answers 415 to %j', async (type) => {
    expect(await failure(namesOf(type, MULTIPART_BODY))).toEqual({
      status: 415,
      detail: 'The form must be sent as multipart/form-data or application/x-www-form-urlencoded.',
    })
  })

  const one = 'The Content-Type of the form must name one boundary.'
  const allowed = 'The boundary must be 1 to 70 of the characters that RFC 2046 section 5.1.1 allows.'
  it.each<[type: string, detail: string]>([
    ['multipart/form-data', one],
    ['multipart/form-data; charset=utf-8', one],
    ['multipart/form-data; boundary=b; boundary=c', one],
    ['multipart/form-data; boundary=b;\tBoundary=b', one],
    ['multipart/form-data; boundary=""', allowed],
    ['multipart/form-data; boundary="b "', allowed],
    [`multipart/form-data; boundary=${'b'.repeat(71)}`, allowed],
    ['multipart/form-data; boundary="b@b"', allowed],
    ['multipart/form-data; boundary="b\r\n"', allowed],
  ])('answers 400 to %j', async (type, detail) => {
    expect(await failure(namesOf(type, MULTIPART_BODY))).toEqual({ status: 400, detail })
  })

  it('leaves a body alone that it does not read', () => {
    const source = {
      [Symbol.asyncIterator](): never {
        throw new Error('must not be asked')
      },
    }
    expect(() => readForm('text/plain', source, DEFAULT_LIMITS)).toThrow(HttpError)
    readForm('multipart/form-data; boundary=b', source, DEFAULT_LIMITS)
    readForm('application/x-www-form-urlencoded', source, DEFAULT_LIMITS)
  })
})

describe('readUrlencoded', () => {
  it.each<[body: string, pairs: [string, string][]]>([
    ['', []],
    ['&', []],
    [
      '&&a=1&&b=2&&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['=', [['', '']]],
    ['=1', [['', '1']]],
    ['a=', [['a', '']]],
    ['a=1=2', [['a', '1=2']]],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a;b=1;c', [['a;b', '1;c']]],
    ['?a=1', [['?a', '1']]],
    ['a+b=+1+', [['a b', ' 1 ']]],
    ['a%2Bb=%2b', [['a+b', '+']]],
    ['a%26=%3d%26', [['a&', '=&']]],
    ['%c3%A9=%E2%98%83', [['é', '☃']]],
    ['\xc3\xa9=\xe2\x98\x83', [['é', '☃']]],
    [
      'a=%ff&b=\xff',
      [
        ['a', '\ufffd'],
        ['b', '\ufffd'],
      ],
    ],
    [
      'a=%EF%BB%BF1&\xef\xbb\xbfb=2',
      [
        ['a', '\ufeff1'],
        ['\ufeffb', '2'],
      ],
    ],
    [
      'a=100%&b=%&c=%4&d=%4g&e=%g4&f=%%31',
      [
        ['a', '100%'],
        ['b', '%'],
        ['c', '%4'],
        ['d', '%4g'],
        ['e', '%g4'],
        ['f', '%1'],
      ],
    ],
    ['a%=41', [['a%', '41']]],
    ['a=%0D%0A%00', [['a', '\r\n\0']]],
    [
      '__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    [
      '_charset_=latin1&a=%E9',
      [
        ['_charset_', 'latin1'],
        ['a', '\ufffd'],
      ],
    ],
  ])('reads %j', async (body, pairs) => {
    const whole = bytes(body)
    expect(await readPairs(whole)).toEqual(pairs)
    for (const place of everywhere(whole)) expect(await readPairs(whole, {}, [place])).toEqual(pairs)
    expect(await readPairs(whole, {}, everywhere(whole))).toEqual(pairs)
  })

  it('reads any bytes as URLSearchParams does, however they are cut', async () => {
    const token = fc.constantFrom(
      'a',
      '=',
      '&',
      '%',
      '4',
      'f',
      '+',
      '?',
      ';',
      '\xc3',
      '\xa9',
      '\xff',
      '%C3',
      '%a9',
      '\r\n',
    )
    const encode = (character: string): string => `%${character.charCodeAt(0).toString(16)}`
    const body = fc.oneof(
      fc.array(token).map((tokens) => bytes(tokens.join(''))),
      fc.uint8Array(),
    )
    await fc.assert(
      fc.asyncProperty(body, fc.array(fc.nat(200)), async (body, places) => {
        // It takes characters, not bytes; and takes away a `?` at the beginning.
        const text = Buffer.from(body)
          .toString('latin1')
          .replace(/[\x80-\xff]/g, encode)
        expect(await readPairs(body, {}, places)).toEqual([...new URLSearchParams(`?${text}`)])
      }),
      { numRuns: 500 },
    )
  })

  it('gives parts like those of the other type', async () => {
    for await (const part of readUrlencoded(cut(bytes('a=%ff%00')), DEFAULT_LIMITS)) {
      expect(part).toMatchObject({ name: 'a', filename: undefined, type: 'text/plain' })
      expect([...part.headers]).toEqual([])
      expect([...(await part.bytes())]).toEqual([255, 0])
      await expect(part.text()).rejects.toThrow('the body must be read in one way only')
    }
    for await (const part of readUrlencoded(cut(bytes('a=1&b=')), DEFAULT_LIMITS)) {
      expect(await new Response(part.body).text()).toBe(part.name === 'a' ? '1' : '')
    }
  })

  it('gives parts that are over when the next is asked for', async () => {
    const seen: FormPart[] = []
    for await (const part of readUrlencoded(cut(bytes('a=1&b=2')), DEFAULT_LIMITS)) seen.push(part)
    for (const part of seen) await expect(part.text()).rejects.toThrow('it is over')
  })

  it('reads no pair before it is asked for', async () => {
    let asked = 0
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      for (const chunk of ['a=', '1&', 'b=2&']) {
        asked++
        yield bytes(chunk)
      }
    }
    const parts = readUrlencoded(chunks(), DEFAULT_LIMITS)[Symbol.asyncIterator]()
    await parts.next()
    expect(asked).toBe(2)
    await parts.next()
    expect(asked).toBe(3)
  })

  it('lets the source go when the loop is left', async () => {
    let hasEnded = false
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      try {
        yield bytes('a=1&b')
      } finally {
        hasEnded = true
      }
    }
    for await (const _ of readUrlencoded(chunks(), DEFAULT_LIMITS)) break
    expect(hasEnded).toBe(true)
  })

  it.each<[limit: keyof Limits, enough: number, body: string]>([
    ['bodyBytes', 7, 'a=1&b=2'],
    ['fields', 2, 'a=1&&b=2&'],
    ['parts', 2, 'a=1&&b=2&'],
    ['nameBytes', 2, 'ab=1'],
    ['nameBytes', 2, '%C3%A9=1'],
    ['nameBytes', 2, 'ab'],
    ['fieldBytes', 2, 'a=12'],
    ['fieldBytes', 2, 'a=%31%32'],
    ['fieldBytes', 3, 'a=1%2'],
  ])('counts %s: %d is enough, and one less is answered 413', async (limit, enough, body) => {
    const whole = bytes(body)
    for (const places of [[], everywhere(whole)]) {
      await readPairs(whole, { [limit]: enough }, places)
      expect(await failure(readPairs(whole, { [limit]: enough - 1 }, places))).toEqual({
        status: 413,
        detail: expect.stringContaining(` ${enough - 1} `),
      })
    }
  })

  it.each<[what: string, before: string, text: string, detail: string]>([
    ['a name', '', 'x', 'The name of a field or a file must not be longer than 1024 bytes.'],
    [
      'a name that is encoded',
      '',
      '%20',
      'The name of a field or a file must not be longer than 1024 bytes.',
    ],
    ['a value', 'a=', 'x'.repeat(1000), 'A field of the form must not be larger than 1048576 bytes.'],
    ['pairs', '', 'a&', 'The form must not have more than 1000 parts.'],
    ['separators', '', '&'.repeat(1000), 'The body must not be larger than 10000000 bytes.'],
  ])('ends what has no end: %s', async (_, before, text, detail) => {
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      yield bytes(before)
      for (;;) yield bytes(text)
    }
    const reading = async (): Promise<void> => {
      for await (const _ of readUrlencoded(chunks(), makeLimits('test', { bodyBytes: 10_000_000 }))) {
      }
    }
    expect(await failure(reading())).toEqual({ status: 413, detail })
  })

  it.each<[what: string, text: string]>([
    ['pairs', 'a=1&'],
    ['separators', '&'],
    ['equals signs', '='],
    ['percent signs', '%'],
    ['encoded bytes', '%20'],
    ['text', 'a'],
  ])(
    'takes a time that is linear in the size of %s',
    (_, text) =>
      expectLinear(
        (length) => bytes(text.repeat(length / text.length)),
        (body) => readPairs(body, UNLIMITED, [body.length / 2]),
      ),
    60_000,
  )
})

describe('toFormData', () => {
  const multipart = (body: string, limits: Partial<Limits> = {}): Promise<FormData> =>
    toFormData(readForm('multipart/form-data; boundary=b', cut(bytes(body)), makeLimits('test', limits)))

  it('has the fields as text and the files as File, in their order', async () => {
    const form = await multipart(MULTIPART_BODY)
    expect([...form.keys()]).toEqual(['a', 'f', 'none'])
    expect(form.get('a')).toBe('1')
    const file = form.get('f') as File
    expect(file).toBeInstanceOf(File)
    expect([file.name, file.type, [...new Uint8Array(await file.arrayBuffer())]]).toEqual([
      'f.txt',
      'text/plain;charset=utf-8',
      [255],
    ])
    const none = form.get('none') as File
    expect([none.name, none.type, none.size]).toEqual(['', 'text/plain', 0])
  })

  it('has what was sent urlencoded', async () => {
    const form = await toFormData(readUrlencoded(cut(bytes('a=1&b=+&a=2')), DEFAULT_LIMITS))
    expect([...form]).toEqual([
      ['a', '1'],
      ['b', ' '],
      ['a', '2'],
    ])
  })

  it('is what undici makes of the same body', async () => {
    const form = new FormData()
    form.append('text', 'é☃\r\n')
    form.append('a"b\r\nc', '')
    form.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'é"☃.bin', { type: 'image/png' }))
    const response = new Response(form)
    const theirs = await response.clone().formData()
    const ours = await toFormData(
      readForm(response.headers.get('Content-Type')!, response.body!, DEFAULT_LIMITS),
    )
    const entries = (form: FormData): Promise<unknown[]> =>
      Promise.all(
        [...form].map(async ([name, value]) =>
          typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()],
        ),
      )
    expect(await entries(ours)).toEqual(await entries(theirs))
  })

  it('fails as the parts do', async () => {
    expect(await failure(multipart(MULTIPART_BODY, { files: 1 }))).toEqual({
      status: 413,
      detail: 'The form must not have more than 1 files.',
    })
    expect(await failure(multipart(MULTIPART_BODY.slice(0, -10)))).toMatchObject({ status: 400 })
  })
})
