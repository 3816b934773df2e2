import { type Application, handler, type Middleware, stack } from '@tsgi/core'
import { describe, expect, it } from 'vitest'
import { type OperationDetails, operation } from '../src/index.ts'
import { detailsOf } from '../src/operation.ts'

const plain = (): Application => handler(() => null)
const layer: Middleware = (inner) => (environ, startResponse) => inner(environ, startResponse)

describe('operation', () => {
  it('gives the application that it was given', () => {
    const app = plain()
    expect(operation({ summary: 'Shows' }, app)).toBe(app)
  })

  it('is found again, also inside the layers of a stack', () => {
    const details = { summary: 'Shows' }
    const app = operation(details, plain())
    expect(detailsOf(app)).toBe(details)
    expect(detailsOf(stack().use(layer).use(layer).run(app))).toBe(details)
    expect(detailsOf(stack({ validate: true }).run(app))).toBe(details)
    expect(detailsOf(plain())).toBeUndefined()
  })

  it('is the outermost where layers have been described, too', () => {
    const outer = { summary: 'Outer' }
    const app = operation(
      outer,
      stack()
        .use(layer)
        .run(operation({ summary: 'Inner' }, plain())),
    )
    expect(detailsOf(app)).toBe(outer)
  })

  it('is said once of an application, which may stand in several routes', () => {
    const app = operation(
      { summary: 'Shows' },
      handler(function show() {
        return null
      }),
    )
    expect(() => operation({ summary: 'Lists' }, app)).toThrow(
      'operation: app: must have no details yet; got "show", which has some',
    )
  })

  it('takes what it is told, and leaves out what is undefined', () => {
    const details = {
      summary: undefined,
      security: [{ login: ['read'] }],
      responses: { default: { description: '' }, '4XX': { description: '' } },
    }
    expect(() => operation(details as object, plain())).not.toThrow()
  })

  it.each<[details: unknown, message: string]>([
    [null, 'operation: details: must be an object; got null'],
    ['Shows', 'operation: details: must be an object; got "Shows"'],
    [[], 'operation: details: must be an object; got []'],
    [{ sumary: '' }, 'operation: details: must be without other members; got "sumary"'],
    [{ constructor: '' }, 'operation: details: must be without other members; got "constructor"'],
    [{ summary: 1 }, 'operation: details.summary: must be a string; got 1'],
    [{ description: null }, 'operation: details.description: must be a string; got null'],
    [{ tags: 'a' }, 'operation: details.tags: must be a list of strings; got "a"'],
    [{ tags: [1] }, 'operation: details.tags: must be a list of strings; got [1]'],
    [{ operationId: '' }, 'operation: details.operationId: must be a string that is not empty; got ""'],
    [{ deprecated: 'yes' }, 'operation: details.deprecated: must be a boolean; got "yes"'],
    [{ security: {} }, 'operation: details.security: must be a list of objects; got {}'],
    [{ responses: [] }, 'operation: details.responses: must be an object of { description } by status'],
    [
      { responses: { 200: {} } },
      'operation: details.responses: must be an object of { description } by status',
    ],
    [{ responses: { 99: { description: '' } } }, 'operation: details.responses: must be'],
    [{ responses: { '4xx': { description: '' } } }, 'operation: details.responses: must be'],
    [{ responses: { '2000': { description: '' } } }, 'operation: details.responses: must be'],
    [{ responses: { toString: { description: '' } } }, 'operation: details.responses: must be'],
  ])('refuses the details %j', (details, message) => {
    const make = () => operation(details as OperationDetails, plain())
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it('refuses what is no application', () => {
    expect(() => operation({}, {} as Application)).toThrow('operation: app: must be a function; got object')
  })
})
