import { describe, expect, it } from 'vitest'
import { type ApplicationClass, type ApplicationObject, applicationFrom } from '../src/application-from.ts'
import type { Body, Environ, StartResponse } from '../src/contract.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

const environ = setupTestingDefaults({})
const startResponse: StartResponse = () => async () => {}

describe('a class', () => {
  class Page implements Iterable<Uint8Array> {
    readonly environ: Environ
    readonly startResponse: StartResponse

    constructor(environ: Environ, startResponse: StartResponse) {
      this.environ = environ
      this.startResponse = startResponse
    }

    *[Symbol.iterator](): Generator<Uint8Array> {
      this.startResponse('200 OK', [])
      yield Uint8Array.of(1, 2)
    }
  }

  it('becomes an application whose body is an instance of it, a new one for each request', () => {
    const application = applicationFrom(Page)
    const first = application(environ, startResponse)
    const second = application(environ, startResponse)
    expect(first).toBeInstanceOf(Page)
    expect(first).toMatchObject({ environ, startResponse })
    expect(second).not.toBe(first)
    expect([...(first as Page)]).toEqual([Uint8Array.of(1, 2)])
  })

  it('gives the application its name', () => {
    expect(applicationFrom(Page).name).toBe('Page')
    expect(applicationFrom(class extends Page {}).name).toBe('')
  })

  it('may have a static call, which is not the application', () => {
    class Odd extends Page {
      static override call(): Body {
        throw new Error('must not be called')
      }
    }
    expect(applicationFrom(Odd)(environ, startResponse)).toBeInstanceOf(Odd)
  })
})

describe('an object with call', () => {
  class Counter {
    count = 0
    call(_environ: Environ, startResponse: StartResponse): Body {
      startResponse('200 OK', [])
      return [Uint8Array.of(++this.count)]
    }
  }

  it('becomes an application that calls it as a method', () => {
    const application = applicationFrom(new Counter())
    expect(application(environ, startResponse)).toEqual([Uint8Array.of(1)])
    expect(application(environ, startResponse)).toEqual([Uint8Array.of(2)])
  })

  it('is given what the application is given', () => {
    let given: unknown[] = []
    const application = applicationFrom({
      call(...args: unknown[]) {
        given = args
        return []
      },
    })
    application(environ, startResponse)
    expect(given).toEqual([environ, startResponse])
    expect(given[0]).toBe(environ)
  })

  it('stays sync, and stays async', async () => {
    expect(applicationFrom({ call: () => [] })(environ, startResponse)).toEqual([])
    const promise = applicationFrom({ call: async () => [] })(environ, startResponse)
    expect(promise).toBeInstanceOf(Promise)
    expect(await promise).toEqual([])
  })

  it('gives the application the name of its class', () => {
    expect(applicationFrom(new Counter()).name).toBe('Counter')
  })

  it('need not have a class', () => {
    const bare: ApplicationObject = Object.assign(Object.create(null), { call: () => [] })
    expect(applicationFrom(bare)(environ, startResponse)).toEqual([])
  })
})

describe('anything else', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
    [{ call: 1 }, 'object'],
    ['page', '"page"'],
    [5, 'number'],
    [function page() {}, 'the function "page", which is an application already'],
    [async function page() {}, 'the function "page", which is an application already'],
    [function* page() {}, 'the function "page", which is an application already'],
    [async function* page() {}, 'the function "page", which is an application already'],
    [() => [], 'the function "", which is an application already'],
    [Counted.prototype.call, 'the function "call", which is an application already'],
  ])('is refused, and named: %o', (source, found) => {
    const adapt = () => applicationFrom(source as ApplicationClass)
    expect(adapt).toThrow(TypeError)
    expect(adapt).toThrow(
      `applicationFrom: must be a class, or an object with call(environ, startResponse); got ${found}`,
    )
  })
})

class Counted {
  call(): Body {
    return []
  }
}
