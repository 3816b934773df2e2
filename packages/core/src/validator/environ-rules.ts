import { checkHeaderName } from '../field.ts'
import { passes, type Rule, show } from './rule.ts'

type AnyEnviron = Readonly<Record<string, unknown>>

const REQUIRED_KEYS: readonly string[] = [
  'REQUEST_METHOD',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'REQUEST_URI',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'SERVER_SOFTWARE',
  'GATEWAY_INTERFACE',
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
  'wsgi.input_terminated',
  'tsgi.exchange',
]

export const environRules: readonly Rule<AnyEnviron>[] = [
  {
    key: 'environ.required',
    sentence: 'environ has every key that is not optional',
    source: 'TSGI, environ',
    side: 'server',
    check: (environ) => {
      const missing = REQUIRED_KEYS.find((key) => environ[key] === undefined)
      return missing && `no ${show(missing)}`
    },
  },
  {
    key: 'environ.strings',
    sentence: 'every key without a dot holds a string',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: (environ) => {
      for (const [key, value] of Object.entries(environ)) {
        if (!key.includes('.') && typeof value !== 'string') return `${show(value)} as ${show(key)}`
      }
    },
  },
  {
    key: 'environ.content-keys',
    sentence: 'Content-Type and Content-Length are CONTENT_TYPE and CONTENT_LENGTH, without HTTP_',
    source: 'RFC 3875 section 4.1.18',
    side: 'server',
    check: (environ) => presentKey(environ, ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH']),
  },
  {
    key: 'environ.proxy',
    sentence: 'HTTP_PROXY is absent, which programs would take for their outgoing proxy',
    source: 'CVE-2016-5385',
    side: 'server',
    check: (environ) => presentKey(environ, ['HTTP_PROXY']),
  },
  {
    key: 'environ.method',
    sentence: 'REQUEST_METHOD is a token',
    source: 'RFC 9110 section 9.1',
    side: 'server',
    check: ({ REQUEST_METHOD }) =>
      passes(() => checkHeaderName('', REQUEST_METHOD as string)) ? undefined : show(REQUEST_METHOD),
  },
  {
    key: 'environ.script-name',
    sentence: 'SCRIPT_NAME is empty, or starts with "/" and does not end with "/"',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: ({ SCRIPT_NAME }) => unlike(/^(?:\/.*[^/])?$/s, SCRIPT_NAME),
  },
  {
    key: 'environ.path-info',
    sentence: 'PATH_INFO is empty, or starts with "/"',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: ({ PATH_INFO }) => unlike(/^(?:\/|$)/, PATH_INFO),
  },
  {
    key: 'environ.content-length',
    sentence: 'CONTENT_LENGTH is digits, or absent',
    source: 'RFC 9110 section 8.6',
    side: 'server',
    check: ({ CONTENT_LENGTH = '0' }) => unlike(DIGITS, CONTENT_LENGTH),
  },
  {
    key: 'environ.server-port',
    sentence: 'SERVER_PORT is digits',
    source: 'RFC 3875 section 4.1.15',
    side: 'server',
    check: ({ SERVER_PORT }) => unlike(DIGITS, SERVER_PORT),
  },
  {
    key: 'environ.server-names',
    sentence: 'SERVER_NAME, SERVER_PROTOCOL, SERVER_SOFTWARE and GATEWAY_INTERFACE are not empty',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: (environ) => {
      const names = ['SERVER_NAME', 'SERVER_PROTOCOL', 'SERVER_SOFTWARE', 'GATEWAY_INTERFACE']
      const empty = names.find((key) => environ[key] === '')
      return empty && `"" as ${show(empty)}`
    },
  },
  {
    key: 'environ.version',
    sentence: 'wsgi.version is [1, 0]',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: ({ 'wsgi.version': version }) => {
      const isOneZero = Array.isArray(version) && version.length === 2 && version[0] === 1 && version[1] === 0
      return isOneZero ? undefined : Array.isArray(version) ? JSON.stringify(version) : show(version)
    },
  },
  {
    key: 'environ.url-scheme',
    sentence: 'wsgi.url_scheme is "http" or "https"',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: ({ 'wsgi.url_scheme': scheme }) =>
      scheme === 'http' || scheme === 'https' ? undefined : show(scheme),
  },
  {
    key: 'environ.flags',
    sentence: 'wsgi.multithread, wsgi.multiprocess and wsgi.run_once are booleans',
    source: 'PEP 3333, environ variables',
    side: 'server',
    check: (environ) => {
      const flags = ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once']
      const wrong = flags.find((key) => typeof environ[key] !== 'boolean')
      return wrong && `${show(environ[wrong])} as ${show(wrong)}`
    },
  },
  {
    key: 'environ.input-terminated',
    sentence: 'wsgi.input_terminated is true',
    source: 'TSGI, environ',
    side: 'server',
    check: ({ 'wsgi.input_terminated': terminated }) => (terminated === true ? undefined : show(terminated)),
  },
]

const DIGITS = /^\d+$/

function presentKey(environ: AnyEnviron, keys: readonly string[]): string | undefined {
  const present = keys.find((key) => key in environ)
  return present && show(present)
}

function unlike(pattern: RegExp, value: unknown): string | undefined {
  return pattern.test(value as string) ? undefined : show(value)
}
