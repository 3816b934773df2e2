/** Where `environ` has a request header. */
export type RequestKey = `HTTP_${string}` | 'CONTENT_TYPE' | 'CONTENT_LENGTH'

/**
 * The key of a request header, by its name in lower case: `'HTTP_ACCEPT'` (RFC 3875 section 4.1.18); `undefined` where
 * the header is dropped.
 */
export function requestKey(name: string): RequestKey | undefined {
  // `X_User` and `X-User` would share a key, so that a client could pass for a trusted proxy. `Proxy` would become
  // HTTP_PROXY, which programs take for their outgoing proxy (httpoxy, CVE-2016-5385).
  if (name.includes('_') || name === 'proxy') return undefined
  if (name === 'content-type') return 'CONTENT_TYPE'
  if (name === 'content-length') return 'CONTENT_LENGTH'
  return `HTTP_${name.toUpperCase().replaceAll('-', '_')}`
}

/** What stands between the values of a header that is repeated (RFC 9110 section 5.3, RFC 6265 section 5.4). */
export function repeatSeparator(name: string): ', ' | '; ' {
  return name === 'cookie' ? '; ' : ', '
}
