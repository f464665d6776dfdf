import { mayBePassedOver } from './detours.ts'
import type { Certainty, Seen } from './flow.ts'
import { type Edge, type Graph, type GraphNode, type Join, openerOf } from './graph.ts'
import { IdSet } from './id-set.ts'
import { entryOf, type Tree, textOf } from './tree.ts'

/** What is known at a place: ids of nodes and, after them, of joins. */
type Known = {
  /** Ran on every way here. */
  readonly sure: IdSet
  /** Ran on some way here. */
  readonly maybe: IdSet
  /** May have failed and been passed over. */
  readonly failed: IdSet
  /** A condition on every way here asks about it. */
  readonly asked: IdSet
}

const NOBODY: ReadonlySet<string> = new Set()

/**
 * What has run before each node, over all ways of a graph: the data flow of its transitions, to a fixed point. A join
 * leads on from where its branches began, for nothing of a branch is seen after it.
 */
export class GraphFlow {
  readonly #size: number
  readonly #graph: Graph
  readonly #ids: ReadonlyMap<string, number>
  readonly #before = new Map<GraphNode, Known>()

  constructor(graph: Graph, order: readonly GraphNode[]) {
    this.#graph = graph
    this.#size = graph.nodes.length + graph.joins.length
    this.#ids = new Map([
      ...graph.nodes.map(({ task, index }) => [task.id, index] as const),
      ...graph.joins.map((join) => [join.ref, this.#idOf(join)] as const),
    ])
    this.#before.set(graph.start, this.#nothing())
    let changed = true
    while (changed) {
      changed = false
      for (const node of order) changed = this.#visit(node) || changed
    }
  }

  before(node: GraphNode): Seen {
    return this.#seen(this.#before.get(node) ?? this.#nothing())
  }

  after(node: GraphNode): Seen {
    return this.#seen(this.#after(node))
  }

  /** Ids that the conditions on every way to a node ask about. */
  askedBefore(node: GraphNode): ReadonlySet<string> {
    return this.#names((this.#before.get(node) ?? this.#nothing()).asked)
  }

  askedAfter(node: GraphNode): ReadonlySet<string> {
    return this.#names(this.#after(node).asked)
  }

  #visit(node: GraphNode): boolean {
    const ways = node.in.flatMap((edge) => this.#along(edge) ?? [])
    if (node === this.#graph.start) ways.push(this.#nothing())
    const [first, ...rest] = ways
    if (first === undefined) return false
    const known = copy(first)
    for (const way of rest) {
      known.sure.meet(way.sure)
      known.asked.meet(way.asked)
      known.maybe.join(way.maybe)
      known.failed.join(way.failed)
    }
    const old = this.#before.get(node)
    this.#before.set(node, known)
    const keys = ['sure', 'maybe', 'failed', 'asked'] as const
    return old === undefined || keys.some((key) => !old[key].equals(known[key]))
  }

  /** What is known at the end of an edge; undefined when nothing has come along it yet. */
  #along(edge: Edge): Known | undefined {
    const { from, join, failure } = edge
    if (!this.#before.has(from)) return undefined
    if (join !== undefined) {
      const opener = openerOf(join.group)
      if (opener === undefined || !this.#before.has(opener)) return undefined
      const known = this.#after(opener)
      known.sure.add(this.#idOf(join))
      known.maybe.add(this.#idOf(join))
      return known
    }
    const known = this.#after(from)
    if (failure) known.failed.add(from.index)
    for (const id of idsIn(edge.if)) {
      const index = this.#ids.get(id)
      if (index !== undefined) known.asked.add(index)
    }
    return known
  }

  #after(node: GraphNode): Known {
    const known = copy(this.#before.get(node) ?? this.#nothing())
    const { tree } = node.task
    known.sure.add(node.index)
    known.maybe.add(node.index)
    known.asked.delete(node.index)
    if (mayBePassedOver(tree)) known.failed.add(node.index)
    else known.failed.delete(node.index)
    return known
  }

  #seen({ sure, maybe, failed }: Known): Seen {
    const of = (id: string): Certainty | undefined => {
      const index = this.#ids.get(id)
      if (index === undefined || !maybe.has(index)) return undefined
      if (!sure.has(index)) return 'jump'
      const condition = entryOf(this.#graph.nodes[index]?.task.tree, 'if')?.value
      const always = condition?.kind === 'scalar' && String(condition.value) === 'true'
      if (condition !== undefined && !always) return 'if'
      return failed.has(index) ? 'failed' : 'done'
    }
    return { of, ids: () => [...this.#ids.keys()].filter((id) => of(id) !== undefined) }
  }

  #names(ids: IdSet): ReadonlySet<string> {
    if (ids.isEmpty) return NOBODY
    return new Set([...this.#ids].flatMap(([id, index]) => (ids.has(index) ? [id] : [])))
  }

  #idOf(join: Join): number {
    return this.#graph.nodes.length + join.index
  }

  #nothing(): Known {
    const none = () => new IdSet(this.#size)
    return { sure: none(), maybe: none(), failed: none(), asked: none() }
  }
}

function copy({ sure, maybe, failed, asked }: Known): Known {
  return { sure: new IdSet(sure), maybe: new IdSet(maybe), failed: new IdSet(failed), asked: new IdSet(asked) }
}

function idsIn(condition: Tree | undefined): readonly string[] {
  return [...(textOf(condition) ?? '').matchAll(/\btasks\.\??(\w+)/g)].flatMap(([, id]) => id ?? [])
}
