import type { DatabaseSync } from 'node:sqlite'
import type { Segment } from '@wonder/platform'
import { entityKinds } from './journal-layout.ts'

/** Records and runs that leave the file, within a transaction that the caller has begun. Rare: statements are made when needed. */
export class ArchiveStatements {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** False: nothing was changed, because the segment is not the next one. */
  archive(entity: number | null, { first, last, key, size }: Segment): boolean {
    if (entity === null) return false
    const known = this.#database
      .prepare('SELECT last, key FROM segment WHERE entity = ? AND first = ?')
      .get(entity, first)
    if (known !== undefined) return known.last === last && known.key === key
    const journal = this.#database
      .prepare(
        `SELECT (SELECT min(seq) FROM journal WHERE entity = ?1) AS first,
           (SELECT max(seq) FROM journal WHERE entity = ?1) AS last,
           (SELECT seq FROM snapshot WHERE entity = ?1 AND chunk = 0) AS snapshot`,
      )
      .get(entity)
    if (first !== journal?.first || last < first) return false
    if (last >= Number(journal.last) || last > Number(journal.snapshot ?? 0)) return false
    this.#run(
      'INSERT INTO segment (entity, first, last, key, size) VALUES (?, ?, ?, ?, ?)',
      entity,
      first,
      last,
      key,
      size,
    )
    this.#run('DELETE FROM journal WHERE entity = ? AND seq <= ?', entity, last)
    return true
  }

  /** Removes what has ended and has no wake; those that were. */
  purge(runs: readonly string[]): readonly string[] {
    const find = this.#database.prepare(
      'SELECT id FROM entity WHERE kind = ? AND key = ? AND done IS NOT NULL AND wake IS NULL',
    )
    return runs.filter((run) => {
      const id = find.get(entityKinds.run, run)?.id
      if (typeof id !== 'number') return false
      for (const table of ['journal', 'segment', 'snapshot', 'run'])
        this.#run(`DELETE FROM ${table} WHERE entity = ?`, id)
      this.#run('DELETE FROM entity WHERE id = ?', id)
      this.#run('INSERT OR IGNORE INTO leftover (run) VALUES (?)', run)
      return true
    })
  }

  #run(sql: string, ...values: readonly (string | number)[]): void {
    this.#database.prepare(sql).run(...values)
  }
}
