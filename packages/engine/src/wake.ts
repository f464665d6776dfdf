/**
 * Waking: what is due goes on, and branches that have not started yet do.
 */
import { InvariantError } from '@wonder/errors'
import { questionExpired } from './asking.ts'
import { childTimedOut } from './children.ts'
import { askAgain } from './debts.ts'
import type { Decision } from './decision.ts'
import { fanOutsWithMore, startBranches } from './fan-out.ts'
import { joinTimedOut } from './join.ts'
import { runDeadline } from './next-timer.ts'
import { applied, type Outcome } from './outcome.ts'
import { isHeld } from './run-status.ts'
import { waitExpired } from './signals.ts'
import { wakeUp } from './sleep.ts'
import { timeOut } from './time-out.ts'
import type { Timer } from './timers.ts'

export function wake(decision: Decision): Outcome {
  const { state, time } = decision
  askAgain(decision, false)
  const end = runDeadline(state)
  if (end !== null && end <= time) timeOut(decision)
  for (const timer of state.timers.due(state, time)) due(decision, timer)
  for (const fanout of fanOutsWithMore(decision)) startBranches(decision, fanout)
  return applied
}

/** The time of something has come; while the run is paused or held it stays due. */
function due(decision: Decision, { at, id, join }: Timer): void {
  const { state } = decision
  if (isHeld(state) || state.ended !== null) return
  if (join !== undefined) return joinTimedOut(decision, id, join)
  const token = state.tokens.get(id)
  // What was due before it may have moved it.
  if (token?.dueAt !== at) return
  switch (token.wait) {
    case 'retry':
      return decision.enter(token.id)
    case 'timer':
      return wakeUp(decision, token)
    case 'child':
      return childTimedOut(decision, token)
    case 'signal':
      return waitExpired(decision, token)
    case 'answer':
      return questionExpired(decision, token)
    default:
      throw new InvariantError('K4', `token "${id}" waits for "${token.wait}", which has no deadline`)
  }
}
