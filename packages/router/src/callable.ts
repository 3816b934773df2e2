type AnyFunction = (...args: never) => unknown

/**
 * Makes the instances of a class functions: what this constructor returns is what the subclass puts its fields on, so
 * an instance has its own state, is an `instanceof` its class, and can be called.
 */
export const Callable: abstract new <Call extends AnyFunction>(call: Call) => Call = class Callable {
  static {
    // Types give everything callable `call`, `apply` and `bind`. `extends Function` would need `super()` to evaluate
    // a string, which a content security policy and Cloudflare Workers forbid.
    Object.setPrototypeOf(Callable.prototype, Function.prototype)
  }

  constructor(call: AnyFunction) {
    Object.defineProperty(call, 'name', { value: new.target.name, configurable: true })
    // biome-ignore lint/correctness/noConstructorReturn: that is the point.
    return Object.setPrototypeOf(call, new.target.prototype)
  }
} as never
