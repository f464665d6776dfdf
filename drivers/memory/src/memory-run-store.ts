import { InvariantError, WonderError } from '@wonder/errors'
import type {
  AppendRequest,
  AppendResult,
  Clock,
  Entity,
  JournalRecord,
  RunStore,
  Segment,
  Snapshot,
} from '@wonder/platform'
import { isSettled, isUnowned, type MemoryDisk, type StoredEntity } from './memory-disk.ts'

/** Milliseconds after which wakes are looked at although none is known: other hosts write, and end. */
const lookAgain = 10_000

export class MemoryRunStore implements RunStore {
  readonly #disk: MemoryDisk
  readonly #host: string
  readonly #clock: Clock
  readonly #handed = new Map<string, number>()
  #listener: ((entity: Entity) => void) | null = null
  #next = Number.POSITIVE_INFINITY
  #cancel: (() => void) | null = null
  #closed = false

  constructor(options: { readonly disk: MemoryDisk; readonly host: string; readonly clock: Clock }) {
    this.#disk = options.disk
    this.#host = options.host
    this.#clock = options.clock
  }

  async append({ entity, expected, records, wake, index }: AppendRequest): Promise<AppendResult> {
    if (this.#closed)
      throw new WonderError('store_unavailable', `Cannot append to run "${entity.id}": the store is closed`)
    for (const [place, { number }] of records.entries()) {
      if (number === expected + place + 1) continue
      throw new InvariantError('RunStore', `record ${number} of "${entity.id}" follows ${expected + place}`)
    }
    const current = versionOf(this.#disk.entities.get(entity.id))
    if (current !== expected) return { status: 'stale', current }
    const stored = this.#disk.entities.get(entity.id) ?? this.#add(entity.id)
    for (const { number, body } of records) stored.records.push({ number, body })
    stored.wake = wake
    if (index !== undefined) stored.index = index
    if (isSettled(stored)) stored.owner = null
    this.#handed.delete(entity.id)
    if (wake !== null && wake < this.#next && this.#listener !== null) this.#lookAt(wake)
    return { status: 'appended' }
  }

  async read(
    entity: Entity,
    { after, limit = 1_000 }: { readonly after: number; readonly limit?: number },
  ): Promise<readonly JournalRecord[]> {
    const records = this.#disk.entities.get(entity.id)?.records ?? []
    const start = Math.max(0, after + 1 - (records[0]?.number ?? 1))
    return records.slice(start, start + limit)
  }

  async version(entity: Entity): Promise<number> {
    return versionOf(this.#disk.entities.get(entity.id))
  }

  async snapshot(entity: Entity): Promise<Snapshot | null> {
    return this.#disk.entities.get(entity.id)?.snapshot ?? null
  }

  async saveSnapshot(entity: Entity, { number, chunks }: Snapshot): Promise<void> {
    const stored = this.#disk.entities.get(entity.id)
    if (stored === undefined) {
      throw new WonderError('store_unavailable', `Cannot save a snapshot of "${entity.id}": it has no journal`)
    }
    stored.snapshot = { number, chunks: [...chunks] }
  }

  async archive(entity: Entity, segment: Segment): Promise<boolean> {
    const stored = this.#disk.entities.get(entity.id)
    if (stored === undefined) return false
    if (
      stored.segments.some(
        ({ first, last, key }) => first === segment.first && last === segment.last && key === segment.key,
      )
    )
      return true
    const follows = segment.first === (stored.records[0]?.number ?? 1) && segment.last >= segment.first
    if (!follows || segment.last > (stored.snapshot?.number ?? 0) || segment.last >= versionOf(stored)) return false
    stored.segments.push(segment)
    stored.records.splice(0, segment.last - segment.first + 1)
    return true
  }

  async segments(entity: Entity): Promise<readonly Segment[]> {
    return [...(this.#disk.entities.get(entity.id)?.segments ?? [])]
  }

  onWake(listener: (entity: Entity) => void): () => void {
    this.#listener = listener
    this.#lookAt(this.#clock.now())
    return () => {
      if (this.#listener === listener) this.#stopWatching()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopWatching()
  }

  #add(id: string): StoredEntity {
    this.#disk.made += 1
    const added: StoredEntity = {
      id,
      order: this.#disk.made,
      records: [],
      segments: [],
      wake: null,
      owner: this.#host,
      index: null,
      snapshot: null,
    }
    this.#disk.entities.set(id, added)
    return added
  }

  #stopWatching(): void {
    this.#listener = null
    this.#cancel?.()
    this.#cancel = null
    this.#next = Number.POSITIVE_INFINITY
  }

  #lookAt(time: number): void {
    this.#cancel?.()
    this.#next = time
    this.#cancel = this.#clock.at(time, () => this.#look())
  }

  #look(): void {
    const now = this.#clock.now()
    const due: { readonly id: string; readonly wake: number }[] = []
    let next = now + lookAgain
    for (const [id, time] of this.#handed) if (time <= now - lookAgain) this.#handed.delete(id)
    for (const entity of this.#disk.entities.values()) {
      const { id, wake, owner } = entity
      if (wake === null || (owner !== this.#host && !isUnowned(this.#disk, entity))) continue
      if (wake > now) next = Math.min(next, wake)
      else if (!this.#handed.has(id)) due.push({ id, wake })
    }
    for (const { id } of due.sort((a, b) => a.wake - b.wake)) {
      this.#handed.set(id, now)
      this.#listener?.({ kind: 'run', id })
    }
    if (this.#listener !== null) this.#lookAt(next)
  }
}

/** The last record is in no segment. */
function versionOf(stored: StoredEntity | undefined): number {
  return stored?.records.at(-1)?.number ?? 0
}
