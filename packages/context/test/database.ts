import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import type { Dialect, Statement, StoredRow } from '../src/sql/index.ts'

/** A database that runs statements, each list in one transaction. */
export type Database = AsyncDisposable & {
  readonly dialect: Dialect
  run(statements: readonly Statement[]): Promise<StoredRow[][]>
  /** An empty one. */
  clear(): Promise<void>
}

export function sqliteDatabase(): Database {
  let database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  return {
    dialect: 'sqlite',
    async run(statements) {
      database.exec('BEGIN')
      try {
        const results = statements.map(
          ({ sql, params }) => database.prepare(sql).all(...params.map(bound)) as StoredRow[],
        )
        database.exec('COMMIT')
        return results
      } catch (thrown) {
        database.exec('ROLLBACK')
        throw thrown
      }
    },
    async clear() {
      database.close()
      database = new DatabaseSync(':memory:')
      database.exec('PRAGMA foreign_keys = ON')
    },
    [Symbol.asyncDispose]: async () => database.close(),
  }
}

function bound(value: string | number | boolean | null): string | number | null {
  if (typeof value === 'boolean') throw new Error('SQLite binds no booleans')
  return value
}

export function postgresDatabase(server: {
  readonly host: string
  readonly port: number
  readonly user: string
}): Database {
  const client = postgres({ ...server, database: 'postgres', max: 1, onnotice: () => {} })
  return {
    dialect: 'postgresql',
    async run(statements) {
      const results: StoredRow[][] = []
      await client.begin(async (transaction) => {
        for (const { sql, params } of statements) {
          results.push([...(await transaction.unsafe<StoredRow[]>(sql, [...params]))])
        }
      })
      return results
    },
    async clear() {
      await client.unsafe('DROP SCHEMA public CASCADE')
      await client.unsafe('CREATE SCHEMA public')
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
