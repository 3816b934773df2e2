import { STATUS_CODES } from 'node:http'
import { describe, expect, it } from 'vitest'
import { status } from '../src/status.ts'

describe('status', () => {
  it.each([
    [100, '100 Continue', 'RFC 9110 15.2.1'],
    [103, '103 Early Hints', 'RFC 8297'],
    [104, '104 Upload Resumption Supported', 'registered for the time being'],
    [200, '200 OK', 'RFC 9110 15.3.1'],
    [203, '203 Non-Authoritative Information', 'RFC 9110 15.3.4'],
    [207, '207 Multi-Status', 'RFC 4918'],
    [226, '226 IM Used', 'RFC 3229'],
    [302, '302 Found', 'RFC 9110 15.4.3'],
    [308, '308 Permanent Redirect', 'RFC 9110 15.4.9'],
    [404, '404 Not Found', 'RFC 9110 15.5.5'],
    [413, '413 Content Too Large', 'RFC 9110 15.5.14'],
    [414, '414 URI Too Long', 'RFC 9110 15.5.15'],
    [416, '416 Range Not Satisfiable', 'RFC 9110 15.5.17'],
    [421, '421 Misdirected Request', 'RFC 9110 15.5.20'],
    [422, '422 Unprocessable Content', 'RFC 9110 15.5.21'],
    [425, '425 Too Early', 'RFC 8470'],
    [451, '451 Unavailable For Legal Reasons', 'RFC 7725'],
    [505, '505 HTTP Version Not Supported', 'RFC 9110 15.6.6'],
    [511, '511 Network Authentication Required', 'RFC 6585'],
  ])('%d is %j (%s)', (code, expected) => {
    expect(status(code)).toBe(expected)
  })

  it.each([
    [199, '199 Informational'],
    [299, '299 Success'],
    [306, '306 Redirection'],
    [399, '399 Redirection'],
    [418, '418 Client Error'],
    [499, '499 Client Error'],
    [509, '509 Server Error'],
    [599, '599 Server Error'],
  ])('%d, which has no reason of its own, is %j', (code, expected) => {
    expect(status(code)).toBe(expected)
  })

  it('knows every code that Node knows, by the name that the registry has today', () => {
    const names: Record<string, string> = {}
    for (const code of Object.keys(STATUS_CODES)) names[code] = status(Number(code)).slice(4)
    expect(names).toEqual({
      ...STATUS_CODES,
      413: 'Content Too Large',
      418: 'Client Error',
      422: 'Unprocessable Content',
      509: 'Server Error',
    })
  })

  it.each([
    0,
    99,
    600,
    1000,
    -200,
    200.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '404',
    '',
    null,
    undefined,
    {},
  ])('refuses %j', (code) => {
    expect(() => status(code as number)).toThrow(RangeError)
  })

  it('says what was found', () => {
    expect(() => status('404' as unknown as number)).toThrow(
      'status: code must be an integer from 100 to 599; got "404"',
    )
    expect(() => status(Number.NaN)).toThrow('got NaN')
  })
})
