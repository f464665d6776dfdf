/**
 * Steering: what people order of a whole run. Repairs of single tasks: repair.ts, permits.ts (`cancel_task`).
 */
import type { ErrorBody } from '@wonder/errors'
import { budgetExceeded, raiseFault } from './budget.ts'
import type { Decision } from './decision.ts'
import { endRun, skipPhase, stopRun } from './ending.ts'
import type { CommandOf } from './events.ts'
import { goOnAll } from './go-on-all.ts'
import { applied, duplicate, type Outcome, refuse, refused } from './outcome.ts'
import { projectBudgetExceeded, waitsForProject } from './project-budget.ts'
import { repair } from './repair.ts'
import { isHeld, runActivity, waitsToBegin } from './run-status.ts'
import { wake } from './wake.ts'

export function pause(decision: Decision, { by = '' }: CommandOf<'pause'>): Outcome {
  const { state } = decision
  if (state.stopping !== null) return refuse(state, 'pause')
  if (state.paused) return duplicate
  decision.emit({ type: 'run_paused', by })
  return applied
}

export function resume(decision: Decision, { by = '' }: CommandOf<'resume'>): Outcome {
  const { state } = decision
  if (!state.paused && waitsForProject(state)) return refused(projectBudgetExceeded(state))
  if (!state.paused && waitsToBegin(state)) return duplicate
  if (!isHeld(state)) {
    if (runActivity(state) === 'blocked_budget') return refused(budgetExceeded(state))
    if (runActivity(state) !== 'blocked_error') return duplicate
    return repair(decision, { kind: 'repair', action: 'retry', by })
  }
  decision.emit({ type: 'run_resumed', by })
  goOnAll(decision)
  return wake(decision)
}

export function raiseBudget(decision: Decision, command: CommandOf<'raise_budget'>): Outcome {
  const { state, time } = decision
  if (state.stopping !== null) return refuse(state, 'raise the budget of')
  const fault = raiseFault(state, command.budget, time)
  if (fault !== null) return refused(fault)
  const held = isHeld(state)
  decision.emit({ type: 'budget_raised', budget: command.budget, by: command.by ?? '' })
  if (!held || isHeld(state)) return applied
  for (const token of [...state.tokens.values()]) if (token.wait === 'ready') decision.enter(token.id)
  return wake(decision)
}

export function cancel(decision: Decision, command: CommandOf<'cancel'>): Outcome {
  const { state } = decision
  const by = command.by ?? ''
  const error: ErrorBody = {
    code: 'run_cancelled',
    message: command.reason ?? `Cancelled${by === '' ? '' : ` by ${by}`}`,
    retry: 'never',
  }
  if (state.stopping === null) {
    stopRun(decision, { target: 'cancelled', error, by })
    return applied
  }
  if (skipPhase(decision, by)) return applied
  // What is left of `finally` is skipped.
  const { stopping } = state
  if (stopping === null || stopping.target === 'completed') endRun(decision, { status: 'cancelled', error })
  else endRun(decision, { status: stopping.target, error: stopping.error ?? error })
  return applied
}
