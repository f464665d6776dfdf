/**
 * What permits change in a run's state. A permit that nobody needs any more becomes a debt here, in the fold, so that
 * no way for a task to end can forget it.
 */
import type { Changes } from './changes.ts'
import type { EventId, RunEvent } from './events.ts'
import type { RunState } from './run-state.ts'

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

/** What the fold lends. */
type FoldParts = { readonly state: RunState; readonly changes: Changes; readonly time: number; readonly made: string[] }

export function tokenOf(request: string): EventId {
  return request.slice(0, Math.max(0, request.indexOf(':')))
}

function acquireDebt({ request }: Pick<Permit, 'request'>): string {
  return `acquire/${request}`
}

export function foldRequested(
  { state, changes, time, made }: FoldParts,
  { token, key, limit, when_full }: Extract<RunEvent, { type: 'permit_requested' }>,
  id: EventId,
): void {
  const request = token === undefined ? '' : `${token}:${id}`
  changes.put(state.permits, token ?? runPermit, { request, key, limit, when_full, granted: false })
  made.push(acquireDebt({ request }))
  changes.put(state.debts, acquireDebt({ request }), {
    kind: 'acquire_permit',
    since: time,
    request,
    key,
    limit,
    when_full,
  })
}

export function foldGranted({ state, changes }: FoldParts, token: EventId = runPermit): void {
  const permit = state.permits.get(token)
  if (permit === undefined) return
  changes.put(state.permits, token, { ...permit, granted: true })
  // A grant may come before the answer to the request.
  if (state.debts.has(acquireDebt(permit))) changes.remove(state.debts, acquireDebt(permit))
}

/** The permit is given back; one that was only asked for, too: nobody knows how far the asking has come. */
export function giveBack({ state, changes, time, made }: FoldParts, token: EventId): void {
  const permit = state.permits.get(token)
  if (permit === undefined) return
  const { request, key } = permit
  changes.remove(state.permits, token)
  if (state.debts.has(acquireDebt(permit))) changes.remove(state.debts, acquireDebt(permit))
  const debt = `release/${key}/${request}`
  changes.put(state.debts, debt, { kind: 'release_permit', since: time, request, key })
  made.push(debt)
}
