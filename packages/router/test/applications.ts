import { type Application, type Body, type Environ, Request, text } from '@tsgi/core'
import { send } from '@tsgi/core/testing'

/** Answers with these words. */
export function says(words: string): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']])
    return text(words)
  }
}

/** Answers with these words, and with where it stands: `home /shop|/rest`. */
export function saysWhere(words: string): Application {
  return (environ, startResponse) =>
    says(`${words} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}`)(environ, startResponse)
}

/** What a selector has put into environ. */
export interface Shown {
  script: string
  path: string
  vars: object
  methods: string[]
  matches: string[]
  args: [unknown[], object]
  route: string
}

export function shownOf(environ: Environ): Shown {
  const found = environ as unknown as Record<string, unknown>
  return {
    script: environ.SCRIPT_NAME,
    path: environ.PATH_INFO,
    vars: found['selector.vars'],
    methods: found['selector.methods'],
    matches: found['selector.matches'],
    args: found['wsgiorg.routing_args'],
    route: environ['tsgi.exchange'].route,
  } as Shown
}

/** Answers with what it finds in environ. */
export function shows(...[environ, startResponse]: Parameters<Application>): Body {
  startResponse('200 OK', [['Content-Type', 'application/json']])
  return text(JSON.stringify(shownOf(environ)))
}

/** Also for paths that no URL can have. */
export function requestFor(path: string, changes: object = {}): Request {
  const request = Request.blank('/')
  Object.assign(request.environ, { PATH_INFO: path, ...changes })
  return request
}

/** What an application that `shows` has found. */
export async function find(app: Application, path: string, changes: object = {}): Promise<Shown> {
  return (await send(app, requestFor(path, changes))).json() as Shown
}
