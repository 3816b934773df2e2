import { mapBody, TextBody } from '../body.ts'
import { isBytes, utf8Length } from '../bytes.ts'
import type { Body } from '../contract.ts'
import { FileWrapper } from '../file-wrapper.ts'
import { isContentLength } from '../gateway/head.ts'
import type { ByteRange, MultipartRanges } from '../range.ts'

/** The length in bytes of a body that is in memory; `undefined` for any other. */
export function knownLength(body: Body): number | undefined {
  if (body instanceof TextBody) return body.charset === 'utf-8' ? utf8Length(body.text) : body.text.length
  if (!isChunks(body)) return undefined
  let length = 0
  for (const chunk of body) length += chunk.length
  return length
}

/**
 * The length in bytes of a body of which any part can be had without the rest: one in memory, or a file by its path
 * with a `Content-Length`, which a server enforces.
 */
export function divisibleLength(body: Body, contentLength: string | null): number | undefined {
  if (!(body instanceof FileWrapper)) return knownLength(body)
  if (!('path' in body.file) || contentLength === null || !isContentLength(contentLength)) return undefined
  const length = Number(contentLength)
  const { start = 0, end } = body.file
  return end === undefined || end - start === length ? length : undefined
}

/** The one range of a body that `divisibleLength` knows; closing it closes the body. */
export function partOf(body: Body, range: ByteRange): Body {
  return body instanceof FileWrapper ? new FilePart(body, range) : slice(chunksOf(body), range)
}

/** Several ranges of such a body, laid out. */
export function partsOf(body: Body, segments: MultipartRanges['segments']): Body {
  if (body instanceof FileWrapper) return mapBody(fileParts(body, segments), { close: () => body.close() })
  const chunks = chunksOf(body)
  return segments.flatMap((segment) => (isBytes(segment) ? [segment] : slice(chunks, segment)))
}

function isChunks(body: Body): body is readonly Uint8Array[] & Body {
  return Array.isArray(body)
}

/** The chunks of a body in memory; a text is encoded. */
function chunksOf(body: Body): readonly Uint8Array[] {
  return isChunks(body) ? body : [...(body as TextBody)]
}

function slice(chunks: readonly Uint8Array[], { start, end }: ByteRange): Uint8Array[] {
  const parts: Uint8Array[] = []
  let position = 0
  for (const chunk of chunks) {
    const part = chunk.subarray(Math.max(start - position, 0), Math.max(end - position, 0))
    if (part.length > 0) parts.push(part)
    position += chunk.length
  }
  return parts
}

async function* fileParts(
  whole: FileWrapper,
  segments: MultipartRanges['segments'],
): AsyncGenerator<Uint8Array, undefined> {
  for (const segment of segments) {
    if (isBytes(segment)) yield segment
    else {
      const part = new FilePart(whole, segment)
      try {
        yield* part
      } finally {
        await part.close()
      }
    }
  }
}

/** A file still, so that a server can send it better than by reading it. */
class FilePart extends FileWrapper {
  readonly #whole: FileWrapper

  constructor(whole: FileWrapper, range: ByteRange) {
    const { path, start = 0 } = whole.file as { path: string; start?: number }
    super({ path, start: start + range.start, end: start + range.end }, whole.blockSize)
    this.#whole = whole
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#whole.close()
  }
}
