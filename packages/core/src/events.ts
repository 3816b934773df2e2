import { abandonBody, type BodyIterator, bodyIterator, closeBody } from './body.ts'
import { utf8 } from './bytes.ts'
import type { Body } from './contract.ts'

/** One server-sent event (HTML standard, section 9.2). */
export interface ServerSentEvent {
  /** What the listener gets; it may have any number of lines. */
  data: string
  /** Whom it is for: the name by which a page listens; `'message'` by default. */
  event?: string
  /** What the client sends as `Last-Event-ID` when it comes back. */
  id?: string
  /** How long the client waits before it comes back, in milliseconds. */
  retry?: number
  /** For who reads the stream as it is; clients pass it over. */
  comment?: string
}

export interface EventsOptions {
  /** As an event's, said once at the beginning. */
  retry?: number
  /**
   * After how long without an event an empty comment is sent, in milliseconds, so that nobody on the way
   * takes the stream for dead: 15 seconds by default, `Infinity` for never.
   */
  heartbeatMs?: number
}

/**
 * An event as it stands in a `text/event-stream`.
 *
 * @throws TypeError when the data is no text, the name or the id has a line end, or the id a NUL
 * @throws RangeError when `retry` is no integer of 0 or more
 */
export function encodeEvent({ data, event, id, retry, comment }: ServerSentEvent): Uint8Array {
  let text = ''
  if (comment !== undefined) text += textLines('comment', '', comment)
  if (event !== undefined) text += line('event', event, LINE_END)
  if (id !== undefined) text += line('id', id, NOT_IN_ID)
  if (retry !== undefined) text += retryLine('encodeEvent', retry)
  return utf8(`${text}${textLines('data', 'data', data)}\n`)
}

/**
 * The body of a `text/event-stream`: each event as it comes. The source is asked for the next one when the
 * last was taken, and is closed with the body, at once, also while it is silent. Something is sent at the
 * beginning too: the client knows that the stream stands.
 *
 * @throws RangeError when an option is out of range
 */
export function events(
  source: AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>,
  options: EventsOptions = {},
): Body {
  const { retry, heartbeatMs = 15_000 } = options
  if (!(heartbeatMs > 0 && (heartbeatMs <= MAX_TIMEOUT_MS || heartbeatMs === Number.POSITIVE_INFINITY))) {
    throw new RangeError(
      `events: heartbeatMs: must be more than 0 and at most ${MAX_TIMEOUT_MS}, or Infinity; got ${heartbeatMs}`,
    )
  }
  const opening = retry === undefined ? HEARTBEAT : utf8(`${retryLine('events', retry)}\n`)
  // What it yields is no matter to how it is iterated and closed.
  return new EventStream(source as Iterable<unknown> as Body, opening, heartbeatMs)
}

const HEARTBEAT = utf8(':\n\n')
// Timers take more for nothing.
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const LINE_END = /[\r\n]/
// Clients ignore an id with a NUL.
const NOT_IN_ID = /[\r\n\0]/
const LINE_ENDS = /\r\n?|\n/g

function retryLine(owner: string, retry: number): string {
  if (Number.isSafeInteger(retry) && retry >= 0) return `retry: ${retry}\n`
  throw new RangeError(`${owner}: retry: must be an integer of milliseconds, 0 or more; got ${retry}`)
}

/** What would end the line could go on as any other field, and a changed one would mean another. */
function line(field: 'event' | 'id', text: unknown, refused: RegExp): string {
  if (typeof text === 'string' && !refused.test(text)) return `${field}: ${text}\n`
  const rule = field === 'id' ? 'line ends and NUL' : 'line ends'
  throw new TypeError(`encodeEvent: ${field}: must be text without ${rule}; got ${JSON.stringify(text)}`)
}

function textLines(member: 'data' | 'comment', field: 'data' | '', text: unknown): string {
  if (typeof text !== 'string') {
    throw new TypeError(`encodeEvent: ${member}: must be text; got ${typeof text}`)
  }
  // A client takes one space after the colon for its own, and no more.
  return `${field}: ${text.replace(LINE_ENDS, `\n${field}: `)}\n`
}

type Arrival = { result: IteratorResult<unknown> } | { error: unknown }

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

class EventStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: Body
  readonly #heartbeatMs: number
  #opening: Uint8Array | undefined
  /** As `closeBody` takes it. */
  #iterator: BodyIterator | null | undefined
  #isPulling = false
  /** What the source gave while nobody waited for it. */
  #arrival: Arrival | undefined
  /** Ends the waiting, and its timer. */
  #wake: (() => void) | undefined
  #isOver = false
  #isClosed = false

  constructor(source: Body, opening: Uint8Array, heartbeatMs: number) {
    this.#source = source
    this.#opening = opening
    this.#heartbeatMs = heartbeatMs
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return DONE
    const opening = this.#opening
    if (opening !== undefined) {
      this.#opening = undefined
      return { done: false, value: opening }
    }
    if (this.#arrival === undefined) {
      this.#pull()
      await this.#wait()
    }
    if (this.#isOver) return DONE
    const arrival = this.#arrival
    if (arrival === undefined) return { done: false, value: HEARTBEAT }
    this.#arrival = undefined
    return this.#take(arrival)
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.close()
    return DONE
  }

  close(): void | Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isOver = true
    this.#wake?.()
    const iterator = this.#iterator
    // A generator's `return()` waits behind the event that it was asked for, which may never come.
    return this.#isPulling && iterator
      ? abandonBody(this.#source, iterator)
      : closeBody(this.#source, iterator)
  }

  /** Asks the source for an event, once: one handler, however many heartbeats go by until it comes. */
  #pull(): void {
    if (this.#isPulling) return
    const iterator = this.#iterator ?? bodyIterator(this.#source)
    this.#iterator = iterator
    this.#isPulling = true
    const arrive = (arrival: Arrival): void => {
      this.#isPulling = false
      this.#arrival = arrival
      this.#wake?.()
    }
    new Promise<IteratorResult<unknown>>((resolve) => resolve(iterator.next())).then(
      (result) => arrive({ result }),
      (error: unknown) => arrive({ error }),
    )
  }

  /** Until something arrives, the stream is closed, or it is time for a heartbeat. */
  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        this.#heartbeatMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, this.#heartbeatMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #take(arrival: Arrival): Promise<IteratorResult<Uint8Array>> {
    if ('error' in arrival || arrival.result.done) {
      this.#iterator = null
      this.#isOver = true
      if ('error' in arrival) throw arrival.error
      return DONE
    }
    try {
      return { done: false, value: encodeEvent(arrival.result.value as ServerSentEvent) }
    } catch (error) {
      await this.close()
      throw error
    }
  }
}
