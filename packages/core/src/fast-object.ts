/**
 * An object without inherited keys that V8 keeps fast: `Object.create(null)` is a dictionary, to which each key is twice as
 * dear to add (measured: 41 ns against 20).
 */
// biome-ignore lint/complexity/useArrowFunction: an arrow function is no constructor.
export const BareObject: new () => object = function () {} as unknown as new () => object
BareObject.prototype = Object.create(null)

/**
 * The same text as V8 keeps it for a key. One that was cut out or put together at run time has to be looked up each time
 * that it is used as a key (measured: 480 ns against 41, in a dictionary).
 */
export function internKey(text: string): string {
  return Object.keys({ [text]: true })[0]!
}
