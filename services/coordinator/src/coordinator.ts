/**
 * Runs: the kernel, their journals and the effects that follow.
 *
 * Owns: which runs are in memory, handing commands to them, effects (dispatch, abort), claims and results.
 * Does not own: what happens (the kernel decides), where tasks run (executors), which process owns a run (the host).
 * K6 a result is applied once per attempt. K8 what has a result is not dispatched again.
 */
import {
  type Command,
  createRunState,
  type Definition,
  type Effect,
  type Json,
  type Outcome,
  type RunRecord,
  runStatus,
} from '@wonder/engine'
import { InvariantError, WonderError } from '@wonder/errors'
import {
  type Blobs,
  type Clock,
  type EventTarget,
  type Ids,
  isTerminal,
  type Queue,
  type Random,
  type Results,
  type RunStatus,
  type RunStore,
  type TaskMessage,
} from '@wonder/platform'
import { BlobCache } from './blob-cache.ts'
import { DefinitionStore } from './definition-store.ts'
import { loadRun } from './load-run.ts'
import { OpenRun, type OpenRunParts } from './open-run.ts'
import { createResults } from './task-results.ts'

export type CoordinatorParts = {
  readonly runs: RunStore
  readonly blobs: Blobs
  readonly queue: Queue
  readonly events: EventTarget
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
}

export type StartRequest = {
  readonly definition: Definition
  readonly input: Json
  readonly env?: { readonly [name: string]: string }
  readonly tags?: readonly string[]
  readonly by?: string
  /** Default: a new one. */
  readonly id?: string
}

/** What a listener of topic `run:<id>` gets for each record, after it is on disk. */
export type RecordEvent = { readonly type: 'record'; readonly record: RunRecord }

export function runTopic(run: string): string {
  return `run:${run}`
}

/** A run that nothing but a command or a timer can move. */
type Rest = { readonly resolve: (status: RunStatus) => void; readonly reject: (error: unknown) => void }

export class Coordinator {
  readonly definitions: DefinitionStore
  /** For the executors of this process. */
  readonly results: Results
  readonly #parts: CoordinatorParts
  readonly #openRunParts: OpenRunParts
  readonly #open = new Map<string, OpenRun>()
  readonly #loading = new Map<string, Promise<OpenRun>>()
  readonly #rests = new Map<string, Rest[]>()
  readonly #aborts = new Set<(message: TaskMessage) => void>()
  readonly #stopWakes: () => void
  #dispatches: TaskMessage[] = []

  constructor(parts: CoordinatorParts) {
    this.#parts = parts
    this.definitions = new DefinitionStore(parts.blobs)
    const blobs = new BlobCache(parts.blobs)
    this.#openRunParts = {
      runs: parts.runs,
      clock: parts.clock,
      blobs,
      onRecord: (run, record, effects) => this.#onRecord(run, record, effects),
      onIdle: (run) => this.#onIdle(run),
    }
    this.results = createResults({
      find: (run) => this.#open.get(run) ?? null,
      load: (run) => this.#load(run),
      onAbort: (listener) => {
        this.#aborts.add(listener)
        return () => this.#aborts.delete(listener)
      },
    })
    this.#stopWakes = parts.runs.onWake(({ id }) => {
      this.command(id, { kind: 'wake' }).catch(() => undefined) // Whoever uses the run next is told; a wake has no caller.
    })
  }

  /**
   * Starts a run; resolves with its id after its first record is on disk.
   *
   * @throws WonderError `invalid_input` with every problem in `details.problems`; `invalid_definition`
   */
  async start(request: StartRequest): Promise<string> {
    const digest = await this.definitions.put(request.definition)
    const plan = await this.definitions.plan(digest)
    const id = request.id ?? this.#parts.ids.runId()
    const loaded = { plan, state: createRunState(id), sizeSinceSnapshot: 0, snapshotSize: 0 }
    const run = new OpenRun(loaded, this.#openRunParts)
    this.#open.set(id, run)
    const outcome = await run.submit({
      kind: 'start',
      definition: digest,
      input: request.input,
      env: request.env ?? {},
      seed: this.#parts.random.seed(),
      ...(request.tags === undefined ? {} : { tags: request.tags }),
      ...(request.by === undefined ? {} : { by: request.by }),
    })
    if (outcome.status !== 'refused') return id
    this.#open.delete(id)
    const { code, message, details } = outcome.error
    throw new WonderError(code === 'invalid_value' ? 'invalid_value' : 'invalid_input', message, {
      details: details ?? {},
    })
  }

  /** Gives a command to a run of this process, loading it if it is not in memory. Resolves after what it did is on disk. */
  async command(id: string, command: Command): Promise<Outcome> {
    for (let tries = 1; ; tries++) {
      const run = this.#open.get(id) ?? (await this.#load(id))
      try {
        return await run.submit(command)
      } catch (error) {
        // Another process has written: the run as it is now gets the command.
        const stale = error instanceof WonderError && error.code === 'stale_version'
        if (!stale || tries === 3) throw error
      }
    }
  }

  /** The present status of a run of this process. */
  async status(id: string): Promise<RunStatus> {
    const run = this.#open.get(id) ?? (await this.#load(id))
    return runStatus(run.state)
  }

  /** Resolves when nothing of the run is in flight and it is terminal, paused or blocked. */
  async whenResting(id: string): Promise<RunStatus> {
    const run = this.#open.get(id) ?? (await this.#load(id))
    const status = restingStatus(run)
    if (status !== null && run.idle) return status
    return new Promise((resolve, reject) => {
      const rests = this.#rests.get(id) ?? []
      rests.push({ resolve, reject })
      this.#rests.set(id, rests)
    })
  }

  /** Runs in memory: what this process is busy with. */
  get openRuns(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** Stops listening for wakes. Appends in flight are the store's to finish. */
  close(): void {
    this.#stopWakes()
  }

  #load(id: string): Promise<OpenRun> {
    const loading = this.#loading.get(id)
    if (loading !== undefined) return loading
    const promise = this.#loadNow(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, promise)
    return promise
  }

  async #loadNow(id: string): Promise<OpenRun> {
    const run = new OpenRun(await loadRun(id, this.#parts.runs, this.definitions), this.#openRunParts)
    this.#open.set(id, run)
    return run
  }

  #onRecord(run: OpenRun, record: RunRecord, effects: readonly Effect[]): void {
    const topic = runTopic(run.id)
    const { events } = this.#parts
    if (events.hasListeners(topic)) events.publish(topic, { type: 'record', record } as unknown as Json)
    for (const effect of effects) {
      const { token, attempt, dispatch } = effect
      const message: TaskMessage = { run: run.id, token, attempt, dispatch }
      switch (effect.type) {
        case 'dispatch':
          run.claims.delete(token)
          this.#dispatch(message)
          break
        case 'abort':
          run.claims.delete(token)
          for (const listener of this.#aborts) listener(message)
          break
        default:
          throw new InvariantError('effects', `unknown effect ${JSON.stringify(effect satisfies never)}`)
      }
    }
  }

  /** Dispatches of one turn leave together. */
  #dispatch(message: TaskMessage): void {
    this.#dispatches.push(message)
    if (this.#dispatches.length > 1) return
    queueMicrotask(() => {
      const messages = this.#dispatches
      this.#dispatches = []
      void this.#parts.queue.send(messages)
    })
  }

  #onIdle(run: OpenRun): void {
    if (run.failed !== null) {
      if (this.#open.get(run.id) === run) this.#open.delete(run.id)
      const stale = run.failed instanceof WonderError && run.failed.code === 'stale_version'
      if (!stale) for (const { reject } of this.#takeRests(run.id)) reject(run.failed)
      return
    }
    const status = restingStatus(run)
    if (status !== null) for (const { resolve } of this.#takeRests(run.id)) resolve(status)
    // What waits costs no memory: the store wakes it, or a command does.
    if (run.state.waiting.task === 0 && this.#open.get(run.id) === run) this.#open.delete(run.id)
  }

  #takeRests(id: string): readonly Rest[] {
    const rests = this.#rests.get(id) ?? []
    this.#rests.delete(id)
    return rests
  }
}

function restingStatus(run: OpenRun): RunStatus | null {
  const status = runStatus(run.state)
  if (isTerminal(status)) return status
  if (run.state.waiting.task > 0) return null
  return status === 'paused' || status.startsWith('blocked_') ? status : null
}
