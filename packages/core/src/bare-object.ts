/**
 * An object without inherited keys, for keys that a client chooses. V8 makes a dictionary of `Object.create(null)`, to
 * which a computed key is 60 times dearer to add (measured: 480 ns against 8).
 */
// biome-ignore lint/complexity/useArrowFunction: an arrow function is no constructor.
export const BareObject: new () => object = function () {} as unknown as new () => object
BareObject.prototype = Object.create(null)
