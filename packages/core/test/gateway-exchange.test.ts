import { describe, expect, it } from 'vitest'
import type { Outcome } from '../src/contract.ts'
import { type Background, errorStream, GatewayExchange } from '../src/gateway.ts'
import { settled } from './observe.ts'

const OUTCOME: Outcome = { status: 200, bytesSent: 1, error: undefined, aborted: false }

function make(): { exchange: GatewayExchange; background: Background; errors: string[] } {
  const errors: string[] = []
  const background: Background = new Set()
  return {
    exchange: new GatewayExchange(
      errorStream((text) => errors.push(text)),
      background,
    ),
    background,
    errors,
  }
}

describe('onFinish', () => {
  it('calls back last first, with the outcome, once', () => {
    const { exchange } = make()
    const log: unknown[] = []
    exchange.onFinish((outcome) => log.push('a', outcome))
    exchange.onFinish(() => log.push('b'))
    exchange.onFinish(() => log.push('c'))
    expect(log).toEqual([])
    exchange.finish(OUTCOME)
    exchange.finish({ ...OUTCOME, status: 500 })
    expect(log).toEqual(['c', 'b', 'a', OUTCOME])
  })

  it('calls back at once when the exchange is over, with how it ended', () => {
    const { exchange } = make()
    exchange.finish(OUTCOME)
    exchange.finish({ ...OUTCOME, status: 500 })
    const log: unknown[] = []
    exchange.onFinish((outcome) => log.push(outcome))
    expect(log).toEqual([OUTCOME])
  })

  it('calls back what is registered by a callback', () => {
    const { exchange } = make()
    const log: string[] = []
    exchange.onFinish(() => log.push('first'))
    exchange.onFinish(() => {
      log.push('second')
      exchange.onFinish(() => log.push('inner'))
    })
    exchange.finish(OUTCOME)
    expect(log).toEqual(['second', 'inner', 'first'])
  })

  it('calls one callback as often as it was registered', () => {
    const { exchange } = make()
    let called = 0
    const callback = () => void called++
    exchange.onFinish(callback)
    exchange.onFinish(callback)
    exchange.finish(OUTCOME)
    expect(called).toBe(2)
  })

  it.each([
    ['in its turn', false],
    ['late', true],
  ])('reports a callback that throws, and goes on with the others (%s)', (_, isLate) => {
    const { exchange, errors } = make()
    const log: string[] = []
    if (isLate) exchange.finish(OUTCOME)
    exchange.onFinish(() => log.push('a'))
    exchange.onFinish(() => {
      throw new Error('boom')
    })
    exchange.onFinish(() => log.push('b'))
    exchange.finish(OUTCOME)
    expect(log.sort()).toEqual(['a', 'b'])
    expect(errors.join('')).toMatch(/^tsgi\.exchange: onFinish: the callback threw\nError: boom/)
  })

  it('goes on also when the report fails', () => {
    const log: string[] = []
    const fail = () => {
      throw new Error('disk full')
    }
    const exchange = new GatewayExchange({ write: fail, writelines: fail, flush: fail })
    exchange.onFinish(() => log.push('a'))
    exchange.onFinish(fail)
    exchange.finish(OUTCOME)
    expect(log).toEqual(['a'])
  })

  it('waits for an async callback as for other work, and reports its rejection', async () => {
    const { exchange, errors, background } = make()
    exchange.onFinish((async () => {
      await settled()
      throw new Error('boom')
    }) as () => void)
    exchange.finish(OUTCOME)
    expect(background.size).toBe(1)
    await Promise.all(background)
    expect(errors.join('')).toContain('Error: boom')
    expect(background.size).toBe(0)
  })

  it('refuses what is no function', () => {
    expect(() => make().exchange.onFinish(undefined as never)).toThrow(
      'tsgi.exchange: onFinish: callback must be a function; got undefined',
    )
  })
})

describe('waitUntil', () => {
  it.each<[string, () => PromiseLike<unknown>]>([
    ['fulfilled', () => Promise.resolve(1)],
    ['rejected', () => Promise.reject(new Error('boom'))],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
    ['a thenable', () => ({ then: (resolve: () => void) => resolve() }) as unknown as PromiseLike<unknown>],
    [
      'a thenable that throws',
      () =>
        ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
          then() {
            throw new Error('boom')
          },
        }) as unknown as PromiseLike<unknown>,
    ],
  ])('keeps the work until it is settled: %s', async (what, promise) => {
    const { exchange, background, errors } = make()
    exchange.waitUntil(promise())
    expect(background.size).toBe(1)
    await Promise.all(background)
    expect(background.size).toBe(0)
    if (/rejected|throws/.test(what)) {
      expect(errors.join('')).toMatch(/^tsgi\.exchange: waitUntil: the promise was rejected\nError: boom/)
    } else expect(errors).toEqual([])
  })

  it('takes work after the exchange is over, and without a server that waits', async () => {
    const errors: string[] = []
    const exchange = new GatewayExchange(errorStream((text) => errors.push(text)))
    exchange.finish(OUTCOME)
    exchange.waitUntil(Promise.reject(new Error('boom')))
    await settled()
    expect(errors.join('')).toContain('boom')
  })

  it('does not reject when the report fails', async () => {
    const fail = () => {
      throw new Error('disk full')
    }
    const background: Background = new Set()
    new GatewayExchange({ write: fail, writelines: fail, flush: fail }, background).waitUntil(
      Promise.reject(new Error('boom')),
    )
    await expect(Promise.all(background)).resolves.toEqual([undefined])
  })

  it('refuses what is no promise', () => {
    expect(() => make().exchange.waitUntil(7 as never)).toThrow(
      'tsgi.exchange: waitUntil: promise must be a promise; got number',
    )
  })
})

describe('signal', () => {
  it('is made when first asked for, and stays the same', () => {
    const { exchange } = make()
    let made = 0
    const { AbortController: Native } = globalThis
    globalThis.AbortController = class extends Native {
      constructor() {
        super()
        made++
      }
    }
    try {
      exchange.abort(undefined)
      exchange.finish(OUTCOME)
      expect(made).toBe(0)
      expect(exchange.signal).toBe(exchange.signal)
      expect(made).toBe(1)
    } finally {
      globalThis.AbortController = Native
    }
  })

  it('fires once, with its reason', () => {
    const { exchange } = make()
    const reasons: unknown[] = []
    exchange.signal.addEventListener('abort', () => reasons.push(exchange.signal.reason))
    expect(exchange.aborted).toBe(false)
    exchange.abort('gone')
    exchange.abort('again')
    expect(reasons).toEqual(['gone'])
    expect(exchange.aborted).toBe(true)
  })

  it.each([undefined, null])('fires with an AbortError without a reason (%o)', (reason) => {
    const { exchange } = make()
    exchange.abort(reason)
    expect(exchange.signal.aborted).toBe(true)
    expect(exchange.signal.reason).toMatchObject({ name: 'AbortError' })
    exchange.abort('again')
    expect(exchange.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  it.each(['', 0, false])('has fired already when asked for late, with its reason (%j)', (reason) => {
    const { exchange } = make()
    exchange.abort(reason)
    expect(exchange.signal.aborted).toBe(true)
    expect(exchange.signal.reason).toBe(reason)
  })

  it('does not fire because the exchange is over', () => {
    const { exchange } = make()
    const { signal } = exchange
    exchange.finish(OUTCOME)
    expect(signal.aborted).toBe(false)
  })
})
