import type { ErrorBody } from '@wonder/errors'
import type { Decision } from './decision.ts'
import { stopRun } from './ending.ts'

/** The time that the run may take is used up. */
export function timeOut(decision: Decision): void {
  const { state, plan } = decision
  const { timeout, workflow } = plan.definition
  const seconds = state.timeAllowed / 1_000
  const error: ErrorBody = {
    code: 'run_timeout',
    message: `Workflow "${workflow}" was not done after ${seconds} s`,
    retry: 'never',
    details: { allowed: state.timeAllowed },
  }
  if (timeout?.action === 'fail') stopRun(decision, { target: 'timed_out', error })
  else if (timeout?.action === 'cancel') stopRun(decision, { target: 'cancelled', error })
  else decision.emit({ type: 'run_held', kind: 'timeout' })
}
