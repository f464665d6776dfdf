import { shownSpan } from './check-shape.ts'
import { alwaysEnds, type Graph, type GraphNode, isCertain } from './graph.ts'
import type { CompilerParts } from './place.ts'
import type { Problems } from './problems.ts'
import { child } from './tree.ts'

/** Tells of nodes that no way from the start leads to. */
export function tellUnreachable(
  { nodes }: Graph,
  reached: ReadonlySet<GraphNode>,
  { problems, names }: CompilerParts,
): void {
  const lost = nodes.filter((node) => !reached.has(node))
  const first = lost.filter((node) => node.in.every(({ from }) => from === node))
  for (const { task } of lost) {
    const named = names.get(task.id)
    if (named !== undefined) named.unreachable = true
  }
  for (const { task } of first.length > 0 ? first : lost.slice(0, 1)) {
    const tree = child(task.tree, 'id') ?? task.tree
    problems.add({
      code: 'unreachable_task',
      message: `"${task.id}" is never reached: no transition leads to it${first.length > 0 ? '' : ' from the start'}`,
      at: { file: tree.file, span: shownSpan(tree) },
      help: 'Remove it, or let a transition lead to it.',
    })
  }
}

/** Transitions that stand behind one that is always taken, or leave what ends the run. */
export function tellNeverTaken({ task, out }: GraphNode, problems: Problems): void {
  const ways = out.filter((edge) => !edge.failure)
  if (alwaysEnds(task)) {
    for (const { tree } of ways) {
      const message = `"${task.id}" ends the run, so this is never taken`
      problems.add({ code: 'unreachable_transition', message, at: child(tree, 'from') ?? tree, help: 'Remove it.' })
    }
    return
  }
  const always = ways.filter(isCertain).sort((a, b) => a.priority - b.priority)[0]
  if (always === undefined) return
  for (const edge of ways) {
    if (edge.priority <= always.priority) continue
    problems.add({
      code: 'unreachable_transition',
      message: `"${task.id}" always goes on to "${always.to.task.id}" before, by priority ${always.priority}`,
      at: child(edge.tree, 'priority') ?? edge.tree,
      help: 'Give the other transition an `if`, or this one the same priority to take both.',
    })
  }
}
