import { expect, describe as group, it } from 'vitest'
import type { Application, Header } from '../src/contract.ts'
import { handler } from '../src/handler.ts'
import { HttpError } from '../src/http-error.ts'
import { type Head, onResponse } from '../src/response-hook.ts'
import { bytes, call, observe, settled } from './observe.ts'

const hello: Application = (_, startResponse) => {
  startResponse('200 OK', [['X-A', '1']])
  return [bytes('hello')]
}

group('onResponse', () => {
  it('changes status and headers on their way out, at once where the application is sync', () => {
    const app = onResponse(hello, (head) => {
      head.status = '203 Non-Authoritative Information'
      head.headers.set('x-a', '2')
      head.headers.append('X-B', '3')
    })
    const { status, headers, chunks, end } = call(app)
    expect([status, chunks, end]).toEqual(['203 Non-Authoritative Information', ['hello'], 'end'])
    expect(headers).toEqual([
      ['x-a', '2'],
      ['X-B', '3'],
      ['Content-Length', '5'],
    ])
  })

  it('gives the body through untouched', () => {
    const body = observe([], [bytes('a')])
    const app = onResponse(
      (_, startResponse) => {
        startResponse('200 OK', [])
        return body
      },
      () => {},
    )
    const { environ } = call(app)
    expect(app(environ, () => async () => {})).toBe(body)
  })

  it('refuses a change that waits, in the words of the remedy, and leaves no rejection behind', async () => {
    const app = onResponse(hello, async function later() {
      throw new Error('boom')
    } as () => void)
    const { environ } = call(hello)
    expect(() => app(environ, () => async () => {})).toThrow(
      'onResponse: later: must be synchronous; got a promise: use capture to wait',
    )
    await settled()
  })

  it('leaves the list of the application alone, which it may give for every request', () => {
    const list: Header[] = [['X-A', '1']]
    const app = onResponse(
      (_, startResponse) => {
        startResponse('200 OK', list)
        return []
      },
      ({ headers }) => {
        headers.append('Set-Cookie', 'a=b')
        headers.set('X-A', '2')
      },
    )
    call(app)
    const { headers } = call(app)
    expect(list).toEqual([['X-A', '1']])
    expect(headers.filter(([name]) => name === 'Set-Cookie')).toHaveLength(1)
  })

  it('sees the environ, and what made the answer necessary', () => {
    const heads: Head[] = []
    const failing = handler(() => {
      throw new HttpError(404)
    })
    const app = onResponse(failing, (head, environ) => {
      head.headers.set('X-Path', environ.PATH_INFO)
      heads.push(head)
    })
    const { status, headers } = call(app, { PATH_INFO: '/x' })
    expect(status).toBe('404 Not Found')
    expect(headers).toContainEqual(['X-Path', '/x'])
    expect(heads[0]?.error).toBeInstanceOf(HttpError)
    expect(heads).toHaveLength(1)
  })

  it('changes the head that replaces another', () => {
    const app = onResponse(
      function* (_, startResponse) {
        startResponse('200 OK', [])
        yield bytes('')
        startResponse('500 Oh No', [], new Error('late'))
        yield bytes('a')
      },
      (head) => head.headers.set('X-Seen', head.status),
    )
    const { status, headers } = call(app)
    expect([status, headers]).toEqual(['500 Oh No', [['X-Seen', '500 Oh No']]])
  })

  it('leaves the checks to the server, and what fails to the application', () => {
    let thrown: unknown
    const app = onResponse(
      (_, startResponse) => {
        try {
          startResponse('200 OK', [])
        } catch (error) {
          thrown = error
          startResponse('500 Oh No', [], error)
        }
        return []
      },
      (head) => {
        if (head.error === undefined) head.status = '200OK' as '200 OK'
      },
    )
    expect(call(app).status).toBe('500 Oh No')
    expect(String(thrown)).toContain('got "200OK"')
  })

  it('passes write through', async () => {
    const app = onResponse(
      async (_, startResponse) => {
        await startResponse('200 OK', [])(bytes('a'))
        return [bytes('b')]
      },
      () => {},
    )
    const { chunks, call: running } = call(app)
    await settled()
    running.sent()
    expect(chunks).toEqual(['a', 'b'])
  })

  it('is named after the change', () => {
    expect(onResponse(hello, function responseTime() {}).name).toBe('responseTime')
    expect(onResponse(hello, () => {}).name).toBe('onResponse')
  })
})
