import { describe, it } from 'vitest'
import { HttpError } from '../src/http-error.ts'

describe('HttpError', () => {
  it('takes extensions, but none that is a standard member', () => {
    new HttpError(403, { extensions: { balance: 30 } })
    // @ts-expect-error `status` is the error's own (RFC 9457 section 3.2)
    new HttpError(403, { extensions: { balance: 30, status: 200 } })
    // @ts-expect-error `detail` has an option of its own
    new HttpError(403, { extensions: { detail: 'no' } })
  })
})
