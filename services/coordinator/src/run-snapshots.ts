import { encodeSnapshot, type Plan, type RunState } from '@wonder/engine'
import type { Entity, JournalRecord, RunStore } from '@wonder/platform'
import { archiveLimits } from './archiver.ts'
import type { LoadedRun } from './load-run.ts'

/** UTF-16 units of records before a first snapshot is worth its writing. */
const smallestInterval = 131_072

export type RunSnapshotsParts = {
  readonly runs: RunStore
  /** Called when the records before the stored snapshot of this number are many. */
  readonly onLong: (run: string, snapshot: number) => void
}

/**
 * The snapshots of one run, written beside its appends. One is worth it when the records since the last are twice as large:
 * its cost stays a share of theirs.
 */
export class RunSnapshots {
  readonly #parts: RunSnapshotsParts
  readonly #entity: Entity
  #sizeSinceSnapshot: number
  #snapshotSize: number
  /** The first record that no segment has or is about to have, and UTF-16 units from there on, as far as they are known. */
  #firstRecord: number
  #sizeSinceArchive: number

  constructor(entity: Entity, loaded: LoadedRun, parts: RunSnapshotsParts) {
    this.#parts = parts
    this.#entity = entity
    this.#sizeSinceSnapshot = loaded.sizeSinceSnapshot
    this.#snapshotSize = loaded.snapshotSize
    this.#firstRecord = loaded.firstRecord
    this.#sizeSinceArchive = loaded.sizeSinceSnapshot
  }

  /** To be called when records are on disk; whether a snapshot is worth it now. */
  count(records: readonly JournalRecord[]): boolean {
    for (const { body } of records) this.#sizeSinceSnapshot += body.length
    return this.#sizeSinceSnapshot > Math.max(smallestInterval, 2 * this.#snapshotSize)
  }

  /** The state is that after a record on disk. Never fails. */
  save(plan: Plan, state: RunState): void {
    const chunks = encodeSnapshot(plan, state)
    this.#snapshotSize = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#sizeSinceArchive += this.#sizeSinceSnapshot
    this.#sizeSinceSnapshot = 0
    const { number } = state
    this.#parts.runs
      .saveSnapshot(this.#entity, { number, chunks })
      .then(() => this.#offerToArchive(number))
      .catch(() => undefined) // The journal is whole without it; a store that is broken shows at the next append.
  }

  #offerToArchive(snapshot: number): void {
    const few = snapshot - this.#firstRecord < archiveLimits.records
    if (few && this.#sizeSinceArchive < archiveLimits.size) return
    this.#firstRecord = snapshot
    this.#sizeSinceArchive = 0
    this.#parts.onLong(this.#entity.id, snapshot)
  }
}
