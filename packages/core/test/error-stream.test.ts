import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorStream } from '../src/error-stream.ts'

describe('errorStream', () => {
  it('writes each text at once, and as it is', () => {
    const written: string[] = []
    const errors = errorStream((text) => written.push(text))
    errors.write('one\n')
    expect(written).toEqual(['one\n'])
    errors.writelines(new Set(['two\n', 'three', '']))
    errors.flush()
    expect(written).toEqual(['one\n', 'two\n', 'three', ''])
  })

  it.each([
    ['a lone high surrogate', 'a\ud83d', 'a\ufffd'],
    ['a lone low surrogate', '\ude00b', '\ufffdb'],
    ['a pair the wrong way round', '\ude00\ud83d', '\ufffd\ufffd'],
    ['a high surrogate before a pair', '\ud83d\ud83d\ude00', '\ufffd\ud83d\ude00'],
    ['a pair', '\ud83d\ude00', '\ud83d\ude00'],
    ['other text', 'a\0\n\u{10ffff}\ufeff', 'a\0\n\u{10ffff}\ufeff'],
  ])('makes well-formed text of %s', (_, text, expected) => {
    const written: string[] = []
    const errors = errorStream((text) => written.push(text))
    errors.write(text)
    errors.writelines([text])
    expect(written).toEqual([expected, expected])
  })

  it('writes what UTF-8 gives back, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0xd7fe, max: 0xe001 }).map((c) => String.fromCharCode(c)) }),
        (text) => {
          let written = ''
          errorStream((text) => (written += text)).write(text)
          expect(written).toBe(new TextDecoder().decode(new TextEncoder().encode(text)))
        },
      ),
    )
  })

  it('keeps what write throws to itself, and goes on', () => {
    const tried: string[] = []
    const errors = errorStream((text) => {
      tried.push(text)
      throw new Error('the disk is full')
    })
    errors.write('one')
    errors.writelines(['two', 'three'])
    expect(tried).toEqual(['one', 'two', 'three'])
  })
})
