/**
 * What a run owes to the outside: something that another party must do or know, asked for until it is settled.
 *
 * Owns: which debts there are, and asking for them again. Does not own: paying them (the coordinator does, and sends
 * `settle`), and what a kind means for the run (each in its own file).
 */
import type { Decision } from './decision.ts'
import type { Command, Effect } from './events.ts'
import type { Json } from './json.ts'
import type { RunState } from './run-state.ts'

/** By kind. `since`: epoch ms of the record that made it. */
export type Debt = { readonly since: number } & (
  | {
      readonly kind: 'send_signal'
      readonly token: string
      readonly run: string
      readonly name: string
      readonly payload: Json
      /** Makes a second delivery harmless. */
      readonly key: string
    }
  /** A permit of a key, for `request`. */
  | {
      readonly kind: 'acquire_permit'
      readonly request: string
      readonly key: string
      readonly limit: number
      readonly when_full: 'queue' | 'reject' | 'cancel_older'
    }
  | { readonly kind: 'release_permit'; readonly request: string; readonly key: string }
)

/** Who asks again must know that the first asking is lost and not on its way: ms. */
const patience = 30_000

/** Orders the payment of a debt that an event of this decision has made. */
export function owe(decision: Decision, id: string): void {
  const debt = decision.state.debts.get(id)
  if (debt !== undefined) decision.effects.push(payment(id, debt))
}

/** Asks again for what nobody has settled: after a crash for everything, at a wake for what is old. */
export function askAgain(decision: Decision, all: boolean): void {
  for (const [id, debt] of decision.state.debts) {
    if (all || debt.since + patience <= decision.time) decision.effects.push(payment(id, debt))
  }
}

function payment(id: string, debt: Debt): Effect {
  return { type: 'pay', id, debt }
}

/** Whether there is something to settle: a second settlement of the same debt is a duplicate. */
export function isOwed(state: RunState, { debt }: Extract<Command, { kind: 'settle' }>): boolean {
  return state.debts.has(debt)
}
