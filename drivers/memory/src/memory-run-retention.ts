import type { EndedFilter, EndedRun, RunRetention } from '@wonder/platform'
import { isSettled, type MemoryDisk } from './memory-disk.ts'

export class MemoryRunRetention implements RunRetention {
  readonly #disk: MemoryDisk

  constructor(disk: MemoryDisk) {
    this.#disk = disk
  }

  async ended({ before, keep, after, limit = 100 }: EndedFilter): Promise<readonly EndedRun[]> {
    const all = [...this.#disk.entities.values()]
      .filter(isSettled)
      .map(({ id, order, index }): EndedRun => ({ id, order, ended: index?.ended ?? index?.updated ?? 0 }))
      .sort(byEnd)
    const tooMany = keep === null ? 0 : all.length - keep
    return all
      .filter(({ ended }, place) => place < tooMany || (before !== null && ended < before))
      .filter((run) => after === undefined || byEnd(run, after) > 0)
      .slice(0, Math.min(limit, 1_000))
  }

  async purge(runs: readonly string[]): Promise<readonly string[]> {
    const { entities, leftovers } = this.#disk
    const purged = runs.filter((run) => {
      const entity = entities.get(run)
      return entity !== undefined && isSettled(entity)
    })
    for (const run of purged) {
      entities.delete(run)
      leftovers.add(run)
    }
    return purged
  }

  async leftovers(limit: number): Promise<readonly string[]> {
    return [...this.#disk.leftovers].slice(0, limit)
  }

  async forget(runs: readonly string[]): Promise<void> {
    for (const run of runs) this.#disk.leftovers.delete(run)
  }
}

function byEnd(a: EndedRun, b: EndedRun): number {
  return a.ended - b.ended || a.order - b.order
}
