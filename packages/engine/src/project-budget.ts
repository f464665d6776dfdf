/**
 * The project's budget: what all of its runs may use together.
 *
 * Owns: what an attempt, or the run, reserves of it before it begins, and what an answer means. What was used is settled in
 * the fold (fold-project.ts), whatever ends the attempt. Does not own: who has room (the limits service).
 * K7 holds across runs: what is used exceeds a limit by at most the unreserved usage of the attempts that were out.
 * Who waits for a budget holds no permit, and who waits for a permit is let by the one who holds it: no two of them wait
 * for each other.
 */
import { WonderError } from '@wonder/errors'
import { emitCheckpoint } from './checkpoint.ts'
import type { Decision } from './decision.ts'
import type { Command } from './events.ts'
import { type BudgetName, budgetNames } from './fold-budget.ts'
import { tokenOf } from './fold-permit.ts'
import { type ProjectAmounts, type Reservation, runReservation } from './fold-project.ts'
import { goOnAll } from './go-on-all.ts'
import { applied, duplicate, gone, type Outcome } from './outcome.ts'
import { admitRun } from './permits.ts'
import type { PlanNode } from './plan.ts'
import type { RunState, Token } from './run-state.ts'
import { runActivity } from './run-status.ts'
import { reservables } from './usage.ts'

/** What a reservation came to; one without room is granted later by a command. */
export type ReservationResult =
  | { readonly status: 'granted' }
  | {
      readonly status: 'exceeded'
      readonly budget: string
      readonly limit: number
      readonly used: number
      readonly reserved: number
      readonly needed: number
    }

/** A limit of the project of which a share is used at which a warning is to be given. */
export type ProjectWarning = { readonly budget: string; readonly limit: number; readonly used: number }

/** What an attempt of unknown use reserves: it is ordered as long as anything is left. */
const least = { steps: 1, tool_calls: 1, tokens: 1, cost_usd: 1e-6 } as const

/** Whether the project has room for the token's attempt; if not, it waits for it. */
export function projectAdmits(decision: Decision, token: Token, node: PlanNode): boolean {
  const { state, plan } = decision
  if (plan.definition.projectBudget === undefined) return true
  const reservation = state.reservations.get(token.id)
  if (reservation !== undefined) return reservation.granted
  const amounts = amountsOf(decision, token, node)
  if (amounts === null) return true
  // What undoes and tidies up is counted, and never waits for room.
  const must = token.part === 'main' ? {} : ({ must: true } as const)
  decision.emit({ type: 'reservation_requested', token: token.id, amounts, ...must })
  return false
}

/** Null: it needs nothing that the project limits. */
function amountsOf({ plan }: Decision, token: Token, node: PlanNode): ProjectAmounts | null {
  const { projectBudget: limits = {} } = plan.definition
  const amounts: { [name: string]: number } = {}
  for (const name of reservables) {
    const amount = node.uses[name] ?? least[name]
    if (limits[name] !== undefined && amount > 0) amounts[name] = amount
  }
  if (limits.retries !== undefined && token.tries > 0) amounts.retries = 1
  return Object.keys(amounts).length === 0 ? null : amounts
}

/** Whether the run may begin: the project has wall time left, and then there is a permit for it. */
export function mayBegin(decision: Decision): boolean {
  const { state, plan } = decision
  if (plan.definition.projectBudget?.wall_time !== undefined) {
    const reservation = state.reservations.get(runReservation)
    if (reservation === undefined) decision.emit({ type: 'reservation_requested', amounts: { wall_time: 1 } })
    if (reservation?.granted !== true) return false
  }
  return admitRun(decision)
}

/** What the limits service answered. The debt is settled already. */
export function reservationAnswered(decision: Decision, request: string, result: ReservationResult): void {
  const reservation = asked(decision.state, request)
  if (reservation === null || reservation.granted) return
  if (result.status === 'granted') return grant(decision, reservation)
  const { status: _status, ...shortage } = result
  const told = [...decision.state.reservations.values()].some(({ reached }) => reached)
  decision.emit({ type: 'project_budget_reached', ...tokenPart(reservation), ...shortage })
  if (!told) tell(decision, result)
}

/** Command `grant_reservation`: there is room now. */
export function grantReservation(
  decision: Decision,
  { request }: Extract<Command, { kind: 'grant_reservation' }>,
): Outcome {
  const reservation = asked(decision.state, request)
  if (reservation === null) return gone
  if (reservation.granted) return duplicate
  grant(decision, reservation)
  return applied
}

/** The reservation of this very request: a token may have gone on to another one. */
function asked(state: RunState, request: string): Reservation | null {
  const reservation = state.reservations.get(tokenOf(request))
  return reservation?.request === request ? reservation : null
}

function grant(decision: Decision, reservation: Reservation): void {
  decision.emit({ type: 'reservation_granted', ...tokenPart(reservation) })
  const token = tokenOf(reservation.request)
  if (token !== runReservation) decision.enter(token)
  else if (mayBegin(decision)) goOnAll(decision)
}

function tokenPart({ request }: Reservation): { readonly token?: string } {
  const token = tokenOf(request)
  return token === runReservation ? {} : { token }
}

/** One checkpoint, until all that wait have gone on. */
function tell(decision: Decision, { budget, limit }: Extract<ReservationResult, { status: 'exceeded' }>): void {
  const budgets: readonly BudgetName[] = budgetNames.filter((name) => name === budget)
  emitCheckpoint(decision, {
    type: 'blocked',
    summary: `The budget of the project is exceeded: ${budget}, limit ${limit}. Raise it, and the run goes on where it stopped.`,
    reason_codes: ['project_budget_exceeded'],
    budgets,
    required_action: { kind: 'raise_budget', instructions: `wonder limits --raise ${budget}=LIMIT` },
  })
}

/** Nothing of the run can go on, and something of it waits for its project's budget. */
export function waitsForProject(state: RunState): boolean {
  if (state.reservations.size === 0 || runActivity(state) !== 'blocked_budget') return false
  return [...state.reservations.values()].some(({ granted, reached }) => reached && !granted)
}

export function projectBudgetExceeded({ run, project }: RunState): WonderError {
  const message = `Cannot resume run "${run}": the budget of project "${project}" has no room for it; raise it, and the run goes on`
  return new WonderError('budget_exceeded', message, { details: { hint: 'wonder limits --raise BUDGET=LIMIT' } })
}

export function warnOfProject(decision: Decision, warnings: readonly ProjectWarning[]): void {
  for (const warning of warnings) decision.emit({ type: 'project_budget_warned', ...warning })
}
