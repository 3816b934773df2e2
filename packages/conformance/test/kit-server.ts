import { open } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Application, type Environ, type ErrorStream, type FileWrapper, text } from '@tsgi/core'
import {
  Call,
  type ErrorHandling,
  GatewayExchange,
  inputStream,
  makeEnviron,
  Refusal,
  type RequestFacts,
  reportError,
  type SendFile,
  type ServerFacts,
  type Sink,
} from '@tsgi/core/gateway'
import type { StartServer } from '../src/index.ts'

/** What a server of the kit can have of its own. */
export interface Points {
  handling?(errors: ErrorStream): ErrorHandling
  /** Sends files by a way of its own. */
  sendsFiles?: boolean
}

/** Errors answered by an application, and logged by a function, in place of what the kit does by itself. */
export function ownHandling(errors: ErrorStream): ErrorHandling {
  return {
    errorOutput: () => (_, startResponse) => {
      startResponse('500 Internal Server Error', [['Content-Type', 'text/plain']])
      return text('Sorry.\n')
    },
    logException: (error, where) => reportError(errors, where, error),
  }
}

/** Where a fault can be built into a server. */
export interface Faults extends Points {
  /** Between the server and the application. */
  around?(app: Application): Application
  /** Changes the environ that was made of a request, before anybody sees it. */
  environ?(environ: Environ): Environ
  /** Changes single members of the way out. */
  sink?(sink: Sink, response: ServerResponse): Partial<Sink>
  /** Sends `100 Continue` as soon as a client asks for it, as `node:http` does by itself. */
  eagerContinue?: boolean
  /** Does not look whether the client is still there. */
  deaf?: boolean
}

/** A server made of the gateway kit, small enough to see all of it, with faults where a test wants some. */
export function kitServer(faults: Faults = {}): StartServer {
  return async (app, errors) => {
    const served = faults.around?.(app) ?? app
    const facts: ServerFacts = {
      name: '127.0.0.1',
      port: '',
      scheme: 'http',
      software: 'kit',
      errors,
      multithread: true,
      multiprocess: false,
      runOnce: false,
    }
    const serve = (request: IncomingMessage, response: ServerResponse, expects: boolean): void => {
      const exchange = new GatewayExchange(errors)
      const made = makeEnviron(facts, requestFacts(request, response, expects), exchange)
      if (made instanceof Refusal) {
        response.shouldKeepAlive = false
        response.writeHead(Number(made.status.slice(0, 3))).end(made.message)
        return
      }
      const environ = faults.environ?.(made) ?? made
      const sink = responseSink(request, response, expects)
      if (faults.sendsFiles) sink.fileSender = (file) => fileSender(file, response)
      const way = Object.assign(sink, faults.sink?.({ ...sink }, response))
      const call = new Call(way, exchange, environ, faults.handling?.(errors))
      let isSent = false
      response.on('finish', () => {
        isSent = !request.socket.destroyed
      })
      response.on('close', () => {
        if (isSent) call.sent()
        else if (!faults.deaf) call.gone()
      })
      call.run(served, environ)
    }
    const server = createServer((request, response) => serve(request, response, false))
    if (!faults.eagerContinue)
      server.on('checkContinue', (request, response) => serve(request, response, true))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    facts.port = String(port)
    return {
      connect: () => connect(port, '127.0.0.1'),
      async close() {
        const closed = new Promise((resolve) => server.close(resolve))
        server.closeAllConnections()
        await closed
      },
    }
  }
}

function requestFacts(request: IncomingMessage, response: ServerResponse, expects: boolean): RequestFacts {
  return {
    method: request.method!,
    target: request.url!,
    protocol: `HTTP/${request.httpVersion}`,
    headers: request.rawHeaders,
    remoteAddress: request.socket.remoteAddress ?? '',
    remotePort: String(request.socket.remotePort ?? ''),
    openInput: () => inputStream(bodyOf(request, response, expects)),
    earlyHints: undefined,
  }
}

async function* bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  expects: boolean,
): AsyncGenerator<Uint8Array> {
  if (expects && !response.headersSent) response.writeContinue()
  yield* request
}

/** Plain functions, so that a fault can take the place of one. */
function responseSink(request: IncomingMessage, response: ServerResponse, expects: boolean): Sink {
  let drained: Promise<void> | undefined
  return {
    sendHead({ code, reason, headers }) {
      if (expects || !request.complete) response.shouldKeepAlive = false
      response.writeHead(code, reason, headers)
    },
    sendChunk(chunk) {
      if (response.write(chunk)) return undefined
      drained ??= new Promise((resolve) => {
        const settle = () => {
          response.off('drain', settle).off('close', settle)
          drained = undefined
          resolve()
        }
        response.on('drain', settle).on('close', settle)
      })
      return drained
    },
    end(last) {
      // Node would write a string and the head in one encoding.
      response.end(typeof last === 'string' ? Buffer.from(last) : last)
    },
    abort() {
      response.write('', () => response.destroy())
    },
  }
}

/** For files by their path only, as a server has it that hands a path to the kernel. */
function fileSender({ file }: FileWrapper, response: ServerResponse): SendFile | undefined {
  if (!('path' in file)) return undefined
  const { path, start = 0, end = Number.POSITIVE_INFINITY } = file
  return async (limit) => {
    const handle = await open(path)
    const last = Math.min(end, start + limit) - 1
    let sent = 0
    if (last >= start) {
      const stream = handle.createReadStream({ start, end: last, autoClose: false })
      for await (const chunk of stream) {
        if (response.destroyed) break
        sent += chunk.length
        if (!response.write(chunk)) {
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
        }
      }
    }
    await handle.close()
    return sent
  }
}
