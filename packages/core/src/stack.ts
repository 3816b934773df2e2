import type { Application, Environ, Middleware } from './contract.ts'
import { between } from './validator/between.ts'
import type { Verdict } from './validator/judge.ts'

/** What a layer needs and no layer outside it adds; the compiler shows it where `use` is given such a layer. */
export interface MissingLayer<Key> {
  'this layer needs a key that no layer outside it adds': Key
}

/** Nothing, where what is there has what a layer needs; else the keys that are missing. */
export type NeedsMet<Has, Needs> = Has extends Needs
  ? unknown
  : // Without a name of its own, or the compiler shows that name in place of several keys.
    MissingLayer<
      {
        [Key in keyof Needs]: Key extends keyof Has ? (Has[Key] extends Needs[Key] ? never : Key) : Key
      }[keyof Needs]
    >

/** Layers in the order in which a request meets them. Immutable: `use` gives a new stack. */
export interface Stack<Has extends object = Environ> {
  /** Adds a layer inside those there are. Does not compile where no layer outside adds what it needs. */
  use<Adds extends object, Needs extends object>(
    middleware: Middleware<Adds, Needs> & NeedsMet<Has, Needs>,
  ): Stack<Has & Adds>
  /** Puts the application inside all layers, and gives the whole as one application. */
  run(app: Application<Has>): Application
}

export interface StackOptions {
  /**
   * Puts a validator around each layer and around the application, which throws at the first fault and names who is guilty
   * of it, `middleware "compress"`. For development: each layer is built twice, and each call costs many times as much.
   * Default false, which costs nothing.
   */
  validate?: boolean
}

/**
 * An empty stack: `stack().use(outermost()).use(inner()).run(app)`.
 *
 * @throws TypeError when an option is wrong
 */
export function stack(options: StackOptions = {}): Stack {
  return new Layers([], parseValidate(options))
}

/** The names of the layers that stand around an application, outermost first; none where no stack made it. */
export function describe(app: Application<never>): string[] {
  const names: string[] = []
  for (let layer = layerOf(app); layer !== undefined; layer = layerOf(layer.inner)) names.push(layer.name)
  return names
}

/**
 * The application itself, and those inside it as far as stacks have put layers around them: outermost first, and last the one
 * that `run` was given. What is known of an application by its identity is found again by this.
 */
export function layersOf(app: Application<never>): Application<never>[] {
  const bare = bareOf(app)
  const inner = LAYERS.get(bare)?.inner
  return [app, ...(bare === app ? [] : [bare]), ...(inner === undefined ? [] : layersOf(inner))]
}

/**
 * The same application with a validator at every joint of the stacks that made it, also of those inside one another; each
 * tells whoever sent the request what it finds. It is built once, so that what its layers remember they remember from one
 * request to the next.
 */
export function checkedForSend(app: Application): Application {
  const checked = CHECKED_FOR_SEND.get(app) ?? checkJoints(app, 'server', { mode: 'send' })
  CHECKED_FOR_SEND.set(app, checked)
  return checked
}

const CHECKED_FOR_SEND = new WeakMap<Application, Application>()

/** How an application was made: by a middleware, around another. */
interface Layer {
  readonly name: string
  readonly middleware: AnyMiddleware
  readonly inner: Application
}

const LAYERS = new WeakMap<Application<never>, Layer>()

/** What was there before a stack put validators between its layers. */
const UNCHECKED = new WeakMap<Application<never>, Application>()

type AnyMiddleware = Middleware<object, object>

class Layers<Has extends object> implements Stack<Has> {
  readonly #middlewares: readonly AnyMiddleware[]
  readonly #validate: boolean

  constructor(middlewares: readonly AnyMiddleware[], validate: boolean) {
    this.#middlewares = middlewares
    this.#validate = validate
  }

  use<Adds extends object, Needs extends object>(middleware: Middleware<Adds, Needs>): Stack<Has & Adds> {
    if (typeof middleware !== 'function') {
      throw new TypeError(`stack: use: middleware must be a function; got ${typeof middleware}`)
    }
    const middlewares = [...this.#middlewares, middleware as unknown as AnyMiddleware]
    return new Layers<Has & Adds>(middlewares, this.#validate)
  }

  run(app: Application<Has>): Application {
    if (typeof app !== 'function')
      throw new TypeError(`stack: run: app must be a function; got ${typeof app}`)
    // The types have seen to it that each layer finds what it needs; from here on they are in the way.
    let outer = app as unknown as Application
    for (const middleware of this.#middlewares.toReversed()) outer = addLayer(middleware, outer)
    if (!this.#validate) return outer
    const checked = checkJoints(outer, 'server', { mode: 'throw' })
    UNCHECKED.set(checked, outer)
    return checked
  }
}

function parseValidate(options: StackOptions): boolean {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`stack: options: must be an object; got ${JSON.stringify(options)}`)
  }
  const { validate = false, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw new TypeError(`stack: options: must be without other members; got ${JSON.stringify(unknown)}`)
  }
  if (typeof validate !== 'boolean') {
    throw new TypeError(`stack: options.validate: must be a boolean; got ${JSON.stringify(validate)}`)
  }
  return validate
}

function addLayer(middleware: AnyMiddleware, inner: Application): Application {
  const outer = middleware(inner)
  if (typeof outer !== 'function') {
    throw new TypeError(
      `stack: run: ${middleware.name || 'a layer'} must give an application; got ${typeof outer}`,
    )
  }
  // One that is itself made of a stack has its layers already, all of them; and nothing is a layer around itself.
  if (layerOf(outer) === undefined && !contains(inner, outer)) {
    LAYERS.set(outer, { name: outer.name || middleware.name || 'anonymous', middleware, inner })
  }
  return outer
}

function contains(app: Application, sought: Application): boolean {
  const layer = layerOf(app)
  return bareOf(app) === sought || (layer !== undefined && contains(layer.inner, sought))
}

function layerOf(app: Application<never>): Layer | undefined {
  return LAYERS.get(bareOf(app))
}

function bareOf<E extends object>(app: Application<E>): Application<E> {
  return (UNCHECKED.get(app) as Application<E> | undefined) ?? app
}

/** Builds an application anew, from its innermost, with a validator at each place where one party calls another. */
function checkJoints(app: Application, outer: string, verdict: Verdict): Application {
  const layer = layerOf(app)
  if (layer === undefined) {
    const bare = bareOf(app)
    return between(bare, { outer, inner: `application "${bare.name || 'anonymous'}"`, verdict })
  }
  const inner = `middleware "${layer.name}"`
  const made = layer.middleware(checkJoints(layer.inner, inner, verdict))
  return between(made, { outer, inner, verdict })
}
