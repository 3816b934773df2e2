import type { Status } from '../contract.ts'

/**
 * What a read of `wsgi.input` rejects with when the body did not arrive whole. It is the client's fault: an
 * application that lets it pass is answered with `status`, and nothing is reported.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly status: Status

  constructor(message: string, status: Status = '400 Bad Request', options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}
