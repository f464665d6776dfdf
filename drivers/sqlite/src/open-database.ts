import { DatabaseSync } from 'node:sqlite'
import { isBusy, StoreFailure } from './sqlite-failure.ts'

/** A file's layout: `version` rises with each change of `schema`, which brings an older file up to date step by step. */
export type Layout = {
  /** Marks the file as ours, so that no other program's database is touched. */
  readonly applicationId: number
  /** Step n brings a file from version n to n + 1. */
  readonly steps: readonly string[]
  /** Run on each connection that writes. */
  readonly pragmas: string
}

/** Milliseconds that opening waits for another process; appends have a patience of their own. */
const openingTimeout = 5_000

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Opens a file for writing, makes it if need be, and checks that it is ours and not newer than this code. */
export function openDatabase(file: string, layout: Layout): DatabaseSync {
  const end = performance.now() + openingTimeout
  for (;;) {
    const database = new DatabaseSync(file, { timeout: openingTimeout })
    try {
      prepare(database, file, layout)
      return database
    } catch (thrown) {
      database.close()
      // Two processes that turn a new file to WAL at once are told "busy" without waiting.
      if (!isBusy(thrown) || performance.now() >= end) throw thrown
      Atomics.wait(pause, 0, 0, 1 + 4 * Math.random())
    }
  }
}

function prepare(database: DatabaseSync, file: string, layout: Layout): void {
  const current = layout.steps.length
  // Nothing is written, not even the journal mode, before the file is known to be ours.
  if (checkedVersion(database, file, layout) < current) {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('BEGIN IMMEDIATE')
    try {
      // Read again under the lock: another process may have been faster.
      for (const step of layout.steps.slice(checkedVersion(database, file, layout))) database.exec(step)
      database.exec(`PRAGMA application_id = ${layout.applicationId}; PRAGMA user_version = ${current}; COMMIT`)
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw thrown
    }
  }
  database.exec(layout.pragmas)
  database.exec('PRAGMA busy_timeout = 0')
}

function checkedVersion(database: DatabaseSync, file: string, layout: Layout): number {
  const version = number(database, 'PRAGMA user_version', 'user_version')
  const application = number(database, 'PRAGMA application_id', 'application_id')
  const objects = number(database, 'SELECT count(*) AS objects FROM sqlite_schema', 'objects')
  if (application !== layout.applicationId && (objects > 0 || version > 0)) {
    throw new StoreFailure({
      code: 'store_foreign',
      message: `Cannot open "${file}": it is a database of another program; name another file`,
    })
  }
  if (version > layout.steps.length) {
    throw new StoreFailure({
      code: 'store_too_new',
      message: `Cannot open "${file}": its layout is version ${version}, this program knows up to ${layout.steps.length}; use the newer program`,
    })
  }
  return version
}

function number(database: DatabaseSync, sql: string, column: string): number {
  const value = database.prepare(sql).get()?.[column]
  return typeof value === 'number' ? value : 0
}

/**
 * Takes the write lock; false when another process kept it for `patience` milliseconds.
 * Waits in short sleeps of random length: SQLite's own waiting grows to 100 ms, which is 500 commits.
 */
export function beginWriting(database: DatabaseSync, patience: number): boolean {
  const end = performance.now() + patience
  for (;;) {
    try {
      database.exec('BEGIN IMMEDIATE')
      return true
    } catch (thrown) {
      if (!isBusy(thrown)) throw thrown
    }
    if (performance.now() >= end) return false
    Atomics.wait(pause, 0, 0, 0.2 + Math.random())
  }
}
