/**
 * One machine: services met with drivers, in one process, on one SQLite file that several processes may share.
 *
 * Owns: putting the parts together, who drives a run on this machine, commands from and to other processes.
 */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Coordinator } from '@wonder/coordinator'
import { denoToolRuntime } from '@wonder/driver-deno'
import { fileBlobs } from '@wonder/driver-filesystem'
import { memoryEventTarget, memoryQueue } from '@wonder/driver-memory'
import { nodeNet, processSandbox, projectFiles, systemClock, systemRandom, ulidIds } from '@wonder/driver-process'
import { openSqliteLogStore, openSqliteStore, type SqliteStore } from '@wonder/driver-sqlite'
import type { CommandBody, Definition, Json, RunRecord } from '@wonder/engine'
import { fromErrorBody, WonderError } from '@wonder/errors'
import { createExecutor, type Executor } from '@wonder/executor'
import type { CompiledWorkflow, Loaded, Project } from '@wonder/language'
import {
  type Blobs,
  type Clock,
  type EventTarget,
  isTerminal,
  type LogLine,
  type LogStore,
  type RunIndex,
  type RunIndexEntry,
  type RunStatus,
  type Sandbox,
  type ToolRuntime,
} from '@wonder/platform'
import { handOver } from './hand-over.ts'
import { askHost, hostGone } from './host-client.ts'
import type { CommandAnswer, HostRequest } from './host-protocol.ts'
import { serveHost } from './host-server.ts'
import { Ownership } from './ownership.ts'
import { ProjectLoader } from './project-loader.ts'
import { RunJournal } from './run-journal.ts'
import { RunWatch, type RunWatchParts, watchHere } from './run-watch.ts'
import { openStateFolder, type StateFolder } from './state-folder.ts'

export type LocalHostOptions = {
  /** The project's folder. */
  readonly project: string
  /** Which of the project's `environments`; default none. */
  readonly environment?: string
  /** `start` drives every run and stays, `run` drives its own, `read` drives nothing. */
  readonly role: 'start' | 'run' | 'read'
  /** How another process is started that drives runs handed over: program and arguments. Default: this program with `start`. */
  readonly startCommand?: readonly [string, ...string[]]
}

/** Milliseconds between signs of life. */
const heartbeat = 2_000

/** Runs that are taken up at a time at the start, so that the first step does not wait for the last run. */
const recoverySlice = 64

/**
 * Opens a project's runs on this machine. The folder `.wonder` is made when it is missing.
 *
 * @throws WonderError `store_unavailable`, `store_corrupt`, `store_too_new`, `store_full`
 */
export async function openLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  const folder = await realpath(options.project)
  const state = await openStateFolder(folder)
  const clock = systemClock()
  const id = ulidIds().runId()
  const store = await openSqliteStore({ file: state.database, host: id, clock })
  const host = new LocalHost({ options, folder, state, clock, id, store })
  if (options.role !== 'read') await host.join()
  return host
}

type Assembly = {
  readonly options: LocalHostOptions
  readonly folder: string
  readonly state: StateFolder
  readonly clock: Clock
  readonly id: string
  readonly store: SqliteStore
}

export class LocalHost {
  readonly id: string
  /** The project's folder, absolute. */
  readonly folder: string
  readonly index: RunIndex
  readonly logs: LogStore
  readonly #options: LocalHostOptions
  readonly #state: StateFolder
  readonly #clock: Clock
  readonly #store: SqliteStore
  readonly #blobs: Blobs
  readonly #events: EventTarget
  readonly #journal: RunJournal
  readonly #sandbox: Sandbox
  readonly #tools: ToolRuntime
  readonly #net = nodeNet()
  readonly #ownership: Ownership
  readonly #coordinator: Coordinator
  readonly #executor: Executor
  readonly #projects: ProjectLoader
  readonly #watching: RunWatchParts
  #stopServing: (() => Promise<void>) | null = null
  #stopHeartbeat: (() => void) | null = null
  #recovering: Promise<number> | null = null
  #closed: Promise<void> | null = null

  constructor({ options, folder, state, clock, id, store }: Assembly) {
    this.id = id
    this.folder = folder
    this.#options = options
    this.#state = state
    this.#clock = clock
    this.#store = store
    this.index = store.index
    this.logs = openSqliteLogStore({ file: state.logs })
    this.#blobs = fileBlobs({ root: state.blobs })
    this.#events = memoryEventTarget()
    this.#journal = new RunJournal(store.runs, this.#blobs)
    this.#sandbox = processSandbox({ host: id, stateDir: state.root })
    this.#tools = denoToolRuntime({ cacheDir: join(state.cache, 'tools') })
    this.#projects = new ProjectLoader({ folder, tools: this.#tools, environment: options.environment })
    this.#watching = {
      host: id,
      index: store.index,
      owners: store.owners,
      journal: this.#journal,
      events: this.#events,
      clock,
    }
    this.#ownership = new Ownership({ owners: store.owners, sandbox: this.#sandbox, clock, host: id })
    const queue = memoryQueue()
    this.#coordinator = new Coordinator({
      runs: store.runs,
      blobs: this.#blobs,
      queue,
      events: this.#events,
      clock,
      ids: ulidIds(),
      random: systemRandom(),
    })
    this.#executor = createExecutor({
      id,
      queue,
      results: this.#coordinator.results,
      definition: async (digest) => (await this.#coordinator.definitions.plan(digest)).definition,
      tools: this.#tools,
      toolCode: (digest) => this.#toolCode(digest),
      sandbox: this.#sandbox,
      net: this.#net,
      files: projectFiles(folder),
      blobs: this.#blobs,
      secrets: { get: async (name) => (await this.#projects.settings()).secrets.get(name) },
      env: () => this.#projects.env,
      logs: this.logs,
      events: this.#events,
      clock,
    })
  }

  /** Makes this process known to the others and begins to take commands and tasks. */
  async join(): Promise<void> {
    const address = await this.#state.socket(this.id)
    this.#stopServing = await serveHost(address, {
      handle: (request) => this.#handle(request),
      watch: ({ run, after }, send) => watchHere(this.#watching, run, after, send),
    })
    const role = this.#options.role === 'start' ? 'start' : 'run'
    const announce = () => this.#store.owners.announce({ id: this.id, address, pid: process.pid, role })
    await announce()
    this.#executor.start()
    const beat = async (): Promise<void> => {
      await announce()
      if (role === 'start') await this.recoverAll()
    }
    const next = (): void => {
      this.#stopHeartbeat = this.#clock.at(this.#clock.now() + heartbeat, () => {
        // A store that fails shows in every command; the next beat tries again.
        beat()
          .catch(() => undefined)
          .finally(() => {
            if (this.#closed === null) next()
          })
      })
    }
    next()
  }

  /** Loads the project's files; all mistakes of all files at once. */
  loadProject(options: { readonly workflow?: string; readonly environment?: string } = {}): Promise<Loaded> {
    return this.#projects.load(options)
  }

  async #toolCode(digest: string): Promise<string> {
    const bytes = await this.#blobs.get(toolKey(digest))
    if (bytes === null) throw new WonderError('store_corrupt', `Cannot run a tool: its code ${digest} is missing`)
    return new TextDecoder().decode(bytes)
  }

  /** Starts a run that this host drives. Resolves with its id after its start is on disk. */
  async startRun(request: {
    readonly workflow: CompiledWorkflow
    readonly project: Project
    readonly input: Json
    readonly tags?: readonly string[]
    readonly by: string
  }): Promise<string> {
    const { workflow, input, by, tags } = request
    await Promise.all(workflow.bundles.map(({ digest, code }) => this.#blobs.put(toolKey(digest), code)))
    const { env } = await this.#projects.settings()
    const named = workflow.definition.env.flatMap((name): [string, string][] => {
      const value = workflow.env[name] ?? env[name]
      return value === undefined ? [] : [[name, value]]
    })
    return await this.#coordinator.start({
      definition: workflow.definition,
      input,
      env: Object.fromEntries(named),
      by,
      ...(tags === undefined ? {} : { tags }),
    })
  }

  /** Gives a run to a process that stays; starts one when there is none. Resolves with the run's id. */
  async handOver(request: {
    readonly workflow: string
    readonly input: Json
    readonly environment?: string
    readonly by: string
  }): Promise<string> {
    const { workflow, input, by, environment = null } = request
    const entry = process.argv[1]
    const own = [...process.execArgv, ...(entry === undefined ? [] : [entry])]
    return await handOver(
      { op: 'start_run', workflow, input, environment, by },
      {
        owners: this.#store.owners,
        clock: this.#clock,
        stateFolder: this.#state.root,
        startCommand: this.#options.startCommand ?? [
          process.execPath,
          ...[...own, 'start', '--project', this.folder, '--idle-exit', '1m'],
        ],
        cwd: this.folder,
      },
    )
  }

  /** Gives a command to the run's owner, in this process or another; a run without an owner is taken up here. */
  async command(run: string, body: CommandBody, by: string): Promise<CommandAnswer> {
    for (;;) {
      const entry = await this.index.get(run)
      if (entry === null)
        throw new WonderError('run_not_found', `Cannot ${body.kind} run "${run}": this project has no such run`)
      const owner = isTerminal(entry.status) ? null : await this.#ownership.livingOwner(run)
      if (owner !== null && owner.id !== this.id) {
        const answer = await askHost(owner.address, { op: 'command', run, body, by })
        if (answer === hostGone) continue
        return answer as CommandAnswer
      }
      if (isTerminal(entry.status)) return await this.#commandHere(run, body, by)
      if (owner === null && (await this.takeOver(run)) === 'owned_elsewhere') continue
      const answer = await this.#commandHere(run, body, by)
      // Nobody else drives what was taken up for this command; what it leaves to do is done before letting go.
      if (owner === null && body.kind !== 'resume' && body.kind !== 'decide_interruption') {
        await this.#coordinator.whenResting(run)
        await this.#store.owners.release(run)
      }
      return answer
    }
  }

  async #commandHere(run: string, body: CommandBody, by: string): Promise<CommandAnswer> {
    const outcome = await this.#coordinator.command(run, { ...body, by })
    return outcome.status === 'refused' ? { status: 'refused', error: outcome.error } : { status: 'accepted' }
  }

  /** Makes this process the run's owner, unless a living one has it; what was out is ordered again. */
  async takeOver(run: string): Promise<'taken' | 'owned_elsewhere' | 'ended'> {
    const entry = await this.index.get(run)
    if (entry === null)
      throw new WonderError('run_not_found', `Cannot take up run "${run}": this project has no such run`)
    if (isTerminal(entry.status)) return 'ended'
    if (this.#stopServing === null) await this.join()
    if ((await this.#ownership.livingOwner(run))?.id === this.id) return 'taken'
    if (!(await this.#ownership.claim(run))) return 'owned_elsewhere'
    await this.#coordinator.command(run, { kind: 'recover' })
    return 'taken'
  }

  definition(run: string): Promise<Definition> {
    return this.#journal.definition(run)
  }

  records(run: string, { after = 0 }: { readonly after?: number } = {}): Promise<readonly RunRecord[]> {
    return this.#journal.records(run, after)
  }

  status(run: string): Promise<RunIndexEntry | null> {
    return this.index.get(run)
  }

  artifact(digest: string, run: string): Promise<AsyncIterable<Uint8Array> | null> {
    return this.#blobs.open(`runs/${run}/${digest}`)
  }

  /** Records numbered above `after`, in order, each once, and provisional log lines; across processes and their ends. */
  async watch(
    run: string,
    options: {
      readonly after: number
      readonly onRecord: (record: RunRecord) => void
      readonly onLog: (line: LogLine & { readonly provisional: true }) => void
    },
  ): Promise<() => void> {
    const watch = new RunWatch(this.#watching, run, options.after, options)
    await watch.start()
    return () => watch.stop()
  }

  /** Resolves when a run of this process is terminal, paused or blocked, and nothing of it is in flight. */
  whenResting(run: string): Promise<RunStatus> {
    return this.#coordinator.whenResting(run)
  }

  /** Takes up every run that no living process drives. Resolves with their number once all are taken up. */
  async recoverAll(): Promise<{ readonly runs: number }> {
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = null
    })
    return { runs: await this.#recovering }
  }

  async #recover(): Promise<number> {
    await this.#ownership.sweep()
    let runs = 0
    for (;;) {
      const orphans = await this.#store.owners.orphans(recoverySlice)
      const taken = await Promise.all(orphans.map((run) => this.#takeUp(run)))
      const count = taken.filter(Boolean).length
      runs += count
      if (orphans.length < recoverySlice || count === 0) return runs
    }
  }

  /** Paused and blocked runs stay where they are: whoever commands them takes them up. */
  async #takeUp(run: string): Promise<boolean> {
    const entry = await this.index.get(run)
    if (entry === null || entry.status === 'paused' || entry.status.startsWith('blocked_')) return false
    if (!(await this.#store.owners.claim(run, null))) return false
    await this.#coordinator.command(run, { kind: 'recover' })
    return true
  }

  /** Resolves when no run of this process is in flight. */
  async idle(): Promise<void> {
    for (;;) {
      const [run] = this.#coordinator.openRuns
      if (run === undefined) return
      await this.#coordinator.whenResting(run).catch(() => undefined)
      await new Promise<void>((resolve) => this.#clock.at(this.#clock.now() + 20, resolve))
    }
  }

  /** Pauses the runs of this process after what is in flight. */
  async interrupt(): Promise<void> {
    await Promise.all(
      this.#coordinator.openRuns.map(async (run) => {
        await this.#coordinator.command(run, { kind: 'pause', by: 'interrupt' })
        await this.#coordinator.whenResting(run)
      }),
    )
  }

  /** Writes the store's log to its working size: for idle moments. */
  prewarm(): Promise<void> {
    return this.#store.prewarm()
  }

  async #handle(request: Exclude<HostRequest, { op: 'watch' }>): Promise<Json> {
    switch (request.op) {
      case 'ping':
        return this.id
      case 'command':
        return (await this.#commandHere(request.run, request.body, request.by)) as Json
      case 'start_run': {
        const { workflow: id, input, environment, by } = request
        this.#projects.reload()
        const loaded = await this.loadProject({ workflow: id, ...(environment === null ? {} : { environment }) })
        if (!loaded.ok) {
          const [first] = loaded.diagnostics
          throw new WonderError(
            'invalid_project',
            `Cannot start workflow "${id}": ${first?.file}:${first?.line}: ${first?.message}`,
          )
        }
        const workflow = loaded.project.workflows.get(id)
        if (workflow === undefined)
          throw new WonderError('unknown_workflow', `Cannot start workflow "${id}": there is none`)
        return await this.startRun({ workflow, project: loaded.project, input, by })
      }
      default:
        throw fromErrorBody({ code: 'internal', message: 'Cannot answer: an unknown question', retry: 'never' })
    }
  }

  /** Ends what runs here without reporting it: it goes on at the next start. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#stopHeartbeat?.()
    await this.#executor.stop()
    this.#coordinator.close()
    await this.#stopServing?.()
    await this.#recovering?.catch(() => undefined)
    if (this.#stopServing !== null) await this.#store.owners.leave()
    await Promise.all([this.#store.close(), this.logs.close(), this.#tools.close(), this.#net.close()])
  }
}

/** Where a tool's code is in Blobs. */
function toolKey(digest: string): string {
  return `tools/${digest}`
}
