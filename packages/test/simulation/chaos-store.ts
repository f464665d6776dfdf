import type {
  AppendRequest,
  AppendResult,
  Clock,
  Entity,
  RunStore,
  Segment,
  SharedKind,
  Snapshot,
} from '@wonder/platform'
import type { Chaos } from './chaos.ts'

/** Milliseconds that a commit takes, and now and then on a slow disk. */
const commit = { from: 0, to: 8, slow: 400 }

/**
 * A process's way to the disk: appends take time, a slow disk now and then; when the process dies in between, an append is
 * either on the disk or not, and nobody is told which.
 */
export class ChaosStore implements RunStore {
  readonly #store: RunStore
  readonly #clock: Clock
  readonly #chaos: Chaos
  readonly #onAppended: (request: AppendRequest) => void
  #dead = false

  constructor(parts: {
    readonly store: RunStore
    readonly clock: Clock
    readonly chaos: Chaos
    readonly onAppended: (request: AppendRequest) => void
  }) {
    this.#store = parts.store
    this.#clock = parts.clock
    this.#chaos = parts.chaos
    this.#onAppended = parts.onAppended
  }

  /** The process is gone. */
  kill(): void {
    this.#dead = true
    void this.#store.close()
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    // A dying process's append that is on its way reaches the disk, or does not.
    const early = this.#chaos.happens(50)
    const result = early ? await this.#append(request) : undefined
    await this.#pass(this.#chaos.trouble(2) ? commit.slow : this.#chaos.between(commit.from, commit.to))
    return result ?? (await this.#append(request))
  }

  async #append(request: AppendRequest): Promise<AppendResult> {
    if (this.#dead) return await never
    const result = await this.#store.append(request)
    if (result.status === 'appended') this.#onAppended(request)
    return result
  }

  async #pass(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => this.#clock.at(this.#clock.now() + ms, resolve))
    if (this.#dead) await never
  }

  read(entity: Entity, options: { readonly after: number; readonly limit?: number }) {
    return this.#living(() => this.#store.read(entity, options))
  }

  version(entity: Entity): Promise<number> {
    return this.#living(() => this.#store.version(entity))
  }

  snapshot(entity: Entity): Promise<Snapshot | null> {
    return this.#living(() => this.#store.snapshot(entity))
  }

  saveSnapshot(entity: Entity, snapshot: Snapshot, options?: { readonly dropRecords?: boolean }): Promise<void> {
    return this.#living(() => this.#store.saveSnapshot(entity, snapshot, options))
  }

  entities(kind: SharedKind, options?: { readonly after?: string; readonly limit?: number }) {
    return this.#living(() => this.#store.entities(kind, options))
  }

  archive(entity: Entity, segment: Segment): Promise<boolean> {
    return this.#living(() => this.#store.archive(entity, segment))
  }

  segments(entity: Entity): Promise<readonly Segment[]> {
    return this.#living(() => this.#store.segments(entity))
  }

  onWake(listener: (entity: Entity) => void): () => void {
    return this.#store.onWake((entity) => {
      if (!this.#dead) listener(entity)
    })
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #living<T>(call: () => Promise<T>): Promise<T> {
    return this.#dead ? never : call()
  }
}

/** What a dead process waits for. */
const never = new Promise<never>(() => undefined)
