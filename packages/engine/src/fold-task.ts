/**
 * The fold of a task's attempts: ordered, step by step, and their results.
 */
import type { EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { release, reserve, settleReservation } from './fold-budget.ts'
import { noteArtifact } from './fold-checkpoint.ts'
import { noteProjectUse, settleProject } from './fold-project.ts'
import { foldProcessed } from './mailbox.ts'
import type { Token } from './run-state.ts'
import { countUsage, usageOf } from './usage.ts'

export function foldDispatched(fold: Fold, event: EventOf<'task_dispatched'>): void {
  const { state } = fold
  const token = fold.token(event.token)
  const changes = fold.changesOf(token)
  // Without input the same attempt is ordered again.
  if (event.input !== undefined) {
    const { usage } = state
    if (token.tries > 0) {
      fold.changes.set(usage, 'retries', usage.retries + 1)
      if (state.reservations.size > 0) noteProjectUse(fold, token.id, { retries: 1 })
    }
    changes.set(token, 'input', event.input)
    changes.set(token, 'save', event.save ?? null)
    changes.set(token, 'steps', null)
    changes.set(token, 'tries', token.tries + 1)
    changes.set(token, 'attempt', event.attempt)
  }
  changes.set(token, 'started', false)
  changes.set(token, 'dispatch', event.dispatch)
  fold.wait(token, 'task')
  if (event.cache !== undefined) changes.set(token, 'subject', { kind: 'cache', name: event.cache })
  if (event.reserved !== undefined) {
    release(fold, token.id)
    reserve(fold, token.id, event.reserved)
  }
}

export function foldTaskStarted(fold: Fold, event: EventOf<'task_started'>): void {
  const token = fold.token(event.token)
  fold.changesOf(token).set(token, 'started', true)
}

export function foldStepCompleted(fold: Fold, event: EventOf<'step_completed'>): void {
  const token = fold.token(event.token)
  noteUsage(fold, token, event)
  if (fold.state.budget !== null) settleReservation(fold, token.id, usageOf(fold, token, event))
  fold.changesOf(token).set(token, 'steps', { ...token.steps, [event.step]: event.output })
}

export function foldArtifactSaved(fold: Fold, { token, artifact }: EventOf<'artifact_saved'>): void {
  const { state, changes } = fold
  noteArtifact(fold, artifact.name)
  changes.set(fold.token(token), 'artifact', artifact)
  changes.set(state, 'artifacts', [...state.artifacts.filter(({ name }) => name !== artifact.name), artifact])
}

export function foldTaskCompleted(fold: Fold, event: EventOf<'task_completed'>): void {
  const token = fold.token(event.token)
  noteUsage(fold, token, event)
  if (fold.state.reservations.size > 0) settleProject(fold, token.id)
  if (token.subject?.kind === 'signal') return foldProcessed(fold, token, token.subject, event.output)
  const artifact = token.artifact === null ? {} : { artifact: token.artifact }
  fold.settle(token, { status: 'completed', output: event.output, ...artifact }, token.node)
}

export function foldTaskFailed(fold: Fold, event: EventOf<'task_failed'>): void {
  const token = fold.token(event.token)
  noteUsage(fold, token, event)
  if (fold.state.reservations.size > 0) settleProject(fold, token.id)
  if (event.retry_at === undefined) fold.settle(token, { status: 'failed', output: null, error: event.error })
  else fold.wait(token, 'retry', event.retry_at)
}

export function foldRepaired(fold: Fold, event: EventOf<'task_repaired'>): void {
  const token = fold.token(event.token)
  fold.changesOf(token).set(token, 'tries', 0)
  fold.wait(token, 'ready')
}

/** What the result has used counts for the run, and for its project. */
function noteUsage(
  fold: Fold,
  token: Token,
  event: EventOf<'step_completed' | 'task_completed' | 'task_failed'>,
): void {
  countUsage(fold, token, event)
  if (fold.state.reservations.size === 0 || (event.type === 'task_completed' && event.reused !== undefined)) return
  noteProjectUse(fold, token.id, usageOf(fold, token, event))
}
