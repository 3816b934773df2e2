import {
  type Application,
  copyEnviron,
  type Environ,
  type Middleware,
  onResponse,
  setupTestingDefaults,
} from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MiddlewareComposer } from '../src/middleware-composer.ts'

/** Answers with the layers that the request met, outermost first. */
const app: Application = (environ, startResponse) => {
  startResponse('200 OK', [['X-Met', environ.HTTP_X_MET ?? '']])
  return []
}

const named =
  (name: string): Middleware =>
  (inner) =>
  (environ, startResponse) =>
    inner(copyEnviron(environ, { HTTP_X_MET: (environ.HTTP_X_MET ?? '') + name }), startResponse)

/** Whether the client asks for a layer: `?ace`. */
const asksFor = (name: string) => (environ: Environ) => environ.QUERY_STRING.includes(name)

const met = async (composed: Application, query: string): Promise<string | undefined> =>
  (await send(composed, `/?${query}`)).headers.get('X-Met') ?? undefined

describe('MiddlewareComposer', () => {
  it.each(['', 'a', 'c', 'ac', 'ace', 'bd', 'abcde'])(
    'folds the true rules %j, outermost first',
    async (query) => {
      const composed = MiddlewareComposer(
        app,
        [...'abcde'].map((name) => [asksFor(name), named(name)] as const),
      )
      expect(await met(composed, query)).toBe(query)
    },
  )

  it('equals folding the true rules for each request', async () => {
    const rule = fc.record({ name: fc.constantFrom(...'abcde'), layer: fc.constantFrom(...'vwxyz') })
    const query = fc.subarray([...'abcde']).map((names) => names.join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { maxLength: 6 }), fc.array(query), async (rules, queries) => {
        const composed = MiddlewareComposer(
          app,
          rules.map(({ name, layer }) => [asksFor(name), named(layer)] as const),
        )
        for (const asked of queries) {
          const fold = rules
            .filter(({ name }) => asked.includes(name))
            .reduceRight<Application>((inner, { layer }) => named(layer)(inner), app)
          expect(await met(composed, asked)).toBe(await met(fold, asked))
        }
      }),
    )
  })

  it('asks each predicate once, before any layer runs', async () => {
    const log: string[] = []
    const asks = (name: string) => (environ: Environ) => {
      log.push(`${name}? ${environ.HTTP_X_MET ?? 'nothing'}`)
      return true
    }
    await send(
      MiddlewareComposer(app, [
        [asks('a'), named('a')],
        [asks('b'), named('b')],
      ]),
    )
    expect(log).toEqual(['a? nothing', 'b? nothing'])
  })

  it('builds each layer once, whatever it stands around', async () => {
    const counted: number[] = []
    const counter: Middleware = (inner) => {
      let count = 0
      return (environ, startResponse) => {
        counted.push(++count)
        return inner(environ, startResponse)
      }
    }
    const composed = MiddlewareComposer(app, [
      [asksFor('a'), named('a')],
      [asksFor('b'), counter],
      [asksFor('c'), named('c')],
    ])
    for (const query of ['b', 'ab', 'bc', 'abc']) await send(composed, `/?${query}`)
    expect(counted).toEqual([1, 2, 3, 4])
  })

  it('keeps the answers of one request through the changes that layers make', async () => {
    const rewrite: Middleware = (inner) => (environ, startResponse) =>
      inner({ ...copyEnviron(environ, { QUERY_STRING: '' }) }, startResponse)
    const composed = MiddlewareComposer(app, [
      [() => true, rewrite],
      [asksFor('b'), named('b')],
    ])
    expect(await met(composed, 'b')).toBe('b')
    expect(await met(composed, 'c')).toBe('')
  })

  it('asks anew for an environ that a layer made by itself', async () => {
    const elsewhere: Middleware = (inner) => (_environ, startResponse) =>
      // Whoever calls inward with an environ of its own gives what the inner side wants, as a server does.
      (inner as Application)(setupTestingDefaults({ QUERY_STRING: 'b' }), startResponse)
    const composed = MiddlewareComposer(app, [
      [() => true, elsewhere],
      [asksFor('a'), named('a')],
      [asksFor('b'), named('b')],
    ])
    expect(await met(composed, 'a')).toBe('b')
  })

  it('keeps requests apart that run at the same time', async () => {
    const gates: (() => void)[] = []
    const waits: Middleware = (inner) => async (environ, startResponse) => {
      await new Promise<void>((resolve) => gates.push(resolve))
      return inner(environ, startResponse)
    }
    const composed = MiddlewareComposer(app, [
      [() => true, waits],
      [asksFor('b'), named('b')],
    ])
    const answers = [met(composed, 'b'), met(composed, ''), met(composed, 'b')]
    for (const open of gates.toReversed()) open()
    expect(await Promise.all(answers)).toEqual(['b', '', 'b'])
  })

  it('keeps its answers apart from those of another one, inside it, around it or as one of its layers', async () => {
    const layer = (inner: Application) => MiddlewareComposer(inner, [[asksFor('c'), named('c')]])
    const inside = MiddlewareComposer(app, [[asksFor('e'), named('e')]])
    const composed = MiddlewareComposer(inside, [
      [asksFor('a'), named('a')],
      [() => true, layer],
      [asksFor('d'), named('d')],
    ])
    const around = MiddlewareComposer(composed, [[asksFor('b'), named('b')]])
    expect(await met(around, 'ade')).toBe('ade')
    expect(await met(around, 'bcd')).toBe('bcd')
    expect(await met(around, 'ce')).toBe('ce')
  })

  it('asks anew where a request comes back to it', async () => {
    const again: Application = (environ, startResponse) =>
      environ.QUERY_STRING === 'a'
        ? composed(copyEnviron(environ, { QUERY_STRING: 'b' }), startResponse)
        : app(environ, startResponse)
    const composed: Application = MiddlewareComposer(again, [
      [asksFor('a'), named('a')],
      [asksFor('b'), named('b')],
    ])
    expect(await met(composed, 'a')).toBe('ab')
  })

  it('changes nothing in the environ that it was given, and shows the inner side one key of its own', () => {
    let seen: Environ | undefined
    const keeps: Application = (environ) => {
      seen = environ
      return []
    }
    const environ = setupTestingDefaults({})
    const before = Reflect.ownKeys(environ)
    MiddlewareComposer(keeps, [[() => true, (inner) => inner]])(environ, () => async () => {})
    expect(Reflect.ownKeys(environ)).toEqual(before)
    expect(Object.keys(seen!).slice(0, -1)).toEqual(before)
    expect(Object.keys(seen!).at(-1)).toMatch(/^tsgi\.middleware_composer\.\d+$/)
  })

  it('stays sync, and gives back what the application gives', () => {
    const body: Uint8Array[] = []
    const composed = MiddlewareComposer(
      () => body,
      [
        [() => true, named('a')],
        [() => false, named('b')],
      ],
    )
    expect(composed(setupTestingDefaults({}), () => async () => {})).toBe(body)
  })

  it('leaves the answer to its layers', async () => {
    const marked: Middleware = (inner) => onResponse(inner, ({ headers }) => headers.set('X-Marked', 'yes'))
    const composed = MiddlewareComposer(app, [[asksFor('a'), marked]])
    expect((await send(composed, '/?a')).headers.get('X-Marked')).toBe('yes')
    expect((await send(composed, '/?b')).headers.has('X-Marked')).toBe(false)
  })

  it('has a name', () => {
    expect(MiddlewareComposer(app, []).name).toBe('MiddlewareComposer')
  })

  it.each<[wrong: unknown, got: string]>([
    [undefined, 'undefined'],
    [{}, 'object'],
    [[], 'object'],
  ])('throws for the application %o', (wrong, got) => {
    expect(() => MiddlewareComposer(wrong as Application, [])).toThrow(
      new TypeError(`MiddlewareComposer: app: must be an application, a function; got ${got}`),
    )
  })

  it('throws for a middleware that gives no application', () => {
    const none = (() => undefined) as unknown as Middleware
    expect(() =>
      MiddlewareComposer(app, [
        [() => true, named('a')],
        [() => true, none],
      ]),
    ).toThrow(
      new TypeError('MiddlewareComposer: rules[1]: middleware must give an application; got undefined'),
    )
  })
})
