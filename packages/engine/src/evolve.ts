/**
 * The fold: what each event changes in a run's state.
 *
 * Owns: which event is folded by what. The folds stand in `fold-<what>.ts`, in mailbox.ts (signals) and questions.ts; every
 * change of RunState goes through a `Fold` (fold.ts). Does not own: deciding which events happen (decide.ts), reading large
 * values (never here).
 * K2 folding a journal, or a snapshot and what follows it, gives the same state: nothing here depends on anything but
 * the state, the event and the plan.
 */
import { InvariantError, WonderError } from '@wonder/errors'
import { Changes } from './changes.ts'
import type { EventId, RunEvent, RunRecord } from './events.ts'
import { Fold } from './fold.ts'
import { foldBudgetReached, noteWarned, raise } from './fold-budget.ts'
import { foldCheckpoint } from './fold-checkpoint.ts'
import { foldChildEnded, foldChildOrdered, foldSettled } from './fold-child.ts'
import {
  beginCompensation,
  detach,
  dropDetached,
  foldCompensationEnded,
  forgetCompensations,
} from './fold-compensation.ts'
import { foldBranchFailed, foldBranchStarted, foldFannedOut, foldFanOutClosed } from './fold-fan-out.ts'
import { foldArrived, foldJoined } from './fold-join.ts'
import { foldPermitGranted, foldPermitRefused, foldPermitRequested } from './fold-permit.ts'
import { foldProjectReached, foldReservationGranted, foldReservationRequested } from './fold-project.ts'
import { foldEnded, foldPaused, foldResumed, foldStarted, foldStopping } from './fold-run.ts'
import {
  foldArtifactSaved,
  foldDispatched,
  foldRepaired,
  foldStepCompleted,
  foldTaskCompleted,
  foldTaskFailed,
  foldTaskStarted,
} from './fold-task.ts'
import { foldStateSet, foldTokenCreated, foldTokenEnded, foldTokenMoved } from './fold-token.ts'
import { foldFork } from './fork.ts'
import { foldAwaited, foldReceived, foldSent, foldTaken, foldWaitExpired } from './mailbox.ts'
import type { Plan } from './plan.ts'
import { foldAnswered, foldAsked, foldEscalated, foldQuestionExpired } from './questions.ts'
import type { RunState } from './run-state.ts'

/** Folds a whole record. */
export function evolveRecord(plan: Plan, state: RunState, record: RunRecord): void {
  if (record.number !== state.number + 1) {
    throw new InvariantError('K2', `record ${record.number} of run "${state.run}" does not follow ${state.number}`)
  }
  const fold = new Fold(plan, state, new Changes())
  fold.open(record.number, record.time)
  for (const event of record.events) evolve(fold, event)
  fold.close()
  if (record.blobs === true) state.blobs = true
}

/** Folds the next event of a record; returns its name. */
export function evolve(fold: Fold, event: RunEvent): EventId {
  const id = fold.name()
  foldEvent(fold, event, id)
  return id
}

function foldEvent(fold: Fold, event: RunEvent, id: EventId): void {
  const { state, changes } = fold
  switch (event.type) {
    case 'run_started':
      return foldStarted(fold, event)
    case 'token_created':
      return foldTokenCreated(fold, event, id)
    case 'token_moved':
      return foldTokenMoved(fold, event)
    case 'token_ended':
      return foldTokenEnded(fold, event)
    case 'task_dispatched':
      return foldDispatched(fold, event)
    case 'task_started':
      return foldTaskStarted(fold, event)
    case 'step_completed':
      return foldStepCompleted(fold, event)
    case 'artifact_saved':
      return foldArtifactSaved(fold, event)
    case 'task_completed':
      return foldTaskCompleted(fold, event)
    case 'task_failed':
      return foldTaskFailed(fold, event)
    case 'lease_expired':
      fold.token(event.token)
      return
    case 'task_interrupted':
      return fold.wait(fold.token(event.token), 'decision')
    case 'interruption_decided':
      return fold.wait(fold.token(event.token), 'ready')
    case 'node_skipped':
      return fold.settle(fold.token(event.token), { status: 'skipped', output: null })
    case 'node_completed': {
      const token = fold.token(event.token)
      return fold.settle(token, { status: 'completed', output: event.output }, token.node)
    }
    case 'node_failed':
      return fold.settle(fold.token(event.token), { status: 'failed', output: null, error: event.error })
    case 'state_set':
      return foldStateSet(fold, event)
    case 'fanned_out':
      return foldFannedOut(fold, event, id)
    case 'branch_started':
      return foldBranchStarted(fold, event, id)
    case 'branch_arrived':
      return foldArrived(fold, event)
    case 'branch_failed':
      return foldBranchFailed(fold, event)
    case 'joined':
      return foldJoined(fold, event, id)
    case 'fan_out_closed':
      return foldFanOutClosed(fold, event)
    case 'token_slept':
      return fold.wait(fold.token(event.token), 'timer', event.until)
    case 'permit_requested':
      return foldPermitRequested(fold, event, id)
    case 'permit_granted':
      return foldPermitGranted(fold, event)
    case 'permit_refused':
      return foldPermitRefused(fold, event)
    case 'reservation_requested':
      return foldReservationRequested(fold, event, id)
    case 'reservation_granted':
      return foldReservationGranted(fold, event)
    case 'project_budget_reached':
      return foldProjectReached(fold, event)
    case 'project_budget_warned':
      return
    case 'child_ordered':
      return foldChildOrdered(fold, event)
    case 'child_ended':
      return foldChildEnded(fold, event)
    case 'run_forked':
      return foldFork(fold, event)
    case 'run_migrated':
      // Whoever folds puts the state over the new plan before the next record: see revision.ts.
      return changes.set(state, 'definition', event.definition)
    case 'budget_reached':
      return foldBudgetReached(fold, event, id)
    case 'budget_warned':
      return noteWarned(fold, event.budget)
    case 'budget_raised':
      return raise(fold, event.budget)
    case 'checkpoint_emitted':
      return foldCheckpoint(fold, id, event.checkpoint)
    case 'signal_received':
      return foldReceived(fold, event, id)
    case 'signal_awaited':
      return foldAwaited(fold, event, id)
    case 'signal_taken':
      return foldTaken(fold, event)
    case 'signal_sent':
      return foldSent(fold, event)
    case 'wait_expired':
      return foldWaitExpired(fold, event)
    case 'question_asked':
      return foldAsked(fold, event, id)
    case 'question_escalated':
      return foldEscalated(fold, event)
    case 'question_answered':
      return foldAnswered(fold, event)
    case 'question_expired':
      return foldQuestionExpired(fold, event)
    case 'settled':
      return foldSettled(fold, event)
    case 'task_blocked':
      return fold.wait(fold.token(event.token), 'repair')
    case 'task_repaired':
      return foldRepaired(fold, event)
    case 'task_awaited':
      return detach(fold, id, fold.token(event.token))
    case 'compensation_started':
      return beginCompensation(fold, id, event.node)
    case 'compensation_ended':
      return foldCompensationEnded(fold, event)
    case 'compensations_skipped':
      dropDetached(fold)
      return forgetCompensations(fold)
    case 'run_held':
      return changes.set(state, 'hold', { kind: event.kind })
    case 'run_paused':
      return foldPaused(fold)
    case 'run_resumed':
      return foldResumed(fold)
    case 'run_stopping':
      return foldStopping(fold, event)
    case 'run_ended':
      return foldEnded(fold, event)
    default:
      throw unknownEvent(state, event)
  }
}

function unknownEvent({ run, number }: RunState, event: never): WonderError {
  const type = JSON.stringify((event as { readonly type?: unknown }).type)
  return new WonderError('store_corrupt', `Cannot read record ${number} of run "${run}": there is no event ${type}`)
}
