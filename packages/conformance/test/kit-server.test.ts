import { describe, test } from 'vitest'
import { register, type StartServer, serverSuite } from '../src/index.ts'
import { kitServer, ownHandling } from './kit-server.ts'

// What the kit answers for, whoever stands on it: the rest is the server's own affair, as the connection is.
const OF_THE_KIT =
  /^(?:head\.(?!exact)|body|length|bodyless|input|error\.(?!reset)|close|finish|abort\.(?!mid-request|queued))/

register(ofTheKit('a server made of the kit', kitServer()), { describe, test })

register(ofTheKit('one that answers failures in a way of its own', kitServer({ handling: ownHandling })), {
  describe,
  test,
})

register(ofTheKit('one that has a better way to send files', kitServer({ sendsFiles: true })), {
  describe,
  test,
})

function ofTheKit(title: string, start: StartServer) {
  const { checks } = serverSuite(start)
  return { title, checks: checks.filter(({ key }) => OF_THE_KIT.test(key)) }
}
