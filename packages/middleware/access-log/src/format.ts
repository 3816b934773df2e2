/** What is known of a request and its response when both are over. What the client sent is here as it sent it. */
export interface AccessLogEntry {
  /** When the request came. */
  time: Date
  /** `''` on a unix socket. */
  remoteAddress: string
  /** `REMOTE_USER`, where a layer or the server has put it there. */
  user: string | undefined
  method: string
  /** The request target, undecoded: `'/search?q=tea'`. */
  target: string
  /** `'HTTP/1.1'` */
  protocol: string
  /** The status code that went out; 499, as nginx writes it, where the client left before there was one. */
  status: number
  /** Of the body, without its framing. */
  bytes: number
  /** From here to the end of the exchange. */
  durationMs: number
  referer: string | undefined
  userAgent: string | undefined
  /** `tsgi.request_id`, where a layer has put it there. */
  requestId: string | undefined
  /** The pattern that a router matched: `'/users/:id'`. */
  route: string | undefined
  /** What was thrown, also where a layer inside made an answer of it. */
  error: unknown
  /** Whether the client left, or the server stopped waiting. */
  aborted: boolean
}

/** The formats that have a name. */
export const FORMATS: Readonly<Record<'common' | 'combined' | 'json', (entry: AccessLogEntry) => string>> = {
  common,
  combined,
  json,
}

/**
 * A request's text may hold what starts a new line, or a terminal's escape sequence (U+009B does alone); JSON escapes
 * only what is below U+0020. The form is JSON's, so that JSON stays JSON.
 */
export function escapeControls(line: string): string {
  return line.replace(CONTROLS, (character) => `\\u${hex(character.charCodeAt(0), 4)}`)
}

/** `%h %l %u %t "%r" %>s %b` of Apache's mod_log_config. */
function common({
  remoteAddress,
  user,
  time,
  method,
  target,
  protocol,
  status,
  bytes,
}: AccessLogEntry): string {
  const request = escapeItem(`${method} ${target} ${protocol}`)
  const who = `${item(remoteAddress || undefined)} - ${item(user || undefined)}`
  return `${who} [${formatTime(time)}] "${request}" ${status} ${bytes === 0 ? '-' : bytes}`
}

/** Common, and `"%{Referer}i" "%{User-Agent}i"`. */
function combined(entry: AccessLogEntry): string {
  return `${common(entry)} "${item(entry.referer)}" "${item(entry.userAgent)}"`
}

function json({ durationMs, error, ...entry }: AccessLogEntry): string {
  return JSON.stringify({
    ...entry,
    durationMs: Number(durationMs.toFixed(3)),
    error: error === undefined ? undefined : messageOf(error),
  })
}

function item(text: string | undefined): string {
  return text === undefined ? '-' : escapeItem(text)
}

/** As Apache does (ap_escape_logitem): a header's character below U+0100 is the byte that came. */
function escapeItem(text: string): string {
  return text.replace(NOT_PLAIN, (character) => {
    const code = character.charCodeAt(0)
    return C_ESCAPES[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
  })
}

/** `21/Nov/2026:15:04:05 +0000`, in the zone of this machine. */
function formatTime(time: Date): string {
  const day = `${two(time.getDate())}/${MONTHS[time.getMonth()]}/${time.getFullYear()}`
  const hour = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  const east = -time.getTimezoneOffset()
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`
  return `${day}:${hour} ${zone}`
}

/** Not the stack or the causes, which are for `wsgi.errors`. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `thrown: ${typeof error}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const NOT_PLAIN = /[^ !#-[\]-~]/g
const C_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

// A tab stays: it may separate the fields of a function's line.
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g
