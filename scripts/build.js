import { build, install } from './setup.js'

install()
process.exitCode = build() ? 0 : 1
