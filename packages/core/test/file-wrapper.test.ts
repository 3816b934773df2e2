import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { OpenFile, ReadableFile } from '../src/contract.ts'
import { FileWrapper } from '../src/file-wrapper.ts'

/** The handles that the wrapper opened itself. A closed one has the `fd` -1. */
const opened: FileHandle[] = []
/** What opening waits for. */
let gate: Promise<void> | undefined

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...original,
    open: async (...args: Parameters<typeof original.open>) => {
      await gate
      const handle = await original.open(...args)
      opened.push(handle)
      return handle
    },
  }
})

const CONTENT = Uint8Array.from({ length: 100 }, (_, i) => i)
const folder = mkdtempSync(join(tmpdir(), 'tsgi-file-wrapper-'))
const path = join(folder, 'file')

beforeAll(() => writeFileSync(path, CONTENT))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  opened.length = 0
  gate = undefined
})

/** The sizes of the chunks, and all their bytes. */
async function read(body: FileWrapper): Promise<{ sizes: number[]; bytes: number[] }> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return { sizes: chunks.map((chunk) => chunk.length), bytes: chunks.flatMap((chunk) => [...chunk]) }
}

/** An open file over some bytes that gives at most `most` of them at once. */
function memoryFile(
  bytes: Uint8Array,
  most = Number.POSITIVE_INFINITY,
): OpenFile & { reads: number; closes: number } {
  let position = 0
  return {
    reads: 0,
    closes: 0,
    async read(buffer, offset, length) {
      this.reads++
      const part = bytes.subarray(position, position + Math.min(length, most))
      buffer.set(part, offset)
      position += part.length
      return { bytesRead: part.length }
    },
    close() {
      this.closes++
    },
  }
}

describe('an open file', () => {
  it('is read in blocks, to its end', async () => {
    expect(await read(new FileWrapper(memoryFile(CONTENT), 40))).toEqual({
      sizes: [40, 40, 20],
      bytes: [...CONTENT],
    })
  })

  it('is read from where it stands', async () => {
    await using handle = await open(path)
    await handle.read(new Uint8Array(90), 0, 90, null)
    expect((await read(new FileWrapper(handle))).bytes).toEqual([...CONTENT.subarray(90)])
  })

  it('gives a chunk for each read, though it be short', async () => {
    expect((await read(new FileWrapper(memoryFile(CONTENT.subarray(0, 10), 4), 8))).sizes).toEqual([4, 4, 2])
  })

  it('gives no chunk when it is empty', async () => {
    expect((await read(new FileWrapper(memoryFile(new Uint8Array(0))))).sizes).toEqual([])
  })

  it('is read block after block, never ahead', async () => {
    const file = memoryFile(CONTENT)
    const iterator = new FileWrapper(file, 10)[Symbol.asyncIterator]()
    expect(file.reads).toBe(0)
    await iterator.next()
    await iterator.next()
    expect(file.reads).toBe(2)
  })

  it('is not closed by reading it, and once by close', async () => {
    const file = memoryFile(CONTENT)
    const body = new FileWrapper(file)
    await read(body)
    expect(file.closes).toBe(0)
    await Promise.all([body.close(), body.close()])
    await body.close()
    expect(file.closes).toBe(1)
  })

  it('is closed though nothing was read', async () => {
    const file = memoryFile(CONTENT)
    await new FileWrapper(file).close()
    expect([file.reads, file.closes]).toEqual([0, 1])
  })

  it('need not have a close', async () => {
    const { read: readBlock } = memoryFile(CONTENT)
    await expect(new FileWrapper({ read: readBlock }).close()).resolves.toBeUndefined()
  })

  it('tells of a close that failed, to every caller', async () => {
    const failing: OpenFile = {
      read: memoryFile(CONTENT).read,
      close: () => Promise.reject(new Error('EIO')),
    }
    const body = new FileWrapper(failing)
    await expect(body.close()).rejects.toThrow('EIO')
    await expect(body.close()).rejects.toThrow('EIO')
  })

  it('passes on why it could not be read', async () => {
    const broken: OpenFile = { read: () => Promise.reject(new Error('EIO')) }
    await expect(read(new FileWrapper(broken))).rejects.toThrow('EIO')
  })

  it('is not read once it is closed', async () => {
    const file = memoryFile(CONTENT)
    const body = new FileWrapper(file, 10)
    const iterator = body[Symbol.asyncIterator]()
    await iterator.next()
    await body.close()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(file.reads).toBe(1)
  })
})

describe('a file by its path', () => {
  it.each<[range: { start?: number; end?: number }, sizes: number[], first: number]>([
    [{}, [32, 32, 32, 4], 0],
    [{ start: 90 }, [10], 90],
    [{ end: 40 }, [32, 8], 0],
    [{ start: 10, end: 74 }, [32, 32], 10],
    [{ start: 99, end: 100 }, [1], 99],
    [{ start: 50, end: 50 }, [], 0],
    [{ start: 0, end: 0 }, [], 0],
    [{ start: 90, end: 1000 }, [10], 90],
    [{ start: 1000 }, [], 0],
  ])('with %j gives chunks of %j', async (range, sizes, first) => {
    const body = new FileWrapper({ path, ...range }, 32)
    const found = await read(body)
    await body.close()
    expect(found.sizes).toEqual(sizes)
    expect(found.bytes).toEqual([
      ...CONTENT.subarray(first, first + sizes.reduce((sum, size) => sum + size, 0)),
    ])
  })

  it('gives the same bytes as a slice does, whatever the range and the block size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(120),
        fc.nat(120),
        fc.integer({ min: 1, max: 130 }),
        async (start, length, blockSize) => {
          const body = new FileWrapper({ path, start, end: start + length }, blockSize)
          const { bytes } = await read(body)
          await body.close()
          expect(bytes).toEqual([...CONTENT.slice(start, start + length)])
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is opened when the first chunk is asked for, and not before', async () => {
    const body = new FileWrapper({ path })
    const iterator = body[Symbol.asyncIterator]()
    expect(opened).toHaveLength(0)
    await iterator.next()
    expect(opened).toHaveLength(1)
    await body.close()
  })

  it('is closed by close: read to its end, left half-way, or closed twice', async () => {
    const whole = new FileWrapper({ path })
    await read(whole)
    const half = new FileWrapper({ path }, 10)
    const iterator = half[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.return(undefined)
    expect(opened.map((handle) => handle.fd >= 0)).toEqual([true, true])
    await Promise.all([whole.close(), whole.close(), half.close()])
    expect(opened.map((handle) => handle.fd)).toEqual([-1, -1])
  })

  it('is never opened when it is closed first', async () => {
    const body = new FileWrapper({ path })
    await body.close()
    expect((await read(body)).sizes).toEqual([])
    expect(opened).toHaveLength(0)
  })

  it('is closed though it was still being opened, and the first chunk never comes', async () => {
    let open = (): void => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    const body = new FileWrapper({ path })
    const first = body[Symbol.asyncIterator]().next()
    const closed = body.close()
    open()
    expect(await first).toEqual({ done: true, value: undefined })
    await closed
    expect(opened.map((handle) => handle.fd)).toEqual([-1])
  })

  it('that is missing fails at the first chunk, and closes in peace', async () => {
    const body = new FileWrapper({ path: join(folder, 'missing') })
    await expect(read(body)).rejects.toThrow('ENOENT')
    await expect(body.close()).resolves.toBeUndefined()
  })

  it('that is a folder fails at the first chunk, and is closed', async () => {
    const body = new FileWrapper({ path: folder })
    await expect(read(body)).rejects.toThrow('EISDIR')
    await body.close()
    expect(opened.map((handle) => handle.fd)).toEqual([-1])
  })
})

it('shows a server what it could send better', () => {
  const file = { path, start: 1, end: 2 }
  const body = new FileWrapper(file, 10)
  expect(body.file).toBe(file)
  expect(body.blockSize).toBe(10)
  expect(new FileWrapper(file).blockSize).toBe(65536)
})

it('gives chunks that stay what they are', async () => {
  const iterator = new FileWrapper(memoryFile(CONTENT), 10)[Symbol.asyncIterator]()
  const first = await iterator.next()
  await iterator.next()
  expect(first.value).toEqual(CONTENT.subarray(0, 10))
})

// What wsgiref.util.FileWrapper gives (Python 3.11, measured), what is given here where that is something else, and why.
describe('beside wsgiref', () => {
  const PLAIN = 'a size is a number of bytes'

  it.each<
    [
      length: number,
      blockSize: number | undefined,
      wsgiref: number[],
      ours?: number[] | ErrorConstructor,
      why?: string,
    ]
  >([
    [120, 50, [50, 50, 20]],
    [120, 120, [120]],
    [120, 121, [120]],
    [0, 8, []],
    [
      20_000,
      undefined,
      [8192, 8192, 3616],
      [20_000],
      'blocks of 64 KB by default: fewer reads, and fewer writes',
    ],
    [120, 0, [], RangeError, `${PLAIN}: a file must not seem empty`],
    [120, -1, [120], RangeError, `${PLAIN}: -1 is the whole file in memory`],
    [120, null as never, [120], RangeError, `${PLAIN}: None is the whole file in memory`],
  ])(
    'of %d bytes with the block size %j gives wsgiref’s %j, or %o',
    async (length, blockSize, wsgiref, ours) => {
      const make = () => new FileWrapper(memoryFile(new Uint8Array(length)), blockSize)
      if (typeof ours === 'function') expect(make).toThrow(ours)
      else expect((await read(make())).sizes).toEqual(ours ?? wsgiref)
    },
  )

  it('gives nothing when it is iterated again: an open file stands at its end, as wsgiref’s does', async () => {
    const body = new FileWrapper(memoryFile(CONTENT))
    expect((await read(body)).sizes).toEqual([100])
    expect((await read(body)).sizes).toEqual([])
  })

  it('has a close though the file has none, which wsgiref has not: a file by its path is opened, and closed, here', () => {
    expect(typeof new FileWrapper({ read: memoryFile(CONTENT).read }).close).toBe('function')
  })
})

describe('at construction', () => {
  it.each<[unknown, number | undefined, ErrorConstructor]>([
    [undefined, undefined, TypeError],
    [null, undefined, TypeError],
    ['/etc/hosts', undefined, TypeError],
    [{}, undefined, TypeError],
    [{ path: 5 }, undefined, TypeError],
    [{ path, start: -1 }, undefined, RangeError],
    [{ path, end: -1 }, undefined, RangeError],
    [{ path, start: 2, end: 1 }, undefined, RangeError],
    [{ path, start: 1.5 }, undefined, RangeError],
    [{ path, start: Number.NaN }, undefined, RangeError],
    [{ path, end: Number.POSITIVE_INFINITY }, undefined, RangeError],
    [{ path, end: '5' }, undefined, RangeError],
    [{ path, start: 2 ** 53 }, undefined, RangeError],
    [{ path }, 0, RangeError],
    [{ path }, -1, RangeError],
    [{ path }, 1.5, RangeError],
    [{ path }, Number.NaN, RangeError],
  ])('refuses %j with the block size %j', (file, blockSize, error) => {
    expect(() => new FileWrapper(file as ReadableFile, blockSize)).toThrow(error)
  })

  it('says what was found', () => {
    expect(() => new FileWrapper('/etc/hosts' as unknown as ReadableFile)).toThrow(
      'FileWrapper: file must be an open file with read(), or { path, start?, end? }; got "/etc/hosts"',
    )
    expect(() => new FileWrapper({ path, start: 2, end: 1 })).toThrow(
      'FileWrapper: file: start and end must be integers with 0 <= start <= end; got 2 and 1',
    )
  })
})
