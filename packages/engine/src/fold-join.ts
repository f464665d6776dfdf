/**
 * The fold of joins: what arrives at them, and what they come to.
 */
import { InvariantError } from '@wonder/errors'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { closeFanOut, endIfEmpty, keepChild } from './fold-fan-out.ts'
import { mergeBranches } from './merge.ts'
import type { Frame } from './run-state.ts'
import { valueIn } from './scope.ts'

export function foldArrived(fold: Fold, { token: id, transition: ref }: EventOf<'branch_arrived'>): void {
  const { plan, changes } = fold
  const token = fold.token(id)
  const join = plan.transitionIndex.get(ref)?.join
  const own = token.frame
  const branch = join === undefined || join === null ? null : branchOf(own, join.fan)
  const { fanout } = branch ?? { fanout: null }
  const state = join === undefined || join === null ? undefined : fanout?.joins[join.index]
  if (!join || branch === null || fanout === null || state === undefined || state.closed) {
    throw new InvariantError('K5', `token "${token.id}" arrived through "${ref}", which joins nothing that is open`)
  }
  if (!branch.arrived.includes(join.index)) {
    const value = join.take === 'last' ? valueIn(own, token.last) : valueIn(own, join.take)
    fold.noteCounters(fanout)
    changes.set(branch, 'arrived', [...branch.arrived, join.index])
    changes.add(state.results, branch.index, value?.output ?? null)
    state.arrived += 1
    const { timeout } = plan.fans[join.fan]?.joins[join.index]?.def ?? {}
    if (timeout !== undefined && state.dueAt === 0) {
      changes.set(state, 'dueAt', fold.time + timeout)
      fold.state.timers.add({ at: state.dueAt, id: fanout.id, join: join.index })
    }
    if (typeof join.take === 'number') keepChild(fold, fanout, join.take, value)
  }
  fold.removeToken(token)
  endIfEmpty(fold, own)
}

export function foldJoined(fold: Fold, event: EventOf<'joined'>, id: EventId): void {
  const fanout = fold.fanout(event.fanout)
  const plan = fold.plan.fans[fanout.fan]
  const index = event.node === undefined ? 0 : (plan?.joins.findIndex((one) => one.def.node === event.node) ?? -1)
  const join = plan?.joins[index]
  const state = fanout.joins[index]
  if (plan === undefined || join === undefined || state === undefined || state.closed) {
    throw new InvariantError('K5', `fan-out "${fanout.id}" has no open join ${event.node ?? ''}`)
  }
  fold.changes.set(state, 'closed', true)
  const { frame, part, loops } = fanout
  const token = fold.createToken(id, join.node, { frame, part, loops })
  const value = mergeBranches({ plan, join, fanout, state }, event)
  const failed = { ...value, status: 'failed' as const, ...(event.error === undefined ? {} : { error: event.error }) }
  fold.setValue(frame, join.node, event.status === 'completed' ? value : failed)
  if (event.status === 'completed') {
    token.last = join.node
    fold.noteCompletion(part, frame, { node: join.node, value })
  }
  if (event.open !== true && fanout.joins.every((one) => one.closed)) closeFanOut(fold, fanout)
}

/** The branch of that fan-out in which a frame lies: its own, or one around it. */
export function branchOf(frame: Frame, fan: number): Frame | null {
  for (let at: Frame | null = frame; at !== null; at = at.parent) if (at.fanout?.fan === fan) return at
  return null
}
