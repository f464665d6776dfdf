import type { RunState } from './run-state.ts'
import { isHeld } from './run-status.ts'

/** Epoch ms of the earliest timer of the run, or null. Timers stand still while a run is paused or held. */
export function nextTimer(state: RunState): number | null {
  if (isHeld(state) || state.ended !== null) return null
  return state.timers.earliest(state)
}
