import { bodyFault, chunkFault } from '../body.ts'
import type { ResponseFacts } from './facts.ts'
import type { Rule } from './rule.ts'

const DETAILS = 'PEP 3333, specification details'
const LENGTH = 'PEP 3333, handling the Content-Length header'
const CLOSING = 'TSGI, the body'

export interface Passing {
  readonly chunk: unknown
  /** As they are before the chunk. */
  readonly facts: Readonly<ResponseFacts>
}

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

interface ChunkOrEnd {
  /** Absent at the end. */
  readonly chunk?: unknown
  readonly facts: Readonly<ResponseFacts>
}

const startedFirst: Rule<ChunkOrEnd> = {
  key: 'start-response.first',
  sentence: 'startResponse is called before the first chunk that is not empty, or the end of the body',
  source: 'PEP 3333, the start_response() callable',
  side: 'application',
  check: ({ chunk, facts }) =>
    facts.started || (chunk as Uint8Array | undefined)?.length === 0 ? undefined : 'no call',
}

/** The place of a chunk in the response, be it yielded or written. */
export const chunkPlaceRules: readonly Rule<Passing>[] = [
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
]

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

function isBodyless(code: number): boolean {
  return code < 200 || code === 204 || code === 304
}

/** The second half of a message of body.ts, which names the remedy too. */
export function foundIn(fault: string | undefined): string | undefined {
  return fault?.slice(fault.indexOf('; got ') + '; got '.length)
}
