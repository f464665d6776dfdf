/**
 * How a run ends: its main part, compensations, the error list, and `finally`.
 */
import { type ErrorBody, InvariantError } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import { checkpointAtEnd } from './checkpoint.ts'
import type { Decision } from './decision.ts'
import { runPermit } from './fold-permit.ts'
import { runReservation } from './fold-project.ts'
import type { Json } from './json.ts'
import type { Compensation, RunState, StopTarget, Token } from './run-state.ts'

/** A part of the run is over: the main part, a compensation, the error list, or `finally`. What follows is the next part, or the end. */
export function finishPart(decision: Decision, error: ErrorBody | null): void {
  const { plan, state } = decision
  const { stopping } = state
  if (state.part === 'compensation') return endCompensation(decision, error)
  if (state.part === 'main' && stopping !== null) return goOnStopping(decision, stopping)
  if (state.part === 'finally') {
    const target = stopping?.target ?? 'completed'
    if (error !== null && target === 'completed') return endRun(decision, { status: 'failed', error })
    return endRun(decision, { status: target, ...outcomeOf(stopping) })
  }
  if (state.part === 'error') {
    if (plan.finally !== null) return startPart(decision, 'finally', plan.finally)
    return endRun(decision, { status: stopping?.target ?? 'failed', ...outcomeOf(stopping) })
  }
  if (error !== null) return stopRun(decision, { target: 'failed', error })
  const output = decision.compute(() => decision.compact(plan.outputs?.(decision.context(state.root, null)) ?? {}))
  if (!output.ok) return stopRun(decision, { target: 'failed', error: output.error })
  stopRun(decision, { target: 'completed', output: output.value })
}

type Stop = {
  readonly target: StopTarget
  readonly output?: Json
  readonly error?: ErrorBody
  readonly by?: string
}

/**
 * Ends the main part. What is left: for a run that has not completed, tasks in flight that can be undone and then the
 * compensations, and for a failure the error list; `finally` for all.
 */
export function stopRun(decision: Decision, stop: Stop): void {
  const { plan, state } = decision
  // It still waits for what it needs to begin: nothing is to be cleaned up.
  const isNew = [state.permits.get(runPermit), state.reservations.get(runReservation)]
  if (isNew.some((needed) => needed?.granted === false))
    return endRun(decision, { status: stop.target, ...outcomeOf(stop) })
  const undoes = stop.target !== 'completed'
  const awaited = undoes ? [...state.tokens.values()].filter((token) => canBeUndone(decision, token)) : []
  const compensates = undoes && state.compensations.size > 0
  if (awaited.length === 0 && !compensates && errorList(decision, stop) === null && plan.finally === null) {
    return endRun(decision, { status: stop.target, ...outcomeOf(stop) })
  }
  for (const token of awaited) decision.emit({ type: 'task_awaited', token: token.id })
  abortWithin(
    decision,
    [...state.tokens.values()].filter((token) => !awaited.includes(token)),
  )
  decision.emit({ type: 'run_stopping', ...stop })
  if (awaited.length === 0 && state.stopping !== null) goOnStopping(decision, state.stopping)
}

/** Its task is in flight, and may have an effect that its compensation takes back. */
function canBeUndone({ plan }: Decision, token: Token): boolean {
  return token.wait === 'task' && token.part === 'main' && plan.nodes[token.node]?.undo != null
}

function errorList({ plan }: Decision, { target }: Pick<Stop, 'target'>): number | null {
  return target === 'failed' || target === 'timed_out' ? plan.onError : null
}

/** Nothing of the phase before is live: the next compensation, the error list, `finally`, or the end. */
function goOnStopping(decision: Decision, stopping: NonNullable<RunState['stopping']>): void {
  const { plan, state } = decision
  const newest = stopping.target === 'completed' ? undefined : state.compensations.get(state.compensations.size - 1)
  if (newest !== undefined) return startCompensation(decision, newest)
  const list = errorList(decision, stopping)
  if (list !== null) return startPart(decision, 'error', list)
  if (plan.finally !== null) return startPart(decision, 'finally', plan.finally)
  endRun(decision, { status: stopping.target, ...outcomeOf(stopping) })
}

function startCompensation(decision: Decision, { node: task }: Compensation): void {
  const { plan } = decision
  const undo = plan.nodes[plan.nodeIndex.get(task) ?? -1]?.undo
  const first = plan.nodes[undo?.node ?? -1]
  if (first === undefined) throw new InvariantError('definition', `node "${task}" has no compensation`)
  decision.enter(decision.emit({ type: 'compensation_started', task, node: first.ref }))
}

/** One that fails is noted, and the next one goes on: what can be undone is. */
function endCompensation(decision: Decision, error: ErrorBody | null): void {
  const { state } = decision
  abortWithin(decision, state.tokens.values())
  decision.emit({ type: 'compensation_ended', task: state.undoing ?? '', ...(error === null ? {} : { error }) })
  if (state.stopping !== null) goOnStopping(decision, state.stopping)
}

/** Skips the phase of a stopping run that is running; false: there is nothing left but the end. */
export function skipPhase(decision: Decision, by: string): boolean {
  const { plan, state } = decision
  const { stopping, part } = state
  if (stopping === null || part === 'finally' || stopping.target === 'completed') return false
  abortWithin(decision, state.tokens.values())
  if (part === 'main') {
    for (const { id: token } of [...state.tokens.values()])
      decision.emit({ type: 'token_ended', token, reason: 'cancelled' })
    goOnStopping(decision, stopping)
    return true
  }
  if (part === 'compensation') {
    decision.emit({ type: 'compensations_skipped', by })
    goOnStopping(decision, stopping)
    return true
  }
  if (plan.finally === null) return false
  startPart(decision, 'finally', plan.finally)
  return true
}

function startPart(decision: Decision, part: 'error' | 'finally', node: number): void {
  abortWithin(decision, decision.state.tokens.values())
  decision.enter(decision.emit({ type: 'token_created', node: decision.plan.nodes[node]?.ref ?? '', part }))
}

export function endRun(
  decision: Decision,
  end: { readonly status: StopTarget; readonly output?: Json; readonly error?: ErrorBody },
): void {
  abortWithin(decision, decision.state.tokens.values())
  if (end.status === 'completed') checkpointAtEnd(decision)
  decision.emit({ type: 'run_ended', ...end })
}

function outcomeOf(stop: (Stop & Pick<NonNullable<RunState['stopping']>, 'failures'>) | null) {
  const { output, error, failures } = stop ?? {}
  return {
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error: failures === undefined ? error : withFailures(error, failures) }),
  }
}

function withFailures(error: ErrorBody, failures: readonly { readonly task: string; readonly error: ErrorBody }[]) {
  return { ...error, details: { ...error.details, compensations_failed: failures } }
}
