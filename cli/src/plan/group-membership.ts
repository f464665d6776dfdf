import type { Definition, NodeDef, OutlineItem } from '@wonder/engine'

/** A group of the outline with the nodes that stand for its beginning and its end. */
export type GroupPlace = {
  readonly item: OutlineItem
  readonly parent: string | undefined
  /** Nodes where it begins: `open`, and what is asked before. */
  readonly entries: Set<string>
  readonly exits: Set<string>
}

/** Which node is a box, which belongs to the border of a group, and which group is around it. */
export type Membership = {
  readonly groups: ReadonlyMap<string, GroupPlace>
  /** By ref: the group whose beginning or end the node is. */
  readonly border: ReadonlyMap<string, { readonly group: string; readonly side: 'entry' | 'exit' }>
  /** Nodes that ask a group's `if` before it opens. */
  readonly gates: ReadonlySet<string>
  /** By ref: the innermost group around a box; absent: none. */
  readonly around: ReadonlyMap<string, string>
  /** By ref: the line of the outline that a box is. */
  readonly items: ReadonlyMap<string, OutlineItem>
}

/** Nodes that do nothing a person would call a task. */
const technical: ReadonlySet<NodeDef['does']['kind']> = new Set(['open', 'last', 'route', 'join', 'collect'])

/** Sorts the nodes into groups by the outline; what it does not name, by where the ways lead. */
export function membershipOf(definition: Definition): Membership {
  const nodes = new Map(definition.nodes.map((node) => [node.ref, node]))
  const groups = new Map<string, GroupPlace>()
  const around = new Map<string, string>()
  const items = new Map<string, OutlineItem>()
  const border = new Map<string, { group: string; side: 'entry' | 'exit' }>()
  const taken = (ref: string) => items.has(ref) || border.has(ref)

  const place = (item: OutlineItem, parent: string | undefined) => {
    const isGroup = item.open !== undefined && nodes.has(item.open) && nodes.has(item.node) && item.open !== item.node
    if (isGroup && !taken(item.open ?? '') && !taken(item.node)) {
      groups.set(item.node, { item, parent, entries: new Set([item.open ?? '']), exits: new Set([item.node]) })
      border.set(item.open ?? '', { group: item.node, side: 'entry' })
      border.set(item.node, { group: item.node, side: 'exit' })
      for (const child of item.children ?? []) {
        const handles = nodes.get(child.open ?? child.node)?.error === item.id
        place(child, handles ? parent : item.node)
      }
      return
    }
    if (nodes.has(item.node) && !taken(item.node)) {
      items.set(item.node, item)
      if (parent !== undefined) around.set(item.node, parent)
    }
    for (const child of item.children ?? []) place(child, parent)
  }
  for (const item of definition.outline) place(item, undefined)

  const ways = new Ways(definition)
  const gates = fold(definition, ways, { groups, border, taken })
  for (const { ref } of ways.inOrder(definition)) {
    if (taken(ref) || around.has(ref)) continue
    const parent = groupBefore(ref, ways, { groups, border, around })
    if (parent !== undefined) around.set(ref, parent)
  }
  return { groups, border, gates, around, items }
}

/** A node that only leads into a group, or only ends it, is a part of its border. */
function fold(
  { nodes }: Definition,
  ways: Ways,
  at: {
    readonly groups: ReadonlyMap<string, GroupPlace>
    readonly border: Map<string, { group: string; side: 'entry' | 'exit' }>
    readonly taken: (ref: string) => boolean
  },
): ReadonlySet<string> {
  const gates = new Set<string>()
  for (let changed = true; changed; ) {
    changed = false
    for (const { ref, does } of nodes) {
      if (!technical.has(does.kind) || at.taken(ref)) continue
      const after = ways.after(ref)
      const before = ways.before(ref)
      for (const [group, { entries, exits }] of at.groups) {
        const gate = after.some((to) => entries.has(to)) && after.every((to) => entries.has(to) || exits.has(to))
        const door = does.kind !== 'collect' && before.length > 0 && before.every((from) => entries.has(from))
        const end = does.kind !== 'collect' && after.length > 0 && after.every((to) => exits.has(to))
        if (!gate && !door && !end) continue
        const side = gate || door ? 'entry' : 'exit'
        at.border.set(ref, { group, side })
        if (gate) gates.add(ref)
        const refs = side === 'entry' ? entries : exits
        refs.add(ref)
        changed = true
        break
      }
    }
  }
  return gates
}

function groupBefore(
  ref: string,
  ways: Ways,
  at: Pick<Membership, 'groups' | 'border' | 'around'>,
): string | undefined {
  for (const from of ways.before(ref)) {
    const edge = at.border.get(from)
    if (edge?.side === 'entry') return edge.group
    const group = edge === undefined ? at.around.get(from) : at.groups.get(edge.group)?.parent
    if (group !== undefined) return group
  }
  return undefined
}

/** Transitions and ways after failures, both ways round. */
class Ways {
  readonly #after = new Map<string, string[]>()
  readonly #before = new Map<string, string[]>()

  constructor({ nodes, transitions }: Definition) {
    for (const { from, to } of transitions) this.#add(from, to)
    for (const { ref, onError } of nodes) if (typeof onError === 'object') this.#add(ref, onError.to)
  }

  after(ref: string): readonly string[] {
    return this.#after.get(ref) ?? []
  }

  before(ref: string): readonly string[] {
    return this.#before.get(ref) ?? []
  }

  /** Nodes as a run meets them; those that none reaches last. */
  inOrder({ nodes, start }: Definition): readonly NodeDef[] {
    const seen = new Set<string>()
    const queue = [start, ...nodes.map(({ ref }) => ref)]
    const byRef = new Map(nodes.map((node) => [node.ref, node]))
    const stack = queue.reverse()
    for (let ref = stack.pop(); ref !== undefined; ref = stack.pop()) {
      if (seen.has(ref)) continue
      seen.add(ref)
      stack.push(...this.after(ref).toReversed())
    }
    return [...seen].flatMap((ref) => byRef.get(ref) ?? [])
  }

  #add(from: string, to: string): void {
    this.#after.set(from, [...(this.#after.get(from) ?? []), to])
    this.#before.set(to, [...(this.#before.get(to) ?? []), from])
  }
}
