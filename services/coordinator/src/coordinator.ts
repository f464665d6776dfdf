/**
 * The runs of one process: what others may ask of them, and how the parts that do it are put together.
 *
 * Owns: who is told of a record, when a run is let go, who waits for runs to rest, wakes.
 * Does not own: what happens (the kernel decides), beginning runs (`RunStarter`), which are in memory (`OpenRuns`), acting
 * upon what was decided (`RunEffects`), where tasks run (executors), which process owns a run (the host).
 * K6 a result is applied once per attempt.
 */

import type { Command, Definition, Effect, Json, Outcome, RunRecord } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
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
} from '@wonder/platform'
import { Archiver } from './archiver.ts'
import { BlobCache } from './blob-cache.ts'
import { DefinitionStore } from './definition-store.ts'
import { noticeCommand } from './notice-command.ts'
import { isStale, type OpenRun } from './open-run.ts'
import { OpenRuns } from './open-runs.ts'
import { Payments } from './payments.ts'
import { QuietTime } from './quiet-time.ts'
import type { RecordEvent } from './record-event.ts'
import { RunEffects } from './run-effects.ts'
import { RunFamilies } from './run-families.ts'
import { type ForkRequest, type RetryRequest, RunHistory } from './run-history.ts'
import { RunRests } from './run-rests.ts'
import { type KeyedStartRequest, RunStarter, type StartRequest } from './run-starter.ts'
import { TaskDispatcher } from './task-dispatcher.ts'
import { createResults } from './task-results.ts'
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
  readonly #open: OpenRuns
  readonly #starter: RunStarter
  readonly #effects: RunEffects
  readonly #rests = new RunRests()
  readonly #families = new RunFamilies((run) => this.#open.get(run)?.idle === false)
  readonly #dispatcher: TaskDispatcher
  readonly #reuse: TaskReuse
  readonly #quiet: QuietTime
  readonly #archiver: Archiver
  readonly #stopWakes: () => void

  constructor(parts: CoordinatorParts) {
    const { runs, queue, clock, limits, cache } = parts
    const definitions = new DefinitionStore(parts.blobs)
    const values = new BlobCache(parts.blobs)
    const command = (run: string, body: Command) => this.command(run, body)
    this.#parts = parts
    this.definitions = definitions
    this.history = new RunHistory({ runs, blobs: parts.blobs, definitions })
    this.#quiet = new QuietTime(clock)
    this.#archiver = new Archiver({ runs, blobs: parts.blobs, quiet: this.#quiet })
    this.#dispatcher = new TaskDispatcher(queue, clock)
    this.#reuse = new TaskReuse({ runs, blobs: parts.blobs, values, definitions, cache })
    const payments = new Payments({
      command,
      reach: parts.reach ?? command,
      limits,
      startChild: (parent, debt, input) => this.#starter.startChild(parent, debt, input),
      load: (run, digest) => values.load(run, digest),
    })
    this.#effects = new RunEffects({
      dispatcher: this.#dispatcher,
      payments,
      reuse: this.#reuse,
      values,
      history: this.history,
      command,
    })
    this.#open = new OpenRuns({
      runs,
      clock,
      blobs: values,
      definitions,
      onRecord: (run, record, effects) => this.#onRecord(run, record, effects),
      onEffects: (run, effects) => this.#effects.perform(run, effects),
      onIdle: (run) => this.#onIdle(run),
      onFailed: (run, error) => this.#onFailed(run, error),
      beforeUse: (state) => this.#effects.recall(state),
      onReloaded: (run) => this.#effects.dispatchUnclaimed(run),
      onLong: (run, snapshot) => this.#archiver.add(run, snapshot),
    })
    this.#starter = new RunStarter({
      ...parts,
      definitions,
      open: this.#open,
      effects: this.#effects,
      families: this.#families,
      reuse: this.#reuse,
    })
    this.results = createResults({
      clock,
      openRun: (id) => this.#open.get(id),
      withRun: (id, use) => this.#open.use(id, use),
      onAbort: this.#effects.onAbort,
    })
    this.#stopWakes = runs.onWake((entity) => {
      const { kind, id } = entity
      if (kind !== 'run') return limits.wake(entity)
      // The stored wake stays due, so the store gives it again; until then, who waits for the run is told.
      this.#wake(id).catch((error) => this.#rests.reject(id, error))
    })
  }

  /**
   * Starts a run; resolves with its id after its first record is on disk.
   *
   * @throws WonderError `run_not_found`, `reuse_other_workflow` and `nothing_to_reuse` for a run that cannot be reused;
   * `invalid_input` with every problem in `details.problems`; `invalid_value`, `invalid_definition`;
   * what the store throws: then nobody knows whether there is such a run
   */
  start(request: StartRequest): Promise<string> {
    return this.#starter.start(request)
  }

  /**
   * Starts a run under a key: the same key with the same workflow and input is the same run, however often it is started,
   * also where the process died between taking the key and starting the run. `first`: it was started here and now.
   *
   * @throws WonderError `key_conflict` when the key stands for something else; what `start` throws
   */
  startKeyed(request: KeyedStartRequest): Promise<{ readonly run: string; readonly first: boolean }> {
    return this.#starter.startKeyed(request)
  }

  /**
   * Starts a run where another one was at a record of it; resolves with its id after its first record is on disk.
   *
   * @throws WonderError `run_not_found`, `record_not_found`, `revision_incompatible`, `fork_has_children`,
   * `invalid_transition` when the run has ended there, `invalid_input` and `invalid_value` for values that cannot be set
   */
  async fork(request: ForkRequest): Promise<string> {
    return await this.#starter.fork(await this.history.prepareFork(request), request.by)
  }

  /**
   * Starts a run where a failed one was before it failed. What finished in it, also after that, does not run again.
   *
   * @throws WonderError as `fork`; `invalid_transition` for a run that did not fail
   */
  async retry(request: RetryRequest): Promise<string> {
    return await this.#starter.fork(await this.history.prepareRetry(request), request.by)
  }

  /**
   * Gives a command to a run of this process, loading it if it is not in memory. Resolves after what it did is on disk.
   *
   * @throws WonderError `run_not_found`; what the store throws: then nobody knows whether the command counts
   */
  command(id: string, command: Command): Promise<Outcome> {
    return this.#open.use(id, (run) => run.submit(command))
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
    return this.#open.use(id, (run) => {
      const resting = this.#rests.wait(id)
      // One that has ended on disk would not be loaded again by anything else.
      for (const below of this.#families.below(id)) if (this.#open.hasFailed(below)) this.#look(below)
      if (run.idle) this.#onIdle(run)
      return resting
    })
  }

  /** Runs in memory: what this process is busy with. */
  get openRuns(): readonly string[] {
    return this.#open.ids
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
    if (isOurs !== undefined && this.#open.get(id) === undefined && !(await isOurs(id))) return
    await this.#open.use(id, (run) => Promise.all([run.expireLeases(), run.submit({ kind: 'wake' })]))
  }

  #onRecord(run: OpenRun, record: RunRecord, effects: readonly Effect[]): void {
    const { events } = this.#parts
    if (events.hasListeners(run.topic))
      events.publish(run.topic, { type: 'record', record } satisfies RecordEvent as Json)
    this.#quiet.note(record.time)
    this.#effects.note(run, record)
    this.#effects.perform(run, effects)
  }

  #onIdle(run: OpenRun): void {
    const { id, state } = run
    for (const [one, status] of this.#families.note(state, this.#rests.has(id))) this.#rests.resolve(one, status)
    if (state.waiting.task > 0 || state.debts.size > 0) return
    // What waits costs no memory: the store wakes it, or a command does.
    this.#open.letGo(run)
    this.#effects.forget(run)
  }

  #onFailed({ id }: OpenRun, error: unknown): void {
    this.#effects.forgetKnown(id)
    if (!isStale(error)) this.#rejectRests(id, error)
    // Whoever waits for it to rest waits for the run as it is now.
    else if (this.#rests.has(id)) this.#look(id)
  }

  /** Sees whether the run rests, loading it if need be. */
  #look(id: string): void {
    this.#open.use(id, (now) => now.idle && this.#onIdle(now)).catch((error) => this.#rejectRests(id, error))
  }

  /** Who waits for runs above it waits for it as well. */
  #rejectRests(id: string, error: unknown): void {
    for (const one of this.#families.above(id)) this.#rests.reject(one, error)
  }
}
