import { type Application, describe, type Environ, type Middleware, type Stack, stack } from '@tsgi/core'
import { withoutSlashes } from '@tsgi/core/gateway'
import { type Answers, DEFAULT_ANSWERS } from './answers.ts'
import { Callable } from './callable.ts'
import { Dispatcher, enterGroup } from './dispatch.ts'
import { readMapFile } from './map-file.ts'
import type { Params } from './params.ts'
import { type PatternParser, readPattern } from './parser.ts'
import { UNDECIDED } from './path-index.ts'
import type {
  GroupAdds,
  LayersMet,
  OptedApplication,
  RouteApplication,
  RouteOptions,
  UrlArguments,
  UrlOptions,
  WithPrefix,
} from './path-params.ts'
import { pathPatterns, type WayOptions, waysOf } from './pattern.ts'
import { makeRoute } from './registration.ts'
import type { Group, Place, Route } from './route.ts'
import { type ChoiceEnviron, RouteTable } from './route-table.ts'
import {
  checkRouteOptions,
  checkSelectorOptions,
  checkSlurpOptions,
  checkUrlOptions,
  type Mapping,
  type SelectorOptions,
  type SlurpOptions,
  show,
  type Wrap,
} from './selector-options.ts'
import { buildUrl } from './url.ts'

/** Applications by method token, `{ GET: show, POST: change }`; `_ANY_` takes the methods that are not named. */
type Table<App> = { readonly [method: string]: App }

/** The selector, its type with the name of the route that was added. */
type Named<
  This,
  E extends object,
  Names extends object,
  Language extends string,
  Pattern extends string,
  Options extends RouteOptions,
> = string extends keyof Names
  ? This
  : Options extends { name: infer Name extends string }
    ? string extends Name
      ? This
      : Selector<E, Names & Record<Name, WithPrefix<Pattern, Options>>, Language>
    : This

/**
 * An application that picks another by `PATH_INFO` and `REQUEST_METHOD`. The first route, in order of registration,
 * that fits the request in everything gets it.
 *
 * `E` is what the outer layers add to `environ`. `Names` and `Language` are for the compiler: the patterns of the names that it
 * has seen, and how it reads the params of a pattern.
 */
export class Selector<
    E extends object = Environ,
    Names extends object = {},
    Language extends string = 'path-to-regexp',
  >
  extends Callable<Application<Environ & E>>
  implements Answers<E>
{
  // Those of the parent, in a group; see `#inside`.
  status404: Answers<E>['status404'] = DEFAULT_ANSWERS.status404
  status405: Answers<E>['status405'] = DEFAULT_ANSWERS.status405
  status406: Answers<E>['status406'] = DEFAULT_ANSWERS.status406
  status415: Answers<E>['status415'] = DEFAULT_ANSWERS.status415
  status501: Answers<E>['status501'] = DEFAULT_ANSWERS.status501
  /** What stands before the patterns that are added from now on, as it is written. */
  prefix: string
  /** Reads the patterns that are added from now on. */
  parser: PatternParser
  /** Wraps the applications that are added from now on. */
  wrap: Wrap | undefined
  /** Fulfilled when the routes of `mapfile` are there. Requests wait for it. */
  readonly ready: Promise<void> = LOADED

  #isReady = true
  #site: Site
  #place: Place
  /** The pattern of the group. */
  #base = ''

  /** @throws TypeError when an option is wrong */
  constructor(options: SelectorOptions<Language> = {}) {
    super((environ, startResponse) =>
      this.#isReady
        ? this.#site.dispatcher.dispatch(environ, startResponse, this.#place)
        : this.ready.then(() => this.#site.dispatcher.dispatch(environ, startResponse, this.#place)),
    )
    checkSelectorOptions(options)
    const { prefix = '', parser = pathPatterns, wrap, mappings = [], mapfile } = options
    const { consumePath = true, trailingSlash = 'strict', sensitive = true } = options
    this.prefix = prefix
    this.parser = parser
    this.wrap = wrap
    const reading = { sensitive, ignoresSlash: trailingSlash === 'ignore' }
    const table = new RouteTable(reading)
    const dispatcher = new Dispatcher(table, { consumePath, redirectsSlash: trailingSlash === 'redirect' })
    this.#site = { table, dispatcher, reading, next: 0 }
    this.#place = { answers: this as unknown as Answers, groups: [] }
    this.slurp(mappings)
    if (mapfile === undefined) return
    this.#isReady = false
    this.ready = this.#load(mapfile, {}, BEFORE_ALL).then(() => {
      this.#isReady = true
    })
    // Each request tells of it; the process must not end before anybody asks.
    this.ready.catch(() => {})
  }

  /**
   * Adds a route. `GET`'s application answers `HEAD` too, where the table has none for it. What the pattern names is
   * in `environ['wsgiorg.routing_args']`.
   *
   * @throws PatternError when a pattern is malformed
   * @throws TypeError when the table is empty, names a method that is no token, or holds what is no function; when an option is
   *   wrong, or a name is taken
   */
  add<Pattern extends string>(pattern: Pattern, methods: Table<RouteApplication<E, Language, Pattern>>): this
  add<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    methods: Table<NoInfer<OptedApplication<E, Language, Pattern, Options>>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  add(pattern: string, methods: Table<Application<never>>, options?: RouteOptions): this {
    return this.#add({ pattern, methods, options })
  }

  /** Adds a route for `GET` and `HEAD`. */
  get<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  get<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  get(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { GET: app }, options })
  }

  /** Adds a route for `HEAD`. */
  head<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  head<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  head(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { HEAD: app }, options })
  }

  /** Adds a route for `POST`. */
  post<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  post<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  post(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { POST: app }, options })
  }

  /** Adds a route for `PUT`. */
  put<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  put<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  put(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { PUT: app }, options })
  }

  /** Adds a route for `PATCH`. */
  patch<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  patch<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  patch(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { PATCH: app }, options })
  }

  /** Adds a route for `DELETE`. */
  delete<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  delete<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  delete(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { DELETE: app }, options })
  }

  /** Adds a route for `OPTIONS`. */
  options<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  options<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  options(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { OPTIONS: app }, options })
  }

  /** Adds a route for every method. */
  any<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  any<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  any(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { _ANY_: app }, options })
  }

  /**
   * Puts an application under a pattern: it gets every request, of whatever method, for what the pattern fits and for what goes on
   * from there with a slash, and finds that in `PATH_INFO`. A slash at the end of the pattern does not count.
   */
  mount<Pattern extends string>(pattern: Pattern, app: RouteApplication<E, Language, Pattern>): this
  mount<Pattern extends string, const Options extends RouteOptions>(
    pattern: Pattern,
    app: NoInfer<OptedApplication<E, Language, Pattern, Options>>,
    options: Options,
  ): Named<this, E, Names, Language, Pattern, Options>
  mount(pattern: string, app: Application<never>, options?: RouteOptions): this {
    return this.#add({ pattern, methods: { _ANY_: app }, options, isOpen: true })
  }

  /**
   * Adds routes below a pattern, inside layers of their own. The layers are made once, and stand around every answer below the
   * pattern: also where no route fits, or none has the method.
   *
   *     selector.group('/admin', [basicAuth(…)], (admin) => admin.get('/users/:id', show))
   *
   * @throws TypeError when a layer is no function; PatternError when the pattern is malformed
   */
  group<Pattern extends string, const Layers extends readonly AnyMiddleware[]>(
    pattern: Pattern,
    layers: Layers & LayersMet<Environ & E, Layers>,
    build: (group: Selector<E & GroupAdds<Language, Pattern, Layers>, UnseenNames, Language>) => unknown,
  ): this {
    const below = withoutSlashes(checkText('group: pattern', pattern))
    if (!Array.isArray(layers))
      throw new TypeError(`selector: group: layers: must be a list; got ${show(layers)}`)
    if (typeof build !== 'function') {
      throw new TypeError(`selector: group: build: must be a function; got ${show(build)}`)
    }
    build(this.#inside(this.#base + checkText('prefix', this.prefix) + below, layers) as never)
    return this
  }

  /**
   * Adds routes from a list. What the options say goes before what the selector says, for these alone.
   *
   * @throws TypeError and PatternError as `add` does; what was added before stays
   */
  slurp(mappings: Iterable<Mapping>, options: SlurpOptions = {}): this {
    checkSlurpOptions(options)
    if (typeof mappings !== 'object' || mappings === null || !(Symbol.iterator in mappings)) {
      throw new TypeError(`selector: slurp: mappings: must be a list; got ${show(mappings)}`)
    }
    for (const mapping of mappings) {
      if (!Array.isArray(mapping)) {
        throw new TypeError(`selector: slurp: must be [pattern, methods, options]; got ${show(mapping)}`)
      }
      const [pattern, methods, routeOptions] = mapping
      this.#add({ pattern, methods, options: routeOptions, ...options })
    }
    return this
  }

  /**
   * Adds the routes of a mapping file, when all is there that it names; its directives go before the options.
   *
   * @throws MapFileError when the file is malformed, or what it names is not there
   */
  async slurpFile(path: string | URL, options: SlurpOptions = {}): Promise<this> {
    checkSlurpOptions(options)
    await this.#load(path, options)
    return this
  }

  /** What a request would find, without running anything; `environ` is for routes that ask for host, `Accept` or `Content-Type`. */
  match(
    method: string,
    path: string,
    environ: ChoiceEnviron = {},
  ): { route: Route; params: Params } | undefined {
    const { table } = this.#site
    const found = table.find(method, path)
    const choice = found === UNDECIDED ? table.judge(method, path, environ).choice : found
    return choice?.more === undefined ? choice : { route: choice.route, params: choice.params }
  }

  /** In order of registration, those of groups among them. */
  routes(): Route[] {
    return [...this.#site.table.routes]
  }

  /**
   * The URL of a route, without scheme and host: `'/shop/users/7?tab=likes'`, which a request finds that route and these params by.
   * It begins where the selector stands, for which it needs the `environ` of the selector or of one of its applications.
   *
   * @throws TypeError when there is no such route, a param is missing, unknown or no text, or no request could match
   */
  url<Name extends (keyof Names & string) | (string & {})>(
    name: Name,
    ...args: UrlArguments<Names, Name, Language>
  ): string {
    const [params = {}, options = {}] = args as [params?: object, options?: UrlOptions]
    const where = `selector: url ${JSON.stringify(name)}`
    if (typeof params !== 'object' || params === null) {
      throw new TypeError(`${where}: params: must be an object; got ${show(params)}`)
    }
    checkUrlOptions(where, options)
    const { query, environ } = options
    const { table, dispatcher } = this.#site
    const route = table.named(name)
    if (route === undefined) {
      const names = table.names.map((known) => JSON.stringify(known)).join(', ') || 'none'
      throw new TypeError(`selector: url: must be the name of a route, ${names}; got ${JSON.stringify(name)}`)
    }
    const { tokens, pattern } = route
    if (tokens === undefined) {
      throw new TypeError(
        `${where}: must be a pattern that paths can be made of; got ${JSON.stringify(pattern)}`,
      )
    }
    const base = environ === undefined ? '' : dispatcher.baseOf(environ)
    return buildUrl(
      { name, tokens, keys: route.facts.parsed.keys, match: (path) => table.read(route, path) },
      params,
      { base, query },
    )
  }

  async #load(path: string | URL, options: SlurpOptions, order?: number): Promise<void> {
    let next = order
    await readMapFile(path, ({ settings, ...route }) => {
      this.#add({ ...options, ...settings, ...route, ...(next !== undefined && { order: next++ }) })
    })
  }

  #inside(base: string, layers: readonly AnyMiddleware[]): Selector<E, UnseenNames, Language> {
    const { table, dispatcher, reading } = this.#site
    const { groups } = this.#place
    const group = new Selector<E, UnseenNames, Language>()
    group.parser = this.parser
    group.wrap = this.wrap
    group.#site = this.#site
    group.#base = base
    for (const answer of Object.keys(DEFAULT_ANSWERS) as (keyof Answers)[]) {
      // As it is when it is asked for.
      group[answer] = (environ, startResponse) => this[answer](environ, startResponse)
    }
    group.#place = {
      answers: group as unknown as Answers,
      groups: [...groups, ...groupOf(layers, dispatcher)],
    }
    const parsed = readPattern(`selector: group ${JSON.stringify(base)}`, base, this.parser)
    table.addGroup(group.#place, waysOf(base, parsed, { ...reading, isOpen: true }))
    return group
  }

  #add({ pattern: expression, methods, options = {}, isOpen = false, ...how }: Addition): this {
    const { table, reading } = this.#site
    checkText('pattern', expression)
    checkRouteOptions(`selector: pattern ${JSON.stringify(expression)}`, options)
    const prefix = options.prefix ?? how.prefix ?? this.prefix
    const route = makeRoute({
      pattern: this.#base + checkText('prefix', prefix) + expression,
      methods,
      options,
      isOpen,
      parser: how.parser ?? this.parser,
      wrap: how.wrap ?? this.wrap,
      place: this.#place,
      order: how.order ?? this.#site.next,
      reading,
    })
    table.add(route)
    if (how.order === undefined) this.#site.next++
    return this
  }
}

/** The names of the routes of a group, whose patterns the compiler has not seen whole. */
interface UnseenNames {
  [name: string]: string
}

/** With `never` for what is added, TypeScript 7 takes none. */
type AnyMiddleware = Middleware<{}, never>

interface Addition extends SlurpOptions {
  pattern: string
  methods: Table<Application<never>>
  options?: RouteOptions | undefined
  isOpen?: boolean
  order?: number
}

/** What a selector and the groups in it have in common. */
interface Site {
  readonly table: RouteTable
  readonly dispatcher: Dispatcher
  readonly reading: Omit<WayOptions, 'isOpen'>
  /** The order of the next route. */
  next: number
}

const LOADED = Promise.resolve()

/** Far before any order that is counted up from 0, and exact, with what an index makes of it. */
const BEFORE_ALL = -(2 ** 40)

function groupOf(layers: readonly AnyMiddleware[], dispatcher: Dispatcher): Group[] {
  if (layers.length === 0) return []
  let layered: Stack = stack()
  for (const [i, layer] of layers.entries()) {
    if (typeof layer !== 'function') {
      throw new TypeError(
        `selector: group: layers[${i}]: must be a middleware, a function; got ${show(layer)}`,
      )
    }
    layered = layered.use(layer as Middleware)
  }
  const app = layered.run(enterGroup(dispatcher, () => group))
  const group: Group = { app, layers: describe(app) }
  return [group]
}

function checkText(what: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`selector: ${what}: must be a string; got ${show(value)}`)
}
