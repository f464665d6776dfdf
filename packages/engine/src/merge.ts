import type { Json } from './json.ts'
import { isObject } from './markers.ts'
import type { PlanFan } from './plan.ts'
import type { FanOut, TaskValue } from './run-state.ts'

/** The value of a join: branches in the order of their numbers, whatever the order of arrival. `output`: computed by the decision already. */
export function mergeBranches(plan: PlanFan, fanout: FanOut, output: Json | undefined): TaskValue {
  const { failures, count, skipped, succeeded } = fanout
  const failed = [...failures]
    .sort((a, b) => a.index - b.index)
    .map(({ index, error }) => ({ index, item: itemOf(fanout, index), error: error as unknown as Json }))
  const left = count - succeeded - failures.length
  return {
    status: 'completed',
    output: output ?? mergedOutput(plan, fanout),
    failed,
    stats: { total: count + skipped, succeeded, failed: failures.length, skipped: skipped + left },
    ...(fanout.children === null ? {} : { children: fanout.children }),
  }
}

function itemOf(fanout: FanOut, index: number): Json {
  return Array.isArray(fanout.items) ? ((fanout.items as readonly Json[])[index] ?? null) : null
}

/** The merge of what has arrived. */
export function mergedOutput(plan: PlanFan, fanout: FanOut): Json {
  const failed = new Set(fanout.failures.map((failure) => failure.index))
  const arrived: number[] = []
  for (let i = 0; i < fanout.results.length; i++) if (i in fanout.results && !failed.has(i)) arrived.push(i)
  const results = fanout.results
  switch (plan.def.join.merge) {
    case 'collect':
      return Array.from({ length: fanout.count }, (_, i) => results[i] ?? null)
    case 'append': {
      const outputs = arrived.map((i) => results[i] as Json)
      return outputs.every(Array.isArray) ? (outputs as Json[][]).flat(1) : outputs
    }
    case 'keyed_by_branch':
      return Object.fromEntries(
        Array.from({ length: fanout.count }, (_, i) => [plan.branches[i]?.def.branch ?? String(i), results[i] ?? null]),
      )
    case 'merge_object':
      return Object.assign({}, ...arrived.map((i) => results[i]).filter(isObject)) as Json
    case 'last_wins':
      return arrived.length === 0 ? {} : (results[arrived[arrived.length - 1] as number] as Json)
  }
}
