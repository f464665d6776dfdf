import type { EndedFilter, EndedRun, RunRetention } from '@wonder/platform'
import { entityKinds } from './journal-layout.ts'
import type { JournalRequest } from './journal-request.ts'
import type { JournalWriterOptions } from './journal-writer.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import type { WriterChannel } from './writer-channel.ts'

type Place = Pick<EndedRun, 'ended' | 'order'>

export class SqliteRunRetention implements RunRetention {
  readonly #writer: Pick<WriterChannel<JournalRequest, JournalWriterOptions>, 'send'>
  readonly #reader: SqliteReader

  constructor(options: {
    readonly writer: Pick<WriterChannel<JournalRequest, JournalWriterOptions>, 'send'>
    readonly reader: SqliteReader
  }) {
    this.#writer = options.writer
    this.#reader = options.reader
  }

  // The plus keeps the question on the index of ended runs: the one of keys would have to sort.
  async ended({ before, keep, after, limit = 100 }: EndedFilter): Promise<readonly EndedRun[]> {
    const end = this.#lastOf(before, keep)
    if (end === null) return []
    const begin = after ?? { ended: Number.MIN_SAFE_INTEGER, order: 0 }
    const rows = this.#reader.all<EndedRun>(
      `SELECT key AS id, done AS ended, id AS "order" FROM entity
       WHERE done IS NOT NULL AND wake IS NULL AND done BETWEEN ? AND ? AND (done, id) > (?, ?) AND (done, id) <= (?, ?)
         AND +kind = ?
       ORDER BY done, entity.id LIMIT ?`,
      begin.ended,
      end.ended,
      begin.ended,
      begin.order,
      end.ended,
      end.order,
      entityKinds.run,
      Math.min(limit, 1_000),
    )
    return rows.map(({ id, ended, order }) => ({ id, ended, order }))
  }

  async purge(runs: readonly string[]): Promise<readonly string[]> {
    const answer = await this.#writer.send(['purge', runs])
    return answer !== null && typeof answer === 'object' && answer.status === 'purged' ? answer.runs : []
  }

  async leftovers(limit: number): Promise<readonly string[]> {
    return this.#reader
      .all<{ run: string }>('SELECT run FROM leftover WHERE run > ? ORDER BY run LIMIT ?', '', limit)
      .map(({ run }) => run)
  }

  async forget(runs: readonly string[]): Promise<void> {
    await this.#writer.send(['forget', runs])
  }

  /** The last run that is too old or too many: both conditions are an end of the same list. Null: none is. */
  #lastOf(before: number | null, keep: number | null): Place | null {
    const tooOld = before === null ? null : { ended: before - 1, order: Number.MAX_SAFE_INTEGER }
    const tooMany = keep === null ? null : this.#beyond(keep)
    if (tooOld === null || tooMany === null) return tooOld ?? tooMany
    return tooMany.ended > tooOld.ended ? tooMany : tooOld
  }

  #beyond(keep: number): Place | null {
    const row = this.#reader.get<Place>(
      `SELECT done AS ended, id AS "order" FROM entity WHERE done IS NOT NULL AND wake IS NULL AND done >= ? AND +kind = ?
       ORDER BY done DESC, id DESC LIMIT 1 OFFSET ?`,
      Number.MIN_SAFE_INTEGER,
      entityKinds.run,
      keep,
    )
    return row ?? null
  }
}
