/**
 * The fold of a run as a whole: how it starts, is held up, stops and ends.
 */
import type { ErrorBody } from '@wonder/errors'
import type { EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { budgetOf, resumeWallTime } from './fold-budget.ts'
import { steerChildren, tellParent } from './fold-child.ts'
import { dropDetached, forgetCompensations } from './fold-compensation.ts'
import { dropBelow } from './fold-fan-out.ts'
import { giveBack, runPermit } from './fold-permit.ts'
import { settleRun } from './fold-project.ts'
import type { Json } from './json.ts'
import { waitsToBegin, wallTime } from './run-status.ts'

export function foldStarted(fold: Fold, event: EventOf<'run_started'>): void {
  const { state, changes, time } = fold
  const { definition } = fold.plan
  changes.set(state, 'definition', event.definition)
  changes.set(state, 'project', event.project)
  changes.set(state, 'workflow', event.workflow)
  changes.set(state, 'input', event.input)
  changes.set(state, 'env', event.env)
  changes.set(state, 'seed', event.seed)
  changes.set(state, 'tags', event.tags ?? [])
  changes.set(state, 'parent', event.parent ?? null)
  changes.set(state, 'depth', event.depth ?? 0)
  changes.set(state, 'grant', event.grant ?? null)
  changes.set(state, 'reuse', event.reuse ?? null)
  changes.set(state, 'tasksEnv', event.tasks_env ?? null)
  changes.set(state, 'startedAt', time)
  changes.set(state, 'timeAllowed', definition.timeout?.after ?? 0)
  changes.set(state, 'values', definition.state.initial)
  changes.set(state, 'budget', budgetOf(definition.budget, event.grant))
}

export function foldPaused(fold: Fold): void {
  fold.changes.set(fold.state, 'paused', true)
  steerChildren(fold, 'pause')
}

export function foldResumed(fold: Fold): void {
  const { state, changes } = fold
  if (state.paused) steerChildren(fold, 'resume')
  if (state.hold?.kind === 'timeout') {
    changes.set(state, 'timeAllowed', wallTime(state, fold.time) + (fold.plan.definition.timeout?.after ?? 0))
  }
  changes.set(state, 'paused', false)
  resumeWallTime(fold)
  if (!waitsToBegin(state)) changes.set(state, 'hold', null)
}

export function foldStopping(fold: Fold, event: EventOf<'run_stopping'>): void {
  const { state, changes } = fold
  dropBelow(fold, fold.state.root)
  changes.set(state, 'stopping', { target: event.target, ...outcomeOf(event) })
  changes.set(state, 'paused', false)
  changes.set(state, 'hold', null)
}

export function foldEnded(fold: Fold, event: EventOf<'run_ended'>): void {
  const { state, changes } = fold
  dropBelow(fold, fold.state.root)
  dropDetached(fold)
  forgetCompensations(fold)
  const ended = { status: event.status, ...outcomeOf(event) }
  changes.set(state, 'ended', ended)
  if (state.permits.size > 0) giveBack(fold, runPermit)
  if (state.reservations.size > 0) settleRun(fold)
  tellParent(fold, ended)
}

function outcomeOf({ output, error }: { readonly output?: Json; readonly error?: ErrorBody }): {
  readonly output?: Json
  readonly error?: ErrorBody
} {
  return { ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }) }
}
