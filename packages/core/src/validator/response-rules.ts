import { bodyFault, chunkFault } from '../body.ts'
import type { Header } from '../contract.ts'
import { isHopByHop } from '../field.ts'
import { isFieldText, isToken } from '../field-syntax.ts'
import { isBodyless, isContentLength } from '../gateway/head.ts'
import { isPromiseLike } from '../promise.ts'
import { type Rule, show } from './judge.ts'

const START = 'PEP 3333, the start_response() callable'
const WRITE = 'PEP 3333, the write() callable'
const FILES = 'PEP 3333, optional platform-specific file handling'
const LENGTH = 'PEP 3333, handling the Content-Length header'
const DETAILS = 'PEP 3333, specification details'
const CLOSING = 'TSGI, the body'

/** What has been seen of one response, at the place between two layers where a validator stands. */
export interface ResponseFacts {
  readonly method: string
  /** `startResponse` was called, whatever came of it (PEP 3333, the start_response() callable). */
  started: boolean
  /** The last head that was in order; it may be replaced until a byte has passed. */
  head:
    | { readonly code: number; readonly contentLength: number | undefined; readonly hasType: boolean }
    | undefined
  /** `startResponse` threw back the error that it was given, as the head had gone out. */
  thrownBack: boolean
  /** The outer side has asked for the body's iterator or closed the body, or the body is one that needs no asking. */
  begun: boolean
  /** The body has come to its end by itself. */
  ended: boolean
  /** Bytes written and yielded. */
  bytes: number
}

export function makeFacts(method: string): ResponseFacts {
  return {
    method,
    started: false,
    head: undefined,
    thrownBack: false,
    begun: false,
    ended: false,
    bytes: 0,
  }
}

/** What an application gives to `wsgi.early_hints`. */
export const earlyHintsRules: readonly Rule<readonly unknown[]>[] = [
  {
    key: 'early-hints.headers',
    sentence:
      'wsgi.early_hints is called with an array of [name, value] pairs, each a header that a response may have',
    source: 'RFC 8297 section 2',
    side: 'application',
    check: (args) => {
      if (args.length !== 1) return `${args.length} arguments`
      const [headers] = args
      return pairsFault(headers) ?? nameFault(headers) ?? valueFault(headers)
    },
  },
]

/** What an application gives to `wsgi.file_wrapper`. */
export const fileWrapperCallRules: readonly Rule<readonly unknown[]>[] = [
  {
    key: 'file-wrapper.arguments',
    sentence:
      'wsgi.file_wrapper is called with an open file that has read(), or { path }, and a block size above 0 where there is one',
    source: FILES,
    side: 'application',
    check: (args) => {
      if (args.length !== 1 && args.length !== 2) return `${args.length} arguments`
      const [file, blockSize = 1] = args
      if (!isFile(file)) return show(file)
      return Number.isSafeInteger(blockSize) && (blockSize as number) > 0
        ? undefined
        : `${show(blockSize)} as block size`
    },
  },
]

/** What a server makes of a file. */
export const fileWrapperResultRules: readonly Rule<unknown>[] = [
  {
    key: 'file-wrapper.body',
    sentence: 'wsgi.file_wrapper gives a body',
    source: FILES,
    side: 'server',
    check: (body) => foundIn(bodyFault(body)),
  },
]

interface StartCall {
  readonly args: readonly unknown[]
  readonly facts: Readonly<ResponseFacts>
}

/** How an application begins its response; each check may rely on the rules before it. */
export const startResponseRules: readonly Rule<StartCall>[] = [
  {
    key: 'start-response.arguments',
    sentence: 'startResponse is called with status and headers, and with an error where there is one',
    source: START,
    side: 'application',
    check: ({ args }) => (args.length === 2 || args.length === 3 ? undefined : `${args.length} arguments`),
  },
  {
    key: 'start-response.in-time',
    sentence: 'startResponse is never called after the body has ended',
    source: START,
    side: 'application',
    check: ({ args, facts }) => (facts.ended ? `a call with ${show(args[0])}` : undefined),
  },
  {
    key: 'start-response.once',
    sentence: 'startResponse is called once, or again with the error that made it necessary',
    source: START,
    side: 'application',
    check: ({ args, facts }) =>
      facts.started && args[2] === undefined ? `a second call with ${show(args[0])}` : undefined,
  },
  {
    key: 'start-response.status',
    sentence:
      'the status is a code of three digits, one space, and a reason with no space around it, such as "200 OK"',
    source: START,
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
    source: START,
    side: 'application',
    check: ({ args: [, headers] }) => pairsFault(headers),
  },
  {
    key: 'start-response.header-name',
    sentence: 'the name of a header is a token',
    source: 'RFC 9110 section 5.1',
    side: 'application',
    check: ({ args: [, headers] }) => nameFault(headers),
  },
  {
    key: 'start-response.header-value',
    sentence: 'the value of a header holds no control characters but tabs, and none above U+00FF',
    source: 'RFC 9110 section 5.5',
    side: 'application',
    check: ({ args: [, headers] }) => valueFault(headers),
  },
  {
    key: 'start-response.hop-by-hop',
    sentence: 'no header is hop-by-hop, as the connection belongs to the server',
    source: 'PEP 3333, other HTTP features',
    side: 'application',
    check: ({ args: [, headers] }) => wrongName(headers, isHopByHop),
  },
  {
    key: 'start-response.status-header',
    sentence: 'the status is the first argument, and never a header',
    source: START,
    side: 'application',
    check: ({ args: [, headers] }) => wrongName(headers, (name) => name.toLowerCase() === 'status'),
  },
  {
    key: 'start-response.content-length',
    sentence: 'Content-Length is given at most once, in digits',
    source: 'RFC 9110 section 8.6',
    side: 'application',
    check: ({ args: [, headers] }) => {
      const lengths = valuesOf(headers, 'content-length')
      if (lengths.length > 1) return `${lengths.length} of them`
      return lengths.every(isContentLength) ? undefined : show(lengths[0])
    },
  },
  {
    key: 'start-response.no-content',
    sentence:
      'an answer with 1xx or 204 has no Content-Length and no Content-Type, and one with 304 no Content-Type',
    source: 'RFC 9110 sections 8.6, 15.3.5 and 15.4.5',
    side: 'application',
    check: ({ args }) => {
      const { code, contentLength, hasType } = readHead(args)
      if (!isBodyless(code)) return undefined
      // What GET would have sent may be said with 304.
      if (contentLength !== undefined && code !== 304) return `Content-Length with ${code}`
      return hasType ? `Content-Type with ${code}` : undefined
    },
  },
  {
    key: 'start-response.plain-name',
    sentence:
      'the name of a header is letters, digits, "-" and "_", starts with a letter and ends in a letter or digit',
    source: START,
    side: 'application',
    advice: true,
    check: ({ args: [, headers] }) => wrongName(headers, (name) => !PLAIN_NAME.test(name)),
  },
]

/** What a server gives back. */
export const startResponseResultRules: readonly Rule<unknown>[] = [
  {
    key: 'start-response.write',
    sentence: 'startResponse gives back write, a function',
    source: START,
    side: 'server',
    check: (write) => (typeof write === 'function' ? undefined : show(write)),
  },
]

interface Passing {
  readonly chunk: unknown
  /** As they are before the chunk. */
  readonly facts: Readonly<ResponseFacts>
}

/** The place of a chunk in the response, be it yielded or written. */
const chunkPlaceRules: readonly Rule<Passing>[] = [
  {
    key: 'body.no-content',
    sentence: 'an answer with 1xx, 204 or 304 has no bytes',
    source: 'RFC 9110 section 6.4.1',
    side: 'application',
    check: ({ chunk, facts: { head } }) => {
      const { length } = chunk as Uint8Array
      return head !== undefined && isBodyless(head.code) && length > 0
        ? `${length} bytes with ${head.code}`
        : undefined
    },
  },
  {
    key: 'body.too-long',
    sentence: 'the body has no more bytes than Content-Length declares',
    source: LENGTH,
    side: 'application',
    check: ({ chunk, facts: { head, bytes } }) => {
      const total = bytes + (chunk as Uint8Array).length
      const declared = head?.contentLength ?? total
      return total > declared ? `at least ${total} bytes for ${declared}` : undefined
    },
  },
  {
    key: 'start-response.content-type',
    sentence: 'an answer that has bytes says their Content-Type',
    source: 'RFC 9110 section 8.3',
    side: 'application',
    advice: true,
    check: ({ chunk, facts: { head, bytes } }) => {
      const isFirst = bytes === 0 && (chunk as Uint8Array).length > 0
      return isFirst && head?.hasType === false ? `no Content-Type with ${head.code}` : undefined
    },
  },
]

interface Writing extends Passing {
  readonly args: readonly unknown[]
}

/** What an application pushes. */
export const writeRules: readonly Rule<Writing>[] = [
  {
    key: 'write.arguments',
    sentence: 'write is called with one chunk, and nothing else',
    source: WRITE,
    side: 'application',
    check: ({ args }) => (args.length === 1 ? undefined : `${args.length} arguments`),
  },
  {
    key: 'write.bytes',
    sentence: 'what is written is a Uint8Array',
    source: WRITE,
    side: 'application',
    check: ({ chunk }) => foundIn(chunkFault(chunk)),
  },
  {
    key: 'write.before-body',
    sentence: 'write is never called once the body was begun or closed',
    source: WRITE,
    side: 'application',
    check: ({ facts, chunk }) =>
      facts.begun ? `${(chunk as Uint8Array).length} bytes, written too late` : undefined,
  },
  ...chunkPlaceRules,
]

/** What a server gives back. */
export const writeResultRules: readonly Rule<unknown>[] = [
  {
    key: 'write.promise',
    sentence: 'write gives a promise, which is settled when more can be taken',
    source: 'TSGI, startResponse',
    side: 'server',
    check: (result) => (isPromiseLike(result) ? undefined : show(result)),
  },
]

/** What an application returns. */
export const returnRules: readonly Rule<unknown>[] = [
  {
    key: 'body.iterable',
    sentence: 'the body is an iterable of bytes, sync or async',
    source: DETAILS,
    side: 'application',
    check: (body) => foundIn(bodyFault(body)),
  },
  {
    key: 'body.close-function',
    sentence: 'the close of a body, where it has one, is a function',
    source: DETAILS,
    side: 'application',
    check: (body) => {
      const { close } = body as { close?: unknown }
      return close === undefined || typeof close === 'function' ? undefined : show(close)
    },
  },
]

/** How the outer side deals with a body that it was given. */
export interface Handling {
  /** How often its iterator was asked for. */
  readonly iterations: number
  /** A chunk was asked for, and has not come yet. */
  readonly pending: boolean
  /** The iterator was begun, can be told to stop, was not, and has not ended by itself or thrown. */
  readonly unfinished: boolean
  readonly closed: boolean
}

/** Asking for the iterator. */
export const iterationRules: readonly Rule<Handling>[] = [
  {
    key: 'body.once',
    sentence: 'a body is iterated once',
    source: CLOSING,
    side: 'server',
    check: ({ iterations }) => (iterations > 0 ? 'a second time' : undefined),
  },
]

/** Asking for a chunk. */
export const pullRules: readonly Rule<Handling>[] = [
  {
    key: 'body.read-after-close',
    sentence: 'a body is not read after it was closed',
    source: CLOSING,
    side: 'server',
    check: ({ closed }) => (closed ? 'a read' : undefined),
  },
  {
    key: 'body.one-by-one',
    sentence: 'the next chunk is asked for when the last one has been taken',
    source: 'PEP 3333, buffering and streaming',
    side: 'server',
    check: ({ pending }) => (pending ? 'a read while one was pending' : undefined),
  },
]

/** What the iterator of a body gives. */
export const resultRules: readonly Rule<unknown>[] = [
  {
    key: 'body.result',
    sentence: 'the iterator of a body gives objects with done and value',
    source: CLOSING,
    side: 'application',
    check: (result) => (typeof result === 'object' && result !== null ? undefined : show(result)),
  },
]

interface ChunkOrEnd {
  /** Absent at the end. */
  readonly chunk?: unknown
  readonly facts: Readonly<ResponseFacts>
}

const startedFirst: Rule<ChunkOrEnd> = {
  key: 'start-response.first',
  sentence: 'startResponse is called before the first chunk that is not empty, or the end of the body',
  source: START,
  side: 'application',
  check: ({ chunk, facts }) =>
    facts.started || (chunk as Uint8Array | undefined)?.length === 0 ? undefined : 'no call',
}

/** What an application yields. */
export const chunkRules: readonly Rule<Passing>[] = [
  {
    key: 'body.chunk',
    sentence: 'a chunk of the body is a Uint8Array',
    source: DETAILS,
    side: 'application',
    check: ({ chunk }) => foundIn(chunkFault(chunk)),
  },
  startedFirst,
  ...chunkPlaceRules,
]

/** How a body ends by itself. */
export const endRules: readonly Rule<ChunkOrEnd>[] = [
  {
    key: 'start-response.thrown-back',
    sentence: 'the error that startResponse throws back is passed on, not swallowed',
    source: 'PEP 3333, error handling',
    side: 'application',
    check: ({ facts }) => (facts.thrownBack ? 'a response that ends as if it were whole' : undefined),
  },
  startedFirst,
  {
    key: 'body.too-short',
    sentence: 'the body has no fewer bytes than Content-Length declares, but for HEAD, 1xx, 204 and 304',
    source: LENGTH,
    side: 'application',
    check: ({ facts: { method, head, bytes } }) => {
      if (head === undefined || method === 'HEAD' || isBodyless(head.code)) return undefined
      const declared = head.contentLength ?? bytes
      return bytes < declared ? `${bytes} bytes for ${declared}` : undefined
    },
  },
]

export const closeRules: readonly Rule<Handling>[] = [
  {
    key: 'body.closed-once',
    sentence: 'a body is closed once',
    source: CLOSING,
    side: 'server',
    check: ({ closed }) => (closed ? 'a second time' : undefined),
  },
]

/** What can be told only when the exchange is over. */
export const finishRules: readonly Rule<Handling>[] = [
  {
    key: 'body.closed',
    sentence: 'every body is closed, however the exchange ends',
    source: DETAILS,
    side: 'server',
    check: ({ closed }) => (closed ? undefined : 'a body that was never closed'),
  },
  {
    key: 'body.returned',
    sentence: 'an iterator that was begun and not run to its end is told so, by return()',
    source: CLOSING,
    side: 'server',
    check: ({ unfinished }) => (unfinished ? 'no return()' : undefined),
  },
]

/** What is remembered of a head that keeps the rules. */
export function readHead([status, headers]: readonly unknown[]): NonNullable<ResponseFacts['head']> {
  const [length] = valuesOf(headers, 'content-length')
  return {
    code: Number((status as string).slice(0, 3)),
    contentLength: length === undefined ? undefined : Number(length),
    hasType: valuesOf(headers, 'content-type').length > 0,
  }
}

/** Says what is no array of pairs of strings in what is given as headers. */
function pairsFault(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return show(headers)
  const index = headers.findIndex((pair) => !isPair(pair))
  return index < 0 ? undefined : `${showPair(headers[index])} as headers[${index}]`
}

/** Says which name is no token. */
function nameFault(headers: unknown): string | undefined {
  return wrongName(headers, (name) => !isToken(name))
}

/** Says which value holds what none may hold. */
function valueFault(headers: unknown): string | undefined {
  const wrong = (headers as readonly Header[]).find(([, value]) => !isFieldText(value))
  return wrong && `${show(wrong[1])} as ${show(wrong[0])}`
}

// An empty reason is legal on the wire (RFC 9112 section 4), the space before it is not optional.
const STATUS = /^[1-9]\d\d (?:[^ ](?:.*[^ ])?)?$/s
const NOT_IN_REASON = /[^\x20-\x7e\x80-\xff]/
const PLAIN_NAME = /^[a-z](?:[a-z\d_-]*[a-z\d])?$/i

function wrongName(headers: unknown, isWrong: (name: string) => boolean): string | undefined {
  const wrong = (headers as readonly Header[]).find(([name]) => isWrong(name))
  return wrong && show(wrong[0])
}

function valuesOf(headers: unknown, lowerName: string): string[] {
  return (headers as readonly Header[]).flatMap(([name, value]) =>
    name.toLowerCase() === lowerName ? [value] : [],
  )
}

function isPair(pair: unknown): pair is Header {
  return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string')
}

function showPair(pair: unknown): string {
  return Array.isArray(pair) ? `[${pair.map(show).join(', ')}]` : show(pair)
}

/** The second half of a message of body.ts, which names the remedy too. */
function foundIn(fault: string | undefined): string | undefined {
  return fault?.slice(fault.indexOf('; got ') + '; got '.length)
}

function isFile(file: unknown): boolean {
  const { read, path } = (file ?? {}) as { read?: unknown; path?: unknown }
  return typeof read === 'function' || typeof path === 'string'
}
