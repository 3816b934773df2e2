import { describe, expect, it } from 'vitest'
import { expectLinear } from './linear.ts'

describe('expectLinear', () => {
  const OPENED = '<'.padEnd(64, 'a')
  const make = (length: number): string => OPENED.repeat(length / OPENED.length)

  /** Looks for what closes from each place on that opens: up to the end, since there is none. */
  function quadratic(text: string): number {
    let found = 0
    for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at + 1)) {
      if (text.indexOf('>', at) !== -1) found++
    }
    return found
  }

  function linear(text: string): number {
    let found = 0
    for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) === 0x3c) found++
    return found
  }

  it.each<[what: string, read: (text: string) => unknown]>([
    ['at once', quadratic],
    [
      'in its own time',
      async (text) => {
        await undefined
        return quadratic(text)
      },
    ],
  ])('fails for a reader that is quadratic %s', async (_, read) => {
    await expect(expectLinear(make, read)).rejects.toThrow('to be less than 6')
  })

  it.each<[what: string, read: (text: string) => unknown]>([
    ['at once', linear],
    [
      'in its own time',
      async (text) => {
        await undefined
        return linear(text)
      },
    ],
    ['since it reads nothing', () => 0],
  ])('passes a reader that is linear %s', async (_, read) => {
    await expectLinear(make, read)
  })

  it('fails for a reader that is quadratic from some length on', async () => {
    const read = (text: string) => (text.length > 100_000 ? quadratic(text) : linear(text))
    await expect(expectLinear(make, read)).rejects.toThrow('to be less than 6')
  })

  it('looks again when a long text was slow for a moment', async () => {
    let moments = 5
    await expectLinear(make, (text) => {
      if (text.length > 100_000 && moments-- > 0) for (let again = 0; again < 100; again++) linear(text)
      return linear(text)
    })
    expect(moments).toBeLessThan(0)
  })

  it('fails as the reader does', async () => {
    const read = () => Promise.reject(new Error('out of tea'))
    await expect(expectLinear(make, read)).rejects.toThrow('out of tea')
  })
})
