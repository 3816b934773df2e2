import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection on which a test writes bytes as they stand, and reads what comes. */
export class RawClient {
  readonly socket: Socket
  received = ''
  #changed: () => void = () => {}
  #isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      this.received += data
      this.#changed()
    })
    // A reset is an answer too; `closed` tells.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      this.#changed()
    })
  }

  static async connect(where: number | string): Promise<RawClient> {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where)
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  write(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** Resolved when what came so far fits; rejected when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.#isClosed)
        throw new Error(`the connection ended before ${pattern}; got ${JSON.stringify(this.received)}`)
      await this.#change()
    }
    return this.received
  }

  /** All that came until the server closed the connection. */
  async toEnd(): Promise<string> {
    while (!this.#isClosed) await this.#change()
    return this.received
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve
    })
  }
}

/** Sends bytes on a connection of their own, and gives all that comes until the server closes it. */
export async function exchangeRaw(where: number | string, bytes: string | Uint8Array): Promise<string> {
  const client = await RawClient.connect(where)
  return client.write(bytes).toEnd()
}

/** The status codes of the answers in what came. */
export function statusesOf(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code))
}
