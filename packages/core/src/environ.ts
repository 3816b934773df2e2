import type { Environ } from './contract.ts'
import { BareObject } from './fast-object.ts'

/**
 * Where views of an environ keep what they have parsed: in environ itself, and out of the way of its keys. A WeakMap by environ
 * costs each request 2 µs (measured), this a tenth.
 */
export const PARSED: unique symbol = Symbol('tsgi.parsed')

/**
 * A copy of an environ with some keys changed, for the inner side: whoever holds the old one still holds the truth. Keys are
 * strings: a symbol of anybody else's stays behind.
 */
export function copyEnviron<E extends Environ, Changes extends object>(
  environ: E,
  changes: Changes,
): E & Changes {
  // To ask for symbols, too, takes as long as all of the rest.
  const keys = Object.keys(environ) as (keyof E)[]
  const isMade = isAsMade(keys)
  const copy = (isMade ? new BaseCopy(environ) : new BareObject()) as E
  for (let i = isMade ? BASE_KEYS.length : 0; i < keys.length; i++) copy[keys[i]!] = environ[keys[i]!]
  const holder = environ as { [PARSED]?: unknown }
  if (holder[PARSED] !== undefined) (copy as { [PARSED]?: unknown })[PARSED] = holder[PARSED]
  return Object.assign(copy, changes)
}

/**
 * A constructor for speed only, as `BaseEnviron`'s is: of an environ as a server makes it, what it has without its headers is
 * most, and to add that key by key takes five times as long.
 */
const BaseCopy = function (this: Environ, environ: Environ) {
  this.REQUEST_METHOD = environ.REQUEST_METHOD
  this.SCRIPT_NAME = environ.SCRIPT_NAME
  this.PATH_INFO = environ.PATH_INFO
  this.QUERY_STRING = environ.QUERY_STRING
  this.REQUEST_URI = environ.REQUEST_URI
  this.SERVER_NAME = environ.SERVER_NAME
  this.SERVER_PORT = environ.SERVER_PORT
  this.SERVER_PROTOCOL = environ.SERVER_PROTOCOL
  this.SERVER_SOFTWARE = environ.SERVER_SOFTWARE
  this.GATEWAY_INTERFACE = environ.GATEWAY_INTERFACE
  this.REMOTE_ADDR = environ.REMOTE_ADDR
  this.REMOTE_PORT = environ.REMOTE_PORT
  this['wsgi.version'] = environ['wsgi.version']
  this['wsgi.url_scheme'] = environ['wsgi.url_scheme']
  this['wsgi.input'] = environ['wsgi.input']
  this['wsgi.errors'] = environ['wsgi.errors']
  this['wsgi.multithread'] = environ['wsgi.multithread']
  this['wsgi.multiprocess'] = environ['wsgi.multiprocess']
  this['wsgi.run_once'] = environ['wsgi.run_once']
  this['wsgi.input_terminated'] = environ['wsgi.input_terminated']
  this['tsgi.exchange'] = environ['tsgi.exchange']
} as unknown as new (
  environ: Environ,
) => Environ
BaseCopy.prototype = Object.create(null)

/** Those that a server's environ begins with, in its order: of another order, a copy is made the slow way. */
export const BASE_KEYS: readonly string[] = Object.keys(new BaseCopy({} as Environ))

function isAsMade(keys: readonly PropertyKey[]): boolean {
  for (let i = 0; i < BASE_KEYS.length; i++) if (keys[i] !== BASE_KEYS[i]) return false
  return true
}
