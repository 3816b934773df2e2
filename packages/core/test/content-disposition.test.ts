import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentDisposition } from '../src/content-disposition.ts'

describe('contentDisposition', () => {
  it.each<[source: string, type: 'attachment' | 'inline', filename: string | undefined, header: string]>([
    ['6266 4.2', 'attachment', undefined, 'attachment'],
    ['6266 4.2', 'inline', undefined, 'inline'],
    ['6266 4.3', 'attachment', 'Menu.pdf', 'attachment; filename="Menu.pdf"'],
    ['6266 4.3', 'inline', 'an example.html', 'inline; filename="an example.html"'],
    [
      '6266 4.3',
      'attachment',
      ".a-b_c's (1), x=1; [2].tar.gz",
      `attachment; filename=".a-b_c's (1), x=1; [2].tar.gz"`,
    ],
    [
      '8187 3.2',
      'attachment',
      '€ rates',
      `attachment; filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates`,
    ],
    [
      '8187 3.2',
      'attachment',
      'naïve😀.txt',
      `attachment; filename="na_ve_.txt"; filename*=UTF-8''na%C3%AFve%F0%9F%98%80.txt`,
    ],
    ['8187 3.2', 'attachment', 'é', `attachment; filename="_"; filename*=UTF-8''%C3%A9`],
    // What is read in more ways than one stands in the other form.
    [
      '6266 D',
      'attachment',
      'a "b".txt',
      `attachment; filename="a _b_.txt"; filename*=UTF-8''a%20%22b%22.txt`,
    ],
    [
      '6266 D',
      'attachment',
      '100%41.txt',
      `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`,
    ],
    // Only the last part of a path is a name.
    ['6266 4.3', 'attachment', '/etc/passwd', 'attachment; filename="passwd"'],
    ['6266 4.3', 'attachment', '../../a.txt', 'attachment; filename="a.txt"'],
    ['6266 4.3', 'attachment', 'C:\\Users\\me\\a.txt', 'attachment; filename="a.txt"'],
    ['6266 4.3', 'attachment', 'a/b\\c/d\\e', 'attachment; filename="e"'],
    ['6266 4.3', 'attachment', 'folder/', 'attachment'],
    ['6266 4.3', 'attachment', '..', 'attachment'],
    ['6266 4.3', 'attachment', 'a/.', 'attachment'],
    ['6266 4.3', 'attachment', '', 'attachment'],
    ['6266 4.3', 'attachment', '...', 'attachment; filename="..."'],
  ])('writes RFC %s: %s of %j', (_source, type, filename, header) => {
    expect(contentDisposition(type, filename)).toBe(header)
  })

  it.each<[attack: string, filename: string, header: string]>([
    ['another header', 'a\r\nSet-Cookie: b', 'attachment; filename="aSet-Cookie: b"'],
    ['NUL and other controls', 'a\0.txt\x1b[31m\x7f\x85', 'attachment; filename="a.txt[31m"'],
    [
      'a name cut short by its quotes',
      'a"; filename*=x',
      `attachment; filename="a_; filename*=x"; filename*=UTF-8''a%22%3B%20filename%2A%3Dx`,
    ],
    ['a backslash before the quote', 'a\\', 'attachment'],
    ['text that runs the other way', 'report\u202egpj.exe', 'attachment; filename="reportgpj.exe"'],
    ['text that is set apart', 'a\u2066b\u2069', 'attachment; filename="ab"'],
    ['line ends that are none', 'a\u2028b\u2029', 'attachment; filename="ab"'],
    ['dots that are left when controls go', '.\0.', 'attachment'],
    ['a slash before a control', 'a/\n', 'attachment'],
    ['a line feed above U+00FF', '\u010a', `attachment; filename="_"; filename*=UTF-8''%C4%8A`],
    ['half of a pair', 'a\ud800', `attachment; filename="a_"; filename*=UTF-8''a%EF%BF%BD`],
    [
      'an extended value',
      "UTF-8''%41",
      `attachment; filename="UTF-8''_41"; filename*=UTF-8''UTF-8%27%27%2541`,
    ],
  ])('lets nobody smuggle %s', (_attack, filename, header) => {
    expect(contentDisposition('attachment', filename)).toBe(header)
  })

  it('refuses another type', () => {
    expect(() => contentDisposition('attachment; x' as 'attachment')).toThrow(TypeError)
    expect(() => contentDisposition('form-data' as 'inline')).toThrow(
      'contentDisposition: type: must be "attachment" or "inline"; got "form-data"',
    )
  })

  it('is of the grammar, and says the last part of the path, whatever the name', () => {
    const grammar =
      /^inline(?:; filename="[ !#$&-[\]-~]+"(?:; filename\*=UTF-8''((?:[!#$&+\-.^_`|~\w]|%[\dA-F]{2})+))?)?$/
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (filename) => {
        const [, extended] = grammar.exec(contentDisposition('inline', filename)) ?? expect.fail(filename)
        if (extended !== undefined)
          expect(filename.replace(/\p{C}/gu, '')).toContain(
            decodeURIComponent(extended).replace(/\p{C}/gu, ''),
          )
      }),
    )
  })
})
