import type { OpenFile, ReadableFile } from './contract.ts'

/**
 * A file, or a range of one, as the body of a response (PEP 3333, Optional Platform-Specific File Handling). A server
 * that knows a better way than reading may take it by `file`. An open file is read from where it stands to its end;
 * a file by its path is opened when the first chunk is asked for. `close` closes either.
 *
 * @throws TypeError when `file` is neither an open file nor has a path
 * @throws RangeError when `start`, `end` or `blockSize`, all in bytes, are out of range
 */
export class FileWrapper implements AsyncIterable<Uint8Array> {
  readonly file: ReadableFile
  readonly blockSize: number
  #opened: Promise<Source> | undefined = undefined
  #closed: Promise<void> | undefined = undefined

  constructor(file: ReadableFile, blockSize = 65536) {
    if (!isOpen(file)) checkRange(file)
    if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
      throw new RangeError(`FileWrapper: blockSize must be a positive integer; got ${blockSize}`)
    }
    this.file = file
    this.blockSize = blockSize
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    if (this.#closed !== undefined) return
    const { file, blockSize } = this
    this.#opened ??= open(file)
    const source = await this.#opened
    // A pipe or a terminal can only be read where it stands, so without a start there is no position.
    let position = isOpen(file) ? null : (file.start ?? null)
    let left =
      isOpen(file) || file.end === undefined ? Number.POSITIVE_INFINITY : file.end - (file.start ?? 0)
    while (left > 0 && this.#closed === undefined) {
      // Fresh for each chunk: whoever took the last one may still hold it.
      const block = new Uint8Array(Math.min(blockSize, left))
      const { bytesRead } = await source.read(block, 0, block.length, position)
      if (bytesRead === 0) return
      left -= bytesRead
      if (position !== null) position += bytesRead
      yield block.subarray(0, bytesRead)
    }
  }

  /** Closes the file, once, however often it is called; also when nothing was read. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (isOpen(this.file)) return this.file.close?.()
    // Why it could not be opened, whoever asked for the first chunk was told.
    const source = await this.#opened?.catch(() => undefined)
    await source?.close?.()
  }
}

/** An open file that can also be read at a position: Node's `FileHandle`. */
interface Source extends Pick<OpenFile, 'close'> {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number }>
}

function isOpen(file: ReadableFile): file is OpenFile {
  return typeof (file as Partial<OpenFile> | null | undefined)?.read === 'function'
}

function checkRange(file: Exclude<ReadableFile, OpenFile>): void {
  if (typeof file?.path !== 'string') {
    throw new TypeError(
      `FileWrapper: file must be an open file with read(), or { path, start?, end? }; got ${typeof file === 'string' ? JSON.stringify(file) : typeof file}`,
    )
  }
  const { start = 0, end = Number.MAX_SAFE_INTEGER } = file
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(
      `FileWrapper: file: start and end must be integers with 0 <= start <= end; got ${start} and ${file.end}`,
    )
  }
}

async function open(file: ReadableFile): Promise<Source> {
  if (isOpen(file)) return file
  // Not at the top: an application must load where there are no files.
  const { open } = await import('node:fs/promises')
  return open(file.path)
}
