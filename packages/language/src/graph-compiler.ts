import type { Expr, FanDef, OutlineItem, TransitionDef } from '@wonder/engine'
import { EachItems } from './each-items.ts'
import { Flow, type Seen } from './flow.ts'
import { type Edge, exitRef, type Graph, type GraphNode, type Group, type Join, labelOf, openerOf } from './graph.ts'
import { checkCycles, walkOrder } from './graph-cycles.ts'
import { GraphFlow } from './graph-flow.ts'
import { tellNeverTaken, tellUnreachable } from './graph-reach.ts'
import { findRegions, type Region } from './graph-regions.ts'
import { GraphSight, type Hidden } from './graph-sight.ts'
import { areNamed, joinOf, schemaOf } from './join-definition.ts'
import type { ListCompiler } from './list-compiler.ts'
import { entryRef, nodeOf, type Place } from './place.ts'
import type { Scope } from './scope.ts'
import { child, entryOf, numberOf } from './tree.ts'

export type CompiledGraph = {
  /** The node where it begins. */
  readonly entry: string
  readonly outline: readonly OutlineItem[]
  /** What is seen from outside of all branches. */
  readonly shown: readonly { readonly id: string }[]
  /** What is inside of branches, and seen only there. */
  readonly inside: ReadonlySet<string>
  /** Why a node or a join cannot be read outside of all branches. */
  readonly hidden: (id: string) => Hidden | undefined
  /** What has run where it may end. */
  readonly ends: readonly Flow[]
}

type CompiledEdge = { readonly if?: string; readonly spawn?: Expr }
type CompiledGroup = {
  readonly each: NonNullable<FanDef['each']>
  readonly workers: number
  readonly item: Scope['items']
}

/** Compiles the nodes of a graph, each as a task of a list that leads nowhere, and then the transitions between them. */
export class GraphCompiler {
  readonly #lists: ListCompiler
  readonly #items: EachItems
  readonly #edges = new Map<Edge, CompiledEdge>()
  readonly #groups = new Map<Group, CompiledGroup>()

  constructor(lists: ListCompiler) {
    this.#lists = lists
    this.#items = new EachItems(lists.parts)
  }

  compile(graph: Graph, place: Place): CompiledGraph {
    const { problems, names } = this.#lists.parts
    for (const join of graph.joins) names.addJoin(join.ref, join.edges[0]?.tree, schemaOf(join))
    const regions = findRegions(graph, problems)
    const order = walkOrder(graph)
    const flow = new GraphFlow(graph, order)
    if (graph.sound) {
      tellUnreachable(graph, new Set(order), this.#lists.parts)
      checkCycles(graph, order, problems)
      for (const node of order) tellNeverTaken(node, problems)
    }
    const sight = new GraphSight({ graph, flow, regions, order })
    const outline = new Map<GraphNode, OutlineItem>()
    const reached = new Set(order)
    for (const node of [...order, ...graph.nodes.filter((other) => !reached.has(other))]) {
      outline.set(node, this.#node(node, place, sight, graph))
      for (const edge of node.out) this.#edge(edge, place, sight)
    }
    for (const join of graph.joins) this.#join(join)
    for (const group of graph.groups) this.#fan(group)
    for (const edge of graph.edges) if (!edge.failure) this.#transition(edge)
    const root = (region: Region | undefined) => region?.length === 0 || !regions.sound
    const shown = new Set([
      ...order.filter((node) => root(regions.of.get(node))).map(({ task }) => task.id),
      ...graph.joins.filter(({ to }) => root(regions.of.get(to))).map(({ ref }) => ref),
    ])
    const ids = [...graph.nodes.map(({ task }) => task.id), ...graph.joins.map(({ ref }) => ref)]
    return {
      entry: entryRef(graph.start.task),
      outline: [...graph.nodes.flatMap((node) => outline.get(node) ?? []), ...graph.joins.map(outlineOf)],
      shown: [...shown].map((id) => ({ id })),
      inside: new Set(ids.filter((id) => !shown.has(id))),
      hidden: (id) => sight.hidden(id, []),
      ends: sight.ends().map((seen) => new Flow(seen)),
    }
  }

  #node(node: GraphNode, place: Place, sight: GraphSight, graph: Graph): OutlineItem {
    const { builder } = this.#lists.parts
    const { task } = node
    const region = sight.regionOf(node)
    const inner = region.at(-1)
    const out = exitRef(task)
    if (out !== task.id) builder.node(nodeOf(out, { kind: 'open' }, {}))
    const seen = sight.before(node)
    return this.#lists.node(task, {
      ...place,
      scope: this.#scope(place.scope, sight, { seen, region, asked: sight.askedBefore(node) }),
      flow: new Flow(seen),
      exit: out === task.id ? undefined : { to: out },
      branch: inner === undefined ? undefined : labelOf(inner),
      graph: { workflow: graph.workflow, nodes: sight.tasks },
    })
  }

  #scope(
    scope: Scope,
    sight: GraphSight,
    at: { readonly seen: Seen; readonly region: Region; readonly asked: ReadonlySet<string> },
  ): Scope {
    const { tasks } = scope
    const groups = sight.sound ? at.region : [...this.#groups.keys()]
    const items = new Map([...scope.items, ...groups.flatMap((group) => [...(this.#groups.get(group)?.item ?? [])])])
    if (tasks === undefined) return { ...scope, items }
    const hidden = (id: string) => sight.hidden(id, at.region)
    return { ...scope, items, tasks: { ...tasks, flow: new Flow(at.seen), asked: at.asked, ifs: new Set(), hidden } }
  }

  /** Reads what a transition says where it leaves its node. */
  #edge(edge: Edge, place: Place, sight: GraphSight): void {
    if (edge.failure) return
    const { tree, from, group } = edge
    const { values, problems } = this.#lists.parts
    const region = sight.regionOf(from)
    const scope = this.#scope(place.scope, sight, { seen: sight.after(from), region, asked: sight.askedAfter(from) })
    const condition = edge.if === undefined ? undefined : (values.condition(edge.if, scope) ?? 'false')
    const spawn = child(tree, 'spawn')
    const spawned =
      spawn === undefined ? undefined : values.value(spawn, { ...scope, noSecrets: 'it is stored with the run' })
    if (spawn !== undefined && spawned !== undefined) {
      const schema = typeof spawned.schema === 'object' ? spawned.schema : {}
      if (typeof schema.type === 'string' && !['integer', 'number'].includes(schema.type)) {
        problems.add({
          code: 'type_mismatch',
          message: `spawn needs a whole number from 0, and this is ${schema.const === undefined ? (schema.type === 'string' ? 'a text' : `a value of type ${schema.type}`) : JSON.stringify(schema.const)}`,
          at: spawn,
          help: 'Write a number, or "{{ … }}" with one alone in it.',
        })
      }
    }
    this.#edges.set(edge, {
      ...(condition === undefined ? {} : { if: condition }),
      ...(spawned === undefined ? {} : { spawn: spawned.expr }),
    })
    const each = entryOf(tree, 'each')
    if (each === undefined || group === undefined || each.value.kind !== 'map') return
    const at = { file: tree.file, span: each.keySpan }
    const made = this.#items.compile({
      value: each.value,
      at,
      around: sight.sound ? scope : { ...scope, items: place.scope.items },
    })
    const item = new Map([...made.scope.items].slice(-1))
    this.#groups.set(group, { each: made.each, workers: made.workers, item })
  }

  #join({ ref, group, to, edges }: Join): void {
    const { builder } = this.#lists.parts
    builder.node(nodeOf(ref, { kind: 'join', fan: group.ref }, {}))
    const limits = edges.flatMap(({ limit }) => limit ?? [])
    const limit = limits.length === 0 ? {} : { max_iterations: Math.min(...limits) }
    builder.transition({ from: ref, to: entryRef(to.task), ...limit })
  }

  #fan(group: Group): void {
    const opener = openerOf(group)
    if (opener === undefined) return
    const each = this.#groups.get(group)
    const asked = group.edges.map(({ tree }) => numberOf(child(tree, 'max_workers'))).find((most) => most !== undefined)
    const workers = asked ?? each?.workers
    this.#lists.parts.builder.fans.push({
      ref: group.ref,
      node: exitRef(opener.task),
      ...(workers === undefined ? {} : { workers }),
      ...(each === undefined ? {} : { each: each.each }),
      joins: group.joins.map(joinOf),
    })
  }

  #transition(edge: Edge): void {
    const { builder } = this.#lists.parts
    const { from, to, group, join, priority, limit } = edge
    const made = this.#edges.get(edge) ?? {}
    const transition: Omit<TransitionDef, 'ref'> = {
      from: exitRef(from.task),
      to: join?.ref ?? entryRef(to.task),
      ...(priority === 0 ? {} : { priority }),
      ...made,
      ...(group === undefined ? {} : { fan: group.ref, ...branchOf(edge, group) }),
      ...(limit === undefined || join !== undefined ? {} : { max_iterations: limit }),
      ...(join === undefined ? {} : { join: { fan: join.group.ref, take: { node: from.task.id } } }),
    }
    builder.transition(transition)
  }
}

/** Branches of a group that lead to different nodes are named after them. */
function branchOf({ to }: Edge, { edges }: Group): { readonly branch?: string } {
  return areNamed(edges) ? { branch: to.task.id } : {}
}

function outlineOf({ ref, group }: Join): OutlineItem {
  return { id: ref, kind: 'join', node: ref, fan: group.ref }
}
