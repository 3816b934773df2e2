import { check } from './checks.js'

await check('npm test', ['build', 'style', 'types', 'type-budget', 'spec', 'direction', 'tests'])
