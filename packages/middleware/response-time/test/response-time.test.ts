import { HttpError, handler, setupTestingDefaults, text } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { type ResponseTimeOptions, responseTime } from '../src/index.ts'

/** A clock that shows these times, one after the other. */
function clockOf(...times: number[]): () => number {
  return () => {
    const time = times.shift()
    if (time === undefined) throw new Error('the clock was asked too often')
    return time
  }
}

const hello = handler(() => 'hello')

describe('responseTime', () => {
  it('says the milliseconds up to the head', async () => {
    const app = responseTime({ clock: clockOf(1000, 1012.34) })(hello)
    expect((await send(app)).headers.get('X-Response-Time')).toBe('12.3ms')
  })

  it('measures by itself', async () => {
    const { headers } = await send(responseTime()(hello))
    expect(headers.get('X-Response-Time')).toMatch(/^\d+\.\dms$/)
  })

  it('keeps the metrics of the inside', async () => {
    const app = responseTime({ header: 'Server-Timing', clock: clockOf(0, 1) })((_, startResponse) => {
      startResponse('200 OK', [['Server-Timing', 'db;dur=53']])
      return []
    })
    expect((await send(app)).headers.getAll('Server-Timing')).toEqual(['db;dur=53', 'total;dur=1.0'])
  })

  it.each<[options: ResponseTimeOptions, header: string, value: string]>([
    [{ header: 'server-timing' }, 'Server-Timing', 'total;dur=12.3'],
    [{ header: 'Server-Timing', digits: 0 }, 'Server-Timing', 'total;dur=12'],
    [{ header: 'X-Runtime' }, 'X-Runtime', '12.3ms'],
    [{ digits: 0 }, 'X-Response-Time', '12ms'],
    [{ digits: 3 }, 'X-Response-Time', '12.346ms'],
  ])('says it as it is told: %j', async (options, header, value) => {
    const app = responseTime({ ...options, clock: clockOf(0, 12.3456) })(hello)
    expect((await send(app)).headers.get(header)).toBe(value)
  })

  it('replaces a plain header of that name', async () => {
    const app = responseTime({ header: 'X-Runtime', clock: clockOf(0, 2) })((_, startResponse) => {
      startResponse('200 OK', [['X-Runtime', '1.0ms']])
      return []
    })
    expect((await send(app)).headers.getAll('X-Runtime')).toEqual(['2.0ms'])
  })

  it('is on the answer to an error too, once', async () => {
    const app = responseTime({ clock: clockOf(0, 1, 2) })((_, startResponse) => {
      startResponse('200 OK', [])
      startResponse('500 Internal Server Error', [], new Error('broken'))
      return []
    })
    const { status, headers } = await send(app)
    expect([status, headers.getAll('X-Response-Time')]).toEqual([500, ['2.0ms']])
  })

  it('is on what a handler throws too', async () => {
    const app = responseTime({ clock: clockOf(0, 1) })(
      handler(() => {
        throw new HttpError(404)
      }),
    )
    expect((await send(app)).headers.get('X-Response-Time')).toBe('1.0ms')
  })

  it('does not change the list of the application', async () => {
    const list: [string, string][] = [['Content-Type', 'text/plain']]
    const app = responseTime()((_, startResponse) => {
      startResponse('200 OK', list)
      return []
    })
    await send(app)
    expect(list).toEqual([['Content-Type', 'text/plain']])
  })

  it('answers a synchronous application without a promise', () => {
    const body = text('done')
    const app = responseTime()(() => body)
    expect(app(setupTestingDefaults({}), () => () => Promise.resolve())).toBe(body)
  })

  it('carries its name', () => {
    expect(responseTime()(hello).name).toBe('responseTime')
  })
})

describe('options', () => {
  it.each<[options: object, message: string]>([
    [{ header: 'X:Time' }, 'responseTime: options.header: must be the name of a header; got "X:Time"'],
    [{ digits: 4 }, 'responseTime: options.digits: must be at most 3; got 4'],
    [{ digits: -1 }, 'responseTime: options.digits: must be at least 0; got -1'],
    [{ digits: 0.5 }, 'responseTime: options.digits: must be an integer; got 0.5'],
    [{ clock: 7 }, 'responseTime: options.clock: must be a function; got 7'],
    [{ suffix: true }, 'responseTime: options: must be without other members; got "suffix"'],
  ])('are refused at wiring: %j', (options, message) => {
    expect(() => responseTime(options as ResponseTimeOptions)).toThrow(new TypeError(message))
  })
})
