import { Coordinator } from '@wonder/coordinator'
import {
  memoryBlobs,
  memoryDisk,
  memoryEventTarget,
  openMemoryStore,
  SimulatedClock,
  scriptedIds,
  scriptedRandom,
} from '@wonder/driver-memory'
import { type Command, closureDigest, compilePlan, type Definition, type Json } from '@wonder/engine'
import { repairOf } from '@wonder/engine/test'
import { LimitsService } from '@wonder/limits'
import type { AppendRequest, Grant, Report, Results, TaskMessage } from '@wonder/platform'
import { Chaos } from './chaos.ts'
import { ChaosExecutor } from './chaos-executor.ts'
import { ChaosQueue } from './chaos-queue.ts'
import { ChaosStore } from './chaos-store.ts'
import { ShadowRun } from './shadow-run.ts'

/** What a task does: its output, or undefined when the attempt fails. */
export type Act = (ref: string, path: readonly number[], tries: number) => Json | undefined

type Process = {
  readonly coordinator: Coordinator
  readonly store: ChaosStore
  /** The way to it of executors elsewhere: calls that are open when it dies fail. */
  readonly results: Results
  readonly die: () => void
}

/** Milliseconds of simulated time until a new process has taken the place of a dead one. */
const restart = { from: 1, to: 3_000 }
/** Milliseconds between two looks of the person who answers, repairs and resumes. */
const personLooks = 1_500

/**
 * Coordinator, store, queue and executors on one simulated clock, with everything going wrong that a seed says: processes die,
 * commits are slow, messages are lost and doubled, executors fall silent. Equal seeds do the same.
 */
export class SimulatedWorld {
  readonly clock = new SimulatedClock()
  readonly chaos: Chaos
  readonly shadows = new Map<string, ShadowRun>()
  /** How often each step in flight acted, by idempotency key. */
  readonly acts = new Map<string, number>()
  /** The first promise that did not hold. */
  broken: Error | null = null
  crashes = 0
  readonly #disk = memoryDisk()
  readonly #blobs = memoryBlobs()
  readonly #ids = scriptedIds()
  readonly #queue: ChaosQueue
  readonly #plans = new Map<string, ReturnType<typeof compilePlan>>()
  readonly #act: Act
  #process: Process | null = null

  constructor(seed: number, act: Act) {
    this.chaos = new Chaos(seed)
    this.#act = act
    this.#queue = new ChaosQueue(this.clock, this.chaos)
    for (const id of ['x1', 'x2']) {
      new ChaosExecutor({
        id,
        clock: this.clock,
        chaos: this.chaos,
        queue: this.#queue,
        results: () => this.#process?.results ?? null,
        act: (message, grant) => this.#perform(message, grant),
      })
    }
    this.#open()
    this.#lookAfter()
  }

  /** Starts a run; whatever befalls, it is there once this resolves. */
  async start(definition: Definition, input: Json, workflows: readonly Definition[] = []): Promise<string> {
    for (const each of [definition, ...workflows]) {
      const digest = closureDigest(each)
      this.#plans.set(digest, compilePlan(each, digest))
    }
    let id: string | undefined
    const starting = this.#process?.coordinator.start({ definition, input, workflows }).then((run) => {
      id = run
    })
    while (id === undefined) {
      await settled()
      this.#pass()
    }
    await starting
    return id
  }

  /** Lets things happen until every run has ended, for so many moments; nothing goes wrong after `calmAfter` of them. */
  async live({ moments, calmAfter }: { readonly moments: number; readonly calmAfter: number }): Promise<void> {
    for (let moment = 0; moment < moments && this.broken === null && !this.#allEnded(); moment++) {
      await settled()
      this.chaos.calm = moment >= calmAfter
      if (this.chaos.trouble(3)) this.#crash()
      this.#pass()
    }
    if (this.broken !== null) throw this.broken
    for (const shadow of this.shadows.values()) {
      const entity = this.#disk.entities.get(shadow.id)
      shadow.checkSnapshot(entity?.snapshot ?? null, entity?.records ?? [])
    }
  }

  /** Everything that is on the disk, by run. */
  journals(): { readonly [run: string]: readonly string[] } {
    return Object.fromEntries(
      [...this.#disk.entities].map(([id, { records }]) => [id, records.map(({ body }) => body)]),
    )
  }

  /** Time goes on to the next thing that is due. */
  #pass(): void {
    const now = this.clock.now()
    this.clock.advance(Math.max(0, (this.clock.next() ?? now) - now))
  }

  #allEnded(): boolean {
    return (
      this.shadows.size > 0 &&
      [...this.shadows.values()].every(({ state }) => state.ended !== null && state.debts.size === 0)
    )
  }

  #open(): void {
    const inner = openMemoryStore({ clock: this.clock, disk: this.#disk, host: 'host' }).runs
    const store = new ChaosStore({
      store: inner,
      clock: this.clock,
      chaos: this.chaos,
      onAppended: (request) => this.#appended(request),
    })
    const limits = new LimitsService({ runs: store, clock: this.clock })
    const coordinator = new Coordinator({
      runs: store,
      blobs: this.#blobs,
      queue: this.#queue,
      events: memoryEventTarget(),
      clock: this.clock,
      ids: this.#ids,
      random: scriptedRandom(),
      limits,
    })
    limits.onNotice((notice) => coordinator.notify(notice))
    const death = Promise.withResolvers<never>()
    death.promise.catch(() => undefined)
    const results = reached(coordinator.results, death.promise)
    this.#process = { coordinator, store, results, die: () => death.reject(new Error('the connection is gone')) }
    for (const { id, state } of this.shadows.values()) {
      if (state.ended === null || state.debts.size > 0) this.#send(id, { kind: 'recover' })
    }
  }

  /** The process dies, at once or after it has gone on for a while beside its successor; another one takes its place. */
  #crash(): void {
    const dying = this.#process
    if (dying === null || this.shadows.size === 0) return
    this.crashes += 1
    this.#process = null
    const lingers = this.chaos.trouble(30) ? this.chaos.between(1, 5_000) : 0
    const end = () => {
      dying.coordinator.close()
      dying.store.kill()
      dying.die()
    }
    if (lingers === 0) end()
    else this.clock.at(this.clock.now() + lingers, end)
    this.clock.at(this.clock.now() + this.chaos.between(restart.from, restart.to), () => this.#open())
  }

  #send(run: string, command: Command): void {
    this.#process?.coordinator.command(run, command).catch((error) => this.#judge(error))
  }

  /** A broken invariant is what we look for; everything else is what happens to processes. */
  #judge(error: unknown): void {
    const broken = error instanceof Error && /invariant|K\d/i.test(`${Reflect.get(error, 'code')} ${error.message}`)
    if (broken) this.broken ??= error
  }

  #appended({ entity, records }: AppendRequest): void {
    if (entity.kind !== 'run') return
    try {
      for (const record of records) this.#shadow(entity.id, record.body).append(record)
    } catch (error) {
      this.broken ??= error instanceof Error ? error : new Error(String(error))
    }
  }

  #shadow(run: string, body: string): ShadowRun {
    const known = this.shadows.get(run)
    if (known !== undefined) return known
    const digest =
      (JSON.parse(body) as { readonly e: readonly { readonly definition: string }[] }).e[0]?.definition ?? ''
    const plan = this.#plans.get(digest)
    if (plan === undefined) throw new Error(`nobody has compiled ${digest}`)
    const shadow = new ShadowRun(run, plan)
    this.shadows.set(run, shadow)
    return shadow
  }

  #perform(message: TaskMessage, _grant: Grant): Report['result'] {
    const shadow = this.shadows.get(message.run)
    const { token, attempt } = message
    const key = `${message.run}/${token}/${attempt}`
    this.acts.set(key, (this.acts.get(key) ?? 0) + 1)
    const output =
      shadow === undefined ? undefined : this.#act(shadow.refOf(token), shadow.pathOf(token), shadow.triesOf(token))
    if (output !== undefined) return { status: 'completed', output, artifacts: [] }
    return { status: 'failed', error: { code: 'action_failed', message: 'it broke', retry: 'safe' } }
  }

  /** A person who answers what is asked, repairs what is blocked and resumes what is paused; and pauses now and then. */
  #lookAfter(): void {
    this.clock.at(this.clock.now() + personLooks, () => {
      for (const { id, status, state } of this.shadows.values()) {
        if (state.ended !== null) continue
        if (status === 'paused' || state.hold !== null) this.#send(id, { kind: 'resume', by: 'ann' })
        else if (this.chaos.trouble(3)) this.#send(id, { kind: 'pause', by: 'ann' })
        for (const token of state.tokens.values())
          this.#help(id, token.wait, this.shadows.get(id)?.refOf(token.id) ?? '')
      }
      this.#lookAfter()
    })
  }

  /** Somebody outside sends a signal, and again when nobody says that it has come; it may come before it is awaited. */
  signal(run: string, name: string, payload: Json): void {
    const key = `${name}/${this.chaos.between(0, 1_000_000)}`
    const send = () => {
      const told = this.#process?.coordinator.command(run, { kind: 'signal', name, payload, key, by: 'outside' })
      const again = () => void this.clock.at(this.clock.now() + 700, send)
      let heard = false
      told?.then(() => {
        heard = true
      }, again)
      this.clock.at(this.clock.now() + 2_000, () => {
        if (!heard || this.chaos.trouble(20)) again()
      })
    }
    this.clock.at(this.clock.now() + this.chaos.between(0, 3_000), send)
  }

  #help(run: string, wait: string, task: string): void {
    if (wait === 'decision') this.#send(run, { kind: 'decide_interruption', task, decision: 'rerun', by: 'ann' })
    if (wait === 'answer') {
      const answer: Command = { kind: 'answer', task, decision: 'approve', roles: ['maintainer'], by: 'ann' }
      this.#send(run, answer)
      if (this.chaos.trouble(30)) this.#send(run, answer)
    }
    if (wait === 'repair') {
      const action = this.chaos.happens(30) ? 'retry' : repairOf(task)
      this.#send(run, { kind: 'repair', task, action, by: 'ann' })
    }
  }
}

/** The results port from another process. */
function reached(results: Results, gone: Promise<never>): Results {
  return {
    claim: (message, executor) => Promise.race([results.claim(message, executor), gone]),
    report: (report) => Promise.race([results.report(report), gone]),
    heartbeat: (messages, executor) => Promise.race([results.heartbeat(messages, executor), gone]),
    onAbort: (listener) => results.onAbort(listener),
  }
}

/** Everything that is due now has happened: nothing here waits for more than promises. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
