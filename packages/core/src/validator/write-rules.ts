import { chunkFault } from '../body.ts'
import { chunkPlaceRules, foundIn, type Passing } from './body-rules.ts'
import type { Rule } from './rule.ts'

/** What an application pushes. */
export const writeRules: readonly Rule<Passing>[] = [
  {
    key: 'write.bytes',
    sentence: 'what is written is a Uint8Array',
    source: 'PEP 3333, the write() callable',
    side: 'application',
    check: ({ chunk }) => foundIn(chunkFault(chunk)),
  },
  {
    key: 'write.before-body',
    sentence: 'write is never called once the body was begun',
    source: 'PEP 3333, the write() callable',
    side: 'application',
    check: ({ facts, chunk }) =>
      facts.begun ? `${(chunk as Uint8Array).length} bytes, written too late` : undefined,
  },
  ...chunkPlaceRules,
]
