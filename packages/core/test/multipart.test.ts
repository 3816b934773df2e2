import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { HttpError } from '../src/http-error.ts'
import { inputStream } from '../src/input.ts'
import { DEFAULT_LIMITS, type Limits, makeLimits } from '../src/limits.ts'
import type { FormPart } from '../src/multipart/part.ts'
import { readMultipart } from '../src/multipart.ts'
import { bytes, cut, everywhere, failure, UNLIMITED } from './form-body.ts'
import { expectLinear } from './linear.ts'

const latin1 = (read: Uint8Array): string => Buffer.from(read).toString('latin1')
const lines = (...all: string[]): string => all.join('\r\n')

/** A body with one part, whose boundary is `b`. */
const partOf = (head: string, body = ''): string => lines('--b', head, '', body, '--b--', '')
const field = (name: string, value: string): string =>
  lines('--b', `Content-Disposition: form-data; name="${name}"`, '', value, '')

interface Read {
  name: string
  filename: string | undefined
  type: string
  body: string
}

async function read(
  body: string | Uint8Array,
  limits: Partial<Limits> = {},
  places: readonly number[] = [],
): Promise<Read[]> {
  const chunks = cut(typeof body === 'string' ? bytes(body) : body, places)
  const parts: Read[] = []
  for await (const part of readMultipart(chunks, 'b', makeLimits('test', limits))) {
    const { name, filename, type } = part
    parts.push({ name, filename, type, body: latin1(await part.bytes()) })
  }
  return parts
}

const pairs = (parts: readonly Read[]): string[] => parts.map(({ name, body }) => `${name}=${body}`)

const CUT_OFF = 'The form must end with a line of its boundary and "--"; it ends before.'
const NO_LINE_END = 'A boundary must be followed by the end of its line.'
const BAD_HEADER = 'A header of a part is malformed.'
const BAD_DISPOSITION = 'The Content-Disposition of a part is malformed.'

describe('a body (RFC 2046 section 5.1.1)', () => {
  const a = field('a', '1')
  it.each<[what: string, body: string, parts: string[]]>([
    ['one part', `${a}--b--\r\n`, ['a=1']],
    ['two parts', `${a}${field('b', '2')}--b--\r\n`, ['a=1', 'b=2']],
    ['two of one name, in their order', `${a}${field('a', '2')}--b--\r\n`, ['a=1', 'a=2']],
    ['no part, as browsers send it', '--b--\r\n', []],
    ['no line end after the last boundary', `${a}--b--`, ['a=1']],
    ['a preamble', `This is a message.\r\n\r\n${a}--b--\r\n`, ['a=1']],
    ['an empty line before the first boundary', `\r\n${a}--b--\r\n`, ['a=1']],
    ['a boundary within a line of the preamble', `x--b\r\n${a}--b--\r\n`, ['a=1']],
    ['almost a boundary in the preamble', `\r\n--\r\n-b\r\n${a}--b--\r\n`, ['a=1']],
    ['an epilogue', `${a}--b--\r\nThe end.\r\n\r\n`, ['a=1']],
    ['a boundary in the epilogue', `${a}--b--\r\n${field('c', '3')}--b--\r\n`, ['a=1']],
    ['blanks after a boundary', `${a.replace('--b', '--b \t ')}--b--\r\n`, ['a=1']],
    ['blanks after the last boundary', `${a}--b-- \t `, ['a=1']],
    ['blanks after the last boundary, and an epilogue', `${a}--b-- \t \r\nx`, ['a=1']],
    ['an empty body', `${field('a', '')}--b--`, ['a=']],
    [
      "no body: its line end is the boundary's",
      '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--',
      ['a='],
    ],
    ['a body of one line end', `${field('a', '\r\n')}--b--`, ['a=\r\n']],
    ['a body that ends with a line end', `${field('a', '1\r\n')}--b--`, ['a=1\r\n']],
    ['a body that ends with a carriage return', `${field('a', '1\r')}--b--`, ['a=1\r']],
    ['a body of carriage returns', `${field('a', '\r\r\r\r')}--b--`, ['a=\r\r\r\r']],
    ['a body of line feeds', `${field('a', '\n\n')}--b--`, ['a=\n\n']],
    [
      'almost boundaries',
      `${field('a', '\r\n-\r\n--\r\n--c\r--b\n--b')}--b--`,
      ['a=\r\n-\r\n--\r\n--c\r--b\n--b'],
    ],
    ['a boundary within a line', `${field('a', 'x--b--')}--b--`, ['a=x--b--']],
    [
      'every byte',
      `${field('a', latin1(Uint8Array.from({ length: 256 }, (_, i) => i)))}--b--`,
      [`a=${latin1(Uint8Array.from({ length: 256 }, (_, i) => i))}`],
    ],
  ])('may have %s', async (_, body, parts) => {
    const whole = bytes(body)
    expect(pairs(await read(whole))).toEqual(parts)
    // The last line end in a chunk of its own is one of these.
    for (const place of everywhere(whole)) expect(pairs(await read(whole, {}, [place]))).toEqual(parts)
    expect(pairs(await read(whole, {}, everywhere(whole)))).toEqual(parts)
  })

  it.each<[what: string, body: string, detail: string]>([
    ['nothing', '', CUT_OFF],
    ['no boundary', 'a=1', CUT_OFF],
    ['another boundary', field('a', '1').replaceAll('--b', '--c'), CUT_OFF],
    ['the boundary without its dashes', 'b\r\n\r\n\r\nb--', CUT_OFF],
    ['only the first boundary', '--b', CUT_OFF],
    ['only the first line', '--b\r\n', CUT_OFF],
    ['no end of a header line', '--b\r\nContent-Disposition: form-data; name="a"', CUT_OFF],
    ['no end of the headers', '--b\r\nContent-Disposition: form-data; name="a"\r\n', CUT_OFF],
    ['no body', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n', CUT_OFF],
    ['no end of the body', field('a', '1'), CUT_OFF],
    ['half of the last boundary', `${field('a', '1')}-`, CUT_OFF],
    ['the last boundary without its dashes', `${field('a', '1')}--b`, CUT_OFF],
    ['half of the last dashes', `${field('a', '1')}--b-`, NO_LINE_END],
    ['line ends that are line feeds', field('a', '1').replaceAll('\r\n', '\n'), NO_LINE_END],
    ['line ends that are carriage returns', field('a', '1').replaceAll('\r\n', '\r'), NO_LINE_END],
    ['a longer boundary that begins with this one', field('a', '1').replace('--b', '--bb'), NO_LINE_END],
    ['such a boundary in a body', `${field('a', '\r\n--bb\r\n')}--b--`, NO_LINE_END],
    ['text after a boundary', field('a', '1').replace('--b', '--b x'), NO_LINE_END],
    ['text after the last boundary', `${field('a', '1')}--b--x`, NO_LINE_END],
    ['half of a line end after the last boundary', `${field('a', '1')}--b--\r`, NO_LINE_END],
    ['a line feed after the last boundary', `${field('a', '1')}--b--\n`, NO_LINE_END],
    ['headers that a boundary ends', field('a', '1').replace('\r\n\r\n', '\r\n--b\r\n\r\n'), BAD_HEADER],
    ['no headers', '--b\r\n\r\n1\r\n--b--', 'Each part must have a Content-Disposition.'],
    ['no headers and no body', '--b\r\n\r\n--b--', 'Each part must have a Content-Disposition.'],
  ])('must not have %s', async (_, body, detail) => {
    const whole = bytes(body)
    const error = { status: 400, detail }
    expect(await failure(read(whole))).toEqual(error)
    expect(await failure(read(whole, {}, everywhere(whole)))).toEqual(error)
  })

  it('may be a wsgi.input', async () => {
    const input = inputStream([bytes(`${field('a', '1')}--`), bytes('b--')])
    const names: string[] = []
    for await (const { name } of readMultipart(input, 'b', DEFAULT_LIMITS)) names.push(name)
    expect(names).toEqual(['a'])
    expect(await input.read()).toHaveLength(0)
  })
})

describe('a boundary (RFC 2046 section 5.1.1)', () => {
  it.each([
    'b',
    '-',
    '----WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    "0123456789 ABCXYZabcxyz'()+_,-./:=?",
    'b'.repeat(70),
    '-'.repeat(70),
  ])('may be %j', async (boundary) => {
    const body = bytes(`--${boundary}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--${boundary}--`)
    for (const places of [[], everywhere(body)]) {
      const values: string[] = []
      for await (const part of readMultipart(cut(body, places), boundary, DEFAULT_LIMITS)) {
        values.push(await part.text())
      }
      expect(values).toEqual(['1'])
    }
  })

  it.each(['', ' ', 'b ', 'b'.repeat(71), 'b\r\nb', 'b\n', 'b"', 'b*', 'b;', 'b\0', 'bä', 'b@b'])(
    'must not be %j',
    (boundary) => {
      expect(() => readMultipart(cut(bytes(''), []), boundary, DEFAULT_LIMITS)).toThrow(
        new HttpError(400, {
          detail: 'The boundary must be 1 to 70 of the characters that RFC 2046 section 5.1.1 allows.',
        }),
      )
    },
  )
})

describe('the headers of a part', () => {
  const disposition = 'Content-Disposition: form-data; name="a"'

  it('are there in Latin-1, in their order', async () => {
    const head = lines('X-Tea: \xc3\xa9 \t', disposition, 'x-tea:2', 'X-Empty:')
    for await (const { headers } of readMultipart(cut(bytes(partOf(head)), []), 'b', DEFAULT_LIMITS)) {
      expect([...headers]).toEqual([
        ['X-Tea', '\xc3\xa9'],
        ['Content-Disposition', 'form-data; name="a"'],
        ['x-tea', '2'],
        ['X-Empty', ''],
      ])
      expect(headers.get('content-disposition')).toBe('form-data; name="a"')
    }
  })

  it.each<[what: string, head: string]>([
    ['in any case', 'CONTENT-disposition: FORM-data; NAME="a"'],
    ['without a blank after the colon', 'Content-Disposition:form-data;name="a"'],
    ['with blanks around the value', 'Content-Disposition: \t form-data ; \t name="a" \t '],
    ['folded (RFC 5322 section 2.2.3)', 'Content-Disposition: form-data;\r\n\tname="a"'],
    ['with others', `Content-Transfer-Encoding: base64\r\n${disposition}\r\nX: y`],
  ])('may be %s', async (_, head) => {
    expect(pairs(await read(partOf(head, 'MQ==')))).toEqual(['a=MQ=='])
  })

  it.each<[what: string, head: string, detail: string]>([
    [
      'without a Content-Disposition',
      'Content-Type: text/plain',
      'Each part must have a Content-Disposition.',
    ],
    ['with two', `${disposition}\r\n${disposition}`, 'No part must have more than one Content-Disposition.'],
    [
      'with two types',
      `${disposition}\r\nContent-Type: text/plain\r\ncontent-type: text/html`,
      'No part must have more than one Content-Type.',
    ],
    // Crashed dicer (CVE-2022-24434).
    ['folded from the beginning', ` ${disposition}`, BAD_HEADER],
    ['without a colon', `${disposition}\r\nX`, BAD_HEADER],
    ['without a name', `${disposition}\r\n: x`, BAD_HEADER],
    ['with a blank before the colon', 'Content-Disposition : form-data; name="a"', BAD_HEADER],
    ['with a bare carriage return', `${disposition}\r; filename="x"`, BAD_HEADER],
    ['with a bare line feed', `${disposition}\n; filename="x"`, BAD_HEADER],
    ['with a NUL', 'Content-Disposition: form-data; name="a\0b"', BAD_HEADER],
    ['with a UTF-8 byte in a name', `${disposition}\r\n\xc3\xa9: x`, BAD_HEADER],
  ])('must not be %s', async (_, head, detail) => {
    expect(await failure(read(partOf(head)))).toEqual({ status: 400, detail })
  })

  it.each<[header: string | undefined, type: string]>([
    // RFC 7578 section 4.4.
    [undefined, 'text/plain'],
    ['', 'text/plain'],
    ['image/png', 'image/png'],
    ['TEXT/Plain; charset=utf-8', 'text/plain'],
    ['text/plain ;charset="a;b"', 'text/plain'],
    ['unknown', 'unknown'],
  ])('give of Content-Type %j the type %j', async (header, type) => {
    const head = header === undefined ? disposition : lines(disposition, `Content-Type: ${header}`)
    expect(await read(partOf(head))).toMatchObject([{ type }])
  })
})

describe('a Content-Disposition (RFC 7578 section 4.2)', () => {
  it.each<[value: string, name: string, filename: string | undefined, source: string]>([
    ['form-data; name="a"', 'a', undefined, 'RFC 7578'],
    ['form-data; name=a', 'a', undefined, 'RFC 2183 section 2: a token'],
    ['form-data; name=""', '', undefined, 'FormData.append("", …)'],
    ['form-data; name="a"; filename=""', 'a', '', 'HTML: no file was chosen'],
    ['form-data; name="a"; filename="b.txt"', 'a', 'b.txt', 'RFC 7578'],
    ['form-data; filename="b.txt"; name="a"', 'a', 'b.txt', 'in any order'],
    ['form-data; name="a"; filename=b.txt; x=y', 'a', 'b.txt', 'others have no meaning'],
    ['form-data; name="a;b=c"; filename="a, b; c"', 'a;b=c', 'a, b; c', 'separators in quotes'],
    ['form-data; name="a";', 'a', undefined, 'RFC 9110 section 5.6.6: an empty parameter'],
    ['form-data;; name="a"', 'a', undefined, 'RFC 9110 section 5.6.6: an empty parameter'],
    ['form-data; name="\xc3\xa9\xe2\x98\x83"', 'é☃', undefined, 'RFC 7578 section 5.1: raw UTF-8'],
    ['form-data; name="\xef\xbb\xbfa"', '\ufeffa', undefined, 'Fetch: decoded without BOM'],
    ['form-data; name="a\xffb"', 'a\ufffdb', undefined, 'Fetch: not UTF-8'],
    ['form-data; name="a"; filename="\xa0"', 'a', '\ufffd', 'not UTF-8, at an end'],
    // The names that a prototype would have are names.
    ['form-data; name="__proto__"; filename="constructor"', '__proto__', 'constructor', ''],
    // Percent-encoding: just these three (HTML standard, multipart/form-data encoding algorithm).
    ['form-data; name="a%22b%0D%0Ac"', 'a"b\r\nc', undefined, 'HTML'],
    ['form-data; name="a%0d%0ab"', 'a\r\nb', undefined, 'HTML, in lower case'],
    ['form-data; name="100%; %20 %41 %2522"', '100%; %20 %41 %2522', undefined, 'HTML'],
    ['form-data; name=a; filename="%2e%2e/%2F%00"', 'a', '%2e%2e/%2F%00', 'HTML'],
    // Backslashes: escapes for some, themselves for others.
    ['form-data; name="a"; filename="a\\"b.txt"', 'a', 'a"b.txt', 'Firefox before 91, curl before 7.81, Go'],
    ['form-data; name="a"; filename="a\\\\b.txt"', 'a', 'a\\b.txt', 'curl before 7.81, Go'],
    ['form-data; name="a"; filename="C:\\tea\\b.txt"', 'a', 'C:\\tea\\b.txt', 'Internet Explorer'],
    ['form-data; name="a"; filename="b\\"', 'a', 'b\\', 'Chrome'],
    ['form-data; name="a\\"; filename="b\\"', 'a\\', 'b\\', 'Chrome'],
    ['form-data; name="a%22b\\c\\"', 'a"b\\c\\', undefined, 'Chrome'],
    // What has no meaning (RFC 7578 section 4.2).
    ['form-data; name="a"; filename*=UTF-8\'\'b.txt', 'a', undefined, 'RFC 7578'],
    ['form-data; name="a"; filename="b"; filename*=UTF-8\'\'c', 'a', 'b', 'RFC 7578'],
    ['form-data; name="a"; filename*=UTF-8\'\'c; filename="b"', 'a', 'b', 'RFC 7578'],
    // The name of a file is as the client sends it.
    ['form-data; name="a"; filename="../../etc/passwd"', 'a', '../../etc/passwd', 'hostile'],
    ['form-data; name="a"; filename="/etc/passwd"', 'a', '/etc/passwd', 'hostile'],
    ['form-data; name="a"; filename="\\\\host\\share"', 'a', '\\host\\share', 'hostile'],
  ])('%s is %j, %j (%s)', async (value, name, filename) => {
    expect(await read(partOf(`Content-Disposition: ${value}`))).toMatchObject([{ name, filename }])
  })

  it.each<[value: string, detail: string]>([
    ['form-data', 'Each part must have a name.'],
    ['form-data; filename="a"', 'Each part must have a name.'],
    ["form-data; name*=UTF-8''a", 'Each part must have a name.'],
    ['', BAD_DISPOSITION],
    ['attachment; name="a"', BAD_DISPOSITION],
    ['form-data2; name="a"', BAD_DISPOSITION],
    ['form-data name="a"', BAD_DISPOSITION],
    ['form-data, name="a"', BAD_DISPOSITION],
    ['form-data; name', BAD_DISPOSITION],
    ['form-data; name=', BAD_DISPOSITION],
    ['form-data; ="a"', BAD_DISPOSITION],
    ['form-data; name = "a"', BAD_DISPOSITION],
    ['form-data; name="a', BAD_DISPOSITION],
    ['form-data; name=a"', BAD_DISPOSITION],
    ['form-data; name="a"b', BAD_DISPOSITION],
    ['form-data; name="a"b"', BAD_DISPOSITION],
    ['form-data; name="a" filename="b"', BAD_DISPOSITION],
    ['form-data; name="a"; filename=a b.txt', BAD_DISPOSITION],
    ['form-data; name=\xc3\xa9', BAD_DISPOSITION],
    // Which of two is meant?
    ['form-data; name="a"; name="b"', BAD_DISPOSITION],
    ['form-data; name="a"; NAME="a"', BAD_DISPOSITION],
    ['form-data; name="a"; filename="b"; filename="c"', BAD_DISPOSITION],
  ])('must not be %s', async (value, detail) => {
    expect(await failure(read(partOf(`Content-Disposition: ${value}`)))).toEqual({ status: 400, detail })
  })
})

describe('text()', () => {
  const texts = async (body: string): Promise<string[]> => {
    const read: string[] = []
    for await (const part of readMultipart(cut(bytes(body), []), 'b', DEFAULT_LIMITS))
      read.push(await part.text())
    return read
  }
  const typed = (type: string, value: string, name = 'a'): string =>
    lines('--b', `Content-Disposition: form-data; name=${name}`, `Content-Type: ${type}`, '', value, '')
  const file = (value: string): string =>
    lines(
      '--b',
      'Content-Disposition: form-data; name=a; filename=a',
      'Content-Type: text/plain',
      '',
      value,
      '',
    )

  it.each<[what: string, body: string, expected: string[]]>([
    ['is UTF-8', field('a', '\xc3\xa9'), ['é']],
    [
      'is in the charset of its type (RFC 7578 section 4.5)',
      typed('text/plain; charset=latin1', '\xe9'),
      ['é'],
    ],
    ['is in it though the type be no text', typed('application/json;charset="utf-16le"', 'a\0'), ['a']],
    [
      'is in that of _charset_ (section 4.6)',
      `${field('_charset_', 'windows-1252')}${field('a', '\xe9')}`,
      ['windows-1252', 'é'],
    ],
    [
      'is in its own all the same',
      `${field('_charset_', 'windows-1252')}${typed('text/plain;charset=utf-8', '\xc3\xa9')}`,
      ['windows-1252', 'é'],
    ],
    [
      'is not in one that comes later',
      `${field('a', '\xc3\xa9')}${field('_charset_', 'windows-1252')}`,
      ['é', 'windows-1252'],
    ],
    [
      'of a file is not in that of _charset_',
      `${field('_charset_', 'windows-1252')}${file('\xc3\xa9')}`,
      ['windows-1252', 'é'],
    ],
    ['replaces what is not in it, as the Fetch standard does', field('a', 'a\xffb'), ['a\ufffdb']],
    [
      'keeps the byte order mark of a field, as the Fetch standard does',
      field('a', '\xef\xbb\xbfa'),
      ['\ufeffa'],
    ],
    ['drops that of a file, as Blob.text() does', file('\xef\xbb\xbfa'), ['a']],
    ['is UTF-8 where the type is malformed', typed('text/plain; charset', '\xc3\xa9'), ['é']],
  ])('%s', async (_, body, expected) => {
    expect(await texts(`${body}--b--`)).toEqual(expected)
  })

  it('leaves _charset_ to be read like any field', async () => {
    const body = `${field('_charset_', 'windows-1252')}--b--`
    expect(pairs(await read(body))).toEqual(['_charset_=windows-1252'])
  })

  it('has names and file names in that of _charset_ too', async () => {
    const disposition = 'Content-Disposition: form-data; name="n\xe4me"; filename="\xe9.txt"'
    const body = `${field('_charset_', ' Windows-1252 ')}--b\r\n${disposition}\r\n\r\n\r\n--b--`
    expect(await read(body)).toMatchObject([{ name: '_charset_' }, { name: 'näme', filename: 'é.txt' }])
  })

  it.each([
    ['of a part', typed('text/plain; charset=nope', '1')],
    ['of _charset_', field('_charset_', 'nope')],
    ['of an empty _charset_', field('_charset_', '')],
    ['of a long _charset_', field('_charset_', 'utf-8'.padStart(100))],
  ])('fails on a charset that nobody knows: that %s', async (_, body) => {
    expect(await failure(texts(`${body}--b--`))).toEqual({
      status: 415,
      detail: 'The charset of a part is not supported.',
    })
  })

  it('does not ask for the charset of what is read as bytes', async () => {
    expect(pairs(await read(`${typed('text/plain; charset=nope', '1')}--b--`))).toEqual(['a=1'])
  })
})

describe('limits', () => {
  const file = (body: string): string =>
    partOf('Content-Disposition: form-data; name="a"; filename="b"', body)
  const three = `${field('a', '1')}${field('b', '2')}${field('c', '3')}--b--\r\n`

  it.each<[limit: keyof Limits, enough: number, body: string]>([
    ['bodyBytes', three.length, three],
    ['fields', 3, three],
    ['parts', 3, three],
    ['files', 1, file('1')],
    ['fieldBytes', 5, `${field('a', '12345')}--b--`],
    ['fieldBytes', 5, `${field('a', '\r\n\r\n-')}--b--`],
    ['fieldBytes', 0, `${field('a', '')}--b--`],
    ['fieldBytes', 5, `${field('_charset_', 'utf-8')}--b--`],
    ['fileBytes', 5, file('12345')],
    // With the line ends, but without the empty line.
    ['partHeaderBytes', 40 + 2, `${field('a', '1')}--b--`],
    ['partHeaderBytes', 40 + 2 + 4 + 2, partOf(`${'Content-Disposition: form-data; name="a"'}\r\nX: y`)],
    ['nameBytes', 2, `${field('\xc3\xa9', '1')}--b--`],
    ['nameBytes', 2, `${field('%22\\"', '1')}--b--`],
    ['nameBytes', 3, partOf('Content-Disposition: form-data; name="a"; filename="abc"')],
    ['preambleBytes', 0, '--b--\r\n'],
    ['preambleBytes', 0, '\r\n--b--'],
    ['preambleBytes', 3, 'abc\r\n--b--\r\n'],
    ['preambleBytes', 3, '--b--\r\nabc'],
    ['preambleBytes', 4, '--b--\r\n\r\n\r\n'],
  ])('%s: %d is enough, and one less is answered 413', async (limit, enough, body) => {
    const whole = bytes(body)
    for (const places of [[], everywhere(whole)]) {
      await read(whole, { [limit]: enough }, places)
      if (enough > 0) {
        const detail = expect.stringContaining(` ${enough - 1} `)
        expect(await failure(read(whole, { [limit]: enough - 1 }, places))).toEqual({ status: 413, detail })
      }
    }
  })

  it('count a field and a file apart', async () => {
    const body = `${field('a', '1')}${file('1')}`
    expect(await read(body, { fields: 1, files: 1 })).toHaveLength(2)
    expect(await failure(read(body, { files: 0 }))).toMatchObject({
      detail: 'The form must not have more than 0 files.',
    })
    expect(await failure(read(body, { fields: 0 }))).toMatchObject({
      detail: 'The form must not have more than 0 fields.',
    })
    expect(await failure(read(body, { parts: 1 }))).toMatchObject({
      detail: 'The form must not have more than 1 parts.',
    })
  })

  it('hold for a part that nobody reads', async () => {
    const skipping = async (): Promise<void> => {
      for await (const _ of readMultipart(
        cut(bytes(file('123456')), []),
        'b',
        makeLimits('test', { fileBytes: 5 }),
      )) {
      }
    }
    expect(await failure(skipping())).toEqual({
      status: 413,
      detail: 'A file must not be larger than 5 bytes.',
    })
  })

  it.each<[what: string, body: () => Iterable<string>, status: number]>([
    ['a preamble', () => repeat('x'.repeat(1000)), 413],
    ['a preamble of almost boundaries', () => repeat('\r\n--a'), 413],
    ['blanks after a boundary', () => repeat(' ', '--b'), 413],
    ['a header line', () => repeat('x', '--b\r\nX: '), 413],
    ['headers', () => repeat('X: y\r\n', '--b\r\n'), 413],
    ['folded lines', () => repeat('\r\n x', '--b\r\nX: y'), 413],
    ['a field', () => repeat('x'.repeat(1000), '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n'), 413],
    [
      'a file',
      () => repeat('x'.repeat(1000), '--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n'),
      413,
    ],
    ['parts', () => repeat('--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n'), 413],
    ['empty parts', () => repeat('--b\r\n\r\n\r\n'), 400],
    ['boundaries', () => repeat('--b\r\n'), 413],
    ['an epilogue', () => repeat('x', '--b--\r\n'), 413],
    ['an epilogue of line ends', () => repeat('\r\n', '--b--'), 413],
  ])('end what has no end: %s', async (_, body, status) => {
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      for (const chunk of body()) yield bytes(chunk)
    }
    const reading = async (): Promise<void> => {
      for await (const part of readMultipart(chunks(), 'b', DEFAULT_LIMITS)) await part.bytes()
    }
    expect(await failure(reading())).toMatchObject({ status })
  })
})

function* repeat(text: string, before = ''): Generator<string> {
  yield before
  for (;;) yield text
}

/** A source that counts what is asked of it, and what becomes of it. */
class Source implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  asked = 0
  returns = 0
  readonly #chunks: (string | Error)[]

  constructor(...chunks: (string | Error)[]) {
    this.#chunks = chunks
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks[this.asked++]
    if (chunk instanceof Error) throw chunk
    return chunk === undefined ? { done: true, value: undefined } : { done: false, value: bytes(chunk) }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.returns++
    return { done: true, value: undefined }
  }
}

const HEAD = '--b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n'
const NEXT = '\r\n--b\r\nContent-Disposition: form-data; name=b\r\n\r\n'
const END = '\r\n--b--\r\n'

const begin = (source: AsyncIterable<Uint8Array>, limits: Partial<Limits> = {}): AsyncIterator<FormPart> =>
  readMultipart(source, 'b', makeLimits('test', limits))[Symbol.asyncIterator]()
async function nextOf(parts: AsyncIterator<FormPart>): Promise<FormPart> {
  const { done, value } = await parts.next()
  if (done) throw new Error('there must be a part')
  return value
}

const OVER = 'a part must be read before the next one is asked for, within the loop; it is over'

describe('the parts', () => {
  it('come as they are asked for: nothing is read ahead', async () => {
    const source = new Source(HEAD, '1', '2', '3', NEXT, '4', END)
    const parts = begin(source)
    expect(source.asked).toBe(0)
    const part = await nextOf(parts)
    expect(source.asked).toBe(1)
    const reader = part.body.getReader()
    await new Promise(setImmediate)
    expect(source.asked).toBe(1)
    expect(latin1((await reader.read()).value!)).toBe('1')
    expect(source.asked).toBe(2)
    expect(latin1((await reader.read()).value!)).toBe('2')
    expect(source.asked).toBe(3)
    expect((await nextOf(parts)).name).toBe('b')
    expect(source.asked).toBe(5)
  })

  it('are drained when nobody reads them, and when nobody reads them to the end', async () => {
    const parts = begin(new Source(HEAD, '1', '2', NEXT, '3', END))
    const first = await nextOf(parts)
    for await (const chunk of first.body) {
      expect(latin1(chunk)).toBe('1')
      break
    }
    expect((await nextOf(parts)).name).toBe('b')
    expect(await parts.next()).toEqual({ done: true, value: undefined })
    expect(await parts.next()).toEqual({ done: true, value: undefined })
  })

  it('can be looped over once', async () => {
    const parts = readMultipart(new Source('--b--'), 'b', DEFAULT_LIMITS)
    for await (const _ of parts) {
    }
    expect(() => parts[Symbol.asyncIterator]()).toThrow(
      new TypeError('form: the parts must be looped over once; they were before'),
    )
  })

  it('wait for a read that has begun', async () => {
    const parts = begin(new Source(HEAD, '1', '2', NEXT, '3', END))
    const reads: Promise<string>[] = []
    for (let next = await parts.next(); !next.done; next = await parts.next()) reads.push(next.value.text())
    expect(await Promise.all(reads)).toEqual(['12', '3'])
  })

  it('wait for it when the loop is left', async () => {
    const source = new Source(HEAD, '1', '2', NEXT, '3', END)
    const readFirst = async (): Promise<string> => {
      for await (const part of readMultipart(source, 'b', DEFAULT_LIMITS)) return part.text()
      return 'none'
    }
    expect(await readFirst()).toBe('12')
    expect(source.returns).toBe(1)
  })

  it('read the body to its end, so that one that breaks off is told', async () => {
    const error = new Error('the client is gone')
    const parts = begin(new Source(`${HEAD}1${END}`, error))
    expect(await (await nextOf(parts)).text()).toBe('1')
    await expect(parts.next()).rejects.toBe(error)
  })

  it('let the source go at the end', async () => {
    const source = new Source(`${HEAD}1${END}`)
    expect(await begin(source).next()).toMatchObject({ done: false })
    expect(source.returns).toBe(0)
    const left = new Source(`${HEAD}1${END}`)
    for await (const _ of readMultipart(left, 'b', DEFAULT_LIMITS)) break
    expect(left.returns).toBe(1)
    const refused = new Source(`${HEAD}1${NEXT}2${END}`)
    await failure(
      (async () => {
        for await (const _ of readMultipart(refused, 'b', makeLimits('test', { fields: 0 }))) {
        }
      })(),
    )
    expect(refused.returns).toBe(1)
  })

  it('leave the source alone when nobody asks', async () => {
    const source = new Source(HEAD)
    await begin(source).return?.()
    expect([source.asked, source.returns]).toEqual([0, 0])
  })

  it.each<[what: string, fault: string | Error, error: unknown]>([
    ['the client leaves', new Error('the client is gone'), new Error('the client is gone')],
    [
      'there is too much of it',
      '3456',
      new HttpError(413, { detail: 'A file must not be larger than 5 bytes.' }),
    ],
    ['it is cut off', '', new HttpError(400, { detail: CUT_OFF })],
  ])('end with the same error, for ever, when %s', async (_, fault, error) => {
    const ways: ((part: FormPart) => Promise<unknown>)[] = [
      (part) => part.bytes(),
      (part) => part.text(),
      (part) => new Response(part.body).text(),
      (part) => part.saveTo(join(folder, 'broken')),
    ]
    for (const way of ways) {
      const parts = begin(new Source(HEAD, '12', fault), { fileBytes: 5 })
      const part = await nextOf(parts)
      const reading = way(part)
      await expect(reading).rejects.toThrow(error as Error)
      await expect(parts.next()).rejects.toThrow(error as Error)
      expect(await parts.next()).toEqual({ done: true, value: undefined })
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('do not end the process when nobody waits for a read that fails', async () => {
    const parts = begin(new Source(HEAD, new Error('the client is gone')))
    const part = await nextOf(parts)
    // A rejection that nobody handles fails the run.
    void part.text()
    void part.bytes()
    await new Promise(setImmediate)
    await expect(parts.next()).rejects.toThrow('the client is gone')
    void part.saveTo('nowhere')
    await new Promise(setImmediate)
  })
})

const folder = mkdtempSync(join(tmpdir(), 'tsgi-multipart-'))
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the body of a part', () => {
  const one = async (): Promise<FormPart> => nextOf(begin(new Source(HEAD, '1', '2', END)))

  it('gives bytes of its own, of which nothing changes with what they were read from', async () => {
    const source = Buffer.from(partOf('Content-Disposition: form-data; name="a"', 'hello'), 'latin1')
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield source
    }
    for await (const part of readMultipart(chunks(), 'b', DEFAULT_LIMITS)) {
      const read = await part.bytes()
      source.fill(0)
      expect(latin1(read)).toBe('hello')
      break
    }
  })

  it('is read again in the same way with the same answer', async () => {
    const asBytes = await one()
    expect(await asBytes.bytes()).toBe(await asBytes.bytes())
    const asText = await one()
    expect([await asText.text(), await asText.text()]).toEqual(['12', '12'])
    const asStream = await one()
    expect(asStream.body).toBe(asStream.body)
    const saved = await one()
    const path = join(folder, 'saved')
    expect([await saved.saveTo(path), await saved.saveTo(path)]).toEqual([undefined, undefined])
  })

  it('is not read again in another way', async () => {
    const message = (way: string, before: string): TypeError =>
      new TypeError(`FormPart: ${way}: the body must be read in one way only; got ${before} before`)
    const part = await one()
    await part.bytes()
    await expect(part.text()).rejects.toThrow(message('text()', 'bytes()'))
    await expect(part.saveTo('a')).rejects.toThrow(message('saveTo("a")', 'bytes()'))
    expect(() => part.body).toThrow(message('body', 'bytes()'))
    const streamed = await one()
    expect(streamed.body.locked).toBe(false)
    await expect(streamed.bytes()).rejects.toThrow(message('bytes()', 'body'))
    const saved = await one()
    await saved.saveTo(join(folder, 'a'))
    await expect(saved.saveTo(join(folder, 'b'))).rejects.toThrow('the body must be read in one way only')
  })

  it('keeps its answer when the part is over', async () => {
    const parts = begin(new Source(HEAD, '1', NEXT, '2', END))
    const part = await nextOf(parts)
    await part.text()
    await nextOf(parts)
    expect(await part.text()).toBe('1')
  })

  it('is not read when the part is over', async () => {
    const parts = begin(new Source(HEAD, '1', NEXT, '2', END))
    const part = await nextOf(parts)
    await nextOf(parts)
    await expect(part.bytes()).rejects.toThrow(new TypeError(`FormPart: bytes(): ${OVER}`))
    await expect(part.saveTo('a')).rejects.toThrow(new TypeError(`FormPart: saveTo("a"): ${OVER}`))
    expect(() => part.body).toThrow(new TypeError(`FormPart: body: ${OVER}`))
  })

  it('is not read when the loop was left', async () => {
    let part: FormPart | undefined
    for await (part of readMultipart(new Source(HEAD, '1', NEXT, '2', END), 'b', DEFAULT_LIMITS)) break
    await expect(part?.text()).rejects.toThrow(new TypeError(`FormPart: text(): ${OVER}`))
  })

  it('never looks complete as a stream when it was passed over', async () => {
    const parts = begin(new Source(HEAD, '1', '2', NEXT, '3', END))
    const reader = (await nextOf(parts)).body.getReader()
    await reader.read()
    await nextOf(parts)
    await expect(reader.read()).rejects.toThrow(new TypeError(`FormPart: body: ${OVER}`))
  })

  it('gives the chunk that was on its way when the next part was asked for', async () => {
    let arrive: () => void = () => {}
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve
    })
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      yield bytes(HEAD)
      await arrived
      yield bytes('1')
      yield bytes(`2${NEXT}3${END}`)
    }
    const parts = begin(chunks())
    const reader = (await nextOf(parts)).body.getReader()
    const chunk = reader.read()
    // The stream asks in a later turn.
    await new Promise(setImmediate)
    const next = nextOf(parts)
    arrive()
    expect(latin1((await chunk).value!)).toBe('1')
    expect(await (await next).text()).toBe('3')
    await expect(reader.read()).rejects.toThrow(OVER)
  })

  it.each([1, 2, 3, 4])(
    'is not mixed up with the next part by a stream that still asks, in chunks of %d',
    async (size) => {
      let arrive: () => void = () => {}
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve
      })
      const rest = bytes(`${NEXT}345${END}`)
      const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
        yield bytes(HEAD)
        await arrived
        yield* cut(
          rest,
          Array.from(rest, (_, i) => i * size).filter((place) => place < rest.length),
        )
      }
      const parts = begin(chunks())
      const chunk = (await nextOf(parts)).body.getReader().read()
      // The stream asks in a later turn.
      await new Promise(setImmediate)
      const next = nextOf(parts)
      arrive()
      expect(await chunk).toEqual({ done: true, value: undefined })
      expect(await (await next).text()).toBe('345')
    },
  )

  it('has bytes of its own', async () => {
    const chunk = bytes(`${HEAD}secret${NEXT}12${END}`)
    const parts = begin(cut(chunk, []))
    await nextOf(parts)
    const read = await (await nextOf(parts)).bytes()
    expect(latin1(new Uint8Array(read.buffer))).toBe('12')
  })
})

describe('saveTo', () => {
  const path = join(folder, 'upload')
  const one = async (...chunks: (string | Error)[]): Promise<FormPart> =>
    nextOf(begin(new Source(HEAD, ...chunks)))

  it('writes the body to a file', async () => {
    await (await one('1', '', '\xff\r\n', END)).saveTo(path)
    expect(readFileSync(path, 'latin1')).toBe('1\xff\r\n')
  })

  it('writes an empty file', async () => {
    await (await one(END)).saveTo(path)
    expect(readFileSync(path, 'latin1')).toBe('')
  })

  it('never touches a file that is there', async () => {
    writeFileSync(path, 'before')
    await expect((await one('1', END)).saveTo(path)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(path, 'utf8')).toBe('before')
  })

  it('does not follow a link', async () => {
    symlinkSync(join(folder, 'target'), path)
    await expect((await one('1', END)).saveTo(path)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(existsSync(join(folder, 'target'))).toBe(false)
  })

  it('tells why there can be no file, and the loop goes on', async () => {
    const parts = begin(new Source(HEAD, '1', NEXT, '2', END))
    const part = await nextOf(parts)
    await expect(part.saveTo(join(folder, 'none', 'upload'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await (await nextOf(parts)).text()).toBe('2')
  })

  it('has written what came before the client left, and removes it', async () => {
    let sizeBefore = -1
    const chunks = async function* (): AsyncGenerator<Uint8Array, undefined> {
      yield bytes(`${HEAD}12`)
      yield bytes('34')
      sizeBefore = readFileSync(path).length
      throw new Error('the client is gone')
    }
    const part = await nextOf(begin(chunks()))
    await expect(part.saveTo(path)).rejects.toThrow('the client is gone')
    expect(sizeBefore).toBeGreaterThan(0)
    expect(existsSync(path)).toBe(false)
  })

  it('removes what goes beyond a limit, or is not complete', async () => {
    const large = await nextOf(begin(new Source(HEAD, '123', '456', END), { fileBytes: 5 }))
    await expect(large.saveTo(path)).rejects.toMatchObject({ status: 413 })
    expect(existsSync(path)).toBe(false)
    await expect((await one('1')).saveTo(path)).rejects.toMatchObject({ status: 400 })
    expect(existsSync(path)).toBe(false)
  })
})

/** As they were captured: Chrome 156, curl 7.88, Node 20. As published requests show them: Firefox 135 on, Safari. */
describe('what clients really send', () => {
  const chrome = lines(
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="_charset_"',
    '',
    'UTF-8',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="n\xc3\xa4me"',
    '',
    'v\xc3\xa4lue \xe2\x98\x83',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="a%22b\\c\\"',
    '',
    'x',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="lines"',
    '',
    'one\r\ntwo',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="file"; filename="qu%22ote\\\xc3\xa9%0A.txt"',
    'Content-Type: text/plain',
    '',
    'hello\r\n--there\r',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="file"; filename="b.bin"',
    'Content-Type: application/octet-stream',
    '',
    '\0\xff\r\n',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG',
    'Content-Disposition: form-data; name="none"; filename=""',
    'Content-Type: application/octet-stream',
    '',
    '',
    '------WebKitFormBoundaryrrF2FLAn61Kp2JtG--',
    '',
  )
  const inWindows1252 = lines(
    '------WebKitFormBoundary2X3Is4NMnbKHCbJQ',
    'Content-Disposition: form-data; name="_charset_"',
    '',
    'windows-1252',
    '------WebKitFormBoundary2X3Is4NMnbKHCbJQ',
    'Content-Disposition: form-data; name="n\xe4me"',
    '',
    'v\xe4lue &#9731;',
    '------WebKitFormBoundary2X3Is4NMnbKHCbJQ',
    'Content-Disposition: form-data; name="file"; filename="qu%22ote\\\xe9%0A.txt"',
    'Content-Type: text/plain',
    '',
    'hello\r\n--there\r',
    '------WebKitFormBoundary2X3Is4NMnbKHCbJQ--',
    '',
  )
  const firefox = lines(
    '------geckoformboundary9c4643397d11fd00b52a7e9c9c5d74a1',
    'Content-Disposition: form-data; name="MAX_FILE_SIZE"',
    '',
    '100000',
    '------geckoformboundary9c4643397d11fd00b52a7e9c9c5d74a1',
    'Content-Disposition: form-data; name="empty"',
    '',
    '',
    '------geckoformboundary9c4643397d11fd00b52a7e9c9c5d74a1',
    'Content-Disposition: form-data; name="upload"; filename="tea.php"',
    'Content-Type: application/x-php',
    '',
    '<?php tea(); ?>\n',
    '------geckoformboundary9c4643397d11fd00b52a7e9c9c5d74a1--',
    '',
  )
  const olderFirefox = lines(
    '-----------------------------55963512519566556621094624723',
    'Content-Disposition: form-data; name="file-type"',
    '',
    '0',
    '-----------------------------55963512519566556621094624723',
    'Content-Disposition: form-data; name="upload"; filename="a\\"b.txt"',
    'Content-Type: text/plain',
    '',
    'tea',
    '-----------------------------55963512519566556621094624723--',
    '',
  )
  const safari = lines(
    '------WebKitFormBoundaryOMD4054CXIAin1BB',
    'Content-Disposition: form-data; name="email"',
    '',
    'tea@example.com',
    '------WebKitFormBoundaryOMD4054CXIAin1BB',
    'Content-Disposition: form-data; name="photo"; filename="IMG_0001.HEIC"',
    'Content-Type: image/heic',
    '',
    '\0\0\0\x24ftypheic',
    '------WebKitFormBoundaryOMD4054CXIAin1BB--',
    '',
  )
  const curl = lines(
    '--------------------------559dac804b33be57',
    'Content-Disposition: form-data; name="title"',
    '',
    'tea',
    '--------------------------559dac804b33be57',
    'Content-Disposition: form-data; name="a%22b\\c"',
    '',
    'v\xc3\xa4lue',
    '--------------------------559dac804b33be57',
    'Content-Disposition: form-data; name="file"; filename="a%22b\\c.txt"',
    'Content-Type: text/plain',
    '',
    'hello\r\n',
    '--------------------------559dac804b33be57',
    'Content-Disposition: form-data; name="bin"; filename="tiny.bin"',
    'Content-Type: application/octet-stream',
    'X-Custom: yes',
    '',
    '\0\xff\r\n',
    '--------------------------559dac804b33be57--',
    '',
  )
  const escapingCurl = lines(
    '--------------------------5820838f1b13c67a',
    'Content-Disposition: form-data; name="a\\"b\\\\c"',
    '',
    '1',
    '--------------------------5820838f1b13c67a',
    'Content-Disposition: form-data; name="file"; filename="a\\"b\\\\c.txt"',
    'Content-Type: text/plain',
    '',
    '',
    '--------------------------5820838f1b13c67a--',
    '',
  )
  const undici = lines(
    '------formdata-undici-077063119745',
    'Content-Disposition: form-data; name="n\xc3\xa4me"',
    '',
    '\xe2\x98\x83',
    '------formdata-undici-077063119745',
    'Content-Disposition: form-data; name="file"; filename="qu%22ote%0D%0A.txt"',
    'Content-Type: text/plain;charset=utf-8',
    '',
    'hello\r\n',
    '------formdata-undici-077063119745--',
    '',
  )

  type Part = [name: string, text: string, filename?: string, type?: string]
  it.each<[client: string, body: string, parts: Part[]]>([
    [
      'Chrome',
      chrome,
      [
        ['_charset_', 'UTF-8'],
        ['näme', 'välue ☃'],
        ['a"b\\c\\', 'x'],
        ['lines', 'one\r\ntwo'],
        ['file', 'hello\r\n--there\r', 'qu"ote\\é\n.txt', 'text/plain'],
        ['file', '\0\ufffd\r\n', 'b.bin', 'application/octet-stream'],
        ['none', '', '', 'application/octet-stream'],
      ],
    ],
    [
      'Chrome, for a page in windows-1252',
      inWindows1252,
      [
        ['_charset_', 'windows-1252'],
        ['näme', 'välue &#9731;'],
        ['file', 'hello\r\n--there\r', 'qu"ote\\é\n.txt', 'text/plain'],
      ],
    ],
    [
      'Firefox',
      firefox,
      [
        ['MAX_FILE_SIZE', '100000'],
        ['empty', ''],
        ['upload', '<?php tea(); ?>\n', 'tea.php', 'application/x-php'],
      ],
    ],
    [
      'Firefox before 91',
      olderFirefox,
      [
        ['file-type', '0'],
        ['upload', 'tea', 'a"b.txt', 'text/plain'],
      ],
    ],
    [
      'Safari',
      safari,
      [
        ['email', 'tea@example.com'],
        ['photo', '\0\0\0$ftypheic', 'IMG_0001.HEIC', 'image/heic'],
      ],
    ],
    [
      'curl',
      curl,
      [
        ['title', 'tea'],
        ['a"b\\c', 'välue'],
        ['file', 'hello\r\n', 'a"b\\c.txt', 'text/plain'],
        ['bin', '\0\ufffd\r\n', 'tiny.bin', 'application/octet-stream'],
      ],
    ],
    [
      'curl --form-escape, and curl before 7.81',
      escapingCurl,
      [
        ['a"b\\c', '1'],
        ['file', '', 'a"b\\c.txt', 'text/plain'],
      ],
    ],
    [
      'undici',
      undici,
      [
        ['näme', '☃'],
        ['file', 'hello\r\n', 'qu"ote\r\n.txt', 'text/plain'],
      ],
    ],
  ])('%s', async (_, body, expected) => {
    const boundary = body.slice('--'.length, body.indexOf('\r\n'))
    const whole = bytes(body)
    for (const places of [[], everywhere(whole)]) {
      const parts: Part[] = []
      for await (const part of readMultipart(cut(whole, places), boundary, DEFAULT_LIMITS)) {
        const text = await part.text()
        parts.push(
          part.filename === undefined ? [part.name, text] : [part.name, text, part.filename, part.type],
        )
      }
      expect(parts).toEqual(expected)
    }
  })
})

describe('any form', () => {
  const name = fc
    .string({
      unit: fc.constantFrom('a', 'é', '☃', '😀', '"', '\r', '\n', '\\', ';', '=', ' ', '%', "'", '*'),
    })
    // Two of them are one for clients that escape them; what looks encoded is decoded.
    .filter((text) => !text.includes('\\\\') && !/%(?:22|0D|0A)/i.test(text))
  const content = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', '--b', '\r\n--', '\r\n-', 'a', '\0', '\xff'))
    .map((pieces) => pieces.join(''))
    .filter((text) => !`\r\n${text}`.includes('\r\n--b'))
  const part = fc.record({
    name,
    filename: fc.option(name, { nil: undefined }),
    type: fc.constantFrom('text/plain', 'image/png'),
    body: content,
  })
  const write = (read: readonly Read[]): string =>
    read
      .map(({ name, filename, type, body }) => {
        const file = filename === undefined ? '' : `; filename="${encodeName(filename)}"`
        const disposition = `Content-Disposition: form-data; name="${encodeName(name)}"${file}`
        return lines('--b', disposition, `Content-Type: ${type}`, '', body, '')
      })
      .join('')
  const encodeName = (text: string): string =>
    Buffer.from(text.replace(/["\r\n]/g, encodeURIComponent)).toString('latin1')
  const places = fc.array(fc.nat(400))

  it('is read as it was written, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), places, async (written, places) => {
        expect(await read(`${write(written)}--b--\r\n`, {}, places)).toEqual(written)
      }),
    )
  })

  it('is read as undici reads it', async () => {
    // It takes a byte order mark away, which the Fetch standard keeps.
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (written) => {
        const form = new FormData()
        for (const { name, filename, type, body } of written) {
          if (filename === undefined) form.append(name, body)
          else form.append(name, new File([bytes(body)], filename, { type }))
        }
        const response = new Response(form)
        const body = new Uint8Array(await response.clone().arrayBuffer())
        const boundary = response.headers.get('Content-Type')!.split('boundary=')[1]!
        const parts: [string, unknown, string?, string?][] = []
        for await (const part of readMultipart(cut(body, []), boundary, DEFAULT_LIMITS)) {
          const { name, filename, type } = part
          parts.push(
            filename === undefined ? [name, await part.text()] : [name, await part.text(), filename, type],
          )
        }
        const theirs: typeof parts = []
        for (const [name, value] of await response.formData()) {
          theirs.push(
            typeof value === 'string' ? [name, value] : [name, await value.text(), value.name, value.type],
          )
        }
        expect(parts).toEqual(theirs)
      }),
    )
  })
})

describe('any bytes', () => {
  const limits = makeLimits('test', {
    fields: 4,
    files: 3,
    parts: 5,
    fieldBytes: 30,
    fileBytes: 40,
    partHeaderBytes: 120,
    nameBytes: 5,
    preambleBytes: 20,
  })
  const token = fc.constantFrom(
    ...[
      '\r\n',
      '\r',
      '\n',
      '--b',
      '--b\r\n',
      '\r\n--b\r\n',
      '\r\n--b--',
      '--',
      '-',
      'b',
      ' ',
      '\t',
      ':',
      ';',
      '"',
      '\\',
      '=',
    ],
    ...[
      'Content-Disposition: form-data; name="a"',
      '; filename="f"',
      '\r\n\r\n',
      '\r\nContent-Type: text/plain',
    ],
    ...[
      '; charset=',
      'utf-16',
      'nope',
      '%0D',
      '\0',
      '\xff',
      '\xc3',
      'name=_charset_',
      '_charset_',
      '; name=',
      'x: y',
    ],
    '\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
    '\r\n--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n',
    '\r\n--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n',
  )
  const body = fc.oneof(
    fc.array(token, { maxLength: 40 }).map((tokens) => bytes(tokens.join(''))),
    fc.uint8Array({ maxLength: 200 }),
  )
  const way = fc.constantFrom('bytes', 'text', 'stream', 'first chunk', 'nothing')

  const outcome = async (chunks: AsyncIterable<Uint8Array>, ways: readonly string[]): Promise<unknown> => {
    const seen: unknown[] = []
    try {
      for await (const part of readMultipart(chunks, 'b', limits)) {
        const { name, filename, type, headers } = part
        seen.push(name, filename, type, [...headers])
        const way = ways[seen.length % ways.length]
        if (way === 'bytes') seen.push(latin1(await part.bytes()))
        else if (way === 'text') seen.push(await part.text())
        else if (way === 'stream')
          seen.push(Buffer.from(await new Response(part.body).arrayBuffer()).toString('latin1'))
        else if (way === 'first chunk') for await (const _ of part.body) break
      }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      seen.push(error.status, error.detail)
    }
    return seen
  }

  it('give an HttpError at the worst, and the same however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.array(fc.nat(400)),
        fc.array(way, { minLength: 1, maxLength: 5 }),
        async (body, places, ways) => {
          const whole = await outcome(cut(body, []), ways)
          expect(await outcome(cut(body, places), ways)).toEqual(whole)
          expect(await outcome(cut(body, everywhere(body)), ways)).toEqual(whole)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the time of reading', () => {
  const fill = (text: string, size: number): string => text.repeat(Math.ceil(size / text.length))
  const headed = (text: string, size: number): string =>
    `--b\r\nContent-Disposition: form-data; name=a${fill(text, size)}\r\n\r\n\r\n--b--`

  it.each<[what: string, make: (size: number) => string]>([
    ['text', (size) => `${field('a', fill('tea\r\n', size))}--b--`],
    ['carriage returns', (size) => `${field('a', fill('\r', size))}--b--`],
    // Quadratic in Werkzeug (CVE-2023-46136).
    ['a line end, then none', (size) => `${field('a', `\r\n${fill('a', size)}`)}--b--`],
    ['almost boundaries', (size) => `${field('a', fill('\r\n--', size))}--b--`],
    ['empty parts', (size) => `${fill(field('', ''), size)}--b--`],
    ['a preamble of almost boundaries', (size) => `${fill('\r\n-', size)}\r\n--b--`],
    ['an epilogue of line ends', (size) => `--b--${fill('\r\n', size)}`],
    [
      'blanks after a boundary',
      (size) => `--b${fill(' ', size)}\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--`,
    ],
    // Catastrophic in dicer (mscdex/busboy#265).
    ['a header without a colon', (size) => `--b\r\n${fill('a', size)}\r\n\r\n`],
    ['a header of blanks', (size) => headed(`\r\nX: a${fill(' ', size)}a`, 1)],
    ['headers', (size) => headed('\r\nX-Name: value', size)],
    ['folded lines', (size) => headed('\r\n ;', size)],
    ['an open quote', (size) => headed(`;x="${fill('a', size)}`, 1)],
    ['backslashes', (size) => headed(`;x="${fill('\\', size)}`, 1)],
    ['escaped quotes', (size) => headed(`;x="${fill('\\"', size)}`, 1)],
    ['empty parameters', (size) => headed(';', size)],
    ['percent signs', (size) => headed(`;filename="${fill('%22%', size)}"`, 1)],
    ['parameters of a type', (size) => headed(`\r\nContent-Type: a/b${fill(';a="\\"', size)}`, 1)],
  ])(
    'is linear in the size of %s',
    (_, make) =>
      expectLinear(
        (length) => bytes(make(length)),
        async (body) => {
          const places = everywhere(new Uint8Array(body.length / 8192)).map((n) => n * 8192)
          try {
            for await (const part of readMultipart(cut(body, places), 'b', UNLIMITED)) await part.text()
          } catch (error) {
            if (!(error instanceof HttpError)) throw error
          }
        },
      ),
    60_000,
  )
})

describe('the memory of an upload', () => {
  it('does not grow with the file', () => {
    const core = fileURLToPath(new URL('..', import.meta.url))
    // Plain Node runs what tsc wrote.
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
    spawnSync(process.execPath, [tsc, '-b', core])
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(core, 'test', 'fixtures', 'upload.js'), '64', join(folder, 'upload')],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    const { savedMiB, grownMiB } = JSON.parse(stdout)
    expect(savedMiB).toBe(64)
    expect(grownMiB).toBeLessThan(32)
  }, 60_000)
})
