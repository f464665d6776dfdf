import { expect } from 'vitest'
import { isLive } from '../src/frame-tokens.ts'
import {
  type Artifact,
  type Command,
  closureDigest,
  compilePlan,
  createRunState,
  type DecideResult,
  type Definition,
  decide,
  decodeRecord,
  decodeSnapshot,
  type Effect,
  encodeRecord,
  encodeSnapshot,
  evolveRecord,
  type Json,
  mixSeed,
  nextTimer,
  type Plan,
  type RunEvent,
  type RunRecord,
  type RunState,
  runStatus,
  type TaskValue,
  validateDefinition,
} from '../src/index.ts'
import { plus } from '../src/plus.ts'
import { noneWaiting } from '../src/run-state.ts'
import { reservables, type Usage } from '../src/usage.ts'

export type Decided = Extract<DecideResult, { status: 'decided' }>
export type Dispatch = Extract<Effect, { type: 'dispatch' }>
/** What an attempt comes to. */
export type Answer = { readonly output: Json } | { readonly error: Parameters<SimulatedRun['fail']>[1] }
type Failure = Extract<Command, { kind: 'fail_task' }>['error']

/**
 * A run in memory: time, blobs, the journal and the tasks that are out. After every decision it checks K2, K4, K8,
 * that record times never go back, and that every event is owed to one command.
 */
export class SimulatedRun {
  readonly definition: Definition
  readonly plan: Plan
  readonly digest: string
  state: RunState
  time = 1_000
  /** Bodies of the journal, as a store would keep them. */
  readonly journal: string[] = []
  readonly records: RunRecord[] = []
  /** Every call, to be made again. */
  readonly script: { readonly time: number; readonly commands: readonly Command[] }[] = []
  readonly blobs = new Map<string, Json>()
  /** Values that a decision has asked for. */
  readonly loaded: string[] = []
  readonly aborted: Extract<Effect, { type: 'abort' }>[] = []
  /** Debts that the run has asked to be paid, in order. */
  readonly payments: Extract<Effect, { type: 'pay' }>[] = []
  last: Decided | undefined
  readonly #out = new Map<string, Dispatch>()
  readonly #checks: boolean
  readonly #settled = new Set<string>()
  #folded: RunState
  #restored: RunState

  constructor(definition: Definition, options: { readonly checks?: boolean } = {}) {
    validateDefinition(definition)
    this.definition = definition
    this.digest = closureDigest(definition)
    this.plan = compilePlan(definition, this.digest)
    this.state = createRunState('r')
    this.#folded = createRunState('r')
    this.#restored = createRunState('r')
    this.#checks = options.checks ?? true
  }

  start(input: Json = {}, parts: { readonly env?: { readonly [name: string]: string }; readonly seed?: number } = {}) {
    return this.send({ kind: 'start', definition: this.digest, input, env: {}, seed: 1, ...parts })
  }

  /** Decides; where large values are needed, they are loaded and it decides again. */
  send(...commands: readonly Command[]): Decided {
    const loaded = new Map<string, Json>()
    for (let round = 0; round < 100; round++) {
      const before = this.#checks ? encodeSnapshot(this.plan, this.state) : []
      const result = decide(this.plan, this.state, commands, { time: this.time, blobs: loaded })
      if (result.status === 'decided') return this.#decided(result, commands)
      if (this.#checks) expect(encodeSnapshot(this.plan, this.state), 'needs changed the state').toEqual(before)
      for (const digest of result.digests) {
        const value = this.blobs.get(digest)
        if (value === undefined) throw new Error(`no blob ${digest}`)
        this.loaded.push(digest)
        loaded.set(digest, value)
      }
    }
    throw new Error('needs without end')
  }

  #decided(result: Decided, commands: readonly Command[]): Decided {
    this.last = result
    this.script.push({ time: this.time, commands })
    for (const { digest, text } of result.large) this.blobs.set(digest, JSON.parse(text))
    if (result.record !== null) this.#append(result.record)
    else if (this.#checks) {
      // A debt is asked for again without anything new.
      const others = result.effects.filter((effect) => effect.type !== 'pay')
      expect(others, 'effects without a record').toEqual([])
    }
    for (const event of result.record?.events ?? []) {
      if (event.type === 'task_completed' || event.type === 'task_failed') this.#out.delete(event.token)
      if (event.type === 'task_interrupted') this.#out.delete(event.token)
    }
    for (const effect of result.effects) {
      if (effect.type === 'pay') {
        this.payments.push(effect)
        continue
      }
      if (effect.type === 'abort') {
        this.aborted.push(effect)
        this.#out.delete(effect.token)
        continue
      }
      const { token, attempt } = effect
      expect(this.#settled.has(`${token}/${attempt}`), 'K8: a settled attempt is dispatched').toBe(false)
      this.#out.set(token, effect)
    }
    if (this.#checks) this.#check()
    return result
  }

  #append(record: RunRecord): void {
    const body = encodeRecord(record)
    const previous = this.records.at(-1)
    expect(record.number).toBe((previous?.number ?? 0) + 1)
    expect(record.time).toBeGreaterThanOrEqual(previous?.time ?? 0)
    expect(record.commands.reduce((sum, note) => sum + note.events, 0)).toBe(record.events.length)
    this.records.push(record)
    this.journal.push(body)
    for (const event of record.events) {
      if (event.type === 'task_completed' || event.type === 'task_failed')
        this.#settled.add(`${event.token}/${event.attempt}`)
    }
    if (!this.#checks) return
    const decoded = decodeRecord('r', record.number, body)
    expect(decoded).toEqual(JSON.parse(JSON.stringify(record)))
    evolveRecord(this.plan, this.#folded, decoded)
    evolveRecord(this.plan, this.#restored, decoded)
  }

  #check(): void {
    const { state, plan } = this
    const snapshot = encodeSnapshot(plan, state)
    expect(encodeSnapshot(plan, this.#folded), 'K2: the fold of the journal').toEqual(snapshot)
    expect(encodeSnapshot(plan, this.#restored), 'K2: the fold from a snapshot').toEqual(snapshot)
    const decoded = decodeSnapshot(plan, 'r', snapshot)
    expect(encodeSnapshot(plan, decoded), 'a snapshot read and written').toEqual(snapshot)
    if (mixSeed(this.journal.length, snapshot[0] ?? '') % 3 === 0) this.#restored = decoded
    this.#checkTokens()
  }

  /** Dispatches whose result nobody has given and nobody has aborted, in their order. */
  get out(): readonly Dispatch[] {
    return [...this.#out.values()]
  }

  /** K4, and the counts that the status is derived from. */
  #checkTokens(): void {
    const { state } = this
    const counted = { ...noneWaiting }
    for (const token of state.tokens.values()) {
      counted[token.wait] += 1
      if (token.wait === 'ready')
        expect(state.paused || state.hold !== null, `K4: token ${token.id} waits for nothing`).toBe(true)
    }
    expect(state.waiting).toEqual(counted)
    const awaited = [...state.tokens.values()].filter(({ wait }) => wait === 'task')
    expect(new Set(this.#out.keys()), 'dispatched and not aborted').toEqual(new Set(awaited.map(({ id }) => id)))
    this.#checkBudget()
    for (const [id, { granted }] of state.reservations) {
      const { wait } = state.tokens.get(id) ?? { wait: 'budget' }
      expect(granted || wait === 'permit' || wait === 'budget', `${id} goes on without its reservation`).toBe(true)
    }
    if (state.definition === '') return
    if (state.ended !== null) expect([state.tokens.size, state.fanouts.size, state.detached.size]).toEqual([0, 0, 0])
    else if (state.fanouts.size === 0) expect(state.tokens.size, 'K4: no token is live').toBeGreaterThan(0)
    for (const fanout of state.fanouts.values()) {
      const idle = fanout.branches.size === 0 && !state.paused && state.hold === null && this.last?.more !== true
      expect(idle, `K4: fan-out ${fanout.id} has no live branch`).toBe(false)
      for (const branch of fanout.branches.values()) {
        expect(isLive(branch), 'K4: a branch without a live token').toBe(true)
      }
    }
  }

  /** What is reserved is reserved by attempts that are out, and who waits for a budget stands in one queue. */
  #checkBudget(): void {
    const { budget, tokens } = this.state
    if (budget === null) return
    const sums = { steps: 0, tool_calls: 0, tokens: 0, cost_usd: 0 }
    for (const [id, amounts] of budget.held) {
      expect(['task', 'child'], 'a reservation of what is not out').toContain(tokens.get(id)?.wait)
      for (const name of reservables) sums[name] = plus(sums[name], amounts[name] ?? 0)
    }
    expect(budget.reserved).toEqual(sums)
    const waiting = [...tokens.values()]
      .filter(({ id, wait }) => wait === 'budget' && !this.state.reservations.has(id))
      .map(({ id }) => id)
    expect(new Set(budget.waiting.keys())).toEqual(new Set(waiting))
    const queued = Object.values(budget.queues).flatMap((queue) => [...queue.values()])
    expect(queued.toSorted()).toEqual(waiting.toSorted())
  }

  /** The process is gone: the state is read again, from the journal or from a snapshot. */
  crash(from: 'journal' | 'snapshot' = 'journal'): void {
    if (from === 'snapshot') {
      this.state = decodeSnapshot(this.plan, 'r', encodeSnapshot(this.plan, this.state))
      return
    }
    this.state = createRunState('r')
    this.journal.forEach((body, i) => {
      evolveRecord(this.plan, this.state, decodeRecord('r', i + 1, body))
    })
  }

  /** The task of this name that was dispatched first and is still out. */
  dispatchOf(ref: string, branch?: number): Dispatch {
    const found = this.out.find(({ token }) => {
      const live = this.state.tokens.get(token)
      return this.refOf(token) === ref && (branch === undefined || live?.frame.index === branch)
    })
    if (found === undefined) throw new Error(`"${ref}" is not out; out: ${this.refsOut().join(', ')}`)
    return found
  }

  refOf(token: string): string {
    const live = this.state.tokens.get(token)
    return live === undefined ? '' : (this.plan.nodes[live.node]?.ref ?? '')
  }

  refsOut(): readonly string[] {
    return this.out.map(({ token }) => this.refOf(token))
  }

  /** Numbers of the branches around a token, the outermost first. */
  pathOf(token: string): readonly number[] {
    const path: number[] = []
    const live = this.state.tokens.get(token)
    for (let at = live?.frame; at?.fanout != null; at = at.fanout.frame) path.unshift(at.index)
    return path
  }

  inputOf(ref: string, branch?: number): Json {
    return this.state.tokens.get(this.dispatchOf(ref, branch).token)?.input ?? null
  }

  /** Completes the task of this name, in this branch. */
  complete(
    task: string | Dispatch,
    output: Json = {},
    parts: { branch?: number; artifacts?: readonly Artifact[]; usage?: Usage } = {},
  ) {
    const { token, attempt } = typeof task === 'string' ? this.dispatchOf(task, parts.branch) : task
    const { artifacts, usage } = parts
    return this.send({
      kind: 'complete_task',
      token,
      attempt,
      output,
      ...(artifacts === undefined ? {} : { artifacts }),
      ...(usage === undefined ? {} : { usage }),
    })
  }

  fail(task: string | Dispatch, error: Partial<Failure> = {}, branch?: number) {
    const { token, attempt } = typeof task === 'string' ? this.dispatchOf(task, branch) : task
    return this.send({ kind: 'fail_task', token, attempt, error: failure(error) })
  }

  begin(task: string, branch?: number) {
    const { token, attempt, dispatch } = this.dispatchOf(task, branch)
    return this.send({ kind: 'begin_task', token, attempt, dispatch })
  }

  /** Answers every task, the first one first, until none is out and no timer runs. */
  finish(answer: (ref: string, path: readonly number[], tries: number) => Answer = () => ({ output: {} })): this {
    for (let round = 0; round < 1_000_000 && this.state.ended === null; round++) {
      const next = this.#out.values().next().value
      if (next === undefined) {
        const timer = nextTimer(this.state)
        if (timer === null && this.last?.more !== true) break
        this.time = Math.max(this.time, timer ?? 0)
        this.send({ kind: 'wake' })
        continue
      }
      this.answer(next, answer(this.refOf(next.token), this.pathOf(next.token), this.triesOf(next.token)))
    }
    return this
  }

  triesOf(token: string): number {
    return this.state.tokens.get(token)?.tries ?? 0
  }

  answer(dispatch: Dispatch, answer: Answer): Decided {
    return 'output' in answer ? this.complete(dispatch, answer.output) : this.fail(dispatch, answer.error)
  }

  get status() {
    return runStatus(this.state)
  }

  get output(): Json | undefined {
    return this.state.ended?.output
  }

  get events(): readonly RunEvent[] {
    return this.records.flatMap((record) => record.events)
  }

  eventsOf<T extends RunEvent['type']>(type: T): readonly Extract<RunEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type)
  }

  /** What a task of the run's own list has come to. */
  valueOf(ref: string): TaskValue | undefined {
    return this.state.root.values?.get(this.plan.nodeIndex.get(ref) ?? -1)
  }
}

export function failure(parts: Partial<Failure> = {}): Failure {
  return { code: 'action_failed', message: 'it broke', retry: 'safe', ...parts }
}
