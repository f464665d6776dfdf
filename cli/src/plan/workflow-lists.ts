import type { Definition } from '@wonder/engine'
import { detoursOf } from './detours.ts'
import type { Membership } from './group-membership.ts'
import type { PlanGroup } from './plan-graph.ts'

/** The workflow's `on_error` and `finally`, which stand apart from its tasks. */
export type WorkflowLists = {
  readonly groups: readonly PlanGroup[]
  /** The list that a node or group stands in; undefined for the tasks. */
  readonly of: (id: string) => string | undefined
}

export const ON_ERROR = '$on_error'
export const FINALLY = '$finally'

/** A list stands apart when no way leads from it to the rest or back. */
export function workflowLists(definition: Definition, { border, around, groups }: Membership): WorkflowLists {
  const main = reachedFrom(definition, definition.start)
  const apart = new Map<string, string>()
  const made: PlanGroup[] = []
  for (const [id, kind, first] of [
    [ON_ERROR, 'on_error', definition.onError],
    [FINALLY, 'finally', definition.finally],
  ] as const) {
    if (first === undefined) continue
    const refs = reachedFrom(definition, first)
    const outermost = [...refs].every((ref) => !main.has(ref) && !apart.has(ref))
    if (!outermost || definition.nodes.every(({ ref }) => ref !== first)) continue
    for (const ref of refs) apart.set(ref, id)
    made.push({ id, kind })
  }
  const used = new Set<string>()
  const outer = (id: string) => (groups.has(id) ? groups.get(id)?.parent === undefined : !around.has(id))
  for (const [ref, list] of apart) if (outer(border.get(ref)?.group ?? ref)) used.add(list)
  return {
    groups: made.filter(({ id }) => used.has(id)),
    of: (id) => (outer(id) ? apart.get(id) : undefined),
  }
}

function reachedFrom({ nodes, transitions }: Definition, first: string): ReadonlySet<string> {
  const after = Map.groupBy(transitions, ({ from }) => from)
  const detours = new Map(nodes.map((node) => [node.ref, detoursOf(node).map(({ to }) => to)]))
  const seen = new Set<string>()
  const stack = [first]
  for (let ref = stack.pop(); ref !== undefined; ref = stack.pop()) {
    if (seen.has(ref)) continue
    seen.add(ref)
    stack.push(...(after.get(ref) ?? []).map(({ to }) => to), ...(detours.get(ref) ?? []))
  }
  return seen
}
