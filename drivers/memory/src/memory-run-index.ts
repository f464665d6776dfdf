import type { RunFilter, RunIndex, RunIndexEntry } from '@wonder/platform'
import type { MemoryDisk } from './memory-disk.ts'

export class MemoryRunIndex implements RunIndex {
  readonly #disk: MemoryDisk

  constructor(disk: MemoryDisk) {
    this.#disk = disk
  }

  async get(id: string): Promise<RunIndexEntry | null> {
    return this.#disk.entities.get(id)?.index ?? null
  }

  async list({ status, workflow, parent, before, limit = 50 }: RunFilter): Promise<readonly RunIndexEntry[]> {
    return this.#entries()
      .filter((entry) => status === undefined || status.includes(entry.status))
      .filter((entry) => workflow === undefined || entry.workflow === workflow)
      .filter((entry) => parent === undefined || entry.parent === parent)
      .filter((entry) => before === undefined || entry.id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, Math.min(limit, 1_000))
  }

  async find(prefix: string): Promise<readonly string[]> {
    const ids = [...this.#disk.entities.keys()].filter((id) => id.startsWith(prefix)).sort()
    return ids.includes(prefix) ? [prefix] : ids.slice(0, 2)
  }

  #entries(): RunIndexEntry[] {
    return [...this.#disk.entities.values()].flatMap(({ index }) => (index === null ? [] : [index]))
  }
}
