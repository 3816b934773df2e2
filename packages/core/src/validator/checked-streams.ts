import type { ErrorStream, InputStream } from '../contract.ts'
import { standFor } from '../input-identity.ts'
import { errorsMemberRules, errorsTextRules } from './errors-rules.ts'
import { inputCallRules, inputMemberRules, inputPromiseRules, inputResultRules } from './input-rules.ts'
import type { Judge } from './judge.ts'
import type { Rule } from './rule.ts'

/** An input that reads the same bytes, and judges who reads and what is read. */
export function checkInput(input: InputStream, judge: Judge): InputStream {
  const call =
    <Result>(method: 'read' | 'readline' | 'readlines') =>
    (...args: unknown[]): Promise<Result> => {
      judge.keeps(inputCallRules, { method, args })
      const result = Reflect.apply(input[method], input, args) as Promise<Result>
      if (!judge.keeps(inputPromiseRules, { method, args, result })) return result
      return pass(result, (result) => judge.keeps(inputResultRules, { method, args, result }))
    }
  const checked: InputStream = {
    read: call('read'),
    readline: call('readline'),
    readlines: call('readlines'),
    [Symbol.asyncIterator]() {
      const iterator = input[Symbol.asyncIterator]()
      const next = (): Promise<IteratorResult<Uint8Array>> =>
        pass(iterator.next(), ({ done, value }) => {
          if (!done) judge.keeps(inputResultRules, { method: 'iteration', args: [], result: value })
        })
      if (iterator.return === undefined) return { next }
      return { next, return: () => iterator.return!() }
    },
  }
  const narrow = onlyMembers(checked, input, inputMemberRules, judge)
  standFor(narrow, input)
  return narrow
}

/** The same result, once it was looked at. */
function pass<Result>(promise: Promise<Result>, look: (result: Result) => void): Promise<Result> {
  const passed = promise.then((result) => {
    look(result)
    return result
  })
  // A read that the application forgot must not end the process when the client leaves.
  passed.catch(() => {})
  return passed
}

/** An error stream that writes to the same place, and judges who writes. */
export function checkErrors(errors: ErrorStream, judge: Judge): ErrorStream {
  const checked: ErrorStream = {
    write(text) {
      judge.keeps(errorsTextRules, text)
      errors.write(text)
    },
    writelines(texts) {
      // Taken once, as it may be a generator.
      const lines = [...texts]
      for (const line of lines) judge.keeps(errorsTextRules, line)
      errors.writelines(lines)
    },
    flush() {
      errors.flush()
    },
  }
  return onlyMembers(checked, errors, errorsMemberRules, judge)
}

/**
 * Shows of a stream what is checked. Whoever asks for anything else that this server's stream happens to have is
 * judged; what no stream has is `undefined`, as ever, so that a library may look what kind of thing it was given.
 */
function onlyMembers<Stream extends object>(
  checked: Stream,
  stream: Stream,
  rules: readonly Rule<string>[],
  judge: Judge,
): Stream {
  return new Proxy(checked, {
    get(target, member) {
      if (member in target) return Reflect.get(target, member)
      if (typeof member === 'string' && member in stream) judge.keeps(rules, member)
      const value: unknown = Reflect.get(stream, member)
      return typeof value === 'function' ? value.bind(stream) : value
    },
  })
}
