import { type Application, type Environ, HttpError, handler, setupTestingDefaults, text } from '@tsgi/core'
import { send } from '@tsgi/core/testing'
import { describe, expect, it } from 'vitest'
import { type RequestIdEnviron, type RequestIdOptions, requestId } from '../src/index.ts'

/** Answers with the id that it finds. */
const echo: Application<Environ & RequestIdEnviron> = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']])
  return text(environ['tsgi.request_id'])
}

const numbered = (): (() => string) => {
  let count = 0
  return () => `${++count}`
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

describe('requestId', () => {
  it('gives the application and the client the same id, a random UUID', async () => {
    const { headers, text } = await send(requestId()(echo))
    expect(text).toMatch(UUID)
    expect(headers.getAll('X-Request-Id')).toEqual([text])
  })

  it('gives every request another id', async () => {
    const app = requestId()(echo)
    expect((await send(app)).text).not.toBe((await send(app)).text)
  })

  it('takes ids from generate', async () => {
    const app = requestId({ generate: numbered() })(echo)
    expect((await send(app)).text).toBe('1')
    expect((await send(app)).headers.get('X-Request-Id')).toBe('2')
  })

  it('names the header as it is told', async () => {
    const app = requestId({ header: 'X-Correlation-Id', trust: true })(echo)
    const { headers } = await send(app, { headers: { 'X-Correlation-Id': 'a1' } })
    expect(headers.list).toContainEqual(['X-Correlation-Id', 'a1'])
    expect(headers.has('X-Request-Id')).toBe(false)
  })

  it('replaces an id that the application answers with', async () => {
    const app = requestId({ generate: () => 'outer' })((_, startResponse) => {
      startResponse('200 OK', [
        ['X-Request-ID', 'inner'],
        ['x-request-id', 'innermost'],
      ])
      return []
    })
    expect((await send(app)).headers.getAll('X-Request-Id')).toEqual(['outer'])
  })

  it('is on the answer to an error too', async () => {
    const app = requestId({ generate: () => 'a1' })(
      handler(() => {
        throw new HttpError(404)
      }),
    )
    const { status, headers } = await send(app)
    expect([status, headers.get('X-Request-Id')]).toEqual([404, 'a1'])
  })

  it('adds its key to the environ of the outer side, for a log to find', () => {
    const environ = setupTestingDefaults({})
    requestId({ generate: () => 'a1' })(echo)(environ, () => () => Promise.resolve())
    expect(environ).toMatchObject({ 'tsgi.request_id': 'a1' })
  })

  it('answers a synchronous application without a promise', () => {
    const body = text('done')
    const app = requestId()(() => body)
    const environ = setupTestingDefaults({})
    expect(app(environ, () => () => Promise.resolve())).toBe(body)
  })

  it('carries its name', () => {
    expect(requestId()(echo).name).toBe('requestId')
  })
})

describe('an id that the request brings', () => {
  const longest = 'a'.repeat(128)

  it.each<[what: string, claimed: string]>([
    ['a UUID', '1b671a64-40d5-491e-99b0-da01ff1f3341'],
    ['base64', 'b64/+=='],
    ['base64url', 'b64_-~'],
    ["AWS' trace id", 'Root=1-67891233-abcdef012345678912345678'],
    ['one character', '.'],
    ['128 characters', longest],
  ])('is used where it is trusted: %s', async (_, claimed) => {
    const app = requestId({ trust: true, generate: () => 'new' })(echo)
    const { text, headers } = await send(app, { headers: { 'X-Request-Id': claimed } })
    expect([text, headers.get('X-Request-Id')]).toEqual([claimed, claimed])
  })

  it.each<[attack: string, claimed: string]>([
    ['none', ''],
    ['129 characters', `${longest}a`],
    ['a quote, to leave its field', 'a" 200 "'],
    ['a space', 'a b'],
    ['a tab', 'a\tb'],
    ['a terminal escape (CSI)', 'a\u009b2J'],
    ['markup', '<script>'],
    ['a template', '{{7*7}}'],
    ['text beyond ASCII', 'é'],
    ['two of them, joined', 'a, b'],
  ])('is replaced where it is no id: %s', async (_, claimed) => {
    const app = requestId({ trust: true, generate: () => 'new' })(echo)
    const { text, headers } = await send(app, { headers: { 'X-Request-Id': claimed } })
    expect([text, headers.get('X-Request-Id')]).toEqual(['new', 'new'])
  })

  it('is replaced where it holds a line end, which only a lax server lets through', () => {
    const environ = setupTestingDefaults({})
    environ.HTTP_X_REQUEST_ID = 'a\n'
    requestId({ trust: true, generate: () => 'new' })(echo)(environ, () => () => Promise.resolve())
    expect(environ).toMatchObject({ 'tsgi.request_id': 'new' })
  })

  it('is not used unless it is trusted', async () => {
    const app = requestId({ generate: () => 'new' })(echo)
    expect((await send(app, { headers: { 'X-Request-Id': 'claimed' } })).text).toBe('new')
  })
})

describe('options', () => {
  it.each<[options: object, message: string]>([
    [{ header: 'X Id' }, 'requestId: options.header: must be the name of a header; got "X Id"'],
    [{ header: '' }, 'requestId: options.header: must be the name of a header; got ""'],
    [{ trust: 1 }, 'requestId: options.trust: must be a boolean; got 1'],
    [{ generate: 'uuid' }, 'requestId: options.generate: must be a function; got "uuid"'],
    [{ name: 'X-Id' }, 'requestId: options: must be without other members; got "name"'],
  ])('are refused at wiring: %j', (options, message) => {
    expect(() => requestId(options as RequestIdOptions)).toThrow(new TypeError(message))
  })
})
