import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogLine } from '@wonder/platform'
import type { Outcome, Writer } from './handshake.ts'
import { logLayout, storedLevels } from './log-layout.ts'
import { beginWriting, openDatabase } from './open-database.ts'
import { failureOf, StoreFailure } from './sqlite-failure.ts'

/** Lines to be written, or runs whose lines are to be removed. */
export type LogRequest = readonly LogLine[] | { readonly remove: readonly string[] }

export type LogWriterOptions = { readonly file: string }

/** Milliseconds to wait for another process's lock. */
const patience = 30_000

/** Writes lines in groups, each one commit. A group that cannot be written is lost, and each request in it told so. */
export class LogWriter implements Writer<LogRequest> {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #add: StatementSync

  constructor({ file }: LogWriterOptions) {
    this.#file = file
    this.#database = openDatabase(file, logLayout)
    this.#add = this.#database.prepare(
      'INSERT INTO line (run, node, token, attempt, time, level, stream, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
  }

  execute(requests: readonly LogRequest[]): readonly Outcome[] {
    try {
      if (!beginWriting(this.#database, patience)) {
        const message = `Cannot write to "${this.#file}": another process holds its write lock`
        throw new StoreFailure({ code: 'store_busy', message })
      }
      for (const request of requests) {
        if ('remove' in request) this.#remove(request.remove)
        else this.#write(request)
      }
      this.#database.exec('COMMIT')
      return requests.map(() => null)
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const failure = failureOf(thrown, this.#file, 'write to')
      return requests.map(() => ({ failure }))
    }
  }

  #write(lines: readonly LogLine[]): void {
    for (const { run, node, token, attempt, time, level, stream, text } of lines) {
      this.#add.run(run, node, token, attempt, time, storedLevels.indexOf(level), stream, text)
    }
  }

  #remove(runs: readonly string[]): void {
    const remove = this.#database.prepare('DELETE FROM line WHERE run = ?')
    for (const run of runs) remove.run(run)
  }

  close(): void {
    this.#database.close()
  }
}
