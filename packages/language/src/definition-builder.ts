import type { Definition, Expr, FanDef, NodeDef, TaskDef, ToolDef, TransitionDef } from '@wonder/engine'
import type { SecretName } from './project.ts'

/** Gathers the parts of a definition as the compiler meets them. */
export class DefinitionBuilder {
  readonly nodes: NodeDef[] = []
  readonly transitions: TransitionDef[] = []
  readonly fans: FanDef[] = []
  readonly tasks: Record<string, TaskDef> = {}
  readonly tools: Record<string, ToolDef> = {}
  readonly texts: Record<string, { file: string; text: string }> = {}
  readonly env = new Set<string>()
  readonly secrets = new Map<string, SecretName>()
  /** Sub-workflows by id: the digest of each. */
  readonly workflows = new Map<string, string>()
  readonly #refs = new Map<string, number>()

  node(node: NodeDef): void {
    this.nodes.push(node)
  }

  /** Adds to a node what is known of it only once it is compiled. */
  amend(ref: string, more: Partial<NodeDef>): void {
    const index = this.nodes.findLastIndex((node) => node.ref === ref)
    const node = this.nodes[index]
    if (node !== undefined) this.nodes[index] = { ...node, ...more }
  }

  /** Adds a transition and names it after its ends. */
  transition(transition: Omit<TransitionDef, 'ref'>): void {
    const base = `${transition.from}>${transition.to}`
    const seen = this.#refs.get(base) ?? 0
    this.#refs.set(base, seen + 1)
    this.transitions.push({ ref: seen === 0 ? base : `${base}#${seen + 1}`, ...transition })
  }

  finish(
    head: Omit<
      Definition,
      'format' | 'env' | 'secrets' | 'workflows' | 'nodes' | 'transitions' | 'fans' | 'tasks' | 'tools' | 'texts'
    >,
  ): Definition {
    return {
      format: 1,
      ...head,
      env: [...this.env].sort(),
      secrets: [...this.secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      ...(this.workflows.size === 0 ? {} : { workflows: sorted(this.workflows) }),
      nodes: this.nodes,
      transitions: this.transitions,
      fans: this.fans,
      tasks: this.tasks,
      tools: this.tools,
      texts: this.texts,
    }
  }
}

function sorted(map: ReadonlyMap<string, string>): { readonly [key: string]: string } {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A map of expressions; one literal when all of them are. */
export function mapExpr(entries: readonly (readonly [string, Expr])[]): Expr {
  const literals = entries.flatMap(([key, expr]) => ('lit' in expr ? [[key, expr.lit] as const] : []))
  if (literals.length === entries.length) return { lit: Object.fromEntries(literals) }
  return { map: Object.fromEntries(entries) }
}

export function listExpr(items: readonly Expr[]): Expr {
  const literals = items.flatMap((expr) => ('lit' in expr ? [expr.lit] : []))
  return literals.length === items.length ? { lit: literals } : { list: items }
}
