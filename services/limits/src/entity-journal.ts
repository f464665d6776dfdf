/**
 * One entity that all hosts share: its commands in order, one append in flight.
 *
 * Owns: when an answer counts. It is given after what it rests on is on disk: the append that the command made, or, when
 * it made none, a look that nobody else has written meanwhile. A stale append is decided again, over what is there now.
 * A failed one makes the state unknown: it is loaded again, and the commands fail.
 * Does not own: what is decided (the kernels), who is told (the service).
 */
import { WonderError } from '@wonder/errors'
import type { Clock, Entity, RunStore, Snapshot } from '@wonder/platform'
import type { Debt, EntityKernel } from './entity-kernel.ts'
import { decodeEntityRecord, decodeEntitySnapshot, encodeEntityRecord, encodeEntitySnapshot } from './entity-record.ts'

export type EntityJournalParts = {
  readonly runs: RunStore
  readonly clock: Clock
  /** Called after an append, when somebody is to be told. */
  readonly onDebts: (entity: Entity, debts: readonly Debt[]) => void
}

/** Milliseconds after which whoever has not been told is told again, by whichever host is there. */
const patience = 5_000

/** Most commands of one record. */
const mostCommands = 1_000

/** Records after which a snapshot replaces them, at least: their room stays a share of the state's. */
const smallestInterval = 64

const pageSize = 1_000

type Loaded<S> = { readonly state: S; version: number; sizeSince: number; snapshotSize: number; records: number }

type Pending<C, A> = {
  readonly command: C
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

export class EntityJournal<S, E, C, A> {
  readonly #entity: Entity
  readonly #kernel: EntityKernel<S, E, C, A>
  readonly #parts: EntityJournalParts
  #loaded: Loaded<S> | null = null
  #pending: Pending<C, A>[] = []
  #busy = false

  constructor(entity: Entity, kernel: EntityKernel<S, E, C, A>, parts: EntityJournalParts) {
    this.#entity = entity
    this.#kernel = kernel
    this.#parts = parts
  }

  /** Nothing is being decided or written: it may be dropped. */
  get idle(): boolean {
    return !this.#busy
  }

  /** Resolves after what the command did is on disk; it may be given again after a failure. */
  submit(command: C): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ command, resolve, reject })
      if (!this.#busy) void this.#work()
    })
  }

  /** The state as it is on disk, from a fold of its own. */
  async read(): Promise<{ readonly state: S; readonly version: number }> {
    return this.#load()
  }

  /** Stores when somebody is to be told again, and gives who. */
  async remind(): Promise<readonly Debt[]> {
    const { state, version } = await this.#load()
    const debts = [...this.#kernel.debts(state)]
    const wake = debts.length === 0 ? null : this.#parts.clock.now() + patience
    // Stale: somebody has just written, and has stored the wake.
    await this.#parts.runs.append({ entity: this.#entity, expected: version, records: [], wake })
    return debts
  }

  async #work(): Promise<void> {
    this.#busy = true
    // What arrives in the same turn is decided together.
    await undefined
    while (this.#pending.length > 0) {
      const taken = this.#pending.splice(0, mostCommands)
      try {
        const answers = await this.#decide(taken.map(({ command }) => command))
        for (const [i, { resolve }] of taken.entries()) resolve(answers[i] as A)
      } catch (error) {
        this.#loaded = null
        for (const { reject } of taken) reject(error)
      }
    }
    this.#busy = false
  }

  /** Until it is decided over what is there. */
  async #decide(commands: readonly C[]): Promise<readonly A[]> {
    for (;;) {
      const answers = await this.#try(commands)
      if (answers !== null) return answers
      this.#loaded = null
    }
  }

  /** Null: another host has written meanwhile. */
  async #try(commands: readonly C[]): Promise<readonly A[] | null> {
    const { runs, clock } = this.#parts
    this.#loaded ??= await this.#load()
    const loaded = this.#loaded
    const { state, version } = loaded
    const time = clock.now()
    const events: E[] = []
    const emit = (event: E) => {
      events.push(event)
      this.#kernel.evolve(state, event, time)
    }
    const answers = commands.map((command) => this.#kernel.decide(state, command, emit))
    if (events.length === 0) return (await runs.version(this.#entity)) === version ? answers : null
    const debts = [...this.#kernel.debts(state)]
    const body = encodeEntityRecord(time, events)
    const result = await runs.append({
      entity: this.#entity,
      expected: version,
      records: [{ number: version + 1, body }],
      wake: debts.length === 0 ? null : time + patience,
    })
    if (result.status === 'stale') return null
    loaded.version = version + 1
    loaded.sizeSince += body.length
    loaded.records += 1
    this.#compact(loaded)
    if (debts.length > 0) this.#parts.onDebts(this.#entity, debts)
    return answers
  }

  /** Records that weigh more than the state are replaced by it: a key that is used a million times stays small. */
  #compact(loaded: Loaded<S>): void {
    if (loaded.records < smallestInterval || loaded.sizeSince < loaded.snapshotSize) return
    const chunks = encodeEntitySnapshot(this.#kernel.encode(loaded.state))
    loaded.snapshotSize = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    loaded.sizeSince = 0
    loaded.records = 0
    const snapshot = { number: loaded.version, chunks }
    // The journal is whole without it; a store that is broken shows at the next append.
    this.#parts.runs.saveSnapshot(this.#entity, snapshot, { dropRecords: true }).catch(() => undefined)
  }

  async #load(): Promise<Loaded<S>> {
    for (let before = -1; ; ) {
      const snapshot = await this.#parts.runs.snapshot(this.#entity)
      const loaded = await this.#loadAfter(snapshot)
      if (loaded !== null) return loaded
      // Another host may have dropped records after this one read the snapshot; then there is a newer one.
      const number = snapshot?.number ?? 0
      if (number === before) {
        const { kind, id } = this.#entity
        throw new WonderError('store_corrupt', `Cannot read the ${kind} "${id}": records after ${number} are missing`)
      }
      before = number
    }
  }

  /** Null: there is a gap between the snapshot and the records. */
  async #loadAfter(snapshot: Snapshot | null): Promise<Loaded<S> | null> {
    const { create, decode, evolve } = this.#kernel
    const chunks = snapshot?.chunks ?? []
    const state = snapshot === null ? create() : decode(decodeEntitySnapshot(this.#entity, chunks))
    const snapshotSize = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const loaded: Loaded<S> = { state, version: snapshot?.number ?? 0, sizeSince: 0, snapshotSize, records: 0 }
    for (;;) {
      const page = await this.#parts.runs.read(this.#entity, { after: loaded.version, limit: pageSize })
      for (const { number, body } of page) {
        if (number !== loaded.version + 1) return null
        const { time, events } = decodeEntityRecord(this.#entity, body)
        for (const event of events) evolve(state, event as E, time)
        loaded.version = number
        loaded.sizeSince += body.length
        loaded.records += 1
      }
      if (page.length < pageSize) return loaded
    }
  }
}
