import type { DatabaseSync } from 'node:sqlite'
import { AppendStatements } from './append-statements.ts'
import { ArchiveStatements } from './archive-statements.ts'
import type { Answer, Failure, Outcome, Writer } from './handshake.ts'
import { entityKinds, journalLayout } from './journal-layout.ts'
import type { JournalRequest } from './journal-request.ts'
import { beginWriting, openDatabase } from './open-database.ts'
import { failureOf, StoreFailure } from './sqlite-failure.ts'

export type JournalWriterOptions = {
  readonly file: string
  /** Name of this process in the table of hosts: it owns the entities that it makes. */
  readonly host: string
  /** Milliseconds to wait for another process's lock, after which requests fail; 0: they are given back as `busy`. */
  readonly patience: number
}

/**
 * The one connection of a process that writes journals: a group of requests is one commit, and each succeeds or fails apart.
 *
 * W1 A group that fails is rolled back as a whole, then each of its requests is tried in a commit of its own.
 * W2 What is remembered between commits (versions) is dropped when another process has written or a commit failed.
 * W3 After the file was found damaged nothing more is written to it.
 */
export class JournalWriter implements Writer<JournalRequest> {
  readonly #options: JournalWriterOptions
  readonly #database: DatabaseSync
  readonly #appends: AppendStatements
  readonly #archive: ArchiveStatements
  readonly #othersVersion: ReturnType<DatabaseSync['prepare']>
  #seenVersion: unknown
  #broken: Failure | null = null

  /** Throws what SQLite threw, or a StoreFailure. */
  constructor(options: JournalWriterOptions) {
    this.#options = options
    this.#database = openDatabase(options.file, journalLayout)
    this.#appends = new AppendStatements(this.#database, options.host)
    this.#archive = new ArchiveStatements(this.#database)
    this.#othersVersion = this.#database.prepare('PRAGMA data_version')
  }

  execute(requests: readonly JournalRequest[]): readonly Outcome[] | 'busy' {
    const broken = this.#broken
    if (broken !== null) return requests.map(() => ({ failure: broken }))
    try {
      if (!beginWriting(this.#database, this.#options.patience)) return this.#locked(requests)
      this.#forgetIfOthersWrote()
      const outcomes = requests.map((request) => this.#apply(request))
      this.#database.exec('COMMIT')
      if (requests.some(([op]) => op === 'checkpoint')) this.#database.exec('PRAGMA wal_checkpoint(RESTART)')
      return outcomes
    } catch (thrown) {
      this.#undo()
      const [only] = requests
      if (requests.length > 1 || only === undefined) return requests.flatMap((request) => this.#alone(request))
      const failure = failureOf(thrown, this.#options.file, 'write to')
      if (failure.code === 'store_corrupt') this.#broken = failure
      return [{ failure }]
    }
  }

  close(): void {
    this.#database.close()
  }

  #alone(request: JournalRequest): readonly Outcome[] {
    const outcomes = this.execute([request])
    return outcomes === 'busy' ? [this.#busy()] : outcomes
  }

  #locked(requests: readonly JournalRequest[]): readonly Outcome[] | 'busy' {
    return this.#options.patience === 0 ? 'busy' : requests.map(() => this.#busy())
  }

  #busy(): Outcome {
    const message = `Cannot write to "${this.#options.file}": another process holds its write lock; end it and try again`
    return { failure: { code: 'store_busy', message } }
  }

  #undo(): void {
    this.#appends.forget()
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, as it does on a full disk.
    }
  }

  #forgetIfOthersWrote(): void {
    const version = this.#othersVersion.get()?.data_version
    if (version !== this.#seenVersion) this.#appends.forget()
    this.#seenVersion = version
  }

  #apply(request: JournalRequest): Outcome {
    if (request[0] === 'append') {
      const current = this.#appends.append(request)
      return current === null ? null : { value: { status: 'stale', current } }
    }
    const value = this.#other(request)
    return value === null ? null : { value }
  }

  #other(request: Exclude<JournalRequest, { readonly 0: 'append' }>): Answer {
    const me = this.#options.host
    switch (request[0]) {
      case 'snapshot':
        return this.#saveSnapshot(request)
      case 'archive': {
        const [, kind, key, segment] = request
        return this.#archive.archive(this.#appends.idOf(kind, key), segment)
      }
      case 'purge': {
        const runs = this.#archive.purge(request[1])
        for (const run of runs) this.#appends.forgetOne(entityKinds.run, run)
        return { status: 'purged', runs }
      }
      case 'forget':
        for (const run of request[1]) this.#change('DELETE FROM leftover WHERE run = ?', [run])
        return null
      case 'announce': {
        const { id, address, pid, role, seen } = request[1]
        return this.#change(
          `INSERT INTO host (id, address, pid, role, seen) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET address = excluded.address, role = excluded.role, seen = excluded.seen`,
          [id, address, pid, role, seen],
        )
      }
      case 'leave':
        this.#change('UPDATE entity SET owner = NULL WHERE owner = ? AND wake IS NOT NULL', [me])
        this.#change('UPDATE entity SET owner = NULL WHERE owner = ? AND wake IS NULL AND done IS NULL', [me])
        return this.#change('DELETE FROM host WHERE id = ?', [me])
      case 'claim': {
        const [, run, from] = request
        return this.#change(
          `UPDATE entity SET owner = ?1 WHERE kind = ?2 AND key = ?3 AND (done IS NULL OR wake IS NOT NULL)
           AND (owner IS NULL OR owner = ?1 OR owner = ?4 OR owner NOT IN (SELECT id FROM host))`,
          [me, entityKinds.run, run, from],
        )
      }
      case 'release':
        return this.#change('UPDATE entity SET owner = NULL WHERE kind = ? AND key = ? AND owner = ?', [
          entityKinds.run,
          request[1],
          me,
        ])
      case 'declareGone':
        return this.#change('DELETE FROM host WHERE id = ?', [request[1]])
      case 'fill':
        return this.#change('INSERT INTO filler (body) VALUES (zeroblob(?))', [request[1]])
      case 'unfill':
        return this.#change('DELETE FROM filler', [])
      case 'checkpoint':
        return null
    }
  }

  #change(sql: string, values: readonly (string | number | null)[]): boolean {
    return Number(this.#database.prepare(sql).run(...values).changes) > 0
  }

  #saveSnapshot([, kind, key, seq, chunks, drop]: Extract<JournalRequest, { readonly 0: 'snapshot' }>): null {
    const entity = this.#appends.idOf(kind, key)
    if (entity === null) {
      const message = `Cannot save a snapshot of "${key}" to "${this.#options.file}": it has no journal`
      throw new StoreFailure({ code: 'store_unavailable', message })
    }
    this.#change('DELETE FROM snapshot WHERE entity = ?', [entity])
    const insert = this.#database.prepare('INSERT INTO snapshot (entity, chunk, seq, state) VALUES (?, ?, ?, ?)')
    for (const [place, chunk] of chunks.entries()) insert.run(entity, place, seq, chunk)
    if (drop) {
      this.#change(
        'DELETE FROM journal WHERE entity = ?1 AND seq < min(?2, (SELECT max(seq) FROM journal WHERE entity = ?1))',
        [entity, seq],
      )
    }
    return null
  }
}
