import { build, install } from './setup.js'

install()
if (!build()) process.exit(1)
const { main } = await import('../packages/cli/dist/index.js')
process.exit(await main(['examples/site.ts'], process))
