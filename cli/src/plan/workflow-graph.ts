import type { Definition, Json, NodeDef } from '@wonder/engine'
import { graphEdges } from './graph-edges.ts'
import { groupDetail } from './group-detail.ts'
import { type GroupPlace, type Membership, membershipOf } from './group-membership.ts'
import type { PlanGraph, PlanGroup, PlanNode } from './plan-graph.ts'
import { detailOf, stepsOf } from './task-detail.ts'
import { workflowLists } from './workflow-lists.ts'

/**
 * The graph of a definition as a person sees it. Nodes where groups open and close become the groups' borders; what
 * the outline does not name is drawn from nodes and transitions alone, so any definition has a graph.
 */
export function workflowGraph(definition: Definition, input: Json = {}): PlanGraph {
  const membership = membershipOf(definition)
  const lists = workflowLists(definition, membership)
  const nodes = definition.nodes
    .filter(({ ref }) => !membership.border.has(ref))
    .map((node): PlanNode => {
      const group = membership.around.get(node.ref) ?? lists.of(node.ref)
      return { ...describe(definition, node, membership), ...(group === undefined ? {} : { group }) }
    })
  const groups = [...membership.groups].map(([id, place]): PlanGroup => {
    const { item, parent } = place
    const group = parent ?? lists.of(id)
    const when = conditionOf(definition, place)
    const detail = groupDetail(definition, place, input)
    return {
      id,
      kind: item.kind,
      ...(item.name === undefined ? {} : { name: item.name }),
      ...(detail === undefined ? {} : { detail }),
      ...(group === undefined ? {} : { group }),
      ...(when === undefined ? {} : { when }),
      ...(definition.nodes.some(({ ref, onError }) => ref === id && onError === 'continue')
        ? { on_error: 'continue' as const }
        : {}),
    }
  })
  const start = membership.border.get(definition.start)?.group ?? definition.start
  const known = nodes.some(({ id }) => id === start) || membership.groups.has(start)
  return {
    nodes,
    groups: [...lists.groups, ...groups],
    edges: graphEdges(definition, membership, input),
    start: known ? start : undefined,
  }
}

function describe(definition: Definition, node: NodeDef, { items }: Membership): PlanNode {
  const item = items.get(node.ref)
  const steps = node.does.kind === 'task' ? stepsOf(definition, node) : []
  const action = steps.length === 1 ? steps[0]?.step.action : undefined
  const detail = detailOf(definition, node)
  const name = item?.name ?? (node.does.kind === 'error' ? node.does.code.replaceAll('_', ' ') : undefined)
  return {
    id: node.ref,
    kind: item?.kind ?? action ?? (node.does.kind === 'error' ? 'fail' : node.does.kind),
    ...(name === undefined ? {} : { name }),
    ...(detail === undefined || detail === '' ? {} : { detail }),
    ...(node.when === undefined ? {} : { when: node.when }),
    ...(node.onError === 'continue' || node.onError === 'block' ? { on_error: node.onError } : {}),
    ...(node.checkpoint?.type === 'decision-needed' ? { approval: true } : {}),
  }
}

/** A group's own `if`: the answer of the node that is asked before it opens. */
function conditionOf({ nodes }: Definition, { entries, item }: GroupPlace): string | undefined {
  for (const { ref, does } of nodes) {
    if (entries.has(ref) && does.kind === 'collect' && 'cel' in does.value) return does.value.cel
  }
  return nodes.find(({ ref }) => ref === item.node)?.when
}
