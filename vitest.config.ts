import { defineConfig } from 'vitest/config'

// Tests, types and examples run from source: the condition picks `src/` where Node would pick `dist/`.
const conditions = ['@tsgi/source', 'module', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      '{packages,packages/middleware,packages/gateway}/*/test/**/*.test.ts',
      '{examples,bench,scripts}/test/**/*.test.ts',
    ],
    typecheck: {
      enabled: true,
      tsconfig: './tsconfig.test.json',
      // The other tests' types have a check of their own (scripts/checks.js).
      ignoreSourceErrors: true,
      include: ['{packages,packages/middleware,packages/gateway}/*/test/**/*.test-d.ts'],
    },
  },
})
