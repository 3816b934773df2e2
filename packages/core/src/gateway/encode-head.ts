import { latin1 } from '../bytes.ts'
import { isSameName } from '../field.ts'
import type { ResponseHead } from './head.ts'

/** What the gateway, and not the application, decides about a head on the wire. */
export interface HeadEncoding {
  /**
   * Whether the gateway speaks HTTP with the client itself (default), or is behind a server that does, as with CGI: then the
   * head begins with `Status:`, and nothing is added (RFC 3875 section 6.3).
   */
  originServer?: boolean
  /** The version in the status line, which is the gateway's own and not the request's. Default `'1.1'`. */
  httpVersion?: '1.0' | '1.1'
  /** The value of `Server` where the application gave none; without it there is none. */
  software?: string
  /** The time for `Date`. Default: that of the call. */
  now?: Date
}

/**
 * The head of a response as it stands on the wire, with the empty line that ends it, in Latin-1. An origin server's
 * has a `Date`, which the application's overrules (RFC 9110 section 6.6.1; PEP 3333, The start_response() Callable).
 * Nothing is checked: that was done when the head was made.
 */
export function encodeHead(
  { code, reason, headers }: ResponseHead,
  { originServer = true, httpVersion = '1.1', software, now }: HeadEncoding = {},
): Uint8Array {
  if (!originServer) return latin1(`Status: ${code} ${reason}\r\n${fieldLines(headers)}\r\n`)
  let preamble = `HTTP/${httpVersion} ${code} ${reason}\r\n`
  // ECMA-262 gives `toUTCString` the form of an IMF-fixdate.
  if (!hasName(headers, 'Date')) preamble += `Date: ${(now ?? new Date()).toUTCString()}\r\n`
  if (software !== undefined && !hasName(headers, 'Server')) preamble += `Server: ${software}\r\n`
  return latin1(`${preamble}${fieldLines(headers)}\r\n`)
}

/** `Name: value` and a line end for each pair (RFC 9112 section 5). */
export function fieldLines(headers: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`
  return lines
}

function hasName(headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) if (isSameName(headers[i]!, name)) return true
  return false
}
