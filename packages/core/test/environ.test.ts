import { expect, it } from 'vitest'
import type { Environ } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
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
