import { middlewareSuite, register } from '@tsgi/conformance'
import { describe, test } from 'vitest'
import { errorPage } from '../src/index.ts'

register(middlewareSuite(errorPage(), { title: 'errorPage' }), { describe, test })
