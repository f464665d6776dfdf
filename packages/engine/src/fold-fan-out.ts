/**
 * The fold of fan-outs and their branches: how they open, and how they end with all that is live in them.
 */
import { InvariantError } from '@wonder/errors'
import { wayOf } from './branch-ways.ts'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import { isLive, tokensOf } from './frame-tokens.ts'
import type { Json } from './json.ts'
import { readPath } from './read-path.ts'
import { readable } from './readable.ts'
import { createFrame, type FanOut, type Frame, type TaskValue } from './run-state.ts'
import { valueIn } from './scope.ts'

export function foldFannedOut(fold: Fold, event: EventOf<'fanned_out'>, id: EventId): void {
  const { state, changes } = fold
  const token = fold.token(event.token)
  const { frame } = token
  const fan = fold.fan(event.fan)
  const plan = fold.plan.fans[fan]
  const fanout: FanOut = {
    id,
    fan,
    frame,
    part: token.part,
    count: event.count,
    skipped: event.skipped ?? 0,
    items: event.items ?? (event.from === undefined ? null : valueAt(fold, frame, event.from)),
    next: 0,
    branches: new Map(),
    joins: (plan?.joins ?? []).map(() => ({ closed: false, dueAt: 0, arrived: 0, missed: 0, results: new Map() })),
    ways: event.ways ?? null,
    loops: token.loops,
    failures: new Map(),
    children: plan?.def.each === undefined ? new Map() : null,
    ended: 0,
  }
  changes.add(state.fanouts, id, fanout)
  if (frame.fanouts === null) changes.set(frame, 'fanouts', new Map([[id, fanout]]))
  else changes.put(frame.fanouts, id, fanout)
  fold.removeToken(token)
}

export function foldBranchStarted(fold: Fold, event: EventOf<'branch_started'>, id: EventId): void {
  const { state, changes } = fold
  const fanout = fold.fanout(event.fanout)
  const frame = createFrame(id, fanout, event.index)
  frame.made = state.number
  changes.add(fanout.branches, event.index, frame)
  fold.noteCounters(fanout)
  fanout.next = event.index + 1
  fold.createToken(id, fold.node(event.node), { frame, part: fanout.part, loops: fanout.loops })
}

export function foldBranchFailed(fold: Fold, event: EventOf<'branch_failed'>): void {
  const fanout = fold.fanout(event.fanout)
  const frame = fanout.branches.get(event.index)
  if (frame === undefined) throw new InvariantError('K5', `branch ${event.index} of "${event.fanout}" is not live`)
  fold.changes.put(fanout.failures, event.index, event.error)
  const plan = fold.plan.fans[fanout.fan]
  const way = plan === undefined ? undefined : wayOf(plan, fanout, event.index)
  if (fanout.children !== null && way?.def.branch !== undefined) {
    const child = fold.plan.nodeIndex.get(way.def.branch)
    const value = child === undefined ? undefined : frame.values?.get(child)
    keepChild(fold, fanout, child ?? -1, value ?? { status: 'failed', output: null, error: event.error })
  }
  endBranch(fold, fanout, frame)
}

export function foldFanOutClosed(fold: Fold, event: EventOf<'fan_out_closed'>): void {
  const fanout = fold.fanout(event.fanout)
  closeFanOut(fold, fanout)
  endIfEmpty(fold, fanout.frame)
}

/** What a branch of a parallel has come to, by the ref of its node. */
export function keepChild(fold: Fold, fanout: FanOut, node: number, value: TaskValue | undefined): void {
  const ref = fold.plan.nodes[node]?.ref
  if (fanout.children === null || ref === undefined || value === undefined) return
  fold.changes.put(fanout.children, ref, value)
}

/** A branch in which nothing is live any more has ended. */
export function endIfEmpty(fold: Fold, frame: Frame): void {
  if (frame.fanout === null || isLive(frame)) return
  endBranch(fold, frame.fanout, frame)
}

/** The fan-out is over: whatever of it is live ends. */
export function closeFanOut(fold: Fold, fanout: FanOut): void {
  const { state, changes } = fold
  for (const branch of fanout.branches.values()) dropBelow(fold, branch)
  changes.remove(state.fanouts, fanout.id)
  if (fanout.frame.fanouts !== null) changes.remove(fanout.frame.fanouts, fanout.id)
}

/** Ends every token, fan-out and branch inside of a frame; its values stay. */
export function dropBelow(fold: Fold, frame: Frame): void {
  for (const token of tokensOf(frame)) fold.removeToken(token)
  if (frame.fanouts === null) return
  for (const fanout of [...frame.fanouts.values()]) closeFanOut(fold, fanout)
}

function endBranch(fold: Fold, fanout: FanOut, frame: Frame): void {
  const { changes } = fold
  dropBelow(fold, frame)
  changes.remove(fanout.branches, frame.index)
  fold.noteCounters(fanout)
  fanout.ended += 1
  for (const [index, join] of fanout.joins.entries()) {
    if (!frame.arrived.includes(index)) join.missed += 1
  }
}

/** The items that an event does not hold, because they stand in the run's state. */
function valueAt(fold: Fold, frame: Frame, path: readonly (string | number)[]): Json {
  const { input, values } = fold.state
  if (path[0] !== 'tasks') return readPath({ input, state: values }, path, 0)
  return readPath(readable(valueIn(frame, fold.node(String(path[1])))), path, 2)
}
