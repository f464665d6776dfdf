import type { Clock, Owners, RunIndex, RunRetention, RunStore } from '@wonder/platform'
import type { JournalRequest } from './journal-request.ts'
import { JournalWriter, type JournalWriterOptions } from './journal-writer.ts'
import { failureOf, toError } from './sqlite-failure.ts'
import { SqliteOwners } from './sqlite-owners.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { SqliteRunIndex } from './sqlite-run-index.ts'
import { SqliteRunRetention } from './sqlite-run-retention.ts'
import { SqliteRunStore } from './sqlite-run-store.ts'
import { WriterChannel } from './writer-channel.ts'

export type SqliteStore = {
  readonly runs: RunStore
  readonly index: RunIndex
  readonly owners: Owners
  readonly retention: RunRetention
  /**
   * Writes the write-ahead log once to its working size (16 MB), so that later commits overwrite instead of extending it:
   * steadier commits for 70 to 90 ms of the writer's time, in pieces between which appends go on. For idle moments.
   */
  prewarm(): Promise<void>
  close(): Promise<void>
}

export type SqliteStoreOptions = {
  /** Path of the database; its folder must exist. Made when it is missing. */
  readonly file: string
  /** Name of this process: unique, never used again. It owns the runs that its appends create. */
  readonly host: string
  readonly clock: Clock
  /** Milliseconds that a write waits for another process's lock before it is `store_busy`. Default 30,000. */
  readonly patience?: number
  /**
   * What writes until the writer thread has started, some 25 to 60 ms after opening: `here` (default), this thread, so
   * that a short run need not wait; `thread`: opening waits for it, and no commit is ever made on this thread.
   */
  readonly early?: 'here' | 'thread'
}

const prewarmPieces = 16
const prewarmPiece = 1024 * 1024

/**
 * Journals, index and owners of runs in one SQLite file, shared by any number of processes of one machine.
 *
 * Throws `store_corrupt`, `store_too_new`, `store_foreign`, `store_busy`, `store_full` or `store_unavailable`.
 *
 * @example
 * const store = await openSqliteStore({ file: '.wonder/wonder.db', host: ids.runId(), clock })
 * await store.runs.append({ entity, expected: 0, records: [{ number: 1, body: '{}' }], wake: null })
 * await store.close()
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { file, host, clock, patience = 30_000, early = 'here' } = options
  const writer = new WriterChannel<JournalRequest, JournalWriterOptions>({
    worker: new URL('./journal-worker.ts', import.meta.url),
    options: { file, host, patience },
    file,
    early: early === 'here' ? openEarly(file, host) : null,
    eager: true,
  })
  if (early === 'thread') await writer.ready()
  const reader = new SqliteReader(file)
  let closed: Promise<void> | null = null
  const close = () => {
    // The reader first: the last connection to close is the writer's, which tidies the file up.
    closed ??= (async () => {
      runs.stop()
      reader.close()
      await writer.close()
    })()
    return closed
  }
  const runs = new SqliteRunStore({ writer, reader, clock, host, close })
  return {
    runs,
    index: new SqliteRunIndex(reader),
    owners: new SqliteOwners({ writer, reader, clock }),
    retention: new SqliteRunRetention({ writer, reader }),
    async prewarm() {
      for (let piece = 0; piece < prewarmPieces; piece++) await writer.send(['fill', prewarmPiece])
      await writer.send(['unfill'])
      await writer.send(['checkpoint'])
    },
    close,
  }
}

function openEarly(file: string, host: string): JournalWriter {
  try {
    return new JournalWriter({ file, host, patience: 0 })
  } catch (thrown) {
    throw toError(failureOf(thrown, file, 'open'))
  }
}
