/**
 * Fan-outs and their joins.
 *
 * Owns: how many branches there are, which may start, and when a join is decided.
 * K5 a join activates once per fan-out, whatever the order of arrivals: it closes the fan-out, and what belongs to a
 * closed fan-out is gone.
 */
import { type ErrorBody, WonderError } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import { markersIn } from './compile-expr.ts'
import type { Computed, Decision } from './decision.ts'
import type { Expr } from './expr.ts'
import type { Json } from './json.ts'
import { isBlobMarker, isObject } from './markers.ts'
import { mergedOutput } from './merge.ts'
import type { PlanFan, PlanTransition } from './plan.ts'
import type { FanOut, Token } from './run-state.ts'
import { NeedsBlobs } from './scope.ts'

/** A decision starts no more branches when its record holds so much. */
const mostEvents = 4_000
const mostSize = 1_048_576

/** The largest range or matrix. */
const mostItems = 1_000_000

type Items = {
  readonly items?: Json
  readonly from?: readonly (string | number)[]
  readonly count: number
  readonly skipped: number
}

/** The token becomes the branches. What is wrong with the items fails the join: the group's own `onError` decides. */
export function fanOut(decision: Decision, token: Token, fan: number): void {
  const plan = decision.plan.fans[fan] as PlanFan
  const found = plan.def.each === undefined ? named(plan) : decision.compute(() => itemsOf(decision, token, plan))
  const items = found.ok ? found.value : { count: 0, skipped: 0 }
  const id = decision.emit({
    type: 'fanned_out',
    token: token.id,
    fan: plan.def.ref,
    count: items.count,
    ...(items.items === undefined ? {} : { items: items.items }),
    ...(items.from === undefined ? {} : { from: items.from }),
    ...(items.skipped === 0 ? {} : { skipped: items.skipped }),
  })
  const fanout = decision.state.fanouts.get(id)
  if (fanout === undefined) return
  if (!found.ok) return join(decision, fanout, found.error)
  judge(decision, fanout)
}

function named(plan: PlanFan): Computed<Items> {
  return { ok: true, value: { count: plan.branches.length, skipped: 0 } }
}

function itemsOf(decision: Decision, token: Token, plan: PlanFan): Items {
  const context = decision.context(decision.frameOf(token), token)
  const each = plan.def.each
  if (plan.axes !== null) {
    const axes = plan.axes.map(([name, values]) => [name, axisOf(name, values(context))] as const)
    const exclude = plan.exclude?.(context) ?? []
    const max = each !== undefined && 'matrix' in each.items ? each.items.max : undefined
    return filtered(decision, token, plan, matrixOf(axes, Array.isArray(exclude) ? exclude : [exclude], max))
  }
  const value = plan.list?.(context) ?? null
  const list = isBlobMarker(value) ? loaded(decision, value) : value
  if (plan.filter === null && Array.isArray(list)) {
    if (isBlobMarker(value)) return { items: value, count: list.length, skipped: 0 }
    // A list that stands in the state already is named, not copied; the fold cannot follow a path through a large value.
    const source = each !== undefined && 'list' in each.items ? each.items.list : undefined
    if (source !== undefined && canBeNamed(source) && !decision.state.blobs) {
      return { from: source.path, count: list.length, skipped: 0 }
    }
  }
  return filtered(decision, token, plan, listOf(list))
}

function canBeNamed(source: Expr): source is { readonly path: readonly (string | number)[] } {
  return 'path' in source && (source.path[0] === 'tasks' || source.path[0] === 'input' || source.path[0] === 'state')
}

function loaded(decision: Decision, marker: { readonly $blob: string }): Json {
  const value = decision.blobs.get(marker.$blob)
  if (value === undefined) throw new NeedsBlobs([marker.$blob])
  return value
}

/** A list is itself, a map its pairs, a text such as `1..10` the whole numbers from the first to the last. */
function listOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[]
  if (isObject(value)) return Object.entries(value).map(([key, member]) => ({ key, value: member }))
  const range = typeof value === 'string' ? /^(-?\d{1,15})\.\.(-?\d{1,15})$/.exec(value.trim()) : null
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])]
    const count = Math.abs(to - from) + 1
    if (count > mostItems) throw tooMany(count)
    return Array.from({ length: count }, (_, i) => (from <= to ? from + i : from - i))
  }
  const what =
    value === null
      ? 'null'
      : typeof value === 'string'
        ? `the text ${JSON.stringify(value.slice(0, 40))}`
        : `a ${typeof value}`
  throw new WonderError(
    'not_a_list',
    `Cannot go through the items of \`each\`: a list, a map or a range such as "1..10" is needed, and it is ${what}`,
  )
}

function tooMany(count: number): WonderError {
  return new WonderError('limit_exceeded', `Cannot go through ${count} items: at most ${mostItems} are allowed`)
}

function axisOf(name: string, value: Json): readonly Json[] {
  try {
    return listOf(value)
  } catch (cause) {
    throw new WonderError('not_a_list', `Cannot build the matrix: axis "${name}" is not a list`, { cause })
  }
}

/** Every combination, the last axis turning fastest, without those that an entry of `exclude` matches. */
function matrixOf(
  axes: readonly (readonly [string, readonly Json[]])[],
  exclude: readonly Json[],
  max: number | undefined,
): readonly Json[] {
  const count = axes.reduce((product, [, values]) => product * values.length, 1)
  if (count > mostItems) throw tooMany(count)
  let rows: { readonly [axis: string]: Json }[] = [{}]
  for (const [axis, values] of axes) rows = rows.flatMap((row) => values.map((value) => ({ ...row, [axis]: value })))
  const kept = rows.filter((row) => !exclude.some((entry) => isObject(entry) && matches(row, entry)))
  if (max !== undefined && kept.length > max) {
    throw new WonderError(
      'limit_exceeded',
      `Cannot build the matrix: it has ${kept.length} combinations, and \`max\` is ${max}`,
    )
  }
  return kept
}

function matches(row: { readonly [axis: string]: Json }, entry: { readonly [axis: string]: Json }): boolean {
  return Object.entries(entry).every(([axis, value]) => JSON.stringify(row[axis]) === JSON.stringify(value))
}

function filtered(decision: Decision, token: Token, plan: PlanFan, list: readonly Json[]): Items {
  const { filter } = plan
  const as = plan.def.each?.as ?? 'item'
  if (filter === null) return { items: decision.compact(list), count: list.length, skipped: 0 }
  const frame = decision.frameOf(token)
  const kept = list.filter((value, index) => filter(decision.context(frame, token, { as, value, index })))
  return { items: decision.compact(kept), count: kept.length, skipped: list.length - kept.length }
}

/** Fan-outs of a run that is not paused, which have branches to start. */
export function fanOutsThatCanStart(decision: Decision): readonly FanOut[] {
  if (decision.state.fanouts.size === 0) return []
  return [...decision.state.fanouts.values()].filter((fanout) => fanout.next < fanout.count)
}

/**
 * Starts as many branches as workers, waves and the record allow: one now, and the next when that one has done what it
 * can at once, so that what it wrote counts.
 */
export function startBranches(decision: Decision, fanout: FanOut): void {
  if (decision.state.paused || !decision.state.fanouts.has(fanout.id)) return
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  const { batch } = plan.def.each ?? {}
  const until =
    batch === undefined ? fanout.count : Math.min(fanout.count, (Math.floor(fanout.ended / batch) + 1) * batch)
  if (fanout.next >= until || fanout.branches.size >= plan.workers) return
  if (decision.events >= mostEvents || decision.size >= mostSize) {
    decision.more = true
    return
  }
  const index = fanout.next
  const branch = plan.branches[plan.def.each === undefined ? index : 0]
  if (branch === undefined) return
  const id = decision.emit({ type: 'branch_started', fanout: fanout.id, index, node: branch.def.to })
  const token = decision.state.tokens.get(id)
  // A branch without tasks leads from the opening straight to the join.
  if (branch.join !== null && token !== undefined) return arrive(decision, token, branch)
  decision.enter(id)
  decision.start(fanout)
}

/** The branch has arrived with its first token; whatever else it was doing is over. */
export function arrive(decision: Decision, token: Token, transition: PlanTransition): void {
  const { fanout, tokens, fanouts } = decision.frameOf(token)
  abortWithin(decision, tokens.values(), fanouts.values())
  decision.emit({ type: 'branch_arrived', token: token.id, transition: transition.def.ref })
  if (fanout !== null) judge(decision, fanout)
}

/** A branch has ended: is the join decided, or may another branch start? */
export function judge(decision: Decision, fanout: FanOut): void {
  if (!decision.state.fanouts.has(fanout.id)) return
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  const { strategy } = plan.def.join
  const { failures, succeeded, ended, count } = fanout
  if (strategy === 'fail_fast' && failures.size > 0) return join(decision, fanout, failed(plan, fanout))
  if (strategy === 'race' && succeeded > 0) return join(decision, fanout, null)
  if (ended < count) {
    decision.start(fanout)
    return
  }
  const fails = failures.size > 0 && (strategy === 'wait_all' || succeeded === 0)
  join(decision, fanout, fails ? failed(plan, fanout) : null)
}

function join(decision: Decision, fanout: FanOut, error: ErrorBody | null): void {
  abortWithin(decision, [], [fanout])
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  const id = decision.emit({
    type: 'joined',
    fanout: fanout.id,
    status: error === null ? 'completed' : 'failed',
    ...(error === null ? {} : { error }),
    ...(error === null ? loadedMerge(decision, plan, fanout) : {}),
  })
  decision.enter(id)
}

/** append and merge_object look into the outputs: large ones must be loaded, and the merge stands in the event. */
function loadedMerge(decision: Decision, plan: PlanFan, fanout: FanOut): { readonly output?: Json } {
  const { merge } = plan.def.join
  if (merge !== 'append' && merge !== 'merge_object') return {}
  const digests = new Set<string>()
  for (const result of fanout.results.values()) markersIn(result, digests)
  if (digests.size === 0) return {}
  const missing = [...digests].filter((digest) => !decision.blobs.has(digest))
  if (missing.length > 0) throw new NeedsBlobs(missing)
  const results = new Map<number, Json>()
  for (const [index, result] of fanout.results)
    results.set(index, isBlobMarker(result) ? loaded(decision, result) : result)
  return { output: decision.compact(mergedOutput(plan, { ...fanout, results })) }
}

function failed(plan: PlanFan, fanout: FanOut): ErrorBody {
  const { failures, count } = fanout
  const [index, first] = [...failures].sort(([a], [b]) => a - b)[0] ?? []
  const ref = plan.def.join.node
  const many = count === 1 ? 'its only branch' : `${failures.size} of ${count} branches`
  return {
    code: 'branches_failed',
    message: `${many} of "${ref}" failed${first === undefined ? '' : `; first: ${first.message}`}`,
    retry: 'never',
    details: {
      failed: failures.size,
      total: count,
      ...(first === undefined ? {} : { first, index }),
    },
  }
}
