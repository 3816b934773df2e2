import { build, install, run } from './setup.js'

install()
process.exitCode = build() && run('bench/dist/http.js', ...process.argv.slice(2)) ? 0 : 1
