/**
 * The live tokens of a run as people see it: at which node each stands, and in which status.
 *
 * Owns: the tokens, how many are in which status, and what they mark at their items. Does not own: fan-outs
 * (view-fan-outs.ts); a branch that its last token leaves is gone here.
 */
import type { ErrorBody } from '@wonder/errors'
import type { Definition, NodeDef } from './definition.ts'
import type { EventId } from './events.ts'
import { type ItemStatus, unfinished } from './run-item.ts'
import { closeBranch, type ViewBranch } from './view-fan-outs.ts'
import { begin, type Entry, type ViewItems } from './view-items.ts'
import { isWait, type OpenQuestion, type OpenWait } from './view-subjects.ts'

export type ViewToken = {
  readonly id: EventId
  /** What it asks or listens for. */
  subject: OpenQuestion | OpenWait | null
  node: string
  state: ItemStatus
  /** Attempts at the present node. */
  tries: number
  groups: readonly Entry[]
  branch: ViewBranch | null
}

const none: ReadonlySet<ViewToken> = new Set()

export class ViewTokens {
  readonly #items: ViewItems
  readonly #nodes: ReadonlyMap<string, NodeDef>
  readonly #tokens = new Map<EventId, ViewToken>()
  readonly #counts: { [state in ItemStatus]?: number } = {}
  /** Tasks that a stopping run waits for. */
  readonly #awaited = new Set<ViewToken>()

  constructor(definition: Definition, items: ViewItems) {
    this.#items = items
    this.#nodes = new Map(definition.nodes.map((node) => [node.ref, node]))
  }

  get(id: EventId): ViewToken | undefined {
    return this.#tokens.get(id)
  }

  /** How many are in a status. */
  count(state: ItemStatus): number {
    return this.#counts[state] ?? 0
  }

  subjects<T extends OpenQuestion | OpenWait>(is: (subject: OpenQuestion | OpenWait) => subject is T): readonly T[] {
    const found: T[] = []
    if (!this.#counts.asked && !this.#counts.listening) return found
    for (const { subject } of this.#tokens.values()) if (subject !== null && is(subject)) found.push(subject)
    return found
  }

  /** The definition of the node at which a token stands. */
  nodeOf({ node }: ViewToken): NodeDef | undefined {
    return this.#nodes.get(node)
  }

  add(at: Pick<ViewToken, 'id' | 'node' | 'branch' | 'groups'>, time: number): ViewToken {
    const token: ViewToken = { ...at, subject: null, state: 'waiting', tries: 0 }
    this.#tokens.set(token.id, token)
    token.branch?.tokens.add(token)
    this.#add('waiting', 1)
    this.stand(token, time)
    return token
  }

  /** The token has come to its node. */
  stand(token: ViewToken, time: number): void {
    token.tries = 0
    this.setState(token, 'waiting')
    const entry = this.#items.at(token.node)
    if (entry === undefined) return
    if (entry.group) {
      // Some groups have a node where they end, too.
      if (this.nodeOf(token)?.does.kind === 'open') this.open(entry, token, time)
    } else {
      begin(entry)
      this.#items.mark(entry, null, 'waiting', time)
    }
  }

  /** The token is inside of a group from here on. */
  open(entry: Entry, token: ViewToken, time: number): void {
    if (token.groups.includes(entry)) return
    token.groups = [...token.groups, entry]
    begin(entry)
    this.#items.mark(entry, null, 'running', time)
  }

  change(token: ViewToken, to: ItemStatus, time: number, error?: ErrorBody): void {
    const from = token.state
    this.setState(token, to)
    const waits = to === 'asked' || to === 'listening'
    if (!waits) token.subject = null
    const entry = this.#items.at(token.node)
    if (entry === undefined) return
    if (!waits && entry.item.waits !== undefined) delete entry.item.waits
    if (error !== undefined) entry.item.error = error
    else if (to === 'completed') entry.item.error = null
    if (!entry.group) {
      this.#items.mark(entry, from, to, time)
      return
    }
    const open = token.groups.includes(entry)
    token.groups = token.groups.filter((group) => group !== entry)
    // A group that was skipped where it opens keeps that, although its token passes the end.
    if (open || to !== 'completed') this.#items.mark(entry, open ? 'running' : null, to, time)
  }

  /** It asks a person, or listens for a signal. */
  wait(token: ViewToken, subject: OpenQuestion | OpenWait, time: number): void {
    token.subject = subject
    const entry = this.#items.at(token.node)
    const listens = isWait(subject)
    if (entry !== undefined && !entry.repeated) entry.item.waits = listens ? subject.signal : subject.text
    this.change(token, listens ? 'listening' : 'asked', time)
  }

  /** An attempt has begun. */
  tryAt(token: ViewToken): void {
    token.tries += 1
    const item = this.#items.at(token.node)?.item
    if (item !== undefined) item.attempts = Math.max(item.attempts, token.tries)
  }

  /** It belongs to no branch any more; a run that stops awaits it. */
  await(token: ViewToken): void {
    token.branch?.tokens.delete(token)
    token.branch = null
    token.groups = []
    this.#awaited.add(token)
  }

  setState(token: ViewToken, to: ItemStatus): void {
    this.#add(token.state, -1)
    this.#add(to, 1)
    token.state = to
  }

  /** It is gone, and leaves no mark: what it was goes on as branches. */
  remove(token: ViewToken): boolean {
    if (!this.#tokens.delete(token.id)) return false
    this.#add(token.state, -1)
    return true
  }

  end(token: ViewToken, reason: 'done' | 'cancelled', time: number): void {
    if (!this.remove(token)) return
    const entry = this.#items.at(token.node)
    let outcome: ItemStatus = token.state === 'failed' ? 'failed' : reason === 'done' ? 'completed' : 'cancelled'
    if (unfinished.includes(token.state)) {
      // The node that ends the run has no event of its own.
      if (token.state === 'waiting' && this.nodeOf(token)?.does.kind === 'end') outcome = 'completed'
      if (entry !== undefined && !entry.group) this.#items.mark(entry, token.state, outcome, time)
    }
    for (const group of token.groups) this.#items.mark(group, 'running', outcome, time)
    const { branch } = token
    if (branch === null) return
    branch.tokens.delete(token)
    closeBranch(branch)
  }

  endAll(time: number, but: 'awaited' | null): void {
    const stay = but === 'awaited' ? this.#awaited : none
    for (const token of [...this.#tokens.values()]) if (!stay.has(token)) this.end(token, 'cancelled', time)
  }

  #add(state: ItemStatus, by: number): void {
    this.#counts[state] = (this.#counts[state] ?? 0) + by
  }
}
