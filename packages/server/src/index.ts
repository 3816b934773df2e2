export type { ServeOptions } from './options.ts'
export { makeServer, type Server, serve } from './serve.ts'
