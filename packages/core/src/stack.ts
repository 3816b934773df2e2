import type { Application, Environ, Middleware } from './contract.ts'

/** What a layer needs and no layer outside it adds; the compiler shows it where `use` is given such a layer. */
export interface MissingLayer<Key> {
  'this layer needs a key that no layer outside it adds': Key
}

type NeedsMet<Has, Needs> = Has extends Needs
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

/** An empty stack: `stack().use(outermost()).use(inner()).run(app)`. */
export function stack(): Stack {
  return new Layers([])
}

/** The names of the layers that stand around an application, outermost first; none where no stack made it. */
export function describe(app: Application<never>): string[] {
  return LAYERS.get(app)?.slice() ?? []
}

const LAYERS = new WeakMap<Application<never>, readonly string[]>()

type AnyMiddleware = Middleware<object, object>

class Layers<Has extends object> implements Stack<Has> {
  readonly #middlewares: readonly AnyMiddleware[]

  constructor(middlewares: readonly AnyMiddleware[]) {
    this.#middlewares = middlewares
  }

  use<Adds extends object, Needs extends object>(middleware: Middleware<Adds, Needs>): Stack<Has & Adds> {
    if (typeof middleware !== 'function') {
      throw new TypeError(`stack: use: middleware must be a function; got ${typeof middleware}`)
    }
    return new Layers<Has & Adds>([...this.#middlewares, middleware as unknown as AnyMiddleware])
  }

  run(app: Application<Has>): Application {
    if (typeof app !== 'function')
      throw new TypeError(`stack: run: app must be a function; got ${typeof app}`)
    // The types have seen to it that each layer finds what it needs; from here on they are in the way.
    let outer = app as unknown as Application
    let names: readonly string[] = describe(outer)
    for (const middleware of this.#middlewares.toReversed()) {
      const inner = outer
      outer = middleware(inner)
      if (typeof outer !== 'function') {
        throw new TypeError(
          `stack: run: ${middleware.name || 'a layer'} must give an application; got ${typeof outer}`,
        )
      }
      if (outer === inner) continue
      // A layer that is itself made of a stack has its names already, all of them.
      names = LAYERS.get(outer) ?? [outer.name || middleware.name || 'anonymous', ...names]
      LAYERS.set(outer, names)
    }
    return outer
  }
}
