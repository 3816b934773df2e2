import { expectTypeOf, it } from 'vitest'
import { type AccessLogEntry, accessLog } from '../src/index.ts'

it('a function that makes the line needs no annotation', () => {
  accessLog({
    format: (entry) => {
      expectTypeOf(entry).toEqualTypeOf<AccessLogEntry>()
      return entry.target
    },
  })
})

it('an option is what it is documented to be', () => {
  // @ts-expect-error the formats that have a name are common, combined and json
  accessLog({ format: 'dev' })
  // @ts-expect-error a line is a text
  accessLog({ format: (entry) => entry })
})
