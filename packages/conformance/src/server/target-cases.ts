import assert from 'node:assert/strict'
import type { Case } from '../case.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'
import { Mirror } from './mirror.ts'

export const targetCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'environ.path',
    sentence:
      'PATH_INFO is the path of the target, percent-decoded once as UTF-8 but for an encoded slash, which stays %2F',
    source: 'TSGI, environ',
    needs: ['raw-targets'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const [target, path] of PATHS) {
        const { PATH_INFO, SCRIPT_NAME, QUERY_STRING, REQUEST_URI } = await mirror.show({ target })
        assert.deepEqual(
          { PATH_INFO, SCRIPT_NAME, QUERY_STRING, REQUEST_URI },
          { PATH_INFO: path, SCRIPT_NAME: '', QUERY_STRING: '', REQUEST_URI: target },
        )
      }
    },
  },
  {
    key: 'environ.refused-path',
    sentence: 'a malformed target is answered 400 and never reaches the application, and the server goes on',
    source: 'TSGI, environ',
    needs: ['raw-targets'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const [fault, target] of MALFORMED) {
        await mirror.refuse({ target }, 400, `${fault}: ${JSON.stringify(target)}`)
      }
      await mirror.show({ target: '/' })
    },
  },
  {
    key: 'environ.absolute-target',
    sentence: 'an absolute target loses scheme and authority, and its authority is the host of the request',
    source: 'RFC 9112 section 3.2.2',
    needs: ['raw-targets'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const [target, path, query, host] of ABSOLUTE) {
        const environ = await mirror.show({ target, headers: [['Host', 'another.example']] })
        const { PATH_INFO, QUERY_STRING, HTTP_HOST, REQUEST_URI, 'wsgi.url_scheme': scheme } = environ
        assert.deepEqual(
          { PATH_INFO, QUERY_STRING, HTTP_HOST, REQUEST_URI, scheme },
          {
            PATH_INFO: path,
            QUERY_STRING: query,
            HTTP_HOST: host,
            REQUEST_URI: target,
            // Of the listener, whatever the target claims.
            scheme: trial.traits.scheme,
          },
        )
      }
    },
  },
  {
    key: 'environ.asterisk',
    sentence: 'OPTIONS * has an empty PATH_INFO',
    source: 'RFC 9112 section 3.2.4',
    needs: ['raw-targets'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const environ = await mirror.show({ method: 'OPTIONS', target: '*' })
      const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI } = environ
      assert.deepEqual(
        { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI },
        { REQUEST_METHOD: 'OPTIONS', SCRIPT_NAME: '', PATH_INFO: '', QUERY_STRING: '', REQUEST_URI: '*' },
      )
    },
  },
  {
    key: 'environ.connect',
    sentence: 'CONNECT is answered 501 and never reaches the application, and the server goes on',
    source: 'TSGI, environ',
    needs: ['any-method'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const target of ['conformance.example:443', '/']) {
        await mirror.refuse({ method: 'CONNECT', target }, 501, `CONNECT ${target}`)
      }
      await mirror.show({ target: '/' })
    },
  },
  {
    key: 'environ.host',
    sentence: 'a request of HTTP/1.1 without Host, with two or with one that is no host is answered 400',
    source: 'RFC 9112 section 3.2',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const [fault, ...hosts] of BAD_HOSTS) {
        const lines = ['GET / HTTP/1.1', ...hosts.map((host) => `Host: ${host}`), 'Accept: */*', '', '']
        await mirror.refuse(lines.join('\r\n'), 400, fault)
      }
      const { HTTP_HOST } = await mirror.show({ headers: [['Host', '[::1]:8000']] })
      assert.equal(HTTP_HOST, '[::1]:8000')
    },
  },
  {
    key: 'environ.query',
    sentence:
      'QUERY_STRING is what follows the first "?" of the target, raw and not judged; "" where nothing does',
    source: 'TSGI, environ',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const query of QUERIES) {
        const { PATH_INFO, QUERY_STRING } = await mirror.show({ target: `/a%20b${query}` })
        assert.deepEqual(
          { PATH_INFO, QUERY_STRING },
          { PATH_INFO: '/a b', QUERY_STRING: query.slice(1) },
          JSON.stringify(query),
        )
      }
    },
  },
]

const PATHS: readonly [target: string, path: string][] = [
  ['/', '/'],
  ['/A/b.c~d-_', '/A/b.c~d-_'],
  ['/%61%42', '/aB'],
  ['/a%20b', '/a b'],
  ['/a+b', '/a+b'],
  ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@"],
  ['/a%3Fb%23c%3Bd', '/a?b#c;d'],
  ['/a%5Cb', '/a\\b'],
  ['/a%0D%0Ab%7F', '/a\r\nb\x7f'],
  ['/%C3%A9', '/é'],
  ['/e%CC%81', '/e\u0301'],
  ['/%E2%82%AC', '/€'],
  ['/%F0%9F%98%80', '/\u{1f600}'],
  // A decoder of text documents would take it for a byte order mark, and drop it.
  ['/%EF%BB%BFa', '/\ufeffa'],
  // Once, and not once more.
  ['/%2541', '/%41'],
  ['/%252e%252e', '/%2e%2e'],
  ['/100%25', '/100%'],
  ['/%2525', '/%25'],
  // What stands for a slash inside of a segment, and what would read like it.
  ['/a%2Fb', '/a%2Fb'],
  ['/a%2fb', '/a%2Fb'],
  ['/%2F%2f', '/%2F%2F'],
  ['/%C3%A9%2F%C3%A9', '/é%2Fé'],
  ['/a%252Fb', '/a%252Fb'],
  ['/a%252fb', '/a%252fb'],
  ['/a%25252Fb', '/a%25252Fb'],
  ['/a%25%32%46b', '/a%252Fb'],
  ['/a%25%2Fb', '/a%%2Fb'],
  ['/a%252cb', '/a%2cb'],
  // Dot segments and doubled slashes.
  ['/a/../b/.', '/a/../b/.'],
  ['/../a', '/../a'],
  ['/%2e%2E/.%2e', '/../..'],
  ['/..%2Fa', '/..%2Fa'],
  ['//a//b/', '//a//b/'],
  ['//evil.example/a', '//evil.example/a'],
  ['/http://evil.example/a', '/http://evil.example/a'],
]

const MALFORMED: readonly [fault: string, target: string][] = [
  ['a bad escape', '/%zz'],
  ['half an escape', '/%4'],
  ['a percent sign and nothing', '/a%'],
  ['a bad escape before an encoded slash', '/%%2F'],
  ['NUL', '/a%00b'],
  ['NUL behind an encoded slash', '/a%2F%00'],
  ['NUL, raw', '/a\0b'],
  ['a lone continuation byte', '/%80'],
  ['Latin-1', '/caf%E9'],
  ['UTF-8 cut off', '/%C3'],
  ['UTF-8 cut off by an encoded slash', '/%C3%2F%A9'],
  ['an overlong slash', '/%C0%AF'],
  ['an overlong NUL', '/%C0%80'],
  ['a surrogate', '/%ED%A0%80'],
  ['past U+10FFFF', '/%F4%90%80%80'],
  ['a raw byte above ASCII', '/caf\xe9'],
  ['raw UTF-8', '/caf\xc3\xa9'],
  ['a fragment', '/a#b'],
  ['a fragment before a query', '/a#b?c'],
  ['a space', '/a b'],
  ['a tab', '/a\tb'],
  ['no slash in front', 'a'],
  ['only a query', '?a'],
  ['an authority', 'conformance.example:80'],
  ['an asterisk, not for OPTIONS', '*'],
  ['an absolute target with a user', 'http://user@conformance.example/'],
  ['an absolute target without a host', 'http:///a'],
  ['an absolute target with a bad port', 'http://conformance.example:a/'],
  ['an absolute target with a malformed path', 'http://conformance.example/%zz'],
  ['another scheme', 'ftp://conformance.example/'],
]

const ABSOLUTE: readonly [target: string, path: string, query: string, host: string][] = [
  ['http://conformance.example/a%20b?c=d', '/a b', 'c=d', 'conformance.example'],
  ['https://conformance.example:8443//a', '//a', '', 'conformance.example:8443'],
  ['HTTP://conformance.example', '/', '', 'conformance.example'],
  ['http://conformance.example?a/b', '/', 'a/b', 'conformance.example'],
  ['http://[::1]:80/a%2fb', '/a%2Fb', '', '[::1]:80'],
]

const BAD_HOSTS: readonly [fault: string, ...hosts: string[]][] = [
  ['no Host'],
  ['two Hosts', 'a.example', 'b.example'],
  ['two Hosts that agree', 'a.example', 'a.example'],
  ['a list of Hosts', 'a.example, b.example'],
  ['a Host with a path', 'a.example/b'],
  ['a Host with a user', 'user@a.example'],
  ['a Host with a space', 'a b'],
  ['a Host with a port that is none', 'a.example:b'],
  ['a Host with half an address', '[::1'],
]

const QUERIES: readonly string[] = [
  '',
  '?',
  '?a=b&c=d',
  '?a+b%20c=%2F%2f',
  '?a?b',
  '?a=/../b//c',
  '?%zz&%4&%',
  '?%00%80%C0%AF',
  '?&&=;[]{}|',
]
