/**
 * What reservations of the project's budget change in a run's state. What an attempt has reserved becomes a debt here, in
 * the fold, so that no way for it to end can forget to settle it.
 */
import type { Changes } from './changes.ts'
import type { EventId, RunEvent } from './events.ts'
import { tokenOf } from './permit-fold.ts'
import type { Plan } from './plan.ts'
import { plus } from './plus.ts'
import type { RunState } from './run-state.ts'
import { wallTime } from './run-status.ts'

/** Amounts by the name of a budget of the project. `wall_time`: milliseconds. */
export type ProjectAmounts = { readonly [budget: string]: number }

/** What the attempt of a token, or the run, has reserved or asks for. */
export type Reservation = {
  /** Names it in the journal of the project's budget, for ever: `token:event`; '' for that of the run. */
  readonly request: string
  readonly amounts: ProjectAmounts
  /** By the results so far. */
  readonly used: ProjectAmounts
  readonly granted: boolean
  /** There was no room for it. */
  readonly reached: boolean
}

/** In place of a token's name: the reservation of the run itself. */
export const runReservation = ''

/** What the fold lends. */
type FoldParts = {
  readonly plan: Plan
  readonly state: RunState
  readonly changes: Changes
  readonly time: number
  readonly made: string[]
}

export function foldReservationRequested(
  { plan, state, changes, time, made }: FoldParts,
  { token, amounts, must }: Extract<RunEvent, { type: 'reservation_requested' }>,
  id: EventId,
): void {
  const request = token === undefined ? '' : `${token}:${id}`
  const { width: _width, warn_at, ...limits } = plan.definition.projectBudget ?? {}
  const reservation = { request, amounts, used: {}, granted: false, reached: false }
  changes.put(state.reservations, token ?? runReservation, reservation)
  if (token === undefined) changes.set(state, 'hold', { kind: 'permit' })
  const debt = reserveDebt(reservation)
  changes.put(state.debts, debt, {
    kind: 'reserve_budget',
    since: time,
    request,
    project: state.project,
    amounts,
    limits,
    as_of: state.startedAt,
    ...(warn_at === undefined ? {} : { warn_at }),
    ...(must === undefined ? {} : { must }),
  })
  made.push(debt)
}

export function foldReservationGranted({ state, changes }: FoldParts, token: EventId = runReservation): void {
  const reservation = state.reservations.get(token)
  if (reservation === undefined) return
  changes.put(state.reservations, token, { ...reservation, granted: true })
  // A grant may come before the answer to the request.
  if (state.debts.has(reserveDebt(reservation))) changes.remove(state.debts, reserveDebt(reservation))
  if (token === runReservation) changes.set(state, 'hold', null)
}

export function foldProjectReached({ state, changes }: FoldParts, token: EventId = runReservation): void {
  const reservation = state.reservations.get(token)
  if (reservation !== undefined) changes.put(state.reservations, token, { ...reservation, reached: true })
  if (token === runReservation) changes.set(state, 'hold', { kind: 'budget' })
}

/** The attempt of the token has used so much more. What the project does not limit, it does not count. */
export function noteProjectUse({ plan, state, changes }: FoldParts, token: EventId, used: ProjectAmounts): void {
  const reservation = state.reservations.get(token)
  if (reservation === undefined) return
  const limits: { readonly [name: string]: number | undefined } = plan.definition.projectBudget ?? {}
  const sum: { [name: string]: number } = { ...reservation.used }
  for (const [name, amount] of Object.entries(used)) {
    if (amount !== 0 && limits[name] !== undefined) sum[name] = plus(sum[name] ?? 0, amount)
  }
  changes.put(state.reservations, token, { ...reservation, used: sum })
}

/** The attempt has ended, or will not begin: what it used counts, and the rest is free. */
export function settleProject(fold: FoldParts, token: EventId): void {
  const reservation = fold.state.reservations.get(token)
  if (reservation !== undefined) settle(fold, reservation, reservation.used)
}

/** The run has ended: its wall time counts. */
export function settleRun(fold: FoldParts): void {
  const reservation = fold.state.reservations.get(runReservation)
  if (reservation === undefined) return
  settle(fold, reservation, reservation.granted ? { wall_time: wallTime(fold.state, fold.time) } : {})
}

function settle({ state, changes, time, made }: FoldParts, reservation: Reservation, used: ProjectAmounts): void {
  const { request } = reservation
  changes.remove(state.reservations, tokenOf(request))
  if (state.debts.has(reserveDebt(reservation))) changes.remove(state.debts, reserveDebt(reservation))
  const debt = `settle/${request}`
  changes.put(state.debts, debt, { kind: 'settle_budget', since: time, request, project: state.project, used })
  made.push(debt)
}

function reserveDebt({ request }: Pick<Reservation, 'request'>): string {
  return `reserve/${request}`
}
