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

/** As the run's policy says, at its start. */
export function checkpointAtStart(decision: Decision): void {
  const { checkpoints, description, name, workflow } = decision.plan.definition
  if (checkpoints?.on?.includes('plan'))
    emitCheckpoint(decision, { type: 'plan', summary: description ?? name ?? workflow })
}

/** As the run's policy says, before it ends. */
export function checkpointAtEnd(decision: Decision): void {
  const { checkpoints, name, workflow } = decision.plan.definition
  if (checkpoints?.on?.includes('completed') !== true) return
  emitCheckpoint(decision, { type: 'completed', summary: `${name ?? workflow} is done`, status: 'completed' })
}

/** As the run's policy says, once a command has done its work: after so many steps. */
export function tellProgress(decision: Decision): void {
  const { state, plan } = decision
  const { every_steps: every } = plan.definition.checkpoints ?? {}
  const { steps } = state.usage
  if (every === undefined || state.ended !== null || state.stopping !== null) return
  if (steps - (state.checkpoints?.steps ?? 0) < every) return
  emitCheckpoint(decision, { type: 'progress', summary: `${steps} ${steps === 1 ? 'step' : 'steps'} done` })
}

/** As the run's policy says, once a command has done its work and nothing can go on. */
export function tellBlocked(decision: Decision): void {
  const { state, plan } = decision
  const policy = plan.definition.checkpoints
  if (policy === undefined || state.ended !== null || state.stopping !== null) return
  const status = runStatus(state)
  if (!isNewlyBlocked(state, status)) return
  const asks = status === 'blocked_decision' && policy.on?.includes('decision-needed') === true
  if (!asks && policy.on?.includes('blocked') !== true) return
  emitCheckpoint(decision, {
    type: asks ? 'decision-needed' : 'blocked',
    summary: asks ? 'Nothing goes on until a person decides' : `Nothing goes on: ${status}`,
    required_action: { kind: actions[status] ?? 'look', instructions: 'wonder runs show RUN' },
    reason_codes: [status],
  })
}

const actions: { readonly [status in DerivedStatus]?: string } = {
  blocked_decision: 'answer',
  blocked_budget: 'raise_budget',
  blocked_error: 'repair',
}

/** It has not told of this. */
function isNewlyBlocked({ number, countingSince, checkpoints }: RunState, status: DerivedStatus): boolean {
  if (!status.startsWith('blocked_')) return false
  if (checkpoints?.status !== status) return true
  return countingSince !== null && !checkpoints.last.startsWith(`${number}.`)
}
