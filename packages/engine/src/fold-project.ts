/**
 * What reservations of the project's budget change in a run's state. What an attempt has reserved becomes a debt here, in
 * the fold, so that no way for it to end can forget to settle it.
 */
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { giveBack, tokenOf } from './fold-permit.ts'
import { plus } from './plus.ts'
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

export function foldReservationRequested(fold: Fold, event: EventOf<'reservation_requested'>, id: EventId): void {
  const { plan, state, changes } = fold
  const { token, amounts, must } = event
  const request = token === undefined ? '' : `${token}:${id}`
  const { width: _width, warn_at, ...limits } = plan.definition.projectBudget ?? {}
  const reservation = { request, amounts, used: {}, granted: false, reached: false }
  changes.put(state.reservations, token ?? runReservation, reservation)
  if (token === undefined) changes.set(state, 'hold', { kind: 'permit' })
  fold.owe(reserveDebt(reservation), {
    kind: 'reserve_budget',
    since: fold.time,
    request,
    project: state.project,
    amounts,
    limits,
    as_of: state.startedAt,
    ...(warn_at === undefined ? {} : { warn_at }),
    ...(must === undefined ? {} : { must }),
  })
  if (token !== undefined) fold.wait(fold.token(token), 'permit')
}

export function foldReservationGranted(fold: Fold, { token }: EventOf<'reservation_granted'>): void {
  const { state, changes } = fold
  const reservation = state.reservations.get(token ?? runReservation)
  if (reservation !== undefined) {
    changes.put(state.reservations, token ?? runReservation, { ...reservation, granted: true })
    // A grant may come before the answer to the request.
    if (state.debts.has(reserveDebt(reservation))) changes.remove(state.debts, reserveDebt(reservation))
    if (token === undefined) changes.set(state, 'hold', null)
  }
  if (token !== undefined) fold.wait(fold.token(token), 'ready')
}

export function foldProjectReached(fold: Fold, { token }: EventOf<'project_budget_reached'>): void {
  const { state, changes } = fold
  const reservation = state.reservations.get(token ?? runReservation)
  if (reservation !== undefined)
    changes.put(state.reservations, token ?? runReservation, { ...reservation, reached: true })
  if (token === undefined) {
    changes.set(state, 'hold', { kind: 'budget' })
    return
  }
  fold.wait(fold.token(token), 'budget')
  if (state.permits.size > 0) giveBack(fold, token)
}

/** The attempt of the token has used so much more. What the project does not limit, it does not count. */
export function noteProjectUse({ plan, state, changes }: Fold, token: EventId, used: ProjectAmounts): void {
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
export function settleProject(fold: Fold, token: EventId): void {
  const reservation = fold.state.reservations.get(token)
  if (reservation !== undefined) settle(fold, reservation, reservation.used)
}

/** The run has ended: its wall time counts. */
export function settleRun(fold: Fold): void {
  const reservation = fold.state.reservations.get(runReservation)
  if (reservation === undefined) return
  settle(fold, reservation, reservation.granted ? { wall_time: wallTime(fold.state, fold.time) } : {})
}

function settle(fold: Fold, reservation: Reservation, used: ProjectAmounts): void {
  const { state, changes, time } = fold
  const { request } = reservation
  changes.remove(state.reservations, tokenOf(request))
  if (state.debts.has(reserveDebt(reservation))) changes.remove(state.debts, reserveDebt(reservation))
  fold.owe(`settle/${request}`, { kind: 'settle_budget', since: time, request, project: state.project, used })
}

function reserveDebt({ request }: Pick<Reservation, 'request'>): string {
  return `reserve/${request}`
}
