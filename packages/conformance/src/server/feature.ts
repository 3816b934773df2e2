/** What not every server can do, most of all where another stands before it. */
export type ServerFeature =
  /** Several requests on one connection. */
  | 'keep-alive'
  /** Requests sent before the last one was answered. */
  | 'pipelining'
  | 'chunked-requests'
  /** The application is called before the body of the request is there. */
  | 'streamed-requests'
  /** What the application yields goes out before it yields again. */
  | 'streamed-responses'
  /** It stops asking for chunks, and stops reading, when the other side is slow. */
  | 'backpressure'
  /** `Expect: 100-continue` is the application's to answer. */
  | 'expect-continue'
  | 'early-hints'
  | 'http-1.0'
  /** It notices that the client has left. */
  | 'abort'
  /** The client can tell a cut answer from a whole one. */
  | 'cut'
  /** The target comes as the client sent it, nothing before the server has tidied it. */
  | 'raw-targets'
  /** The framing of requests is this server's to judge. */
  | 'raw-framing'
  /** Names keep their spelling, repeats stay apart, and the reason is the application's. */
  | 'exact-heads'
  /** The head of an answer may have 40 KB. */
  | 'large-heads'
  /** Methods beyond the usual eight, and `CONNECT`, come through. */
  | 'any-method'
  | 'graceful-shutdown'
  /** Calls of the application may overlap. */
  | 'concurrency'
