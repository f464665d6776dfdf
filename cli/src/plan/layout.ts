import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js'
import { boxLines, clusterTitle, titleWidth } from './box-content.ts'
import type { Drawing, DrawnLine, Point, Rectangle } from './drawing.ts'
import type { DrawingScale } from './drawing-scale.ts'
import { elkGraph, elkId } from './elk-graph.ts'
import { graphParts } from './graph-parts.ts'
import type { PlanGraph } from './plan-graph.ts'
import { stackDrawings } from './stack-drawings.ts'

/** Decides every place of a drawing. */
export type Layout = (graph: PlanGraph, scale: DrawingScale) => Promise<Drawing>

/** Loads the layout library, which takes a moment: only who draws pays for it. */
export async function createLayout(): Promise<Layout> {
  const { default: elkModule } = await import('elkjs/lib/elk.bundled.js')
  const elk: ELK = new elkModule.default()
  const placePart = async (graph: PlanGraph, scale: DrawingScale): Promise<Drawing> => {
    const wider = new Map<string, number>()
    let placed = await elk.layout(elkGraph(graph, scale, wider))
    // Titles are not known to the layout: groups that are too narrow for theirs are made wider, then looked at again.
    for (let round = 0; round < 4 && widen(graph, scale, { placed, wider }); round += 1) {
      placed = await elk.layout(elkGraph(graph, scale, wider))
    }
    return toDrawing(graph, scale, placed)
  }
  return async (graph, scale) => {
    const parts: Drawing[] = []
    for (const part of graphParts(graph)) parts.push(await placePart(part, scale))
    return stackDrawings(parts, scale)
  }
}

function widen(
  graph: PlanGraph,
  scale: DrawingScale,
  { placed, wider }: { readonly placed: ElkNode; readonly wider: Map<string, number> },
): boolean {
  const shapes = shapesOf(placed)
  let changed = false
  for (const group of graph.groups) {
    const wanted = Math.ceil(titleWidth(clusterTitle(group, scale), scale))
    const lacks = wanted - Math.floor(shapes.get(elkId.group(group.id))?.width ?? wanted)
    if (lacks <= 0) continue
    wider.set(group.id, (wider.get(group.id) ?? 0) + lacks)
    changed = true
  }
  return changed
}

function toDrawing(graph: PlanGraph, scale: DrawingScale, placed: ElkNode): Drawing {
  const shapes = shapesOf(placed)
  const at = (id: string): Rectangle => {
    const { x = 0, y = 0, width = 0, height = 0 } = shapes.get(id) ?? {}
    return { x, y, width, height }
  }
  const edges = edgesOf(placed)
  const byId = new Map(graph.edges.map((edge, index) => [elkId.edge(index), edge]))
  const clusters = outerFirst(graph).map((group) => {
    const place = at(elkId.group(group.id))
    return { ...place, group, title: clusterTitle(group, scale, place.width - scale.titleRoom) }
  })
  const lines = edges.flatMap((edge): DrawnLine[] => {
    const plan = byId.get(edge.id) ?? byId.get(edge.id.replace(/:on$/, ''))
    const points = joinSections(edge.sections ?? [])
    if (points.length < 2) return []
    const second = !byId.has(edge.id)
    const opens = plan?.kind === 'opens' || (plan?.kind === 'passes' && !second)
    const closes = plan?.kind === 'closes' || (plan?.kind === 'passes' && second)
    return [{ points, from: opens ? 'border' : 'box', error: plan?.kind === 'error', arrow: !closes }]
  })
  return {
    direction: scale.direction,
    width: placed.width ?? 0,
    height: placed.height ?? 0,
    boxes: graph.nodes.map((node) => ({ ...at(elkId.node(node.id)), node, lines: boxLines(node, scale) })),
    clusters,
    points: [...shapes.keys()]
      .filter((id) => id === elkId.start || elkId.isPass(id))
      .map((id) => ({ ...at(id), kind: id === elkId.start ? 'start' : 'pass' })),
    lines,
    labels: edges.flatMap((edge) =>
      (edge.labels ?? []).map(({ text = '', x = 0, y = 0, width = 0, height = 0 }) => {
        return { x, y, width, height, text, error: byId.get(edge.id)?.kind === 'error' }
      }),
    ),
  }
}

function shapesOf(node: ElkNode, found = new Map<string, ElkNode>()): ReadonlyMap<string, ElkNode> {
  for (const child of node.children ?? []) {
    found.set(child.id, child)
    shapesOf(child, found)
  }
  return found
}

function edgesOf(node: ElkNode): readonly ElkExtendedEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(edgesOf)]
}

function outerFirst({ groups }: PlanGraph): PlanGraph['groups'] {
  const parents = new Map(groups.map(({ id, group }) => [id, group]))
  const depth = (id: string | undefined): number => (id === undefined ? 0 : 1 + depth(parents.get(id)))
  return groups.toSorted((a, b) => depth(a.id) - depth(b.id))
}

type Section = { readonly startPoint: Point; readonly bendPoints?: readonly Point[]; readonly endPoint: Point }

function joinSections(sections: readonly Section[]): readonly Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
}
