import { HttpError } from '../http-error.ts'

/** What is known of a file before it is opened. */
export interface FileFacts {
  /** In bytes. */
  readonly size: number
  readonly etag: string
  readonly lastModified: Date
}

/**
 * Looks a file up.
 *
 * @throws HttpError 404 when there is none, or it is no regular file
 */
export async function lookUpFile(path: string): Promise<FileFacts> {
  // The system would take it for the end of the path.
  if (path.includes('\0')) throw new HttpError(404)
  // Not at the top: an application must load where there are no files.
  const { stat } = await import('node:fs/promises')
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    throw NO_SUCH_FILE.has(error.code) ? new HttpError(404, { cause: error }) : error
  })
  // A folder has no bytes, and a pipe may never give any.
  if (!found.isFile()) throw new HttpError(404)
  const now = Date.now()
  const modified = Number(found.mtimeMs)
  const opaque = `"${found.size.toString(16)}-${found.mtimeNs.toString(16)}"`
  return {
    size: Number(found.size),
    // As long as the clock of the file system stands, one more change would not show (RFC 9110 section 8.8.1).
    etag: now - modified < CLOCK_STEP_MS ? `W/${opaque}` : opaque,
    // Never later than the answer (RFC 9110 section 8.8.2.1).
    lastModified: new Date(Math.min(modified, now)),
  }
}

const NO_SUCH_FILE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

// The coarsest is that of FAT.
const CLOCK_STEP_MS = 2000
