/**
 * One run in memory: its commands in order, one append in flight.
 *
 * Owns: when a decision is made and when it counts. A decision is made in memory, appended in one transaction at the
 * expected version, and only then acted upon, shown or acknowledged. A failed or stale append makes the run unusable:
 * it is dropped and loaded again; there is no undo.
 */
import {
  type Command,
  decide,
  type Effect,
  encodeRecord,
  encodeSnapshot,
  nextTimer,
  type Outcome,
  type Plan,
  type RunRecord,
  type RunState,
  runStatus,
} from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Clock, RunIndexEntry, RunStore } from '@wonder/platform'
import type { BlobCache } from './blob-cache.ts'
import type { LoadedRun } from './load-run.ts'

/** What an open run needs from around it. */
export type OpenRunParts = {
  readonly runs: RunStore
  readonly blobs: BlobCache
  readonly clock: Clock
  /** Called after the record is on disk. */
  readonly onRecord: (run: OpenRun, record: RunRecord, effects: readonly Effect[]) => void
  /** Called when nothing is in flight any more: the run may be let go. */
  readonly onIdle: (run: OpenRun) => void
}

type Pending = {
  readonly command: Command
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** A dispatch whose executor dies without a word is looked at again after this time, ms. */
const dispatchHorizon = 60_000

/** UTF-16 units of records before a first snapshot is worth its writing. */
const smallestSnapshotInterval = 131_072

export class OpenRun {
  readonly id: string
  readonly plan: Plan
  readonly state: RunState
  /** Set once the run's journal and this state may differ. */
  failed: unknown = null
  /** Executors by token: who was granted which dispatch. */
  readonly claims = new Map<
    string,
    { readonly attempt: number; readonly dispatch: number; readonly executor: string }
  >()
  readonly #parts: OpenRunParts
  #pending: Pending[] = []
  #busy = false
  #indexed: RunIndexEntry['status'] | null
  #sizeSinceSnapshot: number
  #snapshotSize: number

  constructor(loaded: LoadedRun, parts: OpenRunParts) {
    this.plan = loaded.plan
    this.state = loaded.state
    this.id = loaded.state.run
    this.#parts = parts
    this.#sizeSinceSnapshot = loaded.sizeSinceSnapshot
    this.#snapshotSize = loaded.snapshotSize
    this.#indexed = loaded.state.definition === '' ? null : runStatus(loaded.state)
  }

  get idle(): boolean {
    return !this.#busy && this.#pending.length === 0
  }

  /** Resolves after what the command did is on disk. Commands that arrive during an append are decided together. */
  submit(command: Command): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.failed !== null) return reject(this.failed)
      this.#pending.push({ command, resolve, reject })
      if (!this.#busy) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#busy = true
    // What arrives in the same turn is decided together.
    await undefined
    try {
      while (this.#pending.length > 0) await this.#step()
    } catch (error) {
      this.failed = error
    }
    this.#busy = false
    if (this.failed !== null) {
      for (const { reject } of this.#pending.splice(0)) reject(this.failed)
    }
    this.#parts.onIdle(this)
  }

  async #step(): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    const { blobs, clock } = this.#parts
    const before = this.state.number
    try {
      const commands = pending.map(({ command }) => command)
      const decided = decide(this.plan, this.state, commands, { time: clock.now(), blobs: blobs.values })
      if (decided.status === 'needs') {
        this.#pending = [...pending, ...this.#pending]
        return await blobs.load(this.id, decided.digests)
      }
      const { record, effects, outcomes, large, more } = decided
      if (large.length > 0) await Promise.all(large.map((value) => blobs.store(this.id, value)))
      const taken = pending.splice(0, outcomes.length)
      this.#pending = more
        ? [{ command: { kind: 'wake' }, resolve: ignore, reject: ignore }, ...pending, ...this.#pending]
        : [...pending, ...this.#pending]
      pending.length = 0
      pending.push(...taken)
      if (record !== null) await this.#append(before, record, effects)
      else if (commands.some((command) => command.kind === 'wake')) await this.#rearm(before)
      taken.forEach(({ resolve }, i) => {
        resolve(outcomes[i] as Outcome)
      })
    } catch (error) {
      for (const { reject } of pending) reject(error)
      throw error
    }
  }

  async #append(expected: number, record: RunRecord, effects: readonly Effect[]): Promise<void> {
    const body = encodeRecord(record)
    const index = this.#indexEntry()
    const result = await this.#parts.runs.append({
      entity: { kind: 'run', id: this.id },
      expected,
      records: [{ number: record.number, body }],
      wake: this.#wake(),
      ...(index === null ? {} : { index }),
    })
    if (result.status === 'stale') throw staleError(this.id, expected, result.current)
    if (index !== null) this.#indexed = index.status
    this.#parts.onRecord(this, record, effects)
    this.#sizeSinceSnapshot += body.length
    if (this.#sizeSinceSnapshot > Math.max(smallestSnapshotInterval, this.#snapshotSize)) this.#saveSnapshot()
  }

  /** A wake that came early: the true one is stored, alone. */
  async #rearm(expected: number): Promise<void> {
    const result = await this.#parts.runs.append({
      entity: { kind: 'run', id: this.id },
      expected,
      records: [],
      wake: this.#wake(),
    })
    if (result.status === 'stale') throw staleError(this.id, expected, result.current)
  }

  #wake(): number | null {
    const timer = nextTimer(this.state)
    if (this.state.ended !== null || this.state.waiting.task === 0) return timer
    const horizon = this.state.time + dispatchHorizon
    return timer === null ? horizon : Math.min(timer, horizon)
  }

  /** The run's row, when its status is another one than the row says. */
  #indexEntry(): RunIndexEntry | null {
    const { state } = this
    const status = runStatus(state)
    if (status === this.#indexed) return null
    return {
      id: this.id,
      workflow: state.workflow,
      project: state.project,
      status,
      parent: null,
      created: state.startedAt,
      updated: state.time,
      ended: state.ended === null ? null : state.time,
      tags: state.tags,
    }
  }

  /** Beside the hot path: nothing waits for it, and a lost snapshot costs only a longer fold. */
  #saveSnapshot(): void {
    const chunks = encodeSnapshot(this.plan, this.state)
    this.#snapshotSize = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#sizeSinceSnapshot = 0
    this.#parts.runs
      .saveSnapshot({ kind: 'run', id: this.id }, { number: this.state.number, chunks })
      .catch(() => undefined) // The journal is whole without it; a store that is broken shows at the next append.
  }
}

function ignore(): void {
  // The continuation of a full record has nobody who waits for it.
}

function staleError(run: string, expected: number, current: number): WonderError {
  return new WonderError(
    'stale_version',
    `Cannot append to run "${run}": expected version ${expected}, current version is ${current}`,
    { details: { expected, current } },
  )
}
