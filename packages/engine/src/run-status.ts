import type { RunState } from './run-state.ts'

/** The statuses that this engine derives; the order of the tests is the design's. */
export type DerivedStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'blocked_decision'
  | 'stopping'
  | 'completed'
  | 'failed'
  | 'cancelled'

export function runStatus(state: RunState): DerivedStatus {
  if (state.ended !== null) return state.ended.status
  if (state.definition === '') return 'queued'
  if (state.stopping !== null) return 'stopping'
  if (state.paused) return 'paused'
  if (state.waiting.task > 0) return 'running'
  if (state.waiting.retry > 0) return 'waiting'
  if (state.waiting.decision > 0) return 'blocked_decision'
  return 'running'
}
