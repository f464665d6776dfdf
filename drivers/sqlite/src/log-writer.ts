import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogLine } from '@wonder/platform'
import type { Outcome, Writer } from './handshake.ts'
import { logLayout, storedLevels } from './log-layout.ts'
import { beginWriting, openDatabase } from './open-database.ts'
import { failureOf, StoreFailure } from './sqlite-failure.ts'

export type LogWriterOptions = { readonly file: string }

/** Milliseconds to wait for another process's lock. */
const patience = 30_000

/** Writes lines in groups, each one commit. A group that cannot be written is lost, and each request in it told so. */
export class LogWriter implements Writer<readonly LogLine[]> {
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

  execute(requests: readonly (readonly LogLine[])[]): readonly Outcome[] {
    try {
      if (!beginWriting(this.#database, patience)) {
        const message = `Cannot write to "${this.#file}": another process holds its write lock`
        throw new StoreFailure({ code: 'store_busy', message })
      }
      for (const lines of requests) {
        for (const { run, node, token, attempt, time, level, stream, text } of lines) {
          this.#add.run(run, node, token, attempt, time, storedLevels.indexOf(level), stream, text)
        }
      }
      this.#database.exec('COMMIT')
      return requests.map(() => null)
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const failure = failureOf(thrown, this.#file, 'write to')
      return requests.map(() => ({ failure }))
    }
  }

  close(): void {
    this.#database.close()
  }
}
