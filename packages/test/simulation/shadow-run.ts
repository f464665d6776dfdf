import {
  createRunState,
  decodeRecord,
  decodeSnapshot,
  encodeSnapshot,
  evolveRecord,
  type Plan,
  type RunEvent,
  type RunState,
  runStatus,
} from '@wonder/engine'
import type { JournalRecord, Snapshot } from '@wonder/platform'

/**
 * A run as its journal tells it, followed record by record, and what the kernel promises of it. Naive on purpose: it counts and
 * remembers everything.
 */
export class ShadowRun {
  readonly id: string
  readonly state: RunState
  readonly #plan: Plan
  /** `token/attempt` with a result. */
  readonly #results = new Set<string>()
  readonly #joins = new Set<string>()
  #time = 0
  #ended = false

  constructor(id: string, plan: Plan) {
    this.id = id
    this.#plan = plan
    this.state = createRunState(id)
  }

  /** Has this attempt a result in the journal? */
  hasResult(token: string, attempt: number): boolean {
    return this.#results.has(`${token}/${attempt}`)
  }

  append(stored: JournalRecord): void {
    const record = decodeRecord(this.id, stored.number, stored.body)
    this.#must(record.number === this.state.number + 1, `record ${record.number} follows ${this.state.number}`)
    this.#must(record.time >= this.#time, 'time goes back')
    this.#time = record.time
    for (const event of record.events) this.#check(event)
    evolveRecord(this.#plan, this.state, record)
    this.#checkState()
  }

  #check(event: RunEvent): void {
    this.#must(!this.#ended || event.type === 'settled', `K3: ${event.type} after the end`)
    if (event.type === 'task_dispatched') {
      const attempt = `${event.token}/${event.attempt}`
      this.#must(!this.#results.has(attempt), `K8: ${attempt} is dispatched and has a result`)
    }
    if (event.type === 'task_completed' || event.type === 'task_failed') {
      const attempt = `${event.token}/${event.attempt}`
      this.#must(!this.#results.has(attempt), `K6: ${attempt} has a second result`)
      this.#results.add(attempt)
    }
    if (event.type === 'joined') {
      const join = `${event.fanout}/${event.node ?? ''}`
      this.#must(!this.#joins.has(join), `K5: ${join} is joined again`)
      this.#joins.add(join)
    }
    if (event.type === 'run_ended') this.#ended = true
  }

  /** K4: every live token waits for one subject; with none the run is over. */
  #checkState(): void {
    const { state } = this
    const held = state.paused || state.hold !== null
    const counted = new Map<string, number>()
    for (const { wait, id } of state.tokens.values()) {
      counted.set(wait, (counted.get(wait) ?? 0) + 1)
      this.#must(wait !== 'ready' || held, `K4: token ${id} waits for nothing`)
    }
    for (const [wait, count] of Object.entries(state.waiting)) {
      this.#must((counted.get(wait) ?? 0) === count, `K4: ${count} wait for ${wait}, and ${counted.get(wait) ?? 0} do`)
    }
    if (state.ended !== null)
      this.#must(state.tokens.size + state.fanouts.size === 0, 'K3: something is live after the end')
    else this.#must(state.tokens.size + state.fanouts.size > 0, 'K4: nothing is live, and the run has not ended')
  }

  /** K2: a snapshot and what follows it give the same state as the whole journal. */
  checkSnapshot(snapshot: Snapshot | null, records: readonly JournalRecord[]): void {
    if (snapshot === null) return
    const state = decodeSnapshot(this.#plan, this.id, snapshot.chunks)
    for (const { number, body } of records) {
      if (number > state.number) evolveRecord(this.#plan, state, decodeRecord(this.id, number, body))
    }
    const same = encodeSnapshot(this.#plan, state).join('') === encodeSnapshot(this.#plan, this.state).join('')
    this.#must(same, 'K2: the snapshot and what follows differ from the journal')
  }

  get status() {
    return runStatus(this.state)
  }

  /** Numbers of the branches around a token, the outermost first. */
  pathOf(token: string): readonly number[] {
    const path: number[] = []
    const live = this.state.tokens.get(token)
    for (let at = live?.frame; at?.fanout != null; at = at.fanout.frame) {
      path.unshift(at.index)
    }
    return path
  }

  refOf(token: string): string {
    return this.#plan.nodes[this.state.tokens.get(token)?.node ?? -1]?.ref ?? ''
  }

  triesOf(token: string): number {
    return this.state.tokens.get(token)?.tries ?? 0
  }

  #must(holds: boolean, promise: string): void {
    if (!holds) throw new Error(`run ${this.id}, after record ${this.state.number}: ${promise}`)
  }
}
