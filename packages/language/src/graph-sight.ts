import type { ErrorCode } from '@wonder/errors'
import type { Seen } from './flow.ts'
import { alwaysEnds, type Graph, type GraphNode, isCertain, labelOf, openerOf } from './graph.ts'
import type { GraphFlow } from './graph-flow.ts'
import type { Region, Regions } from './graph-regions.ts'
import type { Task } from './task.ts'

/** Why a node or a join cannot be read at a place. */
export type Hidden = { readonly code: ErrorCode; readonly message: string; readonly help?: string }

type Parts = {
  readonly graph: Graph
  readonly flow: GraphFlow
  readonly regions: Regions
  readonly order: readonly GraphNode[]
}

/** What is seen where in a graph: what has run on the ways to a place, in the branches around it. */
export class GraphSight {
  readonly sound: boolean
  /** Tasks of the nodes by their ids. */
  readonly tasks: ReadonlyMap<string, Task>
  readonly #graph: Graph
  readonly #flow: GraphFlow
  readonly #regions: Regions
  readonly #order: ReadonlySet<GraphNode>
  readonly #places: ReadonlyMap<string, Region | undefined>

  constructor({ graph, flow, regions, order }: Parts) {
    this.sound = regions.sound
    this.#graph = graph
    this.#flow = flow
    this.#regions = regions
    this.#order = new Set(order)
    this.tasks = new Map(graph.nodes.map(({ task }) => [task.id, task]))
    this.#places = new Map([
      ...graph.nodes.map((node) => [node.task.id, regions.of.get(node)] as const),
      ...graph.joins.map((join) => [join.ref, regions.of.get(join.to)] as const),
    ])
  }

  regionOf(node: GraphNode): Region {
    return this.#regions.of.get(node) ?? []
  }

  before(node: GraphNode): Seen {
    return this.#certain(node) ? this.#inSight(this.#flow.before(node), this.regionOf(node)) : this.#all()
  }

  after(node: GraphNode): Seen {
    return this.#certain(node) ? this.#inSight(this.#flow.after(node), this.regionOf(node)) : this.#all()
  }

  askedBefore(node: GraphNode): ReadonlySet<string> {
    return this.#flow.askedBefore(node)
  }

  askedAfter(node: GraphNode): ReadonlySet<string> {
    return this.#flow.askedAfter(node)
  }

  /** What has run where the run may come to its end. */
  ends(): readonly Seen[] {
    if (!this.sound) return [this.#all()]
    const nodes = [...this.#order].filter((node) => {
      if (node.task.kind === 'end') return true
      return (
        this.regionOf(node).length === 0 && !alwaysEnds(node.task) && !node.out.some((e) => !e.failure && isCertain(e))
      )
    })
    const open = this.#graph.groups.flatMap((group) => (group.joins.length > 0 ? [] : (openerOf(group) ?? [])))
    return [...nodes, ...open].map((node) => this.#flow.after(node))
  }

  hidden(id: string, from: Region): Hidden | undefined {
    if (!this.#places.has(id)) return undefined
    const place = this.#places.get(id) ?? []
    const other = place.find((group, index) => from[index] !== group)
    const join = this.#graph.joins.find(({ ref }) => ref === id)
    if (join !== undefined && from.includes(join.group)) {
      return {
        code: 'task_not_run_yet',
        message: `this is inside the branches of "${id}", and they come together only after it`,
        help: `Read it in "${join.to.task.id}".`,
      }
    }
    if (other === undefined) {
      return {
        code: 'task_not_run_yet',
        message: `no way here leads through "${id}"`,
        help: `Let the transitions lead through "${id}" first.`,
      }
    }
    const [first] = other.joins
    return {
      code: 'task_inside_group',
      message: `"${id}" is inside the branches of "${labelOf(other)}" and cannot be seen from here`,
      help:
        first === undefined
          ? `Join the branches: join: { group: ${other.name ?? 'name'} }.`
          : `Use tasks.${first.ref}.output.`,
    }
  }

  #certain(node: GraphNode): boolean {
    return this.sound && this.#order.has(node)
  }

  /** Only what stands in the branches around, or outside of all. */
  #inSight(seen: Seen, from: Region): Seen {
    const visible = (id: string) => (this.#places.get(id) ?? []).every((group, index) => from[index] === group)
    return {
      of: (id) => (visible(id) ? seen.of(id) : undefined),
      ids: () => seen.ids().filter(visible),
    }
  }

  /** Where nothing can be said, everything may be read. */
  #all(): Seen {
    return { of: (id) => (this.#places.has(id) ? 'done' : undefined), ids: () => [...this.#places.keys()] }
  }
}
