/** What not every layer does, by design: what it declares differently takes it away. */
export type MiddlewareFeature = 'streaming' | 'same-bytes' | 'sync'
