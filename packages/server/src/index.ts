export type { ServeOptions } from './options.ts'
export { handleRequest, makeServer, type Server, serve } from './serve.ts'
