/**
 * What a run owes to the outside: something that another party must do or know, asked for until it is settled.
 *
 * Owns: which debts there are, and asking for them again. Does not own: paying them (the coordinator does, and sends
 * `settle`), and what a kind means for the run (each in its own file).
 */
import type { ErrorBody } from '@wonder/errors'
import type { Decision } from './decision.ts'
import type { BudgetDef } from './definition.ts'
import type { Command, Effect, EventId } from './events.ts'
import type { ChildUsage } from './fold-child.ts'
import type { ProjectAmounts } from './fold-project.ts'
import type { Json } from './json.ts'
import type { RunState, StopTarget } from './run-state.ts'

/** By kind. `since`: epoch ms of the record that made it. */
export type Debt = { readonly since: number } & (
  | /** A signal on its way to another run; `key` makes a second delivery harmless. */ {
      readonly kind: 'send_signal'
      readonly token: string
      readonly run: string
      readonly name: string
      readonly payload: Json
      readonly key: string
    }
  | /** A permit of a key, for `request`. */ {
      readonly kind: 'acquire_permit'
      readonly request: string
      readonly key: string
      readonly limit: number
      readonly when_full: 'queue' | 'reject' | 'cancel_older'
    }
  | { readonly kind: 'release_permit'; readonly request: string; readonly key: string }
  | ReserveBudget
  | /** What `request` has used of the project's budget. */ {
      readonly kind: 'settle_budget'
      readonly request: string
      readonly project: string
      readonly used: ProjectAmounts
    }
  | StartChild
  | /** A sub-workflow that nobody waits for any more. */ { readonly kind: 'cancel_child'; readonly child: string }
  | SteerChild
  | TellParent
)

/** Room for `request` in the project's budget. `as_of`: epoch ms since when the run knows these limits. */
type ReserveBudget = {
  readonly kind: 'reserve_budget'
  readonly request: string
  readonly project: string
  readonly amounts: ProjectAmounts
  readonly limits: ProjectAmounts
  readonly as_of: number
  readonly warn_at?: number
  readonly must?: true
}

/** A run with the id `child`. One that exists already is the one. */
type StartChild = {
  readonly kind: 'start_child'
  readonly token: EventId
  readonly child: string
  readonly workflow: string
  readonly definition: string
  readonly input: Json
  readonly grant?: BudgetDef
  readonly depth: number
  readonly detached?: true
}

/** Children pause and go on with the run that waits for them. `order`: number of the record that says so. */
type SteerChild = {
  readonly kind: 'steer_child'
  readonly child: string
  readonly to: 'pause' | 'resume'
  readonly order: number
}

/** The end of this run (`child`), for the token of the run that waits for it. */
type TellParent = {
  readonly kind: 'tell_parent'
  readonly run: string
  readonly token: EventId
  readonly child: string
  readonly status: StopTarget
  readonly output?: Json
  readonly error?: ErrorBody
  readonly usage?: ChildUsage
}

/** Who asks again must know that the first asking is lost and not on its way: ms. */
const patience = 5_000

/** Orders the payment of a debt that an event of this decision has made. */
export function owe(decision: Decision, id: string): void {
  const debt = decision.state.debts.get(id)
  if (debt !== undefined) decision.effects.push(payment(id, debt))
}

/**
 * Asks again for what nobody has settled: after a crash for everything, at a wake for what is old, and not more often
 * than it grows old, however often the run wakes.
 */
export function askAgain(decision: Decision, all: boolean): void {
  const { state, time, effects } = decision
  if (state.debts.size === 0 || decision.asksAgain || (!all && state.askedAt + patience > time)) return
  decision.asksAgain = true
  for (const [id, debt] of state.debts) {
    if (all || debt.since + patience <= time) effects.push(payment(id, debt))
  }
}

export function payment(id: string, debt: Debt): Effect {
  return { type: 'pay', id, debt }
}

/** Whether there is something to settle: a second settlement of the same debt is a duplicate. */
export function isOwed(state: RunState, { debt: id, order }: Extract<Command, { kind: 'settle' }>): boolean {
  const debt = state.debts.get(id)
  if (debt?.kind === 'steer_child' && order !== undefined) return debt.order === order
  return debt !== undefined
}
