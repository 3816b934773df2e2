import { type BodyIterator, bodyIterator, closeBody, TextBody } from '../body.ts'
import type {
  Application,
  Body,
  Environ,
  ErrorStream,
  Exchange,
  InputStream,
  Outcome,
  StartResponse,
  Write,
} from '../contract.ts'
import { copyEnviron } from '../environ.ts'
import { FileWrapper } from '../file-wrapper.ts'
import { standFor } from '../input-identity.ts'
import { forgettable, isPromiseLike } from '../promise.ts'
import { type Joint, Judge, type Rule, shareRecord } from './judge.ts'
import {
  callbackRules,
  callRules,
  type ExchangeFacts,
  environRules,
  errorsCallRules,
  errorsMemberRules,
  errorsRules,
  exchangeMemberRules,
  exchangeRules,
  exchangeSetRules,
  freshRules,
  inputCallRules,
  inputMemberRules,
  inputPromiseRules,
  inputResultRules,
  inputRules,
  outcomeRules,
  readOnlyKey,
  signalRules,
  workRules,
} from './request-rules.ts'
import {
  chunkRules,
  closeRules,
  earlyHintsRules,
  endRules,
  fileWrapperCallRules,
  fileWrapperResultRules,
  finishRules,
  type Handling,
  iterationRules,
  makeFacts,
  pullRules,
  type ResponseFacts,
  readHead,
  resultRules,
  returnRules,
  startResponseResultRules,
  startResponseRules,
  writeResultRules,
  writeRules,
} from './response-rules.ts'

// One file, and all rules in two: each more costs every program that imports the core half a millisecond (measured).

/**
 * The application as it is seen through a validator that stands between two parties: the same bytes, headers and order of
 * events, under the same name.
 */
export function between<E extends Environ>(app: Application<E>, joint: Joint): Application<E> {
  const checked: Application<E> = (...call) => {
    const [environ, startResponse] = call
    const judge = new Judge(joint, environ)
    // Without these there is nothing to stand on.
    if (!judge.keeps(callRules, call)) return app(...call)
    return callChecked(app, environ, startResponse, judge)
  }
  return Object.defineProperty(checked, 'name', { value: app.name })
}

function callChecked<E extends Environ>(
  app: Application<E>,
  environ: E,
  startResponse: StartResponse,
  judge: Judge,
): Body | Promise<Body> {
  judge.keeps(environRules, environ as unknown as Readonly<Record<string, unknown>>)
  const { 'tsgi.exchange': exchange } = environ
  const isExchange = judge.keeps(exchangeRules, exchange)
  const facts = makeFacts(environ.REQUEST_METHOD)
  const receive = (body: Body): Body | Promise<Body> => {
    if (!judge.keeps(returnRules, body)) return body
    try {
      return checkBody(body, facts, isExchange ? exchange : undefined, judge)
    } catch (fault) {
      return refuse(body, fault)
    }
  }
  const body = app(checkEnviron(environ, isExchange, judge), checkStartResponse(startResponse, facts, judge))
  return isPromiseLike(body) ? Promise.resolve(body).then(receive) : receive(body)
}

/**
 * The environ with what is checked in place of what the outer side put there. A view, so that keys that the inner side
 * adds in place are there for the outer side too, as ever, while the streams of the outer side stay its own.
 */
function checkEnviron<E extends Environ>(environ: E, isExchange: boolean, judge: Judge): E {
  const checked = new Map<unknown, unknown>()
  const facts = { isOver: false, working: 0 }
  const { 'wsgi.input': input, 'wsgi.errors': errors, 'tsgi.exchange': exchange } = environ
  const { 'wsgi.early_hints': earlyHints, 'wsgi.file_wrapper': fileWrapper } = environ
  if (isExchange) checked.set(exchange, checkExchange(exchange, facts, judge))
  if (judge.keeps(inputRules, input)) checked.set(input, checkInput(input, facts, judge))
  if (judge.keeps(errorsRules, errors)) checked.set(errors, checkErrors(errors, facts, judge))
  if (typeof earlyHints === 'function') checked.set(earlyHints, checkEarlyHints(earlyHints, judge))
  if (typeof fileWrapper === 'function') checked.set(fileWrapper, checkFileWrapper(fileWrapper, judge))
  // Of what is read-only a view can show nothing but what is there.
  return new Proxy(readOnlyKey(environ) === undefined ? environ : copyEnviron(environ, {}), {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      return checked.get(value) ?? value
    },
  })
}

type FinishCallback = (outcome: Outcome) => void
type EarlyHints = NonNullable<Environ['wsgi.early_hints']>
type MakeFileBody = NonNullable<Environ['wsgi.file_wrapper']>

/** An exchange that stands for another, and judges who uses it and how it calls back. */
function checkExchange(exchange: Exchange, facts: ExchangeFacts, judge: Judge): Exchange {
  const waiting: FinishCallback[] = []
  const watch = (callback: FinishCallback): FinishCallback => {
    let calls = 0
    const watched: FinishCallback = (outcome) => {
      const isNext = waiting.at(-1) === watched
      if (calls === 0) waiting.splice(waiting.lastIndexOf(watched), 1)
      judge.keeps(outcomeRules, { calls: calls++, isNext, outcome })
      return callback(outcome)
    }
    waiting.push(watched)
    return watched
  }
  let over: Outcome | undefined
  // The first to register is the last to be called: whoever is inside has had his turn.
  exchange.onFinish(
    watch((outcome) => {
      over = outcome
      facts.isOver = waiting.length === 0 && !outcome.aborted
    }),
  )
  if (!judge.keeps(freshRules, over)) facts.isOver = false
  let signal: AbortSignal | undefined
  const checked: Exchange = {
    get signal() {
      const given = exchange.signal
      judge.keeps(signalRules, { signal: given, earlier: signal })
      signal ??= given
      return given
    },
    onFinish(callback) {
      const isFunction = judge.keeps(callbackRules, callback)
      exchange.onFinish(isFunction ? watch(callback) : callback)
    },
    waitUntil(promise) {
      if (!judge.keeps(workRules, promise)) {
        exchange.waitUntil(promise)
        return
      }
      // What is no promise yet must be asked only once: some begin to work when they are asked.
      const work = Promise.resolve(promise)
      const settle = (): void => {
        facts.working--
      }
      facts.working++
      work.then(settle, settle)
      exchange.waitUntil(work)
    },
    get route() {
      return exchange.route
    },
  }
  const narrow = onlyMembers(checked, exchange, exchangeMemberRules, judge, (member, value) => {
    judge.keeps(exchangeSetRules, { member, value })
  })
  shareRecord(narrow, exchange)
  return narrow
}

/** An input that reads the same bytes, and judges who reads and what is read. */
function checkInput(input: InputStream, facts: Readonly<ExchangeFacts>, judge: Judge): InputStream {
  const call =
    <Result>(method: 'read' | 'readline' | 'readlines') =>
    (...args: unknown[]): Promise<Result> => {
      judge.keeps(inputCallRules, { method, args, isLate: facts.isOver })
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
      const method = 'iteration'
      const args: unknown[] = []
      const next = (): Promise<IteratorResult<Uint8Array>> => {
        judge.keeps(inputCallRules, { method, args, isLate: facts.isOver })
        return pass(iterator.next(), ({ done, value }) => {
          if (!done) judge.keeps(inputResultRules, { method, args, result: value })
        })
      }
      if (iterator.return === undefined) return { next }
      return { next, return: () => iterator.return!() }
    },
  }
  const narrow = onlyMembers(checked, input, inputMemberRules, judge)
  standFor(narrow, input)
  return narrow
}

/** An error stream that writes to the same place, and judges who writes. */
function checkErrors(errors: ErrorStream, facts: Readonly<ExchangeFacts>, judge: Judge): ErrorStream {
  const look = (method: string, texts: readonly unknown[]): void => {
    judge.keeps(errorsCallRules, { method, texts, isLate: facts.isOver && facts.working === 0 })
  }
  const checked: ErrorStream = {
    write(text) {
      look('write', [text])
      errors.write(text)
    },
    writelines(texts) {
      // Taken once, as it may be a generator.
      const lines = [...texts]
      look('writelines', lines)
      errors.writelines(lines)
    },
    flush() {
      look('flush', [])
      errors.flush()
    },
  }
  return onlyMembers(checked, errors, errorsMemberRules, judge)
}

function checkEarlyHints(earlyHints: EarlyHints, judge: Judge): EarlyHints {
  return (...args) => {
    judge.keeps(earlyHintsRules, args)
    return earlyHints(...args)
  }
}

function checkFileWrapper(makeBody: MakeFileBody, judge: Judge): MakeFileBody {
  return (...args) => {
    judge.keeps(fileWrapperCallRules, args)
    const body = makeBody(...args)
    judge.keeps(fileWrapperResultRules, body)
    return body
  }
}

/**
 * Shows of an object what is checked. Whoever asks for anything else that this server's object happens to have is
 * judged; what no server's has is `undefined`, as ever, so that a library may look what kind of thing it was given.
 */
function onlyMembers<Whole extends object>(
  checked: Whole,
  whole: Whole,
  rules: readonly Rule<string>[],
  judge: Judge,
  judgeSet: (member: string | symbol, value: unknown) => void = () => {},
): Whole {
  return new Proxy(checked, {
    has: (target, member) => member in target || member in whole,
    get(target, member) {
      if (member in target) return Reflect.get(target, member)
      if (typeof member === 'string' && member in whole) judge.keeps(rules, member)
      const value: unknown = Reflect.get(whole, member)
      return typeof value === 'function' ? value.bind(whole) : value
    },
    set(_target, member, value) {
      judgeSet(member, value)
      return Reflect.set(whole, member, value)
    },
  })
}

/** The same result, once it was looked at. */
function pass<Result>(promise: Promise<Result>, look: (result: Result) => void): Promise<Result> {
  // A read may be forgotten, and fail when the client leaves.
  return forgettable(
    promise.then((result) => {
      look(result)
      return result
    }),
  )
}

/** A startResponse that begins the same response, and judges who begins it and how. */
function checkStartResponse(startResponse: StartResponse, facts: ResponseFacts, judge: Judge): StartResponse {
  return (...args) => {
    let isSound: boolean
    try {
      isSound = judge.keeps(startResponseRules, { args, facts })
    } finally {
      facts.started = true
    }
    const write = callBack(startResponse, args, facts)
    if (isSound) facts.head = readHead(args)
    return judge.keeps(startResponseResultRules, write) ? checkWrite(write, facts, judge) : write
  }
}

function callBack(
  startResponse: StartResponse,
  args: Parameters<StartResponse>,
  facts: ResponseFacts,
): Write {
  try {
    return startResponse(...args)
  } catch (error) {
    if (args[2] !== undefined && error === args[2]) facts.thrownBack = true
    throw error
  }
}

function checkWrite(write: Write, facts: ResponseFacts, judge: Judge): Write {
  return (...args) => {
    const [chunk] = args
    if (judge.keeps(writeRules, { args, chunk, facts })) facts.bytes += chunk.length
    const written = write(...args)
    judge.keeps(writeResultRules, written)
    return written
  }
}

/**
 * A body that gives the same chunks by the same protocol, and judges who yields and who reads.
 *
 * An array and a text have their chunks at hand and are judged at once, so that they can go on as what they are: a server
 * sends them with their length. They pass themselves, as they hold nothing that could leak, but for one with a `close`.
 * A file stays a file, which a server may send without reading it here.
 */
function checkBody(body: Body, facts: ResponseFacts, exchange: Exchange | undefined, judge: Judge): Body {
  const isWhole = Array.isArray(body) || body instanceof TextBody
  if (isWhole) {
    facts.begun = true
    passWhole(body, facts, judge)
    if (!('close' in body || Symbol.asyncDispose in body || Symbol.dispose in body)) return body
  }
  const checked = new CheckedBody(body, facts, judge)
  // Nothing can be told of what was cut off, where somebody may still be closing, nor of a body that comes too late.
  let isInTime = false
  exchange?.onFinish(({ aborted }) => {
    if (isInTime && !aborted) judge.keeps(finishRules, checked.handling)
  })
  isInTime = true
  const close = (): void | Promise<void> => checked.close()
  if (Array.isArray(body)) return Object.assign(body.slice(), { close })
  if (body instanceof TextBody) return Object.assign(new TextBody(body.text, body.charset), { close })
  if (body instanceof FileWrapper) return new CheckedFile(body, checked)
  const protocol = Symbol.iterator in body ? Symbol.iterator : Symbol.asyncIterator
  return { [protocol]: () => checked.iterate(), close } as unknown as Body
}

function passWhole(chunks: Iterable<Uint8Array>, facts: ResponseFacts, judge: Judge): void {
  for (const chunk of chunks) if (!passChunk(chunk, facts, judge)) return
  passEnd(facts, judge)
}

function passChunk(chunk: Uint8Array, facts: ResponseFacts, judge: Judge): boolean {
  if (!judge.keeps(chunkRules, { chunk, facts })) return false
  facts.bytes += chunk.length
  return true
}

function passEnd(facts: ResponseFacts, judge: Judge): void {
  facts.ended = true
  judge.keeps(endRules, { facts })
}

class CheckedBody {
  readonly #body: Body
  readonly #facts: ResponseFacts
  readonly #judge: Judge
  /** Of the inner body, as `closeBody` takes it: absent, begun, or `null` after its end. */
  #iterator: BodyIterator | null | undefined = undefined
  #iterations = 0
  #pending = false
  #unfinished = false
  #closed = false

  constructor(body: Body, facts: ResponseFacts, judge: Judge) {
    this.#body = body
    this.#facts = facts
    this.#judge = judge
  }

  get handling(): Handling {
    return {
      iterations: this.#iterations,
      pending: this.#pending,
      unfinished: this.#unfinished,
      closed: this.#closed,
    }
  }

  iterate(): BodyIterator {
    const isFirst = this.#judge.keeps(iterationRules, this.handling)
    const iterator = bodyIterator(this.#body)
    // What comes of a second time says nothing about the application any more.
    if (!isFirst) return iterator
    this.#iterations++
    this.#facts.begun = true
    this.#iterator = iterator
    this.#unfinished = iterator.return !== undefined
    const next = () => this.#next(iterator)
    if (iterator.return === undefined) return { next } as BodyIterator
    return { next, return: () => this.#return(iterator) } as BodyIterator
  }

  close(): void | Promise<void> {
    this.#judge.keeps(closeRules, this.handling)
    this.#closed = true
    this.#facts.begun = true
    return closeBody(this.#body, this.#iterator)
  }

  #next(iterator: BodyIterator): ReturnType<BodyIterator['next']> {
    try {
      this.#judge.keeps(pullRules, this.handling)
      const next = this.#pull(iterator)
      if (!isPromiseLike(next)) return this.#pass(next)
      this.#pending = true
      return Promise.resolve(next).then(
        (result) => this.#passLate(result),
        (error: unknown) => this.#fail(error),
      )
    } catch (error) {
      // To the outer side the iterator has ended itself.
      this.#unfinished = false
      throw error
    }
  }

  #pull(iterator: BodyIterator): ReturnType<BodyIterator['next']> {
    try {
      return iterator.next()
    } catch (error) {
      this.#iterator = null
      throw error
    }
  }

  #passLate(result: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> {
    this.#pending = false
    try {
      return this.#pass(result)
    } catch (error) {
      this.#unfinished = false
      throw error
    }
  }

  #fail(error: unknown): never {
    this.#pending = false
    this.#unfinished = false
    this.#iterator = null
    throw error
  }

  #pass(result: IteratorResult<Uint8Array>): IteratorResult<Uint8Array> {
    if (!this.#judge.keeps(resultRules, result)) return result
    if (!result.done) {
      passChunk(result.value, this.#facts, this.#judge)
      return result
    }
    // Told to stop while a chunk was on its way: how it comes to its end now is nobody's fault.
    const isStopped = this.#iterator === null || this.#closed
    this.#iterator = null
    this.#unfinished = false
    if (!isStopped) passEnd(this.#facts, this.#judge)
    return result
  }

  #return(iterator: BodyIterator): unknown {
    this.#iterator = null
    this.#unfinished = false
    return iterator.return?.()
  }
}

class CheckedFile extends FileWrapper {
  readonly #checked: CheckedBody

  constructor(body: FileWrapper, checked: CheckedBody) {
    super(body.file, body.blockSize)
    this.#checked = checked
  }

  override [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    return this.#checked.iterate() as AsyncGenerator<Uint8Array, undefined>
  }

  override close(): Promise<void> {
    return Promise.resolve(this.#checked.close())
  }
}

/** The outer side never gets this body, so it is closed here. */
function refuse(body: Body, fault: unknown): Promise<never> {
  const closing = closeBody(body)
  if (closing === undefined) throw fault
  return closing.then(() => Promise.reject(fault))
}
