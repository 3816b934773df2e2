import { utf8 } from '../src/bytes.ts'
import type { Application, Body, Environ, Exchange, Header, StartResponse, Status } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { errorStream } from '../src/error-stream.ts'
import { inputStream } from '../src/input.ts'
import { send } from '../src/testing.ts'
import { type ContractError, validator } from '../src/validator.ts'

/** Two parties of which one breaks a rule, and the other keeps the rules, or makes it possible. */
export interface Break {
  /** `hello` by default. */
  app?: Application
  /** Calls the application in its own way; by default as it is called itself. */
  server?: Server
}

export type Server = (app: Application) => Application

export const PLAIN: Header[] = [['Content-Type', 'text/plain']]

export function hello(_environ: Environ, startResponse: StartResponse): Body {
  startResponse('200 OK', PLAIN)
  return [utf8('hello')]
}

/** What no types would let pass. */
export function untyped(
  app: (environ: Environ, startResponse: (...args: unknown[]) => unknown) => unknown,
): Application {
  return app as unknown as Application
}

export function starting(...args: unknown[]): Application {
  return untyped((_environ, startResponse) => {
    startResponse(...args)
    return []
  })
}

export function answering(status: Status, headers: Header[], ...chunks: unknown[]): Application {
  return untyped(function* (_environ, startResponse) {
    startResponse(status, headers)
    yield* chunks
  })
}

/** Answers with anything as its body. */
export function returning(body: () => unknown): Application {
  return untyped((_environ, startResponse) => {
    startResponse('200 OK', PLAIN)
    return body()
  })
}

/** Serves an environ with some keys changed, or taken away where they are `undefined`. */
export function serving(changes: Record<string, unknown>): Server {
  return (app) => (environ, startResponse) => {
    const changed: Record<string, unknown> = copyEnviron(environ, changes)
    for (const key of Object.keys(changes)) if (changes[key] === undefined) delete changed[key]
    return app(changed as unknown as Environ, startResponse)
  }
}

export function servingInput(members: object): Server {
  return serving({ 'wsgi.input': Object.assign(inputStream([]), members) })
}

export function servingErrors(members: object): Server {
  const errors = errorStream(() => {})
  return serving({ 'wsgi.errors': Object.assign(errors, members) })
}

/** Serves an exchange that is another one but for some of its members. */
export function servingExchange(change: (exchange: Exchange) => Record<string, unknown>): Server {
  return (app) => (environ, startResponse) => {
    const exchange = environ['tsgi.exchange']
    const changed = {
      onFinish: (callback: () => void) => exchange.onFinish(callback),
      waitUntil: (promise: Promise<unknown>) => exchange.waitUntil(promise),
      route: undefined,
    }
    Object.defineProperty(changed, 'signal', { configurable: true, get: () => exchange.signal })
    Object.defineProperties(changed, Object.getOwnPropertyDescriptors(change(exchange)))
    return serving({ 'tsgi.exchange': changed })(app)(environ, startResponse)
  }
}

/** Runs the two parties to the end, whatever that is, and gives every fault found between them. */
export async function faultsOf({ app = hello, server = (app) => app }: Break): Promise<ContractError[]> {
  const faults: ContractError[] = []
  await send(server(validator(app, { mode: 'collect', onFault: (fault) => faults.push(fault) }))).catch(
    () => {},
  )
  return faults
}

export async function keysOf(broken: Break): Promise<string[]> {
  return (await faultsOf(broken)).map(({ rule }) => rule.key)
}
