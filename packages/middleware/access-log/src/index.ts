export { type AccessLogOptions, accessLog } from './access-log.ts'
export type { AccessLogEntry } from './format.ts'
