export { type RequestIdEnviron, type RequestIdOptions, requestId } from './request-id.ts'
