import type { ElkExtendedEdge, ElkLabel, ElkNode, ElkPort, LayoutOptions } from 'elkjs/lib/elk-api.js'
import { boxLines, boxSize } from './box-content.ts'
import type { DrawingScale } from './drawing-scale.ts'
import type { PlanEdge, PlanGraph, PlanGroup, PlanNode } from './plan-graph.ts'
import { cutText, printable } from './wrap-text.ts'

/** Ids in the layout's graph. A prefix keeps them apart from one another, whatever refs a definition has. */
export const elkId = {
  node: (id: string) => `n:${id}`,
  group: (id: string) => `g:${id}`,
  edge: (index: number) => `e:${index}`,
  pass: (index: number) => `p:${index}`,
  isPass: (id: string) => id.startsWith('p:'),
  start: 's:start',
}

/**
 * The graph as the layout library takes it: groups around their children, ways in and out of a group as ports on its
 * border. `widths`: how much wider a group must be than what stands in it, for its title.
 */
export function elkGraph(graph: PlanGraph, scale: DrawingScale, widths: ReadonlyMap<string, number>): ElkNode {
  const groups = new Set(graph.groups.map(({ id }) => id))
  const id = (end: string) => (groups.has(end) ? elkId.group(end) : elkId.node(end))
  const failing = new Set(graph.edges.filter(({ kind }) => kind === 'error').map(({ from }) => from))
  const inner = Map.groupBy(inOrder(graph), ({ group }) => group)
  const around = new Map([...graph.nodes, ...graph.groups].map((child) => [child.id, child.group]))
  const passes = Map.groupBy(
    graph.edges.flatMap(({ kind, from }, index) => (kind === 'passes' ? [{ from, index }] : [])),
    ({ from }) => from,
  )

  const edgesOf = Map.groupBy(
    graph.edges.flatMap((edge, index) => elkEdges(edge, { index, id, around, scale })),
    ({ within }) => within,
  )
  const childrenOf = (group: string | undefined): ElkNode[] => [
    ...(inner.get(group) ?? []).map((child): ElkNode => {
      if (groups.has(child.id)) {
        return {
          id: elkId.group(child.id),
          ports: borderPorts(elkId.group(child.id), scale, failing.has(child.id)),
          layoutOptions: { ...options(scale, widths.get(child.id) ?? 0), 'elk.portConstraints': 'FIXED_SIDE' },
          children: childrenOf(child.id),
          edges: (edgesOf.get(child.id) ?? []).map(({ edge }) => edge),
        }
      }
      const size = boxSize(boxLines(child, scale), scale)
      return boxNode(elkId.node(child.id), size, { scale, fails: failing.has(child.id) })
    }),
    ...(group === undefined ? [] : (passes.get(group) ?? [])).map(({ index }) =>
      boxNode(elkId.pass(index), scale.point, { scale, fails: false }),
    ),
  ]

  const edges = (edgesOf.get(undefined) ?? []).map(({ edge }) => edge)
  const start = graph.start
  const begins = start === undefined ? [] : [boxNode(elkId.start, scale.point, { scale, fails: false })]
  if (start !== undefined) {
    edges.push({
      id: 'e:start',
      sources: [`${elkId.start}.out`],
      targets: [`${id(ancestors(start, around)[0] ?? start)}.in`],
    })
  }
  return {
    id: 'root',
    layoutOptions: {
      ...options(scale, 0),
      'elk.padding': '[top=0,left=0,bottom=0,right=0]',
      'elk.algorithm': 'layered',
      'elk.json.shapeCoords': 'ROOT',
      'elk.json.edgeCoords': 'ROOT',
      'elk.randomSeed': '1',
    },
    children: [...begins, ...childrenOf(undefined)],
    edges,
  }
}

/** Nodes and groups as the ways meet them: branches stand in the order in which they were written. */
function inOrder({ nodes, groups, edges }: PlanGraph): readonly (PlanNode | PlanGroup)[] {
  const met = new Map<string, number>()
  for (const { to, kind } of edges) if (kind !== 'closes' && !met.has(to)) met.set(to, met.size)
  return [...nodes, ...groups].toSorted((a, b) => (met.get(a.id) ?? -1) - (met.get(b.id) ?? -1))
}

function options({ direction, spacing, clusterPadding }: DrawingScale, wider: number): LayoutOptions {
  const { top, side, bottom } = clusterPadding
  const [left, right] = [side + Math.floor(wider / 2), side + Math.ceil(wider / 2)]
  return {
    'elk.direction': direction,
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.padding': `[top=${top},left=${left},bottom=${bottom},right=${right}]`,
    'elk.spacing.nodeNode': `${spacing.nodes}`,
    'elk.spacing.edgeNode': `${spacing.edges}`,
    'elk.spacing.edgeEdge': `${spacing.edges}`,
    'elk.spacing.componentComponent': `${spacing.nodes}`,
    'elk.spacing.labelNode': '1',
    'elk.spacing.edgeLabel': '0',
    'elk.spacing.nodeSelfLoop': `${spacing.edges}`,
    'elk.layered.spacing.nodeNodeBetweenLayers': `${spacing.layers}`,
    'elk.layered.spacing.edgeNodeBetweenLayers': `${spacing.edgeToLayer}`,
    'elk.layered.spacing.edgeEdgeBetweenLayers': `${spacing.edgesBetweenLayers}`,
    'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    'elk.layered.crossingMinimization.forceNodeModelOrder': 'true',
    'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
    'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
    'elk.edgeLabels.inline': 'true',
  }
}

function boxNode(
  id: string,
  { width, height }: { readonly width: number; readonly height: number },
  { scale, fails }: { readonly scale: DrawingScale; readonly fails: boolean },
): ElkNode {
  const down = scale.direction === 'DOWN'
  const middle = (size: number) => (scale.cells ? Math.floor(size / 2) : size / 2)
  const [into, out, error] = down
    ? [
        { x: middle(width), y: 0 },
        { x: middle(width), y: height },
        { x: width - (scale.cells ? 3 : 16), y: height },
      ]
    : [
        { x: 0, y: middle(height) },
        { x: width, y: middle(height) },
        { x: width, y: height - (scale.cells ? 1 : 8) },
      ]
  const port = (name: string, at: { readonly x: number; readonly y: number }, side: string): ElkPort => ({
    id: `${id}.${name}`,
    ...at,
    width: 0,
    height: 0,
    layoutOptions: { 'elk.port.side': side },
  })
  const [before, after] = down ? ['NORTH', 'SOUTH'] : ['WEST', 'EAST']
  return {
    id,
    width,
    height,
    ports: [port('in', into, before), port('out', out, after), ...(fails ? [port('err', error, after)] : [])],
    layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
  }
}

function borderPorts(id: string, { direction }: DrawingScale, fails: boolean): ElkPort[] {
  const [before, after] = direction === 'DOWN' ? ['NORTH', 'SOUTH'] : ['WEST', 'EAST']
  const port = (name: string, side: string): ElkPort => ({
    id: `${id}.${name}`,
    width: 0,
    height: 0,
    layoutOptions: { 'elk.port.side': side },
  })
  return [port('in', before), port('out', after), ...(fails ? [port('err', after)] : [])]
}

/** An edge with the group that it is drawn in. */
type Placed = { readonly within: string | undefined; readonly edge: ElkExtendedEdge }

function elkEdges(
  edge: PlanEdge,
  at: {
    readonly index: number
    readonly id: (end: string) => string
    readonly around: ReadonlyMap<string, string | undefined>
    readonly scale: DrawingScale
  },
): Placed[] {
  const key = elkId.edge(at.index)
  const labels = labelsOf(edge, at.scale)
  const [from, to] = [at.id(edge.from), at.id(edge.to)]
  if (edge.kind === 'passes') {
    const pass = elkId.pass(at.index)
    const [first, second] = [`${pass}.in`, `${pass}.out`]
    return [
      { within: edge.from, edge: { id: key, sources: [`${from}.in`], targets: [first], labels } },
      { within: edge.from, edge: { id: `${key}:on`, sources: [second], targets: [`${to}.out`] } },
    ]
  }
  const chains = [ancestors(edge.from, at.around), ancestors(edge.to, at.around)] as const
  if (edge.kind === 'opens') {
    const inner = chains[1][chains[1].indexOf(edge.from) + 1] ?? edge.to
    return [{ within: edge.from, edge: { id: key, sources: [`${from}.in`], targets: [`${at.id(inner)}.in`], labels } }]
  }
  if (edge.kind === 'closes') {
    const inner = chains[0][chains[0].indexOf(edge.to) + 1] ?? edge.from
    return [{ within: edge.to, edge: { id: key, sources: [`${at.id(inner)}.out`], targets: [`${to}.out`], labels } }]
  }
  // A way that leaves or enters a group past its border is drawn between the groups that hold its ends.
  const [source, target] = chains
  const depth = source.findIndex((id, level) => id !== target[level])
  const level = depth === -1 || depth >= target.length ? Math.min(source.length, target.length) - 1 : depth
  const [outer, inner] = [at.id(source[level] ?? edge.from), at.id(target[level] ?? edge.to)]
  const out = edge.kind === 'error' && outer === from ? 'err' : 'out'
  const within = level === 0 ? undefined : source[level - 1]
  return [{ within, edge: { id: key, sources: [`${outer}.${out}`], targets: [`${inner}.in`], labels } }]
}

/** The groups around a thing from the outermost, then the thing itself. */
function ancestors(id: string, around: ReadonlyMap<string, string | undefined>): readonly string[] {
  const chain = [id]
  for (let outer = around.get(id); outer !== undefined; outer = around.get(outer)) chain.unshift(outer)
  return chain
}

function labelsOf({ label }: PlanEdge, scale: DrawingScale): ElkLabel[] {
  if (label === undefined) return []
  const text = cutText(printable(label), scale.labelText, scale.small)
  const width = Math.ceil(scale.small(text)) + scale.labelRoom.x
  return [
    {
      text,
      width: scale.cells && width % 2 === 0 ? width + 1 : width,
      height: scale.lineHeight + scale.labelRoom.y,
      layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
    },
  ]
}
