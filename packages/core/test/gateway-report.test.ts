import { describe, expect, it } from 'vitest'
import { errorStream, reportError } from '../src/gateway.ts'

function report(error: unknown, where = 'GET /'): string {
  let text = ''
  reportError(
    errorStream((part) => {
      text += part
    }),
    where,
    error,
  )
  return text
}

const plain = (message: string, options?: ErrorOptions): Error =>
  Object.assign(new Error(message, options), { stack: undefined })

describe('reportError', () => {
  it('shows where, the stack, and the causes', () => {
    const text = report(new Error('outer', { cause: new TypeError('inner') }), 'POST /x')
    expect(text).toMatch(
      /^POST \/x\nError: outer\n {4}at [\s\S]*\ncaused by: TypeError: inner\n {4}at [\s\S]*\n$/,
    )
  })

  it('names an error without a stack', () => {
    expect(report(plain('boom'))).toBe('GET /\nError: boom\n')
  })

  it.each([
    ['a text', 'thrown: a text'],
    [7, 'thrown: 7'],
    [null, 'thrown: null'],
    [undefined, 'thrown: undefined'],
    [Symbol('x'), 'thrown: Symbol(x)'],
    [Object.create(null), 'thrown: a value that cannot be shown'],
    [
      {
        toString() {
          throw new Error('no')
        },
      },
      'thrown: a value that cannot be shown',
    ],
    [
      Object.defineProperty(new Error('x'), 'stack', {
        get() {
          throw new Error('no')
        },
      }),
      'thrown: a value that cannot be shown',
    ],
    [Object.assign(new Error('x'), { stack: Object.create(null) }), 'thrown: a value that cannot be shown'],
    [Object.assign(new Error('x'), { stack: Symbol('odd') }), 'Symbol(odd)'],
  ])('shows whatever else was thrown, and never throws itself: %#', (error, line) => {
    expect(report(error)).toBe(`GET /\n${line}\n`)
  })

  it('comes to an end of a cycle of causes', () => {
    const first = plain('first')
    const second = plain('second', { cause: first })
    first.cause = second
    expect(report(first)).toBe('GET /\nError: first\ncaused by: Error: second\n')
  })

  it('leaves out a cause that cannot be read', () => {
    const error = Object.defineProperty(plain('boom'), 'cause', {
      get() {
        throw new Error('no')
      },
    })
    expect(report(error)).toBe('GET /\nError: boom\n')
  })

  it.each([
    ['\x1b[2J', '\\x1b[2J'],
    ['\0', '\\x00'],
    ['a\rb', 'a\\x0db'],
    ['\x7f\x9b', '\\x7f\\x9b'],
    ['a\tb\nc', 'a\tb\nc'],
    ['é😀', 'é😀'],
  ])('writes control characters out: %j', (message, shown) => {
    expect(report(plain(message), `GET /${message}`)).toBe(`GET /${shown}\nError: ${shown}\n`)
  })

  it('outlives a stream that fails', () => {
    const fail = () => {
      throw new Error('disk full')
    }
    expect(() => reportError({ write: fail, writelines: fail, flush: fail }, 'GET /', 1)).not.toThrow()
  })

  it('flushes after it has written', () => {
    const log: string[] = []
    reportError(
      { write: () => void log.push('write'), writelines() {}, flush: () => void log.push('flush') },
      'x',
      1,
    )
    expect(log).toEqual(['write', 'flush'])
  })
})
