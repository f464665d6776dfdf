import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SimulatedClock } from '@wonder/driver-memory'
import { WonderError } from '@wonder/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore, type SqliteStore } from './index.ts'

let folder: string
let file: string
let opened: SqliteStore[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-adversarial-'))
  file = join(folder, 'wonder.db')
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true })
})

type Early = 'here' | 'thread'

async function open(
  early: Early,
  more: { readonly path?: string; readonly patience?: number } = {},
): Promise<SqliteStore> {
  const { path = file, ...rest } = more
  const store = await openSqliteStore({
    file: path,
    host: `H${opened.length}`,
    clock: new SimulatedClock(),
    early,
    ...rest,
  })
  opened.push(store)
  return store
}

function append(store: SqliteStore, id: string, expected: number, body = 'x'.repeat(300)) {
  const records = [{ number: expected + 1, body }]
  return store.runs.append({ entity: { kind: 'run', id }, expected, records, wake: null })
}

async function failureOf(promise: Promise<unknown>): Promise<WonderError> {
  const thrown = await promise.catch((reason: unknown) => reason)
  if (thrown instanceof WonderError) return thrown
  throw new Error(`expected a WonderError, got ${String(thrown)}`)
}

/** Tries until the writer thread has noticed what the test did to the disk. */
async function appendUntilRefused(store: SqliteStore, id: string): Promise<{ failure: WonderError; stored: number }> {
  for (let stored = 0; ; stored++) {
    const outcome = await append(store, id, stored, 'x'.repeat(100_000)).catch((reason: unknown) => reason)
    if (outcome instanceof WonderError) return { failure: outcome, stored }
    if (stored > 1_000) throw new Error('the disk never became full')
  }
}

describe.each(['here', 'thread'] as const)('with the first writes made: %s', (early) => {
  test('G9 a full disk is store_full, nothing acknowledged is lost, and writing goes on when there is room', async ({
    skip,
  }) => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', disk], { stdio: 'ignore' })
    } catch {
      skip('only root can mount a small disk')
    }
    try {
      const path = join(disk, 'wonder.db')
      const store = await open(early, { path })
      await append(store, 'before', 0)
      const filler = join(disk, 'filler')
      writeFileSync(filler, new Uint8Array(2 * 1024 * 1024))

      const { failure, stored } = await appendUntilRefused(store, 'filling')
      const others = await Promise.all(['p', 'q'].map((id) => failureOf(append(store, id, 0, 'x'.repeat(100_000)))))

      expect(failure).toMatchObject({ code: 'store_full', retry: 'after' })
      expect(failure.message).toContain(path)
      expect(others.map(({ code }) => code)).toEqual(['store_full', 'store_full'])
      expect(await store.runs.version({ kind: 'run', id: 'filling' })).toBe(stored)

      rmSync(filler)
      expect(await append(store, 'filling', stored)).toEqual({ status: 'appended' })
      expect(await append(store, 'p', 0)).toEqual({ status: 'appended' })
      expect(await store.runs.version({ kind: 'run', id: 'before' })).toBe(1)
      await store.close()
      const reopened = await open(early, { path })
      expect(await reopened.runs.version({ kind: 'run', id: 'filling' })).toBe(stored + 1)
      await reopened.close()
    } finally {
      execFileSync('umount', [disk])
    }
  })

  test('G9 a file whose beginning is garbage is store_corrupt and stays as it is', async () => {
    const garbage = Buffer.alloc(8_192, 'not a database ')
    writeFileSync(file, garbage)

    const failure = await failureOf(open(early))

    expect(failure).toMatchObject({ code: 'store_corrupt', retry: 'never' })
    expect(failure.message).toContain(file)
    expect(failure.message).toContain('put back a backup')
    expect(readFileSync(file).equals(garbage)).toBe(true)
  })

  test('G9 damaged pages are store_corrupt to writers and readers, and nothing more is written', async () => {
    const first = await open(early)
    await Promise.all(Array.from({ length: 500 }, (_, number) => append(first, `r${number}`, 0)))
    await first.close()
    const descriptor = openSync(file, 'r+')
    // All but the first page, which holds the header and the schema.
    writeSync(descriptor, Buffer.alloc(statSync(file).size - 4_096, 0xa5), 0, undefined, 4_096)
    closeSync(descriptor)
    const damaged = readFileSync(file)

    const store = await open(early)
    const writing = await Promise.all(['r1', 'new', 'r3'].map((id) => failureOf(append(store, id, 1))))
    const reading = await failureOf(store.runs.read({ kind: 'run', id: 'r1' }, { after: 0 }))
    const later = await failureOf(append(store, 'new', 0))

    expect([...writing, reading, later].map(({ code }) => code)).toEqual(Array(5).fill('store_corrupt'))
    expect(later.message).toContain(file)
    await store.close()
    expect(readFileSync(file).equals(damaged)).toBe(true)
  })

  test('a file of a newer version is store_too_new and stays as it is', async () => {
    await (await open(early)).close()
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    database.close()

    const failure = await failureOf(open(early))

    expect(failure.code).toBe('store_too_new')
    expect(failure.message).toContain('version 99')
  })

  test('a database of another program is store_foreign and stays as it is', async () => {
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE theirs (x)')
    database.close()
    const before = readFileSync(file)

    expect((await failureOf(open(early))).code).toBe('store_foreign')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('a folder that is missing is store_unavailable, naming the file', async () => {
    const path = join(folder, 'missing', 'wonder.db')

    const failure = await failureOf(open(early, { path }))

    expect(failure.code).toBe('store_unavailable')
    expect(failure.message).toContain(path)
  })

  test('an append waits for the lock of another process without holding up this one, and is then written', async () => {
    const store = await open(early)
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')

    const appends = Promise.all([append(store, 'a', 0), append(store, 'b', 0)])
    let turns = 0
    while (turns < 1_000) turns += await new Promise<number>((resolve) => setImmediate(() => resolve(1)))
    expect(await store.runs.version({ kind: 'run', id: 'a' })).toBe(0)
    other.exec('COMMIT')
    other.close()

    expect(await appends).toEqual([{ status: 'appended' }, { status: 'appended' }])
  })

  test('a version is read again after another process wrote', async () => {
    const store = await open(early)
    await append(store, 'a', 0)
    const other = new DatabaseSync(file)
    other.exec("INSERT INTO journal (entity, seq, body) VALUES (1, 2, 'theirs')")
    other.close()

    expect(await append(store, 'a', 1)).toEqual({ status: 'stale', current: 2 })
  })

  test('prewarm() leaves what was written, and appends go on meanwhile', async () => {
    const store = await open(early)
    await append(store, 'a', 0)

    const warm = store.prewarm()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => append(store, `b${number}`, 0)))
    await warm

    expect(answers.every(({ status }) => status === 'appended')).toBe(true)
    expect(await append(store, 'a', 1)).toEqual({ status: 'appended' })
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(16 * 1024 * 1024)
  })

  test('close() leaves one file', async () => {
    const store = await open(early)
    await append(store, 'a', 0)

    await store.close()

    expect(statSync(file).size).toBeGreaterThan(0)
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined()
  })
})

test('writes made here and in the thread follow one another without a gap', async () => {
  const store = await open('here')
  const ids = Array.from({ length: 20 }, (_, number) => `r${number}`)

  await Promise.all(
    ids.map(async (id) => {
      for (let expected = 0; expected < 200; expected++) {
        expect(await append(store, id, expected)).toEqual({ status: 'appended' })
      }
    }),
  )

  for (const id of ids) expect(await store.runs.version({ kind: 'run', id })).toBe(200)
})

test('a request that fails among many fails alone', async () => {
  const store = await open('thread')
  const database = new DatabaseSync(file)
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN new.body = 'refused' BEGIN SELECT raise(ABORT, 'refused'); END",
  )
  database.close()

  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, number) => append(store, `r${number}`, 0, number === 42 ? 'refused' : 'fine')),
  )

  expect(outcomes.flatMap(({ status }, number) => (status === 'rejected' ? [number] : []))).toEqual([42])
  expect(await store.runs.version({ kind: 'run', id: 'r41' })).toBe(1)
  expect(await store.runs.version({ kind: 'run', id: 'r42' })).toBe(0)
})

test('a lock that is held longer than the patience is store_busy when the append is alone in trying', async () => {
  const store = await open('thread', { patience: 20 })
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')

  const failure = await failureOf(append(store, 'a', 0))

  expect(failure).toMatchObject({ code: 'store_busy', retry: 'after' })
  other.exec('COMMIT')
  other.close()
  expect(await append(store, 'a', 0)).toEqual({ status: 'appended' })
})

test('a wake that was followed by another record does not come a second time before the next one', async () => {
  const clock = new SimulatedClock()
  const store = await openSqliteStore({ file, host: 'A', clock })
  opened.push(store)
  const write = (id: string, number: number, wakeIn: number) => {
    const records = [{ number, body: 'x' }]
    return store.runs.append({ entity: { kind: 'run', id }, expected: number - 1, records, wake: clock.now() + wakeIn })
  }
  const woken: string[] = []
  store.runs.onWake(({ id }) => woken.push(id))
  await write('run', 1, 10)
  clock.advance(10)

  await write('run', 2, 1_000)
  await write('other', 1, 500)
  clock.advance(500)

  expect(woken).toEqual(['run', 'other'])
})
