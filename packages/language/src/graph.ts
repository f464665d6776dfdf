import type { Task } from './task.ts'
import type { MapTree, Tree } from './tree.ts'

/** A workflow as a graph, as it was written: names are resolved, groups and joins put together. */
export type Graph = {
  readonly workflow: string
  readonly nodes: readonly GraphNode[]
  readonly start: GraphNode
  readonly edges: readonly Edge[]
  readonly groups: readonly Group[]
  readonly joins: readonly Join[]
  /** False: something of it could not be read, so nothing is said of what follows from the whole. */
  readonly sound: boolean
}

export type GraphNode = {
  readonly task: Task
  readonly index: number
  readonly out: Edge[]
  readonly in: Edge[]
}

/** A way from node to node: a transition, or (`failure`) a `next` of a node's on_error, on_timeout or on_expiry. */
export type Edge = {
  readonly tree: MapTree
  /** Where it is written which node it leads to. */
  readonly target: Tree | undefined
  readonly from: GraphNode
  readonly to: GraphNode
  readonly priority: number
  readonly if: Tree | undefined
  readonly limit: number | undefined
  /** The group that it opens: it is one of its branches, or makes them all. */
  group: Group | undefined
  join: Join | undefined
  readonly failure: boolean
}

/** Branches that begin together. */
export type Group = {
  /** Name of the fan-out. */
  readonly ref: string
  /** What stands in the file; undefined: it has no name, and no join can wait for it. */
  readonly name: string | undefined
  readonly edges: Edge[]
  readonly joins: Join[]
}

/** Where branches of a group come together. */
export type Join = {
  /** Its value is `tasks.<ref>.output`. */
  readonly ref: string
  readonly index: number
  readonly group: Group
  readonly to: GraphNode
  readonly edges: Edge[]
  /** The `join` that says most of it. */
  readonly tree: Tree
}

/** The node where the branches of a group begin. */
export function openerOf({ edges }: Group): GraphNode | undefined {
  return edges[0]?.from
}

/** What a group is called in messages: an unnamed one after the node where it begins. */
export function labelOf(group: Group): string {
  return group.name ?? openerOf(group)?.task.id ?? group.ref
}

/** Does a task end the run wherever it is reached? */
export function alwaysEnds({ kind, tree, broken }: Task): boolean {
  return (kind === 'end' || kind === 'fail') && !broken && !tree.entries.some(({ key }) => key === 'if')
}

/** Where a token leaves a task: after a list of `on_error` or `on_timeout` the ways come together again. */
export function exitRef({ id, onError = [], tooLate = [] }: Task): string {
  return onError.length + tooLate.length === 0 ? id : `${id}:next`
}

/** Is a transition taken whenever its tier is asked? */
export function isCertain(edge: Edge): boolean {
  const literal = edge.if?.kind === 'scalar' && String(edge.if.value) === 'true'
  return (edge.if === undefined || literal) && (edge.limit === undefined || edge.join !== undefined)
}
