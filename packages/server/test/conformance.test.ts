import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { type RunningServer, register, type StartServer, serverSuite } from '@tsgi/conformance'
import { generate } from 'selfsigned'
import { afterAll, describe, test } from 'vitest'
import { type ServeOptions, serve } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsgi-conformance-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })

let sockets = 0

register(serverSuite(overTcp(), { title: 'over TCP' }), { describe, test })

register(serverSuite(overTls(), { title: 'over TLS', scheme: 'https' }), { describe, test })

register(serverSuite(overUnix(), { title: 'over a unix socket', remoteAddress: '' }), { describe, test })

function overTcp(): StartServer {
  return starting({ port: 0 }, ({ port }) => connect(port, '127.0.0.1'))
}

function overTls(): StartServer {
  return starting({ port: 0, tls: { key, cert } }, ({ port }) =>
    connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }),
  )
}

function overUnix(): StartServer {
  return (app, errors) => {
    const unix = join(folder, `${sockets++}.sock`)
    return starting({ unix }, () => connect(unix))(app, errors)
  }
}

function starting(
  options: ServeOptions,
  open: (server: { port: number }) => ReturnType<RunningServer['connect']>,
): StartServer {
  return async (app, errors) => {
    const server = await serve(app, { ...options, errors })
    return { connect: () => open(server), close: (grace) => server.close(grace) }
  }
}
