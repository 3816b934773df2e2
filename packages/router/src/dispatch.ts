import {
  type Body,
  copyEnviron,
  type Environ,
  onResponse,
  type RoutingEnviron,
  type StartResponse,
  status,
  text,
} from '@tsgi/core'
import { BareObject, requestTarget, withoutSlashes } from '@tsgi/core/gateway'
import { allowedMethods, optionsAnswer } from './methods.ts'
import type { Params } from './params.ts'
import { UNDECIDED } from './path-index.ts'
import type { AnyApplication, Group, Place } from './route.ts'
import { type Choice, type RouteTable, type Verdict, varsOf } from './route-table.ts'
import type { SelectorEnviron } from './selector-environ.ts'

export interface DispatchOptions {
  /** Whether what the pattern fits goes from `PATH_INFO` to `SCRIPT_NAME`. */
  consumePath: boolean
  /** Whether a path that fits but for a slash at its end is sent there. */
  redirectsSlash: boolean
}

/** Gives each request to the application that the table has for it, or to one that says why there is none. */
export class Dispatcher {
  readonly #table: RouteTable
  readonly #options: DispatchOptions

  constructor(table: RouteTable, options: DispatchOptions) {
    this.#table = table
    this.#options = options
  }

  /** @param place who answers where no route fits, and no group */
  dispatch(environ: Environ, startResponse: StartResponse, place: Place): Body | Promise<Body> {
    const { REQUEST_METHOD: method, PATH_INFO: path } = environ
    const found = this.#table.find(method, path)
    if (found === undefined) return this.#refuse(undefined, place, environ, startResponse)
    if (found !== UNDECIDED) {
      return this.#answer(found, found.route.applicationFor(method)!, environ, startResponse)
    }
    const { choice, refusal, isNegotiated } = this.#table.judge(method, path, environ)
    if (choice === undefined) return this.#refuse(refusal, place, environ, startResponse)
    const app = choice.route.applicationFor(method)!
    return this.#answer(choice, isNegotiated ? varying(app) : app, environ, startResponse)
  }

  /** The `SCRIPT_NAME` under which this dispatcher stood when it gave the request on, or will stand. */
  baseOf(environ: Environ): string {
    return matchOf(this, environ)?.base ?? environ.SCRIPT_NAME
  }

  #answer(
    choice: Choice,
    app: AnyApplication,
    environ: OuterEnviron,
    startResponse: StartResponse,
  ): Body | Promise<Body> {
    const { route, params, more } = choice
    const { SCRIPT_NAME: base, PATH_INFO: path, [MATCH]: outer } = environ
    const { place, label } = route.facts
    const matched = withoutSlashes(more === undefined ? path : path.slice(0, more.end))
    const outerLabel = labelOf(base, outer)
    const wholeLabel = outerLabel + label
    environ['tsgi.exchange'].route = wholeLabel
    const { consumePath } = this.#options
    const script = consumePath ? base + matched : base
    const match: Match = {
      dispatcher: this,
      base,
      script,
      label: consumePath
        ? path.length > matched.length
          ? withoutSlashes(wholeLabel)
          : wholeLabel
        : outerLabel,
      groups: place.groups,
      app,
      outer,
    }
    const changes: MatchedEnviron = {
      SCRIPT_NAME: script,
      PATH_INFO: consumePath ? path.slice(matched.length) : path,
      'selector.vars': varsOf(choice),
      'selector.methods': route.methods,
      'selector.matches': addMatch(environ, matched),
      'wsgiorg.routing_args': addArgs(environ, more?.positional ?? [], params),
      [MATCH]: match,
    }
    return enter(match, 0)(copyEnviron(environ, changes), startResponse)
  }

  #refuse(
    refusal: Verdict['refusal'],
    outermost: Place,
    environ: OuterEnviron,
    startResponse: StartResponse,
  ): Body | Promise<Body> {
    const { REQUEST_METHOD: method, PATH_INFO: path } = environ
    const fitting = this.#table.fitting(path, environ)
    // A preflight follows no redirect (Fetch, CORS-preflight fetch).
    const isAnswered = refusal !== undefined || (method === 'OPTIONS' && fitting.length > 0)
    const redirect = isAnswered ? undefined : this.#redirect(environ)
    const places = redirect === undefined ? fitting.map(({ facts }) => facts.place) : [redirect.place]
    // What guards a place guards what is said about it: the routes that fit may be in several groups.
    const { answers, groups: innermost } = this.#table.placeOf(path, places) ?? outermost
    const groups = [...new Set([...places.flatMap((place) => place.groups), ...innermost])]
    const methods =
      fitting.length === 0 ? [] : allowedMethods(fitting.map(({ applications }) => applications))
    let app: AnyApplication
    if (redirect !== undefined) app = redirect.app
    else if (fitting.length === 0) app = answers.status404 as AnyApplication
    else if (refusal === 406) app = varying(answers.status406 as AnyApplication)
    else if (refusal === 415) app = answers.status415 as AnyApplication
    else if (method === 'OPTIONS') app = optionsAnswer as unknown as AnyApplication
    else app = answers[this.#table.knows(method) ? 'status405' : 'status501'] as AnyApplication
    const match: Match = {
      dispatcher: this,
      base: environ.SCRIPT_NAME,
      script: environ.SCRIPT_NAME,
      label: labelOf(environ.SCRIPT_NAME, environ[MATCH]),
      groups,
      app,
      outer: environ[MATCH],
    }
    const inner = withKeys(environ, {
      'selector.vars': new BareObject() as Params,
      'selector.methods': methods,
      'selector.matches': addMatch(environ, ''),
      'wsgiorg.routing_args': addArgs(environ, [], new BareObject() as Params),
      [MATCH]: match,
    })
    return enter(match, 0)(inner, startResponse)
  }

  /** Sends a request to the path with, or without, the slash at its end, where a route takes it there. */
  #redirect(environ: Environ): { place: Place; app: AnyApplication } | undefined {
    const { SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_METHOD } = environ
    // A path that is none has but one spelling: `*`, or the root (RFC 9110 section 4.2.3).
    if (!this.#options.redirectsSlash || SCRIPT_NAME + PATH_INFO === '') return undefined
    const path = PATH_INFO.endsWith('/') ? PATH_INFO.slice(0, -1) : `${PATH_INFO}/`
    const location = requestTarget({ SCRIPT_NAME, PATH_INFO: path, QUERY_STRING })
    // A browser would take what follows for a host.
    if (SCRIPT_NAME + path === '' || location.startsWith('//')) return undefined
    const { choice, isNegotiated } = this.#table.judge(REQUEST_METHOD, path, environ)
    if (choice === undefined) return undefined
    const app = redirectTo(location)
    return { place: choice.route.facts.place, app: isNegotiated ? varying(app) : app }
  }
}

/** What a group does once its layers are passed: goes on to the group within, or to what was chosen. */
export function enterGroup(dispatcher: Dispatcher, group: () => Group): AnyApplication {
  return function selector(environ, startResponse) {
    const match = matchOf(dispatcher, environ)
    if (match !== undefined) return enter(match, match.groups.indexOf(group()) + 1)(environ, startResponse)
    throw new TypeError(
      `selector: a layer of a group must hand on the keys of environ; got none at "${MATCH}"`,
    )
  }
}

/** Where a dispatcher keeps what it has found, for the layers of groups and for the selectors within. */
const MATCH = 'selector.match'

interface Match {
  readonly dispatcher: Dispatcher
  /** `SCRIPT_NAME` before. */
  readonly base: string
  /** `SCRIPT_NAME` after, and the pattern for it. */
  readonly script: string
  readonly label: string
  readonly groups: Place['groups']
  readonly app: AnyApplication
  /** That of the selector outside. */
  readonly outer: Match | undefined
}

interface MatchEnviron {
  [MATCH]: Match
}

interface MatchedEnviron extends SelectorEnviron, MatchEnviron, RoutingEnviron<Params> {
  SCRIPT_NAME: string
  PATH_INFO: string
}

/** What may have been added further out, by another selector or router. */
type OuterEnviron = Environ & Partial<MatchEnviron & SelectorEnviron & RoutingEnviron>

/** What a dispatcher has found, also where selectors within, or layers that are selectors, have found more since. */
function matchOf(dispatcher: Dispatcher, environ: OuterEnviron): Match | undefined {
  let match = environ[MATCH]
  while (match !== undefined && match.dispatcher !== dispatcher) match = match.outer
  return match
}

function enter({ groups, app }: Match, depth: number): AnyApplication {
  return groups[depth]?.app ?? app
}

/** The pattern for what is in `SCRIPT_NAME`: what no selector has found there stands for itself. */
function labelOf(script: string, outer: Match | undefined): string {
  return outer !== undefined && script.startsWith(outer.script)
    ? outer.label + script.slice(outer.script.length)
    : script
}

function addMatch(environ: Partial<SelectorEnviron>, matched: string): readonly string[] {
  const outer = environ['selector.matches']
  return outer === undefined ? [matched] : [...outer, matched]
}

/** Where an outer router has the name too, its value stays, as in the original Selector. */
function addArgs(
  environ: Partial<RoutingEnviron>,
  positional: readonly string[],
  named: Params,
): RoutingEnviron<Params>['wsgiorg.routing_args'] {
  const outer = environ['wsgiorg.routing_args']
  if (outer === undefined) return [positional, named]
  return [[...outer[0], ...positional], Object.assign(new BareObject() as Params, named, outer[1])]
}

/** Adds keys in place; where an outer layer has set one of them, in a copy, so that it keeps what it holds. */
function withKeys<Changes extends object>(environ: Environ, changes: Changes): Environ & Changes {
  const isNew = Object.keys(changes).every((key) => !(key in environ))
  return isNew ? Object.assign(environ, changes) : copyEnviron(environ, changes)
}

function varying(app: AnyApplication): AnyApplication {
  return onResponse(app, ({ headers }) => headers.vary('Accept'))
}

function redirectTo(location: string): AnyApplication {
  return (_environ, startResponse) => {
    startResponse(status(308), [
      ['Location', location],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ])
    return text('308 Permanent Redirect\n')
  }
}
