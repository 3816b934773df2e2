/** Whether a value has to be waited for. What is no promise is never awaited, so that sync stays sync. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function'
}

/** The same promise, whose rejection whoever does not wait for it may ignore: it must not end the process. */
export function forgettable<T extends PromiseLike<unknown>>(promise: T): T {
  promise.then(undefined, () => {})
  return promise
}
