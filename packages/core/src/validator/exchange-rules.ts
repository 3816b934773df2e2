import { missingMethod, type Rule } from './rule.ts'

export const exchangeRules: readonly Rule<unknown>[] = [
  {
    key: 'exchange.members',
    sentence: 'tsgi.exchange has signal, onFinish, waitUntil and route',
    source: 'TSGI, environ',
    side: 'server',
    check: (exchange) => {
      const missing = missingMethod(exchange, ['onFinish', 'waitUntil'])
      if (missing !== undefined) return missing
      // Not read: the signal is made when it is first asked for.
      const absent = ['signal', 'route'].find((name) => !(name in (exchange as object)))
      return absent && `no ${absent}`
    },
  },
]
