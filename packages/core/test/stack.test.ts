import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, describe as group, it } from 'vitest'
import type { Application, Middleware, Outcome } from '../src/contract.ts'
import { errorStream } from '../src/error-stream.ts'
import { GatewayExchange } from '../src/gateway/exchange.ts'
import { mount } from '../src/mount.ts'
import { describe, layersOf, type StackOptions, stack } from '../src/stack.ts'
import { setupTestingDefaults } from '../src/testing-defaults.ts'
import { bytes, call } from './observe.ts'

const hello: Application = function hello(_, startResponse) {
  startResponse('200 OK', [])
  return [bytes('hello')]
}

/** A layer that writes its name down for each request, on its way in. */
function layer(name: string, log: string[] = []): Middleware {
  return (app) => {
    const wrapped: typeof app = (environ, startResponse) => {
      log.push(name)
      return app(environ, startResponse)
    }
    return Object.defineProperty(wrapped, 'name', { value: name })
  }
}

group('stack', () => {
  it('runs the first layer outermost, at once where all of them are sync', () => {
    const log: string[] = []
    const app = stack().use(layer('a', log)).use(layer('b', log)).use(layer('c', log)).run(hello)
    const { status, chunks } = call(app)
    expect([status, chunks, log]).toEqual(['200 OK', ['hello'], ['a', 'b', 'c']])
  })

  it('gives the application itself when it is empty', () => {
    expect(stack().run(hello)).toBe(hello)
  })

  it('is immutable: use gives a new one, and run can be repeated', () => {
    const log: string[] = []
    const base = stack().use(layer('a', log))
    const one = base.use(layer('b', log))
    const other = base.use(layer('c', log))
    expect(describe(base.run(hello))).toEqual(['a'])
    expect(describe(one.run(hello))).toEqual(['a', 'b'])
    expect(describe(other.run(hello))).toEqual(['a', 'c'])
    expect(describe(one.run(hello))).toEqual(['a', 'b'])
    call(other.run(hello))
    expect(log).toEqual(['a', 'c'])
  })

  it('builds the layers from the inside, once for each run', () => {
    const built: string[] = []
    const building =
      (name: string): Middleware =>
      (app) => {
        built.push(name)
        return app
      }
    const layers = stack().use(building('a')).use(building('b'))
    expect(built).toEqual([])
    const app = layers.run(hello)
    call(app)
    call(app)
    expect(built).toEqual(['b', 'a'])
  })

  it('refuses what is no layer, no application, or gives none', () => {
    expect(() => stack().use(undefined as never)).toThrow(
      'stack: use: middleware must be a function; got undefined',
    )
    expect(() => stack().run({} as never)).toThrow('stack: run: app must be a function; got object')
    const forgetful = (() => undefined) as unknown as Middleware
    expect(() => stack().use(forgetful).run(hello)).toThrow(
      'stack: run: forgetful must give an application; got undefined',
    )
  })
})

group('a stack that validates', () => {
  /** A layer that gives inward a `PATH_INFO` of its own. */
  const moving =
    (name: string, path: string): Middleware =>
    (app) => {
      const moved: typeof app = (environ, startResponse) =>
        app({ ...environ, PATH_INFO: path }, startResponse)
      return Object.defineProperty(moved, 'name', { value: name })
    }
  const silent: Application = function silent() {
    return []
  }
  const validated = () => stack({ validate: true })
  /** What the outermost party throws, in the words of its message up to the rule. */
  const guilty = (app: Application): string | undefined =>
    /^(?:\w+: )?ContractError: ([^:]+):/m.exec(call(app).errors.join(''))?.[1]

  it('answers as the same stack that does not', () => {
    const log: string[] = []
    const app = validated().use(layer('a', log)).use(layer('b', log)).run(hello)
    const { status, chunks } = call(app)
    expect([status, chunks, log]).toEqual(['200 OK', ['hello'], ['a', 'b']])
  })

  it.each<[what: string, app: () => Application, guilty: string]>([
    ['the application', () => validated().use(layer('a')).run(silent), 'application "silent"'],
    ['the application alone', () => validated().run(silent), 'application "silent"'],
    ['one without a name', () => validated().run((() => () => [])()), 'application "anonymous"'],
    [
      'a layer',
      () =>
        validated()
          .use(layer('a'))
          .use(() => silent)
          .run(hello),
      'middleware "silent"',
    ],
    ['a layer to its inner side', () => validated().use(moving('a', 'b')).run(hello), 'middleware "a"'],
    [
      'a layer of a stack that is the application',
      () =>
        validated()
          .use(layer('a'))
          .run(stack().use(moving('b', '/')).use(moving('c', 'd')).run(hello)),
      'middleware "c"',
    ],
    [
      'a layer of a stack that is a layer',
      () => {
        const bundle: Middleware = (app) =>
          stack()
            .use(moving('b', '/'))
            .use(moving('c', 'd'))
            .run(app as Application) as typeof app
        return validated().use(layer('a')).use(bundle).use(layer('e')).run(hello)
      },
      'middleware "c"',
    ],
    [
      'the server',
      () => {
        const app = validated().use(layer('a')).run(hello)
        return (environ, startResponse) => app({ ...environ, PATH_INFO: 'a' }, startResponse)
      },
      'server',
    ],
  ])('names %s', (_what, makeApp, name) => {
    expect(guilty(makeApp())).toBe(name)
  })

  it('has the names of the same stack that does not', () => {
    const bundle: Middleware = (app) =>
      validated()
        .use(layer('b'))
        .run(app as Application) as typeof app
    const inner = validated().use(layer('c')).run(hello)
    const app = validated().use(layer('a')).use(nothing).use(bundle).run(inner)
    expect(describe(app)).toEqual(['a', 'b', 'c'])
    expect(app.name).toBe('a')
    expect(describe(validated().run(hello))).toEqual([])
    expect(describe(validated().use(nothing).run(hello))).toEqual([])
  })

  const nothing: Middleware = (app) => app

  it.each<[what: string, app: () => Application, validators: number]>([
    ['a bare stack', () => stack().use(layer('a')).run(hello), 0],
    ['no layer', () => validated().run(hello), 1],
    ['two layers', () => validated().use(layer('a')).use(layer('b')).run(hello), 3],
    [
      'layers that give back their application as it is',
      () => validated().use(nothing).use(layer('a')).use(nothing).run(hello),
      2,
    ],
    [
      'a bare stack inside',
      () =>
        validated()
          .use(layer('a'))
          .run(stack().use(layer('b')).run(hello)),
      3,
    ],
    [
      'another one inside',
      () =>
        validated()
          .use(layer('a'))
          .run(validated().use(layer('b')).run(hello)),
      3,
    ],
    ['another one inside, without layers', () => validated().run(validated().run(hello)), 1],
  ])('has one validator at each joint: %s', (_what, makeApp, validators) => {
    let callbacks = 0
    class CountingExchange extends GatewayExchange {
      override onFinish(callback: (outcome: Outcome) => void): void {
        callbacks++
        super.onFinish(callback)
      }
    }
    const exchange = new CountingExchange(errorStream(() => {}))
    // Each validator waits for the end of the exchange, once.
    makeApp()(setupTestingDefaults({ 'tsgi.exchange': exchange }), () => async () => {})
    expect(callbacks).toBe(validators)
  })

  it.each<[options: unknown, message: string]>([
    [{ validates: true }, 'stack: options: must be without other members; got "validates"'],
    [{ validate: 'yes' }, 'stack: options.validate: must be a boolean; got "yes"'],
    [{ validate: 1 }, 'stack: options.validate: must be a boolean; got 1'],
    [{ validate: null }, 'stack: options.validate: must be a boolean; got null'],
    [null, 'stack: options: must be an object; got null'],
    [true, 'stack: options: must be an object; got true'],
  ])('is refused for the options %j', (options, message) => {
    expect(() => stack(options as StackOptions)).toThrow(new TypeError(message))
  })
})

group('describe', () => {
  const named = (...names: string[]) => names.reduce((built, name) => built.use(layer(name)), stack())

  it('names the layers, outermost first', () => {
    expect(describe(named('a', 'b').run(hello))).toEqual(['a', 'b'])
  })

  it('knows none where no stack made the application', () => {
    expect(describe(hello)).toEqual([])
    expect(describe(layer('a')(hello))).toEqual([])
  })

  it('names a layer after its middleware where its application has no name, and never leaves one out', () => {
    const outer: Middleware = (app) => (environ, startResponse) => app(environ, startResponse)
    const [nameless]: Middleware[] = [(app) => (environ, startResponse) => app(environ, startResponse)]
    const app = stack().use(outer).use(nameless!).run(hello)
    expect(describe(app)).toEqual(['outer', 'anonymous'])
  })

  it('sees through a stack that is the application of another', () => {
    expect(describe(named('a', 'b').run(named('c', 'd').run(hello)))).toEqual(['a', 'b', 'c', 'd'])
  })

  it('sees through a layer that is made of a stack', () => {
    const bundle: Middleware = (app) => named('b', 'c').run(app as Application) as typeof app
    expect(describe(stack().use(layer('a')).use(bundle).use(layer('d')).run(hello))).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    expect(describe(stack().use(bundle).run(hello))).toEqual(['b', 'c'])
  })

  it('leaves out a layer that gives the application back as it is, and marks nothing with it', () => {
    const nothing: Middleware = (app) => app
    expect(describe(stack().use(nothing).run(hello))).toEqual([])
    expect(describe(stack().use(layer('a')).use(nothing).use(layer('b')).run(hello))).toEqual(['a', 'b'])
    expect(describe(stack().use(nothing).use(layer('a')).run(hello))).toEqual(['a'])
    expect(describe(hello)).toEqual([])
  })

  it('knows an application around itself but once', () => {
    const constant: Middleware = () => hello as never
    const inner = named('a').run(hello)
    for (const app of [inner, stack({ validate: true }).run(hello)]) {
      expect(stack().use(constant).run(app)).toBe(hello)
      expect(describe(hello)).toEqual([])
    }
    expect(describe(inner)).toEqual(['a'])
  })

  it('gives a list of its own each time', () => {
    const app = named('a').run(hello)
    describe(app).push('b')
    expect(describe(app)).toEqual(['a'])
  })

  it('tells the layers of one branch from those of another', () => {
    const one = named('a').run(hello)
    const other = named('b').run(hello)
    const app = named('outer').run(mount({ '/one': one, '/other': other }))
    expect([describe(app), describe(one), describe(other)]).toEqual([['outer'], ['a'], ['b']])
  })
})

group('layersOf', () => {
  it('gives the application itself where no stack made it', () => {
    expect(layersOf(hello)).toEqual([hello])
  })

  it('gives what each layer made, outermost first, and the application last', () => {
    const inner = stack().use(layer('b')).use(layer('c')).run(hello)
    const layers = layersOf(stack().use(layer('a')).run(inner))
    expect(layers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'hello'])
    expect(layers[1]).toBe(inner)
    expect(layers[3]).toBe(hello)
  })

  it('gives the application that a stack only puts validators around', () => {
    const checked = stack({ validate: true }).run(hello)
    expect(layersOf(checked)).toEqual([checked, hello])
    expect(checked).not.toBe(hello)
  })
})

group('the message of the compiler', () => {
  const here = dirname(fileURLToPath(import.meta.url))
  const file = join(here, 'not-on-disk.ts')

  const HEAD = `
    import type { Application, Environ, Middleware } from '../src/contract.ts'
    import { stack } from '../src/stack.ts'
    export interface SessionEnviron { 'tsgi.session': { user: string } }
    export interface OtherSessionEnviron { 'tsgi.session': number }
    export interface UserEnviron { 'tsgi.user': string }
    export interface CsrfEnviron { 'tsgi.csrf': string }
    declare function session(): Middleware<SessionEnviron>
    declare function otherSession(): Middleware<OtherSessionEnviron>
    declare function user(): Middleware<UserEnviron, SessionEnviron>
    declare function csrf(): Middleware<CsrfEnviron, SessionEnviron & UserEnviron>
    declare const page: Application<Environ & CsrfEnviron>
  `

  /** Compiles each source beside this file, with the options of the workspace, and gives what the compiler says. */
  function compile(sources: readonly string[]): string[] {
    const configPath = join(here, '../../../tsconfig.base.json')
    const config = ts.readConfigFile(configPath, ts.sys.readFile)
    const { options } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, dirname(configPath))
    const paths = sources.map((_, i) => file.replace('.ts', `-${i}.ts`))
    Object.assign(options, { noEmit: true, composite: false, declaration: false, declarationMap: false })
    Object.assign(options, { isolatedDeclarations: false, allowImportingTsExtensions: true, types: ['node'] })
    const host = ts.createCompilerHost(options)
    const { getSourceFile, fileExists, readFile } = host
    const find = (path: string) => sources[paths.indexOf(path)]
    host.getSourceFile = (path, ...rest) => {
      const source = find(path)
      return source === undefined
        ? getSourceFile.call(host, path, ...rest)
        : ts.createSourceFile(path, HEAD + source, ts.ScriptTarget.ES2022)
    }
    host.fileExists = (path) => find(path) !== undefined || fileExists.call(host, path)
    host.readFile = (path) => find(path) ?? readFile.call(host, path)
    const program = ts.createProgram(paths, options, host)
    const fault = program.getOptionsDiagnostics()[0] ?? program.getGlobalDiagnostics()[0]
    if (fault !== undefined) throw new Error(ts.flattenDiagnosticMessageText(fault.messageText, '\n'))
    return paths.map((path) =>
      program
        .getSemanticDiagnostics(program.getSourceFile(path))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
        .join('\n'),
    )
  }

  const TABLE: [what: string, source: string, said: string[], unsaid: string[]][] = [
    ['nothing, where every need is met', 'stack().use(session()).use(user()).use(csrf()).run(page)', [], []],
    ['the key of a missing layer', 'stack().use(user())', ['"tsgi.session"'], ['"tsgi.user"']],
    ['the key in a wrong order', 'stack().use(user()).use(session())', ['"tsgi.session"'], []],
    ['both keys that are missing', 'stack().use(csrf())', ['"tsgi.session"', '"tsgi.user"'], []],
    [
      'only the key that is missing',
      'stack().use(session()).use(csrf())',
      ['"tsgi.user"'],
      ['"tsgi.session"'],
    ],
    ['the key of another type', 'stack().use(otherSession()).use(user())', ['"tsgi.session"'], []],
    ['the key that the application misses', 'stack().use(session()).run(page)', ['tsgi.csrf'], []],
  ]

  it('names what is missing', { timeout: 120_000 }, () => {
    const messages = compile(TABLE.map(([, source]) => source))
    TABLE.forEach(([what, , said, unsaid], i) => {
      const message = messages[i]!
      if (said.length === 0) expect(message, what).toBe('')
      for (const key of said) expect(message, what).toContain(key)
      for (const key of unsaid) expect(message, what).not.toContain(key)
      if (message.includes('this layer')) {
        expect(message, what).toContain('this layer needs a key that no layer outside it adds')
      }
    })
  })
})
