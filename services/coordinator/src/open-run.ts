/**
 * One run in memory: its commands in order, one append in flight.
 *
 * Owns: when a decision is made and when it counts. A decision is made in memory, appended in one transaction at the
 * expected version, and only then acted upon, shown or acknowledged. A failed or stale append makes the run unusable:
 * it is dropped and loaded again; there is no undo.
 * Does not own: what happens then (the coordinator), and what is decided (the kernel).
 */
import {
  type Command,
  type DecideResult,
  decide,
  type Effect,
  encodeRecord,
  fits,
  incompatible,
  nextTimer,
  type Outcome,
  type Plan,
  type RunRecord,
  type RunState,
  rebase,
  runStatus,
} from '@wonder/engine'
import { toErrorBody, WonderError } from '@wonder/errors'
import {
  type AppendRequest,
  type Clock,
  type Entity,
  leaseLength,
  type RunIndexEntry,
  type RunStore,
} from '@wonder/platform'
import { movesOn } from './advance.ts'
import type { BlobCache } from './blob-cache.ts'
import { DecisionValues } from './decision-values.ts'
import type { LoadedRun } from './load-run.ts'
import { runTopic } from './record-event.ts'
import { RunSnapshots, type RunSnapshotsParts } from './run-snapshots.ts'

/** What an open run needs from around it. */
export type OpenRunParts = RunSnapshotsParts & {
  readonly runs: RunStore
  readonly blobs: BlobCache
  readonly clock: Clock
  /** Called after the record is on disk, before its commands are acknowledged. */
  readonly onRecord: (run: OpenRun, record: RunRecord, effects: readonly Effect[]) => void
  /** Called for what is asked for again, without anything new to write. */
  readonly onEffects: (run: OpenRun, effects: readonly Effect[]) => void
  /** Called when nothing is in flight any more: the run may be let go. */
  readonly onIdle: (run: OpenRun) => void
  /** Called when the run has become unusable, before its commands are rejected. */
  readonly onFailed: (run: OpenRun, error: unknown) => void
  /** The plan of a revision that a run is to move to. */
  readonly planOf: (digest: string) => Promise<Plan>
}

/** Who was granted a dispatch. */
export type HeldClaim = {
  readonly attempt: number
  readonly dispatch: number
  readonly executor: string
  /** Epoch ms at which the lease ends. */
  until: number
}

type Decided = Extract<DecideResult, { status: 'decided' }>

type Revision = { readonly to: Plan } | { readonly refused: Outcome }

type Pending = {
  readonly command: Command
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** What is out is looked at again after this time, ms: nobody may be left who would say what became of it. */
const dispatchHorizon = leaseLength

/** What is owed is asked for again after this time, ms. */
const debtHorizon = 5_000

/** The rest of a full record has nobody who waits for it. */
const continuation: Pending = { command: { kind: 'wake' }, resolve: () => undefined, reject: () => undefined }

export class OpenRun {
  readonly id: string
  /** On which its records are shown. */
  readonly topic: string
  plan: Plan
  /** As of the last decision, which may not be on disk yet: to be shown only while the run is idle. */
  state: RunState
  /** By token. */
  readonly claims: Map<string, HeldClaim>
  readonly #parts: OpenRunParts
  readonly #entity: Entity
  /** Commands not decided yet, in order. */
  #pending: Pending[] = []
  /** Commands whose decision is on its way to the disk. */
  #deciding: readonly Pending[] = []
  #busy = false
  #failed: { readonly error: unknown } | null = null
  /** The status that the run's row in the index has. */
  #indexed: RunIndexEntry['status'] | null
  /** Tasks that were out when the run was loaded, by token. */
  readonly #lost: ReadonlyMap<string, Attempt>
  readonly #snapshots: RunSnapshots

  constructor(loaded: LoadedRun, parts: OpenRunParts, claims = new Map<string, HeldClaim>()) {
    this.plan = loaded.plan
    this.state = loaded.state
    this.id = loaded.state.run
    this.topic = runTopic(this.id)
    this.claims = claims
    this.#parts = parts
    this.#entity = { kind: 'run', id: this.id }
    this.#lost = tasksOut(loaded.state)
    this.#snapshots = new RunSnapshots(this.#entity, loaded, parts)
    this.#indexed = loaded.state.definition === '' ? null : runStatus(loaded.state)
  }

  /** Nothing is being decided or written: `state` is what the journal says. */
  get idle(): boolean {
    return !this.#busy && this.#failed === null
  }

  /**
   * Resolves after what the command did is on disk. Commands that arrive during an append are decided together.
   * Rejects when it cannot be known what became of the command; the run is of no use then.
   */
  submit(command: Command): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) return reject(this.#failed.error)
      this.#pending.push({ command, resolve, reject })
      if (!this.#busy) void this.#work()
    })
  }

  /** Dispatches whose executor has given no sign of life for too long are ordered again. Resolves after that is on disk. */
  async expireLeases(): Promise<void> {
    const now = this.#parts.clock.now()
    const expired = [...this.claims].filter(([, { until }]) => until <= now)
    await Promise.all(
      expired.map(([token, { attempt, dispatch }]) => {
        this.claims.delete(token)
        return this.submit({ kind: 'expire_lease', token, attempt, dispatch })
      }),
    )
  }

  async #work(): Promise<void> {
    this.#busy = true
    // What arrives in the same turn is decided together.
    await undefined
    try {
      while (this.#pending.length > 0) await this.#step()
    } catch (error) {
      return this.#fail(error)
    }
    this.#busy = false
    this.#parts.onIdle(this)
  }

  /** Dropped first, so that whoever tries again finds the run as the journal has it. */
  #fail(error: unknown): void {
    this.#failed = { error }
    this.#parts.onFailed(this, error)
    for (const { reject } of this.#deciding) reject(error)
    for (const { reject } of this.#pending) reject(error)
  }

  async #step(): Promise<void> {
    const { blobs, clock } = this.#parts
    const [first] = this.#pending
    const moved = first?.command.kind === 'migrate' ? await this.#revision(first.command) : null
    if (moved !== null && 'refused' in moved) {
      this.#pending.shift()
      first?.resolve(moved.refused)
      return
    }
    const expected = this.state.number
    const commands = this.#pending.map(({ command }) => (command.kind === 'recover' ? this.#recover(command) : command))
    const made = decide(this.plan, this.state, commands, { time: clock.now(), blobs })
    const decided = made.status === 'needs' ? await this.#decideWith(made.digests, commands) : made
    const { record, effects, outcomes, large, more } = decided
    const taken = this.#pending.splice(0, outcomes.length)
    this.#deciding = taken
    if (more) this.#pending.unshift(continuation)
    if (large.length > 0) await Promise.all(large.map((value) => blobs.store(this.id, value)))
    // A wake that came early: the true one is stored, alone.
    if (record !== null || taken.some(({ command }) => command.kind === 'wake')) {
      const request = this.#request(expected, record, more)
      const result = await this.#parts.runs.append(request)
      if (result.status === 'stale') throw staleError(this.id, expected, result.current)
      if (request.index !== undefined) this.#indexed = request.index.status
      if (moved !== null && record !== null && movesOn(record)) {
        this.state = rebase(this.plan, moved.to, this.state)
        this.plan = moved.to
        this.#snapshots.save(this.plan, this.state)
      }
      if (record !== null) {
        this.#forgetClaims(record, effects)
        this.#parts.onRecord(this, record, effects)
        if (this.#snapshots.count(request.records)) this.#snapshots.save(this.plan, this.state)
      }
    }
    if (record === null && effects.length > 0) this.#parts.onEffects(this, effects)
    this.#deciding = []
    for (let i = 0; i < taken.length; i++) taken[i]?.resolve(outcomes[i] as Outcome)
  }

  /** What was ordered since the run was loaded is not lost. */
  #recover(command: Extract<Command, { kind: 'recover' }>): Command {
    if (command.lost !== undefined) return command
    const lost = [...this.#lost].flatMap(([id, { attempt, dispatch }]) => {
      const token = this.state.tokens.get(id)
      return token?.wait === 'task' && token.attempt === attempt && token.dispatch === dispatch ? [id] : []
    })
    return { ...command, lost }
  }

  /** The plan of the revision that the run is to move to, or why it cannot. */
  async #revision({ definition }: Extract<Command, { kind: 'migrate' }>): Promise<Revision> {
    try {
      const next = await this.#parts.planOf(definition)
      const missing = this.state.ended === null ? fits(this.plan, next, this.state) : []
      if (missing.length === 0) return { to: next }
      throw incompatible('migrate', this.id, missing)
    } catch (thrown) {
      const error = toErrorBody(thrown)
      if (error.code === 'internal' || error.code === 'invariant_broken') throw thrown
      return { refused: { status: 'refused', error } }
    }
  }

  async #decideWith(needed: readonly string[], commands: readonly Command[]): Promise<Decided> {
    const values = new DecisionValues(this.id, this.#parts.blobs)
    for (let digests = needed; ; ) {
      await values.load(digests)
      const made = decide(this.plan, this.state, commands, { time: this.#parts.clock.now(), blobs: values })
      if (made.status === 'decided') return made
      digests = made.digests
    }
  }

  #request(expected: number, record: RunRecord | null, more: boolean): AppendRequest {
    const index = this.#indexEntry()
    return {
      entity: this.#entity,
      expected,
      records: record === null ? [] : [{ number: record.number, body: encodeRecord(record) }],
      wake: this.#wake(more),
      ...(index === null ? {} : { index }),
    }
  }

  /** Who held what has a result, or is not awaited any more, holds nothing. */
  #forgetClaims({ events }: RunRecord, effects: readonly Effect[]): void {
    for (const event of events) {
      if (event.type === 'task_completed' || event.type === 'task_failed') this.claims.delete(event.token)
    }
    for (const effect of effects) if (effect.type !== 'pay') this.claims.delete(effect.token)
  }

  /** When the run wants to be woken: at its next timer, and before long while a task is out, something is owed or a record is to follow. */
  #wake(more: boolean): number | null {
    const { state } = this
    const timer = nextTimer(state)
    const owes = state.debts.size > 0
    if ((state.ended !== null || (state.waiting.task === 0 && !more)) && !owes) return timer
    const horizon = Math.max(this.#parts.clock.now(), state.time) + (owes ? debtHorizon : dispatchHorizon)
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
      parent: state.parent?.run ?? null,
      created: state.startedAt,
      updated: state.time,
      ended: state.ended === null ? null : state.time,
      tags: state.tags,
    }
  }
}

type Attempt = { readonly attempt: number; readonly dispatch: number }

const noTasks: ReadonlyMap<string, Attempt> = new Map()

function tasksOut({ tokens, waiting }: RunState): ReadonlyMap<string, Attempt> {
  if (waiting.task === 0) return noTasks
  return new Map(
    [...tokens.values()].flatMap(({ id, wait, attempt, dispatch }) =>
      wait === 'task' ? [[id, { attempt, dispatch }] as const] : [],
    ),
  )
}

/** Another process has written to the run first. */
export function isStale(error: unknown): boolean {
  return error instanceof WonderError && error.code === 'stale_version'
}

function staleError(run: string, expected: number, current: number): WonderError {
  return new WonderError(
    'stale_version',
    `Cannot append to run "${run}": expected version ${expected}, current version is ${current}`,
    { details: { expected, current } },
  )
}
