/**
 * Signals to other runs: a debt until the other run has it.
 */
import type { ErrorBody } from '@wonder/errors'
import type { Debt } from './debts.ts'
import { owe } from './debts.ts'
import type { Decision } from './decision.ts'
import type { Json } from './json.ts'
import { debtOf } from './mailbox.ts'
import { complete, failNode } from './routing.ts'
import type { Token } from './run-state.ts'

/** The token waits until the signal has arrived. */
export function send(
  decision: Decision,
  token: Token,
  signal: { readonly to: string; readonly name: string; readonly payload: Json },
): void {
  decision.emit({ type: 'signal_sent', token: token.id, ...signal })
  owe(decision, debtOf(token))
}

/** The signal has arrived, or never will. Who sent it may have ended meanwhile. */
export function delivered(
  decision: Decision,
  {
    debt,
    from,
    error,
  }: {
    readonly debt: string
    readonly from: Extract<Debt, { kind: 'send_signal' }>
    readonly error: ErrorBody | undefined
  },
): void {
  const token = decision.state.tokens.get(from.token)
  if (token?.subject?.kind !== 'delivery' || token.subject.debt !== debt) return
  if (error === undefined) complete(decision, token, {})
  else failNode(decision, token, error)
}
