import type { Environ, Outcome } from '@tsgi/core'
import { Log } from '../log.ts'

/** What happens to one exchange: `abort` when its signal fires, `finish` when it is over, and what its body adds. */
export class ExchangeLog extends Log {
  readonly outcomes: Outcome[] = []

  /** To be called by the application. */
  watch(environ: Environ): void {
    this.watchEnd(environ)
    environ['tsgi.exchange'].signal.addEventListener('abort', () => this.add('abort'))
  }

  /** As `watch`, without asking for the signal. */
  watchEnd(environ: Environ): void {
    environ['tsgi.exchange'].onFinish((outcome) => {
      this.outcomes.push(outcome)
      this.add('finish')
    })
  }
}
