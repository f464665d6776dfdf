import type { PlanGraph } from './plan-graph.ts'
import { FINALLY, ON_ERROR } from './workflow-lists.ts'

/** The tasks, and the workflow's `on_error` and `finally`, where no way leads from one to another. Empty ones are left out. */
export function graphParts(graph: PlanGraph): readonly PlanGraph[] {
  const parents = new Map([...graph.groups, ...graph.nodes].map(({ id, group }) => [id, group]))
  const listOf = (id: string): string | undefined => {
    let outer = id
    for (let next = parents.get(outer); next !== undefined; next = parents.get(outer)) outer = next
    return outer === ON_ERROR || outer === FINALLY ? outer : undefined
  }
  if (graph.edges.some(({ from, to }) => listOf(from) !== listOf(to))) return [graph]
  return [undefined, ON_ERROR, FINALLY].flatMap((list) => {
    const nodes = graph.nodes.filter(({ id }) => listOf(id) === list)
    const groups = graph.groups.filter(({ id }) => listOf(id) === list)
    const edges = graph.edges.filter(({ from }) => listOf(from) === list)
    const start = graph.start !== undefined && listOf(graph.start) === list ? graph.start : undefined
    return nodes.length + groups.length === 0 ? [] : [{ nodes, groups, edges, start }]
  })
}
