/** The derived status of a run, as people and lists see it. */
export type RunStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'blocked_decision'
  | 'blocked_budget'
  | 'blocked_error'
  | 'stopping'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed_out'

export const terminalStatuses = ['completed', 'failed', 'cancelled', 'timed_out'] as const satisfies RunStatus[]

export const openStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'blocked_decision',
  'blocked_budget',
  'blocked_error',
  'stopping',
] as const satisfies RunStatus[]

export function isTerminal(status: RunStatus): boolean {
  return (terminalStatuses as readonly RunStatus[]).includes(status)
}

export type RunIndexEntry = {
  /** ULID: sorts by creation. */
  readonly id: string
  readonly workflow: string
  readonly project: string
  readonly status: RunStatus
  /** The run that ordered it. */
  readonly parent: string | null
  /** Epoch ms. */
  readonly created: number
  readonly updated: number
  readonly ended: number | null
  readonly tags: readonly string[]
}

export type RunFilter = {
  readonly status?: readonly RunStatus[]
  readonly workflow?: string
  /** Only the runs that this one ordered; null: only those that no run ordered. */
  readonly parent?: string | null
  /** Only ids below this one: the next page. */
  readonly before?: string
  /** Default 50, at most 1,000. */
  readonly limit?: number
}

/**
 * A list of runs for people; never read to decide.
 *
 * G1 A row is written in the commit of the append that carried it, or, on a host where that cannot be, by a settled effect.
 * G2 list() gives the newest first; its cost does not grow with the number of older runs.
 * G3 find() knows a full id, and the beginning of one when it is unique.
 */
export interface RunIndex {
  get(id: string): Promise<RunIndexEntry | null>
  list(filter: RunFilter): Promise<readonly RunIndexEntry[]>
  /** Up to two ids that begin with `prefix` (upper case): none, the one, or ambiguous. */
  find(prefix: string): Promise<readonly string[]>
}
