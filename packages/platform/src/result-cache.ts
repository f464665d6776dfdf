import type { Json } from './json.ts'
import type { ArtifactRef } from './results.ts'

/** The result of a task that counts for others of the same name. */
export type CachedResult = {
  /** The attempt that made it. */
  readonly from: { readonly run: string; readonly token: string; readonly attempt: number }
  /** With its large parts in place. */
  readonly output: Json
  readonly artifacts: readonly ArtifactRef[]
}

export type ResultToKeep = CachedResult & {
  readonly project: string
  readonly workflow: string
  /** Ref of the node. */
  readonly task: string
  /** Milliseconds; null: for ever. */
  readonly lifetime: number | null
}

/** What is kept, for people. */
export type CacheEntry = {
  readonly name: string
  readonly project: string
  readonly workflow: string
  readonly task: string
  readonly run: string
  /** Epoch ms. */
  readonly stored: number
  /** Epoch ms; null: never. */
  readonly expires: number | null
}

/**
 * Results of tasks that are kept across runs, by the name of the work (`sha256:<hex>`).
 *
 * G1 find() gives a result that was kept whole, and after its artifacts are in Blobs under `into`; else null. One whose
 *    time is over is not found, whether it is still there or not.
 * G2 keep() resolves after the result is on disk. Of several with one name the one that was kept last is found.
 * G3 What it holds is its own: it stays when the run that made it is removed.
 * G4 What has expired is removed in batches, later; what is damaged counts as not there.
 */
export interface ResultCache {
  /** `into`: where in Blobs the artifacts are to be, such as `runs/<id>`. */
  find(name: string, into: string): Promise<CachedResult | null>
  /** `from`: where in Blobs the artifacts are. */
  keep(name: string, from: string, result: ResultToKeep): Promise<void>
  /** What is kept and has not expired, the newest first. */
  list(): Promise<readonly CacheEntry[]>
  /** Removes what was kept before this time (epoch ms; default: everything); how many results that were. */
  clear(options?: { readonly before?: number }): Promise<number>
}
