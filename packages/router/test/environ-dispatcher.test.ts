import { type Application, type Environ, setupTestingDefaults } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { expect, it } from 'vitest'
import { EnvironDispatcher } from '../src/environ-dispatcher.ts'

const says =
  (text: string): Application =>
  (_environ, startResponse) => {
    startResponse('200 OK', [['X-App', text]])
    return []
  }

it.each<[what: string, answers: boolean[], app: string]>([
  ['the first where all are true', [true, true], '0'],
  ['the first that is true', [false, true, true], '1'],
  ['the last', [false, false, true], '2'],
  ['otherwise', [false, false], 'otherwise'],
  ['otherwise without rules', [], 'otherwise'],
])('gives %s', async (_what, answers, expected) => {
  const app = EnvironDispatcher(
    answers.map((answer, i) => [() => answer, says(String(i))] as const),
    { otherwise: says('otherwise') },
  )
  expect((await send(app)).headers.get('X-App')).toBe(expected)
})

it('asks of the environ, and nobody after the first that is true', async () => {
  const asked: string[] = []
  const asks = (name: string, host: string) => (environ: Environ) => {
    asked.push(name)
    return environ.HTTP_HOST === host
  }
  const app = EnvironDispatcher([
    [asks('a', 'a.example'), says('a')],
    [asks('b', 'b.example'), says('b')],
    [asks('c', 'c.example'), says('c')],
  ])
  const { headers } = await send(app, { headers: { Host: 'b.example' } })
  expect([headers.get('X-App'), asked]).toEqual(['b', ['a', 'b']])
})

it('answers 404 in plain text where nothing is true', async () => {
  const answer = await send(EnvironDispatcher([[() => false, says('never')]]))
  expect([answer.status, answer.text]).toEqual([404, '404 Not Found\n'])
  expect(answer.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
})

it('hands on the environ that it was given, and gives back what the application gives', () => {
  const body: Uint8Array[] = []
  let seen: Environ | undefined
  const keeps: Application = (environ) => {
    seen = environ
    return body
  }
  const environ = setupTestingDefaults({})
  const before = { ...environ }
  for (const app of [EnvironDispatcher([[() => true, keeps]]), EnvironDispatcher([], { otherwise: keeps })]) {
    seen = undefined
    expect(app(environ, () => async () => {})).toBe(body)
    expect(seen).toBe(environ)
  }
  expect({ ...environ }).toEqual(before)
})

it('has a name', () => {
  expect(EnvironDispatcher([]).name).toBe('EnvironDispatcher')
})

it.each<[options: unknown, message: string]>([
  [null, 'EnvironDispatcher: options: must be an object; got null'],
  ['app', 'EnvironDispatcher: options: must be an object; got string'],
  [says(''), 'EnvironDispatcher: options: must be an object; got function'],
  [
    { otherwise: 'app' },
    'EnvironDispatcher: options.otherwise: must be an application, a function; got string',
  ],
  [
    { otherwise: null },
    'EnvironDispatcher: options.otherwise: must be an application, a function; got object',
  ],
  [{ default: says('') }, 'EnvironDispatcher: options: must be without other members; got "default"'],
])('throws for the options %o', (options, message) => {
  expect(() => EnvironDispatcher([], options as object)).toThrow(new TypeError(message))
})
