/**
 * The open fan-outs of a run as people see it, and their progress.
 *
 * Owns: fan-outs and branches. What is kept of a branch ends with it, so that 100,000 branches are counts and the live
 * ones. Does not own: the tokens in them (view-tokens.ts).
 */
import type { Definition } from './definition.ts'
import type { EventId, EventOf } from './events.ts'
import type { ItemStatus } from './run-item.ts'
import { type Entry, restart, type ViewItems } from './view-items.ts'
import type { ViewToken, ViewTokens } from './view-tokens.ts'

export type ViewBranch = {
  readonly fanout: ViewFanOut
  readonly index: number
  readonly tokens: Set<ViewToken>
  readonly fanouts: Set<ViewFanOut>
  arrived: boolean
}

export type ViewFanOut = {
  readonly id: EventId
  readonly fan: string
  readonly entry: Entry | undefined
  readonly branch: ViewBranch | null
  readonly groups: readonly Entry[]
  readonly branches: Map<number, ViewBranch>
  /** Joins that have not been decided. */
  joins: number
}

type At = { readonly id: EventId; readonly time: number }

export class ViewFanOuts {
  readonly #items: ViewItems
  readonly #tokens: ViewTokens
  readonly #fanouts = new Map<EventId, ViewFanOut>()
  /** Join nodes of each fan-out, by its ref. */
  readonly #joins: ReadonlyMap<string, readonly string[]>
  /** The fan-out that a transition joins, by its ref. */
  readonly #joined = new Map<string, string>()

  constructor(definition: Definition, items: ViewItems, tokens: ViewTokens) {
    this.#items = items
    this.#tokens = tokens
    this.#joins = new Map(definition.fans.map(({ ref, joins }) => [ref, joins.map(({ node }) => node)]))
    for (const { ref, join } of definition.transitions) if (join !== undefined) this.#joined.set(ref, join.fan)
  }

  get(id: EventId): ViewFanOut | undefined {
    return this.#fanouts.get(id)
  }

  add(begin: Omit<ViewFanOut, 'branches'>): ViewFanOut {
    const fanout: ViewFanOut = { ...begin, branches: new Map() }
    this.#fanouts.set(fanout.id, fanout)
    fanout.branch?.fanouts.add(fanout)
    return fanout
  }

  /** The token becomes the branches of a fan-out. */
  open(token: ViewToken, { fan, count, skipped = 0 }: EventOf<'fanned_out'>, { id, time }: At): void {
    const entry = this.#items.ofFan(fan)
    if (entry !== undefined) {
      this.#tokens.open(entry, token, time)
      restart(entry)
      const progress = entry.item.fan
      if (progress !== undefined) {
        progress.total += count
        progress.skipped += skipped
      }
    }
    const { branch, groups } = token
    this.add({ id, fan, entry, branch, groups, joins: this.#joins.get(fan)?.length ?? 0 })
    token.groups = []
    this.#tokens.remove(token)
    branch?.tokens.delete(token)
  }

  startBranch(event: EventOf<'branch_started'>, { id, time }: At): void {
    const fanout = this.#fanouts.get(event.fanout)
    if (fanout === undefined) return
    const branch = addBranch(fanout, event.index, false)
    if (fanout.entry?.item.fan !== undefined) fanout.entry.item.fan.running += 1
    this.#tokens.add({ id, node: event.node, branch, groups: [] }, time)
  }

  failBranch(event: EventOf<'branch_failed'>, time: number): void {
    const fanout = this.#fanouts.get(event.fanout)
    const item = fanout?.entry?.item
    if (item?.fan !== undefined) item.fan.failed += 1
    if (item !== undefined) item.error = event.error
    const branch = fanout?.branches.get(event.index)
    if (branch !== undefined) this.#dropBranch(branch, time)
  }

  arrive(token: ViewToken, transition: string, time: number): void {
    const fan = this.#joined.get(transition) ?? token.branch?.fanout.fan
    let { branch } = token
    while (branch !== null && branch.fanout.fan !== fan) branch = branch.fanout.branch
    // The first token at a join is the branch's; more of it may be live.
    if (branch?.arrived === false) {
      branch.arrived = true
      if (branch.fanout.entry?.item.fan !== undefined) branch.fanout.entry.item.fan.done += 1
    }
    this.#tokens.end(token, 'done', time)
  }

  join(event: EventOf<'joined'>, { id, time }: At): void {
    const fanout = this.#fanouts.get(event.fanout)
    if (fanout === undefined) return
    const { entry, branch } = fanout
    fanout.joins -= 1
    const stays = fanout.joins > 0 || event.open === true
    if (!stays) for (const open of [...fanout.branches.values()]) this.#dropBranch(open, time)
    const groups = fanout.groups.filter((group) => group !== entry)
    if (entry !== undefined) {
      if (event.error !== undefined) entry.item.error = event.error
      this.#items.mark(entry, 'running', event.status, time)
    }
    const node = event.node ?? this.#joins.get(fanout.fan)?.[0] ?? ''
    const token = this.#tokens.add({ id, node, branch, groups }, time)
    this.#tokens.setState(token, event.status)
    if (stays) return
    this.#fanouts.delete(fanout.id)
    branch?.fanouts.delete(fanout)
  }

  /** The fan-out is over: whatever of it is live ends. */
  close(fanout: ViewFanOut, outcome: ItemStatus, time: number): void {
    if (!this.#fanouts.delete(fanout.id)) return
    for (const branch of [...fanout.branches.values()]) this.#dropBranch(branch, time)
    for (const group of fanout.groups) this.#items.mark(group, 'running', outcome, time)
    if (fanout.branch !== null) {
      fanout.branch.fanouts.delete(fanout)
      closeBranch(fanout.branch)
    }
  }

  closeAll(time: number): void {
    for (const fanout of [...this.#fanouts.values()]) this.close(fanout, 'cancelled', time)
  }

  /** Whatever of the branch is live ends with it. */
  #dropBranch(branch: ViewBranch, time: number): void {
    for (const fanout of [...branch.fanouts]) this.close(fanout, 'cancelled', time)
    for (const token of [...branch.tokens]) this.#tokens.end(token, 'cancelled', time)
    closeBranch(branch)
  }
}

export function addBranch(fanout: ViewFanOut, index: number, arrived: boolean): ViewBranch {
  const branch: ViewBranch = { fanout, index, tokens: new Set(), fanouts: new Set(), arrived }
  fanout.branches.set(index, branch)
  return branch
}

/** A branch in which nothing is live any more has ended. */
export function closeBranch({ fanout, index, tokens, fanouts }: ViewBranch): void {
  if (tokens.size > 0 || fanouts.size > 0 || !fanout.branches.delete(index)) return
  const fan = fanout.entry?.item.fan
  if (fan !== undefined) fan.running -= 1
}
