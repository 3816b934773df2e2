import { type Body, FileWrapper, type OpenFile, text, type Write } from '@tsgi/core'
import { closeObserved, type Log, observed } from '../log.ts'

/** One of the ways in which an application can give the same bytes. */
export interface Way {
  readonly name: string
  /** How the body is treated goes into the log: `close` always, the rest where there is an iterator to see it. */
  give(chunks: readonly string[], log: Log, write: Write): Body | Promise<Body>
}

/** All bytes are in the body that is returned. */
export const BODIES: readonly Way[] = [
  {
    name: 'an array of one chunk',
    give: (chunks, log) => closeObserved(log, [Buffer.from(chunks.join(''))]),
  },
  { name: 'an array', give: (chunks, log) => closeObserved(log, [...generate(chunks)]) },
  { name: 'text()', give: (chunks, log) => closeObserved(log, text(chunks.join(''))) },
  { name: 'a generator', give: (chunks, log) => observed(log, generate(chunks)) },
  { name: 'an async generator', give: (chunks, log) => observed(log, generateAsync(chunks)) },
  { name: 'a FileWrapper', give: (chunks, log) => new FileWrapper(fileOf(chunks, log)) },
]

/** Bytes are pushed. */
export const WRITES: readonly Way[] = [
  {
    name: 'write',
    async give(chunks, log, write) {
      for (const chunk of generate(chunks)) await write(chunk)
      return closeObserved(log, [])
    },
  },
  {
    name: 'write, nobody waiting',
    give(chunks, log, write) {
      for (const chunk of generate(chunks)) void write(chunk)
      return closeObserved(log, [])
    },
  },
  {
    name: 'write, then a generator',
    async give(chunks, log, write) {
      for (const chunk of generate(chunks.slice(0, 1))) await write(chunk)
      return observed(log, generate(chunks.slice(1)))
    },
  },
]

export const WAYS: readonly Way[] = [...BODIES, ...WRITES]

/** A file of which each read gives one chunk. */
function fileOf(chunks: readonly string[], log: Log): OpenFile {
  const rest = chunks.filter((chunk) => chunk !== '')
  return {
    async read(buffer, offset) {
      const chunk = Buffer.from(rest.shift() ?? '')
      buffer.set(chunk, offset)
      return { bytesRead: chunk.length }
    },
    close: () => log.add('close'),
  }
}

function* generate(chunks: readonly string[]): Generator<Uint8Array, void> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function* generateAsync(chunks: readonly string[]): AsyncGenerator<Uint8Array, void> {
  yield* generate(chunks)
}
