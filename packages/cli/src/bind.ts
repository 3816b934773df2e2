import { isIPv6 } from 'node:net'
import { Fault } from './fault.ts'

/** Where to listen, in the names of `serve`. */
export type Address = { host: string; port: number } | { unix: string }

/**
 * Reads `127.0.0.1:8000`, `:8000` (every IPv4 address, as gunicorn has it), `[::1]:8000`, `unix:/run/app.sock` or
 * `unix:///run/app.sock`. Port 0 lets the system choose.
 *
 * @throws Fault when it is none of these
 */
export function parseBind(text: string): Address {
  const unix = text.startsWith('unix:') ? text.slice('unix:'.length).replace(/^\/\//, '') : ''
  if (unix !== '') return { unix }
  const [, v6, name, digits] = /^(?:\[(.+)\]|([\w.-]*)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === undefined || port > MAX_PORT || (v6 !== undefined && !isIPv6(v6))) {
    throw new Fault(`-b: must be host:port, [ipv6]:port or unix:path; got ${JSON.stringify(text)}`, 2)
  }
  return { host: v6 || name || '0.0.0.0', port }
}

/**
 * Where to listen when nothing says so: on this machine only, on port 8000 or that of `PORT`.
 *
 * @throws Fault when `PORT` is no port
 */
export function defaultAddress(env: Readonly<Record<string, string | undefined>>): Address {
  const text = env['PORT'] || '8000'
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT) {
    throw new Fault(`PORT: must be a number from 0 to ${MAX_PORT}; got ${JSON.stringify(text)}`, 2)
  }
  return { host: '127.0.0.1', port: Number(text) }
}

const MAX_PORT = 65_535
