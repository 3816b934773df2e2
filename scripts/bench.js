// `npm run bench` for servers side by side, over sockets; `npm run bench calls` for calls within a process.
import { build, fail, install, run } from './setup.js'

const [name = 'http', ...args] = process.argv.slice(2)
if (name !== 'http' && name !== 'calls') fail(`bench: must be http or calls; got ${JSON.stringify(name)}`)
install()
process.exitCode = build() && run(`bench/dist/${name}.js`, ...args) ? 0 : 1
