import assert from 'node:assert/strict'
import type { Header } from '@tsgi/core'
import type { Case } from '../case.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'
import { Mirror, pick } from './mirror.ts'

export const requestHeaderCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'environ.headers',
    sentence:
      'a request header is HTTP_ and its name in capitals, "-" as "_", and holds its value, trimmed, one character for each byte',
    source: 'RFC 3875 section 4.1.18',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const environ = await mirror.show({ headers: HEADERS.map(([name, value]) => [name, value]) })
      const expected = Object.fromEntries(HEADERS.map(([, value, key, kept = value]) => [key, kept]))
      assert.deepEqual(pick(environ, Object.keys(expected)), expected)
      const { PATH_INFO, SCRIPT_NAME, REQUEST_METHOD } = environ
      assert.deepEqual(
        { PATH_INFO, SCRIPT_NAME, REQUEST_METHOD },
        { PATH_INFO: '/', SCRIPT_NAME: '', REQUEST_METHOD: 'GET' },
        'what a header is called does not matter',
      )
      assert.deepEqual(
        Object.keys(await mirror.show({})).filter((key) => key in expected && key !== 'HTTP_HOST'),
        [],
        'what was not sent',
      )
    },
  },
  {
    key: 'environ.repeated-headers',
    sentence: 'the values of a repeated request header are joined in order, by ", ", those of Cookie by "; "',
    source: 'RFC 9110 section 5.3; RFC 6265 section 5.4',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const { HTTP_X_A, HTTP_X_B, HTTP_COOKIE, HTTP_ACCEPT } = await mirror.show({
        headers: [
          ['X-A', '2'],
          ['Cookie', 'a=1'],
          ['X-B', 'b'],
          ['x-a', '1'],
          ['Accept', 'text/html, text/*;q=0.5'],
          ['cookie', 'b=2; c=3'],
          ['Accept', '*/*;q=0.1'],
          ['X-A', '3, 4'],
          ['COOKIE', 'a=4'],
        ],
      })
      assert.deepEqual(
        { HTTP_X_A, HTTP_X_B, HTTP_COOKIE, HTTP_ACCEPT },
        {
          HTTP_X_A: '2, 1, 3, 4',
          HTTP_X_B: 'b',
          HTTP_COOKIE: 'a=1; b=2; c=3; a=4',
          HTTP_ACCEPT: 'text/html, text/*;q=0.5, */*;q=0.1',
        },
      )
    },
  },
  {
    key: 'environ.dropped-headers',
    sentence: 'a header with "_" in its name, which could pass for another, is dropped, and so is Proxy',
    source: 'TSGI, environ; CVE-2016-5385',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const environ = await mirror.show({
        headers: [
          ['X_User', 'root'],
          ['X-User', 'me'],
          ['x_user', 'root'],
          ['X_Role', 'admin'],
          ['X-Forwarded_For', '9.9.9.9'],
          ['Content_Length', '5'],
          ['Content_Type', 'text/html'],
          ['__proto__', 'polluted'],
          ['Proxy', 'http://evil.example/'],
          ['PROXY', 'http://evil.example/'],
          ['Proxy-Trace', 'kept'],
        ],
      })
      assert.deepEqual(
        pick(environ, ['HTTP_X_USER', 'HTTP_PROXY_TRACE']),
        { HTTP_X_USER: 'me', HTTP_PROXY_TRACE: 'kept' },
        'what must be kept',
      )
      const dropped = ['HTTP_X_ROLE', 'HTTP_X_FORWARDED_FOR', 'HTTP_PROXY', 'HTTP___PROTO__']
      const contents = ['CONTENT_LENGTH', 'CONTENT_TYPE', 'HTTP_CONTENT_LENGTH', 'HTTP_CONTENT_TYPE']
      assert.deepEqual(pick(environ, [...dropped, ...contents]), {})
    },
  },
  {
    key: 'environ.content-keys',
    sentence:
      'CONTENT_TYPE and CONTENT_LENGTH are there when the client sent them, and absent when it did not',
    source: 'RFC 3875 sections 4.1.2 and 4.1.3',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const type: Header = ['content-type', 'Multipart/Form-Data; boundary="a b"']
      const CONTENT_TYPE = type[1]
      const rows = [
        ['neither', {}, {}],
        ['both', { headers: [type], body: 'hello' }, { CONTENT_TYPE, CONTENT_LENGTH: '5' }],
        ['a length', { body: 'hello' }, { CONTENT_LENGTH: '5' }],
        ['a length of nothing', { body: '' }, { CONTENT_LENGTH: '0' }],
        ['a type', { headers: [type] }, { CONTENT_TYPE }],
      ] as const
      for (const [row, sent, expected] of rows) {
        const environ = await mirror.show({ method: 'POST', ...sent }, row)
        const keys = ['CONTENT_TYPE', 'CONTENT_LENGTH', 'HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH']
        assert.deepEqual(pick(environ, keys), expected, row)
      }
    },
  },
  {
    key: 'environ.chunked',
    sentence: 'of a body in chunks environ shows neither a length nor the transfer coding',
    source: 'PEP 3333, other HTTP features',
    needs: ['chunked-requests'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const environ = await mirror.show({ method: 'POST', chunks: ['hel', 'lo'] })
      assert.deepEqual(pick(environ, ['CONTENT_LENGTH', 'HTTP_CONTENT_LENGTH', 'HTTP_TRANSFER_ENCODING']), {})
    },
  },
  {
    key: 'environ.long-header',
    sentence: 'a request header of 8,000 bytes arrives whole',
    source: 'RFC 9110 section 5.4',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const value = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(8, '-')).join('')
      const { HTTP_X_LONG } = await mirror.show({ headers: [['X-Long', value]] })
      assert.equal(HTTP_X_LONG?.length, 8_000)
      assert.ok(HTTP_X_LONG === value, 'the 8,000 bytes are those that were sent')
    },
  },
]

/** Each with its key, and with the value that arrives where it is not the one sent. */
const HEADERS: readonly [name: string, value: string, key: string, kept?: string][] = [
  ['Host', 'shop.example', 'HTTP_HOST'],
  ['Accept', 'text/plain;q=0.5, */*', 'HTTP_ACCEPT'],
  ['x-lower-case', 'a', 'HTTP_X_LOWER_CASE'],
  ['X-MIXED-Case-1', 'B', 'HTTP_X_MIXED_CASE_1'],
  ['X-Empty', '', 'HTTP_X_EMPTY'],
  ['X-Space', ' \t a \t b, \t ', 'HTTP_X_SPACE', 'a \t b,'],
  ['X-Colon', ': "\\"; =%41&?#', 'HTTP_X_COLON'],
  ['X-Bytes', String.fromCharCode(...Array.from({ length: 0x80 }, (_, i) => 0x80 + i)), 'HTTP_X_BYTES'],
  ['Authorization', 'Basic YTpi', 'HTTP_AUTHORIZATION'],
  // Names that are keys of environ, or members of every object.
  ['Path-Info', '/evil', 'HTTP_PATH_INFO'],
  ['Script-Name', '/evil', 'HTTP_SCRIPT_NAME'],
  ['Request-Method', 'EVIL', 'HTTP_REQUEST_METHOD'],
  ['constructor', 'a', 'HTTP_CONSTRUCTOR'],
  ['toString', 'b', 'HTTP_TOSTRING'],
]
