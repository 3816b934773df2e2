import { describe, expect, it } from 'vitest'
import { defaultAddress, parseBind } from '../src/bind.ts'

describe('parseBind', () => {
  it.each([
    ['127.0.0.1:8000', { host: '127.0.0.1', port: 8000 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['localhost:65535', { host: 'localhost', port: 65535 }],
    ['my-host.example:0', { host: 'my-host.example', port: 0 }],
    [':8080', { host: '0.0.0.0', port: 8080 }],
    ['[::1]:8000', { host: '::1', port: 8000 }],
    ['[::]:0', { host: '::', port: 0 }],
    ['[fe80::1%eth0]:8000', { host: 'fe80::1%eth0', port: 8000 }],
    ['unix:/run/app.sock', { unix: '/run/app.sock' }],
    ['unix:///run/app.sock', { unix: '/run/app.sock' }],
    ['unix:app.sock', { unix: 'app.sock' }],
    ['unix:/run/a:80', { unix: '/run/a:80' }],
  ])('reads %j', (text, address) => {
    expect(parseBind(text)).toEqual(address)
  })

  it.each([
    ['nothing', ''],
    ['no port', '127.0.0.1'],
    ['no port after the colon', '127.0.0.1:'],
    ['a port alone, which gunicorn takes for a host', '8000'],
    ['a port beyond 65535', ':65536'],
    ['a port of too many digits', ':000080'],
    ['a signed port', ':+80'],
    ['a port that is no number', ':http'],
    ['digits of another script', ':８０'],
    ['IPv6 without brackets', '::1:8000'],
    ['no IPv6 in the brackets', '[localhost]:8000'],
    ['an empty pair of brackets', '[]:8000'],
    ['a URL', 'http://127.0.0.1:8000'],
    ['a path after the port', '127.0.0.1:8000/'],
    ['white space', ' 127.0.0.1:8000'],
    ['a line feed at the end', '127.0.0.1:8000\n'],
    ['unix without a path', 'unix:'],
    ['unix without a path, as a URL', 'unix://'],
  ])('refuses %s: %j', (_, text) => {
    expect(() => parseBind(text)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: `-b: must be host:port, [ipv6]:port or unix:path; got ${JSON.stringify(text)}`,
      }),
    )
  })
})

describe('defaultAddress', () => {
  it.each([
    [{}, 8000],
    [{ PORT: '' }, 8000],
    [{ PORT: '3000' }, 3000],
    [{ PORT: '0' }, 0],
  ])('gives, with %j, port %i on this machine only', (env, port) => {
    expect(defaultAddress(env)).toEqual({ host: '127.0.0.1', port })
  })

  it.each(['http', '-1', '65536', '80.5', '0x50', ' 80', '80\n'])('refuses PORT=%j', (PORT) => {
    expect(() => defaultAddress({ PORT })).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: `PORT: must be a number from 0 to 65535; got ${JSON.stringify(PORT)}`,
      }),
    )
  })
})
