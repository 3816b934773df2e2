import type { Header } from '../contract.ts'
import { checkHeaderName, checkHeaderValue, isHopByHop } from '../field.ts'
import type { ResponseFacts } from './facts.ts'
import { passes, type Rule, show } from './rule.ts'

const CALLABLE = 'PEP 3333, the start_response() callable'

export interface StartCall {
  readonly args: readonly unknown[]
  readonly facts: Readonly<ResponseFacts>
}

/** How an application begins its response; each check may rely on the rules before it. */
export const startResponseRules: readonly Rule<StartCall>[] = [
  {
    key: 'start-response.arguments',
    sentence: 'startResponse is called with status and headers, and with an error where there is one',
    source: CALLABLE,
    side: 'application',
    check: ({ args }) => (args.length === 2 || args.length === 3 ? undefined : `${args.length} arguments`),
  },
  {
    key: 'start-response.in-time',
    sentence: 'startResponse is never called after the body has ended',
    source: CALLABLE,
    side: 'application',
    check: ({ args, facts }) => (facts.ended ? `a call with ${show(args[0])}` : undefined),
  },
  {
    key: 'start-response.once',
    sentence: 'startResponse is called once, or again with the error that made it necessary',
    source: CALLABLE,
    side: 'application',
    check: ({ args, facts }) =>
      facts.started && args[2] === undefined ? `a second call with ${show(args[0])}` : undefined,
  },
  {
    key: 'start-response.status',
    sentence:
      'the status is a code of three digits, one space, and a reason with no space around it, such as "200 OK"',
    source: CALLABLE,
    side: 'application',
    check: ({ args: [status] }) =>
      typeof status === 'string' && STATUS.test(status) ? undefined : show(status),
  },
  {
    key: 'start-response.reason',
    sentence: 'the reason holds no control characters, and none above U+00FF',
    source: 'RFC 9112 section 4',
    side: 'application',
    check: ({ args: [status] }) => (NOT_IN_REASON.test(status as string) ? show(status) : undefined),
  },
  {
    key: 'start-response.headers',
    sentence: 'the headers are an array of [name, value] pairs of strings',
    source: CALLABLE,
    side: 'application',
    check: ({ args: [, headers] }) => {
      if (!Array.isArray(headers)) return show(headers)
      const index = headers.findIndex((pair) => !isPair(pair))
      return index < 0 ? undefined : `${showPair(headers[index])} as headers[${index}]`
    },
  },
  {
    key: 'start-response.header-name',
    sentence: 'the name of a header is a token',
    source: 'RFC 9110 section 5.1',
    side: 'application',
    check: firstName((name) => !passes(() => checkHeaderName('', name))),
  },
  {
    key: 'start-response.header-value',
    sentence: 'the value of a header holds no control characters but tabs, and none above U+00FF',
    source: 'RFC 9110 section 5.5',
    side: 'application',
    check: ({ args }) => {
      const wrong = headersOf(args).find(([name, value]) => !passes(() => checkHeaderValue('', name, value)))
      return wrong && `${show(wrong[1])} as ${show(wrong[0])}`
    },
  },
  {
    key: 'start-response.hop-by-hop',
    sentence: 'no header is hop-by-hop, as the connection belongs to the server',
    source: 'PEP 3333, other HTTP features',
    side: 'application',
    check: firstName(isHopByHop),
  },
  {
    key: 'start-response.status-header',
    sentence: 'the status is the first argument, and never a header',
    source: CALLABLE,
    side: 'application',
    check: firstName((name) => name.toLowerCase() === 'status'),
  },
  {
    key: 'start-response.content-length',
    sentence: 'Content-Length is given at most once, in digits',
    source: 'RFC 9110 section 8.6',
    side: 'application',
    check: ({ args }) => {
      const lengths = contentLengths(args)
      if (lengths.length > 1) return `${lengths.length} of them`
      return lengths.every((length) => DIGITS.test(length)) ? undefined : show(lengths[0])
    },
  },
]

/** What a server gives back. */
export const startResponseResultRules: readonly Rule<unknown>[] = [
  {
    key: 'start-response.write',
    sentence: 'startResponse gives back write, a function',
    source: CALLABLE,
    side: 'server',
    check: (write) => (typeof write === 'function' ? undefined : show(write)),
  },
]

/** Code and length of a head that keeps the rules. */
export function readHead(args: readonly unknown[]): NonNullable<ResponseFacts['head']> {
  const [length] = contentLengths(args)
  return {
    code: Number((args[0] as string).slice(0, 3)),
    contentLength: length === undefined ? undefined : Number(length),
  }
}

// An empty reason is legal on the wire (RFC 9112 section 4), the space before it is not optional.
const STATUS = /^[1-9]\d\d (?:[^ ](?:.*[^ ])?)?$/s
const NOT_IN_REASON = /[^\x20-\x7e\x80-\xff]/
const DIGITS = /^\d{1,15}$/

function headersOf(args: readonly unknown[]): readonly Header[] {
  return args[1] as readonly Header[]
}

function contentLengths(args: readonly unknown[]): string[] {
  return headersOf(args).flatMap(([name, value]) => (name.toLowerCase() === 'content-length' ? [value] : []))
}

function isPair(pair: unknown): pair is Header {
  return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string')
}

function showPair(pair: unknown): string {
  return Array.isArray(pair) ? `[${pair.map(show).join(', ')}]` : show(pair)
}

function firstName(isWrong: (name: string) => boolean): (call: StartCall) => string | undefined {
  return ({ args }) => {
    const wrong = headersOf(args).find(([name]) => isWrong(name))
    return wrong && show(wrong[0])
  }
}
