import { concatBytes } from '../bytes.ts'

/** A run of bytes to look for. A long one must not have its first byte again: that keeps every search linear. */
export class Mark {
  readonly length: number
  readonly #bytes: Uint8Array
  /** By the byte under the mark's last one: how far the mark may move on without passing over a match (Horspool). */
  readonly #shifts: Uint8Array

  /** At most 255 bytes. */
  constructor(bytes: Uint8Array) {
    const last = bytes.length - 1
    this.length = bytes.length
    this.#bytes = bytes
    this.#shifts = new Uint8Array(256).fill(bytes.length)
    for (let i = 0; i < last; i++) this.#shifts[bytes[i]!] = last - i
  }

  /** Where the mark first stands, whole, or cut off by the end of the text; not before that end when nowhere. */
  find(text: Uint8Array): number {
    const shifts = this.#shifts
    const first = this.#bytes[0]
    const last = this.length - 1
    let at = 0
    while (at + last < text.length) {
      if (text[at] === first && this.#stands(text, at)) return at
      at += shifts[text[at + last]!]!
    }
    while (at < text.length && !this.#stands(text, at)) at++
    return at
  }

  #stands(text: Uint8Array, at: number): boolean {
    const end = Math.min(this.length, text.length - at)
    for (let i = 0; i < end; i++) if (text[at + i] !== this.#bytes[i]) return false
    return true
  }
}

/** Bytes that come in chunks, read up to marks, however the chunks cut them. */
export class Scanner {
  readonly #source: AsyncGenerator<Uint8Array, undefined>
  /** What has come and is not given out yet: the rest of one chunk, behind what may be the beginning of a mark. */
  #rest: Uint8Array
  #hasEnded = false
  #failure: { error: unknown } | undefined = undefined

  /** `before` is read as if it stood before the first chunk. */
  constructor(source: AsyncGenerator<Uint8Array, undefined>, before: Uint8Array = NOTHING) {
    this.#source = source
    this.#rest = before
  }

  /**
   * The next bytes before the mark, none when it is there, `undefined` at the end. Once it has failed, it fails with
   * the same error for ever.
   */
  async next(mark: Mark): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error
      const rest = this.#rest
      const at = mark.find(rest)
      const isCutOff = at + mark.length > rest.length
      if (at > 0 || !isCutOff) return this.#take(at)
      if (this.#hasEnded) return rest.length > 0 ? this.#take(rest.length) : undefined
      await this.#pull()
    }
  }

  /** Passes over a mark that `next` has come to. */
  skip(mark: Mark): void {
    this.#rest = this.#rest.subarray(mark.length)
  }

  /** Passes over a byte as often as it has come: a million of them must not be a million reads. */
  skipEach(byte: number): void {
    let at = 0
    while (this.#rest[at] === byte) at++
    this.#rest = this.#rest.subarray(at)
  }

  /** Makes `next` fail from now on. */
  fail(error: unknown): never {
    this.#failure = { error }
    throw error
  }

  /** Lets go of the source, and of what came of it, which a part that somebody keeps would keep too. */
  close(): void {
    this.#rest = NOTHING
    this.#source.return(undefined).catch(() => {})
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  async #pull(): Promise<void> {
    try {
      const { done, value } = await this.#source.next()
      if (done) this.#hasEnded = true
      else this.#rest = this.#rest.length > 0 ? concatBytes([this.#rest, value]) : value
    } catch (error) {
      this.fail(error)
    }
  }
}

const NOTHING = new Uint8Array(0)
