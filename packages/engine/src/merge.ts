import { branchKeys } from './branch-ways.ts'
import type { Json } from './json.ts'
import { isObject } from './markers.ts'
import type { PlanFan, PlanJoin } from './plan.ts'
import { readable } from './readable.ts'
import type { FanOut, JoinState, TaskValue } from './run-state.ts'

/** One join of a fan-out and what has arrived there. */
export type Merging = {
  readonly plan: PlanFan
  readonly join: PlanJoin
  readonly fanout: FanOut
  readonly state: JoinState
}

/** The value of a join: branches in the order of their numbers, whatever the order of arrival. `decided`: computed by the decision already. */
export function mergeBranches(
  merging: Merging,
  decided: { readonly output?: Json; readonly skipped?: number },
): TaskValue {
  const { fanout, state } = merging
  const { failures, count, skipped } = fanout
  const failed = [...failures]
    .sort(([a], [b]) => a - b)
    .map(([index, error]) => ({ index, item: itemOf(fanout, index), error: readable(error) }))
  const left = decided.skipped ?? skippedIfNoneDidBoth(merging)
  return {
    status: 'completed',
    output: decided.output ?? mergedOutput(merging),
    failed,
    stats: { total: count + skipped, succeeded: state.arrived, failed: failures.size, skipped: skipped + left },
    ...(fanout.children === null
      ? {}
      : { children: { ...withoutEnd(merging), ...Object.fromEntries(fanout.children) } }),
  }
}

/**
 * How many branches neither arrived nor failed, where some did both: a token came, and another one of the branch failed.
 * Undefined where none did. It stands in the event, because records without it are folded as they were written.
 */
export function skippedBesides({ fanout, state }: Merging): number | undefined {
  const both = [...fanout.failures.keys()].filter((index) => state.results.has(index)).length
  return both === 0 ? undefined : fanout.count - state.arrived - fanout.failures.size + both
}

function skippedIfNoneDidBoth({ fanout, state }: Merging): number {
  return Math.max(0, fanout.count - state.arrived - fanout.failures.size)
}

/** Named branches that were ended, or ended without arriving, count as skipped. */
function withoutEnd({ plan, fanout, state }: Merging): { readonly [branch: string]: TaskValue } {
  if (fanout.ways !== null) return {}
  const left = plan.branches.flatMap(({ def: { branch } }, i) =>
    branch === undefined || state.results.has(i) || fanout.failures.has(i) ? [] : [branch],
  )
  return Object.fromEntries(left.map((branch) => [branch, { status: 'skipped', output: null }]))
}

function itemOf(fanout: FanOut, index: number): Json {
  return Array.isArray(fanout.items) ? ((fanout.items as readonly Json[])[index] ?? null) : null
}

/** The merge of what has arrived. */
export function mergedOutput({ plan, join, fanout, state }: Merging): Json {
  const { results } = state
  const { count } = fanout
  switch (join.def.merge) {
    case 'collect':
      return Array.from({ length: count }, (_, i) => results.get(i) ?? null)
    case 'append': {
      const outputs = inOrder(state)
      return outputs.every(Array.isArray) ? (outputs as Json[][]).flat(1) : outputs
    }
    case 'keyed_by_branch':
      return Object.fromEntries(branchKeys(plan, fanout).map((key, i) => [key, results.get(i) ?? null]))
    case 'merge_object':
      return Object.fromEntries(
        inOrder(state)
          .filter(isObject)
          .flatMap((output) => Object.entries(output)),
      )
    case 'last_wins':
      return results.size === 0 ? {} : (inOrder(state).at(-1) ?? null)
  }
}

function inOrder({ results }: JoinState): readonly Json[] {
  return [...results].sort(([a], [b]) => a - b).map(([, output]) => output)
}
