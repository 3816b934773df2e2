import assert from 'node:assert/strict'
import { type Environ, type Header, text } from '@tsgi/core'
import type { Case } from '../case.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'
import { Mirror, pick } from './mirror.ts'

export const environCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'environ.values',
    sentence: 'environ has each of the required keys, with the value that the request and the server give it',
    source: 'PEP 3333, environ variables',
    async run(trial) {
      const { scheme, remoteAddress } = trial.traits
      const environs: Environ[] = []
      const site = await trial.serve(async (environ, startResponse) => {
        environs.push(environ)
        environ['wsgi.errors'].writelines(['what the application', ' has to say\n'])
        environ['wsgi.errors'].flush()
        const { length } = await environ['wsgi.input'].read()
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text(`${length} bytes, ${environ['tsgi.exchange'].signal.aborted ? 'aborted' : 'in order'}`)
      })
      const target = '/shop/a%20b?c=%20d'
      const answer = await site.ask({ target, headers: [['Host', 'shop.example:81']] })
      assert.deepEqual([answer.status, answer.text], [200, '0 bytes, in order'])
      assert.equal(environs.length, 1, 'calls of the application')
      const environ = environs[0]!
      const expected = {
        REQUEST_METHOD: 'GET',
        SCRIPT_NAME: '',
        PATH_INFO: '/shop/a b',
        QUERY_STRING: 'c=%20d',
        REQUEST_URI: target,
        SERVER_PROTOCOL: 'HTTP/1.1',
        REMOTE_ADDR: remoteAddress,
        HTTP_HOST: 'shop.example:81',
        'wsgi.version': [1, 0],
        'wsgi.url_scheme': scheme,
        'wsgi.input_terminated': true,
      }
      assert.deepEqual(pick(environ, Object.keys(expected)), expected)
      assert.match(environ.SERVER_NAME, /./, 'SERVER_NAME')
      assert.match(environ.SERVER_PORT, /^\d+$/, 'SERVER_PORT')
      assert.match(environ.SERVER_SOFTWARE, /./, 'SERVER_SOFTWARE')
      assert.match(environ.GATEWAY_INTERFACE, /^CGI\/\d+\.\d+$/, 'GATEWAY_INTERFACE')
      assert.match(environ.REMOTE_PORT, /^\d*$/, 'REMOTE_PORT')
      for (const flag of ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once'] as const) {
        assert.equal(typeof environ[flag], 'boolean', flag)
      }
      assert.equal(site.errors, 'what the application has to say\n', 'wsgi.errors')
      // A unix socket has neither a name nor a port.
      if (remoteAddress === '') {
        const port = { http: '80', https: '443' }[scheme]
        assert.deepEqual([environ.SERVER_NAME, environ.SERVER_PORT], ['localhost', port])
      }
    },
  },
  {
    key: 'environ.protocol',
    sentence: 'SERVER_PROTOCOL is the version of the request',
    source: 'RFC 3875 section 4.1.16',
    needs: ['http-1.0'],
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const version of ['1.1', '1.0'] as const) {
        const { SERVER_PROTOCOL } = await mirror.show({ version })
        assert.equal(SERVER_PROTOCOL, `HTTP/${version}`)
      }
    },
  },
  {
    key: 'environ.fresh',
    sentence:
      'each request has an environ of its own, which inherits nothing and which the application may change',
    source: 'PEP 3333, specification details; TSGI, environ',
    async run(trial) {
      const environs: Environ[] = []
      const site = await trial.serveBare((environ, startResponse) => {
        environs.push(environ)
        const { PATH_INFO, HTTP_X_SECRET = 'no' } = environ
        Object.assign(environ, { PATH_INFO: '/changed', REQUEST_METHOD: 'BREW', 'test.mark': 'changed' })
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text(`${PATH_INFO}, ${HTTP_X_SECRET} secret`)
      })
      const first = await site.ask({ target: '/1', headers: [['X-Secret', 'a']] })
      const second = await site.ask({ target: '/2' })
      assert.deepEqual([first.status, first.text], [200, '/1, a secret'])
      assert.deepEqual([second.status, second.text], [200, '/2, no secret'])
      assert.equal(environs.length, 2)
      assert.notEqual(environs[0], environs[1])
      for (const inherited of ['toString', 'constructor', '__proto__']) {
        assert.ok(!(inherited in environs[0]!), `${inherited} is not in environ`)
      }
    },
  },
  {
    key: 'environ.peer',
    sentence: 'REMOTE_ADDR and REMOTE_PORT are those of the peer, and never what a header claims',
    source: 'TSGI, environ',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      const environ = await mirror.show({
        headers: [
          ['X-Forwarded-For', '9.9.9.9'],
          ['X-Forwarded-Port', CLAIMED_PORT],
          ['Forwarded', `for="9.9.9.9:${CLAIMED_PORT}"`],
          ['X-Real-IP', '9.9.9.9'],
          ['Client-IP', '9.9.9.9'],
          ['X-Client-IP', '9.9.9.9'],
          ['Remote-Addr', '9.9.9.9'],
          ['Remote-Port', CLAIMED_PORT],
        ],
      })
      assert.equal(environ.REMOTE_ADDR, trial.traits.remoteAddress)
      assert.match(environ.REMOTE_PORT, /^\d*$/)
      assert.notEqual(environ.REMOTE_PORT, CLAIMED_PORT)
    },
  },
  {
    key: 'environ.scheme',
    sentence:
      'wsgi.url_scheme is that of the listener, whatever a header claims, and HTTPS is "on" with https only',
    source: 'TSGI, environ',
    async run(trial) {
      const { scheme } = trial.traits
      const mirror = await Mirror.serve(trial)
      const claimed = scheme === 'https' ? 'http' : 'https'
      const environ = await mirror.show({
        headers: [
          ['X-Forwarded-Proto', claimed],
          ['X-Forwarded-Scheme', claimed],
          ['X-Forwarded-Ssl', claimed === 'https' ? 'on' : 'off'],
          ['Front-End-Https', claimed === 'https' ? 'on' : 'off'],
          ['Forwarded', `proto=${claimed}`],
          ['Https', claimed === 'https' ? 'on' : 'off'],
        ],
      })
      assert.equal(environ['wsgi.url_scheme'], scheme)
      assert.deepEqual(pick(environ, ['HTTPS']), scheme === 'https' ? { HTTPS: 'on' } : {})
    },
  },
  {
    key: 'environ.method',
    sentence:
      'REQUEST_METHOD is the method as sent; a method that the server does not know is refused, never altered',
    source: 'RFC 9110 section 9.1',
    async run(trial) {
      const mirror = await Mirror.serve(trial)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { REQUEST_METHOD } = await mirror.show({ method, headers: OVERRIDES })
        assert.equal(REQUEST_METHOD, method)
      }
      const methods: string[] = []
      const site = await trial.serve(({ REQUEST_METHOD }, startResponse) => {
        methods.push(REQUEST_METHOD)
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text('called')
      })
      for (const method of ['get', 'Post', 'TRACE', 'PROPFIND', 'BREW', '!#$%&*+-.^_`|~']) {
        const { status, text: body } = await site.ask({ method })
        if (status === 200) assert.deepEqual([body, methods.pop()], ['called', method], method)
        else assert.ok([400, 405, 501].includes(status), `${method} is refused as a method; got ${status}`)
        assert.deepEqual(methods, [], method)
      }
    },
  },
]

/** Below those that a client is given. */
const CLAIMED_PORT = '7'

/** What frameworks take for the method, each in its own way. */
const OVERRIDES: readonly Header[] = [
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-HTTP-Method', 'DELETE'],
  ['X-Method-Override', 'DELETE'],
]
