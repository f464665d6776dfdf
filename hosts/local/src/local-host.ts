/**
 * One machine: any number of processes on one SQLite file.
 *
 * Owns: what one process does for runs, who drives a run on this machine, commands from and to other processes.
 */
import { realpath } from 'node:fs/promises'
import type { Definition, Json, RunRecord, SignalToRun } from '@wonder/engine'
import type { Loaded } from '@wonder/language'
import {
  isTerminal,
  type Limits,
  type LogLine,
  type LogStore,
  type ResultCache,
  type RunIndex,
  type RunIndexEntry,
  type RunStatus,
} from '@wonder/platform'
import { handOver, ownStart } from './hand-over.ts'
import { Heartbeat } from './heartbeat.ts'
import { type HostParts, openHostParts } from './host-parts.ts'
import type { CommandAnswer, HostCommand } from './host-protocol.ts'
import { serveHost } from './host-server.ts'
import { untilIdle } from './idle.ts'
import type { ProjectSettings } from './project-loader.ts'
import type { Recovered } from './recovery.ts'
import type { Pruned, PruneRequest } from './retention.ts'
import { environmentOf } from './run-environment.ts'
import type { RunRequest } from './run-intake.ts'
import { RunPast } from './run-past.ts'
import { RunWatch, watchHere } from './run-watch.ts'
import { openStateFolder, type StateFolder } from './state-folder.ts'
import { Steering } from './steering.ts'

export type LocalHostOptions = {
  /** The project's folder. */
  readonly project: string
  /** Which of the project's `environments`; default none. */
  readonly environment?: string
  /** `start` drives every run of its environment and stays, `run` drives its own, `read` drives nothing. */
  readonly role: 'start' | 'run' | 'read'
  /** `none`: programs are not isolated by bubblewrap even where it works. Default `auto`; $WONDER_ISOLATION. */
  readonly isolation?: 'auto' | 'none'
  /** How another process is started that drives runs handed over: program and arguments. Default: this program with `start`. */
  readonly startCommand?: readonly [string, ...string[]]
}

/** Milliseconds between signs of life, and between looks for runs that nobody drives. */
const heartbeat = 2_000

/** Milliseconds between looks for what ended runs hold; the first one comes soon. */
const reconcileInterval = 300_000
const firstReconcile = 2_000

/** Milliseconds after its end in which a run may still settle by itself what it holds. */
const settlingTime = 60_000

/** Milliseconds between looks for runs that need not be kept. */
const retentionInterval = 60_000

/**
 * Opens a project's runs on this machine. The folder `.wonder` is made when it is missing.
 *
 * @throws WonderError `store_unavailable`, `store_corrupt`, `store_too_new`, `store_full`
 */
export async function openLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  const folder = await realpath(options.project)
  const state = await openStateFolder(folder)
  const isolation = options.isolation ?? (process.env.WONDER_ISOLATION === 'none' ? 'none' : 'auto')
  const parts = await openHostParts({ folder, state, environment: options.environment, isolation })
  const host = new LocalHost({ options, folder, state, parts })
  try {
    if (options.role !== 'read') await host.join()
  } catch (error) {
    await host.close()
    throw error
  }
  return host
}

export class LocalHost {
  readonly id: string
  /** The project's folder, absolute. */
  readonly folder: string
  readonly index: RunIndex
  readonly logs: LogStore
  /** Results that are kept across runs. */
  readonly cache: ResultCache
  /** Permits, budgets and keys of the project. */
  readonly limits: Limits
  /** What runs were; forks, retries and moves to another revision. */
  readonly past: RunPast
  readonly #options: LocalHostOptions
  readonly #state: StateFolder
  readonly #parts: HostParts
  readonly #steering: Steering
  #joining: Promise<void> | null = null
  #stopServing: (() => Promise<void>) | null = null
  #heartbeat: Heartbeat | null = null
  #pruning: Heartbeat | null = null
  #reconciling: Heartbeat | null = null
  #closed: Promise<void> | null = null

  constructor(given: {
    readonly options: LocalHostOptions
    readonly folder: string
    readonly state: StateFolder
    readonly parts: HostParts
  }) {
    const { options, folder, state, parts } = given
    this.id = parts.id
    this.folder = folder
    this.index = parts.index
    this.logs = parts.logs
    this.cache = parts.cache
    this.limits = parts.limits
    this.#options = options
    this.#state = state
    this.#parts = parts
    const follow = async (entry: RunIndexEntry) => {
      // Tasks of a run that was begun elsewhere see what they would have seen there, unless this process was told otherwise.
      const follows = options.role !== 'start' && options.environment === undefined
      if (follows) parts.projects.setEnvironment(environmentOf(entry))
      await this.join()
    }
    this.#steering = new Steering({ ...parts, stays: options.role === 'start' }, follow)
    this.past = new RunPast(parts, this.#steering, follow)
    parts.reach.through({
      tell: (run, command) => this.#steering.tell(run, command),
      isOurs: (run) => this.#steering.isOurs(run, options.role === 'start'),
    })
  }

  /** Makes this process known to the others and begins to take commands and tasks; once is enough. */
  join(): Promise<void> {
    this.#joining ??= this.#join()
    return this.#joining
  }

  async #join(): Promise<void> {
    const { owners, executor, clock, intake, limits } = this.#parts
    const address = await this.#state.socket(this.id)
    this.#stopServing = await serveHost(address, {
      handle: async (request) => {
        if (request.op === 'start_run') return await intake.take(request)
        return await this.#steering.commandFromOther(request)
      },
      watch: ({ run, after }, send) => watchHere(this.#parts, run, after, send),
    })
    const role = this.#options.role === 'start' ? 'start' : 'run'
    limits.onNotice((notice) => this.#steering.notify(notice))
    const announce = () => owners.announce({ id: this.id, address, pid: process.pid, role })
    await announce()
    executor.start()
    this.#heartbeat = new Heartbeat(clock, heartbeat, async () => {
      await announce()
      if (role === 'start') await this.recoverAll()
    })
    if (role !== 'start') return
    this.#reconciling = new Heartbeat(
      clock,
      reconcileInterval,
      () => this.reconcileLimits(settlingTime),
      firstReconcile,
    )
    this.#pruning = new Heartbeat(clock, retentionInterval, () => this.#applyRetention())
  }

  /** Loads the project's files; all mistakes of all files at once. */
  loadProject(options: { readonly workflow?: string } = {}): Promise<Loaded> {
    return this.#parts.projects.load(options)
  }

  /** Starts a run that this host drives. Resolves with its id after its start is on disk. */
  startRun(request: RunRequest): Promise<string> {
    return this.#parts.intake.start(request)
  }

  /**
   * Starts a run under a key, or finds the run that has it: `first` says which.
   *
   * @throws WonderError `key_conflict` when the key stands for another workflow or input
   */
  startKeyed(
    request: RunRequest & { readonly key: string },
  ): Promise<{ readonly run: string; readonly first: boolean }> {
    return this.#parts.intake.startKeyed(request)
  }

  /** Gives a run to a process that stays; starts one when there is none. Resolves with the run's id. */
  async handOver(request: {
    readonly workflow: string
    readonly input: Json
    readonly environment?: string
    readonly signals?: readonly SignalToRun[]
    /** The run whose results it takes. */
    readonly reuse?: string
    readonly by: string
    readonly key?: string
  }): Promise<string> {
    const { owners, index, clock, ids } = this.#parts
    const { workflow, input, by, environment = null, signals = [], reuse, key } = request
    const more = { ...(key === undefined ? {} : { key }), ...(reuse === undefined ? {} : { reuse }) }
    return await handOver(
      { run: ids.runId(), workflow, input, environment, signals, by, ...more },
      {
        owners,
        index,
        clock,
        stateFolder: this.#state.root,
        startCommand: this.#options.startCommand ?? ownStart(this.folder, environment),
        cwd: this.folder,
      },
    )
  }

  /**
   * Gives a command to the run's owner, in this process or another; a run without an owner is taken up here.
   *
   * @throws WonderError `run_not_found`; `host_not_responding` when the owner exists and does not listen
   */
  command(run: string, body: HostCommand, by: string): Promise<CommandAnswer> {
    return this.#steering.command(run, body, by)
  }

  /** Makes this process the run's owner, unless a living one has it; what was out is ordered again. */
  takeOver(run: string): Promise<'taken' | 'owned_elsewhere' | 'ended'> {
    return this.#steering.takeOver(run)
  }

  definition(run: string): Promise<Definition> {
    return this.#parts.journal.definition(run)
  }

  records(run: string, { after = 0 }: { readonly after?: number } = {}): Promise<readonly RunRecord[]> {
    return this.#parts.journal.records(run, after)
  }

  status(run: string): Promise<RunIndexEntry | null> {
    return this.index.get(run)
  }

  artifact(digest: string, run: string): Promise<AsyncIterable<Uint8Array> | null> {
    return this.#parts.blobs.open(`runs/${run}/${digest}`)
  }

  /**
   * Records numbered above `after`, in order, each once, and provisional log lines; across processes and their ends.
   * `onOrphan` is called when the run has not ended and no process drives it, perhaps several times.
   */
  async watch(
    run: string,
    options: {
      readonly after: number
      readonly onRecord: (record: RunRecord) => void
      readonly onLog: (line: LogLine & { readonly provisional: true }) => void
      readonly onOrphan?: () => void
    },
  ): Promise<() => void> {
    const watch = new RunWatch(this.#parts, run, options)
    await watch.start()
    return () => watch.stop()
  }

  /** Resolves when a run of this process is terminal, paused or blocked, and nothing of it is in flight. */
  whenResting(run: string): Promise<RunStatus> {
    return this.#parts.coordinator.whenResting(run)
  }

  /** Takes up every run of this environment that no living process drives. */
  recoverAll(): Promise<Recovered> {
    return this.#parts.recovery.all()
  }

  /** Releases what runs of this project hold that have ended, `after` ms ago, or are not there; how many. */
  reconcileLimits(after = 0): Promise<number> {
    const { limits, index, clock } = this.#parts
    return limits.reconcile(async (run) => {
      const entry = await index.get(run)
      return entry === null || (isTerminal(entry.status) && (entry.ended ?? 0) + after <= clock.now())
    })
  }

  /** Name and budget of the project, by wonder.yaml; empty where that has mistakes. */
  async projectBudget(): Promise<Pick<ProjectSettings, 'name' | 'budget'>> {
    const { name, budget } = await this.#parts.projects.settings()
    return { name, budget }
  }

  /** Resolves when runs rest that this process took up because they were granted what they waited for. */
  finishTakenUp(onWait: (run: string) => void): Promise<void> {
    return this.#steering.finishTakenUp(onWait)
  }

  /** Removes ended runs, in batches; a run that has not ended, or owes something, stays. */
  prune(request: PruneRequest): Promise<Pruned> {
    return this.#parts.retention.prune(request)
  }

  /** What wonder.yaml says about ended runs; milliseconds. */
  async retention(): Promise<{ readonly keepFor?: number; readonly keep?: number }> {
    return (await this.#parts.projects.settings()).retention
  }

  async #applyRetention(): Promise<void> {
    await this.#parts.retention.apply(await this.retention())
  }

  /** Resolves when nothing has run for `wait` ms; no run that is handed over is taken after that. */
  untilIdle(wait: number): Promise<void> {
    return untilIdle(this.#parts, wait)
  }

  /** Pauses the runs of this process after what is in flight. */
  async interrupt(): Promise<void> {
    const { coordinator } = this.#parts
    // Also those above that are not in memory: resuming them resumes what is below. A detached run has none above.
    const above = await Promise.all(coordinator.openRuns.map((run) => this.#topmost(run)))
    await Promise.all(
      [...new Set([...above, ...coordinator.openRuns])].map(async (run) => {
        await coordinator.command(run, { kind: 'pause', by: 'interrupt' })
        await coordinator.whenResting(run)
      }),
    )
  }

  /** The run of this process that is above all others: what is done to it is done to those below. */
  async #topmost(run: string): Promise<string> {
    const { index, owners, id } = this.#parts
    for (let at = run; ; ) {
      const parent = (await index.get(at))?.parent ?? null
      if (parent === null) return at
      const above = await index.get(parent)
      const owner = await owners.ownerOf(parent)
      // One that has ended, or is driven elsewhere, does not pass it on.
      if (above === null || isTerminal(above.status) || owner === null || owner === 'gone' || owner.id !== id) return at
      at = parent
    }
  }

  /** Ends what runs here without reporting it: it goes on at the next start. Never fails. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { intake, recovery, executor, coordinator, owners, sandbox } = this.#parts
    intake.close()
    await this.#joining?.catch(() => undefined)
    this.#parts.retention.stop()
    await Promise.all([this.#heartbeat?.stop(), this.#pruning?.stop(), this.#reconciling?.stop(), recovery.stop()])
    await executor.stop()
    await coordinator.whenKept()
    coordinator.close()
    await sandbox.endAbandoned(this.id).catch(() => 0)
    // Without it the next process finds the socket closed, and takes the same runs.
    if (this.#joining !== null) await owners.leave().catch(() => undefined)
    await this.#stopServing?.()
    await this.#parts.close()
  }
}
