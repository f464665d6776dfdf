import type { EventId, RunRecord, RunState } from '@wonder/engine'

/**
 * Finds the record at which a failed run is taken up again, while its journal is folded: the one before it failed, and
 * where it failed because of branches, the one before the first branch failed of a fan-out that was open at the end.
 */
export class RetryPoint {
  /** Record of the first failed branch, by fan-out. */
  readonly #failed = new Map<EventId, number>()
  /** Fan-outs that are open after the last record, with the first failure of each. */
  #open = Number.POSITIVE_INFINITY
  #end: number | null = null

  /** To be called after a record was folded into `state`. */
  apply(record: RunRecord, state: RunState): void {
    if (this.#end !== null) return
    const ends = record.events.some(
      (event) =>
        (event.type === 'run_stopping' && (event.target === 'failed' || event.target === 'timed_out')) ||
        (event.type === 'run_ended' && (event.status === 'failed' || event.status === 'timed_out')),
    )
    for (const event of record.events) {
      if (event.type === 'branch_failed' && !this.#failed.has(event.fanout))
        this.#failed.set(event.fanout, record.number)
    }
    if (ends) {
      this.#end = record.number
      return
    }
    for (const fanout of this.#failed.keys()) if (!state.fanouts.has(fanout)) this.#failed.delete(fanout)
    this.#open = Math.min(Number.POSITIVE_INFINITY, ...this.#failed.values())
  }

  /** Number of the record to go on from; 0: it failed in its first one. Null: it did not fail. */
  get record(): number | null {
    return this.#end === null ? null : Math.min(this.#end, this.#open) - 1
  }
}
