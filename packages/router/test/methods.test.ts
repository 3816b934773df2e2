import type { Application } from '@tsgi/core'
import { describe, expect, it } from 'vitest'
import { allowedMethods, type Methods, readMethods } from '../src/methods.ts'

const app: Application = () => []
const other: Application = () => []

describe('readMethods', () => {
  it.each<[what: string, methods: Methods, read: [string, Application][]]>([
    [
      'each method with its application',
      { PUT: app, PATCH: other },
      [
        ['PUT', app],
        ['PATCH', other],
      ],
    ],
    [
      'HEAD behind GET',
      { GET: app, PUT: other },
      [
        ['GET', app],
        ['HEAD', app],
        ['PUT', other],
      ],
    ],
    [
      'HEAD that is named behind GET',
      { GET: app, HEAD: other },
      [
        ['GET', app],
        ['HEAD', other],
      ],
    ],
    [
      'HEAD that is named before GET',
      { HEAD: other, GET: app },
      [
        ['HEAD', other],
        ['GET', app],
      ],
    ],
    ['_ANY_ without HEAD', { _ANY_: app }, [['_ANY_', app]]],
    ['GET in its case only', { get: app }, [['get', app]]],
    ['every character of a token', { "!#$%&'*+-.^_`|~09azAZ": app }, [["!#$%&'*+-.^_`|~09azAZ", app]]],
    ['__proto__ that is its own', { ['__proto__']: app }, [['__proto__', app]]],
    ['nothing inherited', Object.assign(Object.create({ POST: other }), { PUT: app }), [['PUT', app]]],
  ])('gives %s', (_what, methods, read) => {
    expect([...readMethods('here', methods)]).toEqual(read)
  })

  it.each<[methods: unknown, message: string]>([
    [{}, 'here: must have applications by method, as in { GET: app }; got {}'],
    [null, 'here: must have applications by method, as in { GET: app }; got null'],
    [undefined, 'here: must have applications by method, as in { GET: app }; got undefined'],
    [app, 'here: must have applications by method, as in { GET: app }; got function'],
    ['GET', 'here: must have applications by method, as in { GET: app }; got string'],
    [[app], 'here: must have applications by method, as in { GET: app }; got an array'],
    [Object.create({ GET: app }), 'here: must have applications by method, as in { GET: app }; got {}'],
    [{ GET: 'home' }, 'here: GET: must be an application, a function; got string'],
    [{ GET: undefined }, 'here: GET: must be an application, a function; got undefined'],
    [{ 'GET ': app }, 'here: a method must be a token (RFC 9110 section 5.6.2); got "GET "'],
    [{ '': app }, 'here: a method must be a token (RFC 9110 section 5.6.2); got ""'],
    [{ 'A\n': app }, 'here: a method must be a token (RFC 9110 section 5.6.2); got "A\\n"'],
    [{ GÉT: app }, 'here: a method must be a token (RFC 9110 section 5.6.2); got "GÉT"'],
  ])('throws for %o', (methods, message) => {
    expect(() => readMethods('here', methods as Methods)).toThrow(new TypeError(message))
  })
})

describe('allowedMethods', () => {
  it.each<[tables: Methods[], allowed: string[]]>([
    [[], ['OPTIONS']],
    [[{ GET: app }], ['GET', 'HEAD', 'OPTIONS']],
    [
      [{ POST: app }, { GET: app, POST: app }],
      ['POST', 'GET', 'HEAD', 'OPTIONS'],
    ],
    [[{ OPTIONS: app, PUT: app }], ['OPTIONS', 'PUT']],
  ])('of %o gives %j', (tables, allowed) => {
    expect(allowedMethods(tables.map((methods) => readMethods('here', methods)))).toEqual(allowed)
  })
})
