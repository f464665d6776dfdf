import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { reading } from './sqlite-failure.ts'

type Value = string | number | null

/**
 * The connection that this process reads through, on its own thread: every question here is answered by an index and
 * reads a bounded number of rows (a point read costs 5 to 40 µs, less than asking another thread). It is opened by the
 * first question, and cannot write.
 */
export class SqliteReader {
  readonly file: string
  #database: DatabaseSync | null = null
  readonly #statements = new Map<string, StatementSync>()

  constructor(file: string) {
    this.file = file
  }

  all<Row>(sql: string, ...values: readonly Value[]): readonly Row[] {
    return reading(this.file, () => this.#statement(sql).all(...values) as Row[])
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return reading(this.file, () => this.#statement(sql).get(...values) as Row | undefined)
  }

  /** Rows until the texts in column `body` make up `limit` UTF-16 units: a long answer is read in pieces. */
  some<Row extends { readonly body: string }>(sql: string, limit: number, ...values: readonly Value[]): readonly Row[] {
    return reading(this.file, () => {
      const rows: Row[] = []
      let size = 0
      for (const row of this.#statement(sql).iterate(...values)) {
        const typed = row as Row
        rows.push(typed)
        size += typed.body.length
        if (size >= limit) break
      }
      return rows
    })
  }

  close(): void {
    this.#statements.clear()
    this.#database?.close()
    this.#database = null
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    this.#database ??= new DatabaseSync(this.file, { readOnly: true, timeout: 1_000 })
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
