import { wallTimer } from './budget.ts'
import type { RunState } from './run-state.ts'
import { isHeld } from './run-status.ts'

/** Epoch ms of the earliest timer of the run, or null. Timers stand still while a run is paused or held. */
export function nextTimer(state: RunState): number | null {
  if (isHeld(state) || state.ended !== null) return null
  const earliest = earlier(state.timers.earliest(state), runDeadline(state))
  return state.budget === null ? earliest : earlier(earliest, wallTimer(state))
}

/** Epoch ms at which the time that the run may take is used up, if it goes on like this; null: never. */
export function runDeadline({ timeAllowed, countingSince, elapsed, stopping }: RunState): number | null {
  if (timeAllowed === 0 || countingSince === null || stopping !== null) return null
  return countingSince + timeAllowed - elapsed
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
