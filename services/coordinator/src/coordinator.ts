/**
 * Runs: the kernel, their journals and the effects that follow.
 *
 * Owns: which runs are in memory, handing commands to them, effects (dispatch, abort), claims and results.
 * Does not own: what happens (the kernel decides), where tasks run (executors), which process owns a run (the host).
 * K6 a result is applied once per attempt. K8 what has a result is not dispatched again.
 */

import { digestJson } from '@wonder/crypto'
import {
  type Command,
  createRunState,
  type Debt,
  type Definition,
  type Effect,
  type Json,
  type Outcome,
  type Plan,
  type RunRecord,
  type SignalToRun,
  tasksReadEnv,
} from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import type {
  Blobs,
  Clock,
  EventTarget,
  Ids,
  Limits,
  Notice,
  Queue,
  Random,
  ResultCache,
  Results,
  RunStatus,
  RunStore,
  TaskMessage,
} from '@wonder/platform'
import { Archiver } from './archiver.ts'
import { BlobCache } from './blob-cache.ts'
import { copyValues } from './copy-values.ts'
import { DefinitionStore } from './definition-store.ts'
import { inline } from './inline-values.ts'
import type { KnownResult, KnownResults } from './known-results.ts'
import { loadRun } from './load-run.ts'
import { noticeCommand } from './notice-command.ts'
import { isStale, OpenRun, type OpenRunParts } from './open-run.ts'
import { Payments } from './payments.ts'
import { QuietTime } from './quiet-time.ts'
import type { RecordEvent } from './record-event.ts'
import { RunFamilies } from './run-families.ts'
import { type ForkRequest, type PreparedFork, type RetryRequest, RunHistory } from './run-history.ts'
import { RunRests } from './run-rests.ts'
import { TaskDispatcher } from './task-dispatcher.ts'
import { createResults, isHeld } from './task-results.ts'
import { TaskReuse } from './task-reuse.ts'

/** The ports that a coordinator works over. */
export type CoordinatorParts = {
  readonly runs: RunStore
  readonly blobs: Blobs
  readonly queue: Queue
  readonly events: EventTarget
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  /** What runs share. Whoever puts the parts together tells the runs of its notices: `notify`. */
  readonly limits: Limits
  /** Gives a command to a run that another process may drive; default: every run is driven here. */
  readonly reach?: (run: string, command: Command) => Promise<Outcome>
  /** May a run that the store wakes, and that is not in memory, go on in this process? Default: yes. */
  readonly isOurs?: (run: string) => Promise<boolean>
  /** The env values that a sub-workflow gets; default none. */
  readonly envOf?: (definition: Definition) => Promise<{ readonly [name: string]: string }>
  /** The env values that tasks see: where some read them, a run notes their digest. Default none. */
  readonly tasksEnv?: () => Promise<{ readonly [name: string]: string }>
  /** Where results of tasks with `cache` are kept; absent: they are not. */
  readonly cache?: ResultCache
}

export type StartRequest = {
  readonly definition: Definition
  readonly input: Json
  /** Values of the names in `definition.env`; default none. */
  readonly env?: { readonly [name: string]: string }
  readonly tags?: readonly string[]
  /** Given to the run in its first record, at most 100: kept for its waits. */
  readonly signals?: readonly SignalToRun[]
  /** The run whose results it takes where the same would be done again. */
  readonly reuse?: string
  /** Who starts it. */
  readonly by?: string
  /** Default: a new one. */
  readonly id?: string
  /** Definitions of the sub-workflows that it starts, and that they start. */
  readonly workflows?: readonly Definition[]
}

type Dispatch = Extract<Effect, { type: 'dispatch' }>

/** `key`: any text of at most 10,000 characters, in the whole project. */
export type KeyedStartRequest = StartRequest & { readonly key: string }

/** How often a command is given to a run that other processes keep writing to. */
const mostTries = 3

/**
 * Drives the runs of one process. A run is in memory while a task of it is out; one that waits is loaded by whatever
 * concerns it next.
 *
 * @example
 * const coordinator = new Coordinator({ runs, blobs, queue, events, clock, ids, random, limits })
 * const run = await coordinator.start({ definition, input: { path: 'src' } })
 * await coordinator.whenResting(run) // 'completed'
 */
export class Coordinator {
  readonly definitions: DefinitionStore
  /** What runs were, for others to see. */
  readonly history: RunHistory
  /** For the executors of this process. */
  readonly results: Results
  readonly #parts: CoordinatorParts
  readonly #openRunParts: OpenRunParts
  readonly #open = new Map<string, OpenRun>()
  readonly #loading = new Map<string, Promise<OpenRun>>()
  /** Runs that an append of theirs made unusable, until they are loaded again; their executors hold what they hold. */
  readonly #failed = new Map<string, OpenRun['claims']>()
  readonly #rests = new RunRests()
  readonly #families = new RunFamilies((run) => this.#open.get(run)?.idle === false)
  readonly #payments: Payments
  readonly #dispatcher: TaskDispatcher
  readonly #reuse: TaskReuse
  readonly #quiet: QuietTime
  readonly #archiver: Archiver
  /** Results of the runs that forks come from, until the forks have taken them. */
  readonly #known = new Map<string, KnownResults>()
  readonly #aborts = new Set<(message: TaskMessage) => void>()
  readonly #stopWakes: () => void

  constructor(parts: CoordinatorParts) {
    this.#parts = parts
    this.definitions = new DefinitionStore(parts.blobs)
    this.history = new RunHistory({ runs: parts.runs, blobs: parts.blobs, definitions: this.definitions })
    this.#dispatcher = new TaskDispatcher(parts.queue, parts.clock)
    this.#quiet = new QuietTime(parts.clock)
    this.#archiver = new Archiver({ runs: parts.runs, blobs: parts.blobs, quiet: this.#quiet })
    const blobs = new BlobCache(parts.blobs)
    const { runs, cache } = parts
    this.#reuse = new TaskReuse({ runs, blobs: parts.blobs, values: blobs, definitions: this.definitions, cache })
    const command = (run: string, body: Command) => this.command(run, body)
    this.#payments = new Payments({
      command,
      reach: parts.reach ?? command,
      limits: parts.limits,
      startChild: (parent, debt, input) => this.#startChild(parent, debt, input),
      load: (run, digest) => blobs.load(run, digest),
    })
    this.#openRunParts = {
      runs: parts.runs,
      clock: parts.clock,
      blobs,
      onRecord: (run, record, effects) => this.#onRecord(run, record, effects),
      onEffects: (run, effects) => this.#perform(run, effects),
      onIdle: (run) => this.#onIdle(run),
      onFailed: (run, error) => this.#onFailed(run, error),
      onLong: (run, snapshot) => this.#archiver.add(run, snapshot),
      planOf: (digest) => this.definitions.plan(digest),
    }
    this.results = createResults({
      clock: parts.clock,
      openRun: (id) => this.#open.get(id),
      withRun: (id, use) => this.#withRun(id, use),
      onAbort: (listener) => {
        // An entry of its own, so that the same function can listen twice.
        const own = (message: TaskMessage) => listener(message)
        this.#aborts.add(own)
        return () => this.#aborts.delete(own)
      },
    })
    this.#stopWakes = parts.runs.onWake((entity) => {
      const { kind, id } = entity
      if (kind !== 'run') return parts.limits.wake(entity)
      // The stored wake stays due, so the store gives it again; until then, who waits for the run is told.
      this.#wake(id).catch((error) => this.#rests.reject(id, error))
    })
  }

  /**
   * Starts a run; resolves with its id after its first record is on disk.
   *
   * @throws WonderError `run_not_found`, `reuse_other_workflow` and `nothing_to_reuse` for a run that cannot be reused; `invalid_input` with every problem in `details.problems`; `invalid_value`, `invalid_definition`;
   * what the store throws: then nobody knows whether there is such a run
   */
  async start(request: StartRequest): Promise<string> {
    const { definition, workflows = [], input, env = {}, tags, signals = [], reuse, by } = request
    const { ids, random } = this.#parts
    const [plan] = await Promise.all([definition, ...workflows].map((one) => this.definitions.put(one)))
    const { id = ids.runId() } = request
    // A new id is nobody's: only a given one is looked up.
    if (plan === undefined || (request.id !== undefined && (await this.#exists(id)))) return id
    if (reuse !== undefined) {
      await this.#reuse.prepare(id, reuse, { id: definition.workflow, project: definition.project })
    }
    await this.#begin(id, plan, {
      kind: 'start',
      definition: plan.digest,
      input,
      env,
      seed: random.seed(),
      ...(tags === undefined ? {} : { tags }),
      ...(signals.length === 0 ? {} : { signals }),
      ...(reuse === undefined ? {} : { reuse }),
      ...(by === undefined ? {} : { by }),
    })
    return id
  }

  async #exists(id: string): Promise<boolean> {
    return this.#open.has(id) || (await this.#parts.runs.version({ kind: 'run', id })) > 0
  }

  async #begin(id: string, plan: Plan, command: Extract<Command, { kind: 'start' }>): Promise<void> {
    const values = tasksReadEnv(plan.definition) ? await this.#parts.tasksEnv?.() : undefined
    const seen = values === undefined ? {} : { tasksEnv: digestJson(values) }
    const outcome = await this.#openNew(id, plan).submit({ ...command, ...seen })
    if (outcome.status === 'refused') throw fromErrorBody(outcome.error)
  }

  /** A run that is there already is the one that was ordered: its id says so. */
  async #startChild(parent: string, debt: Extract<Debt, { kind: 'start_child' }>, input: Json): Promise<void> {
    const { child, token, definition, grant, depth, detached } = debt
    const { random, envOf } = this.#parts
    if (await this.#exists(child)) return
    const plan = await this.definitions.plan(definition)
    const env = (await envOf?.(plan.definition)) ?? {}
    const tags = await this.#withRun(parent, ({ state }) => state.tags)
    this.#families.add(child, parent)
    try {
      await this.#begin(child, plan, {
        kind: 'start',
        definition,
        input,
        env,
        seed: random.seed(),
        tags,
        by: `run:${parent}`,
        parent: { run: parent, token, ...(detached === undefined ? {} : { detached }) },
        depth,
        ...(grant === undefined ? {} : { grant }),
      })
    } catch (error) {
      this.#families.remove(child)
      if (!isStale(error)) throw error
    }
  }

  /**
   * Starts a run under a key: the same key with the same workflow and input is the same run, however often it is started,
   * also where the process died between taking the key and starting the run. `first`: it was started here and now.
   *
   * @throws WonderError `key_conflict` when the key stands for something else; what `start` throws
   */
  async startKeyed({ key, ...request }: KeyedStartRequest): Promise<{ readonly run: string; readonly first: boolean }> {
    const { ids, limits, runs } = this.#parts
    const plan = await this.definitions.put(request.definition)
    const { workflow } = plan.definition
    const checked = plan.input.check(request.input, { applyDefaults: true })
    // What is refused takes no key.
    if (!checked.ok) return { run: await this.start(request), first: true }
    const digest = digestJson([workflow, checked.value as Json])
    const taken = await limits.startKey({ key, digest, run: request.id ?? ids.runId() })
    const { run } = taken
    if (taken.status === 'conflict') {
      throw new WonderError(
        'key_conflict',
        `Cannot start workflow "${workflow}" with the key "${key}": run "${run}" has it, with another workflow or input`,
        { details: { key, run, hint: `Use another key, or see that run: wonder runs show ${run}` } },
      )
    }
    if ((await runs.version({ kind: 'run', id: run })) > 0) return { run, first: false }
    try {
      await this.start({ ...request, id: run })
      return { run, first: true }
    } catch (error) {
      // Somebody else has started it in this moment.
      if (isStale(error)) return { run, first: false }
      throw error
    }
  }

  /**
   * Starts a run where another one was at a record of it; resolves with its id after its first record is on disk.
   *
   * @throws WonderError `run_not_found`, `record_not_found`, `revision_incompatible`, `fork_has_children`,
   * `invalid_transition` when the run has ended there, `invalid_input` and `invalid_value` for values that cannot be set
   */
  async fork(request: ForkRequest): Promise<string> {
    return await this.#beginFork(await this.history.prepareFork(request), request.by)
  }

  /**
   * Starts a run where a failed one was before it failed. What finished in it, also after that, does not run again.
   *
   * @throws WonderError as `fork`; `invalid_transition` for a run that did not fail
   */
  async retry(request: RetryRequest): Promise<string> {
    return await this.#beginFork(await this.history.prepareRetry(request), request.by)
  }

  async #beginFork({ known, later, ...fork }: PreparedFork, by: string | undefined): Promise<string> {
    const plan = await this.definitions.plan(fork.definition)
    const id = this.#parts.ids.runId()
    const copied = { from: fork.from, to: id }
    await copyValues(this.#parts.blobs, copied, fork.state)
    if (known !== null) {
      await copyValues(this.#parts.blobs, copied, later)
      this.#known.set(id, known)
    }
    const run = this.#openNew(id, plan)
    const outcome = await run.submit({ kind: 'fork', ...fork, ...(by === undefined ? {} : { by }) })
    if (outcome.status === 'refused') throw fromErrorBody(outcome.error)
    return id
  }

  #openNew(id: string, plan: Plan): OpenRun {
    const run = new OpenRun(
      { plan, state: createRunState(id), sizeSinceSnapshot: 0, snapshotSize: 0, firstRecord: 1 },
      this.#openRunParts,
    )
    this.#open.set(id, run)
    return run
  }

  /**
   * Gives a command to a run of this process, loading it if it is not in memory. Resolves after what it did is on disk.
   *
   * @throws WonderError `run_not_found`; what the store throws: then nobody knows whether the command counts
   */
  command(id: string, command: Command): Promise<Outcome> {
    return this.#withRun(id, (run) => run.submit(command))
  }

  /** Tells a run of this process what the limits service has for it. `gone`: it does not hold or wait for that any more. */
  async notify(notice: Notice): Promise<'told' | 'gone'> {
    try {
      const { status } = await this.command(notice.holder.run, noticeCommand(notice))
      return status === 'gone' ? 'gone' : 'told'
    } catch (error) {
      if (error instanceof WonderError && error.code === 'run_not_found') return 'gone'
      throw error
    }
  }

  /**
   * Resolves when nothing of the run, and of the runs below it in this process, is in flight and only a command could move
   * them: they are terminal, paused or blocked. A run that only waits for blocked or paused runs has their status here.
   * Rejects when the store fails under it. A run that another process drives is not followed.
   */
  whenResting(id: string): Promise<RunStatus> {
    return this.#withRun(id, (run) => {
      const resting = this.#rests.wait(id)
      if (run.idle) this.#onIdle(run)
      return resting
    })
  }

  /** Runs in memory: what this process is busy with. */
  get openRuns(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** Resolves when no records are being moved out of journals. */
  whenArchived(): Promise<void> {
    return this.#archiver.whenIdle()
  }

  /** Resolves when what has completed is kept, where it is to be kept across runs. */
  whenKept(): Promise<void> {
    return this.#reuse.whenKept()
  }

  /** Stops listening for wakes. Appends in flight are the store's to finish; what they settle is still acknowledged. */
  close(): void {
    this.#stopWakes()
    this.#dispatcher.close()
    this.#archiver.close()
  }

  async #wake(id: string): Promise<void> {
    const { isOurs } = this.#parts
    if (isOurs !== undefined && !this.#open.has(id) && !(await isOurs(id))) return
    await this.#withRun(id, (run) => Promise.all([run.expireLeases(), run.submit({ kind: 'wake' })]))
  }

  async #withRun<T>(id: string, use: (run: OpenRun) => T | Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      let run = this.#open.get(id)
      while (run === undefined) {
        await this.#load(id)
        // Another one who waited for it may have let it go again.
        run = this.#open.get(id)
      }
      try {
        return await use(run)
      } catch (error) {
        // Another process has written: the run as it is now is used instead.
        if (!isStale(error) || tries === mostTries) throw error
      }
    }
  }

  #load(id: string): Promise<OpenRun> {
    const loading = this.#loading.get(id)
    if (loading !== undefined) return loading
    const promise = this.#loadNow(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, promise)
    return promise
  }

  async #loadNow(id: string): Promise<OpenRun> {
    const loaded = await loadRun(id, this.#parts.runs, this.definitions)
    const claims = this.#failed.get(id)
    const run = new OpenRun(loaded, this.#openRunParts, claims)
    this.#open.set(id, run)
    if (claims !== undefined) {
      this.#failed.delete(id)
      this.#dispatchUnclaimed(run)
    }
    return run
  }

  /** A record that is on disk although its append failed is real, and its tasks were not dispatched. */
  #dispatchUnclaimed(run: OpenRun): void {
    for (const { id: token, wait, attempt, dispatch } of run.state.tokens.values()) {
      const message: TaskMessage = { run: run.id, token, attempt, dispatch }
      if (wait === 'task' && !isHeld(run, message)) this.#dispatch(run, { type: 'dispatch', token, attempt, dispatch })
    }
  }

  #onRecord(run: OpenRun, record: RunRecord, effects: readonly Effect[]): void {
    const { events } = this.#parts
    if (events.hasListeners(run.topic))
      events.publish(run.topic, { type: 'record', record } satisfies RecordEvent as Json)
    this.#quiet.note(record.time)
    this.#known.get(run.id)?.apply(record, run.state.namesFrom)
    this.#reuse.note(run, record)
    this.#perform(run, effects)
  }

  #perform(run: OpenRun, effects: readonly Effect[]): void {
    const known = this.#known.get(run.id)
    for (const effect of effects) {
      if (effect.type === 'dispatch' && known !== undefined && this.#giveKnown(run, known, effect)) continue
      switch (effect.type) {
        case 'dispatch':
          this.#dispatch(run, effect)
          break
        case 'abort':
          for (const listener of this.#aborts) listener(messageOf(run, effect))
          break
        case 'pay':
          this.#payments.pay(run.id, effect.id, effect.debt)
          break
        default:
          effect satisfies never
      }
    }
  }

  /** To an executor, unless its result is that of an earlier attempt. */
  #dispatch(run: OpenRun, effect: Dispatch): void {
    if (!this.#reuse.concerns(run, effect)) return this.#dispatcher.dispatch(messageOf(run, effect))
    this.#orRun(run, effect, this.#reuseOrDispatch(run, effect))
  }

  async #reuseOrDispatch(run: OpenRun, effect: Dispatch): Promise<void> {
    const found = await this.#reuse.find(run, effect)
    if (found === null) return this.#dispatcher.dispatch(messageOf(run, effect))
    const { token, attempt } = effect
    const { output, artifacts, reused } = found
    const more = artifacts.length === 0 ? {} : { artifacts }
    await run.submit({ kind: 'complete_task', token, attempt, output, ...more, reused })
  }

  /** Whether the result of what was ordered is known: it is given then, and nothing runs. */
  #giveKnown(run: OpenRun, known: KnownResults, effect: Dispatch): boolean {
    const { token, attempt } = effect
    const result = known.take(token, attempt, run.state.tokens.get(token)?.input ?? null)
    if (result === null) return false
    this.#orRun(run, effect, this.#giveResult(run, effect, result))
    return true
  }

  /** A result that cannot be given is made anew. Where it was given after all, the claim finds nothing to do. */
  #orRun(run: OpenRun, effect: Dispatch, giving: Promise<void>): void {
    giving.catch(() => this.#dispatcher.dispatch(messageOf(run, effect)))
  }

  async #giveResult(run: OpenRun, effect: Dispatch, result: KnownResult): Promise<void> {
    const { token, attempt } = effect
    const { blobs } = this.#openRunParts
    for (const { step, output } of result.steps) {
      const value = await inline(output, (digest) => blobs.load(run.id, digest))
      await run.submit({ kind: 'complete_step', token, attempt, step, output: value })
    }
    if (result.completed === null) return this.#dispatcher.dispatch(messageOf(run, effect))
    const { artifacts } = result
    const output = await inline(result.completed.output, (digest) => blobs.load(run.id, digest))
    await run.submit({
      kind: 'complete_task',
      token,
      attempt,
      output,
      ...(artifacts.length === 0 ? {} : { artifacts }),
    })
  }

  #onIdle(run: OpenRun): void {
    const { id, state } = run
    for (const [one, status] of this.#families.note(state, this.#rests.has(id))) this.#rests.resolve(one, status)
    // What waits costs no memory: the store wakes it, or a command does.
    if (state.waiting.task === 0 && state.debts.size === 0) this.#letGo(run)
  }

  #letGo(run: OpenRun): void {
    this.#open.delete(run.id)
    this.#known.delete(run.id)
    this.#reuse.forget(run)
  }

  #onFailed(run: OpenRun, error: unknown): void {
    const { id } = run
    this.#open.delete(id)
    if (!isStale(error)) {
      this.#failed.set(id, run.claims)
      for (const one of this.#families.above(id)) this.#rests.reject(one, error)
    } else if (this.#rests.has(id)) {
      // Whoever waits for it to rest waits for the run as it is now.
      this.#withRun(id, (now) => now.idle && this.#onIdle(now)).catch((reason) => this.#rests.reject(id, reason))
    }
  }
}

function messageOf(run: OpenRun, effect: Exclude<Effect, { type: 'pay' }>): TaskMessage {
  const { token, attempt, dispatch } = effect
  return { run: run.id, token, attempt, dispatch }
}
