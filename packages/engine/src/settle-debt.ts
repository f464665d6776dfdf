import { childAccepted } from './children.ts'
import { isOwed } from './debts.ts'
import type { Decision } from './decision.ts'
import type { CommandOf } from './events.ts'
import { applied, duplicate, type Outcome } from './outcome.ts'
import { permitAnswered } from './permits.ts'
import { reservationAnswered, warnOfProject } from './project-budget.ts'
import { delivered } from './sending.ts'

/** What the run owed is paid: what the answer means for it. */
export function settleDebt(decision: Decision, command: CommandOf<'settle'>): Outcome {
  if (!isOwed(decision.state, command)) return duplicate
  const { debt, error } = command
  const from = decision.state.debts.get(debt)
  decision.emit({ type: 'settled', debt, ...(error === undefined ? {} : { error }) })
  if (from?.kind === 'start_child') childAccepted(decision, from, error)
  if (from?.kind === 'send_signal') delivered(decision, { debt, from, error })
  if (from?.kind === 'acquire_permit' && command.permit !== undefined)
    permitAnswered(decision, from.request, command.permit)
  if (from?.kind === 'reserve_budget' && command.reservation !== undefined)
    reservationAnswered(decision, from.request, command.reservation)
  if (from?.kind === 'settle_budget') warnOfProject(decision, command.warned ?? [])
  return applied
}
