import { setImmediate as nextTurn } from 'node:timers/promises'
import { InvariantError } from '@wonder/errors'
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
import { entityKinds } from './journal-layout.ts'
import type { JournalRequest } from './journal-request.ts'
import type { JournalWriterOptions } from './journal-writer.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import { WakeWatch } from './wake-watch.ts'
import type { WriterChannel } from './writer-channel.ts'

const appended: AppendResult = { status: 'appended' }

/** What one turn of the event loop reads at most: records, and UTF-16 units of their bodies. */
const rowsPerTurn = 1_000
const sizePerTurn = 2 * 1024 * 1024

export class SqliteRunStore implements RunStore {
  readonly #writer: WriterChannel<JournalRequest, JournalWriterOptions>
  readonly #reader: SqliteReader
  readonly #clock: Clock
  readonly #watch: WakeWatch
  readonly #close: () => Promise<void>

  constructor(options: {
    readonly writer: WriterChannel<JournalRequest, JournalWriterOptions>
    readonly reader: SqliteReader
    readonly clock: Clock
    readonly host: string
    readonly close: () => Promise<void>
  }) {
    this.#writer = options.writer
    this.#reader = options.reader
    this.#clock = options.clock
    this.#watch = new WakeWatch(options)
    this.#close = options.close
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { entity, expected, records, wake, index } = request
    const bodies: string[] = []
    for (const { number, body } of records) {
      bodies.push(body)
      if (number !== expected + bodies.length) {
        throw new InvariantError(
          'RunStore',
          `record ${number} of "${entity.id}" follows ${expected + bodies.length - 1}`,
        )
      }
    }
    const now = this.#clock.now()
    const kind = entityKinds[entity.kind]
    const row = ['append', kind, entity.id, expected, bodies, wake, index ?? null, now] as const
    const answer = await this.#writer.send(row, bodies.length)
    if (answer !== null && typeof answer === 'object' && answer.status === 'stale') return answer
    this.#watch.appended(kind, entity.id, wake)
    return appended
  }

  async read(
    entity: Entity,
    { after, limit = 1_000 }: { readonly after: number; readonly limit?: number },
  ): Promise<readonly JournalRecord[]> {
    const records: JournalRecord[] = []
    let last = after
    for (;;) {
      const wanted = Math.min(limit - records.length, rowsPerTurn)
      const rows = this.#reader.some<JournalRecord>(
        `SELECT seq AS number, body FROM journal
         WHERE entity = (SELECT id FROM entity WHERE kind = ? AND key = ?) AND seq > ? ORDER BY seq LIMIT ?`,
        sizePerTurn,
        entityKinds[entity.kind],
        entity.id,
        last,
        wanted,
      )
      for (const { number, body } of rows) records.push({ number, body })
      last = records.at(-1)?.number ?? after
      if (rows.length === 0 || records.length >= limit) return records
      await nextTurn()
    }
  }

  async version(entity: Entity): Promise<number> {
    const row = this.#reader.get<{ version: number | null }>(
      'SELECT max(seq) AS version FROM journal WHERE entity = (SELECT id FROM entity WHERE kind = ? AND key = ?)',
      entityKinds[entity.kind],
      entity.id,
    )
    return row?.version ?? 0
  }

  async snapshot(entity: Entity): Promise<Snapshot | null> {
    // One statement, so that a replacement between two chunks cannot mix two states.
    const rows = this.#reader.all<{ seq: number; state: string }>(
      `SELECT seq, state FROM snapshot WHERE entity = (SELECT id FROM entity WHERE kind = ? AND key = ?) ORDER BY chunk`,
      entityKinds[entity.kind],
      entity.id,
    )
    const [first] = rows
    return first === undefined ? null : { number: first.seq, chunks: rows.map(({ state }) => state) }
  }

  async saveSnapshot(
    entity: Entity,
    { number, chunks }: Snapshot,
    { dropRecords = false }: { readonly dropRecords?: boolean } = {},
  ): Promise<void> {
    // A state of no chunks is kept as one empty chunk: the number must not be lost.
    const kept = chunks.length === 0 ? [''] : chunks
    await this.#writer.send(['snapshot', entityKinds[entity.kind], entity.id, number, kept, dropRecords])
  }

  async entities(
    kind: SharedKind,
    { after, limit = 1_000 }: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<readonly string[]> {
    return this.#reader
      .all<{ key: string }>(
        'SELECT key FROM entity WHERE kind = ? AND key > ? ORDER BY key LIMIT ?',
        entityKinds[kind],
        after ?? '',
        limit,
      )
      .map(({ key }) => key)
  }

  async archive(entity: Entity, segment: Segment): Promise<boolean> {
    return (await this.#writer.send(['archive', entityKinds[entity.kind], entity.id, segment])) === true
  }

  async segments(entity: Entity): Promise<readonly Segment[]> {
    const rows = this.#reader.all<Segment>(
      `SELECT first, last, key, size FROM segment
       WHERE entity = (SELECT id FROM entity WHERE kind = ? AND key = ?) ORDER BY first`,
      entityKinds[entity.kind],
      entity.id,
    )
    return rows.map(({ first, last, key, size }) => ({ first, last, key, size }))
  }

  onWake(listener: (entity: Entity) => void): () => void {
    return this.#watch.listen(listener)
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** Ends the watch over wakes, whose timer would look at a closed file. */
  stop(): void {
    this.#watch.stop()
  }
}
