/**
 * What permits change in a run's state. A permit that nobody needs any more becomes a debt here, in the fold, so that
 * no way for a task to end can forget it.
 */
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'

/** A permit that a token, or the run, has asked for. */
export type Permit = {
  /** Names it in the journal of its key, for ever: `token:event`; '' for that of the run. */
  readonly request: string
  readonly key: string
  readonly limit: number
  readonly when_full: 'queue' | 'reject' | 'cancel_older'
  readonly granted: boolean
}

/** In place of a token's name: the permit of the run itself. */
export const runPermit = ''

export function tokenOf(request: string): EventId {
  return request.slice(0, Math.max(0, request.indexOf(':')))
}

function acquireDebt({ request }: Pick<Permit, 'request'>): string {
  return `acquire/${request}`
}

export function foldPermitRequested(fold: Fold, event: EventOf<'permit_requested'>, id: EventId): void {
  const { state, changes, time } = fold
  const { token, key, limit, when_full } = event
  const request = token === undefined ? '' : `${token}:${id}`
  changes.put(state.permits, token ?? runPermit, { request, key, limit, when_full, granted: false })
  fold.owe(acquireDebt({ request }), { kind: 'acquire_permit', since: time, request, key, limit, when_full })
  if (token !== undefined) fold.wait(fold.token(token), 'permit')
  // What a fork begins with keeps what it waits for.
  else if (state.namesFrom > 0) changes.set(state, 'hold', { kind: 'permit' })
  else for (const one of state.tokens.values()) fold.wait(one, 'permit')
}

export function foldPermitGranted(fold: Fold, { token }: EventOf<'permit_granted'>): void {
  const { state, changes } = fold
  const permit = state.permits.get(token ?? runPermit)
  if (permit !== undefined) {
    changes.put(state.permits, token ?? runPermit, { ...permit, granted: true })
    // A grant may come before the answer to the request.
    if (state.debts.has(acquireDebt(permit))) changes.remove(state.debts, acquireDebt(permit))
  }
  if (token !== undefined) fold.wait(fold.token(token), 'ready')
  else if (state.hold?.kind === 'permit') changes.set(state, 'hold', null)
  else for (const one of state.tokens.values()) fold.wait(one, 'ready')
}

export function foldPermitRefused(fold: Fold, { token, error }: EventOf<'permit_refused'>): void {
  if (token === undefined) giveBack(fold, runPermit)
  else fold.settle(fold.token(token), { status: 'failed', output: null, error })
}

/** The permit is given back; one that was only asked for, too: nobody knows how far the asking has come. */
export function giveBack(fold: Fold, token: EventId): void {
  const { state, changes, time } = fold
  const permit = state.permits.get(token)
  if (permit === undefined) return
  const { request, key } = permit
  changes.remove(state.permits, token)
  if (state.debts.has(acquireDebt(permit))) changes.remove(state.debts, acquireDebt(permit))
  fold.owe(`release/${key}/${request}`, { kind: 'release_permit', since: time, request, key })
}
