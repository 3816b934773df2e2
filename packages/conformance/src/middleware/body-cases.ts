import assert from 'node:assert/strict'
import type { Body, Status } from '@tsgi/core'
import type { Case } from '../case.ts'
import { Gate, Log } from '../log.ts'
import type { LayerVisit, MiddlewareTrial } from '../middleware-trial.ts'
import { assertSameBytes } from '../same-bytes.ts'
import { each } from '../table.ts'
import { calm } from '../visit.ts'
import type { MiddlewareFeature } from './feature.ts'
import { answering, bytes, CHUNKS, chunks, PROTOCOLS, plain, WHOLE } from './inside.ts'

export const bodyCases: readonly Case<MiddlewareTrial, MiddlewareFeature>[] = [
  {
    key: 'middleware.streaming',
    sentence:
      'each chunk is passed on before the next one exists, and nothing is read before the layer answers',
    source: 'PEP 3333, middleware handling of block boundaries',
    needs: ['streaming'],
    async run(trial) {
      await each(PROTOCOLS, async (protocol) => {
        const log = new Log()
        const visit = trial.observe(
          answering(() => protocol(chunks(log))),
          log,
        )
        await visit.over()
        for (const [i, chunk] of CHUNKS.slice(1).entries())
          expectOrder(log, passed(trial, i + 1), `made ${chunk}`)
        if (!trial.traits.async) expectOrder(log, 'returned', 'begun')
      })
      const gates = CHUNKS.map(() => new Gate())
      const visit = trial.visit(answering(() => gated(gates)))
      if (!trial.traits.async) await visit.until('returned')
      for (const [i, gate] of gates.entries()) {
        gate.open()
        await visit.until(passed(trial, i + 1))
      }
    },
  },
  {
    key: 'middleware.backpressure',
    sentence: 'the next chunk is asked for when the last one has been taken',
    source: 'PEP 3333, buffering and streaming',
    needs: ['streaming'],
    run: (trial) =>
      each(PROTOCOLS, async (protocol) => {
        const log = new Log()
        const visit = trial.observe(
          answering(() => protocol(chunks())),
          log,
          { pace: 'held' },
        )
        for (const [i] of CHUNKS.entries()) {
          await visit.until(`chunk ${i + 1}`)
          await calm()
          assert.ok(log.count('next') <= i + 1, 'the transport is full, and the next chunk was asked for')
          visit.take()
        }
        await takeAll(visit)
      }),
  },
  {
    key: 'middleware.close',
    sentence: 'the body of the application is closed exactly once, however the exchange ends',
    source: 'TSGI, the body',
    async run(trial) {
      await each(PROTOCOLS, (protocol) =>
        each(ENDINGS, async (end) => {
          const log = new Log()
          const visit = await end(trial, log, protocol)
          if (visit.outcome?.error === undefined) visit.expectNoReport()
          expectOnce(log, 'close')
        }),
      )
    },
  },
  {
    key: 'middleware.return',
    sentence:
      'an iterator that was begun and not run to its end is told so by return(), before its body is closed',
    source: 'TSGI, the body',
    needs: ['streaming'],
    run: (trial) =>
      each(PROTOCOLS, (protocol) =>
        each(
          { 'left by the client': ENDINGS['left after 1']!, 'a HEAD': ENDINGS['a HEAD']! },
          async (end) => {
            const log = new Log()
            await end(trial, log, protocol)
            expectOnce(log, 'return')
            expectOrder(log, 'return', 'close')
          },
        ),
      ),
  },
  {
    key: 'middleware.abort',
    sentence:
      'a client that leaves while a chunk is asked for has the body closed, with no wait for that chunk',
    source: 'TSGI, the body',
    run: (trial) =>
      each({ 'the first chunk': 0, 'the second chunk': 1 }, async (place) => {
        const log = new Log()
        const gate = new Gate()
        const visit = trial.observe(
          answering(() => stuck(place, gate, log)),
          log,
        )
        await visit.until('waiting')
        await calm()
        visit.leave()
        // A layer that reads before it answers has nothing yet that could be closed.
        const { buffers, async } = trial.traits
        const isReading = buffers || (async && place === 0)
        if (isReading) gate.open()
        await log.until('close')
        gate.open()
        await calm()
        expectOnce(log, 'close')
        if (!isReading) expectOnce(log, 'return')
        visit.expectNoReport()
      }),
  },
  {
    key: 'middleware.write',
    sentence: 'what is written comes before the body, in order, and the promise of write is passed on',
    source: 'PEP 3333, the write() callable',
    async run(trial) {
      const log = new Log()
      const visit = trial.visit(
        async (_environ, startResponse) => {
          const write = startResponse('200 OK', plain())
          await write(bytes('one'))
          log.add('wrote one')
          await write(bytes('two'))
          log.add('wrote two')
          return [bytes('three')]
        },
        { log, pace: 'held' },
      )
      if (!trial.traits.buffers) {
        await visit.until('chunk 1')
        await calm()
        assert.ok(!log.has('wrote two'), 'the transport is full, and the promise of write is fulfilled')
      }
      await takeAll(visit)
      expectSent(trial, visit, WHOLE)
      // Nobody needs to wait for write.
      const hasty = trial.visit((_environ, startResponse) => {
        const write = startResponse('200 OK', plain())
        write(bytes('one'))
        write(bytes('two'))
        return [bytes('three')]
      })
      await hasty.over()
      expectSent(trial, hasty, WHOLE)
    },
  },
  {
    key: 'middleware.empty',
    sentence: 'an answer without a body stays one',
    source: 'RFC 9110 section 6.4.1',
    run: (trial) =>
      each(EMPTY, async ([status, makeBody]) => {
        const visit = trial.visit((_environ, startResponse) => {
          startResponse(status, [['ETag', '"a"']])
          return makeBody()
        })
        await visit.over()
        visit.expectWhole()
        assert.equal(visit.head?.code, Number(status.slice(0, 3)))
        expectSent(trial, visit, '')
      }),
  },
  {
    key: 'middleware.binary',
    sentence:
      'all 256 byte values come through, whatever kind of array and wherever in its buffer they are in',
    source: 'PEP 3333, unicode issues',
    needs: ['same-bytes'],
    run: (trial) =>
      each(BINARY, async (makeChunk) => {
        const visit = trial.visit(answering(() => [makeChunk(), makeChunk()]))
        await visit.over()
        assertSameBytes(visit.bytes, Buffer.concat([ALL_BYTES, ALL_BYTES]), 'what was sent')
      }),
  },
]

type End = (
  trial: MiddlewareTrial,
  log: Log,
  protocol: (chunks: Iterable<Uint8Array>) => Body,
) => Promise<LayerVisit>

const ENDINGS: Readonly<Record<string, End>> = {
  finished: (trial, log, protocol) =>
    trial
      .observe(
        answering(() => protocol(chunks())),
        log,
      )
      .over(),
  'an array': (trial, log) =>
    trial.visit(answering(() => Object.assign([bytes('one')], { close: () => log.add('close') }))).over(),
  failed: (trial, log, protocol) =>
    trial
      .observe(
        answering(() => protocol(failing())),
        log,
      )
      .over(),
  'left after 1': leftAfter(1),
  'left after 2': leftAfter(2),
  async 'never begun'(trial, log, protocol) {
    const gate = new Gate()
    const visit = trial.observe(async (_environ, startResponse) => {
      log.add('called')
      await gate.opened
      startResponse('200 OK', plain())
      return protocol(chunks())
    }, log)
    await visit.until('called')
    visit.leave()
    gate.open()
    await closed(visit, log)
    return visit
  },
  'a HEAD': (trial, log, protocol) =>
    trial
      .observe(
        answering(() => protocol(chunks())),
        log,
        { method: 'HEAD' },
      )
      .over(),
}

/** The client leaves with so many chunks; of a layer that buffers with what it gets. */
function leftAfter(count: number): End {
  return async (trial, log, protocol) => {
    const visit = trial.observe(
      answering(() => protocol(chunks())),
      log,
      { pace: 'held' },
    )
    for (let taken = 1; taken < count && !trial.traits.buffers; taken++) {
      await visit.until(`chunk ${taken}`)
      visit.take()
    }
    await visit.until(`chunk ${trial.traits.buffers ? 1 : count}`)
    visit.leave()
    await closed(visit, log)
    return visit
  }
}

/** A body whose client has left may take its time. */
async function closed(visit: LayerVisit, log: Log): Promise<void> {
  visit.expectInside()
  await log.until('close')
  await calm()
}

const EMPTY: Readonly<Record<string, readonly [status: Status, makeBody: () => Body]>> = {
  'an empty array': ['200 OK', () => []],
  'an empty chunk': ['200 OK', () => [bytes('')]],
  'an empty iterable': ['200 OK', () => new Set<Uint8Array>()],
  '204': ['204 No Content', () => []],
  '304': ['304 Not Modified', () => []],
}

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i)

const BINARY: Readonly<Record<string, () => Uint8Array>> = {
  'a Uint8Array': () => ALL_BYTES.slice(),
  'a Buffer': () => Buffer.from(ALL_BYTES),
  'a part of a buffer': () => {
    const whole = new Uint8Array(300)
    whole.set(ALL_BYTES, 20)
    return whole.subarray(20, 276)
  },
}

/** The entry of the log that says that so many chunks have come out. */
function passed({ traits }: MiddlewareTrial, count: number): string {
  return traits.rewritesBody ? `chunk ${count}` : `sent ${CHUNKS.slice(0, count).join('')}`
}

function expectOnce(log: Log, entry: string): void {
  assert.equal(log.count(entry), 1, `must have "${entry}" once; got ${JSON.stringify(log.entries)}`)
}

function expectOrder({ entries }: Log, first: string, second: string): void {
  const [before, after] = [entries.indexOf(first), entries.indexOf(second)]
  assert.ok(
    before >= 0 && before < after,
    `"${first}" must come before "${second}"; got ${JSON.stringify(entries)}`,
  )
}

function expectSent({ traits }: MiddlewareTrial, visit: LayerVisit, text: string): void {
  if (!traits.rewritesBody) assert.equal(visit.text, text)
}

async function takeAll(visit: LayerVisit): Promise<void> {
  while (visit.outcome === undefined) {
    visit.take()
    await calm()
  }
  await visit.over()
}

async function* gated(gates: readonly Gate[]): AsyncGenerator<Uint8Array, void> {
  for (const [i, gate] of gates.entries()) {
    await gate.opened
    yield bytes(CHUNKS[i]!)
  }
}

function* failing(): Generator<Uint8Array, void> {
  yield bytes('one')
  throw new Error('the body fails')
}

/** The log has `waiting` when the chunk at a place is asked for. */
async function* stuck(place: number, gate: Gate, log: Log): AsyncGenerator<Uint8Array, void> {
  for (const [i, chunk] of CHUNKS.entries()) {
    if (i === place) {
      log.add('waiting')
      await gate.opened
    }
    yield bytes(chunk)
  }
}
