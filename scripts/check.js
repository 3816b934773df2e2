import { check } from './checks.js'

const named = process.argv.slice(2)
await check('npm run check', named.length > 0 ? named : ['build', 'style', 'types', 'direction', 'packing'])
