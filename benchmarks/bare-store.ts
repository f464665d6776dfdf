import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@wonder/driver-process'
import { openSqliteStore } from '@wonder/driver-sqlite'

/** The driver's settings of its writing connection. */
const settings = 'PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384'
const warmSize = 16 * 1024 * 1024

/**
 * The floors: what SQLite and the disk need for the same bytes, on this thread, with nothing around them.
 * The layout is the driver's own, which has made the file.
 */
export class BareStore {
  readonly #database: DatabaseSync
  readonly #statements: { readonly [name: string]: ReturnType<DatabaseSync['prepare']> }
  readonly #file: number
  #at = 0
  #made = 0

  private constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'bare.db'))
    this.#database.exec(settings)
    this.#database.exec(
      `INSERT INTO filler (body) VALUES (zeroblob(${warmSize})); DELETE FROM filler; PRAGMA wal_checkpoint(RESTART)`,
    )
    const prepare = (sql: string) => this.#database.prepare(sql)
    this.#statements = {
      addRecord: prepare('INSERT INTO journal (entity, seq, body) VALUES (?, ?, ?)'),
      addEntity: prepare('INSERT INTO entity (kind, key, owner, wake) VALUES (1, ?, ?, ?)'),
      endEntity: prepare('UPDATE entity SET wake = NULL, owner = NULL, done = ? WHERE id = ?'),
      addRun: prepare(
        `INSERT INTO run (entity, id, workflow, project, status, created, updated, tags)
         VALUES (?, ?, 'linear', 'bench', 1, ?, ?, '[]')`,
      ),
      endRun: prepare('UPDATE run SET status = 8, updated = ?, ended = ? WHERE entity = ?'),
    }
    this.#file = openSync(join(folder, 'preallocated'), 'w')
    writeSync(this.#file, Buffer.alloc(warmSize))
    fdatasyncSync(this.#file)
  }

  static async open(folder: string): Promise<BareStore> {
    const store = await openSqliteStore({
      file: join(folder, 'bare.db'),
      host: 'FLOOR',
      clock: systemClock(),
      early: 'thread',
    })
    await store.close()
    return new BareStore(folder)
  }

  /** A commit for each record, one after another: milliseconds. */
  commits(bodies: readonly string[]): number {
    this.#made += 1
    const entity = 1_000_000_000 + this.#made
    const begin = performance.now()
    bodies.forEach((body, index) => {
      this.#statements.addRecord?.run(entity, index + 1, body)
    })
    return performance.now() - begin
  }

  /** The bytes alone, written over a file that is there already, with an fdatasync for each record: milliseconds. */
  syncs(bodies: readonly string[]): number {
    const begin = performance.now()
    for (const body of bodies) {
      const bytes = Buffer.from(body)
      if (this.#at + bytes.length > warmSize) this.#at = 0
      writeSync(this.#file, bytes, 0, bytes.length, this.#at)
      this.#at += bytes.length
      fdatasyncSync(this.#file)
    }
    return performance.now() - begin
  }

  /** Whole runs with all their rows, `group` runs side by side and one record of each a commit: milliseconds. */
  runs(count: number, group: number, bodies: readonly string[]): number {
    const begin = performance.now()
    for (let first = 0; first < count; first += group) {
      const entities: number[] = []
      for (let number = 1; number <= bodies.length; number++) {
        this.#database.exec('BEGIN IMMEDIATE')
        for (let place = 0; place < group; place++) {
          if (number === 1) entities.push(this.#begin())
          const entity = entities[place] ?? 0
          this.#statements.addRecord?.run(entity, number, bodies[number - 1] ?? '')
          if (number === bodies.length) this.#end(entity)
        }
        this.#database.exec('COMMIT')
      }
    }
    return performance.now() - begin
  }

  #begin(): number {
    this.#made += 1
    const id = `01J${String(this.#made).padStart(23, '0')}`
    const now = Date.now()
    const entity = Number(this.#statements.addEntity?.run(id, 'FLOOR', now + 60_000).lastInsertRowid)
    this.#statements.addRun?.run(entity, id, now, now)
    return entity
  }

  #end(entity: number): void {
    const now = Date.now()
    this.#statements.endEntity?.run(now, entity)
    this.#statements.endRun?.run(now, now, entity)
  }

  close(): void {
    this.#database.close()
    closeSync(this.#file)
  }
}
