import { isBytes } from '../bytes.ts'
import type { Outcome } from '../contract.ts'
import { isToken } from '../field-syntax.ts'
import { isPromiseLike } from '../promise.ts'
import { missingMethod, type Rule, show } from './judge.ts'

const DETAILS = 'PEP 3333, specification details'
const VARIABLES = 'PEP 3333, environ variables'
const STREAMS = 'PEP 3333, input and error streams'
const ENVIRON = 'TSGI, environ'

/** What has been seen of the exchange at the same place. */
export interface ExchangeFacts {
  /** It is over, by itself: whatever is under way when a client leaves may come to its end as it can. */
  isOver: boolean
  /** How many of the promises that `waitUntil` was given are not settled. */
  working: number
}

/** What an application is called with. */
export const callRules: readonly Rule<readonly unknown[]>[] = [
  {
    key: 'call.arguments',
    sentence: 'an application is called with environ and startResponse, and nothing else',
    source: DETAILS,
    side: 'server',
    check: (args) => (args.length === 2 ? undefined : `${args.length} arguments`),
  },
  {
    key: 'call.start-response',
    sentence: 'startResponse is a function',
    source: DETAILS,
    side: 'server',
    check: ([, startResponse]) => (typeof startResponse === 'function' ? undefined : show(startResponse)),
  },
  {
    key: 'environ.plain',
    sentence: 'environ is a plain object that inherits no keys, but for those of every object',
    source: DETAILS,
    side: 'server',
    check: ([environ]) => (isPlain(environ) ? undefined : show(environ)),
  },
]

type AnyEnviron = Readonly<Record<string, unknown>>

/** What a server puts into `environ`. */
export const environRules: readonly Rule<AnyEnviron>[] = [
  {
    key: 'environ.mutable',
    sentence: 'environ can be changed by whoever is given it',
    source: DETAILS,
    side: 'server',
    check: (environ) => {
      if (Object.isFrozen(environ)) return 'a frozen object'
      const key = readOnlyKey(environ)
      if (key !== undefined) return `${show(key)}, which is read-only`
      return Object.isExtensible(environ) ? undefined : 'an object that takes no more keys'
    },
  },
  {
    key: 'environ.required',
    sentence: 'environ has every key that is not optional',
    source: ENVIRON,
    side: 'server',
    check: (environ) => {
      const missing = REQUIRED_KEYS.find((key) => environ[key] === undefined)
      return missing && `no ${show(missing)}`
    },
  },
  {
    key: 'environ.strings',
    sentence: 'every key without a dot holds a string',
    source: VARIABLES,
    side: 'server',
    check: (environ) => {
      for (const [key, value] of Object.entries(environ)) {
        if (!key.includes('.') && typeof value !== 'string') return `${show(value)} as ${show(key)}`
      }
    },
  },
  {
    key: 'environ.header-keys',
    sentence: 'a key that begins with HTTP_ goes on with the name of a header, in capitals, and "_" for "-"',
    source: 'RFC 3875 section 4.1.18',
    side: 'server',
    check: (environ) => {
      const wrong = Object.keys(environ).find((key) => key.startsWith('HTTP_') && !HEADER_KEY.test(key))
      return wrong && show(wrong)
    },
  },
  {
    key: 'environ.content-keys',
    sentence: 'Content-Type and Content-Length are CONTENT_TYPE and CONTENT_LENGTH, without HTTP_',
    source: 'RFC 3875 section 4.1.18',
    side: 'server',
    check: (environ) => presentKey(environ, ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH']),
  },
  {
    key: 'environ.proxy',
    sentence: 'HTTP_PROXY is absent, which programs would take for their outgoing proxy',
    source: 'CVE-2016-5385',
    side: 'server',
    check: (environ) => presentKey(environ, ['HTTP_PROXY']),
  },
  {
    key: 'environ.latin1',
    sentence:
      'REQUEST_METHOD, REQUEST_URI, QUERY_STRING, CONTENT_TYPE and the headers hold no character above U+00FF',
    source: 'PEP 3333, unicode issues',
    side: 'server',
    check: (environ) => {
      const { REQUEST_METHOD, REQUEST_URI, QUERY_STRING } = environ
      return wrongValue({ REQUEST_METHOD, REQUEST_URI, QUERY_STRING, ...headersOf(environ) }, /[^\0-\xff]/)
    },
  },
  {
    key: 'environ.header-values',
    sentence: 'CONTENT_TYPE and the headers hold no CR, LF or NUL',
    source: 'RFC 9110 section 5.5',
    side: 'server',
    check: (environ) => wrongValue(headersOf(environ), /[\r\n\0]/),
  },
  {
    key: 'environ.method',
    sentence: 'REQUEST_METHOD is a token',
    source: 'RFC 9110 section 9.1',
    side: 'server',
    check: ({ REQUEST_METHOD }) => (isToken(REQUEST_METHOD) ? undefined : show(REQUEST_METHOD)),
  },
  {
    key: 'environ.script-name',
    sentence: 'SCRIPT_NAME is empty, or starts with "/" and does not end with "/"',
    source: VARIABLES,
    side: 'server',
    check: ({ SCRIPT_NAME }) => unlike(/^(?:\/.*[^/])?$/s, SCRIPT_NAME),
  },
  {
    key: 'environ.path-info',
    sentence: 'PATH_INFO is empty, or starts with "/"',
    source: VARIABLES,
    side: 'server',
    check: ({ PATH_INFO }) => unlike(/^(?:\/|$)/, PATH_INFO),
  },
  {
    key: 'environ.path-pair',
    sentence: 'SCRIPT_NAME and PATH_INFO are not both empty, but for "OPTIONS *"',
    source: 'RFC 9112 section 3.2.1',
    side: 'server',
    check: ({ REQUEST_METHOD, SCRIPT_NAME, PATH_INFO }) =>
      SCRIPT_NAME === '' && PATH_INFO === '' && REQUEST_METHOD !== 'OPTIONS'
        ? `neither, for ${show(REQUEST_METHOD)}`
        : undefined,
  },
  {
    key: 'environ.path-text',
    sentence: 'SCRIPT_NAME and PATH_INFO hold no NUL, and no half of a surrogate pair',
    source: ENVIRON,
    side: 'server',
    // Under the flag `u` a pair is one character of another category, so only lone halves match.
    check: ({ SCRIPT_NAME, PATH_INFO }) => wrongValue({ SCRIPT_NAME, PATH_INFO }, /\0|\p{Surrogate}/u),
  },
  {
    key: 'environ.request-uri',
    sentence: 'REQUEST_URI is not empty, and holds no space and no control characters',
    source: 'RFC 9112 section 3.2',
    side: 'server',
    check: ({ REQUEST_URI }) => unlike(/^[^\0-\x20\x7f]+$/, REQUEST_URI),
  },
  {
    key: 'environ.protocol',
    sentence: 'SERVER_PROTOCOL is HTTP/ and a version, such as "HTTP/1.1"',
    source: 'RFC 3875 section 4.1.16',
    side: 'server',
    check: ({ SERVER_PROTOCOL }) => unlike(/^HTTP\/\d+(?:\.\d+)?$/, SERVER_PROTOCOL),
  },
  {
    key: 'environ.gateway-interface',
    sentence: 'GATEWAY_INTERFACE is CGI/ and a version, such as "CGI/1.1"',
    source: 'RFC 3875 section 4.1.4',
    side: 'server',
    check: ({ GATEWAY_INTERFACE }) => unlike(/^CGI\/\d+\.\d+$/, GATEWAY_INTERFACE),
  },
  {
    key: 'environ.server-names',
    sentence: 'SERVER_NAME and SERVER_SOFTWARE are not empty',
    source: VARIABLES,
    side: 'server',
    check: (environ) => {
      const empty = ['SERVER_NAME', 'SERVER_SOFTWARE'].find((key) => environ[key] === '')
      return empty && `"" as ${show(empty)}`
    },
  },
  {
    key: 'environ.server-port',
    sentence: 'SERVER_PORT is a number from 1 to 65535, in digits',
    source: 'RFC 3875 section 4.1.15',
    side: 'server',
    check: ({ SERVER_PORT }) =>
      DIGITS.test(SERVER_PORT as string) && Number(SERVER_PORT) >= 1 && Number(SERVER_PORT) <= 65535
        ? undefined
        : show(SERVER_PORT),
  },
  {
    key: 'environ.remote-port',
    sentence: 'REMOTE_PORT is digits, or empty',
    source: ENVIRON,
    side: 'server',
    check: ({ REMOTE_PORT }) => unlike(/^\d*$/, REMOTE_PORT),
  },
  {
    key: 'environ.content-length',
    sentence: 'CONTENT_LENGTH is digits, for a number below 2^53, or absent',
    source: 'RFC 9110 section 8.6',
    side: 'server',
    check: ({ CONTENT_LENGTH = '0' }) =>
      DIGITS.test(CONTENT_LENGTH as string) && Number.isSafeInteger(Number(CONTENT_LENGTH))
        ? undefined
        : show(CONTENT_LENGTH),
  },
  {
    key: 'environ.version',
    sentence: 'wsgi.version is [1, 0]',
    source: VARIABLES,
    side: 'server',
    check: ({ 'wsgi.version': version }) => {
      const isOneZero = Array.isArray(version) && version.length === 2 && version[0] === 1 && version[1] === 0
      return isOneZero ? undefined : Array.isArray(version) ? JSON.stringify(version) : show(version)
    },
  },
  {
    key: 'environ.url-scheme',
    sentence: 'wsgi.url_scheme is "http" or "https"',
    source: VARIABLES,
    side: 'server',
    check: ({ 'wsgi.url_scheme': scheme }) =>
      scheme === 'http' || scheme === 'https' ? undefined : show(scheme),
  },
  {
    key: 'environ.https',
    sentence: 'HTTPS is "on", and the scheme "https", or it is absent',
    source: VARIABLES,
    side: 'server',
    check: ({ HTTPS, 'wsgi.url_scheme': scheme }) => {
      if (HTTPS === undefined) return undefined
      if (HTTPS !== 'on') return show(HTTPS)
      return scheme === 'https' ? undefined : `"on" with ${show(scheme)}`
    },
  },
  {
    key: 'environ.flags',
    sentence: 'wsgi.multithread, wsgi.multiprocess and wsgi.run_once are booleans',
    source: VARIABLES,
    side: 'server',
    check: (environ) => {
      const flags = ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once']
      const wrong = flags.find((key) => typeof environ[key] !== 'boolean')
      return wrong && `${show(environ[wrong])} as ${show(wrong)}`
    },
  },
  {
    key: 'environ.input-terminated',
    sentence: 'wsgi.input_terminated is true',
    source: ENVIRON,
    side: 'server',
    check: ({ 'wsgi.input_terminated': terminated }) => (terminated === true ? undefined : show(terminated)),
  },
  {
    key: 'environ.functions',
    sentence: 'wsgi.file_wrapper and wsgi.early_hints are functions, or absent',
    source: ENVIRON,
    side: 'server',
    check: (environ) => {
      const wrong = ['wsgi.file_wrapper', 'wsgi.early_hints'].find(
        (key) => environ[key] !== undefined && typeof environ[key] !== 'function',
      )
      return wrong && `${show(environ[wrong])} as ${show(wrong)}`
    },
  },
  {
    key: 'environ.extension-keys',
    sentence: 'a key with a dot is made of lower-case letters, digits, dots and underscores',
    source: VARIABLES,
    side: 'server',
    advice: true,
    check: (environ) => {
      const wrong = Object.keys(environ).find(
        // The name of a header may have a dot.
        (key) => key.includes('.') && !key.startsWith('HTTP_') && !EXTENSION_KEY.test(key),
      )
      return wrong && show(wrong)
    },
  },
]

/** What a server puts into `wsgi.input`. */
export const inputRules: readonly Rule<unknown>[] = [
  {
    key: 'input.members',
    sentence: 'wsgi.input has read, readline, readlines and async iteration',
    source: STREAMS,
    side: 'server',
    check: (input) => missingMethod(input, [...INPUT_METHODS, Symbol.asyncIterator]),
  },
]

/** Which member an application asks for. */
export const inputMemberRules: readonly Rule<string>[] = [
  {
    key: 'input.only',
    sentence: 'nothing of wsgi.input is used but read, readline, readlines and async iteration',
    source: STREAMS,
    side: 'application',
    check: (member) => (INPUT_METHODS.includes(member) ? undefined : member),
  },
]

interface InputCall {
  readonly method: string
  readonly args: readonly unknown[]
}

interface TimedCall extends InputCall {
  /** The exchange is over. */
  readonly isLate: boolean
}

/** How an application reads. */
export const inputCallRules: readonly Rule<TimedCall>[] = [
  {
    key: 'input.in-time',
    sentence: 'wsgi.input is not used once the exchange is over',
    source: ENVIRON,
    side: 'application',
    check: ({ method, isLate }) => (isLate ? method : undefined),
  },
  {
    key: 'input.size',
    sentence: 'the size or hint of a read is one whole number of bytes, or left out',
    source: STREAMS,
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
    source: ENVIRON,
    side: 'server',
    check: ({ method, result }) => (isPromiseLike(result) ? undefined : `${show(result)} from ${method}`),
  },
]

interface InputResult extends InputCall {
  readonly result: unknown
}

/** What a server gives in the end. */
export const inputResultRules: readonly Rule<InputResult>[] = [
  {
    key: 'input.bytes',
    sentence: 'read, readline and iteration give bytes, and readlines an array of bytes',
    source: STREAMS,
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
    source: STREAMS,
    side: 'server',
    check: ({ method, args: [size], result }) => {
      if (method === 'readlines' || typeof size !== 'number' || size < 0) return undefined
      const { length } = result as Uint8Array
      return length <= size ? undefined : `${length} bytes from ${method}(${size})`
    },
  },
]

/** What a server puts into `wsgi.errors`. */
export const errorsRules: readonly Rule<unknown>[] = [
  {
    key: 'errors.members',
    sentence: 'wsgi.errors has write, writelines and flush',
    source: STREAMS,
    side: 'server',
    check: (errors) => missingMethod(errors, ERRORS_METHODS),
  },
]

/** Which member an application asks for. */
export const errorsMemberRules: readonly Rule<string>[] = [
  {
    key: 'errors.only',
    sentence: 'nothing of wsgi.errors is used but write, writelines and flush',
    source: STREAMS,
    side: 'application',
    check: (member) => (ERRORS_METHODS.includes(member) ? undefined : member),
  },
]

interface ErrorsCall {
  readonly method: string
  readonly texts: readonly unknown[]
  /** The exchange is over, and so is all work that was given to `waitUntil`. */
  readonly isLate: boolean
}

/** How an application writes. */
export const errorsCallRules: readonly Rule<ErrorsCall>[] = [
  {
    key: 'errors.in-time',
    sentence:
      'wsgi.errors is not used once the exchange is over, but in the callbacks of onFinish and the work of waitUntil',
    source: ENVIRON,
    side: 'application',
    check: ({ method, isLate }) => (isLate ? method : undefined),
  },
  {
    key: 'errors.text',
    sentence: 'what is written to wsgi.errors is a string',
    source: STREAMS,
    side: 'application',
    check: ({ texts }) => {
      const index = texts.findIndex((text) => typeof text !== 'string')
      return index < 0 ? undefined : show(texts[index])
    },
  },
]

/** What a server puts into `tsgi.exchange`. */
export const exchangeRules: readonly Rule<unknown>[] = [
  {
    key: 'exchange.members',
    sentence: 'tsgi.exchange has signal, onFinish, waitUntil and route',
    source: ENVIRON,
    side: 'server',
    check: (exchange) => {
      const missing = missingMethod(exchange, ['onFinish', 'waitUntil'])
      if (missing !== undefined) return missing
      // Not read: the signal is made when it is first asked for.
      const absent = EXCHANGE_MEMBERS.find((name) => !(name in (exchange as object)))
      return absent && `no ${absent}`
    },
  },
]

/** What an exchange calls back with at once. */
export const freshRules: readonly Rule<Outcome | undefined>[] = [
  {
    key: 'exchange.fresh',
    sentence: 'an application is called before its exchange is over',
    source: ENVIRON,
    side: 'server',
    // A client may leave at any time: nobody is to blame for what was under way.
    check: (outcome) => (outcome === undefined || outcome.aborted ? undefined : 'an exchange that is over'),
  },
]

/** Which member an application asks for. */
export const exchangeMemberRules: readonly Rule<string>[] = [
  {
    key: 'exchange.only',
    sentence: 'nothing of tsgi.exchange is used but signal, onFinish, waitUntil and route',
    source: ENVIRON,
    side: 'application',
    check: (member) => (EXCHANGE_MEMBERS.includes(member) ? undefined : member),
  },
]

interface Setting {
  readonly member: string | symbol
  readonly value: unknown
}

/** What an application sets. */
export const exchangeSetRules: readonly Rule<Setting>[] = [
  {
    key: 'exchange.route',
    sentence: 'the route of tsgi.exchange is set to a string or to undefined, and nothing else of it is set',
    source: ENVIRON,
    side: 'application',
    check: ({ member, value }) =>
      member === 'route' && (value === undefined || typeof value === 'string')
        ? undefined
        : `${show(value)} as ${String(member)}`,
  },
]

interface SignalGiven {
  readonly signal: unknown
  /** What was given before; `undefined` the first time. */
  readonly earlier: unknown
}

/** What a server gives as `signal`. */
export const signalRules: readonly Rule<SignalGiven>[] = [
  {
    key: 'exchange.signal',
    sentence: 'the signal of tsgi.exchange is an AbortSignal, the same each time',
    source: ENVIRON,
    side: 'server',
    check: ({ signal, earlier = signal }) => {
      if (Object.prototype.toString.call(signal) !== '[object AbortSignal]') return show(signal)
      return signal === earlier ? undefined : 'another one'
    },
  },
]

/** What an application gives to `onFinish`. */
export const callbackRules: readonly Rule<unknown>[] = [
  {
    key: 'exchange.callback',
    sentence: 'onFinish is given a function',
    source: ENVIRON,
    side: 'application',
    check: (callback) => (typeof callback === 'function' ? undefined : show(callback)),
  },
]

/** What an application gives to `waitUntil`. */
export const workRules: readonly Rule<unknown>[] = [
  {
    key: 'exchange.promise',
    sentence: 'waitUntil is given a promise',
    source: ENVIRON,
    side: 'application',
    check: (promise) => (isPromiseLike(promise) ? undefined : show(promise)),
  },
]

interface Callback {
  /** How often it was called before. */
  readonly calls: number
  /** Of those that wait to be called, it was the last to be registered. */
  readonly isNext: boolean
  readonly outcome: unknown
}

/** How a server calls back. */
export const outcomeRules: readonly Rule<Callback>[] = [
  {
    key: 'exchange.finish-once',
    sentence: 'each callback that onFinish was given is called exactly once',
    source: ENVIRON,
    side: 'server',
    check: ({ calls }) => (calls > 0 ? 'a second call' : undefined),
  },
  {
    key: 'exchange.finish-order',
    sentence: 'the callbacks that onFinish was given are called in reverse order',
    source: ENVIRON,
    side: 'server',
    check: ({ isNext }) => (isNext ? undefined : 'one that was called before a later one'),
  },
  {
    key: 'exchange.outcome',
    sentence:
      'the outcome has a status from 100 to 999 or undefined, bytesSent as a whole number, error, and aborted as a boolean',
    source: ENVIRON,
    side: 'server',
    check: ({ outcome }) => {
      if (typeof outcome !== 'object' || outcome === null) return show(outcome)
      const { status, bytesSent, aborted } = outcome as Partial<Outcome>
      if (status !== undefined && !isWhole(status, 100, 999)) return `${show(status)} as status`
      if (!isWhole(bytesSent, 0, Number.MAX_SAFE_INTEGER)) return `${show(bytesSent)} as bytesSent`
      if (!('error' in outcome)) return 'no error'
      return typeof aborted === 'boolean' ? undefined : `${show(aborted)} as aborted`
    },
  },
]

function isPlain(environ: unknown): boolean {
  if (typeof environ !== 'object' || environ === null) return false
  const prototype: unknown = Object.getPrototypeOf(environ)
  // Servers make it with a prototype that is empty.
  return (
    prototype === null ||
    isObjectPrototype(prototype as object) ||
    Reflect.ownKeys(prototype as object).length === 0
  )
}

/** Of any realm: test runners give each file its own. */
function isObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

const REQUIRED_KEYS: readonly string[] = [
  'REQUEST_METHOD',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'REQUEST_URI',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'SERVER_SOFTWARE',
  'GATEWAY_INTERFACE',
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
  'wsgi.input_terminated',
  'tsgi.exchange',
]

const INPUT_METHODS: readonly string[] = ['read', 'readline', 'readlines']
const ERRORS_METHODS: readonly string[] = ['write', 'writelines', 'flush']
const EXCHANGE_MEMBERS: readonly string[] = ['signal', 'onFinish', 'waitUntil', 'route']

const DIGITS = /^\d+$/
const HEADER_KEY = /^HTTP_[!#$%&'*+.^_`|~\dA-Z]+$/
const EXTENSION_KEY = /^[a-z\d_]+(?:\.[a-z\d_]+)+$/

/** A key of an environ to which nothing else can be assigned. */
export function readOnlyKey(environ: object): string | undefined {
  return Object.keys(environ).find((key) => Object.getOwnPropertyDescriptor(environ, key)?.writable === false)
}

function presentKey(environ: AnyEnviron, keys: readonly string[]): string | undefined {
  const present = keys.find((key) => key in environ)
  return present && show(present)
}

/** The headers of the request, by their keys. */
function headersOf(environ: AnyEnviron): AnyEnviron {
  const isHeader = (key: string): boolean => key.startsWith('HTTP_') || key === 'CONTENT_TYPE'
  return Object.fromEntries(Object.entries(environ).filter(([key]) => isHeader(key)))
}

/** The first of some values in which a pattern is found. */
function wrongValue(values: AnyEnviron, pattern: RegExp): string | undefined {
  const wrong = Object.entries(values).find(([, value]) => pattern.test(value as string))
  return wrong && `${show(wrong[1])} as ${show(wrong[0])}`
}

function unlike(pattern: RegExp, value: unknown): string | undefined {
  return pattern.test(value as string) ? undefined : show(value)
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
