import { describe, expect, it } from 'vitest'
import { Response } from '../src/response.ts'
import { send } from '../src/testing.ts'

const cookiesOf = (response: Response): string[] => response.headers.getAll('Set-Cookie')

describe('Response.cookies', () => {
  it('are sent each in a Set-Cookie of its own (RFC 6265 section 3)', async () => {
    const response = new Response('hi')
    response.cookies.set('a', '1')
    response.cookies.set('b', 'x; y', { secure: true, maxAge: 60, sameSite: 'Strict' })
    response.cookies.delete('c')
    const received = await send((environ, startResponse) => response.respond(environ, startResponse))
    expect(received.headers.getAll('Set-Cookie')).toEqual([
      'a=1; Path=/; HttpOnly; SameSite=Lax',
      'b=x%3B%20y; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict',
      'c=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax',
    ])
  })

  it('replace what was set before by the same name, domain and path', () => {
    const response = new Response()
    response.cookies.set('a', '1')
    response.headers.set('X-Between', 'yes')
    response.cookies.set('a', '2', { secure: true })
    expect(response.headers.list).toEqual([
      ['X-Between', 'yes'],
      ['Set-Cookie', 'a=2; Path=/; HttpOnly; Secure; SameSite=Lax'],
    ])
    response.cookies.delete('a')
    expect(cookiesOf(response)).toEqual([expect.stringMatching(/^a=; .*Max-Age=0/)])
    response.cookies.set('a', '3')
    expect(cookiesOf(response)).toEqual(['a=3; Path=/; HttpOnly; SameSite=Lax'])
  })

  it.each<[why: string, earlier: string]>([
    ['in lower case', 'a=1; path=/app; domain=example.com'],
    ['with a dot before the domain', 'a=1; Domain=.Example.COM; Path=/app'],
    ['without blanks', 'a=1;Domain=example.com;Path=/app'],
    ['with blanks', ' a =1 ; Domain = example.com ;Path= /app '],
    ['with an attribute given twice, of which the last counts', 'a=1; Path=/; Path=/app; Domain=example.com'],
    ['with an equals sign in its value', 'a=1=2; Path=/app; Domain=example.com'],
  ])('replace a header of the same cookie %s (RFC 6265 section 5.3)', (_why, earlier) => {
    const response = new Response(null, { headers: [['set-cookie', earlier]] })
    response.cookies.set('a', '2', { path: '/app', domain: 'example.com' })
    expect(cookiesOf(response)).toEqual(['a=2; Domain=example.com; Path=/app; HttpOnly; SameSite=Lax'])
  })

  it.each<[why: string, earlier: string]>([
    ['of another name', 'b=1; Path=/'],
    ['whose name has another case', 'A=1; Path=/'],
    ['whose name begins with it', 'ab=1; Path=/'],
    ['that has its name as its value', 'b=a=1; Path=/'],
    ['of another path', 'a=1; Path=/app'],
    ['whose path has another case', 'a=1; Path=/App'],
    ['of the path of the request, whatever that is', 'a=1'],
    ['of a domain', 'a=1; Path=/; Domain=example.com'],
    ['of another partition', 'a=1; Path=/; Secure; Partitioned'],
  ])('leave a cookie alone %s', (_why, earlier) => {
    const response = new Response(null, { headers: [['Set-Cookie', earlier]] })
    response.cookies.set('a', '2')
    expect(cookiesOf(response)).toEqual([earlier, 'a=2; Path=/; HttpOnly; SameSite=Lax'])
  })

  it('replace all that came before, however often it did', () => {
    const response = new Response(null, {
      headers: [
        ['Set-Cookie', 'a=1; Path=/'],
        ['Set-Cookie', 'b=1; Path=/'],
        ['Set-Cookie', 'a=2; Path=/'],
      ],
    })
    response.cookies.set('a', '3')
    expect(cookiesOf(response)).toEqual(['b=1; Path=/', 'a=3; Path=/; HttpOnly; SameSite=Lax'])
  })

  it('keep a cookie and the removal of the one without partition apart', () => {
    const response = new Response()
    response.cookies.delete('a', { secure: true })
    response.cookies.set('a', '1', { secure: true, partitioned: true })
    expect(cookiesOf(response)).toHaveLength(2)
  })

  it.each<[attack: string, set: (response: Response) => void]>([
    ['a name that is none', ({ cookies }) => cookies.set('a b', '1')],
    ['a name that ends the header', ({ cookies }) => cookies.set('a\r\nX: y', '1')],
    ['a path with an attribute', ({ cookies }) => cookies.set('a', '1', { path: '/; Domain=evil.example' })],
    ['a domain with an attribute', ({ cookies }) => cookies.set('a', '1', { domain: 'a.example; Path=/' })],
    ['a prefix without what it asks for', ({ cookies }) => cookies.set('__Host-a', '1')],
    ['the removal of one', ({ cookies }) => cookies.delete('__Host-a')],
    ['SameSite=None without Secure', ({ cookies }) => cookies.set('a', '1', { sameSite: 'None' })],
  ])('refuse %s, and leave what was set', (_attack, set) => {
    const response = new Response(null, { headers: [['Set-Cookie', 'a=1; Path=/']] })
    expect(() => set(response)).toThrow(TypeError)
    expect(cookiesOf(response)).toEqual(['a=1; Path=/'])
  })
})
