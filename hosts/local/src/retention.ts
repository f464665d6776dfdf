import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Blobs, Clock, EndedRun, LogStore, RunIndex, RunRetention, RunStatus } from '@wonder/platform'

/** Which ended runs are removed: those that match one of `before` and `keep`, and `status` where it is given. */
export type PruneRequest = {
  /** Epoch ms: runs that ended earlier. */
  readonly before?: number
  /** Runs that are not among so many that ended last. */
  readonly keep?: number
  readonly status?: readonly RunStatus[]
  /** Nothing is removed. */
  readonly dryRun?: boolean
}

export type Pruned = {
  /** Ids, oldest end first; of more than 1,000 the first ones. */
  readonly runs: readonly string[]
  readonly count: number
}

export type RetentionParts = {
  readonly retention: RunRetention
  readonly index: Pick<RunIndex, 'get'>
  readonly blobs: Pick<Blobs, 'removeAll'>
  readonly logs: Pick<LogStore, 'remove'>
  readonly clock: Pick<Clock, 'now'>
}

/** Runs that one commit removes: few, because appends wait for it. */
const batch = 20
const mostShown = 1_000

/** Removes runs that nobody wants any more: their rows first, then what lies in files. What a crash leaves is found again. */
export class Retention {
  readonly #parts: RetentionParts
  #stopped = false

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  /** What wonder.yaml asks for. */
  async apply({ keepFor, keep }: { readonly keepFor?: number; readonly keep?: number }): Promise<Pruned> {
    await this.#removeLeftovers()
    if (keepFor === undefined && keep === undefined) return { runs: [], count: 0 }
    return await this.prune({
      ...(keepFor === undefined ? {} : { before: this.#parts.clock.now() - keepFor }),
      ...(keep === undefined ? {} : { keep }),
    })
  }

  /** Goes on between batches until all is removed; stop() ends it after the one that it is at. */
  async prune({ before, keep, status, dryRun = false }: PruneRequest): Promise<Pruned> {
    const { retention } = this.#parts
    const runs: string[] = []
    let count = 0
    for (let after: EndedRun | undefined; !this.#stopped; ) {
      const page = await retention.ended({
        before: before ?? null,
        // Those that were removed count no more: what is left to remove is counted from the newest, which stay.
        keep: keep ?? null,
        limit: batch,
        ...(after === undefined ? {} : { after }),
      })
      after = page.at(-1)
      if (after === undefined) break
      const chosen = await this.#ofStatus(page, status)
      const removed = dryRun ? chosen : await retention.purge(chosen)
      count += removed.length
      runs.push(...removed.slice(0, mostShown - runs.length))
      if (!dryRun) await this.#removeLeftovers()
      await nextTurn()
    }
    return { runs, count }
  }

  stop(): void {
    this.#stopped = true
  }

  async #ofStatus(page: readonly EndedRun[], status: readonly RunStatus[] | undefined): Promise<readonly string[]> {
    const ids = page.map(({ id }) => id)
    if (status === undefined) return ids
    const entries = await Promise.all(ids.map((id) => this.#parts.index.get(id)))
    return ids.filter((_, place) => status.some((one) => one === entries[place]?.status))
  }

  async #removeLeftovers(): Promise<void> {
    const { retention, blobs, logs } = this.#parts
    while (!this.#stopped) {
      const runs = await retention.leftovers(batch)
      if (runs.length === 0) return
      for (const run of runs) await blobs.removeAll(`runs/${run}`)
      await logs.remove(runs)
      await retention.forget(runs)
    }
  }
}
