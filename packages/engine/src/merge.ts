import type { Json } from './json.ts'
import { isObject } from './markers.ts'
import type { PlanFan, PlanJoin } from './plan.ts'
import type { FanOut, JoinState, TaskValue } from './run-state.ts'

/** One join of a fan-out and what has arrived there. */
export type Merging = {
  readonly plan: PlanFan
  readonly join: PlanJoin
  readonly fanout: FanOut
  readonly state: JoinState
}

/** The value of a join: branches in the order of their numbers, whatever the order of arrival. `output`: computed by the decision already. */
export function mergeBranches(merging: Merging, output: Json | undefined): TaskValue {
  const { fanout, state } = merging
  const { failures, count, skipped } = fanout
  const failed = [...failures]
    .sort((a, b) => a.index - b.index)
    .map(({ index, error }) => ({ index, item: itemOf(fanout, index), error: error as unknown as Json }))
  const left = Math.max(0, count - state.arrived - failures.length)
  return {
    status: 'completed',
    output: output ?? mergedOutput(merging),
    failed,
    stats: { total: count + skipped, succeeded: state.arrived, failed: failures.length, skipped: skipped + left },
    ...(fanout.children === null ? {} : { children: fanout.children }),
  }
}

function itemOf(fanout: FanOut, index: number): Json {
  return Array.isArray(fanout.items) ? ((fanout.items as readonly Json[])[index] ?? null) : null
}

/** The merge of what has arrived. */
export function mergedOutput({ plan, join, fanout, state }: Merging): Json {
  const { results } = state
  const arrived: number[] = []
  for (let i = 0; i < results.length; i++) if (results[i] !== undefined) arrived.push(i)
  switch (join.def.merge) {
    case 'collect':
      return Array.from({ length: fanout.count }, (_, i) => results[i] ?? null)
    case 'append': {
      const outputs = arrived.map((i) => results[i] as Json)
      return outputs.every(Array.isArray) ? (outputs as Json[][]).flat(1) : outputs
    }
    case 'keyed_by_branch':
      return Object.fromEntries(
        Array.from({ length: fanout.count }, (_, i) => [(plan.def.each === undefined && fanout.ways === null ? plan.branches[i]?.def.branch : undefined) ?? String(i), results[i] ?? null]),
      )
    case 'merge_object':
      return Object.assign({}, ...arrived.map((i) => results[i]).filter(isObject)) as Json
    case 'last_wins':
      return arrived.length === 0 ? {} : (results[arrived[arrived.length - 1] as number] as Json)
  }
}
