import type { Json } from './json.ts'
import { isObject } from './markers.ts'
import type { PlanFan } from './plan.ts'
import type { FanOut, TaskValue } from './run-state.ts'

/** The value of a join: branches in the order of their numbers, whatever the order of arrival. `output`: computed by the decision already. */
export function mergeBranches(plan: PlanFan, fanout: FanOut, output: Json | undefined): TaskValue {
  const { failures, count, skipped, succeeded } = fanout
  const failed = [...failures]
    .sort(([a], [b]) => a - b)
    .map(([index, error]) => ({ index, item: itemOf(fanout, index), error: error as unknown as Json }))
  const left = count - succeeded - failures.size
  return {
    status: 'completed',
    output: output ?? mergedOutput(plan, fanout),
    failed,
    stats: { total: count + skipped, succeeded, failed: failures.size, skipped: skipped + left },
    ...(fanout.children === null ? {} : { children: Object.fromEntries(fanout.children) }),
  }
}

function itemOf(fanout: FanOut, index: number): Json {
  return Array.isArray(fanout.items) ? ((fanout.items as readonly Json[])[index] ?? null) : null
}

/** The merge of what has arrived. */
export function mergedOutput(plan: PlanFan, fanout: FanOut): Json {
  const { results, count } = fanout
  const { branches } = plan
  switch (plan.def.join.merge) {
    case 'collect':
      return Array.from({ length: count }, (_, i) => results.get(i) ?? null)
    case 'append': {
      const outputs = inOrder(fanout)
      return outputs.every(Array.isArray) ? (outputs as Json[][]).flat(1) : outputs
    }
    case 'keyed_by_branch':
      return Object.fromEntries(
        Array.from({ length: count }, (_, i) => [branches[i]?.def.branch ?? String(i), results.get(i) ?? null]),
      )
    case 'merge_object':
      return Object.fromEntries(
        inOrder(fanout)
          .filter(isObject)
          .flatMap((output) => Object.entries(output)),
      )
    case 'last_wins':
      return results.size === 0 ? {} : (inOrder(fanout).at(-1) ?? null)
  }
}

function inOrder({ results }: FanOut): readonly Json[] {
  return [...results].sort(([a], [b]) => a - b).map(([, output]) => output)
}
