/**
 * Checkpoints: what a run tells people about itself at the moments that matter.
 *
 * Owns: what a checkpoint says, and when a run emits one by itself. Does not own: questions (a checkpoint that asks for a
 * decision waits as one).
 */
import type { Decision } from './decision.ts'
import type { CheckpointType } from './definition.ts'
import type { EventId } from './events.ts'
import type { BudgetName } from './fold-budget.ts'
import type { RunState } from './run-state.ts'
import { type DerivedStatus, runStatus, wallTime } from './run-status.ts'

/** What a run has told. Its id is that of its event. */
export type Checkpoint = {
  readonly type: CheckpointType
  /** 1 to 2,000 characters. */
  readonly summary: string
  /** Of the run, when it was emitted. */
  readonly status: DerivedStatus
  /** What the run had used. Wall time in seconds, without paused and blocked time. */
  readonly budget_state: {
    readonly wall_time_seconds: number
    readonly retries: number
    readonly steps: number
    readonly tool_calls: number
    readonly tokens: number
    readonly cost_usd: number
  }
  /** Names of artifacts that were made, or made anew, since the checkpoint before. */
  readonly artifacts_delta: { readonly added: readonly string[]; readonly changed: readonly string[] }
  /** What a person is to do. */
  readonly required_action?: { readonly kind: string; readonly instructions: string }
  readonly reason_codes: readonly string[]
  /** Budgets that are exceeded. */
  readonly budgets?: readonly BudgetName[]
  /** The token and the node that emitted it; absent: the run itself. */
  readonly token?: EventId
  readonly task?: string
}

type Said = Pick<Checkpoint, 'type' | 'summary'> &
  Partial<Pick<Checkpoint, 'status' | 'required_action' | 'reason_codes' | 'budgets' | 'token' | 'task'>>

const longestSummary = 2_000

/** Emits a checkpoint: what it says, and how the run stands. */
export function emitCheckpoint(
  decision: Decision,
  { type, summary, status, reason_codes = [], ...rest }: Said,
): EventId {
  const { state, time } = decision
  const { artifacts_delta } = delta(state)
  const text = summary.trim().slice(0, longestSummary).trim()
  return decision.emit({
    type: 'checkpoint_emitted',
    checkpoint: {
      type,
      summary: text === '' ? type : text,
      status: status ?? runStatus(state),
      budget_state: { wall_time_seconds: Math.round(wallTime(state, time) / 100) / 10, ...state.usage },
      artifacts_delta,
      reason_codes,
      ...rest,
    },
  })
}

function delta({ checkpoints, artifacts }: RunState): Pick<Checkpoint, 'artifacts_delta'> {
  if (checkpoints === null) return { artifacts_delta: { added: artifacts.map(({ name }) => name), changed: [] } }
  const { added, changed } = checkpoints
  return { artifacts_delta: { added, changed } }
}
