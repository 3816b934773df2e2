export { applicationFrom } from './application-from.ts'
export { type BodyMapping, closeBody, mapBody, readBody, text } from './body.ts'
export type { CacheControl } from './cache-control.ts'
export { capture } from './capture.ts'
export { type CascadeOptions, cascade } from './cascade.ts'
export type * from './contract.ts'
export type { CookieOptions } from './cookies.ts'
export { demoApplication } from './demo.ts'
export { copyEnviron } from './environ.ts'
export type { EventsOptions, ServerSentEvent } from './events.ts'
export { isHopByHop } from './field.ts'
export { FileWrapper } from './file-wrapper.ts'
export { type Answer, type HandlerOptions, handler, schemasOf } from './handler.ts'
export { Headers } from './headers.ts'
export { escapeHtml } from './html.ts'
export { HttpError, type HttpErrorOptions } from './http-error.ts'
export type { Limits } from './limits.ts'
export type { LinkParams } from './link.ts'
export { mount } from './mount.ts'
export type { FormPart } from './multipart/part.ts'
export { type BlankOptions, type JsonOptions, type ReadOptions, Request } from './request.ts'
export { type FileOptions, type RedirectStatus, Response, type ResponseOptions } from './response.ts'
export { type Head, onResponse } from './response-hook.ts'
export {
  describe,
  layersOf,
  type MissingLayer,
  type NeedsMet,
  type Stack,
  type StackOptions,
  stack,
} from './stack.ts'
export type { SchemaOutput, StandardSchema } from './standard-schema.ts'
export { status } from './status.ts'
export { setupTestingDefaults } from './testing-defaults.ts'
export { applicationUri, guessScheme, requestUri, shiftPathInfo } from './uri.ts'
export { when } from './when.ts'
