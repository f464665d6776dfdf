/**
 * The items of a run: the tree that its outline tells, and the status of each.
 *
 * Owns: every change of an item, but for progress and errors, which are set where they are known. Does not own: what is
 * live, and where (view-tokens.ts, view-fan-outs.ts).
 */
import type { Definition, OutlineItem } from './definition.ts'
import { type FanProgress, type ItemStatus, type RunItem, unfinished } from './run-item.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export type Item = Writable<Omit<RunItem, 'fan' | 'counts' | 'children' | 'run'>> & {
  run?: string
  fan?: Writable<FanProgress>
  counts?: { [status in ItemStatus]?: number }
  readonly children: Item[]
}

/** `group`: has a node where it opens. `repeated`: stands inside an `each`. */
export type Entry = {
  readonly item: Item
  readonly group: boolean
  readonly repeated: boolean
  readonly fan: string | undefined
}

/** What a task begins with. */
const startsWith: ReadonlySet<ItemStatus> = new Set(['running', 'asked', 'listening', 'nested'])

/** What of its branches an item inside an `each` tells, the most telling first. */
const derivedOrder: readonly ItemStatus[] = [...unfinished, 'failed', 'completed', 'cancelled', 'skipped']

export class ViewItems {
  readonly list: readonly Item[]
  readonly #entries = new Map<string, Entry>()
  readonly #fans = new Map<string, Entry>()
  readonly #parents = new Map<Entry, Entry>()
  readonly #onChange: ((item: RunItem) => void) | undefined

  constructor(definition: Definition, onChange: ((item: RunItem) => void) | undefined) {
    this.#onChange = onChange
    const loops = new Set(definition.fans.filter((fan) => fan.each !== undefined).map((fan) => fan.ref))
    this.list = definition.outline.map((item) => this.#enter(item, loops, false))
  }

  /** Undefined for nodes that people do not see. */
  at(node: string): Entry | undefined {
    return this.#entries.get(node)
  }

  ofFan(fan: string): Entry | undefined {
    return this.#fans.get(fan)
  }

  /** Id of the item at a node; of one that people do not see the node's own. */
  taskAt(node: string): string {
    return this.#entries.get(node)?.item.id ?? node
  }

  /** The groups around an entry and itself, the outermost first, as far as the branches of `fan` reach. */
  around(entry: Entry, fan: string | undefined): readonly Entry[] {
    const groups: Entry[] = []
    for (let at: Entry | undefined = entry; at !== undefined; at = this.#parents.get(at)) {
      if (at.fan !== undefined && at.fan === fan) break
      if (at.group) groups.unshift(at)
    }
    return groups
  }

  withStatus(status: ItemStatus): readonly RunItem[] {
    const found: RunItem[] = []
    const visit = (item: RunItem) => {
      if (item.status === status || item.counts?.[status]) found.push(item)
      item.children.forEach(visit)
    }
    this.list.forEach(visit)
    return found
  }

  /** Of an item inside an `each`, one of its branches goes from one status to another; null: it is new there. */
  mark({ item, repeated }: Entry, from: ItemStatus | null, to: ItemStatus, time: number): void {
    const before = item.status
    if (item.counts === undefined) item.status = to
    else {
      if (from !== null) item.counts[from] = (item.counts[from] ?? 0) - 1
      item.counts[to] = (item.counts[to] ?? 0) + 1
      item.status = derivedOrder.find((status) => item.counts?.[status]) ?? 'pending'
    }
    if (startsWith.has(to)) item.started ??= time
    item.ended = unfinished.includes(item.status) ? null : time
    if (!repeated && before !== item.status) this.#onChange?.(item)
  }

  #enter(outline: OutlineItem, loops: ReadonlySet<string>, repeated: boolean): Item {
    const inside = repeated || (outline.fan !== undefined && loops.has(outline.fan))
    const item: Item = {
      id: outline.id,
      kind: outline.kind,
      ...(outline.name === undefined ? {} : { name: outline.name }),
      status: 'pending',
      started: null,
      ended: null,
      attempts: 0,
      error: null,
      ...(outline.fan === undefined ? {} : { fan: noProgress() }),
      ...(repeated ? { counts: {} } : {}),
      children: (outline.children ?? []).map((child) => this.#enter(child, loops, inside)),
    }
    const entry: Entry = {
      item,
      group: outline.open !== undefined || outline.fan !== undefined,
      repeated,
      fan: outline.fan,
    }
    this.#entries.set(outline.node, entry)
    for (const { node } of outline.children ?? []) {
      const child = this.#entries.get(node)
      if (child !== undefined) this.#parents.set(child, entry)
    }
    if (outline.open !== undefined) this.#entries.set(outline.open, entry)
    if (outline.fan !== undefined) this.#fans.set(outline.fan, entry)
    return item
  }
}

/** An item whose turn comes, perhaps not for the first time. */
export function begin({ item, repeated }: Entry): void {
  if (!repeated) reset(item)
}

/** A fan-out that begins again counts from zero, and so does what stands in it. */
export function restart({ item, repeated }: Entry): void {
  if (!repeated) restartItem(item)
}

function reset(item: Item): void {
  item.started = null
  item.ended = null
  item.attempts = 0
  item.error = null
}

function restartItem(item: Item): void {
  if (item.fan !== undefined) item.fan = noProgress()
  for (const child of item.children) {
    reset(child)
    child.status = 'pending'
    if (child.counts !== undefined) child.counts = {}
    restartItem(child)
  }
}

function noProgress(): Writable<FanProgress> {
  return { total: 0, done: 0, running: 0, failed: 0, skipped: 0 }
}
