import { middlewareSuite, register } from '@tsgi/conformance'
import { describe, test } from 'vitest'
import { responseTime } from '../src/index.ts'

register(middlewareSuite(responseTime(), { title: 'responseTime' }), { describe, test })
