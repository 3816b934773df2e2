/** What every server and gateway is made of: the state machine of the contract, and the makers of `environ`. */

export { type BodyIterator, bodyIterator, TextBody } from './body.ts'
export { errorStream } from './error-stream.ts'
export { internKey } from './fast-object.ts'
export { Call, type Sink } from './gateway/call.ts'
export { makeEnviron, Refusal, type RequestFacts, type ServerFacts } from './gateway/environ.ts'
export { type Background, GatewayExchange } from './gateway/exchange.ts'
export type { ResponseHead } from './gateway/head.ts'
export { InputError } from './gateway/input-error.ts'
export { reportError } from './gateway/report.ts'
export { canonicalPath, isHost, parseTarget, readSegment, type Target } from './gateway/target.ts'
export { emptyInput, inputStream } from './input.ts'
export { isPromiseLike } from './promise.ts'
