import type { RunState } from './run-state.ts'

/** Epoch ms of the earliest timer of the run, or null. Timers stand still while a run is paused. */
export function nextTimer(state: RunState): number | null {
  if (state.waiting.retry === 0 || state.paused) return null
  let earliest: number | null = null
  for (const token of state.tokens.values()) {
    if (token.wait === 'retry' && (earliest === null || token.retryAt < earliest)) earliest = token.retryAt
  }
  return earliest
}
