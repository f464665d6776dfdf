import { InvariantError, WonderError } from '@wonder/errors'
import type {
  AppendRequest,
  AppendResult,
  Clock,
  Entity,
  JournalRecord,
  RunStore,
  Segment,
  SharedKind,
  Snapshot,
} from '@wonder/platform'
import { isSettled, isUnowned, type MemoryDisk, type StoredEntity, versionOf } from './memory-disk.ts'

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
    const current = versionOf(this.#find(entity))
    if (current !== expected) return { status: 'stale', current }
    const stored = this.#find(entity) ?? this.#add(entity)
    for (const { number, body } of records) stored.records.push({ number, body })
    stored.wake = wake
    if (index !== undefined) stored.index = index
    if (isSettled(stored)) stored.owner = null
    this.#handed.delete(nameOf(entity))
    if (wake !== null && wake < this.#next && this.#listener !== null) this.#lookAt(wake)
    return { status: 'appended' }
  }

  async read(
    entity: Entity,
    { after, limit = 1_000 }: { readonly after: number; readonly limit?: number },
  ): Promise<readonly JournalRecord[]> {
    const records = this.#find(entity)?.records ?? []
    const from = Math.max(0, after + 1 - (records[0]?.number ?? 1))
    return records.slice(from, from + limit)
  }

  async version(entity: Entity): Promise<number> {
    return versionOf(this.#find(entity))
  }

  async snapshot(entity: Entity): Promise<Snapshot | null> {
    return this.#find(entity)?.snapshot ?? null
  }

  async saveSnapshot(
    entity: Entity,
    { number, chunks }: Snapshot,
    { dropRecords = false }: { readonly dropRecords?: boolean } = {},
  ): Promise<void> {
    const stored = this.#find(entity)
    if (stored === undefined) {
      throw new WonderError('store_unavailable', `Cannot save a snapshot of "${entity.id}": it has no journal`)
    }
    stored.snapshot = { number, chunks: [...chunks] }
    if (!dropRecords) return
    const kept = stored.records.findIndex((record) => record.number >= number)
    stored.records.splice(0, kept === -1 ? stored.records.length - 1 : kept)
  }

  async entities(
    kind: SharedKind,
    { after, limit = 1_000 }: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<readonly string[]> {
    const ids = [...(this.#disk.shared.get(kind)?.keys() ?? [])].sort()
    return ids.filter((id) => after === undefined || id > after).slice(0, limit)
  }

  async archive(entity: Entity, segment: Segment): Promise<boolean> {
    const stored = this.#find(entity)
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
    return [...(this.#find(entity)?.segments ?? [])]
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

  #find({ kind, id }: Entity): StoredEntity | undefined {
    return kind === 'run' ? this.#disk.entities.get(id) : this.#disk.shared.get(kind)?.get(id)
  }

  #add({ kind, id }: Entity): StoredEntity {
    this.#disk.made += 1
    const added: StoredEntity = {
      id,
      order: this.#disk.made,
      records: [],
      segments: [],
      wake: null,
      owner: kind === 'run' ? this.#host : null,
      index: null,
      snapshot: null,
    }
    if (kind === 'run') {
      this.#disk.entities.set(id, added)
      return added
    }
    const ofKind = this.#disk.shared.get(kind) ?? new Map<string, StoredEntity>()
    this.#disk.shared.set(kind, ofKind.set(id, added))
    return added
  }

  *#all(): Iterable<readonly [Entity, StoredEntity]> {
    for (const [id, stored] of this.#disk.entities) yield [{ kind: 'run', id }, stored]
    for (const [kind, entities] of this.#disk.shared) {
      for (const [id, stored] of entities) yield [{ kind, id }, stored]
    }
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
    const due: { readonly entity: Entity; readonly wake: number }[] = []
    let next = now + lookAgain
    for (const [name, time] of this.#handed) if (time <= now - lookAgain) this.#handed.delete(name)
    for (const [entity, stored] of this.#all()) {
      const { wake, owner } = stored
      if (wake === null || (owner !== this.#host && !isUnowned(this.#disk, stored))) continue
      if (wake > now) next = Math.min(next, wake)
      else if (!this.#handed.has(nameOf(entity))) due.push({ entity, wake })
    }
    for (const { entity } of due.sort((a, b) => a.wake - b.wake)) {
      this.#handed.set(nameOf(entity), now)
      this.#listener?.(entity)
    }
    if (this.#listener !== null) this.#lookAt(next)
  }
}

function nameOf({ kind, id }: Entity): string {
  return `${kind} ${id}`
}
