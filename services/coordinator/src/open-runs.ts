/**
 * The runs of one process that are in memory.
 *
 * Owns: which they are, beginning one, loading one once for all who ask, and the claims of a run that is loaded again.
 * Does not own: what a run does (`OpenRun`), what follows from it, and when it is let go (the coordinator).
 * A run is here from its first record on disk: who asks for one that is being begun waits for that.
 */
import { type Command, createRunState, type Outcome, type Plan, type RunState } from '@wonder/engine'
import { fromErrorBody } from '@wonder/errors'
import type { DefinitionStore } from './definition-store.ts'
import { loadRun } from './load-run.ts'
import { isStale, OpenRun, type OpenRunParts } from './open-run.ts'

export type OpenRunsParts = Omit<OpenRunParts, 'planOf'> & {
  readonly definitions: DefinitionStore
  /** Awaited when a run was loaded, before anybody gets it. */
  readonly beforeUse: (state: RunState) => Promise<void>
  /** Called when a run was loaded that an append of its own had made unusable: what that has stored was not acted upon. */
  readonly onReloaded: (run: OpenRun) => void
}

/** The first command of a run. */
type Beginning = Extract<Command, { kind: 'start' | 'fork' }>

/** How often a command is given to a run that other processes keep writing to. */
const mostTries = 3

export class OpenRuns {
  readonly #parts: OpenRunsParts
  readonly #runParts: OpenRunParts
  readonly #open = new Map<string, OpenRun>()
  readonly #loading = new Map<string, Promise<void>>()
  readonly #beginning = new Map<string, Promise<Outcome>>()
  /** Runs that an append of theirs made unusable, until they are loaded again; their executors hold what they hold. */
  readonly #failed = new Map<string, OpenRun['claims']>()

  constructor(parts: OpenRunsParts) {
    this.#parts = parts
    this.#runParts = {
      ...parts,
      onRecord: (run, record, effects) => {
        if (record.number === 1) this.#open.set(run.id, run)
        parts.onRecord(run, record, effects)
      },
      // One that was refused its first command never was a run.
      onIdle: (run) => run.state.number > 0 && parts.onIdle(run),
      onFailed: (run, error) => this.#drop(run, error),
      planOf: (digest) => parts.definitions.plan(digest),
    }
  }

  /** Those that are in memory, and those that are being begun. */
  get ids(): readonly string[] {
    return [...new Set([...this.#open.keys(), ...this.#beginning.keys()])]
  }

  /** One that is in memory. */
  get(id: string): OpenRun | undefined {
    return this.#open.get(id)
  }

  /** Whether an append of the run failed, and it was not loaded since: what became of it is not known. */
  hasFailed(id: string): boolean {
    return this.#failed.has(id)
  }

  /** Whether there is such a run, in memory or not. */
  async has(id: string): Promise<boolean> {
    return this.#open.has(id) || (await this.#parts.runs.version({ kind: 'run', id })) > 0
  }

  /**
   * Resolves after the first record is on disk: true, or false where there is a run of this id already.
   *
   * @throws WonderError why the command was refused; what the store throws: then nobody knows whether there is such a run
   */
  async begin(id: string, plan: Plan, command: Beginning): Promise<boolean> {
    while (this.#beginning.has(id)) await this.#begun(id)
    // What an earlier try to begin it has left is nothing to go on with.
    this.#failed.delete(id)
    const state = createRunState(id)
    const run = new OpenRun({ plan, state, sizeSinceSnapshot: 0, snapshotSize: 0, firstRecord: 1 }, this.#runParts)
    const beginning = run.submit(command)
    this.#beginning.set(id, beginning)
    try {
      const outcome = await beginning
      if (outcome.status === 'refused') throw fromErrorBody(outcome.error)
      return true
    } catch (error) {
      if (isStale(error)) return false
      throw error
    } finally {
      this.#beginning.delete(id)
    }
  }

  /**
   * Gives `use` the run, loaded if need be; again as it is then, where another process wrote to it first.
   *
   * @throws WonderError `run_not_found`
   */
  async use<T>(id: string, use: (run: OpenRun) => T | Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      let run = this.#open.get(id)
      while (run === undefined) {
        await (this.#begun(id) ?? this.#load(id))
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

  /** The run is in memory no more. */
  letGo(run: OpenRun): void {
    this.#open.delete(run.id)
  }

  /** Resolves when it is known whether the run could be begun; undefined: nobody is beginning it. */
  #begun(id: string): Promise<unknown> | undefined {
    return this.#beginning.get(id)?.catch(() => undefined)
  }

  #load(id: string): Promise<void> {
    const loading = this.#loading.get(id)
    if (loading !== undefined) return loading
    const promise = this.#loadNow(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, promise)
    return promise
  }

  async #loadNow(id: string): Promise<void> {
    const { runs, definitions, beforeUse, onReloaded } = this.#parts
    const loaded = await loadRun(id, runs, definitions)
    await beforeUse(loaded.state)
    // It was begun here meanwhile, and the one that began it drives it.
    if (this.#beginning.has(id) || this.#open.has(id)) return
    const claims = this.#failed.get(id)
    const run = new OpenRun(loaded, this.#runParts, claims)
    this.#open.set(id, run)
    if (claims === undefined) return
    this.#failed.delete(id)
    onReloaded(run)
  }

  #drop(run: OpenRun, error: unknown): void {
    const { id } = run
    const now = this.#open.get(id)
    // Two began it at once, and this one came second.
    if (now !== undefined && now !== run) return
    this.#open.delete(id)
    if (!isStale(error)) this.#failed.set(id, run.claims)
    this.#parts.onFailed(run, error)
  }
}
