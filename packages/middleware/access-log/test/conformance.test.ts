import { middlewareSuite, register } from '@tsgi/conformance'
import { describe, test } from 'vitest'
import { accessLog } from '../src/index.ts'

register(middlewareSuite(accessLog(), { title: 'accessLog' }), { describe, test })
