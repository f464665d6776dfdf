import type { PlanFan, PlanTransition } from './plan.ts'
import type { FanOut } from './run-state.ts'

/** The transition that a branch goes along. */
export function wayOf(plan: PlanFan, { ways }: FanOut, index: number): PlanTransition | undefined {
  if (plan.def.each !== undefined) return plan.branches[0]
  if (ways === null) return plan.branches[index]
  let left = index
  for (const [ref, count] of ways) {
    if (left < count) return plan.branches.find(({ def }) => def.ref === ref)
    left -= count
  }
  return undefined
}

/**
 * What each branch is called where branches have keys, in their order: by the name of its transition, `name.0`, `name.1`,
 * … where that says how many it makes, however many those are; by its number where the transition has no name.
 */
export function branchKeys(plan: PlanFan, { count, ways }: FanOut): readonly string[] {
  if (plan.def.each !== undefined) return Array.from({ length: count }, (_, i) => String(i))
  if (ways === null) return plan.branches.map(({ def }, i) => def.branch ?? String(i))
  let first = 0
  return ways.flatMap(([ref, made]) => {
    const way = plan.branches.find(({ def }) => def.ref === ref)
    const name = way?.def.branch
    const before = first
    first += made
    return Array.from({ length: made }, (_, i) => {
      if (name === undefined) return String(before + i)
      return way?.spawn === null ? name : `${name}.${i}`
    })
  })
}
