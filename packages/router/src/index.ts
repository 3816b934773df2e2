export { type Params, type PathParams, PatternError } from './pattern.ts'
export { type Methods, Selector, type SelectorEnviron } from './selector.ts'
