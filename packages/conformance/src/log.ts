import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import type { Body } from '@tsgi/core'

/** What happened, in order, as entries that a case can wait for. */
export class Log {
  readonly entries: string[] = []
  #changed: () => void = () => {}

  add(entry: string): void {
    this.entries.push(entry)
    this.#changed()
  }

  has(entry: string): boolean {
    return this.entries.includes(entry)
  }

  count(entry: string): number {
    return this.entries.filter((one) => one === entry).length
  }

  /** Resolved as soon as the entry is there. */
  async until(entry: string): Promise<void> {
    while (!this.has(entry)) {
      await new Promise<void>((resolve) => {
        const changed = this.#changed
        this.#changed = () => {
          changed()
          resolve()
        }
      })
    }
  }

  /** Resolved when nothing was added for a short time, where it is the claim that nothing will be. */
  async quiet(ms = 50): Promise<void> {
    let seen: number
    do {
      seen = this.entries.length
      await setTimeout(ms)
    } while (this.entries.length > seen)
  }
}

/** Something that an application waits for until the case lets it go on. */
export class Gate {
  readonly opened: Promise<void>
  open: () => void = () => {}

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve
    })
  }
}

/** A body that writes down how it is treated: `begun`, `next`, `end` or `throw`, `return`, `close`. */
export function observed(log: Log, chunks: Body): Body {
  const protocol = Symbol.iterator in chunks ? Symbol.iterator : Symbol.asyncIterator
  const begin = () => {
    log.add('begun')
    const iterator = Symbol.iterator in chunks ? chunks[Symbol.iterator]() : chunks[Symbol.asyncIterator]()
    const ended = <Result extends IteratorResult<Uint8Array>>(result: Result): Result => {
      if (result.done) log.add('end')
      return result
    }
    const failed = (error: unknown): never => {
      log.add('throw')
      throw error
    }
    const pull = () => {
      try {
        return iterator.next()
      } catch (error) {
        return failed(error)
      }
    }
    return {
      next() {
        log.add('next')
        const next = pull()
        return 'then' in next ? next.then(ended, failed) : ended(next)
      },
      return() {
        log.add('return')
        return iterator.return?.() ?? { done: true, value: undefined }
      },
    }
  }
  return { [protocol]: begin, close: () => log.add('close') } as unknown as Body
}

/** As `observed`, for an array or a text that must stay one: only its closing is written down. */
export function closeObserved<B extends Body>(log: Log, body: B): B {
  return Object.assign(body, { close: () => log.add('close') })
}

/**
 * That an observed body was closed exactly once, its iterator told so before where it was begun and had not come to
 * its own end, and left alone after that; to be asked when nothing more can happen.
 */
export function assertClosed({ entries }: Log, what: string): void {
  const closing = entries.filter((entry) => entry === 'return' || entry === 'close')
  const until = entries.findIndex((entry) => entry === 'return' || entry === 'close')
  const before = until < 0 ? entries : entries.slice(0, until)
  const isUnfinished = before.includes('begun') && !before.includes('end') && !before.includes('throw')
  const story = `${what}: ${entries.join(', ')}`
  assert.deepEqual(closing, isUnfinished ? ['return', 'close'] : ['close'], `closed once, after ${story}`)
  const after = entries.slice(before.length).filter((entry) => entry === 'begun' || entry === 'next')
  assert.deepEqual(after, [], `left alone once it was told to stop, in ${story}`)
}
