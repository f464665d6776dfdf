import type { RunIndexEntry } from './run-index.ts'

/** What a journal belongs to. `id` is a ULID or another text of at most 200 bytes; it is unique within its kind. */
export type Entity = { readonly kind: EntityKind; readonly id: string }
/** `run` has an owner. The others belong to the whole project: any host appends to them, and `expected` keeps them whole. */
export type EntityKind = 'run' | SharedKind
/** A concurrency key, a project's budget, the key of a start. */
export type SharedKind = 'limit' | 'budget' | 'key'

export type JournalRecord = {
  /** 1, 2, 3 … without gaps. */
  readonly number: number
  /** Opaque to the store. */
  readonly body: string
}

export type AppendRequest = {
  readonly entity: Entity
  /** Number of the last record the writer knows; 0 when there is none. */
  readonly expected: number
  /** Numbered `expected + 1` onward. None: only `wake` and `index` are stored. */
  readonly records: readonly JournalRecord[]
  /** Epoch ms of the earliest moment at which the entity wants to be woken; null when nothing is due and nothing is unsettled. */
  readonly wake: number | null
  /** The entity's row in RunIndex, written in the same commit; absent: unchanged. */
  readonly index?: RunIndexEntry
}

export type AppendResult = { readonly status: 'appended' } | { readonly status: 'stale'; readonly current: number }

export type Snapshot = {
  /** Number of the last record that the state contains. */
  readonly number: number
  /** Opaque parts, in order; each at most 1 MiB. */
  readonly chunks: readonly string[]
}

/** Records that were moved out of a journal: where they are, and which. */
export type Segment = {
  /** Number of its first record: 1, or one more than the last of the segment before. */
  readonly first: number
  readonly last: number
  /** Key of its content in Blobs. */
  readonly key: string
  /** Bytes that it takes there. */
  readonly size: number
}

/**
 * Journals: the only truth about a run.
 *
 * G1 append() is atomic: all its records, wake and index are stored, or none.
 * G2 append() resolves after the records are on disk (fsync); they then survive a crash of process and machine.
 * G3 append() at another version than `expected` stores nothing and answers `stale` with the current one.
 * G4 Concurrent append()s may share a commit; each succeeds or fails apart.
 * G5 read() gives records in order, without gaps, byte for byte as they were appended; of a journal with segments
 *    those that follow its last segment.
 * G6 Every entity with a wake is handed to the listener of `onWake` at or after that time, at least once,
 *    also when the process that wrote it is gone; a run that another live host owns is not. Shared entities
 *    are handed to any host, and to several.
 *    A wake may come early (a stored wake is only ever replaced by an earlier one or by null; an append
 *    without records stores exactly what it is given).
 * G7 saveSnapshot() replaces the entity's snapshot as a whole; a crash leaves the old or the new one.
 *    With `dropRecords` the records that it contains are removed with it, all but the last: read() then begins there.
 * G8 A record that was written but not acknowledged before a crash is real: it is read like any other.
 * G9 A full disk or a damaged file is an error (`store_full`, `store_corrupt`) that loses no acknowledged record.
 * G10 archive() names a segment and removes its records from the journal in one commit; the version stays. The content
 *     of the segment is in Blobs before. A segment that does not follow the one before, that the stored snapshot does
 *     not contain, or that would take the last record, changes nothing and is answered by false.
 * G11 entities() gives every id of a kind once, in an order that stays.
 */
export interface RunStore {
  append(request: AppendRequest): Promise<AppendResult>
  /** At most `limit` records (default 1,000) numbered above `after`. */
  read(entity: Entity, options: { readonly after: number; readonly limit?: number }): Promise<readonly JournalRecord[]>
  /** The number of the last record; 0 when there is none. */
  version(entity: Entity): Promise<number>
  snapshot(entity: Entity): Promise<Snapshot | null>
  saveSnapshot(entity: Entity, snapshot: Snapshot, options?: { readonly dropRecords?: boolean }): Promise<void>
  /** At most `limit` ids (default 1,000) above `after` (default: from the first). */
  entities(kind: SharedKind, options?: { readonly after?: string; readonly limit?: number }): Promise<readonly string[]>
  /** Moves the first records of the journal out of it; true when they are. The same segment twice is archived once. */
  archive(entity: Entity, segment: Segment): Promise<boolean>
  /** Segments of the journal, in order. */
  segments(entity: Entity): Promise<readonly Segment[]>
  /** One listener a store. Returns the function that stops it. */
  onWake(listener: (entity: Entity) => void): () => void
  /** Waits for what is being written, then lets go of files and threads. */
  close(): Promise<void>
}
