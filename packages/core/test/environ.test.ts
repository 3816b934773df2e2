import { describe, expect, it } from 'vitest'
import type { Environ, Exchange } from '../src/contract.ts'
import { BASE_KEYS, copyEnviron } from '../src/environ.ts'
import { makeEnviron, type RequestFacts, type ServerFacts } from '../src/gateway/environ.ts'
import { emptyInput } from '../src/input.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'

it('gives a copy with the changes, and leaves the outer environ as it was', () => {
  const outer = setupTestingDefaults({ PATH_INFO: '/a' })
  const before = { ...outer }
  const inner = copyEnviron(outer, { PATH_INFO: '/b', 'example.key': 1 })
  expect(inner).not.toBe(outer)
  expect({ ...inner }).toEqual({ ...before, PATH_INFO: '/b', 'example.key': 1 })
  inner.SCRIPT_NAME = '/changed'
  expect({ ...outer }).toEqual(before)
})

it('keeps what hangs on a key the same object', () => {
  const outer = setupTestingDefaults({})
  expect(copyEnviron(outer, {})['tsgi.exchange']).toBe(outer['tsgi.exchange'])
})

const made = (): Environ => {
  const server: ServerFacts = {
    name: 'localhost',
    port: '80',
    scheme: 'http',
    software: 'test',
    errors: { write() {}, writelines() {}, flush() {} },
    multithread: true,
    multiprocess: false,
    runOnce: false,
  }
  const request: RequestFacts = {
    method: 'GET',
    target: '/a?b',
    protocol: 'HTTP/1.1',
    headers: ['Host', 'localhost', 'Accept', '*/*', 'Cookie', 'a=1'],
    remoteAddress: '127.0.0.1',
    remotePort: '1',
    openInput: emptyInput,
    earlyHints: () => {},
  }
  return makeEnviron(server, request, {} as Exchange) as Environ
}

describe('of an environ as a server makes it', () => {
  it('knows the keys that it begins with, in their order', () => {
    expect(Object.keys(made()).slice(0, BASE_KEYS.length)).toEqual(BASE_KEYS)
    expect(BASE_KEYS.at(-1)).toBe('tsgi.exchange')
  })

  const without = (environ: Environ, key: keyof Environ): Environ => {
    Reflect.deleteProperty(environ, key)
    return environ
  }
  it.each<[what: string, outer: () => Environ]>([
    ['as it is', made],
    ['with a key of a layer', () => Object.assign(made(), { 'tsgi.session': {} })],
    ['with a key that is a number', () => Object.assign(made(), { 7: 1 })],
    ['without a key of the base', () => without(made(), 'REMOTE_PORT')],
    [
      'with a key of the base put in anew',
      () => Object.assign(without(made(), 'PATH_INFO'), { PATH_INFO: '/x' }),
    ],
    ['that is a copy itself', () => copyEnviron(made(), { SCRIPT_NAME: '/s', 'example.key': 1 })],
  ])('copies every key and no other: %s', (_, makeOuter) => {
    const outer = makeOuter()
    const inner = copyEnviron(outer, { PATH_INFO: '/b' })
    expect(Reflect.ownKeys(inner)).toEqual(Reflect.ownKeys(outer))
    for (const key of Reflect.ownKeys(outer))
      expect(inner[key as never]).toBe(key === 'PATH_INFO' ? '/b' : outer[key as never])
    expect('toString' in inner).toBe(false)
  })
})

it.each([made, () => setupTestingDefaults({})])(
  'copies no symbol, which is no key of an environ: %#',
  (make) => {
    const outer = Object.assign(make(), { [Symbol('example')]: 1 })
    expect(Object.getOwnPropertySymbols(copyEnviron(outer, {}))).toEqual([])
  },
)

it('has no inherited keys, and takes none over', () => {
  const outer: Environ = Object.create(
    { inherited: 1 },
    Object.getOwnPropertyDescriptors(setupTestingDefaults({})),
  )
  const inner = copyEnviron(outer, {})
  expect('toString' in inner).toBe(false)
  expect('inherited' in inner).toBe(false)
  expect(Object.keys(inner)).toEqual(Object.keys(outer))
})

it.each(['__proto__', 'constructor', 'toString'])('takes a key %j for a key', (key) => {
  const outer = setupTestingDefaults({})
  const changes = JSON.parse(`{ ${JSON.stringify(key)}: { "polluted": true } }`)
  const inner = copyEnviron(outer, changes)
  expect(Object.hasOwn(inner, key)).toBe(true)
  expect('polluted' in inner).toBe(false)
  expect('polluted' in {}).toBe(false)
  expect(key in copyEnviron(outer, {})).toBe(false)
})
