import { middlewareSuite, register } from '@tsgi/conformance'
import { describe, test } from 'vitest'
import { requestId } from '../src/index.ts'

register(middlewareSuite(requestId(), { title: 'requestId' }), { describe, test })
