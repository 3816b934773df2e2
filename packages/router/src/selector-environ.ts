import type { MethodsEnviron } from './methods.ts'
import type { Params } from './params.ts'

/** What a `Selector` adds to `environ`, beside `wsgiorg.routing_args`; under the names of the original. */
export interface SelectorEnviron<Vars = Params> extends MethodsEnviron {
  /** What the pattern of this selector alone has found: positional values under `'0'`, `'1'`, … */
  'selector.vars': Vars
  /** The texts that the patterns have fitted, this selector's last; `''` where none has. */
  'selector.matches': readonly string[]
}
