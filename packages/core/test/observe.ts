import type { Application, Body, Environ, Header, Outcome } from '../src/contract.ts'
import { Call, errorStream, GatewayExchange, type ResponseHead, type Sink } from '../src/gateway.ts'
import { setupTestingDefaults } from '../src/index.ts'

export const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)

export const never: Promise<never> = new Promise<never>(() => {})

/** Lets everything that waits on promises alone come to rest. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A body that writes down how it is treated; `close` may fail, or take its time. */
export function observe(log: string[], chunks: Body, close: () => unknown = () => {}): Body {
  const begin = () => {
    log.push('begun')
    const iterator = Symbol.iterator in chunks ? chunks[Symbol.iterator]() : chunks[Symbol.asyncIterator]()
    return {
      next: () => iterator.next(),
      return: () => {
        log.push('return')
        return iterator.return?.() ?? { done: true, value: undefined }
      },
    }
  }
  const protocol = Symbol.iterator in chunks ? Symbol.iterator : Symbol.asyncIterator
  const closing = () => {
    log.push('close')
    return close()
  }
  return { [protocol]: begin, close: closing } as unknown as Body
}

/** A body that never ends by itself, and whose iterator cannot be left. */
export function stuck(log: string[]): Body {
  return {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: bytes('a') }),
      return() {
        throw new Error('stuck')
      },
    }),
    close: () => void log.push('close'),
  } as unknown as Body
}

export interface Answer {
  status: string
  headers: Header[]
  chunks: string[]
  /** Whether the end came as the end, or the connection was cut. */
  end: 'end' | 'cut' | undefined
  errors: string[]
  outcomes: Outcome[]
  call: Call
  environ: Environ
}

/** Calls an application as a server does, over a transport that takes everything at once. */
export function call<E extends object = Environ>(
  app: Application<E>,
  changes: Partial<Environ> = {},
): Answer {
  const errors: string[] = []
  const stream = errorStream((text) => errors.push(text))
  const exchange = new GatewayExchange(stream)
  const environ = setupTestingDefaults({ ...changes, 'wsgi.errors': stream, 'tsgi.exchange': exchange })
  const sink: Sink = {
    sendHead({ code, reason, headers }: ResponseHead) {
      answer.status = `${code} ${reason}`
      for (let i = 0; i < headers.length; i += 2) answer.headers.push([headers[i]!, headers[i + 1]!])
    },
    sendChunk(chunk) {
      answer.chunks.push(Buffer.from(chunk).toString())
    },
    end(last) {
      if (last !== undefined) answer.chunks.push(Buffer.from(last).toString())
      answer.end = 'end'
      answer.call.sent()
    },
    abort() {
      answer.end = 'cut'
      answer.call.gone()
    },
  }
  const answer: Answer = {
    status: '',
    headers: [],
    chunks: [],
    end: undefined,
    errors,
    outcomes: [],
    call: new Call(sink, exchange, environ),
    environ,
  }
  exchange.onFinish((outcome) => answer.outcomes.push(outcome))
  answer.call.run(app as Application, environ)
  return answer
}
