import type { ErrorBody } from '@wonder/errors'

/**
 * `waiting`: its turn has come and nothing is out (the run is paused, for example). `retrying`: an attempt failed, the next
 * one has a time. `sleeping`: it waits for a time. `listening`: it waits for a signal. `sending`: a signal of it is on its
 * way. `nested`: it waits for a run that it ordered. `asked`: it waits for a person's answer. `blocked`: it has failed,
 * and waits for a repair. `limited`: what it needs does not fit in a budget. `interrupted`: a crash cut it off and a person
 * decides.
 */
export type ItemStatus =
  | 'pending'
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'sleeping'
  | 'listening'
  | 'sending'
  | 'nested'
  | 'asked'
  | 'blocked'
  | 'limited'
  | 'skipped'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'interrupted'

/** The branches of a fan-out. `total` are those that pass the filter; `skipped` those that it left out. */
export type FanProgress = {
  readonly total: number
  readonly done: number
  readonly running: number
  readonly failed: number
  readonly skipped: number
}

/** A task as people see it, following `Definition.outline`. Times are epoch ms. */
export type RunItem = {
  readonly id: string
  readonly kind: string
  readonly name?: string
  /** Of an item inside an `each`: of all its branches together. */
  readonly status: ItemStatus
  readonly started: number | null
  readonly ended: number | null
  /** Attempts so far; inside an `each` the most that one branch needed. */
  readonly attempts: number
  readonly error: ErrorBody | null
  /** The run that a sub-workflow is, the latest; not inside an `each`, where there are many. */
  readonly run?: string
  /** How many of its results come from earlier attempts: nothing ran for them. Absent: none. */
  readonly reused?: number
  readonly fan?: FanProgress
  /** While it is listening or asked, outside of every `each`: the signal's name, or the text of the question. */
  readonly waits?: string
  /** Only inside an `each`: how many of its branches are in which status. */
  readonly counts?: { readonly [status in ItemStatus]?: number }
  readonly children: readonly RunItem[]
}

/** Statuses of an item that is not over, the most telling first. */
export const unfinished: readonly ItemStatus[] = [
  'interrupted',
  'asked',
  'blocked',
  'limited',
  'running',
  'retrying',
  'sleeping',
  'listening',
  'sending',
  'nested',
  'waiting',
]
