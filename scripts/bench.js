// `npm run bench` for servers side by side, over sockets; within a process, `npm run bench calls` for calls and
// `npm run bench router` for finding a route.
import { build, fail, install, run } from './setup.js'

const [name = 'http', ...args] = process.argv.slice(2)
if (!['http', 'calls', 'router'].includes(name)) {
  fail(`bench: must be http, calls or router; got ${JSON.stringify(name)}`)
}
install()
process.exitCode = build() && run(`bench/dist/${name}.js`, ...args) ? 0 : 1
