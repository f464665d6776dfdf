import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isTerminal, type RunIndexEntry } from '@wonder/platform'
import { entityKinds, everybody, storedStatuses } from './journal-layout.ts'
import type { AppendRow } from './journal-request.ts'

/** What the writer knows of an entity without reading it again. */
type Known = {
  id: number
  version: number
  wake: number | null
  done: number | null
  status: number | null
}

/** Entities that are remembered; the oldest are dropped, and read again when they are written to. */
const remembered = 50_000

/** Appends within a transaction that the caller has begun. */
export class AppendStatements {
  readonly #host: string
  /** By kind, then by key. */
  #known = new Map<number, Map<string, Known>>()
  readonly #find: StatementSync
  readonly #addEntity: StatementSync
  readonly #setEntity: StatementSync
  readonly #addRecord: StatementSync
  readonly #addRun: StatementSync
  readonly #setRun: StatementSync
  readonly #touchRun: StatementSync

  constructor(database: DatabaseSync, host: string) {
    this.#host = host
    this.#find = database.prepare(
      `SELECT id, wake, done, (SELECT max(seq) FROM journal WHERE entity = entity.id) AS version,
         (SELECT status FROM run WHERE entity = entity.id) AS status
       FROM entity WHERE kind = ? AND key = ?`,
    )
    this.#addEntity = database.prepare('INSERT INTO entity (kind, key, owner, wake, done) VALUES (?, ?, ?, ?, ?)')
    this.#setEntity = database.prepare(
      'UPDATE entity SET wake = ?, done = ?, owner = CASE WHEN ? THEN NULL ELSE owner END WHERE id = ?',
    )
    this.#addRecord = database.prepare('INSERT INTO journal (entity, seq, body) VALUES (?, ?, ?)')
    this.#addRun = database.prepare(
      `INSERT INTO run (id, workflow, project, status, parent, created, updated, ended, tags, entity)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#setRun = database.prepare(
      `UPDATE run SET id = ?, workflow = ?, project = ?, status = ?, parent = ?, created = ?, updated = ?, ended = ?,
         tags = ? WHERE entity = ?`,
    )
    // Columns that no index holds: the row alone is written.
    this.#touchRun = database.prepare(
      'UPDATE run SET project = ?, parent = ?, created = ?, updated = ?, ended = ?, tags = ? WHERE entity = ?',
    )
  }

  /** Drops all that is remembered. */
  forget(): void {
    this.#known = new Map()
  }

  /** Drops what is remembered of an entity that was removed. */
  forgetOne(kind: number, key: string): void {
    this.#known.get(kind)?.delete(key)
  }

  idOf(kind: number, key: string): number | null {
    return this.#load(kind, key)?.id ?? null
  }

  /** Null when it was written, else the current version, which is not the expected one. */
  append(row: AppendRow): number | null {
    const [, kind, key, expected, bodies, wake, index] = row
    const known = this.#load(kind, key)
    const version = known?.version ?? 0
    if (version !== expected) return version
    const done =
      index === null ? (known?.done ?? null) : isTerminal(index.status) ? (index.ended ?? index.updated) : null
    const entity = known ?? this.#add(kind, key, wake, done)
    let seq = expected
    for (const body of bodies) {
      seq += 1
      this.#addRecord.run(entity.id, seq, body)
    }
    entity.version = seq
    if (known !== undefined) this.#changeEntity(known, row, done)
    if (index !== null) this.#writeRun(entity, index)
    if (done !== null && entity.wake === null) this.#known.get(kind)?.delete(key)
    return null
  }

  #load(kind: number, key: string): Known | undefined {
    const known = this.#known.get(kind)?.get(key)
    if (known !== undefined) return known
    const row = this.#find.get(kind, key) as
      | { id: number; wake: number | null; done: number | null; version: number | null; status: number | null }
      | undefined
    if (row === undefined) return undefined
    return this.#remember(kind, key, { ...row, version: row.version ?? 0 })
  }

  #add(kind: number, key: string, wake: number | null, done: number | null): Known {
    const owner = kind !== entityKinds.run ? everybody : done !== null && wake === null ? null : this.#host
    const id = Number(this.#addEntity.run(kind, key, owner, wake, done).lastInsertRowid)
    return this.#remember(kind, key, { id, version: 0, wake, done, status: null })
  }

  #remember(kind: number, key: string, known: Known): Known {
    const ofKind = this.#known.get(kind) ?? new Map<string, Known>()
    this.#known.set(kind, ofKind)
    if (ofKind.size >= remembered)
      for (const oldest of ofKind.keys()) {
        ofKind.delete(oldest)
        break
      }
    ofKind.set(key, known)
    return known
  }

  /**
   * Writes the row only when it must: a later wake is left unwritten while the stored one is still to come,
   * because a wake that comes early costs one append without records, and a row in each record costs a third of the rate.
   */
  #changeEntity(known: Known, [, , , , bodies, wake, , now]: AppendRow, done: number | null): void {
    const stored = known.wake
    const mayStay = stored !== null && wake !== null && stored < wake && stored > now && bodies.length > 0
    const next = mayStay ? stored : wake
    if (next === stored && done === known.done) return
    known.wake = next
    known.done = done
    this.#setEntity.run(next, done, done !== null && next === null ? 1 : 0, known.id)
  }

  #writeRun(known: Known, index: RunIndexEntry): void {
    const status = storedStatuses.indexOf(index.status)
    const { id, workflow, project, parent, created, updated, ended } = index
    const tags = JSON.stringify(index.tags)
    if (known.status === null) {
      this.#addRun.run(id, workflow, project, status, parent, created, updated, ended, tags, known.id)
    } else if (known.status === status) {
      this.#touchRun.run(project, parent, created, updated, ended, tags, known.id)
    } else {
      this.#setRun.run(id, workflow, project, status, parent, created, updated, ended, tags, known.id)
    }
    known.status = status
  }
}
