import type { Clock, Host, Owners } from '@wonder/platform'
import { entityKinds } from './journal-layout.ts'
import type { JournalRequest } from './journal-request.ts'
import type { JournalWriterOptions } from './journal-writer.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import type { WriterChannel } from './writer-channel.ts'

export class SqliteOwners implements Owners {
  readonly #writer: Pick<WriterChannel<JournalRequest, JournalWriterOptions>, 'send'>
  readonly #reader: SqliteReader
  readonly #clock: Clock

  constructor(options: {
    readonly writer: Pick<WriterChannel<JournalRequest, JournalWriterOptions>, 'send'>
    readonly reader: SqliteReader
    readonly clock: Clock
  }) {
    this.#writer = options.writer
    this.#reader = options.reader
    this.#clock = options.clock
  }

  async announce(host: Omit<Host, 'seen'>): Promise<void> {
    await this.#writer.send(['announce', { ...host, seen: this.#clock.now() }])
  }

  async leave(): Promise<void> {
    await this.#writer.send(['leave'])
  }

  async hosts(): Promise<readonly Host[]> {
    return this.#reader
      .all<Host>('SELECT id, address, pid, role, seen FROM host ORDER BY id')
      .map((row) => ({ ...row }))
  }

  async ownerOf(run: string): Promise<Host | 'gone' | null> {
    const row = this.#reader.get<{ owner: string } & { [name in keyof Host]: Host[name] | null }>(
      `SELECT owner, host.id, address, pid, role, seen FROM entity LEFT JOIN host ON host.id = owner
       WHERE kind = ? AND key = ? AND owner IS NOT NULL AND (done IS NULL OR wake IS NOT NULL)`,
      entityKinds.run,
      run,
    )
    if (row === undefined) return null
    const { id, address, pid, role, seen } = row
    if (id === null || address === null || pid === null || role === null || seen === null) return 'gone'
    return { id, address, pid, role, seen }
  }

  async claim(run: string, from: string | null): Promise<boolean> {
    return (await this.#writer.send(['claim', run, from])) === true
  }

  async release(run: string): Promise<void> {
    await this.#writer.send(['release', run])
  }

  async orphans(limit: number): Promise<readonly string[]> {
    const due = this.#ownersWithoutRow('wake IS NOT NULL').flatMap((owner) =>
      this.#reader.all<{ key: string; wake: number }>(
        `SELECT key, wake FROM entity WHERE owner IS ? AND wake IS NOT NULL AND done IS NULL
         ORDER BY wake, id LIMIT ?`,
        owner,
        limit,
      ),
    )
    const idle = this.#ownersWithoutRow('wake IS NULL AND done IS NULL').flatMap((owner) =>
      this.#reader.all<{ key: string }>(
        'SELECT key FROM entity WHERE owner IS ? AND wake IS NULL AND done IS NULL ORDER BY id LIMIT ?',
        owner,
        limit,
      ),
    )
    const soonestFirst = due.toSorted((a, b) => a.wake - b.wake)
    return [...soonestFirst, ...idle].slice(0, limit).map(({ key }) => key)
  }

  async declareGone(host: string): Promise<void> {
    await this.#writer.send(['declareGone', host])
  }

  /** Null, and the owners that are no hosts: a walk over the distinct owners of an index, not over its rows. */
  #ownersWithoutRow(predicate: 'wake IS NOT NULL' | 'wake IS NULL AND done IS NULL'): readonly (string | null)[] {
    const owners: (string | null)[] = [null]
    for (let last = ''; ; ) {
      const row = this.#reader.get<{ owner: string; gone: number }>(
        `SELECT owner, owner NOT IN (SELECT id FROM host) AS gone FROM entity
         WHERE ${predicate} AND owner > ? ORDER BY owner LIMIT 1`,
        last,
      )
      if (row === undefined) return owners
      if (row.gone === 1) owners.push(row.owner)
      last = row.owner
    }
  }
}
