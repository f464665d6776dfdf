/** A process that drives runs. */
export type Host = {
  readonly id: string
  /** Where its commands are taken: on one machine, the path of a Unix socket. */
  readonly address: string
  readonly pid: number
  /** `start` stays and takes any run; `run` drives its own and leaves. */
  readonly role: 'start' | 'run'
  /** Epoch ms of its last sign of life. */
  readonly seen: number
}

/**
 * One owner per open run, on hosts that share a store.
 *
 * G1 At most one host owns a run; claim() is a single conditional update.
 * G2 A run is owned by the host whose append created it, until it is settled (terminal, and without a wake), released
 *    or taken over. A host without a row owns nothing: whoever comes may claim its runs.
 * G3 Ownership saves work, it does not protect the journal: `expected` does.
 */
export interface Owners {
  /** Makes this process known; repeated calls are its sign of life. */
  announce(host: Omit<Host, 'seen'>): Promise<void>
  /** Forgets this process and releases what it owns. */
  leave(): Promise<void>
  hosts(): Promise<readonly Host[]>
  /** The host that owns the run, `gone` when its row is missing, null when nobody does. */
  ownerOf(run: string): Promise<Host | 'gone' | null>
  /** Takes a run that nobody owns, or that `from` owns; true also when it is this host's already, false when it is settled. */
  claim(run: string, from: string | null): Promise<boolean>
  release(run: string): Promise<void>
  /** Open runs (not terminal) without an owner or whose host has no row; those that are awaited soonest first. */
  orphans(limit: number): Promise<readonly string[]>
  /** Declares a host gone: its row is removed, and its open runs become orphans. */
  declareGone(host: string): Promise<void>
}
