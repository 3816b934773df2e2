export { ByMethod } from './by-method.ts'
export { EnvironDispatcher, type EnvironDispatcherOptions } from './environ-dispatcher.ts'
export { MapFileError } from './map-file.ts'
export type { Methods, MethodsEnviron } from './methods.ts'
export { MiddlewareComposer } from './middleware-composer.ts'
export { type Exposed, expose, Naked } from './naked.ts'
export type { ParamSchemas, Params } from './params.ts'
export type { Key, ParsedPattern, PatternParser, Token } from './parser.ts'
export type {
  ExpressionParams,
  PathParams,
  RouteEnviron,
  RouteOptions,
  UrlOptions,
  UrlParams,
} from './path-params.ts'
export { PatternError } from './pattern.ts'
export { pliant } from './pliant.ts'
export type { Route } from './route.ts'
export type { Rule } from './rules.ts'
export { Selector } from './selector.ts'
export type { SelectorEnviron } from './selector-environ.ts'
export { type SelectorExpressions, selectorExpressions } from './selector-expressions.ts'
export type { Mapping, SelectorOptions, SlurpOptions, TrailingSlash, Wrap } from './selector-options.ts'
