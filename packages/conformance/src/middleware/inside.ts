import type { Application, Body, Header } from '@tsgi/core'
import type { Log } from '../log.ts'

// What stands inside the layer: the applications of the cases are made of these.

export const CHUNKS: readonly string[] = ['one', 'two', 'three']

export const WHOLE = 'onetwothree'

/** What an application may give its chunks by. */
export const PROTOCOLS: Readonly<Record<string, (chunks: Iterable<Uint8Array>) => Body>> = {
  'a sync body': (chunks) => chunks,
  'an async body': later,
}

/** A list of its own for each answer: a layer may change it (PEP 3333, the start_response() callable). */
export function plain(): Header[] {
  return [['Content-Type', 'text/plain; charset=utf-8']]
}

/** No `Buffer`, which can do more than a chunk needs to. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** `one`, `two`, `three`; the log has `made one` before each. */
export function* chunks(log?: Log): Generator<Uint8Array, void> {
  for (const chunk of CHUNKS) {
    log?.add(`made ${chunk}`)
    yield bytes(chunk)
  }
}

/** An application that answers 200, with a body of its own for each request. */
export function answering(makeBody: () => Body): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', plain())
    return makeBody()
  }
}

async function* later(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks
}
