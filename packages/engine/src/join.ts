/**
 * Joins: when they are decided, and how.
 *
 * K5 a join activates once per fan-out, whatever the order of arrivals: then it is closed, and a token that comes later
 * only ends. With its last join a fan-out is closed, and what is live of it ends; or (`rest: continue`) it stays open until
 * all of its branches have ended by themselves.
 */
import type { ErrorBody } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import { markersIn } from './compile-expr.ts'
import type { Decision } from './decision.ts'
import type { JoinDef } from './definition.ts'
import { loadedValue } from './each-items.ts'
import { finishPart } from './ending.ts'
import type { EventId } from './events.ts'
import { branchOf } from './fold-join.ts'
import { tokensOf } from './frame-tokens.ts'
import type { Json } from './json.ts'
import { isBlobMarker } from './markers.ts'
import { type Merging, mergedOutput, skippedBesides } from './merge.ts'
import type { PlanFan, PlanTransition } from './plan.ts'
import type { FanOut, Frame, Token } from './run-state.ts'
import { NeedsBlobs } from './scope.ts'

/** The open fan-out whose join a transition leads to, as seen from a frame; null: the token passes straight through. */
export function joinedFanOut(frame: Frame, { join }: PlanTransition): FanOut | null {
  return join === null ? null : (branchOf(frame, join.fan)?.fanout ?? null)
}

/** A token has come to a join: its branch has arrived, or the join was decided without it. */
export function arrive(decision: Decision, token: Token, transition: PlanTransition, fanout: FanOut): void {
  const own = token.frame
  const open = fanout.joins[transition.join?.index ?? -1]?.closed === false
  if (open) decision.emit({ type: 'branch_arrived', token: token.id, transition: transition.def.ref })
  else decision.emit({ type: 'token_ended', token: token.id, reason: 'done' })
  // A token that leaves inner branches behind may end them, too.
  for (let frame: Frame | null = own; frame?.fanout; frame = frame.parent) {
    judge(decision, frame.fanout)
    if (frame.fanout === fanout) return
  }
}

/** Something ended in a frame: its fan-out is judged; in the run's own frame, the part may be over. */
export function settle(decision: Decision, frame: Frame): void {
  if (frame.fanout === null) decision.rest()
  else judge(decision, frame.fanout)
}

/** A branch has ended or arrived: which joins are decided, and may another branch start? */
export function judge(decision: Decision, fanout: FanOut): void {
  if (!decision.state.fanouts.has(fanout.id)) return
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  for (const index of plan.joins.keys()) {
    if (fanout.joins[index]?.closed !== false) continue
    const verdict = decideJoin(plan, fanout, index)
    if (verdict === 'open') continue
    activate(decision, fanout, { index, error: verdict })
    if (!decision.state.fanouts.has(fanout.id)) return
  }
  if (fanout.ended < fanout.count) return decision.start(fanout)
  closeFanOut(decision, plan, fanout)
}

/** `open`: not decided. Null: it succeeds. */
type Verdict = 'open' | ErrorBody | null

function decideJoin(plan: PlanFan, fanout: FanOut, index: number): Verdict {
  const join = plan.joins[index]
  const state = fanout.joins[index]
  if (join === undefined || state === undefined) return 'open'
  const { strategy, require = 'all' } = join.def
  const { count, ended, failures } = fanout
  const { arrived } = state
  const possible = count - arrived - state.missed
  if (require !== 'all' && require !== 'ended') {
    const needed = require === 'any' ? 1 : require.quorum
    if (arrived >= needed || count === 0) return null
    if (arrived + possible >= needed) return 'open'
    return unreachable(plan, fanout, { node: join.def.node, arrived, needed })
  }
  if (strategy === 'fail_fast' && failures.size > 0) return failed(plan, fanout, join.def.node)
  if (strategy === 'race' && arrived > 0) return null
  if (possible > 0 || (require === 'ended' && ended < count)) return 'open'
  // Of several joins, one that no branch came to stays silent, unless none came to any.
  if (arrived === 0 && count > 0 && plan.joins.length > 1) {
    const nowhere = ended === count && fanout.joins.every((one) => one.arrived === 0 && !one.closed)
    if (!nowhere || index > 0) return 'open'
  }
  const fails = failures.size > 0 && (strategy === 'wait_all' || arrived === 0)
  return fails ? failed(plan, fanout, join.def.node) : null
}

/** The time of a join is up: it fails, or goes on with what has arrived. */
export function joinTimedOut(decision: Decision, id: EventId, index: number): void {
  const fanout = decision.state.fanouts.get(id)
  const plan = decision.plan.fans[fanout?.fan ?? -1]
  const join = plan?.joins[index]
  const state = fanout?.joins[index]
  if (fanout === undefined || plan === undefined || join === undefined || state === undefined || state.closed) return
  const proceeds = join.def.onTimeout === 'proceed'
  const late = proceeds ? null : timedOut(join.def, fanout, state.arrived)
  activate(decision, fanout, { index, error: late, timedOut: proceeds })
  judge(decision, fanout)
}

type Activation = { readonly index: number; readonly error: ErrorBody | null; readonly timedOut?: boolean }

function activate(decision: Decision, fanout: FanOut, { index, error, timedOut = false }: Activation): void {
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  const join = plan.joins[index]
  const state = fanout.joins[index]
  if (join === undefined || state === undefined) return
  const last = fanout.joins.every((one, i) => one.closed || i === index)
  const open = last && error === null && join.def.rest === 'continue' && fanout.ended < fanout.count
  if (last && !open) abortWithin(decision, [], [fanout])
  const merging = { plan, join, fanout, state }
  const skipped = skippedBesides(merging)
  const id = decision.emit({
    type: 'joined',
    fanout: fanout.id,
    ...(plan.joins.length === 1 ? {} : { node: join.def.node }),
    status: error === null ? 'completed' : 'failed',
    ...(error === null ? {} : { error }),
    ...(timedOut ? { timed_out: true as const } : {}),
    ...(open ? { open: true as const } : {}),
    ...(skipped === undefined ? {} : { skipped }),
    ...(error === null ? loadedMerge(decision, merging) : {}),
  })
  decision.enter(id)
}

/** Nothing of the fan-out is live, and some joins (or all, where it has none) were never reached. */
function closeFanOut(decision: Decision, plan: PlanFan, fanout: FanOut): void {
  if (plan.joins.length === 0 && fanout.failures.size > 0) {
    return failFrame(decision, fanout.frame, failed(plan, fanout, plan.def.node))
  }
  decision.emit({ type: 'fan_out_closed', fanout: fanout.id })
  settle(decision, fanout.frame)
}

/** The fan-out fails as a whole: through its first join, or, where it has none, in what is around it. */
export function failFanOut(decision: Decision, fanout: FanOut, error: ErrorBody): void {
  if (fanout.joins.length === 0) return failFrame(decision, fanout.frame, error)
  activate(decision, fanout, { index: 0, error })
  if (decision.state.fanouts.has(fanout.id)) decision.emit({ type: 'fan_out_closed', fanout: fanout.id })
}

/** What fails in a frame without anybody to answer for it fails the branch; in the run's own frame, the run. */
export function failFrame(decision: Decision, frame: Frame, error: ErrorBody): void {
  const { fanout, index } = frame
  if (fanout === null) return finishPart(decision, error)
  abortWithin(decision, tokensOf(frame), frame.fanouts?.values() ?? [])
  decision.emit({ type: 'branch_failed', fanout: fanout.id, index, error })
  judge(decision, fanout)
}

/** append and merge_object look into the outputs: large ones must be loaded, and the merge stands in the event. */
function loadedMerge(decision: Decision, merging: Merging): { readonly output?: Json } {
  const { merge } = merging.join.def
  if (merge !== 'append' && merge !== 'merge_object') return {}
  const digests = new Set<string>()
  for (const result of merging.state.results.values()) markersIn(result, digests)
  if (digests.size === 0) return {}
  const missing = [...digests].filter((digest) => !decision.blobs.has(digest))
  if (missing.length > 0) throw new NeedsBlobs(missing)
  const results = new Map<number, Json>()
  for (const [index, result] of merging.state.results) {
    results.set(index, isBlobMarker(result) ? loadedValue(decision, result) : result)
  }
  return { output: decision.compact(mergedOutput({ ...merging, state: { ...merging.state, results } })) }
}

function failed({ def, branches }: PlanFan, { failures, count }: FanOut, ref: string): ErrorBody {
  const [index, first] = firstFailure(failures)
  // A list that is guarded by a fan-out of its own, or a loop, fails as what failed in it.
  if (first !== undefined && branches.length === 1 && branches[0]?.spawn === null && isGuard(def)) return first
  const many = count === 1 ? 'its only branch' : `${failures.size} of ${count} branches`
  return {
    code: 'branches_failed',
    message: `${many} of "${ref}" failed${first === undefined ? '' : `; first: ${first.message}`}`,
    retry: 'never',
    details: { fan: def.ref, failed: failures.size, total: count, ...(first === undefined ? {} : { first, index }) },
  }
}

function timedOut({ node, timeout }: JoinDef, { count }: FanOut, arrived: number): ErrorBody {
  return {
    code: 'join_timeout',
    message: `Join "${node}" had ${arrived} of ${count} branches ${(timeout ?? 0) / 1_000} s after the first`,
    retry: 'never',
    details: { arrived, total: count },
  }
}

function isGuard({ each, joins }: PlanFan['def']): boolean {
  return each === undefined && joins.length === 1 && joins[0]?.merge === 'last_wins' && joins[0].strategy === 'wait_all'
}

function firstFailure(failures: FanOut['failures']): readonly [number, ErrorBody] | readonly [] {
  return [...failures].sort(([a], [b]) => a - b)[0] ?? []
}

function unreachable(
  { def }: PlanFan,
  { failures, count }: FanOut,
  { node, arrived, needed }: { readonly node: string; readonly arrived: number; readonly needed: number },
): ErrorBody {
  const [, first] = firstFailure(failures)
  return {
    code: 'join_unreachable',
    message: `Join "${node}" needs ${needed} of ${count} branches, and only ${arrived} can arrive${first === undefined ? '' : `; first failure: ${first.message}`}`,
    retry: 'never',
    details: { fan: def.ref, needed, arrived, total: count, failed: failures.size },
  }
}
