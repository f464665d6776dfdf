/** A run that has ended and owes nothing. */
export type EndedRun = {
  readonly id: string
  /** Epoch ms. */
  readonly ended: number
  /** Tells runs apart that ended in the same millisecond: with `ended` the cursor of a list. */
  readonly order: number
}

export type EndedFilter = {
  /** Runs that ended before this time, epoch ms; null: none for their age. */
  readonly before: number | null
  /** Runs that are not among this many that ended last; null: none for their number. */
  readonly keep: number | null
  /** The last run of the page before. */
  readonly after?: EndedRun
  /** Default 100, at most 1,000. */
  readonly limit?: number
}

/**
 * What is no longer wanted leaves the store.
 *
 * R1 ended() gives runs that have ended, have no wake and are too old or too many, the oldest end first; its cost grows
 *    with the page and with `keep`, not with the history.
 * R2 purge() removes journal, segments, snapshot and row of the index of each of the runs in one commit. A run that has
 *    not ended, or has a wake, stays as it is.
 * R3 A run that was purged is a leftover until forget(): its blobs and logs are removed in between, also after a crash.
 */
export interface RunRetention {
  ended(filter: EndedFilter): Promise<readonly EndedRun[]>
  /** At most 100 runs at a time; those that were removed. */
  purge(runs: readonly string[]): Promise<readonly string[]>
  /** Runs that were purged and not forgotten. */
  leftovers(limit: number): Promise<readonly string[]>
  forget(runs: readonly string[]): Promise<void>
}
