import type { Application, Body, Environ, StartResponse } from './contract.ts'

/** A class whose instance is the body of a response (PEP 3333, `AppClass`). */
export type ApplicationClass<E extends object = Environ> = new (
  environ: E,
  startResponse: StartResponse,
) => Body

/** An object that answers requests by its method `call`. */
export interface ApplicationObject<E extends object = Environ> {
  call(environ: E, startResponse: StartResponse): Body | Promise<Body>
  // Every function has a `call` too, but not of this meaning; this member of theirs tells them apart.
  apply?: never
}

/**
 * Makes an application, which is a function, of a class (`new C(environ, startResponse)` is the body) or of an object
 * with `call(environ, startResponse)`. It has the name of the class.
 *
 * @throws TypeError on anything else, a function included: that is an application already
 */
export function applicationFrom<E extends object = Environ>(
  source: ApplicationClass<E> | ApplicationObject<E>,
): Application<E> {
  if (isClass(source)) return named(source, (environ, startResponse) => new source(environ, startResponse))
  if (typeof source === 'object' && typeof source?.call === 'function') {
    return named(source.constructor, (environ, startResponse) => source.call(environ, startResponse))
  }
  throw new TypeError(
    `applicationFrom: must be a class, or an object with call(environ, startResponse); got ${nameOf(source)}`,
  )
}

/** A class differs from every other function in that its `prototype` cannot be replaced (ECMA-262 section 15.7.14). */
function isClass<E extends object>(source: unknown): source is ApplicationClass<E> {
  return (
    typeof source === 'function' && Object.getOwnPropertyDescriptor(source, 'prototype')?.writable === false
  )
}

function named<E extends object>(source: Function | undefined, application: Application<E>): Application<E> {
  return Object.defineProperty(application, 'name', { value: source?.name ?? '', configurable: true })
}

function nameOf(source: unknown): string {
  if (typeof source === 'function')
    return `the function ${JSON.stringify(source.name)}, which is an application already`
  if (typeof source === 'string') return JSON.stringify(source)
  return source === null ? 'null' : typeof source
}
