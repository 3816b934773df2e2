import { describe, expect, it } from 'vitest'
import { cascade } from '../src/cascade.ts'
import type { Application, Body, Environ, Status } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { bytes, call, observe, settled } from './observe.ts'

const answering =
  (status: Status, body: () => Body): Application =>
  (_, startResponse) => {
    startResponse(status, [['X-From', status]])
    return body()
  }

/** Answers from inside its body, after empty chunks. */
const late = (status: Status, content: string): Application =>
  async function* (_, startResponse) {
    yield bytes('')
    startResponse(status, [['X-From', status]])
    yield bytes('')
    yield bytes(content)
  }

const found = answering('200 OK', () => [bytes('found')])

describe('cascade', () => {
  it.each<[fact: string, apps: Application[], status: string, content: string]>([
    ['takes the first that has it', [found, late('404 Not Found', 'no')], '200 OK', 'found'],
    [
      'passes 404 and 405 over',
      [answering('404 Not Found', () => [bytes('no')]), answering('405 No', () => []), found],
      '200 OK',
      'found',
    ],
    ['passes a late 404 over', [late('404 Not Found', 'no'), found], '200 OK', 'found'],
    ['takes a late answer', [late('404 Not Found', 'no'), late('200 OK', 'late'), found], '200 OK', 'late'],
    [
      'lets the last answer stand',
      [answering('404 Not Found', () => []), answering('404 Gone Fishing', () => [bytes('no')])],
      '404 Gone Fishing',
      'no',
    ],
    ['lets a late last answer stand', [late('404 Not Found', 'no'), late('405 No', 'no!')], '405 No', 'no!'],
    ['takes other errors', [answering('500 Oh No', () => [bytes('oh')]), found], '500 Oh No', 'oh'],
    [
      'passes over what was written, too',
      [
        (_, start) => {
          void start('404 Not Found', [])(bytes('no'))
          return []
        },
        found,
      ],
      '200 OK',
      'found',
    ],
    [
      'takes a late answer without a body',
      [late('404 Not Found', ''), late('200 OK', ''), found],
      '200 OK',
      '',
    ],
  ])('%s', async (_, apps, status, content) => {
    const answer = call(cascade(apps))
    await settled()
    expect([answer.status, answer.chunks.join(''), answer.end, answer.errors]).toEqual([
      status,
      content,
      'end',
      [],
    ])
    // Nothing of an answer that was passed over is left.
    expect(answer.headers.filter(([name]) => name === 'X-From').every(([, from]) => from === status)).toBe(
      true,
    )

    const asynchronous = call(cascade(apps.map((app) => async (environ, start) => app(environ, start))))
    await settled()
    expect([asynchronous.status, asynchronous.chunks.join('')]).toEqual([status, content])
  })

  it('asks at once where the applications are sync', () => {
    const { status, chunks, end } = call(cascade([answering('404 Not Found', () => []), found]))
    expect([status, chunks, end]).toEqual(['200 OK', ['found'], 'end'])
  })

  it('gives the body that is taken through untouched', () => {
    const body = observe([], [])
    const app = cascade([answering('200 OK', () => body), found])
    expect(app(call(found).environ, () => async () => {})).toBe(body)
  })

  it('takes the statuses that it is given, and no others', () => {
    const options = { statuses: [403] }
    expect(call(cascade([answering('403 No', () => []), found], options)).status).toBe('200 OK')
    expect(call(cascade([answering('404 No', () => []), found], options)).status).toBe('404 No')
  })

  it.each<[how: string, chunks: () => Body, isLate: boolean, log: string[]]>([
    ['before it was begun', () => [bytes('a')], false, ['close']],
    ['after it was begun, when it answered late', () => [bytes('')], true, ['begun', 'return', 'close']],
  ])(
    'closes a body that it passes over, once, before it asks the next: %s',
    async (_, chunks, isLate, log) => {
      const found: string[] = []
      let start = () => {}
      const first: Application = (_, startResponse) => {
        start = () => void startResponse('404 Not Found', [])
        if (isLate) {
          return observe(found, {
            *[Symbol.iterator]() {
              start()
              yield* chunks() as Iterable<Uint8Array>
            },
          })
        }
        start()
        return observe(found, chunks(), async () => {
          await settled()
          found.push('closed')
        })
      }
      call(
        cascade([
          first,
          (_, startResponse) => {
            found.push('next')
            startResponse('200 OK', [])
            return []
          },
        ]),
      )
      await settled()
      await settled()
      expect(found).toEqual([...log, ...(isLate ? [] : ['closed']), 'next'])
    },
  )

  it.each<[ending: string, body: () => Body, log: string[]]>([
    ['finished', () => [bytes(''), bytes('a'), bytes('b')], ['begun', 'close']],
    ['the inner body threw', () => failing(), ['begun', 'close']],
  ])('closes a late body that it takes, once: %s', async (ending, body, log) => {
    const found: string[] = []
    const app = cascade([
      (_, startResponse) =>
        observe(found, {
          *[Symbol.iterator]() {
            startResponse('200 OK', [])
            yield* body() as Iterable<Uint8Array>
          },
        }),
      () => [],
    ])
    const answer = call(app)
    await settled()
    expect(found).toEqual(log)
    expect(answer.end).toBe(ending === 'finished' ? 'end' : 'cut')
  })

  it('answers 500 when a late application fails before it has answered', async () => {
    const log: string[] = []
    const answer = call(cascade([() => observe(log, throwing()), found]))
    await settled()
    expect([answer.status, log]).toEqual(['500 Internal Server Error', ['begun', 'close']])
    expect(answer.errors.join('')).toContain('boom')
  })

  it('does not ask the next when one throws', () => {
    const { status } = call(
      cascade([
        () => {
          throw new Error('boom')
        },
        found,
      ]),
    )
    expect(status).toBe('500 Internal Server Error')
  })

  it('gives each application a copy of environ of its own', () => {
    const seen: Environ[] = []
    const dirty: Application = (environ, startResponse) => {
      seen.push(copyEnviron(environ, {}))
      environ.PATH_INFO = '/changed'
      environ['HTTP_X'] = 'added'
      startResponse('404 Not Found', [])
      return []
    }
    const { environ } = call(cascade([dirty, dirty]), { PATH_INFO: '/a' })
    expect([environ.PATH_INFO, 'HTTP_X' in environ]).toEqual(['/a', false])
    expect(seen.map((given) => [given.PATH_INFO, given['HTTP_X']])).toEqual([
      ['/a', undefined],
      ['/a', undefined],
    ])
  })

  it('refuses a second call of startResponse without an error, also where the first is passed over', () => {
    let thrown: unknown
    const app = cascade([
      (_, startResponse) => {
        startResponse('404 Not Found', [])
        try {
          startResponse('200 OK', [])
        } catch (error) {
          thrown = error
        }
        return []
      },
      found,
    ])
    expect(call(app).status).toBe('200 OK')
    expect(String(thrown)).toContain('got a second call')
  })

  it('takes the error that replaces an answer which would have been passed over', () => {
    const app = cascade([
      (_, startResponse) => {
        startResponse('404 Not Found', [])
        startResponse('500 Oh No', [], new Error('late'))
        return [bytes('oh')]
      },
      found,
    ])
    expect(call(app)).toMatchObject({ status: '500 Oh No', chunks: ['oh'] })
  })

  it('lets an error stand that replaces an answer which was taken, whatever its status', () => {
    const app = cascade([
      (_, startResponse) => {
        startResponse('200 OK', [])
        startResponse('404 Not Found', [], new Error('late'))
        return [bytes('no')]
      },
      found,
    ])
    expect(call(app)).toMatchObject({ status: '404 Not Found', chunks: ['no'] })
  })

  it('leaves it to the server to refuse an application that never answers', async () => {
    for (const app of [() => [bytes('a')], () => []]) {
      const answer = call(cascade([app, found]))
      await settled()
      expect(answer.status).toBe('500 Internal Server Error')
      expect(answer.errors.join('')).toContain('startResponse must be called')
    }
  })

  it('refuses to be made of nothing, or of what is no application', () => {
    expect(() => cascade([])).toThrow('cascade: apps: must hold at least one application; got none')
    expect(() => cascade([found, {} as never])).toThrow('cascade: apps[1]: must be a function; got object')
  })
})

function* failing(): Generator<Uint8Array> {
  yield bytes('a')
  throw new Error('boom')
}

// biome-ignore lint/correctness/useYield: it fails before the first chunk
function* throwing(): Generator<Uint8Array> {
  throw new Error('boom')
}
