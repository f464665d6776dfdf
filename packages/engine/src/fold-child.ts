/**
 * What the events of sub-workflows change in a run, and what the run owes to its children and to its parent.
 *
 * Owns: the debts `child/<run>`, `steer/<run>`, `cancel/<run>` and `parent`. A child that nobody waits for any more is
 * cancelled, whatever removed the token, unless its node says `close: continue`.
 */
import { InvariantError } from '@wonder/errors'
import { reservedFor } from './budget.ts'
import type { WorkflowWork } from './definition.ts'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { reserve } from './fold-budget.ts'
import type { PlanNode } from './plan.ts'
import type { RunState } from './run-state.ts'
import type { ChildSubject } from './subject.ts'
import { countChild } from './usage.ts'

/** Which run ordered this one, and the token that waits there, if it is not detached. */
export type Parent = { readonly run: string; readonly token: EventId; readonly detached?: true }

/** What a child has used, by name of the budget. */
export type ChildUsage = { readonly [budget: string]: number }

/** What a node says about its child. */
export function workOf({ def: { does } }: PlanNode): WorkflowWork {
  if (does.kind === 'workflow') return does
  throw new InvariantError('definition', `a node of the kind "${does.kind}" starts no sub-workflow`)
}

export function foldChildOrdered(fold: Fold, event: EventOf<'child_ordered'>): void {
  const { state, changes, time } = fold
  const token = fold.token(event.token)
  const { child: run, workflow, definition, input, due_at: dueAt = 0, detached = false } = event
  const { close } = workOf(fold.plan.nodes[token.node] as PlanNode)
  fold.changesOf(token).set(token, 'attempt', token.attempt + 1)
  fold.changesOf(token).set(token, 'tries', token.tries + 1)
  fold.waitFor(token, 'child', { subject: { kind: 'child', run, close, detached }, dueAt })
  if (event.grant !== undefined && state.budget !== null && !detached)
    reserve(fold, token.id, reservedFor(state, event.grant))
  changes.set(state, 'children', state.children + 1)
  fold.owe(`child/${run}`, {
    kind: 'start_child',
    since: time,
    token: token.id,
    child: run,
    workflow,
    definition,
    input,
    depth: state.depth + 1,
    ...(event.grant === undefined ? {} : { grant: event.grant }),
    ...(detached ? { detached } : {}),
  })
}

export function foldChildEnded(fold: Fold, event: EventOf<'child_ended'>): void {
  const token = fold.token(event.token)
  const { child, error } = event
  if (event.expired === true) releaseChild(fold, { kind: 'child', run: child, close: 'cancel', detached: false })
  else forget(fold, child)
  fold.changesOf(token).set(token, 'subject', null)
  countChild(fold, event.usage)
  if (error === undefined) fold.settle(token, { status: 'completed', output: event.output ?? null }, token.node)
  else fold.settle(token, { status: 'failed', output: null, error })
}

/** Nobody waits for the child any more. One that may go on still is started, if it was not yet. */
export function releaseChild(fold: Fold, { run, close, detached }: ChildSubject): void {
  if (detached) return
  if (close === 'continue') {
    if (fold.state.paused) steer(fold, run, 'resume')
    return
  }
  forget(fold, run)
  fold.owe(`cancel/${run}`, { kind: 'cancel_child', since: fold.time, child: run })
}

/** Nothing is owed to the child any more. */
function forget({ state, changes }: Fold, child: string): void {
  if (state.debts.size === 0) return
  changes.remove(state.debts, `child/${child}`)
  changes.remove(state.debts, `steer/${child}`)
}

/** A run that is paused or resumed does so with the children that it waits for. */
export function steerChildren(fold: Fold, to: 'pause' | 'resume'): void {
  if (fold.state.waiting.child === 0) return
  for (const { subject } of fold.state.tokens.values()) {
    // One that has not been accepted yet is paused when it is.
    if (subject?.kind !== 'child' || subject.detached || fold.state.debts.has(`child/${subject.run}`)) continue
    steer(fold, subject.run, to)
  }
}

function steer(fold: Fold, child: string, to: 'pause' | 'resume'): void {
  fold.owe(`steer/${child}`, { kind: 'steer_child', since: fold.time, child, to, order: fold.state.number })
}

/** What was owed is paid. A child that exists now is not to begin in a paused run. */
export function foldSettled(fold: Fold, event: EventOf<'settled'>): void {
  const { state, changes } = fold
  const debt = state.debts.get(event.debt)
  changes.remove(state.debts, event.debt)
  if (debt?.kind !== 'start_child' || event.error !== undefined) return
  if (state.paused && debt.detached !== true && state.ended === null) steer(fold, debt.child, 'pause')
}

/** The run is over: who waits for it is told, with what it has used. */
export function tellParent(fold: Fold, ended: NonNullable<RunState['ended']>): void {
  const { parent, run } = fold.state
  if (parent === null || parent.detached === true) return
  fold.owe('parent', {
    kind: 'tell_parent',
    since: fold.time,
    run: parent.run,
    token: parent.token,
    child: run,
    ...ended,
    usage: { ...fold.state.usage },
  })
}
