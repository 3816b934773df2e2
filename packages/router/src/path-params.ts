import type {
  Application,
  Environ,
  Middleware,
  NeedsMet,
  RoutingEnviron,
  SchemaOutput,
  StandardSchema,
} from '@tsgi/core'
import type { ParamSchemas } from './params.ts'
import type { SelectorEnviron } from './selector-environ.ts'
import type { UrlQuery, UrlValue } from './url.ts'

// All this is counted: an application of 200 routes has a budget of instantiations (scripts/type-budget.js). So what most
// patterns are is asked first. A question is put to an interface where it can be: a union of templates is made anew for each
// pattern. And what comes out depends on the names in a pattern only, so that `/a/:id` and `/b/:id` share all that follows.

/** What a route asks of a request beside path and method, and what it is called. */
export interface RouteOptions {
  /** For `url` and `routes`. No two routes of a selector share one. */
  name?: string
  /**
   * A schema for each named param, `{ id: schema }`, or one for all of them, of any library that speaks Standard Schema; sync
   * ones only. A request whose params do not fit is for the next route. What a schema makes of a param is found in its
   * place; an optional param that is absent is not looked at.
   */
  params?: ParamSchemas
  /** A pattern for the host, where `.` separates: `':tenant.example.com'`. What it names is among the params. */
  host?: string
  /** The media types of the answer, `'text/html'`: a request that accepts none of them is for the next route. */
  accept?: string | readonly string[]
  /** The media types of the body: a request with another is for the next route. */
  contentType?: string | readonly string[]
  /** What stands before the pattern, in place of the selector's own prefix. */
  prefix?: string
}

/** What an application that a route leads to finds in `environ`. */
export interface RouteEnviron<Params extends object = AnyParams>
  extends RoutingEnviron<Params>,
    SelectorEnviron<Params> {}

/**
 * The params that a pattern gives: `PathParams<'/users/:id{/:tab}'>` is `{ id: string; tab?: string }`. A pattern
 * that is not a literal can give anything.
 */
export type PathParams<Pattern extends string> = ParamsOf<'path-to-regexp', Pattern>

/**
 * The same in the Selector's own language: `ExpressionParams<'/{name:digits}[/{tab}]|'>` is `{ name: string; tab?: string }`.
 * Positional values are not in it.
 */
export type ExpressionParams<Pattern extends string> = ParamsOf<'expressions', Pattern>

/** The params that a pattern gives in a language. One that the compiler cannot read can give anything. */
export type ParamsOf<Language extends string, Pattern extends string> = {} extends { [_ in Pattern]: 1 }
  ? AnyParams
  : Language extends 'path-to-regexp'
    ? InPath<Pattern>
    : Language extends 'expressions'
      ? InExpression<Pattern>
      : AnyParams

type AnyParams = Record<string, string | string[] | undefined>

/** The params that a route gives: those of the pattern, with its prefix, and of the host, as the schemas make them. */
export type RouteParams<Language extends string, Pattern extends string, Options extends RouteOptions> = Read<
  ParamsOf<Language, WithPrefix<Pattern, Options>> & HostParams<Options>,
  Options['params']
>

/** The pattern of a route, as `routes()` tells it. */
export type WithPrefix<Pattern extends string, Options extends RouteOptions> = Options extends {
  prefix: infer Prefix extends string
}
  ? `${Prefix}${Pattern}`
  : Pattern

type HostParams<Options extends RouteOptions> = Options extends { host: infer Host extends string }
  ? PathParams<Host>
  : {}

type Read<Texts extends object, Schemas> = unknown extends Schemas
  ? Flat<Texts>
  : [Schemas] extends [StandardSchema]
    ? Output<Schemas> extends infer Params extends object
      ? Params
      : UnknownParams
    : [Schemas] extends [Readonly<Record<string, StandardSchema>>]
      ? string extends keyof Texts | keyof Schemas
        ? UnknownParams
        : { [Name in keyof Texts]: Name extends keyof Schemas ? Output<Schemas[Name]> : Texts[Name] }
      : UnknownParams

type UnknownParams = Record<string, unknown>

type Output<Schema> = Schema extends StandardSchema ? SchemaOutput<Schema> : unknown

/** An application for a route without options. */
export type RouteApplication<E extends object, Language extends string, Pattern extends string> =
  // A literal is a member here, which loses the `undefined` of being optional before it is held against an index. What is no
  // literal is itself an index, which keeps it, and does not fit.
  { [_ in Pattern]?: Language } extends WithoutParams
    ? Application<Environ & E & RouteEnviron<{}>>
    : { [_ in Pattern]?: Language } extends Plain
      ? InPlainPath<Pattern> extends infer Params extends Named
        ? Application<Environ & E & RouteEnviron<Params>>
        : UncommonApplication<E, Language, Pattern>
      : UncommonApplication<E, Language, Pattern>

type UncommonApplication<E extends object, Language extends string, Pattern extends string> =
  ParamsOf<Language, Pattern> extends infer Params extends object
    ? Application<Environ & E & RouteEnviron<Params>>
    : never

/** Fits patterns, as keys, that give no params, with the languages in which they do not. */
interface WithoutParams {
  [pattern: string]: 'path-to-regexp' | 'expressions'
  [pattern: `${string}${':' | '*'}${string}`]: 'expressions'
  [pattern: `${string}{${string}`]: 'path-to-regexp'
}

/** Fits those that have nothing but `:` for a sign. */
interface Plain {
  [pattern: string]: 'path-to-regexp'
  [pattern: `${string}${'*' | '{' | '\\'}${string}`]: never
}

/** An application for a route with options. */
export type OptedApplication<
  E extends object,
  Language extends string,
  Pattern extends string,
  Options extends RouteOptions,
> = Options extends OptionsWithoutParams
  ? RouteApplication<E, Language, Pattern>
  : RouteParams<Language, Pattern, Options> extends infer Params extends object
    ? Application<Environ & E & RouteEnviron<Params>>
    : never

interface OptionsWithoutParams extends RouteOptions {
  params?: never
  host?: never
  prefix?: never
}

/** What layers add to `environ`, one inside the other: `A & B` for `[Middleware<A>, Middleware<B>]`. */
export type LayersAdd<
  Layers extends readonly unknown[],
  Added extends object = {},
> = Layers extends readonly [infer Layer, ...infer Inner]
  ? LayersAdd<Inner, Layer extends Middleware<infer Adds, infer _Needs> ? Added & Adds : Added>
  : Added

/** Nothing, where each layer finds what it needs in `Has` or a layer outside it adds it; else the key that is missing. */
export type LayersMet<Has, Layers extends readonly unknown[]> = Layers extends readonly [
  infer Layer,
  ...infer Inner,
]
  ? Layer extends Middleware<infer Adds, infer Needs>
    ? Has extends Needs
      ? LayersMet<Has & Adds, Inner>
      : NeedsMet<Has, Needs>
    : LayersMet<Has, Inner>
  : unknown

/** What the environ of a group has more than the environ outside: what the layers add, and the params of its pattern. */
export type GroupAdds<
  Language extends string,
  Pattern extends string,
  Layers extends readonly unknown[],
> = LayersAdd<
  Layers,
  { [_ in Pattern]?: Language } extends WithoutParams ? {} : RoutingEnviron<ParamsOf<Language, Pattern>>
>

/** What `url` takes for a pattern. An optional param that is `undefined` is as good as not there. */
export type UrlParams<Pattern extends string, Language extends string = 'path-to-regexp'> =
  ParamsOf<Language, Pattern> extends infer Params
    ? keyof Params extends never
      ? Record<string, never>
      : {
          [Name in keyof Params]:
            | UrlParam<Params[Name]>
            | (Params extends Record<Name, unknown> ? never : undefined)
        }
    : never

type UrlParam<Param> = Param extends string ? UrlValue : Param extends string[] ? readonly UrlValue[] : Param

export interface UrlOptions {
  query?: UrlQuery | undefined
  /** The environ of the router or of one of its applications, for the `SCRIPT_NAME` under which the router stands. */
  environ?: Environ | undefined
}

/** What `url` takes after a name. Of a name that the types have not seen, anything may be a param. */
export type UrlArguments<
  Names extends object,
  Name extends string,
  Language extends string = 'path-to-regexp',
> =
  UrlParams<Name extends keyof Names ? Extract<Names[Name], string> : string, Language> extends infer Params
    ? {} extends Params
      ? [params?: Params | undefined, options?: UrlOptions]
      : [params: Params, options?: UrlOptions]
    : never

// The two languages.

type InPath<Pattern extends string> = Pattern extends `${string}\\${string}`
  ? Captures<Pattern>
  : InRichPath<Pattern> extends infer Params extends Named
    ? Params
    : Captures<Pattern>

type InPlainPath<Pattern extends string> = Pattern extends `${string}:${infer Rest}`
  ? Texts<NamesFrom<Rest, ':'>>
  : {}

/** Fits an object when none of its keys holds what ends a name. */
interface Named {
  [name: `${string}${Punctuation}${string}`]: never
}

/** Is not `Named`: there is more in the pattern than was looked for. */
interface NotNamed {
  '/': unknown
}

type Names<Text extends string, Sign extends string> = Text extends `${string}${Sign}${infer Rest}`
  ? NamesFrom<Rest, Sign>
  : never

/** Takes for a name what ends at a slash. */
type NamesFrom<Rest extends string, Sign extends string> = Rest extends `${infer Name}/${infer After}`
  ? After extends `${string}${Sign}${infer Next}`
    ? Name | NamesFrom<Next, Sign>
    : Name
  : Rest

// With `& unknown`, an editor shows the params, and not the name of this type.
type Texts<Names extends string> = { [_ in Names]: string } & unknown

/** Knows one optional part. */
type InRichPath<Pattern extends string> = Pattern extends `${infer Before}{${infer Inside}}${infer After}`
  ? InParts<`${Before}/${After}`, Inside>
  : Found<Names<Pattern, ':'>, Names<Pattern, '*'>, never, never>

type InParts<
  Always extends string,
  Sometimes extends string,
> = `${Always}${Sometimes}` extends `${string}{${string}`
  ? NotNamed
  : Found<Names<Always, ':'>, Names<Always, '*'>, Names<Sometimes, ':'>, Names<Sometimes, '*'>>

type Found<
  Texts extends string,
  Lists extends string,
  OptionalTexts extends string,
  OptionalLists extends string,
> = Flat<
  { [_ in Texts]: string } & { [_ in Lists]: string[] } & { [_ in OptionalTexts]?: string } & {
    [_ in OptionalLists]?: string[]
  }
>

type Flat<T> = { [Key in keyof T]: T[Key] } & unknown

/** Goes from character to character; `Open` has one element for each open brace. */
type Captures<
  Rest extends string,
  Open extends unknown[] = [],
  Captured = {},
> = Rest extends `${infer Sign}${infer After}`
  ? Sign extends ':' | '*'
    ? NameAndRest<After> extends [infer Name extends string, infer Unnamed extends string]
      ? Captures<Unnamed, Open, Captured & Capture<Name, Sign, Open>>
      : Flat<Captured>
    : Sign extends '{'
      ? Captures<After, [...Open, Sign], Captured>
      : Sign extends '}'
        ? Captures<After, Open extends [unknown, ...infer Outer] ? Outer : [], Captured>
        : Sign extends '\\'
          ? After extends `${infer _Escaped}${infer Unescaped}`
            ? Captures<Unescaped, Open, Captured>
            : Flat<Captured>
          : Captures<After, Open, Captured>
  : Flat<Captured>

type Capture<Name extends string, Sign, Open> = Open extends []
  ? { [_ in Name]: Value<Sign> }
  : { [_ in Name]?: Value<Sign> }
type Value<Sign> = Sign extends '*' ? string[] : string

type NameAndRest<S extends string> = S extends `"${infer Quoted}` ? UntilQuote<Quoted> : UntilPunctuation<S>

type UntilQuote<S extends string, Name extends string = ''> = S extends `"${infer Rest}`
  ? [Name, Rest]
  : S extends `\\${infer Escaped}${infer Rest}`
    ? UntilQuote<Rest, `${Name}${Escaped}`>
    : S extends `${infer Char}${infer Rest}`
      ? UntilQuote<Rest, `${Name}${Char}`>
      : never

type UntilPunctuation<S extends string, Name extends string = ''> = S extends `${infer Char}${infer Rest}`
  ? Char extends Punctuation
    ? [Name, S]
    : UntilPunctuation<Rest, `${Name}${Char}`>
  : [Name, '']

// ASCII only: the compiler cannot ask for Unicode's ID_Continue.
// biome-ignore format: one character a line is a long way down
type Punctuation =
  | ' ' | '!' | '"' | '#' | '%' | '&' | "'" | '(' | ')' | '*' | '+' | ',' | '-' | '.' | '/' | ':' | ';' | '<'
  | '=' | '>' | '?' | '@' | '[' | '\\' | ']' | '^' | '`' | '{' | '|' | '}' | '~'

/** Goes from variable to variable; `Open` has one element for each open bracket. */
type InExpression<
  Rest extends string,
  Open extends unknown[] = [],
  Always extends string = never,
  Sometimes extends string = never,
> = Rest extends `${infer Text}{${infer Variable}}${infer After}`
  ? Brackets<Text, Open> extends infer Inner extends unknown[]
    ? Inner extends []
      ? InExpression<After, Inner, Always | NameOf<Variable>, Sometimes>
      : InExpression<After, Inner, Always, Sometimes | NameOf<Variable>>
    : never
  : Found<Always, never, Sometimes, never>

/** How many brackets are open after a text: as many as before, and those that it opens, without those that it closes. */
type Brackets<Text extends string, Open extends unknown[]> = Text extends `${infer Before}[${infer After}`
  ? Brackets<`${Before}${After}`, [...Open, 1]>
  : Text extends `${infer Before}]${infer After}`
    ? Brackets<`${Before}${After}`, Open extends [unknown, ...infer Outer] ? Outer : []>
    : Open

type NameOf<Variable extends string> = Variable extends `${infer Name}:${string}`
  ? Exclude<Name, ''>
  : Exclude<Variable, ''>
