import { type Edge, type Graph, type GraphNode, type Group, labelOf } from './graph.ts'
import type { Problem, Problems } from './problems.ts'
import { child } from './tree.ts'

/** The groups in whose branches a node stands, from the outermost. */
export type Region = readonly Group[]

/** Where the nodes that can be reached stand. `sound`: each of them at one place alone. */
export type Regions = { readonly of: ReadonlyMap<GraphNode, Region>; readonly sound: boolean }

/** Follows every way from the start: what opens a group leads into its branches, a join leads out of them. */
export function findRegions(graph: Graph, problems: Problems): Regions {
  const of = new Map<GraphNode, Region>([[graph.start, []]])
  const told = new Set<GraphNode | Edge>()
  let sound = graph.sound
  const tell = (what: GraphNode | Edge, problem: Problem) => {
    sound = false
    if (told.has(what)) return
    told.add(what)
    if (graph.sound) problems.add(problem)
  }
  const waiting = [graph.start]
  for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
    const region = of.get(node) ?? []
    for (const edge of node.out) {
      const { to } = edge
      const after = regionAfter(edge, region, (problem) => tell(edge, problem))
      if (after === undefined) continue
      const before = of.get(to)
      if (before === undefined) {
        of.set(to, after)
        waiting.push(to)
      } else if (!same(before, after)) tell(to, conflict(edge, before, after))
    }
  }
  return { of, sound }
}

function regionAfter(
  { tree, group, join, from, failure }: Edge,
  region: Region,
  tell: (problem: Problem) => void,
): Region | undefined {
  if (failure) return region
  const inside = group === undefined ? region : [...region, group]
  if (join === undefined) return inside
  const depth = inside.indexOf(join.group)
  if (depth !== -1) return inside.slice(0, depth)
  tell({
    code: 'join_outside_group',
    message: `this join waits for the branches of "${join.group.name}", and "${from.task.id}" is in none of them`,
    at: child(child(tree, 'join'), 'group') ?? tree,
    help: 'Put it on a transition that leaves a node inside the branches.',
  })
  return undefined
}

function conflict({ tree, to, target }: Edge, before: Region, after: Region): Problem {
  const names = (region: Region) => region.map((group) => `"${labelOf(group)}"`).join(' in ')
  const place = (region: Region) =>
    region.length === 0 ? 'outside of all branches' : `inside the branches of ${names([...region].reverse())}`
  return {
    code: 'branch_conflict',
    message: `this leads to "${to.task.id}" from ${place(after)}, another way from ${place(before)}`,
    at: target ?? tree,
    help: 'Join the branches on the way to it, or make two nodes of it.',
  }
}

function same(a: Region, b: Region): boolean {
  return a.length === b.length && a.every((group, index) => group === b[index])
}
