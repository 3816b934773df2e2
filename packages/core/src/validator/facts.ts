/** What has been seen of one response, at the place between two layers where a validator stands. */
export interface ResponseFacts {
  readonly method: string
  /** `startResponse` was called, whatever came of it (PEP 3333, the start_response() callable). */
  started: boolean
  /** The last head that was in order; it may be replaced until a byte has passed. */
  head: { readonly code: number; readonly contentLength: number | undefined } | undefined
  /** `startResponse` threw back the error that it was given, as the head had gone out. */
  thrownBack: boolean
  /** The outer side has asked for the body's iterator, or the body is one that needs no asking. */
  begun: boolean
  /** The body has come to its end by itself. */
  ended: boolean
  /** Bytes written and yielded. */
  bytes: number
}

export function makeFacts(method: string): ResponseFacts {
  return {
    method,
    started: false,
    head: undefined,
    thrownBack: false,
    begun: false,
    ended: false,
    bytes: 0,
  }
}
