import type { Edge, Graph, GraphNode } from './graph.ts'
import type { Problems } from './problems.ts'

/** Nodes in the order of a walk from the start: each after those that lead to it, but for ways back. */
export function walkOrder({ start }: Graph): readonly GraphNode[] {
  const seen = new Set([start])
  const done: GraphNode[] = []
  const stack = [{ node: start, next: 0 }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const edge = top.node.out[top.next++]
    if (edge === undefined) {
      done.push(top.node)
      stack.pop()
    } else if (!seen.has(edge.to)) {
      seen.add(edge.to)
      stack.push({ node: edge.to, next: 0 })
    }
  }
  return done.reverse()
}

/** Tells of cycles that nothing limits: none of their transitions has `max_iterations`, and none of their nodes ends the run. */
export function checkCycles(graph: Graph, order: readonly GraphNode[], problems: Problems): void {
  const ends = ({ task }: GraphNode) => task.kind === 'end' || task.kind === 'fail'
  const free = (edge: Edge) => edge.limit === undefined && !ends(edge.from) && !ends(edge.to)
  for (const cycle of knots(order, free)) {
    const inside = new Set(cycle)
    const back = graph.edges.filter((edge) => free(edge) && inside.has(edge.from) && inside.has(edge.to)).at(-1)
    if (back === undefined) continue
    const way = [...wayBetween(back.to, back.from, (edge) => free(edge) && inside.has(edge.to)), back.to]
    problems.add({
      code: 'loop_without_limit',
      message: `nothing limits the cycle ${way.map(({ task }) => task.id).join(' → ')}`,
      at: back.target ?? back.tree,
      help: back.failure
        ? 'Lead it to a node outside of the cycle, or use retry.'
        : back.group === undefined
          ? 'Add to this transition max_iterations: 10, or another number.'
          : 'Add max_iterations to a transition of the cycle that opens no branches.',
    })
  }
}

/** Strongly connected sets of nodes in which a token can go round (Tarjan 1972, without recursion). */
function knots(nodes: readonly GraphNode[], follows: (edge: Edge) => boolean): readonly (readonly GraphNode[])[] {
  const index = new Map<GraphNode, number>()
  const low = new Map<GraphNode, number>()
  const open: GraphNode[] = []
  const isOpen = new Set<GraphNode>()
  const found: GraphNode[][] = []
  const begin = (node: GraphNode) => {
    index.set(node, index.size)
    low.set(node, index.size - 1)
    open.push(node)
    isOpen.add(node)
    return { node, next: 0 }
  }
  const lower = (node: GraphNode, to: number | undefined) => low.set(node, Math.min(low.get(node) ?? 0, to ?? 0))
  for (const root of nodes) {
    if (index.has(root)) continue
    const stack = [begin(root)]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { node } = top
      const edge = node.out[top.next++]
      if (edge !== undefined) {
        if (!follows(edge)) continue
        if (!index.has(edge.to)) stack.push(begin(edge.to))
        else if (isOpen.has(edge.to)) lower(node, index.get(edge.to))
        continue
      }
      stack.pop()
      const parent = stack.at(-1)
      if (parent !== undefined) lower(parent.node, low.get(node))
      if (low.get(node) !== index.get(node)) continue
      const knot = open.splice(open.lastIndexOf(node))
      for (const member of knot) isOpen.delete(member)
      if (knot.length > 1 || node.out.some((way) => follows(way) && way.to === node)) found.push(knot)
    }
  }
  return found
}

/** The shortest way from one node to another. */
function wayBetween(from: GraphNode, to: GraphNode, follows: (edge: Edge) => boolean): readonly GraphNode[] {
  const before = new Map<GraphNode, GraphNode | undefined>([[from, undefined]])
  const waiting = [from]
  for (let node = waiting.shift(); node !== undefined && node !== to; node = waiting.shift()) {
    for (const edge of node.out) {
      if (!follows(edge) || before.has(edge.to)) continue
      before.set(edge.to, node)
      waiting.push(edge.to)
    }
  }
  const way: GraphNode[] = []
  for (let node: GraphNode | undefined = to; node !== undefined; node = before.get(node)) way.unshift(node)
  return way
}
