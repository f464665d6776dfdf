import type { Clock, Owners, RunIndex, RunRetention, RunStore } from '@wonder/platform'
import { type MemoryDisk, memoryDisk } from './memory-disk.ts'
import { MemoryOwners } from './memory-owners.ts'
import { MemoryRunIndex } from './memory-run-index.ts'
import { MemoryRunRetention } from './memory-run-retention.ts'
import { MemoryRunStore } from './memory-run-store.ts'

export type MemoryStore = {
  readonly runs: RunStore
  readonly index: RunIndex
  readonly owners: Owners
  readonly retention: RunRetention
  close(): Promise<void>
}

/**
 * Journals, index and owners in memory. A second store on the same `disk` is a second host, or the same after a restart.
 * `host`: name of this host; it owns the runs that its appends create.
 */
export function openMemoryStore(options: {
  readonly clock: Clock
  readonly host?: string
  readonly disk?: MemoryDisk
}): MemoryStore {
  const { clock, host = 'memory', disk = memoryDisk() } = options
  const runs = new MemoryRunStore({ disk, host, clock })
  return {
    runs,
    index: new MemoryRunIndex(disk),
    owners: new MemoryOwners({ disk, host, clock }),
    retention: new MemoryRunRetention(disk),
    close: () => runs.close(),
  }
}
