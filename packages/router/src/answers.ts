import type { Application, Environ } from '@tsgi/core'
import { methodNotAllowed } from './methods.ts'
import { notFound, plainAnswer } from './plain-answer.ts'
import type { SelectorEnviron } from './selector-environ.ts'

/** What answers where no route does. Each may be replaced. `E` is what the outer layers add to `environ`. */
export interface Answers<E extends object = object> {
  /** No route fits the path. Another `Selector` may stand here. */
  status404: Application<Environ & E & SelectorEnviron>
  /** Routes fit the path, and none has the method. */
  status405: Application<Environ & E & SelectorEnviron>
  /** Routes fit, and none gives a type that the client accepts. */
  status406: Application<Environ & E & SelectorEnviron>
  /** Routes fit, and none takes what the body is. */
  status415: Application<Environ & E & SelectorEnviron>
  /** Routes fit the path, and no route of the whole router knows the method. */
  status501: Application<Environ & E & SelectorEnviron>
}

export const DEFAULT_ANSWERS: Readonly<Answers> = {
  status404: notFound,
  status405: methodNotAllowed,
  status406: (_environ, startResponse) => plainAnswer(startResponse, 406),
  status415: (_environ, startResponse) => plainAnswer(startResponse, 415),
  status501: (_environ, startResponse) => plainAnswer(startResponse, 501),
}
