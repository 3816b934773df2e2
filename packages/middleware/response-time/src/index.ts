export { type ResponseTimeOptions, responseTime } from './response-time.ts'
