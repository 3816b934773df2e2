import { latin1 } from './bytes.ts'
import type { Header } from './contract.ts'
import { checkHeaderName, checkHeaderValue, isSameName } from './field.ts'
import { quote } from './field-syntax.ts'
import { fieldLines } from './gateway/encode-head.ts'
import { makeHead } from './gateway/head.ts'

/**
 * A view over a list of headers, which stays the caller's: a change shows in that list. Names are the same
 * whatever their case; order, spelling and repeats are kept (wsgiref.headers.Headers, with the method names of
 * the Fetch standard). What could not be sent cannot be set.
 */
export class Headers implements Iterable<[name: string, value: string]> {
  /** The pairs themselves: what `startResponse` takes. */
  readonly list: Header[]

  constructor(headers: Header[] = []) {
    if (!Array.isArray(headers)) {
      throw new TypeError(`Headers: headers must be an array of [name, value] pairs; got ${typeof headers}`)
    }
    this.list = headers
  }

  /** How many pairs there are, repeats included. */
  get size(): number {
    return this.list.length
  }

  /** The value of a header, repeats joined with `', '`; `null` when absent. `getAll` suits `Set-Cookie` better. */
  get(name: string): string | null {
    let found: string | null = null
    for (const [other, value] of this.list) {
      if (isSameName(other, name)) found = found === null ? value : `${found}, ${value}`
    }
    return found
  }

  /** The values of a header, one for each time that it is there. */
  getAll(name: string): string[] {
    const values: string[] = []
    for (const [other, value] of this.list) if (isSameName(other, name)) values.push(value)
    return values
  }

  /** The cookies that are set, one for each header: what the Fetch standard has in place of `getAll`. */
  getSetCookie(): string[] {
    return this.getAll('Set-Cookie')
  }

  has(name: string): boolean {
    for (const [other] of this.list) if (isSameName(other, name)) return true
    return false
  }

  /**
   * Gives a header one value: in the place of the first of that name, at the end when there is none.
   *
   * @throws TypeError when the name is no token, or the value has control characters or any above U+00FF
   */
  set(name: string, value: string): void {
    const header = checked(name, value)
    const { list } = this
    const first = list.findIndex(([other]) => isSameName(other, name))
    if (first < 0) {
      list.push(header)
    } else {
      list[first] = header
      remove(list, name, first + 1)
    }
  }

  /**
   * Adds a header at the end, beside those of the same name.
   *
   * @throws TypeError as `set` does
   */
  append(name: string, value: string): void {
    this.list.push(checked(name, value))
  }

  /**
   * Adds a header with parameters: `add('Content-Disposition', 'attachment', { filename: 'a.txt' })` appends
   * `attachment; filename="a.txt"`. A `_` in the name of a parameter becomes `-`; `null` or `''` gives the bare
   * name. Without a value, the parameters stand alone.
   *
   * @throws TypeError as `set` does, and when the name of a parameter is no token
   */
  add(name: string, value: string | null, params: Readonly<Record<string, string | null>> = {}): void {
    const parts: string[] = []
    if (value !== null) {
      // Joined below, a number would pass for its text.
      checkHeaderValue('Headers', name, value)
      parts.push(value)
    }
    for (const [param, text] of Object.entries(params)) parts.push(formatParam(param, text))
    this.append(name, parts.join('; '))
  }

  /**
   * Says in `Vary` that the response depends on these request headers too, each once (RFC 9110 section 12.5.5).
   * `*` stands for all of them, and stays.
   *
   * @throws TypeError when a name is no token
   */
  vary(...names: string[]): void {
    for (const name of names) checkHeaderName('Headers', name)
    const listed = (this.get('Vary') ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    if (listed.includes('*')) return
    const before = listed.length
    for (const name of names) {
      if (!listed.some((other) => isSameName(other, name))) listed.push(name)
    }
    if (listed.length > before) this.set('Vary', listed.includes('*') ? '*' : listed.join(', '))
  }

  delete(name: string): void {
    remove(this.list, name, 0)
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this.list) callback(value, name, this)
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.list) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.list) yield value
  }

  entries(): IterableIterator<[name: string, value: string]> {
    return this[Symbol.iterator]()
  }

  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    // The Fetch standard's type, for whoever takes its `Headers`.
    return this.list.values() as IterableIterator<[string, string]>
  }

  /**
   * The headers as they stand in a message: `Name: value`, a line each, and the empty line that ends them, in
   * Latin-1 (RFC 9112 section 2.1).
   *
   * @throws TypeError on what `startResponse` would refuse, in its words
   */
  toBytes(): Uint8Array {
    // Other code may have put anything into the list.
    const { headers } = makeHead('200 OK', this.list)
    return latin1(`${fieldLines(headers)}\r\n`)
  }
}

function checked(name: string, value: string): Header {
  checkHeaderName('Headers', name)
  checkHeaderValue('Headers', name, value)
  return [name, value]
}

/** Removes the headers of a name in place, from an index on. */
function remove(list: Header[], name: string, from: number): void {
  let kept = from
  for (let i = from; i < list.length; i++) {
    const header = list[i]!
    if (!isSameName(header[0], name)) list[kept++] = header
  }
  if (kept < list.length) list.length = kept
}

function formatParam(param: string, text: string | null): string {
  const name = param.replaceAll('_', '-')
  // An unchecked name could close its parameter and open another one.
  checkHeaderName('Headers', name)
  if (text === null) return name
  checkHeaderValue('Headers', name, text)
  return text === '' ? name : `${name}=${quote(text)}`
}
