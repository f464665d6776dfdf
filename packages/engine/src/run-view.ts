import type { JsonSchema } from '@wonder/context'
import type { ErrorBody } from '@wonder/errors'
import type { Checkpoint } from './checkpoint.ts'
import type { Definition, NodeDef, OutlineItem } from './definition.ts'
import type { Artifact, EventId, RunEvent, RunRecord } from './events.ts'
import type { BudgetName } from './fold-budget.ts'
import type { Json } from './json.ts'
import { waitTimeout } from './mailbox.ts'
import { expiry, rejection } from './questions.ts'
import type { StopTarget, Wait } from './run-state.ts'
import type { DerivedStatus } from './run-status.ts'
import { type EncodedState, openSnapshot } from './snapshot.ts'

/**
 * `waiting`: its turn has come and nothing is out (the run is paused, for example). `retrying`: an attempt failed, the next
 * one has a time. `sleeping`: it waits for a time. `listening`: it waits for a signal. `sending`: a signal of it is on its
 * way. `nested`: it waits for a run that it ordered. `asked`: it waits for a person's answer. `blocked`: it has failed,
 * and waits for a repair. `limited`: what it needs does not fit in a budget. `interrupted`: a crash cut it off and a person
 * decides.
 */
export type ItemStatus =
  | 'pending'
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'sleeping'
  | 'listening'
  | 'sending'
  | 'nested'
  | 'asked'
  | 'blocked'
  | 'limited'
  | 'skipped'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'interrupted'

/** A checkpoint, the event that names it, and when it was emitted (epoch ms). */
export type ToldCheckpoint = { readonly id: EventId; readonly time: number } & Checkpoint

/** The branches of a fan-out. `total` are those that pass the filter; `skipped` those that it left out. */
export type FanProgress = {
  readonly total: number
  readonly done: number
  readonly running: number
  readonly failed: number
  readonly skipped: number
}

/** A task as people see it, following `Definition.outline`. Times are epoch ms. */
export type RunItem = {
  readonly id: string
  readonly kind: string
  readonly name?: string
  /** Of an item inside an `each`: of all its branches together. */
  readonly status: ItemStatus
  readonly started: number | null
  readonly ended: number | null
  /** Attempts so far; inside an `each` the most that one branch needed. */
  readonly attempts: number
  readonly error: ErrorBody | null
  /** The run that a sub-workflow is, the latest; not inside an `each`, where there are many. */
  readonly run?: string
  /** How many of its results come from earlier attempts: nothing ran for them. Absent: none. */
  readonly reused?: number
  readonly fan?: FanProgress
  /** While it is listening or asked, outside of every `each`: the signal's name, or the text of the question. */
  readonly waits?: string
  /** Only inside an `each`: how many of its branches are in which status. */
  readonly counts?: { readonly [status in ItemStatus]?: number }
  readonly children: readonly RunItem[]
}

/** The derived status of a run, as `RunStatus` of the index names it. */
export type RunViewStatus = DerivedStatus

export type RunViewOptions = {
  /** Called when an item outside of every `each` changes its status; within `apply`. */
  readonly onChange?: (item: RunItem) => void
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Item = Writable<Omit<RunItem, 'fan' | 'counts' | 'children' | 'run'>> & {
  run?: string
  fan?: Writable<FanProgress>
  counts?: { [status in ItemStatus]?: number }
  readonly children: Item[]
}
/** `group`: has a node where it opens. `repeated`: stands inside an `each`. */
type Entry = {
  readonly item: Item
  readonly group: boolean
  readonly repeated: boolean
  readonly fan: string | undefined
}
/** A question that waits for a person. Times are epoch ms. */
export type OpenQuestion = {
  /** The event that asked it. */
  readonly id: EventId
  /** Id of the item that asks. */
  readonly task: string
  readonly text: string
  readonly shows?: Json
  /** Of text and shows: an answer that names it counts for nothing else. */
  readonly digest: string
  readonly answers?: JsonSchema
  /** Who may answer; absent: anybody. */
  readonly role?: string
  readonly asked: number
  /** Null: it stays open. */
  readonly expires: number | null
  /** Numbers of the branches in which it is asked, the outermost first. */
  readonly branch: readonly number[]
}

/** A wait for a signal. */
export type OpenWait = {
  readonly task: string
  readonly signal: string
  readonly since: number
  /** Epoch ms at which the wait is over; null: never. */
  readonly until: number | null
}

type Token = {
  readonly id: EventId
  /** What it asks or listens for. */
  subject: OpenQuestion | OpenWait | null
  node: string
  state: ItemStatus
  /** Attempts at the present node. */
  tries: number
  groups: readonly Entry[]
  branch: Branch | null
}
type Branch = {
  readonly fanout: Fanout
  readonly index: number
  readonly tokens: Set<Token>
  readonly fanouts: Set<Fanout>
  arrived: boolean
}
type Fanout = {
  readonly id: EventId
  readonly fan: string
  readonly entry: Entry | undefined
  readonly branch: Branch | null
  readonly groups: readonly Entry[]
  readonly branches: Map<number, Branch>
  /** Joins that have not been decided. */
  joins: number
}

const none: ReadonlySet<Token> = new Set()

/** What a task begins with. */
const startsWith: ReadonlySet<ItemStatus> = new Set(['running', 'asked', 'listening', 'nested'])

const unfinished: readonly ItemStatus[] = [
  'interrupted',
  'asked',
  'blocked',
  'limited',
  'running',
  'retrying',
  'sleeping',
  'listening',
  'sending',
  'nested',
  'waiting',
]
const derivedOrder: readonly ItemStatus[] = [...unfinished, 'failed', 'completed', 'cancelled', 'skipped']

/**
 * A run as people see it: a projection of its records, for live displays, lists and `--json`.
 * It owns nothing and decides nothing. An event costs the same however many came before; what is kept of a branch ends
 * with it, so that 100,000 branches are counts and the live ones.
 *
 * @example
 * const view = new RunView(definition)
 * for (const record of records) view.apply(record)
 * console.log(view.status, view.items)
 */
export class RunView {
  readonly #nodes = new Map<string, NodeDef>()
  readonly #entries = new Map<string, Entry>()
  readonly #fans = new Map<string, Entry>()
  readonly #parents = new Map<Entry, Entry>()
  /** Join nodes of each fan-out, by its ref. */
  readonly #joins = new Map<string, readonly string[]>()
  /** The fan-out that a transition joins, by its ref. */
  readonly #joined = new Map<string, string>()
  readonly #tokens = new Map<EventId, Token>()
  readonly #fanouts = new Map<EventId, Fanout>()
  readonly #onChange: ((item: RunItem) => void) | undefined
  readonly #items: Item[]
  readonly #artifacts = new Map<string, Artifact>()
  /** Live tokens by what they wait for. */
  readonly #live: { [state in ItemStatus]?: number } = {}
  #version = 0
  /** Of a fork: added to the number of a record in the names of its events. */
  #namesFrom = 0
  #started: number | null = null
  #ended: number | null = null
  #paused = false
  #held: 'wall_time' | 'timeout' | 'project' | null = null
  #projectLimit: string | null = null
  /** Tasks that a stopping run waits for. */
  readonly #awaited = new Set<Token>()
  #stopping = false
  #final: StopTarget | null = null
  #input: Json = null
  #reused = 0
  #ran = 0
  #output: Json | undefined
  #error: ErrorBody | null = null
  #tags: readonly string[] = []
  #checkpoint: ToldCheckpoint | null = null
  #limit: BudgetName | null = null

  constructor(definition: Definition, options: RunViewOptions = {}) {
    this.#onChange = options.onChange
    for (const node of definition.nodes) this.#nodes.set(node.ref, node)
    for (const fan of definition.fans) {
      this.#joins.set(
        fan.ref,
        fan.joins.map((join) => join.node),
      )
    }
    for (const { ref, join } of definition.transitions) if (join !== undefined) this.#joined.set(ref, join.fan)
    const loops = new Set(definition.fans.filter((fan) => fan.each !== undefined).map((fan) => fan.ref))
    this.#items = definition.outline.map((item) => this.#enter(item, loops, false))
  }

  /** Number of the last record that was applied. */
  get version(): number {
    return this.#version
  }
  get status(): RunViewStatus {
    return this.#stopping && this.#final === null ? 'stopping' : this.activity
  }
  /** The status, but of a run that stops what it does meanwhile: a list that undoes may wait for a person, too. */
  get activity(): RunViewStatus {
    if (this.#final !== null) return this.#final
    if (this.#started === null) return 'queued'
    if (this.#paused) return 'paused'
    if (this.#live.running) return 'running'
    if (this.#held !== null) return this.#held === 'timeout' ? 'blocked_error' : 'blocked_budget'
    if (this.#live.waiting) return 'running'
    if (this.#live.retrying || this.#live.sleeping || this.#live.listening || this.#live.sending || this.#live.nested)
      return 'waiting'
    if (this.#live.interrupted || this.#live.asked) return 'blocked_decision'
    if (this.#live.limited) return 'blocked_budget'
    return this.#live.blocked ? 'blocked_error' : 'running'
  }
  /** Epoch ms. */
  get started(): number | null {
    return this.#started
  }
  get ended(): number | null {
    return this.#ended
  }
  get input(): Json {
    return this.#input
  }
  /** Undefined until the run has one. */
  get output(): Json | undefined {
    return this.#output
  }
  get error(): ErrorBody | null {
    return this.#error
  }
  /** Tasks that have completed: how many ran, and how many have the result of an earlier attempt. */
  get completions(): { readonly ran: number; readonly reused: number } {
    return { ran: this.#ran, reused: this.#reused }
  }
  get tags(): readonly string[] {
    return this.#tags
  }
  /** In the order in which they were saved; of those with the same name the last. */
  get artifacts(): readonly Artifact[] {
    return [...this.#artifacts.values()]
  }
  /** The budget in which something did not fit, last. */
  get limit(): BudgetName | null {
    return this.#limit
  }
  /** The budget of the project in which something did not fit, last. */
  get projectLimit(): string | null {
    return this.#projectLimit
  }
  /** The last one that the run has emitted. */
  get checkpoint(): ToldCheckpoint | null {
    return this.#checkpoint
  }
  /** The tree of tasks. The objects are live: `apply` changes them. */
  get items(): readonly RunItem[] {
    return this.#items
  }

  /** The item that a node belongs to; undefined for nodes that people do not see. */
  itemOf(node: string): RunItem | undefined {
    return this.#entries.get(node)?.item
  }

  /** Items with a task whose interruption a person has to decide. */
  interrupted(): readonly RunItem[] {
    return this.#itemsIn('interrupted')
  }

  /** Items that have failed for good and wait for a repair; `error` says why. */
  blocked(): readonly RunItem[] {
    return this.#itemsIn('blocked')
  }

  /** Nothing is ordered: a limit of time is used up. Null: it is not so. */
  get held(): 'wall_time' | 'timeout' | 'project' | null {
    return this.#held
  }

  #itemsIn(status: 'interrupted' | 'blocked'): readonly RunItem[] {
    const found: RunItem[] = []
    if (!this.#live[status]) return found
    const visit = (item: RunItem) => {
      if (item.status === status || item.counts?.[status]) found.push(item)
      item.children.forEach(visit)
    }
    this.#items.forEach(visit)
    return found
  }

  /** What people are asked, the oldest first. */
  questions(): readonly OpenQuestion[] {
    return this.#subjects((subject): subject is OpenQuestion => 'digest' in subject)
  }

  /** Signals that are waited for. */
  waits(): readonly OpenWait[] {
    return this.#subjects((subject): subject is OpenWait => 'signal' in subject)
  }

  #subjects<T extends OpenQuestion | OpenWait>(is: (subject: OpenQuestion | OpenWait) => subject is T): readonly T[] {
    const found: T[] = []
    if (!this.#live.asked && !this.#live.listening) return found
    for (const { subject } of this.#tokens.values()) if (subject !== null && is(subject)) found.push(subject)
    return found
  }

  /** Takes the next record. One that was applied before changes nothing. */
  apply(record: RunRecord): void {
    if (record.number <= this.#version) return
    this.#version = record.number
    record.events.forEach((event, index) => {
      this.#applyEvent(event, `${record.number + this.#namesFrom}.${index}`, record.time)
    })
  }

  #applyEvent(event: RunEvent, id: EventId, time: number): void {
    if ('token' in event) {
      const token = this.#tokens.get(event.token ?? '')
      if (event.type === 'artifact_saved') {
        this.#artifacts.delete(event.artifact.name)
        this.#artifacts.set(event.artifact.name, event.artifact)
      } else if (token !== undefined) this.#applyToToken(token, event, { id, time })
      return
    }
    switch (event.type) {
      case 'run_started':
        this.#started = time
        this.#input = event.input
        this.#tags = event.tags ?? []
        break
      case 'run_forked':
        this.#fork(openSnapshot('', [JSON.stringify(event.state)]).encoded, time)
        break
      case 'token_created': {
        // A part begins when the one before is over: nothing of it goes on.
        if (event.part !== undefined) this.#dropAll(time)
        const from = event.from === undefined ? undefined : this.#tokens.get(event.from)
        this.#addToken({ id, node: event.node, branch: from?.branch ?? null, groups: from?.groups ?? [] }, time)
        break
      }
      case 'branch_started': {
        const fanout = this.#fanouts.get(event.fanout)
        if (fanout === undefined) break
        const branch: Branch = { fanout, index: event.index, tokens: new Set(), fanouts: new Set(), arrived: false }
        fanout.branches.set(event.index, branch)
        if (fanout.entry?.item.fan !== undefined) fanout.entry.item.fan.running += 1
        this.#addToken({ id, node: event.node, branch, groups: [] }, time)
        break
      }
      case 'branch_failed': {
        const fanout = this.#fanouts.get(event.fanout)
        const item = fanout?.entry?.item
        if (item?.fan !== undefined) item.fan.failed += 1
        if (item !== undefined) item.error = event.error
        const branch = fanout?.branches.get(event.index)
        if (branch !== undefined) this.#dropBranch(branch, time)
        break
      }
      case 'joined': {
        const fanout = this.#fanouts.get(event.fanout)
        if (fanout !== undefined) this.#join(fanout, event, { id, time })
        break
      }
      case 'fan_out_closed': {
        const fanout = this.#fanouts.get(event.fanout)
        if (fanout !== undefined) this.#closeFanout(fanout, 'completed', time)
        break
      }
      case 'checkpoint_emitted':
        this.#checkpoint = { id, time, ...event.checkpoint }
        break
      case 'run_paused':
        this.#paused = true
        break
      case 'run_resumed':
        this.#paused = false
        if (this.#held !== 'project') this.#held = null
        break
      case 'run_held':
        if (event.kind === 'wall_time') this.#limit = 'wall_time'
        this.#held = event.kind
        break
      case 'budget_raised':
        this.#projectLimit = null
        if (this.#held === 'wall_time' && event.budget.wall_time !== undefined) this.#held = null
        break
      case 'project_budget_reached':
        this.#projectLimit = event.budget
        this.#held = 'project'
        break
      case 'reservation_granted':
        this.#projectLimit = null
        this.#held = null
        break
      case 'compensation_started':
        this.#dropAll(time)
        this.#addToken({ id, node: event.node, branch: null, groups: [] }, time)
        break
      case 'compensation_ended':
      case 'compensations_skipped':
        this.#dropAll(time)
        break
      case 'run_stopping':
        this.#stopping = true
        this.#paused = false
        this.#held = null
        this.#output = event.output
        this.#error = event.error ?? null
        this.#dropAll(time, this.#awaited)
        break
      case 'run_ended':
        this.#final = event.status
        this.#ended = time
        // What a failing `finally` leaves is not what the run was stopping with.
        this.#output = event.output
        this.#error = event.error ?? null
        this.#dropAll(time)
        break
    }
  }

  #applyToToken(token: Token, event: RunEvent, at: { id: EventId; time: number }): void {
    const { time } = at
    switch (event.type) {
      case 'token_moved':
        token.node = event.node
        this.#stand(token, time)
        break
      case 'token_ended':
        this.#endToken(token, event.reason, time)
        break
      case 'task_dispatched': {
        // Without input the same attempt is ordered again.
        if (event.input !== undefined) token.tries += 1
        const item = this.#entries.get(token.node)?.item
        if (item !== undefined) item.attempts = Math.max(item.attempts, token.tries)
        this.#change(token, 'running', time)
        break
      }
      case 'task_started':
        this.#change(token, 'running', time)
        break
      case 'task_completed': {
        if (event.reused === undefined) this.#ran += 1
        else this.#noteReused(token)
        // The processor of a wait only looks at a signal.
        const looks = this.#nodes.get(token.node)?.does.kind === 'wait'
        this.#change(token, looks ? 'waiting' : 'completed', time)
        break
      }
      case 'budget_reached':
        this.#limit = event.budget
        this.#change(token, 'limited', time)
        break
      case 'project_budget_reached':
        this.#projectLimit = event.budget
        this.#change(token, 'limited', time)
        break
      case 'reservation_granted':
        this.#projectLimit = null
        this.#change(token, 'waiting', time)
        break
      case 'node_completed':
      case 'state_set':
        this.#change(token, 'completed', time)
        break
      case 'task_failed':
        this.#change(token, event.retry_at === undefined ? 'failed' : 'retrying', time, event.error)
        break
      case 'node_failed':
        this.#change(token, 'failed', time, event.error)
        break
      case 'node_skipped':
        this.#change(token, 'skipped', time)
        break
      case 'permit_requested':
        this.#change(token, 'waiting', time)
        break
      case 'permit_refused':
        this.#change(token, 'failed', time, event.error)
        break
      case 'token_slept':
        this.#change(token, 'sleeping', time)
        break
      case 'child_ordered': {
        token.tries += 1
        const entry = this.#entries.get(token.node)
        if (entry !== undefined) {
          entry.item.attempts = Math.max(entry.item.attempts, token.tries)
          if (!entry.repeated) entry.item.run = event.child
        }
        this.#change(token, 'nested', time)
        break
      }
      case 'child_ended':
        this.#change(token, event.error === undefined ? 'completed' : 'failed', time, event.error)
        break
      case 'signal_awaited':
        this.#wait(token, {
          task: this.#taskOf(token),
          signal: event.name,
          since: time,
          until: event.due_at ?? null,
        })
        this.#change(token, 'listening', time)
        break
      case 'signal_taken': {
        const does = this.#nodes.get(token.node)?.does
        this.#change(token, does?.kind === 'wait' && does.processor !== undefined ? 'waiting' : 'completed', time)
        break
      }
      case 'signal_sent':
        this.#change(token, 'sending', time)
        break
      case 'wait_expired': {
        const { subject } = token
        const name = subject !== null && 'signal' in subject ? subject.signal : ''
        this.#change(token, 'failed', time, waitTimeout(name))
        break
      }
      case 'question_asked':
        this.#ask(token, event, at)
        break
      case 'question_escalated':
        if (token.subject !== null && 'digest' in token.subject) {
          token.subject = { ...token.subject, role: event.role, expires: event.expires_at ?? null }
        }
        break
      case 'question_answered':
        if (event.decision === 'rejected') this.#change(token, 'failed', time, rejection(event))
        else this.#change(token, 'completed', time)
        break
      case 'question_expired':
        this.#change(token, 'failed', time, expiry(token.node))
        break
      case 'task_blocked':
        this.#change(token, 'blocked', time)
        break
      case 'task_repaired':
        this.#change(token, event.action === 'retry' ? 'waiting' : 'failed', time)
        break
      case 'task_awaited':
        token.branch?.tokens.delete(token)
        token.branch = null
        token.groups = []
        this.#awaited.add(token)
        break
      case 'task_interrupted':
        this.#change(token, 'interrupted', time)
        break
      case 'interruption_decided':
        this.#change(token, event.decision === 'rerun' ? 'waiting' : 'failed', time)
        break
      case 'fanned_out':
        this.#fanOut(token, event, at)
        break
      case 'branch_arrived': {
        const fan = this.#joined.get(event.transition) ?? token.branch?.fanout.fan
        let { branch } = token
        while (branch !== null && branch.fanout.fan !== fan) branch = branch.fanout.branch
        // The first token at a join is the branch's; more of it may be live.
        if (branch?.arrived === false) {
          branch.arrived = true
          if (branch.fanout.entry?.item.fan !== undefined) branch.fanout.entry.item.fan.done += 1
        }
        this.#endToken(token, 'done', time)
        break
      }
      case 'step_completed':
      case 'lease_expired':
      case 'artifact_saved':
        // Steps stand below tasks, and artifacts belong to the run.
        break
    }
  }

  #noteReused(token: Token): void {
    this.#reused += 1
    const item = this.#entries.get(token.node)?.item
    if (item !== undefined) item.reused = (item.reused ?? 0) + 1
  }

  /** A fork begins with what the other run had come to: values, open fan-outs with their branches, and live tokens. */
  #fork(state: EncodedState, time: number): void {
    this.#started = time
    this.#input = state.input
    this.#tags = state.tags
    this.#namesFrom = state.namesFrom
    this.#stopping = state.stopping !== null
    this.#error = state.stopping?.error ?? null
    for (const artifact of state.artifacts) this.#artifacts.set(artifact.name, artifact)
    for (const [ref, { status, error }] of state.frames.flatMap(({ values }) => values ?? [])) {
      const entry = this.#entries.get(ref)
      if (entry === undefined) continue
      this.#mark(entry, null, status, time)
      if (error !== undefined) entry.item.error = error
    }
    const branches = new Map<EventId, Branch>()
    const frames = new Map(state.frames.map((frame) => [frame.id, frame]))
    const branchOf = (id: EventId): Branch | null => {
      const frame = frames.get(id)
      if (frame === undefined || frame.fanout === null) return null
      const known = branches.get(id)
      if (known !== undefined) return known
      const fanout = fanoutOf(frame.fanout)
      const { index, arrived = [] } = frame
      const branch: Branch = { fanout, index, tokens: new Set(), fanouts: new Set(), arrived: arrived.length > 0 }
      branches.set(id, branch)
      fanout.branches.set(index, branch)
      return branch
    }
    const fanoutOf = (id: EventId): Fanout => {
      const known = this.#fanouts.get(id)
      const encoded = state.fanouts.find((one) => one.id === id)
      if (known !== undefined || encoded === undefined) return known as Fanout
      const { fan, joins, failures, count, skipped } = encoded
      const entry = this.#fans.get(fan)
      const branch = branchOf(encoded.frame)
      const groups = entry === undefined ? [] : this.#around(entry, branch)
      for (const group of groups) this.#mark(group, null, 'running', time)
      const open = joins.filter(({ closed }) => !closed).length
      const fanout: Fanout = { id, fan, entry, branch, groups, branches: new Map(), joins: open }
      this.#fanouts.set(id, fanout)
      branch?.fanouts.add(fanout)
      const progress = entry?.item.fan
      if (progress !== undefined) {
        progress.total += count
        progress.skipped += skipped
        progress.failed += failures.length
        progress.done += Math.max(0, ...joins.map(({ arrived }) => arrived))
        progress.running += state.frames.filter((frame) => frame.fanout === id).length
      }
      return fanout
    }
    for (const { id } of state.fanouts) fanoutOf(id)
    for (const { id, node, frame, wait } of state.tokens) {
      const branch = branchOf(frame)
      const entry = this.#entries.get(node)
      const groups = entry === undefined ? [] : this.#around(entry, branch).filter((group) => group !== entry)
      for (const group of groups) this.#mark(group, null, 'running', time)
      const token = this.#addToken({ id, node, branch, groups }, time)
      if (waitsAs[wait] !== 'waiting') this.#change(token, waitsAs[wait], time)
    }
  }

  /** The groups that are open around an entry, the outermost first, as far as its branch reaches. */
  #around(entry: Entry, branch: Branch | null): readonly Entry[] {
    const groups: Entry[] = []
    for (let at: Entry | undefined = entry; at !== undefined; at = this.#parents.get(at)) {
      if (at.fan !== undefined && at.fan === branch?.fanout.fan) break
      if (at.group) groups.unshift(at)
    }
    return groups
  }

  #ask(token: Token, event: RunEvent & { type: 'question_asked' }, { id, time }: { id: EventId; time: number }): void {
    const { text, shows, digest, answers, role } = event
    const branch: number[] = []
    for (let around = token.branch; around !== null; around = around.fanout.branch) branch.unshift(around.index)
    this.#wait(token, {
      id,
      task: this.#taskOf(token),
      text,
      ...(shows === undefined ? {} : { shows }),
      digest,
      ...(answers === undefined ? {} : { answers }),
      ...(role === undefined ? {} : { role }),
      asked: time,
      expires: event.expires_at ?? null,
      branch,
    })
    this.#change(token, 'asked', time)
  }

  #wait(token: Token, subject: OpenQuestion | OpenWait): void {
    token.subject = subject
    const entry = this.#entries.get(token.node)
    if (entry !== undefined && !entry.repeated) entry.item.waits = 'signal' in subject ? subject.signal : subject.text
  }

  #taskOf({ node }: Token): string {
    return this.#entries.get(node)?.item.id ?? node
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

  #addToken(begin: Pick<Token, 'id' | 'node' | 'branch' | 'groups'>, time: number): Token {
    const token: Token = { ...begin, subject: null, state: 'waiting', tries: 0 }
    this.#tokens.set(token.id, token)
    token.branch?.tokens.add(token)
    this.#count('waiting', 1)
    this.#stand(token, time)
    return token
  }

  /** The token has come to its node. */
  #stand(token: Token, time: number): void {
    token.tries = 0
    this.#state(token, 'waiting')
    const entry = this.#entries.get(token.node)
    if (entry === undefined) return
    if (entry.group) {
      if (!this.#closes(token.node)) this.#open(entry, token, time)
    } else {
      if (!entry.repeated) begin(entry.item)
      this.#mark(entry, null, 'waiting', time)
    }
  }

  #open(entry: Entry, token: Token, time: number): void {
    if (token.groups.includes(entry)) return
    token.groups = [...token.groups, entry]
    if (!entry.repeated) begin(entry.item)
    this.#mark(entry, null, 'running', time)
  }

  /** Is this the node where a group ends, and not the one where it opens? */
  #closes(node: string): boolean {
    return this.#nodes.get(node)?.does.kind !== 'open'
  }

  #change(token: Token, to: ItemStatus, time: number, error?: ErrorBody): void {
    const from = token.state
    this.#state(token, to)
    const waits = to === 'asked' || to === 'listening'
    if (!waits) token.subject = null
    const entry = this.#entries.get(token.node)
    if (entry === undefined) return
    if (!waits && entry.item.waits !== undefined) delete entry.item.waits
    if (error !== undefined) entry.item.error = error
    else if (to === 'completed') entry.item.error = null
    if (!entry.group) {
      this.#mark(entry, from, to, time)
      return
    }
    const open = token.groups.includes(entry)
    token.groups = token.groups.filter((group) => group !== entry)
    // A group that was skipped where it opens keeps that, although its token passes the end.
    if (open || to !== 'completed') this.#mark(entry, open ? 'running' : null, to, time)
  }

  #state(token: Token, to: ItemStatus): void {
    this.#count(token.state, -1)
    this.#count(to, 1)
    token.state = to
  }

  #count(state: ItemStatus, by: number): void {
    this.#live[state] = (this.#live[state] ?? 0) + by
  }

  #mark(entry: Entry, from: ItemStatus | null, to: ItemStatus, time: number): void {
    const { item } = entry
    const before = item.status
    if (item.counts === undefined) item.status = to
    else {
      if (from !== null) item.counts[from] = (item.counts[from] ?? 0) - 1
      item.counts[to] = (item.counts[to] ?? 0) + 1
      item.status = derivedOrder.find((status) => item.counts?.[status]) ?? 'pending'
    }
    if (startsWith.has(to)) item.started ??= time
    item.ended = unfinished.includes(item.status) ? null : time
    if (!entry.repeated && before !== item.status) this.#onChange?.(item)
  }

  #endToken(token: Token, reason: 'done' | 'cancelled', time: number): void {
    if (!this.#tokens.delete(token.id)) return
    this.#count(token.state, -1)
    const entry = this.#entries.get(token.node)
    const ends = this.#nodes.get(token.node)?.does.kind
    let outcome: ItemStatus = token.state === 'failed' ? 'failed' : reason === 'done' ? 'completed' : 'cancelled'
    if (unfinished.includes(token.state)) {
      // The node that ends the run has no event of its own.
      if (token.state === 'waiting' && ends === 'end') outcome = 'completed'
      if (entry !== undefined && !entry.group) this.#mark(entry, token.state, outcome, time)
    }
    for (const group of token.groups) this.#mark(group, 'running', outcome, time)
    const { branch } = token
    if (branch === null) return
    branch.tokens.delete(token)
    this.#closeBranch(branch)
  }

  #closeBranch(branch: Branch): void {
    if (branch.tokens.size > 0 || branch.fanouts.size > 0 || !branch.fanout.branches.delete(branch.index)) return
    const fan = branch.fanout.entry?.item.fan
    if (fan !== undefined) fan.running -= 1
  }

  #fanOut(token: Token, event: RunEvent & { type: 'fanned_out' }, at: { id: EventId; time: number }): void {
    const { id, time } = at
    const entry = this.#fans.get(event.fan)
    if (entry !== undefined) {
      this.#open(entry, token, time)
      const { item } = entry
      if (!entry.repeated) restart(item)
      if (item.fan !== undefined) {
        item.fan.total += event.count
        item.fan.skipped += event.skipped ?? 0
      }
    }
    const fanout: Fanout = {
      id,
      fan: event.fan,
      entry,
      branch: token.branch,
      groups: token.groups,
      branches: new Map(),
      joins: this.#joins.get(event.fan)?.length ?? 0,
    }
    this.#fanouts.set(id, fanout)
    fanout.branch?.fanouts.add(fanout)
    token.groups = []
    this.#tokens.delete(token.id)
    this.#count(token.state, -1)
    token.branch?.tokens.delete(token)
  }

  #join(fanout: Fanout, event: RunEvent & { type: 'joined' }, at: { id: EventId; time: number }): void {
    const { id, time } = at
    const { entry, branch } = fanout
    fanout.joins -= 1
    if (fanout.joins === 0) for (const open of [...fanout.branches.values()]) this.#dropBranch(open, time)
    const groups = fanout.groups.filter((group) => group !== entry)
    if (entry !== undefined) {
      if (event.error !== undefined) entry.item.error = event.error
      this.#mark(entry, 'running', event.status, time)
    }
    const token = this.#addToken(
      { id, node: event.node ?? this.#joins.get(fanout.fan)?.[0] ?? '', branch, groups },
      time,
    )
    this.#state(token, event.status)
    if (fanout.joins > 0) return
    this.#fanouts.delete(fanout.id)
    branch?.fanouts.delete(fanout)
  }

  #dropAll(time: number, but: ReadonlySet<Token> = none): void {
    for (const token of [...this.#tokens.values()]) if (!but.has(token)) this.#endToken(token, 'cancelled', time)
    for (const fanout of [...this.#fanouts.values()]) this.#dropFanout(fanout, time)
  }

  /** Whatever of the branch is live ends with it. */
  #dropBranch(branch: Branch, time: number): void {
    for (const fanout of [...branch.fanouts]) this.#dropFanout(fanout, time)
    for (const token of [...branch.tokens]) this.#endToken(token, 'cancelled', time)
    this.#closeBranch(branch)
  }

  #dropFanout(fanout: Fanout, time: number): void {
    this.#closeFanout(fanout, 'cancelled', time)
  }

  #closeFanout(fanout: Fanout, outcome: ItemStatus, time: number): void {
    if (!this.#fanouts.delete(fanout.id)) return
    for (const branch of [...fanout.branches.values()]) this.#dropBranch(branch, time)
    for (const group of fanout.groups) this.#mark(group, 'running', outcome, time)
    if (fanout.branch !== null) {
      fanout.branch.fanouts.delete(fanout)
      this.#closeBranch(fanout.branch)
    }
  }
}

/** What a token shows that waits for something in the state that a fork begins with. */
const waitsAs: { readonly [wait in Wait]: ItemStatus } = {
  ready: 'waiting',
  task: 'waiting',
  retry: 'retrying',
  decision: 'interrupted',
  timer: 'sleeping',
  signal: 'listening',
  answer: 'asked',
  child: 'waiting',
  delivery: 'waiting',
  permit: 'waiting',
  budget: 'limited',
  repair: 'blocked',
}

/** An item whose turn comes, perhaps not for the first time. */
function begin(item: Item): void {
  item.started = null
  item.ended = null
  item.attempts = 0
  item.error = null
}

function noProgress(): Writable<FanProgress> {
  return { total: 0, done: 0, running: 0, failed: 0, skipped: 0 }
}

/** A fan-out that begins again counts from zero, and so does what stands in it. */
function restart(item: Item): void {
  if (item.fan !== undefined) item.fan = noProgress()
  for (const child of item.children) {
    begin(child)
    child.status = 'pending'
    if (child.counts !== undefined) child.counts = {}
    restart(child)
  }
}
