import { existsSync } from 'node:fs'
import type { LogFilter, LogLine, LogStore, StoredLogLine } from '@wonder/platform'
import { storedLevels } from './log-layout.ts'
import type { LogRequest, LogWriterOptions } from './log-writer.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { WriterChannel } from './writer-channel.ts'

type Row = Omit<StoredLogLine, 'level'> & { readonly level: number }

/**
 * Logs in a SQLite file of their own. A thread writes it, which is started by the first line; nothing waits for the disk.
 * `file`: path of the database; its folder must exist.
 */
export function openSqliteLogStore({ file }: { readonly file: string }): LogStore {
  return new SqliteLogStore(file)
}

class SqliteLogStore implements LogStore {
  readonly #file: string
  readonly #reader: SqliteReader
  #writer: WriterChannel<LogRequest, LogWriterOptions> | null = null
  #last: Promise<unknown> = Promise.resolve()
  #failure: unknown = null
  #made = false

  constructor(file: string) {
    this.#file = file
    this.#reader = new SqliteReader(file)
  }

  write(lines: readonly LogLine[]): void {
    if (lines.length === 0) return
    this.#last = this.#openWriter()
      .send(lines, lines.length)
      .catch((failure: unknown) => {
        this.#failure = failure
      })
  }

  async remove(runs: readonly string[]): Promise<void> {
    if (this.#isMade() || this.#writer !== null) await this.#openWriter().send({ remove: runs })
  }

  #openWriter(): WriterChannel<LogRequest, LogWriterOptions> {
    const file = this.#file
    this.#writer ??= new WriterChannel({
      worker: new URL('./log-worker.ts', import.meta.url),
      options: { file },
      file,
      early: null,
      eager: false,
    })
    return this.#writer
  }

  /** Throws why lines were lost since the last call, when they were. */
  async flush(): Promise<void> {
    await this.#last
    const failure = this.#failure
    this.#failure = null
    if (failure !== null) throw failure
  }

  async query({ run, node, level, after = 0, limit = 1_000 }: LogFilter): Promise<readonly StoredLogLine[]> {
    if (!this.#isMade()) return []
    const rows = this.#reader.all<Row>(
      `SELECT position, run, node, token, attempt, time, level, stream, text FROM line
       WHERE run = ? AND position > ? AND level >= ? AND (? IS NULL OR node = ?) ORDER BY position LIMIT ?`,
      run,
      after,
      level === undefined ? 0 : storedLevels.indexOf(level),
      node ?? null,
      node ?? null,
      limit,
    )
    return rows.map((row) => ({ ...row, level: storedLevels[row.level] ?? 'info' }))
  }

  /** The file is made by the first line, in a thread of this process or in another one. */
  #isMade(): boolean {
    this.#made ||=
      existsSync(this.#file) && this.#reader.get("SELECT 1 FROM sqlite_schema WHERE name = 'line_run'") !== undefined
    return this.#made
  }

  async close(): Promise<void> {
    this.#reader.close()
    await this.#writer?.close()
  }
}
