import { isBytes } from '../bytes.ts'
import { isPromiseLike } from '../promise.ts'
import { missingMethod, type Rule, show } from './rule.ts'

const METHODS: readonly string[] = ['read', 'readline', 'readlines']

/** What a server puts into `wsgi.input`. */
export const inputRules: readonly Rule<unknown>[] = [
  {
    key: 'input.members',
    sentence: 'wsgi.input has read, readline, readlines and async iteration',
    source: 'PEP 3333, input and error streams',
    side: 'server',
    check: (input) => missingMethod(input, [...METHODS, Symbol.asyncIterator]),
  },
]

/** Which member an application asks for. */
export const inputMemberRules: readonly Rule<string>[] = [
  {
    key: 'input.only',
    sentence: 'nothing of wsgi.input is used but read, readline, readlines and async iteration',
    source: 'PEP 3333, input and error streams',
    side: 'application',
    check: (member) => (METHODS.includes(member) ? undefined : member),
  },
]

export interface InputCall {
  readonly method: string
  readonly args: readonly unknown[]
}

/** How an application reads. */
export const inputCallRules: readonly Rule<InputCall>[] = [
  {
    key: 'input.size',
    sentence: 'the size or hint of a read is one whole number of bytes, or left out',
    source: 'PEP 3333, input and error streams',
    side: 'application',
    check: ({ method, args }) => {
      if (args.length > 1) return `${method} with ${args.length} arguments`
      return args[0] === undefined || Number.isInteger(args[0]) ? undefined : `${method}(${show(args[0])})`
    },
  },
]

/** What a server gives at once. */
export const inputPromiseRules: readonly Rule<InputResult>[] = [
  {
    key: 'input.promise',
    sentence: 'read, readline and readlines give a promise',
    source: 'TSGI, environ',
    side: 'server',
    check: ({ method, result }) => (isPromiseLike(result) ? undefined : `${show(result)} from ${method}`),
  },
]

export interface InputResult extends InputCall {
  readonly result: unknown
}

/** What a server gives in the end. */
export const inputResultRules: readonly Rule<InputResult>[] = [
  {
    key: 'input.bytes',
    sentence: 'read, readline and iteration give bytes, and readlines an array of bytes',
    source: 'PEP 3333, input and error streams',
    side: 'server',
    check: ({ method, result }) => {
      const isRight =
        method === 'readlines' ? Array.isArray(result) && result.every(isBytes) : isBytes(result)
      return isRight ? undefined : `${show(result)} from ${method}`
    },
  },
  {
    key: 'input.at-most',
    sentence: 'read and readline give no more bytes than were asked for',
    source: 'PEP 3333, input and error streams',
    side: 'server',
    check: ({ method, args: [size], result }) => {
      if (method === 'readlines' || typeof size !== 'number' || size < 0) return undefined
      const { length } = result as Uint8Array
      return length <= size ? undefined : `${length} bytes from ${method}(${size})`
    },
  },
]
