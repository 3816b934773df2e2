import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AccessLogEntry, escapeControls, FORMATS } from '../src/format.ts'

const plain: AccessLogEntry = {
  time: new Date('2026-11-21T15:04:05.678Z'),
  remoteAddress: '127.0.0.1',
  user: undefined,
  method: 'GET',
  target: '/search?q=tea',
  protocol: 'HTTP/1.1',
  status: 200,
  bytes: 2326,
  durationMs: 12.345_678,
  referer: undefined,
  userAgent: undefined,
  requestId: undefined,
  route: undefined,
  error: undefined,
  aborted: false,
}

const { common, combined, json } = FORMATS
const zone = process.env['TZ']

beforeEach(() => {
  process.env['TZ'] = 'UTC'
})

afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

describe('common', () => {
  it('is %h %l %u %t "%r" %>s %b', () => {
    expect(common({ ...plain, user: 'frank' })).toBe(
      '127.0.0.1 - frank [21/Nov/2026:15:04:05 +0000] "GET /search?q=tea HTTP/1.1" 200 2326',
    )
  })

  it('has a dash for what is not there', () => {
    expect(common({ ...plain, remoteAddress: '', user: '', bytes: 0 })).toBe(
      '- - - [21/Nov/2026:15:04:05 +0000] "GET /search?q=tea HTTP/1.1" 200 -',
    )
  })

  it.each<[zone: string, time: string, formatted: string]>([
    ['UTC', '2026-01-02T03:04:05Z', '[02/Jan/2026:03:04:05 +0000]'],
    ['Asia/Kolkata', '2026-01-31T20:00:00Z', '[01/Feb/2026:01:30:00 +0530]'],
    ['America/St_Johns', '2026-01-01T01:00:00Z', '[31/Dec/2025:21:30:00 -0330]'],
    ['Europe/Berlin', '2026-07-01T12:00:00Z', '[01/Jul/2026:14:00:00 +0200]'],
    ['Pacific/Marquesas', '2026-07-01T12:00:00Z', '[01/Jul/2026:02:30:00 -0930]'],
  ])('gives the time of the machine: %s', (zone, time, formatted) => {
    process.env['TZ'] = zone
    expect(common({ ...plain, time: new Date(time) })).toContain(formatted)
  })
})

describe('combined', () => {
  it('is common, "%{Referer}i" "%{User-Agent}i"', () => {
    const entry = { ...plain, referer: 'http://example.com/', userAgent: 'Mozilla/4.08 [en]' }
    expect(combined(entry)).toBe(`${common(plain)} "http://example.com/" "Mozilla/4.08 [en]"`)
  })

  it('tells a header that is missing from an empty one', () => {
    expect(combined({ ...plain, userAgent: '' })).toBe(`${common(plain)} "-" ""`)
  })

  // ap_escape_logitem, and mod_log_config, "Format Notes".
  it.each<[attack: string, sent: string, written: string]>([
    ['a quote', 'a" 200 0', 'a\\" 200 0'],
    ['a backslash', 'a\\', 'a\\\\'],
    ['a line of its own', 'a\r\n127.0.0.1', 'a\\r\\n127.0.0.1'],
    ['tabs and their like', '\t\v\b\f', '\\t\\v\\b\\x0c'],
    ['NUL', 'a\0', 'a\\x00'],
    ['a terminal escape', '\x1b[2J', '\\x1b[2J'],
    ['delete', '\x7f', '\\x7f'],
    ['a terminal escape of one character (CSI)', '\u009b2J', '\\x9b2J'],
    ['bytes beyond ASCII', '\xc3\xa9', '\\xc3\\xa9'],
    ['a character that no header has', '\u2028', '\\u2028'],
  ])('escapes %s', (_, sent, written) => {
    expect(combined({ ...plain, userAgent: sent })).toBe(`${common(plain)} "-" "${written}"`)
    expect(combined({ ...plain, referer: sent })).toBe(`${common(plain)} "${written}" "-"`)
    expect(common({ ...plain, target: sent })).toContain(`"GET ${written} HTTP/1.1"`)
    expect(common({ ...plain, user: sent })).toContain(` - ${written} [`)
  })

  it('is one line of visible ASCII with its quotes in pairs, whatever a client sends', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, text, text, (method, target, referer, userAgent) => {
        const line = combined({ ...plain, method, target, referer, userAgent })
        expect(line).toMatch(/^[ -~]+$/)
        expect(line.replace(/\\./g, '').split('"')).toHaveLength(7)
      }),
    )
  })
})

describe('json', () => {
  it('is an object', () => {
    const entry = { ...plain, requestId: 'a1', route: '/search', userAgent: 'curl', referer: 'http://a/' }
    expect(
      JSON.parse(json({ ...entry, user: 'frank', error: new Error('broken', { cause: 'secret' }) })),
    ).toEqual({
      time: '2026-11-21T15:04:05.678Z',
      remoteAddress: '127.0.0.1',
      user: 'frank',
      method: 'GET',
      target: '/search?q=tea',
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: 2326,
      durationMs: 12.346,
      referer: 'http://a/',
      userAgent: 'curl',
      requestId: 'a1',
      route: '/search',
      error: 'broken',
      aborted: false,
    })
  })

  it('leaves out what is not there, and begins with the time', () => {
    expect(json(plain)).toBe(
      '{"time":"2026-11-21T15:04:05.678Z","remoteAddress":"127.0.0.1","method":"GET","target":"/search?q=tea",' +
        '"protocol":"HTTP/1.1","status":200,"bytes":2326,"aborted":false,"durationMs":12.346}',
    )
  })

  it.each<[thrown: unknown, message: string]>([
    ['a string', 'thrown: string'],
    [null, 'thrown: object'],
    [Object.create(null), 'thrown: object'],
  ])('says what kind of thing was thrown that is no error: %j', (error, message) => {
    expect(JSON.parse(json({ ...plain, error }))).toMatchObject({ error: message })
  })
})

describe('escapeControls', () => {
  it('leaves text alone, and tabs', () => {
    expect(escapeControls('grüße\t"\\ 茶 🍵')).toBe('grüße\t"\\ 茶 🍵')
  })

  it('gives JSON that no terminal and no reader of lines takes for anything else, and that says the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (userAgent) => {
        const line = escapeControls(json({ ...plain, userAgent }))
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        expect(JSON.parse(line)).toMatchObject({ userAgent })
      }),
    )
  })
})
