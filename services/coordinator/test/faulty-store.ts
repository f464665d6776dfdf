import type {
  AppendRequest,
  AppendResult,
  Entity,
  JournalRecord,
  RunStore,
  Segment,
  SharedKind,
  Snapshot,
} from '@wonder/platform'

type Fault = { readonly error: Error; readonly when: 'before' | 'after' }

/** The append of this number, from 0. */
type FaultAt = Fault & { readonly at: number }

/** A store that holds appends back, fails as it is told, and counts. */
export class FaultyStore implements RunStore {
  readonly #store: RunStore
  readonly #faults: Fault[] = []
  #faultAt: FaultAt | null = null
  #gate: PromiseWithResolvers<void> | null = null
  #death: { readonly at: number; readonly when: Fault['when'] } | null = null
  readonly appends: AppendRequest[] = []
  readonly reads: { readonly after: number; readonly records: number }[] = []
  snapshotsRead = 0
  snapshotsSaved = 0
  snapshotError: Error | null = null
  readError: Error | null = null
  /** Appends to runs, or to what hosts share, fail from now on. */
  failRuns = false
  failShared = false
  archiveError: Error | null = null
  /** Called before a snapshot is read; what it gives stands in for the stored one, unless it is undefined. */
  onSnapshotRead: (() => Promise<Snapshot | null | undefined>) | null = null
  /** Appends that have not been answered, by run; the most at a time. */
  readonly open = new Map<string, number>()
  mostOpen = 0

  constructor(store: RunStore) {
    this.#store = store
  }

  /** Appends from now on wait for release(). */
  hold(): void {
    this.#gate = Promise.withResolvers<void>()
  }

  release(): void {
    this.#gate?.resolve()
    this.#gate = null
  }

  /** The next append fails: without having stored anything, or after it has stored all. */
  failNext(error: Error, when: Fault['when'] = 'before'): void {
    this.#faults.push({ error, when })
  }

  /** One append fails, by its number. */
  failAt(fault: FaultAt): void {
    this.#faultAt = fault
  }

  /** The process dies at the append of this number (from 0), before or after it is stored. */
  killAt(at: number, when: Fault['when']): void {
    this.#death = { at, when }
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { id } = request.entity
    const number = this.appends.push(request) - 1
    if (this.#death !== null && number >= this.#death.at) {
      if (number === this.#death.at && this.#death.when === 'after') await this.#store.append(request)
      throw new Error('the process is gone')
    }
    const open = (this.open.get(id) ?? 0) + 1
    this.open.set(id, open)
    this.mostOpen = Math.max(this.mostOpen, open)
    const fault = this.#faultAt?.at === number ? this.#faultAt : this.#faults.shift()
    const fails = request.entity.kind === 'run' ? this.failRuns : this.failShared
    try {
      if (fails) throw new Error(`no appends to ${request.entity.kind}`)
      if (this.#gate !== null) await this.#gate.promise
      if (fault?.when === 'before') throw fault.error
      const result = await this.#store.append(request)
      if (fault?.when === 'after') throw fault.error
      return result
    } finally {
      this.open.set(id, open - 1)
    }
  }

  async read(entity: Entity, options: { readonly after: number; readonly limit?: number }) {
    if (this.readError !== null) throw this.readError
    const records: readonly JournalRecord[] = await this.#store.read(entity, options)
    this.reads.push({ after: options.after, records: records.length })
    return records
  }

  version(entity: Entity): Promise<number> {
    return this.#store.version(entity)
  }

  async snapshot(entity: Entity): Promise<Snapshot | null> {
    this.snapshotsRead += 1
    const other = await this.onSnapshotRead?.()
    return other === undefined ? await this.#store.snapshot(entity) : other
  }

  async saveSnapshot(entity: Entity, snapshot: Snapshot, options?: { readonly dropRecords?: boolean }): Promise<void> {
    this.snapshotsSaved += 1
    if (this.snapshotError !== null) throw this.snapshotError
    return this.#store.saveSnapshot(entity, snapshot, options)
  }

  entities(kind: SharedKind, options?: { readonly after?: string; readonly limit?: number }) {
    return this.#store.entities(kind, options)
  }

  async archive(entity: Entity, segment: Segment): Promise<boolean> {
    if (this.archiveError !== null) throw this.archiveError
    return this.#store.archive(entity, segment)
  }

  segments(entity: Entity): Promise<readonly Segment[]> {
    return this.#store.segments(entity)
  }

  onWake(listener: (entity: Entity) => void): () => void {
    return this.#store.onWake(listener)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
