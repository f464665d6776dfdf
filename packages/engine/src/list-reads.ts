import { references as referencesOfCel } from '@wonder/expressions'
import { references as referencesOfTemplate } from '@wonder/templates'
import type { Definition, NodeDef } from './definition.ts'
import type { Expr } from './expr.ts'
import type { Path } from './read-path.ts'

/** What a list of nodes reads from outside of itself. */
export type ListReads = {
  /** Refs of nodes whose values it reads. */
  readonly nodes: ReadonlySet<string>
  /** It reads `tasks` as a whole. */
  readonly allNodes: boolean
  /** Other names: items of an `each`, among the roots of every scope. */
  readonly names: ReadonlySet<string>
}

/** What the nodes that can be reached from `start` read: conditions, mappings, items of their fan-outs. */
export function listReads(definition: Definition, start: string): ListReads {
  const reached = reachedFrom(definition, start)
  const paths: Path[] = []
  for (const node of definition.nodes) if (reached.has(node.ref)) paths.push(...readsOf(node))
  for (const transition of definition.transitions) if (reached.has(transition.from)) paths.push(...readsOf(transition))
  for (const fan of definition.fans) if (reached.has(fan.node)) paths.push(...readsOf(fan.each ?? {}))
  const tasks = paths.filter(([root]) => root === 'tasks')
  return {
    nodes: new Set(tasks.filter((path) => path.length > 1).map(([, ref]) => String(ref))),
    allNodes: tasks.some((path) => path.length === 1),
    names: new Set(paths.map(([root]) => String(root)).filter((root) => root !== 'tasks')),
  }
}

function reachedFrom(definition: Definition, start: string): ReadonlySet<string> {
  const nodes = new Map(definition.nodes.map((node) => [node.ref, node]))
  const leaving = Map.groupBy(definition.transitions, ({ from }) => from)
  const reached = new Set<string>()
  const queue = [start]
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    if (reached.has(ref)) continue
    reached.add(ref)
    queue.push(...(leaving.get(ref) ?? []).map(({ to }) => to), ...handlersOf(nodes.get(ref)))
  }
  return reached
}

function handlersOf(node: NodeDef | undefined): readonly string[] {
  return typeof node?.onError === 'object' ? [node.onError.to] : []
}

/** CEL stands in fields of these names; everything else that is computed is an Expr. */
const conditions = new Set(['when', 'if', 'until', 'filter'])

/** Paths that the expressions within a part of a definition read. */
export function readsOf(part: unknown): readonly Path[] {
  if (typeof part !== 'object' || part === null) return []
  if (Array.isArray(part)) return part.flatMap(readsOf)
  if (isExpr(part)) return exprReads(part)
  return Object.entries(part).flatMap(([name, value]) =>
    typeof value === 'string' ? (conditions.has(name) ? celReads(value) : []) : readsOf(value),
  )
}

function isExpr(part: object): part is Expr {
  const keys = Object.keys(part)
  if (keys.length === 2) return 'text' in part && 'sink' in part
  return keys.length === 1 && ['lit', 'path', 'cel', 'list', 'map'].includes(keys[0] ?? '')
}

function exprReads(expr: Expr): readonly Path[] {
  if ('lit' in expr) return []
  if ('path' in expr) return Array.isArray(expr.path) ? [expr.path] : []
  if ('cel' in expr) return celReads(expr.cel)
  if ('text' in expr) return referencesOfTemplate(expr.text).map(({ path }) => path)
  return Object.values('list' in expr ? expr.list : expr.map).flatMap(exprReads)
}

function celReads(source: string): readonly Path[] {
  return referencesOfCel(source).map(({ path }) => path)
}
