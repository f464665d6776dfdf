import type { ErrorBody } from '@wonder/errors'
import type { Checkpoint } from './checkpoint.ts'
import type { Artifact, EventId } from './events.ts'
import type { BudgetName } from './fold-budget.ts'
import type { Json } from './json.ts'
import type { ItemStatus } from './run-item.ts'
import type { StopTarget } from './run-state.ts'
import type { DerivedStatus } from './run-status.ts'
import type { ViewFanOuts } from './view-fan-outs.ts'
import type { ViewItems } from './view-items.ts'
import type { ViewTokens } from './view-tokens.ts'

/** A checkpoint, the event that names it, and when it was emitted (epoch ms). */
export type ToldCheckpoint = { readonly id: EventId; readonly time: number } & Checkpoint

/** What is said of the run as a whole. Times are epoch ms. */
export type RunFacts = {
  /** Of a fork: added to the number of a record in the names of its events. */
  namesFrom: number
  started: number | null
  ended: number | null
  paused: boolean
  held: 'wall_time' | 'timeout' | 'project' | null
  stopping: boolean
  final: StopTarget | null
  input: Json
  output: Json | undefined
  error: ErrorBody | null
  /** Tasks that have completed: how many ran, and how many have the result of an earlier attempt. */
  ran: number
  reused: number
  tags: readonly string[]
  /** The one that was emitted last. */
  checkpoint: ToldCheckpoint | null
  /** The budget in which something did not fit, last. */
  limit: BudgetName | null
  /** The same, of the project's budget. */
  projectLimit: string | null
  readonly artifacts: Map<string, Artifact>
}

/** What events change in a run as people see it. */
export type ViewParts = {
  readonly run: RunFacts
  readonly items: ViewItems
  readonly tokens: ViewTokens
  readonly fanouts: ViewFanOuts
}

export function createRunFacts(): RunFacts {
  return {
    namesFrom: 0,
    started: null,
    ended: null,
    paused: false,
    held: null,
    stopping: false,
    final: null,
    input: null,
    output: undefined,
    error: null,
    ran: 0,
    reused: 0,
    tags: [],
    checkpoint: null,
    limit: null,
    projectLimit: null,
    artifacts: new Map(),
  }
}

/** What the run does; of one that stops what it does meanwhile. */
export function activityOf({ run, tokens }: ViewParts): DerivedStatus {
  const any = (...states: readonly ItemStatus[]) => states.some((state) => tokens.count(state) > 0)
  if (run.final !== null) return run.final
  if (run.started === null) return 'queued'
  if (run.paused) return 'paused'
  if (any('running')) return 'running'
  if (run.held !== null) return run.held === 'timeout' ? 'blocked_error' : 'blocked_budget'
  if (any('waiting')) return 'running'
  if (any('retrying', 'sleeping', 'listening', 'sending', 'nested')) return 'waiting'
  if (any('interrupted', 'asked')) return 'blocked_decision'
  if (any('limited')) return 'blocked_budget'
  return any('blocked') ? 'blocked_error' : 'running'
}

/** Nothing of what was live goes on, but for the tasks that a stopping run awaits. */
export function dropAll({ tokens, fanouts }: ViewParts, time: number, but: 'awaited' | null = null): void {
  tokens.endAll(time, but)
  fanouts.closeAll(time)
}
