import type { Hold, RunState } from './run-state.ts'

/** The statuses that this engine derives; the order of the tests is the design's. */
export type DerivedStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'blocked_decision'
  | 'blocked_budget'
  | 'blocked_error'
  | 'stopping'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timed_out'

const heldStatus = {
  wall_time: 'blocked_budget',
  timeout: 'blocked_error',
  permit: 'waiting',
  budget: 'blocked_budget',
} as const satisfies { readonly [kind in Hold['kind']]: DerivedStatus }

export function runStatus(state: RunState): DerivedStatus {
  if (state.ended !== null) return state.ended.status
  if (state.definition === '') return 'queued'
  if (state.stopping !== null) return 'stopping'
  if (state.paused) return 'paused'
  return runActivity(state)
}

/**
 * What a run does that has begun and not ended, whether it stops meanwhile or not: it works, waits for what comes by itself,
 * or for a person.
 */
export function runActivity({ waiting, hold }: RunState): DerivedStatus {
  if (waiting.task > 0) return 'running'
  if (hold !== null) return heldStatus[hold.kind]
  if (waiting.ready > 0) return 'running'
  if (waiting.retry + waiting.timer + waiting.signal + waiting.child + waiting.delivery + waiting.permit > 0)
    return 'waiting'
  if (waiting.answer + waiting.decision > 0) return 'blocked_decision'
  if (waiting.budget > 0) return 'blocked_budget'
  if (waiting.repair > 0) return 'blocked_error'
  return 'running'
}

/** Whether wall time counts: not while the run is paused, blocked or over. */
export function timeCounts(state: RunState): boolean {
  if (state.ended !== null || state.paused || state.definition === '') return false
  return state.stopping !== null || !runActivity(state).startsWith('blocked_')
}

/** Wall time of the run up to a moment, ms. */
export function wallTime({ elapsed, countingSince }: RunState, time: number): number {
  return elapsed + (countingSince === null ? 0 : time - countingSince)
}

/** The run waits for its permit, or for the project's budget, before anything of it begins. */
export function waitsToBegin({ hold }: RunState): boolean {
  return hold?.kind === 'permit' || hold?.kind === 'budget'
}

/** Nothing is ordered and no timer runs. */
export function isHeld({ paused, hold }: RunState): boolean {
  return paused || hold !== null
}
