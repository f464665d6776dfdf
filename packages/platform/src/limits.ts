import type { Entity } from './run-store.ts'

/** Who holds or waits for a permit or a reservation. */
export type Holder = {
  readonly run: string
  /** Names one request of the run, for ever: a holder that has released never holds again. '' is the run itself. */
  readonly request: string
}

export type WhenFull = 'queue' | 'reject' | 'cancel_older'

export type PermitRequest = {
  /** What is shared; any text of at most 10,000 characters. */
  readonly key: string
  readonly holder: Holder
  /** Most holders at a time, from 1. The last request's counts, for everybody. */
  readonly limit: number
  readonly whenFull: WhenFull
}

export type PermitAnswer =
  | { readonly status: 'granted' }
  /** `ahead`: how many wait before it. A notice follows. */
  | { readonly status: 'queued'; readonly ahead: number }
  /** `by`: who holds. Nothing was written. */
  | { readonly status: 'full'; readonly by: readonly Holder[] }
  /** It waited, and was taken out for a younger one. */
  | { readonly status: 'superseded' }

/** What a holder has to be told after its request was answered. */
export type Notice = {
  readonly what: 'granted' | 'superseded'
  readonly of: 'permit' | 'reservation'
  /** Of the permit, or the project of the budget. */
  readonly key: string
  readonly holder: Holder
}

/** Amounts by the name of a budget: tokens, cost_usd, tool_calls, steps … */
export type Amounts = { readonly [budget: string]: number }

export type ReservationRequest = {
  readonly project: string
  readonly holder: Holder
  /** What it may use at most. It waits for these budgets alone; 0: only for one of which more than the limit is used. */
  readonly amounts: Amounts
  /** As the project's settings have them. What `raise` has set stays until these change. */
  readonly limits: Amounts
  /** Epoch ms at which the settings had these limits: older ones do not replace younger ones. Default: they do. */
  readonly asOf?: number
  /** Share of a limit at which a warning is given. Default 0.8. */
  readonly warnAt?: number
  /** Waits for room where there is none. */
  readonly wait: boolean
  /** Is granted also where there is no room: what must be done counts, and does not wait. */
  readonly must?: boolean
}

export type ReservationAnswer =
  | { readonly status: 'granted' }
  /** The first budget that has no room, and its state. With `wait` a notice follows once there is. */
  | {
      readonly status: 'exceeded'
      readonly budget: string
      readonly limit: number
      readonly used: number
      readonly reserved: number
      readonly needed: number
    }

/** So much of a limit is used that people should know. Given once, until the limit is raised. */
export type BudgetWarning = { readonly budget: string; readonly limit: number; readonly used: number }

/** A key's state, for people. */
export type PermitsOfKey = {
  readonly key: string
  readonly limit: number
  /** Oldest first; `since` is epoch ms. */
  readonly holders: readonly (Holder & { readonly since: number; readonly superseded: boolean })[]
  readonly waiting: readonly (Holder & { readonly since: number })[]
}

/** A project's budget, for people. */
export type ProjectBudget = {
  readonly project: string
  readonly limits: Amounts
  readonly used: Amounts
  readonly reserved: Amounts
  readonly holders: readonly (Holder & { readonly amounts: Amounts })[]
  readonly waiting: readonly (Holder & { readonly amounts: Amounts })[]
}

export type KeyedStart =
  /** `first`: nobody had used the key; `run` is the candidate. Else the run that was chosen then, which may not have begun. */
  | { readonly status: 'same'; readonly run: string; readonly first: boolean }
  /** The key belongs to `run`, which was started with something else. */
  | { readonly status: 'conflict'; readonly run: string }

/**
 * What runs share: permits by concurrency key, budgets of projects, keys of starts.
 *
 * G1 A key has never more holders than the limit of its last request, but for those that held before it was lowered.
 * G2 First come, first served: a permit that becomes free goes to who has waited longest.
 * G3 Every request may be repeated: the same holder is answered what stands, and is never counted twice.
 * G4 What is answered is on disk. It survives the end of the process, of the run's process and of the machine: only
 *    release() and settle() end it.
 * G5 Whoever is granted or superseded after its answer is told through onNotice, at least once, by any host.
 * G6 With cancel_older the oldest are superseded so that, with the new one, no more than `limit` are left that are not.
 *    One that holds keeps its permit until it is released.
 * G7 A reservation is granted only while used, reserved and asked amounts are within each limit asked for; who waits is granted in
 *    order, one that does not fit is passed by. settle() counts what was used, once.
 * G8 Of all starts with one key exactly one is `first`.
 */
export interface Limits {
  acquire(request: PermitRequest): Promise<PermitAnswer>
  /** Ends holding or waiting; one that does neither is left alone. */
  release(request: { readonly key: string; readonly holder: Holder }): Promise<void>
  reserve(request: ReservationRequest): Promise<ReservationAnswer>
  /** Ends a reservation, or the waiting for one. Repeated, it gives the same warnings. */
  settle(request: {
    readonly project: string
    readonly holder: Holder
    readonly used: Amounts
  }): Promise<readonly BudgetWarning[]>
  /** Sets limits of a project's budget; others stay. */
  raise(request: { readonly project: string; readonly limits: Amounts }): Promise<void>
  /** `digest` names what is started: workflow and input. `run`: the candidate, started by the caller when it is `first`. */
  startKey(request: { readonly key: string; readonly digest: string; readonly run: string }): Promise<KeyedStart>
  /** Keys that somebody holds or waits for. */
  permits(): Promise<readonly PermitsOfKey[]>
  /** Null: nobody has reserved anything yet. */
  budget(project: string): Promise<ProjectBudget | null>
  /** Budgets of which anything was reserved. */
  budgets(): Promise<readonly ProjectBudget[]>
  /** Releases what runs hold of which `isOver` says that they have ended or are not there; how many. */
  reconcile(isOver: (run: string) => Promise<boolean>): Promise<number>
  /**
   * One listener. It resolves when the holder's run knows; `gone`: there is nobody to know, and what was granted is
   * released. When it rejects it is called again later.
   */
  onNotice(listener: (notice: Notice) => Promise<'told' | 'gone'>): () => void
  /** An entity has come due in the store: whoever has not been told is told. Of other kinds nothing happens. */
  wake(entity: Entity): void
}
