import assert from 'node:assert/strict'
import { text } from '@tsgi/core'
import type { Case } from '../case.ts'
import { headersNamed } from '../client.ts'
import type { ServerTrial } from '../server-trial.ts'
import type { ServerFeature } from './feature.ts'

const STYLE = '</style.css>; rel=preload; as=style'

export const earlyHintsCases: readonly Case<ServerTrial, ServerFeature>[] = [
  {
    key: 'early-hints.sent',
    sentence: 'wsgi.early_hints sends 103 at once, before the answer exists, as often as it is called',
    source: 'RFC 8297 section 2',
    needs: ['early-hints'],
    async run(trial) {
      const site = await trial.serve((environ, startResponse) => {
        environ['wsgi.early_hints']?.([['Link', STYLE]])
        environ['wsgi.early_hints']?.([['Link', STYLE]])
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return text('hello')
      })
      const { interim, status, text: body } = await site.ask()
      assert.deepEqual(
        interim.map((head) => [head.status, headersNamed(head, 'link')]),
        [
          [103, [STYLE]],
          [103, [STYLE]],
        ],
      )
      assert.deepEqual([status, body], [200, 'hello'])
    },
  },
  {
    key: 'early-hints.late',
    sentence: 'wsgi.early_hints does nothing once the head is out',
    source: 'TSGI, environ',
    needs: ['early-hints'],
    async run(trial) {
      const site = await trial.serve(async function* (environ, startResponse) {
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        yield Buffer.from('one')
        environ['wsgi.early_hints']?.([['Link', STYLE]])
        yield Buffer.from('two')
      })
      const { interim, text: body } = await site.ask()
      assert.deepEqual([interim, body], [[], 'onetwo'])
    },
  },
]
