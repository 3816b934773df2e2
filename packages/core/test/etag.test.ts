import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entityTag, isStrongMatch, isWeakMatch, parseEntityTags } from '../src/etag.ts'
import { expectLinear } from './linear.ts'

describe('entityTag', () => {
  it.each<[text: string, tag: string]>([
    ['xyzzy', '"xyzzy"'],
    ['"xyzzy"', '"xyzzy"'],
    ['W/"xyzzy"', 'W/"xyzzy"'],
    ['', '""'],
    ['""', '""'],
    ['W/', '"W/"'],
    ['a,b\\c;*~!', '"a,b\\c;*~!"'],
  ])('gives for %j the entity tag %s (RFC 9110 section 8.8.3)', (text, tag) => {
    expect(entityTag(text)).toBe(tag)
  })

  it.each([
    ['"'],
    ['a"b'],
    ['"a'],
    ['w/"a"'],
    ['W/ "a"'],
    ['"a" '],
    ['"a"b"'],
    ['a b'],
    ['a\tb'],
    ['"a\r\nX: y"'],
    ['a\n'],
    ['\0'],
    ['\x7f'],
    ['é'],
    ['\u010a'],
  ])('refuses %j', (text) => {
    expect(() => entityTag(text)).toThrow(TypeError)
    expect(() => entityTag(text)).toThrow(/^entityTag: text: must be visible ASCII .*; got "/)
  })
})

describe('parseEntityTags', () => {
  it.each<[section: string, header: string, tags: '*' | string[]]>([
    ['13.1.1', '"xyzzy"', ['"xyzzy"']],
    ['13.1.1', '"xyzzy", "r2d2xxxx", "c3piozzzz"', ['"xyzzy"', '"r2d2xxxx"', '"c3piozzzz"']],
    ['13.1.1', '*', '*'],
    ['13.1.2', 'W/"xyzzy", W/"r2d2xxxx"', ['W/"xyzzy"', 'W/"r2d2xxxx"']],
    ['5.6.3', ' \t* ', '*'],
    ['5.6.1', '"a","b"', ['"a"', '"b"']],
    ['5.6.1', ', "a"\t ,, "b" ,', ['"a"', '"b"']],
    ['5.6.1', '', []],
    ['8.8.3', '""', ['""']],
    ['8.8.3', 'W/""', ['W/""']],
    ['8.8.3, commas are no separators inside', '"a,b", "c"', ['"a,b"', '"c"']],
    ['8.8.3, a backslash escapes nothing', '"a\\", "b"', ['"a\\"', '"b"']],
    ['8.8.3, bytes above ASCII', '"caf\xe9"', ['"caf\xe9"']],
    // What is no entity tag is left out, alone.
    ['8.8.3', 'xyzzy', []],
    ['8.8.3', 'xyzzy, "a"', ['"a"']],
    ['8.8.3', 'w/"a"', []],
    ['8.8.3', 'W/ "a"', []],
    ['8.8.3', "'a'", []],
    ['8.8.3', '"a b"', []],
    ['8.8.3', '"a" "b", "c"', ['"c"']],
    ['8.8.3', '"a', []],
    ['8.8.3', 'a"', []],
    ['8.8.3', '"a"b, "c"', ['"c"']],
    ['8.8.3', '"a\nb"', []],
    ['13.1.1', '*, "a"', ['"a"']],
    ['13.1.1', '"*"', ['"*"']],
  ])('reads RFC 9110 section %s: %j', (_section, header, tags) => {
    expect(parseEntityTags(header)).toEqual(tags)
  })

  it('reads back every list of entity tags', () => {
    const tag = fc.stringMatching(/^(W\/)?"[!#-~]{0,12}"$/)
    const comma = fc.constantFrom(',', ', ', ' ,\t', ',,')
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1 }), comma, (tags, separator) => {
        expect(parseEntityTags(tags.join(separator))).toEqual(tags)
      }),
    )
  })

  it('gives entity tags, whatever the header holds', () => {
    const piece = fc.constantFrom('"', 'W/', ',', ' ', 'a', '*', '\\', '\xe9', '\0')
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(header, (text) => {
        const tags = parseEntityTags(text)
        if (tags !== '*') for (const tag of tags) expect(tag).toMatch(/^(?:W\/)?"[^"]*"$/)
      }),
    )
  })

  it.each([
    ['"'],
    [','],
    [' '],
    [' "'],
    ['"a", '],
    [', '],
    ['W/'],
    ['W/"'],
    ['"a" '],
    [',"'],
    ['\t,'],
    ['a'],
  ])('reads %j repeated in linear time', (piece) =>
    expectLinear((length) => piece.repeat(length / piece.length), parseEntityTags),
  )
})

describe('isStrongMatch and isWeakMatch', () => {
  // The table of RFC 9110 section 8.8.3.2, and what it says of sameness.
  it.each<[a: string, b: string, strong: boolean, weak: boolean]>([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['"W/"', 'W/""', false, false],
    ['"a"', '"A"', false, false],
  ])('compare %s with %s: %s and %s (RFC 9110 section 8.8.3.2)', (a, b, strong, weak) => {
    expect([isStrongMatch(a, b), isStrongMatch(b, a)]).toEqual([strong, strong])
    expect([isWeakMatch(a, b), isWeakMatch(b, a)]).toEqual([weak, weak])
  })
})
