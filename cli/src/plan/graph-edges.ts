import type { Definition, Json, TransitionDef } from '@wonder/engine'
import { detoursOf } from './detours.ts'
import { expressionText, shortCondition } from './expression-text.ts'
import { fanText, routeSubject } from './group-detail.ts'
import type { Membership } from './group-membership.ts'
import type { EdgeKind, PlanEdge } from './plan-graph.ts'

/** The ways between boxes and groups. Those inside a border, such as from a group's `if` to its opening, are left out. */
export function graphEdges(definition: Definition, membership: Membership, input: Json): readonly PlanEdge[] {
  const leaving = Map.groupBy(definition.transitions, ({ from }) => from)
  const refs = new Set(definition.nodes.map(({ ref }) => ref))
  const edges: PlanEdge[] = []
  for (const way of definition.transitions) {
    if (!refs.has(way.from) || !refs.has(way.to)) continue
    const ends = endsOf(way.from, way.to, membership)
    if (ends === undefined) continue
    const words = [
      looseText(definition, way, membership, input),
      way.spawn === undefined ? undefined : `×${expressionText(way.spawn)}`,
      labelOf(way, leaving.get(way.from) ?? []),
      way.max_iterations === undefined ? undefined : `at most ${way.max_iterations} times`,
    ]
    const label = words.filter((text) => text !== undefined).join(', ')
    edges.push({
      id: way.ref,
      ...ends,
      ...(way.if === undefined ? {} : { if: way.if }),
      ...(way.priority === undefined || way.priority === 0 ? {} : { priority: way.priority }),
      ...(way.max_iterations === undefined ? {} : { max_iterations: way.max_iterations }),
      ...(label === '' ? {} : { label }),
    })
  }
  for (const node of definition.nodes) {
    for (const { to, id, label } of detoursOf(node)) {
      const ends = refs.has(to) ? endsOf(node.ref, to, membership) : undefined
      if (ends !== undefined) edges.push({ id, ...ends, kind: 'error', label })
    }
  }
  return edges
}

/** Where a way begins and ends as it is drawn; undefined for one inside a border. */
function endsOf(
  from: string,
  to: string,
  membership: Membership,
): { readonly from: string; readonly to: string; readonly kind: EdgeKind } | undefined {
  const [source, target] = [membership.border.get(from), membership.border.get(to)]
  const ends = { from: source?.group ?? from, to: target?.group ?? to }
  if (source !== undefined && source.group === target?.group) {
    if (source.side === target.side) return undefined
    if (source.side === 'exit') return { ...ends, kind: 'next' }
    // Past the `if` of a group: the group is skipped, which its title says.
    return membership.gates.has(from) ? undefined : { ...ends, kind: 'passes' }
  }
  if (source?.side === 'entry' && isInside(ends.to, ends.from, membership)) return { ...ends, kind: 'opens' }
  if (target?.side === 'exit' && isInside(ends.from, ends.to, membership)) return { ...ends, kind: 'closes' }
  return { ...ends, kind: 'next' }
}

function isInside(id: string, group: string, { around, groups }: Membership): boolean {
  let outer = groups.has(id) ? groups.get(id)?.parent : around.get(id)
  while (outer !== undefined && outer !== group) outer = groups.get(outer)?.parent
  return outer === group
}

/** The words on a way out of a node. */
function labelOf(way: TransitionDef, siblings: readonly TransitionDef[]): string | undefined {
  if (way.if !== undefined) {
    return routeSubject(way) === undefined ? shortCondition(way.if) : String(way.label)
  }
  const priority = way.priority ?? 0
  const skipped = siblings.some((other) => other.if !== undefined && shortCondition(other.if) === 'unless skipped')
  if (skipped) return 'when skipped'
  const asked = siblings.some((other) => other.if !== undefined && (other.priority ?? 0) < priority)
  if (asked || way.label === 'otherwise') return 'otherwise'
  return typeof way.label === 'string' ? way.label : undefined
}

/** What a fan-out that is no group of the outline does, on the way where it begins. */
function looseText({ fans }: Definition, way: TransitionDef, { groups }: Membership, input: Json): string | undefined {
  if (way.fan === undefined) return undefined
  const fan = fans.find(({ ref }) => ref === way.fan)
  const drawn = [...groups.values()].some(({ item }) => item.fan === way.fan || item.node === way.fan)
  if (fan === undefined || drawn) return undefined
  return fan.each === undefined ? way.branch : fanText(fan, input)
}
