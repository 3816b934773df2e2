import type { Duplex } from 'node:stream'
import type { Header } from '@tsgi/core'

/** The head of an answer, as it came. */
export interface AnswerHead {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** As sent: order, case and repeats kept, values one character for each byte. */
  readonly headers: readonly Header[]
}

/** A whole answer. */
export interface Answer extends AnswerHead {
  /** The interim answers (1xx) that came before it. */
  readonly interim: readonly AnswerHead[]
  readonly body: Uint8Array
  /** The body as text, one character for each byte. */
  readonly text: string
}

/** What is asked; a request line and headers are made of it, `Host` and the framing where they are not given. */
export interface Question {
  readonly method?: string
  readonly target?: string
  /** Default `'1.1'`. */
  readonly version?: '1.0' | '1.1'
  readonly headers?: readonly Header[]
  /** A body whose length is declared. */
  readonly body?: Uint8Array | string
  /** A body in chunks, in place of `body`. */
  readonly chunks?: readonly (Uint8Array | string)[]
}

/** The connection ended before what it carried was whole. */
export class Cut extends Error {
  override readonly name = 'Cut'
}

/** One connection to a server, spoken to in bytes. What is written is sent as it stands, one byte for each character. */
export class Client {
  readonly #socket: Duplex
  #unread: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('readable', () => this.#wake())
    const end = () => {
      this.#ended = true
      this.#wake()
    }
    // A reset is an end too: what it cut short shows in the framing.
    socket.on('error', end).on('end', end).on('close', end)
  }

  write(bytes: string | Uint8Array): this {
    this.#socket.write(toBuffer(bytes))
    return this
  }

  /** As `write`, telling whether the bytes left: they do not while, for a short time, nobody takes any. */
  async wrote(bytes: Uint8Array, ms = 50): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const sent = new Promise<boolean>((resolve) =>
      this.#socket.write(bytes, (error) => resolve(error === undefined || error === null)),
    )
    const stuck = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false)
    })
    const left = await Promise.race([sent, stuck])
    clearTimeout(timer)
    return left
  }

  /** Sends the head and the body of a request. */
  ask(question: Question): this {
    return this.write(requestBytes(question))
  }

  /** Says that nothing more will be sent, and goes on reading. */
  finish(): this {
    this.#socket.end()
    return this
  }

  /** Leaves, as a browser does whose tab is closed. */
  leave(): void {
    this.#socket.destroy()
  }

  /** The next head, also an interim one. */
  async head(): Promise<AnswerHead> {
    return parseHead(await this.#upTo('\r\n\r\n'))
  }

  /** The next final head, and the interim ones before it. */
  async finalHead(): Promise<AnswerHead & Pick<Answer, 'interim'>> {
    const interim: AnswerHead[] = []
    for (;;) {
      const head = await this.head()
      if (head.status >= 200) return { ...head, interim }
      interim.push(head)
    }
  }

  /**
   * The bytes of a body as they come, framed as its head says.
   *
   * @throws Cut when the connection ends before the body does
   */
  async *body(head: AnswerHead, method = 'GET'): AsyncGenerator<Uint8Array, void> {
    if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) return
    if (headersNamed(head, 'transfer-encoding').some((value) => /chunked/i.test(value)))
      yield* this.#chunked()
    else {
      const [length] = headersNamed(head, 'content-length')
      if (length === undefined) yield* this.#toEnd()
      else yield* this.#exactly(Number(length))
    }
  }

  /** The next answer, whole. `method` is that of the request: a `HEAD` has an answer without a body. */
  async answer(method = 'GET'): Promise<Answer> {
    const { cut, ...answer } = await this.received(method)
    if (cut !== undefined) throw cut
    return answer
  }

  /** As `answer`, but with what came of it where it was `cut` behind its head. */
  async received(method = 'GET'): Promise<Answer & { readonly cut: Cut | undefined }> {
    const head = await this.finalHead()
    const chunks: Uint8Array[] = []
    let cut: Cut | undefined
    try {
      for await (const chunk of this.body(head, method)) chunks.push(chunk)
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      cut = error
    }
    const body = Buffer.concat(chunks)
    return { ...head, body, text: body.toString('latin1'), cut }
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<string> {
    while (await this.#more()) {}
    return this.#take(this.#unread.length).toString('latin1')
  }

  /** What comes within a short time, which no server needs to say nothing. */
  async heard(ms = 50): Promise<string> {
    const end = Date.now() + ms
    for (let left = ms; left > 0 && !this.#ended; left = end - Date.now()) {
      let timer: NodeJS.Timeout | undefined
      const silence = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left)
      })
      await Promise.race([this.#more(), silence])
      clearTimeout(timer)
    }
    return this.#unread.toString('latin1')
  }

  async *#chunked(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const line = await this.#upTo('\r\n')
      const size = /^([\dA-Fa-f]+)(?:[ \t]*;.*)?$/.exec(line)?.[1]
      if (size === undefined) throw new Error(`a chunk must begin with its size; got ${JSON.stringify(line)}`)
      if (Number.parseInt(size, 16) === 0) break
      yield* this.#exactly(Number.parseInt(size, 16))
      const end = await this.#upTo('\r\n')
      if (end !== '')
        throw new Error(`a chunk must be as long as it says; got ${JSON.stringify(end)} behind it`)
    }
    // Trailers, of which nobody asked for any.
    while ((await this.#upTo('\r\n')) !== '') {}
  }

  async *#exactly(length: number): AsyncGenerator<Uint8Array, void> {
    for (let left = length; left > 0; ) {
      if (this.#unread.length === 0 && !(await this.#more())) {
        throw new Cut(`the connection ended ${left} bytes before the end of a body or chunk of ${length}`)
      }
      const part = this.#take(Math.min(left, this.#unread.length))
      left -= part.length
      yield part
    }
  }

  async *#toEnd(): AsyncGenerator<Uint8Array, void> {
    do {
      if (this.#unread.length > 0) yield this.#take(this.#unread.length)
    } while (await this.#more())
    if (this.#socket.errored) throw new Cut('the connection was reset', { cause: this.#socket.errored })
  }

  /** The text before the mark, which is taken away with it. */
  async #upTo(mark: string): Promise<string> {
    for (;;) {
      const place = this.#unread.indexOf(mark, 0, 'latin1')
      if (place >= 0) {
        const text = this.#take(place).toString('latin1')
        this.#take(mark.length)
        return text
      }
      if (!(await this.#more())) {
        const found = JSON.stringify(this.#unread.toString('latin1').slice(0, 200))
        throw new Cut(`the connection ended before ${JSON.stringify(mark)}; got ${found}`)
      }
    }
  }

  #take(length: number): Buffer {
    const taken = this.#unread.subarray(0, length)
    this.#unread = this.#unread.subarray(length)
    return taken
  }

  /** Waits for more bytes; false when there are none to come. */
  async #more(): Promise<boolean> {
    const { length } = this.#unread
    for (;;) {
      const chunk: Buffer | null = this.#socket.read()
      if (chunk !== null) {
        this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
        return true
      }
      // A call that `heard` no longer waits for may have taken it in.
      if (this.#unread.length > length) return true
      if (this.#ended) return false
      await new Promise<void>((resolve) => {
        const wake = this.#wake
        this.#wake = () => {
          this.#wake = () => {}
          wake()
          resolve()
        }
      })
    }
  }
}

/** A request as bytes. */
export function requestBytes({
  method = 'GET',
  target = '/',
  version = '1.1',
  headers = [],
  body,
  chunks,
}: Question): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) lines.unshift('Host: conformance.example')
  const parts: Buffer[] = []
  if (chunks !== undefined) {
    lines.push('Transfer-Encoding: chunked')
    for (const chunk of chunks) parts.push(chunkBytes(chunk))
    parts.push(LAST_CHUNK)
  } else if (body !== undefined) {
    const bytes = toBuffer(body)
    lines.push(`Content-Length: ${bytes.length}`)
    parts.push(bytes)
  }
  const head = `${method} ${target} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n`
  return Buffer.concat([toBuffer(head), ...parts])
}

/** One chunk of a chunked body (RFC 9112 section 7.1). */
export function chunkBytes(chunk: Uint8Array | string): Buffer {
  const bytes = toBuffer(chunk)
  return Buffer.concat([toBuffer(`${bytes.length.toString(16)}\r\n`), bytes, toBuffer('\r\n')])
}

export const LAST_CHUNK: Buffer = toBuffer('0\r\n\r\n')

/** The values of all headers of a name, in order; `name` in lower case. */
export function headersNamed({ headers }: Pick<AnswerHead, 'headers'>, name: string): string[] {
  return headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []))
}

/** Whether an answer says that its connection ends with it. */
export function isLast(head: Pick<AnswerHead, 'headers'>): boolean {
  return headersNamed(head, 'connection').some((value) => /\bclose\b/i.test(value))
}

function toBuffer(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
}

function parseHead(text: string): AnswerHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const match = /^HTTP\/(\d\.\d) (\d{3}) (.*)$/.exec(statusLine)
  if (match === null)
    throw new Error(`a status line must be "HTTP/1.1 NNN reason"; got ${JSON.stringify(statusLine)}`)
  const [, version = '', status, reason = ''] = match
  return { version, status: Number(status), reason, headers: lines.map(parseField) }
}

function parseField(line: string): Header {
  const match = /^([!#$%&'*+\-.^_`|~\dA-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line)
  if (match === null) throw new Error(`a header line must be "Name: value"; got ${JSON.stringify(line)}`)
  return [match[1]!, match[2]!]
}
