import { expect, it } from 'vitest'
import { wrongArrows } from '../direction.js'

it.each([
  ['core → another package', 'packages/core/src/a.ts', "import { Selector } from '@tsgi/router'"],
  ['contract.ts → anything', 'packages/core/src/contract.ts', "import type { Headers } from './headers.ts'"],
  ['router → server', 'packages/router/src/a.ts', "export { serve } from '@tsgi/server'"],
  ['server → the command', 'packages/server/src/a.ts', "export * from 'tsgi'"],
  ['middleware → router', 'packages/middleware/cors/src/a.ts', "export type * from '@tsgi/router'"],
  ['middleware → middleware', 'packages/middleware/csrf/src/a.ts', "await import('@tsgi/session')"],
  ['a type', 'packages/middleware/csrf/src/a.ts', "type S = import('@tsgi/session').Session"],
  ['gateway → server', 'packages/gateway/cgi/src/a.ts', "import '@tsgi/server'"],
  ['past the package by path', 'packages/router/src/a.ts', "import { text } from '../../core/src/body.ts'"],
  ['a test from a source', 'packages/router/src/a.ts', "import { app } from '../test/app.ts'"],
])('names the file and the arrow: %s', (_, file, text) => {
  const imported = /'(.*)'/.exec(text)?.[1]

  expect(wrongArrows(new Map([[file, text]]))).toEqual([`${file} → ${imported}`])
})

it.each([
  ['packages/core/src/a.ts', "import type { Environ } from './contract.ts'"],
  ['packages/core/src/validator/a.ts', "import { isToken } from '../headers.ts'"],
  ['packages/core/src/options.ts', "import { z } from 'zod'"],
  ['packages/server/src/a.ts', "import { createServer } from 'node:http'"],
  ['packages/middleware/cors/src/a.ts', "import { parseOptions } from '@tsgi/core/options'"],
  ['packages/cli/src/a.ts', "import { serve } from '@tsgi/server'"],
  ['packages/core/src/a.ts', "/** import { serve } from '@tsgi/server' */"],
])('lets pass, in %s: %s', (file, text) => {
  expect(wrongArrows(new Map([[file, text]]))).toEqual([])
})
