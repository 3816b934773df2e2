import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { parse } from 'path-to-regexp'
import { afterAll, describe, expect, it } from 'vitest'
import { MapFileError, type MapFileRoute, parseMapFile, readMapFile } from '../src/map-file.ts'
import { PatternError } from '../src/pattern.ts'
import { selectorExpressions } from '../src/selector-expressions.ts'
import { guarded, home, plain, users } from './fixtures/apps.js'

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url))

describe('parseMapFile', () => {
  it('reads paths with their methods, and directives, in their order', () => {
    expect(
      parseMapFile(
        '/a\n  GET ./x.js:a\n  POST ./x.js:b.c\n@prefix /p\n@wrap\n/b\n\t_ANY_ y:default\n',
        'routes.map',
      ),
    ).toEqual([
      {
        line: 1,
        pattern: '/a',
        handlers: [
          { line: 2, method: 'GET', target: { text: './x.js:a', module: './x.js', names: ['a'] } },
          { line: 3, method: 'POST', target: { text: './x.js:b.c', module: './x.js', names: ['b', 'c'] } },
        ],
      },
      { line: 4, directive: '@prefix', prefix: '/p' },
      { line: 5, directive: '@wrap' },
      {
        line: 6,
        pattern: '/b',
        handlers: [
          { line: 7, method: '_ANY_', target: { text: 'y:default', module: 'y', names: ['default'] } },
        ],
      },
    ])
  })

  it.each<[what: string, text: string, summary: string[]]>([
    ['nothing', '', []],
    ['blank lines', '\n \n\t\n', []],
    ['comments', '# /a\n  # GET ./x.js:a\n', []],
    [
      'a comment between a path and its methods',
      '/a\n\n#\n GET x:a\n # \n\n PUT x:b',
      ['1 /a', '4 GET x a', '7 PUT x b'],
    ],
    ['the text of a pattern to its end', '/{a} b # c \t\n GET x:a', ['1 /{a} b # c', '2 GET x a']],
    ['a pattern that looks like a method', 'GET x:a\n GET x:a', ['1 GET x:a', '2 GET x a']],
    ['a pattern that is one sign', '|\n GET x:a', ['1 |', '2 GET x a']],
    ['a space that is no blank', '/a\u00a0\n GET x:a', ['1 /a\u00a0', '2 GET x a']],
    ['tabs and blanks', '/a\n \t GET \t x:a \t', ['1 /a', '2 GET x a']],
    ['a byte order mark', '\ufeff/a\n GET x:a', ['1 /a', '2 GET x a']],
    [
      'the line ends of Windows',
      '/a\r\n GET x:a\r\n\r\n/b\r\n GET x:b',
      ['1 /a', '2 GET x a', '4 /b', '5 GET x b'],
    ],
    ['the line ends of the old Mac', '/a\r GET x:a', ['1 /a', '2 GET x a']],
    ['any method, with its case', '/a\n get x:a\n M-SEARCH x:b', ['1 /a', '2 get x a', '3 M-SEARCH x b']],
    ['a path twice', '/a\n GET x:a\n/a\n GET x:b', ['1 /a', '2 GET x a', '3 /a', '4 GET x b']],
    ['a directive that is indented', ' @prefix /a', ['1 @prefix /a']],
    ['a prefix with a blank', '@prefix \t /a b ', ['1 @prefix /a b']],
    ['a prefix that is cleared', '@prefix\n@prefix  ', ['1 @prefix ', '2 @prefix ']],
    ['a wrap that is cleared', '@wrap x:a\n@wrap', ['1 @wrap x a', '2 @wrap -']],
    ['a parser', '@parser @tsgi/router:selectorExpressions', ['1 @parser @tsgi/router selectorExpressions']],
    ['a module with a blank', '@wrap ./a b.js:c', ['1 @wrap ./a b.js c']],
    ['a module on a drive of Windows', '@wrap C:\\x.js:a', ['1 @wrap C:\\x.js a']],
    ['a module by its URL', '@wrap file:///x.js:a', ['1 @wrap file:///x.js a']],
    ['a module of Node', '@wrap node:fs:a', ['1 @wrap node:fs a']],
    ['an export with signs', '@wrap x:$_1-é', ['1 @wrap x $_1-é']],
  ])('reads %s', (_what, text, summary) => {
    expect(parseMapFile(text, 'routes.map').flatMap(summarize)).toEqual(summary)
  })

  it.each<[what: string, text: string, line: number, message: string]>([
    ['a method before any path', '\n GET x:a', 2, 'a method must stand below its path; got "GET x:a"'],
    [
      'a method below a directive',
      '/a\n GET x:a\n@prefix /b\n PUT x:b',
      4,
      'a method must stand below its path; got "PUT x:b"',
    ],
    [
      'a path alone',
      '/a',
      1,
      'a path must have methods below it, indented, as in " GET ./apps.js:show"; got "/a" alone',
    ],
    ['a path before another', '/a\n\n/b\n GET x:a', 1, 'a path must have methods below it'],
    ['a path before a directive', '#\n/a\n@prefix /b\n GET x:a', 2, 'a path must have methods below it'],
    ['the last path', '/a\n GET x:a\n/b\n\n\n', 3, 'a path must have methods below it'],
    ['the first of two faults', '/a\n/b\n GET', 1, 'a path must have methods below it'],
    [
      'a method twice',
      '/a\n GET x:a\n PUT x:b\n GET x:c',
      4,
      'a path must have each method once; got "GET x:c"',
    ],
    [
      'an unknown directive',
      '@prefx /a',
      1,
      'a directive must be @prefix, @parser or @wrap; got "@prefx /a"',
    ],
    ['a directive with its case', '@Prefix /a', 1, 'a directive must be @prefix, @parser or @wrap'],
    ['a directive without a name', '@ prefix /a', 1, 'a directive must be @prefix, @parser or @wrap'],
    ['a directive with a colon', '@prefix: /a', 1, 'a directive must be @prefix, @parser or @wrap'],
    [
      'a method without a target',
      '/a\n GET',
      2,
      'a target must be module:export, as in "./apps.js:show"; got "GET"',
    ],
    ['a parser without a target', '@parser', 1, 'a target must be module:export'],
    ['a target without an export', '/a\n GET ./x.js', 2, 'a target must be module:export'],
    ['a target with an empty export', '/a\n GET ./x.js:', 2, 'a target must be module:export'],
    ['a target without a module', '/a\n GET :show', 2, 'a target must be module:export'],
    ['an expression', '/a\n GET :lambda environ, start_response: []', 2, 'a target must be module:export'],
    ['a member without a name', '/a\n GET x:a.', 2, 'a target must be module:export'],
    ['a member without an object', '/a\n GET x:.a', 2, 'a target must be module:export'],
    ['a comment behind a target', '/a\n GET x:a # b', 2, 'a target must be module:export'],
    ['a module on a drive alone', '/a\n GET C:\\x.js', 2, 'a target must be module:export'],
    ['a module by its URL alone', '/a\n GET file:///x.js', 2, 'a target must be module:export'],
  ])('throws for %s', (_what, text, line, message) => {
    const error = faultOf(() => parseMapFile(text, 'routes.map'))
    expect(error).toMatchObject({ name: 'MapFileError', file: 'routes.map', line })
    expect(error.message).toContain(`selector: routes.map:${line}: ${message}`)
    expect(error).toBeInstanceOf(TypeError)
  })

  it('gives entries for each text, or a MapFileError with a line of it', () => {
    const pieces = [
      '\n',
      '\n',
      '\r\n',
      ' ',
      '\t',
      '/a',
      'GET',
      ' GET x:a',
      '@prefix',
      '@wrap x:a',
      '#',
      ':',
      '{',
      '\ufeff',
    ]
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text, (text) => {
        const count = text.split('\n').length
        try {
          const lines = parseMapFile(text, 'f')
            .flatMap(summarize)
            .map((one) => Number.parseInt(one, 10))
          expect(lines).toEqual(Array.from(new Set(lines)).sort((a, b) => a - b))
          expect(lines.every((line) => line >= 1 && line <= count)).toBe(true)
        } catch (error) {
          if (!(error instanceof MapFileError)) throw error
          expect(error.line).toBeLessThanOrEqual(count)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('readMapFile', () => {
  it.each<[what: string, path: string | URL]>([
    ['an absolute path', join(FIXTURES, 'routes.map')],
    ['a path from the current directory', relative('', join(FIXTURES, 'routes.map'))],
    ['a URL', new URL('./fixtures/routes.map', import.meta.url)],
  ])('adds the routes of a file, given by %s', async (_what, path) => {
    const routes = await read(path)
    const { default: anything } = await import('./fixtures/apps.js')
    expect(routes).toEqual([
      { pattern: '/', methods: { GET: home }, settings: {} },
      {
        pattern: '/{id:digits}[/{tab}]',
        methods: { GET: users.show, POST: users.change },
        settings: { prefix: '/users', wrap: guarded },
      },
      {
        pattern: '/old|',
        methods: { _ANY_: anything },
        settings: { prefix: '', wrap: expect.any(Function) },
      },
    ])
    expect(Object.keys(routes[1]!.methods)).toEqual(['GET', 'POST'])
  })

  it('gives a wrap that does nothing where @wrap stands alone', async () => {
    const [route] = await read(
      await file({ 'routes.map': '@wrap\n/a\n GET ./apps.mjs:a', 'apps.mjs': 'export const a = () => []' }),
    )
    expect(route!.settings.wrap!(home)).toBe(home)
  })

  it('keeps a directive for all that is below it, and nothing above', async () => {
    const path = await file({
      'routes.map':
        `/a\n GET ./apps.js:home\n@parser ./apps.js:plain\n/b\n GET ./apps.js:home\n/c\n GET ./apps.js:home`.replaceAll(
          './',
          FIXTURES,
        ),
    })
    expect((await read(path)).map(({ pattern, settings }) => [pattern, settings])).toEqual([
      ['/a', {}],
      ['/b', { parser: plain }],
      ['/c', { parser: plain }],
    ])
  })

  it.each<[what: string, target: (dir: string) => string]>([
    ['beside the file', () => './apps.mjs:show'],
    ['above the file', (dir) => `../${dir.split('/').at(-1)}/apps.mjs:show`],
    ['by an absolute path', (dir) => `${dir}/apps.mjs:show`],
    ['by a URL', (dir) => `${pathToFileURL(dir)}/apps.mjs:show`],
    ['with signs of URLs in its name', () => './50% ü.mjs:show'],
    ['in CommonJS', () => './apps.cjs:show'],
    ['under default', () => './apps.mjs:default'],
    ['in an object', () => './apps.mjs:users.all.show'],
    ['of Node', () => 'node:fs:readFileSync'],
    ['of Node, by its old name', () => 'fs:readFileSync'],
  ])('loads a target %s', async (_what, target) => {
    const path = await file({
      'apps.mjs': 'export const show = () => []; export default show; export const users = { all: { show } }',
      '50% ü.mjs': 'export const show = () => []',
      'apps.cjs': 'exports.show = () => []',
    })
    await writeFile(path, `/a\n GET ${target(dirname(path))}`)
    expect(await read(path)).toEqual([
      { pattern: '/a', methods: { GET: expect.any(Function) }, settings: {} },
    ])
  })

  it('looks for a package from the file on', async () => {
    const path = await file({
      'routes.map': '/a\n GET mine:show\n PUT @our/own/sub.js:show',
      'node_modules/mine/package.json': '{ "type": "module", "exports": "./main.js" }',
      'node_modules/mine/main.js': 'export const show = () => []',
      'node_modules/@our/own/package.json': '{ "type": "module" }',
      'node_modules/@our/own/sub.js': 'export const show = () => []',
    })
    expect(Object.keys((await read(path))[0]!.methods)).toEqual(['GET', 'PUT'])
  })

  it('looks for a package from here on where the file has none', async () => {
    const path = await file({ 'routes.map': '/a\n GET path-to-regexp:parse' })
    expect((await read(path))[0]!.methods).toEqual({ GET: parse })
  })

  it('loads a module once', async () => {
    const path = await file({
      'routes.map': '/a\n GET ./apps.mjs:show\n PUT ./apps.mjs:show\n/b\n GET ./apps.mjs:show',
      'apps.mjs': 'const id = {}; export const show = () => id',
    })
    const apps = (await read(path)).flatMap(({ methods }) => Object.values(methods)) as (() => unknown)[]
    expect(new Set(apps.map((app) => app())).size).toBe(1)
  })

  it('takes __proto__ for a method', async () => {
    const path = await file({
      'routes.map': '/a\n __proto__ ./apps.mjs:a',
      'apps.mjs': 'export const a = () => []',
    })
    expect(Object.keys((await read(path))[0]!.methods)).toEqual(['__proto__'])
  })

  it.each<[what: string, target: string, message: string]>([
    ['is not exported', './apps.mjs:nobody', 'must name one of "default", "text", "users"; got "nobody"'],
    ['is in no object', './apps.mjs:users.nobody', 'must name one of "show"; got "nobody"'],
    ['is inherited', './apps.mjs:users.toString', 'must name one of "show"; got "toString"'],
    [
      'is inherited from the exports',
      './apps.mjs:constructor',
      'must name one of "default", "text", "users"; got "constructor"',
    ],
    ['is in a text', './apps.mjs:text.length', 'must name one of none; got "length"'],
    ['is in nothing', './apps.mjs:default.show', 'must name one of none; got "show"'],
    ['is a text', './apps.mjs:text', 'must be a function; got string'],
    ['is an object', './apps.mjs:users', 'must be a function; got object'],
    ['is null', './apps.mjs:default', 'must be a function; got null'],
    ['calls', "./apps.mjs:users.show('x')", `must name one of "show"; got "show('x')"`],
    ['is in no file', './nowhere.mjs:show', 'must be in a module that loads; got '],
    ['is in no package', 'nowhere:show', 'must be in a module that loads; got '],
    ['is in what is no module', './broken.mjs:show', 'must be in a module that loads; got '],
    [
      'is in a module that throws',
      './throws.mjs:show',
      'must be in a module that loads; got RangeError: out of tea',
    ],
    [
      'is in a program of its own',
      'data:text/javascript,globalThis.ran=1;export{};:show',
      'must be in a module that loads',
    ],
  ])('throws for a target that %s', async (_what, target, message) => {
    for (const [text, line] of [
      [`#\n/a\n GET ${target}`, 3],
      [`@wrap ${target}`, 1],
      [`\n@parser ${target}`, 2],
    ] as const) {
      const path = await file({
        'routes.map': text,
        'apps.mjs': "export default null; export const text = 'x', users = { show() {} }",
        'broken.mjs': 'export const = 1',
        'throws.mjs': "throw new RangeError('out of tea')",
      })
      const error = await read(path).catch((error) => error)
      expect(error).toBeInstanceOf(MapFileError)
      expect(error).toMatchObject({ file: path, line })
      expect(error.message).toContain(
        `selector: ${path}:${line}: target ${JSON.stringify(target)}: ${message}`,
      )
    }
    expect(globalThis).not.toHaveProperty('ran')
  })

  it('keeps what a module threw', async () => {
    const path = await file({
      'routes.map': '/a\n GET ./throws.mjs:show',
      'throws.mjs': "throw new RangeError('out of tea\\nand out of cake')",
    })
    const error = await read(path).catch((error) => error)
    expect(error.message).toMatch(/got RangeError: out of tea$/)
    expect(error.cause).toMatchObject({ name: 'RangeError' })
  })

  it('throws for a method that is no token', async () => {
    const path = await file({
      'routes.map': '/a\n PUT ./apps.mjs:a\n GÉT ./apps.mjs:a',
      'apps.mjs': 'export const a = () => []',
    })
    await expect(read(path)).rejects.toThrow(
      `selector: ${path}:3: pattern "/a": a method must be a token (RFC 9110 section 5.6.2); got "GÉT"`,
    )
  })

  it('tells where a route stands that cannot be added', async () => {
    const path = await file({
      'routes.map': '/a\n GET ./apps.mjs:a\n\n/{b\n GET ./apps.mjs:a',
      'apps.mjs': 'export const a = () => []',
    })
    const error = await readMapFile(path, ({ pattern }) => selectorExpressions(pattern)).catch(
      (error) => error,
    )
    expect(error).toMatchObject({ name: 'MapFileError', file: path, line: 4 })
    expect(error.message).toBe(`selector: ${path}:4: pattern "/{b": index 1: a brace must be closed; got "{"`)
    expect(error.cause).toBeInstanceOf(PatternError)
  })

  it('adds nothing where anything does not load', async () => {
    const path = await file({
      'routes.map': '/a\n GET ./apps.mjs:a\n/b\n GET ./apps.mjs:b',
      'apps.mjs': 'export const a = () => []',
    })
    const routes: MapFileRoute[] = []
    await expect(readMapFile(path, (route) => routes.push(route))).rejects.toThrow(MapFileError)
    expect(routes).toEqual([])
  })

  it('loads nothing where the file is malformed', async () => {
    const path = await file({
      'routes.map': '/a\n GET ./throws.mjs:a\n/b\n',
      'throws.mjs': "throw new RangeError('out of tea')",
    })
    await expect(read(path)).rejects.toThrow(`selector: ${path}:3: a path must have methods below it`)
  })

  it('rejects as Node does where there is no file', async () => {
    await expect(read(join(FIXTURES, 'nowhere.map'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

const directories: string[] = []
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))))

/** Writes files into a new directory, and gives the path of its `routes.map`. */
async function file(texts: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tsgi-map-file-'))
  directories.push(directory)
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  return join(directory, 'routes.map')
}

async function read(path: string | URL): Promise<MapFileRoute[]> {
  const routes: MapFileRoute[] = []
  await readMapFile(path, (route) => routes.push(route))
  return routes
}

function faultOf(act: () => unknown): MapFileError {
  try {
    act()
  } catch (error) {
    if (error instanceof MapFileError) return error
    throw error
  }
  throw new Error('no fault')
}

/** One text for each line that counts: `'2 GET ./x.js show'`. */
function summarize(entry: ReturnType<typeof parseMapFile>[number]): string[] {
  const { line } = entry
  if ('handlers' in entry) {
    const handlers = entry.handlers.map(
      ({ line, method, target }) => `${line} ${method} ${target.module} ${target.names.join('.')}`,
    )
    return [`${line} ${entry.pattern}`, ...handlers]
  }
  if (entry.directive === '@prefix') return [`${line} @prefix ${entry.prefix}`]
  const { target } = entry
  return [
    `${line} ${entry.directive} ${target === undefined ? '-' : `${target.module} ${target.names.join('.')}`}`,
  ]
}
