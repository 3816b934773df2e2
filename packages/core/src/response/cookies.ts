import { type CookieOptions, cookieHeader, deletedCookieHeader } from '../cookies.ts'
import { isSameName } from '../field.ts'
import type { Headers } from '../headers.ts'

/**
 * The cookies that a response sets, each in a `Set-Cookie` of its own. One that a browser would take for the same,
 * by its name, domain, path and partition, replaces the earlier.
 */
export class ResponseCookies {
  readonly #headers: Headers

  constructor(headers: Headers) {
    this.#headers = headers
  }

  /**
   * Sets a cookie: by default for this host and all its paths, kept from scripts, and `SameSite=Lax`.
   *
   * @throws TypeError on a name, a value or an option that a browser would refuse or misread
   */
  set(name: string, value: string, options?: CookieOptions): void {
    this.#put(cookieHeader(name, value, options))
  }

  /**
   * Has the browser drop a cookie. `domain`, `path` and `partitioned`, and what the prefix of its name asks for, must
   * be what it was set with.
   *
   * @throws TypeError as `set` does
   */
  delete(name: string, options?: Omit<CookieOptions, 'expires' | 'maxAge'>): void {
    this.#put(deletedCookieHeader(name, options))
  }

  #put(cookie: string): void {
    const { list } = this.#headers
    const identity = identityOf(cookie)
    for (let i = list.length - 1; i >= 0; i--) {
      const [name, value] = list[i]!
      if (isSameName(name, 'Set-Cookie') && identityOf(value) === identity) list.splice(i, 1)
    }
    list.push(['Set-Cookie', cookie])
  }
}

/** By what a browser tells one cookie from another (RFC 6265 section 5.3, step 11), and CHIPS its partition. */
function identityOf(setCookie: string): string {
  const [pair = '', ...attributes] = setCookie.split(';')
  const [name = ''] = pair.split('=', 1)
  const found = new Map<string, string>()
  for (const attribute of attributes) {
    const [key = '', value = ''] = attribute.split('=', 2)
    // The last one counts.
    found.set(key.trim().toLowerCase(), value.trim())
  }
  const domain = found.get('domain')?.replace(/^\./, '').toLowerCase()
  return JSON.stringify([name.trim(), domain, found.get('path'), found.has('partitioned')])
}
