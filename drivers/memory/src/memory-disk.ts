import {
  type Host,
  isTerminal,
  type JournalRecord,
  type RunIndexEntry,
  type SharedKind,
  type Snapshot,
} from '@wonder/platform'

/** What is kept of one entity. */
export type StoredEntity = {
  readonly id: string
  readonly records: JournalRecord[]
  wake: number | null
  owner: string | null
  index: RunIndexEntry | null
  snapshot: Snapshot | null
}

/** What several hosts share and what survives them: the "disk" of memory stores. Entities in the order of their making. */
export type MemoryDisk = {
  /** Runs. */
  readonly entities: Map<string, StoredEntity>
  /** By kind and id; they have no owner. */
  readonly shared: Map<SharedKind, Map<string, StoredEntity>>
  readonly hosts: Map<string, Host>
}

export function memoryDisk(): MemoryDisk {
  return { entities: new Map(), shared: new Map(), hosts: new Map() }
}

/** The number of its last record: of those before it some may have been dropped. */
export function versionOf(entity: StoredEntity | undefined): number {
  return entity?.records.at(-1)?.number ?? 0
}

/** Nothing is due, nothing is unsettled, and it has ended: it needs no owner. */
export function isSettled(entity: StoredEntity): boolean {
  return entity.wake === null && entity.index !== null && isTerminal(entity.index.status)
}

/** Nobody owns it: it has no owner, or one without a row. */
export function isUnowned(disk: MemoryDisk, entity: StoredEntity): boolean {
  return entity.owner === null || !disk.hosts.has(entity.owner)
}
