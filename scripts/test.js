import { check } from './checks.js'

await check('npm test', ['build', 'style', 'types', 'spec', 'direction', 'tests'])
