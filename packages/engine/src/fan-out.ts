/**
 * Fan-outs: how many branches there are, and which may start. Their joins: join.ts.
 */
import { WonderError } from '@wonder/errors'
import { wayOf } from './branch-ways.ts'
import { admitsWidth } from './budget.ts'
import { type Computed, type Decision, roomOfCommand } from './decision.ts'
import { type Items, itemsOf, mostItems, tooMany } from './each-items.ts'
import { arrive, failFanOut, judge } from './join.ts'
import type { PlanFan, PlanTransition } from './plan.ts'
import type { FanOut, Token } from './run-state.ts'
import { isHeld } from './run-status.ts'

/** A decision starts no more branches when its record holds so many events, or its room is used. */
const mostEvents = 4_000

/** A token becomes the branches of a fan-out. `fired`: the transitions of it that fire. */
export function fanOut(decision: Decision, token: Token, fan: number, fired: readonly PlanTransition[]): void {
  const plan = decision.plan.fans[fan] as PlanFan
  const found = branchesOf(decision, token, { plan, fired })
  const { count, items, from, skipped, ways } = found.ok ? found.value : { count: 0, skipped: 0 }
  if (found.ok && !admitsWidth(decision, token, { plan, fired, count })) return
  const id = decision.emit({
    type: 'fanned_out',
    token: token.id,
    fan: plan.def.ref,
    count,
    ...(items === undefined ? {} : { items }),
    ...(from === undefined ? {} : { from }),
    ...(skipped === 0 ? {} : { skipped }),
    ...(ways === undefined ? {} : { ways }),
  })
  const fanout = decision.state.fanouts.get(id)
  if (fanout === undefined) return
  // What is wrong with the items fails the joins: the group's own `onError` decides.
  if (!found.ok) return failFanOut(decision, fanout, found.error)
  judge(decision, fanout)
}

type Branches = Items & { readonly ways?: FanOut['ways'] & {} }

function branchesOf(
  decision: Decision,
  token: Token,
  { plan, fired }: { readonly plan: PlanFan; readonly fired: readonly PlanTransition[] },
): Computed<Branches> {
  if (plan.def.each !== undefined) return decision.compute(() => itemsOf(decision, token, plan))
  const whole = fired.length === plan.branches.length && fired.every((way) => way.spawn === null)
  if (whole) return { ok: true, value: { count: fired.length, skipped: 0 } }
  return decision.compute(() => {
    const context = decision.context(token.frame, token)
    const ways = fired.map((way) => [way.def.ref, spawnCount(way, way.spawn?.(context) ?? 1)] as const)
    const count = ways.reduce((sum, [, branches]) => sum + branches, 0)
    if (count > mostItems) throw tooMany(count)
    return { count, skipped: 0, ways }
  })
}

function spawnCount({ def }: PlanTransition, count: unknown): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count
  const given = JSON.stringify(count)
  throw new WonderError(
    'invalid_value',
    `Cannot fan out along "${def.ref}": spawn must be a whole number from 0, and it is ${given}`,
  )
}

/** Open fan-outs that have branches to start; whether they may is for `startBranches` to say. */
export function fanOutsWithMore(decision: Decision): readonly FanOut[] {
  if (decision.state.fanouts.size === 0) return []
  return [...decision.state.fanouts.values()].filter((fanout) => fanout.next < fanout.count)
}

/**
 * Starts as many branches as workers, waves and the record allow: one now, and the next when that one has done what it
 * can at once, so that what it wrote counts.
 */
export function startBranches(decision: Decision, fanout: FanOut): void {
  if (isHeld(decision.state) || !decision.state.fanouts.has(fanout.id)) return
  const plan = decision.plan.fans[fanout.fan] as PlanFan
  const { batch } = plan.def.each ?? {}
  const until =
    batch === undefined ? fanout.count : Math.min(fanout.count, (Math.floor(fanout.ended / batch) + 1) * batch)
  if (fanout.next >= until || fanout.branches.size >= plan.workers) return
  if (decision.events >= mostEvents || decision.size >= roomOfCommand) {
    decision.more = true
    return
  }
  const index = fanout.next
  const way = wayOf(plan, fanout, index)
  if (way === undefined) return
  const id = decision.emit({ type: 'branch_started', fanout: fanout.id, index, node: way.def.to })
  const token = decision.state.tokens.get(id)
  // A branch without tasks leads from the opening straight to the join.
  if (way.join !== null && token !== undefined) return arrive(decision, token, way, fanout)
  decision.enter(id)
  decision.start(fanout)
}
